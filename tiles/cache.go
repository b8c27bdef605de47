package tiles

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/maypok86/otter/v2"
	"github.com/paulmach/orb/maptile"

	"wanmi/tiles/together"
)

// key names the content of a tile. version is that of the last edit that touches the tile in any of the layers:
// all Sets of one line of edits that agree on it have the same content there, and no others, so a tile is never
// stale for a younger Set nor too new for an older one, and edits need not look for what to drop.
type key struct {
	spec    string // layers, properties and filter
	grid    grid
	x, y    uint32
	z       uint8
	version uint64
}

// String tells which tile it is.
func (k key) String() string { return fmt.Sprintf("tiles: %s %d/%d/%d", k.spec, k.z, k.x, k.y) }

// core is what the Sets of one line of edits share.
type core struct {
	edit     sync.Mutex    // held by Apply and Reload
	versions atomic.Uint64 // the last given; 0 is the set as built

	cache   *otter.Cache[key, *Tile] // nil: none
	filters *filterCache
	writers sync.Pool
	slots   chan struct{} // tiles written at once
	made    together.Group[key, *Tile]

	hits, warmed atomic.Int64
}

// Outcome is how a request came by its tile.
type Outcome string

// The ways to a tile.
const (
	Hit    Outcome = "hit"    // from the cache
	Miss   Outcome = "miss"   // written for this request
	Joined Outcome = "joined" // waited for one that was being written
)

func newCore(cacheBytes int64) (*core, error) {
	c := &core{
		writers: sync.Pool{New: func() any { return new(writer) }},
		slots:   make(chan struct{}, 2*runtime.GOMAXPROCS(0)),
	}
	var err error
	if c.filters, err = newFilterCache(); err != nil || cacheBytes <= 0 {
		return c, err
	}
	c.cache, err = otter.New(&otter.Options[key, *Tile]{
		MaximumWeight: uint64(cacheBytes),
		Weigher:       weight,
	})
	return c, err
}

// weight is what a tile counts for in the cache, in bytes.
func weight(k key, t *Tile) uint32 {
	zstd := len(t.Gzip) // room for it, should it be asked for
	return uint32(min(len(k.spec)+len(t.Gzip)+zstd+256, 1<<31))
}

// cached returns the tile of k from the cache, nil when it is not there.
func (c *core) cached(k key) *Tile {
	if c.cache == nil {
		return nil
	}
	t, ok := c.cache.GetIfPresent(k)
	if !ok {
		return nil
	}
	c.hits.Add(1)
	return t
}

// has reports whether there can be a tile at an address.
func (s *Set) has(t maptile.Tile) bool {
	return t.Z <= MaxZoom && t.Valid() && (s.grid != plateCarree || uint64(t.Y) < 1<<t.Z/2)
}

// key returns the key of a tile, whose frame is f, in this Set's state.
func (s *Set) key(r *request, t maptile.Tile, f frame) key {
	k := key{spec: r.spec, grid: s.grid, x: t.X, y: t.Y, z: uint8(t.Z)}
	for _, l := range r.layers {
		k.version = max(k.version, l.version(f.box))
	}
	return k
}

// tile returns the tile of k, which is not in the cache, from who is writing it already or from write, see [together.Group].
func (c *core) tile(ctx context.Context, k key, write func(context.Context) (*Tile, error)) (*Tile, Outcome, error) {
	t, joined, err := c.made.Do(ctx, k, func(ctx context.Context) (*Tile, error) {
		select {
		case c.slots <- struct{}{}:
			defer func() { <-c.slots }()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		return c.keep(ctx, k, write)
	})
	if joined {
		return t, Joined, err
	}
	return t, Miss, err
}

// keep writes the tile of k and puts it into the cache.
func (c *core) keep(ctx context.Context, k key, write func(context.Context) (*Tile, error)) (*Tile, error) {
	t, err := write(ctx)
	if err == nil && c.cache != nil {
		c.cache.Set(k, t)
	}
	return t, err
}

// tileNow is tile for who does not wait: nil when that would be needed, and when the tile cannot be written.
func (c *core) tileNow(k key, write func(context.Context) (*Tile, error)) *Tile {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	default:
		return nil
	}
	t, ok, err := c.made.Try(k, func(ctx context.Context) (*Tile, error) { return c.keep(ctx, k, write) })
	if !ok || err != nil {
		return nil
	}
	return t
}

