package tiles

import (
	"bytes"
	"context"
	"math/rand"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/orb/maptile"
)

// prompts asks s for tiles at once and compares those it gives with want's. It returns how many there were.
func prompts(t *testing.T, s, want *Set, layers []string, as []maptile.Tile) (made int) {
	t.Helper()
	for _, a := range as {
		got, how := s.Prompt(layers, a)
		if got == nil {
			continue
		}
		made++
		w := mustTile(t, want, layers, a)
		if how != Miss || !bytes.Equal(got.Gzip, w.Gzip) || got.ETag != w.ETag || got.Size != w.Size || !reflect.DeepEqual(got.Counts, w.Counts) || got.Thinned != w.Thinned {
			t.Fatalf("tile %v of %v: %s, %d bytes, counts %v; want %d bytes, counts %v", a, layers, how, got.Size, got.Counts, w.Size, w.Counts)
		}
	}
	return made
}

// Tiles made at once are those Lookup makes, also of layers that have been edited: all small ones once there are plates, and no large ones.
func TestPrompt(t *testing.T) {
	const seed = 31
	r := rand.New(rand.NewSource(seed))
	m := city(t, seed, 1500, 3000)
	uncached := func(c *Config) { c.CacheBytes = -1 }
	s := build(t, m, uncached)
	roads, small, large := []string{"road"}, around(17, 22, cityCentre, 2), around(8, 12, cityCentre, 0)
	if n := prompts(t, s, s, roads, small[:1]); n != 0 {
		t.Error("a tile for which plates have to be made was made at once")
	}
	for _, a := range small {
		mustTile(t, s, allLayers(s), a)
	}
	next := int64(5000)
	for step := range 4 {
		fresh := build(t, m, uncached)
		for _, layers := range [][]string{roads, {"component"}, {"unit_grid", "component"}} {
			if n := prompts(t, s, fresh, layers, small); n != len(small) {
				t.Errorf("step %d: %d of %d tiles of %v were made at once", step, n, len(small), layers)
			}
		}
		if n := prompts(t, s, fresh, []string{"component"}, large); n != 0 {
			t.Errorf("step %d: %d tiles in which others stand for points were made at once", step, n)
		}
		if n := prompts(t, s, fresh, []string{"component"}, around(13, 13, cityCentre, 0)); n != 0 {
			t.Errorf("step %d: a tile of all components was made at once", step)
		}
		var ups []Update
		for range 200 {
			ups = append(ups, randomUpdate(r, m, &next))
		}
		var err error
		if s, err = s.Apply(t.Context(), ups); err != nil {
			t.Fatal(err)
		}
	}
	if tile, _ := s.Prompt([]string{"none"}, small[0]); tile != nil {
		t.Error("a layer that does not exist has a tile")
	}
	if tile, _ := s.Prompt(roads, maptile.Tile{X: 9, Y: 9, Z: 2}); tile != nil {
		t.Error("an address that does not exist has a tile")
	}
}

// What edits have added counts as what was there.
func TestPromptOfLateRows(t *testing.T) {
	m := newMemory()
	m.put(feature("component", 1, at(0, 0), map[string]any{"class": "01001"}))
	s, a := build(t, m, nil), maptile.At(at(0, 0), 18)
	for i := range int64(promptRows) {
		f := feature("component", 2+i, at(0, 0), map[string]any{"class": "01001"})
		var err error
		if s, err = s.Apply(t.Context(), []Update{{Layer: "component", New: &f}}); err != nil {
			t.Fatal(err)
		}
		if tile, _ := s.Prompt([]string{"component"}, a); (tile != nil) != (i+2 <= promptRows) {
			t.Fatalf("of %d components: made at once %t", i+2, tile != nil)
		}
	}
}

// Who must not wait does not: neither for another who makes the tile nor for room to make one. What is made is in the cache, and what cannot be
// made is left to Lookup, which says why.
func TestPromptDoesNotWait(t *testing.T) {
	s := build(t, city(t, 32, 1500, 300), nil)
	layers, a := []string{"component"}, maptile.At(cityCentre, 17)
	if _, err := s.Tile(t.Context(), layers, a, TileOptions{Properties: []string{"class"}}); err != nil { // makes the plates
		t.Fatal(err)
	}
	r, err := s.request(layers, TileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	k := s.key(&r, a, frameOf(a))
	started, release, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_, _, _ = s.core.made.Do(context.Background(), k, func(context.Context) (*Tile, error) {
			close(started)
			<-release
			return &Tile{}, nil
		})
	}()
	<-started
	if tile, _ := s.Prompt(layers, a); tile != nil {
		t.Error("a tile another is making was made")
	}
	close(release)
	<-done
	for range cap(s.core.slots) {
		s.core.slots <- struct{}{}
	}
	if tile, _ := s.Prompt(layers, a); tile != nil {
		t.Error("a tile was made where there was no room")
	}
	for range cap(s.core.slots) {
		<-s.core.slots
	}
	s.core.writers = sync.Pool{New: func() any { return new(Set) }} // which is no writer: it panics
	if tile, _ := s.Prompt(layers, a); tile != nil {
		t.Error("a tile that could not be made")
	}
	if _, err := s.Tile(t.Context(), layers, a, TileOptions{}); err == nil || !strings.Contains(err.Error(), "panic") {
		t.Errorf("got %v, want the panic", err)
	}
	s.core.writers = sync.Pool{New: func() any { return new(writer) }}
	first, how := s.Prompt(layers, a)
	again, how2 := s.Prompt(layers, a)
	if first == nil || again != first || how != Miss || how2 != Hit {
		t.Errorf("got %p %s, then %p %s, want one tile, made and from the cache", first, how, again, how2)
	}
	if st := s.Stats(); len(s.core.slots) != 0 || s.core.made.Running() != 0 || st.Tiles != 2 {
		t.Errorf("%d slots taken, %d running, %d tiles in the cache; want 0, 0, 2", len(s.core.slots), s.core.made.Running(), st.Tiles)
	}
}
