package postgis

import (
	"database/sql"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// layerTx is what a write does in one layer. Rows put and deleted wait here, each key at most once, until flush sends them.
type layerTx struct {
	tx *tx
	t  *table

	seq     int64 // of the Reload a bulk write logs; 0 before its first change and in other writes
	lastID  int64 // the greatest fid given, in a bulk write
	startID int64 // lastID before the write
	known   bool  // lastID has been read

	locked   bool // other programs' writes to the table wait
	assigned bool // Assign changed rows in this bulk write

	added, updated, removed, unchanged int64

	origins kept.Origins // where the rows put came from

	inserts rowsIn
	updates []update
	deletes []deletion
	pending map[string]struct{} // the keys of the above
	staged  bool                // the temporary table of updates is there

	keys    map[uint64]struct{} // hashes of all keys of the table and of this write; nil until it pays to read them
	lookups int                 // how many keys were looked for before that
	ahead   readAhead
	held    map[string]stored // rows as they are that were asked for, or will be

	vals []any // the row being put
	wkb  []byte
	seen [][]seenText // of each field, in a bulk write

	byKeyStmt, byIDStmt *sql.Stmt
	asked               int // keys looked for by their own statement
}

// update is a row that is to take the place of the one of its fid.
type update struct {
	stored
	was int64 // the revision it had
}

// deletion is a row that is to go.
type deletion struct {
	fid, was, seq int64
	mark          bool // its end is kept in the history
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
	l := &layerTx{
		tx: t, t: tab, vals: make([]any, len(tab.columns)), pending: map[string]struct{}{},
		seen: make([][]seenText, len(tab.layer.Fields)), inserts: newRowsIn(tab),
	}
	t.layers[name] = l
	t.order = append(t.order, l)
	return l, nil
}

// lock keeps other programs from writing to the table while a bulk write does, so that what it has read of ids and keys stays
// true. Readers do not notice.
func (l *layerTx) lock() error {
	if l.locked || !l.tx.info.Bulk {
		return nil
	}
	_, err := l.tx.exec(`LOCK TABLE ` + l.t.sql + ` IN SHARE ROW EXCLUSIVE MODE`)
	l.locked = err == nil
	return err
}

// nextID returns the fid the next row gets: never one there was.
func (l *layerTx) nextID() (int64, error) {
	if !l.tx.info.Bulk {
		var id int64
		err := l.tx.value([]any{&id}, `SELECT nextval(`+literal(l.t.sequence())+`)`)
		return id, err
	}
	if !l.known {
		if err := l.lock(); err != nil {
			return 0, err
		}
		err := l.tx.value([]any{&l.lastID}, fmt.Sprintf(`SELECT greatest((SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM %s),
			(SELECT coalesce(max(fid), 0) FROM %s))`, l.t.sequence(), l.t.sql))
		if err != nil {
			return 0, err
		}
		l.startID, l.known = l.lastID, true
	}
	l.lastID++
	return l.lastID, nil
}

// note logs a change, in a bulk write once for the layer as a Reload, and returns the revision of the row.
func (l *layerTx) note(c gis.Change, hadOld, hasNew bool) (int64, error) {
	c.Layer = l.t.name
	if !l.tx.info.Bulk {
		return l.tx.logChange(c, hadOld, hasNew)
	}
	if l.seq != 0 {
		return l.seq, nil
	}
	var err error
	l.seq, err = l.tx.logChange(gis.Change{Layer: l.t.name, Op: gis.Reload}, false, false)
	return l.seq, err
}

func (l *layerTx) changed() bool { return l.added+l.updated+l.removed > 0 }

// finish sends what waits, tells the sequence which ids were given, and makes the index a layer with its first rows needs.
func (l *layerTx) finish() error {
	if err := l.flush(); err != nil {
		return err
	}
	if l.known && l.lastID > l.startID {
		if _, err := l.tx.exec(`SELECT setval(`+literal(l.t.sequence())+`, $1)`, l.lastID); err != nil {
			return err
		}
	}
	if l.added == 0 {
		return nil
	}
	return l.makeIndex()
}

// makeIndex makes the index on the shapes of a layer that has none.
func (l *layerTx) makeIndex() error {
	if !l.t.hasGeom() {
		return nil
	}
	var have bool
	err := l.tx.value([]any{&have}, `SELECT to_regclass(`+literal("wanmi."+quote(l.t.index()))+`) IS NOT NULL`)
	if err == nil && !have && !l.tx.info.Bulk { // a long write under way, for whose rows this would wait, makes it
		alone := false
		err = l.tx.value([]any{&alone}, `SELECT pg_try_advisory_xact_lock_shared(`+strconv.Itoa(importsLock)+`)`)
		have = !alone
	}
	if err == nil && !have {
		_, err = l.tx.exec(`SELECT wanmi.index_layer($1)`, l.t.name)
	}
	return err
}

func (l *layerTx) prepared(stmt **sql.Stmt, query string) (*sql.Stmt, error) {
	if err := l.tx.wait(); err != nil {
		return nil, err
	}
	if *stmt == nil {
		var err error
		if *stmt, err = l.tx.sql.PrepareContext(l.tx.own, query); err != nil {
			return nil, err
		}
	}
	return *stmt, nil
}

// rows hands on copies of the rows of a prepared selectSQL.
func (l *layerTx) rows(stmt *sql.Stmt, args []any, use func(stored)) error {
	return l.scan(use)(stmt.QueryContext(l.tx.own, args...))
}

// scan returns what hands on copies of the rows of an answer.
func (l *layerTx) scan(use func(stored)) func(*sql.Rows, error) error {
	return func(rows *sql.Rows, err error) error {
		if err != nil {
			return err
		}
		defer rows.Close()
		sc := newScanner(l.t)
		for rows.Next() {
			if err := rows.Scan(sc.dest...); err != nil {
				return err
			}
			use(sc.row())
		}
		return rows.Err()
	}
}

// existing is find for callers who ask for a row that must exist.
func (t *tx) existing(layer, key string) (*layerTx, stored, error) {
	if err := t.check(); err != nil {
		return nil, stored{}, err
	}
	l, err := t.layer(layer)
	if err != nil {
		return nil, stored{}, err
	}
	found := false
	var r stored
	if storableKey(key) {
		if r, found, err = l.find(key); err != nil {
			return nil, r, t.fail(err, "read "+layer)
		}
	}
	if !found {
		return nil, r, gis.E(gis.NotFound, nil, "no %s %s", layer, key)
	}
	return l, r, nil
}

// Feature implements data.Tx.
func (t *tx) Feature(layer, key string) (gis.Feature, error) {
	l, r, err := t.existing(layer, key)
	if err != nil {
		return gis.Feature{}, err
	}
	f, err := r.feature(l.t)
	return f, t.fail(err, "read "+layer)
}

// Rev implements data.Tx.
func (t *tx) Rev(layer, key string) (int64, error) {
	_, r, err := t.existing(layer, key)
	return r.rev, err
}

// pageRows is how many rows Features reads ahead of its caller.
const pageRows = 1000

// Features implements data.Tx. It reads by a cursor, which does not see what is written after its declaration, page by page,
// each whole before the first of its rows is handed on, so that the caller may write inside the loop.
func (t *tx) Features(layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		fail := func(err error) { yield(gis.Feature{}, t.fail(err, "read "+layer)) }
		if err := t.check(); err != nil {
			fail(err)
			return
		}
		l, err := t.layer(layer)
		if err == nil {
			err = l.flush()
		}
		if err == nil {
			err = t.wait()
		}
		if err != nil {
			fail(err)
			return
		}
		t.cursors++
		cursor := "wanmi_" + strconv.Itoa(t.cursors)
		where, args := l.t.whereBound(b)
		if _, err := t.sql.ExecContext(t.own, "DECLARE "+cursor+" NO SCROLL CURSOR FOR "+l.t.selectSQL(inlined(where, args))); err != nil {
			fail(err)
			return
		}
		fetch, err := t.sql.PrepareContext(t.own, fmt.Sprintf("FETCH %d FROM %s", pageRows, cursor))
		if err != nil {
			fail(err)
			return
		}
		defer func() {
			if t.broken == nil && !t.ended {
				_ = fetch.Close()
				_, err := t.exec("CLOSE " + cursor)
				_ = t.fail(err, "read "+layer)
			}
		}()
		for {
			page, err := l.page(fetch, b)
			if err != nil {
				fail(err)
				return
			}
			for _, f := range page.features {
				if !yield(f, nil) {
					return
				}
			}
			if page.read < pageRows {
				return
			}
		}
	}
}

