package geocode

import (
	"math"
	"slices"
)

// displace moves each candidate by the offset said about its phrase.
func (g *Geocoder) displace(sc *scratch) {
	for k := range sc.cands {
		c := &sc.cands[k]
		i := max(c.p, c.q)
		if i < 0 || c.level == levelComponent || c.level == levelGrid || c.level == levelCoordinate {
			continue
		}
		off := &sc.phrases[i].off
		if c.p >= 0 && !off.used && sc.phrases[c.p].off.used {
			off = &sc.phrases[c.p].off
		}
		if off.used {
			g.move(sc, c, off)
		}
	}
}

func (g *Geocoder) move(sc *scratch, c *cand, off *offset) {
	if off.gate >= 0 && c.poi >= 0 {
		g.toGate(sc, c, off.gate)
	}
	if off.near && (c.door >= 0 || c.poi >= 0) {
		g.crossingNear(c, off)
		return
	}
	if off.nth > 0 {
		g.setCourse(sc, c, off)
		g.toNth(c, off)
		g.secondLeg(c, off)
		g.toSide(c, off.sideDir)
		c.rate()
		return
	}
	if off.metres > 0 && off.dir >= 0 {
		g.setCourse(sc, c, off)
		c.at = g.walk(c, int(off.dir), off.metres)
		if levels[c.level].base > levels[levelOffset].base {
			c.level = levelOffset
		}
		if c.match == MatchExact {
			c.match = MatchInterpolated
		}
		c.unc, c.moved = max(15, c.unc, .2*off.metres), true
		g.secondLeg(c, off)
		g.toSide(c, off.sideDir)
		c.rate()
		return
	}
	if off.vague > 0 && off.acrossBy() { // 斜对面15米: across the road and a little on
		c.unc += off.vague / 2
	} else if off.vague > 0 {
		c.unc += off.vague
		c.fault(faultOffsetVague, .05)
		c.rate()
	}
	switch {
	case c.level >= levelLane:
		// a whole road has no side worth moving to
		if r := sc.f.Runes; off.dir >= 0 && c.road >= 0 && (r[off.s] == '往' || r[off.s] == '向' || r[off.s] == '朝') && c.p >= 0 && sc.phrases[c.p].end < 0 && off.sideDir < 0 {
			c.fault(faultOffsetUnused, .02)
			c.rate()
		}
	case off.sideDir >= 0:
		g.toSide(c, off.sideDir)
	case off.dir >= 0:
		d := 10.0
		switch {
		case c.poi >= 0 && g.src.pois[c.poi].layer == "building": // a long house is not far across
			d = 10 + g.src.pois[c.poi].halfTowards(heading(int(off.dir)))
		case c.poi >= 0:
			d = 10 + min(200, g.siteRadius(sc, c)*.7)
		case c.level == levelIntersection && !off.corner:
			d = 15
		case c.level == levelIntersection:
			d = 1.2 * max(g.half(c.road), g.half(c.road2))
		}
		c.at, c.moved = c.at.add(heading(int(off.dir)).mul(d)), true
		c.unc = max(c.unc, d)
	}
	if off.dir2 >= 0 && off.metres2 > 0 { // 东北角往北20米
		g.secondLeg(c, off)
		if levels[c.level].base > levels[levelOffset].base {
			c.level = levelOffset
		}
		c.rate()
	}
	switch off.rel {
	case relOpposite, relDiagonal:
		g.across(c)
	case relNear:
		c.unc += 20
	case relBehind:
		if c.poi >= 0 {
			c.unc = max(c.unc, 20+min(200, g.siteRadius(sc, c)))
		}
	}
}

// acrossBy reports whether the distance said is that to the other side of the road.
func (o *offset) acrossBy() bool {
	return (o.rel == relOpposite || o.rel == relDiagonal) && o.vague <= 60
}

