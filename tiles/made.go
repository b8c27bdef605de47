package tiles

import (
	"fmt"
	"slices"
	"sync"
)

var zippers = sync.Pool{New: func() any { return new(zipper) }}

// NewTile returns a tile of layers that were encoded elsewhere: raw is their bytes, one layer after the other. It is as those of a [Set]: tagged by
// its content and compressed alike.
func NewTile(raw []byte, counts []LayerCount) (*Tile, error) {
	t := &Tile{Size: len(raw), ETag: etag(raw), Counts: counts}
	for _, c := range counts {
		t.Thinned += c.Thinned
	}
	if len(raw) == 0 {
		return t, nil
	}
	z := zippers.Get().(*zipper)
	defer zippers.Put(z)
	zipped, err := z.pack(raw, zipLevel)
	if err != nil {
		return nil, fmt.Errorf("tiles: compress: %w", err)
	}
	t.Gzip = slices.Clone(zipped)
	return t, nil
}
