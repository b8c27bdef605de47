package tiles

import (
	"cmp"
	"math"
	"slices"
	"sync/atomic"

	"wanmi/tiles/mvt"
)

const pageRows = 1024

// table keeps the rows of a layer in pages. It only grows: a row once written is never changed, so the Sets of
// one line of edits share it, each with its own idea of which rows are alive. The first rows, those the table was made
// with, stand in drawing order; edits are added behind them. Only its owner (Build, and Apply under the core's lock) adds rows.
type table struct {
	width  int // codes per row
	pages  []*page
	n      uint32
	sorted uint32 // rows before this one stand in drawing order; later ones are edits
	shared *mvt.Dict
	unique *mvt.Dict

	plated atomic.Int64 // bytes of plates

	byID    []uint32           // sorted rows by feature id
	lateIDs map[int64][]uint32 // the other rows, by feature id
}

// page is pageRows rows, filled from the start. A million components of twelve fields are held in 26 bytes of codes each where
// four bytes a code would take twice that.
type page struct {
	ids    [pageRows]int64
	xy     [pageRows][2]uint32 // world units: the point, or the anchor of the shape
	shapes *[pageRows]*shape   // nil: all are points
	bounds *[pageRows]box      // of a packed page with shapes
	plates *plates             // nil: no lines or polygons, or not packed
	from   [pageRows]uint8     // the first zoom a row may appear at

	// The codes, width a row: in small when they fit, else in wide. In small the code of a unique column is first of the column plus the
	// row's place in the page, none where first is 0.
	small []uint16
	first []uint32
	wide  []uint32
}

// row is one feature or, of a collection, its part of one kind.
type row struct {
	id    int64
	x, y  uint32 // the point, or the anchor of the shape
	shape *shape
}

func newTable(width int) *table {
	return &table{width: width, shared: mvt.NewDict(), unique: mvt.NewDict()}
}

// add appends a row and returns its number. from is the first zoom it may appear at.
func (t *table) add(r row, from uint8, codes []uint32) uint32 {
	i := t.n % pageRows
	if i == 0 || t.n == t.sorted {
		t.n += (pageRows - i) % pageRows // edits begin with a page of their own: sorted ones are complete
		i = 0
		t.pages = append(t.pages, &page{shapes: new([pageRows]*shape), wide: make([]uint32, pageRows*t.width)})
	}
	p := t.pages[len(t.pages)-1]
	p.ids[i], p.xy[i], p.shapes[i], p.from[i] = r.id, [2]uint32{r.x, r.y}, r.shape, from
	copy(p.wide[int(i)*t.width:], codes)
	t.n++
	return t.n - 1
}

// pack makes the last page, which is complete, smaller.
func (t *table) pack(unique []bool) {
	p := t.pages[len(t.pages)-1]
	n := int((t.n-1)%pageRows) + 1
	if !slices.ContainsFunc(p.shapes[:n], func(s *shape) bool { return s != nil }) {
		p.shapes = nil
	} else {
		p.bounds, p.plates = new([pageRows]box), new(plates)
		for i := range n {
			if s := p.shapes[i]; s != nil {
				p.bounds[i] = s.bound
			} else {
				p.bounds[i] = box{p.xy[i][0], p.xy[i][1], p.xy[i][0], p.xy[i][1]}
			}
		}
	}
	first := make([]uint32, t.width)
	for c := range t.width {
		if unique[c] {
			first[c] = p.wide[c]
		}
	}
	small := make([]uint16, n*t.width)
	for i := range n {
		for c := range t.width {
			code := p.wide[i*t.width+c]
			switch {
			case unique[c]:
				if first[c] == 0 && code != 0 || first[c] != 0 && code != first[c]+uint32(i) {
					return
				}
			case code > math.MaxUint16:
				return
			default:
				small[i*t.width+c] = uint16(code)
			}
		}
	}
	p.small, p.first, p.wide = small, first, nil
}

// rows is what a Set sees of a table.
type rows struct {
	width  int
	pages  []*page
	sorted uint32
	shared mvt.Values
	unique mvt.Values
}

func (t *table) view() rows {
	return rows{width: t.width, pages: t.pages, sorted: t.sorted, shared: t.shared.Values(), unique: t.unique.Values()}
}

func (v *rows) at(i uint32) row {
	p, k := v.pages[i/pageRows], i%pageRows
	r := row{id: p.ids[k], x: p.xy[k][0], y: p.xy[k][1]}
	if p.shapes != nil {
		r.shape = p.shapes[k]
	}
	return r
}

func (v *rows) id(i uint32) int64   { return v.pages[i/pageRows].ids[i%pageRows] }
func (v *rows) from(i uint32) uint8 { return v.pages[i/pageRows].from[i%pageRows] }

// shape is nil of a point.
func (v *rows) shape(i uint32) *shape {
	if p := v.pages[i/pageRows]; p.shapes != nil {
		return p.shapes[i%pageRows]
	}
	return nil
}

