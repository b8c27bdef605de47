package crs

import "math"

// gcj02 is the offset system of mainland web maps; bd09 is Baidu's on top of it.
// Both are geographic. Outside China the offset is nil by the published formula.
type (
	gcj02 struct{}
	bd09  struct{}
)

func (gcj02) Name() string     { return "GCJ-02" }
func (gcj02) EPSG() int        { return 0 }
func (gcj02) Geographic() bool { return true }
func (gcj02) FromLonLat(lon, lat float64) (x, y float64) {
	dx, dy := gcjOffset(lon, lat)
	return lon + dx, lat + dy
}

func (g gcj02) ToLonLat(x, y float64) (lon, lat float64) { return invert(g.FromLonLat, x, y) }

func (bd09) Name() string     { return "BD-09" }
func (bd09) EPSG() int        { return 0 }
func (bd09) Geographic() bool { return true }

func (bd09) FromLonLat(lon, lat float64) (x, y float64) {
	x, y = gcj02{}.FromLonLat(lon, lat)
	const k = math.Pi * 3000 / 180
	r := math.Hypot(x, y) + 0.00002*math.Sin(y*k)
	a := math.Atan2(y, x) + 0.000003*math.Cos(x*k)
	s, c := math.Sincos(a)
	return r*c + 0.0065, r*s + 0.006
}

func (b bd09) ToLonLat(x, y float64) (lon, lat float64) { return invert(b.FromLonLat, x, y) }

// invert solves f(lon, lat) = (x, y) by fixed-point iteration; the offsets change so slowly that ten steps end below 1e-10 degrees.
func invert(f func(lon, lat float64) (float64, float64), x, y float64) (lon, lat float64) {
	lon, lat = x, y
	for range 20 {
		px, py := f(lon, lat)
		dx, dy := x-px, y-py
		lon, lat = lon+dx, lat+dy
		if math.Abs(dx) < 1e-11 && math.Abs(dy) < 1e-11 {
			break
		}
	}
	return lon, lat
}

func gcjOffset(lon, lat float64) (dx, dy float64) {
	if lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271 {
		return 0, 0
	}
	const a, e2 = 6378245.0, 0.00669342162296594323
	x, y := lon-105, lat-35
	wave := (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	dy = -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*math.Sqrt(math.Abs(x)) + wave +
		(20*math.Sin(y*math.Pi)+40*math.Sin(y/3*math.Pi))*2/3 +
		(160*math.Sin(y/12*math.Pi)+320*math.Sin(y*math.Pi/30))*2/3
	dx = 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*math.Sqrt(math.Abs(x)) + wave +
		(20*math.Sin(x*math.Pi)+40*math.Sin(x/3*math.Pi))*2/3 +
		(150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
	s, c := math.Sincos(lat * math.Pi / 180)
	m := 1 - e2*s*s
	return dx * 180 / (a / math.Sqrt(m) * c * math.Pi), dy * 180 / (a * (1 - e2) / (m * math.Sqrt(m)) * math.Pi)
}
