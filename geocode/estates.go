package geocode

import "wanmi/geocode/text"

// buildingOf finds a building of an estate or a compound: by the address of the POI and the number of the building,
// else the nearest plate of that building number on its grounds.
func (g *Geocoder) buildingOf(sc *scratch, i int32, e entry) {
	p := &sc.phrases[i]
	bld := p.bld
	if bld == 0 {
		bld = p.num
	}
	r := &g.src.pois[e.idx]
	hit, ok, known := doorHit{}, false, false
	if a := value(r.address); a != "" {
		in := g.pool.Get().(*scratch)
		in.f.Set(a)
		g.scanNames(in)
		in.cover()
		in.tokenize()
		g.readPhrases(in)
		for k := range in.phrases {
			if ph := &in.phrases[k]; ph.num != 0 && ph.has(entryRoad) && !ok {
				g.phraseRoads(ph, func(_ onRoad, id int32, missing int) {
					if missing == 0 && !ok {
						hit, ok = g.buildingDoor(id, ph.num, bld)
						known = known || g.hasBuildings(id, ph.num)
					}
				})
			}
		}
		g.pool.Put(in)
	}
	if !ok && !known {
		best := max(150, min(600, 1.5*r.radius))
		g.doorGrid.search(box{r.at.x, r.at.y, r.at.x, r.at.y}.pad(best), func(d int32) bool {
			if q := g.src.doors[d].at; q.dist(r.at) < best && g.buildingNumber(d) == bld {
				best, ok = q.dist(r.at), true
				hit = doorHit{door: d, at: q, match: MatchExact, unc: 15, road: g.doorRoad[d], fault: fault{faultNumberUnused, .02}}
			}
			return true
		})
	}
	if !ok {
		g.buildingNear(sc, i, e, bld)
		return
	}
	c := newCand(levelDoor, hit.at, hit.unc)
	c.p, c.door, c.road = i, hit.door, hit.road
	if hit.fault.code != faultNone {
		c.fault(faultAmbiguous, .03)
	}
	f := p.m.nameFault(e)
	c.fault(f.code, f.cost)
	for k := range sc.cands {
		if sc.cands[k].door == c.door {
			return
		}
	}
	sc.addCand(c)
}

// buildingNear finds a building whose name is only its number on the grounds of an estate.
func (g *Geocoder) buildingNear(sc *scratch, i int32, e entry, bld number) {
	r := &g.src.pois[e.idx]
	ground := g.groundOf(&sc.phrases[i], e.idx)
	best, found, inside := max(120, min(500, r.radius)), int32(-1), false
	g.poiGrid.search(box{r.at.x, r.at.y, r.at.x, r.at.y}.pad(best), func(k int32) bool {
		o := &g.src.pois[k]
		d := o.at.dist(r.at)
		if o.layer != "building" || d >= best && inside {
			return true
		}
		if n := []rune(text.Fold(o.name)); plainNumber(n) && parseNumber(n) == bld {
			// A building on the grounds comes before one that is nearer to their middle.
			if in := ground != nil && ground.contains(o.at); in && !inside || in == inside && d < best {
				best, found, inside = d, k, in
			}
		}
		return true
	})
	if found < 0 {
		return
	}
	c := newCand(levelPOI, g.src.pois[found].at, 20)
	c.p, c.poi = i, found
	c.fault(faultAmbiguous, .02)
	sc.addCand(c)
}

// groundOf returns the plot of the name on which the POI stands, nil when none is on file.
func (g *Geocoder) groundOf(p *phrase, poi int32) *area {
	r := &g.src.pois[poi]
	if r.ground != nil {
		return r.ground
	}
	for _, e := range p.m.entries {
		if e.kind != entryPOI { // 加油站 is a class of components, too
			continue
		}
		if o := &g.src.pois[e.idx]; o.ground != nil && o.at.near(r.at, 60+o.radius) {
			return o.ground
		}
	}
	return nil
}

// sameSite reports whether the POI is one already held: an estate is in the layer poi and, as a plot, in land.
// Rows of the layer poi come first, so the plot gives way to them.
func (g *Geocoder) sameSite(held []entry, idx int32) bool {
	r := &g.src.pois[idx]
	for _, h := range held[:min(len(held), 8)] {
		o := &g.src.pois[h.idx]
		if o.layer != r.layer && o.at.near(r.at, 60+max(o.radius, r.radius)) {
			return true
		}
	}
	return false
}
