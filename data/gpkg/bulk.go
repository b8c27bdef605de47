package gpkg

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"path/filepath"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// loadLeast is how many rows a bulk write into an empty layer must bring for its pages to be laid out here; fewer go by SQL.
const loadLeast = 2000

// load is a bulk write into a layer that was empty: its rows become pages in a spool as they come, and these pages become
// the layer's when the write ends. Whoever wants to read the layer meanwhile settles it first: then all rows go by SQL.
type load struct {
	s        *spool
	rows     *tree
	rec      recorder
	usable   int
	nodeSize int   // of the R-tree
	places   []int // of the table's columns: the position in layerTx.args, or one of the following
	roots    map[string]uint32

	seed    maphash.Seed
	seen    map[uint64]struct{} // of the keys
	arena   []byte              // the keys, one after the other
	ends    []uint32            // of each key in the arena
	firstID int64
	ids     []int64 // of the rows, where they do not count on from firstID
	cells   []cell
}

// id is that of a row of the load.
func (ld *load) id(row uint32) int64 {
	if ld.ids != nil {
		return ld.ids[row]
	}
	return ld.firstID + int64(row)
}

const (
	placeRev   = -1
	placeBlank = -2 // the id, which a record leaves out, and columns of other programs
)

// startLoad begins a load when the layer has no row and looks as this program made it; nil otherwise.
func (l *layerTx) startLoad() (*load, error) {
	t := l.tx
	var filled bool
	if err := t.sql.QueryRowContext(t.own, `SELECT EXISTS (SELECT 1 FROM `+quote(l.t.name)+`)`).Scan(&filled); err != nil || filled {
		return nil, err
	}
	var size, vacuum int
	err := t.sql.QueryRowContext(t.own, `SELECT page_size, auto_vacuum FROM pragma_page_size, pragma_auto_vacuum`).Scan(&size, &vacuum)
	if err != nil || vacuum != 0 {
		return nil, err
	}
	first, err := t.page(1)
	if err != nil {
		return nil, err
	}
	ld := &load{seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, usable: size - int(first[20])}
	if ld.places, err = l.columnPlaces(); err != nil || ld.places == nil {
		return nil, err
	}
	if ld.roots, err = l.rootPages(); err != nil || ld.roots == nil {
		return nil, err
	}
	if l.t.hasGeom() {
		if ld.nodeSize, err = nodeSize(t.own, t.sql, l.t.rtree()); err != nil {
			return nil, err
		}
	}
	if ld.firstID, err = l.nextID(); err != nil {
		return nil, err
	}
	if ld.s, err = newSpool(filepath.Dir(t.store.path), size); err != nil {
		return nil, err
	}
	ld.rows = newTree(ld.s, ld.usable, false)
	l.extent, l.hasExtent, l.dirty = orb.Bound{}, false, false
	return ld, nil
}

// loadRow takes the encoded row into the load. False: the row must go the usual way, and the load has been settled.
func (l *layerTx) loadRow(f *gis.Feature) (bool, error) {
	ld := l.load
	id, err := l.nextID()
	if err != nil {
		return false, err
	}
	key := f.Key
	if key == "" {
		key = l.t.madeKey(id)
		l.args[l.t.keyColumn()] = key
	} else if l.t.isMadeKey(key) {
		return false, l.settle()
	}
	if !ld.takesKey(key) {
		return false, l.settle()
	}
	if err := l.note(gis.Change{}, false, false); err != nil {
		return false, err
	}
	if err := l.addLoaded(id, key); err != nil {
		return false, err
	}
	l.lastID = id
	l.added++
	l.grow()
	f.ID, f.Key = id, key
	return true, nil
}

// takesKey notes a key. False: it came already, by its hash, or the pages have no place for it.
func (ld *load) takesKey(key string) bool {
	h := maphash.String(ld.seed, key)
	if _, known := ld.seen[h]; known || !fitsIndex(ld.usable, len(key)+16) || uint64(len(ld.arena)+len(key)) > math.MaxUint32 {
		return false
	}
	ld.seen[h] = struct{}{}
	return true
}

