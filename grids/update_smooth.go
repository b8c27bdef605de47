package grids

import (
	"slices"

	"wanmi/gis/geom"
)

// smooth straightens the borders between the new cells of one community's part of a zone, leads them round components and
// thins their corners, as Build does. Borders of cells that stay (those of kept), of locked ones and of the zone do not
// move, nor do the points they meet in. It returns the graph whose faces are the cells, and those in the order they came
// in; where that would break a rule, what it was given.
func (z *zoneWork) smooth(a *atoms, cells [][]int32, kept []bool) (*atoms, [][]int32, error) {
	groups := [][][]int32{cells}
	bs := bordersOf(a, groups)
	moving := false
	for i := range bs.list {
		b := &bs.list[i]
		b.fixed = b.fixed || b.left < 0 || b.right < 0 || kept[b.left] || kept[b.right]
		moving = moving || !b.fixed
	}
	if !moving {
		return a, cells, nil
	}
	opt := z.r.opt
	g := &goal{Weights: opt.Weights, target: opt.Target, min: opt.Min, max: opt.Max}
	load, grounds := a.loads(groups)
	s := newSmoother(bs, 0, 0, int32(len(cells)), g, z.base.obs, load, grounds, z.base.points)
	s.run()
	n, now, bad, err := z.base.cellGraph(bs, groups, grounds)
	if err != nil || len(bad) > 0 {
		return a, cells, err
	}
	ordered := inOrderOf(n, bs, len(cells))
	if slices.ContainsFunc(ordered, func(fs []int32) bool { return fs == nil }) || len(now[0]) != len(cells) {
		return a, cells, nil
	}
	return n, ordered, nil
}

// inOrderOf returns the faces of the graph of borders in the order of the cells they are; nil for a cell that is none.
func inOrderOf(n *atoms, bs *borders, cells int) [][]int32 {
	left := map[[2]geom.Pt]int32{}
	for _, x := range bs.list {
		for i := range x.class {
			left[[2]geom.Pt{x.pts[i], x.pts[i+1]}] = x.left
			left[[2]geom.Pt{x.pts[i+1], x.pts[i]}] = x.right
		}
	}
	out := make([][]int32, cells)
	for h, f := range n.Face {
		if f < 0 {
			continue
		}
		line := n.Along(int32(h))
		if c, ok := left[[2]geom.Pt{line[0], line[1]}]; ok && c >= 0 && out[c] == nil {
			out[c] = []int32{f}
		}
	}
	return out
}
