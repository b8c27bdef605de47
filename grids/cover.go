package grids

import (
	"cmp"
	"encoding/binary"
	"slices"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// cover is the repaired coverage: the segments of the community lines tagged with
// the communities left and right of them (indices into base.comms, -1 none).
type cover struct {
	segs  []geom.Seg
	area2 []int64 // twice the area of each community, mm²
}

// coverage nodes the community outlines, gives every face at most one owner, and says what it did.
func (b *base) coverage(threads int) cover {
	b.disputed = map[[2]int32]float64{}
	r := &repair{base: b}
	r.node(threads)
	r.flood()
	r.contested()
	r.gaps()
	r.crumbs()
	return r.result()
}

// repair is the work on the coverage.
type repair struct {
	base   *base
	part   []int32  // community of each part
	jumps  [][]jump // tags of the graph: what one has more on the left of an edge than on its right
	g      *geom.Graph
	claims [][]int32 // communities that claim each face
	round  []int32   // half-edge whose left side holds each connected part, -1 none
	owner  []int32   // owner of each face, -1 none
	land   []float64 // m² each community claims
	taken  []float64 // m² each got that it does not claim
}

// jump says how many times more the outline of a part winds round the left of an edge than round its right.
type jump struct{ part, by int32 }

// outlineSegs returns the segments of a part, the part on their left: a shell and its holes, in whatever direction they
// came. What the shell winds round more often than the holes, once or more, is inside. Where an
// outline crosses itself a loop beside it falls away, a loop over it stays: as with a buffer of width nought.
func outlineSegs(rings []geom.Ring, part int32) []geom.Seg {
	var out []geom.Seg
	for k, ring := range rings {
		turn := (ring.Area2() < 0) == (k == 0)
		for i, p := range ring {
			q := ring[(i+1)%len(ring)]
			if turn {
				p, q = q, p
			}
			out = append(out, geom.Seg{A: p, B: q, L: part, R: -1})
		}
	}
	return out
}

func (r *repair) node(threads int) {
	var segs []geom.Seg
	for c, comm := range r.base.comms {
		for _, rings := range comm.parts {
			segs = append(segs, outlineSegs(rings, int32(len(r.part)))...)
			r.part = append(r.part, int32(c))
		}
	}
	r.arrange(geom.SnapRound(append(segs, r.caps(segs, seekWidth)...), threads))
}

// arrange makes the graph of noded outlines; outlines that cancel each other bound nothing.
func (r *repair) arrange(noded []geom.Seg) {
	var lines []geom.Seg
	index := map[string]int32{}
	var key []byte
	number := func(l []jump) int32 {
		key = key[:0]
		for _, j := range l {
			key = binary.LittleEndian.AppendUint64(key, uint64(uint32(j.part))<<32|uint64(uint32(j.by)))
		}
		id, ok := index[string(key)]
		if !ok {
			id = int32(len(r.jumps))
			index[string(key)] = id
			r.jumps = append(r.jumps, l)
		}
		return id
	}
	for i := 0; i < len(noded); {
		j := i
		var left, right []jump
		capped := false
		for ; j < len(noded) && noded[j].A == noded[i].A && noded[j].B == noded[i].B; j++ {
			switch n := noded[j]; {
			case n.L >= 0:
				left, right = with(left, n.L, 1), with(right, n.L, -1)
			case n.R >= 0:
				left, right = with(left, n.R, -1), with(right, n.R, 1)
			default:
				capped = true
			}
		}
		if len(left) > 0 || capped {
			s := geom.Seg{A: noded[i].A, B: noded[i].B, L: number(left), R: number(right)}
			if len(left) == 0 {
				s.Class = 1
			}
			lines = append(lines, s)
		}
		i = j
	}
	r.g = geom.NewGraph(lines, nil)
}

// with adds to the sorted jumps of a part; one of nought falls away. The list before stays as it is.
func with(l []jump, part, by int32) []jump {
	i, ok := slices.BinarySearchFunc(l, part, func(j jump, p int32) int { return cmp.Compare(j.part, p) })
	switch {
	case !ok:
		return slices.Insert(slices.Clone(l), i, jump{part, by})
	case l[i].by == -by:
		return slices.Delete(slices.Clone(l), i, i+1)
	}
	l = slices.Clone(l)
	l[i].by += by
	return l
}

// across returns how often the parts wind round what lies right of half-edge h, from the same for its left.
func (r *repair) across(h int32, winds []jump) []jump {
	left, _ := r.g.Tags(h)
	for _, j := range r.jumps[left] {
		winds = with(winds, j.part, -j.by)
	}
	return winds
}

// flood finds which parts claim each face, starting from the outside of each connected part of the graph.
func (r *repair) flood() {
	g := r.g
	winds := make([][]jump, len(g.Cycle))
	seen := make([]bool, len(g.Cycle))
	r.round = make([]int32, len(g.Outer))
	var stack []int32
	cross := func(h int32, winding []jump) {
		if f := g.Face[h^1]; f >= 0 && !seen[f] {
			seen[f] = true
			winds[f] = r.across(h, winding)
			stack = append(stack, f)
		}
	}
	for k, cycle := range g.Outer {
		var winding []jump
		winding, r.round[k] = r.around(cycle)
		for _, h := range cycle {
			cross(h, winding)
		}
		for len(stack) > 0 {
			f := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, h := range g.Cycle[f] {
				cross(h, winds[f])
			}
		}
	}
	r.claims = make([][]int32, len(g.Cycle))
	for f, l := range winds {
		for _, j := range l {
			if j.by > 0 {
				r.claims[f] = append(r.claims[f], r.part[j.part])
			}
		}
		slices.Sort(r.claims[f])
		r.claims[f] = slices.Compact(r.claims[f])
	}
}

// around returns how often the parts wind round the westernmost node of an outer cycle, whose own part of the graph lies
// all to the east: by the edges that a ray to the west meets, the first of which is returned as the half-edge that has the node on its left.
func (r *repair) around(cycle []int32) (winding []jump, first int32) {
	g := r.g
	first = -1
	if len(g.Outer) == 1 {
		return nil, first
	}
	p := g.Edges[cycle[0]>>1].Line[0]
	for _, h := range cycle {
		for _, q := range g.Edges[h>>1].Line {
			if q.Less(p) {
				p = q
			}
		}
	}
	var lo, hi geom.Pt // ends of the first edge met
	for e := range g.Edges {
		l := g.Edges[e].Line
		for i := 1; i < len(l); i++ {
			a, b := l[i-1], l[i]
			h := int32(2*e + 1) // the east is on the left of what runs south
			if a.Y > b.Y {
				a, b, h = b, a, h-1
			}
			if a.Y > p.Y || p.Y >= b.Y || geom.Cross(a, b, p) >= 0 {
				continue
			}
			winding = r.across(h^1, winding)
			if first < 0 || eastOf(a, b, lo, hi) {
				lo, hi, first = a, b, h
			}
		}
	}
	return winding, first
}

// eastOf reports whether the upward segment ab passes east of cd, which does not cross it, at a level both reach.
func eastOf(a, b, c, d geom.Pt) bool {
	if a.Y >= c.Y && a != c {
		return geom.Cross(c, d, a) < 0
	}
	if a == c {
		return geom.Cross(c, d, b) < 0
	}
	return geom.Cross(a, b, c) > 0
}

// sideOwner returns the owner left of a half-edge, -1 none.
func (r *repair) sideOwner(h int32) int32 {
	for h >= 0 {
		f := r.g.Face[h]
		if f >= 0 {
			return r.owner[f]
		}
		h = r.round[-1-f]
	}
	return -1
}

// container returns the face that holds a connected part of the graph, -1 none.
func (r *repair) container(part int) int32 {
	for h := r.round[part]; h >= 0; {
		f := r.g.Face[h]
		if f >= 0 {
			return f
		}
		h = r.round[-1-f]
	}
	return -1
}

// contested gives each face to the claimant with the least land, the smaller code
// among equals: so an enclave survives a neighbour drawn over it.
func (r *repair) contested() {
	r.owner = make([]int32, len(r.claims))
	r.taken = make([]float64, len(r.base.comms))
	r.land = make([]float64, len(r.base.comms))
	land := make([]int64, len(r.base.comms))
	for f, c := range r.claims {
		for _, k := range c {
			land[k] += r.g.Area2[f]
			r.land[k] = float64(land[k]) / 2e6
		}
	}
	small, total, largest := 0, 0.0, int32(-1)
	for f, c := range r.claims {
		r.owner[f] = -1
		if len(c) == 0 {
			continue
		}
		slices.SortStableFunc(c, func(x, y int32) int { return cmp.Compare(land[x], land[y]) })
		r.owner[f] = c[0]
		if len(c) == 1 {
			continue
		}
		m2, width := r.measure(int32(f))
		for i, a := range c {
			for _, b := range c[i+1:] {
				r.base.disputed[[2]int32{min(a, b), max(a, b)}] += m2
			}
		}
		if m2 < tellArea || width < tellWidth {
			small++
			total += m2
			if largest < 0 || r.g.Area2[f] > r.g.Area2[largest] {
				largest = int32(f)
			}
			continue
		}
		a, b := r.base.comms[c[0]].code, r.base.comms[c[1]].code
		r.base.note("community.overlap", gis.SeverityWarning, b, r.place(int32(f)), m2, "communities %s and %s overlap by %.2f m² (mean width %.2f m); given to %[1]s",
			"社区 %s 与 %s 重叠 %.2f 平方米（平均宽 %.2f 米），划归 %[1]s", a, b, m2, width/1000)
	}
	if small > 0 {
		r.base.note("community.overlap.small", gis.SeverityNote, "", r.place(largest), total, "%d overlaps of communities below 5 cm or 0.5 m², %.3f m² in all, given to the one with less land; the largest is here",
			"社区间 %d 处小于 5 厘米或 0.5 平方米的重叠（共 %.3f 平方米）划归面积较小的社区，最大一处在此", small, total)
	}
}
