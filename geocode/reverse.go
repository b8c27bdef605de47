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
		for _, h := range g.crossGrid.nearest(at, 3, q.RadiusM, func(i int32) float64 { return g.crosses[i].at.dist(at) }) {
			x := g.crosses[h.item]
			c := newCand(levelIntersection, x.at, 15)
			c.road, c.road2, c.dist = x.a, x.b, h.dist
			cs = append(cs, c)
		}
	}
	for i := range cs {
		cs[i].score = nearScore(cs[i].dist)
	}
	slices.SortStableFunc(cs, func(a, b cand) int { return cmp.Compare(a.dist, b.dist) })
	areas := g.reverseAreas(nil, at, want)
	if room := max(1, q.Size-len(areas)); len(cs) > room {
		cs = cs[:room]
	}
	cs = append(cs, areas...)
	var a Answer
	for i := range cs[:min(len(cs), q.Size)] {
		pl := g.place(nil, &cs[i])
		if cs[i].level == levelIntersection && cs[i].dist >= 5 {
			pl.Name += g.style.words.Replace(directionNames[directionOf(cs[i].at, at)]) + strconv.Itoa(int(math.Round(cs[i].dist))) + "米"
			pl.Label = pl.Street + pl.Name
		}
		a.Places = append(a.Places, pl)
	}
	return a, nil
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
