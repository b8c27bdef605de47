package grids

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// Book holds the valid cells for look-ups. It is immutable and safe for any number of readers.
type Book struct {
	cells  []Cell // by code
	bounds []orb.Bound
	byCode map[Code]int32
	byComm map[string][]int32

	raster raster
}

const (
	onBorder = 1e-9 // degrees, a tenth of a millimetre: closer to a border is on it
	shareDeg = 1e-7 // degrees, a centimetre: borders closer than this run together
	shareMin = 3e-6 // degrees, some 30 cm: a shorter common border makes no neighbours
)

// NewBook reads the layer unit_grid; void cells are left out. Two valid cells of one code are a gis.Conflict.
func NewBook(ctx context.Context, src Source) (*Book, error) {
	var cells []Cell
	for f, err := range src.Features(ctx, "unit_grid", orb.Bound{}) {
		if err != nil {
			return nil, fmt.Errorf("grids: book: %w", err)
		}
		c, err := CellOf(f)
		if err != nil {
			return nil, err
		}
		if c.Status != Void {
			cells = append(cells, c)
		}
	}
	return BookOf(cells)
}

// BookOf makes a book of cells; void ones are left out. The cells are copied, the polygons may be shared.
func BookOf(cells []Cell) (*Book, error) {
	b := &Book{byCode: make(map[Code]int32, len(cells)), byComm: map[string][]int32{}}
	for _, c := range cells {
		if c.Status == Void || len(c.Polygon) == 0 {
			continue
		}
		b.cells = append(b.cells, c)
	}
	slices.SortStableFunc(b.cells, func(x, y Cell) int { return cmp.Compare(x.Code, y.Code) })
	b.bounds = make([]orb.Bound, len(b.cells))
	for i := range b.cells {
		c := &b.cells[i]
		if _, twice := b.byCode[c.Code]; twice {
			return nil, gis.E(gis.Conflict, nil, "two valid unit grids have the code %s", c.Code)
		}
		b.byCode[c.Code] = int32(i)
		b.byComm[c.Community] = append(b.byComm[c.Community], int32(i))
		b.bounds[i] = c.Polygon.Bound().Pad(onBorder)
	}
	b.raster = newRaster(b.cells)
	return b, nil
}

// At returns the cell holding p (longitude, latitude). A point on a shared edge belongs to the cell with the smaller code.
func (b *Book) At(p orb.Point) (Cell, bool) {
	i := b.raster.at(p)
	if i < 0 {
		return Cell{}, false
	}
	return b.cells[i], true
}

// within reports whether p lies in the polygon or on its border.
func within(poly orb.Polygon, p orb.Point) bool {
	in := false
	x, y := p[0], p[1]
	for _, r := range poly {
		if len(r) == 0 {
			continue
		}
		a := r[0]
		for _, c := range r[1:] {
			e, f := a, c
			a = c
			lo, hi := e[1], f[1]
			if lo > hi {
				lo, hi = hi, lo
			}
			if y < lo-onBorder || y > hi+onBorder {
				continue
			}
			left, right := e[0], f[0]
			if left > right {
				left, right = right, left
			}
			if x > right+onBorder {
				continue
			}
			straddles := (e[1] > y) != (f[1] > y)
			if x < left-onBorder {
				in = in != straddles
				continue
			}
			dx, dy := f[0]-e[0], f[1]-e[1]
			cross := dx*(y-e[1]) - dy*(x-e[0])
			if d := onBorder * (right - left + hi - lo); cross <= d && cross >= -d {
				return true
			}
			if straddles && (cross > 0) == (dy > 0) {
				in = !in
			}
		}
	}
	return in
}

// Len returns the number of cells.
func (b *Book) Len() int { return len(b.cells) }

// Cell returns the cell of that code.
func (b *Book) Cell(code Code) (Cell, bool) {
	i, ok := b.byCode[code]
	if !ok {
		return Cell{}, false
	}
	return b.cells[i], true
}

// Community returns the cells of a community, by code.
func (b *Book) Community(code string) []Cell {
	var out []Cell
	for _, i := range b.byComm[code] {
		out = append(out, b.cells[i])
	}
	return out
}

