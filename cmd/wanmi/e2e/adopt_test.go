//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
)

// The communities of the test lie side by side, 400 m by 200 m each, in this order.
const (
	commA = "370883001001"
	commB = "370883001002"
	commC = "370883001003"
)

// at is a place in metres east and north of the communities' south-west corner, to a few centimetres.
func at(x, y float64) orb.Point { return orb.Point{116.97 + x/90_740, 35.40 + y/110_950} }

func corners(p ...[2]float64) orb.Polygon {
	ring := orb.Ring{}
	for _, q := range p {
		ring = append(ring, at(q[0], q[1]))
	}
	return orb.Polygon{append(ring, ring[0])}
}

func box(x0, y0, x1, y1 float64) orb.Polygon {
	return corners([2]float64{x0, y0}, [2]float64{x1, y0}, [2]float64{x1, y1}, [2]float64{x0, y1})
}

func writeGeoJSON(t *testing.T, file string, feats ...*geojson.Feature) string {
	t.Helper()
	fc := geojson.NewFeatureCollection()
	fc.Features = feats
	b, err := json.Marshal(fc)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func with(g orb.Geometry, kv ...string) *geojson.Feature {
	f := geojson.NewFeature(g)
	for i := 0; i+1 < len(kv); i += 2 {
		f.Properties[kv[i]] = kv[i+1]
	}
	return f
}

// gridRow is what the test looks at of an exported cell.
type gridRow struct {
	code, remark, shape string
	area                float64
}

func exportGrids(t *testing.T, db string) map[string]gridRow {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cells.geojson")
	must(t, "export", "--db", db, "unit_grid", "--out", file)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fc, err := geojson.UnmarshalFeatureCollection(b)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]gridRow{}
	for _, f := range fc.Features {
		g, _ := json.Marshal(geojson.NewGeometry(f.Geometry))
		code := f.Properties.MustString("code")
		out[code] = gridRow{code, f.Properties.MustString("remark", ""), string(g), f.Properties.MustFloat64("area_m2")}
	}
	return out
}

// reported is a finding of the report.
type reported struct {
	Rule, Severity, Key, Text string
	At                        orb.Point
	Measure                   float64
}

// drawnCity imports the communities and cells drawn by hand with a fault of each kind.
func drawnCity(t *testing.T) (db, cells string) {
	dir := t.TempDir()
	db = filepath.Join(dir, "city.gpkg")
	var comms []*geojson.Feature
	for i, code := range []string{commA, commB, commC} {
		x := 400 * float64(i)
		comms = append(comms, with(box(x, 0, x+400, 200), "社区代码", code, "社区名称", fmt.Sprintf("社区%d", i+1)))
	}
	must(t, "import", "--db", db, "community", writeGeoJSON(t, filepath.Join(dir, "社区.geojson"), comms...))
	cell := func(code string, g orb.Polygon) *geojson.Feature { return with(g, "网格编码", code) }
	return db, writeGeoJSON(t, filepath.Join(dir, "网格.geojson"),
		cell(commA+"01", box(0, 0, 100, 100)),      // 14 digits
		cell(commA+"002", box(100.3, 0, 200, 100)), // a gap of 0.3 m to the west
		cell(commA+"00A", box(199.6, 0, 300, 100)), // a capital; an overlap of 0.4 m
		cell(commA+"004", box(300, 0, 400, 100)),
		cell(commA+"005", box(0, 100, 100, 200)),
		cell(commA+"006", box(100, 100, 215, 200)), // an overlap of 15 m
		cell(commA+"007", box(200, 100, 290, 200)), // a gap of 10 m to the east
		cell(commA+"008", box(300, 100, 400, 200)),
		cell(commB+"001", box(400, 0, 500, 100)),
		cell(commB+"001", box(500, 0, 600, 90)), // the code once more
		cell("", box(600, 0, 700, 90)),
		cell("网格-7", box(700, 0, 820, 90)), // no code; 20 m in the next community
		cell(commB+"005", corners([2]float64{400, 100}, [2]float64{500, 200}, [2]float64{500, 100}, [2]float64{400, 200})), // crosses itself
		cell(commB+"006", box(500, 90, 800.4, 200)),  // 0.4 m in the next community
		cell(commB+"010", box(400, 5000, 500, 5100)), // far off
	)
}

