//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// summary is the last line of `import --json`.
type summary struct{ Added, Moved, Changed, Removed, Unchanged, Rejected int64 }

func importSummary(t *testing.T, args ...string) summary {
	t.Helper()
	r := must(t, append([]string{"import", "--json"}, args...)...)
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	var s summary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil {
		t.Fatalf("import %v: the last line is no summary: %q", args, lines[len(lines)-1])
	}
	return s
}

var (
	taipeiOnce sync.Once
	taipeiBase string
)

// taipei returns a database of the real city with base/ and the addresses only: the other place files hold the answers.
func taipei(t *testing.T) string {
	t.Helper()
	base, places := realData(t, "taipei_west/base"), realData(t, "taipei_west/places")
	taipeiOnce.Do(func() {
		dir, err := os.MkdirTemp("", "wanmi-taipei-")
		if err != nil {
			t.Fatal(err)
		}
		db := filepath.Join(dir, "base.gpkg")
		for _, step := range [][]string{
			{"street", base + "/streets.geojson"},
			{"community", base + "/communities.geojson"},
			{"road", base + "/roads.geojson"},
			{"building", base + "/buildings.geojson"},
			{"land", base + "/green_land.geojson", base + "/sidewalks.geojson"},
			{"wall", base + "/levees.geojson"},
			{"door", places + "/addresses.csv.gz"},
		} {
			s := importSummary(t, append([]string{"--db", db}, step...)...)
			t.Logf("%s: %+v", step[0], s)
		}
		must(t, "grid", "build", "--db", db)
		taipeiBase = db
	})
	if taipeiBase == "" {
		t.Fatal("the real city could not be built; see the first test that needed it")
	}
	out := filepath.Join(t.TempDir(), "taipei.gpkg")
	must(t, "backup", "--db", taipeiBase, "--out", out)
	return out
}

// Cells cover the real communities exactly: our own check, and the independent judge.
func TestTaipeiGrids(t *testing.T) {
	t.Parallel()
	db := taipei(t)
	must(t, "grid", "check", "--db", db)
	cells := filepath.Join(t.TempDir(), "cells.geojson")
	must(t, "export", "--db", db, "unit_grid", "--out", cells)
	judge := filepath.Join(shared, "grids", "judge.py")
	if _, err := os.Stat(judge); err != nil {
		missing(t, "the judge: %v", err)
	}
	base := realData(t, "taipei_west/base")
	cmd := exec.Command("/usr/bin/python3", judge, cells, "--strict", "--communities", base+"/communities.geojson",
		"--lines", base+"/roads.geojson", "--buildings", base+"/buildings.geojson")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", tail(string(out)))
	if err != nil {
		t.Errorf("the judge finds hard faults: %v", err)
	}
}

// Every census and place file as it is, without a hand-written profile; the rejected rows are named.
func TestTaipeiCensus(t *testing.T) {
	t.Parallel()
	db := taipei(t)
	census, err := filepath.Glob(realData(t, "taipei_west/census") + "/*")
	if err != nil || len(census) != 12 {
		t.Fatalf("%d census files, want 12: %v", len(census), err)
	}
	var second string
	var total summary
	for _, file := range census {
		if strings.HasSuffix(file, "street_trees_20260823.csv") {
			second = file
			continue
		}
		report := filepath.Join(t.TempDir(), "report.json")
		s := importSummary(t, "--db", db, "component", file, "--report", report)
		t.Logf("%s: %+v", filepath.Base(file), s)
		if s.Added == 0 {
			t.Errorf("%s: nothing was taken", file)
		}
		checkReport(t, report, s.Rejected)
		total.Added += s.Added
		total.Rejected += s.Rejected
	}
	if total.Rejected == 0 {
		t.Error("no row was rejected, but some clothing boxes have longitude and latitude exchanged")
	}
	// The second delivery of the same trees: 10 removed, none added, though every row's stamp moved.
	dry := importSummary(t, "--db", db, "--dry-run", "component", second)
	wet := importSummary(t, "--db", db, "component", second)
	t.Logf("street_trees_20260823.csv: %+v", wet)
	if dry != wet {
		t.Errorf("the dry run said %+v, the import did %+v", dry, wet)
	}
	if wet.Removed != 10 || wet.Added != 0 {
		t.Errorf("second delivery: %d removed and %d added, want 10 and 0", wet.Removed, wet.Added)
	}
	for _, name := range []string{"garbage_truck", "heal_aed", "medical_institution", "police_station", "refuge"} {
		s := importSummary(t, "--db", db, "poi", realData(t, "taipei_west/places/"+name+".geojson"))
		t.Logf("%s: %+v", name, s)
		if s.Added == 0 {
			t.Errorf("%s: nothing was taken", name)
		}
	}
	s := importSummary(t, "--db", db, "case", realData(t, "taipei_west/hotline_cases.geojson"))
	if s.Added+s.Rejected != 282 {
		t.Errorf("cases: %+v, want 282 rows in all", s)
	}
	must(t, "check", "--db", db)
}

// checkReport wants every rejected row of the report to name file, row, field, value and reason.
func checkReport(t *testing.T, file string, want int64) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Rejected []struct {
			File, Field, Value, Reason, Rule string
			Row                              int64
		} `json:"rejected"`
	}
	if err := json.Unmarshal(b, &report); err != nil {
		t.Fatalf("report: %v", err)
	}
	if int64(len(report.Rejected)) != want {
		t.Errorf("%s: the report names %d rejected rows, the summary %d", file, len(report.Rejected), want)
	}
	for _, r := range report.Rejected {
		if r.File == "" || r.Row == 0 || r.Rule == "" || r.Reason == "" {
			t.Errorf("a rejected row does not say enough: %+v", r)
		}
	}
}

// At least 93 % of the real location texts are placed within 100 m, from base/ and the addresses alone.
func TestTaipeiTexts(t *testing.T) {
	t.Parallel()
	db := taipei(t)
	out := filepath.Join(t.TempDir(), "placed.csv")
	must(t, "geocode", "--db", db, "--batch", realData(t, "taipei_west/place_texts.csv"), "--out", out)
	type count struct{ n, ok int }
	sets, halves, all := map[string]*count{}, [2]count{}, count{}
	for i, r := range csvRows(t, out) {
		var lon, lat, tlon, tlat float64
		_, _ = fmt.Sscan(r["lng"]+" "+r["lat"], &tlon, &tlat)
		n, _ := fmt.Sscan(r["longitude"]+" "+r["latitude"], &lon, &lat)
		ok := n == 2 && metres(tlon, tlat, lon, lat) <= 100
		c := sets[r["dataset"]]
		if c == nil {
			c = &count{}
			sets[r["dataset"]] = c
		}
		for _, x := range []*count{c, &halves[(i+2)%2], &all} {
			x.n++
			x.ok += btoi(ok)
		}
	}
	for name, c := range sets {
		t.Logf("%-28s %4d %5.1f %%", name, c.n, 100*float64(c.ok)/float64(c.n))
	}
	t.Logf("even rows %.1f %%, odd rows %.1f %%", 100*float64(halves[0].ok)/float64(halves[0].n), 100*float64(halves[1].ok)/float64(halves[1].n))
	share := float64(all.ok) / float64(all.n)
	t.Logf("all %d rows: %.1f %% within 100 m", all.n, 100*share)
	if share < 0.93 {
		t.Errorf("%.1f %% within 100 m, want at least 93 %%", 100*share)
	}
}
