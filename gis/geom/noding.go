package geom

import (
	"cmp"
	"math/bits"
	"slices"
	"sync"
)

// Seg is a segment of the lattice. L and R are tags of its left and right side
// (seen from A to B), for boundaries; Class says what it is, a smaller class
// counts more. None of the three is looked at by the noding.
type Seg struct {
	A, B  Pt
	Class uint8
	L, R  int32
}

// Flip returns the segment the other way round.
func (s Seg) Flip() Seg { return Seg{s.B, s.A, s.Class, s.R, s.L} }

// Box returns the bounds of the segment.
func (s Seg) Box() Box { return NoBox.Grow(s.A).Grow(s.B) }

const (
	nodingSide    = 25_000 // mm, of the squares of the raster, where there are
	nodingSquares = 16     // squares a segment at most; larger squares else: two long segments side by side meet in every one
)

// nodingTable sorts the segments into squares.
func nodingTable(segs []Seg) *Table {
	box := NoBox
	for _, s := range segs {
		box = box.Grow(s.A).Grow(s.B)
	}
	side := int64(nodingSide)
	for w, h := box.Max.X-box.Min.X, box.Max.Y-box.Min.Y; len(segs) > 0 && (w/side+1)*(h/side+1) > 1024+nodingSquares*int64(len(segs)); {
		side *= 2
	}
	return NewSegTable(segs, side, 1)
}

// SnapRound nodes the segments by snap rounding: every end point and every
// crossing (rounded to the lattice) is a hot pixel, and each segment is bent
// through the hot pixels it meets. The pieces come with A before B (tags
// swapped where that turned them round), sorted, copies included. Two pieces
// share at most end points, or are equal. The result does not depend on the
// order of in or on threads.
func SnapRound(in []Seg, threads int) []Seg {
	segs := make([]Seg, 0, len(in))
	for _, s := range in {
		if s.A != s.B {
			segs = append(segs, s)
		}
	}
	tab := nodingTable(segs)
	hot := hotPixels(segs, tab, threads)
	pix := NewTable(tab.Bins, func(put func(int, int)) {
		for i, p := range hot {
			put(tab.At(p), i)
		}
	})
	parts := make([][]Seg, threadsOf(threads))
	parallel(len(segs), len(parts), func(lo, hi, w int) {
		var out []Seg
		var on []Pt
		for _, s := range segs[lo:hi] {
			on = bend(s, hot, pix, on[:0])
			from := s.A
			for _, p := range on {
				if p != from {
					out = append(out, canon(Seg{from, p, s.Class, s.L, s.R}))
					from = p
				}
			}
		}
		parts[w] = sortSegs(out)
	})
	return mergeSorted(parts)
}

func canon(s Seg) Seg {
	if s.B.Less(s.A) {
		return s.Flip()
	}
	return s
}

func cmpSeg(a, b Seg) int {
	if c := a.A.Cmp(b.A); c != 0 {
		return c
	}
	if c := a.B.Cmp(b.B); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.L, b.L), cmp.Compare(a.R, b.R))
}

// sortSegs sorts by cmpSeg, in other memory where they are not too many: by the radix of their starts then, in half the time. Half of the noding of a city went by here.
func sortSegs(segs []Seg) []Seg {
	if len(segs) > mostRadix {
		slices.SortFunc(segs, cmpSeg)
		return segs
	}
	starts := make([]Pt, len(segs))
	for i := range segs {
		starts[i] = segs[i].A
	}
	var s sorter
	s.order(starts)
	out := make([]Seg, len(segs))
	for i, it := range s.a {
		out[i] = segs[it.from]
	}
	for i, j := 0, 0; i < len(out); i = j {
		for j = i + 1; j < len(out) && out[j].A == out[i].A; j++ {
		}
		slices.SortFunc(out[i:j], cmpSeg)
	}
	return out
}

func mergeSorted(parts [][]Seg) []Seg {
	for len(parts) > 1 {
		var next [][]Seg
		for i := 0; i+1 < len(parts); i += 2 {
			a, b := parts[i], parts[i+1]
			m := make([]Seg, 0, len(a)+len(b))
			for len(a) > 0 && len(b) > 0 {
				if cmpSeg(b[0], a[0]) < 0 {
					m, b = append(m, b[0]), b[1:]
				} else {
					m, a = append(m, a[0]), a[1:]
				}
			}
			next = append(next, append(append(m, a...), b...))
		}
		if len(parts)%2 == 1 {
			next = append(next, parts[len(parts)-1])
		}
		parts = next
	}
	if len(parts) == 0 {
		return nil
	}
	return parts[0]
}

