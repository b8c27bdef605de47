package grids

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis/geom"
)

// withNeighbours adds the communities next to the wanted ones: their lines end on
// the common border, too, and must bend it the same way as in a division of all.
func (c cover) withNeighbours(want []bool) []bool {
	out := slices.Clone(want)
	for _, s := range c.segs {
		if s.L >= 0 && s.R >= 0 && (want[s.L] || want[s.R]) {
			out[s.L], out[s.R] = true, true
		}
	}
	return out
}

// connectors returns lines from every block of community lines that hangs at no
// more than one point of another: to the west, east, south and north, those
// the last resort where there are not two that meet no building. Without them the cell round an enclave would have a hole.
// Enclaves may be joined with nothing but each other; then the whole of them is led on.
func (c cover) connectors(obs *obstacles) (free, last []geom.Seg) {
	blocks := geom.Blocks(c.segs)
	for range 8 {
		if len(blocks) < 2 {
			break
		}
		good, bad := c.link(blocks, obs)
		if len(good) > 0 && len(bad) > 0 { // those end at the first, and at what hangs on them
			tied := cover{segs: settle(geom.SnapRound(slices.Concat(c.segs, good), 1))}
			_, bad = tied.link(tied.blocks(), obs)
		}
		free, last = append(free, good...), append(last, bad...)
		c.segs = settle(geom.SnapRound(slices.Concat(c.segs, good, bad), 1))
		before := len(blocks)
		if blocks = c.blocks(); len(blocks) == before {
			break
		}
	}
	return free, last
}

// blocks returns the blocks with a community line.
func (c cover) blocks() [][]int32 {
	return slices.DeleteFunc(geom.Blocks(c.segs), func(l []int32) bool {
		return !slices.ContainsFunc(l, func(i int32) bool { return keepCommunity(c.segs[i]) })
	})
}

func (c cover) box(block []int32) geom.Box {
	box := geom.NoBox
	for _, i := range block {
		box = box.Grow(c.segs[i].A).Grow(c.segs[i].B)
	}
	return box
}

// link returns rays from each block to those round it; of the last resort, none that others make needless.
func (c cover) link(blocks [][]int32, obs *obstacles) (free, last []geom.Seg) {
	boxes := make([]geom.Box, len(blocks))
	for k, block := range blocks {
		boxes[k] = c.box(block)
	}
	good, lasts := make([][]geom.Seg, len(blocks)), make([][]geom.Seg, len(blocks))
	for k, block := range blocks {
		var round []int32 // the lines of the blocks that may lie round this one, or close beside it
		box := boxes[k].Pad(seekWidth)
		for j, other := range blocks {
			if j != k && boxes[j].Meets(box) {
				round = append(round, other...)
			}
		}
		short := func(s geom.Seg, d geom.Pt) geom.Seg {
			var met []int32
			for j, other := range blocks {
				if j != k && boxes[j].Meets(s.Box()) {
					met = append(met, other...)
				}
			}
			s, _ = c.ray(s.A, block, met, d)
			return s
		}
		good[k], lasts[k] = c.rays(block, round, short, obs)
		free = append(free, good[k]...)
	}
	for k := range lasts {
		lasts[k] = leastCuts(lasts[k], good[k], obs.cutBy(c, blocks[k]))
	}
	for k, bad := range lasts {
		for _, s := range bad {
			j, ok := c.target(s, blocks, boxes, k)
			if !ok || !c.tied(j, k, blocks, lasts[j], obs.cuts(s), obs) {
				last = append(last, s)
			}
		}
	}
	return free, last
}

// starts returns the corners that rays start from.
func starts(rays []geom.Seg) map[geom.Pt]bool {
	out := map[geom.Pt]bool{}
	for _, s := range rays {
		out[s.A] = true
	}
	return out
}

// target returns the block other than k that a ray from k runs to; ok is false where it meets several.
func (c cover) target(s geom.Seg, blocks [][]int32, boxes []geom.Box, k int) (j int, ok bool) {
	for i, block := range blocks {
		if i == k || !boxes[i].Meets(s.Box()) || !c.met(s, block) {
			continue
		}
		if ok {
			return 0, false
		}
		j, ok = i, true
	}
	return j, ok
}

// met reports whether a ray meets a block.
func (c cover) met(s geom.Seg, block []int32) bool {
	return slices.ContainsFunc(block, func(i int32) bool { return crosses(s.A, s.B, c.segs[i].A, c.segs[i].B) })
}

