package geocode

import "slices"

// onRoad is a road a phrase may mean, with what had to be forgiven to think so.
type onRoad struct {
	id    int32
	fault fault // of the name
	sect  fault // of the section
	e     entry
}

// nameFault is what it costs that a name is not a thing's own.
func (m *match) nameFault(e entry) fault {
	switch e.how {
	case nameAlias, nameLocal:
		return fault{faultAlias, .01}
	case nameFormer:
		return fault{faultFormer, .02}
	case nameShort:
		return fault{faultShort, .04}
	case namePinyin:
		return fault{faultPinyin, m.cost}
	case nameFuzzy:
		return fault{faultSpelling, m.cost}
	}
	return fault{}
}

// trunks calls yield with each road (without lanes) the phrase may mean.
func (g *Geocoder) trunks(p *phrase, yield func(onRoad)) {
	for _, e := range p.m.entries {
		if e.kind != entryRoad {
			continue
		}
		trunks := g.trunkList[g.trunkFrom[e.idx]:g.trunkFrom[e.idx+1]]
		section := p.section
		if section == 0 {
			section = int(e.section)
		}
		nf := p.m.nameFault(e)
		meant := func(t trunk) bool { return int(t.section) == section && !(section == 0 && t.bare) }
		exact, plain := 0, 0
		for _, t := range trunks {
			if meant(t) {
				exact++
			}
			if t.section == 0 {
				plain++
			}
		}
		f := fault{}
		switch {
		case exact > 0 && section == 0: // 和平西路 stands for its sections too
			f = fault{faultSectionMissing, .03}
		case exact > 0:
		case section == 0 && len(trunks) == 1:
			f = fault{faultSectionMissing, .01}
		case section == 0:
			f = fault{faultSectionMissing, .03}
		case plain == len(trunks):
			f = fault{faultSectionWrong, .05}
		default:
			f = fault{faultSectionWrong, .15}
		}
		for _, t := range trunks {
			if meant(t) {
				yield(onRoad{t.road, nf, fault{}, e})
			}
		}
		for _, t := range trunks {
			if !meant(t) && f.code != faultNone {
				yield(onRoad{t.road, nf, f, e})
			}
		}
	}
}

// trunk is one of the roads of a base, as much of it as decides which is meant. They lie in one piece: by way of the base and of each road
// they were three misses of the cache a name.
type trunk struct {
	road, section int32
	bare          bool // neither geometry nor doors of its own: it only holds lanes or sections
}

// fileTrunks makes trunkList; doors must have been sorted.
func (g *Geocoder) fileTrunks() {
	g.trunkFrom = make([]int32, 1, len(g.bases)+1)
	for _, b := range g.bases {
		for _, id := range b.roads {
			r := &g.roads[id]
			g.trunkList = append(g.trunkList, trunk{id, int32(r.section), len(r.geom) == 0 && r.doorFrom == r.doorTo})
		}
		g.trunkFrom = append(g.trunkFrom, int32(len(g.trunkList)))
	}
}

// lane follows the phrase's lane and alley from a trunk: the deepest road there is, and how many steps are missing.
func (g *Geocoder) lane(trunk int32, p *phrase) (id int32, missing int) {
	if p.lane == 0 && p.alley == 0 && p.sub == 0 {
		return trunk, 0
	}
	r := &g.roads[trunk]
	want := roadKey{base: r.base, section: r.section, lane: p.lane, alley: p.alley, sub: p.sub}
	for {
		if missing > 0 && want.lane == 0 && want.alley == 0 && want.sub == 0 {
			return trunk, missing // by its key a twin would be another
		}
		if id, ok := g.roadIDs[want]; ok && (missing == 0 || id != trunk || want.lane == 0 && want.alley == 0) {
			return id, missing
		}
		missing++
		switch {
		case want.sub > 0:
			want.sub = 0
		case want.alley > 0:
			want.alley = 0
		case want.lane > 0:
			want.lane = 0
		default:
			return trunk, missing
		}
	}
}

