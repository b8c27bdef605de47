package crs

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"wanmi/gis"
)

// CRS is a coordinate reference system. x is easting or longitude, y northing or
// latitude; lon and lat are CGCS2000 degrees. Implementations are immutable.
type CRS interface {
	Name() string
	EPSG() int // 0 for systems EPSG does not list
	Geographic() bool
	ToLonLat(x, y float64) (lon, lat float64)
	FromLonLat(lon, lat float64) (x, y float64)
}

// geo is a geographic system on the datum of CGCS2000.
type geo struct {
	name string
	epsg int
}

func (g geo) Name() string                           { return g.name }
func (g geo) EPSG() int                              { return g.epsg }
func (geo) Geographic() bool                         { return true }
func (geo) ToLonLat(x, y float64) (lon, lat float64) { return x, y }
func (geo) FromLonLat(lon, lat float64) (x, y float64) {
	return lon, lat
}

// CGCS2000 and WGS84 are the geographic systems; between the two nothing is shifted.
var (
	CGCS2000 CRS = geo{"CGCS2000", 4490}
	WGS84    CRS = geo{"WGS 84", 4326}
	GCJ02    CRS = gcj02{}
	BD09     CRS = bd09{}
)

// projected is a transverse Mercator system, on an old datum when dat is set.
type projected struct {
	*TransverseMercator
	name string
	epsg int
	dat  *datum
	spec string // when the EPSG code does not say all
}

func (p *projected) Name() string     { return p.name }
func (p *projected) EPSG() int        { return p.epsg }
func (p *projected) Geographic() bool { return false }

// Spec is the name that gives the system back.
func (p *projected) Spec() string {
	if p.spec != "" || p.epsg == 0 {
		return p.spec
	}
	return "EPSG:" + strconv.Itoa(p.epsg)
}

func (p *projected) ToLonLat(x, y float64) (lon, lat float64) {
	lon, lat = p.TransverseMercator.ToLonLat(x, y)
	if p.dat != nil {
		return p.dat.toCGCS2000(lon, lat)
	}
	return lon, lat
}

func (p *projected) FromLonLat(lon, lat float64) (x, y float64) {
	if p.dat != nil {
		lon, lat = p.dat.fromCGCS2000(lon, lat)
	}
	return p.TransverseMercator.FromLonLat(lon, lat)
}

// webMercator is EPSG:3857.
type webMercator struct{}

func (webMercator) Name() string     { return "WGS 84 / Pseudo-Mercator" }
func (webMercator) EPSG() int        { return 3857 }
func (webMercator) Geographic() bool { return false }

func (webMercator) ToLonLat(x, y float64) (lon, lat float64) {
	return x / 6378137 * 180 / math.Pi, math.Atan(math.Sinh(y/6378137)) * 180 / math.Pi
}

func (webMercator) FromLonLat(lon, lat float64) (x, y float64) {
	return lon * math.Pi / 180 * 6378137, math.Asinh(math.Tan(lat*math.Pi/180)) * 6378137
}

// GaussKruger3 returns the CGCS2000 3-degree Gauss-Kruger system whose zone holds
// lonDeg, with false easting 500,000 m (EPSG:4534-4554 inside China).
func GaussKruger3(lonDeg float64) CRS {
	cm := 3 * math.Round(lonDeg/3)
	epsg := 0
	if cm >= 75 && cm <= 135 {
		epsg = 4534 + int(cm-75)/3
	}
	return &projected{TM(cm, 0, 1, 500000, 0), fmt.Sprintf("CGCS2000 / 3-degree Gauss-Kruger CM %gE", cm), epsg, nil, ""}
}

// Known says in a line which names ByName takes.
const Known = "EPSG:4490, 4491-4554 (CGCS2000), 4326, 3857, 32601-32660 (UTM), 3825/3826 (TWD97), gcj02, bd09; " +
	"with the seven parameters after it, as EPSG:2384+towgs84=dx,dy,dz,rx,ry,rz,ppm: 2327-2390 and 4610 (Xi'an 80), 2401-2442, 21413-21463 and 4214 (Beijing 54); " +
	"a local system as EPSG:4548+local4=dx,dy,rotation,scale (wanmi crs fit finds the parameters); a PROJ string, as +proj=tmerc +lon_0=116.97 +x_0=50000 +ellps=GRS80"

var byWord = map[string]CRS{
	"wgs84": WGS84, "cgcs2000": CGCS2000, "gcj02": GCJ02, "gcj-02": GCJ02, "bd09": BD09, "bd-09": BD09, "webmercator": webMercator{},
}

// ByName returns the system of that name: an EPSG code with or without "EPSG:",
// or one of the words wgs84, cgcs2000, twd97, webmercator, gcj02, bd09, in any case.
// Xi'an 80 and Beijing 54 need the parameters of the city, see [Known]; "+local4=" after a projected system
// makes it a city's own ([Similarity]); a PROJ string describes any transverse Mercator system.
// An unknown name is a gis.Invalid error that lists what is known.
func ByName(name string) (CRS, error) {
	s := strings.ToLower(strings.TrimSpace(name))
	if rest, params, ok := cutParam(s, "local4"); ok {
		base, err := ByName(rest)
		if err != nil {
			return nil, err
		}
		return onPlane(base, params)
	}
	if strings.Contains(s, "+proj=") {
		return byProj(s)
	}
	s, params, hasParams := cutParam(s, "towgs84")
	if c, ok := byWord[s]; ok && !hasParams {
		return c, nil
	}
	if s == "twd97" {
		s = "3826"
	}
	for _, prefix := range []string{"urn:ogc:def:crs:epsg::", "http://www.opengis.net/def/crs/epsg/0/", "epsg:"} {
		s = strings.TrimPrefix(s, prefix)
	}
	if strings.Contains(s, "crs84") && !hasParams {
		return WGS84, nil
	}
	code, err := strconv.Atoi(s)
	if err != nil {
		return nil, gis.E(gis.Invalid, nil, "coordinate system %q is not known; known are %s", name, Known)
	}
	var h *Helmert
	if hasParams {
		if h, err = parseHelmert(params); err != nil {
			return nil, gis.E(gis.Invalid, err, "coordinate system %q: towgs84 wants seven (or three) numbers separated by commas", name)
		}
	}
	return byCode(code, h)
}

