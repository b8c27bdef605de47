package grids

import (
	"slices"

	"wanmi/gis/geom"
)

// border is the line between two cells, from one point where three borders meet to the next.
type border struct {
	pts         []geom.Pt
	class       []class // of the segment that ends at pts[i+1]
	l, r        []int32 // communities left and right of community lines, by segment
	left, right int32   // cells, -1 none
	fixed       bool    // a community line, or one that starts where it ends: stays as it is
}

// borders are the lines of a whole division.
type borders struct {
	list   []border
	byComm [][]int32 // borders on either side of which the community lies
	cells  int
}

// bordersOf returns the borders of the cells; groups lists the cells of each community as sets of faces.
func bordersOf(a *atoms, groups [][][]int32) *borders {
	cell := make([]int32, len(a.owner))
	for f := range cell {
		cell[f] = -1
	}
	bs := &borders{byComm: make([][]int32, len(groups))}
	for _, cells := range groups {
		for _, fs := range cells {
			for _, f := range fs {
				cell[f] = int32(bs.cells)
			}
			bs.cells++
		}
	}
	of := func(f int32) int32 {
		if f < 0 {
			return -1
		}
		return cell[f]
	}
	isBorder := make([]bool, len(a.Edges))
	star := make([][4]int32, len(a.Nodes)) // count, then up to two half-edges
	for e := range a.Edges {
		if isBorder[e] = of(a.Face[2*e]) != of(a.Face[2*e+1]); !isBorder[e] {
			continue
		}
		for h := int32(2 * e); h <= int32(2*e+1); h++ {
			s := &star[a.Org[h]]
			if s[0]++; s[0] <= 2 {
				s[s[0]] = h
			}
		}
	}
	walk := func(h int32) {
		b := border{left: of(a.Face[h]), right: of(a.Face[h^1])}
		first := a.Org[h]
		var comm [2]int32
		for {
			isBorder[h>>1] = false
			line := a.Along(h)
			c := class(a.Edges[h>>1].Class)
			l, r := a.Tags(h)
			if len(b.pts) == 0 {
				b.pts = append(b.pts, line[0])
			}
			for _, p := range line[1:] {
				b.pts, b.class, b.l, b.r = append(b.pts, p), append(b.class, c), append(b.l, l), append(b.r, r)
			}
			b.fixed = b.fixed || c == clsCommunity
			comm = [2]int32{a.ownerOf(h), a.ownerOf(h ^ 1)}
			n := a.Org[h^1]
			s := &star[n]
			if s[0] != 2 || n == first {
				b.fixed = b.fixed || n == first
				break
			}
			next := s[1]
			if next>>1 == h>>1 {
				next = s[2]
			}
			if !isBorder[next>>1] {
				break
			}
			h = next
		}
		for i, c := range comm {
			if c >= 0 && (i == 0 || c != comm[0]) {
				bs.byComm[c] = append(bs.byComm[c], int32(len(bs.list)))
			}
		}
		b.fixed = b.fixed || comm[0] != comm[1]
		bs.list = append(bs.list, b)
	}
	for _, round := range [2]bool{false, true} { // from where borders meet, then what is closed in itself
		for h := range a.Org {
			if isBorder[h>>1] && (round || star[a.Org[h]][0] != 2) {
				walk(int32(h))
			}
		}
	}
	return bs
}

// ownerOf returns the community left of a half-edge, -1 none.
func (a *atoms) ownerOf(h int32) int32 {
	if f := a.Face[h]; f >= 0 {
		return a.owner[f]
	}
	return -1
}

// finish straightens the borders, leads them round components, and returns the graph whose faces are
// the cells themselves. A community where that would break a rule keeps its borders as they were cut.
func (b *base) finish(a *atoms, groups [][][]int32, opt *Options) (*atoms, [][][]int32, error) {
	bs := bordersOf(a, groups)
	plain := make([]border, len(bs.list))
	copy(plain, bs.list)
	g := &goal{Weights: opt.Weights, target: opt.Target, min: opt.Min, max: opt.Max}
	obs := b.obs
	load, grounds := a.loads(groups)
	pts := b.points
	first := make([]int32, len(groups)+1)
	for c := range groups {
		first[c+1] = first[c] + int32(len(groups[c]))
	}
	each(len(groups), opt.Threads, func(c int) {
		if len(groups[c]) > 1 {
			s := newSmoother(bs, int32(c), first[c], first[c+1], g, obs, load, grounds, pts)
			s.run()
		}
	})
	for range len(groups) {
		n, cells, bad, err := b.cellGraph(bs, groups, grounds)
		if err != nil {
			return nil, nil, err
		}
		if len(bad) == 0 {
			return n, cells, nil
		}
		for _, c := range bad {
			for _, i := range bs.byComm[c] {
				bs.list[i] = plain[i]
			}
		}
		if len(bad) == len(groups) {
			break
		}
	}
	return a, groups, nil
}