// secondLeg goes on in another direction: 东50米再往北20米, along a road that leads that way from there, else as the crow flies.
func (g *Geocoder) secondLeg(c *cand, off *offset) {
	if off.dir2 < 0 || off.metres2 == 0 {
		return
	}
	turn := *c
	turn.road, turn.road2, turn.door = -1, -1, -1
	if other, ok := g.roadLeading(c.at, int(off.dir2), 25); ok {
		turn.road = other
		c.road2 = other
	}
	c.at = g.walk(&turn, int(off.dir2), off.metres2)
	c.unc, c.moved = max(c.unc, .2*(off.metres+off.metres2)), true
}

// roadLeading returns the road within reach of p that leads most nearly in the direction.
func (g *Geocoder) roadLeading(p pt, dir int, reach float64) (int32, bool) {
	h, best, id := heading(dir), .64, int32(-1)
	g.segGrid.search(box{p.x, p.y, p.x, p.y}.pad(reach), func(i int32) bool {
		s := g.segs[i]
		v := s.b.sub(s.a)
		if q, _ := project(p, s.a, s.b); q.dist(p) < reach && v.norm() > 0 {
			if cos := math.Abs(v.dot(h)) / v.norm(); cos > best {
				best, id = cos, s.road
			}
		}
		return true
	})
	return id, id >= 0
}

// siteRadius is the radius of a POI or, when it is a point, of the plot of the same name it stands on.
func (g *Geocoder) siteRadius(sc *scratch, c *cand) float64 {
	r := g.src.pois[c.poi].radius
	if c.p < 0 || !slices.ContainsFunc(sc.phrases[c.p].m.entries, func(e entry) bool { return e.kind == entryPOI && e.idx == c.poi }) {
		return r // a building of the estate named, not the estate
	}
	for _, e := range sc.phrases[c.p].m.entries {
		if e.kind == entryPOI && g.src.pois[e.idx].at.near(g.src.pois[c.poi].at, 60+g.src.pois[e.idx].radius) {
			r = max(r, g.src.pois[e.idx].radius)
		}
	}
	return r
}

// halfTowards is how far a thing's bounds reach from their middle in a direction.
func (r *poiRec) halfTowards(h pt) float64 {
	return float64(r.halfX)*math.Abs(h.x) + float64(r.halfY)*math.Abs(h.y)
}

// toGate moves to the side of the grounds on which the gate named lies.
func (g *Geocoder) toGate(sc *scratch, c *cand, dir int8) {
	if ground := g.groundOf(&sc.phrases[max(c.p, 0)], c.poi); ground != nil && c.p >= 0 && ground.contains(c.at) {
		h, d := heading(int(dir)), 0.0
		for d < 2000 && ground.contains(c.at.add(h.mul(d+5))) {
			d += 5
		}
		c.at, c.unc, c.moved = c.at.add(h.mul(d)), max(20, g.siteRadius(sc, c)*.4), true
		return
	}
	if r := min(300, g.siteRadius(sc, c)); r > 20 {
		c.at, c.moved = c.at.add(heading(int(dir)).mul(r*.7)), true
		c.unc = max(20, r*.4)
		return
	}
	c.unc += 20
}

// setCourse gives a candidate the road the text says to go along, else, for a POI, the road it stands by.
func (g *Geocoder) setCourse(sc *scratch, c *cand, off *offset) {
	if off.course < 0 {
		if c.poi >= 0 && c.road < 0 {
			g.roadBeside(c, 40)
		}
		return
	}
	best := 120.0
	g.phraseRoads(&sc.phrases[off.course], func(_ onRoad, id int32, _ int) {
		if s, ok := g.roads[id].geom.nearest(c.at); ok && s.dist < best {
			best, c.road, c.road2 = s.dist, id, -1
		}
	})
}

// roadBeside gives a POI the nearest road within reach.
func (g *Geocoder) roadBeside(c *cand, reach float64) {
	g.segGrid.search(box{c.at.x, c.at.y, c.at.x, c.at.y}.pad(reach), func(i int32) bool {
		q, _ := project(c.at, g.segs[i].a, g.segs[i].b)
		if d := q.dist(c.at); d < reach {
			reach, c.road = d, g.segs[i].road
		}
		return true
	})
}

