package grids

import (
	"math"

	"github.com/paulmach/orb"

	"wanmi/gis/crs"
	"wanmi/gis/geom"
)

// lattice maps longitude, latitude to integer millimetres of one 3-degree Gauss-Kruger zone and back.
type lattice struct{ zone crs.CRS }

// latticeOf returns the lattice of the zone that holds the middle of b.
func latticeOf(b orb.Bound) lattice { return lattice{crs.GaussKruger3(b.Center()[0])} }

func (l lattice) pt(p orb.Point) geom.Pt {
	x, y := l.zone.FromLonLat(p[0], p[1])
	return geom.Pt{X: int64(math.Round(x * 1000)), Y: int64(math.Round(y * 1000))}
}

// lonLat is the exact inverse of pt on lattice points.
func (l lattice) lonLat(p geom.Pt) orb.Point {
	lon, lat := l.zone.ToLonLat(float64(p.X)/1000, float64(p.Y)/1000)
	return orb.Point{lon, lat}
}

// line projects points, dropping repeated ones.
func (l lattice) line(ps []orb.Point) []geom.Pt {
	out := make([]geom.Pt, 0, len(ps))
	for _, p := range ps {
		if q := l.pt(p); len(out) == 0 || out[len(out)-1] != q {
			out = append(out, q)
		}
	}
	return out
}

// ring projects a closed orb ring to an open lattice ring; nil when fewer than three points are left.
func (l lattice) ring(r orb.Ring) geom.Ring {
	out := geom.Ring(l.line(r))
	for len(out) > 1 && out[0] == out[len(out)-1] {
		out = out[:len(out)-1]
	}
	if len(out) < 3 {
		return nil
	}
	return out
}

// polygon returns a lattice ring, counter-clockwise, as a closed orb polygon.
func (l lattice) polygon(r geom.Ring) orb.Polygon {
	out := make(orb.Ring, 0, len(r)+1)
	for _, p := range r {
		out = append(out, l.lonLat(p))
	}
	return orb.Polygon{append(out, out[0])}
}

// polygons returns the parts of a polygonal geometry.
func polygons(g orb.Geometry) []orb.Polygon {
	switch g := g.(type) {
	case orb.Polygon:
		return []orb.Polygon{g}
	case orb.MultiPolygon:
		return g
	case orb.Ring:
		return []orb.Polygon{{g}}
	case orb.Collection:
		var all []orb.Polygon
		for _, part := range g {
			all = append(all, polygons(part)...)
		}
		return all
	}
	return nil
}

// lineStrings returns the parts of a linear geometry, the outlines of a polygonal one.
func lineStrings(g orb.Geometry) []orb.LineString {
	switch g := g.(type) {
	case orb.LineString:
		return []orb.LineString{g}
	case orb.MultiLineString:
		return g
	case orb.Polygon, orb.MultiPolygon, orb.Ring:
		var all []orb.LineString
		for _, p := range polygons(g) {
			for _, r := range p {
				all = append(all, orb.LineString(r))
			}
		}
		return all
	case orb.Collection:
		var all []orb.LineString
		for _, part := range g {
			all = append(all, lineStrings(part)...)
		}
		return all
	}
	return nil
}

// widest is how many degrees a geometry may span: more is a corner gone astray, at 0, 0 for instance.
const widest = 3.0

// finite reports whether every coordinate is a longitude and latitude the projection can take, none far from the others.
func finite(g orb.Geometry) bool {
	b := orb.Bound{Min: orb.Point{360, 89}, Max: orb.Point{-360, -89}}
	if g == nil || !reaches(g, &b) {
		return false
	}
	return b.Max[0] < b.Min[0] || (b.Max[0]-b.Min[0] <= widest && b.Max[1]-b.Min[1] <= widest)
}

// reaches widens the bound by all points of g; false when one is no longitude and latitude.
func reaches(g orb.Geometry, b *orb.Bound) bool {
	points := func(l []orb.Point) bool {
		for _, p := range l {
			if !(math.Abs(p[0]) <= 360 && math.Abs(p[1]) < 89) { // false for NaN
				return false
			}
			b.Min[0], b.Max[0] = min(b.Min[0], p[0]), max(b.Max[0], p[0])
			b.Min[1], b.Max[1] = min(b.Min[1], p[1]), max(b.Max[1], p[1])
		}
		return true
	}
	switch g := g.(type) {
	case orb.Point:
		return points([]orb.Point{g})
	case orb.MultiPoint:
		return points(g)
	case orb.LineString:
		return points(g)
	case orb.Ring:
		return points(g)
	case orb.Bound:
		return points([]orb.Point{g.Min, g.Max})
	case orb.MultiLineString:
		for _, l := range g {
			if !points(l) {
				return false
			}
		}
	case orb.Polygon:
		for _, r := range g {
			if !points(r) {
				return false
			}
		}
	case orb.MultiPolygon:
		for _, p := range g {
			for _, r := range p {
				if !points(r) {
					return false
				}
			}
		}
	case orb.Collection:
		for _, part := range g {
			if part == nil || !reaches(part, b) {
				return false
			}
		}
	}
	return true
}