// hotPixels returns all end points and rounded crossings, sorted.
func hotPixels(segs []Seg, tab *Table, threads int) []Pt {
	found := make([][]Pt, threadsOf(threads))
	parallel(tab.Len(), len(found), func(lo, hi, w int) {
		var out []Pt
		for q := lo; q < hi; q++ {
			l := tab.In(q)
			for i, si := range l {
				s := &segs[si]
				for _, ti := range l[i+1:] {
					if p, ok := Crossing(*s, segs[ti]); ok {
						out = append(out, p)
					}
				}
			}
		}
		found[w] = out
	})
	hot := make([]Pt, 0, 2*len(segs))
	for i, s := range segs {
		if i == 0 || s.A != segs[i-1].B { // most go on from the one before
			hot = append(hot, s.A)
		}
		hot = append(hot, s.B)
	}
	for _, f := range found {
		hot = append(hot, f...)
	}
	if len(hot) > mostRadix {
		slices.SortFunc(hot, Pt.Cmp)
		return slices.Compact(hot)
	}
	var s sorter
	pts, _ := s.points(hot, make([]Pt, 0, len(hot)), nil)
	return pts
}

// mostRadix is how many points are sorted by radix, which takes half as long but once more the memory.
const mostRadix = 1 << 20

// Crossing returns the point where the interiors of two segments cross, rounded
// to the lattice; ok is false when they do not, or only touch.
func Crossing(s, t Seg) (p Pt, ok bool) {
	if max(s.A.X, s.B.X) < min(t.A.X, t.B.X) || max(t.A.X, t.B.X) < min(s.A.X, s.B.X) ||
		max(s.A.Y, s.B.Y) < min(t.A.Y, t.B.Y) || max(t.A.Y, t.B.Y) < min(s.A.Y, s.B.Y) {
		return p, false
	}
	if Sign(Cross(s.A, s.B, t.A))*Sign(Cross(s.A, s.B, t.B)) >= 0 {
		return p, false
	}
	d3, d4 := Cross(t.A, t.B, s.A), Cross(t.A, t.B, s.B)
	if Sign(d3)*Sign(d4) >= 0 {
		return p, false
	}
	if d3 < 0 {
		d3, d4 = -d3, -d4
	}
	return Pt{s.A.X + mulDivRound(s.B.X-s.A.X, d3, d3-d4), s.A.Y + mulDivRound(s.B.Y-s.A.Y, d3, d3-d4)}, true
}

// mulDivRound returns v*n/d rounded to nearest, halves up, for 0 < n < d: exact.
func mulDivRound(v, n, d int64) int64 {
	neg := v < 0
	if neg {
		v = -v
	}
	hi, lo := bits.Mul64(uint64(v), uint64(n))
	q, r := bits.Div64(hi, lo, uint64(d))
	up := r >= uint64(d)-r
	if neg {
		if up && r != uint64(d)-r {
			q++
		}
		return -int64(q)
	}
	if up {
		q++
	}
	return int64(q)
}

// bend appends the hot pixels that s meets, in order along it.
func bend(s Seg, hot []Pt, pix *Table, on []Pt) []Pt {
	box := s.Box().Pad(1)
	pix.Seg(s.A, s.B, 1, func(q int) {
		for _, i := range pix.In(q) {
			if p := hot[i]; box.Holds(p) && meetsPixel(s.A, s.B, p) {
				on = append(on, p)
			}
		}
	})
	dx, dy := s.B.X-s.A.X, s.B.Y-s.A.Y
	slices.SortFunc(on, func(p, q Pt) int {
		if c := cmp.Compare((p.X-s.A.X)*dx+(p.Y-s.A.Y)*dy, (q.X-s.A.X)*dx+(q.Y-s.A.Y)*dy); c != 0 {
			return c
		}
		return p.Cmp(q)
	})
	return on
}

// meetsPixel reports whether the segment meets the unit square centred at p,
// of which the left and the lower side belong to it. Exact, in doubled coordinates.
func meetsPixel(a, b, p Pt) bool {
	if p == a || p == b {
		return true
	}
	ax, ay, bx, by := 2*(a.X-p.X), 2*(a.Y-p.Y), 2*(b.X-p.X), 2*(b.Y-p.Y)
	if max(ax, bx) < -1 || min(ax, bx) >= 1 || max(ay, by) < -1 || min(ay, by) >= 1 {
		return false
	}
	dx, dy := bx-ax, by-ay
	side := func(x, y int64) int { return Sign(dx*(y-ay) - dy*(x-ax)) }
	ll, lr, ur, ul := side(-1, -1), side(1, -1), side(1, 1), side(-1, 1)
	if ll == 0 {
		return true // through the corner that belongs to the pixel
	}
	// The open square is cut when two corners lie strictly on different sides.
	if cut := min(ll, lr, ur, ul) < 0 && max(ll, lr, ur, ul) > 0; !cut {
		// Along the left or the lower side (both its corners on the line).
		return (ll == 0 && ul == 0) || (ll == 0 && lr == 0)
	}
	return true
}

func threadsOf(n int) int { return max(n, 1) }

func parallel(n, workers int, f func(lo, hi, worker int)) {
	if workers <= 1 || n < 256 {
		f(0, n, 0)
		return
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { f(n*w/workers, n*(w+1)/workers, w) })
	}
	wg.Wait()
}
