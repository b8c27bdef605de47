package census

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"wanmi/data"
	"wanmi/gis"

	"github.com/paulmach/orb"
)

// refuseAll records a delivery of which nothing is taken.
func (r *run) refuseAll(ctx context.Context, taken int) (Result, error) {
	why := "no row could be taken"
	if taken > 0 {
		why = fmt.Sprintf("%d rows are rejected and --strict was asked for", r.res.Summary.Rejected)
	}
	b := &r.res.Batch
	b.Rejected, b.Status = r.res.Summary.Rejected, data.StatusRejected
	if !r.DryRun && r.target != nil {
		id, err := r.target.RecordRejected(ctx, *b, r.res.Rejected)
		if err != nil {
			return r.res, err
		}
		b.ID = id
	}
	first := ""
	if len(r.res.Rejected) > 0 {
		x := r.res.Rejected[0]
		first = fmt.Sprintf("; the first: %s row %d: %s %s", path.Base(x.File), x.Row, x.Field, x.Reason)
	}
	for _, f := range r.res.Files { // a wrong coordinate system is the likeliest cause of all: say so here
		for _, m := range f.Remarks {
			if strings.Contains(m, "--crs") {
				first += "; " + path.Base(f.File) + ": " + m
			}
		}
	}
	return r.res, gis.E(gis.Rejected, nil, "%s of %s%s", why, strings.Join(b.Files, ", "), first)
}

func (r *run) dryRun(ctx context.Context, layers []string) error {
	for _, l := range layers {
		if r.taken(l) == 0 {
			continue
		}
		p, err := r.plan(l, r.target.Features(ctx, l, orb.Bound{}))
		if err != nil {
			return err
		}
		if l == "component" {
			r.tellCounty(p)
		}
		r.count(p)
	}
	r.fillBatch("")
	return nil
}

// writing is a delivery on its way into the store, and where it stood before: a store may run the function of a write again.
type writing struct {
	r      *run
	layers []string
	batch  data.Batch
	comps  *plan // of the components, when it is made

	before           Summary
	findings, faults int
	more             int64
}

func (r *run) newWriting(layers []string) *writing {
	return &writing{
		r: r, layers: layers, batch: r.res.Batch, before: r.res.Summary,
		findings: len(r.res.Findings), faults: len(r.res.Faults), more: r.res.MoreFaults,
	}
}

func (w *writing) rewind() {
	w.r.res.Summary = w.before
	w.r.res.Findings = w.r.res.Findings[:w.findings]
	w.r.res.rewind(w.faults, w.more)
}

// all writes everything.
func (w *writing) all(tx data.Tx) error {
	r := w.r
	w.rewind()
	for _, l := range w.layers {
		if r.taken(l) == 0 {
			continue
		}
		p, err := r.plan(l, tx.Features(l, orb.Bound{}))
		if err != nil {
			return err
		}
		if err := r.apply(tx, l, p); err != nil {
			return err
		}
		r.count(p)
		w.comps = p
	}
	return w.settle(tx)
}

// settle writes what there is beside the rows.
func (w *writing) settle(tx data.Tx) error {
	for _, x := range w.r.res.Rejected {
		if err := tx.Reject(x); err != nil {
			return err
		}
	}
	w.count()
	return nil
}

// since is that of data.Ahead.
func (w *writing) since(tx data.Tx, changes []gis.Change) (bool, error) {
	ok, err := w.r.since(tx, w.comps, changes)
	w.count()
	return ok, err
}

func (w *writing) count() {
	b, s := &w.batch, w.r.res.Summary
	b.Added, b.Moved, b.Changed, b.Removed, b.Unchanged, b.Rejected = s.Added, s.Moved, s.Changed, s.Removed, s.Unchanged, s.Rejected
}

// done notes how the write ended.
func (w *writing) done(gen gis.Generation, err error) error {
	if err != nil {
		var known *gis.Error
		if errors.As(err, &known) {
			return err
		}
		return fmt.Errorf("census: writing the batch: %w", err)
	}
	w.r.res.Batch, w.r.res.Generation = w.batch, gen
	w.r.fillBatch(data.StatusCommitted)
	return nil
}

func (r *run) write(ctx context.Context, layers []string) error {
	if written, err := r.early.finish(layers); written {
		return err
	}
	rows := 0
	for _, l := range layers {
		rows += r.taken(l)
	}
	w := r.newWriting(layers)
	info := data.WriteInfo{Actor: r.Actor, Source: w.batch.Source, Bulk: rows >= bulkRows, Batch: &w.batch}
	if r.Layer == "component" {
		info.Ahead = &data.Ahead{Rows: int64(rows), Since: w.since}
	}
	gen, err := r.target.Write(ctx, info, func(tx data.Tx) error {
		if err := w.all(tx); err != nil {
			return err
		}
		return ctx.Err()
	})
	return w.done(gen, err)
}

func (r *run) fillBatch(status string) {
	b, s := &r.res.Batch, r.res.Summary
	b.Added, b.Moved, b.Changed, b.Removed, b.Unchanged, b.Rejected = s.Added, s.Moved, s.Changed, s.Removed, s.Unchanged, s.Rejected
	b.Status = status
}
