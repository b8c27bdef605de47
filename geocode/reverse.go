package geocode

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/paulmach/orb"

	"wanmi/geocode/text"
	"wanmi/gis"
)

// Reverse names the places at and around p, nearest first: doors, points of interest, roads, the nearest intersection
// with bearing and distance (X路与Y路交叉口西北120米), then the community and the street p lies in.
func (g *Geocoder) Reverse(ctx context.Context, p orb.Point, q ReverseQuery) (Answer, error) {
	if err := checkPoint("point", p[0], p[1]); err != nil {
		return Answer{}, err
	}
	if q.Size < 0 || q.Size > 40 || q.RadiusM < 0 || math.IsNaN(q.RadiusM) || q.RadiusM > 5000 {
		return Answer{}, gis.E(gis.Invalid, nil, "size must be 1 to 40 and the radius at most 5000 m")
	}
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	if q.Size == 0 {
		q.Size = 10
	}
	if q.RadiusM == 0 {
		q.RadiusM = 1000
	}
	at := g.fr.to(p)
	want := func(layer string) bool { return len(q.Layers) == 0 || slices.Contains(q.Layers, layer) }
	each := q.Size
	if len(q.Layers) == 0 {
		each = max(1, q.Size/3) // leave room for the other kinds
	}
	var cs []cand
	if want(LayerAddress) {
		cs = g.reverseDoors(cs, at, each, q.RadiusM)
	}
	if want(LayerVenue) {
		for _, h := range g.poiGrid.nearest(at, each, q.RadiusM, g.namedDistance(at)) {
			c := newCand(levelPOI, g.src.pois[h.item].at, 20)
			c.poi, c.dist = h.item, h.dist
			cs = append(cs, c)
		}
	}
	if want(LayerStreet) {
		cs = g.reverseRoads(cs, at, q)
	}
	if want(LayerIntersection) {
		cs = append(cs, g.reverseCrossings(at, q.RadiusM)...)
	}
	for i := range cs {
		cs[i].score = nearScore(cs[i].dist)
	}
	slices.SortStableFunc(cs, func(a, b cand) int { return cmp.Compare(a.dist, b.dist) })
	areas := g.reverseAreas(nil, at, want)
	cs = append(roomFor(cs, max(1, q.Size-len(areas))), areas...)
	var a Answer
	for i := range cs[:min(len(cs), q.Size)] {
		pl := g.place(nil, &cs[i])
		if cs[i].level == levelIntersection {
			pl.Name += g.fromTo(cs[i].at, at)
			pl.Label = pl.Street + pl.Name
		}
		a.Places = append(a.Places, pl)
	}
	return a, nil
}

// roomFor keeps n of the candidates, nearest first: the nearest of each kind before a second of any, for a crossing, a door and a road say
// more than three doors.
func roomFor(cs []cand, n int) []cand {
	if len(cs) <= n {
		return cs
	}
	var keep []int
	seen := map[level]bool{}
	for pass := range 2 {
		for i := range cs {
			if len(keep) < n && seen[cs[i].level] == (pass == 1) && !slices.Contains(keep, i) {
				seen[cs[i].level] = true
				keep = append(keep, i)
			}
		}
	}
	slices.Sort(keep)
	out := make([]cand, 0, n)
	for _, i := range keep {
		out = append(out, cs[i])
	}
	return out
}

// fromTo words the way from an anchor to a point: 西北120米; nothing when they are the same spot.
func (g *Geocoder) fromTo(anchor, to pt) string {
	d := anchor.dist(to)
	if d < 5 {
		return ""
	}
	return g.style.words.Replace(directionNames[directionOf(anchor, to)]) + strconv.Itoa(int(math.Round(d))) + "米"
}

const (
	besideDoor = 40  // metres from a door within which a place is told from it
	nearAnchor = 500 // metres from a crossing beyond which it says little
)

// Describe says in one line where p is, as callers do and as Search understands: 普阳路12号东15米 by a door, 太平东路与匡衡路交叉口西北120米 else,
// else by a road, else by the community or street it lies in. Empty outside the city.
func (g *Geocoder) Describe(p orb.Point) (string, error) {
	if err := checkPoint("point", p[0], p[1]); err != nil {
		return "", err
	}
	at := g.fr.to(p)
	street, community := g.areasAt(at)
	var c cand
	switch {
	case g.nearestDoor(at, &c), g.nearestCrossing(at, &c):
	case len(g.reverseRoads(nil, at, ReverseQuery{RadiusM: 100})) > 0:
		c = g.reverseRoads(nil, at, ReverseQuery{RadiusM: 100})[0]
	case community >= 0:
		return g.placeOfArea(community), nil
	case street >= 0:
		return g.placeOfArea(street), nil
	default:
		return "", nil
	}
	words := g.place(nil, &c).Name
	if c.door >= 0 {
		words += value(g.src.doors[c.door].building)
	}
	if street >= 0 {
		words = g.src.areas[street].name + words
	}
	if c.level == levelRoad {
		return words, nil
	}
	return words + g.fromTo(c.at, at), nil
}

