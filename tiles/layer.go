package tiles

import (
	"iter"
	"math"
	"slices"

	"github.com/tidwall/rtree"

	"wanmi/gis"
	"wanmi/gis/geom"
	"wanmi/gis/index"
	"wanmi/tiles/mvt"
)

// layer is one layer of a Set. Once the Set is handed on it is never changed.
type layer struct {
	rule *LayerRule
	spec string // its name in a request
	grid grid
	def  *gis.Layer // of the features it is made from
	cols []mvt.Column
	src  []int // of each column, the field it is taken from

	table *table
	rows  rows
	base  packed      // of the sorted rows
	dead  index.Marks // sorted rows that edits have taken out
	tree  *rowTree    // of the rows edits have added
	low   *lowPoints
	lost  int // features without a usable geometry

	// A tile's version is that of the last edit that touches it: the largest in edits that overlaps, or since, whichever is larger.
	since uint64
	edits *editTree
}

type (
	rowTree  = rtree.RTreeGN[float32, uint32]
	editTree = rtree.RTreeGN[float32, uint64]
)

// maxEdits bounds the edits remembered one by one; past it every tile of the layer counts as touched.
const maxEdits = 20_000

func newLayer(r *LayerRule) *layer {
	l := &layer{rule: r, spec: r.Name + ",", def: gis.MustLayer(r.base()), base: packed{Packed: new(index.Packed[uint32])}, tree: new(rowTree), edits: new(editTree)}
	for i, f := range r.Fields {
		l.cols = append(l.cols, mvt.Column{Name: f.Name, Unique: f.Unique, At: i})
		l.src = append(l.src, l.def.Index(f.source()))
	}
	l.low = newLowPoints(l)
	l.table = newTable(len(l.cols))
	return l
}

// edit returns a copy of l that may be changed.
func (l *layer) edit() *layer {
	n := *l
	n.tree, n.edits, n.dead = l.tree.Copy(), l.edits.Copy(), l.dead.Copy()
	return &n
}

// put adds the rows of f to the table and returns their numbers; the tree is the caller's. codes is scratch of the layer's width.
func (l *layer) put(f *gis.Feature, codes []uint32) (first, n uint32) {
	if !l.drawn(f) {
		return 0, 0
	}
	rows := place(f.Geom)
	if len(rows) == 0 {
		l.lost++
		return 0, 0
	}
	if l.rule.From != "" {
		rows = place(geom.LabelPoint(f.Geom))
	}
	rows = l.grid.lay(rows)
	for i, c := range l.cols {
		codes[i] = l.code(f, i, c.Unique)
	}
	from := l.firstZoom(f)
	for _, r := range rows {
		l.table.add(row{id: f.ID, x: r.x, y: r.y, shape: r.shape}, from, codes)
	}
	n = uint32(len(rows))
	return l.table.n - n, n
}

func (l *layer) code(f *gis.Feature, col int, unique bool) uint32 {
	if l.src[col] >= len(f.Values) {
		return 0
	}
	v := f.Values[l.src[col]]
	if n := l.rule.Fields[col].Last; n > 0 {
		if s, ok := v.(string); ok && len(s) > n {
			r := []rune(s)
			v = string(r[max(0, len(r)-n):])
		}
	}
	if s, ok := v.(string); ok && s == "" {
		return 0
	}
	if unique {
		return l.table.unique.Add(v)
	}
	return l.table.shared.Intern(v)
}

// drawn reports whether f may stand in tiles at all.
func (l *layer) drawn(f *gis.Feature) bool {
	if n := l.rule.Need; n != "" && f.Text(n) == "" {
		return false
	}
	for _, h := range l.rule.Hide {
		if slices.Contains(h.Values, f.Text(h.Field)) {
			return false
		}
	}
	return true
}

func (l *layer) firstZoom(f *gis.Feature) uint8 {
	if l.rule.By == "" {
		return uint8(l.rule.MinZoom)
	}
	z, ok := l.rule.ByValue[f.Text(l.rule.By)]
	if !ok {
		z = l.rule.Else
	}
	return uint8(max(z, l.rule.MinZoom))
}

// finish sorts what put has gathered into drawing order and indexes it.
func (l *layer) finish() {
	alive := make([]uint32, l.table.n)
	for i := range alive {
		alive[i] = uint32(i)
	}
	l.settle(alive)
}

