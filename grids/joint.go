package grids

import (
	"math"
	"slices"

	"wanmi/gis/geom"
)

// evadeCorner is how many mm longer borders may be for a corner less; evadeFrom from how far, mm, they turn to
// their new joint.
const evadeCorner = 200.0

var evadeFrom = [...]float64{25_000, 12_000, 6_000, 4_000, 2_000, 1_200}

// joint is a point where borders meet.
type joint struct {
	at   geom.Pt
	ends []end
}

// end is the end of a border at a joint.
type end struct {
	l     *line
	start bool
}

// point returns the k-th point from that end.
func (e end) point(k int) geom.Pt {
	if e.start {
		return e.l.pts[k]
	}
	return e.l.pts[len(e.l.pts)-1-k]
}

// class returns the class of the last segment at the end.
func (e end) class() class {
	if e.start {
		return e.l.class[0]
	}
	return e.l.class[len(e.l.class)-1]
}

// allJoints lists the joints whose borders may all be moved, from west to east.
func (s *smoother) allJoints() []joint {
	at := map[geom.Pt]int{}
	var all []joint
	fixed := map[geom.Pt]bool{}
	for _, i := range s.order {
		l := s.lines[i]
		if len(l.class) == 0 { // its joints have become one
			continue
		}
		for _, start := range [2]bool{true, false} {
			e := end{l, start}
			p := e.point(0)
			k, ok := at[p]
			if !ok {
				k = len(all)
				at[p] = k
				all = append(all, joint{at: p})
			}
			all[k].ends = append(all[k].ends, e)
			fixed[p] = fixed[p] || l.fixed
		}
	}
	all = slices.DeleteFunc(all, func(j joint) bool { return fixed[j.at] || len(j.ends) < 3 })
	slices.SortFunc(all, func(a, b joint) int { return a.at.Cmp(b.at) })
	return all
}

// joints moves the points where borders meet: freely where none of them runs along a feature, else along the feature.
func (s *smoother) joints() bool {
	moved := false
	for _, j := range s.allJoints() {
		var hard []end
		var sum geom.Pt
		for _, e := range j.ends {
			if !e.class().soft() {
				hard = append(hard, e)
			}
			sum.X, sum.Y = sum.X+e.point(1).X, sum.Y+e.point(1).Y
		}
		switch {
		case len(hard) == 0:
			n := int64(len(j.ends))
			moved = s.free(&j, geom.Pt{X: sum.X / n, Y: sum.Y / n}) || moved
		case len(hard) == 2 && len(j.ends) == 3:
			moved = s.slide(&j, hard) || moved
		}
	}
	return moved
}

// free moves a joint towards the middle of what it is joined with.
func (s *smoother) free(j *joint, middle geom.Pt) bool {
	for _, f := range [3]float64{1, 0.5, 0.25} {
		to := at(j.at, middle, f)
		var cs []change
		for _, e := range j.ends {
			cs = append(cs, e.reach([]geom.Pt{to}, 1, []class{clsGap}, clearance))
		}
		if s.gain(cs...) > leastGain && s.fits(cs...) {
			s.apply(cs...)
			return true
		}
	}
	return false
}

// slide moves the end of a soft border along the feature that it meets.
func (s *smoother) slide(j *joint, hard []end) bool {
	k := slices.IndexFunc(j.ends, func(e end) bool { return e.class().soft() })
	soft := j.ends[k]
	for i, e := range hard {
		other := hard[1-i]
		next := e.point(1)
		t, _ := nearSeg(soft.point(1), j.at, next)
		if t <= 0 || t >= 1 && len(e.l.pts) == 2 {
			continue
		}
		for _, f := range [2]float64{1, 0.5} {
			to := at(j.at, next, t*f)
			if to == j.at || j.at.Dist(to) < 300 || to != next && to.Dist(next) < 300 {
				continue
			}
			cs := []change{soft.reach([]geom.Pt{to}, 1, []class{clsGap}, clearance)}
			if to == next { // the border along the feature loses its last segment
				cs = append(cs, e.reach(nil, 1, nil, 0))
			} else {
				cs = append(cs, e.reach([]geom.Pt{to}, 1, []class{e.class()}, 0))
			}
			cs = append(cs, other.longer(to, e.class()))
			if s.gain(cs...) > leastGain && s.fits(cs...) {
				s.apply(cs...)
				return true
			}
		}
	}
	return false
}

