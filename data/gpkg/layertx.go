package gpkg

import (
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// rebuildAfter is how many rows a bulk write may change before it stops keeping the R-tree row by row and packs it anew at the end.
const rebuildAfter = 500

// layerTx is what a write does in one layer.
type layerTx struct {
	tx *tx
	t  *table

	seq     int64 // of the Reload a bulk write logs; 0 before its first change and in other writes
	lastID  int64 // the greatest fid ever given
	startID int64 // lastID before the write
	known   bool  // lastID has been read

	insertFirst bool
	load        *load  // the rows go into pages of their own
	staged      *stage // the layer's trees are exchanged for those of a stage at the end
	tried       bool   // to begin a load
	repack      bool   // the triggers are off; pack the R-tree at the end
	assigned    bool   // Assign changed rows in this bulk write
	extent      orb.Bound
	hasExtent   bool
	dirty       bool // the extent may have shrunk

	added, updated, removed, unchanged int64

	origins kept.Origins // where the rows put came from

	// The row being put, and buffers.
	args     []any
	blob     []byte
	bound    orb.Bound
	hasBound bool
	exec     []any
	scan     *scanner

	insertStmt, updateStmt, updateFieldsStmt, byKeyStmt, deleteStmt, archiveStmt, markStmt *sql.Stmt
}

// settled is layer for those who want to see its rows.
func (t *tx) settled(name string) (*layerTx, error) {
	l, err := t.layer(name)
	if err != nil {
		return nil, err
	}
	return l, t.fail(l.settle(), "write "+name)
}

// layer returns the state of the named layer in this write.
func (t *tx) layer(name string) (*layerTx, error) {
	if l, ok := t.layers[name]; ok {
		return l, nil
	}
	tab, err := t.store.table(name)
	if err != nil {
		return nil, err
	}
	l := &layerTx{tx: t, t: tab, insertFirst: true, args: make([]any, len(tab.columns)), scan: newScanner(tab)}
	if tab.hasGeom() {
		if l.extent, l.hasExtent, err = readExtent(t.own, t.sql, tab); err != nil {
			return nil, t.fail(err, "read the extent of "+name)
		}
	}
	t.layers[name] = l
	t.order = append(t.order, l)
	return l, nil
}

func (l *layerTx) prepared(stmt **sql.Stmt, query func() string) (*sql.Stmt, error) {
	if *stmt == nil {
		var err error
		if *stmt, err = l.tx.stmt(query()); err != nil {
			return nil, err
		}
	}
	return *stmt, nil
}

// nextID returns the fid the next row gets. AUTOINCREMENT remembers the greatest ever used, also of deleted rows.
func (l *layerTx) nextID() (int64, error) {
	if !l.known {
		err := l.tx.sql.QueryRowContext(l.tx.own, `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)`, l.t.name).Scan(&l.lastID)
		if err != nil {
			return 0, err
		}
		l.startID, l.known = l.lastID, true
	}
	return l.lastID + 1, nil
}

// beforeChange comes before every change of a row: it says that the write is the store's own, and a long bulk write takes the triggers off.
func (l *layerTx) beforeChange() error {
	if err := l.tx.mark(); err != nil {
		return err
	}
	if !l.tx.info.Bulk || l.repack || !l.t.hasGeom() || l.added+l.updated+l.removed < rebuildAfter {
		return nil
	}
	return l.stopTriggers()
}

func (l *layerTx) stopTriggers() error {
	for _, s := range l.t.dropTriggers() {
		if _, err := l.tx.sql.ExecContext(l.tx.own, s); err != nil {
			return err
		}
	}
	l.repack = true
	return nil
}

// note logs a change: in a bulk write once for the layer, as a Reload.
func (l *layerTx) note(c gis.Change, hadOld, hasNew bool) error {
	c.Layer = l.t.name
	if !l.tx.info.Bulk {
		_, err := l.tx.logChange(c, hadOld, hasNew)
		return err
	}
	if l.seq != 0 {
		return nil
	}
	var err error
	l.seq, err = l.tx.logChange(gis.Change{Layer: l.t.name, Op: gis.Reload}, false, false)
	return err
}

// lastSeq is the revision of a row whose change has just been noted.
func (t *tx) lastSeq(l *layerTx) int64 {
	if l.seq != 0 {
		return l.seq
	}
	return t.seq
}

// grow lets the extent hold the row being put.
func (l *layerTx) grow() {
	switch {
	case !l.hasBound:
	case !l.hasExtent:
		l.extent, l.hasExtent = l.bound, true
	default:
		l.extent = l.extent.Union(l.bound)
	}
}

// shrink notes that a row with bounds b left: on the rim of the extent that may make it smaller.
func (l *layerTx) shrink(b orb.Bound, ok bool) {
	if !ok || l.dirty {
		return
	}
	l.dirty = b.Min[0] <= l.extent.Min[0] || b.Min[1] <= l.extent.Min[1] || b.Max[0] >= l.extent.Max[0] || b.Max[1] >= l.extent.Max[1]
}

func (l *layerTx) changed() bool { return l.added+l.updated+l.removed > 0 }

// finish brings the layer's index and its entry in gpkg_contents up to date.
func (l *layerTx) finish(now time.Time) error {
	if l.load != nil {
		if err := l.finishLoad(); err != nil {
			return fmt.Errorf("lay out pages: %w", err)
		}
	}
	var err error
	if l.repack {
		if l.load == nil && l.staged == nil {
			if l.extent, l.hasExtent, err = packTree(l.tx.own, l.tx.sql, l.t); err != nil {
				return fmt.Errorf("pack the R-tree: %w", err)
			}
		}
		for _, s := range l.t.createTriggers() {
			if _, err := l.tx.sql.ExecContext(l.tx.own, s); err != nil {
				return err
			}
		}
	} else if l.dirty && l.staged == nil {
		if l.extent, l.hasExtent, err = measureExtent(l.tx.own, l.tx.sql, l.t); err != nil {
			return err
		}
	}
	args := append(boundArgs(l.extent, l.hasExtent), kept.FormatTime(now), l.t.name)
	_, err = l.tx.sql.ExecContext(l.tx.own, `UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?, last_change = ? WHERE table_name = ?`, args...)
	return err
}

// read scans the row of the key; sql.ErrNoRows when there is none.
func (l *layerTx) read(key string, sc *scanner) error {
	stmt, err := l.prepared(&l.byKeyStmt, l.t.byKeySQL)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(l.tx.own, key).Scan(sc.dest...)
}

// find is read for callers who ask for a row that must exist.
func (t *tx) find(layer, key string) (*layerTx, *scanner, error) {
	if err := t.check(); err != nil {
		return nil, nil, err
	}
	l, err := t.settled(layer)
	if err != nil {
		return nil, nil, err
	}
	sc := newScanner(l.t)
	err = l.read(key, sc)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, gis.E(gis.NotFound, nil, "no %s %s", layer, key)
	}
	return l, sc, t.fail(err, "read "+layer)
}

