package geocode

import "math"

// spread says how far what a text means lies from the answer: nine times in ten within floor + slope × reach metres, and
// beside metres more when the words only say that it is by the place (前, 旁, 对面).
type spread struct{ floor, slope, beside float64 }

// spreads are fitted on the even rows of taipei_west/place_texts.csv by TestUncertainty, which fits them anew and fails when these
// are no longer as good; the odd rows show what they are worth. Levels without a row here keep the metres their rule gives: a
// survey's code, a cell, a coordinate, a point of interest with its size, an offset with a fifth of its distance.
var spreads = map[level]spread{
	levelDoor:         {8, .8, 25},
	levelInterpolated: {32, .9, 0},
	levelIntersection: {62, .8, 0},
	levelMouth:        {54, .8, 40},
	levelBetween:      {38, .8, 0},
	levelLane:         {38, .8, 0},
	levelRoad:         {120, .8, 0},
	levelCommunity:    {120, .8, 0},
	levelStreet:       {120, .8, 0},
}

// maxReach bounds the reach of a point: beyond it the gap between plates says nothing more about the place.
const maxReach = 150

// uncertainty returns the radius in metres that holds what the text means nine times in ten, if this reading of it is the right one.
func (g *Geocoder) uncertainty(sc *scratch, c *cand) float64 {
	s, ok := spreads[c.level]
	if !ok {
		return c.unc
	}
	u := s.floor + s.slope*g.reach(sc, c)
	if sc != nil && c.said(sc) {
		u += s.beside
	}
	return u
}

// said reports whether the words place the thing by the candidate, not at it.
func (c *cand) said(sc *scratch) bool {
	i := max(c.p, c.q)
	return i >= 0 && sc.phrases[i].off.rel != relNone && sc.phrases[i].off.rel != relInside
}

// reach is what the spread of a level grows with, in metres: of a door how far the plates beside it are, for a plate stands for
// all the ground up to the next; of an intersection how far the nearest plate is, which is how wide it is; of what is long or
// large half its length.
func (g *Geocoder) reach(sc *scratch, c *cand) float64 {
	switch c.level {
	case levelDoor:
		return min(g.plateGap(c), maxReach)
	case levelIntersection:
		return g.nearestPlate(c.at) + max(0, c.unc-15)
	case levelMouth:
		i := max(c.p, c.q)
		if sc == nil || i < 0 || sc.phrases[i].cross || c.road < 0 {
			return 0
		}
		_, half, _ := g.roadMiddle(c.road) // not said to be at the mouth, it may stand anywhere along the lane
		return min(half, maxReach)
	}
	return c.unc
}

// plateGap is the mean distance from a door to the plates before and behind it on its side of the road.
func (g *Geocoder) plateGap(c *cand) float64 {
	if c.slot < 0 {
		return c.unc
	}
	r := &g.roads[g.doorRoad[c.door]]
	at, n := g.plates[c.slot].at, g.nums[c.slot].main()
	sum, sides := 0.0, 0.0
	for _, step := range [2]int32{-1, 1} {
		for k := c.slot + step; k >= r.doorFrom && k < r.doorTo; k += step {
			if m := g.nums[k].main(); m == n || (m-n)%2 != 0 {
				continue
			}
			if d := g.plates[k].at.dist(at); d < partsM { // farther it is on another road of the name
				sum += min(d, maxReach)
				sides++
				break
			}
		}
	}
	if sides == 0 {
		return c.unc
	}
	return sum / sides
}

// nearestPlate is how far the nearest door is from p, at most maxReach.
func (g *Geocoder) nearestPlate(p pt) float64 {
	best := float64(maxReach)
	for reach := 40.0; reach < 2*maxReach; reach *= 2 {
		g.doorGrid.search(box{p.x, p.y, p.x, p.y}.pad(min(reach, maxReach)), func(d int32) bool {
			best = min(best, g.src.doors[d].at.dist(p))
			return true
		})
		if best <= reach {
			break
		}
	}
	return math.Min(best, maxReach)
}
