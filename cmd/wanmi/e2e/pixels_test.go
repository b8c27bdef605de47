//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"wanmi/data/postgis/pgtest"
)

// pair draws two layers of the same rows by one style.
type pair struct {
	Name   string       `json:"name"`
	A      string       `json:"a"`
	B      string       `json:"b"`
	Type   string       `json:"type"`
	Paint  any          `json:"paint"`
	Filter any          `json:"filter,omitempty"`
	Zooms  []float64    `json:"zooms"`
	Places [][2]float64 `json:"places"`
}

// slitViews are where cells without outline are drawn over a ground of another colour.
type slitViews struct {
	Layers []string     `json:"layers"`
	Zooms  []float64    `json:"zooms"`
	Places [][2]float64 `json:"places"`
}

// TestSamePixels draws the city by MapLibre in Chromium from our tiles and from ST_AsMVT's of the same rows: nothing may differ beyond
// antialiasing, as scripts/webtest/pixels.mjs defines it, and no slit may show between our cells from zoom 8 to 20. What must differ does.
// WANMI_SHOTS names a folder for the pictures.
func TestSamePixels(t *testing.T) {
	t.Parallel()
	for _, need := range []string{"chromium", "node"} {
		if _, err := exec.LookPath(need); err != nil {
			missing(t, "%v", err)
		}
	}
	db := demoOnServer(t)
	const cells = ` FROM wanmi.unit_grid WHERE status IS DISTINCT FROM 'void' AND status IS DISTINCT FROM '作废'`
	pgtest.Exec(t, db,
		`CREATE VIEW same_grid AS SELECT fid, code, geom`+cells,
		`CREATE VIEW same_road AS SELECT fid, geom FROM wanmi.road`,
		`CREATE VIEW same_building AS SELECT fid, geom FROM wanmi.building`,
		`CREATE VIEW same_component AS SELECT fid, geom FROM wanmi.component`,
		`CREATE VIEW less_grid AS SELECT fid, code, geom FROM same_grid WHERE NOT ST_Intersects(geom, ST_SetSRID(ST_MakePoint(116.97, 35.4), 4490))`,
		`CREATE VIEW thin_grid AS SELECT fid, code, ST_Transform(ST_Buffer(ST_Transform(geom, 4527), -0.5), 4490)::geometry(Geometry, 4490) AS geom FROM same_grid`)
	outline := json.RawMessage(pgtest.Value(t, db, `SELECT ST_AsGeoJSON(ST_Union(geom), 9) FROM same_grid`))
	dir := t.TempDir()
	config := filepath.Join(dir, "wanmi.yaml")
	tables := ""
	for _, name := range []string{"same_grid", "same_road", "same_building", "same_component", "less_grid", "thin_grid"} {
		tables += fmt.Sprintf("      %s: {table: %[1]s, id: fid, minzoom: 8, limit: 100000}\n", name)
	}
	if err := os.WriteFile(config, []byte(`tiles:
  layers:
    unit_grid: {minzoom: 8}
    road: {simplify: 0}
    building: {small_below: 0}
    component: {low: [], small_below: 0}
  postgres:
    tables:
`+tables), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, 60*time.Second, "serve", "--db", db, "--config", config, "--addr", "127.0.0.1:0")

	places := [][2]float64{{116.97, 35.4}, {116.9645, 35.3955}, {116.9765, 35.4045}}
	plain := func(colour string) any { return map[string]any{"fill-color": colour, "fill-antialias": false} }
	byCode := plain("")
	byCode.(map[string]any)["fill-color"] = []any{
		"match", []any{"%", []any{"to-number", []any{"slice", []any{"get", "code"}, -3}}, 5}, 0, "#3366cc", 1, "#cc6633", 2, "#339966", 3, "#993399", "#888833",
	}
	pairs := []pair{
		{"cells", "unit_grid", "same_grid", "fill", byCode, nil, []float64{12, 15.5, 18, 20}, places[:1]},
		{"cells beside", "unit_grid", "same_grid", "fill", byCode, nil, []float64{14, 17}, places[1:2]},
		{"roads", "road", "same_road", "line", map[string]any{"line-color": "#204060", "line-width": 2}, nil, []float64{15, 17.5}, places[1:2]},
		{"buildings", "building", "same_building", "fill", plain("#806040"), nil, []float64{16, 18.5}, places[2:]},
		{"components", "component", "same_component", "circle", map[string]any{"circle-color": "#c02040", "circle-radius": 3}, []any{"==", []any{"geometry-type"}, "Point"}, []float64{16, 18}, places[:1]},
		{"a cell less", "unit_grid", "less_grid", "fill", byCode, nil, []float64{16}, places[:1]},
	}
	slits := slitViews{Layers: []string{"unit_grid", "thin_grid"}, Places: places[:1]}
	for z := 8.0; z <= 20; z += 0.5 {
		slits.Zooms = append(slits.Zooms, z)
	}
	views, err := json.Marshal(map[string]any{"outline": outline, "pairs": pairs, "slits": slits})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "views.json")
	if err := os.WriteFile(file, views, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{filepath.Join(root, "scripts", "webtest", "pixels.mjs"), s.url, file}
	if shots := os.Getenv("WANMI_SHOTS"); shots != "" {
		args = append(args, "--shots", shots)
	}
	r := run(t, "node", args...)
	if r.code != 0 {
		t.Fatalf("pixels.mjs: exit code %d\n%s%s", r.code, tail(r.out), tail(r.errOut))
	}
	drawn := 0
	for _, p := range pairs {
		drawn += len(p.Zooms) * len(p.Places)
	}
	judgePixels(t, []byte(r.out), drawn, 2*len(slits.Zooms))
}

