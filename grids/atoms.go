package grids

import (
	"context"
	"slices"
	"sync"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// atoms is the planar graph of all lines with what the cutter needs to know of
// each face. A cell is a union of atoms of one community.
type atoms struct {
	*geom.Graph
	owner []int32   // community of each face, -1 none
	area  []float64 // m²
	load  []float64 // components
	sums  []sums    // of each face, area and load among them
	cost  []float64 // price of each edge as a border
	len   []float64 // m

	kind    []landKind // of each face, as the next
	inner   []int32    // the land kept whole that it lies in, -1 none
	zone    []int32    // 1: water with cells of its own; -1: not of the community
	crossed []bool     // a way runs inside
	ground  []mix      // in the graph of the borders: of each cell; nil where all is built
}

// ground is what the communities are divided on, noded.
type ground struct {
	parts    [][]geom.Seg // of each community, its outline and the lines inside
	outlines []geom.Seg   // all community lines
}

// plan makes the ground for the communities that want holds.
func (b *base) plan(ctx context.Context, cov cover, want []bool, threads int, p gis.Progress) (*ground, error) {
	box := geom.NoBox
	for _, s := range cov.segs {
		box = box.Grow(s.A).Grow(s.B)
	}
	obs := b.obs
	free, last := cov.connectors(obs)
	fixed := append(slices.Clone(cov.segs), free...)
	reach := box.Pad(1000)
	var lines []mapLine
	for _, l := range b.lines {
		for _, pts := range meeting(l.pts, reach) {
			lines = append(lines, mapLine{class: l.class, pts: pts})
		}
	}
	p.Tell("lines", 0, 0)
	lines = conflate(cov.segs, lines, reach, obs)
	skins := func(int32) float64 { return skin }
	clipped := make([][]mapLine, len(lines))
	each(len(lines), threads, func(i int) {
		for _, pts := range obs.clip(lines[i].pts, skins) {
			clipped[i] = append(clipped[i], mapLine{class: lines[i].class, pts: pts})
		}
	})
	lines = slices.Concat(clipped...)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	gaps, err := b.blocks(ctx, append(slices.Clone(fixed), last...), lines, want, obs, threads, p)
	if err != nil {
		return nil, err
	}
	p.Tell("graph", 0, 0)
	segs := appendSegs(appendSegs(slices.Clone(fixed), lines, nil), gaps, nil)
	noded := settle(geom.SnapRound(segs, threads))
	if len(last) > 0 {
		noded = b.withLast(noded, segs, last, threads)
	}
	noded = unpinch(noded, len(b.comms))
	g := &ground{parts: geom.Regions(noded, len(b.comms), keepCommunity)}
	for range looseTurns {
		rays := g.loose(obs, threads)
		if len(rays) == 0 {
			break
		}
		noded = unpinch(settle(geom.SnapRound(append(noded, rays...), threads)), len(b.comms))
		g.parts = geom.Regions(noded, len(b.comms), keepCommunity)
	}
	for _, s := range noded {
		if keepCommunity(s) {
			g.outlines = append(g.outlines, s)
		}
	}
	return g, ctx.Err()
}

// meeting returns the stretches of a line whose segments meet the box.
func meeting(line []geom.Pt, box geom.Box) [][]geom.Pt {
	var out [][]geom.Pt
	var cur []geom.Pt
	for i := 1; i < len(line); i++ {
		if !box.Meets(geom.NoBox.Grow(line[i-1]).Grow(line[i])) {
			if cur != nil {
				out = append(out, cur)
			}
			cur = nil
			continue
		}
		if cur == nil {
			cur = []geom.Pt{line[i-1]}
		}
		cur = append(cur, line[i])
	}
	if cur != nil {
		out = append(out, cur)
	}
	return out
}

func appendSegs(to []geom.Seg, lines []mapLine, only func(class) bool) []geom.Seg {
	n := 0
	for _, l := range lines {
		if only == nil || only(l.class) {
			n += max(0, len(l.pts)-1)
		}
	}
	to = slices.Grow(to, n)
	for _, l := range lines {
		if only != nil && !only(l.class) {
			continue
		}
		for i := 1; i < len(l.pts); i++ {
			to = append(to, geom.Seg{A: l.pts[i-1], B: l.pts[i], Class: uint8(l.class), L: -1, R: -1})
		}
	}
	return to
}

// settle keeps one of equal pieces. Community lines that fell on each other are
// joined: A|X and X|B give A|B, A|X and X|A give no border.
func settle(noded []geom.Seg) []geom.Seg {
	out := noded[:0]
	for i := 0; i < len(noded); {
		j := i
		var sides []int32 // communities with an odd balance
		s := noded[i]
		isComm := false
		for ; j < len(noded) && noded[j].A == noded[i].A && noded[j].B == noded[i].B; j++ {
			n := noded[j]
			if n.Class != uint8(clsCommunity) {
				if s.Class == uint8(clsCommunity) {
					s = n // the best that is not a community line, should those cancel
				}
				continue
			}
			isComm = true
			// L is coded 2c, R 2c+1; a community on both sides cancels.
			sides = cancel(sides, 2*(n.L+1), 2*(n.L+1)+1)
			sides = cancel(sides, 2*(n.R+1)+1, 2*(n.R+1))
		}
		switch {
		case isComm && len(sides) == 2:
			l, r := sides[0]/2-1, sides[1]/2-1
			if sides[0]%2 == 1 {
				l, r = r, l
			}
			out = append(out, geom.Seg{A: s.A, B: s.B, Class: uint8(clsCommunity), L: l, R: r})
		case s.Class != uint8(clsCommunity):
			out = append(out, s)
		}
		i = j
	}
	return out
}

// cancel adds one to the multiset, or takes its opposite out.
func cancel(set []int32, one, opposite int32) []int32 {
	if i := slices.Index(set, opposite); i >= 0 {
		return slices.Delete(set, i, i+1)
	}
	return append(set, one)
}

// each runs f(0..n-1) on some threads; results go by index, so the order they run in does not show.
func each(n, threads int, f func(i int)) {
	if threads <= 1 || n < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := 0
	for range threads {
		wg.Go(func() {
			for {
				mu.Lock()
				lo := next
				next += max(1, n/(threads*64))
				hi := min(n, next)
				mu.Unlock()
				if lo >= n {
					return
				}
				for i := lo; i < hi; i++ {
					f(i)
				}
			}
		})
	}
	wg.Wait()
}

// keepCommunity keeps the blocks of a graph that hold a community line.
func keepCommunity(s geom.Seg) bool { return s.Class == uint8(clsCommunity) }

// owners returns the community of each face, by the tags of community lines and by flooding.
func owners(g *geom.Graph) ([]int32, error) {
	const unknown = -2
	own := make([]int32, len(g.Cycle))
	for f := range own {
		own[f] = unknown
	}
	var stack []int32
	for h := range g.Org {
		f := g.Face[h]
		if f < 0 || g.Edges[h>>1].Class != uint8(clsCommunity) {
			continue
		}
		left, _ := g.Tags(int32(h))
		if own[f] == unknown {
			own[f] = left
			stack = append(stack, f)
		} else if own[f] != left {
			return nil, gis.E(gis.Internal, nil, "the division lost its community lines near face %d (%d and %d)", f, own[f], left)
		}
	}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, h := range g.Cycle[f] {
			o := g.Face[h^1]
			if o < 0 || g.Edges[h>>1].Class == uint8(clsCommunity) {
				continue
			}
			if own[o] == unknown {
				own[o] = own[f]
				stack = append(stack, o)
			} else if own[o] != own[f] {
				return nil, gis.E(gis.Internal, nil, "the division leaks from community %d into %d", own[f], own[o])
			}
		}
	}
	for f := range own {
		own[f] = max(own[f], -1)
	}
	return own, nil
}

