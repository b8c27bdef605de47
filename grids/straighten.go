package grids

import "wanmi/gis/geom"

const (
	maxStray   = 20_000.0 // mm a straightened border may lie from where it was cut
	maxWindow  = 40       // points of a border looked over at once
	leastGain  = 1e-4
	moveRounds = 3
)

// soft reports whether a border of the class may be moved: it runs along no feature.
func (c class) soft() bool { return c == clsGap || c == clsOpen }

// straighten pulls the borders that run along no feature straight, where that makes the cells on both sides better.
func (s *smoother) straighten() {
	for range moveRounds {
		moved := false
		for _, i := range s.order {
			l := s.lines[i]
			if l.fixed {
				continue
			}
			for lo := 0; lo < len(l.class); lo++ {
				if l.class[lo].soft() {
					moved = s.shorten(l, lo) || moved
				}
			}
			moved = s.shift(l) || moved
		}
		moved = s.joints() || moved
		moved = s.tongues() || moved
		if !moved {
			return
		}
	}
}

// shorten looks for the best straight piece that starts at point lo.
func (s *smoother) shorten(l *line, lo int) bool {
	hi := lo
	for hi < len(l.class) && hi < lo+maxWindow && l.class[hi].soft() {
		hi++
	}
	best, gain := change{}, leastGain
	for ; hi > lo+1; hi-- {
		c := change{l, lo, hi, []geom.Pt{l.pts[lo], l.pts[hi]}, []class{clsGap}, clearance}
		if v := s.gain(c); v > gain && straysLittle(&c) && s.fits(c) {
			best, gain = c, v
		}
	}
	if best.l == nil {
		return false
	}
	s.apply(best)
	return true
}

func straysLittle(c *change) bool {
	for _, p := range c.old() {
		d := maxStray
		for i := 1; i < len(c.pts); i++ {
			d = min(d, distSeg(p, c.pts[i-1], c.pts[i]))
		}
		if d >= maxStray {
			return false
		}
	}
	return true
}

// shift moves single points of a border towards the straight line between their neighbours.
func (s *smoother) shift(l *line) bool {
	moved := false
	for k := 1; k+1 < len(l.pts); k++ {
		if !l.class[k-1].soft() || !l.class[k].soft() {
			continue
		}
		a, p, b := l.pts[k-1], l.pts[k], l.pts[k+1]
		t, _ := nearSeg(p, a, b)
		foot := at(a, b, max(0.15, min(0.85, t)))
		for _, f := range [3]float64{0.75, 0.5, 0.25} {
			c := change{l, k - 1, k + 1, []geom.Pt{a, at(p, foot, f), b}, []class{clsGap, clsGap}, clearance}
			if s.gain(c) > leastGain && s.fits(c) {
				s.apply(c)
				moved = true
				break
			}
		}
	}
	return moved
}
