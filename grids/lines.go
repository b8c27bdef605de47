package grids

import (
	"math"
	"slices"

	"wanmi/gis/geom"
)

// reversedLine reports whether the line reads smaller from its other end; lines are kept in the smaller reading.
func reversedLine(p []geom.Pt) bool {
	for i, j := 0, len(p)-1; i < j; i, j = i+1, j-1 {
		if c := p[i].Cmp(p[j]); c != 0 {
			return c > 0
		}
	}
	return false
}

// simplifyLine drops points that lie within tol millimetres of the line without them (Douglas-Peucker).
func simplifyLine(p []geom.Pt, tol float64) []geom.Pt {
	if len(p) < 3 {
		return p
	}
	keep := make([]bool, len(p))
	keep[0], keep[len(p)-1] = true, true
	type span struct{ a, b int }
	stack := []span{{0, len(p) - 1}}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		far, at := tol, -1
		for i := s.a + 1; i < s.b; i++ {
			if d := distSeg(p[i], p[s.a], p[s.b]); d > far {
				far, at = d, i
			}
		}
		if at >= 0 {
			keep[at] = true
			stack = append(stack, span{s.a, at}, span{at, s.b})
		}
	}
	out := p[:0:0]
	for i, q := range p {
		if keep[i] {
			out = append(out, q)
		}
	}
	return out
}

// nearSeg returns the parameter in [0,1] of the point of segment ab nearest to p, and its distance.
func nearSeg(p, a, b geom.Pt) (t, d float64) {
	dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
	px, py := float64(p.X-a.X), float64(p.Y-a.Y)
	if l2 := dx*dx + dy*dy; l2 > 0 {
		t = math.Max(0, math.Min(1, (px*dx+py*dy)/l2))
	}
	return t, geom.Hypot(px-t*dx, py-t*dy)
}

func distSeg(p, a, b geom.Pt) float64 {
	_, d := nearSeg(p, a, b)
	return d
}

// span is a stretch of a segment by its parameter.
type span struct{ lo, hi float64 }

// mergeSpans sorts spans and joins those less than eps apart.
func mergeSpans(s []span, eps float64) []span {
	slices.SortFunc(s, func(a, b span) int {
		switch {
		case a.lo < b.lo:
			return -1
		case a.lo > b.lo:
			return 1
		}
		return 0
	})
	out := s[:0]
	for _, x := range s {
		if n := len(out); n > 0 && x.lo <= out[n-1].hi+eps {
			out[n-1].hi = max(out[n-1].hi, x.hi)
			continue
		}
		out = append(out, x)
	}
	return out
}

// capsule returns the stretch of segment ab that lies within r of segment cd; ok is false when there is none.
// The set of points within r of a segment is convex, so it is one stretch.
func capsule(a, b, c, d geom.Pt, r float64) (span, bool) {
	// Work in the frame of cd: its start at the origin, its direction along x.
	cx, cy := float64(d.X-c.X), float64(d.Y-c.Y)
	l := geom.Hypot(cx, cy)
	if l == 0 {
		return circle(float64(a.X-c.X), float64(a.Y-c.Y), float64(b.X-c.X), float64(b.Y-c.Y), r)
	}
	ux, uy := cx/l, cy/l
	ax, ay := float64(a.X-c.X), float64(a.Y-c.Y)
	bx, by := float64(b.X-c.X), float64(b.Y-c.Y)
	a1, a2 := ax*ux+ay*uy, ay*ux-ax*uy
	b1, b2 := bx*ux+by*uy, by*ux-bx*uy
	if min(a1, b1) > l+r || max(a1, b1) < -r || min(a2, b2) > r || max(a2, b2) < -r {
		return span{}, false
	}
	out := span{2, -1}
	add := func(s span, ok bool) {
		if ok {
			out.lo, out.hi = min(out.lo, s.lo), max(out.hi, s.hi)
		}
	}
	add(circle(a1, a2, b1, b2, r))
	add(circle(a1-l, a2, b1-l, b2, r))
	add(box(a1, a2, b1, b2, l, r))
	return out, out.lo <= out.hi
}

// circle returns the stretch of the segment within r of the origin.
func circle(ax, ay, bx, by, r float64) (span, bool) {
	dx, dy := bx-ax, by-ay
	qa, qb, qc := dx*dx+dy*dy, ax*dx+ay*dy, ax*ax+ay*ay-r*r
	if qa == 0 {
		return span{0, 1}, qc <= 0
	}
	disc := qb*qb - qa*qc
	if disc < 0 {
		return span{}, false
	}
	w := math.Sqrt(disc)
	s := span{max(0, (-qb-w)/qa), min(1, (-qb+w)/qa)}
	return s, s.lo <= s.hi
}

// box returns the stretch of the segment in [0,l] x [-r,r].
func box(ax, ay, bx, by, l, r float64) (span, bool) {
	s := span{0, 1}
	clip := func(a, b, lo, hi float64) {
		d := b - a
		if d == 0 {
			if a < lo || a > hi {
				s.hi = -1
			}
			return
		}
		t0, t1 := (lo-a)/d, (hi-a)/d
		s.lo, s.hi = max(s.lo, min(t0, t1)), min(s.hi, max(t0, t1))
	}
	clip(ax, bx, 0, l)
	clip(ay, by, -r, r)
	return s, s.lo <= s.hi
}

// at returns the lattice point at parameter t of ab.
func at(a, b geom.Pt, t float64) geom.Pt {
	switch {
	case t <= 0:
		return a
	case t >= 1:
		return b
	}
	return geom.Pt{X: a.X + int64(math.Round(t*float64(b.X-a.X))), Y: a.Y + int64(math.Round(t*float64(b.Y-a.Y)))}
}
