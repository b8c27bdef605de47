package geocode

import (
	"math"
	"slices"
)

// betweenCands reads A路B路至C路 and B与C之间: the middle of the stretch between two crossings or two lane mouths.
func (g *Geocoder) betweenCands(sc *scratch) {
	for i := 1; i < len(sc.phrases); i++ {
		a, b := &sc.phrases[i-1], &sc.phrases[i]
		if b.heirOf == int32(i-1) && a.bld != 0 && b.bld != 0 && (b.between || b.link == linkTo) {
			sc.betweenBuildings(int32(i))
			continue
		}
		if !(b.link == linkTo || b.between && b.link == linkAnd) || !a.has(entryRoad) || !b.has(entryRoad) {
			continue
		}
		if a.num != 0 && b.num != 0 {
			g.doorStretch(sc, int32(i))
			continue
		}
		if b.num != 0 || a.num != 0 {
			continue
		}
		main := g.stretchRoad(sc, i)
		var one [4]int32
		on := g.bothCross(sc, main, i, one[:0])
		if len(on) == 0 {
			on = append(on, -1)
		}
		n := len(sc.cands)
		for _, id := range on {
			if c, ok := g.stretch(sc, main, i, id); ok {
				sc.addCand(c)
			}
		}
		sc.dropBounds(i, n)
	}
}

// bothCross appends, of the roads the phrase main may mean, those that both bounds of the stretch cross: of two roads of one name each is a stretch.
func (g *Geocoder) bothCross(sc *scratch, main, i int, on []int32) []int32 {
	if main < 0 {
		return on
	}
	g.phraseRoads(&sc.phrases[main], func(_ onRoad, id int32, _ int) {
		_, ok1 := g.endpoint(sc, i-1, i, id)
		_, ok2 := g.endpoint(sc, i, i-1, id)
		if ok1 && ok2 && !slices.Contains(on, id) {
			on = append(on, id)
		}
	})
	return on
}

// stretch is what lies between the phrases i-1 and i on a road of the phrase main, on that road when it is not -1.
func (g *Geocoder) stretch(sc *scratch, main, i int, on int32) (cand, bool) {
	a, b := &sc.phrases[i-1], &sc.phrases[i]
	p, ok1 := g.endpoint(sc, i-1, i, on)
	q, ok2 := g.endpoint(sc, i, i-1, on)
	c, ok := cand{}, true
	switch {
	case ok1 && ok2:
		c = newCand(levelBetween, lerp(p, q, .5), max(20, p.dist(q)/2))
		if at, d, ok := g.betweenLanes(sc, a, b); ok && main < 0 {
			c.at, c.unc = at, max(20, d/2)
		}
		if main >= 0 {
			g.phraseRoads(&sc.phrases[main], func(_ onRoad, id int32, _ int) {
				if s, ok := g.roads[id].geom.nearest(c.at); ok && s.dist < 150 {
					c.at, c.on = s.at, id
				}
			})
		}
	case main >= 0:
		c, ok = g.clipped(sc, main, i)
	default:
		ok = false
	}
	if !ok {
		return c, false
	}
	c.match, c.p, c.q = MatchInterpolated, int32(i-1), int32(i)
	g.phraseRoads(a, func(_ onRoad, id int32, _ int) { c.road = id })
	g.phraseRoads(b, func(_ onRoad, id int32, _ int) { c.road2 = id })
	return c, true
}

// betweenLanes returns where two lanes of different roads come nearest: what is between them is not between their mouths.
func (g *Geocoder) betweenLanes(sc *scratch, a, b *phrase) (at pt, d float64, ok bool) {
	const reach = 300
	g.phraseRoads(a, func(_ onRoad, ida int32, _ int) {
		g.phraseRoads(b, func(_ onRoad, idb int32, _ int) {
			pa, pb := g.roads[ida].parent, g.roads[idb].parent
			if ok || pa < 0 || pb < 0 || pa == pb || ida == idb {
				return
			}
			if p, near, found := g.nearestApproach(sc, ida, idb); found && near < reach {
				at, d, ok = p, near, true
			}
		})
	})
	return at, d, ok
}

