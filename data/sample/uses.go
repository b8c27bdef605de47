package sample

import "math"

var mainRoads = []string{"arterial", "collector"}

// fill builds what the parcel's use asks for.
func (b *builder) fill(p *parcel) {
	r := b.r
	floors := func(lo, hi int) func() int { return func() int { return lo + r.IntN(hi-lo+1) } }
	switch p.use {
	case "slabs":
		b.gate(p, true)
		if r.one(0.65) {
			b.along(p, line{classes: mainRoads, w: [2]float64{20, 46}, depth: [2]float64{10, 13}, setback: 2.5, gaps: 0.3, class: "commercial", floors: floors(2, 3), doorEvery: 11, kinds: []string{""}})
		}
		f := floors(5, 6)()
		b.rows(p, rows{widths: []float64{62, 48, 36, 24}, depth: 12.5, gap: 8, by: float64(f) * 3.1, kinds: []string{"slab"}, class: "residential", floors: func() int { return f }, setback: 5})
		b.numbered(p)
		b.walls(p)
	case "towers":
		b.gate(p, true)
		if r.one(0.6) {
			b.along(p, line{classes: mainRoads, w: [2]float64{24, 60}, depth: [2]float64{13, 16}, setback: 3, gaps: 0.4, class: "commercial", floors: floors(2, 2), doorEvery: 12, kinds: []string{""}})
		}
		b.rows(p, rows{widths: []float64{34, 27}, depth: 17, gap: 22, by: 36, kinds: []string{"tower", "butterfly", "butterfly"}, class: "residential", floors: floors(17, 33), setback: 8})
		b.numbered(p)
		b.walls(p)
	case "village", "oldtown":
		b.village(p)
	case "commerce", "market":
		b.along(p, line{classes: []string{"arterial", "collector", "local"}, w: [2]float64{22, 52}, depth: [2]float64{14, 20}, setback: 3, gaps: 0.35, class: "commercial", floors: floors(3, 6), doorEvery: 10, kinds: []string{"", "", "L"}})
		if p.use == "market" {
			b.rows(p, rows{widths: []float64{70, 52, 40}, depth: 30, gap: 12, by: 14, kinds: []string{""}, class: "commercial", floors: floors(1, 1), setback: 8, limit: 3})
		} else {
			b.rows(p, rows{widths: []float64{44, 30}, depth: 24, gap: 20, by: 20, kinds: []string{"chamfer", "T", ""}, class: "office", floors: floors(8, 22), setback: 10, limit: 4})
		}
	case "office":
		b.gate(p, false)
		b.rows(p, rows{widths: []float64{58, 44, 34, 24}, depth: 24, gap: 14, by: 22, kinds: []string{"U", "L", "T", "", "J"}, class: "office", floors: floors(5, 12), setback: 12, limit: 6})
		b.walls(p)
	case "government":
		b.gate(p, false)
		b.rows(p, rows{widths: []float64{80, 60, 46, 30}, depth: 26, gap: 20, by: 30, kinds: []string{"U", "T", ""}, class: "public", floors: floors(4, 9), setback: 20, limit: 5})
		b.walls(p)
	case "kindergarten":
		b.gate(p, false)
		b.rows(p, rows{widths: []float64{44, 32, 24}, depth: 22, gap: 10, by: 16, kinds: []string{"L", "J", "U"}, class: "school", floors: floors(3, 3), setback: 7, limit: 2})
		b.walls(p)
	case "campus":
		b.campus(p)
	case "hospital":
		b.gate(p, true)
		b.rows(p, rows{widths: []float64{72, 56, 40, 26}, depth: 24, gap: 16, by: 26, kinds: []string{"U", "T", "", "L"}, class: "hospital", floors: floors(4, 14), setback: 12, limit: 7})
		b.walls(p)
	case "factory":
		b.gate(p, true)
		b.rows(p, rows{widths: []float64{84, 60, 42, 24}, depth: 30, gap: 12, by: 14, kinds: []string{"", "", "L"}, class: "industrial", floors: floors(1, 2), setback: 8, skip: 0.12})
		b.rows(p, rows{widths: []float64{16, 10}, depth: 8, gap: 14, by: 14, kinds: []string{""}, class: "shed", floors: floors(1, 1), setback: 5, limit: 8, skip: 0.3})
		b.walls(p)
	case "mall":
		b.mall(p)
	case "park", "bank", "green", "square":
		b.open(p)
	}
}