// zipper compresses with memory it keeps.
type zipper struct {
	w   *gzip.Writer
	out bytes.Buffer
}

// The levels are measured (BenchmarkZip). Compression is most of a live tile: level 2 takes half the time of 6 for 10 to 15 % more bytes, and
// as much as level 1; 4 takes 60 % more for 7 to 10 % fewer. In an archive, written once and read for ever, 6 is worth it; 7 takes twice as long
// for 1 %.
const (
	zipLevel     = 2
	archiveLevel = 6
)

// pack returns the compressed form of data, valid until the next call; the level of the first call stays.
func (z *zipper) pack(data []byte, level int) ([]byte, error) {
	z.out.Reset()
	if z.w == nil {
		w, err := gzip.NewWriterLevel(&z.out, level)
		if err != nil {
			return nil, err
		}
		z.w = w
	} else {
		z.w.Reset(&z.out)
	}
	if _, err := z.w.Write(data); err != nil {
		return nil, err
	}
	if err := z.w.Close(); err != nil {
		return nil, err
	}
	return z.out.Bytes(), nil
}

// zipped compresses the tile just written for a client that waits, valid until the next call. Package deflate takes a third to half of the time where
// much of a tile is geometry of lines and polygons, which it passes over, for up to 9 % more bytes; where a quarter is, as much (BenchmarkZip).
func (w *writer) zipped(raw []byte) ([]byte, error) {
	geometry := 0
	for _, s := range w.enc.Spans() {
		geometry += int(s[1] - s[0])
	}
	if geometry < len(raw)/4 {
		return w.zip.pack(raw, zipLevel)
	}
	w.out = w.geom.Gzip(w.out[:0], raw, w.enc.Spans())
	return w.out, nil
}

// Raw returns the tile as it is, nil when nothing is there. It is not kept: it takes four times the memory of Gzip, and clients that do not
// take gzip are few.
func (t *Tile) Raw() []byte {
	if len(t.Gzip) == 0 {
		return nil
	}
	z, err := gzip.NewReader(bytes.NewReader(t.Gzip))
	if err != nil {
		panic(err) // it is our own
	}
	out := bytes.NewBuffer(make([]byte, 0, t.Size+bytes.MinRead))
	if _, err := out.ReadFrom(z); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// Zstd returns the tile compressed with zstd, done at the first call and kept with it; nil when nothing is there.
func (t *Tile) Zstd() []byte {
	t.zstdOnce.Do(func() {
		if raw := t.Raw(); len(raw) > 0 {
			t.zstd = slices.Clip(zstdWriter().EncodeAll(raw, make([]byte, 0, len(t.Gzip)+len(t.Gzip)/8)))
		}
	})
	return t.zstd
}

var zstdWriter = sync.OnceValue(func() *zstd.Encoder {
	w, err := newZstd(zstdLevel)
	if err != nil {
		panic(err) // the level above is valid
	}
	return w
})

// zstdLevel is measured (BenchmarkZip): of the levels of klauspost/compress it takes three quarters of gzip's time for up to 9 % more bytes;
// the next makes what gzip does in 1.3 to 1.5 times its time.
const zstdLevel = zstd.SpeedFastest

// newZstd makes a writer with a window of 1 MiB, more than a tile takes, to keep its memory small.
func newZstd(level zstd.EncoderLevel) (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithWindowSize(1<<20), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
}

// etag tells a tile's raw bytes from others: 96 bits of hashes and the length, in hexadecimal, the same for every encoding, process and machine.
// SHA-256 would be a twentieth of the time of a live tile, and nobody gains by two tiles that look alike.
func etag(data []byte) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], xxhash.Sum64(data))
	binary.BigEndian.PutUint32(b[8:], crc32.ChecksumIEEE(data))
	binary.BigEndian.PutUint32(b[12:], uint32(len(data)))
	return hex.EncodeToString(b[:])
}
