package grids

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis/geom"
)

const (
	nearBorder = 500.0 // mm: a component nearer to a border than this belongs to neither side for sure
	bumpRoom   = 530.0 // mm a border led round a component keeps from it
	bumpHigh   = 900.0 // mm a border may leave its line for it: it still counts as running on its feature
)

// bumps leads the borders round the components that stand on them, with two or three points each, first where
// borders meet, then along them. Community lines stay.
func (s *smoother) bumps() {
	s.aside()
	for _, i := range s.order {
		l := s.lines[i]
		if l.fixed {
			continue
		}
		tried := map[geom.Pt]bool{}
		plain := slices.Clone(l.pts)
		for range 200 { // each round changes the line
			p, ok := s.touched(l, tried)
			if !ok {
				break
			}
			tried[p] = true
			s.bump(l, p, plain)
		}
	}
}

// touched returns the first component not yet tried that stands on the border.
func (s *smoother) touched(l *line, tried map[geom.Pt]bool) (geom.Pt, bool) {
	for i := 1; i < len(l.pts); i++ {
		a, b := l.pts[i-1], l.pts[i]
		near := s.comps.near(geom.NoBox.Grow(a).Grow(b).Pad(int64(nearBorder)), nil)
		near = slices.DeleteFunc(near, func(p geom.Pt) bool { return tried[p] || distSeg(p, a, b) >= nearBorder+1 })
		if len(near) > 0 {
			return slices.MinFunc(near, func(p, q geom.Pt) int {
				t, _ := nearSeg(p, a, b)
				u, _ := nearSeg(q, a, b)
				return cmp.Or(cmp.Compare(t, u), p.Cmp(q))
			}), true
		}
	}
	return geom.Pt{}, false
}

// bump leads the border round p: the way that leaves the fewest components on it, of those the one with the fewest
// corners. plain is the border before the first bump.
func (s *smoother) bump(l *line, p geom.Pt, plain []geom.Pt) {
	pos := make([]float64, len(l.pts))
	at, best := 0.0, math.Inf(1)
	for i := 1; i < len(l.pts); i++ {
		a, b := l.pts[i-1], l.pts[i]
		pos[i] = pos[i-1] + a.Dist(b)
		if t, d := nearSeg(p, a, b); d < best {
			at, best = pos[i-1]+t*a.Dist(b), d
		}
	}
	var found *change
	var cost float64
	for _, w := range windows(pos, at) {
		way := stretch(l.pts, pos, w)
		if len(way) < 2 {
			continue
		}
		a, b := way[0], way[len(way)-1]
		was, known := 0, false // components on the border now, in this window
		for _, side := range [2]float64{1, -1} {
			for _, flat := range [2]bool{false, true} {
				c := s.round(l, pos, w.lo, w.hi, detour(a, b, p, side, flat))
				if c == nil {
					continue
				}
				if !known {
					was, known = s.touching(c.old()), true
				}
				less := was - s.touching(c.pts)
				v := -1e6*float64(less) + pathLength(c.pts) - pathLength(c.old()) + 100*float64(len(c.pts)-len(c.old()))
				if less > 0 && (found == nil || v < cost) && strays(c.pts, plain) <= bumpHigh && strays(c.old(), c.pts) <= bumpHigh && s.fits(*c) {
					found, cost = c, v
				}
			}
		}
		if found != nil && s.touching(found.pts) == 0 {
			break
		}
	}
	if found != nil {
		s.apply(*found)
	}
}

// windows lists the stretches of a border, by arc length, that may be led round what stands at a place along it:
// from one corner to another, which gives the fewest new ones, then from near before it to near behind it.
func windows(pos []float64, at float64) []span {
	i, _ := slices.BinarySearch(pos, at)
	i = max(1, min(i, len(pos)-1))
	out := []span{{pos[i-1], pos[i]}}
	if i > 1 {
		out = append(out, span{pos[i-2], pos[i]})
	}
	if i+1 < len(pos) {
		out = append(out, span{pos[i-1], pos[i+1]})
	}
	total := pos[len(pos)-1]
	for _, reach := range [7]float64{16_000, 8000, 4000, 2500, 2000, 1500, 1000} {
		s := span{max(0, at-reach), min(total, at+reach)}
		if s.hi-s.lo >= reach {
			out = append(out, s)
		}
	}
	return out
}

// strays returns how far the farthest point of a path lies from a line, mm.
func strays(path, line []geom.Pt) float64 {
	far := 0.0
	for _, p := range path {
		far = max(far, pathDist(line, p, p))
	}
	return far
}

// detour returns the points that lead from a to b past p on a side of it: one, or two that run level past it.
func detour(a, b, p geom.Pt, side float64, flat bool) []geom.Pt {
	l := a.Dist(b)
	if l == 0 {
		return nil
	}
	ux, uy := float64(b.X-a.X)/l, float64(b.Y-a.Y)/l
	nx, ny := -uy*side, ux*side
	px, py := float64(p.X-a.X), float64(p.Y-a.Y)
	along, off := px*ux+py*uy, px*nx+py*ny
	if along < 300 || along > l-300 {
		return nil
	}
	point := func(t, h float64) geom.Pt {
		return geom.Pt{X: a.X + int64(math.Round(ux*t+nx*h)), Y: a.Y + int64(math.Round(uy*t+ny*h))}
	}
	if flat {
		h := off + bumpRoom
		if h <= 0 || h > bumpHigh || along < 700 || along > l-700 {
			return nil
		}
		return []geom.Pt{point(along-350, h), point(along+350, h)}
	}
	for h := max(50, off+bumpRoom); h <= bumpHigh; h += 50 {
		q := point(along, h)
		if distSeg(p, a, q) >= bumpRoom && distSeg(p, q, b) >= bumpRoom {
			return []geom.Pt{q}
		}
	}
	return nil
}

// round makes the change that leads a border through other points between two places along it, nil when it cannot.
func (s *smoother) round(l *line, pos []float64, from, to float64, through []geom.Pt) *change {
	if through == nil {
		return nil
	}
	lo, _ := slices.BinarySearch(pos, from+1)
	hi, _ := slices.BinarySearch(pos, to-1)
	lo--
	if lo < 0 || hi >= len(pos) {
		return nil
	}
	way := stretch(l.pts, pos, span{from, to})
	var pts []geom.Pt
	add := func(p geom.Pt) {
		if len(pts) == 0 || pts[len(pts)-1] != p {
			pts = append(pts, p)
		}
	}
	add(l.pts[lo])
	if way[0].Dist(l.pts[lo]) > 20 {
		add(way[0])
	}
	for _, p := range through {
		add(p)
	}
	if end := way[len(way)-1]; end.Dist(l.pts[hi]) > 20 {
		add(end)
	}
	add(l.pts[hi])
	cls := l.class[lo]
	for _, c := range l.class[lo:hi] {
		cls = max(cls, c)
	}
	return &change{l, lo, hi, pts, slices.Repeat([]class{cls}, len(pts)-1), 50}
}

// touching counts the components that stand on a path.
func (s *smoother) touching(path []geom.Pt) int {
	n := 0
	box := geom.NoBox
	for _, p := range path {
		box = box.Grow(p)
	}
	s.on = s.comps.near(box.Pad(int64(nearBorder)), s.on[:0])
	for _, p := range s.on {
		for i := 1; i < len(path); i++ {
			if distSeg(p, path[i-1], path[i]) < nearBorder+1 {
				n++
				break
			}
		}
	}
	return n
}
