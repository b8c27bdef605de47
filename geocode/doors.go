package geocode

import (
	"cmp"
	"math"
	"slices"

	"wanmi/geocode/text"
)

// doorHit is a door plate found or worked out.
type doorHit struct {
	door  int32 // -1 when worked out
	slot  int32 // of the door in Geocoder.plates; nothing when door is -1
	at    pt
	match string
	unc   float64
	fault fault
	road  int32
	num   number
}

// firstNumber returns where the first number from n on stands. It looks first where n would stand if the doors were spread evenly, as most
// roads' nearly are: halving the whole row is a miss of the cache a step.
func firstNumber(nums []number, n number) int {
	lo, hi := 0, len(nums) // what is before lo is less than n, what is from hi on is not
	if hi > 8 && nums[0] < n && n < nums[hi-1] {
		first, last := nums[0].main(), nums[hi-1].main()
		at := (n.main() - first) * (hi - 1) / max(1, last-first)
		step := 1
		if nums[at] < n {
			for lo = at + 1; lo+step < hi && nums[lo+step-1] < n; step *= 2 {
				lo += step
			}
			hi = min(hi, lo+step)
		} else {
			for hi = at; hi > step && nums[hi-step] >= n; step *= 2 {
				hi -= step
			}
			lo = max(lo, hi-step)
		}
	}
	i, _ := slices.BinarySearch(nums[lo:hi], n)
	return lo + i
}

// exactDoors appends the doors of that number on the road, those less than 15 m apart once.
func (g *Geocoder) exactDoors(id int32, n number, out []doorHit) []doorHit {
	r := &g.roads[id]
	nums := g.nums[r.doorFrom:r.doorTo]
	i := firstNumber(nums, n)
	from := len(out)
next:
	for first := i; i < len(nums) && nums[i] == n && len(out)-from < 4; i++ {
		p := &g.plates[int(r.doorFrom)+i]
		if i > first && g.isBuilding(p.door) && !g.isBuilding(g.plates[int(r.doorFrom)+first].door) {
			break // the plate of the number itself comes before those of its buildings
		}
		for _, o := range out[from:] {
			if o.at.near(p.at, 15) {
				continue next
			}
		}
		out = append(out, doorHit{door: p.door, slot: r.doorFrom + int32(i), at: p.at, match: MatchExact, unc: 10, road: id, num: n})
	}
	return out
}

func (g *Geocoder) isBuilding(door int32) bool { return value(g.src.doors[door].building) != "" }

// buildingDoor finds the plate of a building behind a number: 188号3号楼.
func (g *Geocoder) buildingDoor(id int32, n, building number) (doorHit, bool) {
	r := &g.roads[id]
	nums := g.nums[r.doorFrom:r.doorTo]
	i := firstNumber(nums, n)
	for ; i < len(nums) && nums[i] == n; i++ {
		p := &g.plates[int(r.doorFrom)+i]
		if g.buildingNumber(p.door) == building {
			return doorHit{door: p.door, slot: r.doorFrom + int32(i), at: p.at, match: MatchExact, unc: 10, road: id, num: n}, true
		}
	}
	return doorHit{}, false
}

// hasBuildings reports whether plates of single buildings are on file behind a number.
func (g *Geocoder) hasBuildings(id int32, n number) bool {
	r := &g.roads[id]
	nums := g.nums[r.doorFrom:r.doorTo]
	i := firstNumber(nums, n)
	for ; i < len(nums) && nums[i] == n; i++ {
		if g.isBuilding(g.plates[int(r.doorFrom)+i].door) {
			return true
		}
	}
	return false
}

func (g *Geocoder) buildingNumber(door int32) number {
	b := value(g.src.doors[door].building)
	if b == "" {
		return 0
	}
	return parseNumber([]rune(text.Fold(b)))
}

// mainDoor finds a door of the same main number whatever its sub number or letter.
func (g *Geocoder) mainDoor(id int32, n number) (doorHit, bool) {
	r := &g.roads[id]
	nums := g.nums[r.doorFrom:r.doorTo]
	i, _ := slices.BinarySearch(nums, makeNumber(uint64(n.main()), 0, 0))
	if i >= len(nums) || nums[i].main() != n.main() {
		return doorHit{}, false
	}
	best := i
	for j := i; j < len(nums) && nums[j].main() == n.main(); j++ {
		if abs(nums[j].sub()-n.sub()) < abs(nums[best].sub()-n.sub()) {
			best = j
		}
	}
	if nums[i].sub() == 0 { // the plain number before any sub number
		best = i
	}
	p := &g.plates[int(r.doorFrom)+best]
	return doorHit{
		door: p.door, slot: r.doorFrom + int32(best), at: p.at, match: MatchExact, unc: 20, road: id, num: nums[best],
		fault: fault{code: faultSubNumber, cost: .03},
	}, true
}

