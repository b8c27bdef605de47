package division

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"wanmi/data/gpkg"
	"wanmi/gis"
	"wanmi/grids"
)

// TestBuildSections edits the base map of a stored city step by step: what a build looks at is where the log tells of a
// change, and its cells are those a build with the whole city in sight would make.
func TestBuildSections(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	st, err := gpkg.Open(ctx, filepath.Join(dir, "city.gpkg"), gpkg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	var rows []gis.Feature
	for i := range 16 {
		x, y := float64(i%4)*300, float64(i/4)*300
		code := fmt.Sprintf("3708830010%02d", i+1)
		rows = append(rows, row("community", square(x, y, x+300, y+300), "code", code, "name", code, "street_code", code[:9]))
	}
	deliver(t, st, rows...)
	job := Job{Actor: "test", At: now}
	first, err := Build(ctx, st, st, job)
	if err != nil || len(first.New) < 100 || first.Places != 0 {
		t.Fatalf("first build: %+v, %v", first, err)
	}
	job.Options.Mode = grids.Repair
	again, err := Build(ctx, st, st, job)
	if err != nil || again.changes() || again.Edit != 0 {
		t.Fatalf("nothing has changed: %+v, %v", again, err)
	}
	for i, step := range []struct {
		what   string
		row    gis.Feature
		places int
		change bool
	}{
		{"a building across cells", row("building", square(320, 440, 580, 460), "name", "1"), 1, true},
		{"a park breaks nothing", row("land", square(40, 40, 60, 60), "class", "park"), 1, false},
		{"a building across communities", row("building", square(297, 655, 303, 660), "name", "2"), 2, false},
		{"a community more", row("community", square(1200, 0, 1500, 300), "code", "370883001099", "name", "n", "street_code", "370883001"), 0, true},
	} {
		deliver(t, st, step.row)
		copied := filepath.Join(dir, fmt.Sprint(i, ".gpkg"))
		if err := st.Backup(ctx, copied); err != nil {
			t.Fatal(err)
		}
		b, err := Build(ctx, st, st, job)
		if err != nil {
			t.Fatal(err)
		}
		if b.changes() != step.change || b.changes() && b.Places != step.places {
			t.Errorf("%s: %d places, new %v, void %v, changed %v", step.what, b.Places, b.New, b.Void, b.Changed)
		}
		other, err := gpkg.Open(ctx, copied, gpkg.Options{})
		if err != nil {
			t.Fatal(err)
		}
		whole := job
		whole.Whole = true
		w, err := Build(ctx, other, other, whole)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(w.New, b.New) || !slices.Equal(w.Void, b.Void) || !slices.Equal(w.Changed, b.Changed) {
			t.Errorf("%s: in sections new %v, void %v, changed %v; with the whole city in sight %v, %v, %v", step.what, b.New, b.Void, b.Changed, w.New, w.Void, w.Changed)
		}
		if d := grids.Diff(cellsIn(t, other), cellsIn(t, st)); len(d.Changed)+len(d.New)+len(d.Gone) > 0 {
			t.Errorf("%s: the cells differ: %+v", step.what, d)
		}
		other.Close()
	}
}

func cellsIn(t *testing.T, st *gpkg.Store) []grids.Cell {
	t.Helper()
	cells, _, err := Old(context.Background(), st, nil)
	if err != nil {
		t.Fatal(err)
	}
	return cells
}