// judgePixels says what the pictures must be like.
func judgePixels(t *testing.T, out []byte, pairs, slits int) {
	var got struct {
		Pairs []struct {
			Name                  string
			Zoom                  float64
			Drawn, Differ, Beyond int
			At                    [][2]int
		}
		Slits []struct {
			Name                  string
			Zoom                  float64
			Inside, Ground, Holes int
			At                    [][2]int
		}
		Faults []string
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Pairs) != pairs || len(got.Slits) != slits || len(got.Faults) > 0 {
		t.Errorf("%d pairs, %d views for slits, want %d, %d; faults: %v", len(got.Pairs), len(got.Slits), pairs, slits, got.Faults)
	}
	drawn, differ, inside, open := 0, 0, 0, 0
	for _, p := range got.Pairs {
		if p.Name == "a cell less" {
			if p.Beyond < 1000 {
				t.Errorf("a cell is missing in one picture, and %d pixels differ by more than antialiasing; want 1000 and more", p.Beyond)
			}
			continue
		}
		drawn, differ = drawn+p.Drawn, differ+p.Differ
		if p.Beyond > 0 || p.Drawn < 500 {
			t.Errorf("%s at zoom %v: of %d pixels drawn %d differ, %d by more than antialiasing, at %v", p.Name, p.Zoom, p.Drawn, p.Differ, p.Beyond, p.At)
		}
	}
	for _, v := range got.Slits {
		if v.Name == "thin_grid" {
			open += v.Ground
			continue
		}
		inside += v.Inside
		if v.Ground > 0 || v.Inside == 0 || v.Holes > 10 {
			t.Errorf("%s at zoom %v: of %d pixels inside the city %d show the ground, at %v; %d more the renderer left out", v.Name, v.Zoom, v.Inside, v.Ground, v.At, v.Holes)
		}
	}
	if open < 1000 {
		t.Errorf("cells a metre apart leave %d pixels open; want 1000 and more", open)
	}
	t.Logf("of %d pixels drawn %d differ, all by antialiasing; of %d pixels inside the city none shows the ground, of cells a metre apart %d", drawn, differ, inside, open)
}
