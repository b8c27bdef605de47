package grids

import (
	"math"
	"math/bits"

	"wanmi/gis/geom"
)

// coverFinder tells which community a point lies in.
type coverFinder struct {
	segs []geom.Seg
	rows map[int64][]int32
}

const finderRow = 50_000 // mm

func newCoverFinder(c cover) *coverFinder {
	f := &coverFinder{c.segs, map[int64][]int32{}}
	for i, s := range c.segs {
		lo, hi := min(s.A.Y, s.B.Y), max(s.A.Y, s.B.Y)
		if lo == hi {
			continue
		}
		for k := floorTo(lo, finderRow); k <= floorTo(hi, finderRow); k++ {
			f.rows[k] = append(f.rows[k], int32(i))
		}
	}
	return f
}

func floorTo(v, d int64) int64 { return int64(math.Floor(float64(v) / float64(d))) }

// at returns the community p lies in, -1 none: what lies east of the next line to the west. Lines may leave a corner
// so close together that no float tells them apart, so where they run is compared exactly.
func (f *coverFinder) at(p geom.Pt) int32 {
	var best westing
	owner := int32(-1)
	for _, i := range f.rows[floorTo(p.Y, finderRow)] {
		s := f.segs[i]
		up := s.A.Y < s.B.Y
		if !up {
			s.A, s.B = s.B, s.A
		}
		if s.A.Y > p.Y || s.B.Y <= p.Y {
			continue
		}
		w := westingOf(s, p)
		if w.mm > 0 || w.mm == 0 && w.num > 0 || best.den > 0 && !best.less(w) {
			continue
		}
		best, owner = w, f.segs[i].L
		if up {
			owner = f.segs[i].R
		}
	}
	return owner
}

// westing is where a line crosses the level of a point, east of it: mm + num/den millimetres, 0 <= num < den.
type westing struct{ mm, num, den int64 }

// westingOf follows ab, which rises, to half a millimetre north of p: no corner lies there.
func westingOf(s geom.Seg, p geom.Pt) westing {
	den := 2 * (s.B.Y - s.A.Y)
	num := (s.B.X - s.A.X) * (2*(p.Y-s.A.Y) + 1)
	mm := num / den
	if num -= mm * den; num < 0 {
		mm, num = mm-1, num+den
	}
	return westing{s.A.X - p.X + mm, num, den}
}

func (w westing) less(v westing) bool {
	if w.mm != v.mm {
		return w.mm < v.mm
	}
	hi, lo := bits.Mul64(uint64(w.num), uint64(v.den))
	hj, lp := bits.Mul64(uint64(v.num), uint64(w.den))
	return hi < hj || hi == hj && lo < lp
}

// insideOf returns a lattice point inside a ring, on the widest of some level lines.
func insideOf(r geom.Ring) geom.Pt {
	box := r.Box()
	best, wide := r[0], -1.0
	shape := building{rings: []geom.Ring{r}}
	for _, share := range [7]int64{50, 33, 67, 20, 80, 8, 92} {
		y := box.Min.Y + (box.Max.Y-box.Min.Y)*share/100
		p, q := geom.Pt{X: box.Min.X - 1, Y: y}, geom.Pt{X: box.Max.X + 1, Y: y}
		for _, s := range shape.inside(p, q) {
			if w := s.hi - s.lo; w*float64(q.X-p.X) > wide+1 {
				best, wide = at(p, q, (s.lo+s.hi)/2), w*float64(q.X-p.X)
			}
		}
	}
	return best
}

// lineIndex finds the segments along which another runs.
type lineIndex struct{ acc *accepted }

func newLineIndex(segs []geom.Seg) lineIndex {
	box := geom.NoBox
	for _, s := range segs {
		box = box.Grow(s.A).Grow(s.B)
	}
	l := lineIndex{newAccepted(box)}
	for _, s := range segs {
		l.acc.add(s)
	}
	return l
}

// along reports whether all of ab but lose millimetres, and half of it at least, lies within tol of the segments.
func (l lineIndex) along(a, b geom.Pt, tol, lose float64) bool {
	return l.alongSome(a, b, tol, lose, nil)
}

// alongSome is along of those segments only that count for the one from p to q.
func (l lineIndex) alongSome(a, b geom.Pt, tol, lose float64, count func(p, q geom.Pt, s geom.Seg) bool) bool {
	d := a.Dist(b)
	covered := 0.0
	for _, s := range l.acc.beside([]geom.Pt{a, b}, []float64{0, d}, tol, count) {
		covered += s.hi - s.lo
	}
	return d-covered <= min(lose, d/2)
}