// Feature implements data.Tx.
func (t *tx) Feature(layer, key string) (gis.Feature, error) {
	_, sc, err := t.find(layer, key)
	if err != nil {
		return gis.Feature{}, err
	}
	f, err := sc.feature()
	return f, t.fail(err, "read")
}

// Rev implements data.Tx.
func (t *tx) Rev(layer, key string) (int64, error) {
	_, sc, err := t.find(layer, key)
	if err != nil {
		return 0, err
	}
	return sc.rev, nil
}

// Delete implements data.Tx.
func (t *tx) Delete(layer, key string) error {
	l, sc, err := t.find(layer, key)
	if err != nil {
		return err
	}
	return t.fail(l.delete(key, sc), "delete from "+layer)
}

func (l *layerTx) delete(key string, sc *scanner) error {
	if err := l.beforeChange(); err != nil {
		return err
	}
	old, hadOld, err := boundOf(sc.blob())
	if err != nil { // a damaged shape must not keep the row from going
		l.dirty = true
	}
	if err := l.archive(sc.fid, sc.rev); err != nil {
		return err
	}
	if err := l.note(gis.Change{Key: key, Op: gis.Delete, Old: old}, hadOld, false); err != nil {
		return err
	}
	if fresh := l.seq != 0 && l.known && sc.fid > l.startID; !fresh {
		stmt, err := l.prepared(&l.markStmt, func() string { return l.t.archiveSQL(string(gis.Delete), "?", "WHERE fid = ?") })
		if err != nil {
			return err
		}
		if _, err := stmt.ExecContext(l.tx.own, l.tx.lastSeq(l), sc.fid); err != nil {
			return err
		}
	}
	stmt, err := l.prepared(&l.deleteStmt, func() string { return `DELETE FROM ` + quote(l.t.name) + ` WHERE fid = ?` })
	if err != nil {
		return err
	}
	if _, err := stmt.ExecContext(l.tx.own, sc.fid); err != nil {
		return err
	}
	l.removed++
	l.shrink(old, hadOld)
	return nil
}