// blocks returns the gap lines of all blocks between barrier lines.
func (b *base) blocks(ctx context.Context, fixed []geom.Seg, lines []mapLine, want []bool, obs *obstacles, threads int, p gis.Progress) ([]mapLine, error) {
	segs := appendSegs(slices.Clone(fixed), lines, class.barrier)
	g := geom.NewGraph(settle(geom.SnapRound(segs, threads)), keepCommunity)
	own, err := owners(g)
	if err != nil {
		return nil, err
	}
	var faces []int32
	for f := range g.Cycle {
		if own[f] >= 0 && want[own[f]] && float64(g.Area2[f])/2e6 >= gapFace {
			faces = append(faces, int32(f))
		}
	}
	group := obs.groups()
	found := make([][]mapLine, len(faces))
	var mu sync.Mutex
	done := int64(0)
	spare := sync.Pool{New: func() any { return &skeleton{obs: obs, group: group} }}
	each(len(faces), threads, func(i int) {
		if ctx.Err() != nil {
			return
		}
		s := spare.Get().(*skeleton)
		defer spare.Put(s)
		found[i] = s.gapLines(g.Ring(g.Cycle[faces[i]]))
		mu.Lock()
		done++
		p.Tell("gap lines", done, int64(len(faces)))
		mu.Unlock()
	})
	return slices.Concat(found...), ctx.Err()
}

