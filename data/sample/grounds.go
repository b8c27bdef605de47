package sample

import "math"

// bridges places a bridge where a road crosses a river, and what belongs to a crossing of the railway.
func (p *placer) bridges() {
	for _, rd := range p.c.roads.list {
		start := -1.0
		for s := 0.0; s <= rd.length(); s += 2 {
			at, _ := rd.at(s)
			in := p.c.wet(at, 0)
			switch {
			case in && start < 0:
				start = s
			case !in && start >= 0:
				if s-start > 15 && s-start < 160 {
					h := rd.half()
					p.areal("02009", []pt{rd.off(start-3, -h), rd.off(s+3, -h), rd.off(s+3, h), rd.off(start-3, h)}, rd, (start+s)/2, -1)
				}
				start = -1
			}
		}
		if len(p.c.rail.p) == 0 {
			continue
		}
		for i := 0; i+1 < len(rd.p); i++ {
			for k := 0; k+1 < len(p.c.rail.p); k++ {
				if a, b := p.c.rail.p[k], p.c.rail.p[k+1]; segsCross(rd.p[i], rd.p[i+1], a, b) || rd.p[i] == a {
					s, _ := rd.project(a)
					p.crossing(rd, s)
				}
			}
		}
	}
}

func (p *placer) crossing(rd *road, s float64) {
	if s < 25 || s > rd.length()-25 {
		return
	}
	h := rd.half()
	if rd.class == "arterial" || rd.class == "collector" {
		p.areal("02042", []pt{rd.off(s-7, -h), rd.off(s+7, -h), rd.off(s+7, h), rd.off(s-7, h)}, rd, s, -1)
		p.point("02011", rd.off(s-18, rd.kerb()+0.5), rd, s-18, -1)
		p.point("02011", rd.off(s+18, -rd.kerb()-0.5), rd, s+18, -1)
		return
	}
	p.point("02028", rd.off(s-14, rd.kerb()+0.6), rd, s-14, -1)
	p.point("02028", rd.off(s+14, -rd.kerb()-0.6), rd, s+14, -1)
}

// waterside lines the river's banks.
func (p *placer) waterside() {
	for _, ring := range p.c.river {
		n := len(ring)
		half := n / 2
		n2 := 0
		for i := 3; i+3 < n; i += 3 {
			if i+3 >= half && i <= half+2 {
				continue // the city's edge
			}
			var l []pt
			dry := true
			for k := i; k <= i+3; k++ {
				a, b := ring[k], ring[(k+1)%n]
				if k == i+3 {
					a, b = ring[k-1], ring[k]
				}
				q := add(ring[k], mul(left(unit(sub(b, a))), -1.2))
				l = append(l, q)
				dry = dry && !p.c.onRoad(q, 2)
			}
			if !dry {
				continue
			}
			n2++
			p.linear("01070", l, nil, 0, -1)
			switch n2 % 6 {
			case 1:
				p.point("01073", l[1], nil, 0, -1)
			case 2:
				p.point("02030", add(l[1], mul(left(unit(sub(l[2], l[1]))), -1)), nil, 0, -1)
			case 3:
				p.point("01069", add(l[2], mul(left(unit(sub(l[2], l[1]))), -0.6)), nil, 0, -1)
			case 4:
				if p.r.one(0.4) {
					p.point("01067", l[1], nil, 0, -1)
				}
			}
		}
	}
}

// onRoad reports whether q lies on a road of the net or within m metres of one.
func (c *City) onRoad(q pt, m float64) bool {
	for _, r := range c.roads.list {
		if r.class == "service" {
			continue
		}
		for i := 0; i+1 < len(r.p); i++ {
			if math.Abs(r.p[i][0]-q[0]) > 90 || math.Abs(r.p[i][1]-q[1]) > 90 {
				continue
			}
			if d, _ := segDist(q, r.p[i], r.p[i+1]); d < r.half()+m {
				return true
			}
		}
	}
	return false
}