// Clear implements data.Tx. It logs one Reload in every kind of write.
func (t *tx) Clear(layer string) (int64, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	l, err := t.settled(layer)
	if err != nil {
		return 0, err
	}
	n, err := l.clear()
	return n, t.fail(err, "clear "+layer)
}

func (l *layerTx) clear() (int64, error) {
	var n int64
	if err := l.tx.sql.QueryRowContext(l.tx.own, `SELECT count(*) FROM `+quote(l.t.name)).Scan(&n); err != nil || n == 0 {
		return 0, err
	}
	if err := l.tx.mark(); err != nil {
		return 0, err
	}
	if l.seq == 0 {
		seq, err := l.tx.logChange(gis.Change{Layer: l.t.name, Op: gis.Reload}, false, false)
		if err != nil {
			return 0, err
		}
		if l.tx.info.Bulk {
			l.seq = seq
		}
	}
	if l.t.hasGeom() && !l.repack {
		if err := l.stopTriggers(); err != nil {
			return 0, err
		}
	}
	var stmts []string
	if l.assigned {
		if err := l.completeAssigned(0); err != nil {
			return 0, err
		}
	}
	seq := fmt.Sprint(l.tx.lastSeq(l))
	old := "" // a row this write made is gone as if it had never been
	if l.known {
		old = fmt.Sprintf("WHERE fid <= %d OR rev <> %s", l.startID, seq)
	}
	stmts = append(stmts, l.t.archiveSQL("", "rev", "WHERE rev <> "+seq), l.t.archiveSQL(string(gis.Delete), seq, old))
	stmts = append(stmts, `DELETE FROM `+quote(l.t.name))
	for _, s := range stmts {
		if _, err := l.tx.sql.ExecContext(l.tx.own, s); err != nil {
			return 0, err
		}
	}
	l.removed += n
	l.dirty, l.insertFirst = true, true
	return n, nil
}

// pageRows is how many rows Features reads ahead of its caller.
const pageRows = 512

// Features implements data.Tx. It reads pages, each whole before the first of its rows is handed on, so that the caller may
// write inside the loop.
func (t *tx) Features(layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		l, err := t.settled(layer)
		if err != nil {
			yield(gis.Feature{}, err)
			return
		}
		var last int64
		if err := t.sql.QueryRowContext(t.own, `SELECT coalesce(max(fid), 0) FROM `+quote(l.t.name)).Scan(&last); err != nil {
			yield(gis.Feature{}, t.fail(err, "read "+layer))
			return
		}
		tree := b
		if l.repack { // the R-tree lags behind this write: look at every row
			tree = orb.Bound{}
		}
		query, args := l.t.rowsSQL(tree, "AND fid > ? AND fid <= ?")
		for after := int64(0); after < last; {
			p, err := l.page(query+fmt.Sprintf(" LIMIT %d", pageRows), append(args[:len(args):len(args)], after, last), b)
			if err == nil {
				err = t.check()
			}
			if err != nil {
				yield(gis.Feature{}, t.fail(err, "read "+layer))
				return
			}
			if p.read == 0 {
				return
			}
			after = p.last
			for _, f := range p.features {
				if !yield(f, nil) {
					return
				}
			}
		}
	}
}

// page is a run of rows in the order of their ids; read counts those outside the bound too.
type page struct {
	features []gis.Feature
	read     int
	last     int64
}

func (l *layerTx) page(query string, args []any, b orb.Bound) (page, error) {
	var p page
	var failed error
	err := l.t.each(l.tx.ctx, l.tx.sql, orb.Bound{}, query, args, func(sc *scanner) bool {
		p.read++
		p.last = sc.fid
		if bounded(b) {
			ok, err := within(sc.blob(), b)
			if err != nil || !ok {
				failed = err
				return err == nil
			}
		}
		var f gis.Feature
		if f, failed = sc.feature(); failed != nil {
			return false
		}
		p.features = append(p.features, f)
		return true
	})
	return p, errors.Join(err, failed)
}
