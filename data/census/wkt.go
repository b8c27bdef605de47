package census

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"wanmi/gis/crs"
)

var (
	wktAuthority = regexp.MustCompile(`(?i)(?:AUTHORITY|ID)\s*\[\s*"EPSG"\s*,\s*"?(\d+)"?\s*\]\s*\]\s*$`)
	wktName      = regexp.MustCompile(`(?i)^\s*(PROJCS|PROJCRS|GEOGCS|GEOGCRS|GEODCRS)\s*\[\s*"([^"]*)"`)
	wktDatum     = regexp.MustCompile(`(?i)(?:DATUM|GEODETICDATUM)\s*\[\s*"([^"]*)"`)
	wktProj      = regexp.MustCompile(`(?i)(?:PROJECTION|METHOD)\s*\[\s*"([^"]*)"`)
	wktParam     = regexp.MustCompile(`(?i)PARAMETER\s*\[\s*"([^"]*)"\s*,\s*([-+0-9.eE]+)`)
)

// crsOfWKT reads the WKT of a .prj: by its EPSG code, else by datum, projection and parameters.
func crsOfWKT(text string) (crs.CRS, error) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\uFEFF"))
	m := wktName.FindStringSubmatch(text)
	if m == nil {
		return nil, errors.New("it is not the WKT of a coordinate system")
	}
	if a := wktAuthority.FindStringSubmatch(text); a != nil {
		if c, err := crs.ByName("EPSG:" + a[1]); err == nil {
			return c, nil
		}
	}
	datum := ""
	if d := wktDatum.FindStringSubmatch(text); d != nil {
		datum = strings.ToLower(strings.NewReplacer("_", " ", "-", " ").Replace(d[1]))
	}
	name := strings.ToLower(m[2])
	old := ""
	switch {
	case strings.Contains(datum, "xian"), strings.Contains(datum, "xi'an"), strings.Contains(name, "xian"):
		old = "Xi'an 80"
	case strings.Contains(datum, "beijing"), strings.Contains(name, "beijing"):
		old = "Beijing 54"
	}
	if old != "" {
		return nil, fmt.Errorf("%s (%s): give the system with the seven parameters of the city, as EPSG:2384+towgs84=dx,dy,dz,rx,ry,rz,ppm", m[2], old)
	}
	if k := strings.ToUpper(m[1]); strings.HasPrefix(k, "GEO") {
		if strings.Contains(datum, "wgs") {
			return crs.WGS84, nil
		}
		return crs.CGCS2000, nil
	}
	return projectedWKT(text, name)
}

func projectedWKT(text, name string) (crs.CRS, error) {
	p := map[string]float64{}
	for _, m := range wktParam.FindAllStringSubmatch(text, -1) {
		v, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return nil, fmt.Errorf("parameter %s is %s", m[1], m[2])
		}
		p[strings.ToLower(strings.ReplaceAll(m[1], " ", "_"))] = v
	}
	proj := ""
	if m := wktProj.FindStringSubmatch(text); m != nil {
		proj = strings.ToLower(strings.ReplaceAll(m[1], " ", "_"))
	}
	first := func(names ...string) (float64, bool) {
		for _, n := range names {
			if v, ok := p[n]; ok {
				return v, true
			}
		}
		return 0, false
	}
	switch {
	case strings.Contains(proj, "mercator_auxiliary"), strings.Contains(name, "web_mercator"), strings.Contains(name, "pseudo"):
		return crs.ByName("EPSG:3857")
	case strings.Contains(proj, "gauss"), strings.Contains(proj, "transverse_mercator"):
		lon0, ok := first("central_meridian", "longitude_of_natural_origin")
		if !ok {
			return nil, errors.New("it has no central meridian")
		}
		fe, _ := first("false_easting")
		fn, _ := first("false_northing")
		lat0, _ := first("latitude_of_origin", "latitude_of_natural_origin")
		k, ok := first("scale_factor", "scale_factor_at_natural_origin")
		if !ok {
			k = 1
		}
		return transverse(lon0, lat0, k, fe, fn)
	}
	return nil, fmt.Errorf("projection %q is not known", proj)
}

// transverse prefers the named system over an equal one without a name.
func transverse(lon0, lat0, k, fe, fn float64) (crs.CRS, error) {
	if k == 1 && lat0 == 0 && fn == 0 && math.Mod(lon0, 3) == 0 && lon0 >= 75 && lon0 <= 135 {
		zone := int(lon0) / 3
		switch fe {
		case 500000:
			return crs.ByName(fmt.Sprintf("EPSG:%d", 4534+zone-25))
		case float64(zone)*1e6 + 500000:
			return crs.ByName(fmt.Sprintf("EPSG:%d", 4513+zone-25))
		}
	}
	if k == 0.9999 && lon0 == 121 && fe == 250000 && fn == 0 {
		return crs.ByName("EPSG:3826")
	}
	if math.Abs(lon0) > 180 || math.Abs(lat0) > 90 || k <= 0 || k > 2 {
		return nil, errors.New("its parameters are out of range")
	}
	return crs.ByName(fmt.Sprintf("+proj=tmerc +lat_0=%s +lon_0=%s +k=%s +x_0=%s +y_0=%s +ellps=GRS80",
		formatFloat(lat0), formatFloat(lon0), formatFloat(k), formatFloat(fe), formatFloat(fn)))
}
