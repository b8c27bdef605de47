package gpkg

import (
	"context"
	"database/sql"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"wanmi/gis"
)

// cutPages is how many pages of a tree are given back at once, each of which has to be read: a few milliseconds.
const cutPages = 128

// removeStage takes away what there is of a layer's stage, in transactions of a few milliseconds: to drop the table a million rows were in
// takes SQLite most of a second. For who has the turn of the stages.
func (s *Store) removeStage(ctx context.Context, t *table) error {
	db := s.pool("rwc", "synchronous(NORMAL)", "cache_size(-16384)", "wal_autocheckpoint(0)")
	db.SetMaxOpenConns(1)
	defer db.Close()
	for {
		var more bool
		var started time.Time
		err := s.slice(ctx, db, func(q *sql.Tx) error {
			started = time.Now()
			var err error
			more, err = removeSome(ctx, q, t)
			return err
		})
		switch kind := gis.KindOf(s.wrap(err, "")); {
		case kind == gis.Unavailable, kind == gis.Canceled:
			return err
		case err != nil: // no tree this program can read: SQLite may
			s.log.WarnContext(ctx, "the old state of a layer goes at once, not in pieces", "layer", t.name, "error", err)
			more = false
		}
		if !more {
			break
		}
		if err := s.pause(ctx, started); err != nil {
			return err
		}
	}
	for _, stmt := range dropStageSQL(t) { // each has SQLite read the schema anew
		err := s.slice(ctx, s.writer, func(q *sql.Tx) error {
			_, err := q.ExecContext(ctx, stmt)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// removeSome takes away some of a layer's stage. more: there is more.
func removeSome(ctx context.Context, q *sql.Tx, t *table) (more bool, err error) {
	if more, err = forgetHistory(ctx, q, t); err != nil || more {
		return more, err
	}
	roots, err := stageTrees(ctx, q, t)
	if err != nil {
		return false, err
	}
	c, err := newCutter(ctx, q)
	if err != nil {
		return false, err
	}
	for _, root := range roots {
		if more, err = c.cut(root); err != nil {
			return false, err
		}
		if more {
			break
		}
	}
	return more, c.end()
}

// pause lets others do what they wait for after a slice that was begun at started. What has been written goes to the disk before, so that an
// edit need not wait for it when it makes sure of its own.
func (s *Store) pause(ctx context.Context, started time.Time) error {
	took := time.Since(started)
	_ = s.durable() // who ends the write says what is wrong
	s.checkpoint()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(max(took/2, askEvery)):
		return nil
	}
}

// stageTrees returns the roots of the tables of a layer's stage.
func stageTrees(ctx context.Context, q *sql.Tx, t *table) ([]uint32, error) {
	var roots []uint32
	rows, err := q.QueryContext(ctx, `SELECT rootpage FROM sqlite_master WHERE type = 'table' AND rootpage > 1 AND (name = ?1 OR name GLOB ?1 || '_*')
		AND name NOT IN (?2, ?3) ORDER BY 1`, t.stage(), t.stageLog(), t.stageHistory())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var root uint32
		if err := rows.Scan(&root); err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
	return roots, rows.Err()
}

// cutter takes leaves off the right end of trees and gives their pages back, in one transaction. The trees stay sound: a tree ends with
// a root of one divider at the least.
type cutter struct {
	*slicer
	get    *sql.Stmt
	pages  map[uint32][]byte // of trees, as they are now
	dirty  map[uint32]bool
	usable int
	freed  int
}

func newCutter(ctx context.Context, q *sql.Tx) (*cutter, error) {
	w, err := newSlicer(ctx, q)
	if err != nil {
		return nil, err
	}
	get, err := q.PrepareContext(ctx, `SELECT data FROM sqlite_dbpage WHERE pgno = ?`)
	return &cutter{slicer: w, get: get, pages: map[uint32][]byte{}, dirty: map[uint32]bool{}, usable: len(w.first) - int(w.first[20])}, err
}

// page returns a page that is part of a tree.
func (c *cutter) page(no uint32) ([]byte, error) {
	if p := c.pages[no]; p != nil {
		return p, nil
	}
	var p []byte
	if err := c.get.QueryRowContext(c.ctx, int64(no)).Scan(&p); err != nil {
		return nil, err
	}
	if len(p) != len(c.first) {
		return nil, fault("page %d is short", no)
	}
	c.pages[no] = p
	return p, nil
}

func isInterior(p []byte) bool { return p[0] == pageTableInterior || p[0] == pageIndexInterior }

// cut takes leaves off the tree until there have been enough for one transaction. more: the tree has others that can be taken.
func (c *cutter) cut(root uint32) (more bool, err error) {
	for {
		way, err := c.rightmost(root)
		if err != nil {
			return false, err
		}
		at, whole := c.lowest(way)
		if at < 0 {
			return false, nil
		}
		if c.freed >= cutPages && whole {
			return true, nil
		}
		for _, no := range slices.Backward(way[at+1:]) {
			if err := c.giveAll(no); err != nil {
				return false, err
			}
		}
		if err := c.shorten(way[at]); err != nil {
			return false, err
		}
	}
}

// rightmost returns the pages from the root to the last leaf.
func (c *cutter) rightmost(root uint32) ([]uint32, error) {
	way := []uint32{root}
	for len(way) < 20 {
		p, err := c.page(way[len(way)-1])
		if err != nil || !isInterior(p) {
			return way, err
		}
		way = append(way, binary.BigEndian.Uint32(p[8:]))
	}
	return nil, fault("a tree of page %d is too deep", root)
}

// lowest returns the lowest page of the way that can do without its last child, -1 when there is none: the root needs two dividers for that, every other
// page one, and one that would be left without any a page above it that can do without that one. whole: no page of the way is left so.
func (c *cutter) lowest(way []uint32) (at int, whole bool) {
	at, whole = -1, true
	for i, no := range way[:len(way)-1] {
		n := cells(c.pages[no])
		if n > 1 || n == 1 && at >= 0 {
			at = i
		}
		whole = whole && n > 0
	}
	return at, whole
}

func cells(p []byte) int { return int(binary.BigEndian.Uint16(p[3:])) }

// giveAll gives back a page and the overflow pages of its cells.
func (c *cutter) giveAll(no uint32) error {
	p, err := c.page(no)
	if err != nil {
		return err
	}
	for i := range cells(p) {
		_, over, err := c.cell(p, i)
		if err != nil {
			return err
		}
		if err := c.giveChain(over); err != nil {
			return err
		}
	}
	delete(c.pages, no)
	delete(c.dirty, no)
	return c.give(no)
}

func (c *cutter) giveChain(no uint32) error {
	for no != 0 {
		var p []byte
		if err := c.get.QueryRowContext(c.ctx, int64(no)).Scan(&p); err != nil {
			return err
		}
		if err := c.give(no); err != nil {
			return err
		}
		no = binary.BigEndian.Uint32(p)
	}
	return nil
}

// cell returns the bytes of a cell and the first of its overflow pages, 0 for none.
func (c *cutter) cell(p []byte, i int) (b []byte, over uint32, err error) {
	head := leafHeader
	if isInterior(p) {
		head = interiorHeader
	}
	if head+2*i+2 > len(p) {
		return nil, 0, fault("a page of %d cells", cells(p))
	}
	b = p[min(int(binary.BigEndian.Uint16(p[head+2*i:])), len(p)):]
	n := 0
	if head == interiorHeader {
		n = 4
	}
	size, k := readVarint(b[min(n, len(b)):])
	n += k
	if p[0] != pageTableInterior {
		local := indexLocal(c.usable, int(size))
		if p[0] == pageTableLeaf {
			_, k := readVarint(b[min(n, len(b)):])
			n += k
			local = (&tree{usable: c.usable}).localSize(int(size))
		}
		n += local
		if local < int(size) {
			n += 4
		}
		if n <= len(b) && local < int(size) {
			over = binary.BigEndian.Uint32(b[n-4:])
		}
	}
	if k == 0 || n > len(b) {
		return nil, 0, fault("a cell is cut off")
	}
	return b[:n], over, nil
}

// indexLocal is localSize for the entries of an index.
func indexLocal(usable, size int) int {
	if fitsIndex(usable, size) {
		return size
	}
	least := (usable-12)*32/255 - 23
	if k := least + (size-least)%(usable-4); fitsIndex(usable, k) {
		return k
	}
	return least
}

// shorten takes the last child off an interior page: that of the last divider takes its place.
func (c *cutter) shorten(no uint32) error {
	p := c.pages[no]
	n := cells(p) - 1
	last, over, err := c.cell(p, n)
	if err != nil {
		return err
	}
	if err := c.giveChain(over); err != nil {
		return err
	}
	short := make([]byte, len(p))
	short[0] = p[0]
	copy(short[8:], last[:4])
	binary.BigEndian.PutUint16(short[3:], uint16(n))
	top := c.usable
	for i := range n {
		b, _, err := c.cell(p, i)
		if err != nil {
			return err
		}
		top -= len(b)
		copy(short[top:], b)
		binary.BigEndian.PutUint16(short[interiorHeader+2*i:], uint16(top))
	}
	binary.BigEndian.PutUint16(short[5:], uint16(top)) // 65536 is written as 0
	c.pages[no], c.dirty[no] = short, true
	return nil
}

// give puts a page on the list of those that are free.
func (c *cutter) give(no uint32) error {
	c.freed++
	if err := c.readTrunk(); err != nil {
		return err
	}
	free := binary.BigEndian.Uint32(c.first[headFree:])
	binary.BigEndian.PutUint32(c.first[headFree:], free+1)
	if c.trunk != nil {
		if n := binary.BigEndian.Uint32(c.trunk[4:]); int(n) < c.usable/4-8 { // as many as the oldest readers of the format bear
			binary.BigEndian.PutUint32(c.trunk[8+4*n:], no)
			binary.BigEndian.PutUint32(c.trunk[4:], n+1)
			return nil
		}
		if err := c.write(c.at, c.trunk); err != nil {
			return err
		}
	}
	c.trunk, c.at = make([]byte, len(c.first)), no
	copy(c.trunk[:4], c.first[headTrunk:headTrunk+4])
	binary.BigEndian.PutUint32(c.first[headTrunk:], no)
	return nil
}

// end writes what has been changed.
func (c *cutter) end() error {
	for _, no := range slices.Sorted(maps.Keys(c.dirty)) {
		if err := c.write(no, c.pages[no]); err != nil {
			return err
		}
	}
	return c.slicer.end()
}
