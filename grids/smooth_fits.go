package grids

import (
	"math"
	"slices"

	"wanmi/gis/geom"
)

// fits reports whether the changes cross no border and no building, keep their distances, and leave nothing on the wrong side.
func (s *smoother) fits(cs ...change) bool {
	for k := range cs {
		c := &cs[k]
		for i := 1; i < len(c.pts); i++ {
			if c.pts[i] == c.pts[i-1] {
				return false
			}
		}
		for _, d := range cs[:k] {
			if !asunder(c, &d) {
				return false
			}
		}
	}
	for _, c := range cs {
		for _, id := range c.l.ids[c.lo:c.hi] {
			s.skip[id] = -1
		}
	}
	ok := true
	for k := range cs {
		ok = ok && s.clearOfBorders(&cs[k]) && s.holdsNothing(&cs[k])
	}
	for _, c := range cs {
		for _, id := range c.l.ids[c.lo:c.hi] {
			s.skip[id] = 0
		}
	}
	for k := range cs {
		ok = ok && s.clearOfBuildings(&cs[k])
	}
	return ok
}

// asunder reports whether two changes made together share no more than an end.
func asunder(c, d *change) bool {
	for i := 1; i < len(c.pts); i++ {
		for j := 1; j < len(d.pts); j++ {
			p, q, t, u := c.pts[i-1], c.pts[i], d.pts[j-1], d.pts[j]
			switch {
			case p == t && !sharp(p, q, u), p == u && !sharp(p, q, t), q == t && !sharp(q, p, u), q == u && !sharp(q, p, t):
			case crosses(p, q, t, u):
				return false
			}
		}
	}
	return true
}

func (s *smoother) clearOfBorders(c *change) bool {
	first, last := c.pts[0], c.pts[len(c.pts)-1]
	for i := 1; i < len(c.pts); i++ {
		p, q := c.pts[i-1], c.pts[i]
		box := geom.NoBox.Grow(p).Grow(q).Pad(int64(apart))
		ok := s.each(box, func(t geom.Seg) bool {
			for _, end := range [2]struct{ at, to geom.Pt }{{p, q}, {q, p}} {
				if end.at != t.A && end.at != t.B {
					continue
				}
				if end.at != first && end.at != last {
					return false
				}
				far := t.A
				if far == end.at {
					far = t.B
				}
				return far != end.to && !sharp(end.at, end.to, far)
			}
			if crosses(p, q, t.A, t.B) {
				return false
			}
			d := segDist(p, q, t.A, t.B)
			return d >= apart || d >= 0.9*pathDist(c.old(), t.A, t.B)
		})
		if !ok {
			return false
		}
	}
	return true
}

// sharp reports whether the angle between two ways from a point is too small.
func sharp(o, a, b geom.Pt) bool {
	ax, ay, bx, by := float64(a.X-o.X), float64(a.Y-o.Y), float64(b.X-o.X), float64(b.Y-o.Y)
	return ax*bx+ay*by > sharpCos*math.Hypot(ax, ay)*math.Hypot(bx, by)
}

// crosses reports whether two segments share a point.
func crosses(a, b, c, d geom.Pt) bool {
	o1, o2 := geom.Sign(geom.Cross(a, b, c)), geom.Sign(geom.Cross(a, b, d))
	o3, o4 := geom.Sign(geom.Cross(c, d, a)), geom.Sign(geom.Cross(c, d, b))
	if o1 == 0 && o2 == 0 && o3 == 0 && o4 == 0 { // on one straight line
		return geom.NoBox.Grow(a).Grow(b).Meets(geom.NoBox.Grow(c).Grow(d))
	}
	return o1*o2 <= 0 && o3*o4 <= 0
}

func pathDist(p []geom.Pt, a, b geom.Pt) float64 {
	d := math.Inf(1)
	for i := 1; i < len(p); i++ {
		d = min(d, segDist(p[i-1], p[i], a, b))
	}
	return d
}

// holdsNothing reports whether no other border ends between the old and the new line.
func (s *smoother) holdsNothing(c *change) bool {
	loop := slices.Clone(geom.Ring(c.old()))
	for i := len(c.pts) - 2; i > 0; i-- {
		loop = append(loop, c.pts[i])
	}
	if len(loop) < 3 {
		return true
	}
	first, last := c.pts[0], c.pts[len(c.pts)-1]
	return s.each(loop.Box(), func(t geom.Seg) bool {
		for _, p := range [2]geom.Pt{t.A, t.B} {
			if p != first && p != last && loop.Locate(p) > 0 {
				return false
			}
		}
		return true
	})
}

func (s *smoother) clearOfBuildings(c *change) bool {
	box := geom.NoBox
	for _, p := range c.pts {
		box = box.Grow(p)
	}
	s.near = s.obs.near(box.Pad(int64(c.clear)), s.near[:0])
	for _, k := range s.near {
		b := &s.obs.all[k]
		d := b.distance(c.pts, c.clear)
		if d < c.clear && d < b.distance(c.old(), c.clear)-10 {
			return false
		}
		for i := 1; i < len(c.pts); i++ {
			if p, q := c.pts[i-1], c.pts[i]; b.box.Meets(geom.NoBox.Grow(p).Grow(q)) && len(b.deep(p, q, skin-50)) > 0 {
				return false
			}
		}
	}
	return true
}

// distance returns how near a path comes to the outline, no more than most; 0 when it crosses it.
func (b *building) distance(path []geom.Pt, most float64) float64 {
	best := most
	for i := 1; i < len(path); i++ {
		p, q := path[i-1], path[i]
		box := geom.NoBox.Grow(p).Grow(q).Pad(int64(best) + 1)
		if !box.Meets(b.box) {
			continue
		}
		for _, r := range b.rings {
			for k := range r {
				c, d := r[k], r[(k+1)%len(r)]
				if !box.Meets(geom.NoBox.Grow(c).Grow(d)) {
					continue
				}
				if crosses(p, q, c, d) {
					return 0
				}
				best = min(best, segDist(p, q, c, d))
			}
		}
	}
	return best
}
