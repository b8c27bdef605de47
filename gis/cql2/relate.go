package cql2

import (
	"slices"

	"github.com/paulmach/orb"
)

// spatial reports whether a stands to b as the operator says, by the intersection matrix of OGC 06-103r4, 6.1.15.
func spatial(o op, a, b *shape) bool {
	switch o {
	case opIntersects:
		return intersects(a, b)
	case opDisjoint:
		return !intersects(a, b)
	}
	if !a.bound.Intersects(b.bound) {
		return false
	}
	da, db := a.dim(), b.dim()
	switch o {
	case opWithin:
		if !contains(b.bound, a.bound) || da > db || a.outside(b) {
			return false
		}
	case opContains:
		if !contains(a.bound, b.bound) || da < db || b.outside(a) {
			return false
		}
	case opEquals:
		if a.bound != b.bound || da != db {
			return false
		}
	case opTouches:
		if da == 2 && db == 2 && !b.lines && len(b.points) == 0 && b.locate(a.edges[0].a) == interior {
			return false
		}
	case opCrosses:
		if da == db && da != 1 {
			return false
		}
	case opOverlaps:
		if da != db {
			return false
		}
	}
	m := relate(a, b)
	switch o {
	case opWithin:
		return m.t(interior, interior) && !m.t(interior, exterior) && !m.t(boundary, exterior)
	case opContains:
		return m.t(interior, interior) && !m.t(exterior, interior) && !m.t(exterior, boundary)
	case opEquals:
		return m.t(interior, interior) && !m.t(interior, exterior) && !m.t(boundary, exterior) && !m.t(exterior, interior) && !m.t(exterior, boundary)
	case opTouches:
		return !m.t(interior, interior) && (m.t(interior, boundary) || m.t(boundary, interior) || m.t(boundary, boundary))
	case opCrosses:
		if da == db {
			return m[interior][interior] == 1
		}
		if da < db {
			return m.t(interior, interior) && m.t(interior, exterior)
		}
		return m.t(interior, interior) && m.t(exterior, interior)
	}
	if da == 1 && m[interior][interior] != 2 { // opOverlaps: lines share a length
		return false
	}
	return m.t(interior, interior) && m.t(interior, exterior) && m.t(exterior, interior)
}

// outside reports whether some corner of s, of the first few, lies outside of t.
func (s *shape) outside(t *shape) bool {
	for i := range s.edges[:min(4, len(s.edges))] {
		if t.locate(s.edges[i].a) == exterior {
			return true
		}
	}
	return false
}

func contains(a, b orb.Bound) bool { return a.Contains(b.Min) && a.Contains(b.Max) }

// intersects reports whether a and b have a point in common.
func intersects(a, b *shape) bool {
	if !a.bound.Intersects(b.bound) {
		return false
	}
	for _, p := range a.points {
		if b.locate(p) != exterior {
			return true
		}
	}
	for _, p := range b.points {
		if a.locate(p) != exterior {
			return true
		}
	}
	if len(a.edges) == 0 || len(b.edges) == 0 {
		return false
	}
	// Either edges meet, or one lies wholly in an area of the other: then each of its parts does, with all its edges' ends.
	meet := false
	for i := range a.edges {
		e := &a.edges[i]
		if b.areas > 0 && b.locate(e.a) != exterior {
			return true
		}
		b.near(boxOf(e), func(f *edge) bool {
			meet = touching(e, f)
			return !meet
		})
		if meet {
			return true
		}
	}
	if a.areas > 0 {
		for i := range b.edges {
			if p := b.edges[i].a; a.bound.Contains(p) && a.locate(p) != exterior {
				return true
			}
		}
	}
	return false
}

func apart(e, f *edge) bool {
	return max(e.a[0], e.b[0]) < min(f.a[0], f.b[0]) || max(f.a[0], f.b[0]) < min(e.a[0], e.b[0]) ||
		max(e.a[1], e.b[1]) < min(f.a[1], f.b[1]) || max(f.a[1], f.b[1]) < min(e.a[1], e.b[1])
}

// touching reports whether two segments have a point in common.
func touching(e, f *edge) bool {
	if apart(e, f) {
		return false
	}
	return orient(e.a, e.b, f.a)*orient(e.a, e.b, f.b) <= 0 && orient(f.a, f.b, e.a)*orient(f.a, f.b, e.b) <= 0
}

// matrix holds, for interior, boundary and exterior of one shape against those of another, what they have in common:
// 0 nothing, 1 points, 2 lines, 3 areas.
type matrix [3][3]uint8

func (m *matrix) t(a, b place) bool { return m[a][b] > 0 }

// side is the half of the work that follows one shape's parts through the other; flip says that it is the second.
type side struct {
	m    *matrix
	flip bool
	a, b *shape

	cuts []float64 // along the edge, 0 to 1
	laps []lap
}

// lap is a stretch of an edge that lies on an edge of the other shape.
type lap struct {
	from, to float64
	e        *edge
	same     bool // same direction
}

func (s *side) set(a, b place, dim uint8) {
	if s.flip {
		a, b = b, a
	}
	s.m[a][b] = max(s.m[a][b], dim+1)
}

func relate(a, b *shape) *matrix {
	m := new(matrix)
	m[exterior][exterior] = 3
	for _, s := range []*side{{m: m, a: a, b: b}, {m: m, a: b, b: a, flip: true}} {
		for _, p := range s.a.points {
			s.set(interior, s.b.locate(p), 0)
		}
		for p, n := range s.a.ends {
			if n%2 == 1 {
				s.set(boundary, s.b.locate(p), 0)
			}
		}
		s.edges()
		if s.a.areas > 0 && s.b.areas == 0 {
			s.set(interior, exterior, 2)
		}
	}
	return m
}

