package grids

import (
	"math"
	"slices"

	"wanmi/gis/geom"
)

// smallestRect returns a corner, the unit directions and the side lengths of the smallest rectangle round a ring.
func smallestRect(r geom.Ring) (o geom.Pt, e1, e2 [2]float64, l1, l2 float64) {
	h := hull(r)
	best := math.Inf(1)
	for i := range h {
		p, q := h[i], h[(i+1)%len(h)]
		l := p.Dist(q)
		u := [2]float64{float64(q.X-p.X) / l, float64(q.Y-p.Y) / l}
		lo, hi, top := math.Inf(1), math.Inf(-1), 0.0
		for _, c := range h {
			x, y := float64(c.X-p.X), float64(c.Y-p.Y)
			lo, hi, top = min(lo, x*u[0]+y*u[1]), max(hi, x*u[0]+y*u[1]), max(top, y*u[0]-x*u[1])
		}
		if a := (hi - lo) * top; a < best*(1-1e-9) {
			best = a
			e1, e2, l1, l2 = u, [2]float64{-u[1], u[0]}, hi-lo, top
			o = geom.Pt{X: p.X + int64(math.Round(lo*u[0])), Y: p.Y + int64(math.Round(lo*u[1]))}
		}
	}
	return o, e1, e2, l1, l2
}

// hull returns the convex hull, counter-clockwise.
func hull(r geom.Ring) geom.Ring {
	p := slices.Clone(r)
	slices.SortFunc(p, geom.Pt.Cmp)
	var h geom.Ring
	half := func(base int, q geom.Pt) {
		for len(h) > base+1 && geom.Cross(h[len(h)-2], h[len(h)-1], q) <= 0 {
			h = h[:len(h)-1]
		}
		h = append(h, q)
	}
	for _, q := range p {
		half(0, q)
	}
	base := len(h) - 1
	for i := len(p) - 2; i >= 0; i-- {
		half(base, p[i])
	}
	return h[:len(h)-1]
}
