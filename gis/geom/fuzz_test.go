package geom

import (
	"encoding/binary"
	"slices"
	"testing"
)

// segsOf reads segments from fuzz data: a byte for the span of coordinates, one for the way the rest is read, then
// bytes for segments. Small spans and the coarse ways give many touching, collinear and equal segments, large spans
// crossings that must be rounded: chains, combs, fans and copies a lattice step off are what real lines fail by.
func segsOf(data []byte) []Seg {
	if len(data) < 10 {
		return nil
	}
	span, way := int64(1)<<(2+data[0]%28), data[1]
	data = data[2:]
	var segs []Seg
	far := func(p Pt) bool { return max(p.X, -p.X, p.Y, -p.Y) >= 1<<30 } // the lattice is 2,000 km wide (doc.go); chains run out of it
	add := func(a, b Pt, c byte) {
		if len(segs) < 60 && !far(a) && !far(b) {
			segs = append(segs, Seg{A: a, B: b, Class: c & 1, L: -1, R: -1})
		}
	}
	small := func(b byte) int64 { return int64(b%16) - 8 }
	wide := func(k int) Pt {
		at := func(k int) int64 { return int64(binary.LittleEndian.Uint16(data[k:]))*span>>16 - span/2 }
		return Pt{at(k), at(k + 2)}
	}
	switch way % 5 {
	case 0: // segments anywhere
		for ; len(data) >= 8; data = data[8:] {
			add(wide(0), wide(4), data[0])
		}
	case 1: // on a lattice of sixteen by sixteen, spread over the span: two bytes a segment
		step := max(1, span/16)
		for ; len(data) >= 2; data = data[2:] {
			at := func(b byte) Pt { return Pt{small(b) * step, small(b>>4) * step} }
			add(at(data[0]), at(data[1]), data[0]>>3^data[1])
		}
	case 2: // chains with small steps
		p := Pt{}
		for i := 0; i < len(data); i++ {
			q := Pt{p.X + small(data[i])*max(1, span/64), p.Y + small(data[i]>>4)*max(1, span/64)}
			add(p, q, way>>4)
			p = q
		}
	case 3: // a long segment and copies of it a step or two off, as of lines drawn twice
		if len(data) < 8 {
			return nil
		}
		a, b, rest := wide(0), wide(4), data[8:]
		add(a, b, 0)
		for ; len(rest) >= 2; rest = rest[2:] {
			add(Pt{a.X + small(rest[0])/4, a.Y + small(rest[0]>>4)/4}, Pt{b.X + small(rest[1])/4, b.Y + small(rest[1]>>4)/4}, rest[0]>>2)
		}
	case 4: // fans from one point, and what crosses them
		for ; len(data) >= 5; data = data[5:] {
			q := wide(0)
			add(Pt{}, q, data[4])
			add(Pt{q.X + small(data[4]), 0}, Pt{0, q.Y + small(data[4]>>4)}, data[4]>>1)
		}
	}
	return segs
}

// FuzzNoding checks what everything else stands on: after the noding segments share end points at most, in whatever
// order they came and on however many threads; noding again changes nothing; and the graph of
// them keeps Euler's formula and its areas.
func FuzzNoding(f *testing.F) {
	f.Add([]byte("\x00abcdefghijklmnop"))
	f.Add([]byte("\x04\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\xff\xff\xff\xff\x00\x00\x00\x80\x00\x00\x00\x80\xff\xff"))
	f.Add([]byte("\x14\x00aaaabbbbaaaaccccbbbbccccabababab0123456776543210"))
	for way := range byte(5) {
		f.Add([]byte{2, way, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 33, 65, 129, 3, 200, 100, 50, 25, 12})
		f.Add([]byte{20, way | 16, 255, 0, 255, 255, 0, 255, 0, 0, 128, 128, 7, 9, 250, 3, 77, 78, 79, 80, 81, 82, 90, 91, 17, 18, 34, 35})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in := segsOf(data)
		out := SnapRound(in, 1)
		segs := Dedup(slices.Clone(out))
		for a := range segs {
			for b := a + 1; b < len(segs) && segs[b].A.X <= segs[a].B.X; b++ { // sorted, ends, too: no later one reaches back to it
				if touchInside(segs[a], segs[b]) {
					t.Fatalf("%v meets %v inside, of %v", segs[a], segs[b], in)
				}
			}
		}
		slices.Reverse(in)
		if !slices.Equal(out, SnapRound(in, 3)) {
			t.Fatalf("another order gives another result: %v", in)
		}
		g := NewGraph(segs, nil)
		if v, e, f, c := len(g.Nodes), len(g.Edges), len(g.Cycle), len(g.Outer); v-e+f != c {
			t.Fatalf("V %d - E %d + F %d, got %d parts of %v", v, e, f, c, in)
		}
		var inner, outer int64
		for _, a := range g.Area2 {
			inner += a
		}
		for _, c := range g.Outer {
			outer += g.CycleArea2(c)
		}
		if inner != -outer {
			t.Fatalf("inner area %d, outer %d of %v", inner, outer, in)
		}
		regionsHold(t, segs)
	})
}