// numbered gives the compound's dwellings their numbers, from the gate's side on, and puts a few small houses among them.
func (b *builder) numbered(p *parcel) {
	k := 0
	for _, id := range p.buildings {
		x := &b.c.buildings[id]
		if x.class == "residential" {
			k++
			x.number = k
			x.door = add(lerp(x.quad[2], x.quad[3], 0.5), mul(unit(sub(x.quad[2], x.quad[1])), 0.4)) // slabs are entered from the north
		}
	}
	one := func() int { return 1 }
	b.rows(p, rows{widths: []float64{14, 8}, depth: 6, gap: 40, by: 50, kinds: []string{""}, class: "shed", floors: one, setback: 4, limit: 3})
}

func (b *builder) village(p *parcel) {
	low := func() int { return 1 + b.r.IntN(2) }
	if area(p.rim) > 9000 {
		b.gate(p, true)
	}
	b.along(p, line{
		classes: []string{"service", "local", "collector", "arterial"}, w: [2]float64{9, 14}, depth: [2]float64{9, 11.5}, setback: 0.8, gaps: 0.12,
		class: "residential", floors: low, doorEvery: 30, kinds: []string{"", "", "U", "L"},
	})
	b.rows(p, rows{widths: []float64{13, 11, 9}, depth: 10.5, gap: 0.7, by: 4.2, kinds: []string{"", "U", "L", "J"}, class: "residential", floors: low, setback: 1.5, skip: 0.06})
}

func (b *builder) campus(p *parcel) {
	b.gate(p, true)
	e := p.frame()
	rim := p.within(9)
	if rim != nil {
		x0, y0, x1, y1 := extent(rim, e)
		best := -1.0
		var at []pt
		for range 60 { // the track goes where it is farthest from the gate
			q := box(add(mul(e, b.r.in(x0, x1)), mul(left(e), b.r.in(y0, y1))), e, 62, 112)
			if b.r.one(0.5) {
				q = box(q[0], e, 112, 62)
			}
			if d := dist(centroid(q), p.fronts[0].off(p.fronts[0].length()/2, 0)); p.free(q, rim, 3) && d > best {
				best, at = d, q
			}
		}
		if at != nil {
			p.taken = append(p.taken, at)
			p.sports = append(p.sports, oval(at))
		}
	}
	f := func() int { return 3 + b.r.IntN(3) }
	b.rows(p, rows{widths: []float64{70, 54, 40, 28}, depth: 16, gap: 14, by: 24, kinds: []string{"", "", "U", "L"}, class: "school", floors: f, setback: 9, limit: 9})
	b.walls(p)
}

// oval returns a running track inside the rectangle.
func oval(q []pt) []pt {
	c := centroid(q)
	a, d := mul(sub(q[1], q[0]), 0.5), mul(sub(q[3], q[0]), 0.5)
	if norm(a) < norm(d) {
		a, d = d, mul(a, -1)
	}
	ea, ed, r := unit(a), unit(d), norm(d)
	straight := norm(a) - r
	var out []pt
	for i := range 25 {
		t := -math.Pi/2 + math.Pi*float64(i)/24
		out = append(out, add(c, add(mul(ea, straight+r*math.Cos(t)), mul(ed, r*math.Sin(t)))))
	}
	for i := range 25 {
		t := math.Pi/2 + math.Pi*float64(i)/24
		out = append(out, add(c, add(mul(ea, -straight+r*math.Cos(t)), mul(ed, r*math.Sin(t)))))
	}
	for i := range out {
		out[i] = mm(out[i])
	}
	if area(out) < 0 {
		for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
	}
	return out
}

