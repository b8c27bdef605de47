package postgis

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"iter"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

const (
	// importsLock is the number of the advisory lock a long write has from its begin to its end, so that there is one at a time:
	// "wanmi" in ASCII, in capitals.
	importsLock = 0x57414e4d49
	// importWait is how long a long write waits for another one to end.
	importWait = time.Hour
	// joinWait is how long a long write, when all is made ready, waits for another process' write to end.
	joinWait = time.Minute
)

// ahead is a long write before it has the lock of the writers. Its new rows go into the layer's table itself, in a transaction that
// holds no lock others wait for; nobody sees them before its commit. What it changes and removes stands in a temporary table and in memory, as
// a row changed in a transaction keeps all others from changing it. When everything is there it takes the lock, does that too, and
// commits. It is the data.Tx its function gets: what it cannot do without the lock, it refuses, and the write begins again with the lock.
type ahead struct {
	kept.Ahead
	ctx   context.Context
	own   context.Context
	store *Store
	token string // of the numbers it keeps
	pool  *sql.DB
	t     *tx   // the transaction
	wire  *wire // nil: new rows go as text

	seq    int64 // the last of the change log at the beginning
	layers map[string]*aheadLayer
	order  []*aheadLayer
	steps  int
	locked time.Time // since when it has the lock of the writers
}

// WriteEarly is the part of Write of a long bulk write that does without the lock of the writers, so its function may take its time, as when it
// waits for rows that are still being read. done is false when Write must do it with the lock throughout; nothing is left then.
func (s *Store) WriteEarly(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gen gis.Generation, done bool, err error) {
	a := &ahead{
		ctx: ctx, own: context.WithoutCancel(ctx), store: s, token: rand.Text(), layers: map[string]*aheadLayer{},
	}
	a.Info, a.Ready = w, a.check
	pool, dialer, err := s.longPool()
	if err != nil {
		return 0, true, s.wrap(err, "begin a write")
	}
	defer pool.Close()
	s.long.Add(1)
	defer s.long.Add(-1)
	if err := a.begin(pool, dialer); err != nil {
		return 0, true, s.wrap(err, "begin a write")
	}
	committed := false
	defer func() {
		a.t.end()
		if !committed { // fn failed or panicked, or the write begins again
			a.t.sql.Rollback()
		}
		a.unlock()
		if !committed {
			a.giveUp()
		}
		a.t.conn.Close()
	}()
	if err = fn(a); err == nil && !a.Held {
		err = errors.Join(a.send(), ctx.Err())
	}
	if code(err) == "" && lost(err) && ctx.Err() == nil { // which of its connections it was does not matter
		err = gis.E(gis.Unavailable, err, "the connection to %s was lost; nothing was written", s.name)
	}
	if err == nil && !a.Held && a.t.broken == nil {
		gen, err = a.join()
		committed = err == nil
	}
	switch {
	case a.Held, errors.Is(err, kept.ErrHold), overtaken(err):
		return 0, false, nil
	case err == nil && a.t.broken != nil: // fn passed over an error it must not pass over
		err = a.t.broken
	}
	return gen, true, s.wrap(err, "write")
}

// overtaken reports whether err says that somebody else had a key first, or a lock: with the lock of the writers the write goes on.
func overtaken(err error) bool {
	switch code(err) {
	case uniqueViolation, deadlock:
		return true
	}
	return false
}

// begin starts the transaction, when no other long write is under way.
func (a *ahead) begin(pool *sql.DB, dialer *wireDialer) error {
	c, err := pool.Conn(a.ctx)
	if err != nil {
		return err
	}
	q, err := c.BeginTx(a.own, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		c.Close()
		return err
	}
	a.pool, a.t, a.wire = pool, a.store.newTx(a.ctx, c, q, a.Info), dialer.plain()
	_, err = q.ExecContext(a.ctx, `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
		SET LOCAL lock_timeout = `+strconv.FormatInt(importWait.Milliseconds(), 10)+`; SELECT pg_advisory_xact_lock(`+strconv.Itoa(importsLock)+`)`)
	if err == nil {
		err = a.store.takeBack(a.own, "")
	}
	if err == nil {
		err = q.QueryRowContext(a.own, `SELECT value, pg_current_xact_id()::text FROM wanmi.state WHERE name = 'seq'`).Scan(&a.seq, &a.t.xid)
	}
	if err != nil {
		q.Rollback()
		c.Close()
	}
	if code(err) == lockNotAvailable {
		return gis.E(gis.Unavailable, err, "another import into %s is under way; try again when it is done", a.store.name)
	}
	return err
}

// giveUp gives back what the write has kept for itself, when it has not come to be.
func (a *ahead) giveUp() {
	if len(a.order)+a.Numbers.Len() == 0 {
		return
	}
	if err := a.store.takeBack(a.own, a.token); err != nil { // the next to open the store will
		a.store.log.WarnContext(a.own, "numbers of an unfinished import not given back", "error", err)
	}
}

func (a *ahead) check() error {
	if a.Held {
		return kept.ErrHold
	}
	if a.t.broken != nil {
		return a.t.broken
	}
	if a.steps++; a.steps%64 == 0 {
		return a.store.wrap(a.ctx.Err(), "write")
	}
	return nil
}

// fail gives err its kind, and notes when it says that the lock is needed.
func (a *ahead) fail(err error, doing string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, kept.ErrHold) || overtaken(err) {
		return a.Refuse()
	}
	return a.t.fail(err, doing)
}

// Put implements data.Tx.
func (a *ahead) Put(f *gis.Feature) (gis.Op, bool, error) {
	if err := a.check(); err != nil {
		return "", false, err
	}
	if f.Layer == nil {
		return "", false, gis.E(gis.Invalid, nil, "a feature without a layer")
	}
	l, err := a.layer(f.Layer.Name)
	if err != nil {
		return "", false, err
	}
	if _, _, err := l.in.encode(f); err != nil {
		return "", false, gis.E(gis.Invalid, nil, "%s %s: %v", l.in.t.name, f.Key, err)
	}
	op, changed, err := a.put(l, f)
	if changed {
		l.origins.Note(a.Origin, f.ID)
	}
	if err != nil {
		err = a.fail(err, "put into "+l.in.t.name)
	}
	return op, changed, err
}

// Delete implements data.Tx.
func (a *ahead) Delete(layer, key string) error {
	if err := a.check(); err != nil {
		return err
	}
	l, err := a.layer(layer)
	if err != nil {
		return err
	}
	var r stored
	found := false
	if storableKey(key) {
		if r, found, err = a.find(l, key); err != nil {
			return a.fail(err, "delete from "+layer)
		}
	}
	switch {
	case !found && l.added > 0, found && l.touched[r.fid]: // it may be its own
		return a.Refuse()
	case !found:
		return gis.E(gis.NotFound, nil, "no %s %s", layer, key)
	}
	l.touched[r.fid] = true
	l.removed = append(l.removed, removedRow{r.fid, r.xmin, key})
	return nil
}

// Features implements data.Tx.
func (a *ahead) Features(layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		err := a.check()
		if err == nil {
			var l *aheadLayer
			if l, err = a.layer(layer); err == nil && (l.added > 0 || len(l.touched) > 0) {
				err = a.Refuse()
			}
		}
		if err != nil {
			yield(gis.Feature{}, err)
			return
		}
		a.store.Features(a.ctx, layer, b)(yield)
	}
}

var _ data.Tx = (*ahead)(nil)