// All yields the cells by code.
func (b *Book) All() iter.Seq[Cell] {
	return func(yield func(Cell) bool) {
		for _, c := range b.cells {
			if !yield(c) {
				return
			}
		}
	}
}

// in returns the cells whose bounds meet the box, by code.
func (b *Book) in(box orb.Bound) []int32 {
	if len(b.cells) == 0 {
		return nil
	}
	var out []int32
	for _, i := range b.raster.in(box) {
		if b.bounds[i].Intersects(box) {
			out = append(out, i)
		}
	}
	return out
}

// Near returns the cells with a point within metres of p, nearest first, the one that holds p (distance 0) at
// the head; equal distances by code.
func (b *Book) Near(p orb.Point, metres float64) []Cell {
	mx, my := geom.MetresPerDegree(p[1])
	box := orb.Bound{Min: orb.Point{p[0] - metres/mx, p[1] - metres/my}, Max: orb.Point{p[0] + metres/mx, p[1] + metres/my}}
	type hit struct {
		i int32
		d float64
	}
	var hits []hit
	for _, i := range b.in(box) {
		d := 0.0
		if !within(b.cells[i].Polygon, p) {
			d = math.Inf(1)
			for _, r := range b.cells[i].Polygon {
				for k := 1; k < len(r); k++ {
					d = min(d, distance((r[k-1][0]-p[0])*mx, (r[k-1][1]-p[1])*my, (r[k][0]-p[0])*mx, (r[k][1]-p[1])*my))
				}
			}
		}
		if d <= metres {
			hits = append(hits, hit{i, d})
		}
	}
	slices.SortStableFunc(hits, func(x, y hit) int { return cmp.Compare(x.d, y.d) })
	out := make([]Cell, len(hits))
	for k, h := range hits {
		out[k] = b.cells[h.i]
	}
	return out
}

// distance returns how far the segment lies from the origin.
func distance(ax, ay, bx, by float64) float64 {
	dx, dy := bx-ax, by-ay
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = math.Max(0, math.Min(1, -(ax*dx+ay*dy)/l))
	}
	return math.Hypot(ax+t*dx, ay+t*dy)
}

// Neighbours returns the codes of the cells that share a piece of border with code, sorted; a common corner is not enough.
func (b *Book) Neighbours(code Code) []Code {
	i, ok := b.byCode[code]
	if !ok {
		return nil
	}
	var out []Code
	for _, j := range b.in(b.bounds[i].Pad(shareDeg)) {
		if j != i && sharesBorder(b.cells[i].Polygon, b.cells[j].Polygon, b.bounds[j].Pad(shareDeg)) {
			out = append(out, b.cells[j].Code)
		}
	}
	return out
}

func sharesBorder(p, q orb.Polygon, box orb.Bound) bool {
	for _, r := range p {
		for i := 1; i < len(r); i++ {
			if !box.Intersects(orb.MultiPoint{r[i-1], r[i]}.Bound()) {
				continue
			}
			for _, s := range q {
				for k := 1; k < len(s); k++ {
					if (r[i-1] == s[k] && r[i] == s[k-1]) || alongside(r[i-1], r[i], s[k-1], s[k]) {
						return true
					}
				}
			}
		}
	}
	return false
}

// alongside reports whether two segments run on each other for a while.
func alongside(a, b, c, d orb.Point) bool {
	dx, dy := b[0]-a[0], b[1]-a[1]
	l := math.Hypot(dx, dy)
	if l == 0 {
		return false
	}
	dx, dy = dx/l, dy/l
	off := func(p orb.Point) (along, side float64) {
		return (p[0]-a[0])*dx + (p[1]-a[1])*dy, (p[1]-a[1])*dx - (p[0]-a[0])*dy
	}
	c0, c1 := off(c)
	d0, d1 := off(d)
	if math.Abs(c1) > shareDeg || math.Abs(d1) > shareDeg {
		return false
	}
	return min(l, max(c0, d0))-max(0, min(c0, d0)) > shareMin
}
