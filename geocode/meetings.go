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
		if !said && b.link == linkNone && g.saidWithNext(sc, i) {
			continue // A路（B路与C路交叉口）
		}
		n := len(sc.cands)
		g.meetings(sc, j, i, said)
		if len(sc.cands) > n {
			return
		}
		sc.apart = sc.apart || said
	}
}

// saidWithNext reports whether the text says a crossing of phrase i with the one behind it, and there is one.
func (g *Geocoder) saidWithNext(sc *scratch, i int32) bool {
	if int(i)+1 >= len(sc.phrases) {
		return false
	}
	b, c := &sc.phrases[i], &sc.phrases[i+1]
	if !c.cross || c.link != linkAnd || !c.has(entryRoad) {
		return false
	}
	return g.meet(b, c)
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
			if at, d, ok := g.nearestApproach(sc, ida, idb); ok && d < 250 {
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
	for k := r.doorFrom; k < r.doorTo; k++ {
		best = min(best, g.plates[k].at.dist(p))
	}
	return best
}

// approach is where two roads that do not meet come nearest; d: how near, beyond clipReach when they do not come so near.
type approach struct {
	a, b int32
	at   pt
	d    float64
}

// maxApproaches bounds the pairs of roads looked at for one text: what names more of them that do not meet is no report.
const maxApproaches = 24

// nearestApproach returns where two roads that do not meet come nearest, when that is within clipReach.
func (g *Geocoder) nearestApproach(sc *scratch, a, b int32) (pt, float64, bool) {
	for _, k := range sc.approaches {
		if k.a == a && k.b == b {
			return k.at, k.d, k.d < clipReach
		}
	}
	if len(sc.approaches) == maxApproaches {
		return pt{}, 0, false
	}
	k := approach{a: a, b: b, d: clipReach}
	points := func(id, other int32) {
		const most = 400
		try := func(p pt) {
			if s, ok := g.roads[other].geom.within(p, k.d); ok {
				k.at, k.d = lerp(p, s.at, .5), s.dist
			}
		}
		steps := 0
		for _, l := range g.roads[id].geom {
			for _, p := range l[:min(len(l), most-steps)] {
				try(p)
				steps++
			}
		}
		if r := &g.roads[id]; len(r.geom) == 0 {
			for _, p := range g.plates[r.doorFrom:min(r.doorTo, r.doorFrom+most)] {
				try(p.at)
			}
		}
	}
	points(a, b)
	points(b, a)
	sc.approaches = append(sc.approaches, k)
	return k.at, k.d, k.d < clipReach
}

// mouthMost is how many crossings a road may have for 口 behind its name alone to mean one of them.
const mouthMost = 3

// mouthCands reads 书院巷口, a short road's name with 口 and no other road beside it: where it meets the others.
func (g *Geocoder) mouthCands(sc *scratch, i int32) {
	for k := range sc.cands {
		if sc.cands[k].level == levelIntersection && (sc.cands[k].p == i || sc.cands[k].q == i) {
			return
		}
	}
	for k := range sc.phrases {
		if p := &sc.phrases[k]; int32(k) != i && p.has(entryRoad) && !p.course {
			return
		}
	}
	if _, e := sc.unknownRoad(); e != 0 {
		return // the other road is said, but not on file
	}
	g.phraseRoads(&sc.phrases[i], func(r onRoad, id int32, missing int) {
		if missing > 0 || g.roads[id].parent >= 0 {
			return
		}
		var at [mouthMost]crossing
		n := 0
	next:
		for _, k := range g.crossingsOn(id) {
			x := g.crosses[k]
			for _, o := range at[:n] {
				if o.at.near(x.at, sameSpot) {
					continue next
				}
			}
			if n == mouthMost {
				return
			}
			at[n] = x
			n++
		}
		for _, x := range at[:n] {
			c := newCand(levelIntersection, x.at, 15)
			c.p, c.road, c.road2 = i, id, x.a
			if x.a == id {
				c.road2 = x.b
			}
			if n > 1 {
				c.fault(faultAmbiguous, .05)
			}
			g.addOnRoad(sc, c, r)
		}
	})
}
