package gpkg

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"slices"
)

// grower brings the pages of a tree into the file, some at a time. After each time the tree of what has been brought is whole, so
// that a table nobody looks at yet owns every page, whatever becomes of the rest.
type grower struct {
	s        *spool
	usable   int
	index    bool
	root     uint32   // in the file
	leaves   []uint32 // in the spool; the pages a leaf's rows go on in stand before it
	starts   []uint32 // of each leaf: the first page that comes with it
	dividers [][]byte // between two leaves
	most     int      // bytes of the longest divider

	next  int
	spine []*spinePage
}

// spinePage is the interior page at the right end of a level of the tree, which still grows.
type spinePage struct {
	no     uint32 // in the file, 0 before it stands there
	level  level
	size   int
	before []byte // the divider between the page left of it and this one
}

// add appends the leaves of a finished tree, whose pages begin in the spool at first. divider parts them from those before.
func (g *grower) add(first uint32, l level, divider []byte) {
	if len(g.leaves) > 0 && len(l.children) > 0 {
		g.dividers = append(g.dividers, divider)
	}
	for _, no := range l.children {
		g.leaves, g.starts = append(g.leaves, no), append(g.starts, first)
		first = no + 1
	}
	g.dividers = append(g.dividers, l.dividers...)
	for _, d := range g.dividers {
		g.most = max(g.most, len(d))
	}
}

func (g *grower) done() bool { return g.next == len(g.leaves) }

// some brings about so many pages more.
func (g *grower) some(w *slicer, pages int) error {
	if len(g.leaves) == 1 {
		g.next = 1
		return g.unit(w, 0, func() (uint32, error) { return g.root, nil })
	}
	until := w.taken + pages
	for g.next < len(g.leaves) && (w.taken < until || len(g.spine[0].level.children) == 1) {
		i := g.next
		g.next++
		var no uint32
		err := g.unit(w, i, func() (uint32, error) {
			var err error
			no, err = w.take()
			return no, err
		})
		if err != nil {
			return err
		}
		var before []byte
		if i > 0 {
			before = g.dividers[i-1]
		}
		if err := g.push(w, 0, no, before); err != nil {
			return err
		}
	}
	return g.close(w)
}

// unit writes a leaf, to the page place names, and before it what comes with it.
func (g *grower) unit(w *slicer, i int, place func() (uint32, error)) error {
	first, last := g.starts[i], g.leaves[i]
	numbers := make([]uint32, last-first+1)
	for k := range numbers {
		take := w.take
		if first+uint32(k) == last {
			take = place
		}
		var err error
		if numbers[k], err = take(); err != nil {
			return err
		}
	}
	for k, no := range numbers {
		page, err := g.s.readFinal(first+uint32(k), func(to uint32) uint32 { return numbers[to-first] })
		if err != nil {
			return err
		}
		if err := w.write(no, page); err != nil {
			return err
		}
	}
	return nil
}

// push appends a child to the last page of a level, 0 the lowest.
func (g *grower) push(w *slicer, h int, child uint32, before []byte) error {
	if h == len(g.spine) {
		g.spine = append(g.spine, &spinePage{})
	}
	p := g.spine[h]
	if len(p.level.children) == 0 {
		p.level.children, p.before, p.size = append(p.level.children, child), before, interiorHeader
		return nil
	}
	need := p.size + 6 + len(before)
	limit := g.usable
	if h > 0 { // what grows below will hang on it as well
		limit -= 6 + g.most
	}
	full := need > limit
	if h == 0 && g.next == len(g.leaves)-1 && need+6+len(g.dividers[g.next-1]) > limit { // the last leaf would be left alone
		full = true
	}
	if !full {
		p.level.children, p.level.dividers, p.size = append(p.level.children, child), append(p.level.dividers, before), need
		return nil
	}
	if err := g.writeSpine(w, p, p.level); err != nil {
		return err
	}
	no, left := p.no, p.before
	*p = spinePage{level: level{children: []uint32{child}}, before: before, size: interiorHeader}
	return g.push(w, h+1, no, left)
}

