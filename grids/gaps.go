package grids

import (
	"math"

	"wanmi/gis/geom"
)

const (
	gapFace     = 8000.0   // m²: blocks smaller than this need no gap lines
	seedSpacing = 40_000.0 // mm between seeds on open land
	bigFoot     = 2500.0   // m²: seeds may come nearer to buildings larger than this
)

// groups joins buildings that overlap by more than two skins: for the divider they are one.
func (o *obstacles) groups() []int32 {
	o.group.Do(func() { o.grouped = o.join() })
	return o.grouped
}

func (o *obstacles) join() []int32 {
	of := make([]int32, len(o.all))
	for i := range of {
		of[i] = int32(i)
	}
	find := func(i int32) int32 {
		for of[i] != i {
			of[i] = of[of[i]]
			i = of[i]
		}
		return i
	}
	var near []int32
	for i := range o.all {
		near = o.near(o.all[i].box, near[:0])
		for _, j := range near {
			if a, b := find(int32(i)), find(j); a != b && (overlaps(&o.all[i], &o.all[j]) || overlaps(&o.all[j], &o.all[i])) {
				of[max(a, b)] = min(a, b)
			}
		}
	}
	for i := range of {
		of[i] = find(int32(i))
	}
	return of
}

// overlaps reports whether the outline of a runs through b deeper than two skins.
func overlaps(a, b *building) bool {
	for _, r := range a.rings {
		for i := range r {
			p, q := r[i], r[(i+1)%len(r)]
			if !b.box.Meets(geom.NoBox.Grow(p).Grow(q)) {
				continue
			}
			for _, s := range b.deep(p, q, 2*skin) {
				if (s.hi-s.lo)*p.Dist(q) > 50 {
					return true
				}
			}
		}
	}
	return false
}

// skeleton finds the gap lines of one block after the other, in memory it keeps: half of the time went into
// fresh memory and its clearing before.
type skeleton struct {
	obs   *obstacles
	group []int32
	face  building  // the block's outline
	pts   []geom.Pt // where two lie on each other the first counts
	objs  []int32   // of each point: building group, or -2-k for the k-th seed on open land
	near  []int32
	close []int32 // buildings near a wall
	spans []span  // of clip

	mesh  geom.Delaunay
	obj   []int32 // as objs, of the points of the mesh
	all   []ridge
	start []int32 // of the ridges at each Voronoi vertex, in ends
	ends  []int32
}

// gapLines returns lines half way between buildings (and seeds on open land) inside the ring.
func (s *skeleton) gapLines(ring geom.Ring) []mapLine {
	s.pts, s.objs = s.pts[:0], s.objs[:0]
	s.face = building{rings: []geom.Ring{ring}, box: ring.Box(), m2: float64(ring.Area2()) / 2e6}
	s.near = s.obs.near(s.face.box, s.near[:0])
	for _, i := range s.near {
		s.sample(i)
	}
	s.seeds()
	if len(s.pts) < 3 {
		return nil
	}
	// Four far points, so that every ridge inside the block has two ends.
	c := geom.Pt{X: (s.face.box.Min.X + s.face.box.Max.X) / 2, Y: (s.face.box.Min.Y + s.face.box.Max.Y) / 2}
	far := 4*max(s.face.box.Max.X-s.face.box.Min.X, s.face.box.Max.Y-s.face.box.Min.Y) + 100_000
	for _, p := range [4]geom.Pt{{X: c.X + far, Y: c.Y}, {X: c.X - far, Y: c.Y}, {X: c.X, Y: c.Y + far}, {X: c.X, Y: c.Y - far}} {
		s.put(p, -1)
	}
	return s.ridges()
}

func (s *skeleton) put(p geom.Pt, obj int32) {
	s.pts, s.objs = append(s.pts, p), append(s.objs, obj)
}

