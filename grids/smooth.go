package grids

import (
	"math"
	"slices"

	"wanmi/gis/geom"
)

const (
	clearance  = 600.0 // mm a moved border keeps off buildings, unless it ran nearer before
	apart      = 300.0 // mm between borders that share no end, unless they were nearer before
	sharpCos   = 0.966 // cosine of the smallest angle at which borders may part: 15 degrees
	smoothSide = 20_000
)

// smoother moves the borders inside one community, each move checked against everything near.
type smoother struct {
	bs    *borders
	g     *goal
	obs   *obstacles
	comps *pointTable
	from  int32   // first cell of the community
	mean  float64 // load of a mean cell

	area, perimeter, load []float64 // m², m, components of the cells, from the first
	mix                   []mix     // of the cells, from the first

	bins  geom.Bins
	items [][]int32 // segments by square
	segs  []geom.Seg
	dead  []bool
	seen  []int32 // stamps
	skip  []int32
	stamp int32
	lines map[int32]*line // the borders, by index
	order []int32
	near  []int32
	on    []geom.Pt // of touching
}

// line is a border under work.
type line struct {
	border
	ids []int32 // of its segments
}

func newSmoother(bs *borders, comm, from, to int32, g *goal, obs *obstacles, load []float64, grounds []mix, comps *pointTable) *smoother {
	n := to - from
	s := &smoother{
		bs: bs, g: g, obs: obs, comps: comps, order: bs.byComm[comm], from: from,
		area: make([]float64, n), perimeter: make([]float64, n), load: load[from:to], mix: grounds[from:to], lines: map[int32]*line{},
	}
	box := geom.NoBox
	for _, i := range s.order {
		for _, p := range bs.list[i].pts {
			box = box.Grow(p)
		}
	}
	s.bins = geom.NewBins(box, smoothSide)
	s.items = make([][]int32, s.bins.Len())
	for _, i := range s.order {
		l := &line{border: bs.list[i]}
		if !l.fixed { // a copy; community lines are shared with the neighbour and only read
			l.pts, l.class, l.l, l.r = slices.Clone(l.pts), slices.Clone(l.class), slices.Clone(l.l), slices.Clone(l.r)
		}
		s.lines[i] = l
		for k := 1; k < len(l.pts); k++ {
			l.ids = append(l.ids, s.put(l.pts[k-1], l.pts[k]))
		}
		a, length := float64(westOf(l.pts))/2e6, pathLength(l.pts)/1000
		if c := l.left - from; c >= 0 && c < n {
			s.area[c] += a
			s.perimeter[c] += length
		}
		if c := l.right - from; c >= 0 && c < n {
			s.area[c] -= a
			s.perimeter[c] += length
		}
	}
	total, loads := 0.0, 0.0
	for c := range s.area {
		total, loads = total+s.area[c]*s.mix[c].worth, loads+s.load[c]
	}
	s.mean = loads / math.Max(1, math.Round(total/g.target))
	return s
}

// run makes the borders straight, with few corners, off the components, and puts them into the division.
func (s *smoother) run() {
	s.thin()
	s.straighten()
	s.thin()
	s.steps()
	s.bumps()
	s.store()
}

// westOf returns twice the area between a path and the y axis; summed round a ring, twice its area, mm².
func westOf(p []geom.Pt) int64 {
	v := int64(0)
	for i := 1; i < len(p); i++ {
		v += (p[i-1].X + p[i].X) * (p[i].Y - p[i-1].Y)
	}
	return v
}

func pathLength(p []geom.Pt) float64 {
	v := 0.0
	for i := 1; i < len(p); i++ {
		v += p[i].Dist(p[i-1])
	}
	return v
}

func (s *smoother) put(a, b geom.Pt) int32 {
	id := int32(len(s.segs))
	s.segs, s.dead, s.seen, s.skip = append(s.segs, geom.Seg{A: a, B: b}), append(s.dead, false), append(s.seen, 0), append(s.skip, 0)
	s.bins.Seg(a, b, 0, func(q int) { s.items[q] = append(s.items[q], id) })
	return id
}

