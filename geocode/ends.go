package geocode

// endReach is how far from a road's end a crossing still is that end's, in metres.
const endReach = 60

// endCands places a road's end that is said without a direction (走到头, 尽头): each of its two, or the blind one when only one leads nowhere.
func (g *Geocoder) endCands(sc *scratch, i int32, r onRoad, id int32) {
	dirs := [2]int{2, 6}
	if _, ok := g.roadEnd(id, 2); !ok {
		dirs = [2]int{0, 4}
	}
	var ends [2]pt
	var blind [2]bool
	for k, d := range dirs {
		at, ok := g.roadEnd(id, d)
		if !ok {
			return
		}
		ends[k] = at
		_, crossed := g.crossingAtEnd(id, at)
		blind[k] = !crossed
	}
	for k, d := range dirs {
		if blind[0] != blind[1] && !blind[k] {
			continue
		}
		c := newCand(levelRoad, ends[k], 30)
		c.match, c.p, c.road, c.end, c.moved = MatchFallback, i, id, int8(d), true
		g.addOnRoad(sc, c, r)
	}
}

// endMouth places 东口 of a road: the crossing at its end in the direction; false when none is there.
func (g *Geocoder) endMouth(sc *scratch, i int32, r onRoad, id int32) bool {
	at, ok := g.roadEnd(id, int(sc.phrases[i].end))
	if !ok {
		return false
	}
	x, ok := g.crossingAtEnd(id, at)
	if !ok {
		return false
	}
	c := newCand(levelIntersection, x.at, 15)
	c.p, c.road, c.road2 = i, id, x.a
	if x.a == id {
		c.road2 = x.b
	}
	g.addOnRoad(sc, c, r)
	return true
}

// crossingAtEnd returns the crossing of a road nearest to one of its ends.
func (g *Geocoder) crossingAtEnd(id int32, end pt) (crossing, bool) {
	best, found := float64(endReach), crossing{a: -1}
	for _, k := range g.crossingsOn(id) {
		if d := g.crosses[k].at.dist(end); d < best {
			best, found = d, g.crosses[k]
		}
	}
	return found, found.a >= 0
}

// crossingsOn returns the crossings of a road, as indexes of crosses.
func (g *Geocoder) crossingsOn(id int32) []int32 {
	return g.crossList[g.crossListFrom[id]:g.crossListFrom[id+1]]
}

// fileCrossings notes for each road which crossings it has.
func (g *Geocoder) fileCrossings() {
	g.crossListFrom = make([]int32, len(g.roads)+1)
	for _, x := range g.crosses {
		g.crossListFrom[x.a+1]++
		g.crossListFrom[x.b+1]++
	}
	for i := range g.roads {
		g.crossListFrom[i+1] += g.crossListFrom[i]
	}
	g.crossList = make([]int32, 2*len(g.crosses))
	next := append([]int32(nil), g.crossListFrom...)
	for k, x := range g.crosses {
		for _, id := range [2]int32{x.a, x.b} {
			g.crossList[next[id]] = int32(k)
			next[id]++
		}
	}
}
