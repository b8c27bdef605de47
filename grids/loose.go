package grids

import (
	"math"
	"slices"

	"wanmi/gis/geom"
)

// looseTurns is how often rays are drawn from what the noding parted from the rest.
const looseTurns = 3

// loose returns rays from the blocks of a community's lines that lie in its own land: slivers that the noding parted from
// what they hung on.
func (g *ground) loose(obs *obstacles, threads int) []geom.Seg {
	found := make([][]geom.Seg, len(g.parts))
	each(len(g.parts), threads, func(c int) {
		part := cover{segs: g.parts[c]}
		blocks := part.blocks()
		if len(blocks) < 2 {
			return
		}
		inner := make([]geom.Box, len(blocks)) // of the loose ones
		box := make([]geom.Box, len(blocks))
		for k, block := range blocks {
			inner[k], box[k] = geom.NoBox, part.box(block)
			if part.within(block, int32(c)) {
				inner[k] = box[k]
			}
		}
		concerned := blocks[:0]
		for k, block := range blocks {
			if inner[k] == box[k] || slices.ContainsFunc(inner, func(b geom.Box) bool { return b != geom.NoBox && box[k].Meets(b) }) {
				concerned = append(concerned, block)
			}
		}
		if slices.ContainsFunc(inner, func(b geom.Box) bool { return b != geom.NoBox }) {
			good, bad := part.link(concerned, obs)
			found[c] = append(good, bad...)
		}
	})
	return slices.Concat(found...)
}

// within reports whether what lies round a block of noded lines is land of the community.
func (c cover) within(block []int32, community int32) bool {
	best := c.segs[block[0]] // of those that leave the westernmost corner the one farthest to the left
	for _, i := range block[1:] {
		if s := c.segs[i]; s.A.Less(best.A) || s.A == best.A && geom.Cross(s.A, best.B, s.B) > 0 {
			best = s
		}
	}
	return !keepCommunity(best) || best.L == community
}

// clsLast marks, among noded lines, what only rays of the last resort run along.
const clsLast class = math.MaxUint8

// ofClass gives segments that are rays of the last resort, or are to be, another class.
func ofClass(segs []geom.Seg, as class) []geom.Seg {
	out := slices.Clone(segs)
	for i, s := range out {
		if as == clsLast || s.Class == uint8(clsLast) {
			out[i].Class = uint8(as)
		}
	}
	return out
}

// withLast returns the noded lines; where an enclave hangs on nothing but rays of the last resort, with those, and with rays that lead
// on to what the lines without them are: to the gap lines round the enclave's building, where the others, which
// run to a community line, cut what stands beyond, too. It is for needless to choose.
func (b *base) withLast(noded, segs, last []geom.Seg, threads int) []geom.Seg {
	segs = slices.Concat(segs, ofClass(last, clsLast))
	all := settle(geom.SnapRound(segs, threads))
	if !b.hangs(all) {
		return noded
	}
	g := &ground{parts: geom.Regions(noded, len(b.comms), keepCommunity)}
	if near := g.loose(b.obs, threads); len(near) > 0 {
		all = settle(geom.SnapRound(append(segs, near...), threads))
	}
	return ofClass(all, clsForced)
}

// hangs reports whether in some community an enclave hangs on nothing but rays of the last resort.
func (b *base) hangs(noded []geom.Seg) bool {
	isLast := func(s geom.Seg) bool { return s.Class == uint8(clsLast) }
	for _, part := range geom.Regions(noded, len(b.comms), keepCommunity) {
		if !slices.ContainsFunc(part, isLast) {
			continue
		}
		if bound(part) < bound(slices.DeleteFunc(slices.Clone(part), isLast)) {
			return true
		}
	}
	return false
}

// bound returns the number of blocks with a community line.
func bound(segs []geom.Seg) int {
	n := 0
	for _, block := range geom.Blocks(segs) {
		if slices.ContainsFunc(block, func(i int32) bool { return keepCommunity(segs[i]) }) {
			n++
		}
	}
	return n
}