// page is a run of rows; read counts those outside the bound too.
type page struct {
	features []gis.Feature
	read     int
}

func (l *layerTx) page(fetch *sql.Stmt, b orb.Bound) (p page, err error) {
	if err := l.tx.check(); err != nil {
		return p, err
	}
	if err := l.tx.wait(); err != nil {
		return p, err
	}
	rows, err := fetch.QueryContext(l.tx.own)
	if err != nil {
		return p, err
	}
	defer rows.Close()
	sc := newScanner(l.t)
	for rows.Next() {
		if err := rows.Scan(sc.dest...); err != nil {
			return p, err
		}
		f, err := sc.feature()
		if err != nil {
			return p, err
		}
		p.read++
		if touches(f.Geom, b) {
			p.features = append(p.features, f)
		}
	}
	return p, rows.Err()
}

// inlined puts numbers into a condition: a cursor's declaration takes no arguments.
func inlined(where string, args []any) string {
	pairs := make([]string, 0, 2*len(args))
	for i, a := range args {
		var text string
		switch v := a.(type) {
		case int64:
			text = "'" + strconv.FormatInt(v, 10) + "'::bigint"
		case float64:
			text = "'" + strconv.FormatFloat(v, 'g', -1, 64) + "'::double precision"
		}
		pairs = append(pairs, "$"+strconv.Itoa(i+1), text)
	}
	return strings.NewReplacer(pairs...).Replace(where)
}
