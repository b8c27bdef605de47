package grids

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis/geom"
)

const rowHeight = 100_000 // mm: cells whose middles lie within a row are numbered from west to east

// middle returns the centroid of a ring.
func middle(r geom.Ring) geom.Pt {
	var x, y, a float64
	for i := range r {
		p, q := r[i].Sub(r[0]), r[(i+1)%len(r)].Sub(r[0])
		c := float64(p.X*q.Y - p.Y*q.X)
		a += c
		x += float64(c * float64(p.X+q.X))
		y += float64(c * float64(p.Y+q.Y))
	}
	if a == 0 {
		return r[0]
	}
	return geom.Pt{X: r[0].X + int64(math.Round(x/(3*a))), Y: r[0].Y + int64(math.Round(y/(3*a)))}
}

// inOrder returns the numbers of the rings from west to east in rows, the rows from north to south.
func inOrder(rings []geom.Ring) []int {
	top := int64(math.MinInt64)
	mid := make([]geom.Pt, len(rings))
	order := make([]int, len(rings))
	for i, r := range rings {
		order[i], mid[i] = i, middle(r)
		for _, p := range r {
			top = max(top, p.Y)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		a, b := mid[i], mid[j]
		return cmp.Or(cmp.Compare((top-a.Y)/rowHeight, (top-b.Y)/rowHeight), cmp.Compare(a.X, b.X), cmp.Compare(b.Y, a.Y), slices.CompareFunc(rings[i], rings[j], geom.Pt.Cmp))
	})
	return order
}
