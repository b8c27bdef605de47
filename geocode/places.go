package geocode

import (
	"math"
)

// poiCands makes candidates of the points of interest a phrase names.
func (g *Geocoder) poiCands(sc *scratch, i int32) {
	p := &sc.phrases[i]
	from := len(sc.cands)
	if p.bld != 0 || p.num != 0 {
		for _, e := range p.m.entries {
			if e.kind == entryPOI {
				g.buildingOf(sc, i, e)
			}
		}
		if len(sc.cands) > from {
			return
		}
	}
	sc.holders = sc.holders[:0]
	for _, e := range p.m.entries {
		if e.kind == entryPOI && !g.sameSite(sc.holders, e.idx) {
			sc.holders = append(sc.holders, e)
		}
	}
	for _, e := range sc.holders {
		g.addPOI(sc, i, e.idx, p.m.nameFault(e), len(sc.holders))
	}
	// A name that many bear (公厕, 停车场) stands for the one on the road the text names.
	if len(sc.holders) > 1 && g.anyRoad(sc) {
		g.keepNearRoads(sc, from)
	}
}

func (g *Geocoder) addPOI(sc *scratch, i, idx int32, f fault, holders int) {
	r := &g.src.pois[idx]
	c := newCand(levelPOI, r.at, max(20, r.radius))
	c.p, c.poi = i, idx
	if sc.phrases[i].part {
		c.fault(faultPart, .05)
	}
	if sc.phrases[i].bld != 0 || sc.phrases[i].num != 0 { // that building is not on file
		c.fault(faultNumberUnused, .05)
		c.unc = max(c.unc, g.siteRadius(sc, &c))
	}
	if sc.phrases[i].near && sc.measured() {
		c.fault(faultOnlyNear, .1)
	}
	c.fault(f.code, f.cost)
	if holders > 30 {
		c.fault(faultAmbiguous, .2)
	} else if holders > 1 {
		c.fault(faultAmbiguous, .05)
	}
	sc.addCand(c)
}

// measured reports whether the text says so many metres from some place.
func (sc *scratch) measured() bool {
	for k := range sc.phrases {
		if sc.phrases[k].off.metres > 0 {
			return true
		}
	}
	return false
}

func (g *Geocoder) anyRoad(sc *scratch) bool {
	for k := range sc.phrases {
		if sc.phrases[k].has(entryRoad) {
			return true
		}
	}
	return false
}

// keepNearRoads drops, of the candidates from on, those away from every road named, when one is by a road named; the
// one left is no longer ambiguous.
func (g *Geocoder) keepNearRoads(sc *scratch, from int) {
	cs := sc.cands[from:]
	n := 0
	for k := range cs {
		if g.offRoads(sc, cs[k].at) < 150 {
			cs[n] = cs[k]
			n++
		}
	}
	if n == 0 {
		return
	}
	if n == 1 {
		for f := range cs[0].faults[:cs[0].nf] {
			if cs[0].faults[f].code == faultAmbiguous {
				cs[0].faults[f].cost = .01
			}
		}
		cs[0].rate()
	}
	sc.cands = sc.cands[:from+n]
}

// offRoads returns how far p lies from the nearest of the roads the text names; infinite when it names none.
func (g *Geocoder) offRoads(sc *scratch, p pt) float64 {
	best := math.Inf(1)
	for k := range sc.phrases {
		if ph := &sc.phrases[k]; ph.has(entryRoad) && ph.heirOf < 0 {
			g.phraseRoads(ph, func(_ onRoad, id int32, _ int) { best = min(best, g.roadDistance(id, p)) })
		}
	}
	return best
}

// checkPOIs makes points of interest pay for lying away from the roads the text names.
func (g *Geocoder) checkPOIs(sc *scratch) {
	if !g.anyRoad(sc) {
		return
	}
	for k := range sc.cands {
		c := &sc.cands[k]
		if c.level == levelPOI && !(c.p >= 0 && sc.phrases[c.p].has(entryRoad)) {
			if d := g.offRoads(sc, c.at); d > 150+c.unc {
				c.fault(faultRoadApart, .1)
				c.rate()
			}
		}
	}
}

// roadCands places a road by itself: in the community or street the text names, else at its middle.
func (g *Geocoder) roadCands(sc *scratch, i int32) {
	p := &sc.phrases[i]
	g.phraseRoads(p, func(r onRoad, id int32, missing int) {
		if missing > 0 || len(g.roads[id].geom) == 0 && (p.has(entryCommunity) || p.has(entryPOI)) {
			return // a village or an estate that has doors is no road
		}
		if p.mouth && g.endMouth(sc, i, r, id) {
			return
		}
		if n := len(sc.cands); p.toEnd {
			if g.endCands(sc, i, r, id); len(sc.cands) > n {
				return
			}
		}
		if at, unc, ok := g.roadMiddle(id); ok {
			g.addWholeRoad(sc, i, r, id, at, unc)
		}
	})
}

func (g *Geocoder) addWholeRoad(sc *scratch, i int32, r onRoad, id int32, at pt, unc float64) {
	p := &sc.phrases[i]
	c := newCand(levelRoad, at, unc)
	c.match, c.p, c.road = MatchFallback, i, id
	if p.num != 0 {
		c.fault(faultNumberUnused, .03)
	}
	if sc.apart {
		c.fault(faultNoCrossing, .1)
	}
	if p.off.rel == relBridge {
		c.fault(faultNoBridge, .05)
	}
	switch {
	case p.end >= 0:
		g.towardsEnd(&c, p)
	case p.off.rel == relMiddle:
		c.unc = max(20, c.unc/2)
	default:
		g.clipToAreas(sc, &c)
	}
	g.addOnRoad(sc, c, r)
}

