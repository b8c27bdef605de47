package sample

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// pt is a point or a vector in metres of the city's plane.
type pt = orb.Point

func add(a, b pt) pt                  { return pt{a[0] + b[0], a[1] + b[1]} }
func sub(a, b pt) pt                  { return pt{a[0] - b[0], a[1] - b[1]} }
func mul(a pt, k float64) pt          { return pt{a[0] * k, a[1] * k} }
func dot(a, b pt) float64             { return a[0]*b[0] + a[1]*b[1] }
func cross(a, b pt) float64           { return a[0]*b[1] - a[1]*b[0] }
func norm(a pt) float64               { return math.Hypot(a[0], a[1]) }
func dist(a, b pt) float64            { return math.Hypot(a[0]-b[0], a[1]-b[1]) }
func lerp(a, b pt, t float64) pt      { return pt{a[0] + (b[0]-a[0])*t, a[1] + (b[1]-a[1])*t} }
func left(a pt) pt                    { return pt{-a[1], a[0]} }
func clamp(v, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, v)) }

func unit(a pt) pt {
	n := norm(a)
	if n == 0 {
		return pt{1, 0}
	}
	return pt{a[0] / n, a[1] / n}
}

// mm rounds to the millimetre, the lattice deliveries are written on.
func mm(a pt) pt { return pt{math.Round(a[0]*1000) / 1000, math.Round(a[1]*1000) / 1000} }

// area returns the signed area of an open ring, positive when counter-clockwise.
func area(r []pt) float64 {
	var s float64
	for i := range r {
		s += cross(r[i], r[(i+1)%len(r)])
	}
	return s / 2
}

func centroid(r []pt) pt {
	var c pt
	var w float64
	for i := range r {
		a, b := sub(r[i], r[0]), sub(r[(i+1)%len(r)], r[0])
		k := cross(a, b)
		c = add(c, mul(add(a, b), k/3))
		w += k
	}
	if w == 0 {
		return r[0]
	}
	return add(r[0], mul(c, 1/w))
}

// inside reports whether p lies in the open ring r.
func inside(p pt, r []pt) bool {
	in := false
	for i, j := 0, len(r)-1; i < len(r); j, i = i, i+1 {
		a, b := r[i], r[j]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0]-a[0])*(p[1]-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
	}
	return in
}

// segDist returns the distance of p from the segment a-b and the place of the foot, 0 at a and 1 at b.
func segDist(p, a, b pt) (d, t float64) {
	v := sub(b, a)
	if l := dot(v, v); l > 0 {
		t = clamp(dot(sub(p, a), v)/l, 0, 1)
	}
	return dist(p, lerp(a, b, t)), t
}

func ringDist(p pt, r []pt) float64 {
	best := math.Inf(1)
	for i := range r {
		if d, _ := segDist(p, r[i], r[(i+1)%len(r)]); d < best {
			best = d
		}
	}
	return best
}

// segsCross reports whether the segments a-b and c-d cross in a point inside both.
func segsCross(a, b, c, d pt) bool {
	if a[0] < c[0] && a[0] < d[0] && b[0] < c[0] && b[0] < d[0] || a[0] > c[0] && a[0] > d[0] && b[0] > c[0] && b[0] > d[0] ||
		a[1] < c[1] && a[1] < d[1] && b[1] < c[1] && b[1] < d[1] || a[1] > c[1] && a[1] > d[1] && b[1] > c[1] && b[1] > d[1] {
		return false
	}
	o := func(p, q, r pt) float64 { return cross(sub(q, p), sub(r, p)) }
	return o(a, b, c)*o(a, b, d) < 0 && o(c, d, a)*o(c, d, b) < 0
}

// simple reports whether the open ring does not cross itself.
func simple(r []pt) bool {
	i, _ := firstCrossing(r)
	return i < 0
}

// holds reports whether the ring q lies wholly inside the ring r.
func holds(r, q []pt) bool {
	for i, p := range q {
		if !inside(p, r) {
			return false
		}
		b := q[(i+1)%len(q)]
		for j := range r {
			if segsCross(p, b, r[j], r[(j+1)%len(r)]) {
				return false
			}
		}
	}
	return true
}

// inset moves edge i of the counter-clockwise ring inward by d[i] metres. tag
// gives, for each edge of the result, the edge of r it stems from. Nil when nothing is left.
func inset(r []pt, d []float64) (out []pt, tag []int) {
	n := len(r)
	for i := range n {
		h := (i + n - 1) % n
		p, q, s := r[h], r[i], r[(i+1)%n]
		e0, e1 := unit(sub(q, p)), unit(sub(s, q))
		n0, n1 := left(e0), left(e1)
		var v pt
		if k := cross(e0, e1); math.Abs(k) < 0.08 {
			v = add(q, mul(unit(add(n0, n1)), math.Max(d[h], d[i])))
		} else {
			a, b := add(q, mul(n0, d[h])), add(q, mul(n1, d[i]))
			v = add(a, mul(e0, cross(sub(b, a), e1)/k))
		}
		ok := inside(v, r)
		for j := 0; ok && j < n; j++ {
			dj, _ := segDist(v, r[j], r[(j+1)%n])
			ok = dj >= d[j]-0.05
		}
		if ok {
			out, tag = append(out, v), append(tag, i)
		}
	}
	out, tag = unloop(out, tag)
	if len(out) < 3 || area(out) < 50 || !simple(out) {
		return nil, nil
	}
	return out, tag
}

