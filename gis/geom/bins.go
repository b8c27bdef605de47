package geom

import "math"

// Bins is a fixed square raster over a box; it sorts things into squares by
// the squares they may touch. Points outside the box fall into the nearest square.
type Bins struct {
	org    Pt
	side   int64
	nx, ny int
}

// NewBins returns a raster over b with squares of about side millimetres, larger where there would be over four million.
func NewBins(b Box, side int64) Bins {
	if b.Empty() {
		return Bins{side: side, nx: 1, ny: 1}
	}
	w, h := b.Max.X-b.Min.X+1, b.Max.Y-b.Min.Y+1
	for (w/side+1)*(h/side+1) > 4<<20 {
		side *= 2
	}
	return Bins{org: b.Min, side: side, nx: int(w/side) + 1, ny: int(h/side) + 1}
}

// Side returns the side of a square in millimetres.
func (b Bins) Side() int64 { return b.side }

// Len returns the number of squares.
func (b Bins) Len() int { return b.nx * b.ny }

func (b *Bins) col(x int64) int { return squareOf(x-b.org.X, b.side, b.nx) }
func (b *Bins) row(y int64) int { return squareOf(y-b.org.Y, b.side, b.ny) }

// squareOf returns which of n squares of a side holds what lies d from the first one's edge. Every look-up comes by here: in 32 bits,
// up to 4,000 km, a division takes a third of the time.
func squareOf(d, side int64, n int) int {
	if d <= 0 {
		return 0
	}
	if (d|side)>>32 == 0 {
		return min(int(uint32(d)/uint32(side)), n-1)
	}
	return min(int(d/side), n-1)
}

// At returns the square of p.
func (b Bins) At(p Pt) int { return b.row(p.Y)*b.nx + b.col(p.X) }

// Box calls f for every square that meets the box.
func (b Bins) Box(c Box, f func(int)) {
	i0, i1 := b.col(c.Min.X), b.col(c.Max.X)
	for j, j1 := b.row(c.Min.Y), b.row(c.Max.Y); j <= j1; j++ {
		for i := i0; i <= i1; i++ {
			f(j*b.nx + i)
		}
	}
}

// Seg calls f for every square that the segment widened by pad may touch (never fewer).
func (b Bins) Seg(p, q Pt, pad int64, f func(int)) {
	if p.X > q.X {
		p, q = q, p
	}
	i0, i1 := b.col(p.X-pad-1), b.col(q.X+pad+1)
	if i0 == i1 { // most segments are short
		for j, j1 := b.row(min(p.Y, q.Y)-pad-2), b.row(max(p.Y, q.Y)+pad+2); j <= j1; j++ {
			f(j*b.nx + i0)
		}
		return
	}
	dx, dy := float64(q.X-p.X), float64(q.Y-p.Y)
	for i := i0; i <= i1; i++ {
		ya, yb := float64(p.Y), float64(q.Y)
		if dx > 0 {
			lo := float64(b.org.X+int64(i)*b.side-pad-1) - float64(p.X)
			hi := float64(b.org.X+int64(i+1)*b.side+pad+1) - float64(p.X)
			t0, t1 := math.Max(0, math.Min(1, lo/dx)), math.Max(0, math.Min(1, hi/dx))
			if i == 0 {
				t0 = 0
			}
			if i == b.nx-1 {
				t1 = 1
			}
			ya, yb = float64(p.Y)+t0*dy, float64(p.Y)+t1*dy
		}
		if ya > yb {
			ya, yb = yb, ya
		}
		for j, j1 := b.row(int64(ya)-pad-2), b.row(int64(yb)+pad+2); j <= j1; j++ {
			f(j*b.nx + i)
		}
	}
}

// Table lists, for each square of a raster, the numbers put into it.
type Table struct {
	Bins
	start []int32
	items []int32
}

// NewTable fills a table: visit must call put for every (square, number) pair, the same ones both times it is run.
func NewTable(b Bins, visit func(put func(square, number int))) *Table {
	t := &Table{Bins: b, start: make([]int32, b.Len()+1)}
	visit(func(s, _ int) { t.start[s+1]++ })
	for i := range b.Len() {
		t.start[i+1] += t.start[i]
	}
	t.items = make([]int32, t.start[b.Len()])
	fill := append([]int32(nil), t.start[:b.Len()]...)
	visit(func(s, n int) {
		t.items[fill[s]] = int32(n)
		fill[s]++
	})
	return t
}

// In returns the numbers in a square, in the order they were put.
func (t *Table) In(square int) []int32 { return t.items[t.start[square]:t.start[square+1]] }

// NewSegTable sorts segments, widened by pad, into squares of side millimetres.
func NewSegTable(segs []Seg, side, pad int64) *Table {
	box := NoBox
	for _, s := range segs {
		box = box.Grow(s.A).Grow(s.B)
	}
	if box.Empty() {
		box = Box{}
	}
	b := NewBins(box.Pad(1), side)
	return NewTable(b, func(put func(int, int)) {
		for i, s := range segs {
			b.Seg(s.A, s.B, pad, func(q int) { put(q, i) })
		}
	})
}
