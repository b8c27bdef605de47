package geocode

// turns reads A路往东到B路右转100米: where the two cross, and on from there in the direction the turn makes of the one before. Without a
// third road that the two could bound a stretch of, 到 says where one comes to; 从A路到B路中间 stays a stretch.
func (g *Geocoder) turns(sc *scratch) {
	for i := 1; i < len(sc.phrases); i++ {
		a, b := &sc.phrases[i-1], &sc.phrases[i]
		if !a.has(entryRoad) || !b.has(entryRoad) || a.num != 0 || b.num != 0 || b.heirOf >= 0 || b.course {
			continue
		}
		reached := b.link == linkTo && !b.between && g.stretchRoad(sc, i) < 0 && g.meet(a, b)
		if !reached && (b.off.turn == 0 || b.link == linkTo || b.link == linkGap) {
			continue
		}
		b.link = linkAnd
		came := a.off.dir
		if a.off.metres > 0 || a.off.nth > 0 || a.cross {
			came = -1
		}
		if b.off.turn != 0 && came >= 0 && b.off.dir < 0 {
			b.off.dir = (came + 2*b.off.turn + 8) % 8
			b.off.metres, b.off.vague = b.off.vague, 0
		}
		if came >= 0 {
			a.off = noOffset() // the way one came is no offset
		}
		b.cross = b.cross || came >= 0 || b.off.used
	}
}

// meet reports whether a road that one phrase may mean crosses one of the other.
func (g *Geocoder) meet(a, b *phrase) bool {
	meet := false
	g.phraseRoads(a, func(_ onRoad, x int32, _ int) {
		g.phraseRoads(b, func(_ onRoad, y int32, _ int) { meet = meet || x != y && len(g.crossingsOf(x, y)) > 0 })
	})
	return meet
}

// unsaidMeetings places two roads named one after the other that cross, though the text does not say crossing: 光明西路春津路那里.
func (g *Geocoder) unsaidMeetings(sc *scratch) {
	for i := int32(1); int(i) < len(sc.phrases); i++ {
		a, b := &sc.phrases[i-1], &sc.phrases[i]
		if !a.has(entryRoad) || !b.has(entryRoad) || a.num != 0 || b.num != 0 || a.course || b.course || b.heirOf >= 0 || !g.meet(a, b) {
			continue
		}
		cost := .15
		if b.link == linkGap {
			cost = .27 // what is between them may be all there is to say of the first
		}
		n := len(sc.cands)
		g.meetings(sc, i-1, i, false)
		for k := n; k < len(sc.cands); k++ {
			sc.cands[k].fault(faultCrossingUnsaid, cost)
			sc.cands[k].rate()
		}
	}
}

// crossingNear moves a door or a place to the crossing nearest to it, in the direction when one is said: 147号前面那个路口.
func (g *Geocoder) crossingNear(c *cand, off *offset) {
	const reach = 300.0
	best, found := reach, int32(-1)
	g.crossGrid.search(box{c.at.x, c.at.y, c.at.x, c.at.y}.pad(reach), func(i int32) bool {
		v := g.crosses[i].at.sub(c.at)
		d := v.norm()
		if off.dir >= 0 && v.dot(heading(int(off.dir))) < .5*d || g.roads[g.crosses[i].a].parent >= 0 || g.roads[g.crosses[i].b].parent >= 0 {
			return true
		}
		if d < best {
			best, found = d, i
		}
		return true
	})
	if found < 0 {
		c.fault(faultOffsetUnused, .05)
		c.unc += 50
		c.rate()
		return
	}
	x := g.crosses[found]
	c.at, c.moved, c.level, c.match = x.at, true, levelOffset, MatchInterpolated
	c.unc = max(40, best/2)
	c.road, c.road2 = x.a, x.b
	c.rate()
}
