package grids

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis/geom"
)

// locator finds the face at a point by looking west for the nearest edge.
type locator struct {
	g    *geom.Graph
	segs []geom.Seg // A below B
	half []int32    // the half-edge along A to B
	bins geom.Bins
	tab  *geom.Table
	box  geom.Box
}

func newLocator(g *geom.Graph) *locator {
	n := 0
	for e := range g.Edges {
		n += len(g.Edges[e].Line) - 1
	}
	l := &locator{g: g, box: geom.NoBox, segs: make([]geom.Seg, 0, n), half: make([]int32, 0, n)}
	for e := range g.Edges {
		line := g.Edges[e].Line
		for i := 1; i < len(line); i++ {
			l.box = l.box.Grow(line[i-1]).Grow(line[i])
			s, h := geom.Seg{A: line[i-1], B: line[i]}, int32(2*e)
			if s.A.Y > s.B.Y {
				s.A, s.B, h = s.B, s.A, h+1
			}
			l.segs, l.half = append(l.segs, s), append(l.half, h)
		}
	}
	l.bins = geom.NewBins(l.box, 25_000)
	l.tab = geom.NewTable(l.bins, func(put func(int, int)) {
		for i, s := range l.segs {
			l.bins.Seg(s.A, s.B, 2, func(q int) { put(q, i) })
		}
	})
	return l
}

// face returns the face half a millimetre north of (x, y), negative outside.
func (l *locator) face(x, y int64) int32 {
	if !l.box.Holds(geom.Pt{X: x, Y: y}) {
		return -1
	}
	fy := float64(y) + 0.5
	for at := x; ; at -= l.bins.Side() {
		best, edge := math.Inf(-1), int32(-1)
		for _, i := range l.tab.In(l.bins.At(geom.Pt{X: at, Y: y})) {
			s := &l.segs[i]
			if s.A.Y > y || s.B.Y <= y || s.A.X > x && s.B.X > x {
				continue
			}
			d := float64(s.A.X-x) + float64(s.B.X-s.A.X)*((fy-float64(s.A.Y))/float64(s.B.Y-s.A.Y))
			if d <= 0 && d > best {
				best, edge = d, i
			}
		}
		if edge >= 0 {
			return l.g.Face[l.half[edge]^1] // east of an upward half-edge is its right
		}
		if at < l.box.Min.X {
			return -1
		}
	}
}

const (
	judgeDepth = 300.0 // mm: what of a building is deeper than this must lie in one cell
	scanStep   = 300   // mm between scan lines
	partedArea = 0.2   // m²: pieces smaller than this do not count
)

// crossed is a building with the edges through it that connect an enclave.
type crossed struct {
	edges []int32
	cut   int // how little another border harms: 2 when it is larger than a cell may be, 1 when a community line runs through it, else 0
}

// parted returns the edges that run through buildings lying in several atoms of the community, building by building; apart
// from them those that connect an enclave.
func (a *atoms) parted(obs *obstacles, loc *locator) (drop [][]int32, forced []crossed) {
	if len(loc.segs) == 0 {
		return nil, nil
	}
	var near []int32
	for _, i := range obs.near(loc.box, nil) {
		b := &obs.all[i]
		if near = loc.near(b.box, near[:0]); len(near) == 0 {
			continue
		}
		edges, rays, lined := a.through(b, loc, near)
		if len(edges)+len(rays) == 0 || !a.shared(b, loc, near) {
			continue
		}
		if len(edges) > 0 {
			drop = append(drop, edges)
		}
		if x := (crossed{edges: rays}); len(rays) > 0 {
			switch {
			case obs.isHuge(b):
				x.cut = 2
			case lined:
				x.cut = 1
			}
			forced = append(forced, x)
		}
	}
	return drop, forced
}

// needless returns edges, of those that connect enclaves through buildings, that no enclave hangs on: those of a building
// together where that will do, else one by one, the longest first. Buildings that are cut anyway come last.
func (a *atoms) needless(forced []crossed) [][]int32 {
	if len(forced) == 0 {
		return nil
	}
	most := bound(a.segments(func(int) bool { return true }))
	gone := map[int32]bool{}
	var drop [][]int32
	try := func(edges ...int32) {
		edges = slices.DeleteFunc(edges, func(e int32) bool { return gone[e] })
		for _, e := range edges {
			gone[e] = true
		}
		if len(edges) == 0 || bound(a.segments(func(i int) bool { return !gone[int32(i)] })) <= most {
			drop = append(drop, edges)
			return
		}
		for _, e := range edges {
			delete(gone, e)
		}
	}
	slices.SortStableFunc(forced, func(x, y crossed) int { return cmp.Compare(x.cut, y.cut) })
	var all []int32
	for _, x := range forced {
		all = append(all, x.edges...)
		try(slices.Clone(x.edges)...)
	}
	slices.SortFunc(all, func(e, f int32) int { return cmp.Or(cmp.Compare(a.Edges[f].Len, a.Edges[e].Len), cmp.Compare(e, f)) })
	for _, e := range all {
		try(e)
	}
	return slices.DeleteFunc(drop, func(l []int32) bool { return len(l) == 0 })
}