// Every fault of a hand-drawn delivery is told with its place, the small ones are mended, the codes stay; a second
// import changes nothing, and a build divides what has no cells and nothing else.
func TestDrawnGrids(t *testing.T) {
	db, cells := drawnCity(t)
	report := filepath.Join(t.TempDir(), "report.json")
	must(t, "import", "--db", db, "unit_grid", cells, "--report", report)
	var rep struct{ Findings []reported }
	readJSON(t, report, &rep)
	got := map[string]int{}
	for _, f := range rep.Findings {
		got[f.Rule]++
		if f.Severity == "error" && f.At == (orb.Point{}) {
			t.Errorf("%s %s has no place: %s", f.Rule, f.Key, f.Text)
		}
	}
	for rule, want := range map[string]int{
		"adopt.code.widened": 1, "adopt.gap.small": 1, "adopt.overlap.small": 1, "adopt.crossing.small": 1, "adopt.overlap": 1, "adopt.crossing": 1,
		"adopt.duplicate": 1, "adopt.code": 2, "adopt.outside": 1, "geometry.invalid": 1, "adopt.none": 1,
	} {
		if got[rule] != want {
			t.Errorf("%d findings of %s, want %d", got[rule], rule, want)
		}
	}
	if got["adopt.gap"] < 2 { // between 007 and 008, and what is wrong of the outline that crosses itself
		t.Errorf("%d findings of adopt.gap, want 2 at least", got["adopt.gap"])
	}
	before := exportGrids(t, db)
	for _, code := range []string{"001", "002", "00A", "004", "005", "006", "007", "008"} {
		if _, ok := before[commA+code]; !ok {
			t.Errorf("the code %s was not kept", commA+code)
		}
	}
	for part, want := range map[string]string{commA + "01": commA + "001", "原编码 " + commB + "001": "", "网格-7": ""} {
		if !slices.ContainsFunc(mapValues(before), func(r gridRow) bool { return strings.Contains(r.remark, part) && (want == "" || r.code == want) }) {
			t.Errorf("no remark keeps the delivered code %s", part)
		}
	}
	if len(before) != 14 {
		t.Errorf("%d cells of 15 drawn, one of them far off: want 14", len(before))
	}

	again := must(t, "import", "--db", db, "unit_grid", cells)
	if !strings.Contains(again.out, "0 added, 0 changed, 14 unchanged, 0 void") {
		t.Errorf("the second import: %s", again.out)
	}
	for name, args := range map[string][]string{"named": {"--community", commC}, "plain": nil} {
		t.Run(name, func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "copy.gpkg")
			must(t, "backup", "--db", db, "--out", copied)
			must(t, append([]string{"grid", "build", "--db", copied}, args...)...)
			buildBeside(t, before, exportGrids(t, copied))
			if r := wanmi(t, "grid", "check", "--db", copied); r.code != 1 || strings.Contains(r.errOut, "grid.missing") || strings.Contains(r.errOut, "community "+commC+" is in no unit grid") {
				t.Errorf("grid check: code %d, want 1 for what was left as drawn, and nothing missing in %s\n%s", r.code, commC, r.errOut)
			}
		})
	}
}

// buildBeside wants the cells there were as they were, but for corners where new borders meet theirs, and new ones in the third community only.
func buildBeside(t *testing.T, before, after map[string]gridRow) {
	t.Helper()
	fresh, touched := 0, 0
	for code, r := range after {
		was, ok := before[code]
		switch {
		case !ok && code[:12] == commC:
			fresh++
		case !ok:
			t.Errorf("a new cell %s outside the community that had none", code)
		case r.shape != was.shape:
			if touched++; r.area-was.area > 0.5 || was.area-r.area > 0.5 {
				t.Errorf("%s changed from %.2f m² to %.2f", code, was.area, r.area)
			}
		}
	}
	for code := range before {
		if _, ok := after[code]; !ok {
			t.Errorf("%s is gone", code)
		}
	}
	if fresh < 4 || touched > 2 { // two cells border the third community
		t.Errorf("%d new cells, want 4 at least; %d got corners, want 2 at most", fresh, touched)
	}
}

func mapValues(m map[string]gridRow) (out []gridRow) {
	for _, r := range m {
		out = append(out, r)
	}
	return out
}

// 9,456 units of a whole city, drawn by people for another purpose: what is told of over 5,000 faults fits a screen, and the
// second import changes nothing.
func TestDrawnTaipei(t *testing.T) {
	t.Parallel()
	data := realData(t, "taipei_scale")
	db := filepath.Join(t.TempDir(), "city.gpkg")
	must(t, "import", "--db", db, "community", data+"/villages.geojson")
	units := []string{"import", "--db", db, "--set", "code=auto", "unit_grid", data + "/bsa_units.geojson"}
	report := filepath.Join(t.TempDir(), "report.json")
	r := must(t, append(units, "--report", report)...)
	t.Logf("%s%s", r.errOut, r.out)
	if n := strings.Count(r.errOut, "\n"); n > 60 {
		t.Errorf("%d lines of findings, want 60 at most", n)
	}
	var rep struct{ Findings []reported }
	readJSON(t, report, &rep)
	if len(rep.Findings) < 5000 {
		t.Errorf("the report lists %d findings, want all of over 5,000", len(rep.Findings))
	}
	before := exportGrids(t, db)
	again := must(t, units...)
	if !strings.Contains(again.out, "0 added, 0 changed, 9456 unchanged, 0 void") {
		t.Errorf("the second import: %s", again.out)
	}
	for code, r := range exportGrids(t, db) {
		if before[code] != r {
			t.Errorf("%s changed by the second import", code)
		}
	}
}
