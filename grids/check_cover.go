package grids

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis"
)

// checkEdge is a directed edge of a cell.
type checkEdge struct {
	a, b mm
	cell int32
}

// checkEdges holds all edges of the cells sorted by their ends, and a raster to find edges and cells by place.
type checkEdges struct {
	cells  []*checkCell
	all    []checkEdge // by the smaller end, the larger end, then cell
	org    mm
	side   int64
	nx, ny int64
	edges  map[int64][]int32 // square: indices into all
	inside map[int64][]int32 // square: cells whose box meets it
}

const checkSide = 40_000 // mm

func newCheckEdges(cells []*checkCell) *checkEdges {
	e := &checkEdges{cells: cells, side: checkSide, edges: map[int64][]int32{}, inside: map[int64][]int32{}}
	lo, hi := mm{math.MaxInt64, math.MaxInt64}, mm{math.MinInt64, math.MinInt64}
	for i, k := range cells {
		for n, a := range k.ring {
			e.all = append(e.all, checkEdge{a, k.ring[(n+1)%len(k.ring)], int32(i)})
			lo, hi = mm{min(lo.x, a.x), min(lo.y, a.y)}, mm{max(hi.x, a.x), max(hi.y, a.y)}
		}
	}
	if len(e.all) == 0 {
		return e
	}
	e.org, e.nx, e.ny = lo, (hi.x-lo.x)/e.side+1, (hi.y-lo.y)/e.side+1
	slices.SortFunc(e.all, func(x, y checkEdge) int { return cmp.Or(x.byEnds(y), cmp.Compare(x.cell, y.cell)) })
	for i, k := range e.all {
		e.squares(mm{min(k.a.x, k.b.x), min(k.a.y, k.b.y)}, mm{max(k.a.x, k.b.x), max(k.a.y, k.b.y)}, func(q int64) { e.edges[q] = append(e.edges[q], int32(i)) })
	}
	for i, k := range cells {
		if k.ring != nil {
			e.squares(k.lo, k.hi, func(q int64) { e.inside[q] = append(e.inside[q], int32(i)) })
		}
	}
	return e
}

// ends returns the smaller end first.
func (k checkEdge) ends() (mm, mm) {
	if k.b.less(k.a) {
		return k.b, k.a
	}
	return k.a, k.b
}

// byEnds is the order of edges in checkEdges, but for their cells.
func (k checkEdge) byEnds(o checkEdge) int {
	a, b := k.ends()
	c, d := o.ends()
	return cmp.Or(cmp.Compare(a.x, c.x), cmp.Compare(a.y, c.y), cmp.Compare(b.x, d.x), cmp.Compare(b.y, d.y))
}

// has reports whether some cell has the edge, in either direction.
func (e *checkEdges) has(k checkEdge) bool {
	_, ok := slices.BinarySearchFunc(e.all, k, checkEdge.byEnds)
	return ok
}

func (k checkEdge) middle() mm { return mm{(k.a.x + k.b.x) / 2, (k.a.y + k.b.y) / 2} }

// middleIn returns the middle of what of the edge runs through a box, of all of it where none does.
func (k checkEdge) middleIn(lo, hi mm) mm {
	from, to := 0.0, 1.0
	for _, d := range [2][4]int64{{k.a.x, k.b.x, lo.x, hi.x}, {k.a.y, k.b.y, lo.y, hi.y}} {
		if d[0] != d[1] {
			s, t := float64(d[2]-d[0])/float64(d[1]-d[0]), float64(d[3]-d[0])/float64(d[1]-d[0])
			from, to = max(from, min(s, t)), min(to, max(s, t))
		}
	}
	if from > to {
		return k.middle()
	}
	t := (from + to) / 2
	return mm{k.a.x + int64(math.Round(t*float64(k.b.x-k.a.x))), k.a.y + int64(math.Round(t*float64(k.b.y-k.a.y)))}
}

func (k checkEdge) metres() float64 {
	return math.Hypot(float64(k.b.x-k.a.x), float64(k.b.y-k.a.y)) / 1e3
}

func (e *checkEdges) squares(lo, hi mm, f func(int64)) {
	col := func(v int64) int64 { return max(0, min(e.nx-1, (v-e.org.x)/e.side)) }
	row := func(v int64) int64 { return max(0, min(e.ny-1, (v-e.org.y)/e.side)) }
	if e.nx == 0 {
		return
	}
	for j := row(lo.y); j <= row(hi.y); j++ {
		for i := col(lo.x); i <= col(hi.x); i++ {
			f(j*e.nx + i)
		}
	}
}

