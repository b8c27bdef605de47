package export

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/xuri/excelize/v2"

	"wanmi/data"
	"wanmi/data/gpkg"
	"wanmi/gis"
)

func square(x, y, d float64) orb.Polygon {
	return orb.Polygon{{{x, y}, {x + d, y}, {x + d, y + d}, {x, y + d}, {x, y}}}
}

// withHole turns both rings the wrong way round.
func withHole() orb.Polygon {
	outer, hole := square(116.9, 35.4, 0.01)[0], square(116.903, 35.403, 0.002)[0]
	outer.Reverse()
	return orb.Polygon{outer, hole}
}

// sample returns features of a layer: one full, one bare, one of several parts.
func sample(l *gis.Layer) []gis.Feature {
	shapes := map[gis.GeomType][]orb.Geometry{
		gis.NoGeom:  {nil, nil, nil},
		gis.Point:   {orb.Point{116.123456789, 35.4}, nil, orb.Point{-0.5, -33}},
		gis.Line:    {orb.LineString{{116, 35}, {116.1, 35.1}}, nil, orb.MultiLineString{{{116, 35}, {116.1, 35.1}}, {{117, 35}, {117.1, 35.1}, {117.2, 35}}}},
		gis.Polygon: {withHole(), nil, orb.MultiPolygon{square(116, 35, 0.01), square(117, 35, 0.01)}},
		gis.Any:     {orb.Point{116.5, 35.5}, withHole(), orb.LineString{{116, 35}, {116.1, 35.1}}},
	}[l.Geom]
	values := map[gis.FieldType]any{
		gis.Text: "邹城, \"引号\"\n换行 = 𠮷", gis.Int: int64(42), gis.Real: 1234.5, gis.Bool: true, gis.Date: "2026-08-02",
		gis.Time: "2026-08-02T02:00:00Z", gis.JSON: "{\"a\":\n[1,\"二\"]}",
	}
	var out []gis.Feature
	for i, g := range shapes {
		f := gis.NewFeature(l)
		f.ID, f.Key, f.Geom = int64(i+1), fmt.Sprintf("K%d", i+1), g
		if i == 0 {
			for j, field := range l.Fields {
				f.Values[j] = values[field.Type]
			}
		}
		if l.Key != "" {
			f.Set(l.Key, f.Key)
		}
		out = append(out, f)
	}
	return out
}

func stream(feats []gis.Feature) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		for _, f := range feats {
			if !yield(f, nil) {
				return
			}
		}
	}
}

// export writes the sample of a layer and returns the file.
func export(t *testing.T, layer, name string) string {
	t.Helper()
	l := gis.MustLayer(layer)
	file := filepath.Join(t.TempDir(), name)
	n, err := Write(t.Context(), file, l, stream(sample(l)), nil)
	if err != nil || n != 3 {
		t.Fatalf("%s to %s: got %d, %v, want 3", layer, name, n, err)
	}
	return file
}

// ogr reads a file back with GDAL and returns its features as GeoJSON.
func ogr(t *testing.T, l *gis.Layer, file string) []map[string]any {
	t.Helper()
	path, err := exec.LookPath("ogr2ogr")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("ogr2ogr is missing")
		}
		t.Skip("ogr2ogr is not installed")
	}
	args := []string{"-f", "GeoJSON", "-lco", "RFC7946=NO", "/vsistdout/", file}
	if strings.HasSuffix(file, ".csv") {
		args = append(args, "-oo", "GEOM_POSSIBLE_NAMES=wkt")
		if l.Geom == gis.Point {
			args = append(args, "-oo", "X_POSSIBLE_NAMES=longitude", "-oo", "Y_POSSIBLE_NAMES=latitude")
		}
	}
	var out, complaints strings.Builder
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("ogr2ogr of %s: %v, %s", filepath.Base(file), err, complaints.String())
	}
	var doc struct{ Features []map[string]any }
	if err := json.Unmarshal([]byte(out.String()), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Features
}

