package tiles

import (
	"context"
	"slices"
	"time"

	"github.com/paulmach/orb/maptile"

	"wanmi/tiles/archive"
	"wanmi/tiles/pmtiles"
)

// addresses lists the numbers of the tiles the bounds of features reach, in rising order.
func (e *export) addresses(ctx context.Context) ([]uint64, error) {
	last := e.json.MaxZoom
	var deepest []uint64
	room := 1 << 16
	tidy := func() { // many features share a tile
		slices.Sort(deepest)
		deepest = slices.Compact(deepest)
		room = max(2*len(deepest), 1<<16)
	}
	for _, l := range e.req.layers {
		n := 0
		for i := range l.alive(e.bound) {
			b := l.rows.bound(i)
			if !b.touches(e.bound) || int(l.rows.from(i)) > last {
				continue
			}
			b = box{max(b.x0, e.bound.x0), max(b.y0, e.bound.y0), min(b.x1, e.bound.x1), min(b.y1, e.bound.y1)}
			down := 32 - last
			for x := b.x0 >> down; x <= b.x1>>down; x++ {
				for y := b.y0 >> down; y <= b.y1>>down; y++ {
					if len(deepest) >= room {
						tidy()
					}
					deepest = append(deepest, pmtiles.ID(uint8(last), x, y))
				}
			}
			if n++; n&0xfff == 0 && ctx.Err() != nil {
				break
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	tidy()
	zooms := [][]uint64{deepest}
	for z := last; z > e.json.MinZoom; z-- {
		above := make([]uint64, 0, len(deepest)/3)
		for _, id := range deepest {
			if p := pmtiles.Parent(id); len(above) == 0 || above[len(above)-1] != p {
				above = append(above, p)
			}
		}
		zooms = append(zooms, above)
		deepest = above
	}
	slices.Reverse(zooms)
	return slices.Concat(zooms...), nil
}

// run writes the tiles that are not in the archive yet: workers make batches of them, which are added in order.
func (e *export) run(ctx context.Context, out *archive.Writer, ids []uint64) error {
	total := int64(len(ids))
	first, _ := slices.BinarySearch(ids, out.Next())
	ids = ids[first:]
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	const size = 32
	type batch struct {
		ids   []uint64
		tiles []*Tile
		err   error
		done  chan struct{}
	}
	jobs := make(chan *batch)
	order := make(chan *batch, 4*e.threads) // bounds what lies in memory
	for range e.threads {
		go func() {
			w := &writer{archive: new(zipper)}
			for b := range jobs {
				b.tiles, b.err = e.write(ctx, w, b.ids)
				close(b.done)
			}
		}()
	}
	go func() {
		defer close(order)
		defer close(jobs)
		for part := range slices.Chunk(ids, size) {
			b := &batch{ids: part, done: make(chan struct{})}
			select {
			case order <- b:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- b:
			case <-ctx.Done():
				b.err = ctx.Err()
				close(b.done)
				return
			}
		}
	}()
	done, kept := int64(first), time.Now()
	e.progress.Tell("tiles", done, total)
	for b := range order {
		if err := ctx.Err(); err != nil { // not after all that is made already
			return err
		}
		<-b.done
		if b.err != nil {
			return b.err
		}
		for i, t := range b.tiles {
			if len(t.Gzip) == 0 {
				continue
			}
			z, x, y, _ := pmtiles.ZXY(b.ids[i])
			if err := out.AddNoted(z, x, y, t.Gzip, uint32(t.Thinned)); err != nil {
				return err
			}
		}
		done += int64(len(b.ids))
		if now := time.Now(); now.Sub(kept) > 2*time.Second { // this much is lost when the process is killed
			kept = now
			if err := out.Flush(); err != nil {
				return err
			}
		}
		e.progress.Tell("tiles", done, total)
	}
	return ctx.Err()
}

func (e *export) write(ctx context.Context, w *writer, ids []uint64) ([]*Tile, error) {
	ts := make([]*Tile, len(ids))
	for i, id := range ids {
		z, x, y, _ := pmtiles.ZXY(id)
		t, err := e.set.write(ctx, w, e.req, frameOf(maptile.New(x, y, maptile.Zoom(z))))
		if err != nil {
			return nil, err
		}
		ts[i] = t
	}
	return ts, nil
}
