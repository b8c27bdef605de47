package census

import (
	"context"
	"errors"
	"iter"

	"wanmi/data"
	"wanmi/gis"

	"github.com/paulmach/orb"
)

const (
	earlyRows  = bulkRows // from how many components on rows go to the store while others are read
	earlyBatch = 256      // rows handed over at once
)

// earlyTarget is a store whose write may begin while the rows are still being read, as nobody waits for it meanwhile. written is false when the
// write must be done again, by Write; nothing is left then.
type earlyTarget interface {
	Count(ctx context.Context, layer string) (int64, error)
	WriteEarly(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gen gis.Generation, written bool, err error)
}

// fillable is a write that can do something while nothing but a few rows is still to come.
type fillable interface {
	Filled(layer string) error
}

// early hands components to the store while the rest of the delivery is read and checked, so that the server works meanwhile. It does so for a
// delivery into an empty layer: there every row is a new one, whatever follows. A row of which that is not sure stays back until all are read.
// Where the plan, which is made then, does not have what was handed over, the write is given up and done again by the plan. A nil one does nothing.
type early struct {
	r     *run
	ctx   context.Context
	store earlyTarget
	w     *writing
	none  *matcher // of no stored rows

	batch *earlyRun
	full  chan *earlyRun
	empty chan *earlyRun // to be filled again
	plan  chan *plan     // what it comes to in the end; closed: it is given up
	ended chan struct{}  // the write has ended; nil: it has not begun

	gave   bool                // rows were handed over that get their codes from the store
	keys   map[uint64]struct{} // hashes of the codes of those handed over that have one
	sent   int
	over   bool // nothing more is handed over
	fed    bool // full is closed
	closed bool // plan is too

	gen     gis.Generation // with the next two: what became of the write
	written bool
	err     error
}

// earlyRun is a run of rows on its way to the store.
type earlyRun struct {
	rows   []earlyRow
	values []any // of all rows
}

type earlyRow struct {
	key, file string
	row       int64
	geom      orb.Geometry
	conv      *converter
}

var errGivenUp = errors.New("the write is given up")

// newEarly returns what hands rows over early, nil where they are not to be.
func (r *run) newEarly(ctx context.Context) (*early, error) {
	store, ok := r.target.(earlyTarget)
	if !ok || r.DryRun || r.Strict || r.Fix || r.Extent != nil || r.Layer != "component" {
		return nil, nil
	}
	n, err := store.Count(ctx, r.Layer)
	if err != nil || n > 0 {
		return nil, err
	}
	none := emptyMatcher(gis.MustLayer(r.Layer))
	none.ready()
	return &early{r: r, ctx: ctx, store: store, none: none, keys: map[uint64]struct{}{}}, nil
}

// take hands over the component that was packed last.
func (e *early) take(rec *record) {
	if e == nil || e.over {
		return
	}
	n := e.r.comps.len()
	switch {
	case e.ended != nil:
		e.hand(rec, n-1)
	case n >= earlyRows:
		e.begin()
		for i := range n {
			packed := e.r.comps.record(i)
			e.hand(&packed, i)
		}
	}
}

func (e *early) begin() {
	e.full, e.empty, e.plan, e.ended = make(chan *earlyRun, 4), make(chan *earlyRun, 6), make(chan *plan), make(chan struct{})
	e.batch = &earlyRun{}
	e.w = &writing{r: e.r}
	info := data.WriteInfo{Actor: e.r.Actor, Bulk: true, Batch: &e.w.batch, Ahead: &data.Ahead{Since: e.w.since}}
	go func() {
		defer close(e.ended)
		e.gen, e.written, e.err = e.store.WriteEarly(e.ctx, info, e.run)
	}()
}

