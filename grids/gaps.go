package grids

import (
	"cmp"
	"math"
	"slices"

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
				if s.face.box.Holds(x) && s.face.rings[0].Locate(x) >= 0 {
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

// step is how far apart the wall pq of building i is sampled: half the distance to the next building.
func (s *skeleton) step(i int32, p, q geom.Pt) float64 {
	const lo, hi = 600, 6000
	best := float64(hi)
	box := geom.NoBox.Grow(p).Grow(q).Pad(2 * hi)
	s.close = s.obs.near(box, s.close[:0])
	for _, j := range s.close {
		if s.group[j] == s.group[i] {
			continue
		}
		for _, r := range s.obs.all[j].rings {
			for k := range r {
				c, d := r[k], r[(k+1)%len(r)]
				if box.Meets(geom.NoBox.Grow(c).Grow(d)) {
					best = min(best, 0.5*segDist(p, q, c, d))
				}
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

// ridge is a piece of the line between two objects.
type ridge struct {
	end  [2]int32 // Voronoi vertices
	pt   [2]geom.Pt
	a, b int32   // the objects, a < b
	half float64 // mm from the line to each of them
	used bool
}

func (s *skeleton) ridges() []mapLine {
	d := &s.mesh
	d.Triangulate(s.pts)
	s.obj = s.obj[:0]
	for _, i := range d.From {
		s.obj = append(s.obj, s.objs[i])
	}
	obj := s.obj
	far := 4 * float64(s.face.box.Max.X-s.face.box.Min.X+s.face.box.Max.Y-s.face.box.Min.Y)
	o := d.Pts[0]
	round := func(x [2]float64) geom.Pt {
		return geom.Pt{X: o.X + int64(math.Round(max(-8*far, min(8*far, x[0])))), Y: o.Y + int64(math.Round(max(-8*far, min(8*far, x[1]))))}
	}
	all := s.all[:0]
	d.Ridges(func(p, q int32) bool { return obj[p] != obj[q] && obj[p] != -1 && obj[q] != -1 }, func(r geom.Ridge) {
		if r.V == r.W {
			return
		}
		all = append(all, ridge{
			end: [2]int32{r.V, r.W}, pt: [2]geom.Pt{round(r.X), round(r.Y)},
			a: min(obj[r.P], obj[r.Q]), b: max(obj[r.P], obj[r.Q]), half: d.Pts[r.P].Dist(d.Pts[r.Q]) / 2,
		})
	})
	s.all = all
	return s.chains(all)
}

// chains joins ridges between the same two objects into lines, and clips them to the block and to the buildings.
func (s *skeleton) chains(all []ridge) []mapLine {
	top := int32(0)
	for _, r := range all {
		top = max(top, r.end[0]+1, r.end[1]+1)
	}
	s.start = slices.Grow(s.start[:0], int(top)+2)[:top+2]
	clear(s.start)
	for _, r := range all {
		s.start[r.end[0]+2]++
		s.start[r.end[1]+2]++
	}
	for v := range top {
		s.start[v+2] += s.start[v+1]
	}
	s.ends = slices.Grow(s.ends[:0], 2*len(all))[:2*len(all)]
	for i, r := range all {
		for _, v := range r.end {
			s.ends[s.start[v+1]] = int32(i)
			s.start[v+1]++
		}
	}
	at := func(v int32) []int32 { return s.ends[s.start[v]:s.start[v+1]] }
	var line []geom.Pt
	var out []mapLine
	walk := func(v, i int32) {
		first := &all[i]
		half := math.Inf(1)
		line = line[:0]
		for i >= 0 {
			r := &all[i]
			r.used = true
			half = min(half, r.half)
			k := 0
			if r.end[0] != v {
				k = 1
			}
			if len(line) == 0 {
				line = append(line, r.pt[k])
			}
			if p := r.pt[1-k]; p != line[len(line)-1] {
				line = append(line, p)
			}
			v, i = r.end[1-k], -1
			if l := at(v); len(l) == 2 {
				for _, j := range l {
					if n := &all[j]; !n.used && n.a == first.a && n.b == first.b {
						i = j
					}
				}
			}
		}
		c := clsGap
		switch {
		case half < 750:
			c = clsParty
		case first.b < -1:
			c = clsOpen
		}
		s.clip(simplifyLine(line, min(800, max(50, (half-skin)/2))), c, &out)
	}
	for _, degree2 := range [2]bool{false, true} {
		for v := range top {
			if (len(at(v)) == 2) != degree2 {
				continue
			}
			for _, i := range at(v) {
				if !all[i].used {
					walk(v, i)
				}
			}
		}
	}
	slices.SortFunc(out, func(x, y mapLine) int {
		return cmp.Or(cmp.Compare(x.class, y.class), slices.CompareFunc(x.pts, y.pts, geom.Pt.Cmp))
	})
	return out
}

// clip keeps what of a line lies in the block, with 5 cm more where it leaves it so that it meets the
// border, and in no building.
func (s *skeleton) clip(line []geom.Pt, c class, out *[]mapLine) {
	var cur []geom.Pt
	end := func() {
		if len(cur) > 1 {
			for _, part := range s.obs.clip(cur, func(int32) float64 { return skin }) {
				*out = append(*out, mapLine{class: c, pts: part})
			}
		}
		cur = nil
	}
	box := s.face.box.Pad(1000)
	for i := 1; i < len(line); i++ {
		p, q := line[i-1], line[i]
		if !box.Meets(geom.NoBox.Grow(p).Grow(q)) {
			end()
			continue
		}
		l := p.Dist(q)
		over := rayOverrun / l
		for _, in := range s.face.inside(p, q) {
			lo, hi := max(0, in.lo-over), min(1, in.hi+over)
			if cur != nil && cur[len(cur)-1] != at(p, q, lo) {
				end()
			}
			if cur == nil {
				cur = []geom.Pt{at(p, q, lo)}
			}
			if x := at(p, q, hi); x != cur[len(cur)-1] {
				cur = append(cur, x)
			}
			if hi < 1 {
				end()
			}
		}
	}
	end()
}
