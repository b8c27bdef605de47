package census_test

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/census"
	"wanmi/data/gpkg"
	"wanmi/data/sample"
	"wanmi/gis"
)

// options are those of one step of a manifest.
func options(t *testing.T, dir string, imp sample.Import) census.Options {
	t.Helper()
	o := census.Options{Layer: imp.Layer, Actor: "test", Today: "2026-11-23", Set: map[string]string{}}
	for _, f := range imp.Files {
		o.Files = append(o.Files, filepath.Join(dir, f))
	}
	for i := 0; i+1 < len(imp.Args); i += 2 {
		switch k, v, _ := strings.Cut(imp.Args[i+1], "="); imp.Args[i] {
		case "--crs":
			o.CRS = imp.Args[i+1]
		case "--set":
			o.Set[k] = v
		default:
			t.Fatalf("argument %v", imp.Args)
		}
	}
	return o
}

// faultyCity is a store with the base layers of the synthetic city, a unit grid for each community, and deliveries with faults.
func faultyCity(t *testing.T, km2 float64, each int) (*gpkg.Store, string, []sample.Import, []sample.PlantedFault) {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	city := sample.Generate(sample.Config{Km2: km2, Seed: 5})
	man, err := city.WriteFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	steps, truth, err := city.WriteFaulty(dir, each)
	if err != nil {
		t.Fatal(err)
	}
	store, err := gpkg.Open(ctx, filepath.Join(dir, "city.gpkg"), gpkg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	for _, imp := range man.Imports {
		if imp.Layer == "grid" {
			break
		}
		if _, err := census.Import(ctx, store, options(t, dir, imp)); err != nil {
			t.Fatalf("import %s: %v", imp.Layer, err)
		}
	}
	_, err = store.Write(ctx, data.WriteInfo{Actor: "test"}, func(tx data.Tx) error {
		for c, err := range tx.Features("community", orb.Bound{}) {
			if err != nil {
				return err
			}
			g := gis.NewFeature(gis.MustLayer("unit_grid"))
			g.Geom, g.Key = c.Geom, c.Key+"001"
			g.Set("code", g.Key)
			g.Set("community_code", c.Key)
			g.Set("status", "valid")
			if _, _, err := tx.Put(&g); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return store, dir, steps, truth
}

// TestPlantedFaults: every fault put into a delivery on purpose is found at its row by its rule, and of the rows nothing was
// done to less than one in a hundred is complained of. The truth is the sample's: it knows what it spoilt.
func TestPlantedFaults(t *testing.T) {
	t.Parallel()
	const each = 5
	store, dir, steps, truth := faultyCity(t, 1.5, each)
	type at struct {
		file string
		row  int64
	}
	found := map[at][]string{}
	rows := int64(0)
	var all []census.Fault
	for _, imp := range steps {
		res, err := census.Import(context.Background(), store, options(t, dir, imp))
		if err != nil {
			t.Fatalf("import %v: %v", imp.Files, err)
		}
		if res.MoreFaults > 0 {
			t.Errorf("%d faults were not kept", res.MoreFaults)
		}
		for _, f := range res.Files {
			rows += f.Rows
		}
		for _, f := range res.Faults {
			file, _, _ := strings.Cut(f.File, "!")
			k := at{path.Base(file), f.Row}
			found[k] = append(found[k], f.Rule)
			all = append(all, f)
		}
	}
	planted := map[at]bool{}
	kinds := map[string][2]int{}
	for _, p := range truth {
		planted[at{p.File, int64(p.Row)}] = true
		hit := slices.Contains(found[at{p.File, int64(p.Row)}], p.Kind)
		if p.Other > 0 {
			planted[at{p.File, int64(p.Other)}] = true
			hit = hit || slices.Contains(found[at{p.File, int64(p.Other)}], p.Kind)
		}
		n := kinds[p.Kind]
		n[0]++
		if hit {
			n[1]++
		} else {
			t.Errorf("not found: %s row %d, %s (%s); found there: %v", p.File, p.Row, p.Kind, p.Field, found[at{p.File, int64(p.Row)}])
		}
		kinds[p.Kind] = n
	}
	false_, by := map[at]bool{}, map[string]int{}
	for _, f := range all {
		file, _, _ := strings.Cut(f.File, "!")
		if k := (at{path.Base(file), f.Row}); f.Row > 0 && !planted[k] {
			false_[k] = true
			if by[f.Rule]++; by[f.Rule] <= 3 {
				t.Logf("not planted: %s row %d %s: %s", k.file, k.row, f.Rule, f.Text)
			}
		}
	}
	line := ""
	for k, n := range kinds {
		line += fmt.Sprintf(" %s %d/%d", k, n[1], n[0])
	}
	good := rows - int64(len(planted))
	t.Logf("%d faults of %d kinds in %d rows;%s", len(truth), len(kinds), rows, line)
	t.Logf("false alarms: %d of %d rows (%.2f %%): %v", len(false_), good, 100*float64(len(false_))/float64(good), by)
	if len(truth) < 200 || len(kinds) < 30 {
		t.Errorf("%d faults of %d kinds planted, want 200 of 30", len(truth), len(kinds))
	}
	if int64(len(false_))*100 >= good {
		t.Errorf("%d false alarms in %d good rows, want under 1 %%", len(false_), good)
	}
}

// TestFix: what --fix puts right is taken, and the component's history says by which rule and what it was.
func TestFix(t *testing.T) {
	t.Parallel()
	store, dir, steps, truth := faultyCity(t, 1, 2)
	ctx := context.Background()
	fixed := map[string]int{}
	for _, imp := range steps {
		o := options(t, dir, imp)
		o.Fix = true
		res, err := census.Import(ctx, store, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range res.Faults {
			if f.Fixed {
				fixed[f.Rule]++
			}
		}
		again, err := census.Import(ctx, store, o) // the same faults, fixed the same way, change nothing
		if err != nil || again.Summary.Added+again.Summary.Moved+again.Summary.Changed+again.Summary.Removed != 0 {
			t.Errorf("%v with --fix again: %+v, %v", imp.Files, again.Summary, err)
		}
	}
	noted := map[string]int{}
	for f, err := range store.Features(ctx, "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		extra := f.Text("extra")
		_, text, ok := strings.Cut(extra, "fixed by rule ")
		if !ok {
			continue
		}
		rule, was, _ := strings.Cut(text, ", ")
		noted[rule]++
		if !strings.HasPrefix(was, "was ") {
			t.Errorf("%s does not say what it was: %s", f.Key, extra)
		}
		if rule == "position.swapped" || rule == "position.zone" {
			if f.Text("community_code") == "" {
				t.Errorf("%s was read another way and lies in no community", f.Key)
			}
		}
		versions, err := store.History(ctx, "component", f.Key)
		if err != nil || len(versions) == 0 || !strings.Contains(versions[0].Feature.Text("extra"), "fixed by rule") {
			t.Errorf("the history of %s does not tell of the fix: %v", f.Key, err)
		}
	}
	want := []string{
		"component.code", "component.running_number", "code.duplicate", "position.swapped", "position.zone", "field.filler", "department.name", "field.data_source",
	}
	for _, rule := range want {
		if noted[rule] == 0 || fixed[rule] == 0 {
			t.Errorf("%s: fixed %d times, in the history of %d components", rule, fixed[rule], noted[rule])
		}
	}
	t.Logf("%d planted; fixed %v", len(truth), fixed)
}