// each calls f for the segments of borders that may meet the box, but for those marked to be left out.
func (s *smoother) each(box geom.Box, f func(geom.Seg) bool) bool {
	ok := true
	s.stamp++
	s.bins.Box(box, func(q int) {
		if !ok {
			return
		}
		for _, id := range s.items[q] {
			if s.dead[id] || s.seen[id] == s.stamp || s.skip[id] < 0 {
				continue
			}
			s.seen[id] = s.stamp
			if s.segs[id].Box().Meets(box) && !f(s.segs[id]) {
				ok = false
				return
			}
		}
	})
	return ok
}

// change is a stretch of a border and what shall take its place. The ends stay, but for one where borders
// meet that all borders there change together.
type change struct {
	l      *line
	lo, hi int // indices of points
	pts    []geom.Pt
	class  []class // of the new segments
	clear  float64 // mm off buildings
}

func (c *change) old() []geom.Pt { return c.l.pts[c.lo : c.hi+1] }

// delta returns what the change adds to the cell on its left, and to the length of the border; m², m.
func (c *change) delta() (da, dl float64) {
	return float64(westOf(c.pts)-westOf(c.old())) / 2e6, (pathLength(c.pts) - pathLength(c.old())) / 1000
}

// cellDelta is what changes do to one cell.
type cellDelta struct {
	cell   int32
	da, dl float64
}

func (s *smoother) deltas(cs []change) []cellDelta {
	var buf [8]cellDelta
	out := buf[:0]
	add := func(cell int32, da, dl float64) {
		for i := range out {
			if out[i].cell == cell {
				out[i].da += da
				out[i].dl += dl
				return
			}
		}
		out = append(out, cellDelta{cell, da, dl})
	}
	for i := range cs {
		da, dl := cs[i].delta()
		add(cs[i].l.left-s.from, da, dl)
		add(cs[i].l.right-s.from, -da, dl)
	}
	return out
}

// gain returns by how much the prices of the cells and of the borders fall with the changes.
func (s *smoother) gain(cs ...change) float64 {
	v := 0.0
	for i := range cs {
		c := &cs[i]
		v += s.g.Feature / 1e5 * (priceOf(c.old(), c.l.class[c.lo:c.hi]) - priceOf(c.pts, c.class))
	}
	for _, d := range s.deltas(cs) {
		a, p, n, m := s.area[d.cell], s.perimeter[d.cell], s.load[d.cell], &s.mix[d.cell]
		v += s.g.cell(a, p, n, s.mean, m) - s.g.cell(a+d.da, p+d.dl, n, s.mean, m)
	}
	return v
}

// priceOf returns what a path costs as a border, in thousandths.
func priceOf(p []geom.Pt, cls []class) float64 {
	v := 0.0
	for i, c := range cls {
		v += price[c] * p[i].Dist(p[i+1])
	}
	return v
}

// apply makes the changes.
func (s *smoother) apply(cs ...change) {
	for _, d := range s.deltas(cs) {
		s.area[d.cell] += d.da
		s.perimeter[d.cell] += d.dl
	}
	for i := range cs {
		c := &cs[i]
		l, n := c.l, len(c.pts)-1
		ids, tags := make([]int32, n), make([]int32, n)
		for _, id := range l.ids[c.lo:c.hi] {
			s.dead[id] = true
		}
		for i := range n {
			ids[i], tags[i] = s.put(c.pts[i], c.pts[i+1]), -1
		}
		l.pts = slices.Replace(l.pts, c.lo, c.hi+1, c.pts...)
		l.ids = slices.Replace(l.ids, c.lo, c.hi, ids...)
		l.class = slices.Replace(l.class, c.lo, c.hi, c.class...)
		l.l = slices.Replace(l.l, c.lo, c.hi, tags...)
		l.r = slices.Replace(l.r, c.lo, c.hi, tags...)
	}
}

// store puts the moved borders into the division.
func (s *smoother) store() {
	for _, i := range s.order {
		if l := s.lines[i]; !l.fixed {
			s.bs.list[i] = l.border
		}
	}
}