// spot returns a random point of the parcel at least m metres inside and off buildings and water, false when none was found.
func (p *placer) spot(x *parcel, m float64) (pt, bool) {
	x0, y0, x1, y1 := extent(x.rim, pt{1, 0})
tries:
	for range 30 {
		q := pt{p.r.in(x0, x1), p.r.in(y0, y1)}
		if !inside(q, x.rim) || ringDist(q, x.rim) < m {
			continue
		}
		for _, t := range x.taken {
			if inside(q, t) || ringDist(q, t) < 0.8 {
				continue tries
			}
		}
		for _, t := range x.ponds {
			if inside(q, t) {
				continue tries
			}
		}
		if p.c.wet(q, 1) {
			continue
		}
		return q, true
	}
	return pt{}, false
}

// scatter places n things of the class over the parcel.
func (p *placer) scatter(x *parcel, class string, n int, m float64) {
	for range n {
		if q, ok := p.spot(x, m); ok {
			p.point(class, q, nil, 0, x.face)
		}
	}
}

// yard places a small rectangle of the class clear of buildings.
func (p *placer) yard(x *parcel, class string, w, d float64) {
	e := x.frame()
	rim := x.within(2)
	for range 25 {
		q, ok := p.spot(x, 3)
		if !ok {
			return
		}
		if b := box(q, e, w, d); x.free(b, rim, 1) {
			p.areal(class, b, nil, 0, x.face)
			return
		}
	}
}

func (p *placer) parcel(x *parcel) {
	ha := area(x.rim) / 10000
	some := func(perHa float64) int { return int(perHa*ha + p.r.Float64()) }
	switch x.use {
	case "slabs", "towers":
		p.compound(x, some)
	case "park", "green", "bank", "square":
		p.green(x, some, ha)
	case "campus", "kindergarten", "hospital", "office", "government":
		p.inner(x)
		p.scatter(x, "03005", some(1.2), 4)
		p.scatter(x, "04003", some(5), 4)
		if x.use == "government" || x.use == "campus" {
			p.scatter(x, "01035", 1, 10)
		}
		if x.use == "hospital" || x.use == "government" {
			p.scatter(x, "01999", 1, 6)
		}
		p.yard(x, "02001", 30, 16)
	case "mall", "market", "commerce":
		p.scatter(x, "03005", some(2), 2)
		p.yard(x, "02001", 34, 17)
		if x.use == "mall" {
			p.scatter(x, "01076", 2, 4)
			p.scatter(x, "04006", 1, 6)
			p.scatter(x, "02041", 1, 4)
			p.scatter(x, "03016", 2, 4)
			p.scatter(x, "03999", 1, 5)
		}
		if x.use == "market" {
			p.yard(x, "03004", 8, 5)
			p.yard(x, "03001", 9, 6)
		}
	case "oldtown", "village":
		p.scatter(x, "01030", some(1.5), 1)
		p.scatter(x, "03997", some(0.5), 2)
		p.scatter(x, "01024", some(0.4), 3)
		p.scatter(x, "03998", some(0.3), 2)
		if x.use == "oldtown" {
			p.scatter(x, "04001", some(0.5), 3)
			if p.r.one(0.15) {
				p.yard(x, "05009", 9, 8)
				p.scatter(x, "02037", 1, 2)
			}
			if p.r.one(0.2) && len(x.fronts) > 0 {
				f := x.fronts[len(x.fronts)-1]
				p.point("01064", f.off(f.length()/2, f.road.half()-0.2), f.road, 0, -1)
			}
		}
		if p.r.one(0.3) {
			p.yard(x, "03001", 8, 5)
		}
	case "factory":
		p.inner(x)
		p.scatter(x, "01013", some(0.8), 4)
		p.scatter(x, "01048", 1, 4)
		if p.r.one(0.2) {
			p.scatter(x, "01063", 1, 6)
			p.scatter(x, "03012", 1, 3)
		}
		if p.r.one(0.12) {
			p.yard(x, "05003", 26, 16)
		}
	}
}

// inner places manholes and lamps along the ways inside a parcel.
func (p *placer) inner(x *parcel) {
	for _, w := range p.c.innerOf(x) {
		for s := 14.0; s < w.length()-2; s += 26 {
			p.point("01002", w.off(s, 0.6), nil, 0, x.face)
			p.point("01003", w.off(s+9, -0.7), nil, 0, x.face)
			p.point("01039", w.off(s+4, w.kerb()+0.6), nil, 0, x.face)
			if int(s)%3 == 0 {
				p.point("01001", w.off(s+2, -1.4), nil, 0, x.face)
			}
		}
	}
}

