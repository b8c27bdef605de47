package census

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"wanmi/gis/geom"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
	"github.com/paulmach/orb/planar"
)

// Geometry that stands in a column as text: WKT, with or without SRID and Z, or the two coordinates of a point.

var (
	sridMark   = regexp.MustCompile(`(?i)^\s*SRID\s*=\s*\d+\s*;\s*`)
	pointText  = regexp.MustCompile(`(?i)^\s*POINT\s*(?:Z|M|ZM)?\s*\(\s*([-+0-9.eE]+)[\s,]+([-+0-9.eE]+)(?:\s+[-+0-9.eE]+)*\s*\)\s*$`)
	pairText   = regexp.MustCompile(`^[(\[{（]?\s*([-+]?\d+(?:\.\d+)?)°?\s*[EeNn]?\s*(?:[,;，；、/|]|\s)\s*([-+]?\d+(?:\.\d+)?)°?\s*[EeNn]?\s*[)\]}）]?$`)
	wktLetters = []string{"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON"}
)

func wktShaped(s string) bool {
	s = strings.ToUpper(strings.TrimSpace(sridMark.ReplaceAllString(s, "")))
	for _, k := range wktLetters {
		if strings.HasPrefix(s, k) && strings.Contains(s, "(") {
			return true
		}
	}
	return false
}

// parsePair reads a point written as its two coordinates, in the order they stand. Two numbers that can be no
// coordinates of the region (degrees of China's surroundings, or metres of a projection) are no point.
func parsePair(s string) (orb.Point, bool) {
	m := pairText.FindStringSubmatch(strings.TrimSpace(foldDigits(s)))
	if m == nil {
		return orb.Point{}, false
	}
	a, errA := strconv.ParseFloat(m[1], 64)
	b, errB := strconv.ParseFloat(m[2], 64)
	if errA != nil || errB != nil {
		return orb.Point{}, false
	}
	big, small := math.Max(a, b), math.Min(a, b)
	degrees := big > 70 && big < 140 && small > 0 && small < 60 && strings.Contains(m[1], ".") && strings.Contains(m[2], ".")
	return orb.Point{a, b}, degrees || small > 1e5
}

// parseWKT reads geometry written as text; a panic of the decoder on hostile text is an error.
func parseWKT(s string) (g orb.Geometry, err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("%q is no WKT geometry", clip(s, 40))
		}
	}()
	if p, ok := parsePair(s); ok {
		return p, nil
	}
	if !wktShaped(s) {
		return nil, fmt.Errorf("%q is no WKT geometry", clip(s, 40))
	}
	s = sridMark.ReplaceAllString(s, "")
	if m := pointText.FindStringSubmatch(s); m != nil {
		x, errX := strconv.ParseFloat(m[1], 64)
		y, errY := strconv.ParseFloat(m[2], 64)
		if errX != nil || errY != nil {
			return nil, fmt.Errorf("%q is no WKT geometry", clip(s, 40))
		}
		return orb.Point{x, y}, nil
	}
	return wkt.Unmarshal(s)
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
