package tiles

import (
	"bytes"
	"context"
	"math"
	"math/rand"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/project"

	"wanmi/gis"
)

// plateTiles are the tiles around the city at zooms of the geographic matrix set, found by hand: 2^z columns from -180°, from 90° down.
func plateTiles(lo, hi maptile.Zoom, n int) []maptile.Tile {
	var ts []maptile.Tile
	for z := lo; z <= hi; z++ {
		side := 360 / math.Exp2(float64(z))
		x, y := int((cityCentre[0]+180)/side), int((90-cityCentre[1])/side)
		for dx := -n; dx <= n; dx++ {
			for dy := -n; dy <= n; dy++ {
				if y+dy >= 0 && y+dy < 1<<z/2 && x+dx >= 0 {
					ts = append(ts, maptile.New(uint32(x+dx), uint32(y+dy), z))
				}
			}
		}
	}
	return ts
}

// TestGeographicAgainstOrb holds points and cells against the same projected by hand from longitude and latitude and clipped by orb: all that
// is there, and the bounds of each, are right to a tile unit.
func TestGeographicAgainstOrb(t *testing.T) {
	m := city(t, 2, 1500, 2000)
	s := build(t, m, nil).Geographic()
	seen := 0
	for _, name := range []string{"component", "unit_grid"} {
		for _, a := range plateTiles(15, 19, 1) {
			unit := 360 / math.Exp2(float64(a.Z)) / 4096
			toTile := func(p orb.Point) orb.Point {
				return orb.Point{(p[0]+180)/unit - float64(a.X)*4096, (90-p[1])/unit - float64(a.Y)*4096}
			}
			got := map[int64]orb.Bound{}
			if l := decode(t, mustTile(t, s, []string{name}, a).Raw())[name]; l != nil {
				for _, f := range l.Features {
					got[int64(f.ID.(float64))] = f.Geometry.Bound()
				}
			}
			for f := range m.Features(context.Background(), name, orb.Bound{}) {
				if f.Text("status") == "void" {
					continue
				}
				b, ok := got[f.ID]
				delete(got, f.ID)
				g := clip.Geometry(orb.Bound{Min: orb.Point{-64, -64}, Max: orb.Point{4160, 4160}}, project.Geometry(orb.Clone(f.Geom), toTile))
				if g == nil || g.Bound().IsEmpty() {
					if ok && !nearEdge(b) {
						t.Errorf("%v %s %d at %v: should not be there", a, name, f.ID, b)
					}
					continue
				}
				w := g.Bound()
				if !ok {
					if !nearEdge(w) {
						t.Errorf("%v %s %d at %v: is not there", a, name, f.ID, w)
					}
					continue
				}
				seen++
				slack := 0.6 // the tile's numbers are rounded down, world units before them
				if min(w.Min[0], w.Min[1]) <= -64 || max(w.Max[0], w.Max[1]) >= 4160 {
					slack = 6 // an outline is cut where its rounded sides meet the edge
				}
				for i := range 2 {
					if d, e := w.Min[i]-b.Min[i], w.Max[i]-b.Max[i]; min(d, e) < -slack || max(d, e) > 1+slack {
						t.Errorf("%v %s %d: %v, want %v", a, name, f.ID, b, w)
					}
				}
			}
			for id := range got {
				t.Errorf("%v %s %d: there is no such feature", a, name, id)
			}
		}
	}
	if seen < 1000 {
		t.Errorf("%d features compared, want 1000 and more", seen)
	}
}

func nearEdge(b orb.Bound) bool {
	return min(b.Max[0], b.Max[1]) <= -63 || max(b.Min[0], b.Min[1]) >= 4158
}

// TestGeographicEdits: edits go into a geographic set that is there, one made afterwards is the same, and no tile is an old one.
func TestGeographicEdits(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewSource(seed))
	m := city(t, seed, 1500, 1000)
	s := build(t, m, nil)
	early := s.Geographic()
	if s.Geographic() != early || early.Geographic() != early {
		t.Error("a geographic set is made twice")
	}
	names := allLayers(s)
	same := func(got, want *Set) {
		t.Helper()
		for _, a := range plateTiles(8, 18, 1) {
			g, w := mustTile(t, got, names, a), mustTile(t, want, names, a)
			if !bytes.Equal(g.Raw(), w.Raw()) || g.Thinned != w.Thinned {
				t.Fatalf("seed %d: %v: %d bytes, want %d", seed, a, len(g.Raw()), len(w.Raw()))
			}
		}
	}
	next := int64(1000)
	for range 4 {
		var ups []Update
		for range 1 + r.Intn(40) {
			ups = append(ups, randomUpdate(r, m, &next))
		}
		for _, a := range plateTiles(8, 18, 1) { // into the cache
			mustTile(t, s.Geographic(), names, a)
		}
		var err error
		if s, err = s.Apply(context.Background(), ups); err != nil {
			t.Fatal(err)
		}
		if s.geo.Load() == nil {
			t.Fatal("the geographic set is gone")
		}
		same(s.Geographic(), build(t, m, nil).Geographic())
	}
	if s, err := s.Reload(context.Background(), m, []string{"component"}, nil); err != nil {
		t.Fatal(err)
	} else {
		same(s.Geographic(), build(t, m, nil).Geographic())
	}
	if _, err := early.Tile(context.Background(), names, maptile.New(0, 4, 3), TileOptions{}); gis.KindOf(err) != gis.Invalid {
		t.Errorf("row 4 of 4 at zoom 3: %v", err)
	}
	if tile := mustTile(t, early, names, maptile.New(0, 0, 1)); tile.ETag == "" {
		t.Error("the western tile of zoom 1 has no tag")
	}
}

// BenchmarkGeographic is the first request of a geographic tile: the layers are laid out anew.
func BenchmarkGeographic(b *testing.B) {
	s := benchCity(b)
	b.ReportAllocs()
	start := cpu(b)
	for b.Loop() {
		s.relaid(nil, nil)
	}
	b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/1e6, "cpu-ms/op")
}

// TestGeographicWhileEdited asks for geographic tiles of the Set of the day while edits go on: the first asker has it made, and nobody gets a tile
// of another state than that of his Set.
func TestGeographicWhileEdited(t *testing.T) {
	const seed = 8
	r := rand.New(rand.NewSource(seed))
	m := city(t, seed, 1500, 300)
	first := build(t, m, nil)
	var now atomic.Pointer[Set]
	now.Store(first)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for a := range slices.Values(plateTiles(13, 17, 1)) {
				s := now.Load()
				tile, err := s.Geographic().Tile(context.Background(), []string{"component", "unit_grid"}, a, TileOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				again, err := s.Geographic().Tile(context.Background(), []string{"component", "unit_grid"}, a, TileOptions{})
				if err != nil || again.ETag != tile.ETag {
					t.Errorf("%v: %v, another tile of the same Set", a, err)
				}
			}
		})
	}
	go func() { readers.Wait(); close(done) }()
	next := int64(300)
	for {
		s, err := now.Load().Apply(context.Background(), []Update{randomUpdate(r, m, &next)})
		if err != nil {
			t.Fatal(err)
		}
		now.Store(s)
		select {
		case <-done:
		default:
			continue
		}
		break
	}
	got, want := now.Load().Geographic(), build(t, m, nil).Geographic()
	for _, a := range plateTiles(12, 17, 1) {
		if g, w := mustTile(t, got, allLayers(got), a), mustTile(t, want, allLayers(want), a); g.ETag != w.ETag {
			t.Errorf("%v: not what the state gives", a)
		}
	}
}
