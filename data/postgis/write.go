package postgis

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// Write runs fn in one transaction and returns the generation after it. When fn fails or panics, when ctx ends, when the
// connection is lost or the process dies, nothing of it remains. Writes of one Store wait for one another as long as ctx
// lasts; another process' write is waited for as long as Options.Busy says, then the error is gis.Unavailable.
func (s *Store) Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	if w.Bulk && w.Ahead != nil {
		if gen, done, err := s.WriteEarly(ctx, w, fn); done {
			return gen, err
		}
	}
	t, err := s.beginLocked(ctx, w)
	if err != nil {
		return 0, err
	}
	defer s.unlock()
	done := false
	defer func() {
		if !done { // fn failed or panicked
			t.end()
			t.sql.Rollback()
			if w.Batch != nil {
				w.Batch.ID = 0
			}
		}
		t.conn.Close()
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
	t.end()
	if err := t.sql.Commit(); err != nil {
		if err = s.committed(ctx, t.xid, err); err != nil {
			return 0, err
		}
	}
	done = true
	return t.gen, nil
}

// tx is a write in progress: data.Tx over one SQL transaction. What is put and deleted is collected and sent by the thousand; a
// reading statement sends what its table waits for first.
type tx struct {
	ctx    context.Context // the caller's: its end stops long statements, and the write with them
	own    context.Context // for short statements, which need no watching
	store  *Store
	conn   *sql.Conn
	sql    *sql.Tx
	info   data.WriteInfo
	at     time.Time
	gen    gis.Generation // the store's before the write; after it when finish found a change
	seq    int64          // the last of the change log
	xid    string         // the server's number of the transaction, known when it is about to be committed
	layers map[string]*layerTx
	order  []*layerTx // in the order of their first use

	counters kept.Counters
	steps    int
	rejected int64
	from     kept.Origin // of the rows put next
	cursors  int
	ended    bool
	broken   error // the first fault of the store itself; nothing is written after it

	log, rejects, lineage, renames copyBuf
	entries                        int   // of the log
	entry                          []any // the first of them

	copying *copying // the COPY under way in the background, nil when none is
}

// beginLocked begins a write in turn with the others. A bulk write waits until no long one is under way: that writes to its layer
// without the lock, and is told of single rows only. One of this Store is waited for as long as ctx lasts.
func (s *Store) beginLocked(ctx context.Context, w data.WriteInfo) (*tx, error) {
	for until := time.Now().Add(s.opt.Busy); ; {
		if err := s.lock(ctx); err != nil {
			return nil, err
		}
		t, err := s.begin(ctx, w)
		if err == nil {
			return t, nil
		}
		s.unlock()
		if !errors.Is(err, errImporting) {
			return nil, err
		}
		if s.long.Load() == 0 && time.Now().After(until) {
			return nil, gis.E(gis.Unavailable, err, "an import into %s is under way; try again when it is done", s.name)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, s.wrap(ctx.Err(), "wait for an import")
		}
	}
}

var errImporting = errors.New("a long write is under way")

// begin starts the transaction under the writers' lock.
func (s *Store) begin(ctx context.Context, w data.WriteInfo) (*tx, error) {
	var gen, seq int64
	c, q, err := s.beginAsking(ctx, stateSQL, &gen, &seq)
	if err != nil {
		return nil, s.wrap(err, "begin a write")
	}
	t := s.newTx(ctx, c, q, w)
	if w.Bulk {
		alone := false
		err = t.value([]any{&alone}, `SELECT pg_try_advisory_xact_lock_shared(`+strconv.Itoa(importsLock)+`)`)
		if err == nil && !alone {
			err = errImporting
		}
	}
	if err == nil {
		err = t.prepare(gen, seq)
	}
	if err != nil {
		q.Rollback()
		c.Close()
		return nil, s.wrap(err, "begin a write")
	}
	return t, nil
}

