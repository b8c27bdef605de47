package grids

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// Tolerances of the repair of the community coverage.
const (
	gapWidth   = 1500.0 // mm: an enclosed hole of less mean width is closed
	gapArea    = 1.0    // m²: so is a smaller one
	tellWidth  = 50.0   // mm: repairs below both are counted, above listed
	tellArea   = 0.5    // m²
	crumbArea  = 0.3    // m²: a loose piece of a community smaller than this joins its neighbour
	rayOverrun = 50     // mm a connector runs past the line it meets
)

// cover is the repaired coverage: the segments of the community lines tagged with
// the communities left and right of them (indices into base.comms, -1 none).
type cover struct {
	segs  []geom.Seg
	area2 []int64 // twice the area of each community, mm²
}

// coverage nodes the community outlines, gives every face exactly one owner, and says what it did.
func (b *base) coverage(threads int) cover {
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
	base    *base
	part    []int32   // community of each part
	sets    [][]int32 // sets of parts whose outlines share a segment
	g       *geom.Graph
	claims  [][]int32 // communities that claim each face
	outside []int32   // owner of the space round each connected part, -1 none
	owner   []int32   // owner of each face, -1 none
}

func (r *repair) node(threads int) {
	var segs []geom.Seg
	for c, comm := range r.base.comms {
		for _, rings := range comm.parts {
			k := int32(len(r.part))
			r.part = append(r.part, int32(c))
			for _, ring := range rings {
				for i, p := range ring {
					segs = append(segs, geom.Seg{A: p, B: ring[(i+1)%len(ring)], L: k, R: k})
				}
			}
		}
	}
	r.arrange(geom.SnapRound(append(segs, r.caps(segs, gapWidth)...), threads))
}

// arrange makes the graph of noded outlines: an edge bounds the parts that have it an odd number of times.
func (r *repair) arrange(noded []geom.Seg) {
	var odd []geom.Seg
	index := map[string]int32{}
	for i := 0; i < len(noded); {
		j := i
		var set []int32
		capped := false
		for ; j < len(noded) && noded[j].A == noded[i].A && noded[j].B == noded[i].B; j++ {
			if noded[j].L >= 0 {
				set = toggle(set, noded[j].L)
			} else {
				capped = true
			}
		}
		class := uint8(0)
		if len(set) == 0 {
			class = 1
		}
		if len(set) > 0 || capped {
			key := fmt.Sprint(set)
			id, ok := index[key]
			if !ok {
				id = int32(len(r.sets))
				index[key] = id
				r.sets = append(r.sets, set)
			}
			odd = append(odd, geom.Seg{A: noded[i].A, B: noded[i].B, Class: class, L: id, R: id})
		}
		i = j
	}
	r.g = geom.NewGraph(odd, nil)
}

// toggle puts k into the sorted set, or takes it out.
func toggle(set []int32, k int32) []int32 {
	i, ok := slices.BinarySearch(set, k)
	if ok {
		return slices.Delete(slices.Clone(set), i, i+1)
	}
	return slices.Insert(slices.Clone(set), i, k)
}

// flood finds which parts claim each face, starting from the outside of each connected part of the graph.
func (r *repair) flood() {
	g := r.g
	claimed := make([][]int32, len(g.Cycle)) // sets of parts
	seen := make([]bool, len(g.Cycle))
	r.outside = make([]int32, len(g.Outer))
	r.claims = make([][]int32, len(g.Cycle))
	type step struct {
		face int32
		set  []int32
	}
	for k, cycle := range g.Outer {
		set := r.around(cycle)
		r.outside[k] = -1
		if c := r.communities(set); len(c) > 0 {
			r.outside[k] = c[0]
		}
		var stack []step
		cross := func(h int32, set []int32) {
			if f := g.Face[h^1]; f >= 0 && !seen[f] {
				seen[f] = true
				for _, p := range r.sets[g.Edges[h>>1].L] {
					set = toggle(set, p)
				}
				stack = append(stack, step{f, set})
			}
		}
		for _, h := range cycle {
			cross(h, set)
		}
		for len(stack) > 0 {
			s := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			claimed[s.face] = s.set
			for _, h := range g.Cycle[s.face] {
				cross(h, s.set)
			}
		}
	}
	for f, set := range claimed {
		r.claims[f] = r.communities(set)
	}
}