// holding returns the cells that hold p, their borders included, other than skip.
func (e *checkEdges) holding(p mm, skip int32) []int32 {
	var out []int32
	e.squares(p, p, func(q int64) {
		for _, i := range e.inside[q] {
			if i != skip && insideRings(p, e.cells[i].ring) {
				out = append(out, i)
			}
		}
	})
	return out
}

// meeting returns the cells other than skip whose box meets the box.
func (e *checkEdges) meeting(lo, hi mm, skip int32) []int32 {
	var out []int32
	e.squares(lo, hi, func(q int64) {
		for _, i := range e.inside[q] {
			if k := e.cells[i]; i != skip && k.lo.x <= hi.x && k.hi.x >= lo.x && k.lo.y <= hi.y && k.hi.y >= lo.y {
				out = append(out, i)
			}
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// near returns the edges whose box comes within d mm of the box lo-hi, each once.
func (e *checkEdges) near(lo, hi mm, d int64) []int32 {
	lo, hi = mm{lo.x - d, lo.y - d}, mm{hi.x + d, hi.y + d}
	var out []int32
	e.squares(lo, hi, func(q int64) {
		for _, i := range e.edges[q] {
			k := &e.all[i]
			if max(k.a.x, k.b.x) >= lo.x && min(k.a.x, k.b.x) <= hi.x && max(k.a.y, k.b.y) >= lo.y && min(k.a.y, k.b.y) <= hi.y {
				out = append(out, i)
			}
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// insideRings is the even-odd rule over rings.
func insideRings(p mm, rings ...[]mm) bool {
	in := false
	for _, r := range rings {
		j := len(r) - 1
		for i := range r {
			a, b := r[j], r[i]
			j = i
			if (a.y <= p.y) != (b.y <= p.y) {
				if t := leftTurn(a, b, p); (t > 0) == (a.y <= p.y) && t != 0 {
					in = !in
				}
			}
		}
	}
	return in
}

// toRings returns the distance of p from the nearest outline, in metres.
func toRings(p mm, rings [][]mm, limit float64) float64 {
	best := limit * 1e3
	for _, r := range rings {
		j := len(r) - 1
		for i := range r {
			a, b := r[j], r[i]
			j = i
			l := int64(best) + 1
			if p.x < min(a.x, b.x)-l || p.x > max(a.x, b.x)+l || p.y < min(a.y, b.y)-l || p.y > max(a.y, b.y)+l {
				continue
			}
			best = min(best, toSegment(p, a, b))
		}
	}
	return best / 1e3
}

// toSegment returns the distance in mm.
func toSegment(p, a, b mm) float64 {
	dx, dy := float64(b.x-a.x), float64(b.y-a.y)
	px, py := float64(p.x-a.x), float64(p.y-a.y)
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = max(0, min(1, (px*dx+py*dy)/l))
	}
	return math.Hypot(px-t*dx, py-t*dy)
}

// cover pairs the edges: inside the divided land each must occur once in each
// direction. An edge alone is the border of the land, or beside it there is a gap or another cell.
func (c *checker) cover() {
	all := c.edges.all
	for i := 0; i < len(all); {
		j := i
		a, b := all[i].ends()
		for ; j < len(all); j++ {
			if p, q := all[j].ends(); p != a || q != b {
				break
			}
		}
		c.paired(all[i:j])
		i = j
	}
	c.lands()
}

func (c *checker) paired(l []checkEdge) {
	forward, back := 0, 0
	for _, k := range l {
		if a, _ := k.ends(); a == k.a {
			forward++
		} else {
			back++
		}
	}
	k := l[0]
	switch {
	case forward > 1 || back > 1:
		c.say("grid.overlap", gis.SeverityError, string(c.cells[k.cell].Code), c.place(k.middle()), k.metres(), "unit grids %s and %s lie on the same side of a border", "单元网格 %s 与 %s 位于同一边界的同侧", c.cells[k.cell].Code, c.cells[l[1].cell].Code)
	case len(l) == 1:
		c.lone(k)
	}
}

// lone judges an edge that no other cell shares.
func (c *checker) lone(k checkEdge) {
	cell := c.cells[k.cell]
	lo, hi := mm{min(k.a.x, k.b.x), min(k.a.y, k.b.y)}, mm{max(k.a.x, k.b.x), max(k.a.y, k.b.y)}
	for _, i := range c.edges.meeting(lo, hi, k.cell) {
		c.beside(k, i)
	}
	m := k.middle()
	l := k.metres() * 1e3
	if l < 10 {
		return // too short to look beyond; a hole has longer edges, too
	}
	out := min(30, l/2) // mm beyond the edge
	dx, dy := float64(k.b.x-k.a.x)/l, float64(k.b.y-k.a.y)/l
	beyond := mm{m.x + int64(math.Round(out*dy)), m.y - int64(math.Round(out*dx))} // right of it: the cell lies left
	if len(c.edges.holding(beyond, k.cell)) > 0 {
		return
	}
	for _, i := range c.partsAt(beyond, beyond) {
		p := &c.parts[i]
		if comm := c.comms[p.comm]; comm.cells > 0 && p.inside(beyond) && toRings(beyond, p.rings, 0.1) > 0.05 {
			c.say("grid.gap", gis.SeverityError, string(cell.Code), c.place(beyond), k.metres(), "beside unit grid %s part of community %s is in no unit grid", "单元网格 %s 旁，社区 %s 有部分未被覆盖", cell.Code, comm.code)
			return
		}
	}
}

// beside judges the cell of a lone edge against another cell that comes near: whether they overlap, and inside a
// community, whether the other has a corner on the edge. Each pair is told of once.
func (c *checker) beside(k checkEdge, other int32) {
	cell, o := c.cells[k.cell], c.cells[other]
	pair := [2]int32{min(k.cell, other), max(k.cell, other)}
	share, known := c.common[pair]
	if !known {
		share = c.sweep.common(cell, o)
		c.common[pair] = share
		if share > checkOverlap {
			c.say("grid.overlap", gis.SeverityError, string(cell.Code), c.place(k.middleIn(o.lo, o.hi)), share, "unit grids %s and %s overlap by %.3f m²", "单元网格 %s 与 %s 重叠 %.3f 平方米", cell.Code, o.Code, share)
		}
	}
	if share > checkOverlap || cell.Community != o.Community {
		return
	}
	for i, p := range o.ring {
		if p == k.a || p == k.b || toSegment(p, k.a, k.b) >= 0.5 {
			continue
		}
		n := len(o.ring)
		if along(p, o.ring[(i+1)%n], k) && along(p, o.ring[(i+n-1)%n], k) && !slices.Contains(cell.ring, p) { // the other side of a needle has it
			c.common[pair] = 2 * checkOverlap
			c.say("grid.overlap", gis.SeverityError, string(cell.Code), c.place(p), 0, "the common border of unit grids %s and %s has other corners in one than in the other", "单元网格 %s 与 %s 公共边界的顶点不一致", cell.Code, o.Code)
			return
		}
	}
}

// along reports whether what runs from p, a point on the edge, to q follows the edge for half a metre, or to its end.
func along(p, q mm, k checkEdge) bool {
	f := min(1, 500/math.Hypot(float64(q.x-p.x), float64(q.y-p.y)))
	return toSegment(mm{p.x + int64(f*float64(q.x-p.x)), p.y + int64(f*float64(q.y-p.y))}, k.a, k.b) < 1
}

// innerPoint returns a point inside a simple ring: half way along the widest stretch of a level line, tried at a few heights.
func innerPoint(r []mm) mm {
	lo, hi := r[0].y, r[0].y
	for _, p := range r {
		lo, hi = min(lo, p.y), max(hi, p.y)
	}
	best, wide := r[0], int64(-1)
	for _, share := range []int64{50, 33, 67, 20, 80, 8, 92} {
		y := lo + (hi-lo)*share/100
		var xs []int64
		for i, a := range r {
			b := r[(i+1)%len(r)]
			if (a.y <= y) != (b.y <= y) {
				xs = append(xs, a.x+int64(float64(b.x-a.x)*float64(y-a.y)/float64(b.y-a.y)))
			}
		}
		slices.Sort(xs)
		for i := 0; i+1 < len(xs); i += 2 {
			if w := xs[i+1] - xs[i]; w > wide {
				best, wide = mm{(xs[i] + xs[i+1]) / 2, y}, w
			}
		}
	}
	return best
}
