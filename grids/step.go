package grids

import (
	"math"
	"slices"

	"wanmi/gis/geom"
)

const (
	stepWorth = 5_000.0  // mm of border along no feature that one blemish less is worth
	stepShort = 8_000.0  // mm: a leg no longer than this that turns off is a step
	stepClose = 2_000.0  // mm: corners nearer to each other are one too many
	stepReach = 25_000.0 // mm of a border looked at from its joint
	stepLegs  = 4        // of it
	stepSlide = 12_000.0 // mm that a joint moves at most
)

// stepSlant is from where, in lengths of a step before and behind it, a border may run aslant instead.
var stepSlant = [2]float64{1.5, 3}

// stepTurn is the tangent of the least turn of a step: 30 degrees.
var stepTurn = math.Tan(math.Pi / 6)

// steps takes away what a planner would still change where borders meet: a border that turns off just before its joint or makes
// a step there, and corners next to each other; and steps elsewhere. The border goes straight on, or the joint moves to where the border
// comes from. That may cost so much more border off features, and shape, as it is worth.
func (s *smoother) steps() {
	for range moveRounds {
		moved := false
		for _, i := range s.order {
			for l := s.lines[i]; !l.fixed && blemishes(l.pts) > 0; moved = true {
				if !s.best(func(offer func(...change)) { straightOn(l, offer) }) {
					break
				}
			}
		}
		for _, j := range s.allJoints() {
			gone := func(e end) bool { return len(e.l.class) == 0 } // its joints have become one just now
			bad := func(e end) bool { return blemishes(e.first(stepLegs+2)) > 0 }
			if len(j.ends) == 3 && !slices.ContainsFunc(j.ends, gone) && slices.ContainsFunc(j.ends, bad) {
				moved = s.best(func(offer func(...change)) { s.elsewhere(&j, offer) }) || moved
			}
		}
		if !moved {
			return
		}
	}
}

// best makes the best of the changes offered that take a blemish away.
func (s *smoother) best(ways func(offer func(...change))) bool {
	var best []change
	gain := leastGain
	worth := s.g.Feature / 1e5 * stepWorth
	ways(func(cs ...change) {
		less := 0
		for i := range cs {
			c := &cs[i]
			less += blemishes(c.l.pts) - blemishes(slices.Concat(c.l.pts[:c.lo], c.pts, c.l.pts[c.hi+1:]))
		}
		if less <= 0 {
			return
		}
		if v := s.gain(cs...) + worth*float64(less); v > gain && s.fits(cs...) {
			best, gain = cs, v
		}
	})
	if best == nil {
		return false
	}
	s.apply(best...)
	return true
}

// first returns the first points of a border from that end, at most n.
func (e end) first(n int) []geom.Pt {
	var out []geom.Pt
	for k := 0; k < n && k < len(e.l.pts); k++ {
		out = append(out, e.point(k))
	}
	return out
}

// blemishes counts the legs of a border that a planner would take away: those next to nothing, short ones at its ends that turn off, and
// short ones between turns to either side.
func blemishes(pts []geom.Pt) int {
	n, last := 0, len(pts)-2
	for i := 0; i <= last; i++ {
		d := pts[i].Dist(pts[i+1])
		switch {
		case d < stepClose:
			n++
		case d > stepShort || last == 0:
		case i == 0 && veers(pts[:3]) != 0, i == last && veers(pts[i-1:]) != 0:
			n++
		case i > 0 && i < last && isStep(pts[i-1:i+3]):
			n++
		}
	}
	return n
}

// veers returns 1 when three points turn to the left as a step does, -1 to the right, else 0.
func veers(p []geom.Pt) int {
	ax, ay, bx, by := float64(p[1].X-p[0].X), float64(p[1].Y-p[0].Y), float64(p[2].X-p[1].X), float64(p[2].Y-p[1].Y)
	cross, dot := ax*by-ay*bx, ax*bx+ay*by
	switch {
	case math.Abs(cross) < stepTurn*dot:
		return 0
	case cross > 0:
		return 1
	}
	return -1
}

// isStep reports whether the second of three legs lies between turns to either side.
func isStep(p []geom.Pt) bool { return veers(p[:3])*veers(p[1:4]) < 0 }

// straightOn offers the ways of a border's ends straight to its joints, and those straight through its steps.
func straightOn(l *line, offer func(...change)) {
	for _, e := range [2]end{{l, true}, {l, false}} {
		way := 0.0
		for k := 1; k < len(l.pts) && k <= stepLegs && way <= stepReach; k++ {
			if k > 1 {
				offer(e.straight(e.point(0), k, end{}, 0))
			}
			way += e.point(k - 1).Dist(e.point(k))
		}
	}
	for i := 1; i+2 < len(l.pts); i++ {
		p, q := l.pts[i], l.pts[i+1]
		d := p.Dist(q)
		if d > stepShort || !isStep(l.pts[i-1:i+3]) {
			continue
		}
		for _, w := range [3][2]int{{i - 1, i + 1}, {i, i + 2}, {i - 1, i + 2}} {
			offer(change{l, w[0], w[1], []geom.Pt{l.pts[w[0]], l.pts[w[1]]}, []class{clsGap}, clearance})
		}
		for _, f := range stepSlant {
			a, b := l.pts[i-1], l.pts[i+2]
			if m, n := p.Dist(a), q.Dist(b); f*d < min(m, n)-stepClose {
				offer(change{l, i - 1, i + 2, []geom.Pt{a, at(p, a, f*d/m), at(q, b, f*d/n), b}, []class{l.class[i-1], clsGap, l.class[i+1]}, clearance})
			}
		}
	}
}

