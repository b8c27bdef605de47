package sample

// gate opens the parcel to a road and lays a way into it; ways that branch run to both hands when branch is set.
func (b *builder) gate(p *parcel, branch bool) bool {
	for _, f := range p.fronts {
		if f.length() < 60 {
			continue
		}
		s := f.length() * b.r.in(0.42, 0.58)
		q, dir := f.at(s)
		n := left(dir)
		g := add(q, mul(n, f.road.half()+0.3))
		deep := 0.0
		for deep < 400 && inside(add(g, mul(n, deep+14)), p.rim) {
			deep += 4
		}
		if deep < 24 {
			continue
		}
		end := add(g, mul(n, deep))
		b.way(p, []pt{q, g, end}, "service", g, end)
		if branch && deep > 60 && area(p.rim) > 15000 {
			m := add(g, mul(n, deep*b.r.in(0.45, 0.6)))
			ends := [2]pt{m, m}
			for k, sgn := range []float64{1, -1} {
				for inside(add(ends[k], mul(dir, sgn*16)), p.rim) && dist(ends[k], m) < 300 {
					ends[k] = add(ends[k], mul(dir, sgn*4))
				}
			}
			b.way(p, []pt{ends[1], m, ends[0]}, "service", ends[1], ends[0])
		}
		sr, _ := f.road.project(q)
		p.gates = append(p.gates, gate{p: g, road: f.road, s: sr, door: -1})
		return true
	}
	return false
}

// way adds an inner way and keeps its ground free between a and z.
func (b *builder) way(p *parcel, line []pt, class string, a, z pt) {
	for i := range line {
		line[i] = mm(line[i])
	}
	b.c.inner = append(b.c.inner, &road{id: -1, class: class, path: newPath(line), inner: true, parcel: p.face})
	w := sections[class].carriage + 3.4
	e := unit(sub(z, a))
	a = sub(a, mul(e, 3))
	p.taken = append(p.taken, box(add(a, mul(left(e), -w/2)), e, dist(a, z)+3, w))
}

// walls returns the wall of the parcel, open at gates and along built-up frontages.
func (b *builder) walls(p *parcel) {
	var cur []pt
	flush := func() {
		if len(cur) > 1 {
			b.c.walls = append(b.c.walls, wall{p: cur, class: "wall", name: p.name})
		}
		cur = nil
	}
	n := len(p.rim)
	for i := range n {
		a, z := mm(p.rim[i]), mm(p.rim[(i+1)%n])
		if p.shops && p.beside[i] != nil {
			flush()
			continue
		}
		if cur == nil {
			cur = []pt{a}
		}
		for _, g := range p.gates {
			if d, t := segDist(g.p, a, z); d < 1 {
				l := dist(a, z)
				u0, u1 := t-4/l, t+4/l
				if u0 > 0 {
					cur = append(cur, mm(lerp(a, z, u0)))
				}
				flush()
				if u1 >= 1 {
					u1 = 1
				}
				cur = []pt{mm(lerp(a, z, u1))}
			}
		}
		if cur[len(cur)-1] != z {
			cur = append(cur, z)
		}
	}
	flush()
}
