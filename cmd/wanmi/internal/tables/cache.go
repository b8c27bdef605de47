package tables

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/maypok86/otter/v2"

	"wanmi/tiles"
)

const defaultCacheBytes = 64 << 20

// key names a tile of a layer.
type key struct {
	layer, properties string
	geographic        bool
	x, y, z           uint32
}

func keyOf(layer string, q Request) key {
	k := key{layer: layer, geographic: q.Geographic, x: q.Addr.X, y: q.Addr.Y, z: uint32(q.Addr.Z)}
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

	mu      sync.Mutex
	flights map[key]*flight
}

// flight is a tile being read for all who wait for it.
type flight struct {
	done    chan struct{}
	waiting int // under cache.mu; at 0 the statement is stopped
	cancel  context.CancelFunc
	kept    kept
	err     error
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
	return &cache{store: store, flights: map[key]*flight{}}, nil
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
	c.mu.Lock()
	f, how := c.flights[k], tiles.Joined
	if f == nil {
		how = tiles.Miss
		work, cancel := context.WithCancel(context.WithoutCancel(ctx))
		f = &flight{done: make(chan struct{}), cancel: cancel}
		c.flights[k] = f
		go c.fly(work, k, f, read)
	}
	f.waiting++
	c.mu.Unlock()
	select {
	case <-f.done:
		return f.kept.tile, max(life-time.Since(f.kept.at), 0), how, f.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.waiting--; f.waiting == 0 {
		f.cancel()
		if c.flights[k] == f { // who comes now starts anew
			delete(c.flights, k)
		}
	}
	return nil, 0, how, ctx.Err()
}

func (c *cache) fly(ctx context.Context, k key, f *flight, read func(context.Context) (*tiles.Tile, error)) {
	defer func() {
		if r := recover(); r != nil { // not in the goroutine of a request, whose server would catch it
			f.err = fmt.Errorf("tables: %s %d/%d/%d: panic: %v\n%s", k.layer, k.z, k.x, k.y, r, debug.Stack())
		}
		c.mu.Lock()
		if c.flights[k] == f {
			delete(c.flights, k)
		}
		c.mu.Unlock()
		close(f.done)
		f.cancel()
	}()
	f.kept.at = time.Now() // before the statement: what it reads is no older
	if f.kept.tile, f.err = read(ctx); f.err == nil {
		c.store.Set(k, f.kept)
	}
}
