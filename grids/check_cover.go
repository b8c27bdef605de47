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
	slices.SortFunc(e.all, func(x, y checkEdge) int {
		a, b := x.ends()
		c, d := y.ends()
		return cmp.Or(cmp.Compare(a.x, c.x), cmp.Compare(a.y, c.y), cmp.Compare(b.x, d.x), cmp.Compare(b.y, d.y), cmp.Compare(x.cell, y.cell))
	})
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

func (k checkEdge) middle() mm { return mm{(k.a.x + k.b.x) / 2, (k.a.y + k.b.y) / 2} }

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
	for _, k := range c.cells {
		if k.ring == nil || k.comm < 0 {
			continue
		}
		comm := c.comms[k.comm]
		if p := innerPoint(k.ring); !insideRings(p, comm.rings...) && toRings(p, comm.rings, checkStray) >= checkStray {
			c.say("grid.stray", gis.SeverityError, string(k.Code), c.place(p), float64(k.area2)/2e6, "unit grid %s lies outside its community %s", "单元网格 %s 位于所属社区 %s 之外", k.Code, comm.code)
		}
	}
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
	cell := c.cells[k.cell]
	switch {
	case forward > 1 || back > 1:
		c.say("grid.overlap", gis.SeverityError, string(cell.Code), c.place(k.middle()), k.metres(), "unit grids %s and %s lie on the same side of a border", "单元网格 %s 与 %s 位于同一边界的同侧", cell.Code, c.cells[l[1].cell].Code)
	case len(l) == 1:
		c.lone(k)
	case len(l) == 2 && cell.comm != c.cells[l[1].cell].comm:
		c.onLine(k)
		c.onLine(l[1])
	}
}

// lone judges an edge that no other cell shares.
func (c *checker) lone(k checkEdge) {
	cell := c.cells[k.cell]
	m := k.middle()
	l := k.metres() * 1e3
	if l < 10 {
		return // too short to look beyond; a hole has longer edges, too
	}
	out := min(30, l/2) // mm beyond the edge
	dx, dy := float64(k.b.x-k.a.x)/l, float64(k.b.y-k.a.y)/l
	beyond := mm{m.x + int64(math.Round(out*dy)), m.y - int64(math.Round(out*dx))} // right of it: the cell lies left
	if other := c.edges.holding(beyond, k.cell); len(other) > 0 {
		c.say("grid.overlap", gis.SeverityError, string(cell.Code), c.place(m), k.metres(), "unit grids %s and %s overlap, or their common border has other corners in one than in the other",
			"单元网格 %s 与 %s 重叠，或公共边界顶点不一致", cell.Code, c.cells[other[0]].Code)
		return
	}
	for _, comm := range c.comms {
		if comm.cells == 0 || beyond.x < comm.lo.x || beyond.x > comm.hi.x || beyond.y < comm.lo.y || beyond.y > comm.hi.y {
			continue
		}
		if insideRings(beyond, comm.rings...) && toRings(beyond, comm.rings, 0.1) > 0.05 {
			c.say("grid.gap", gis.SeverityError, string(cell.Code), c.place(beyond), k.metres(), "beside unit grid %s part of community %s is in no unit grid", "单元网格 %s 旁，社区 %s 有部分未被覆盖", cell.Code, comm.code)
			return
		}
	}
	c.onLine(k)
}

// onLine judges an edge between communities or at the rim: it must not run
// outside the cell's own community. Inside it may: there the land beyond is
// claimed by a neighbour, too, and the neighbour's edge is judged the same way.
func (c *checker) onLine(k checkEdge) {
	cell := c.cells[k.cell]
	if cell.comm < 0 {
		return
	}
	comm := c.comms[cell.comm]
	if !insideRings(k.middle(), comm.rings...) && toRings(k.middle(), comm.rings, checkStray) >= checkStray {
		rule, en, zh := "grid.stray", "unit grid %s runs past the line of its community %s", "单元网格 %s 越过所属社区 %s 的界线"
		if !c.anywhere(k.middle()) {
			rule, en, zh = "grid.outside", "unit grid %s lies outside every community (its own is %s)", "单元网格 %s 位于所有社区之外（所属社区 %s）"
		}
		c.say(rule, gis.SeverityError, string(cell.Code), c.place(k.middle()), k.metres(), en, zh, cell.Code, comm.code)
	}
}

func (c *checker) anywhere(p mm) bool {
	for _, comm := range c.comms {
		if p.x >= comm.lo.x && p.x <= comm.hi.x && p.y >= comm.lo.y && p.y <= comm.hi.y && insideRings(p, comm.rings...) {
			return true
		}
	}
	return false
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
