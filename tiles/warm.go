package tiles

import (
	"context"
	"time"

	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
)

// WarmOptions say which tiles Warm writes; zero values take the defaults.
type WarmOptions struct {
	Sets    [][]string // of layers that stand in one tile, as clients ask for them
	MaxZoom int        // 0: 14
	Tiles   int        // at most; 0: 1000
}

// Warmed is what Warm did.
type Warmed struct {
	Written int   // tiles
	There   int   // tiles that were in the cache already
	Bytes   int64 // of the cache taken
	Zoom    int   // the deepest begun
	Cut     bool  // it ended at the limit of tiles, or with a quarter of the cache taken
}

// Warm writes the tiles where layers have something into the cache before anybody asks for them, low zooms first: these stand for most and take longest.
// It works in the caller's goroutine and rests after each tile for as long as that took. newest gives the Set to write from, for each tile anew, so
// that edits meanwhile are in them.
func Warm(ctx context.Context, newest func() *Set, o WarmOptions) (Warmed, error) {
	if o.MaxZoom <= 0 {
		o.MaxZoom = 14
	}
	if o.Tiles <= 0 {
		o.Tiles = 1000
	}
	var out Warmed
	for z := 0; z <= min(o.MaxZoom, MaxZoom); z++ {
		for _, layers := range o.Sets {
			s := newest()
			lo, hi, err := s.Zooms(layers)
			if err != nil {
				return out, err
			}
			b, some, err := s.Bounds(layers)
			if err != nil || !some || z < lo || z > hi {
				if err != nil {
					return out, err
				}
				continue
			}
			out.Zoom = z
			nw, se := maptile.At(b.LeftTop(), maptile.Zoom(z)), maptile.At(b.RightBottom(), maptile.Zoom(z))
			for y := nw.Y; y <= se.Y; y++ {
				for x := nw.X; x <= se.X; x++ {
					if out.Written+out.There >= o.Tiles || out.Bytes > s.cfg.CacheBytes/4 {
						out.Cut = true
						return out, nil
					}
					if err := newest().warm(ctx, layers, maptile.New(x, y, maptile.Zoom(z)), &out); err != nil {
						return out, err
					}
				}
			}
		}
	}
	return out, nil
}

// warm writes one tile unless it is there.
func (s *Set) warm(ctx context.Context, layers []string, t maptile.Tile, out *Warmed) error {
	if s.core.cache == nil {
		return gis.E(gis.Invalid, nil, "there is no cache of tiles to fill")
	}
	r, err := s.request(layers, TileOptions{})
	if err != nil {
		return err
	}
	f := frameOf(t)
	k := key{spec: r.spec, grid: s.grid, x: t.X, y: t.Y, z: uint8(t.Z)}
	for _, l := range r.layers {
		k.version = max(k.version, l.version(f.box))
	}
	if _, ok := s.core.cache.GetIfPresent(k); ok {
		out.There++
		return ctx.Err()
	}
	began := time.Now()
	w := s.core.writers.Get().(*writer)
	tile, err := s.write(ctx, w, r, f)
	s.core.writers.Put(w)
	if err != nil {
		return err
	}
	s.core.cache.Set(k, tile)
	s.core.warmed.Add(1)
	out.Written++
	out.Bytes += int64(weight(k, tile))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Since(began)):
		return nil
	}
}
