package grids

import (
	"math"

	"wanmi/gis/geom"
)

// onFeature is how far from a feature, in mm, a border may lie and count as running on it: what bumps move it by, and more than
// conflation and thinning do. The share it gives is within 0.015 of Build's, which knows what each border was cut along.
const onFeature = bumpHigh

// measure fills in the stats of the cells an update has left.
func (r *renewal) measure(d *Division) {
	b := r.b
	var area, compact []float64
	var fits []int8
	var rings []geom.Ring
	comm := map[string]bool{}
	inner := map[[2]geom.Pt]string{} // directed border to the community left of it
	for _, c := range d.Cells {
		if c.Status == Void || len(c.Polygon) == 0 {
			continue
		}
		comm[c.Community] = true
		ring := b.lat.ring(c.Polygon[0])
		p := ring.Length() / 1000
		area, compact = append(area, c.AreaM2), append(compact, 4*math.Pi*c.AreaM2/(p*p))
		fits = append(fits, b.fits(ring))
		rings = append(rings, ring)
		for n, p := range ring {
			inner[[2]geom.Pt{p, ring[(n+1)%len(ring)]}] = c.Community
		}
	}
	d.Stats.Communities = len(comm)
	d.Stats.areas(area, compact, fits, r.opt.Target)
	d.Stats.Buildings, d.Stats.Components = len(b.buildings), len(b.comps)
	d.Stats.BorderM, d.Stats.OnFeatures = r.borders(rings, inner)
}

// borders returns the length of all borders, m, each counted once, and the share of it on features: community lines, and
// what runs along a line of the base map.
func (r *renewal) borders(rings []geom.Ring, left map[[2]geom.Pt]string) (m, share float64) {
	if len(rings) == 0 {
		return 0, 0
	}
	var segs []geom.Seg
	for _, l := range r.b.lines {
		for i := 1; l.class.real() && i < len(l.pts); i++ {
			segs = append(segs, geom.Seg{A: l.pts[i-1], B: l.pts[i]})
		}
	}
	features := geom.NewSegTable(segs, obstacleSide, 0)
	length, real := make([]float64, len(rings)), make([]float64, len(rings))
	each(len(rings), r.opt.Threads, func(k int) {
		for n, p := range rings[k] {
			q := rings[k][(n+1)%len(rings[k])]
			own, other := left[[2]geom.Pt{p, q}], left[[2]geom.Pt{q, p}]
			if other != "" && q.Less(p) {
				continue // the neighbour counts it
			}
			d := p.Dist(q) / 1000
			length[k] += d
			if own != other {
				real[k] += d
			} else {
				real[k] += d * shareAlong(p, q, segs, features)
			}
		}
	})
	on := 0.0
	for k := range rings {
		m, on = m+length[k], on+real[k]
	}
	return m, on / m
}

// shareAlong returns how much of ab, 0 to 1, runs along segments.
func shareAlong(a, b geom.Pt, segs []geom.Seg, tab *geom.Table) float64 {
	var close []span
	box := geom.NoBox.Grow(a).Grow(b).Pad(int64(onFeature) + 1)
	tab.Box(box, func(q int) {
		for _, i := range tab.In(q) {
			if c, ok := capsule(a, b, segs[i].A, segs[i].B, onFeature); ok {
				close = append(close, c)
			}
		}
	})
	covered := 0.0
	for _, s := range mergeSpans(close, 0) {
		covered += s.hi - s.lo
	}
	return covered
}
