package grids

import (
	"cmp"
	"slices"
)

// checkPart is a polygon of a community as it was delivered, a shell and its holes turned so that its inside lies on
// the left. Inside is what the shell winds round more often than the holes.
type checkPart struct {
	rings  [][]mm
	comm   int
	lo, hi mm
}

// inside reports whether the part holds p.
func (k *checkPart) inside(p mm) bool {
	if p.x < k.lo.x || p.x > k.hi.x || p.y < k.lo.y || p.y > k.hi.y {
		return false
	}
	wind := 0
	for _, r := range k.rings {
		j := len(r) - 1
		for i := range r {
			a, b := r[j], r[i]
			j = i
			if (a.y <= p.y) == (b.y <= p.y) {
				continue
			}
			if t := leftTurn(a, b, p); t > 0 && a.y <= p.y {
				wind++
			} else if t < 0 && a.y > p.y {
				wind--
			}
		}
	}
	return wind > 0
}

// sweep measures areas under several layers of rings: the plane is cut into level strips at every corner and crossing
// in a box, inside which nothing crosses, so that all is trapezoids.
type sweep struct {
	lo, hi mm
	edges  []sweepEdge
	near   []int32 // those of the edges that reach into the box; the others lie west of it
	active []sweepEdge
	wind   []int32
	level  []float64 // of what runs level
}

// sweepEdge runs north; by is how often more its layer winds round its east than round its west.
type sweepEdge struct {
	a, b      mm
	layer, by int32
	x         float64 // where it passes the middle of the strip
}

func (s *sweep) reset(lo, hi mm) {
	s.lo, s.hi, s.edges, s.near = lo, hi, s.edges[:0], s.near[:0]
	s.level = s.level[:0]
}

func (s *sweep) put(r []mm, layer int32) {
	for i, a := range r {
		b, by := r[(i+1)%len(r)], int32(-1) // what runs north has its inside on the west
		if a.y > b.y {
			a, b, by = b, a, 1
		}
		if b.y < s.lo.y || a.y > s.hi.y || min(a.x, b.x) > s.hi.x {
			continue
		}
		if a.y == b.y {
			if max(a.x, b.x) >= s.lo.x {
				s.level = append(s.level, float64(a.y))
			}
			continue
		}
		if max(a.x, b.x) >= s.lo.x {
			s.near = append(s.near, int32(len(s.edges)))
		}
		s.edges = append(s.edges, sweepEdge{a: a, b: b, layer: layer, by: by})
	}
}

// run calls visit for every trapezoid with how often each layer winds round it and its area in m². West of the box
// they are visited, too, at wrong areas: a layer that does not reach out of the box must be looked at first.
func (s *sweep) run(layers int, visit func(wind []int32, m2 float64)) {
	levels := s.levels()
	s.wind = append(s.wind[:0], make([]int32, layers)...)
	for n := 1; n < len(levels); n++ {
		y, h := (levels[n-1]+levels[n])/2, levels[n]-levels[n-1]
		if h < 1e-9 {
			continue
		}
		s.active = s.active[:0]
		for _, e := range s.edges {
			if float64(e.a.y) <= y && float64(e.b.y) > y {
				e.x = float64(e.a.x) + float64(e.b.x-e.a.x)*((y-float64(e.a.y))/float64(e.b.y-e.a.y))
				s.active = append(s.active, e)
			}
		}
		slices.SortFunc(s.active, func(p, q sweepEdge) int { return cmp.Compare(p.x, q.x) })
		clear(s.wind)
		for i := 0; i+1 < len(s.active); i++ {
			e := &s.active[i]
			s.wind[e.layer] += e.by
			visit(s.wind, (s.active[i+1].x-e.x)*h/1e6)
		}
	}
}