// edges goes through the edges of a. Those away from b lie outside of it, and of a large shape few are near a small one.
func (s *side) edges() {
	a, near := s.a, s.b.bound
	line, border := false, false // an edge of that kind lies outside, at least in part
	one := func(e *edge) bool {
		if boxOf(e).Intersects(near) {
			s.edge(e)
		} else if e.area < 0 {
			line = true
		} else {
			border = true
		}
		return true
	}
	if a.levels == nil || a.lines && a.areas > 0 {
		for i := range a.edges {
			one(&a.edges[i])
		}
	} else {
		a.near(near, one)
		if !contains(near, a.bound) {
			line, border = line || a.lines, border || a.areas > 0
		}
	}
	if line {
		s.set(interior, exterior, 1)
	}
	if border {
		s.set(boundary, exterior, 1)
		s.set(interior, exterior, 2)
	}
}

// edge cuts an edge of a where it meets b and tells the matrix where the pieces lie.
func (s *side) edge(e *edge) {
	s.cuts, s.laps = append(s.cuts[:0], 0, 1), s.laps[:0]
	s.b.near(boxOf(e), func(f *edge) bool {
		s.meet(e, f)
		return true
	})
	slices.Sort(s.cuts)
	s.cuts = slices.Compact(s.cuts)
	for i := 1; i < len(s.cuts); i++ {
		s.piece(e, s.cuts[i-1], s.cuts[i])
	}
}

// meet records how e and an edge of b meet.
func (s *side) meet(e, f *edge) {
	if apart(e, f) {
		return
	}
	fa, fb := orient(e.a, e.b, f.a), orient(e.a, e.b, f.b)
	ea, eb := orient(f.a, f.b, e.a), orient(f.a, f.b, e.b)
	if fa*fb > 0 || ea*eb > 0 {
		return
	}
	if fa == 0 && fb == 0 {
		s.collinear(e, f)
		return
	}
	if fa*fb < 0 && ea*eb < 0 {
		s.cuts = append(s.cuts, crossingAt(e, f))
		s.set(onEdge(e), onEdge(f), 0)
		return
	}
	for _, p := range []struct {
		o int
		p orb.Point
	}{{fa, f.a}, {fb, f.b}, {ea, e.a}, {eb, e.b}} {
		if p.o == 0 && within(p.p, e.a, e.b) && within(p.p, f.a, f.b) {
			s.touch(e, p.p)
		}
	}
}

// onEdge is the place of a point inside an edge with regard to its shape.
func onEdge(e *edge) place {
	if e.area < 0 {
		return interior
	}
	return boundary
}

// touch records a common point that is an end of one edge.
func (s *side) touch(e *edge, p orb.Point) {
	s.cuts = append(s.cuts, along(e, p))
	at := boundary
	if e.area < 0 && s.a.ends[p]%2 == 0 {
		at = interior
	}
	s.set(at, s.b.locate(p), 0)
}

func (s *side) collinear(e, f *edge) {
	a, b := along(e, f.a), along(e, f.b)
	same := a < b
	if !same {
		a, b = b, a
	}
	from, to := max(a, 0), min(b, 1)
	if from < to {
		s.cuts = append(s.cuts, from, to)
		s.laps = append(s.laps, lap{from, to, f, same})
	}
	for _, p := range []orb.Point{f.a, f.b} {
		if within(p, e.a, e.b) {
			s.touch(e, p)
		}
	}
	for _, p := range []orb.Point{e.a, e.b} {
		if within(p, f.a, f.b) {
			s.touch(e, p)
		}
	}
}

// piece tells the matrix where the stretch of e between two cuts lies.
func (s *side) piece(e *edge, from, to float64) {
	mid := (from + to) / 2
	lapped := false
	for _, l := range s.laps {
		if mid < l.from || mid > l.to {
			continue
		}
		lapped = true
		s.set(onEdge(e), onEdge(l.e), 1)
		if e.area < 0 || l.e.area < 0 {
			continue
		}
		if l.same {
			s.set(interior, interior, 2)
		} else {
			s.set(interior, exterior, 2)
			s.set(exterior, interior, 2)
		}
	}
	if lapped {
		return
	}
	at := exterior
	if s.b.areas > 0 {
		at = s.b.locate(orb.Point{e.a[0] + (e.b[0]-e.a[0])*mid, e.a[1] + (e.b[1]-e.a[1])*mid})
	}
	if at == boundary { // the middle is rounded onto the border: it has no length there
		return
	}
	s.set(onEdge(e), at, 1)
	if e.area < 0 {
		return
	}
	s.set(interior, at, 2)
	if at == interior {
		s.set(exterior, interior, 2)
	}
}

// along is the part of e from its beginning to p, a point on its line.
func along(e *edge, p orb.Point) float64 {
	if dx, dy := e.b[0]-e.a[0], e.b[1]-e.a[1]; dx*dx > dy*dy {
		return (p[0] - e.a[0]) / dx
	}
	return (p[1] - e.a[1]) / (e.b[1] - e.a[1])
}

// crossingAt is where along e it crosses f.
func crossingAt(e, f *edge) float64 {
	dx, dy := e.b[0]-e.a[0], e.b[1]-e.a[1]
	fx, fy := f.b[0]-f.a[0], f.b[1]-f.a[1]
	t := ((f.a[0]-e.a[0])*fy - (f.a[1]-e.a[1])*fx) / (dx*fy - dy*fx)
	return min(max(t, 0), 1)
}
