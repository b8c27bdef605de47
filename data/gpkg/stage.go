package gpkg

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// A stage is where a long write builds what a layer is going to be, while others read and edit the layer: a table of the same
// columns, one for the entries of the key index and three for the parts of the R-tree, of use to nobody, and triggers that note
// which rows of the layer are changed meanwhile. The tables know nothing of one another, so the file is sound at any moment. Their
// pages come into it by slices of a few milliseconds. When the write has the lock, the rows noted are brought over and the
// roots of the trees exchange their places, ten pages in all; what was the layer's goes with the stage. A process that
// dies leaves a stage behind, which whoever opens the file next takes away.
const stagePrefix = "wanmi_stage_"

type stage struct {
	t      *table
	sql    string            // that made the layer's table
	roots  map[string]uint32 // of the layer
	own    map[string]uint32 // of the stage
	places []int             // as load.places
	size   int               // of a page
	usable int
	node   int // bytes of a node of the R-tree
	token  string
	first  int64 // the first of the ids kept for new rows
	end    int64 // the first behind them
}

func (t *table) stage() string        { return stagePrefix + t.name }
func (t *table) stageRTree() string   { return stagePrefix + t.name + "_geom" }
func (t *table) stageLog() string     { return stagePrefix + t.name + "_log" }
func (t *table) stageHistory() string { return stagePrefix + t.name + "_history" }
func (t *table) stageKeys() string    { return stagePrefix + t.name + "_key" }

// stageTurn is the right to have stages in a file: a lock on a file beside it, which goes with the process that holds it.
type stageTurn struct {
	db   *sql.DB
	tx   *sql.Tx
	file string
}

