package geocode

import (
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// Circle is a round area: its centre in WGS 84 and its radius in metres.
type Circle struct {
	Center  orb.Point
	RadiusM float64
}

// The bounds of what a query may be narrowed to.
const (
	maxCorners    = 10_000 // of a polygon
	maxCategories = 100
	maxCircleM    = 500_000
)

// checkArea refuses a bound, polygon or circle that is no area.
func (q *Query) checkArea() error {
	if b := q.Bound; b != nil {
		for _, p := range [2]orb.Point{b.Min, b.Max} {
			if err := checkPoint("bound", p[0], p[1]); err != nil {
				return err
			}
		}
	}
	if c := q.Circle; c != nil {
		if err := checkPoint("circle", c.Center[0], c.Center[1]); err != nil {
			return err
		}
		if !(c.RadiusM > 0 && c.RadiusM <= maxCircleM) {
			return gis.E(gis.Invalid, nil, "circle: the radius must be more than 0 and at most %d m", maxCircleM)
		}
	}
	corners := 0
	for _, poly := range q.Polygon {
		for _, ring := range poly {
			corners += len(ring)
			if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
				return gis.E(gis.Invalid, nil, "polygon: a ring needs at least 4 points, the last of them the first again")
			}
			for _, p := range ring {
				if err := checkPoint("polygon", p[0], p[1]); err != nil {
					return err
				}
			}
		}
	}
	if corners > maxCorners {
		return gis.E(gis.Invalid, nil, "polygon: %d corners; at most %d are taken", corners, maxCorners)
	}
	if len(q.Categories) > maxCategories {
		return gis.E(gis.Invalid, nil, "%d categories; at most %d are taken", len(q.Categories), maxCategories)
	}
	return nil
}

// narrowed reports whether the query leaves out any place there may be.
func (q *Query) narrowed() bool {
	return q.Bound != nil || q.Circle != nil || q.Polygon != nil || len(q.Layers) > 0 || len(q.Categories) > 0
}

// wants reports whether a candidate is among the places the query is narrowed to.
func (g *Geocoder) wants(q *Query, c *cand) bool {
	if len(q.Layers) > 0 && !slices.Contains(q.Layers, levels[c.level].layer) {
		return false
	}
	if len(q.Categories) > 0 {
		is := g.category(c)
		if is == "" || !slices.ContainsFunc(q.Categories, func(s string) bool { return strings.EqualFold(s, is) }) {
			return false
		}
	}
	if q.Bound == nil && q.Circle == nil && q.Polygon == nil {
		return true
	}
	p := g.fr.from(c.at)
	if q.Bound != nil && !q.Bound.Contains(p) {
		return false
	}
	if q.Circle != nil && g.fr.to(q.Circle.Center).dist(c.at) > q.Circle.RadiusM {
		return false
	}
	return q.Polygon == nil || slices.ContainsFunc(q.Polygon, func(poly orb.Polygon) bool { return geom.PointInPolygon(p, poly) })
}

// category is what kind of point of interest a candidate is, in the city's own words; "" for anything else.
func (g *Geocoder) category(c *cand) string {
	if c.poi < 0 || c.level != levelPOI {
		return ""
	}
	return value(g.src.pois[c.poi].class)
}
