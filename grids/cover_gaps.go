package grids

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// Tolerances of the repair of the community coverage, see also the table in doc.go. What no community claims is closed
// only where it is no more than the rounding of delivered coordinates (seven decimals of a degree are 11 mm), and so
// little that the land a community gets stays below what anybody would call crossing its line.
const (
	closeWidth = 10.0   // mm: a gap of less mean width is closed
	closeArea  = 0.02   // m²: so is a smaller one
	takenArea  = 0.3    // m²: what a community gets at most of land it does not claim
	takenShare = 2.5e-6 // and the share of its own land that this may be
	sliverArea = 1.0    // m²: a community of less land that another claims, too, has none of its own
	tellWidth  = 50.0   // mm: overlaps below it, or below tellArea, are counted, above listed
	tellArea   = 0.5    // m²
	seekWidth  = 1500.0 // mm: gaps open to the outside are looked for up to this width
	rayOverrun = 50     // mm a connector runs past the line it meets
)

// mayTake reports whether community c may get so much more land that it does not claim.
func (r *repair) mayTake(c int32, m2 float64) bool {
	return r.taken[c]+m2 <= min(takenArea, takenShare*r.land[c])
}

// pieces returns the connected sets of faces of one owner, by owner.
func (r *repair) pieces() [][]piece {
	g := r.g
	seen := make([]bool, len(r.owner))
	out := make([][]piece, len(r.base.comms))
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
		out[o] = append(out[o], p)
	}
	return out
}

// piece is a connected part of a community's land.
type piece struct {
	faces []int32
	m2    float64
}

// gap is what no community claims: faces joined across caps.
type gap struct {
	faces []int32
	m2    float64
	width float64 // mean, mm
}

// openGaps returns the gaps, the smallest first.
func (r *repair) openGaps() []gap {
	var out []gap
	seen := make([]bool, len(r.owner))
	for f0, o := range r.owner {
		if o >= 0 || seen[f0] {
			continue
		}
		seen[f0] = true
		x, rim := gap{faces: []int32{int32(f0)}}, 0.0
		for i := 0; i < len(x.faces); i++ {
			x.m2 += float64(r.g.Area2[x.faces[i]]) / 2e6
			for _, h := range r.g.Cycle[x.faces[i]] {
				f := r.g.Face[h^1]
				if r.g.Edges[h>>1].Class == 0 || f < 0 {
					rim += r.g.Edges[h>>1].Len
				} else if r.owner[f] < 0 && !seen[f] {
					seen[f] = true
					x.faces = append(x.faces, f)
				}
			}
		}
		x.width = 2e6 * x.m2 / rim
		out = append(out, x)
	}
	slices.SortStableFunc(out, func(x, y gap) int { return cmp.Compare(x.m2, y.m2) })
	return out
}

// gaps closes what no community claims where it is narrow or small, the smallest first, and tells of the rest.
func (r *repair) gaps() {
	closed, total, largest := 0, 0.0, int32(-1)
	for _, x := range r.openGaps() {
		if x.m2 > closeArea && x.width > closeWidth {
			continue
		}
		before := total
		for changed := true; changed; {
			changed = false
			for _, f := range x.faces {
				if r.owner[f] >= 0 || r.holdsPart(f) {
					continue
				}
				m2, _ := r.measure(f)
				to := r.neighbour([]int32{f}, func(c int32) bool { return r.mayTake(c, m2) })
				if to < 0 {
					continue
				}
				r.owner[f], changed = to, true
				r.taken[to] += m2
				total += m2
				if largest < 0 || r.g.Area2[f] > r.g.Area2[largest] {
					largest = f
				}
			}
		}
		if total > before {
			closed++
		}
	}
	if closed > 0 {
		r.base.note("community.gap.small", gis.SeverityNote, "", r.place(largest), total, "%d gaps between communities below 1 cm or 0.02 m², %.3f m² in all, were closed; the largest is here",
			"社区间 %d 处小于 1 厘米或 0.02 平方米的缝隙（共 %.3f 平方米）已闭合，最大一处在此", closed, total)
	}
	r.tellOpen()
}