// dropBounds removes the crossings that only bound the stretch that ends with phrase i, which the candidates from on are: they are no answers.
func (sc *scratch) dropBounds(i, from int) {
	if len(sc.cands) == from {
		return
	}
	n := 0
	for _, o := range sc.cands {
		if o.level == levelIntersection && max(o.p, o.q) <= int32(i)+1 && min(o.p, o.q) >= int32(i-2) && !sc.phrases[i].cross {
			continue
		}
		sc.cands[n] = o
		n++
	}
	sc.cands = sc.cands[:n]
}

// stretchRoad returns the phrase of the road that the stretch ending with phrase i lies on: the one before the two that
// bound it, else the one behind them (A与B之间的C); -1 when none is said.
func (g *Geocoder) stretchRoad(sc *scratch, i int) int {
	for _, k := range [2]int{i - 2, i + 1} {
		if k >= 0 && k < len(sc.phrases) && sc.phrases[k].has(entryRoad) && sc.phrases[k].num == 0 && !sc.phrases[k].course {
			return k
		}
	}
	return -1
}

// clipReach is how far a road may pass from another and still bound a stretch of it, in metres.
const clipReach = 600

// clipped is the stretch of a road between two others when not both of them cross it: bounded by where they cross, else by
// where they come nearest, else by its own end.
func (g *Geocoder) clipped(sc *scratch, main, i int) (cand, bool) {
	best, found := cand{}, false
	g.phraseRoads(&sc.phrases[main], func(_ onRoad, id int32, _ int) {
		if found || len(g.roads[id].geom) == 0 {
			return
		}
		var ends [2]pt
		var have [2]bool
		gap := 0.0
		for k := range ends {
			off := 0.0
			ends[k], off, have[k] = g.boundOn(sc, id, &sc.phrases[i-1+k])
			gap = max(gap, off)
		}
		at, unc, ok := g.roadMiddle(id)
		switch {
		case !ok:
			return
		case have[0] && have[1]:
			at, unc = lerp(ends[0], ends[1], .5), max(20, ends[0].dist(ends[1])/2+gap)
		case have[0]:
			at, unc = lerp(ends[0], at, .5), max(20, unc)
		case have[1]:
			at, unc = lerp(ends[1], at, .5), max(20, unc)
		}
		if s, ok := g.roads[id].geom.nearest(at); ok {
			at = s.at
		}
		best, found = newCand(levelBetween, at, unc), true
		best.on = id
		cost := .12
		if !have[0] || !have[1] {
			cost = .19
		}
		best.fault(faultBound, cost)
	})
	return best, found
}

// boundOn returns where a road named bounds another: their crossing, else where it comes nearest, and how far it passes from it.
func (g *Geocoder) boundOn(sc *scratch, id int32, p *phrase) (at pt, off float64, ok bool) {
	off = math.Inf(1)
	g.phraseRoads(p, func(_ onRoad, other int32, _ int) {
		if cs := g.crossingsOf(id, other); len(cs) > 0 {
			at, off, ok = cs[0].at, 0, true
			return
		}
		if q, d, near := g.nearestApproach(sc, id, other); near && d < min(off, clipReach) {
			if s, on := g.roads[id].geom.nearest(q); on {
				at, off, ok = s.at, d, true
			}
		}
	})
	if !ok {
		off = 0
	}
	return at, off, ok
}

// endpoint finds where phrase i bounds a stretch: its crossing with the road before the pair, the crossing with the
// road behind it (A与B之间的C), or the lane's mouth; with on only the crossing with that road.
func (g *Geocoder) endpoint(sc *scratch, i, other int, on int32) (pt, bool) {
	p := &sc.phrases[i]
	var found pt
	ok := false
	first := min(i, other)
	for _, k := range [2]int{first - 1, first + 2} {
		if k < 0 || k >= len(sc.phrases) || !sc.phrases[k].has(entryRoad) || ok {
			continue
		}
		g.phraseRoads(&sc.phrases[k], func(_ onRoad, main int32, _ int) {
			if on >= 0 && main != on {
				return
			}
			g.phraseRoads(p, func(_ onRoad, id int32, _ int) {
				if cs := g.crossingsOf(main, id); len(cs) > 0 && !ok {
					found, ok = cs[0].at, true
				}
			})
		})
	}
	if ok || on >= 0 {
		return found, ok
	}
	g.phraseRoads(p, func(_ onRoad, id int32, missing int) {
		if at, _, has := g.mouth(id); has && missing == 0 && !ok {
			found, ok = at, true
		}
	})
	return found, ok
}

