package city

import (
	"context"
	"iter"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// Past is a Store that tells former states.
type Past interface {
	Store
	AsOf(ctx context.Context, layer string, at time.Time, bound orb.Bound) iter.Seq2[gis.Feature, error]
	ValidAt(ctx context.Context, layer string, at time.Time, bound orb.Bound) iter.Seq2[gis.Feature, error]
}

// AsOf is the store as it stood at a moment: Load makes the View of that day of it. Nothing changes in it and nothing can be written.
// The generation, and the codes components had before, are today's.
func AsOf(store Past, at time.Time) Store { return past{store, at, store.AsOf} }

// ValidAt is the store as the city was at a moment by all that is known now, otherwise as AsOf.
func ValidAt(store Past, at time.Time) Store { return past{store, at, store.ValidAt} }

type past struct {
	Store
	at   time.Time
	rows func(ctx context.Context, layer string, at time.Time, bound orb.Bound) iter.Seq2[gis.Feature, error]
}

func (p past) Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error] {
	return p.rows(ctx, layer, p.at, bound)
}

func (p past) Changes(context.Context, int64) iter.Seq2[gis.Change, error] {
	return func(func(gis.Change, error) bool) {}
}

func (p past) Write(context.Context, data.WriteInfo, func(data.Tx) error) (gis.Generation, error) {
	return 0, gis.E(gis.Invalid, nil, "the past cannot be written to")
}
