package tiles

import (
	"math"

	"github.com/paulmach/orb"

	"wanmi/gis/geom"
	"wanmi/tiles/mvt"
)

// toWorld returns p in world units, clamped to the mercator square; ok is false for coordinates that are no numbers.
func toWorld(p orb.Point) (x, y uint32, ok bool) {
	if math.IsNaN(p[0]) || math.IsInf(p[0], 0) || math.IsNaN(p[1]) || math.IsInf(p[1], 0) {
		return 0, 0, false
	}
	const side = 1 << 32
	fx := (p[0] + 180) / 360 * side
	s := math.Sin(min(max(p[1], -89.9), 89.9) * math.Pi / 180)
	fy := (0.5 - math.Log((1+s)/(1-s))/(4*math.Pi)) * side
	return uint32(min(max(fx, 0), side-1)), uint32(min(max(fy, 0), side-1)), true
}

// toLonLat is the inverse of toWorld, to the north-west corner of the unit.
func toLonLat(x, y float64) orb.Point {
	const side = 1 << 32
	return orb.Point{
		x/side*360 - 180,
		math.Atan(math.Sinh(math.Pi*(1-2*y/side))) * 180 / math.Pi,
	}
}

// box is a closed rectangle in world units.
type box struct{ x0, y0, x1, y1 uint32 }

func (b box) touches(c box) bool {
	return b.x0 <= c.x1 && c.x0 <= b.x1 && b.y0 <= c.y1 && c.y0 <= b.y1
}

func (b box) union(c box) box {
	return box{min(b.x0, c.x0), min(b.y0, c.y0), max(b.x1, c.x1), max(b.y1, c.y1)}
}

// rect returns b in the 32-bit floats the R-tree holds, rounded outwards: up to 256 units (2.4 m) too large, which the exact test
// after the search mends, at half the memory of exact boxes.
func (b box) rect() (lo, hi [2]float32) {
	return [2]float32{down(b.x0), down(b.y0)}, [2]float32{up(b.x1), up(b.y1)}
}

func down(v uint32) float32 {
	f := float32(v)
	if float64(f) > float64(v) {
		f = math.Nextafter32(f, 0)
	}
	return f
}

func up(v uint32) float32 {
	f := float32(v)
	if float64(f) < float64(v) {
		f = math.Nextafter32(f, math.MaxFloat32)
	}
	return f
}

// shape is the geometry of a line or polygon feature, or of several points, in world units. It is never edited.
type shape struct {
	kind  mvt.GeomType
	bound box
	// parts are x, y pairs: points (one part), lines, or rings without the repeated last point.
	parts [][]uint32
	// polys are, for polygons, the number of rings of each: an exterior ring and its holes.
	polys []int
}

// points is how many points there are in all parts.
func (s *shape) points() (n uint32) {
	for _, p := range s.parts {
		n += uint32(len(p) / 2)
	}
	return n
}

// placed is one row to be: a point (shape nil) or a shape.
type placed struct {
	x, y  uint32 // the point, or the middle of the shape's bounds
	shape *shape
}

// place turns a geometry into rows: one, or for a collection of several kinds one per kind, all with the feature's id.
// A geometry without a usable point gives none.
func place(g orb.Geometry) []placed {
	var c collector
	c.add(g)
	if c.bad {
		return nil
	}
	var rows []placed
	if n := len(c.points); n == 2 {
		rows = append(rows, placed{x: c.points[0], y: c.points[1]})
	} else if n > 2 {
		rows = append(rows, ofShape(&shape{kind: mvt.Point, parts: [][]uint32{c.points}}))
	}
	if len(c.lines) > 0 {
		rows = append(rows, ofShape(&shape{kind: mvt.Line, parts: c.lines}))
	}
	if len(c.polys) > 0 {
		rows = append(rows, ofShape(&shape{kind: mvt.Polygon, parts: c.rings, polys: c.polys}))
	}
	return rows
}

func ofShape(s *shape) placed {
	s.bound = box{math.MaxUint32, math.MaxUint32, 0, 0}
	for _, p := range s.parts {
		for i := 0; i < len(p); i += 2 {
			s.bound = s.bound.union(box{p[i], p[i+1], p[i], p[i+1]})
		}
	}
	b := s.bound
	return placed{x: b.x0 + (b.x1-b.x0)/2, y: b.y0 + (b.y1-b.y0)/2, shape: s}
}

// collector gathers the parts of a geometry by kind.
type collector struct {
	points []uint32
	lines  [][]uint32
	rings  [][]uint32
	polys  []int
	bad    bool
}

func (c *collector) add(g orb.Geometry) {
	switch g := g.(type) {
	case orb.Point:
		c.points = append(c.points, c.part([]orb.Point{g})...)
	case orb.MultiPoint:
		c.points = append(c.points, c.part(g)...)
	case orb.LineString:
		if len(g) > 1 {
			c.lines = append(c.lines, c.part(g))
		}
	case orb.MultiLineString:
		for _, l := range g {
			c.add(l)
		}
	case orb.Ring:
		c.add(orb.Polygon{g})
	case orb.Polygon:
		c.polygon(g)
	case orb.MultiPolygon:
		for _, p := range g {
			c.polygon(p)
		}
	case orb.Bound:
		c.polygon(g.ToPolygon())
	case orb.Collection:
		for _, m := range g {
			c.add(m)
		}
	}
}

// polygon takes rings of three points or more; without an exterior ring the holes go too.
func (c *collector) polygon(p orb.Polygon) {
	n := 0
	for i, r := range p {
		if len(r) > 1 && r[0] == r[len(r)-1] {
			r = r[:len(r)-1]
		}
		if len(r) < 3 {
			if i == 0 {
				return
			}
			continue
		}
		c.rings = append(c.rings, c.part(r))
		n++
	}
	if n > 0 {
		c.polys = append(c.polys, n)
	}
}

func (c *collector) part(ps []orb.Point) []uint32 {
	xy := make([]uint32, 0, 2*len(ps))
	for _, p := range ps {
		x, y, ok := toWorld(p)
		if !ok {
			c.bad = true
			return nil
		}
		xy = append(xy, x, y)
	}
	return xy
}

func morton(x, y uint32) uint64 { return geom.Morton(x, y) }