// tied reports whether two of the last rays from block j run to block k and cut fewer buildings each than a ray from there does:
// an enclave in a building hangs on its own rays, and one from what lies round it, which meets it wherever it
// can, is only one more way for a border through other buildings.
func (c cover) tied(j, k int, blocks [][]int32, rays []geom.Seg, most int, obs *obstacles) bool {
	n := 0
	for i, s := range rays {
		apart := !slices.ContainsFunc(rays[:i], func(t geom.Seg) bool { return crosses(s.A, s.B, t.A, t.B) })
		if apart && obs.cuts(s) < most && c.met(s, blocks[k]) {
			n++
		}
	}
	return n > 1
}

// compass holds the directions of the rays.
var compass = [4]geom.Pt{{X: -1}, {X: 1}, {Y: -1}, {Y: 1}}

// rays returns the rays from the outermost corners of a block that meet no building; where fewer than two corners have
// one, rays from its other corners are tried, too. Where two are still missing, bad holds what else there is, building or not,
// nothing else: a block hangs on two of its corners at least. A ray that meets a building ends at the first block it meets, as short
// tells: what lies behind that is not its matter.
func (c cover) rays(block, round []int32, short func(geom.Seg, geom.Pt) geom.Seg, obs *obstacles) (good, bad []geom.Seg) {
	corners := make([]geom.Pt, 0, 2*len(block))
	for _, i := range block {
		corners = append(corners, c.segs[i].A, c.segs[i].B)
	}
	slices.SortFunc(corners, geom.Pt.Cmp)
	corners = slices.Compact(corners)
	held := map[geom.Pt]bool{} // corners with a good ray
	try := func(from, d geom.Pt) {
		s, ok := c.ray(from, block, round, d)
		if !ok {
			return
		}
		if !obs.clear(s) {
			if s = short(s, d); !obs.clear(s) {
				bad = append(bad, s)
				return
			}
		}
		good, held[from] = append(good, s), true
	}
	for _, d := range compass {
		best := corners[0]
		for _, p := range corners {
			if p.X*d.X+p.Y*d.Y > best.X*d.X+best.Y*d.Y {
				best = p
			}
		}
		try(best, d)
	}
	for i := 0; len(round) > 0 && len(held) < 2 && i < len(corners); i += len(corners)/64 + 1 {
		if held[corners[i]] {
			continue
		}
		for _, d := range compass {
			try(corners[i], d)
		}
	}
	if len(round) > 0 && len(held) < 2 { // in a large building: what else each ray cuts is for the choice to see
		for _, i := range block {
			for _, from := range places(c.segs[i]) {
				for _, d := range compass {
					if s, ok := c.ray(from, block, round, d); ok {
						bad = append(bad, short(s, d))
					}
				}
			}
		}
	}
	if len(held) > 1 {
		bad = nil
	}
	return good, bad
}

// tieStep is how far apart, in millimetres, places on the outline of a block are from which rays are tried; tieParts, how many
// parts of an edge they lie between at least, if those are no less than tieLeast.
const (
	tieStep  = 5000
	tieParts = 4
	tieLeast = 500
)

// places returns places on a segment between its ends.
func places(s geom.Seg) []geom.Pt {
	n := max(int(s.A.Dist(s.B)/tieStep), min(tieParts, int(s.A.Dist(s.B)/tieLeast)))
	out := make([]geom.Pt, 0, n)
	for k := 1; k < n; k++ {
		out = append(out, at(s.A, s.B, float64(k)/float64(n)))
	}
	return out
}

// leastCuts adds to the corners that have a good ray until there are two: the ray that cuts the fewest buildings first, the shortest
// of those; the second as far from the first as a third of the way to the farthest.
func leastCuts(bad, good []geom.Seg, cut func(geom.Seg) int) []geom.Seg {
	held := starts(good)
	cuts := make(map[geom.Seg]int, len(bad))
	for _, s := range bad {
		cuts[s] = cut(s)
	}
	slices.SortStableFunc(bad, func(s, t geom.Seg) int {
		return cmp.Or(cmp.Compare(cuts[s], cuts[t]), cmp.Compare(s.A.Dist(s.B), t.A.Dist(t.B)), s.A.Cmp(t.A), s.B.Cmp(t.B))
	})
	far := func(s geom.Seg) float64 { // from the rays there are
		d := math.Inf(1)
		for p := range held {
			d = min(d, p.Dist(s.A))
		}
		return d
	}
	var last []geom.Seg
	for len(held) < 2 {
		least := 0.0
		if len(held) > 0 {
			for _, s := range bad {
				least = max(least, far(s)/3)
			}
		}
		i := slices.IndexFunc(bad, func(s geom.Seg) bool { return !held[s.A] && far(s) >= least })
		if i < 0 {
			break
		}
		held[bad[i].A] = true
		last = append(last, bad[i])
	}
	return last
}

