package gpkg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// Write runs fn in one transaction and returns the generation after it. When fn fails or panics, when ctx ends, or when
// the process dies, nothing of it remains. Writes of one Store wait for one another as long as ctx lasts; another process'
// write is waited for as long as Options.Busy says, then the error is gis.Unavailable.
func (s *Store) Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	if w.Ahead != nil && w.Bulk {
		if gen, done, err := s.writeAhead(ctx, w, fn); done || err != nil {
			return gen, err
		}
	}
	return s.writeLocked(ctx, w, fn)
}

// writeLocked is Write that has the lock from the beginning to the end.
func (s *Store) writeLocked(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gen gis.Generation, err error) {
	err = s.promptly(func() error {
		gen, err = s.writeNow(ctx, w, fn)
		return err
	})
	if err == nil {
		err = s.durable()
	}
	return gen, err
}

func (s *Store) writeNow(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.unlock()
	t, err := s.begin(ctx, w)
	if err != nil {
		return 0, err
	}
	done := false
	defer func() {
		t.closeLoads()
		if !w.Bulk { // after a bulk write there may be none for long
			defer func() { s.keepStmts(t.own, t.asked) }()
		}
		if t.renew {
			defer s.renewWriter(context.WithoutCancel(ctx))
		}
		if !done { // fn failed or panicked
			t.end()
			t.sql.Rollback()
			if w.Batch != nil {
				w.Batch.ID = 0
			}
		}
	}()
	if err := fn(t); err != nil {
		return 0, s.wrap(err, "write")
	}
	if t.broken != nil { // fn passed over an error it must not pass over
		return 0, t.broken
	}
	if err := ctx.Err(); err != nil {
		return 0, s.wrap(err, "write")
	}
	if err := t.finish(); err != nil {
		return 0, s.wrap(err, "finish the write")
	}
	if len(t.loads) > 0 {
		if err := t.layPages(); err != nil {
			return 0, s.wrap(err, "bring pages into the file")
		}
	}
	for _, l := range t.order {
		if l.staged == nil {
			continue
		}
		if err := t.exchange(l.staged.roots, l.staged.own); err != nil {
			return 0, s.wrap(err, "bring the stage into its place")
		}
	}
	t.end()
	if err := t.sql.Commit(); err != nil {
		return 0, s.wrap(err, "commit")
	}
	done = true
	s.checkpoint()
	return t.gen, nil
}

// stmt returns the statement of a query. What one write asked for stays prepared for the next: with the triggers on a layer that is a
// third of the time of an edit.
func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if ready := t.store.stmts[query]; ready != nil {
		return t.sql.StmtContext(t.own, ready), nil
	}
	t.asked = append(t.asked, query)
	return t.sql.PrepareContext(t.own, query)
}

// keepStmts prepares what the write that is over asked for, in the turn of that write.
func (s *Store) keepStmts(ctx context.Context, asked []string) {
	for _, query := range asked {
		if s.stmts[query] != nil {
			continue
		}
		if stmt, err := s.writer.PrepareContext(ctx, query); err == nil {
			s.stmts[query] = stmt
		}
	}
}

// tx is a write in progress: data.Tx over one SQL transaction.
type tx struct {
	ctx    context.Context // the caller's: looked at now and then
	own    context.Context // for the statements: an end of ctx must not cut one in two
	store  *Store
	sql    *sql.Tx
	info   data.WriteInfo
	at     time.Time
	gen    gis.Generation // the store's before the write; after it when finish found a change
	seq    int64          // the last of the change log
	layers map[string]*layerTx
	order  []*layerTx // in the order of their first use

	counters kept.Counters
	steps    int
	rejected int64
	from     kept.Origin // of the rows put next
	ended    bool
	marked   bool // as the store's own, for the triggers
	loads    []finishedLoad
	renew    bool  // the connection must not be used again
	broken   error // the first fault of the store itself; nothing is written after it

	logRow, rejectRow, lineageRow *sql.Stmt
	asked                         []string // of stmt, not prepared before
}

// begin starts the transaction. It takes the lock of the file at once, so that what is read stays true.
func (s *Store) begin(ctx context.Context, w data.WriteInfo) (*tx, error) {
	own := context.WithoutCancel(ctx)
	q, err := s.beginOn(ctx, s.writer)
	if err != nil {
		return nil, s.wrap(err, "begin a write")
	}
	t := &tx{
		ctx: ctx, own: own, store: s, sql: q, info: w, at: s.now(), layers: map[string]*layerTx{},
	}
	if err := t.prepare(); err != nil {
		q.Rollback()
		return nil, s.wrap(err, "begin a write")
	}
	return t, nil
}