func (b *builder) mall(p *parcel) {
	e := p.frame()
	rim := p.within(14)
	if rim != nil {
		c := centroid(rim)
		x0, y0, x1, y1 := extent(rim, e)
		for k := 0.8; k > 0.25; k -= 0.05 {
			w, h := math.Min((x1-x0)*k, 190), math.Min((y1-y0)*k, 120)
			q := box(sub(c, add(mul(e, w/2), mul(left(e), h/2))), e, w, h)
			if p.free(q, rim, 1) {
				b.put(p, q, "chamfer", "commercial", 4+b.r.IntN(3))
				f := p.fronts[0]
				g, _ := f.at(f.length() / 2)
				b.c.wants = append(b.c.wants, doorWant{road: f.road, p: nearestOn(b.c.buildings[len(b.c.buildings)-1].ring, g), building: len(b.c.buildings) - 1, parcel: p.face})
				break
			}
		}
	}
	b.rows(p, rows{widths: []float64{30}, depth: 22, gap: 16, by: 20, kinds: []string{"tower", "chamfer"}, class: "office", floors: func() int { return 15 + b.r.IntN(12) }, setback: 9, limit: 2})
}

// nearestOn returns the point of the ring nearest to g, moved half a metre towards it.
func nearestOn(ring []pt, g pt) pt {
	best, at := math.Inf(1), ring[0]
	for i := range ring {
		z := ring[(i+1)%len(ring)]
		if d, t := segDist(g, ring[i], z); d < best {
			best, at = d, lerp(ring[i], z, t)
		}
	}
	return add(at, mul(unit(sub(g, at)), 0.5))
}

// open lays out what is not built on: ponds, paths, a pavilion.
func (b *builder) open(p *parcel) {
	c := centroid(p.rim)
	switch p.use {
	case "park":
		r := math.Sqrt(area(p.rim)) * b.r.in(0.17, 0.22)
		o := add(c, pt{b.r.in(-20, 20), b.r.in(-20, 20)})
		pond, path := blob(b.r, o, r, 0.16), []pt(nil)
		if holds(p.within(12), pond) {
			p.ponds = append(p.ponds, pond)
			p.taken = append(p.taken, hull(o, pond, 9))
			for _, q := range pond {
				path = append(path, mm(add(q, mul(unit(sub(q, o)), 7))))
			}
			path = append(path, path[0])
			b.c.inner = append(b.c.inner, &road{id: -1, parcel: p.face, class: "path", path: newPath(path), inner: true})
		}
		for _, f := range p.fronts {
			if f.length() > 90 && path != nil {
				q := f.off(f.length()/2, 0)
				best := path[0]
				for _, x := range path {
					if dist(x, q) < dist(best, q) {
						best = x
					}
				}
				b.way(p, []pt{q, lerp(q, best, 0.5), best}, "path", q, best)
				s, _ := f.road.project(q)
				p.gates = append(p.gates, gate{p: f.off(f.length()/2, f.road.half()+0.3), road: f.road, s: s, door: -1})
			}
		}
		one := func() int { return 1 }
		b.rows(p, rows{widths: []float64{12, 8}, depth: 8, gap: 90, by: 80, kinds: []string{""}, class: "public", floors: one, setback: 14, limit: 3})
	case "square":
		one := func() int { return 1 }
		b.rows(p, rows{widths: []float64{10}, depth: 7, gap: 100, by: 90, kinds: []string{""}, class: "public", floors: one, setback: 4, limit: 2})
	}
}

// blob returns a rounded irregular ring about o.
func blob(r rng, o pt, radius, rough float64) []pt {
	a, b, c := r.in(0, 6), r.in(0, 6), r.in(0.75, 1.3)
	var out []pt
	for i := range 40 {
		t := 2 * math.Pi * float64(i) / 40
		k := radius * (1 + rough*math.Sin(2*t+a) + rough*0.6*math.Sin(3*t+b))
		out = append(out, mm(add(o, pt{k * math.Cos(t) * c, k * math.Sin(t) / c})))
	}
	return out
}

// hull returns a convex ring around ring: a circle about o, m metres wider.
func hull(o pt, ring []pt, m float64) []pt {
	var far float64
	for _, p := range ring {
		far = math.Max(far, dist(o, p))
	}
	far = (far + m) / math.Cos(math.Pi/16)
	var out []pt
	for i := range 16 {
		t := 2 * math.Pi * float64(i) / 16
		out = append(out, add(o, pt{far * math.Cos(t), far * math.Sin(t)}))
	}
	return out
}