// phraseRoads appends the roads the phrase means, lanes followed, with the steps missing.
func (g *Geocoder) phraseRoads(p *phrase, yield func(r onRoad, id int32, missing int)) {
	g.trunks(p, func(r onRoad) {
		id, missing := g.lane(r.id, p)
		yield(r, id, missing)
	})
}

// resolve makes candidates of everything the phrases can mean.
func (g *Geocoder) resolve(sc *scratch) {
	sc.apart = false
	for i := range sc.phrases {
		p := &sc.phrases[i]
		if p.course {
			continue
		}
		road := p.has(entryRoad)
		if road && p.num != 0 {
			g.doorCands(sc, int32(i))
		}
		if road {
			g.pairCands(sc, int32(i))
			if p.cross && p.num == 0 {
				g.mouthCands(sc, int32(i))
			}
			if p.num == 0 && p.lane > 0 {
				g.laneCands(sc, int32(i))
			}
		}
		if p.has(entryPOI) {
			g.poiCands(sc, int32(i))
		}
	}
	g.betweenCands(sc)
	if sc.bridgeSaid {
		g.bridgeCands(sc)
	}
	if g.bestScore(sc) < .6 {
		g.unsaidMeetings(sc)
	}
	if g.bestScore(sc) < .6 {
		for i := range sc.phrases {
			if p := &sc.phrases[i]; p.has(entryRoad) && !p.course {
				g.roadCands(sc, int32(i))
			}
		}
	}
	g.areaCands(sc)
}

func (g *Geocoder) bestScore(sc *scratch) float64 {
	best := 0.0
	for i := range sc.cands {
		best = max(best, sc.cands[i].score)
	}
	return best
}

func (sc *scratch) addCand(c cand) {
	if len(sc.cands) < maxCands {
		c.rate()
		sc.cands = append(sc.cands, c)
	}
}

// doorCands places a house number: exactly, then by its main number, then between its neighbours; a lane that is not
// there is placed at its mouth.
func (g *Geocoder) doorCands(sc *scratch, i int32) {
	p := &sc.phrases[i]
	sc.slots = sc.slots[:0]
	from := len(sc.cands)
	if p.bld != 0 {
		g.phraseRoads(p, func(r onRoad, id int32, missing int) {
			if h, ok := g.buildingDoor(id, p.num, p.bld); ok && missing == 0 {
				g.addDoor(sc, i, r, h)
			}
		})
		if len(sc.cands) > from {
			return
		}
	}
	g.phraseRoads(p, func(r onRoad, id int32, missing int) {
		if missing > 0 {
			return
		}
		n := len(sc.slots)
		sc.slots = g.exactDoors(id, p.num, sc.slots)
		for _, h := range sc.slots[n:] {
			g.addDoor(sc, i, r, h)
		}
	})
	if len(sc.cands) > from {
		return
	}
	if p.num.sub() > p.num.main() && g.rangeCands(sc, i) {
		return
	}
	g.phraseRoads(p, func(r onRoad, id int32, missing int) {
		switch {
		case missing > 0:
			g.missingLane(sc, i, r, id, missing)
		default:
			if h, ok := g.mainDoor(id, p.num); ok {
				if p.list || p.num.sub() > p.num.main() {
					h.fault = fault{}
				}
				g.addDoor(sc, i, r, h)
			} else if h, ok := g.interpolate(id, p.num); ok {
				g.addDoor(sc, i, r, h)
			} else if at, unc, ok := g.roadMiddle(id); ok {
				c := newCand(levelRoad, at, unc)
				c.match, c.p, c.road, c.num = MatchFallback, i, id, p.num
				c.fault(faultNumberUnknown, .03)
				g.addOnRoad(sc, c, r)
			}
		}
	})
}