// close writes the pages that still grow, each hung on the one above it, and the root.
func (g *grower) close(w *slicer) error {
	var below *spinePage
	for h, p := range g.spine {
		l := p.level
		if below != nil {
			l = level{append(slices.Clip(l.children), below.no), append(slices.Clip(l.dividers), below.before)}
		}
		if h == len(g.spine)-1 {
			return w.write(g.root, g.interior(l))
		}
		if err := g.writeSpine(w, p, l); err != nil {
			return err
		}
		below = p
	}
	return nil
}

func (g *grower) writeSpine(w *slicer, p *spinePage, l level) error {
	if p.no == 0 {
		var err error
		if p.no, err = w.take(); err != nil {
			return err
		}
	}
	return w.write(p.no, g.interior(l))
}

func (g *grower) interior(l level) []byte {
	t := tree{s: g.s, usable: g.usable, index: g.index}
	page, fixes := t.interior(l, 0, len(l.children))
	for _, f := range fixes {
		binary.BigEndian.PutUint32(page[f.off:], f.to)
	}
	return page
}

// readFinal reads a page with the numbers others get by final. What add has taken must have been flushed.
func (s *spool) readFinal(no uint32, final func(uint32) uint32) ([]byte, error) {
	page := make([]byte, s.size)
	_, err := s.file.ReadAt(page, int64(no)*int64(s.size))
	i, _ := slices.BinarySearchFunc(s.fixes, no, func(f pageFix, no uint32) int { return cmp.Compare(f.page, no) })
	for ; i < len(s.fixes) && s.fixes[i].page == no; i++ {
		binary.BigEndian.PutUint32(page[s.fixes[i].off:], final(s.fixes[i].to))
	}
	return page, err
}

// slicer writes pages of a file in one transaction: first into those that are free, then behind the end.
type slicer struct {
	pageWriter
	first []byte // page 1, with the head of the file
	trunk []byte // the page that lists free ones, nil when it has not been read
	at    uint32 // its number
	taken int
}

// The places of the head of the file, and of a page that lists free ones: the next such page, and how many numbers follow.
const (
	headPages = 28
	headTrunk = 32
	headFree  = 36
)

func newSlicer(ctx context.Context, tx *sql.Tx) (*slicer, error) {
	w := &slicer{pageWriter: pageWriter{tx: tx, ctx: ctx}}
	var err error
	w.first, err = w.read(1)
	return w, err
}

func (w *slicer) read(no uint32) ([]byte, error) {
	var b []byte
	err := w.tx.QueryRowContext(w.ctx, `SELECT data FROM sqlite_dbpage WHERE pgno = ?`, int64(no)).Scan(&b)
	return b, err
}

// take returns the number of a page nobody uses.
func (w *slicer) take() (uint32, error) {
	w.taken++
	if binary.BigEndian.Uint32(w.first[headFree:]) == 0 {
		count := binary.BigEndian.Uint32(w.first[headPages:])
		no := pageNumbers(count, len(w.first))(0)
		binary.BigEndian.PutUint32(w.first[headPages:], no)
		return no, nil
	}
	if err := w.readTrunk(); err != nil {
		return 0, err
	}
	binary.BigEndian.PutUint32(w.first[headFree:], binary.BigEndian.Uint32(w.first[headFree:])-1)
	n := binary.BigEndian.Uint32(w.trunk[4:])
	if n == 0 { // the list itself is the last of it
		copy(w.first[headTrunk:headTrunk+4], w.trunk[:4])
		w.trunk = nil
		return w.at, nil
	}
	if 8+4*int(n) > len(w.trunk) {
		return 0, fault("page %d lists %d free ones", w.at, n)
	}
	binary.BigEndian.PutUint32(w.trunk[4:], n-1)
	return binary.BigEndian.Uint32(w.trunk[4+4*n:]), nil
}

// readTrunk reads the first page that lists free ones, when there is one.
func (w *slicer) readTrunk() (err error) {
	if w.at = binary.BigEndian.Uint32(w.first[headTrunk:]); w.at == 0 || w.trunk != nil {
		return nil
	}
	w.trunk, err = w.read(w.at)
	return err
}

// end writes the head of the file and what is still free.
func (w *slicer) end() error {
	if w.trunk != nil {
		if err := w.write(w.at, w.trunk); err != nil {
			return err
		}
	}
	if err := w.write(1, w.first); err != nil {
		return err
	}
	return w.flush()
}