// around returns the parts that hold the westernmost node of an outer cycle: a ray to the west meets only other outlines.
func (r *repair) around(cycle []int32) []int32 {
	g := r.g
	if len(g.Outer) == 1 {
		return nil
	}
	p := g.Edges[cycle[0]>>1].Line[0]
	for _, h := range cycle {
		for _, q := range g.Edges[h>>1].Line {
			if q.Less(p) {
				p = q
			}
		}
	}
	var set []int32
	for i := range g.Edges {
		l := g.Edges[i].Line
		for j := 1; j < len(l); j++ {
			a, b := l[j-1], l[j]
			if a.Y > b.Y {
				a, b = b, a
			}
			if a.Y <= p.Y && p.Y < b.Y && geom.Cross(a, b, p) < 0 {
				for _, k := range r.sets[g.Edges[i].L] {
					set = toggle(set, k)
				}
			}
		}
	}
	return set
}

func (r *repair) communities(parts []int32) []int32 {
	var out []int32
	for _, p := range parts {
		out = append(out, r.part[p])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// contested gives each face to the claimant with the least land, the smaller code
// among equals: so an enclave survives a neighbour drawn over it.
func (r *repair) contested() {
	r.owner = make([]int32, len(r.claims))
	land := make([]int64, len(r.base.comms))
	for f, c := range r.claims {
		for _, k := range c {
			land[k] += r.g.Area2[f]
		}
	}
	small, total := 0, 0.0
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
		if m2 < tellArea || width < tellWidth {
			small++
			total += m2
			continue
		}
		a, b := r.base.comms[c[0]].code, r.base.comms[c[1]].code
		r.base.note("community.overlap", gis.SeverityWarning, b, r.place(int32(f)), m2, "communities %s and %s overlap by %.2f m² (mean width %.2f m); given to %[1]s",
			"社区 %s 与 %s 重叠 %.2f 平方米（平均宽 %.2f 米），划归 %[1]s", a, b, m2, width/1000)
	}
	if small > 0 {
		r.base.note("community.overlap.small", gis.SeverityNote, "", orb.Point{}, total, "%d overlaps of communities below 5 cm or 0.5 m², %.3f m² in all, given to the one with less land",
			"社区间 %d 处小于 5 厘米或 0.5 平方米的重叠（共 %.3f 平方米）划归面积较小的社区", small, total)
	}
}

// gaps closes enclosed holes that are narrow or small.
func (r *repair) gaps() {
	small, total := 0, 0.0
	for changed := true; changed; {
		changed = false
		for f := range r.owner {
			if r.owner[f] >= 0 {
				continue
			}
			m2, width := r.measure(int32(f))
			if (m2 > gapArea && width > gapWidth) || r.holdsPart(int32(f)) {
				continue
			}
			to := r.neighbour(int32(f))
			if to < 0 {
				continue
			}
			r.owner[f], changed = to, true
			if m2 < tellArea || width < tellWidth {
				small++
				total += m2
				continue
			}
			r.base.note("community.gap", gis.SeverityWarning, r.base.comms[to].code, r.place(int32(f)), m2, "a gap of %.2f m² (mean width %.2f m) between communities was closed, to %s",
				"社区之间 %.2f 平方米的缝隙（平均宽 %.2f 米）已并入 %s", m2, width/1000, r.base.comms[to].code)
		}
	}
	if small > 0 {
		r.base.note("community.gap.small", gis.SeverityNote, "", orb.Point{}, total, "%d gaps between communities below 5 cm or 0.5 m², %.3f m² in all, were closed",
			"社区间 %d 处小于 5 厘米或 0.5 平方米的缝隙（共 %.3f 平方米）已闭合", small, total)
	}
	for f, o := range r.owner {
		if m2, width := r.measure(int32(f)); o < 0 {
			r.base.note("community.hole", gis.SeverityWarning, "", r.place(int32(f)), m2, "%.0f m² (mean width %.1f m) enclosed by communities belong to none and are not divided",
				"被社区包围的 %.0f 平方米（平均宽 %.1f 米）不属于任何社区，未划分", m2, width/1000)
		}
	}
}

// measure returns a face's area in m² and its mean width 2A/P in mm.
func (r *repair) measure(f int32) (m2, width float64) {
	p := 0.0
	for _, h := range r.g.Cycle[f] {
		p += r.g.Edges[h>>1].Len
	}
	return float64(r.g.Area2[f]) / 2e6, float64(r.g.Area2[f]) / p
}

func (r *repair) place(f int32) orb.Point {
	return geom.LabelPoint(r.base.lat.polygon(r.g.Ring(r.g.Cycle[f])))
}

// holdsPart reports whether another connected part of the graph lies in the face.
func (r *repair) holdsPart(f int32) bool {
	if len(r.g.Outer) == 1 {
		return false
	}
	ring := r.g.Ring(r.g.Cycle[f])
	for _, cycle := range r.g.Outer {
		if ring.Locate(r.g.Nodes[r.g.Org[cycle[0]]]) > 0 {
			return true
		}
	}
	return false
}

// neighbour returns the community with the longest border to the face, the smaller code among equals, -1 when there is none.
func (r *repair) neighbour(f int32) int32 {
	along := map[int32]float64{}
	for _, h := range r.g.Cycle[f] {
		if o := r.sideOwner(h ^ 1); o >= 0 && o != r.owner[f] {
			along[o] += r.g.Edges[h>>1].Len
		}
	}
	best := int32(-1)
	for o, l := range along {
		if best < 0 || l > along[best] || (l == along[best] && o < best) {
			best = o
		}
	}
	return best
}

// sideOwner returns the owner left of a half-edge, -1 none.
func (r *repair) sideOwner(h int32) int32 {
	if f := r.g.Face[h]; f >= 0 {
		return r.owner[f]
	}
	return r.outside[-1-r.g.Face[h]]
}

// crumbs gives loose pieces too small to be a cell to their neighbour.
func (r *repair) crumbs() {
	g := r.g
	seen := make([]bool, len(r.owner))
	type piece struct {
		faces []int32
		m2    float64
	}
	pieces := make([][]piece, len(r.base.comms))
	for f0, o := range r.owner {
		if o < 0 || seen[f0] {
			continue
		}
		seen[f0] = true
		p := piece{faces: []int32{int32(f0)}}
		for i := 0; i < len(p.faces); i++ {
			p.m2 += float64(g.Area2[p.faces[i]]) / 2e6
			for _, h := range g.Cycle[p.faces[i]] {
				if f := g.Face[h^1]; f >= 0 && !seen[f] && r.owner[f] == o {
					seen[f] = true
					p.faces = append(p.faces, f)
				}
			}
		}
		pieces[o] = append(pieces[o], p)
	}
	for c, all := range pieces {
		largest := 0.0
		for _, p := range all {
			largest = math.Max(largest, p.m2)
		}
		for _, p := range all {
			to := int32(-1)
			if p.m2 < crumbArea && p.m2 < largest {
				to = r.neighbour(p.faces[0])
			}
			if to < 0 {
				continue
			}
			for _, f := range p.faces {
				r.owner[f] = to
			}
			r.base.note("community.crumb", gis.SeverityNote, r.base.comms[c].code, r.place(p.faces[0]), p.m2, "a loose piece of community %s of %.3f m² was given to %s",
				"社区 %s 的零碎部分 %.3f 平方米已并入 %s", r.base.comms[c].code, p.m2, r.base.comms[to].code)
		}
	}
}

func (r *repair) result() cover {
	c := cover{area2: make([]int64, len(r.base.comms))}
	for f, o := range r.owner {
		if o >= 0 {
			c.area2[o] += r.g.Area2[f]
		}
	}
	// What lies in an enclave's outline was counted for the community round it, too.
	for k, cycle := range r.g.Outer {
		if o := r.outside[k]; o >= 0 {
			c.area2[o] += r.g.CycleArea2(cycle)
		}
	}
	for i, comm := range r.base.comms {
		if c.area2[i] == 0 {
			r.base.note("community.empty", gis.SeverityWarning, comm.code, orb.Point{}, 0, "community %s has no land of its own and gets no unit grid", "社区 %s 没有独立的范围，未划分单元网格", comm.code)
		}
	}
	for e := range r.g.Edges {
		l, right := r.sideOwner(int32(2*e)), r.sideOwner(int32(2*e+1))
		if l == right {
			continue
		}
		line := r.g.Edges[e].Line
		for i := 1; i < len(line); i++ {
			c.segs = append(c.segs, geom.Seg{A: line[i-1], B: line[i], Class: uint8(clsCommunity), L: l, R: right})
		}
	}
	return c
}