func (g *Geocoder) addOnRoad(sc *scratch, c cand, r onRoad) {
	c.fault(r.fault.code, r.fault.cost)
	c.fault(r.sect.code, r.sect.cost)
	sc.addCand(c)
}

func (g *Geocoder) addDoor(sc *scratch, i int32, r onRoad, h doorHit) {
	l := levelDoor
	if h.match != MatchExact {
		l = levelInterpolated
	}
	c := newCand(l, h.at, h.unc)
	c.match, c.p, c.door, c.slot, c.road, c.num = h.match, i, h.door, h.slot, h.road, sc.phrases[i].num
	c.fault(h.fault.code, h.fault.cost)
	g.addOnRoad(sc, c, r)
}

// missingLane places a door whose lane is not on file: id is the deepest road known.
func (g *Geocoder) missingLane(sc *scratch, i int32, r onRoad, id int32, missing int) {
	p := &sc.phrases[i]
	n := p.lane
	switch {
	case g.roads[id].alley > 0:
		n = p.sub
	case g.roads[id].lane > 0:
		n = p.alley
	}
	h, ok := g.interpolate(id, makeNumber(uint64(n), 0, 0))
	if !ok {
		at, unc, ok := g.roadMiddle(id)
		if !ok {
			return
		}
		h = doorHit{at: at, unc: unc, road: id}
	}
	c := newCand(levelLane, h.at, max(60, h.unc))
	c.match, c.p, c.road = MatchFallback, i, id // without its number: that is one of the lane, not of this road
	c.fault(faultLaneUnknown, .05*float64(missing))
	if h.fault.code == faultNearestNumber {
		c.fault(h.fault.code, h.fault.cost)
	}
	g.addOnRoad(sc, c, r)
}

// laneCands places a lane without a house number: its mouth when the text says 口 or stands outside it, else its middle.
func (g *Geocoder) laneCands(sc *scratch, i int32) {
	p := &sc.phrases[i]
	g.phraseRoads(p, func(r onRoad, id int32, missing int) {
		if missing > 0 {
			g.missingLane(sc, i, r, id, missing)
			return
		}
		outside := p.cross || p.off.rel == relOpposite || p.off.rel == relDiagonal || p.off.rel == relFront || p.off.rel == relBeside
		if at, unc, ok := g.mouth(id); ok && outside {
			c := newCand(levelMouth, at, unc)
			c.p, c.road, c.road2 = i, id, g.roads[id].parent
			if p.cross && sc.joined(p) { // A与B巷口 is where the two meet: at its mouth only if nothing better is found for A
				c.fault(unmet(sc, i), .15)
			}
			g.addOnRoad(sc, c, r)
			return
		}
		if at, unc, ok := g.roadMiddle(id); ok {
			c := newCand(levelLane, at, unc)
			c.match, c.p, c.road = MatchFallback, i, id
			if sc.apart {
				c.fault(faultNoCrossing, .1)
			}
			g.addOnRoad(sc, c, r)
		}
	})
}

// joined reports whether a word for and stands right before a phrase, whatever stands before that.
func (sc *scratch) joined(p *phrase) bool {
	i := slices.IndexFunc(sc.toks, func(t token) bool { return t.s == p.s })
	return i > 0 && sc.toks[i-1].kind == tokAnd && sc.toks[i-1].rel != relNear
}

// unmet is why phrase i is not placed where it meets the road said before it: they do not meet, or that road is not on file.
func unmet(sc *scratch, i int32) faultCode {
	if i > 0 && sc.phrases[i-1].has(entryRoad) {
		return faultNoCrossing
	}
	return faultRoadUnknown
}

// mouth is laneMouth, worked out at Build.
func (g *Geocoder) mouth(id int32) (pt, float64, bool) {
	m := &g.mouths[id]
	return m.at, m.unc, m.ok
}

type laneMouth struct {
	at  pt
	unc float64
	ok  bool
}
