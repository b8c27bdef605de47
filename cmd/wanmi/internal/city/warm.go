package city

import (
	"context"
	"time"

	"wanmi/tiles"
)

// KeepWarm fills the cache of tiles each time layers have been read again after a bulk write, until ctx ends. It is one goroutine, by the side
// ([Aside]) where there is one. Edits meanwhile are in the tiles; another bulk write begins it anew. done is told how each ended, with the
// error when it did not come to its end.
func (l *Live) KeepWarm(ctx context.Context, o tiles.WarmOptions, done func(w tiles.Warmed, took time.Duration, err error)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.reloaded:
		}
		for again := true; again; {
			began := time.Now()
			var w tiles.Warmed
			var err error
			w, again, err = l.warm(ctx, o)
			done(w, time.Since(began), err)
		}
	}
}

// warm fills the cache once; again is true when another bulk write has broken it off.
func (l *Live) warm(ctx context.Context, o tiles.WarmOptions) (w tiles.Warmed, again bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	start, end := func(fn func()) { go fn() }, func() {}
	if l.cfg.Aside != nil {
		start, end = l.cfg.Aside(1)
	}
	defer end()
	finished := make(chan struct{})
	start(func() {
		defer close(finished)
		w, err = tiles.Warm(ctx, func() *tiles.Set { return l.View().Tiles }, o)
	})
	select {
	case <-finished:
		return w, false, err
	case <-ctx.Done():
	case <-l.reloaded:
		again = true
	}
	stop()
	<-finished
	return w, again, err
}
