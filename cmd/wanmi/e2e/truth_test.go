//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data/gpkg"
	"wanmi/grids"
)

// csvRows reads a CSV file into maps by heading.
func csvRows(t *testing.T, file string) []map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	out := make([]map[string]string, 0, len(rows))
	for _, r := range rows[1:] {
		m := map[string]string{}
		for i, v := range r {
			m[rows[0][i]] = v
		}
		out = append(out, m)
	}
	return out
}

// metres is the distance of two points near each other, on a sphere.
func metres(lon1, lat1, lon2, lat2 float64) float64 {
	return math.Hypot((lon1-lon2)*math.Cos(lat1*math.Pi/180), lat1-lat2) * 111_195
}

type tally struct{ n, cell, near, within50, component, department, matter, hasComponent, hasDepartment int }

// At least 97 % of the synthetic reports must be located in their true cell or
// one beside it; the log gives the figure for each kind of text.
func TestTruth(t *testing.T) {
	t.Parallel()
	db := demoDB(t)
	all := readTruth(t)
	if len(all) < 400 {
		t.Fatalf("only %d reports with truth, want at least 400", len(all))
	}
	out := filepath.Join(t.TempDir(), "located.csv")
	must(t, "geocode", "--db", db, "--batch", filepath.Join(demoDir(), "files", "truth.csv"), "--out", out, "--column", "text")
	got := csvRows(t, out)
	if len(got) != len(all) {
		t.Fatalf("%d rows out, %d in", len(got), len(all))
	}
	ctx := context.Background()
	st, err := gpkg.Open(ctx, db, gpkg.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	book, err := grids.NewBook(ctx, st)
	if err != nil {
		t.Fatal(err)
	}
	delivered := map[string]string{} // the team's own id -> code
	for f, err := range st.Features(ctx, "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		if id := f.Text("delivered_id"); id != "" {
			delivered[id] = f.Key
		}
	}
	departments := map[string]string{}
	for f, err := range st.Features(ctx, "department", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		departments[f.Key] = f.Text("name")
	}

	kinds := map[string]*tally{}
	var total tally
	for i, tr := range all {
		k := kinds[tr.kind]
		if k == nil {
			k = &tally{}
			kinds[tr.kind] = k
		}
		r := got[i]
		cell, ok := book.At(orb.Point{tr.lon, tr.lat})
		if !ok {
			t.Fatalf("the true point of %s lies in no cell", tr.id)
		}
		var lon, lat float64
		_, _ = fmt.Sscan(r["longitude"]+" "+r["latitude"], &lon, &lat)
		hit := grids.Code(r["result_grid"])
		same := hit == cell.Code
		near := same || slices.Contains(book.Neighbours(cell.Code), hit)
		want := tr.component
		if c, ok := delivered[want]; ok {
			want = c
		}
		for _, x := range []*tally{k, &total} {
			x.n++
			x.cell += btoi(same)
			x.near += btoi(near)
			x.within50 += btoi(metres(tr.lon, tr.lat, lon, lat) <= 50)
			if want != "" {
				x.hasComponent++
				x.component += btoi(r["result_component"] == want)
			}
			x.matter += btoi(r["result_matter_code"] == tr.matter)
			if tr.department != "" {
				x.hasDepartment++
				x.department += btoi(r["result_department"] == departments[tr.department])
			}
		}
		if !near {
			t.Logf("missed %s (%s): %q -> %s %s [%s]", tr.id, tr.kind, tr.text, r["result_type"], r["result_label"], r["result_reasons"])
		}
	}
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	t.Logf("%-14s %5s %9s %9s %9s %9s %9s %9s", "kind", "n", "cell", "cell+1", "<=50 m", "component", "dept", "matter")
	for _, name := range names {
		kinds[name].log(t, name)
	}
	total.log(t, "all")
	if share := float64(total.near) / float64(total.n); share < 0.97 {
		t.Errorf("%.1f %% of the reports are in their true cell or its neighbour, want at least 97 %%", 100*share)
	}
	if share := float64(total.matter) / float64(total.n); share < 0.98 {
		t.Errorf("%.1f %% of the reports have their true matter, want at least 98 %%", 100*share)
	}
	if k := kinds["matter"]; k == nil || k.n < 40 || float64(k.department) < 0.95*float64(k.n) {
		t.Errorf("reports about matters: %+v, want at least 40, 95 %% of them with their true department", k)
	}
}

// TestEval judges the geocoder by the same reports with the command a city has for its own: it counts what TestTruth counts, and leaves a page.
func TestEval(t *testing.T) {
	db := demoDB(t)
	dir := t.TempDir()
	page, file := filepath.Join(dir, "eval.html"), filepath.Join(dir, "eval.json")
	r := must(t, "geocode", "eval", "--json", "--db", db, filepath.Join(demoDir(), "files", "truth.csv"), "--report", page, "--out", file)
	type report struct {
		All struct {
			Cases      int
			Within50   float64 `json:"within_50_m"`
			Grid       float64 `json:"right_grid"`
			Department float64 `json:"right_department"`
			Matter     float64 `json:"right_matter"`
			Among3     float64 `json:"right_component_among_3"`
		}
		Sets   []struct{ Name string }
		Misses []any
	}
	var short, whole report
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(json.Unmarshal([]byte(r.out), &short), json.Unmarshal(data, &whole)); err != nil {
		t.Fatalf("%v\n%s", err, tail(r.out))
	}
	if n := len(readTruth(t)); short.All.Cases != n || whole.All != short.All {
		t.Errorf("got %d cases, in the file %d, want %d", short.All.Cases, whole.All.Cases, n)
	}
	if a := short.All; a.Within50 < .99 || a.Grid < .9 || a.Department < .9 || a.Matter < .98 || a.Among3 < .8 {
		t.Errorf("got %+v", a)
	}
	t.Logf("%+v, %d wrong", short.All, len(whole.Misses))
	if len(short.Sets) < 8 {
		t.Errorf("sets: %v", short.Sets)
	}
	if html, err := os.ReadFile(page); err != nil || !bytes.Contains(html, []byte("评分校准")) {
		t.Errorf("the page: %v", err)
	}
	bad := filepath.Join(dir, "bad.csv")
	if err := os.WriteFile(bad, []byte("text,lon,lat\n光明西路,116.9,35.4\n光明西路,116.9,north\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := run(t, bin, "geocode", "eval", "--db", db, bad); r.code != 3 || !strings.Contains(r.errOut, "row 2") || !strings.Contains(r.errOut, "north") {
		t.Errorf("a wrong row: exit code %d, %s", r.code, r.errOut)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (x tally) log(t *testing.T, name string) {
	pct := func(a, n int) string {
		if n == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f %%", 100*float64(a)/float64(n))
	}
	t.Logf("%-14s %5d %9s %9s %9s %9s %9s %9s", name, x.n, pct(x.cell, x.n), pct(x.near, x.n), pct(x.within50, x.n),
		pct(x.component, x.hasComponent), pct(x.department, x.hasDepartment), pct(x.matter, x.n))
}