// loads returns the components in each cell, cells counted through the groups, and what ground it is.
func (a *atoms) loads(groups [][][]int32) (load []float64, grounds []mix) {
	for _, cells := range groups {
		for _, fs := range cells {
			load = append(load, a.total(fs).load)
			grounds = append(grounds, a.groundOf(fs))
		}
	}
	return load, grounds
}

// cellGraph builds the graph of the borders; bad lists the communities whose cells did not come out one face each.
func (b *base) cellGraph(bs *borders, groups [][][]int32, grounds []mix) (n *atoms, cells [][][]int32, bad []int, err error) {
	var segs []geom.Seg
	for _, x := range bs.list {
		for i, c := range x.class {
			s := geom.Seg{A: x.pts[i], B: x.pts[i+1], Class: uint8(c), L: x.l[i], R: x.r[i]}
			if s.B.Less(s.A) {
				s = s.Flip()
			}
			segs = append(segs, s)
		}
	}
	g := geom.NewGraph(segs, keepCommunity)
	own, err := owners(g)
	if err != nil {
		return nil, nil, nil, err
	}
	n = &atoms{Graph: g, owner: own}
	loc := newLocator(g)
	n.weigh(b.points.near(loc.box, nil), loc)
	n.inherit(bs, grounds)
	cells = make([][][]int32, len(groups))
	for f, o := range own {
		if o >= 0 && len(groups[o]) > 0 {
			cells[o] = append(cells[o], []int32{int32(f)})
		}
	}
	for c := range groups {
		if len(cells[c]) != len(groups[c]) {
			bad = append(bad, c)
		}
	}
	return n, cells, bad, nil
}

// pointTable finds points near a place.
type pointTable struct {
	pts []geom.Pt
	tab *geom.Table
}

func newPointTable(pts []geom.Pt) *pointTable {
	box := geom.NoBox
	for _, p := range pts {
		box = box.Grow(p)
	}
	bins := geom.NewBins(box, 25_000)
	return &pointTable{pts, geom.NewTable(bins, func(put func(int, int)) {
		for i, p := range pts {
			put(bins.At(p), i)
		}
	})}
}

// near appends the points in the box, in their order of squares.
func (t *pointTable) near(box geom.Box, to []geom.Pt) []geom.Pt {
	if len(t.pts) == 0 {
		return to
	}
	t.tab.Box(box, func(q int) {
		for _, i := range t.tab.In(q) {
			if box.Holds(t.pts[i]) {
				to = append(to, t.pts[i])
			}
		}
	})
	return to
}

// inherit gives the faces of the graph of the borders the ground of the cells they are.
func (a *atoms) inherit(bs *borders, grounds []mix) {
	if !slices.ContainsFunc(grounds, func(m mix) bool { return m != built }) {
		return
	}
	a.ground = make([]mix, len(a.Cycle))
	of := map[geom.Seg][2]int32{}
	for _, x := range bs.list {
		for i := range x.class {
			of[geom.Seg{A: x.pts[i], B: x.pts[i+1]}] = [2]int32{x.left, x.right}
			of[geom.Seg{A: x.pts[i+1], B: x.pts[i]}] = [2]int32{x.right, x.left}
		}
	}
	for h := range a.Org {
		f, line := a.Face[h], a.Along(int32(h))
		if f < 0 {
			continue
		}
		if cells, ok := of[geom.Seg{A: line[0], B: line[1]}]; ok && cells[0] >= 0 {
			a.ground[f] = grounds[cells[0]]
		}
	}
}

// groundOf says what ground a cell is.
func (a *atoms) groundOf(fs []int32) mix {
	if a.ground != nil && len(fs) == 1 {
		return a.ground[fs[0]]
	}
	s := a.total(fs)
	m := s.mix()
	if a.inner == nil {
		return m
	}
	in := map[int32]float64{}
	for _, f := range fs {
		if i := a.inner[f]; i >= 0 {
			in[i] += a.area[f]
			m.whole = m.whole || in[i] > wholeShare*s.area
		}
	}
	return m
}

// wholeShare is the share of a cell that land kept whole must have for the cell to be it: its edge is led along lines
// beside it and round buildings.
const wholeShare = 0.9