// sample puts points along a building's outline, a skin inside it. Parallel walls are
// sampled at the same places along their direction, so that the line between them is straight.
func (s *skeleton) sample(i int32) {
	b := &s.obs.all[i]
	rim := s.rim(b.box.Pad(2 * int64(skin))) // no line of the block near: all of the building is in it or nothing
	in := !rim && s.face.rings[0].Locate(b.rings[0][0]) >= 0
	if !rim && !in {
		return
	}
	for k, r := range b.rings {
		side := 1.0 // the building lies left of its shell and right of its holes
		if k > 0 {
			side = -1
		}
		for j := range r {
			p, q := r[j], r[(j+1)%len(r)]
			if !s.face.box.Pad(2000).Meets(geom.NoBox.Grow(p).Grow(q)) {
				continue
			}
			l := p.Dist(q)
			ux, uy := float64(q.X-p.X)/l, float64(q.Y-p.Y)/l
			put := func(t float64) {
				x := geom.Pt{X: p.X + int64(math.Round(ux*t-side*uy*skin)), Y: p.Y + int64(math.Round(uy*t+side*ux*skin))}
				if in || s.face.box.Holds(x) && s.face.rings[0].Locate(x) >= 0 {
					s.put(x, s.group[i])
				}
			}
			if l < 2*skin {
				put(l / 2)
				continue
			}
			step := s.step(i, p, q)
			put(skin)
			org := math.Mod(ux*float64(p.X)+uy*float64(p.Y), step)
			for t := math.Ceil((skin+org)/step)*step - org; t < l-skin; t += step {
				put(t)
			}
			put(l - skin)
		}
	}
}

// rim reports whether the outline of the block may pass a box.
func (s *skeleton) rim(box geom.Box) bool {
	r := s.face.rings[0]
	p := r[len(r)-1]
	for _, q := range r {
		if box.Meets(geom.NoBox.Grow(p).Grow(q)) {
			return true
		}
		p = q
	}
	return false
}

// step is how far apart the wall pq of building i is sampled: half the distance to the next building.
func (s *skeleton) step(i int32, p, q geom.Pt) float64 {
	const lo, hi = 600, 6000
	best := float64(hi)
	wall := geom.NoBox.Grow(p).Grow(q)
	s.close = s.obs.near(wall.Pad(2*hi), s.close[:0])
	for _, j := range s.close {
		if s.group[j] == s.group[i] {
			continue
		}
		box := wall.Pad(int64(2*best) + 1) // what is farther off changes nothing
		if !box.Meets(s.obs.all[j].box) {
			continue
		}
		for _, r := range s.obs.all[j].rings {
			c := r[len(r)-1]
			for _, d := range r {
				if box.Meets(geom.NoBox.Grow(c).Grow(d)) {
					best = min(best, 0.5*segDist(p, q, c, d))
				}
				c = d
			}
		}
		if best < lo {
			return lo
		}
	}
	// Few different steps, so that walls opposite each other get the same.
	switch {
	case best < 1200:
		return lo
	case best < 2400:
		return 1200
	case best < 4800:
		return 2400
	}
	return 4800
}

// segDist is the distance of two segments that do not cross.
func segDist(a, b, c, d geom.Pt) float64 {
	return min(distSeg(a, c, d), distSeg(b, c, d), distSeg(c, a, b), distSeg(d, a, b))
}

// seeds puts points on open land, on a grid along the block's smallest rectangle.
func (s *skeleton) seeds() {
	ring := s.face.rings[0]
	gap := min(seedSpacing, max(15_000, s.face.m2*2e6/ring.Length()))
	o, e1, e2, l1, l2 := smallestRect(ring)
	n1, n2 := max(1, int(math.Round(l1/gap))), max(1, int(math.Round(l2/gap)))
	k := int32(0)
	for i := range n1 {
		for j := range n2 {
			a, b := (float64(i)+0.5)/float64(n1)*l1, (float64(j)+0.5)/float64(n2)*l2
			p := geom.Pt{X: o.X + int64(math.Round(a*e1[0]+b*e2[0])), Y: o.Y + int64(math.Round(a*e1[1]+b*e2[1]))}
			k++
			if ring.Locate(p) > 0 && s.free(p, gap) {
				s.put(p, -2-k)
			}
		}
	}
}

// free reports whether a seed at p keeps its distance from buildings.
func (s *skeleton) free(p geom.Pt, gap float64) bool {
	s.close = s.obs.near(geom.NoBox.Grow(p).Pad(int64(gap)), s.close[:0])
	for _, i := range s.close {
		b := &s.obs.all[i]
		r := 0.55 * gap
		if b.m2 > bigFoot {
			r = 0.28 * gap
		}
		in := false
		for _, ring := range b.rings {
			if ring.Locate(p) >= 0 {
				in = !in
			}
			for j := range ring {
				if distSeg(p, ring[j], ring[(j+1)%len(ring)]) < r {
					return false
				}
			}
		}
		if in {
			return false
		}
	}
	return true
}
