package gpkg

import (
	"bufio"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

const (
	// seqAhead is how many changes others may log during a long write: its own number in the log lies so far ahead, because the
	// rows hold it before the numbers of the changes before it are known, and the log's numbers grow with time.
	seqAhead = 1 << 16
	// stageWait is how long a long write waits for another one to end.
	stageWait = time.Hour
)

// ahead is a long write before it has the lock. It is the data.Tx its function gets: what it cannot do without the lock, it refuses,
// and the write begins again with the lock.
type ahead struct {
	ctx   context.Context
	own   context.Context
	store *Store
	info  data.WriteInfo
	db    *sql.DB // short transactions that need not outlive a power cut before the write itself does
	turn  *stageTurn

	seq      int64 // the last of the change log at the beginning
	layers   map[string]*aheadLayer
	order    []*aheadLayer
	counters map[string]*numbers
	rejected []data.Rejected
	from     kept.Origin
	steps    int
	hold     bool // it was asked for what needs the lock

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
		ctx: ctx, own: context.WithoutCancel(ctx), store: s, info: w, layers: map[string]*aheadLayer{}, counters: map[string]*numbers{},
	}
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
	if a.hold {
		return 0, false, nil
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = a.lay()
	}
	if errors.Is(err, errHold) {
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
	if a.hold {
		return errHold
	}
	if a.steps++; a.steps%64 == 0 {
		return a.store.wrap(a.ctx.Err(), "write")
	}
	return nil
}

func (a *ahead) refuse() error {
	a.hold = true
	return errHold
}

// fail gives err its kind, and notes when it says that the lock is needed.
func (a *ahead) fail(err error, doing string) error {
	if errors.Is(err, errHold) {
		return a.refuse()
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
	l := &aheadLayer{seq: a.seq + seqAhead + int64(len(a.order)), touched: map[int64]bool{}}
	l.row = layerTx{t: t, args: make([]any, len(t.columns)), scan: newScanner(t)}
	if l.st, err = a.store.newStage(a.ctx, a.db, t, max(a.info.Ahead.Rows, 1)); err != nil {
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
		l.origins.Note(a.from, f.ID)
	}
	return op, changed, a.fail(err, "put into "+l.row.t.name)
}

func (a *ahead) put(l *aheadLayer, f *gis.Feature) (gis.Op, bool, error) {
	if err := a.readKeys(l); err != nil {
		return "", false, err
	}
	t := l.row.t
	if f.Key != "" {
		if t.isMadeKey(f.Key) {
			return "", false, errHold
		}
		if _, old := slices.BinarySearch(l.known, maphash.String(l.load.seed, f.Key)); old {
			found, changed, err := a.update(l, f)
			if err != nil || found {
				return gis.Update, changed, err
			}
		}
	}
	return gis.Insert, true, a.insert(l, f)
}

// insert lays a new row behind the others.
func (a *ahead) insert(l *aheadLayer, f *gis.Feature) error {
	ld, t := l.load, l.row.t
	id := l.st.first + l.added
	if id >= l.st.end {
		return errHold
	}
	key := f.Key
	if key == "" {
		key = t.madeKey(id)
		l.row.args[t.keyColumn()] = key
	}
	h := maphash.String(ld.seed, key)
	if _, again := ld.seen[h]; again || !fitsIndex(ld.usable, len(key)+16) || uint64(len(ld.arena)+len(key)) > math.MaxUint32 {
		return errHold
	}
	if err := l.record(); err != nil {
		return err
	}
	if err := ld.rows.addRow(id, ld.rec.record()); err != nil {
		return err
	}
	ld.seen[h] = struct{}{}
	ld.arena = append(ld.arena, key...)
	ld.ends = append(ld.ends, uint32(len(ld.arena)))
	if l.row.hasBound {
		ld.cells = append(ld.cells, cellOf(id, l.row.bound))
		l.row.grow()
	}
	l.added++
	f.ID, f.Key = id, key
	return nil
}

// record makes the record of the encoded row.
func (l *aheadLayer) record() (err error) {
	rec := &l.load.rec
	rec.begin()
	for _, at := range l.load.places {
		switch at {
		case placeBlank:
			err = rec.add(nil)
		case placeRev:
			err = rec.add(l.seq)
		default:
			err = rec.add(l.row.args[at])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// update keeps the new record of a row that is there, unless nothing changes.
func (a *ahead) update(l *aheadLayer, f *gis.Feature) (found, changed bool, err error) {
	sc := l.row.scan
	if found, err = a.find(l, f.Key); err != nil || !found {
		return found, false, err
	}
	f.ID = sc.fid
	if l.row.firstDifference(sc.vals) < 0 {
		l.unchanged++
		return true, false, nil
	}
	if l.touched[sc.fid] { // twice in one write
		return true, false, errHold
	}
	l.touched[sc.fid] = true
	if err := l.record(); err != nil {
		return true, false, err
	}
	if l.file == nil {
		if l.file, err = nameless(filepath.Dir(a.store.path)); err != nil {
			return true, false, err
		}
		l.out = bufio.NewWriterSize(l.file, 1<<16)
	}
	b := l.load.rec.record()
	if _, err := l.out.Write(b); err != nil {
		return true, false, err
	}
	l.updates = append(l.updates, changedRow{sc.fid, l.written, len(b)})
	l.written += int64(len(b))
	l.updated++
	return true, true, nil
}

// find reads the stored row of a key into the layer's scanner.
func (a *ahead) find(l *aheadLayer, key string) (bool, error) {
	if l.byKey == nil {
		var err error
		if l.byKey, err = a.store.reader.PrepareContext(a.own, l.row.t.byKeySQL()); err != nil {
			return false, err
		}
	}
	return scanOne(l.byKey.QueryRowContext(a.own, key), l.row.scan)
}

// readKeys fills known.
func (a *ahead) readKeys(l *aheadLayer) error {
	if l.read {
		return nil
	}
	l.read = true
	key, _ := l.columns()
	values := make([]any, len(l.load.places))
	err := a.eachRecord(l, func(_ int64, record []byte) error {
		if err := parseRecord(record, values[:key+1]); err != nil {
			return err
		}
		k, _ := values[key].(string)
		l.known = append(l.known, maphash.String(l.load.seed, k))
		return nil
	})
	slices.Sort(l.known)
	return err
}

// columns returns where the key and the geometry stand in a record; -1 for no geometry.
func (l *aheadLayer) columns() (key, geom int) {
	key, geom = slices.Index(l.load.places, l.row.t.keyColumn()), -1
	if l.row.t.hasGeom() {
		geom = slices.Index(l.load.places, 0)
	}
	return key, geom
}

// eachRecord reads all rows of the layer as they are now, by ID. The record lives until the next.
func (a *ahead) eachRecord(l *aheadLayer, use func(id int64, record []byte) error) error {
	q, err := a.store.reader.BeginTx(a.own, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer q.Rollback()
	p := pageScan{ctx: a.ctx, each: use}
	if err := p.prepare(q); err != nil {
		return err
	}
	p.reader = pageReader{usable: l.st.usable, get: p.page}
	top, err := p.page(l.st.roots[""])
	if err != nil {
		return err
	}
	return p.walk(top, 0)
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
		return a.refuse()
	}
	found, err := a.find(l, key)
	switch {
	case err != nil:
		return a.fail(err, "delete from "+layer)
	case !found:
		return gis.E(gis.NotFound, nil, "no %s %s", layer, key)
	case l.touched[l.row.scan.fid]:
		return a.refuse()
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
				err = a.refuse()
			}
		}
		if err != nil {
			yield(gis.Feature{}, err)
			return
		}
		a.store.Features(a.ctx, layer, b)(yield)
	}
}

// Reject implements data.Tx.
func (a *ahead) Reject(r data.Rejected) error {
	if err := a.check(); err != nil {
		return err
	}
	if a.info.Batch == nil {
		return gis.E(gis.Invalid, nil, "a rejected row belongs to an import batch; this write has none")
	}
	a.rejected = append(a.rejected, r)
	return nil
}

// From implements data.Tx.
func (a *ahead) From(file string, row int64) { a.from = kept.Origin{File: file, Row: row} }

// What follows needs the lock.

func (a *ahead) Assign(string, []string, iter.Seq[data.Assigned]) (int64, error) {
	return 0, a.refuse()
}
func (a *ahead) Clear(string) (int64, error)                 { return 0, a.refuse() }
func (a *ahead) Feature(string, string) (gis.Feature, error) { return gis.Feature{}, a.refuse() }
func (a *ahead) Rev(string, string) (int64, error)           { return 0, a.refuse() }
func (a *ahead) AddLineage(data.Lineage) error               { return a.refuse() }
func (a *ahead) Rename(string, string, string) error         { return a.refuse() }
func (a *ahead) Restore(*gis.Feature) error                  { return a.refuse() }
func (a *ahead) RolledBack(int64) error                      { return a.refuse() }
func (a *ahead) Settle(int64, string, string, string) error  { return a.refuse() }

// Touched implements data.Tx.
func (a *ahead) Touched(int64) iter.Seq2[data.Touched, error] {
	return func(yield func(data.Touched, error) bool) { yield(data.Touched{}, a.refuse()) }
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
	if len(a.order)+len(a.counters) > 0 { // nothing is left of it when the write has come to be
		errs = append(errs, a.store.slice(a.own, a.store.writer, func(q *sql.Tx) error { return giveBack(a.own, q) }))
	}
	for _, l := range a.order {
		errs = append(errs, a.store.slice(a.own, a.store.writer, func(q *sql.Tx) error { return dropStage(a.own, q, l.row.t) }))
	}
	a.store.checkpoint()
	return errors.Join(errs...)
}

// nameless makes a file that has no name any more.
func nameless(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, ".wanmi-pages-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// byID puts the changed rows into the order of their ids.
func (l *aheadLayer) byID() {
	slices.SortFunc(l.updates, func(a, b changedRow) int { return cmp.Compare(a.id, b.id) })
	slices.Sort(l.removed)
}

// errorf says in which layer something went wrong.
func (l *aheadLayer) errorf(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s: %w", l.row.t.name, doing, err)
}