// regionsHold takes the faces of the graph of class 0 for regions and checks each other segment's region by its middle.
func regionsHold(t *testing.T, segs []Seg) {
	var lines []Seg
	for _, s := range segs {
		if s.Class == 0 {
			lines = append(lines, s)
		}
	}
	g := NewGraph(lines, nil)
	tagged := make([]Seg, 0, len(segs))
	side := func(h int32) int32 { return max(-1, g.Face[h]) }
	for e := range g.Edges {
		l := g.Edges[e].Line
		for i := 1; i < len(l); i++ {
			tagged = append(tagged, canon(Seg{l[i-1], l[i], 0, side(int32(2 * e)), side(int32(2*e + 1))}))
		}
	}
	for _, s := range segs {
		if s.Class != 0 {
			tagged = append(tagged, s)
		}
	}
	slices.SortFunc(tagged, cmpSeg)
	tagged = Dedup(tagged)
	for c, part := range Regions(tagged, len(g.Cycle), func(s Seg) bool { return s.Class == 0 }) {
		var area int64
		for _, s := range part {
			if s.Class == 0 {
				if s.L == int32(c) {
					area += s.A.X*s.B.Y - s.B.X*s.A.Y
				} else {
					area -= s.A.X*s.B.Y - s.B.X*s.A.Y
				}
				continue
			}
			// The middle, in doubled coordinates; the outline's edges are crossed by even-odd.
			m, ring := Pt{s.A.X + s.B.X, s.A.Y + s.B.Y}, doubled(g.Ring(g.Cycle[c]))
			if ring.Locate(m) < 0 {
				t.Fatalf("%v came to region %d, where it is not, of %v", s, c, segs)
			}
		}
		if area != g.Area2[c] {
			t.Fatalf("outline of region %d has area %d, want %d, of %v", c, area, g.Area2[c], segs)
		}
	}
}

func doubled(r Ring) Ring {
	out := make(Ring, len(r))
	for i, p := range r {
		out[i] = Pt{2 * p.X, 2 * p.Y}
	}
	return out
}

// FuzzDelaunay checks that no point lies inside the circle of a triangle, and that the triangulation used again
// gives what a new one gives.
func FuzzDelaunay(f *testing.F) {
	f.Add([]byte("\x03abcdefghijklmnopqrstuvwx"))
	f.Add([]byte("\x00aabbccddaabbccddeeffgghh"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var pts []Pt
		for _, s := range segsOf(data) {
			pts = append(pts, s.A, s.B)
		}
		var d Delaunay
		d.Triangulate([]Pt{{0, 0}, {9, 1}, {3, 8}, {4, 4}})
		d.Triangulate(pts)
		if n := Triangulate(pts); !slices.Equal(n.Pts, d.Pts) || !slices.Equal(n.slot, d.slot) {
			t.Fatalf("used again it gives another triangulation of %v", pts)
		}
		for e := int32(0); e < int32(len(d.slot)); e += 4 {
			if d.org(e) < 0 {
				continue
			}
			a, b := d.org(e), d.dest(e)
			l := d.dest(d.onext(e))
			if !d.ccw(a, b, l) || d.lnext(d.lnext(d.lnext(e))) != e {
				continue
			}
			for p := range d.Pts {
				if q := int32(p); q != a && q != b && q != l && d.inCircle(a, b, l, q) {
					t.Fatalf("point %d inside the circle of %d %d %d of %v", q, a, b, l, pts)
				}
			}
		}
	})
}
