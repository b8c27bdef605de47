package tiles

import (
	"bytes"
	"context"
	"errors"
	"math/rand"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
)

func randomUpdate(r *rand.Rand, m *memory, next *int64) Update {
	switch k := r.Intn(10); {
	case k < 2:
		*next++
		f := component(r, *next, 1500)
		m.put(f)
		return Update{Layer: "component", Key: f.Key, New: &f}
	case k < 4:
		id := 1 + r.Int63n(*next)
		old := m.get("component", id)
		if old == nil {
			return Update{Layer: "department"}
		}
		m.drop("component", id)
		return Update{Layer: "component", Key: old.Key, Old: old}
	case k < 8:
		id := 1 + r.Int63n(*next)
		old := m.get("component", id)
		f := component(r, id, 1500)
		m.put(f)
		return Update{Layer: "component", Key: f.Key, Old: old, New: &f}
	case k < 9:
		id := 1 + r.Int63n(50)
		old := m.get("road", id)
		f := road(r, id, 1500)
		m.put(f)
		return Update{Layer: "road", Key: f.Key, Old: old, New: &f}
	default:
		id := 1 + r.Int63n(100)
		old := m.get("unit_grid", id)
		f := old.Clone()
		f.Set("status", []string{"valid", "void"}[r.Intn(2)])
		m.put(f)
		return Update{Layer: "unit_grid", Key: f.Key, Old: old, New: &f}
	}
}

func sameAsScratch(t *testing.T, s *Set, m *memory, seed int64, step int) {
	t.Helper()
	fresh := build(t, m, func(c *Config) { c.CacheBytes = -1 })
	names := allLayers(s)
	for _, a := range around(10, 18, cityCentre, 1) {
		got, want := mustTile(t, s, names, a), mustTile(t, fresh, names, a)
		if !bytes.Equal(got.Raw(), want.Raw()) || got.ETag != want.ETag || got.Thinned != want.Thinned {
			t.Fatalf("seed %d step %d: tile %v differs from one built from scratch: %d bytes, want %d", seed, step, a, got.Size, want.Size)
		}
	}
}

func TestApplyEqualsScratch(t *testing.T) {
	const seed = 5
	r := rand.New(rand.NewSource(seed))
	m := city(t, seed, 1500, 1000)
	s := build(t, m, nil)
	next := int64(1000)
	for step := range 12 {
		var ups []Update
		for range 1 + r.Intn(40) {
			ups = append(ups, randomUpdate(r, m, &next))
		}
		var err error
		if s, err = s.Apply(context.Background(), ups); err != nil {
			t.Fatal(err)
		}
		sameAsScratch(t, s, m, seed, step)
	}
	for _, l := range s.layers { // and after tidying
		l.compact()
		l.since = s.core.versions.Add(1)
	}
	sameAsScratch(t, s, m, seed, -1)
}

