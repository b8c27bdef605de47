package grids

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/project"

	"wanmi/gis"
	"wanmi/gis/crs"
)

// memory is a Source over features held in memory.
type memory map[string][]gis.Feature

func (m memory) Features(_ context.Context, layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		for _, f := range m[layer] {
			if b != (orb.Bound{}) && f.Geom != nil && !b.Intersects(f.Geom.Bound()) {
				continue
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}

func (m memory) add(layer string, g orb.Geometry, kv ...string) {
	f := gis.NewFeature(gis.MustLayer(layer))
	f.ID = int64(len(m[layer]) + 1)
	f.Geom = g
	for i := 0; i+1 < len(kv); i += 2 {
		f.SetText(kv[i], kv[i+1])
	}
	f.Key = fmt.Sprintf("%s%d", layer[:1], f.ID)
	if k := f.Layer.Key; k != "" {
		f.Key = f.Text(k)
	}
	m[layer] = append(m[layer], f)
}

func sharedDir(t testing.TB, sub string) string {
	dir := filepath.Join("..", "..", "shared", "data", filepath.FromSlash(sub))
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing", dir)
		}
		t.Skipf("%s is missing: this test needs the real data", dir)
	}
	return dir
}

func readJSON(t testing.TB, file string) *geojson.FeatureCollection {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fc, err := geojson.UnmarshalFeatureCollection(data)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return fc
}

// taipei reads the real city.
func taipei(t testing.TB) memory {
	dir := sharedDir(t, "taipei_west/base")
	m := memory{}
	for _, f := range readJSON(t, filepath.Join(dir, "communities.geojson")).Features {
		m.add("community", f.Geometry, "code", f.Properties.MustString("code"), "name", f.Properties.MustString("name", ""))
	}
	for _, f := range readJSON(t, filepath.Join(dir, "roads.geojson")).Features {
		m.add("road", f.Geometry, "name", f.Properties.MustString("name", ""))
	}
	for _, f := range readJSON(t, filepath.Join(dir, "buildings.geojson")).Features {
		m.add("building", f.Geometry)
	}
	for _, f := range readJSON(t, filepath.Join(dir, "green_land.geojson")).Features {
		m.add("land", f.Geometry, "class", "park")
	}
	for _, f := range readJSON(t, filepath.Join(dir, "levees.geojson")).Features {
		m.add("wall", f.Geometry, "class", "levee")
	}
	return m
}

// place reads one of the prepared places, which are in metres of a local transverse Mercator.
func place(t testing.TB, name string) memory {
	dir := sharedDir(t, "places/"+name)
	plane := localPlane(t, dir)
	unproject := func(p orb.Point) orb.Point {
		lon, lat := plane.ToLonLat(p[0], p[1])
		return orb.Point{lon, lat}
	}
	m := memory{}
	read := func(file string, f func(orb.Geometry, geojson.Properties)) {
		for _, ft := range readJSON(t, filepath.Join(dir, file+".geojson")).Features {
			f(project.Geometry(ft.Geometry, unproject), ft.Properties)
		}
	}
	read("communities", func(g orb.Geometry, p geojson.Properties) { m.add("community", g, "code", p.MustString("code")) })
	read("lines", func(g orb.Geometry, p geojson.Properties) {
		switch c := p.MustString("class"); c {
		case "rail":
			m.add("rail", g, "class", c)
		case "river", "stream", "coast":
			m.add("water", g, "class", c)
		case "wall":
			m.add("wall", g, "class", c)
		default:
			m.add("road", g, "class", c)
		}
	})
	read("buildings", func(g orb.Geometry, _ geojson.Properties) { m.add("building", g) })
	read("areas", func(g orb.Geometry, p geojson.Properties) {
		switch p.MustString("kind", "") {
		case "park", "garden", "pitch", "university", "school", "college", "hospital", "kindergarten", "parking", "grass", "forest",
			"residential", "commercial", "industrial", "retail", "sports_centre", "construction", "brownfield", "railway", "military":
			m.add("land", g, "class", "green")
		}
	})
	read("water", func(g orb.Geometry, _ geojson.Properties) { m.add("water", g, "class", "lake") })
	read("components", func(g orb.Geometry, _ geojson.Properties) { m.add("component", g, "class", "01001") })
	return m
}

// localPlane is the projection a place is prepared in.
func localPlane(t testing.TB, dir string) *crs.TransverseMercator {
	var meta struct{ Lon0, Lat0 float64 }
	data, err := os.ReadFile(filepath.Join(dir, "meta.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &meta); err != nil {
		t.Fatal(err)
	}
	return crs.TM(meta.Lon0, meta.Lat0, 1, 0, 0)
}

// writeCells leaves the cells as GeoJSON for the independent judge, when WANMI_GRIDS_OUT names a folder.
func writeCells(t testing.TB, name string, cells []Cell) {
	dir := os.Getenv("WANMI_GRIDS_OUT")
	if dir == "" {
		return
	}
	fc := geojson.NewFeatureCollection()
	for _, c := range cells {
		f := geojson.NewFeature(c.Polygon)
		f.Properties["code"] = string(c.Code)
		fc.Append(f)
	}
	data, err := json.Marshal(fc)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".geojson"), data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// long leaves a test to the run without the race detector, which makes it seven times slower and looks at the same goroutines in the others.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("long: without -short it runs")
	}
}
