package city_test

import (
	"context"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/data"
	"wanmi/data/gpkg"
	"wanmi/gis"
	"wanmi/tiles"
)

func load(t *testing.T) (*gpkg.Store, *city.Live) {
	t.Helper()
	s := citytest.Store(t)
	live, err := city.Load(t.Context(), s, city.Config{Geocode: citytest.Geocode()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, live
}

// near returns the codes of the components within 30 m of a point, nearest first.
func near(v *city.View, p orb.Point) []string {
	var out []string
	for c := range v.Components.Near(p, 30, nil) {
		out = append(out, c.Code)
	}
	return out
}

// tileTag returns the tag of the component tile at zoom 18 that holds a point.
func tileTag(t *testing.T, v *city.View, layer string, p orb.Point) string {
	t.Helper()
	tile, err := v.Tiles.Tile(t.Context(), []string{layer}, maptile.At(p, 17), tiles.TileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return tile.ETag
}

func TestWriteIsInTheNextView(t *testing.T) {
	_, live := load(t)
	at, to := citytest.At(-15, 13), citytest.At(-70, 70)
	before := live.View()
	if got := near(before, at); len(got) != 1 || got[0] != citytest.Cover {
		t.Fatalf("near the crossing: got %v, want %s", got, citytest.Cover)
	}
	tag := tileTag(t, before, "component", at)
	gen, err := live.Write(t.Context(), data.WriteInfo{Actor: "test"}, func(tx data.Tx) error {
		f, err := tx.Feature("component", citytest.Cover)
		if err != nil {
			return err
		}
		f = f.Clone()
		f.Geom = to
		_, _, err = tx.Put(&f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	after := live.View()
	if after.Gen != gen || after.Gen != before.Gen+1 {
		t.Errorf("generation: got %d, want %d", after.Gen, gen)
	}
	if got := near(after, at); len(got) != 0 {
		t.Errorf("at the old place: got %v, want none", got)
	}
	if got := near(after, to); len(got) != 1 || got[0] != citytest.Cover {
		t.Errorf("at the new place: got %v, want %s", got, citytest.Cover)
	}
	if got := near(before, at); len(got) != 1 {
		t.Errorf("the old view has changed: got %v", got)
	}
	if tileTag(t, after, "component", at) == tag || tileTag(t, before, "component", at) != tag {
		t.Error("the tile must change in the new view and stay in the old")
	}
}

// An edit made while a layer is read again after a bulk write does not wait for that, and is in the View when the bulk write returns.
func TestEditWhileReadAgain(t *testing.T) {
	store := citytest.Store(t)
	var live *city.Live
	var edited gis.Generation
	edit := func(info data.WriteInfo, note string) gis.Generation {
		gen, err := live.Write(t.Context(), info, func(tx data.Tx) error {
			f, err := tx.Feature("component", citytest.Cover)
			if err != nil {
				return err
			}
			f = f.Clone()
			f.Set("name", note)
			_, _, err = tx.Put(&f)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		return gen
	}
	aside := func(int) (func(fn func()), func()) {
		if edited == 0 {
			edited = edit(data.WriteInfo{Actor: "editor"}, "井盖二")
		}
		return func(fn func()) { go fn() }, func() {}
	}
	var err error
	if live, err = city.Load(t.Context(), store, city.Config{Geocode: citytest.Geocode(), Aside: aside}, nil); err != nil {
		t.Fatal(err)
	}
	bulk := edit(data.WriteInfo{Actor: "survey", Bulk: true}, "井盖一")
	v := live.View()
	if edited != bulk+1 || v.Gen != edited {
		t.Errorf("the bulk write is generation %d, the edit beside its reading %d, the View %d; want the View at the edit", bulk, edited, v.Gen)
	}
	for c := range v.Components.Near(citytest.At(-15, 13), 30, nil) {
		if c.Name != "井盖二" {
			t.Errorf("the View has %q, want what the edit wrote", c.Name)
		}
	}
}

func TestDeleteAndReinsert(t *testing.T) {
	_, live := load(t)
	at := citytest.At(-15, 13)
	write := func(fn func(data.Tx) error) {
		t.Helper()
		if _, err := live.Write(t.Context(), data.WriteInfo{Actor: "test"}, fn); err != nil {
			t.Fatal(err)
		}
	}
	write(func(tx data.Tx) error { return tx.Delete("component", citytest.Cover) })
	v := live.View()
	if got := near(v, at); len(got) != 0 {
		t.Errorf("after the deletion: got %v, want none", got)
	}
	gone := tileTag(t, v, "component", at)
	write(func(tx data.Tx) error {
		f := citytest.Component(citytest.Cover, "01002", "污水井盖", at, citytest.NorthWest, citytest.Drainage)
		_, _, err := tx.Put(&f)
		return err
	})
	v = live.View()
	if got := near(v, at); len(got) != 1 {
		t.Errorf("after the return: got %v, want one", got)
	}
	// Deleted and put back in one write: another id, the same key.
	write(func(tx data.Tx) error {
		if err := tx.Delete("component", citytest.Cover); err != nil {
			return err
		}
		f := citytest.Component(citytest.Cover, "01002", "污水井盖", citytest.At(-70, 70), citytest.NorthWest, citytest.Drainage)
		_, _, err := tx.Put(&f)
		return err
	})
	if got := near(live.View(), at); len(got) != 0 {
		t.Errorf("after the move by deletion: got %v, want none", got)
	}
	// The tile at the old place keeps nothing of either row, whatever stands around it.
	write(func(tx data.Tx) error { return tx.Delete("component", citytest.Cover) })
	if got := tileTag(t, live.View(), "component", at); got != gone {
		t.Errorf("tile after all is gone: tag %s, want %s", got, gone)
	}
}

// A layer without history: what is deleted there makes the layer be read again.
func TestDeleteWithoutHistory(t *testing.T) {
	s, live := load(t)
	var key string
	for f, err := range s.Features(t.Context(), "poi", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		key = f.Key
	}
	at := citytest.At(50, -50)
	if tileTag(t, live.View(), "poi", at) == "" {
		t.Fatal("the town has no POI tile")
	}
	if _, err := live.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { return tx.Delete("poi", key) }); err != nil {
		t.Fatal(err)
	}
	tile, err := live.View().Tiles.Tile(t.Context(), []string{"poi"}, maptile.At(at, 17), tiles.TileOptions{})
	if err != nil || tile.Size != 0 {
		t.Errorf("tile after the deletion: %d bytes, %v; want none", tile.Size, err)
	}
}

func TestFailedWriteChangesNothing(t *testing.T) {
	_, live := load(t)
	before := live.View()
	_, err := live.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error {
		if err := tx.Delete("component", citytest.Cover); err != nil {
			return err
		}
		return gis.E(gis.Stale, nil, "no")
	})
	if gis.KindOf(err) != gis.Stale {
		t.Errorf("error: got %v, want the function's own", err)
	}
	if live.View() != before {
		t.Error("the view was swapped by a write that failed")
	}
}

func TestFollow(t *testing.T) {
	s, live := load(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		live.Follow(ctx, 10*time.Millisecond, func(err error) { t.Error(err) })
	}()
	// As another process does: past Live, in bulk, so that the log says "read the layer again".
	to := citytest.At(70, 70)
	gen, err := s.Write(ctx, data.WriteInfo{Actor: "other", Bulk: true}, func(tx data.Tx) error {
		f := citytest.Component("37088301002000009", "01002", "污水井盖", to, citytest.NorthEast, citytest.Drainage)
		_, _, err := tx.Put(&f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for live.View().Gen != gen {
		if time.Now().After(deadline) {
			t.Fatalf("generation after 10 s: got %d, want %d", live.View().Gen, gen)
		}
		time.Sleep(5 * time.Millisecond)
	}
	if got := near(live.View(), to); len(got) != 1 {
		t.Errorf("near the new cover: got %v, want one", got)
	}
	stop()
	<-done
}

func TestAreasAndDepartments(t *testing.T) {
	_, live := load(t)
	v := live.View()
	if c, ok := v.Communities.At(citytest.At(-50, 50)); !ok || c.Name != "铁西社区" {
		t.Errorf("community of the north-west: got %v %v, want 铁西社区", c, ok)
	}
	if _, ok := v.Streets.At(citytest.At(500, 0)); ok {
		t.Error("a street where there is none")
	}
	for _, tt := range []struct{ class, area, want string }{
		{"01002", citytest.West, citytest.Drainage},
		{"01037", citytest.East, citytest.Lighting},
		{"01037", "370999001001", ""}, // outside its area
		{"05001", citytest.West, ""},
	} {
		d, ok := v.Departments.Responsible(tt.class, tt.area)
		if got := ok; got != (tt.want != "") || ok && d.Code != tt.want {
			t.Errorf("responsible for %s in %s: got %v, want %q", tt.class, tt.area, d, tt.want)
		}
	}
}
