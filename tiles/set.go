package tiles

import (
	"context"

	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
)

// Config says what stands in the tiles.
type Config struct {
	Layers     []LayerRule
	MaxBytes   int
	CacheBytes int64
}

// LayerRule is the rule of one layer.
type LayerRule struct{ Name string }

// DefaultConfig returns the product's rules.
func DefaultConfig() Config { return Config{} }

// Set is an immutable snapshot of all layers.
type Set struct{}

// Update is the change of one feature. Old is nil for an insert, New for a delete.
type Update struct {
	Layer, Key string
	Old, New   *gis.Feature
}

// TileOptions are the choices of one request.
type TileOptions struct {
	Properties []string // the fields wanted; nil: all the layer's rule gives at the zoom
}

// LayerCount is how many features of a layer stand in a tile.
type LayerCount struct {
	Layer    string
	Features int
	Thinned  int
}

// Tile is an encoded tile. It is shared: nobody may change its bytes.
type Tile struct {
	Data    []byte // raw MVT; empty when nothing is there
	Gzip    []byte // the same, compressed; empty when Data is
	ETag    string // hash of Data, without quotes
	Counts  []LayerCount
	Thinned int
}

// TileJSON is a TileJSON 3.0.0 document.
type TileJSON struct{}

// LayerInfo describes a layer of the catalogue.
type LayerInfo struct{ Name string }

// Build reads all layers.
func Build(ctx context.Context, src Source, cfg Config, p gis.Progress) (*Set, error) {
	return nil, gis.E(gis.Unavailable, nil, "the tile set is being built")
}

// Apply returns the set after the updates.
func (s *Set) Apply(ctx context.Context, ups []Update) (*Set, error) { return s, nil }

// Reload returns the set with the named layers read anew from src.
func (s *Set) Reload(ctx context.Context, src Source, layers []string, p gis.Progress) (*Set, error) {
	return s, nil
}

// Tile returns a tile of the named layers.
func (s *Set) Tile(ctx context.Context, layers []string, t maptile.Tile, opt TileOptions) (*Tile, error) {
	return &Tile{}, nil
}

// TileJSON describes the layers.
func (s *Set) TileJSON(layers []string, base string) (*TileJSON, error) { return &TileJSON{}, nil }

// Catalog lists the layers.
func (s *Set) Catalog() []LayerInfo { return nil }