// reach is the change that leads the end of a border over other points, from the joint outwards, to its k-th point.
func (e end) reach(pts []geom.Pt, k int, cls []class, clear float64) change {
	c := change{l: e.l, lo: 0, hi: k, pts: append(slices.Clone(pts), e.point(k)), class: slices.Clone(cls), clear: clear}
	if !e.start {
		n := len(e.l.pts) - 1
		c.lo, c.hi = n-k, n
		slices.Reverse(c.pts)
		slices.Reverse(c.class)
	}
	return c
}

// longer is the change that leads a border on from its end to another point; the old end stays where it is a bend.
func (e end) longer(to geom.Pt, cls class) change {
	if cls == e.class() && distSeg(e.point(0), to, e.point(1)) < 1.5 {
		return e.reach([]geom.Pt{to}, 1, []class{cls}, 0)
	}
	return e.reach([]geom.Pt{to, e.point(0)}, 1, []class{cls, e.class()}, 0)
}

// aside moves joints off the components that stand on them.
func (s *smoother) aside() {
	for _, j := range s.allJoints() {
		near := s.comps.near(geom.NoBox.Grow(j.at).Pad(1000), nil)
		slices.SortFunc(near, geom.Pt.Cmp)
		near = slices.DeleteFunc(near, func(p geom.Pt) bool { return p.Dist(j.at) > 900 })
		if slices.ContainsFunc(near, func(p geom.Pt) bool { return p.Dist(j.at) < nearBorder }) {
			s.evade(&j, near)
		}
	}
}

// evade looks for the place near a joint that leaves the fewest components on its borders, and of those ways there for the one
// with the fewest corners near the joint: borders turn to it from afar, where they can.
func (s *smoother) evade(j *joint, near []geom.Pt) {
	var best []change
	most, cost := 0, 0.0
	for _, reach := range evadeFrom {
		for _, r := range [3]float64{560, 700, 850} {
			for k := range 12 {
				sin, cos := math.Sincos(float64(k) * math.Pi / 6)
				for _, p := range near {
					to := geom.Pt{X: p.X + int64(math.Round(r*cos)), Y: p.Y + int64(math.Round(r*sin))}
					if to.Dist(j.at) > bumpHigh {
						continue
					}
					cs, n, more := s.turnAll(j, to, reach)
					if n > most || n == most && n > 0 && more < cost {
						if s.fits(cs...) {
							best, most, cost = cs, n, more
						}
					}
				}
			}
		}
	}
	if best != nil {
		s.apply(best...)
	}
}

// turnAll leads the borders of a joint to another place, from so far along them; n is by how many fewer components stand on them
// then, more how much longer they are, with evadeCorner for each corner. Where a border would leave its line, n is 0.
func (s *smoother) turnAll(j *joint, to geom.Pt, reach float64) (cs []change, n int, more float64) {
	for _, e := range j.ends {
		c := e.turn(to, reach)
		if strays(c.old(), c.pts) > bumpHigh || strays(c.pts, c.old()) > bumpHigh {
			return nil, 0, 0
		}
		n += s.touching(c.old()) - s.touching(c.pts)
		more += pathLength(c.pts) - pathLength(c.old()) + evadeCorner*float64(len(c.pts)-len(c.old()))
		cs = append(cs, c)
	}
	return cs, n, more
}

// turn is the change that leads the end of a border to another joint, from a place so far along it, no farther than its feature.
func (e end) turn(to geom.Pt, reach float64) change {
	d, cls := 0.0, e.class()
	for k := 1; ; k++ {
		p, q := e.point(k-1), e.point(k)
		l := p.Dist(q)
		cls = max(cls, e.classTo(k))
		switch {
		case d+l >= reach+500:
			return e.reach([]geom.Pt{to, at(p, q, (reach-d)/l)}, k, []class{cls, e.classTo(k)}, 50)
		case d+l >= reach-500 || k == len(e.l.pts)-1 || !alike(cls, e.classTo(k+1)):
			return e.reach([]geom.Pt{to}, k, []class{cls}, 50)
		}
		d += l
	}
}