func (s *Store) newTx(ctx context.Context, c *sql.Conn, q *sql.Tx, w data.WriteInfo) *tx {
	return &tx{
		ctx: ctx, own: context.WithoutCancel(ctx), store: s, conn: c, sql: q, info: w, at: s.now(), layers: map[string]*layerTx{},
		log:     copyBuf{into: `wanmi.change_log (seq, gen, layer, key, op, old_min_x, old_min_y, old_max_x, old_max_y, new_min_x, new_min_y, new_max_x, new_max_y, actor, source, batch, at)`},
		rejects: copyBuf{into: rejectedInto},
		lineage: copyBuf{into: `wanmi.grid_lineage (from_code, to_code, why, at)`},
		renames: copyBuf{into: `wanmi.feature_renamed (layer, old_key, new_key, feature, rev, at)`},
	}
}

// stateSQL reads the generation and the last number of the change log.
const stateSQL = `SELECT (SELECT value FROM wanmi.state WHERE name = 'generation'), (SELECT value FROM wanmi.state WHERE name = 'seq')`

// prepare takes over what stateSQL has read under the lock.
func (t *tx) prepare(gen, seq int64) (err error) {
	t.gen, t.seq = gis.Generation(gen), seq
	b := t.info.Batch
	if b == nil {
		return nil
	}
	if t.info.Source == "" {
		t.info.Source = b.Source
	}
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

// fail gives err its kind. Unless only the row or the key was wrong, which the store saw by itself, the write is over: the server
// takes nothing more in a transaction in which it refused something.
func (t *tx) fail(err error, doing string) error {
	if err == nil {
		return nil
	}
	server := code(err) != ""
	err = t.store.wrap(err, doing)
	switch gis.KindOf(err) {
	case gis.Invalid, gis.NotFound, gis.Conflict:
		if !server {
			return err
		}
	}
	if t.broken == nil {
		t.broken = err
	}
	return err
}

// end makes the transaction take no more calls.
func (t *tx) end() {
	t.ended = true
	_ = t.wait() // what it reports no longer matters: the caller rolls back, or has waited before
}

// send hands the collected rows to a COPY in the background and empties the buffer: while the server takes them in, the next
// are made ready. The COPY stays open for more of the same kind until wait.
func (t *tx) send(c *copyBuf) error {
	if c.rows == 0 {
		return nil
	}
	if t.copying != nil && t.copying.into != c.into {
		if err := t.wait(); err != nil {
			return err
		}
	}
	if t.copying == nil {
		t.copying = startCopy(t.ctx, t.conn, c.into, c.wire)
	}
	if !t.copying.give(c) {
		return t.wait()
	}
	return nil
}

// wait ends the COPY under way. The connection takes no statement before; every method below calls it.
func (t *tx) wait() error {
	if t.copying == nil {
		return nil
	}
	err := t.copying.end()
	t.copying = nil
	return err
}

// sendNow sends and waits.
func (t *tx) sendNow(c *copyBuf) error {
	return errors.Join(t.send(c), t.wait())
}

// exec runs a statement and returns how many rows it touched. Long ones end with the caller's context.
func (t *tx) exec(query string, args ...any) (int64, error) {
	if err := t.wait(); err != nil {
		return 0, err
	}
	res, err := t.sql.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// value reads the one row of a query.
func (t *tx) value(dest []any, query string, args ...any) error {
	if err := t.wait(); err != nil {
		return err
	}
	return t.sql.QueryRowContext(t.own, query, args...).Scan(dest...)
}

// finish writes what is collected and what is kept per write and not per row: counters, indexes, the batch, the generation.
func (t *tx) finish() error {
	now := t.store.now()
	changed := false
	for _, l := range t.order {
		if !l.changed() {
			continue
		}
		changed = true
		if err := l.finish(); err != nil {
			return fmt.Errorf("%s: %w", l.t.name, err)
		}
		if err := l.writeOrigins(); err != nil {
			return fmt.Errorf("%s: %w", l.t.name, err)
		}
	}
	single := t.entries == 1 && t.log.rows == 1 // as of an edit: it goes with the generation
	if single {
		t.log.rows = 0
	}
	for _, c := range []*copyBuf{&t.log, &t.rejects, &t.lineage, &t.renames} {
		if err := t.sendNow(c); err != nil {
			return err
		}
	}
	if err := t.keepCounters(); err != nil {
		return err
	}
	if b := t.info.Batch; b != nil {
		t.countBatch(b)
		b.CommittedAt, b.Status = now, data.StatusCommitted
		if err := updateBatch(t.own, t.sql, b); err != nil {
			return err
		}
	}
	if changed {
		t.gen++
		return t.raise(single)
	}
	return t.value([]any{&t.xid}, `SELECT coalesce(pg_current_xact_id_if_assigned()::text, '')`)
}

// raise writes the new generation and tells of it; withEntry puts the one entry of the log into the same message.
func (t *tx) raise(withEntry bool) error {
	entry := ""
	var args []any
	if withEntry {
		args = t.entry
		places := make([]string, len(args))
		for i := range args {
			places[i] = "$" + strconv.Itoa(i+1)
		}
		entry = ", entry AS (INSERT INTO " + t.log.into + " VALUES (" + strings.Join(places, ", ") + "))"
	}
	// Without arguments it is one message, and with them on the connection that writes.
	return t.value([]any{&t.xid, new(string)}, fmt.Sprintf(`WITH now AS (UPDATE wanmi.state SET value = CASE name WHEN 'generation' THEN %d ELSE %d END WHERE name IN ('generation', 'seq'))%s
		SELECT pg_current_xact_id()::text, pg_notify('%s', '%[1]d')::text`, t.gen, t.seq, entry, wakeChannel), args...)
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

// committed settles what became of a transaction whose COMMIT was not answered: nil when the server did commit it.
func (s *Store) committed(ctx context.Context, xid string, cause error) error {
	if !lost(cause) || xid == "" {
		return s.wrap(cause, "commit")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*connectTimeout)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		var status sql.NullString
		err := s.reader.QueryRowContext(ctx, `SELECT pg_xact_status($1::xid8)`, xid).Scan(&status)
		switch {
		case err == nil && status.String == "committed":
			return nil
		case err == nil && status.String == "aborted":
			return gis.E(gis.Unavailable, cause, "the connection to %s was lost; nothing was written: try again when the server answers", s.name)
		}
		select {
		case <-ctx.Done():
			return gis.E(gis.Unavailable, errors.Join(cause, err), "the connection to %s was lost while the write was being committed, and does not come back; "+
				"look at the last import there before trying again", s.name)
		case <-time.After(wait):
		}
	}
}

// logChange appends an entry to the change log and returns its number.
func (t *tx) logChange(c gis.Change, hadOld, hasNew bool) (int64, error) {
	t.seq++
	var batch any
	if t.info.Batch != nil {
		batch = t.info.Batch.ID
	}
	args := []any{t.seq, int64(t.gen) + 1, c.Layer, c.Key, string(c.Op)}
	args = append(args, boundArgs(c.Old, hadOld)...)
	args = append(args, boundArgs(c.New, hasNew)...)
	args = append(args, kept.Text(t.info.Actor), kept.Text(t.info.Source), batch, kept.FormatTime(t.at))
	if t.entries++; t.entries == 1 {
		t.entry = args
	}
	t.log.row(args...)
	if len(t.log.b) < copyChunk {
		return t.seq, nil
	}
	return t.seq, t.send(&t.log)
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
	r.Batch = b.ID
	t.rejects.row(rejectedRow(r)...)
	t.rejected++
	if len(t.rejects.b) < copyChunk {
		return nil
	}
	return t.fail(t.send(&t.rejects), "record rejected rows")
}

// AddLineage implements data.Tx.
func (t *tx) AddLineage(l data.Lineage) error {
	if err := t.check(); err != nil {
		return err
	}
	if l.At.IsZero() {
		l.At = t.at
	}
	t.lineage.row(kept.Text(l.From), kept.Text(l.To), kept.Text(l.Why), kept.FormatTime(l.At))
	return nil
}
