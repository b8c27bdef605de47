package grids

import (
	"cmp"
	"slices"

	"wanmi/gis/geom"
)

// onEdge is how far, in mm, a corner may lie from an edge to be on it: the noding of either side moves a line by one.
const onEdge = 1.6

// seam gives the cells on both sides of the line between communities divided now and those left as they were each
// other's corners. A neighbour that was built has them already and keeps its bytes; one
// that was drawn by hand ends its borders elsewhere on the line, and its edges would pair with none.
func (d *Division) seam(lat lattice, divided func(community string) bool) {
	type side struct {
		cell []int // index into d.Cells
		ring []geom.Ring
		pts  []geom.Pt
		box  geom.Box
	}
	sides := [2]side{{box: geom.NoBox}, {box: geom.NoBox}} // 0: divided now
	for k := range sides {
		s := &sides[k]
		for i, c := range d.Cells {
			if c.Status == Void || len(c.Polygon) == 0 || divided(c.Community) != (k == 0) {
				continue
			}
			ring := lat.ring(c.Polygon[0])
			box := ring.Box()
			if k == 1 && !sides[0].box.Pad(1000).Meets(box) {
				continue
			}
			s.cell, s.ring, s.pts = append(s.cell, i), append(s.ring, ring), append(s.pts, ring...)
			s.box = s.box.Grow(box.Min).Grow(box.Max)
		}
		if len(s.cell) == 0 {
			return
		}
	}
	for k := range sides {
		s, other := &sides[k], newPointTable(sides[1-k].pts)
		for n, ring := range s.ring {
			with, changed := withCorners(ring, other)
			if !changed {
				continue
			}
			c := &d.Cells[s.cell[n]]
			rest := c.Polygon[1:]
			old := float64(ring.Area2()) / 2e6
			with = startAtMin(with)
			c.AreaM2 += float64(with.Area2())/2e6 - old
			c.Polygon = append(lat.polygon(with), rest...)
		}
	}
}

// withCorners returns the ring with the points that lie on its edges as corners, each on the edge it is nearest to.
func withCorners(ring geom.Ring, pts *pointTable) (geom.Ring, bool) {
	own := make(map[geom.Pt]bool, len(ring))
	for _, p := range ring {
		own[p] = true
	}
	type place struct {
		edge int
		d    float64
	}
	on := map[geom.Pt]place{}
	var near []geom.Pt
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		near = pts.near(geom.NoBox.Grow(a).Grow(b).Pad(2), near[:0])
		for _, p := range near {
			d := distSeg(p, a, b)
			if was, ok := on[p]; !own[p] && d <= onEdge && (!ok || d < was.d) {
				on[p] = place{i, d}
			}
		}
	}
	if len(on) == 0 {
		return ring, false
	}
	more := make([][]geom.Pt, len(ring))
	for p, k := range on {
		more[k.edge] = append(more[k.edge], p)
	}
	var out geom.Ring
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		slices.SortFunc(more[i], func(p, q geom.Pt) int {
			t, _ := nearSeg(p, a, b)
			u, _ := nearSeg(q, a, b)
			return cmp.Or(cmp.Compare(t, u), p.Cmp(q))
		})
		out = append(append(out, a), more[i]...)
	}
	return out, true
}