func parseHelmert(s string) (*Helmert, error) {
	v, err := numbers(s)
	if err != nil {
		return nil, err
	}
	if len(v) != 7 && len(v) != 3 {
		return nil, fmt.Errorf("%d numbers", len(v))
	}
	v = append(v, 0, 0, 0, 0)
	return &Helmert{v[0], v[1], v[2], v[3], v[4], v[5], v[6]}, nil
}

func needsParameters(code int, name string) error {
	return gis.E(gis.Invalid, nil, "EPSG:%d (%s) is on an old datum: give the city's parameters, as EPSG:%d+towgs84=dx,dy,dz,rx,ry,rz,ppm", code, name, code)
}

// family is a run of EPSG codes that count central meridians eastward from first.
type family struct {
	from, to    int
	first, step float64 // central meridian of the first code and the step, degrees
	zone        int     // number of the first zone when eastings carry it, else 0
	name        string
	el          Ellipsoid
}

var families = []family{
	{4491, 4501, 75, 6, 13, "CGCS2000 / Gauss-Kruger zone", CGCS2000Ellipsoid},
	{4502, 4512, 75, 6, 0, "CGCS2000 / Gauss-Kruger CM", CGCS2000Ellipsoid},
	{4513, 4533, 75, 3, 25, "CGCS2000 / 3-degree Gauss-Kruger zone", CGCS2000Ellipsoid},
	{4534, 4554, 75, 3, 0, "CGCS2000 / 3-degree Gauss-Kruger CM", CGCS2000Ellipsoid},
	{2327, 2337, 75, 6, 13, "Xian 1980 / Gauss-Kruger zone", IAG75},
	{2338, 2348, 75, 6, 0, "Xian 1980 / Gauss-Kruger CM", IAG75},
	{2349, 2369, 75, 3, 25, "Xian 1980 / 3-degree Gauss-Kruger zone", IAG75},
	{2370, 2390, 75, 3, 0, "Xian 1980 / 3-degree Gauss-Kruger CM", IAG75},
	{2401, 2421, 75, 3, 25, "Beijing 1954 / 3-degree Gauss-Kruger zone", Krassovsky},
	{2422, 2442, 75, 3, 0, "Beijing 1954 / 3-degree Gauss-Kruger CM", Krassovsky},
	{21413, 21423, 75, 6, 13, "Beijing 1954 / Gauss-Kruger zone", Krassovsky},
	{21453, 21463, 75, 6, 0, "Beijing 1954 / Gauss-Kruger CM", Krassovsky},
}

func byCode(code int, h *Helmert) (CRS, error) {
	if c, err := byFamily(code, h); c != nil || err != nil {
		return c, err
	}
	if h != nil && code != 4610 && code != 4214 {
		return nil, gis.E(gis.Invalid, nil, "EPSG:%d takes no towgs84: it is no system on an old datum", code)
	}
	switch {
	case code == 4490 || code == 3824: // TWD97 in degrees is the same datum here
		return CGCS2000, nil
	case code == 4610 || code == 4214:
		el, name := IAG75, "Xian 1980"
		if code == 4214 {
			el, name = Krassovsky, "Beijing 1954"
		}
		if h == nil {
			return nil, needsParameters(code, name)
		}
		return &geoOn{name, fmt.Sprintf("EPSG:%d+towgs84=%s", code, h), code, datum{el, *h}}, nil
	case code == 4326:
		return WGS84, nil
	case code == 3857:
		return webMercator{}, nil
	case code == 3826 || code == 3825:
		lon0 := 121 - 2*float64(3826-code)
		return &projected{TM(lon0, 0, 0.9999, 250000, 0), fmt.Sprintf("TWD97 / TM2 zone %g", lon0), code, nil, ""}, nil
	case code > 32600 && code <= 32660:
		zone := code - 32600
		return &projected{tmOn(WGS84Ellipsoid, float64(6*zone-183), 0, 0.9996, 500000, 0), fmt.Sprintf("WGS 84 / UTM zone %dN", zone), code, nil, ""}, nil
	}
	return nil, gis.E(gis.Invalid, nil, "EPSG:%d is not known; known are %s", code, Known)
}

// byFamily returns the Gauss-Kruger system of that code, nil when no family has it.
func byFamily(code int, h *Helmert) (CRS, error) {
	for _, f := range families {
		if code < f.from || code > f.to {
			continue
		}
		i := code - f.from
		cm, fe, name := f.first+f.step*float64(i), 500000.0, f.name
		if f.zone > 0 {
			fe += float64(f.zone+i) * 1e6
			name += fmt.Sprintf(" %d", f.zone+i)
		} else {
			name += fmt.Sprintf(" %gE", cm)
		}
		p := &projected{tmOn(f.el, cm, 0, 1, fe, 0), name, code, nil, ""}
		if f.el != CGCS2000Ellipsoid && h == nil {
			return nil, needsParameters(code, name)
		}
		if h != nil && (f.el != CGCS2000Ellipsoid || *h != Helmert{}) {
			p.dat, p.spec = &datum{f.el, *h}, fmt.Sprintf("EPSG:%d+towgs84=%s", code, h)
		}
		return p, nil
	}
	return nil, nil
}
