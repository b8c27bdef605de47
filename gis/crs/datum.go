package crs

import (
	"math"
	"strings"
)

// Helmert holds the seven parameters from a datum to CGCS2000: shifts in metres,
// rotations in arc seconds (position-vector convention), scale in parts per million.
type Helmert struct{ DX, DY, DZ, RX, RY, RZ, DS float64 }

// String gives the seven numbers as [ByName] takes them behind "+towgs84=".
func (h Helmert) String() string {
	return strings.Join([]string{digits(h.DX, 5), digits(h.DY, 5), digits(h.DZ, 5), digits(h.RX, 9), digits(h.RY, 9), digits(h.RZ, 9), digits(h.DS, 9)}, ",")
}

// datum turns longitude and latitude on an old ellipsoid into CGCS2000 ones through geocentric coordinates.
type datum struct {
	el Ellipsoid
	h  Helmert
}

const arcsec = math.Pi / 180 / 3600

func (d datum) toCGCS2000(lon, lat float64) (float64, float64) {
	x, y, z := geocentric(d.el, lon, lat)
	s, rx, ry, rz := 1+d.h.DS*1e-6, d.h.RX*arcsec, d.h.RY*arcsec, d.h.RZ*arcsec
	return geographic(CGCS2000Ellipsoid,
		d.h.DX+s*(x-rz*y+ry*z), d.h.DY+s*(rz*x+y-rx*z), d.h.DZ+s*(-ry*x+rx*y+z))
}

// fromCGCS2000 inverts toCGCS2000 by iteration: the linear inverse is off by a
// millimetre at large rotations, and both directions must agree.
func (d datum) fromCGCS2000(lon, lat float64) (float64, float64) {
	lo, la := lon, lat
	for range 6 {
		l2, a2 := d.toCGCS2000(lo, la)
		lo, la = lo+lon-l2, la+lat-a2
	}
	return lo, la
}

func geocentric(el Ellipsoid, lon, lat float64) (x, y, z float64) {
	f := 1 / el.InvF
	e2 := f * (2 - f)
	sp, cp := math.Sincos(lat * math.Pi / 180)
	sl, cl := math.Sincos(lon * math.Pi / 180)
	n := el.A / math.Sqrt(1-e2*sp*sp)
	return n * cp * cl, n * cp * sl, n * (1 - e2) * sp
}

// geographic is the inverse of geocentric for points near the ellipsoid; iterated to rounding.
func geographic(el Ellipsoid, x, y, z float64) (lon, lat float64) {
	f := 1 / el.InvF
	e2 := f * (2 - f)
	p := math.Hypot(x, y)
	phi := math.Atan2(z, p*(1-e2))
	for range 6 {
		s := math.Sin(phi)
		n := el.A / math.Sqrt(1-e2*s*s)
		phi = math.Atan2(z+e2*n*s, p)
	}
	return math.Atan2(y, x) * 180 / math.Pi, phi * 180 / math.Pi
}