// TestConcurrentEditsAndReaders edits while readers ask Sets of different age: every tile must be the one built from scratch of its own Set.
func TestConcurrentEditsAndReaders(t *testing.T) {
	const seed, steps, readers = 6, 40, 4
	r := rand.New(rand.NewSource(seed))
	m := city(t, seed, 1500, 600)
	next := int64(600)
	type version struct {
		set   *Set
		state *memory
	}
	var mu sync.Mutex
	vs := []version{{build(t, m, nil), m.clone()}}
	var done atomic.Bool
	var wg sync.WaitGroup
	names := []string{"component", "road", "unit_grid", "unit_grid_label"}
	addrs := around(12, 16, cityCentre, 1)
	type answer struct {
		v    int
		addr maptile.Tile
		etag string
	}
	answers := make([][]answer, readers)
	for k := range readers {
		wg.Go(func() {
			rr := rand.New(rand.NewSource(int64(100 + k)))
			for !done.Load() || len(answers[k]) < 400 {
				mu.Lock()
				i := max(0, len(vs)-1-rr.Intn(3))
				v := vs[i]
				mu.Unlock()
				a := addrs[rr.Intn(len(addrs))]
				tile, err := v.set.Tile(context.Background(), names, a, TileOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				answers[k] = append(answers[k], answer{i, a, tile.ETag})
				if len(answers[k]) >= 3000 {
					return
				}
			}
		})
	}
	for range steps {
		var ups []Update
		for range 1 + r.Intn(5) {
			ups = append(ups, randomUpdate(r, m, &next))
		}
		n, err := vs[len(vs)-1].set.Apply(context.Background(), ups)
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		vs = append(vs, version{n, m.clone()})
		mu.Unlock()
	}
	done.Store(true)
	wg.Wait()
	want := map[answer]bool{}
	scratch := map[int]*Set{}
	checked := 0
	for _, as := range answers {
		for _, a := range as {
			if want[a] {
				continue
			}
			if scratch[a.v] == nil {
				scratch[a.v] = build(t, vs[a.v].state, func(c *Config) { c.CacheBytes = -1 })
			}
			if got := mustTile(t, scratch[a.v], names, a.addr).ETag; got != a.etag {
				t.Fatalf("seed %d: set %d tile %v: ETag %s, built from scratch %s", seed, a.v, a.addr, a.etag, got)
			}
			want[a] = true
			checked++
		}
	}
	if checked < 100 {
		t.Errorf("only %d tiles were compared", checked)
	}
}

func TestEditKeepsOtherTilesCached(t *testing.T) {
	m := city(t, 8, 1500, 500)
	s := build(t, m, nil)
	far, near := maptile.At(at(-600, -600), 17), maptile.At(at(10, 10), 17)
	names := []string{"component", "unit_grid"}
	f0, n0 := mustTile(t, s, names, far), mustTile(t, s, names, near)
	f := feature("component", 99999, at(10, 10), map[string]any{"class": "01001"})
	s2, err := s.Apply(context.Background(), []Update{{Layer: "component", New: &f}})
	if err != nil {
		t.Fatal(err)
	}
	if got := mustTile(t, s2, names, far); got != f0 {
		t.Error("a tile far from the edit was written again")
	}
	if got := mustTile(t, s2, names, near); got.ETag == n0.ETag {
		t.Error("the tile of the edit is the old one")
	}
	if got := mustTile(t, s, names, near); got != n0 {
		t.Error("the old set has another tile after the edit")
	}
	if got := mustTile(t, s2, []string{"unit_grid"}, near); got.ETag != mustTile(t, s, []string{"unit_grid"}, near).ETag {
		t.Error("a layer without an edit changed")
	}
	m.put(f)
	s3, err := s2.Reload(context.Background(), m, []string{"component", "department"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := mustTile(t, s3, names, near).ETag, mustTile(t, s2, names, near).ETag; got != want {
		t.Errorf("reloaded: ETag %s, want %s", got, want)
	}
}

func TestOneWriteForAll(t *testing.T) {
	s := build(t, city(t, 9, 1500, 4000), nil)
	a := maptile.At(cityCentre, 14)
	var wg sync.WaitGroup
	tiles := make([]*Tile, 32)
	for i := range tiles {
		wg.Go(func() { tiles[i] = mustTile(t, s, []string{"component", "road"}, a) })
	}
	wg.Wait()
	for _, tile := range tiles {
		if tile != tiles[0] {
			t.Fatal("concurrent requests got different tiles")
		}
	}
	if st := s.Stats(); st.Misses != 1 {
		t.Errorf("written %d times, want once", st.Misses)
	}
}

func TestCancel(t *testing.T) {
	s := build(t, city(t, 10, 1500, 100), nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Tile(ctx, []string{"component"}, maptile.At(cityCentre, 14), TileOptions{}); gis.KindOf(err) != gis.Canceled {
		t.Errorf("got %v, want a cancelled request", err)
	}
	// One of two waiters leaves: the other gets the tile. Both leave: the work ends.
	c := s.core
	started := make(chan struct{})
	release := make(chan struct{})
	var ended atomic.Int32
	write := func(ctx context.Context) (*Tile, error) {
		started <- struct{}{}
		select {
		case <-release:
			return &Tile{ETag: "x"}, nil
		case <-ctx.Done():
			ended.Add(1)
			return nil, ctx.Err()
		}
	}
	one, leave := context.WithCancel(context.Background())
	errs := make(chan error, 2)
	go func() { _, _, err := c.tile(one, key{spec: "t"}, write); errs <- err }()
	<-started
	got := make(chan *Tile, 1)
	go func() { t, _, _ := c.tile(context.Background(), key{spec: "t"}, write); got <- t }()
	for c.made.Joined() == 0 {
		select {
		case <-started:
			t.Fatal("written twice")
		default:
		}
	}
	leave() // who writes goes on for the other
	close(release)
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	if tile := <-got; tile == nil || tile.ETag != "x" {
		t.Errorf("who stayed got %v", tile)
	}
	release = make(chan struct{})
	two, leave2 := context.WithCancel(context.Background())
	go func() { _, _, err := c.tile(two, key{spec: "u"}, write); errs <- err }()
	<-started
	leave2()
	<-errs
	if n := c.made.Running(); n != 0 {
		t.Errorf("%d tiles are still being written", n)
	}
}
