package crs

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"wanmi/gis"
)

// Similarity turns the plane coordinates of a local system into those of another plane: four parameters, as survey offices
// hold them. x is the easting.
//
//	X = DX + Scale·(x·cos r − y·sin r)
//	Y = DY + Scale·(x·sin r + y·cos r)
//
// DX and DY are in metres; r is Rotation in arc seconds, positive counter-clockwise; Scale is near 1.
type Similarity struct{ DX, DY, Rotation, Scale float64 }

func (s Similarity) forward(x, y float64) (float64, float64) {
	sin, cos := math.Sincos(s.Rotation * arcsec)
	return s.DX + s.Scale*(x*cos-y*sin), s.DY + s.Scale*(x*sin+y*cos)
}

func (s Similarity) inverse(x, y float64) (float64, float64) {
	sin, cos := math.Sincos(s.Rotation * arcsec)
	x, y = (x-s.DX)/s.Scale, (y-s.DY)/s.Scale
	return x*cos + y*sin, y*cos - x*sin
}

// String is the part of a name that [ByName] takes: local4=dx,dy,rotation,scale.
func (s Similarity) String() string {
	return fmt.Sprintf("local4=%s,%s,%s,%s", digits(s.DX, 5), digits(s.DY, 5), digits(s.Rotation, 7), digits(s.Scale, 13))
}

// digits writes a number with at most so many decimals.
func digits(v float64, decimals int) string {
	t := strconv.FormatFloat(v, 'f', decimals, 64)
	t = strings.TrimRight(strings.TrimRight(t, "0"), ".")
	if t == "-0" || t == "" {
		return "0"
	}
	return t
}

// local is a plane system that four parameters tie to a projected one.
type local struct {
	base CRS
	s    Similarity
}

func (l *local) Name() string     { return "local system on " + l.base.Name() }
func (l *local) EPSG() int        { return 0 }
func (l *local) Geographic() bool { return false }
func (l *local) Spec() string     { return Spec(l.base) + "+" + l.s.String() }

func (l *local) ToLonLat(x, y float64) (lon, lat float64) { return l.base.ToLonLat(l.s.forward(x, y)) }

func (l *local) FromLonLat(lon, lat float64) (x, y float64) {
	return l.s.inverse(l.base.FromLonLat(lon, lat))
}

// Spec returns the name by which [ByName] gives the system back, "" for one that has none.
func Spec(c CRS) string {
	switch s, ok := c.(interface{ Spec() string }); {
	case c == nil:
		return ""
	case ok:
		return s.Spec()
	case c.EPSG() > 0:
		return "EPSG:" + strconv.Itoa(c.EPSG())
	case c == GCJ02:
		return "gcj02"
	case c == BD09:
		return "bd09"
	}
	return ""
}

// cutParam takes "+key=value" out of a name; the value ends before the next blank or plus sign that is no number's.
func cutParam(s, key string) (rest, value string, found bool) {
	at := strings.Index(s, "+"+key+"=")
	if at < 0 {
		return s, "", false
	}
	value = s[at+len(key)+2:]
	end := len(value)
	for i := range len(value) {
		if value[i] == '+' && i > 0 && value[i-1] != ',' && value[i-1] != 'e' || value[i] == ' ' && i > 0 && value[i-1] != ',' {
			end = i
			break
		}
	}
	return s[:at] + strings.TrimLeft(value[end:], " "), value[:end], true
}

// numbers reads finite numbers set apart by commas.
func numbers(s string) ([]float64, error) {
	parts := strings.Split(s, ",")
	out := make([]float64, len(parts))
	for i, p := range parts {
		f, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("number %d is %q", i+1, p)
		}
		out[i] = f
	}
	return out, nil
}

// onPlane ties a local system to a projected one.
func onPlane(base CRS, params string) (CRS, error) {
	v, err := numbers(params)
	if err == nil && len(v) != 4 {
		err = fmt.Errorf("%d numbers", len(v))
	}
	if err == nil && (base.Geographic() || v[3] < 0.5 || v[3] > 2) {
		err = fmt.Errorf("it wants a projected system and a scale near 1")
	}
	if err != nil {
		return nil, gis.E(gis.Invalid, err, "local4 wants four numbers after a projected system, as EPSG:4548+local4=dx,dy,rotation in arc seconds,scale")
	}
	return &local{base, Similarity{v[0], v[1], v[2], v[3]}}, nil
}
