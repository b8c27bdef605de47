package archive_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/paulmach/orb"
	omvt "github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/tiles/archive"
	"wanmi/tiles/pmtiles"
)

func zip(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// vector makes a tile with a point in each of the layers, by another encoder than ours.
func vector(t *testing.T, value string, layers ...string) []byte {
	t.Helper()
	var ls omvt.Layers
	for _, n := range layers {
		fc := geojson.NewFeatureCollection()
		f := geojson.NewFeature(orb.Point{100, 200})
		f.Properties["value"] = value
		fc.Append(f)
		ls = append(ls, &omvt.Layer{Name: n, Version: 2, Extent: 4096, Features: fc.Features})
	}
	b, err := omvt.Marshal(ls)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var meta = archive.Meta{
	Name: "试验", Kind: "overlay", Version: "1", Attribution: "© 某市", Type: pmtiles.MVT, Compression: pmtiles.Gzip, MinZoom: 8, MaxZoom: 10,
	Bounds: [4]float64{116, 35, 118, 36}, Center: [3]float64{117, 35.5, 9},
	Layers: json.RawMessage(`[{"id":"a","description":"","minzoom":8,"maxzoom":10,"fields":{"value":"String"}},{"id":"b","description":"","fields":{"value":"String"}}]`),
	Other:  map[string]json.RawMessage{"generator": json.RawMessage(`"test"`)},
}

// city is a block of tiles at zooms 8 to 10: layer a everywhere, b in every second column.
func city(t *testing.T, file string, change func(a maptile.Tile, data []byte) []byte) {
	t.Helper()
	w, err := archive.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	type tile struct {
		id   uint64
		data []byte
	}
	var all []tile
	for z := maptile.Zoom(8); z <= 10; z++ {
		at := maptile.At(orb.Point{117, 35.5}, z)
		for x := at.X - 3; x <= at.X+3; x++ {
			for y := at.Y - 3; y <= at.Y+3; y++ {
				layers := []string{"a"}
				if x%2 == 0 {
					layers = append(layers, "b")
				}
				data := zip(t, vector(t, fmt.Sprint(x/2, z), layers...))
				if change != nil {
					data = change(maptile.New(x, y, z), data)
				}
				if data != nil {
					all = append(all, tile{pmtiles.ID(uint8(z), x, y), data})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b tile) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	for _, tl := range all {
		z, x, y, _ := pmtiles.ZXY(tl.id)
		if err := w.Add(z, x, y, tl.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(t.Context(), meta, nil); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, file string) archive.Archive {
	t.Helper()
	a, err := archive.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func both(t *testing.T, do func(t *testing.T, suffix string)) {
	for _, s := range []string{".mbtiles", ".pmtiles"} {
		t.Run(s[1:], func(t *testing.T) { do(t, s) })
	}
}

func faults(t *testing.T, a archive.Archive) []string {
	t.Helper()
	var out []string
	if err := archive.Verify(t.Context(), a, func(s string) bool { out = append(out, s); return true }); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBothFormatsAlike(t *testing.T) {
	dir := t.TempDir()
	var descriptions []string
	both(t, func(t *testing.T, suffix string) {
		file := filepath.Join(dir, "city"+suffix)
		city(t, file, nil)
		a := open(t, file)
		if got := faults(t, a); len(got) > 0 {
			t.Errorf("a good archive: %q", got)
		}
		m := a.Meta()
		if m.Name != meta.Name || m.Attribution != meta.Attribution || m.MinZoom != 8 || m.MaxZoom != 10 || m.Bounds != meta.Bounds || m.Center != meta.Center ||
			m.Type != pmtiles.MVT || string(m.Other["generator"]) != `"test"` {
			t.Errorf("metadata %+v", m)
		}
		d, err := archive.Describe(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if d.Tiles != 3*49 || len(d.Zooms) != 3 || d.Zooms[2].Tiles != 49 || len(d.Largest) != 10 {
			t.Errorf("%+v", d)
		}
		sum := int64(0)
		for _, b := range d.Histogram {
			sum += b.Tiles
		}
		if sum != d.Tiles {
			t.Errorf("the histogram has %d tiles", sum)
		}
		b, _ := json.Marshal(d)
		descriptions = append(descriptions, string(b))
		var layers []map[string]any
		if err := json.Unmarshal(m.Layers, &layers); err != nil || len(layers) != 2 {
			t.Errorf("layers %s, %v", m.Layers, err)
		}
	})
	if len(descriptions) == 2 && descriptions[0] != descriptions[1] {
		t.Errorf("described otherwise:\n%s\n%s", descriptions[0], descriptions[1])
	}
	zooms, err := archive.Diff(t.Context(), open(t, filepath.Join(dir, "city.mbtiles")), open(t, filepath.Join(dir, "city.pmtiles")), pmtiles.Whole(), func(c archive.Change) error {
		t.Errorf("%+v", c)
		return nil
	})
	if err != nil || len(zooms) != 3 || zooms[0].Same != 49 {
		t.Errorf("%+v, %v", zooms, err)
	}
}

func TestDiff(t *testing.T) {
	dir := t.TempDir()
	before, after := filepath.Join(dir, "a.mbtiles"), filepath.Join(dir, "b.pmtiles")
	city(t, before, nil)
	at := maptile.At(orb.Point{117, 35.5}, 9)
	gone, other, repacked := at, maptile.New(at.X+1, at.Y, 9), maptile.New(at.X, at.Y+1, 9)
	city(t, after, func(a maptile.Tile, data []byte) []byte {
		switch a {
		case gone:
			return nil
		case other:
			return zip(t, vector(t, "new", "a"))
		case repacked:
			m := archive.Meta{}
			raw, err := m.Unpack(data)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			w := gzip.NewWriter(&out)
			w.Name = "another" // in the header
			w.Write(raw)
			w.Close()
			if bytes.Equal(out.Bytes(), data) {
				t.Fatal("the tile is packed as it was")
			}
			return out.Bytes()
		}
		return data
	})
	var got []string
	zooms, err := archive.Diff(t.Context(), open(t, before), open(t, after), pmtiles.Whole(), func(c archive.Change) error {
		got = append(got, fmt.Sprintf("%d/%d/%d %s", c.Z, c.X, c.Y, c.What))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{fmt.Sprintf("9/%d/%d removed", gone.X, gone.Y), fmt.Sprintf("9/%d/%d changed", other.X, other.Y)}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || zooms[1] != (archive.ZoomDiff{Zoom: 9, Removed: 1, Changed: 1, Same: 47}) {
		t.Errorf("got %q, %+v", got, zooms)
	}
	zooms, err = archive.Diff(t.Context(), open(t, after), open(t, before), archive.Window{MinZoom: 9, MaxZoom: 9}, nil)
	if err != nil || len(zooms) != 1 || zooms[0] != (archive.ZoomDiff{Zoom: 9, Added: 1, Changed: 1, Same: 47}) {
		t.Errorf("the other way round: %+v, %v", zooms, err)
	}
}

func TestExtract(t *testing.T) {
	dir := t.TempDir()
	both(t, func(t *testing.T, from string) {
		src := filepath.Join(dir, "src"+from)
		city(t, src, nil)
		in := open(t, src)
		both(t, func(t *testing.T, to string) {
			out := filepath.Join(dir, "out"+from[1:]+to)
			res, err := archive.Extract(t.Context(), in, out, archive.ExtractOptions{Window: pmtiles.Whole()})
			if err != nil || res.Tiles != 147 {
				t.Fatalf("%+v, %v", res, err)
			}
			a := open(t, out)
			for tile, err := range in.Within(t.Context(), pmtiles.Whole()) {
				if err != nil {
					t.Fatal(err)
				}
				if got, err := a.Tile(t.Context(), tile.Z, tile.X, tile.Y); err != nil || !bytes.Equal(got, tile.Data) {
					t.Errorf("%d/%d/%d: the bytes have changed, %v", tile.Z, tile.X, tile.Y, err)
				}
			}
			if got := faults(t, a); len(got) > 0 {
				t.Errorf("%q", got)
			}
			part := filepath.Join(dir, "part"+from[1:]+to)
			bound := maptile.At(orb.Point{117, 35.5}, 10).Bound()
			bound = orb.Bound{Min: bound.Center(), Max: bound.Center()}.Pad(0.01)
			res, err = archive.Extract(t.Context(), in, part, archive.ExtractOptions{Window: archive.Window{MinZoom: 9, MaxZoom: 10, Bound: bound}, Layers: []string{"a"}})
			if err != nil || res.Tiles != 2 || res.MinZoom != 9 || res.MaxZoom != 10 {
				t.Fatalf("%+v, %v", res, err)
			}
			a = open(t, part)
			if got := faults(t, a); len(got) > 0 { // a layer the metadata no longer tells would be one
				t.Errorf("%q", got)
			}
			if m := a.Meta(); !strings.Contains(string(m.Layers), `"a"`) || strings.Contains(string(m.Layers), `"b"`) || m.Bounds[2]-m.Bounds[0] > 0.03 || m.MinZoom != 9 {
				t.Errorf("%+v %s", m, m.Layers)
			}
			for name, o := range map[string]archive.ExtractOptions{
				"no such layer": {Window: pmtiles.Whole(), Layers: []string{"z"}},
				"no such zoom":  {Window: archive.Window{MinZoom: 11, MaxZoom: 12}},
				"elsewhere":     {Window: archive.Window{MaxZoom: 12, Bound: orb.Bound{Min: orb.Point{1, 1}, Max: orb.Point{2, 2}}}},
			} {
				if _, err := archive.Extract(t.Context(), in, filepath.Join(dir, "none"+to), o); err == nil {
					t.Errorf("%s: no error", name)
				}
			}
		})
	})
	if left, _ := filepath.Glob(filepath.Join(dir, "*.part*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestVerifyContent(t *testing.T) {
	dir := t.TempDir()
	at := maptile.At(orb.Point{117, 35.5}, 9)
	bomb := zip(t, make([]byte, pmtiles.MaxTile+1))
	both(t, func(t *testing.T, suffix string) {
		for name, tc := range map[string]struct {
			data []byte
			want string
		}{
			"no gzip":       {[]byte{0x1f, 0x8b, 1, 2, 3}, "gzip"},
			"no tile":       {zip(t, []byte("hello")), "mvt"},
			"layer untold":  {zip(t, vector(t, "v", "c")), `layer "c" is not in vector_layers`},
			"layer twice":   {zip(t, vector(t, "v", "a", "a")), "stands twice"},
			"unpacks to ..": {bomb, "over 67108864 bytes"},
		} {
			file := filepath.Join(dir, strings.ReplaceAll(name, " ", "_")+suffix)
			city(t, file, func(a maptile.Tile, data []byte) []byte {
				if a == at {
					return tc.data
				}
				return data
			})
			got := faults(t, open(t, file))
			if len(got) != 1 || !strings.HasPrefix(got[0], fmt.Sprintf("tile 9/%d/%d: ", at.X, at.Y)) || !strings.Contains(got[0], tc.want) {
				t.Errorf("%s: got %q, want one fault with %q", name, got, tc.want)
			}
		}
	})
}

func TestVerifyMetadata(t *testing.T) {
	defer func(m archive.Meta) { meta = m }(meta)
	dir := t.TempDir()
	for name, want := range map[string]string{
		`null`:           "vector_layers are missing",
		`{"id":"a"}`:     "vector_layers: json",
		`[{"fields":1}]`: "vector_layers: json",
		`[{"fields":{}},{"id":"a","fields":{}},{"id":"b","fields":{}}]`:           "vector_layers[0] has no id",
		`[{"id":"a"},{"id":"b","fields":{}}]`:                                     "(a) has no fields",
		`[{"id":"a","fields":{}},{"id":"b","fields":{}},{"id":"b","fields":{}}]`:  "stands twice",
		`[{"id":"a","fields":{},"minzoom":9.5},{"id":"b","fields":{}}]`:           "9.5 is no zoom",
		`[{"id":"a","fields":{},"minzoom":9,"maxzoom":8},{"id":"b","fields":{}}]`: "above maxzoom",
		`[{"id":"a","fields":{},"minzoom":9},{"id":"b","fields":{}}]`:             "told for other zooms",
		`[{"id":"a","fields":{"value":"Text"}},{"id":"b","fields":{}}]`:           "Number, Boolean or String",
	} {
		meta.Layers = json.RawMessage(name)
		file := filepath.Join(dir, "a.mbtiles")
		city(t, file, nil)
		a := open(t, file)
		if got := faults(t, a); !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%s: got %q and on, want a fault with %q", name, got[:min(3, len(got))], want)
		}
		a.Close()
	}
}

func TestForeign(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string][]byte{"empty": {}, "text": []byte("hello, this is nothing of the kind"), "head": []byte("PMTiles\x03"), "sqlite": []byte("SQLite format 3\x00")} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Open(context.Background(), file); gis.KindOf(err) != gis.Rejected {
			t.Errorf("%s: got %v, want it rejected", name, err)
		}
	}
	if _, err := archive.Open(context.Background(), filepath.Join(dir, "none")); gis.KindOf(err) != gis.NotFound {
		t.Errorf("no file: %v", err)
	}
	if _, err := archive.Open(context.Background(), dir); gis.KindOf(err) != gis.Rejected {
		t.Errorf("a folder: %v", err)
	}
	if _, err := archive.Create(filepath.Join(dir, "a.zip")); gis.KindOf(err) != gis.Invalid {
		t.Errorf("another suffix: %v", err)
	}
}
