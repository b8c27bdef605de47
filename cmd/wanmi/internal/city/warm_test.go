package city_test

import (
	"context"
	"testing"
	"time"

	"github.com/paulmach/orb/maptile"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/data"
	"wanmi/gis"
	"wanmi/tiles"
)

type ended struct {
	w    tiles.Warmed
	took time.Duration
	err  error
}

// warmed starts KeepWarm and returns what it tells.
func warmed(t *testing.T, live *city.Live, o tiles.WarmOptions) (done chan ended, stop func()) {
	t.Helper()
	done = make(chan ended, 16)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		defer close(over)
		live.KeepWarm(ctx, o, func(w tiles.Warmed, took time.Duration, err error) { done <- ended{w, took, err} })
	}()
	return done, func() {
		cancel()
		<-over
	}
}

func bulk(t *testing.T, live *city.Live) {
	t.Helper()
	if _, err := live.Write(t.Context(), data.WriteInfo{Actor: "test", Bulk: true}, func(tx data.Tx) error {
		f, err := tx.Feature("component", citytest.Cover)
		if err != nil {
			return err
		}
		f = f.Clone()
		f.Geom = citytest.At(10, 10)
		_, _, err = tx.Put(&f)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func next(t *testing.T, done chan ended) ended {
	t.Helper()
	select {
	case e := <-done:
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was told for 20 s")
	}
	return ended{}
}

func TestKeepWarm(t *testing.T) {
	store, live := load(t)
	sets := [][]string{{"unit_grid", "component"}, {"road"}}
	done, stop := warmed(t, live, tiles.WarmOptions{Sets: sets, MaxZoom: 15})
	defer stop()
	if _, err := live.Write(t.Context(), data.WriteInfo{Actor: "test"}, func(tx data.Tx) error {
		f, err := tx.Feature("component", citytest.Cover)
		if err != nil {
			return err
		}
		f = f.Clone()
		f.Geom = citytest.At(20, 20)
		_, _, err = tx.Put(&f)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	bulk(t, live)
	e := next(t, done)
	if e.err != nil || e.w.Cut || e.w.Zoom != 15 || e.w.Written < 10 || e.w.There != 0 {
		t.Errorf("after a bulk write: %+v", e)
	}
	select {
	case e := <-done:
		t.Errorf("a second time after one bulk write: %+v", e)
	default:
	}
	set := live.View().Tiles
	for _, layers := range sets {
		for z := 8; z <= 15; z++ {
			if lo, _, err := set.Zooms(layers); err != nil || z < lo {
				continue
			}
			at := maptile.At(citytest.Centre, maptile.Zoom(z))
			if _, how, err := set.Lookup(t.Context(), layers, at, tiles.TileOptions{}); err != nil || how != tiles.Hit {
				t.Errorf("%v %v: %s %v, want hit", layers, at, how, err)
			}
		}
	}
	if n := set.Stats().Warmed; n != int64(e.w.Written) {
		t.Errorf("%d warmed by the count of the set, %d told", n, e.w.Written)
	}
	// The tiles are those of the new state.
	plain, err := tiles.Build(t.Context(), store, tiles.DefaultConfig(), nil)
	if err != nil {
		t.Fatal(err)
	}
	at := maptile.At(citytest.Centre, 15)
	got, _ := set.Tile(t.Context(), sets[0], at, tiles.TileOptions{})
	want, _ := plain.Tile(t.Context(), sets[0], at, tiles.TileOptions{})
	if got.ETag != want.ETag || got.Size == 0 {
		t.Errorf("the warmed tile has tag %s, one of a set made anew %s", got.ETag, want.ETag)
	}
}

func TestKeepWarmIsBounded(t *testing.T) {
	_, live := load(t)
	done, stop := warmed(t, live, tiles.WarmOptions{Sets: [][]string{{"road"}}, MaxZoom: 18, Tiles: 7})
	bulk(t, live)
	if e := next(t, done); e.err != nil || !e.w.Cut || e.w.Written != 7 {
		t.Errorf("with 7 tiles allowed: %+v", e)
	}
	stop() // returns: nothing goes on
}

// TestKeepWarmStops ends it while it works.
func TestKeepWarmStops(t *testing.T) {
	_, live := load(t)
	o := tiles.WarmOptions{MaxZoom: 24, Tiles: 1_000_000}
	all := live.View().Tiles.Catalog()
	for i := range all { // thousands of tiles
		for _, other := range all[:i] {
			o.Sets = append(o.Sets, []string{all[i].Name, other.Name})
		}
	}
	done, stop := warmed(t, live, o)
	bulk(t, live)
	for live.View().Tiles.Stats().Warmed < 3 {
		time.Sleep(time.Millisecond)
	}
	stop()
	select {
	case e := <-done:
		if gis.KindOf(e.err) != gis.Canceled {
			t.Errorf("broken off: %+v, want canceled", e)
		}
	default:
		t.Error("nothing was told")
	}
}
