package gpkg

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// A first delivery fills an empty layer with a million rows. Through SQL a row costs 27 microseconds, most of it the binding of
// its values and the search for its place; but rows of a growing id and sorted keys make trees whose pages can be laid out one after the
// other. What follows writes such trees in SQLite's own file format (https://www.sqlite.org/fileformat2.html, section
// 1.6); bulk.go brings their pages into the file inside the transaction, by SQLite's own pager.

// The kinds of b-tree page.
const (
	pageTableLeaf     = 0x0d
	pageTableInterior = 0x05
	pageIndexLeaf     = 0x0a
	pageIndexInterior = 0x02
)

// spool keeps the pages of trees under way: numbered from 0, in a file that has no name any more.
type spool struct {
	size  int // bytes of a page
	file  *os.File
	w     *bufio.Writer
	pages uint32
	fixes []pageFix
}

// pageFix says that the bytes at off of a page are to hold the final number of another.
type pageFix struct {
	page uint32
	off  int
	to   uint32
}

func newSpool(dir string, size int) (*spool, error) {
	f, err := nameless(dir)
	if err != nil {
		return nil, err
	}
	return &spool{size: size, file: f, w: bufio.NewWriterSize(f, 1<<18)}, nil
}

// add appends a page and returns its number in the spool.
func (s *spool) add(page []byte) (uint32, error) {
	_, err := s.w.Write(page)
	s.pages++
	return s.pages - 1, err
}

// each hands on the pages in order, with the numbers they get by final; a page lives until the next.
func (s *spool) each(final func(uint32) uint32, use func(no uint32, page []byte) error) error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := bufio.NewReaderSize(s.file, 1<<18)
	page := make([]byte, s.size)
	fixes := s.fixes
	for n := range s.pages {
		if _, err := io.ReadFull(r, page); err != nil {
			return err
		}
		for ; len(fixes) > 0 && fixes[0].page == n; fixes = fixes[1:] {
			binary.BigEndian.PutUint32(page[fixes[0].off:], final(fixes[0].to))
		}
		if err := use(final(n), page); err != nil {
			return err
		}
	}
	return nil
}

// readPage reads a page again; what add has taken must have been flushed.
func (s *spool) readPage(no uint32) ([]byte, error) {
	page := make([]byte, s.size)
	_, err := s.file.ReadAt(page, int64(no)*int64(s.size))
	fixes := s.fixes
	i, _ := slices.BinarySearchFunc(fixes, no, func(f pageFix, no uint32) int { return cmp.Compare(f.page, no) })
	for ; i < len(fixes) && fixes[i].page == no; i++ {
		binary.BigEndian.PutUint32(page[fixes[i].off:], fixes[i].to)
	}
	return page, err
}

func (s *spool) close() error { return s.file.Close() }

// tree is one b-tree under way. Cells come in the order of their keys.
type tree struct {
	s      *spool
	usable int
	index  bool

	page  []byte
	cells []int  // where the cells of the page begin
	top   int    // where their content begins
	last  []byte // the content of the cell added last (index), or its divider (table)
	buf   []byte
	fix   []pageFix // of the page under way
	level level
	rows  int64
}

// level is a row of sibling pages: children[i] and children[i+1] are parted by dividers[i], what an interior cell holds behind the child.
type level struct {
	children []uint32
	dividers [][]byte
}

func newTree(s *spool, usable int, index bool) *tree {
	return &tree{s: s, usable: usable, index: index, page: make([]byte, s.size), top: usable}
}

// addRow adds a row to a table. The record is copied.
func (t *tree) addRow(rowid int64, record []byte) error {
	local := t.localSize(len(record))
	b := appendVarint(t.buf[:0], uint64(len(record)))
	b = appendVarint(b, uint64(rowid))
	b = append(b, record[:local]...)
	if local < len(record) {
		b = append(b, 0, 0, 0, 0)
	}
	t.buf = b
	if err := t.room(len(b)); err != nil {
		return err
	}
	t.place(b)
	t.last = appendVarint(t.last[:0], uint64(rowid))
	t.rows++
	if local < len(record) {
		return t.overflow(record[local:], t.top+len(b)-4)
	}
	return nil
}

// addEntry adds an entry to an index: its record, which must be short (fitsIndex).
func (t *tree) addEntry(record []byte) error {
	b := append(appendVarint(t.buf[:0], uint64(len(record))), record...)
	t.buf = b
	if err := t.room(len(b)); err != nil {
		return err
	}
	t.place(b)
	t.rows++
	return nil
}