func (g *Geocoder) nearestDoor(at pt, c *cand) bool {
	cs := g.reverseDoors(nil, at, 1, besideDoor)
	if len(cs) == 0 || cs[0].road < 0 {
		return false
	}
	*c = cs[0]
	return true
}

func (g *Geocoder) nearestCrossing(at pt, c *cand) bool {
	cs := g.reverseCrossings(at, nearAnchor)
	if len(cs) == 0 {
		return false
	}
	*c = cs[0]
	return true
}

// reverseCrossings returns at most 3 crossings, nearest first; where one road goes on as another (古塔南路, 古塔北路) gives way to the others.
func (g *Geocoder) reverseCrossings(at pt, radius float64) []cand {
	var across, along []cand
	for _, h := range g.crossGrid.nearest(at, 6, radius, func(i int32) float64 { return g.crosses[i].at.dist(at) }) {
		x := g.crosses[h.item]
		c := newCand(levelIntersection, x.at, 15)
		c.road, c.road2, c.dist = x.a, x.b, h.dist
		if g.goesOn(&x) {
			along = append(along, c)
		} else {
			across = append(across, c)
		}
	}
	cs := append(across, along...)
	return cs[:min(3, len(cs))]
}

// goesOn reports whether the roads of a crossing lead the same way there.
func (g *Geocoder) goesOn(x *crossing) bool {
	var way [2]pt
	for k, id := range [2]int32{x.a, x.b} {
		s, ok := g.roads[id].geom.nearest(x.at)
		if !ok {
			return false
		}
		l := g.roads[id].geom[s.piece]
		way[k] = l[s.seg].sub(l[s.seg-1])
	}
	n := way[0].norm() * way[1].norm()
	return n > 0 && math.Abs(way[0].dot(way[1]))/n > .9
}

func (g *Geocoder) placeOfArea(i int32) string {
	a := &g.src.areas[i]
	return a.streetName + a.name
}

// namedDistance measures to points of interest, those with only a number for a name out of reach.
func (g *Geocoder) namedDistance(at pt) func(int32) float64 {
	return func(i int32) float64 {
		p := &g.src.pois[i]
		if p.layer == "building" && plainNumber([]rune(text.Fold(p.name))) {
			return math.Inf(1)
		}
		return p.at.dist(at)
	}
}

// nearScore is Pelias' confidence of a reverse answer by distance.
func nearScore(d float64) float64 {
	switch {
	case d < 1:
		return 1
	case d < 10:
		return .9
	case d < 100:
		return .8
	case d < 250:
		return .7
	case d < 1000:
		return .6
	}
	return .5
}

func (g *Geocoder) reverseDoors(cs []cand, at pt, n int, radius float64) []cand {
	for _, h := range g.doorGrid.nearest(at, n, radius, func(i int32) float64 { return g.src.doors[i].at.dist(at) }) {
		c := newCand(levelDoor, g.src.doors[h.item].at, 10)
		c.door, c.road, c.dist = h.item, g.doorRoad[h.item], h.dist
		cs = append(cs, c)
	}
	return cs
}

func (g *Geocoder) reverseRoads(cs []cand, at pt, q ReverseQuery) []cand {
	var seen []int32
	hits := g.segGrid.nearest(at, 12, q.RadiusM, func(i int32) float64 {
		p, _ := project(at, g.segs[i].a, g.segs[i].b)
		return p.dist(at)
	})
	for _, h := range hits {
		s := g.segs[h.item]
		if slices.Contains(seen, s.road) || len(seen) == 3 {
			continue
		}
		seen = append(seen, s.road)
		p, _ := project(at, s.a, s.b)
		c := newCand(levelRoad, p, 15)
		c.road, c.dist = s.road, h.dist
		cs = append(cs, c)
	}
	return cs
}

// reverseAreas puts the community and the street p lies in behind what is nearer than 1 km.
func (g *Geocoder) reverseAreas(cs []cand, at pt, want func(string) bool) []cand {
	street, community := g.areasAt(at)
	for _, x := range []struct {
		idx   int32
		level level
		score float64
	}{{community, levelCommunity, .6}, {street, levelStreet, .5}} {
		if x.idx < 0 || !want(levels[x.level].layer) {
			continue
		}
		a := &g.src.areas[x.idx]
		c := newCand(x.level, a.at, max(50, min(5000, a.shape.radius())))
		c.area, c.score, c.match = x.idx, x.score, MatchExact
		cs = append(cs, c)
	}
	return cs
}