// towardsEnd moves a road's point towards the end in the direction said: to the end itself for 南头, to the middle of that
// half's outer part for 北段. A road that runs across the direction has no such part.
func (g *Geocoder) towardsEnd(c *cand, p *phrase) {
	end, ok := g.roadEnd(c.road, int(p.end))
	if !ok {
		c.fault(faultOffsetUnused, .05)
		return
	}
	share, unc := .92, c.unc/6
	if p.endPart {
		share, unc = .6, c.unc/2
	}
	if s, ok := g.roads[c.road].geom.nearest(lerp(c.at, end, share)); ok {
		c.at, c.unc, c.moved = s.at, max(20, unc), true
	}
}

// clipToAreas keeps the part of a road inside the area the text names, the smallest first.
func (g *Geocoder) clipToAreas(sc *scratch, c *cand) {
	for _, kind := range [2]entryKind{entryCommunity, entryStreet} {
		for _, m := range sc.areas {
			for _, e := range m.entries {
				if e.kind != kind {
					continue
				}
				var inside line
				shape := &g.src.areas[e.idx].shape
				for _, l := range g.roads[c.road].geom {
					for k := 1; k < len(l); k++ {
						n := int(l[k-1].dist(l[k])/20) + 1
						for s := 0; s <= n; s++ {
							if p := lerp(l[k-1], l[k], float64(s)/float64(n)); shape.contains(p) {
								inside = append(inside, p)
							}
						}
					}
				}
				if len(inside) == 0 {
					continue
				}
				var sum pt
				for _, p := range inside {
					sum = sum.add(p)
				}
				if s, ok := g.roads[c.road].geom.nearest(sum.mul(1 / float64(len(inside)))); ok {
					c.at, c.unc = s.at, max(20, float64(len(inside))*10)
					return
				}
			}
		}
	}
}

// areaCands makes candidates of the communities and streets named.
func (g *Geocoder) areaCands(sc *scratch) {
	for _, m := range sc.areas {
		for _, e := range m.entries {
			if e.kind != entryStreet && e.kind != entryCommunity {
				continue
			}
			a := &g.src.areas[e.idx]
			if !a.hasAt {
				continue
			}
			l := levelCommunity
			if e.kind == entryStreet {
				l = levelStreet
			}
			c := newCand(l, a.at, max(50, min(5000, a.shape.radius())))
			c.match, c.area = MatchFallback, e.idx
			g.towardsEdge(sc, &c, m.s)
			f := (&match{cost: m.cost}).nameFault(e)
			c.fault(f.code, f.cost)
			sc.addCand(c)
		}
	}
}

// towardsEdge moves the point of a community or village to the part of it that is said: 松田村东头, 村北.
func (g *Geocoder) towardsEdge(sc *scratch, c *cand, s int32) {
	dir := int8(-1)
	for k := range sc.phrases {
		if p := &sc.phrases[k]; p.s == s && p.num == 0 && p.off.metres == 0 {
			dir = max(p.off.dir, p.end)
		}
	}
	if dir < 0 {
		return
	}
	shape, h, d := &g.src.areas[c.area].shape, heading(int(dir)), 0.0
	for d < 5000 && shape.contains(c.at.add(h.mul(d+20))) {
		d += 20
	}
	if d > 0 {
		c.at, c.unc, c.moved = c.at.add(h.mul(.6*d)), max(50, .6*c.unc), true
	}
}

// candAreas returns the indexes of the street and community a candidate lies in, by what its row says, else by its point.
func (g *Geocoder) candAreas(c *cand) (street, community int32) {
	street, community = -1, -1
	switch {
	case c.area >= 0 && g.src.areas[c.area].isStreet:
		return c.area, -1
	case c.area >= 0:
		community = c.area
		return g.streetOf[c.area], community
	case c.door >= 0 && !c.moved && c.slot >= 0 && g.plates[c.slot].at == c.at:
		a := g.rowAreas[g.plates[c.slot].areas]
		return a.street, a.community
	case c.door >= 0 && !c.moved:
		d := &g.src.doors[c.door]
		street, community = g.areaNamed("s", value(d.street)), g.areaNamed("c", value(d.commCode))
	case c.comp != nil && !c.moved:
		street, community = g.areaNamed("s", c.comp.street), g.areaNamed("c", c.comp.comm)
	}
	a := g.within(areaPair{street, community}, c.at)
	return a.street, a.community
}

// checkAreas makes candidates pay for lying outside the street or community the text names.
func (g *Geocoder) checkAreas(sc *scratch) {
	if len(sc.areas) == 0 {
		return
	}
	for k := range sc.cands {
		c := &sc.cands[k]
		street, community := g.candAreas(c)
		for _, m := range sc.areas {
			if c.p >= 0 && sc.phrases[c.p].s == m.s { // the area's name is the place's own
				continue
			}
			ok, isStreet := false, false
			for _, e := range m.entries {
				switch e.kind {
				case entryStreet:
					isStreet = true
					ok = ok || e.idx == street || street < 0
				case entryCommunity:
					ok = ok || e.idx == community || community < 0 || c.area >= 0 && c.level == levelStreet
				}
			}
			if ok {
				continue
			}
			cost := .08
			code := faultCommunity
			if isStreet {
				cost, code = .12, faultStreet
			}
			if m.short {
				cost /= 2
			}
			c.fault(code, cost)
			c.rate()
		}
	}
}
