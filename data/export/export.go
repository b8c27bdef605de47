package export

import (
	"context"
	"iter"

	"wanmi/gis"
)

// Write writes the features of l to file in the format its suffix names and returns how many there were.
func Write(ctx context.Context, file string, l *gis.Layer, feats iter.Seq2[gis.Feature, error], p gis.Progress) (int64, error) {
	return 0, gis.E(gis.Unavailable, nil, "not built yet")
}