// partedTurns is how often lines that part buildings are taken out and what is left looked at again.
const partedTurns = 6

// safeGraph builds the graph of a community, looks whether its atoms share a building, and takes out the lines that part
// it, until none does; then those rays through buildings that no enclave needs.
func (b *base) safeGraph(segs []geom.Seg, d *divided, code string) (*atoms, error) {
	tied, whole := false, false
	for turn := 0; ; turn++ {
		g := geom.NewGraph(segs, keepCommunity)
		own, err := owners(g)
		if err != nil {
			return nil, err
		}
		a := &atoms{Graph: g, owner: own}
		loc := newLocator(g)
		if !whole {
			drop, forced := a.parted(b.obs, loc)
			if len(drop) > 0 && turn < partedTurns {
				segs = a.without(drop)
				continue
			}
			if !tied {
				tied = true
				if rays := a.needless(forced); len(rays) > 0 {
					segs = a.without(rays)
					continue
				}
			}
			if len(drop) > 0 {
				d.findings = append(d.findings, finding("grid.building_parted", gis.SeverityWarning, code, b.lat.lonLat(g.Nodes[0]), float64(len(drop)),
					"%d lines in community %s still run through buildings", "社区 %[2]s 内仍有 %[1]d 条线穿过建筑物", len(drop), code))
			}
		}
		a.weigh(b.points.near(loc.box, nil), loc)
		a.survey(b.terrain, b.obs, loc)
		drop := a.inside()
		if len(drop) == 0 || whole {
			return a, nil
		}
		whole = true
		segs = a.without(drop)
	}
}

// without returns the segments of the graph without sets of edges. A set stays where an enclave would hang on nothing
// without it: a building that a border parts is the lesser fault than a cell with another inside.
func (a *atoms) without(drop [][]int32) []geom.Seg {
	gone := make([]bool, len(a.Edges))
	for _, l := range drop {
		for _, e := range l {
			gone[e] = true
		}
	}
	kept := a.segments(func(e int) bool { return !gone[e] })
	if bound(a.segments(func(e int) bool { return a.Edges[e].Class == uint8(clsCommunity) })) == 1 {
		return kept // nothing that could come loose
	}
	most := bound(a.segments(func(int) bool { return true }))
	if bound(kept) <= most {
		return kept
	}
	clear(gone)
	for _, l := range drop {
		before := slices.Clone(gone)
		for _, e := range l {
			gone[e] = true
		}
		if bound(a.segments(func(e int) bool { return !gone[e] })) > most {
			gone = before
		}
	}
	return a.segments(func(e int) bool { return !gone[e] })
}

// segments returns the segments of some edges.
func (a *atoms) segments(keep func(e int) bool) []geom.Seg {
	var out []geom.Seg
	for e := range a.Edges {
		if !keep(e) {
			continue
		}
		ed := &a.Edges[e]
		for i := 1; i < len(ed.Line); i++ {
			s := geom.Seg{A: ed.Line[i-1], B: ed.Line[i], Class: ed.Class, L: ed.L, R: ed.R}
			if s.B.Less(s.A) {
				s = s.Flip()
			}
			out = append(out, s)
		}
	}
	return out
}

func (a *atoms) weigh(comps []geom.Pt, loc *locator) {
	a.area = make([]float64, len(a.Cycle))
	a.load = make([]float64, len(a.Cycle))
	for f, v := range a.Area2 {
		a.area[f] = float64(v) / 2e6
	}
	for _, p := range comps {
		if f := loc.face(p.X, p.Y); f >= 0 {
			a.load[f]++
		}
	}
	a.sums = make([]sums, len(a.Cycle))
	for f := range a.sums {
		m2 := a.area[f]
		a.sums[f] = sums{area: m2, load: a.load[f], worth: m2, least: m2, most: m2}
	}
	a.cost = make([]float64, len(a.Edges))
	a.len = make([]float64, len(a.Edges))
	for e := range a.Edges {
		a.len[e] = a.Edges[e].Len / 1000
		a.cost[e] = a.len[e] * price[a.Edges[e].Class]
	}
}
