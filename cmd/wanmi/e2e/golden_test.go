//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data/gpkg"
)

// answer is what the golden reports look at in a line of `wanmi geocode`.
type answer struct {
	Text  string
	Ask   string
	Place struct {
		Level, Label string
		Point        [2]float64
		Faults       []struct {
			Code string
			Cost float64
		}
	}
	Components []struct{ Code string }
	Department struct{ Name string }
	Matter     struct{ Code string }
}

// forgivable is the highest cost of a fault that a row need not name: a number a little off its plate, one of many that stood by the road.
const forgivable = .011

// TestGolden locates reports written by hand on the synthetic city. What is expected was worked out from the delivered files by other code:
// plates and names as they are delivered, crossings by intersecting the lines, offsets by stepping along them, the component by distance.
// Empty columns are not looked at, but a fault that costs anything must be named. The component must be among the first three.
func TestGolden(t *testing.T) {
	rows := csvRows(t, filepath.Join("testdata", "golden_reports.csv"))
	if len(rows) < 100 {
		t.Fatalf("%d golden reports, want at least 100", len(rows))
	}
	db := demoDB(t)
	args := []string{"geocode", "--db", db}
	for _, r := range rows {
		args = append(args, r["text"])
	}
	lines := strings.Split(strings.TrimSpace(must(t, args...).out), "\n")
	if len(lines) != len(rows) {
		t.Fatalf("%d answers to %d reports", len(lines), len(rows))
	}
	delivered := deliveredIDs(t, db)
	first, ranked := 0, 0
	for i, r := range rows {
		var a answer
		if err := json.Unmarshal([]byte(lines[i]), &a); err != nil {
			t.Fatal(err)
		}
		for _, why := range a.differs(r) {
			t.Errorf("%q: %s (%s, %v)", r["text"], why, a.Place.Label, a.Place.Faults)
		}
		if want := r["component"]; want != "" {
			ranked++
			switch rank := slices.IndexFunc(a.Components, func(c struct{ Code string }) bool { return delivered[c.Code] == want }); {
			case rank < 0 || rank > 2:
				t.Errorf("%q: %s has rank %d of %d components, want it among the first three", r["text"], want, rank+1, len(a.Components))
			case rank == 0:
				first++
			}
		}
	}
	t.Logf("%d reports; of %d with a component %d have it first", len(rows), ranked, first)
	if first*100 < ranked*90 {
		t.Errorf("%d of %d components come first, want at least 90 %%", first, ranked)
	}
}

// deliveredIDs gives the survey team's own id of each component by its code.
func deliveredIDs(t *testing.T, db string) map[string]string {
	t.Helper()
	ctx := context.Background()
	st, err := gpkg.Open(ctx, db, gpkg.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ids := map[string]string{}
	for f, err := range st.Features(ctx, "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		if id := f.Text("delivered_id"); id != "" {
			ids[f.Key] = id
		}
	}
	return ids
}

// differs says what of the answer is not as the row expects.
func (a *answer) differs(r map[string]string) (why []string) {
	p := &a.Place
	if p.Level != r["level"] {
		why = append(why, fmt.Sprintf("got level %q, want %q", p.Level, r["level"]))
	}
	if !strings.Contains(p.Label, r["label"]) {
		why = append(why, fmt.Sprintf("got label %q, want %q in it", p.Label, r["label"]))
	}
	if !strings.Contains(a.Ask, r["ask"]) {
		why = append(why, fmt.Sprintf("got question %q, want %q in it", a.Ask, r["ask"]))
	}
	if d := r["department"]; d != "" && d != a.Department.Name {
		why = append(why, fmt.Sprintf("got department %q, want %q", a.Department.Name, d))
	}
	if m := r["matter"]; m != "" && m != a.Matter.Code {
		why = append(why, fmt.Sprintf("got matter %q, want %q", a.Matter.Code, m))
	}
	if r["lon"] != "" {
		var lon, lat, within float64
		if _, err := fmt.Sscan(r["lon"], &lon); err != nil {
			return append(why, err.Error())
		}
		_, _ = fmt.Sscan(r["lat"]+" "+r["within_m"], &lat, &within)
		if d := metres(lon, lat, p.Point[0], p.Point[1]); !(d <= within) {
			why = append(why, fmt.Sprintf("got a place %.0f m from the true one, want at most %.0f", d, within))
		}
	}
	named := false
	for _, f := range p.Faults {
		named = named || f.Code == r["fault"]
		if r["fault"] == "" && f.Cost > forgivable {
			why = append(why, "got fault "+f.Code+", want none")
		}
	}
	if r["fault"] != "" && !named {
		why = append(why, "want fault "+r["fault"])
	}
	return why
}