// near appends the segments whose box meets the box, ascending.
func (l *locator) near(box geom.Box, to []int32) []int32 {
	l.bins.Box(box, func(q int) {
		for _, i := range l.tab.In(q) {
			if l.segs[i].Box().Meets(box) {
				to = append(to, i)
			}
		}
	})
	slices.Sort(to)
	return slices.Compact(to)
}

// through returns the edges other than community lines that enter the building by more than a lattice step or two, those
// that connect an enclave apart; near lists the segments that may. lined says whether community lines run deep in it.
func (a *atoms) through(b *building, loc *locator, near []int32) (edges, rays []int32, lined bool) {
	for _, i := range near {
		e := loc.half[i] >> 1
		c := class(a.Edges[e].Class)
		s := loc.segs[i]
		if c == clsCommunity {
			lined = lined || len(b.deep(s.A, s.B, judgeDepth)) > 0
			continue
		}
		if !slices.ContainsFunc(b.deep(s.A, s.B, 3), func(d span) bool { return (d.hi-d.lo)*s.A.Dist(s.B) > 20 }) {
			continue
		}
		if c == clsForced {
			rays = append(rays, e)
		} else {
			edges = append(edges, e)
		}
	}
	slices.Sort(edges)
	slices.Sort(rays)
	return slices.Compact(edges), slices.Compact(rays), lined
}

// shared reports whether two atoms of the community each hold a piece of the building's inner part, by scan lines; near
// lists the segments that may run through it.
func (a *atoms) shared(b *building, loc *locator, near []int32) bool {
	var held []atomPiece
	step := int64(scanStep)
	for b.m2 > 400*float64(step*step)/1e6*100 { // large footprints: some 200 lines are enough
		step *= 2
	}
	for y := b.box.Min.Y + step/2; y < b.box.Max.Y; y += step {
		p, q := geom.Pt{X: b.box.Min.X - 10, Y: y}, geom.Pt{X: b.box.Max.X + 10, Y: y}
		deep := b.deep(p, q, judgeDepth)
		if len(deep) == 0 {
			continue
		}
		xs := loc.crossings(near, p, q)
		for _, d := range deep {
			lo, hi := float64(p.X)+d.lo*float64(q.X-p.X), float64(p.X)+d.hi*float64(q.X-p.X)
			from := lo
			for k := 0; k <= len(xs); k++ {
				to := hi
				if k < len(xs) {
					to = min(hi, xs[k])
				}
				if to <= from {
					continue
				}
				if f := loc.face(int64((from+to)/2), y); f >= 0 && a.owner[f] >= 0 {
					held = hold(held, f, (to-from)*float64(step)/1e6)
				}
				from = to
			}
		}
		if count := 0; len(held) > 1 {
			for _, h := range held {
				if h.m2 > partedArea {
					count++
				}
			}
			if count > 1 {
				return true
			}
		}
	}
	return false
}

// atomPiece is how much of a building an atom holds.
type atomPiece struct {
	atom int32
	m2   float64
}

func hold(held []atomPiece, atom int32, m2 float64) []atomPiece {
	for i := range held {
		if held[i].atom == atom {
			held[i].m2 += m2
			return held
		}
	}
	return append(held, atomPiece{atom, m2})
}

// crossings returns where segments cross the level line pq, half a millimetre north of it, from west to east.
func (l *locator) crossings(of []int32, p, q geom.Pt) []float64 {
	var xs []float64
	for _, i := range of {
		s := &l.segs[i]
		if s.A.Y > p.Y || s.B.Y <= p.Y {
			continue
		}
		x := float64(s.A.X) + float64(s.B.X-s.A.X)*((float64(p.Y)+0.5-float64(s.A.Y))/float64(s.B.Y-s.A.Y))
		if x > float64(p.X) && x < float64(q.X) {
			xs = append(xs, x)
		}
	}
	slices.SortFunc(xs, cmp.Compare)
	return xs
}