func TestGDALReadsWhatWeWrite(t *testing.T) {
	for _, layer := range []string{"street", "road", "component", "door", "poi", "case", "building", "unit_grid"} {
		for _, suffix := range []string{"geojson", "geojsonl", "geojsons", "csv", "shp", "gpkg"} {
			t.Run(layer+" "+suffix, func(t *testing.T) {
				file := export(t, layer, "数据."+suffix)
				l := gis.MustLayer(layer)
				var got []map[string]any
				if suffix == "shp" && l.Geom == gis.Any {
					for _, kind := range []string{"_point", "_polygon", "_line"} {
						got = append(got, ogr(t, l, strings.TrimSuffix(file, ".shp")+kind+".shp")...)
					}
				} else {
					got = ogr(t, l, file)
				}
				want := sample(l)
				if len(got) != len(want) {
					t.Fatalf("got %d features, want %d", len(got), len(want))
				}
				for i, f := range want {
					wantProperties(t, got[i]["properties"].(map[string]any), f, suffix)
					if f.Geom == nil != (got[i]["geometry"] == nil) {
						t.Errorf("feature %d: got geometry %v, want %v", i, got[i]["geometry"], f.Geom)
					}
				}
			})
		}
	}
}

func wantProperties(t *testing.T, got map[string]any, f gis.Feature, suffix string) {
	t.Helper()
	for _, field := range f.Layer.Fields {
		name := field.Name
		if suffix == "shp" && len(name) > 10 {
			continue // see TestShapefile
		}
		if field.Type != gis.Text && field.Type != gis.Int && field.Type != gis.Real {
			continue // GDAL's own spelling of dates and booleans
		}
		have := ""
		if v, ok := got[name]; ok && v != nil {
			have = fmt.Sprint(v)
		}
		if want := f.Text(name); have != want && strings.TrimSpace(have) != want {
			t.Errorf("%s of %s: got %q, want %q", name, f.Key, have, want)
		}
	}
}