// hand hands over the component packed as i, unless what follows may make another one of it.
func (e *early) hand(rec *record, i int) {
	switch {
	case e.over:
		return
	case rec.f.Key == "":
		if len(e.keys) > 0 || rec.conv.from[rec.conv.checks.f.code] != nil {
			return // its number is above all that are delivered
		}
		e.gave = true
	case e.gave: // numbers were given below one that is delivered
		e.over = true
		return
	default:
		h := hashOf(rec.f.Key)
		if _, twice := e.keys[h]; twice {
			return
		}
		e.keys[h] = struct{}{}
	}
	e.r.comps.send(i)
	e.sent++
	b := e.batch
	b.rows = append(b.rows, earlyRow{rec.f.Key, rec.file, rec.row, rec.f.Geom, rec.conv})
	if b.values = append(b.values, rec.f.Values...); len(b.rows) >= earlyBatch {
		e.flush()
	}
}

func (e *early) flush() {
	select {
	case e.full <- e.batch:
	case <-e.ended:
		e.over = true
		return
	}
	select {
	case e.batch = <-e.empty:
		e.batch.rows, e.batch.values = e.batch.rows[:0], e.batch.values[:0]
	default:
		e.batch = &earlyRun{}
	}
}

// run is the function of the write.
func (e *early) run(tx data.Tx) error {
	for b := range e.full {
		if err := e.put(tx, b); err != nil {
			return err
		}
		select {
		case e.empty <- b:
		default:
		}
	}
	if s, ok := tx.(fillable); ok {
		if err := s.Filled("component"); err != nil {
			return err
		}
	}
	p := <-e.plan
	if p == nil {
		return errGivenUp
	}
	if !e.gave {
		if err := e.r.reserve(tx, p); err != nil {
			return err
		}
	}
	if err := e.r.put(tx, "component", p, p.recs.unsent()); err != nil {
		return err
	}
	e.r.count(p)
	if err := e.w.settle(tx); err != nil {
		return err
	}
	return e.ctx.Err()
}

func (e *early) put(tx data.Tx, b *earlyRun) error {
	values := b.values
	for i := range b.rows {
		row := &b.rows[i]
		n := len(row.conv.layer.Fields)
		f := gis.Feature{Layer: row.conv.layer, Key: row.key, Geom: row.geom, Values: values[:n:n]}
		values = values[n:]
		row.conv.date(&f)
		if f.Key == "" {
			if err := e.r.giveCode(tx, &f, e.none); err != nil {
				return err
			}
		}
		tx.From(e.r.fileName(row.file), row.row)
		if _, _, err := tx.Put(&f); err != nil {
			return err
		}
	}
	return nil
}

// allRead tells the write that what is still to come comes with the plan: the server makes the index while that is being made.
func (e *early) allRead() {
	if e == nil || e.ended == nil {
		return
	}
	if len(e.batch.rows) > 0 && !e.over {
		e.flush()
	}
	if e.over {
		e.giveUp()
		return
	}
	e.fed = true
	close(e.full)
}

// finish has the write do what is left by the plan. written is false when nothing of it is left, and it is to be done without.
func (e *early) finish(layers []string) (written bool, err error) {
	if e == nil || e.ended == nil {
		return false, nil
	}
	p, err := e.r.plan("component", iter.Seq2[gis.Feature, error](func(func(gis.Feature, error) bool) {}))
	if err != nil {
		return true, err
	}
	if e.over || p.recs.len()-len(p.recs.unsent()) != e.sent {
		e.giveUp()
		return false, nil
	}
	*e.w = *e.r.newWriting(layers)
	e.w.comps = p
	select {
	case e.plan <- p:
	case <-e.ended: // it failed before
		e.closed = true
		return false, nil
	}
	close(e.plan)
	e.closed = true
	if <-e.ended; !e.written {
		e.w.rewind()
		return false, nil
	}
	return true, e.w.done(e.gen, e.err)
}

// giveUp ends the write, of which nothing is left then. It does nothing when the write has ended.
func (e *early) giveUp() {
	if e == nil || e.ended == nil {
		return
	}
	e.over = true
	if !e.closed {
		e.closed = true
		if !e.fed {
			close(e.full)
		}
		close(e.plan)
	}
	<-e.ended
}