// innerOf returns the inner ways that lie in the parcel.
func (c *City) innerOf(x *parcel) (out []*road) {
	if c.innerBy == nil {
		c.innerBy = map[int][]*road{}
		for _, w := range c.inner {
			c.innerBy[w.parcel] = append(c.innerBy[w.parcel], w)
		}
	}
	return c.innerBy[x.face]
}

func (p *placer) compound(x *parcel, some func(float64) int) {
	p.inner(x)
	for _, id := range x.buildings {
		b := p.c.buildings[id]
		if b.number == 0 {
			continue
		}
		n := unit(sub(b.quad[2], b.quad[1]))
		p.point("01018", add(lerp(b.quad[2], b.quad[3], 0.3), mul(n, 2.6)), nil, 0, x.face)
		p.point("03005", add(lerp(b.quad[2], b.quad[3], 0.8), mul(n, 2.0)), nil, 0, x.face)
		p.point("02038", add(lerp(b.quad[2], b.quad[3], 0.5), mul(n, 0.1)), nil, 0, x.face)
	}
	p.scatter(x, "01046", some(1.6), 5)
	p.scatter(x, "01075", 1+some(0.3), 5)
	p.scatter(x, "01059", 1, 5)
	p.scatter(x, "03997", 1+some(0.4), 5)
	p.scatter(x, "01054", some(1.2), 5)
	p.scatter(x, "04003", some(9), 4)
	p.scatter(x, "04007", some(1.2), 5)
	p.scatter(x, "01058", some(0.5), 5)
	p.yard(x, "04013", 14, 7)
	if p.r.one(0.5) {
		p.yard(x, "02001", 22, 11)
	}
	if p.r.one(0.3) {
		p.yard(x, "03004", 6, 4)
	}
}

func (p *placer) green(x *parcel, some func(float64) int, ha float64) {
	if x.use != "square" {
		p.scatter(x, "04999", int(ha*55/math.Max(p.k, 0.2)), 3)
		p.areal("04013", x.rim, nil, 0, x.face)
	} else {
		p.scatter(x, "04005", some(8), 4)
		p.scatter(x, "01035", 3, 12)
		p.scatter(x, "04010", 1, 14)
		p.scatter(x, "01038", some(12), 6)
		p.yard(x, "02001", 40, 18)
	}
	p.scatter(x, "01039", some(7), 3)
	p.scatter(x, "04007", some(4), 4)
	p.scatter(x, "03005", some(2.4), 4)
	p.scatter(x, "04006", some(0.4), 8)
	p.scatter(x, "03015", some(0.6), 4)
	p.scatter(x, "01014", some(2), 3)
	p.scatter(x, "01025", some(0.25), 6)
	for _, r := range x.ponds {
		p.linear("04008", append(append([]pt{}, grow(r, 1.5)...), grow(r, 1.5)[0]), nil, 0, x.face)
	}
	if x.use == "park" || x.use == "square" {
		p.scatter(x, "01046", some(3), 8)
		p.scatter(x, "01052", 1, 15)
		p.scatter(x, "01066", 1, 8)
		p.scatter(x, "02040", 2, 5)
		p.scatter(x, "02035", 1, 4)
		p.scatter(x, "03010", 1, 8)
		p.scatter(x, "03014", 1, 6)
		p.scatter(x, "03016", 2, 6)
		p.yard(x, "03001", 11, 7)
		p.scatter(x, "03009", some(0.1), 10)
	}
}

// grow moves a roundish ring m metres outward from its middle.
func grow(r []pt, m float64) []pt {
	c := centroid(r)
	out := make([]pt, len(r))
	for i, q := range r {
		out[i] = add(q, mul(unit(sub(q, c)), m))
	}
	return out
}

// doors places a number plate at a part of the street doors.
func (p *placer) doors() {
	for i, d := range p.c.doors {
		if d.house >= 0 && d.building == "" && i%4 == 0 {
			p.point("02038", d.p, d.road, d.s, -1)
		}
	}
}
