package sample

import (
	"math"
	"slices"
)

// building is one building with its footprint, counter-clockwise.
type building struct {
	ring   []pt
	quad   []pt // convex and around ring
	class  string
	name   string
	floors int
	height float64
	parcel int
	addr   string
	door   pt  // at the wall it is entered by
	number int // within its compound, 0: none
}

// frontage is a stretch of a parcel's border along one road, the parcel to the left.
type frontage struct {
	road *road
	path
}

// parcel is a face on the ground: the land inside roads, river and railway.
type parcel struct {
	face      int
	use       string
	name      string
	alias     string
	former    string
	community int
	rim       []pt    // counter-clockwise, clear of road surfaces
	under     []int   // carrier by edge of rim
	beside    []*road // road by edge of rim, nil: none
	fronts    []frontage
	taken     [][]pt // convex rings nothing may be built on
	buildings []int
	gates     []gate
	ponds     [][]pt
	sports    [][]pt
	shops     bool // the frontage is built up: no wall there
}

type gate struct {
	p    pt
	road *road
	s    float64
	door int // index of the city's doors, set when numbered
}

func (n *net) parcel(i int, rs *roads) *parcel {
	ring, tags := n.ring(i)
	d := make([]float64, len(tags))
	for k, t := range tags {
		c := n.carriers[t]
		switch c.kind {
		case onBorder:
			d[k] = 4
		case onLimit:
			d[k] = 0.3
		default:
			d[k] = c.half() + 0.2
		}
	}
	p := &parcel{face: i, use: n.faces[i].use}
	var from []int
	p.rim, from = inset(ring, d)
	if p.rim == nil {
		return nil
	}
	var byEdge []*road
	for _, s := range n.rings[i] {
		var r *road
		if id, ok := rs.ofEdge[s.e]; ok {
			r = rs.list[id]
		}
		for range s.points() {
			byEdge = append(byEdge, r)
		}
	}
	for _, k := range from {
		p.under = append(p.under, tags[k])
		p.beside = append(p.beside, byEdge[k])
	}
	p.fronts = n.fronts(i, rs)
	return p
}

func (n *net) fronts(i int, rs *roads) []frontage {
	ring := n.rings[i]
	id := func(s side) int {
		if r, ok := rs.ofEdge[s.e]; ok {
			return r
		}
		return -1
	}
	start := 0
	for k := range ring {
		if id(ring[k]) != id(ring[(k+len(ring)-1)%len(ring)]) {
			start = k
			break
		}
	}
	var out []frontage
	for k := 0; k < len(ring); {
		s := ring[(start+k)%len(ring)]
		var p []pt
		var last side
		for k < len(ring) && id(ring[(start+k)%len(ring)]) == id(s) {
			last = ring[(start+k)%len(ring)]
			p = append(p, last.points()...)
			k++
		}
		if r := id(s); r >= 0 {
			out = append(out, frontage{rs.list[r], newPath(append(p, n.nodes[last.to()]))})
		}
	}
	slices.SortStableFunc(out, func(a, b frontage) int { return int(b.length() - a.length()) })
	return out
}

// frame returns the unit vector nearest to east along which the parcel lies.
func (p *parcel) frame() pt {
	var c, s float64
	for i, a := range p.rim {
		d := sub(p.rim[(i+1)%len(p.rim)], a)
		l := norm(d)
		t := 4 * math.Atan2(d[1], d[0])
		c, s = c+l*math.Cos(t), s+l*math.Sin(t)
	}
	t := math.Atan2(s, c) / 4
	return pt{math.Cos(t), math.Sin(t)}
}

// extent returns the bounds of ring in the frame (e, left of e).
func extent(ring []pt, e pt) (x0, y0, x1, y1 float64) {
	x0, y0, x1, y1 = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	n := left(e)
	for _, p := range ring {
		x, y := dot(p, e), dot(p, n)
		x0, y0, x1, y1 = math.Min(x0, x), math.Min(y0, y), math.Max(x1, x), math.Max(y1, y)
	}
	return x0, y0, x1, y1
}

// shape cuts a footprint out of the rectangle at o along e, w by d.
func shape(kind string, o, e pt, w, d float64) []pt {
	n := left(e)
	at := func(xy ...float64) []pt {
		var r []pt
		for i := 0; i < len(xy); i += 2 {
			r = append(r, mm(add(o, add(mul(e, xy[i]*w), mul(n, xy[i+1]*d)))))
		}
		return r
	}
	switch kind {
	case "L":
		return at(0, 0, 1, 0, 1, 0.42, 0.34, 0.42, 0.34, 1, 0, 1)
	case "J":
		return at(0, 0, 1, 0, 1, 1, 0.66, 1, 0.66, 0.42, 0, 0.42)
	case "U":
		return at(0, 0, 1, 0, 1, 1, 0.76, 1, 0.76, 0.36, 0.24, 0.36, 0.24, 1, 0, 1)
	case "T":
		return at(0.3, 0, 0.7, 0, 0.7, 0.55, 1, 0.55, 1, 1, 0, 1, 0, 0.55, 0.3, 0.55)
	case "tower":
		return at(0.18, 0, 0.82, 0, 0.82, 0.18, 1, 0.18, 1, 0.82, 0.82, 0.82, 0.82, 1, 0.18, 1, 0.18, 0.82, 0, 0.82, 0, 0.18, 0.18, 0.18)
	case "butterfly":
		return at(0, 0.2, 0.3, 0.2, 0.3, 0, 0.7, 0, 0.7, 0.2, 1, 0.2, 1, 0.85, 0.6, 0.85, 0.6, 1, 0.4, 1, 0.4, 0.85, 0, 0.85)
	case "chamfer":
		return at(0.1, 0, 0.9, 0, 1, 0.12, 1, 0.88, 0.9, 1, 0.1, 1, 0, 0.88, 0, 0.12)
	case "slab": // stairwells stand out on the north side
		r := at(0, 0, 1, 0, 1, 0.9)
		k := max(1, int(math.Round(w/18)))
		for i := k - 1; i >= 0; i-- {
			m := (float64(i) + 0.5) / float64(k)
			g := 1.6 / w
			r = append(r, at(m+g, 0.9, m+g, 1, m-g, 1, m-g, 0.9)...)
		}
		return append(r, at(0, 0.9)...)
	}
	return at(0, 0, 1, 0, 1, 1, 0, 1)
}

