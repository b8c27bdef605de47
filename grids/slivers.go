package grids

import (
	"cmp"
	"slices"

	"wanmi/gis/geom"
)

const (
	pinchedWidth = 10.0   // mm: a piece of a community that the noding pinched off goes to a neighbour when it is narrower
	pinchedArea2 = 40_000 // and its area is below 0.02 m²: this is twice that, in mm²
)

// unpinch looks at community lines after they were noded with all other lines: where two run a lattice step or two
// apart that may pinch off slivers, which are nobody's cell. They go to the neighbour with the longest border.
func unpinch(noded []geom.Seg, communities int) []geom.Seg {
	var lines []geom.Seg
	for _, s := range noded {
		if keepCommunity(s) {
			lines = append(lines, s)
		}
	}
	g := geom.NewGraph(lines, nil)
	owner := make([]int32, len(g.Cycle))
	largest := make([]int64, communities)
	for f, cycle := range g.Cycle {
		if owner[f], _ = g.Tags(cycle[0]); owner[f] >= 0 {
			largest[owner[f]] = max(largest[owner[f]], g.Area2[f])
		}
	}
	gone := map[int]bool{}
	for f, o := range owner {
		if o < 0 || g.Area2[f] >= pinchedArea2 || g.Area2[f] == largest[o] {
			continue
		}
		along, rim := map[int32]float64{}, 0.0
		for _, h := range g.Cycle[f] {
			_, right := g.Tags(h)
			along[right] += g.Edges[h>>1].Len
			rim += g.Edges[h>>1].Len
		}
		if float64(g.Area2[f]) > pinchedWidth*rim {
			continue
		}
		to := byLength(along)[0]
		for _, h := range g.Cycle[f] {
			e := &g.Edges[h>>1]
			if h&1 == 0 {
				e.L = to
			} else {
				e.R = to
			}
			for i := 1; i < len(e.Line); i++ {
				s := geom.Seg{A: e.Line[i-1], B: e.Line[i], L: e.L, R: e.R}
				if s.B.Less(s.A) {
					s = s.Flip()
				}
				k, ok := slices.BinarySearchFunc(noded, s, func(x, y geom.Seg) int { return cmp.Or(x.A.Cmp(y.A), x.B.Cmp(y.B)) })
				if ok {
					noded[k].L, noded[k].R = s.L, s.R
					gone[k] = s.L == s.R
				}
			}
		}
	}
	k := -1
	return slices.DeleteFunc(noded, func(geom.Seg) bool { k++; return gone[k] })
}
