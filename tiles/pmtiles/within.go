package pmtiles

import (
	"context"
	"iter"
)

const (
	maxGroup = 4 << 20  // bytes of tile data read at once
	maxGap   = 64 << 10 // bytes between two wanted tiles that are read rather than asked for anew
)

// Within yields the tiles of a window in rising order of their numbers. Tiles that lie near one another in the file are read
// together. An error ends the sequence.
func (a *Reader) Within(ctx context.Context, w Window) iter.Seq2[Tile, error] {
	return func(yield func(Tile, error) bool) {
		var group []Run
		var lo, hi uint64 // of the group's data
		flush := func() bool {
			if len(group) == 0 {
				return true
			}
			ok := a.group(ctx, w, group, lo, hi, yield)
			group = group[:0]
			return ok
		}
		for r, err := range a.Runs(ctx, w) {
			if err != nil {
				if flush() {
					yield(Tile{}, err)
				}
				return
			}
			end := r.Offset + uint64(r.Length)
			near := len(group) > 0 && len(group) < 1<<14 && r.Offset >= lo && end > r.Offset && r.Offset <= hi+maxGap && max(end, hi)-lo <= maxGroup
			if !near {
				if !flush() {
					return
				}
				lo, hi = r.Offset, end
			}
			hi = max(hi, end)
			group = append(group, r)
		}
		flush()
	}
}

// group yields the tiles of runs whose data lies from lo to hi.
func (a *Reader) group(ctx context.Context, w Window, runs []Run, lo, hi uint64, yield func(Tile, error) bool) bool {
	data, err := a.part(ctx, a.data(), lo, hi-lo, MaxTile)
	if err != nil {
		yield(Tile{}, err)
		return false
	}
	for _, r := range runs {
		at := r.Offset - lo
		t := Tile{Data: data[at : at+uint64(r.Length) : at+uint64(r.Length)]}
		for i := range uint64(r.Count) {
			if i&0xffff == 0xffff && ctx.Err() != nil {
				yield(Tile{}, ctx.Err())
				return false
			}
			t.Z, t.X, t.Y, _ = ZXY(r.ID + i)
			if w.Has(t.Z, t.X, t.Y) && !yield(t, nil) {
				return false
			}
		}
	}
	return true
}

// All yields every tile in the order of the numbers. An error ends the sequence.
func (a *Reader) All(ctx context.Context) iter.Seq2[Tile, error] { return a.Within(ctx, Whole()) }