func (t *tx) prepare() error {
	err := t.sql.QueryRowContext(t.own, `SELECT (SELECT value FROM wanmi_state WHERE name = 'generation'),
		coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'change_log'), 0)`).Scan(&t.gen, &t.seq)
	if err != nil {
		return err
	}
	t.logRow, err = t.stmt(`INSERT INTO change_log (seq, gen, layer, key, op,
		old_min_x, old_min_y, old_max_x, old_max_y, new_min_x, new_min_y, new_max_x, new_max_y, actor, source, batch, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil || t.info.Batch == nil {
		return err
	}
	b := t.info.Batch
	if b.StartedAt.IsZero() {
		b.StartedAt = t.at
	}
	b.ID, err = insertBatch(t.own, t.sql, b)
	return err
}

// check is called by every verb: a write that ended, or whose caller left, does no more.
func (t *tx) check() error {
	if t.ended {
		return gis.E(gis.Internal, nil, "the write is over")
	}
	if t.broken != nil {
		return t.broken
	}
	t.steps++
	if t.steps%64 == 0 {
		if err := t.ctx.Err(); err != nil {
			return t.fail(err, "write")
		}
	}
	return nil
}

// fail gives err its kind. Unless only the row or the key was wrong, the write is over: after a fault like a full disk SQLite
// may have rolled back by itself, and what came after would be written outside the transaction.
func (t *tx) fail(err error, doing string) error {
	err = t.store.wrap(err, doing)
	switch gis.KindOf(err) {
	case gis.Invalid, gis.NotFound, gis.Conflict:
	default:
		if err != nil && t.broken == nil {
			t.broken = err
		}
	}
	return err
}

// end makes the transaction take no more calls.
func (t *tx) end() { t.ended = true }

// finish writes what is kept per write and not per row: counters, extents, indexes, the batch, the generation.
func (t *tx) finish() error {
	now := t.store.now()
	names, numbers := t.counters.Raised()
	for i, name := range names {
		_, err := t.sql.ExecContext(t.own, `INSERT INTO wanmi_counter VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)`, name, numbers[i])
		if err != nil {
			return fmt.Errorf("counter %s: %w", name, err)
		}
	}
	changed := false
	for _, l := range t.order {
		if !l.changed() {
			continue
		}
		changed = true
		if err := l.finish(now); err != nil {
			return fmt.Errorf("%s: %w", l.t.name, err)
		}
		if err := l.writeOrigins(); err != nil {
			return fmt.Errorf("%s: %w", l.t.name, err)
		}
	}
	if b := t.info.Batch; b != nil {
		t.countBatch(b)
		b.CommittedAt, b.Status = now, data.StatusCommitted
		if err := updateBatch(t.own, t.sql, b); err != nil {
			return err
		}
	}
	if t.marked {
		if _, err := t.sql.ExecContext(t.own, unmarkSQL); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	t.gen++
	_, err := t.sql.ExecContext(t.own, `UPDATE wanmi_state SET value = ? WHERE name = 'generation'`, int64(t.gen))
	return err
}

// countBatch fills in the counts the writer left to the store.
func (t *tx) countBatch(b *data.Batch) {
	if b.Rejected == 0 {
		b.Rejected = t.rejected
	}
	if b.Added != 0 || b.Moved != 0 || b.Changed != 0 || b.Removed != 0 || b.Unchanged != 0 {
		return
	}
	for _, l := range t.order {
		b.Added += l.added
		b.Changed += l.updated
		b.Removed += l.removed
		b.Unchanged += l.unchanged
	}
}

// logChange appends an entry to the change log and returns its number.
func (t *tx) logChange(c gis.Change, hadOld, hasNew bool) (int64, error) {
	var batch any
	if t.info.Batch != nil {
		batch = t.info.Batch.ID
	}
	args := []any{t.seq + 1, int64(t.gen) + 1, c.Layer, c.Key, string(c.Op)}
	args = append(args, boundArgs(c.Old, hadOld)...)
	args = append(args, boundArgs(c.New, hasNew)...)
	args = append(args, t.info.Actor, t.info.Source, batch, kept.FormatTime(t.at))
	if _, err := t.logRow.ExecContext(t.own, args...); err != nil {
		return 0, fmt.Errorf("change log: %w", err)
	}
	t.seq++
	return t.seq, nil
}

// Next implements data.Tx.
func (t *tx) Next(counter string, floor int64) (int64, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	return t.counters.Next(counter, floor, t.counter)
}

// mark tells the triggers for edits of other programs that this write is the store's own; finish takes it back.
func (t *tx) mark() error {
	if t.marked {
		return nil
	}
	_, err := t.sql.ExecContext(t.own, markSQL)
	t.marked = err == nil
	return err
}

// Reserve implements data.Tx.
func (t *tx) Reserve(counter string, n int64) error {
	if err := t.check(); err != nil {
		return err
	}
	return t.counters.Reserve(counter, n, t.counter)
}

// counter reads the last number given of a counter, 0 when none was.
func (t *tx) counter(name string) (int64, error) {
	var n int64
	err := t.sql.QueryRowContext(t.own, `SELECT value FROM wanmi_counter WHERE name = ?`, name).Scan(&n)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, t.fail(err, "read counter "+name)
	}
	return n, nil
}

// Reject implements data.Tx.
func (t *tx) Reject(r data.Rejected) error {
	if err := t.check(); err != nil {
		return err
	}
	b := t.info.Batch
	if b == nil {
		return gis.E(gis.Invalid, nil, "a rejected row belongs to an import batch; this write has none")
	}
	if t.rejectRow == nil {
		var err error
		if t.rejectRow, err = t.sql.PrepareContext(t.own, insertRejectedSQL); err != nil {
			return t.fail(err, "record a rejected row")
		}
	}
	r.Batch = b.ID
	_, err := t.rejectRow.ExecContext(t.own, rejectedArgs(r)...)
	t.rejected++
	return t.fail(err, "record a rejected row")
}

// AddLineage implements data.Tx.
func (t *tx) AddLineage(l data.Lineage) error {
	if err := t.check(); err != nil {
		return err
	}
	if t.lineageRow == nil {
		var err error
		t.lineageRow, err = t.sql.PrepareContext(t.own, `INSERT INTO grid_lineage (from_code, to_code, why, at) VALUES (?, ?, ?, ?)`)
		if err != nil {
			return t.fail(err, "record lineage")
		}
	}
	if l.At.IsZero() {
		l.At = t.at
	}
	_, err := t.lineageRow.ExecContext(t.own, l.From, l.To, l.Why, kept.FormatTime(l.At))
	return t.fail(err, "record lineage")
}
