package tables

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"wanmi/tiles"
	"wanmi/tiles/together"
)

const defaultCacheBytes = 64 << 20

// key names a tile of a layer.
type key struct {
	layer, properties string
	filter            string
	geographic        bool
	x, y, z           uint32
}

// String tells which tile it is.
func (k key) String() string { return fmt.Sprintf("tables: %s %d/%d/%d", k.layer, k.z, k.x, k.y) }

func keyOf(layer string, q Request) key {
	k := key{layer: layer, geographic: q.Geographic, x: q.Addr.X, y: q.Addr.Y, z: uint32(q.Addr.Z)}
	if q.Filter != nil {
		k.filter = q.Filter.Name
	}
	if q.Properties != nil {
		k.properties = "=" + strings.Join(q.Properties, "\x00")
	}
	return k
}

// kept is a tile, and when it was asked for.
type kept struct {
	tile *tiles.Tile
	at   time.Time
}

// cache keeps the tiles of layers with cache time. Requests for one tile that is being read wait for it together.
type cache struct {
	store *otter.Cache[key, kept]
	read  together.Group[key, kept]
}

func newCache(bytes int64) (*cache, error) {
	if bytes <= 0 {
		bytes = defaultCacheBytes
	}
	store, err := otter.New(&otter.Options[key, kept]{
		MaximumWeight: uint64(bytes),
		Weigher: func(k key, t kept) uint32 {
			return uint32(min(len(k.layer)+len(k.properties)+2*len(t.tile.Gzip)+256, 1<<31)) // twice: its zstd form, should it be asked for
		},
	})
	if err != nil {
		return nil, fmt.Errorf("tables: cache of %d bytes: %w", bytes, err)
	}
	return &cache{store: store}, nil
}

// tile returns a tile that is younger than life and how much of that is left, or one read for this request when life is 0.
func (c *cache) tile(ctx context.Context, k key, life time.Duration, read func(context.Context) (*tiles.Tile, error)) (*tiles.Tile, time.Duration, tiles.Outcome, error) {
	if life <= 0 { // not together: who began to read earlier may have seen an older state
		t, err := read(ctx)
		return t, 0, tiles.Miss, err
	}
	if t, ok := c.store.GetIfPresent(k); ok {
		if left := life - time.Since(t.at); left > 0 {
			return t.tile, left, tiles.Hit, nil
		}
	}
	t, joined, err := c.read.Do(ctx, k, func(ctx context.Context) (kept, error) {
		at := time.Now() // before the statement: what it reads is no older
		t, err := read(ctx)
		if err != nil {
			return kept{}, err
		}
		c.store.Set(k, kept{t, at})
		return kept{t, at}, nil
	})
	how := tiles.Miss
	if joined {
		how = tiles.Joined
	}
	return t.tile, max(life-time.Since(t.at), 0), how, err
}
