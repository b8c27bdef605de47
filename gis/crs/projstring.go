package crs

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"wanmi/gis"
)

// geoOn is a geographic system on another datum.
type geoOn struct {
	name, spec string
	epsg       int
	dat        datum
}

func (g *geoOn) Name() string                             { return g.name }
func (g *geoOn) EPSG() int                                { return g.epsg }
func (g *geoOn) Spec() string                             { return g.spec }
func (*geoOn) Geographic() bool                           { return true }
func (g *geoOn) ToLonLat(x, y float64) (float64, float64) { return g.dat.toCGCS2000(x, y) }
func (g *geoOn) FromLonLat(lo, la float64) (x, y float64) { return g.dat.fromCGCS2000(lo, la) }

// ellipsoids are PROJ's names for those that matter here.
var ellipsoids = map[string]Ellipsoid{
	"grs80": CGCS2000Ellipsoid, "cgcs2000": CGCS2000Ellipsoid, "wgs84": WGS84Ellipsoid, "krass": Krassovsky, "iau76": IAG75, "iag75": IAG75,
}

// projIgnored are the parameters of a PROJ string that change nothing here.
var projIgnored = map[string]bool{"no_defs": true, "type": true, "wktext": true, "approx": true, "over": true}

// byProj reads a PROJ string: +proj=tmerc, utm, longlat or webmerc with +lon_0 +lat_0 +k +x_0 +y_0 +zone +ellps +datum +a +b +rf +towgs84.
// Lengths are metres; anything it does not know is an error, since leaving it out would shift the coordinates.
func byProj(s string) (CRS, error) {
	fail := func(format string, args ...any) (CRS, error) {
		return nil, gis.E(gis.Invalid, nil, "coordinate system %q: %s", s, fmt.Sprintf(format, args...))
	}
	p := map[string]string{}
	for f := range strings.FieldsSeq(strings.ReplaceAll(s, "+", " +")) {
		k, v, _ := strings.Cut(strings.TrimPrefix(f, "+"), "=")
		if _, twice := p[k]; twice {
			return fail("%s stands twice", k)
		}
		p[k] = v
	}
	if u, ok := p["units"]; ok && u != "m" {
		return fail("units %q are not read, only m", u)
	}
	delete(p, "units")
	if pm, ok := p["pm"]; ok && pm != "0" && pm != "greenwich" {
		return fail("the meridian %q is not read, only Greenwich", pm)
	}
	delete(p, "pm")
	el, h, err := projDatum(p)
	if err != nil {
		return fail("%v", err)
	}
	kind := p["proj"]
	delete(p, "proj")
	n := map[string]float64{}
	for k, v := range p {
		if projIgnored[k] || k == "south" {
			continue
		}
		f, err := strconv.ParseFloat(v, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) || !strings.Contains(" lon_0 lat_0 k k_0 x_0 y_0 zone ", " "+k+" ") {
			return fail("+%s=%s is not understood", k, v)
		}
		n[k] = f
	}
	return projSystem(kind, s, n, p, el, h)
}

func projSystem(kind, spec string, n map[string]float64, p map[string]string, el Ellipsoid, h *Helmert) (CRS, error) {
	fail := func(format string, args ...any) (CRS, error) {
		return nil, gis.E(gis.Invalid, nil, "coordinate system %q: %s", spec, fmt.Sprintf(format, args...))
	}
	k := 1.0
	for _, name := range []string{"k", "k_0"} {
		if v, ok := n[name]; ok {
			k = v
		}
	}
	lon0, lat0, fe, fn := n["lon_0"], n["lat_0"], n["x_0"], n["y_0"]
	name := ""
	switch kind {
	case "longlat", "latlong", "lonlat", "latlon":
		if h == nil {
			return WGS84, nil
		}
		return &geoOn{"degrees on another datum", spec, 0, datum{el, *h}}, nil
	case "webmerc":
		return webMercator{}, nil
	case "utm":
		zone := n["zone"]
		if zone < 1 || zone > 60 || zone != math.Trunc(zone) {
			return fail("+zone=%g is no zone from 1 to 60", zone)
		}
		lon0, lat0, k, fe, fn = 6*zone-183, 0, 0.9996, 500000, 0
		if _, south := p["south"]; south {
			fn = 10000000
		}
		name = fmt.Sprintf("UTM zone %g", zone)
	case "tmerc", "etmerc", "gauss_kruger":
		name = fmt.Sprintf("transverse Mercator, central meridian %g, false easting %g", lon0, fe)
	default:
		return fail("the projection %q is not read; tmerc, utm, longlat and webmerc are", kind)
	}
	if math.Abs(lon0) > 180 || math.Abs(lat0) > 90 || k < 0.5 || k > 2 || math.Abs(fe) > 1e8 || math.Abs(fn) > 1e8 {
		return fail("its parameters are out of range")
	}
	out := &projected{TransverseMercator: tmOn(el, lon0, lat0, k, fe, fn), name: name, spec: spec}
	if h != nil {
		out.dat = &datum{el, *h}
	}
	return out, nil
}

// projDatum takes ellipsoid and datum shift out of p. A shift of zeros between equal ellipsoids is none.
func projDatum(p map[string]string) (el Ellipsoid, h *Helmert, err error) {
	el = WGS84Ellipsoid
	number := func(k string) (v float64) {
		s, ok := p[k]
		if v, e := strconv.ParseFloat(s, 64); ok && e == nil {
			return v
		} else if ok && err == nil {
			err = fmt.Errorf("+%s=%s is no number", k, s)
		}
		return 0
	}
	if name, ok := p["ellps"]; ok {
		if el, ok = ellipsoids[name]; !ok {
			return el, nil, fmt.Errorf("the ellipsoid %q is not known; give +a and +rf", name)
		}
	}
	if name, ok := p["datum"]; ok && name != "wgs84" {
		return el, nil, fmt.Errorf("the datum %q is not known; give +ellps and +towgs84", name)
	}
	if a := number("a"); a != 0 {
		el.A = a
	}
	if rf := number("rf"); rf != 0 {
		el.InvF = rf
	}
	if b := number("b"); b != 0 && b < el.A {
		el.InvF = el.A / (el.A - b)
	}
	if err == nil && (el.A < 6.3e6 || el.A > 6.5e6 || el.InvF < 200 || el.InvF > 400) {
		err = fmt.Errorf("its ellipsoid is not that of the Earth")
	}
	if t, ok := p["towgs84"]; ok && err == nil {
		h, err = parseHelmert(t)
	}
	for _, k := range []string{"ellps", "datum", "a", "rf", "b", "towgs84"} {
		delete(p, k)
	}
	if h != nil && *h == (Helmert{}) && math.Abs(el.InvF-CGCS2000Ellipsoid.InvF) < 1e-4 && el.A == CGCS2000Ellipsoid.A {
		h = nil
	}
	return el, h, err
}