// unloop cuts the small loops off a ring that crosses itself, as an inset does where an edge is shorter than its offset.
func unloop(r []pt, tag []int) ([]pt, []int) {
	for range 20 {
		n := len(r)
		i, j := firstCrossing(r)
		if i < 0 {
			break
		}
		a, b, c, d := r[i], r[i+1], r[j], r[(j+1)%n]
		x := lerp(a, b, cross(sub(c, a), sub(d, c))/cross(sub(b, a), sub(d, c)))
		if j-i <= n/2 { // the loop is i+1 .. j
			r = slices.Concat(r[:i+1], []pt{x}, r[j+1:])
			tag = slices.Concat(tag[:i+1], []int{tag[j]}, tag[j+1:])
		} else { // the loop is the rest
			r = slices.Concat([]pt{x}, r[i+1:j+1])
			tag = slices.Concat([]int{tag[i]}, tag[i+1:j+1])
		}
	}
	return r, tag
}

func firstCrossing(r []pt) (i, j int) {
	n := len(r)
	for i := range n - 1 {
		for j := i + 2; j < n; j++ {
			if (i > 0 || j < n-1) && segsCross(r[i], r[i+1], r[j], r[(j+1)%n]) {
				return i, j
			}
		}
	}
	return -1, -1
}

// path is an open polyline with chainages in metres.
type path struct {
	p []pt
	s []float64
}

func newPath(p []pt) path {
	s := make([]float64, len(p))
	for i := 1; i < len(p); i++ {
		s[i] = s[i-1] + dist(p[i-1], p[i])
	}
	return path{p, s}
}

func (l path) length() float64 { return l.s[len(l.s)-1] }

// at returns the point and the unit direction at a chainage, clamped to the ends.
func (l path) at(s float64) (p, dir pt) {
	lo, hi := 0, len(l.p)-2
	for lo < hi {
		m := (lo + hi + 1) / 2
		if l.s[m] <= s {
			lo = m
		} else {
			hi = m - 1
		}
	}
	a, b := l.p[lo], l.p[lo+1]
	t := 0.0
	if g := l.s[lo+1] - l.s[lo]; g > 0 {
		t = clamp((s-l.s[lo])/g, 0, 1)
	}
	return lerp(a, b, t), unit(sub(b, a))
}

// off returns the point at chainage s moved d metres to the left (right when negative).
func (l path) off(s, d float64) pt {
	p, dir := l.at(s)
	return add(p, mul(left(dir), d))
}

// project returns the chainage of the foot of p and the signed distance, positive to the left.
func (l path) project(p pt) (s, d float64) {
	best := math.Inf(1)
	for i := 0; i+1 < len(l.p); i++ {
		g, t := segDist(p, l.p[i], l.p[i+1])
		if g < best {
			best = g
			s = l.s[i] + t*(l.s[i+1]-l.s[i])
			d = g
			if cross(sub(l.p[i+1], l.p[i]), sub(p, l.p[i])) < 0 {
				d = -g
			}
		}
	}
	return s, d
}

// cut returns the part between two chainages.
func (l path) cut(s0, s1 float64) []pt {
	a, _ := l.at(s0)
	out := []pt{a}
	for i, s := range l.s {
		if s > s0+0.01 && s < s1-0.01 {
			out = append(out, l.p[i])
		}
	}
	b, _ := l.at(s1)
	return append(out, b)
}

// box returns the counter-clockwise rectangle with a corner at o, along the unit vector e by w and to its left by h.
func box(o, e pt, w, h float64) []pt {
	n := left(e)
	return []pt{o, add(o, mul(e, w)), add(add(o, mul(e, w)), mul(n, h)), add(o, mul(n, h))}
}

// apart reports whether two convex rings are at least gap metres apart along some edge's normal.
func apart(a, b []pt, gap float64) bool {
	return sideApart(a, b, gap) || sideApart(b, a, gap)
}

func sideApart(a, b []pt, gap float64) bool {
	for i := range a {
		n := unit(sub(a[(i+1)%len(a)], a[i]))
		n = pt{n[1], -n[0]} // outward of a counter-clockwise ring
		far := math.Inf(1)
		for _, p := range b {
			far = math.Min(far, dot(sub(p, a[i]), n))
		}
		if far >= gap {
			return true
		}
	}
	return false
}