// interpolate works out where the number would be from its neighbours of the same parity, or takes the nearest.
func (g *Geocoder) interpolate(id int32, n number) (doorHit, bool) {
	r := &g.roads[id]
	nums := g.nums[r.doorFrom:r.doorTo]
	if len(nums) == 0 {
		return doorHit{}, false
	}
	i := firstNumber(nums, n)
	lo, hi := i-1, i
	for lo >= 0 && (nums[lo].main()-n.main())%2 != 0 {
		lo--
	}
	for hi < len(nums) && (nums[hi].main()-n.main())%2 != 0 {
		hi++
	}
	at := func(k int) pt { return g.plates[int(r.doorFrom)+k].at }
	h := doorHit{door: -1, match: MatchInterpolated, road: id, num: n}
	if lo >= 0 && hi < len(nums) {
		a, b := at(lo), at(hi)
		gap, span := a.dist(b), nums[hi].main()-nums[lo].main()
		if span <= 60 && gap < 500 {
			t := float64(n.main()-nums[lo].main()) / float64(max(1, span))
			h.at, h.unc = lerp(a, b, t), max(15, gap/2)
			h.fault = fault{code: faultInterpolated}
			return h, true
		}
	}
	best, diff := -1, math.MaxInt
	consider := func(k, penalty int) {
		if k >= 0 && k < len(nums) && abs(nums[k].main()-n.main())+penalty < diff {
			best, diff = k, abs(nums[k].main()-n.main())+penalty
		}
	}
	consider(lo, 0)
	consider(hi, 0)
	consider(i-1, 10)
	consider(i, 10)
	d := abs(nums[best].main() - n.main())
	h.slot = r.doorFrom + int32(best)
	h.door, h.at, h.num = g.plates[h.slot].door, at(best), nums[best]
	h.unc = max(25, float64(d)*4)
	h.fault = fault{code: faultNearestNumber, cost: .05 + min(.25, float64(d)*.002)}
	return h, true
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// doorsMiddle returns the door of the road nearest to their mean point, for a road without geometry, and their spread.
func (g *Geocoder) doorsMiddle(id int32) (pt, float64, bool) {
	r := &g.roads[id]
	if r.doorFrom == r.doorTo {
		return pt{}, 0, false
	}
	var sum pt
	for k := r.doorFrom; k < r.doorTo; k++ {
		sum = sum.add(g.plates[k].at)
	}
	mean := sum.mul(1 / float64(r.doorTo-r.doorFrom))
	best, bestD, spread := pt{}, math.Inf(1), 0.0
	for k := r.doorFrom; k < r.doorTo; k++ {
		at := g.plates[k].at
		if dd := at.dist(mean); dd < bestD {
			best, bestD = at, dd
		} else {
			spread = max(spread, dd)
		}
	}
	return best, spread, true
}

// roadMiddle returns a point that stands for the whole road and half its length.
func (g *Geocoder) roadMiddle(id int32) (pt, float64, bool) {
	r := &g.roads[id]
	if at, ok := r.geom.middle(); ok {
		return at, max(15, r.geom.length()/2), true
	}
	at, spread, ok := g.doorsMiddle(id)
	return at, max(15, spread), ok
}

// crossingsOf returns the crossings of two roads.
func (g *Geocoder) crossingsOf(a, b int32) []crossing {
	a, b = min(a, b), max(a, b)
	of := g.crosses[g.crossFrom[a]:g.crossFrom[a+1]]
	i, _ := slices.BinarySearchFunc(of, b, func(c crossing, b int32) int { return cmp.Compare(c.b, b) })
	j := i
	for j < len(of) && of[j].b == b {
		j++
	}
	return of[i:j]
}

// laneMouth returns where a lane leaves its road: their crossing (the one nearest to the lane's number when there are
// several), else the lane's number in the road's own sequence, else the lane's door nearest to the road.
func (g *Geocoder) laneMouth(lane int32) (pt, float64, bool) {
	r := &g.roads[lane]
	if r.parent < 0 {
		return pt{}, 0, false
	}
	n := r.lane
	if r.alley > 0 {
		n = r.alley
	}
	est, known := g.interpolate(r.parent, makeNumber(uint64(n), 0, 0))
	if cs := g.crossingsOf(lane, r.parent); len(cs) > 0 {
		best := cs[0].at
		for _, c := range cs[1:] {
			if known && c.at.dist(est.at) < best.dist(est.at) {
				best = c.at
			}
		}
		return best, 15, true
	}
	if r.doorFrom < r.doorTo {
		if at, d, ok := g.nearestDoorTo(lane, r.parent); ok && (d < 60 || !known) {
			return at, 25, true
		}
	}
	if known {
		return est.at, max(30, est.unc), true
	}
	return pt{}, 0, false
}

// nearestDoorTo returns the point on the parent road (or its nearest door) next to the lane's nearest door.
func (g *Geocoder) nearestDoorTo(lane, parent int32) (pt, float64, bool) {
	l, p := &g.roads[lane], &g.roads[parent]
	best, bestD := pt{}, math.Inf(1)
	for k := l.doorFrom; k < l.doorTo; k++ {
		at := g.plates[k].at
		if s, ok := p.geom.nearest(at); ok {
			if s.dist < bestD {
				best, bestD = lerp(s.at, at, .3), s.dist
			}
			continue
		}
		for o := p.doorFrom; o < p.doorTo; o++ {
			if q := g.plates[o].at; q.dist(at) < bestD {
				best, bestD = lerp(q, at, .5), q.dist(at)
			}
		}
	}
	return best, bestD, !math.IsInf(bestD, 1)
}
