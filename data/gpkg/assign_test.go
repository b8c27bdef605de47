package gpkg

import (
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// TestAssignMany tells a bulk write more rows than it changes at once, twice; then one that is refused comes late.
func TestAssignMany(t *testing.T) {
	const n = 2*assignChunk + 1000
	s := openTest(t, filepath.Join(t.TempDir(), "city.gpkg"))
	deliver(t, s, delivery(n))
	old := make([]any, n+1) // by ID
	for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		old[f.ID] = f.Value("note")
	}
	last, err := s.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	assign := func(bad int, pass bool) (changed int64, err error) {
		to := [2][]any{{"north"}, {"south"}}
		_, err = s.Write(t.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) (err error) {
			changed, err = tx.Assign("component", []string{"note"}, func(yield func(data.Assigned) bool) {
				for i := n; i > 0; i-- { // not in the order of the table
					r := data.Assigned{ID: int64(i), Values: to[i%2]}
					if i == bad {
						r.Values = []any{"two", "values"}
					}
					if !yield(r) {
						return
					}
				}
			})
			if pass {
				return nil
			}
			return err
		})
		return changed, err
	}
	if changed, err := assign(0, false); changed != n || err != nil {
		t.Fatalf("got %d rows changed, %v, want %d", changed, err, n)
	}
	if changed, err := assign(0, false); changed != 0 || err != nil {
		t.Fatalf("told the same again: got %d rows changed, %v, want 0", changed, err)
	}
	if gen, err := s.Generation(t.Context()); gen != last+1 || err != nil {
		t.Errorf("got generation %d, %v, want %d: one write changed something", gen, err, last+1)
	}
	for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if want := [2]string{"north", "south"}[f.ID%2]; f.Text("note") != want || err != nil {
			t.Fatalf("row %d: got %q, %v, want %q", f.ID, f.Text("note"), err, want)
		}
		if f.ID%1000 != 0 {
			continue
		}
		versions, err := s.History(t.Context(), "component", f.Key)
		if err != nil {
			t.Fatal(err)
		}
		if len(versions) != 2 || versions[0].Feature.Value("note") != old[f.ID] {
			t.Fatalf("row %d: got %d versions, the first %+v, want 2, the first with the note %v", f.ID, len(versions), versions[0], old[f.ID])
		}
	}
	_, err = assign(2, false)
	if gis.KindOf(err) != gis.Invalid {
		t.Errorf("two values for a field: got %v, want gis.Invalid", err)
	}
	if _, err = assign(2, true); err != nil { // the write goes on without what was refused
		t.Error(err)
	}
	if ready, err := s.upToDate(t.Context()); !ready || err != nil {
		t.Errorf("the triggers after all that: ready %v, %v, want true", ready, err)
	}
	mustBeSound(t, s)
}