// tellOpen tells of what is left open, each place once.
func (r *repair) tellOpen() {
	for _, x := range r.openGaps() {
		at := r.place(slices.MaxFunc(x.faces, func(e, f int32) int { return cmp.Or(cmp.Compare(r.g.Area2[e], r.g.Area2[f]), cmp.Compare(f, e)) }))
		if x.width < seekWidth {
			a, b := "", ""
			if l := r.neighbours(x.faces); len(l) > 0 {
				a, b = r.base.comms[l[0]].code, r.base.comms[l[min(1, len(l)-1)]].code
			}
			r.base.note("community.gap", gis.SeverityWarning, a, at, x.m2, "a gap of %.3f m² (mean width %.3f m) between communities %s and %s belongs to none and is not divided",
				"社区 %[3]s 与 %[4]s 之间 %.3[1]f 平方米的缝隙（平均宽 %.3[2]f 米）不属于任何社区，未划分", x.m2, x.width/1000, a, b)
			continue
		}
		r.base.note("community.hole", gis.SeverityWarning, "", at, x.m2, "%.0f m² (mean width %.1f m) enclosed by communities belong to none and are not divided",
			"被社区包围的 %.0f 平方米（平均宽 %.1f 米）不属于任何社区，未划分", x.m2, x.width/1000)
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
	for k := range r.round {
		if r.container(k) == f {
			return true
		}
	}
	return false
}

// neighbours returns the communities beside the faces, which are of one owner or none: those with the longest border
// first, the smaller code among equals.
func (r *repair) neighbours(faces []int32) []int32 {
	along := map[int32]float64{}
	for _, f := range faces {
		for _, h := range r.g.Cycle[f] {
			if o := r.sideOwner(h ^ 1); o >= 0 && o != r.owner[f] {
				along[o] += r.g.Edges[h>>1].Len
			}
		}
	}
	return byLength(along)
}

// byLength returns the keys, that of the largest value first, the smaller key among equals.
func byLength(along map[int32]float64) []int32 {
	return slices.SortedFunc(maps.Keys(along), func(a, b int32) int { return cmp.Or(cmp.Compare(along[b], along[a]), cmp.Compare(a, b)) })
}

// neighbour returns the first of the neighbours that may have the faces, -1 when there is none.
func (r *repair) neighbour(faces []int32, may func(c int32) bool) int32 {
	for _, c := range r.neighbours(faces) {
		if may(c) {
			return c
		}
	}
	return -1
}

// crumbs gives loose pieces to a neighbour that may have them: too small to be a cell, or contested. A community that is
// nothing but a sliver drawn over another has no land of its own.
func (r *repair) crumbs() {
	for c, all := range r.pieces() {
		largest := 0.0
		for _, p := range all {
			largest = math.Max(largest, p.m2)
		}
		for _, p := range all {
			if p.m2 < largest || p.m2 < sliverArea {
				r.crumb(int32(c), p, p.m2 < largest)
			}
		}
	}
}

// crumb gives a piece to one that claims all of it, too, else, when it is loose, to one that may take so much.
func (r *repair) crumb(c int32, p piece, loose bool) {
	claims := func(k int32) bool {
		return !slices.ContainsFunc(p.faces, func(f int32) bool { return !slices.Contains(r.claims[f], k) })
	}
	to := r.neighbour(p.faces, claims)
	if to < 0 {
		to = r.neighbour(p.faces, func(k int32) bool { return loose && r.mayTake(k, p.m2) })
		if to < 0 {
			return
		}
		r.taken[to] += p.m2
	}
	for _, f := range p.faces {
		r.owner[f] = to
	}
	r.base.note("community.crumb", gis.SeverityNote, r.base.comms[c].code, r.place(p.faces[0]), p.m2, "a loose piece of community %s of %.3f m² was given to %s",
		"社区 %s 的零碎部分 %.3f 平方米已并入 %s", r.base.comms[c].code, p.m2, r.base.comms[to].code)
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
		if f := r.container(k); f >= 0 && r.owner[f] >= 0 {
			c.area2[r.owner[f]] += r.g.CycleArea2(cycle)
		}
	}
	for i, comm := range r.base.comms {
		if c.area2[i] == 0 {
			r.base.note("community.empty", gis.SeverityWarning, comm.code, r.base.lat.lonLat(middle(comm.parts[0][0])), 0, "community %s has no land of its own and gets no unit grid", "社区 %s 没有独立的范围，未划分单元网格", comm.code)
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
