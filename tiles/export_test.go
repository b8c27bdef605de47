package tiles

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/tiles/archive"
	"wanmi/tiles/mbtiles"
	"wanmi/tiles/pmtiles"
)

func TestExport(t *testing.T) {
	ctx := context.Background()
	s := build(t, city(t, 12, 1500, 800), nil)
	names := []string{"community", "road", "unit_grid", "component", "unit_grid_label"}
	dir := t.TempDir()
	var results []ExportResult
	for _, n := range []string{"a.mbtiles", "a.pmtiles"} {
		file := filepath.Join(dir, n)
		steps := 0
		res, err := Export(ctx, s, file, ExportOptions{Layers: names, MaxZoom: 16, Progress: func(_ string, done, total int64) {
			if steps++; done > total {
				t.Errorf("%d of %d", done, total)
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		if steps == 0 || res.Tiles < 50 || res.MinZoom != 8 || res.MaxZoom != 16 {
			t.Errorf("%s: %+v, %d steps", n, res, steps)
		}
		results = append(results, res)
		first, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Export(ctx, s, file, ExportOptions{Layers: names, MaxZoom: 16, Threads: 1}); err != nil {
			t.Fatal(err)
		}
		if again, err := os.ReadFile(file); err != nil || !bytes.Equal(first, again) {
			t.Errorf("%s: a second export differs (%v)", n, err)
		}
	}
	if es, err := os.ReadDir(dir); err != nil || len(es) != 2 {
		t.Errorf("in the folder: %v, %v", es, err)
	}
	if results[0].Tiles != results[1].Tiles || results[0].Unique != results[1].Unique || results[0].Thinned != results[1].Thinned {
		t.Errorf("the archives differ: %+v and %+v", results[0], results[1])
	}
	readBack(t, s, names, dir, results[0].Tiles)
}

// readBack compares both archives with the Set, and the Set with them: no tile with something in it may be missing.
func readBack(t *testing.T, s *Set, names []string, dir string, tiles int64) {
	t.Helper()
	ctx := context.Background()
	m, err := mbtiles.Open(ctx, filepath.Join(dir, "a.mbtiles"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	p, err := pmtiles.Open(ctx, filepath.Join(dir, "a.pmtiles"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	n := int64(0)
	for tile, err := range m.SelectAllTiles(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		want := mustTile(t, s, names, maptile.New(tile.X, tile.Y, maptile.Zoom(tile.Z)))
		if !bytes.Equal((&Tile{Gzip: tile.Data}).Raw(), want.Raw()) || len(tile.Data) > len(want.Gzip) {
			t.Errorf("mbtiles %d/%d/%d differs from what the set serves, or takes more", tile.Z, tile.X, tile.Y)
		}
		if got, err := p.Tile(ctx, tile.Z, tile.X, tile.Y); err != nil || !bytes.Equal(got, tile.Data) {
			t.Errorf("pmtiles %d/%d/%d: %v", tile.Z, tile.X, tile.Y, err)
		}
	}
	if n != tiles {
		t.Errorf("mbtiles holds %d tiles, want %d", n, tiles)
	}
	for _, a := range around(9, 16, cityCentre, 3) {
		proper := false
		for _, l := range decode(t, mustTile(t, s, names, a).Raw()) {
			for _, f := range l.Features {
				b := f.Geometry.Bound()
				proper = proper || b.Max[0] >= 1 && b.Max[1] >= 1 && b.Min[0] < 4095 && b.Min[1] < 4095
			}
		}
		if _, err := m.SelectTile(ctx, uint8(a.Z), a.X, a.Y); proper && err != nil {
			t.Errorf("%v has features and is not in the archive: %v", a, err)
		}
	}
	var j struct {
		VectorLayers []VectorLayer `json:"vector_layers"`
	}
	v, err := m.SelectMetadata(ctx, "json")
	if err != nil || json.Unmarshal([]byte(v), &j) != nil || len(j.VectorLayers) != len(names) {
		t.Errorf("json metadata %s, %v", v, err)
	}
	if raw, err := p.Metadata(ctx); err != nil || json.Unmarshal(raw, &j) != nil || len(j.VectorLayers) != len(names) {
		t.Errorf("pmtiles metadata %s, %v", raw, err)
	}
}

func TestExportBound(t *testing.T) {
	ctx := context.Background()
	s := build(t, city(t, 13, 1500, 300), nil)
	file := filepath.Join(t.TempDir(), "b.pmtiles")
	b := orb.Bound{Min: at(-100, -100), Max: at(100, 100)}
	if _, err := Export(ctx, s, file, ExportOptions{Layers: []string{"component"}, MinZoom: 15, MaxZoom: 17, Bound: b}); err != nil {
		t.Fatal(err)
	}
	r, err := pmtiles.Open(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for tile, err := range r.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if a := maptile.New(tile.X, tile.Y, maptile.Zoom(tile.Z)); !a.Bound().Intersects(b) || tile.Z < 15 || tile.Z > 17 {
			t.Errorf("%v is outside what was asked", a)
		}
	}
	if n == 0 {
		t.Error("no tiles")
	}
}

// TestExportResumes breaks an export off at several places: started again it takes over what there is, makes the rest and gives the
// same bytes; with other options, or of another state, it begins anew.
func TestExportResumes(t *testing.T) {
	s := build(t, city(t, 16, 1500, 800), nil)
	for _, n := range []string{"a.mbtiles", "a.pmtiles"} {
		dir := t.TempDir()
		file, whole := filepath.Join(dir, n), filepath.Join(dir, "whole"+n)
		o := ExportOptions{Layers: []string{"road", "unit_grid", "component"}, MaxZoom: 18, State: "generation 7"}
		want, err := Export(context.Background(), s, whole, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []int64{1, 3, 2} {
			ctx, cancel := context.WithCancel(context.Background())
			o.Progress = func(_ string, done, total int64) {
				if done > total*part/4 {
					cancel()
				}
			}
			if _, err := Export(ctx, s, file, o); !errors.Is(err, context.Canceled) {
				t.Fatalf("%s: %v", n, err)
			}
			if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("%s: a broken off export stands under its name: %v", n, err)
			}
			o.Progress = nil
		}
		for name, change := range map[string]func(*ExportOptions){
			"state": func(o *ExportOptions) { o.State = "generation 8" }, "layers": func(o *ExportOptions) { o.Layers = o.Layers[1:] },
			"zooms": func(o *ExportOptions) { o.MinZoom = 13 }, "bounds": func(o *ExportOptions) { o.Bound = orb.Bound{Min: at(-300, -300), Max: at(300, 300)} },
		} {
			other := o
			change(&other)
			copied := filepath.Join(dir, name+n)
			for _, suffix := range []string{".part", ".part.index"} {
				b, err := os.ReadFile(file + suffix)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(copied+suffix, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if res, err := Export(context.Background(), s, copied, other); err != nil || res.Resumed != 0 {
				t.Errorf("%s, other %s: %d tiles taken over, %v", n, name, res.Resumed, err)
			}
		}
		res, err := Export(context.Background(), s, file, o)
		if err != nil {
			t.Fatal(err)
		}
		if res.Resumed < want.Tiles/2 || res.Resumed >= want.Tiles || res.Tiles != want.Tiles || res.Thinned != want.Thinned || res.Unique != want.Unique {
			t.Errorf("%s: got %+v, want as %+v with half of it taken over", n, res, want)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(whole); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s: the bytes differ from an export in one go (%v)", n, err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*.part*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestExportVerifies holds exports against the rules of their formats.
func TestExportVerifies(t *testing.T) {
	s := build(t, city(t, 17, 1500, 800), nil)
	for name, o := range map[string]ExportOptions{
		"all.mbtiles": {MaxZoom: 17}, "all.pmtiles": {MaxZoom: 17}, "low.pmtiles": {MaxZoom: 13}, "points.mbtiles": {Layers: []string{"component"}, MaxZoom: 15},
		"part.pmtiles": {MinZoom: 14, MaxZoom: 16, Bound: orb.Bound{Min: at(-200, -200), Max: at(300, 300)}},
	} {
		file := filepath.Join(t.TempDir(), name)
		if _, err := Export(t.Context(), s, file, o); err != nil {
			t.Fatal(err)
		}
		a, err := archive.Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		if err := archive.Verify(t.Context(), a, func(f string) bool { t.Errorf("%s: %s", name, f); return true }); err != nil {
			t.Error(err)
		}
		a.Close()
	}
}

func TestExportFailures(t *testing.T) {
	s := build(t, city(t, 14, 1500, 300), nil)
	dir := t.TempDir()
	old := filepath.Join(dir, "old.mbtiles")
	if err := os.WriteFile(old, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Export(ctx, s, old, ExportOptions{Progress: func(string, int64, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled export: %v", err)
	}
	if b, err := os.ReadFile(old); err != nil || string(b) != "old" {
		t.Errorf("the file that was there: %q, %v", b, err)
	}
	for name, want := range map[string]gis.Kind{"x.zip": gis.Invalid, "none/x.mbtiles": gis.Invalid} {
		if _, err := Export(context.Background(), s, filepath.Join(dir, name), ExportOptions{}); gis.KindOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, o := range map[string]ExportOptions{
		"zooms": {MinZoom: 12, MaxZoom: 9}, "deep": {MaxZoom: 30}, "bounds": {Bound: orb.Bound{Min: orb.Point{10, 0}, Max: orb.Point{0, 10}}},
	} {
		if _, err := Export(context.Background(), s, filepath.Join(dir, "x.pmtiles"), o); gis.KindOf(err) != gis.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Export(context.Background(), s, filepath.Join(dir, "x.pmtiles"), ExportOptions{Layers: []string{"none"}}); gis.KindOf(err) != gis.NotFound {
		t.Errorf("unknown layer: %v", err)
	}
	elsewhere := orb.Bound{Min: orb.Point{1, 1}, Max: orb.Point{2, 2}}
	for _, n := range []string{"x.pmtiles", "x.mbtiles"} {
		if _, err := Export(context.Background(), s, filepath.Join(dir, n), ExportOptions{Bound: elsewhere, State: "1"}); gis.KindOf(err) != gis.Invalid {
			t.Errorf("nothing to write: %v", err)
		}
	}
	es, err := os.ReadDir(dir)
	if err != nil || len(es) != 1 {
		t.Errorf("left in the folder: %v, %v", es, err)
	}
}

func TestCatalogAndTileJSON(t *testing.T) {
	s := build(t, city(t, 15, 1500, 300), nil)
	names := map[string]LayerInfo{}
	for _, l := range s.Catalog() {
		names[l.Name] = l
	}
	for _, n := range []string{"street", "community", "land", "water", "building", "rail", "road", "unit_grid", "work_grid", "component", "door", "poi", "case"} {
		if _, ok := names[n]; !ok {
			t.Errorf("no layer %s", n)
		}
	}
	for _, l := range gis.Layers {
		if _, ok := names[l.Name]; ok != l.Served {
			t.Errorf("layer %s: served %t, in the catalogue %t", l.Name, l.Served, ok)
		}
	}
	if l := names["unit_grid_label"]; l.From != "unit_grid" || l.Geometry != "point" || l.Count == 0 {
		t.Errorf("unit_grid_label: %+v", l)
	}
	if names["street"].Bounds != nil || names["component"].Bounds == nil || names["component"].Count != 300 {
		t.Errorf("street %v, component %v, %d", names["street"].Bounds, names["component"].Bounds, names["component"].Count)
	}
	j, err := s.TileJSON([]string{"component", "unit_grid"}, "https://example.org/base/")
	if err != nil {
		t.Fatal(err)
	}
	if j.TileJSON != "3.0.0" || len(j.Tiles) != 1 || j.Tiles[0] != "https://example.org/base/tiles/unit_grid,component/{z}/{x}/{y}.mvt" {
		t.Errorf("%s %v", j.TileJSON, j.Tiles)
	}
	if j.MinZoom != 8 || j.MaxZoom != 18 || len(j.VectorLayers) != 2 || j.VectorLayers[0].Fields["area_m2"] != "Number" ||
		j.VectorLayers[0].Fields["locked"] != "Boolean" || j.VectorLayers[1].Fields["code"] != "String" || j.VectorLayers[1].Fields["point_count"] != "Number" {
		t.Errorf("%+v", j)
	}
	b := orb.Bound{Min: orb.Point{j.Bounds[0], j.Bounds[1]}, Max: orb.Point{j.Bounds[2], j.Bounds[3]}}
	if !b.Contains(cityCentre) || b.Max[0]-b.Min[0] > 0.1 || !b.Contains(orb.Point{j.Center[0], j.Center[1]}) || j.Center[2] < 12 {
		t.Errorf("bounds %v center %v", j.Bounds, j.Center)
	}
	if _, err := s.TileJSON([]string{"none"}, ""); gis.KindOf(err) != gis.NotFound {
		t.Errorf("unknown layer: %v", err)
	}
}
