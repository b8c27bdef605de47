package archive

import (
	"context"
	"iter"
	"slices"

	"wanmi/tiles/mbtiles"
	"wanmi/tiles/pmtiles"
)

// pm is a PMTiles archive.
type pm struct {
	*pmtiles.Reader
	meta Meta
}

func (a *pm) Meta() Meta { return a.meta }

func (a *pm) Sizes(ctx context.Context, w Window) iter.Seq2[Stretch, error] {
	return func(yield func(Stretch, error) bool) {
		for r, err := range a.Runs(ctx, w) {
			if !yield(Stretch{r.ID, r.Count, int64(r.Length)}, err) {
				return
			}
		}
	}
}

// mb is an MBTiles archive.
type mb struct {
	r    *mbtiles.Reader
	meta Meta
}

func newMB(ctx context.Context, r *mbtiles.Reader) (*mb, error) {
	m, err := mbMeta(ctx, r)
	if err != nil {
		return nil, err
	}
	return &mb{r, m}, nil
}

func (a *mb) Meta() Meta   { return a.meta }
func (a *mb) Close() error { return a.r.Close() }

func (a *mb) Tile(ctx context.Context, z uint8, x, y uint32) ([]byte, error) {
	return a.r.SelectTile(ctx, z, x, y)
}

// numbers returns the sorted numbers and the sizes of the tiles of a zoom of the window.
func (a *mb) numbers(ctx context.Context, w Window, z uint8) ([]Stretch, error) {
	r, ok := w.Rect(z)
	if !ok {
		return nil, nil
	}
	var out []Stretch
	for t, err := range a.r.Addresses(ctx, z, r.X0, r.Y0, r.X1, r.Y1) {
		if err != nil {
			return nil, err
		}
		out = append(out, Stretch{pmtiles.ID(t.Z, t.X, t.Y), 1, t.Bytes})
	}
	slices.SortFunc(out, func(a, b Stretch) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return slices.CompactFunc(out, func(a, b Stretch) bool { return a.ID == b.ID }), nil
}

func (a *mb) Sizes(ctx context.Context, w Window) iter.Seq2[Stretch, error] {
	return func(yield func(Stretch, error) bool) {
		least, deepest, some, err := a.r.Zooms(ctx)
		if err != nil || !some {
			if err != nil {
				yield(Stretch{}, err)
			}
			return
		}
		for z := max(w.MinZoom, least); z <= min(w.MaxZoom, deepest); z++ {
			all, err := a.numbers(ctx, w, z)
			if err != nil {
				yield(Stretch{}, err)
				return
			}
			for _, s := range all {
				if !yield(s, nil) {
					return
				}
			}
		}
	}
}

func (a *mb) Within(ctx context.Context, w Window) iter.Seq2[Tile, error] {
	return func(yield func(Tile, error) bool) {
		for s, err := range a.Sizes(ctx, w) {
			t := Tile{}
			if err == nil {
				t.Z, t.X, t.Y, _ = pmtiles.ZXY(s.ID)
				t.Data, err = a.r.SelectTile(ctx, t.Z, t.X, t.Y)
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}

func (a *mb) Verify(ctx context.Context, check func(Tile) error, fault func(string) bool) error {
	return a.r.Verify(ctx, func(t mbtiles.Tile) error { return check(Tile(t)) }, fault)
}