// code returns the code of a row in a column, 0 where it has no value.
func (v *rows) code(i uint32, col int) uint32 {
	p, k := v.pages[i/pageRows], i%pageRows
	if p.small == nil {
		return p.wide[int(k)*v.width+col]
	}
	if f := p.first[col]; f != 0 {
		return f + k
	}
	return uint32(p.small[int(k)*v.width+col])
}

// codes copies the codes of a row.
func (v *rows) codes(i uint32, to []uint32) {
	for c := range to {
		to[c] = v.code(i, c)
	}
}

// tags gives the encoder the properties of a row.
func (v *rows) tags(e *mvt.Encoder, i uint32) {
	p, k := v.pages[i/pageRows], i%pageRows
	at := int(k) * v.width
	if p.small != nil {
		e.SmallTags(p.small[at:at+v.width:at+v.width], p.first, k)
	} else {
		e.Tags(p.wide[at : at+v.width : at+v.width])
	}
}

func (v *rows) bound(i uint32) box {
	p, k := v.pages[i/pageRows], i%pageRows
	if p.bounds != nil {
		return p.bounds[k]
	}
	if p.shapes != nil && p.shapes[k] != nil {
		return p.shapes[k].bound
	}
	x, y := p.xy[k][0], p.xy[k][1]
	return box{x, y, x, y}
}

func (r *row) kind() mvt.GeomType {
	if r.shape != nil {
		return r.shape.kind
	}
	return mvt.Point
}

// drawn orders rows as they stand in tiles: by the Morton number of the anchor, then id, then kind. It looks at the row
// alone, so edits end in the same order as a set built from scratch.
func drawn(a, b *row) int {
	return cmp.Or(
		cmp.Compare(morton(a.x, a.y), morton(b.x, b.y)),
		cmp.Compare(a.id, b.id),
		cmp.Compare(a.kind(), b.kind()),
	)
}

// ordered returns a table of the rows alive, in drawing order. The values of the unique columns are laid down in that
// order too: a tile then reads them one after the other, which halves the time to write points.
func (v *rows) ordered(t *table, alive []uint32, unique []bool) *table {
	type key struct {
		m uint64
		i uint32
	}
	keys := make([]key, len(alive))
	for k, i := range alive {
		r := v.at(i)
		keys[k] = key{morton(r.x, r.y), i}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if c := cmp.Compare(a.m, b.m); c != 0 {
			return c
		}
		x, y := v.at(a.i), v.at(b.i)
		return drawn(&x, &y)
	})
	n := &table{width: t.width, shared: t.shared, unique: mvt.NewDict()}
	n.sorted = math.MaxUint32 // until it is complete
	codes := make([]uint32, t.width)
	for _, k := range keys {
		v.codes(k.i, codes)
		for u := range codes {
			if c := codes[u]; unique[u] && c != 0 {
				codes[u] = n.unique.AddEntry(v.unique.Entry(c))
			}
		}
		if n.add(v.at(k.i), v.from(k.i), codes)%pageRows == pageRows-1 {
			n.pack(unique)
		}
	}
	if n.n%pageRows != 0 {
		n.pack(unique)
	}
	n.sorted = n.n
	return n
}

// place is where among the sorted rows a row would stand: before the first that is drawn after it.
func (v *rows) place(r *row) uint32 {
	m := morton(r.x, r.y)
	lo, hi := uint32(0), v.sorted
	for lo < hi {
		mid := lo + (hi-lo)/2
		xy := v.pages[mid/pageRows].xy[mid%pageRows]
		k := morton(xy[0], xy[1])
		before := k < m
		if k == m {
			o := v.at(mid)
			before = drawn(&o, r) < 0
		}
		if before {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// indexIDs makes the index by id of the sorted rows.
func (t *table) indexIDs() {
	t.byID = make([]uint32, t.n)
	for i := range t.byID {
		t.byID[i] = uint32(i)
	}
	slices.SortFunc(t.byID, func(a, b uint32) int { return cmp.Compare(t.id(a), t.id(b)) })
	t.lateIDs = nil
}

func (t *table) id(i uint32) int64 { return t.pages[i/pageRows].ids[i%pageRows] }

// late remembers that row i, not among the sorted ones, is of feature id.
func (t *table) late(id int64, i uint32) {
	if t.lateIDs == nil {
		t.lateIDs = make(map[int64][]uint32)
	}
	t.lateIDs[id] = append(t.lateIDs[id], i)
}

// find returns the rows ever given to a feature, dead ones too.
func (t *table) find(id int64) []uint32 {
	k, _ := slices.BinarySearchFunc(t.byID, id, func(i uint32, id int64) int { return cmp.Compare(t.id(i), id) })
	var is []uint32
	for ; k < len(t.byID) && t.id(t.byID[k]) == id; k++ {
		is = append(is, t.byID[k])
	}
	return append(is, t.lateIDs[id]...)
}
