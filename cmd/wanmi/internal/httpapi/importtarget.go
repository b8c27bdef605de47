package httpapi

import (
	"context"
	"iter"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// target is the store as an import sees it: what it writes is in the View when the write returns, and files have the names
// they were sent under.
type target struct {
	api *API
	job *job
}

func (t target) Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error] {
	return t.api.cfg.Store.Features(ctx, layer, bound)
}

func (t target) Batch(ctx context.Context, id int64) (data.Batch, error) {
	return t.api.cfg.Store.Batch(ctx, id)
}

func (t target) Renames(ctx context.Context, layer string) iter.Seq2[data.Renamed, error] {
	return t.api.cfg.Store.Renames(ctx, layer)
}

func (t target) Generation(ctx context.Context) (gis.Generation, error) {
	return t.api.cfg.Store.Generation(ctx)
}

func (t target) Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	return t.api.cfg.Live.Write(ctx, w, func(tx data.Tx) error { return fn(namedTx{tx, t.job}) })
}

func (t target) RecordRejected(ctx context.Context, b data.Batch, rows []data.Rejected) (int64, error) {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].File = t.job.name(rows[i].File)
	}
	return t.api.cfg.Store.RecordRejected(ctx, b, rows)
}

// namedTx is a write that records refused rows under the names their files were sent under.
type namedTx struct {
	data.Tx
	job *job
}

func (t namedTx) Reject(r data.Rejected) error {
	r.File = t.job.name(r.File)
	return t.Tx.Reject(r)
}
