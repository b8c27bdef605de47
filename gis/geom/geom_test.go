package geom

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomSegs makes planar inputs of many kinds, degenerate ones among them.
func randomSegs(r *rand.Rand) []Seg {
	span := []int64{4, 12, 60, 1000, 100_000, 3_000_000}[r.IntN(6)]
	n := 2 + r.IntN(40)
	var segs []Seg
	pt := func() Pt {
		p := Pt{r.Int64N(span) - span/2, r.Int64N(span) - span/2}
		if len(segs) > 0 {
			s := segs[r.IntN(len(segs))]
			switch r.IntN(8) {
			case 0:
				p = s.A
			case 1:
				p = Pt{s.B.X + r.Int64N(3) - 1, s.B.Y + r.Int64N(3) - 1}
			case 2:
				p = Pt{(s.A.X + s.B.X) / 2, (s.A.Y + s.B.Y) / 2}
			case 3:
				p.X = s.A.X
			}
		}
		return p
	}
	for range n {
		a, b := pt(), pt()
		segs = append(segs, Seg{A: a, B: b, Class: uint8(r.IntN(3))})
		if r.IntN(10) == 0 {
			segs = append(segs, segs[r.IntN(len(segs))])
		}
	}
	return segs
}

// touchInside reports whether two segments share a point that is not an end of both.
func touchInside(s, t Seg) bool {
	if s.A == t.A && s.B == t.B {
		return false
	}
	if Sign(Cross(s.A, s.B, t.A))*Sign(Cross(s.A, s.B, t.B)) < 0 && Sign(Cross(t.A, t.B, s.A))*Sign(Cross(t.A, t.B, s.B)) < 0 {
		return true
	}
	on := func(s Seg, p Pt) bool { return p != s.A && p != s.B && s.Box().Holds(p) && Cross(s.A, s.B, p) == 0 }
	return on(s, t.A) || on(s, t.B) || on(t, s.A) || on(t, s.B)
}

func TestSnapRound(t *testing.T) {
	const seed = 20261122
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range 1500 {
		in := randomSegs(r)
		out := SnapRound(in, 1)
		segs := Dedup(slices.Clone(out))
		for a := range segs {
			for b := range segs[:a] {
				if touchInside(segs[a], segs[b]) {
					t.Fatalf("seed %d case %d: %v meets %v inside, of %v", seed, i, segs[a], segs[b], in)
				}
			}
		}
		r.Shuffle(len(in), func(a, b int) { in[a], in[b] = in[b], in[a] })
		if !slices.Equal(out, SnapRound(in, 2)) {
			t.Fatalf("seed %d case %d: shuffled input gives another result", seed, i)
		}
	}
}

// TestGraph checks Euler's formula and that face cycles are simple and areas add up.
func TestGraph(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range 1000 {
		g := NewGraph(Dedup(SnapRound(randomSegs(r), 1)), nil)
		if v, e, f, c := len(g.Nodes), len(g.Edges), len(g.Cycle), len(g.Outer); v-e+f != c {
			t.Fatalf("seed %d case %d: V %d - E %d + F %d, got %d parts", seed, i, v, e, f, c)
		}
		var inner, outer int64
		for f, c := range g.Cycle {
			inner += g.Area2[f]
			if a := g.Ring(c).Area2(); a != g.Area2[f] {
				t.Fatalf("seed %d case %d: ring area %d, face area %d", seed, i, a, g.Area2[f])
			}
		}
		for _, c := range g.Outer {
			outer += g.CycleArea2(c)
		}
		if inner != -outer {
			t.Fatalf("seed %d case %d: inner area %d, outer %d", seed, i, inner, outer)
		}
	}
}

func TestDelaunay(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for i := range 300 {
		span := []int64{5, 50, 10_000, 2_000_000}[r.IntN(4)]
		var pts []Pt
		for range 3 + r.IntN(60) {
			pts = append(pts, Pt{r.Int64N(span), r.Int64N(span)})
		}
		d := Triangulate(pts)
		for e := int32(0); e < int32(len(d.slot)); e += 4 {
			if d.org(e) < 0 {
				continue
			}
			a, b := d.org(e), d.dest(e)
			l := d.dest(d.onext(e))
			if !d.ccw(a, b, l) {
				continue
			}
			for p := range d.Pts {
				if q := int32(p); q != a && q != b && q != l && d.lnext(d.lnext(d.lnext(e))) == e && d.inCircle(a, b, l, q) {
					t.Fatalf("case %d: point %d inside the circle of %d %d %d", i, q, a, b, l)
				}
			}
		}
	}
}

func TestRingLocate(t *testing.T) {
	sq := Ring{{0, 0}, {10, 0}, {10, 10}, {5, 5}, {0, 10}}
	for _, c := range []struct {
		p    Pt
		want int
	}{{Pt{1, 1}, 1}, {Pt{5, 5}, 0}, {Pt{5, 6}, -1}, {Pt{10, 3}, 0}, {Pt{11, 3}, -1}, {Pt{0, 0}, 0}, {Pt{3, 0}, 0}, {Pt{-1, 0}, -1}, {Pt{5, 4}, 1}, {Pt{0, 10}, 0}} {
		if got := sq.Locate(c.p); got != c.want {
			t.Errorf("Locate(%v): got %d, want %d", c.p, got, c.want)
		}
	}
}

// inCircle reports whether e lies inside the circle through a, b, c (counter-clockwise), seen from e: merge sees it from a corner.
func (d *Delaunay) inCircle(a, b, c, e int32) bool {
	A, B, C, E := d.Pts[a], d.Pts[b], d.Pts[c], d.Pts[e]
	ax, ay, bx, by, cx, cy := A.X-E.X, A.Y-E.Y, B.X-E.X, B.Y-E.Y, C.X-E.X, C.Y-E.Y
	h1, l1 := mul128(ax*ax+ay*ay, bx*cy-by*cx)
	h2, l2 := mul128(bx*bx+by*by, ax*cy-ay*cx)
	h3, l3 := mul128(cx*cx+cy*cy, ay*bx-ax*by) // turned round
	lo, borrow := bits.Sub64(l1, l2, 0)
	hi := h1 - h2 - int64(borrow)
	return hi > h3 || hi == h3 && lo > l3
}