// takeStages waits for the right to have stages; with a wait of zero it asks once.
func (s *Store) takeStages(ctx context.Context, wait time.Duration) (*stageTurn, error) {
	for until := time.Now().Add(wait); ; {
		turn, err := takeTurn(ctx, s.path+"-stage")
		if turn != nil || err != nil && !isBusy(err) {
			return turn, err
		}
		if time.Now().After(until) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// takeTurn locks the file, which is there as long as somebody holds the turn; nil without an error when he who had it took the file away.
func takeTurn(ctx context.Context, file string) (*stageTurn, error) {
	before, _ := os.Stat(file)
	db := newPool(file, "rwc", 0, "journal_mode(OFF)", "synchronous(OFF)")
	db.SetMaxOpenConns(1)
	tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		db.Close()
		return nil, err
	}
	turn := &stageTurn{db, tx, file}
	now, err := os.Stat(file)
	if err != nil || before != nil && !os.SameFile(before, now) {
		turn.file = ""
		turn.leave()
		return nil, nil
	}
	return turn, nil
}

func (r *stageTurn) leave() {
	if r.file != "" {
		os.Remove(r.file)
	}
	r.tx.Rollback()
	r.db.Close()
}

// slice runs do in a short transaction of its own, in turn with the other writers.
func (s *Store) slice(ctx context.Context, db *sql.DB, do func(q *sql.Tx) error) error {
	return s.promptly(func() error {
		if err := s.lock(ctx); err != nil {
			return err
		}
		defer s.unlock()
		return s.sliceLocked(ctx, db, do)
	})
}

// sliceLocked is slice for who has the turn.
func (s *Store) sliceLocked(ctx context.Context, db *sql.DB, do func(q *sql.Tx) error) error {
	q, err := s.beginOn(ctx, db)
	if err != nil {
		return err
	}
	defer q.Rollback()
	if err := do(q); err != nil {
		return err
	}
	return q.Commit()
}

// newStage makes the stage of a layer and keeps so many ids for new rows. kept.ErrHold when the table is not as this program made it.
func (s *Store) newStage(ctx context.Context, db *sql.DB, tab *table, rows int64) (*stage, error) {
	st := &stage{t: tab, token: rand.Text()}
	err := s.slice(ctx, db, func(q *sql.Tx) error { return st.make(ctx, s, q, rows) })
	return st, err
}

func (st *stage) make(ctx context.Context, s *Store, q *sql.Tx, rows int64) error {
	t := &tx{own: context.WithoutCancel(ctx), store: s, sql: q}
	if err := dropStage(t.own, q, st.t); err != nil {
		return err
	}
	if err := st.look(t); err != nil {
		return err
	}
	for _, s := range st.makeSQL() {
		if _, err := q.ExecContext(t.own, s); err != nil {
			return fmt.Errorf("%s: %w", st.t.stage(), err)
		}
	}
	if err := st.ownRoots(t); err != nil {
		return err
	}
	l := layerTx{tx: t, t: st.t}
	var err error
	if st.first, err = l.nextID(); err != nil {
		return err
	}
	st.end = st.first + rows
	if err := noteKept(t.own, q, keptIDs, st.t.name, st.first-1, st.end-1); err != nil {
		return err
	}
	return st.setSequence(t, st.end-1)
}

// setSequence notes the greatest id ever given in the layer.
func (st *stage) setSequence(t *tx, last int64) error {
	res, err := t.sql.ExecContext(t.own, `UPDATE sqlite_sequence SET seq = ? WHERE name = ?`, last, st.t.name)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = t.sql.ExecContext(t.own, `INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)`, st.t.name, last)
	return err
}

// look finds out how the layer stands in the file.
func (st *stage) look(t *tx) error {
	l := &layerTx{tx: t, t: st.t}
	var vacuum int
	err := t.sql.QueryRowContext(t.own, `SELECT page_size, auto_vacuum FROM pragma_page_size, pragma_auto_vacuum`).Scan(&st.size, &vacuum)
	if err != nil {
		return err
	}
	first, err := t.page(1)
	if err != nil {
		return err
	}
	st.usable = st.size - int(first[20])
	if st.places, err = l.columnPlaces(); err != nil {
		return err
	}
	if st.roots, err = l.rootPages(); err != nil {
		return err
	}
	blanks := 0
	for _, p := range st.places {
		if p == placeBlank {
			blanks++
		}
	}
	if vacuum != 0 || st.roots == nil || blanks != 1 { // columns of other programs would have to be kept
		return kept.ErrHold
	}
	if err := t.sql.QueryRowContext(t.own, `SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?`, st.t.name).Scan(&st.sql); err != nil {
		return err
	}
	if !strings.HasPrefix(st.sql, "CREATE TABLE "+quote(st.t.name)+" (") || strings.Count(st.sql, " UNIQUE") != 1 {
		return kept.ErrHold
	}
	if st.t.hasGeom() {
		st.node, err = nodeSize(t.own, t.sql, st.t.rtree())
	}
	return err
}

func (st *stage) makeSQL() []string {
	t := st.t
	tab, note := quote(t.name), "INSERT OR IGNORE INTO "+quote(t.stageLog())+" VALUES "
	columns := strings.Replace(strings.TrimPrefix(st.sql, "CREATE TABLE "+tab), " UNIQUE", "", 1)
	out := []string{
		"CREATE TABLE " + quote(t.stage()) + columns,
		"CREATE TABLE " + quote(t.stageKeys()) + " (key TEXT NOT NULL, fid INTEGER NOT NULL, PRIMARY KEY (key, fid)) WITHOUT ROWID", // as in an index
	}
	if t.hasGeom() {
		for _, suffix := range rtreeTables {
			out = append(out, "CREATE TABLE "+quote(t.stage()+suffix)+" (id INTEGER PRIMARY KEY, value)")
		}
	}
	return append(out,
		"CREATE TABLE "+quote(t.stageHistory())+" (first INTEGER PRIMARY KEY, last INTEGER NOT NULL)",
		"CREATE TABLE "+quote(t.stageLog())+" (fid INTEGER PRIMARY KEY /* "+st.token+" */)",
		"CREATE TRIGGER "+quote(t.stage()+"_insert")+" AFTER INSERT ON "+tab+" BEGIN "+note+"(NEW.fid); END",
		"CREATE TRIGGER "+quote(t.stage()+"_update")+" AFTER UPDATE ON "+tab+" BEGIN "+note+"(OLD.fid), (NEW.fid); END",
		"CREATE TRIGGER "+quote(t.stage()+"_delete")+" AFTER DELETE ON "+tab+" BEGIN "+note+"(OLD.fid); END")
}

// ownRoots finds the roots of the stage.
func (st *stage) ownRoots(t *tx) error {
	of := map[string]string{st.t.stage(): "", st.t.stageKeys(): "key"}
	if st.t.hasGeom() {
		for _, suffix := range rtreeTables {
			of[st.t.stage()+suffix] = suffix
		}
	}
	var err error
	st.own, err = rootsOf(t, of)
	return err
}

// rootsOf finds the roots of tables, which of names.
func rootsOf(t *tx, of map[string]string) (map[string]uint32, error) {
	roots := map[string]uint32{}
	for name, what := range of {
		var root uint32
		if err := t.sql.QueryRowContext(t.own, `SELECT rootpage FROM sqlite_master WHERE name = ?`, name).Scan(&root); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		roots[what] = root
	}
	return roots, nil
}

// makeRTree makes one R-tree of its three parts, when they are whole, so that single rows can be brought over into it.
func (s *Store) makeRTree(ctx context.Context, st *stage) error {
	if !st.t.hasGeom() {
		return nil
	}
	return s.promptly(func() error {
		if err := s.lock(ctx); err != nil {
			return err
		}
		defer s.unlock()
		defer s.renewWriter(context.WithoutCancel(ctx))
		return s.sliceLocked(ctx, s.writer, func(q *sql.Tx) error {
			t := &tx{own: context.WithoutCancel(ctx), store: s, sql: q}
			if err := st.still(t.own, q); err != nil {
				return err
			}
			if _, err := q.ExecContext(t.own, fmt.Sprintf(`CREATE VIRTUAL TABLE %s USING rtree(id, minx, maxx, miny, maxy)`, quote(st.t.stageRTree()))); err != nil {
				return err
			}
			of := map[string]string{}
			for _, suffix := range rtreeTables {
				of[st.t.stageRTree()+suffix] = suffix
			}
			roots, err := rootsOf(t, of)
			if err != nil {
				return err
			}
			if err := t.exchange(roots, st.own); err != nil {
				return err
			}
			for suffix, root := range roots {
				st.own[suffix] = root
			}
			return nil
		})
	})
}

// still makes sure that the stage is the one it was: nobody else may have taken it away and made another.
func (st *stage) still(ctx context.Context, q *sql.Tx) error {
	var made string
	err := q.QueryRowContext(ctx, `SELECT sql FROM sqlite_master WHERE name = ?`, st.t.stageLog()).Scan(&made)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !strings.Contains(made, st.token) {
		return kept.ErrHold
	}
	return err
}

var stageTriggers = [...]string{"_insert", "_update", "_delete"}

// dropTriggers ends the noting of changes.
func (st *stage) dropTriggers(ctx context.Context, q *sql.Tx) error {
	for _, name := range stageTriggers {
		if _, err := q.ExecContext(ctx, `DROP TRIGGER IF EXISTS `+quote(st.t.stage()+name)); err != nil {
			return err
		}
	}
	return nil
}

// dropStage takes away what there is of a layer's stage.
func dropStage(ctx context.Context, q *sql.Tx, t *table) error {
	for _, stmt := range dropStageSQL(t) {
		if _, err := q.ExecContext(ctx, stmt); err != nil {
			return err
		}
	}
	return nil
}

func dropStageSQL(t *table) []string {
	var out []string
	for _, name := range stageTriggers {
		out = append(out, `DROP TRIGGER IF EXISTS `+quote(t.stage()+name))
	}
	names := []string{t.stageRTree(), t.stage(), t.stageKeys(), t.stageLog(), t.stageHistory()}
	for _, suffix := range rtreeTables {
		names = append(names, t.stage()+suffix)
	}
	for _, name := range names {
		out = append(out, `DROP TABLE IF EXISTS `+quote(name))
	}
	return out
}

// dropStages takes away the stages another process left behind when it died, unless one is at work.
func (s *Store) dropStages(ctx context.Context) error {
	var left int
	err := s.reader.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name GLOB ?`, stagePrefix+"*").Scan(&left)
	if err != nil {
		return err
	}
	if _, file := os.Stat(s.path + "-stage"); left == 0 && file != nil {
		return nil
	}
	turn, err := s.takeStages(ctx, 0)
	if err != nil { // somebody is at work, or will see to it
		return nil //nolint:nilerr
	}
	if turn == nil {
		return nil
	}
	defer turn.leave()
	if left == 0 {
		return nil
	}
	err = s.slice(ctx, s.writer, func(q *sql.Tx) error { return giveBack(ctx, q) })
	for i := 0; err == nil && i < len(s.tables); i++ {
		err = s.removeStage(ctx, s.tables[i])
	}
	switch {
	case err != nil && gis.KindOf(s.wrap(err, "")) == gis.Unavailable: // the next to open the file will
		return nil
	case err != nil:
		return err
	}
	s.log.InfoContext(ctx, "left-overs of an unfinished import removed", "path", s.path)
	return nil
}
