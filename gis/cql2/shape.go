package cql2

import "github.com/paulmach/orb"

// place is where a point lies with regard to a shape.
type place uint8

const (
	interior place = iota
	boundary
	exterior
)

// edge is a segment of a line, or of the border of an area with the area on its left.
type edge struct {
	a, b orb.Point
	area int32 // number of the area, -1 for a line
}

// shape is a geometry made ready for predicates. Areas follow the even-odd rule, so a ring that crosses itself is an area too.
type shape struct {
	points []orb.Point
	edges  []edge
	areas  int
	lines  bool
	ends   map[orb.Point]int // of lines: how many end there; an odd number is boundary
	bound  orb.Bound
	box    bool // it is its bound

	// Of shapes with many edges the bounds of each fanOut edges that follow each other, then of each fanOut of these, up to one. Edges of
	// a border that follow each other lie near each other, so nothing needs to be sorted.
	levels [][]orb.Bound
}

const (
	manyEdges = 24 // from so many edges on a shape gets levels
	fanOut    = 8
)

// newShape makes a shape; index says that many rows will be held against it.
func newShape(g orb.Geometry, index bool) *shape {
	s := &shape{bound: g.Bound()}
	s.add(g)
	if index && len(s.edges) >= manyEdges {
		s.index()
	}
	return s
}

func (s *shape) add(g orb.Geometry) {
	switch g := g.(type) {
	case orb.Point:
		s.points = append(s.points, g)
	case orb.MultiPoint:
		s.points = append(s.points, g...)
	case orb.LineString:
		s.line(g)
	case orb.MultiLineString:
		for _, l := range g {
			s.line(l)
		}
	case orb.Ring:
		s.area(orb.Polygon{g})
	case orb.Polygon:
		s.area(g)
	case orb.MultiPolygon:
		s.area(g...)
	case orb.Bound:
		s.rectangle(g)
	case orb.Collection:
		for _, one := range g {
			s.add(one)
		}
	}
}

// rectangle adds a box; one without width or height is a line or a point.
func (s *shape) rectangle(b orb.Bound) {
	switch {
	case b.Min == b.Max:
		s.points = append(s.points, b.Min)
	case b.Min[0] == b.Max[0] || b.Min[1] == b.Max[1]:
		s.line(orb.LineString{b.Min, b.Max})
	default:
		s.area(b.ToPolygon())
		s.box = len(s.edges) == 4 && len(s.points) == 0
	}
}

func (s *shape) line(l orb.LineString) {
	n := len(s.edges)
	for i := 1; i < len(l); i++ {
		if l[i-1] != l[i] {
			s.edges = append(s.edges, edge{l[i-1], l[i], -1})
		}
	}
	if len(s.edges) == n { // a line without length
		s.points = append(s.points, l[:min(1, len(l))]...)
		return
	}
	s.lines = true
	if s.ends == nil {
		s.ends = map[orb.Point]int{}
	}
	s.ends[l[0]]++
	s.ends[l[len(l)-1]]++
}

func (s *shape) area(polys ...orb.Polygon) {
	id := int32(s.areas)
	n := len(s.edges)
	for _, p := range polys {
		for i, r := range p {
			s.ring(r, (i == 0) == (twiceArea(r) > 0), id)
		}
	}
	if len(s.edges) > n {
		s.areas++
	}
}

// ring adds a ring's edges, turned round unless forward.
func (s *shape) ring(r orb.Ring, forward bool, id int32) {
	for i := range r {
		a, b := r[i], r[(i+1)%len(r)]
		if !forward {
			a, b = b, a
		}
		if a != b {
			s.edges = append(s.edges, edge{a, b, id})
		}
	}
}

func twiceArea(r orb.Ring) float64 {
	sum := 0.0
	for i := range r { // about the first point, for the digits
		a, b := r[i], r[(i+1)%len(r)]
		sum += (a[0]-r[0][0])*(b[1]-r[0][1]) - (a[1]-r[0][1])*(b[0]-r[0][0])
	}
	return sum
}

func (s *shape) dim() int {
	switch {
	case s.areas > 0:
		return 2
	case s.lines:
		return 1
	}
	return 0
}

// index makes the levels.
func (s *shape) index() {
	n := len(s.edges)
	at := func(i int) orb.Bound { return boxOf(&s.edges[i]) }
	for {
		level := make([]orb.Bound, 0, (n+fanOut-1)/fanOut)
		for lo := 0; lo < n; lo += fanOut {
			b := at(lo)
			for i := lo + 1; i < min(lo+fanOut, n); i++ {
				b = b.Union(at(i))
			}
			level = append(level, b)
		}
		s.levels = append(s.levels, level)
		if n = len(level); n == 1 {
			return
		}
		at = func(i int) orb.Bound { return level[i] }
	}
}

// near calls f for every edge that may touch b, and for some others, until it returns false.
func (s *shape) near(b orb.Bound, f func(*edge) bool) {
	if s.levels == nil {
		for i := range s.edges {
			if !f(&s.edges[i]) {
				return
			}
		}
		return
	}
	s.visit(len(s.levels)-1, 0, &b, f)
}

func (s *shape) visit(level, i int, b *orb.Bound, f func(*edge) bool) bool {
	if !s.levels[level][i].Intersects(*b) {
		return true
	}
	lo := i * fanOut
	if level == 0 {
		for k := lo; k < min(lo+fanOut, len(s.edges)); k++ {
			if !f(&s.edges[k]) {
				return false
			}
		}
		return true
	}
	for k := lo; k < min(lo+fanOut, len(s.levels[level-1])); k++ {
		if !s.visit(level-1, k, b, f) {
			return false
		}
	}
	return true
}

func boxOf(e *edge) orb.Bound {
	return orb.Bound{Min: orb.Point{min(e.a[0], e.b[0]), min(e.a[1], e.b[1])}, Max: orb.Point{max(e.a[0], e.b[0]), max(e.a[1], e.b[1])}}
}

// locate says where p lies: in the interior of any part, else on the boundary of any, else outside.
func (s *shape) locate(p orb.Point) place {
	if !s.bound.Contains(p) {
		return exterior
	}
	for _, q := range s.points {
		if p == q {
			return interior
		}
	}
	if len(s.edges) == 0 {
		return exterior
	}
	onLine, onBorder := false, false
	var inside uint64 // a bit per area, for the first 64
	var more []bool   // the others
	if s.areas > 64 {
		more = make([]bool, s.areas)
	}
	ray := orb.Bound{Min: p, Max: orb.Point{s.bound.Max[0], p[1]}}
	s.near(ray, func(e *edge) bool {
		if e.a[1] > p[1] && e.b[1] > p[1] || e.a[1] < p[1] && e.b[1] < p[1] || e.a[0] < p[0] && e.b[0] < p[0] {
			return true
		}
		o := orient(e.a, e.b, p)
		if o == 0 && within(p, e.a, e.b) {
			if e.area < 0 {
				onLine = true
			} else {
				onBorder = true
			}
			return true
		}
		if e.area < 0 {
			return true
		}
		if up := e.b[1] > p[1]; (e.a[1] > p[1]) != up && (o > 0) == up {
			if more != nil {
				more[e.area] = !more[e.area]
			} else {
				inside ^= 1 << e.area
			}
		}
		return true
	})
	if onLine && s.ends[p]%2 == 0 {
		return interior
	}
	if onBorder && s.areas == 1 {
		return boundary
	}
	for _, in := range more {
		if in {
			return interior
		}
	}
	switch {
	case inside != 0:
		return interior
	case onLine || onBorder:
		return boundary
	}
	return exterior
}
