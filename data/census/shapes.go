package census

import (
	"strconv"

	"wanmi/gis"

	"github.com/paulmach/orb"
)

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// mapPoints returns the geometry with every vertex replaced; g itself is left alone.
func mapPoints(g orb.Geometry, fn func(orb.Point) orb.Point) orb.Geometry {
	ps := func(in []orb.Point) []orb.Point {
		out := make([]orb.Point, len(in))
		for i, p := range in {
			out[i] = fn(p)
		}
		return out
	}
	switch g := g.(type) {
	case orb.Point:
		return fn(g)
	case orb.MultiPoint:
		return orb.MultiPoint(ps(g))
	case orb.LineString:
		return orb.LineString(ps(g))
	case orb.Ring:
		return orb.Polygon{ps(g)}
	case orb.MultiLineString:
		out := make(orb.MultiLineString, len(g))
		for i, l := range g {
			out[i] = ps(l)
		}
		return out
	case orb.Polygon:
		out := make(orb.Polygon, len(g))
		for i, r := range g {
			out[i] = ps(r)
		}
		return out
	case orb.MultiPolygon:
		out := make(orb.MultiPolygon, len(g))
		for i, p := range g {
			out[i], _ = mapPoints(p, fn).(orb.Polygon)
		}
		return out
	}
	return g
}

// checkRings remarks on rings that are no simple outline: too short, open, or crossing themselves. The geometry stays as delivered.
func (c *converter) checkRings(rec *record) error {
	for _, poly := range polygonsOf(rec.f.Geom) {
		for _, r := range poly {
			switch {
			case len(r) < 4:
				return &rowError{RuleGeomValid, "geometry", strconv.Itoa(len(r)) + " points", "a ring has fewer than four points", "环少于四个点"}
			case r[0] != r[len(r)-1]:
				c.remark(RuleGeomValid, gis.SeverityWarning, rec, 0, "a ring is not closed; kept as delivered", "环未闭合，按原样保留")
			default:
				if p, cross := selfCrossing(r); cross {
					at := rec.at
					rec.at = p
					if c.adopted { // the repair keeps only what lies on the right side of it
						c.remark(RuleGeomValid, gis.SeverityWarning, rec, 0, "the outline crosses or touches itself; loops the wrong way round fall away", "轮廓自相交或自接触，反向的部分不予采用")
					} else {
						c.remark(RuleGeomValid, gis.SeverityWarning, rec, 0, "an outline crosses or touches itself; kept as delivered", "轮廓自相交或自接触，按原样保留")
					}
					rec.at = at
				}
			}
		}
	}
	return nil
}

// selfCrossing finds two edges of a ring, not neighbours, that meet. Rings of over 2,000 points are not looked at here; the divider is exact about all.
func selfCrossing(r orb.Ring) (orb.Point, bool) {
	n := len(r) - 1
	if n > 2000 {
		return orb.Point{}, false
	}
	for i := range n {
		a, b := r[i], r[i+1]
		if a == b {
			continue
		}
		for j := i + 2; j < n; j++ {
			if i == 0 && j == n-1 {
				continue
			}
			if c, d := r[j], r[j+1]; boxesMeet(a, b, c, d) && segmentsMeet(a, b, c, d) {
				return c, true
			}
		}
	}
	return orb.Point{}, false
}

func boxesMeet(a, b, c, d orb.Point) bool {
	return max(a[0], b[0]) >= min(c[0], d[0]) && max(c[0], d[0]) >= min(a[0], b[0]) &&
		max(a[1], b[1]) >= min(c[1], d[1]) && max(c[1], d[1]) >= min(a[1], b[1])
}

func segmentsMeet(a, b, c, d orb.Point) bool {
	side := func(p, q, r orb.Point) float64 {
		return (q[0]-p[0])*(r[1]-p[1]) - (q[1]-p[1])*(r[0]-p[0])
	}
	s1, s2 := side(a, b, c), side(a, b, d)
	s3, s4 := side(c, d, a), side(c, d, b)
	return (s1 > 0) != (s2 > 0) && (s3 > 0) != (s4 > 0) || c == a || c == b || d == a || d == b
}
