package gpkg

import (
	"context"
	"database/sql"
	"fmt"
	"hash/maphash"
	"iter"
	"path/filepath"
	"strings"

	"wanmi/gis"
)

// singleWriter fills the table of a file of one layer. Like a first delivery of a store the rows become pages in a spool, as
// long as their ids grow and no key comes twice; else, and when they are few, they go by SQL.
type singleWriter struct {
	l      *layerTx
	n      int64
	lastID int64
	stmt   *sql.Stmt
}

// newSingleWriter writes by the transaction of a file that has no tables of a store.
func newSingleWriter(ctx context.Context, q *sql.Tx, path string, t *table) *singleWriter {
	write := &tx{ctx: ctx, own: context.WithoutCancel(ctx), store: &Store{path: path}, sql: q}
	return &singleWriter{l: &layerTx{tx: write, t: t, args: make([]any, len(t.columns))}}
}

func (w *singleWriter) close() {
	if w.l.load != nil {
		w.l.load.s.close()
	}
}

// start begins the load of the empty table.
func (w *singleWriter) start() error {
	l := w.l
	first, err := l.tx.page(1)
	if err != nil {
		return err
	}
	ld := &load{seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, usable: len(first) - int(first[20]), places: []int{placeBlank}}
	for i := range l.t.columns {
		ld.places = append(ld.places, i)
	}
	if ld.roots, err = l.rootPages(); err != nil {
		return err
	}
	if l.t.hasGeom() {
		if ld.nodeSize, err = nodeSize(l.tx.own, l.tx.sql, l.t.rtree()); err != nil {
			return err
		}
	}
	if ld.s, err = newSpool(filepath.Dir(l.tx.store.path), len(first)); err != nil {
		return err
	}
	ld.rows = newTree(ld.s, ld.usable, false)
	l.load = ld
	return nil
}

// all writes the features and returns how many there were.
func (w *singleWriter) all(feats iter.Seq2[gis.Feature, error], p gis.Progress) (int64, error) {
	if err := w.start(); err != nil {
		return 0, err
	}
	t := w.l.t
	for f, err := range feats {
		if err == nil && w.n%256 == 0 {
			err = w.l.tx.ctx.Err()
			p.Tell("export", w.n, 0)
		}
		if err != nil {
			return w.n, err
		}
		w.n++
		if f.Key == "" && !t.keyIsField() { // never stored
			f.Key = t.madeKey(w.n)
		}
		if err := w.l.encode(&f); err != nil {
			return w.n, gis.E(gis.Invalid, nil, "%s %s: %v", t.name, f.Key, err)
		}
		if err := w.row(f); err != nil {
			return w.n, err
		}
	}
	p.Tell("export", w.n, w.n)
	return w.n, nil
}

// row writes the encoded row of f.
func (w *singleWriter) row(f gis.Feature) error {
	id := f.ID
	if id <= 0 {
		id = w.lastID + 1
	}
	w.l.grow()
	if ld := w.l.load; ld != nil {
		if id > w.lastID && ld.takesKey(f.Key) {
			w.lastID = id
			ld.ids = append(ld.ids, id)
			return w.l.addLoaded(id, f.Key)
		}
		if err := w.settle(); err != nil {
			return err
		}
	}
	w.lastID = max(w.lastID, id)
	return w.insert(id, w.l.args)
}

func (w *singleWriter) insert(id int64, args []any) error {
	l := w.l
	stmt, err := l.prepared(&w.stmt, func() string {
		return fmt.Sprintf(`INSERT INTO %s (fid, %s) VALUES (?%s)`, quote(l.t.name), l.t.columnList(), strings.Repeat(", ?", len(l.t.columns)))
	})
	if err != nil {
		return err
	}
	l.exec = append(append(l.exec[:0], id), args...)
	_, err = stmt.ExecContext(l.tx.own, l.exec...)
	return err
}

// settle ends the load by bringing its rows in by SQL.
func (w *singleWriter) settle() error {
	ld := w.l.load
	w.l.load = nil
	defer ld.s.close()
	if len(ld.ends) == 0 {
		return nil
	}
	return ld.each(func(id int64, values []any) error { return w.insert(id, values[1:]) })
}

// finish makes the indexes, tells the extent and adds the triggers of the standard. Nothing but the commit may follow.
func (w *singleWriter) finish() error {
	l, own := w.l, w.l.tx.own
	if l.load != nil && w.n < loadLeast {
		if err := w.settle(); err != nil {
			return err
		}
	}
	if l.t.hasGeom() {
		if err := w.finishGeom(); err != nil {
			return err
		}
	}
	if l.load == nil {
		return nil
	}
	if empty, err := l.emptyRoots(); err != nil || !empty {
		return fmt.Errorf("a new table has rows: %w", err)
	}
	if err := l.buildTrees(); err != nil {
		return err
	}
	if _, err := l.tx.sql.ExecContext(own, `INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)`, l.t.name, w.lastID); err != nil {
		return err
	}
	return l.tx.layPages()
}

func (w *singleWriter) finishGeom() error {
	l, own := w.l, w.l.tx.own
	if l.load == nil {
		if _, _, err := packTree(own, l.tx.sql, l.t); err != nil {
			return err
		}
	}
	_, err := l.tx.sql.ExecContext(own, `UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?`, boundArgs(l.extent, l.hasExtent)...)
	if err != nil {
		return err
	}
	for _, s := range l.t.rtreeTriggers() {
		if _, err := l.tx.sql.ExecContext(own, s); err != nil {
			return err
		}
	}
	return nil
}
