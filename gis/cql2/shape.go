package cql2

import (
	"math"

	"github.com/paulmach/orb"
)

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

	// Edges by their height, for shapes with many: edges of strip i are strips[starts[i]:starts[i+1]].
	starts, strips []int32
	y0, perStrip   float64
}

// manyEdges is from how many edges on a shape gets strips.
const manyEdges = 24

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

// index sorts the edges into strips.
func (s *shape) index() {
	n := min(len(s.edges), 2048)
	s.y0 = s.bound.Min[1]
	s.perStrip = float64(n) / (s.bound.Max[1] - s.bound.Min[1])
	if math.IsInf(s.perStrip, 0) || math.IsNaN(s.perStrip) {
		return
	}
	s.starts = make([]int32, n+1)
	for pass := range 2 {
		for k, e := range s.edges {
			lo, hi := s.strip(min(e.a[1], e.b[1])), s.strip(max(e.a[1], e.b[1]))
			for i := lo; i <= hi; i++ {
				if pass == 0 {
					s.starts[i]++ // counts first, then ends, which the second pass takes down to starts
				} else {
					s.starts[i]--
					s.strips[s.starts[i]] = int32(k)
				}
			}
		}
		if pass == 0 {
			for i := 1; i <= n; i++ {
				s.starts[i] += s.starts[i-1]
			}
			s.strips = make([]int32, s.starts[n])
		}
	}
}

func (s *shape) strip(y float64) int {
	return int(min(max((y-s.y0)*s.perStrip, 0), float64(len(s.starts)-2)))
}

// crossing calls f for every edge that may touch the height y.
func (s *shape) crossing(y float64, f func(*edge)) {
	if s.starts == nil {
		for i := range s.edges {
			f(&s.edges[i])
		}
		return
	}
	i := s.strip(y)
	for _, k := range s.strips[s.starts[i]:s.starts[i+1]] {
		f(&s.edges[k])
	}
}

// near calls f for every edge that may touch the heights lo to hi, some of them more than once, until it returns false.
func (s *shape) near(lo, hi float64, f func(*edge) bool) {
	if s.starts == nil {
		for i := range s.edges {
			if !f(&s.edges[i]) {
				return
			}
		}
		return
	}
	for _, k := range s.strips[s.starts[s.strip(lo)]:s.starts[s.strip(hi)+1]] {
		if !f(&s.edges[k]) {
			return
		}
	}
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
	s.crossing(p[1], func(e *edge) {
		if e.a[1] > p[1] && e.b[1] > p[1] || e.a[1] < p[1] && e.b[1] < p[1] {
			return
		}
		if e.a[0] < p[0] && e.b[0] < p[0] { // wholly to the left: neither on it nor crossed by the ray to the right
			return
		}
		o := orient(e.a, e.b, p)
		if o == 0 && within(p, e.a, e.b) {
			if e.area < 0 {
				onLine = true
			} else {
				onBorder = true
			}
			return
		}
		if e.area < 0 {
			return
		}
		if up := e.b[1] > p[1]; (e.a[1] > p[1]) != up && (o > 0) == up {
			if more != nil {
				more[e.area] = !more[e.area]
			} else {
				inside ^= 1 << e.area
			}
		}
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
