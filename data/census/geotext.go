package census

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"wanmi/gis/geom"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// Geometry that stands in a column as text: WKT or EWKT, WKB in hexadecimal digits, GeoJSON, or the two coordinates of a point.

var (
	sridMark   = regexp.MustCompile(`(?i)^\s*SRID\s*=\s*(\d{1,6})\s*;\s*`)
	wktLetters = []string{"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION", "LINEARRING"}
)

// geometryShaped reports whether a text looks like a geometry written as text, a pair of numbers aside.
func geometryShaped(s string) bool {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return false
	case s[0] == '{':
		return strings.Contains(s, `"coordinates"`) && strings.Contains(s, `"type"`)
	case s[0] == '0' || s[0] == '\\':
		return len(s) >= 42 && hexWKB(s) != nil
	}
	s = sridMark.ReplaceAllString(s, "")
	for _, k := range wktLetters {
		if len(s) > len(k) && strings.EqualFold(s[:len(k)], k) && (strings.Contains(s, "(") || strings.HasSuffix(strings.ToUpper(s), "EMPTY")) {
			return true
		}
	}
	return false
}

// parseGeometryText reads geometry written as text. srid is 0 when the text names no system.
func parseGeometryText(s string) (g orb.Geometry, srid int, err error) {
	s = strings.TrimSpace(s)
	if p, ok := parsePair(s); ok {
		return p, 0, nil
	}
	switch {
	case !geometryShaped(s):
		return nil, 0, fmt.Errorf("%q is no geometry", clip(s, 40))
	case s[0] == '{':
		g, err = parseGeoJSON([]byte(s))
		return g, 0, err
	case s[0] == '0' || s[0] == '\\':
		return parseWKB(hexWKB(s))
	}
	if m := sridMark.FindStringSubmatch(s); m != nil {
		srid, _ = strconv.Atoi(m[1])
		s = s[len(m[0]):]
	}
	g, err = parseWKTText(s)
	return g, srid, err
}

// single makes a multi-geometry of one part that part: formats differ in how they write it.
func single(g orb.Geometry) orb.Geometry {
	switch m := g.(type) {
	case orb.MultiPolygon:
		if len(m) == 1 {
			return m[0]
		}
	case orb.MultiLineString:
		if len(m) == 1 {
			return m[0]
		}
	case orb.MultiPoint:
		if len(m) == 1 {
			return m[0]
		}
	}
	return g
}

// squareMetres is the area of a small polygon in longitude and latitude, by the scale at its middle.
func squareMetres(g orb.Geometry) float64 {
	mx, my := geom.MetresPerDegree(g.Bound().Center()[1])
	o := g.Bound().Min
	flat := mapPoints(g, func(p orb.Point) orb.Point { return orb.Point{(p[0] - o[0]) * mx, (p[1] - o[1]) * my} })
	return math.Round(100*math.Abs(planar.Area(flat))) / 100
}
