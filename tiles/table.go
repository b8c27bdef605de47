package tiles

import (
	"cmp"
	"slices"

	"wanmi/tiles/mvt"
)

const pageRows = 1024

// table keeps the rows of a layer in pages. It only grows: a row once written is never changed, so the Sets of
// one line of edits share it, each with its own tree of the rows that are alive in it. Only its owner
// (Build, and Apply under the core's lock) adds rows.
type table struct {
	width  int // codes per row
	pages  []*page
	n      uint32
	sorted uint32 // rows before this one stand in drawing order; later ones are edits
	shared *mvt.Dict
	unique *mvt.Dict

	byID    []uint32           // sorted rows by feature id
	lateIDs map[int64][]uint32 // the other rows, by feature id
}

// page is pageRows rows, filled from the start.
type page struct {
	rows  [pageRows]row
	codes []uint32 // width per row
	from  [pageRows]uint8
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
	if i == 0 {
		t.pages = append(t.pages, &page{codes: make([]uint32, pageRows*t.width)})
	}
	p := t.pages[len(t.pages)-1]
	p.rows[i], p.from[i] = r, from
	copy(p.codes[int(i)*t.width:], codes)
	t.n++
	return t.n - 1
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

func (v *rows) at(i uint32) *row    { return &v.pages[i/pageRows].rows[i%pageRows] }
func (v *rows) from(i uint32) uint8 { return v.pages[i/pageRows].from[i%pageRows] }
func (v *rows) codes(i uint32) []uint32 {
	k := int(i%pageRows) * v.width
	return v.pages[i/pageRows].codes[k : k+v.width : k+v.width]
}

func (r *row) bound() box {
	if r.shape != nil {
		return r.shape.bound
	}
	return box{r.x, r.y, r.x, r.y}
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
func (v *rows) ordered(t *table, alive []uint32, unique []int) *table {
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
		return drawn(v.at(a.i), v.at(b.i))
	})
	n := &table{width: t.width, shared: t.shared, unique: mvt.NewDict()}
	codes := make([]uint32, t.width)
	for _, k := range keys {
		copy(codes, v.codes(k.i))
		for _, u := range unique {
			if c := codes[u]; c != 0 {
				codes[u] = n.unique.AddEntry(v.unique.Entry(c))
			}
		}
		n.add(*v.at(k.i), v.from(k.i), codes)
	}
	n.sorted = n.n
	return n
}

// inOrder sorts row numbers into drawing order. tmp is scratch; both are returned for their memory.
func (v *rows) inOrder(is, tmp []uint32) ([]uint32, []uint32) {
	is, tmp = radix(is, tmp)
	k, _ := slices.BinarySearch(is, v.sorted)
	if k == len(is) {
		return is, tmp
	}
	// The edits at the end are few: sort them and merge.
	tail := append([]uint32(nil), is[k:]...)
	slices.SortFunc(tail, func(a, b uint32) int { return drawn(v.at(a), v.at(b)) })
	tmp = append(tmp[:0], is[:k]...)
	is = is[:0]
	i := 0
	for _, t := range tail {
		for i < len(tmp) && drawn(v.at(tmp[i]), v.at(t)) < 0 {
			is = append(is, tmp[i])
			i++
		}
		is = append(is, t)
	}
	return append(is, tmp[i:]...), tmp
}

// radix sorts numbers bytewise, which for the thousands of rows of a tile takes a third of a comparing sort.
func radix(a, tmp []uint32) ([]uint32, []uint32) {
	if len(a) < 256 {
		slices.Sort(a)
		return a, tmp
	}
	if cap(tmp) < len(a) {
		tmp = make([]uint32, len(a))
	}
	tmp = tmp[:len(a)]
	var all uint32
	for _, v := range a {
		all |= v
	}
	for shift := 0; shift < 32 && all>>shift != 0; shift += 8 {
		var n [257]int
		for _, v := range a {
			n[v>>shift&255+1]++
		}
		for i := range 256 {
			n[i+1] += n[i]
		}
		for _, v := range a {
			b := v >> shift & 255
			tmp[n[b]] = v
			n[b]++
		}
		a, tmp = tmp, a
	}
	return a, tmp
}
