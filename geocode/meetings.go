package geocode

import "math"

// pairCands makes intersections of phrase i and the one before it.
func (g *Geocoder) pairCands(sc *scratch, i int32) {
	for j := i - 1; j >= 0 && j >= i-2; j-- {
		a, b := &sc.phrases[j], &sc.phrases[i]
		if !a.has(entryRoad) || b.heirOf == j && b.num != 0 {
			continue
		}
		said := b.cross || a.cross && b.link == linkNone
		near := b.link == linkAnd || b.link == linkNone
		if j < i-1 && !(said && b.link == linkAnd) || !said && !near || b.link == linkTo || b.between && !b.cross {
			continue
		}
		if b.num != 0 && !said || b.link == linkGap && !said {
			continue
		}
		n := len(sc.cands)
		g.meetings(sc, j, i, said)
		if len(sc.cands) > n {
			return
		}
	}
}

// meetings appends the crossings of two phrases; when none is on file and the text says crossing, where they come nearest.
func (g *Geocoder) meetings(sc *scratch, i, j int32, said bool) {
	a, b := &sc.phrases[i], &sc.phrases[j]
	from := len(sc.cands)
	g.phraseRoads(a, func(ra onRoad, ida int32, ma int) {
		g.phraseRoads(b, func(rb onRoad, idb int32, mb int) {
			if ida == idb {
				return
			}
			for _, c := range g.crossingsOf(ida, idb) {
				g.addMeeting(sc, i, j, ra, rb, ida, idb, c.at, 15, ma+mb, fault{})
			}
		})
	})
	if len(sc.cands) > from {
		return
	}
	g.phraseRoads(a, func(ra onRoad, ida int32, ma int) {
		g.phraseRoads(b, func(rb onRoad, idb int32, mb int) {
			if ida == idb {
				return
			}
			// A lane and its own road, or a lane at whose mouth the other road is.
			for _, l := range [2][2]int32{{ida, idb}, {idb, ida}} {
				if g.roads[l[0]].parent < 0 {
					continue
				}
				at, unc, ok := g.mouth(l[0])
				if ok && (g.roads[l[0]].parent == l[1] || said && g.roadDistance(l[1], at) < 60) {
					g.addMeeting(sc, i, j, ra, rb, l[0], l[1], at, unc, ma+mb, fault{})
					return
				}
			}
			if !said {
				return
			}
			if at, d, ok := g.nearestApproach(ida, idb); ok && d < 250 {
				g.addMeeting(sc, i, j, ra, rb, ida, idb, at, 15+d, ma+mb, fault{faultNoCrossing, min(.2, .05+d*.001)})
			}
		})
	})
}

func (g *Geocoder) addMeeting(sc *scratch, i, j int32, ra, rb onRoad, a, b int32, at pt, unc float64, missing int, f fault) {
	c := newCand(levelIntersection, at, unc)
	c.p, c.q, c.road, c.road2 = i, j, a, b
	c.fault(f.code, f.cost)
	if missing > 0 {
		c.fault(faultLaneUnknown, .05*float64(missing))
	}
	c.fault(ra.fault.code, ra.fault.cost)
	if ra.sect.code == faultSectionWrong {
		c.fault(ra.sect.code, ra.sect.cost)
	}
	if rb.sect.code == faultSectionWrong {
		c.fault(rb.sect.code, rb.sect.cost)
	}
	g.addOnRoad(sc, c, onRoad{fault: rb.fault})
}

// roadDistance returns how far p lies from a road.
func (g *Geocoder) roadDistance(id int32, p pt) float64 {
	r := &g.roads[id]
	if s, ok := r.geom.nearest(p); ok {
		return s.dist
	}
	best := math.Inf(1)
	for _, d := range g.order[r.doorFrom:r.doorTo] {
		best = min(best, g.src.doors[d].at.dist(p))
	}
	return best
}

// nearestApproach returns where two roads that do not meet come nearest.
func (g *Geocoder) nearestApproach(a, b int32) (pt, float64, bool) {
	best, bestD := pt{}, math.Inf(1)
	try := func(p pt, other int32) {
		if s, ok := g.roads[other].geom.nearest(p); ok && s.dist < bestD {
			best, bestD = lerp(p, s.at, .5), s.dist
		}
	}
	points := func(id, other int32) {
		steps := 0
		for _, l := range g.roads[id].geom {
			for _, p := range l {
				if steps++; steps < 400 {
					try(p, other)
				}
			}
		}
		if len(g.roads[id].geom) == 0 {
			for _, d := range g.order[g.roads[id].doorFrom:g.roads[id].doorTo] {
				if steps++; steps < 400 {
					try(g.src.doors[d].at, other)
				}
			}
		}
	}
	points(a, b)
	points(b, a)
	return best, bestD, !math.IsInf(bestD, 1)
}

// betweenCands reads A路B路至C路 and B与C之间: the middle between two crossings or two lane mouths.
func (g *Geocoder) betweenCands(sc *scratch) {
	for i := 1; i < len(sc.phrases); i++ {
		a, b := &sc.phrases[i-1], &sc.phrases[i]
		if !(b.link == linkTo || b.between && b.link == linkAnd) || !a.has(entryRoad) || !b.has(entryRoad) || b.num != 0 {
			continue
		}
		p, ok1 := g.endpoint(sc, i-1, i)
		q, ok2 := g.endpoint(sc, i, i-1)
		if !ok1 || !ok2 {
			continue
		}
		c := newCand(levelBetween, lerp(p, q, .5), max(20, p.dist(q)/2))
		c.match, c.p, c.q = MatchInterpolated, int32(i-1), int32(i)
		g.phraseRoads(a, func(_ onRoad, id int32, _ int) { c.road = id })
		g.phraseRoads(b, func(_ onRoad, id int32, _ int) { c.road2 = id })
		if i >= 2 && sc.phrases[i-2].has(entryRoad) {
			g.phraseRoads(&sc.phrases[i-2], func(_ onRoad, id int32, _ int) {
				if s, ok := g.roads[id].geom.nearest(c.at); ok && s.dist < 150 {
					c.at = s.at
				}
			})
		}
		n := 0
		for _, o := range sc.cands { // the crossings that only bound the stretch are no answers
			if o.level == levelIntersection && max(o.p, o.q) <= int32(i) && min(o.p, o.q) >= int32(i-2) && !b.cross {
				continue
			}
			sc.cands[n] = o
			n++
		}
		sc.cands = sc.cands[:n]
		sc.addCand(c)
	}
}

// endpoint finds where phrase i bounds a stretch: its crossing with the road before the pair, the crossing with the
// road behind it (A与B之间的C), or the lane's mouth.
func (g *Geocoder) endpoint(sc *scratch, i, other int) (pt, bool) {
	p := &sc.phrases[i]
	var found pt
	ok := false
	first := min(i, other)
	for _, k := range [2]int{first - 1, first + 2} {
		if k < 0 || k >= len(sc.phrases) || !sc.phrases[k].has(entryRoad) || ok {
			continue
		}
		g.phraseRoads(&sc.phrases[k], func(_ onRoad, main int32, _ int) {
			g.phraseRoads(p, func(_ onRoad, id int32, _ int) {
				if cs := g.crossingsOf(main, id); len(cs) > 0 && !ok {
					found, ok = cs[0].at, true
				}
			})
		})
	}
	if ok {
		return found, true
	}
	g.phraseRoads(p, func(_ onRoad, id int32, missing int) {
		if at, _, has := g.mouth(id); has && missing == 0 && !ok {
			found, ok = at, true
		}
	})
	return found, ok
}
