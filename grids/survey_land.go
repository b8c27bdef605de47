package grids

import (
	"slices"

	"wanmi/gis/geom"
)

// surveyLand gives each atom the kind of land that takes up most of it, and the piece of land kept whole it lies in.
func (a *atoms) surveyLand(t *terrain) {
	var probes []probe
	var near []int32
	for f := range a.Cycle {
		if a.owner[f] < 0 {
			continue
		}
		box := a.box(a.Cycle[f])
		near = t.landNear(box, near[:0])
		if len(near) == 0 {
			continue
		}
		if !slices.ContainsFunc(near, func(i int32) bool { return t.land[i].passes(box) }) { // each piece of land has all of the atom or nothing
			a.kind[f], a.inner[f] = t.at(box.Min, near)
			continue
		}
		probes = probesOf(a.Ring(a.Cycle[f]), 5, probes[:0])
		var kinds [landKinds]float64
		whole := map[int32]float64{}
		for _, s := range probes {
			kind, best := t.at(s.at, near)
			kinds[kind] += s.weight
			if best >= 0 {
				whole[best] += s.weight
			}
		}
		for k, v := range kinds {
			if v > kinds[a.kind[f]] {
				a.kind[f] = landKind(k)
			}
		}
		for i, v := range whole {
			if v > 0.5 {
				a.inner[f] = i
			}
		}
	}
}

// landNear appends the land whose box meets the box, ascending.
func (t *terrain) landNear(box geom.Box, to []int32) []int32 {
	t.landTab.Box(box, func(q int) {
		for _, i := range t.landTab.In(q) {
			if t.land[i].box.Meets(box) {
				to = append(to, i)
			}
		}
	})
	slices.Sort(to)
	return slices.Compact(to)
}

// box returns the bounds of a closed walk of half-edges.
func (a *atoms) box(cycle []int32) geom.Box {
	box := geom.NoBox
	for _, h := range cycle {
		for _, p := range a.Edges[h>>1].Line {
			box = box.Grow(p)
		}
	}
	return box
}

// probe is a place in an atom, for so much of it.
type probe struct {
	at     geom.Pt
	weight float64
}

// probesOf appends places spread over a ring, on so many level lines; the weights add up to one.
func probesOf(ring geom.Ring, lines int64, to []probe) []probe {
	const on = 3
	box := ring.Box()
	shape := building{rings: []geom.Ring{ring}}
	from, sum := len(to), 0.0
	for k := range lines {
		y := box.Min.Y + (box.Max.Y-box.Min.Y)*(2*k+1)/(2*lines)
		p, q := geom.Pt{X: box.Min.X - 1, Y: y}, geom.Pt{X: box.Max.X + 1, Y: y}
		for _, s := range shape.inside(p, q) {
			for n := range on {
				to = append(to, probe{at(p, q, s.lo+(s.hi-s.lo)*(float64(n)+0.5)/on), s.hi - s.lo})
				sum += s.hi - s.lo
			}
		}
	}
	for i := range to[from:] {
		to[from+i].weight /= sum
	}
	return to
}

// at returns the kind of land at a place, and the largest land kept whole there, -1 none; near lists the land that may be there.
func (t *terrain) at(p geom.Pt, near []int32) (landKind, int32) {
	kind, best := landBuilt, int32(-1)
	for _, i := range near {
		x := &t.land[i]
		if !x.holds(p) {
			continue
		}
		if x.kind != landBuilt && (kind == landBuilt || x.kind < kind) {
			kind = x.kind
		}
		if x.m2 <= x.whole && (best < 0 || x.m2 > t.land[best].m2) {
			best = i
		}
	}
	return kind, best
}

// fits compares a cell of any origin with the limits of the ground it lies on, see mix.fits.
func (b *base) fits(ring geom.Ring) int8 {
	t, m2 := b.terrain, float64(ring.Area2())/2e6
	if built.fits(m2, t.opt.Min, t.opt.Max) == 0 && !t.stricter {
		return 0
	}
	var m mix
	whole := map[int32]float64{}
	near, empty := in(t.landTab, ring.Box()), b.empty(ring)
	for _, s := range probesOf(ring, 25, nil) {
		kind, i := t.at(s.at, near)
		if i >= 0 {
			whole[i] += s.weight
			m.whole = m.whole || whole[i] > wholeShare
		}
		if kind == landBuilt && empty {
			kind = landBare
		}
		k := t.mixes[kind]
		m.worth, m.least, m.most = m.worth+s.weight*k.worth, m.least+s.weight*k.least, m.most+s.weight*k.most
	}
	return m.fits(m2, t.opt.Min, t.opt.Max)
}

// empty reports whether a cell holds neither a building nor a component.
func (b *base) empty(ring geom.Ring) bool {
	box := ring.Box()
	for _, p := range b.points.near(box, nil) {
		if ring.Locate(p) > 0 {
			return false
		}
	}
	for _, i := range b.obs.near(box, nil) {
		if ring.Locate(insideOf(b.obs.all[i].rings[0])) > 0 {
			return false
		}
	}
	return true
}
