package geocode

import (
	"cmp"
	"slices"
)

// nthAt reads 第2个路口, 过两个红绿灯, 下一个路口 at i: which crossing is meant and where the words end.
func nthAt(r []rune, i int) (n, end int, ok bool) {
	j := i + 1
	switch {
	case r[i] == '下' && j < len(r) && r[j] == '个':
		n = 1
	case j < len(r):
		if n = smallCount(r[j]); n == 0 {
			return 0, 0, false
		}
		j++
	}
	if j < len(r) && r[j] == '个' {
		j++
	}
	for _, w := range [...]string{"十字路口", "丁字路口", "岔路口", "红绿灯", "信号灯", "胡同口", "路口", "街口", "巷口", "道口", "十字"} {
		if k, ok := after(r, j, w); ok {
			return n, k, true
		}
	}
	return 0, 0, false
}

// after returns the place behind w when w stands at j.
func after(r []rune, j int, w string) (int, bool) {
	for _, c := range w {
		if j >= len(r) || r[j] != c {
			return 0, false
		}
		j++
	}
	return j, true
}

// smallCount reads one numeral from 1 to 9, 0 when r is none.
func smallCount(r rune) int {
	if '1' <= r && r <= '9' {
		return int(r - '0')
	}
	for k, c := range []rune("一二三四五六七八九") {
		if c == r {
			return k + 1
		}
	}
	if r == '两' {
		return 2
	}
	return 0
}

const (
	nthReach = 3000 // metres: nobody counts crossings farther than that
	sameSpot = 30   // crossings nearer to each other are one to those who pass
)

// toNth moves a candidate to the n-th crossing in the direction said. A road by itself is counted from its end, which is a guess.
func (g *Geocoder) toNth(c *cand, off *offset) {
	if off.dir < 0 || c.road < 0 {
		c.fault(faultOffsetUnused, .05)
		return
	}
	start, from := fault{}, *c
	if c.level == levelRoad {
		end, ok := g.roadEnd(c.road, (int(off.dir)+4)%8)
		if !ok {
			c.fault(faultOffsetUnused, .05)
			return
		}
		from.at, start = end, fault{faultOffsetStart, .15}
	}
	at, other, ok := g.nthCrossing(&from, int(off.dir), off.nth)
	if !ok {
		c.fault(faultOffsetUnused, .05)
		c.unc += 100
		return
	}
	c.at, c.moved = at, true
	c.unc = max(20, c.unc)
	if start.code != faultNone {
		c.unc = max(100, from.at.dist(at)/2)
		c.road2 = other
	}
	c.fault(start.code, start.cost)
	c.level = max(c.level, levelOffset)
	if c.level == levelRoad {
		c.level = levelOffset
	}
	c.match = MatchInterpolated
}

// nthCrossing returns the n-th crossing from the candidate along the road that leads in the direction, and the road met there.
func (g *Geocoder) nthCrossing(c *cand, dir, n int) (pt, int32, bool) {
	id, s, forward, ok := g.courseTowards(c, dir, 40)
	if !ok {
		return pt{}, -1, false
	}
	var path line
	g.roads[id].geom.follow(s, nthReach, forward, func(p pt) { path = append(path, p) })
	type stop struct {
		along float64
		at    pt
		other int32
	}
	var stops []stop
	for _, k := range g.crossingsOn(id) {
		x := g.crosses[k]
		other := x.a
		if x.a == id {
			other = x.b
		}
		if g.roads[other].parent >= 0 {
			continue // a lane is no crossing to count
		}
		if along, off := path.measure(x.at); off < sameSpot && along > 20 {
			stops = append(stops, stop{along, x.at, other})
		}
	}
	slices.SortFunc(stops, func(a, b stop) int { return cmp.Or(cmp.Compare(a.along, b.along), cmp.Compare(a.other, b.other)) })
	count, last := 0, -float64(sameSpot)
	for _, st := range stops {
		if st.along-last >= sameSpot {
			if count++; count == n {
				return st.at, st.other, true
			}
			last = st.along
		}
	}
	return pt{}, -1, false
}

// measure returns how far along the line lies what is nearest to p, and how far that is from p.
func (l line) measure(p pt) (along, off float64) {
	off = 1e18
	done := 0.0
	for i := 1; i < len(l); i++ {
		q, _ := project(p, l[i-1], l[i])
		if d := q.dist(p); d < off {
			along, off = done+q.dist(l[i-1]), d
		}
		done += l[i-1].dist(l[i])
	}
	return along, off
}

// roadEnd returns the end of a road in a direction; ok is false when the road runs across that direction rather than along it.
func (g *Geocoder) roadEnd(id int32, dir int) (pt, bool) {
	h := heading(dir)
	var far, near pt
	hi, lo, wide, narrow := -1e18, 1e18, -1e18, 1e18
	for _, l := range g.roads[id].geom {
		for _, p := range l {
			d, across := p.dot(h), p.x*h.y-p.y*h.x
			if d > hi {
				far, hi = p, d
			}
			if d < lo {
				near, lo = p, d
			}
			wide, narrow = max(wide, across), min(narrow, across)
		}
	}
	return far, hi > lo && hi-lo >= .7*(wide-narrow) && far != near
}
