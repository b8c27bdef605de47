package grids

import (
	"math"
	"slices"

	"wanmi/gis/geom"
)

// mostIsles bounds how often blocks are tied to those round them: each time those in the middle hang on more.
const mostIsles = 6

// bridged returns the noded outlines with ties from each block of them, that is what hangs together by more than one
// point, to what lies west and east of it: an enclave, a cell in the hole of another, cells with streets left out between them.
// A tie bounds nothing and has no tags; with two of them the face round a block falls into faces without holes, and a
// region of faces has the right area, hangs together, and has the outline of each of its holes.
func bridged(noded []geom.Seg, threads int) []geom.Seg {
	for range mostIsles {
		lines := geom.Dedup(slices.Clone(noded))
		blocks := geom.Blocks(lines)
		if len(blocks) < 2 {
			return noded
		}
		ties := ties(lines, blocks)
		if len(ties) == 0 {
			return noded
		}
		before := len(noded)
		if noded = geom.SnapRound(slices.Concat(noded, ties), threads); len(noded) == before {
			return noded
		}
	}
	return noded
}

// ties returns a segment west and one east of each block, from its outermost corner to the first line it meets.
func ties(lines []geom.Seg, blocks [][]int32) []geom.Seg {
	tab := geom.NewSegTable(lines, 25_000, 1)
	box := geom.NoBox
	for _, s := range lines {
		box = box.Grow(s.A).Grow(s.B)
	}
	var out []geom.Seg
	for _, block := range blocks {
		west, east := lines[block[0]].A, lines[block[0]].A
		for _, i := range block {
			for _, p := range [2]geom.Pt{lines[i].A, lines[i].B} {
				if p.Cmp(west) < 0 {
					west = p
				}
				if p.Cmp(east) > 0 {
					east = p
				}
			}
		}
		for _, from := range [2]struct {
			p    geom.Pt
			sign int64
		}{{west, -1}, {east, 1}} {
			if x, ok := firstMet(lines, tab, box, from.p, from.sign); ok {
				out = append(out, geom.Seg{A: from.p, B: geom.Pt{X: x + from.sign*rayOverrun, Y: from.p.Y}, Class: 1, L: -1, R: -1})
			}
		}
	}
	return out
}

// firstMet returns where a ray from p to the west (sign -1) or east (1) meets a line first, rounded to the lattice.
func firstMet(lines []geom.Seg, tab *geom.Table, box geom.Box, p geom.Pt, sign int64) (int64, bool) {
	step, best := tab.Side(), int64(math.MaxInt64)
	for x := p.X; x >= box.Min.X-step && x <= box.Max.X+step; x += sign * step {
		if best <= (x-p.X)*sign { // no square to come has anything nearer
			break
		}
		for _, i := range tab.In(tab.At(geom.Pt{X: x, Y: p.Y})) {
			a, b := lines[i].A, lines[i].B
			if a.Y > b.Y {
				a, b = b, a
			}
			if p.Y < a.Y || p.Y >= b.Y {
				continue
			}
			at := a.X + int64(math.Round(float64(b.X-a.X)*float64(p.Y-a.Y)/float64(b.Y-a.Y)))
			if d := (at - p.X) * sign; d > 0 {
				best = min(best, d)
			}
		}
	}
	return p.X + sign*best, best != math.MaxInt64
}