func (g *Geocoder) half(id int32) float64 {
	if id < 0 {
		return 8
	}
	return g.roads[id].half
}

// walk goes d metres in the direction: along the road whose course at the anchor is nearest to it (within 50 degrees),
// else, and beyond the road's end, as the crow flies.
func (g *Geocoder) walk(c *cand, dir int, d float64) pt {
	h := heading(dir)
	id, s, forward, ok := g.courseTowards(c, dir, min(d, 40))
	if !ok {
		return c.at.add(h.mul(d))
	}
	end, rest := g.roads[id].geom.walk(s, d, forward)
	end = end.add(h.mul(rest))
	if c.door >= 0 { // keep the door's side of the road
		end = end.add(c.at.sub(s.at))
	}
	return end
}

// courseTowards picks, of the candidate's roads, the one whose course over the next probe metres is nearest to the direction, with the spot
// on it and the sense to go: within 50 degrees of north, east, south or west, which people say of a road that bends, and within 30 of a
// direction between them, which they say of what lies off the roads.
func (g *Geocoder) courseTowards(c *cand, dir int, probe float64) (road int32, at spot, forward, found bool) {
	h, bestCos := heading(dir), .64
	if dir%2 == 1 {
		bestCos = .87
	}
	for _, id := range [2]int32{c.road, c.road2} {
		if id < 0 {
			continue
		}
		ls := g.roads[id].geom
		s, ok := ls.nearest(c.at)
		if !ok || s.dist > 120 {
			continue
		}
		for _, fwd := range [2]bool{true, false} {
			p, left := ls.walk(s, probe, fwd)
			v := p.sub(s.at)
			if left >= probe || v.norm() == 0 {
				continue
			}
			if cos := v.dot(h) / v.norm(); cos > bestCos {
				bestCos, road, at, forward, found = cos, id, s, fwd, true
			}
		}
	}
	return road, at, forward, found
}

// toSide moves from the middle of the road to the side said, by half its width.
func (g *Geocoder) toSide(c *cand, dir int8) {
	if dir < 0 || c.road < 0 {
		return
	}
	h := heading(int(dir))
	id, best := c.road, 2.0
	for _, r := range [2]int32{c.road, c.road2} {
		if r < 0 {
			continue
		}
		if s, ok := g.roads[r].geom.nearest(c.at); ok && s.dist < 40 {
			l := g.roads[r].geom[s.piece]
			v := l[s.seg].sub(l[s.seg-1])
			if n := v.norm(); n > 0 {
				if along := v.dot(h) / n; along*along < best {
					id, best = r, along*along
				}
			}
		}
	}
	if best > .64 && best <= 1 {
		return // a road that leads that way has no such side
	}
	if s, ok := g.roads[id].geom.nearest(c.at); ok && s.dist < 40 {
		c.at = s.at
	} else if c.door >= 0 {
		return
	}
	c.at, c.moved = c.at.add(h.mul(g.roads[id].half)), true
	c.unc = max(c.unc, 10)
}

// across moves a door or POI to the other side of its road.
func (g *Geocoder) across(c *cand) {
	c.unc += 12
	if c.poi >= 0 && c.road < 0 {
		g.roadBeside(c, 40+min(60, g.src.pois[c.poi].radius))
	}
	if c.road < 0 || c.level == levelIntersection || c.level == levelMouth || c.level >= levelLane {
		return
	}
	s, ok := g.roads[c.road].geom.nearest(c.at)
	if !ok || s.dist > 100 || s.dist == 0 {
		return
	}
	over := s.at.sub(c.at)
	d := min(over.norm(), g.roads[c.road].half+8)
	c.at, c.moved = s.at.add(over.mul(d/over.norm())), true
}
