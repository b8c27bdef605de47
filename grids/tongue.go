package grids

import "wanmi/gis/geom"

const (
	tonguePoints = 4        // points of a border looked at from its joint
	tongueLong   = 60_000.0 // mm of it
	tongueSaved  = 1_000.0  // mm of border that cutting off a tongue must save
	tongueEnd    = 300.0    // mm between a new joint and other corners
)

// tongues cuts off the tongues that a cell puts out between two borders that run beside each other to a joint: the joint
// moves down one of them to where the other is near, and the third border takes the way between.
func (s *smoother) tongues() bool {
	moved := false
	for _, j := range s.allJoints() {
		if len(j.ends) != 3 {
			continue
		}
		var best []change
		gain := leastGain
		for a := range 3 {
			for b := range 3 {
				if c := 3 - a - b; a != b && j.ends[a].l != j.ends[b].l && j.ends[a].l != j.ends[c].l && j.ends[b].l != j.ends[c].l {
					best, gain = s.tongue(j.ends[a], j.ends[b], j.ends[c], best, gain)
				}
			}
		}
		if best != nil {
			s.apply(best...)
			moved = true
		}
	}
	return moved
}

// tongue returns the best way to lead border e over to border f before their joint, g taking f's place there, if it gains more than gain.
func (s *smoother) tongue(e, f, g end, best []change, gain float64) ([]change, float64) {
	way := 0.0
	for k := 1; k < len(e.l.pts) && k <= tonguePoints; k++ {
		from := e.point(k)
		if way += e.point(k - 1).Dist(from); way > tongueLong {
			break
		}
		for i := 1; i < len(f.l.pts) && i <= tonguePoints; i++ {
			p, q := f.point(i-1), f.point(i)
			t, d := nearSeg(from, p, q)
			if t <= 0 || d > way-tongueSaved {
				continue
			}
			to := at(p, q, t)
			switch {
			case to == q && i+1 == len(f.l.pts), to == from, to.Dist(p) < tongueEnd, to != q && to.Dist(q) < tongueEnd:
				continue
			}
			cs := append([]change{e.reach([]geom.Pt{to}, k, []class{clsGap}, clearance)}, f.handOver(g, to, i)...)
			if v := s.gain(cs...); v > gain && s.fits(cs...) {
				best, gain = cs, v
			}
		}
	}
	return best, gain
}

// classTo returns the class of the segment that ends in the k-th point from that end.
func (e end) classTo(k int) class {
	if e.start {
		return e.l.class[k-1]
	}
	return e.l.class[len(e.l.class)-k]
}

// handOver is the changes that lead border g on along e from their joint to a point on e's i-th segment, where e begins then.
func (e end) handOver(g end, to geom.Pt, i int) []change {
	rest := e.reach([]geom.Pt{to}, i, []class{e.classTo(i)}, 0)
	if to == e.point(i) {
		rest = e.reach(nil, i, nil, 0)
	}
	pts, cls := []geom.Pt{to}, []class{e.classTo(i)}
	for k := i - 1; k >= 0; k-- {
		pts = append(pts, e.point(k))
		if k > 0 {
			cls = append(cls, e.classTo(k))
		}
	}
	return []change{rest, g.reach(pts, 1, append(cls, g.class()), 0)}
}
