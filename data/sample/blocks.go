package sample

import "math"

// reserve sets whole faces apart for what needs room.
func (pl *plan) reserve(r rng) {
	quota := []struct {
		use  string
		per  float64 // km² for one
		area [2]float64
	}{
		{"park", 2, [2]float64{35000, 90000}},
		{"campus", 1.3, [2]float64{30000, 75000}},
		{"mall", 2.1, [2]float64{18000, 60000}},
		{"hospital", 3, [2]float64{20000, 70000}},
		{"government", 3, [2]float64{15000, 65000}},
		{"oldtown", 1.9, [2]float64{35000, 75000}},
		{"square", 3.5, [2]float64{12000, 50000}},
	}
	order := r.Perm(len(pl.faces))
	for i := range pl.faces {
		f := &pl.faces[i]
		switch c := centroid(f.v); {
		case pl.has(*f, onRiver):
			f.use = "bank"
		case c[1] < pl.railV && area(f.v) > 14000:
			f.use = "factory"
		}
	}
	for _, q := range quota {
		want := max(1, int(math.Round(pl.w*pl.h/1e6/q.per)))
		for _, i := range order {
			f := &pl.faces[i]
			a := area(f.v)
			if want == 0 || f.use != "" || a < q.area[0] || a > q.area[1] ||
				pl.roadEdges(*f, "arterial", "collector") < 2 || len(f.v) < 4 || q.use == "park" && pl.roadEdges(*f, "arterial", "collector") < 3 {
				continue
			}
			f.use = q.use
			want--
		}
	}
}

// locals splits what is left by local roads, old quarters further by lanes, and leaves no block hard to reach.
func (pl *plan) locals(r rng) {
	for i := 0; i < len(pl.faces); i++ {
		for {
			f := pl.faces[i]
			class, limit := "local", r.in(21000, 40000)
			switch f.use {
			case "":
			case "oldtown":
				class, limit = "service", r.in(5000, 9500)
			case "factory":
				limit = 60000
			default:
				limit = math.Inf(1)
			}
			if area(f.v) < limit || !pl.halve(r, i, onRoad, class) {
				break
			}
		}
	}
}

// halve splits face i across its longer extent by a carrier that ends, where it can, on two roads.
func (pl *plan) halve(r rng, i, kind int, class string) bool {
	f := pl.faces[i]
	c := centroid(f.v)
	longest, e := 0.0, pt{}
	for k, p := range f.v {
		if d := sub(f.v[(k+1)%len(f.v)], p); norm(d) > longest {
			longest, e = norm(d), unit(d)
		}
	}
	ext := func(e pt) float64 {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, p := range f.v {
			lo, hi = math.Min(lo, dot(p, e)), math.Max(hi, dot(p, e))
		}
		return hi - lo
	}
	n := left(e)
	if ext(n) > ext(e) {
		e, n = n, left(n)
	}
	o := add(c, add(mul(e, ext(e)*r.in(-0.1, 0.1)), mul(n, 0)))
	slant := r.in(-0.06, 0.06)
	for _, dir := range []pt{unit(add(n, mul(e, slant))), unit(add(e, mul(n, slant)))} {
		t := len(pl.carriers)
		pl.carriers = append(pl.carriers, carrier{kind, class, round3(sub(o, mul(dir, 2000))), round3(add(o, mul(dir, 2000)))})
		a, b, ok := pl.split(f, t)
		if ok && area(a.v) > 0.25*area(f.v) && area(b.v) > 0.25*area(f.v) && (kind != onRoad || pl.ends(a, t) && pl.ends(b, t)) {
			pl.faces[i] = a
			pl.faces = append(pl.faces, b)
			return true
		}
		pl.carriers = pl.carriers[:t]
	}
	return false
}

// ends reports whether the edge of carrier t in f has a road at each end.
func (pl *plan) ends(f face, t int) bool {
	for i, x := range f.tag {
		if x == t {
			n := len(f.tag)
			a, b := pl.carriers[f.tag[(i+n-1)%n]], pl.carriers[f.tag[(i+1)%n]]
			return a.kind == onRoad && b.kind == onRoad
		}
	}
	return false
}

// parcels divides blocks by walls and gives every face a use.
func (pl *plan) parcels(r rng) {
	for i := 0; i < len(pl.faces); i++ {
		f := pl.faces[i]
		if f.use == "" && area(f.v) > 24000 && r.one(0.5) {
			pl.halve(r, i, onLimit, "")
		} else if f.use == "factory" && area(f.v) > 30000 {
			pl.halve(r, i, onLimit, "")
		}
	}
	for i := range pl.faces {
		f := &pl.faces[i]
		if f.use != "" {
			continue
		}
		c := centroid(f.v)
		mid := norm(sub(c, pt{pl.w / 2, pl.h / 2})) / (pl.w / 2)
		small, roads := area(f.v) < 16000, pl.roadEdges(*f, "arterial", "collector", "local", "service")
		x := r.Float64()
		switch {
		case roads == 0:
			f.use = "green"
		case c[1] < pl.railV+140 && x < 0.35:
			f.use = "market"
		case small && x < 0.07:
			f.use = "green"
		case small && x < 0.16:
			f.use = "kindergarten"
		case x < 0.3-0.15*mid:
			f.use = "commerce"
		case x < 0.42-0.16*mid:
			f.use = "office"
		case x > 0.97 && mid > 0.6:
			f.use = "building_site"
		case x > 0.72 && area(f.v) > 13000:
			f.use = "towers"
		case x > 0.60 && mid > 0.5:
			f.use = "village"
		default:
			f.use = "slabs"
		}
	}
}