// levels returns the heights of all corners and crossings in the box, sorted.
func (s *sweep) levels() []float64 {
	lo, hi := float64(s.lo.y), float64(s.hi.y)
	out := append(s.level, lo, hi)
	add := func(y float64) {
		if y > lo && y < hi {
			out = append(out, y)
		}
	}
	for n, i := range s.near {
		p := &s.edges[i]
		add(float64(p.a.y))
		add(float64(p.b.y))
		for _, j := range s.near[n+1:] {
			q := &s.edges[j]
			if q.a.y >= p.b.y || p.a.y >= q.b.y || max(p.a.x, p.b.x) < min(q.a.x, q.b.x) || max(q.a.x, q.b.x) < min(p.a.x, p.b.x) {
				continue
			}
			if t, u := leftTurn(p.a, p.b, q.a), leftTurn(p.a, p.b, q.b); (t > 0) != (u > 0) && t != u {
				add(float64(q.a.y) + float64(t)/(float64(t)-float64(u))*float64(q.b.y-q.a.y))
			}
		}
	}
	slices.Sort(out)
	s.level = out
	return slices.Compact(out)
}

// common returns the area two cells share, in m².
func (s *sweep) common(k, l *checkCell) float64 {
	lo, hi := mm{max(k.lo.x, l.lo.x), max(k.lo.y, l.lo.y)}, mm{min(k.hi.x, l.hi.x), min(k.hi.y, l.hi.y)}
	if lo.x >= hi.x || lo.y >= hi.y {
		return 0
	}
	s.reset(mm{min(k.lo.x, l.lo.x), lo.y}, hi)
	s.put(k.ring, 0)
	s.put(l.ring, 1)
	sum := 0.0
	s.run(2, func(wind []int32, m2 float64) {
		if wind[0] != 0 && wind[1] != 0 {
			sum += m2
		}
	})
	return sum
}

// land measures what of the communities lies in a cell, m²: of any, and of each.
func (c *checker) land(k *checkCell) (any float64, of map[int]float64) {
	of = map[int]float64{}
	s := &c.sweep
	s.reset(k.lo, k.hi)
	s.put(k.ring, 0)
	own := len(s.near) + len(s.level)
	parts := c.partsAt(k.lo, k.hi)
	for i, p := range parts {
		for _, r := range c.parts[p].rings {
			s.put(r, int32(i+1))
		}
	}
	if len(s.near)+len(s.level) == own { // no community line comes near: all of the cell is in what a point of it is in
		m2, p := float64(k.area2)/2e6, innerPoint(k.ring)
		for _, i := range parts {
			if c.parts[i].inside(p) {
				any, of[c.parts[i].comm] = m2, m2
			}
		}
		return any, of
	}
	s.run(len(parts)+1, func(wind []int32, m2 float64) {
		if wind[0] == 0 {
			return
		}
		held := -1
		for i, p := range parts { // parts come community by community
			if n := c.parts[p].comm; wind[i+1] > 0 && n != held {
				held = n
				of[n] += m2
			}
		}
		if held >= 0 {
			any += m2
		}
	})
	return any, of
}

// extent returns the area of a community, m², where its polygons may cross themselves and each other.
func (c *checker) extent(comm int) float64 {
	s := &c.sweep
	s.reset(c.comms[comm].lo, c.comms[comm].hi)
	n := int32(0)
	for i := range c.parts {
		if c.parts[i].comm == comm {
			for _, r := range c.parts[i].rings {
				s.put(r, n)
			}
			n++
		}
	}
	sum := 0.0
	s.run(int(n), func(wind []int32, m2 float64) {
		for _, w := range wind {
			if w > 0 {
				sum += m2
				break
			}
		}
	})
	return sum
}

const partSide = 500_000 // mm

// partsAt returns the parts of communities whose box meets the box, ascending: community by community.
func (c *checker) partsAt(lo, hi mm) []int32 {
	if c.partTab == nil {
		c.partTab = map[mm][]int32{}
		for i, p := range c.parts {
			for x := p.lo.x / partSide; x <= p.hi.x/partSide; x++ {
				for y := p.lo.y / partSide; y <= p.hi.y/partSide; y++ {
					c.partTab[mm{x, y}] = append(c.partTab[mm{x, y}], int32(i))
				}
			}
		}
	}
	var out []int32
	for x := lo.x / partSide; x <= hi.x/partSide; x++ {
		for y := lo.y / partSide; y <= hi.y/partSide; y++ {
			for _, i := range c.partTab[mm{x, y}] {
				if p := &c.parts[i]; p.lo.x <= hi.x && p.hi.x >= lo.x && p.lo.y <= hi.y && p.hi.y >= lo.y {
					out = append(out, i)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