// addLoaded adds the encoded row to the pages of the load.
func (l *layerTx) addLoaded(id int64, key string) error {
	ld := l.load
	ld.rec.begin()
	var err error
	for _, at := range ld.places {
		switch at {
		case placeBlank:
			err = ld.rec.add(nil)
		case placeRev:
			err = ld.rec.add(l.seq)
		default:
			err = ld.rec.add(l.args[at])
		}
		if err != nil {
			return err
		}
	}
	if err := ld.rows.addRow(id, ld.rec.record()); err != nil {
		return err
	}
	ld.arena = append(ld.arena, key...)
	ld.ends = append(ld.ends, uint32(len(ld.arena)))
	if l.hasBound {
		ld.cells = append(ld.cells, cellOf(id, l.bound))
	}
	return nil
}

// settle ends a load by bringing its rows in by SQL.
func (l *layerTx) settle() error {
	ld := l.load
	if ld == nil {
		return nil
	}
	l.load = nil
	defer ld.s.close()
	if len(ld.ends) == 0 {
		return nil
	}
	if err := l.tx.mark(); err != nil {
		return err
	}
	if len(ld.ends) > rebuildAfter && l.t.hasGeom() {
		if err := l.stopTriggers(); err != nil {
			return err
		}
	}
	stmt, err := l.prepared(&l.insertStmt, l.t.insertSQL)
	if err != nil {
		return err
	}
	args := make([]any, len(l.t.columns)+2)
	return ld.each(func(id int64, values []any) error {
		args[0], args[len(args)-1] = id, l.seq
		for i, at := range ld.places {
			if at >= 0 {
				args[at+1] = values[i]
			}
		}
		_, err := stmt.ExecContext(l.tx.own, args...)
		return err
	})
}

