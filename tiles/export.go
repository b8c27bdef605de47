package tiles

import (
	"context"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// ExportOptions choose what goes into an archive.
type ExportOptions struct {
	Layers           []string // empty: all that are not derived, and the derived ones too
	MinZoom, MaxZoom int      // MaxZoom 0: the deepest of the layers
	Bound            orb.Bound
	Progress         gis.Progress
}

// ExportResult says what an archive holds.
type ExportResult struct {
	File    string
	Tiles   int64
	Unique  int64
	Bytes   int64
	Thinned int64
}

// Export writes an archive of s: MBTiles or PMTiles by the suffix of file.
func Export(ctx context.Context, s *Set, file string, o ExportOptions) (ExportResult, error) {
	return ExportResult{}, gis.E(gis.Unavailable, nil, "export is not ready")
}
