package gpkg

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// stageWait is how long a long write waits for another one to end.
const stageWait = time.Hour

// ahead is a long write before it has the lock. It is the data.Tx its function gets: what it cannot do without the lock, it refuses,
// and the write begins again with the lock.
type ahead struct {
	kept.Ahead
	ctx   context.Context
	own   context.Context
	store *Store
	db    *sql.DB // short transactions that need not outlive a power cut before the write itself does
	turn  *stageTurn

	seq    int64 // the last of the change log at the beginning
	layers map[string]*aheadLayer
	order  []*aheadLayer
	steps  int

	slices  int
	longest time.Duration // of a slice
}

// aheadLayer is what a long write does in one layer.
type aheadLayer struct {
	row  layerTx // encodes
	st   *stage
	seq  int64
	load *load

	known   []uint64 // hashes of the keys there were, in order
	read    bool     // known is filled
	byKey   *sql.Stmt
	updates []changedRow
	touched map[int64]bool // ids of updates and removed
	removed []int64
	file    *os.File // the records of updates
	out     *bufio.Writer
	written int64
	origins kept.Origins

	added, updated, unchanged int64
}

// changedRow says where the new record of a row stands.
type changedRow struct {
	id, at int64
	size   int
}

// writeAhead is Write of a long bulk write. done is false when it must be done with the lock throughout; nothing is left then but gaps in numbers.
func (s *Store) writeAhead(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gen gis.Generation, done bool, err error) {
	if s.writer == nil {
		return 0, false, nil
	}
	a := &ahead{
		ctx: ctx, own: context.WithoutCancel(ctx), store: s, layers: map[string]*aheadLayer{},
	}
	a.Info, a.Ready = w, a.check
	a.db = s.pool("rwc", "synchronous(NORMAL)", "cache_size(-16384)", "wal_autocheckpoint(0)")
	a.db.SetMaxOpenConns(1)
	defer func() {
		if end := a.end(); err == nil && end != nil {
			s.log.Warn("stage not removed", "error", end)
		}
	}()
	if a.turn, err = s.takeStages(ctx, stageWait); err != nil || a.turn == nil {
		if ctx.Err() != nil {
			return 0, true, s.wrap(err, "wait for another import")
		}
		return 0, false, nil //nolint:nilerr // no file can be made beside this one
	}
	if err := s.reader.QueryRowContext(a.own, `SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'change_log'), 0)`).Scan(&a.seq); err != nil {
		return 0, true, s.wrap(err, "begin a write")
	}
	err = fn(a)
	if a.Held {
		return 0, false, nil
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = a.lay()
	}
	if errors.Is(err, kept.ErrHold) {
		return 0, false, nil
	}
	if err != nil {
		return 0, true, s.wrap(err, "write")
	}
	var held time.Time
	gen, err = s.writeLocked(ctx, w, func(d data.Tx) error {
		held = time.Now()
		if joined, err := a.join(d.(*tx)); err != nil || joined {
			return err
		}
		return fn(d)
	})
	s.log.DebugContext(ctx, "long write", "slices", a.slices, "longest_slice_ms", a.longest.Milliseconds(), "locked_ms", time.Since(held).Milliseconds())
	return gen, true, err
}

func (a *ahead) check() error {
	if a.Held {
		return kept.ErrHold
	}
	if a.steps++; a.steps%64 == 0 {
		return a.store.wrap(a.ctx.Err(), "write")
	}
	return nil
}

// fail gives err its kind, and notes when it says that the lock is needed.
func (a *ahead) fail(err error, doing string) error {
	if errors.Is(err, kept.ErrHold) {
		return a.Refuse()
	}
	return a.store.wrap(err, doing)
}

// layer returns the state of the named layer, and makes its stage.
func (a *ahead) layer(name string) (*aheadLayer, error) {
	if l, ok := a.layers[name]; ok {
		return l, nil
	}
	t, err := a.store.table(name)
	if err != nil {
		return nil, err
	}
	l := &aheadLayer{seq: a.seq + kept.SeqAhead + int64(len(a.order)), touched: map[int64]bool{}}
	l.row = layerTx{t: t, args: make([]any, len(t.columns)), scan: newScanner(t)}
	if l.st, err = a.store.newStage(a.ctx, a.db, t, max(a.Info.Ahead.Rows, 1)); err != nil {
		return nil, a.fail(err, "make ready for "+name)
	}
	ld := &load{seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}, usable: l.st.usable, nodeSize: l.st.node, places: l.st.places, firstID: l.st.first}
	if ld.s, err = newSpool(filepath.Dir(a.store.path), l.st.size); err != nil {
		return nil, a.fail(err, "make ready for "+name)
	}
	ld.rows = newTree(ld.s, ld.usable, false)
	l.load = ld
	a.layers[name] = l
	a.order = append(a.order, l)
	return l, nil
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
	if err := l.row.encode(f); err != nil {
		return "", false, gis.E(gis.Invalid, nil, "%s %s: %v", l.row.t.name, f.Key, err)
	}
	op, changed, err := a.put(l, f)
	if changed {
		l.origins.Note(a.Origin, f.ID)
	}
	return op, changed, a.fail(err, "put into "+l.row.t.name)
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
	if _, own := l.load.seen[maphash.String(l.load.seed, key)]; own {
		return a.Refuse()
	}
	found, err := a.find(l, key)
	switch {
	case err != nil:
		return a.fail(err, "delete from "+layer)
	case !found:
		return gis.E(gis.NotFound, nil, "no %s %s", layer, key)
	case l.touched[l.row.scan.fid]:
		return a.Refuse()
	}
	l.touched[l.row.scan.fid] = true
	l.removed = append(l.removed, l.row.scan.fid)
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

// end removes what the write does not leave behind.
func (a *ahead) end() error {
	var errs []error
	a.db.Close()
	for _, l := range a.order {
		l.load.s.close()
		if l.file != nil {
			l.file.Close()
		}
		if l.byKey != nil {
			l.byKey.Close()
		}
	}
	if a.turn == nil {
		return nil
	}
	defer a.turn.leave()
	if len(a.order)+a.Numbers.Len() > 0 { // nothing is left of it when the write has come to be
		errs = append(errs, a.store.slice(a.own, a.store.writer, func(q *sql.Tx) error { return giveBack(a.own, q) }))
	}
	for _, l := range a.order {
		errs = append(errs, a.store.removeStage(a.own, l.row.t))
	}
	a.store.checkpoint()
	return errors.Join(errs...)
}

// errorf says in which layer something went wrong.
func (l *aheadLayer) errorf(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s: %w", l.row.t.name, doing, err)
}