// builder puts buildings up.
type builder struct {
	c *City
	r rng
}

// free reports whether the convex ring q lies inside the rim and gap metres off all that is there.
func (p *parcel) free(q, rim []pt, gap float64) bool {
	if rim == nil || !holds(rim, q) {
		return false
	}
	for _, t := range p.taken {
		if !apart(q, t, gap) {
			return false
		}
	}
	return true
}

func (p *parcel) within(m float64) []pt {
	d := make([]float64, len(p.rim))
	for i := range d {
		d[i] = m
	}
	r, _ := inset(p.rim, d)
	return r
}

// put erects a building; the quad must have been found free.
func (b *builder) put(p *parcel, quad []pt, kind, class string, floors int) *building {
	o, e := quad[0], unit(sub(quad[1], quad[0]))
	x := building{
		ring: shape(kind, o, e, dist(quad[0], quad[1]), dist(quad[1], quad[2])), quad: quad, class: class, floors: floors,
		parcel: p.face, door: lerp(quad[0], quad[1], 0.5),
	}
	storey := map[string]float64{"residential": 2.9, "commercial": 4.5, "industrial": 6, "shed": 3.2}[class]
	if storey == 0 {
		storey = 3.7
	}
	x.height = math.Round(10*(storey*float64(floors)+b.r.in(0, 1.5))) / 10
	b.c.buildings = append(b.c.buildings, x)
	p.taken = append(p.taken, quad)
	p.buildings = append(p.buildings, len(b.c.buildings)-1)
	return &b.c.buildings[len(b.c.buildings)-1]
}

// rows describes parallel buildings, widths to try from the largest.
type rows struct {
	widths         []float64
	depth, gap, by float64 // by: clear ground between rows
	kinds          []string
	class          string
	floors         func() int
	setback        float64
	limit          int // 0: as many as there is room for
	skip           float64
}

// rows fills the parcel with rows of buildings facing south along its frame.
func (b *builder) rows(p *parcel, o rows) (n int) {
	e := p.frame()
	rim := p.within(o.setback)
	if rim == nil {
		return 0
	}
	x0, y0, x1, y1 := extent(rim, e)
	nn := left(e)
	for y := y0 + b.r.in(0, 4); y+o.depth <= y1; {
		placed := false
		for x := x0 + b.r.in(0, 5); x < x1-o.widths[len(o.widths)-1]; {
			ok := false
			for _, w := range o.widths {
				q := box(add(mul(e, x), mul(nn, y)), e, w, o.depth)
				if !p.free(q, rim, math.Min(o.gap, 5)) {
					continue
				}
				if !b.r.one(o.skip) {
					b.put(p, q, pick(b.r, o.kinds), o.class, o.floors())
					n++
				}
				x += w + o.gap
				ok, placed = true, true
				break
			}
			if o.limit > 0 && n >= o.limit {
				return n
			}
			if !ok {
				x += 3
			}
		}
		if placed {
			y += o.depth + o.by
		} else {
			y += 3
		}
	}
	return n
}

// line describes buildings along the frontages.
type line struct {
	classes      []string // of the roads to build along
	w            [2]float64
	depth        [2]float64
	setback      float64
	gaps         float64 // probability of a gap after a building
	class        string
	floors       func() int
	doorEvery    float64
	kinds        []string
	fromJunction float64
}

// along builds a line of houses along the parcel's roads, each with doors to the street.
func (b *builder) along(p *parcel, o line) {
	rim := p.within(math.Max(0.6, o.setback-0.4))
	for _, f := range p.fronts {
		if !slices.Contains(o.classes, f.road.class) {
			continue
		}
		p.shops = true
		for s := 3 + o.fromJunction; s < f.length()-o.w[0]-o.fromJunction; {
			w, d := b.r.in(o.w[0], o.w[1]), b.r.in(o.depth[0], o.depth[1])
			h := f.road.half() + 0.2 + o.setback
			a, z := f.off(s, h), f.off(s+w, h)
			q := box(a, unit(sub(z, a)), w, d)
			if !p.free(q, rim, 0.4) {
				s += 4
				continue
			}
			x := b.put(p, q, pick(b.r, o.kinds), o.class, o.floors())
			id := len(b.c.buildings) - 1
			for k, t := 0, o.doorEvery/2; t < w || k == 0; k, t = k+1, t+o.doorEvery {
				wall := lerp(x.quad[0], x.quad[1], clamp(t/w, 0.1, 0.9))
				b.c.wants = append(b.c.wants, doorWant{road: f.road, p: add(wall, mul(left(unit(sub(z, a))), -0.4)), building: id, parcel: p.face})
			}
			s += w + 0.5
			if b.r.one(o.gaps) {
				s += b.r.in(3, 9)
			}
		}
	}
}
