package tiles

import (
	"context"
	"iter"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// Source gives the features of a layer that touch bound, all of them when bound is the zero Bound.
// A store implements it; one call reads one snapshot.
type Source interface {
	Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error]
}