// localSize is how much of a table's record stands in its leaf.
func (t *tree) localSize(size int) int {
	if size <= t.usable-35 {
		return size
	}
	least := (t.usable-12)*32/255 - 23
	k := least + (size-least)%(t.usable-4)
	if k <= t.usable-35 {
		return k
	}
	return least
}

// fitsIndex reports whether an index entry of that many bytes needs no overflow page.
func fitsIndex(usable, size int) bool { return size <= (usable-12)*64/255-23 }

const leafHeader, interiorHeader = 8, 12

// room ends the page when a cell of n bytes does not fit any more.
func (t *tree) room(n int) error {
	if leafHeader+2*(len(t.cells)+1)+n <= t.top {
		return nil
	}
	divider := t.last
	if t.index { // the last cell goes up: it parts this page from the next
		at := t.cells[len(t.cells)-1]
		end := t.usable
		if len(t.cells) > 1 {
			end = t.cells[len(t.cells)-2]
		}
		divider = t.page[at:end]
		t.cells, t.top = t.cells[:len(t.cells)-1], end
	}
	divider = append([]byte(nil), divider...)
	if err := t.endPage(); err != nil {
		return err
	}
	t.level.dividers = append(t.level.dividers, divider)
	return nil
}

func (t *tree) place(cell []byte) {
	t.top -= len(cell)
	copy(t.page[t.top:], cell)
	t.cells = append(t.cells, t.top)
}

// sealLeaf writes the head of the page under way.
func (t *tree) sealLeaf() {
	kind := byte(pageTableLeaf)
	if t.index {
		kind = pageIndexLeaf
	}
	head := t.page[:leafHeader+2*len(t.cells)]
	clear(t.page[len(head):t.top])
	head[0], head[1], head[2], head[7] = kind, 0, 0, 0
	binary.BigEndian.PutUint16(head[3:], uint16(len(t.cells)))
	binary.BigEndian.PutUint16(head[5:], uint16(t.top))
	for i, c := range t.cells {
		binary.BigEndian.PutUint16(head[leafHeader+2*i:], uint16(c))
	}
}

func (t *tree) endPage() error {
	t.sealLeaf()
	no, err := t.s.add(t.page)
	if err != nil {
		return err
	}
	t.addFixes(no)
	t.level.children = append(t.level.children, no)
	t.cells, t.top = t.cells[:0], t.usable
	return nil
}

// addFixes numbers the fixes of the page under way. Overflow pages went into the spool before it: their own fixes came first.
func (t *tree) addFixes(no uint32) {
	for _, f := range t.fix {
		f.page = no
		t.s.fixes = append(t.s.fixes, f)
	}
	t.fix = t.fix[:0]
}

// overflow writes the rest of a record into a chain of pages, whose first the four bytes at off of the page under way name.
func (t *tree) overflow(rest []byte, off int) error {
	t.fix = append(t.fix, pageFix{off: off, to: t.s.pages})
	page := make([]byte, t.s.size)
	for len(rest) > 0 {
		clear(page)
		n := copy(page[4:t.usable], rest)
		rest = rest[n:]
		no, err := t.s.add(page)
		if err != nil {
			return err
		}
		if len(rest) > 0 {
			t.s.fixes = append(t.s.fixes, pageFix{page: no, to: no + 1})
		}
	}
	return nil
}

// finish makes the interior pages and returns the root, which stands in no spool: it goes where the tree's root always was. Its
// fixes have no page.
func (t *tree) finish() (root []byte, fixes []pageFix, err error) {
	if len(t.level.children) == 0 {
		t.sealLeaf()
		return t.page, t.fix, nil
	}
	if err := t.endPage(); err != nil {
		return nil, nil, err
	}
	l := t.level
	for {
		groups := l.groups(t.usable)
		var up level
		for i, g := range groups {
			page, fixes := t.interior(l, g[0], g[1])
			if len(groups) == 1 {
				return page, fixes, nil
			}
			no, err := t.s.add(page)
			if err != nil {
				return nil, nil, err
			}
			for _, f := range fixes {
				f.page = no
				t.s.fixes = append(t.s.fixes, f)
			}
			up.children = append(up.children, no)
			if i+1 < len(groups) {
				up.dividers = append(up.dividers, l.dividers[g[1]-1])
			}
		}
		l = up
	}
}