// betweenBuildings places 1号楼和2号楼之间 in the middle of the two when both are on file.
func (sc *scratch) betweenBuildings(i int32) {
	best := [2]*cand{}
	for k := range sc.cands {
		c := &sc.cands[k]
		if w := c.p - i + 1; (w == 0 || w == 1) && !c.has(faultNumberUnused) && (best[w] == nil || c.score > best[w].score) {
			best[w] = c
		}
	}
	a, b := best[0], best[1]
	if a == nil || b == nil || a.at.dist(b.at) > reachOfBuildings {
		return
	}
	c := *a
	if b.score < a.score {
		c = *b
	}
	c.at, c.unc, c.p, c.q = lerp(a.at, b.at, .5), max(15, a.at.dist(b.at)/2), i-1, i
	for _, e := range sc.phrases[i].m.entries {
		if e.kind == entryPOI { // it is named by the estate
			c.door, c.slot, c.poi = -1, -1, e.idx
		}
	}
	c.level, c.match, c.moved = levelOffset, MatchInterpolated, true
	n := 0
	for _, o := range sc.cands { // the two that only bound it are no answers
		if o.p == i-1 || o.p == i {
			continue
		}
		sc.cands[n] = o
		n++
	}
	sc.cands = sc.cands[:n]
	sc.addCand(c)
}

// reachOfBuildings is how far apart two buildings may stand for there to be a place between them, in metres.
const reachOfBuildings = 300

// doorStretch places 145号至149号 in the middle between its two doors, when both are found not far apart on one road.
func (g *Geocoder) doorStretch(sc *scratch, i int32) {
	var from, to *cand
	for k := range sc.cands {
		c := &sc.cands[k]
		if c.level != levelDoor && c.level != levelInterpolated {
			continue
		}
		if c.p == i-1 && (from == nil || c.score > from.score) {
			from = c
		}
		if c.p == i && (to == nil || c.score > to.score) {
			to = c
		}
	}
	if from == nil || to == nil || from.road != to.road {
		return
	}
	d := from.at.dist(to.at)
	if d > 600 {
		return
	}
	c := *from
	if to.score < from.score {
		c = *to
	}
	c.at, c.unc, c.door, c.p, c.num = lerp(from.at, to.at, .5), max(15, d/2), -1, i-1, sc.phrases[i-1].num
	c.match, c.level, c.upTo = MatchInterpolated, levelInterpolated, sc.phrases[i].num
	n := 0
	for _, o := range sc.cands { // the doors that only bound it are no answers
		if (o.level == levelDoor || o.level == levelInterpolated) && (o.p == i-1 || o.p == i) {
			continue
		}
		sc.cands[n] = o
		n++
	}
	sc.cands = sc.cands[:n]
	sc.addCand(c)
}

// rangeCands places 10-14号, which no plate bears, in the middle between its two ends when both are doors; false when they are not.
func (g *Geocoder) rangeCands(sc *scratch, i int32) bool {
	p, found := &sc.phrases[i], false
	lo, hi := makeNumber(uint64(p.num.main()), 0, 0), makeNumber(uint64(p.num.sub()), 0, 0)
	g.phraseRoads(p, func(r onRoad, id int32, missing int) {
		if missing > 0 {
			return
		}
		a, b := g.exactDoors(id, lo, nil), g.exactDoors(id, hi, nil)
		if len(a) == 0 || len(b) == 0 || a[0].at.dist(b[0].at) > 600 {
			return
		}
		c := newCand(levelInterpolated, lerp(a[0].at, b[0].at, .5), max(15, a[0].at.dist(b[0].at)/2))
		c.match, c.p, c.road, c.num, c.upTo = MatchInterpolated, i, id, lo, hi
		g.addOnRoad(sc, c, r)
		found = true
	})
	return found
}