// straight is the change that leads the end of a border straight from its k-th point to another: along its feature, where it
// keeps to it. over is an end of another border that begins in the same joint and leads to that point in so many legs, if one does.
func (e end) straight(to geom.Pt, k int, over end, legs int) change {
	c := e.reach([]geom.Pt{to}, k, []class{clsGap}, clearance)
	cls, was := e.class(), e.first(k+1)
	for i := 1; i <= max(k, legs); i++ {
		for _, x := range [2]struct {
			end
			n int
		}{{e, k}, {over, legs}} {
			if i > x.n {
				continue
			}
			if !alike(x.classTo(i), cls) {
				return c
			}
			cls = max(cls, x.classTo(i))
		}
	}
	if legs > 0 {
		via := over.first(legs + 1)
		slices.Reverse(via)
		was = append(via, was[1:]...)
	}
	if strays(was, c.pts) <= bumpHigh && strays(c.pts, was) <= bumpHigh {
		c.class[0], c.clear = cls, 0
	}
	return c
}

// elsewhere offers the other places of a joint of three borders.
func (s *smoother) elsewhere(j *joint, offer func(...change)) {
	for a := range 3 {
		for b := range 3 {
			c := 3 - a - b
			if a == b || j.ends[a].l == j.ends[b].l || j.ends[a].l == j.ends[c].l || j.ends[b].l == j.ends[c].l {
				continue
			}
			s.along(j.ends[a], j.ends[b], j.ends[c], offer)
			if a < c {
				s.to(j.ends[b], j.ends[a], j.ends[c], offer)
			}
		}
	}
}

// along offers the ways of border e to border f beside their joint: to its corners, to where it is nearest, and straight on. g takes f's
// place there.
func (s *smoother) along(e, f, g end, offer func(...change)) {
	way := 0.0
	for i := 1; i < len(f.l.pts) && way < stepSlide; i++ {
		p, q := f.point(i-1), f.point(i)
		for k := 1; k < len(e.l.pts) && k <= stepLegs; k++ {
			from := e.point(k)
			var to []geom.Pt
			if t, _ := nearSeg(from, p, q); t > 0 && t < 1 {
				to = append(to, at(p, q, t))
			}
			if k+1 < len(e.l.pts) {
				if t, ok := hits(e.point(k+1), from, p, q); ok {
					to = append(to, at(p, q, t))
				}
			}
			if i+1 < len(f.l.pts) {
				to = append(to, q)
			}
			for _, to := range to {
				if to == from || way+to.Dist(p) > stepSlide || to.Dist(p) < tongueEnd || to != q && to.Dist(q) < tongueEnd {
					continue
				}
				offer(append([]change{e.straight(to, k, end{}, 0)}, f.handOver(g, to, i)...)...)
			}
		}
		way += p.Dist(q)
	}
}

// hits returns where the ray from a through b, beyond b, meets the segment pq: at which part of it.
func hits(a, b, p, q geom.Pt) (float64, bool) {
	dx, dy, ex, ey := float64(b.X-a.X), float64(b.Y-a.Y), float64(q.X-p.X), float64(q.Y-p.Y)
	det := ex*dy - ey*dx
	if det == 0 {
		return 0, false
	}
	fx, fy := float64(p.X-b.X), float64(p.Y-b.Y)
	t, u := (fy*dx-fx*dy)/det, (fy*ex-fx*ey)/det
	return t, t > 0 && t < 1 && u > 0
}

// to offers to move the joint to the first corners of border e, or to its other end, where e vanishes: f and g go there straight, or one of
// them over the old joint.
func (s *smoother) to(e, f, g end, offer func(...change)) {
	way := 0.0
	for k := 1; k < len(e.l.pts) && k <= 2; k++ {
		to := e.point(k)
		if way += e.point(k - 1).Dist(to); way > stepSlide || k+1 == len(e.l.pts) && !s.mayMeet(e, f) {
			return
		}
		rest := e.reach(nil, k, nil, 0)
		for m := 1; m <= 2; m++ {
			if m < len(f.l.pts) {
				offer(append([]change{f.straight(to, m, e, k)}, e.handOver(g, to, k)...)...)
			}
			if m < len(g.l.pts) {
				offer(append([]change{g.straight(to, m, e, k)}, e.handOver(f, to, k)...)...)
			}
			for n := 1; n <= 2 && m < len(f.l.pts); n++ {
				if n < len(g.l.pts) {
					offer(rest, f.straight(to, m, e, k), g.straight(to, n, e, k))
				}
			}
		}
	}
}

// mayMeet reports whether the joint of e, f and one more border may become one with the other end of e: the cell that lies not
// beside e, but between the others, must not be at that end, or its outline would pass there twice.
func (s *smoother) mayMeet(e, f end) bool {
	at, c := e.point(len(e.l.pts)-1), f.l.left
	if c == e.l.left || c == e.l.right {
		c = f.l.right
	}
	for _, i := range s.order {
		l := s.lines[i]
		if (l.pts[0] == at || l.pts[len(l.pts)-1] == at) && (l.left == c || l.right == c) {
			return false
		}
	}
	return true
}