// settle makes a table of the rows alive alone, in drawing order, with a new tree and index by id.
func (l *layer) settle(alive []uint32) {
	v := l.table.view()
	unique := make([]bool, len(l.cols))
	for i, c := range l.cols {
		unique[i] = c.Unique
	}
	l.table = v.ordered(l.table, alive, unique)
	l.table.indexIDs()
	l.rows = l.table.view()
	l.base, l.dead, l.tree = newPacked(&l.rows), index.Marks{}, new(rowTree)
	l.low = l.low.of(l)
}

// count is the number of rows alive.
func (l *layer) count() int { return int(l.rows.sorted) - l.dead.Len() + l.tree.Len() }

// alive yields the rows alive that may touch b.
func (l *layer) alive(b box) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		more := true
		l.base.search(b, func(lo, hi uint32, _ bool) bool {
			for i := lo; i < hi && more; i++ {
				more = l.dead.Has(int(i)) || yield(i)
			}
			return more
		})
		if more {
			lo, hi := b.rect()
			l.tree.Search(lo, hi, func(_, _ [2]float32, i uint32) bool { return yield(i) })
		}
	}
}

// remove takes the rows of a feature out and tells touch their bounds.
func (l *layer) remove(id int64, touch func(box)) {
	for _, i := range l.table.find(id) {
		b := l.rows.bound(i)
		if i < l.rows.sorted {
			if !l.dead.Has(int(i)) {
				l.dead.Set(int(i))
				touch(b)
			}
			continue
		}
		lo, hi := b.rect()
		n := l.tree.Len()
		if l.tree.Delete(lo, hi, i); l.tree.Len() < n {
			touch(b)
		}
	}
}

// insert adds the rows of a feature and tells touch their bounds.
func (l *layer) insert(f *gis.Feature, touch func(box)) {
	first, n := l.put(f, make([]uint32, len(l.cols)))
	l.rows = l.table.view()
	for i := first; i < first+n; i++ {
		l.table.late(f.ID, i)
		b := l.rows.bound(i)
		lo, hi := b.rect()
		l.tree.Insert(lo, hi, i)
		touch(b)
	}
}

// touched records that version changed what b holds.
func (l *layer) touched(b box, version uint64) {
	lo, hi := b.rect()
	type entry struct {
		lo, hi [2]float32
		v      uint64
	}
	var inside []entry // earlier edits the new one covers are of no more use
	l.edits.Search(lo, hi, func(a, z [2]float32, v uint64) bool {
		if a[0] >= lo[0] && a[1] >= lo[1] && z[0] <= hi[0] && z[1] <= hi[1] {
			inside = append(inside, entry{a, z, v})
		}
		return true
	})
	for _, e := range inside {
		l.edits.Delete(e.lo, e.hi, e.v)
	}
	l.edits.Insert(lo, hi, version)
	if l.edits.Len() > maxEdits {
		l.since, l.edits = version, new(editTree)
	}
}

// version returns the version of the last edit that touches b.
func (l *layer) version(b box) uint64 {
	v := l.since
	if l.edits.Len() == 0 {
		return v
	}
	lo, hi := b.rect()
	l.edits.Search(lo, hi, func(_, _ [2]float32, e uint64) bool {
		v = max(v, e)
		return true
	})
	return v
}

// crowded reports whether dead rows and edits have become so many that the table is better made anew.
func (l *layer) crowded() bool {
	late := max(l.table.n-l.table.sorted, uint32(l.dead.Len()))
	return late > 4096 && late > l.table.sorted/8
}

func (l *layer) compact() {
	l.settle(slices.Collect(l.alive(box{0, 0, math.MaxUint32, math.MaxUint32})))
}

// bound returns bounds of what is in the layer, ok false when it is empty.
func (l *layer) bound() (box, bool) {
	b, ok := l.base.bound()
	if l.count() == 0 {
		return box{}, false
	}
	l.tree.Scan(func(_, _ [2]float32, i uint32) bool {
		if r := l.rows.bound(i); ok {
			b = b.union(r)
		} else {
			b, ok = r, true
		}
		return true
	})
	return b, ok
}