// each hands on the rows of the load, in order. The values live until the next.
func (ld *load) each(use func(id int64, values []any) error) error {
	if err := ld.rows.endPage(); err != nil {
		return err
	}
	if err := ld.s.w.Flush(); err != nil {
		return err
	}
	r := pageReader{usable: ld.usable, get: ld.s.readPage}
	values := make([]any, len(ld.places))
	for _, no := range ld.rows.level.children {
		page, err := ld.s.readPage(no)
		if err != nil {
			return err
		}
		err = r.rows(page, 0, func(id int64, record []byte) error {
			if err := parseRecord(record, values); err != nil {
				return err
			}
			return use(id, values)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// finishLoad makes the index of the keys and the R-tree. The layer's rows are in the file only after layPages.
func (l *layerTx) finishLoad() error {
	ld, t := l.load, l.tx
	if len(ld.ends) < loadLeast {
		return l.settle()
	}
	if empty, err := l.emptyRoots(); err != nil || !empty {
		return cmp.Or(err, l.settle())
	}
	if err := l.buildTrees(); err != nil {
		return err
	}
	res, err := t.sql.ExecContext(t.own, `UPDATE sqlite_sequence SET seq = ? WHERE name = ?`, l.lastID, l.t.name)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = t.sql.ExecContext(t.own, `INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)`, l.t.name, l.lastID)
	return err
}

// buildTrees ends the trees of the load, whose roots are empty, and hands them to layPages.
func (l *layerTx) buildTrees() error {
	ld := l.load
	var finished []builtTree
	add := func(name string, tr *tree) error {
		root, fixes, err := tr.finish()
		finished = append(finished, builtTree{root: ld.roots[name], page: root, fixes: fixes})
		return err
	}
	if err := add("", ld.rows); err != nil {
		return err
	}
	keys, err := ld.keyTree()
	if err != nil {
		return err
	}
	if err := add("key", keys); err != nil {
		return err
	}
	if l.t.hasGeom() {
		err := l.packLoaded(func(suffix string, tr *tree) error { return add(suffix, tr) })
		if err != nil {
			return err
		}
	}
	ld.seen, ld.arena, ld.ends, ld.ids, ld.cells = nil, nil, nil, nil, nil
	l.tx.loads = append(l.tx.loads, finishedLoad{ld, finished})
	return nil
}

// emptyRoots reports whether the trees of the layer are one empty leaf each, so that no page is lost with them. If so, it
// empties the R-tree's tables, too, which SQLite does by making their roots such leaves.
func (l *layerTx) emptyRoots() (bool, error) {
	for _, name := range [...]string{"", "key"} {
		page, err := l.tx.page(l.load.roots[name])
		if err != nil {
			return false, err
		}
		if leaf := page[0] == pageTableLeaf || page[0] == pageIndexLeaf; !leaf || page[3] != 0 || page[4] != 0 {
			return false, nil
		}
	}
	if !l.t.hasGeom() {
		return true, nil
	}
	for _, suffix := range rtreeTables {
		if _, err := l.tx.sql.ExecContext(l.tx.own, `DELETE FROM `+quote(l.t.rtree()+suffix)); err != nil {
			return false, err
		}
	}
	return true, nil
}

// keyTree makes the index of the keys. They are sorted by eight bytes behind what all have in common, then by the rest.
func (ld *load) keyTree() (*tree, error) {
	key := func(i uint32) []byte {
		if i == 0 {
			return ld.arena[:ld.ends[0]]
		}
		return ld.arena[ld.ends[i-1]:ld.ends[i]]
	}
	common := key(0)
	for i := range ld.ends {
		k, n := key(uint32(i)), 0
		for n < min(len(k), len(common)) && k[n] == common[n] {
			n++
		}
		common = common[:n]
	}
	type entry struct {
		head uint64
		at   uint32
	}
	order := make([]entry, len(ld.ends))
	for i := range order {
		var head [8]byte
		copy(head[:], key(uint32(i))[len(common):])
		order[i] = entry{binary.BigEndian.Uint64(head[:]), uint32(i)}
	}
	slices.SortFunc(order, func(a, b entry) int {
		switch {
		case a.head < b.head:
			return -1
		case a.head > b.head:
			return 1
		}
		return bytes.Compare(key(a.at), key(b.at))
	})
	tr := newTree(ld.s, ld.usable, true)
	for _, e := range order {
		k := key(e.at)
		ld.rec.begin()
		ld.rec.head = appendVarint(ld.rec.head, uint64(13+2*len(k)))
		ld.rec.body = append(ld.rec.body, k...)
		ld.rec.addInt(ld.id(e.at))
		if err := tr.addEntry(ld.rec.record()); err != nil {
			return nil, err
		}
	}
	return tr, nil
}

// packLoaded makes the tables of the R-tree.
func (l *layerTx) packLoaded(done func(suffix string, tr *tree) error) error {
	return l.load.pack(done)
}

func (ld *load) pack(done func(suffix string, tr *tree) error) error {
	p := newTreePacker(ld.nodeSize, func(suffix string, n int, row func(int) (int64, any)) error {
		tr := newTree(ld.s, ld.usable, false)
		for i := range n {
			id, v := row(i)
			ld.rec.begin()
			if err := ld.rec.add(nil); err != nil {
				return err
			}
			if err := ld.rec.add(v); err != nil {
				return err
			}
			if err := tr.addRow(id, ld.rec.record()); err != nil {
				return err
			}
		}
		return done(suffix, tr)
	})
	return p.pack(ld.cells)
}

// cellOf is the entry of the R-tree for a row.
func cellOf(fid int64, b orb.Bound) cell {
	return cell{fid, [4]float32{down(b.Min[0]), up(b.Max[0]), down(b.Min[1]), up(b.Max[1])}}
}

// fault says where pages are not what they must be.
func fault(format string, args ...any) error {
	return gis.E(gis.Internal, fmt.Errorf(format, args...), "the file is damaged; restore a backup")
}
