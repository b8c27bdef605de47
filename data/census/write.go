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
		r.count(p)
	}
	r.fillBatch("")
	return nil
}

func (r *run) write(ctx context.Context, layers []string) error {
	rows := 0
	for _, l := range layers {
		rows += r.taken(l)
	}
	b := r.res.Batch
	before := r.res.Summary
	findings, faults, more := len(r.res.Findings), len(r.res.Faults), r.res.MoreFaults
	count := func() {
		s := r.res.Summary
		b.Added, b.Moved, b.Changed, b.Removed, b.Unchanged, b.Rejected = s.Added, s.Moved, s.Changed, s.Removed, s.Unchanged, s.Rejected
	}
	info := data.WriteInfo{Actor: r.Actor, Source: b.Source, Bulk: rows >= bulkRows, Batch: &b}
	var comps *plan
	if r.Layer == "component" {
		info.Ahead = &data.Ahead{Rows: int64(rows), Since: func(tx data.Tx, changes []gis.Change) (bool, error) {
			ok, err := r.since(tx, comps, changes)
			count()
			return ok, err
		}}
	}
	gen, err := r.target.Write(ctx, info, func(tx data.Tx) error {
		r.res.Summary = before // a store may run the function again
		r.res.Findings = r.res.Findings[:findings]
		r.res.rewind(faults, more)
		for _, l := range layers {
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
			comps = p
		}
		for _, x := range r.res.Rejected {
			if err := tx.Reject(x); err != nil {
				return err
			}
		}
		count()
		return ctx.Err()
	})
	if err != nil {
		var known *gis.Error
		if errors.As(err, &known) {
			return err
		}
		return fmt.Errorf("census: writing the batch: %w", err)
	}
	r.res.Batch, r.res.Generation = b, gen
	r.fillBatch(data.StatusCommitted)
	return nil
}

func (r *run) fillBatch(status string) {
	b, s := &r.res.Batch, r.res.Summary
	b.Added, b.Moved, b.Changed, b.Removed, b.Unchanged, b.Rejected = s.Added, s.Moved, s.Changed, s.Removed, s.Unchanged, s.Rejected
	b.Status = status
}