// groups parts the children into runs from, to (exclusive) that fit a page each, none of one child alone. The divider
// behind the last child of a run goes up.
func (l level) groups(usable int) [][2]int {
	var out [][2]int
	for from := 0; from < len(l.children); {
		size, to := interiorHeader, from+1
		for to < len(l.children) && size+6+len(l.dividers[to-1]) <= usable {
			size += 6 + len(l.dividers[to-1])
			to++
		}
		if to == len(l.children)-1 { // one child would be left alone
			to--
		}
		out = append(out, [2]int{from, to})
		from = to
	}
	return out
}

// interior makes the page of the children from..to-1.
func (t *tree) interior(l level, from, to int) ([]byte, []pageFix) {
	page := make([]byte, t.s.size)
	page[0] = pageTableInterior
	if t.index {
		page[0] = pageIndexInterior
	}
	n := to - from - 1
	fixes := []pageFix{{off: 8, to: l.children[to-1]}}
	top := t.usable
	for i := range n {
		d := l.dividers[from+i]
		top -= 4 + len(d)
		copy(page[top+4:], d)
		fixes = append(fixes, pageFix{off: top, to: l.children[from+i]})
		binary.BigEndian.PutUint16(page[interiorHeader+2*i:], uint16(top))
	}
	binary.BigEndian.PutUint16(page[3:], uint16(n))
	binary.BigEndian.PutUint16(page[5:], uint16(top))
	return page, fixes
}

// appendVarint appends SQLite's integer of variable length: seven bits a byte, the highest first, eight in a ninth.
func appendVarint(b []byte, v uint64) []byte {
	switch {
	case v < 1<<7:
		return append(b, byte(v))
	case v < 1<<14:
		return append(b, byte(v>>7)|0x80, byte(v)&0x7f)
	case v >= 1<<56:
		for shift := 57; shift >= 8; shift -= 7 {
			b = append(b, byte(v>>shift)|0x80)
		}
		return append(b, byte(v))
	}
	n := 2
	for v>>(7*(n+1)) > 0 {
		n++
	}
	for ; n > 0; n-- {
		b = append(b, byte(v>>(7*n))|0x80)
	}
	return append(b, byte(v)&0x7f)
}

// recorder makes records: a head of types, then the values.
type recorder struct{ head, body, out []byte }

func (r *recorder) begin() { r.head, r.body = r.head[:0], r.body[:0] }

// add appends a value as database/sql knows it: nil, int64, float64, string or []byte.
func (r *recorder) add(v any) error {
	switch v := v.(type) {
	case nil:
		r.head = append(r.head, 0)
	case int64:
		r.addInt(v)
	case bool:
		r.head = append(r.head, 8)
		if v {
			r.head[len(r.head)-1] = 9
		}
	case float64:
		r.head = append(r.head, 7)
		r.body = binary.BigEndian.AppendUint64(r.body, math.Float64bits(v))
	case string:
		r.head = appendVarint(r.head, uint64(13+2*len(v)))
		r.body = append(r.body, v...)
	case []byte:
		r.head = appendVarint(r.head, uint64(12+2*len(v)))
		r.body = append(r.body, v...)
	default:
		return fmt.Errorf("a %T in a record", v)
	}
	return nil
}

func (r *recorder) addInt(v int64) {
	size, kind := 8, byte(6)
	switch {
	case v == 0 || v == 1:
		r.head = append(r.head, 8+byte(v))
		return
	case v >= math.MinInt8 && v <= math.MaxInt8:
		size, kind = 1, 1
	case v >= math.MinInt16 && v <= math.MaxInt16:
		size, kind = 2, 2
	case v >= -1<<23 && v < 1<<23:
		size, kind = 3, 3
	case v >= math.MinInt32 && v <= math.MaxInt32:
		size, kind = 4, 4
	case v >= -1<<47 && v < 1<<47:
		size, kind = 6, 5
	}
	r.head = append(r.head, kind)
	for n := size - 1; n >= 0; n-- {
		r.body = append(r.body, byte(v>>(8*n)))
	}
}

// record returns the record, which lives until the next.
func (r *recorder) record() []byte {
	n := len(r.head) + 1 // the length of the head counts itself
	if n > 0x7f {
		n++
	}
	r.out = appendVarint(r.out[:0], uint64(n))
	r.out = append(append(r.out, r.head...), r.body...)
	return r.out
}