// ray runs from a corner of a block in direction d to the first of the lines round it,
// and a bit further; ok is false when it meets none, or the block itself before.
func (c cover) ray(from geom.Pt, block, round []int32, d geom.Pt) (s geom.Seg, ok bool) {
	// In a frame where d is to the east: u along d, v across.
	uv := func(p geom.Pt) (u, v int64) {
		if d.X != 0 {
			return p.X * d.X, p.Y
		}
		return p.Y * d.Y, p.X
	}
	fu, fv := uv(from)
	first := func(l []int32, ends bool) int64 { // ends: what only touches the ray counts, too

		best := int64(math.MaxInt64)
		for _, i := range l {
			if c.segs[i].A == from || c.segs[i].B == from || onSeg(from, c.segs[i]) {
				continue
			}
			au, av := uv(c.segs[i].A)
			bu, bv := uv(c.segs[i].B)
			if av > bv {
				au, av, bu, bv = bu, bv, au, av
			}
			if ends && (fv == av || fv == bv) {
				for _, p := range [2]geom.Pt{c.segs[i].A, c.segs[i].B} {
					if u, v := uv(p); v == fv && u > fu {
						best = min(best, u-fu)
					}
				}
				continue
			}
			if fv < av || fv >= bv {
				continue
			}
			if w := au + int64(math.Round(float64(bu-au)*float64(fv-av)/float64(bv-av))) - fu; w > 0 && w < best {
				best = w
			}
		}
		return best
	}
	best := first(round, false)
	if best == math.MaxInt64 || first(block, true) <= best {
		return geom.Seg{}, false
	}
	to := geom.Pt{X: from.X + d.X*(best+rayOverrun), Y: from.Y + d.Y*(best+rayOverrun)}
	return geom.Seg{A: from, B: to, Class: uint8(clsForced), L: -1, R: -1}, true
}

// onSeg reports whether a place is one that at gives of the segment.
func onSeg(p geom.Pt, s geom.Seg) bool {
	if !s.Box().Holds(p) {
		return false
	}
	_, d := nearSeg(p, s.A, s.B)
	return d < 1
}

// caps returns a short line from each corner to every other community whose outline
// passes it by less than width millimetres: they close off gaps that are
// open to the outside of all communities, and part narrow stretches of gaps from wide ones.
func (r *repair) caps(segs []geom.Seg, width float64) []geom.Seg {
	tab := geom.NewSegTable(segs, 25_000, int64(width)+1)
	type foot struct {
		d float64
		p geom.Pt
	}
	var out []geom.Seg
	done := map[geom.Pt]map[int32]bool{} // corners and their communities
	for _, s := range segs {
		if done[s.A] == nil {
			done[s.A] = map[int32]bool{}
		}
		done[s.A][r.part[s.L]] = true
	}
	seen := map[geom.Pt]bool{}
	for _, s := range segs {
		if seen[s.A] {
			continue
		}
		seen[s.A] = true
		near := map[int32]foot{}
		box := geom.NoBox.Grow(s.A).Pad(int64(width))
		for _, i := range tab.In(tab.At(s.A)) {
			t := segs[i]
			c := r.part[t.L]
			if done[s.A][c] || !t.Box().Meets(box) {
				continue
			}
			u, d := nearSeg(s.A, t.A, t.B)
			f := foot{d, at(t.A, t.B, u)}
			if b, ok := near[c]; d < width && (!ok || d < b.d || (d == b.d && f.p.Less(b.p))) {
				near[c] = f
			}
		}
		for _, f := range near {
			if f.d >= 1 && f.p != s.A {
				out = append(out, geom.Seg{A: s.A, B: f.p, Class: 1, L: -1, R: -1})
			}
		}
	}
	return out // in any order: the noding sorts
}