func TestGeoJSON(t *testing.T) {
	raw, err := os.ReadFile(export(t, "component", "c.geojson"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Features []struct {
			ID         string
			Geometry   struct{ Coordinates json.RawMessage }
			Properties struct{ Extra any }
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	first := doc.Features[0]
	if first.ID != "K1" || string(first.Geometry.Coordinates) != "[116.5,35.5]" {
		t.Errorf("first feature: got %s at %s", first.ID, first.Geometry.Coordinates)
	}
	if extra, ok := first.Properties.Extra.(map[string]any); !ok || len(extra["a"].([]any)) != 2 {
		t.Errorf("a JSON field: got %v, want an object", first.Properties.Extra)
	}
	var rings orb.Polygon
	if err := json.Unmarshal(doc.Features[1].Geometry.Coordinates, &rings); err != nil {
		t.Fatal(err)
	}
	if rings[0].Orientation() != orb.CCW || rings[1].Orientation() != orb.CW {
		t.Error("rings do not turn as RFC 7946 has it")
	}
	lines, err := os.ReadFile(export(t, "component", "c.geojsonl"))
	if err != nil || strings.Count(string(lines), "\n") != 3 {
		t.Errorf("lines: got %d, %v, want 3", strings.Count(string(lines), "\n"), err)
	}
}

func TestDegrees(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 116: "116", -0.5: "-0.5", 116.1234567891: "116.123456789", 1e-12: "0", -1e-12: "0", 35.100000000: "35.1", 100: "100",
	} {
		if got := degrees(v); got != want {
			t.Errorf("degrees(%v): got %s, want %s", v, got, want)
		}
	}
}

func TestCSVColumns(t *testing.T) {
	for layer, want := range map[string][]string{
		"door":       {"key", "longitude", "latitude"},
		"road":       {"key", "wkt"},
		"component":  {"code", "longitude", "latitude", "wkt"},
		"unit_grid":  {"code", "area_m2", "community_code", "init_date", "end_date", "status", "wkt"},
		"department": {"code", "name"},
	} {
		file, err := os.Open(export(t, layer, layer+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(file).ReadAll()
		file.Close()
		if err != nil || len(rows) != 4 {
			t.Fatalf("%s: got %d rows, %v, want 4", layer, len(rows), err)
		}
		for _, c := range want {
			if !slices.Contains(rows[0], c) {
				t.Errorf("%s: got columns %q, want %s among them", layer, rows[0], c)
			}
		}
	}
}

func TestXLSX(t *testing.T) {
	x, err := excelize.OpenFile(export(t, "component", "部件.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	rows, err := x.GetRows("管理部件")
	if err != nil || len(rows) != 4 {
		t.Fatalf("got %d rows, %v, want 4", len(rows), err)
	}
	if rows[0][0] != "部件标识码" || rows[1][0] != "K1" || !slices.Contains(rows[0], "经度") {
		t.Errorf("got headings %q and first row %q", rows[0], rows[1])
	}
	at := slices.Index(rows[0], "经度")
	if rows[1][at] != "116.5" {
		t.Errorf("longitude: got %q, want 116.5", rows[1][at])
	}
	fields, err := x.GetRows("字段")
	if err != nil || fields[1][0] != "code" || fields[1][1] != "部件标识码" {
		t.Errorf("second sheet: got %q, %v", fields, err)
	}
}

func TestShapefile(t *testing.T) {
	file := export(t, "unit_grid", "grid.SHP")
	dir, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range dir {
		names = append(names, e.Name())
	}
	if want := []string{"grid.SHP", "grid.cpg", "grid.dbf", "grid.prj", "grid.shx"}; !slices.Equal(names, want) {
		t.Errorf("got files %q, want %q", names, want)
	}
	taken := map[string]bool{}
	for in, want := range map[string]string{"code": "code"} {
		if got := shortName(in, taken); got != want {
			t.Errorf("short name of %s: got %s, want %s", in, got, want)
		}
	}
	seen := map[string]bool{}
	for _, f := range gis.MustLayer("component").Fields {
		short := shortName(f.Name, taken)
		if len(short) > 10 || seen[short] {
			t.Errorf("short name of %s: got %s, too long or taken", f.Name, short)
		}
		seen[short] = true
	}
}

// An export of what a store holds, from and into GeoPackage.
func TestGeoPackageOfStore(t *testing.T) {
	s, err := gpkg.Open(t.Context(), filepath.Join(t.TempDir(), "city.gpkg"), gpkg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l := gis.MustLayer("component")
	_, err = s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error {
		for _, f := range sample(l) {
			if _, _, err := tx.Put(&f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "component.gpkg")
	if n, err := Write(t.Context(), out, l, s.Features(t.Context(), "component", orb.Bound{}), nil); n != 3 || err != nil {
		t.Fatalf("got %d, %v, want 3", n, err)
	}
	if got := ogr(t, l, out); len(got) != 3 {
		t.Errorf("read back: got %d features, want 3", len(got))
	}
	_, err = Write(t.Context(), s.Path(), l, s.Features(t.Context(), "component", orb.Bound{}), nil)
	if gis.KindOf(err) != gis.Conflict {
		t.Errorf("export over the database: got %v, want a conflict", err)
	}
}

func TestFaults(t *testing.T) {
	l := gis.MustLayer("component")
	dir := t.TempDir()
	_, err := Write(t.Context(), filepath.Join(dir, "x.docx"), l, stream(nil), nil)
	if gis.KindOf(err) != gis.Invalid || !strings.Contains(gis.Public(err), "geojsonl") {
		t.Errorf("unknown suffix: got %v", err)
	}
	_, err = Write(t.Context(), filepath.Join(dir, "no such folder", "x.csv"), l, stream(nil), nil)
	if gis.KindOf(err) != gis.Unavailable {
		t.Errorf("no folder: got %v", err)
	}
	_, err = Write(t.Context(), filepath.Join(dir, "d.shp"), gis.MustLayer("department"), stream(nil), nil)
	if gis.KindOf(err) != gis.Invalid {
		t.Errorf("a Shapefile without shapes: got %v", err)
	}
	broken := errors.New("the source broke")
	failing := func(yield func(gis.Feature, error) bool) {
		for _, f := range sample(l) {
			yield(f, nil)
		}
		yield(gis.Feature{}, broken)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, suffix := range Formats() {
		old := filepath.Join(dir, "old."+suffix)
		if err := os.WriteFile(old, []byte("before"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Write(t.Context(), old, l, failing, nil); !errors.Is(err, broken) {
			t.Errorf("%s of a broken source: got %v", suffix, err)
		}
		if _, err := Write(ctx, old, l, stream(sample(l)), nil); gis.KindOf(err) != gis.Canceled {
			t.Errorf("%s of a cancelled caller: got %v", suffix, err)
		}
		if got, err := os.ReadFile(old); string(got) != "before" {
			t.Errorf("%s: the file there was is gone: %q, %v", suffix, got, err)
		}
		if _, err := Write(t.Context(), filepath.Join(dir, "empty."+suffix), l, stream(nil), nil); err != nil {
			t.Errorf("%s of nothing: %v", suffix, err)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, ".wanmi*"))
	if len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
