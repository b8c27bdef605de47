package census_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wanmi/data/census"
	"wanmi/data/gpkg"
	"wanmi/data/sample"
)

// TestSynthetic takes the synthetic city, as cities deliver it, into a GeoPackage: every good row goes in, every bad one is named.
func TestSynthetic(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	man, err := sample.Generate(sample.Config{Km2: 1, Seed: 3}).WriteFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	store, err := gpkg.Open(ctx, filepath.Join(dir, "city.gpkg"), gpkg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	refused, rejected := map[string]bool{}, 0
	for _, imp := range man.Imports {
		if imp.Layer == "grid" {
			continue
		}
		o := census.Options{Layer: imp.Layer, Actor: "test", Set: map[string]string{}}
		for _, f := range imp.Files {
			o.Files = append(o.Files, filepath.Join(dir, f))
		}
		for i := 0; i+1 < len(imp.Args); i += 2 {
			switch imp.Args[i] {
			case "--crs":
				o.CRS = imp.Args[i+1]
			case "--encoding":
				o.Encoding = imp.Args[i+1]
			case "--set":
				k, v, _ := strings.Cut(imp.Args[i+1], "=")
				o.Set[k] = v
			default:
				t.Fatalf("argument %v", imp.Args)
			}
		}
		res, err := census.Import(ctx, store, o)
		if err != nil {
			t.Fatalf("import %s %v: %v", imp.Layer, imp.Files, err)
		}
		rejected += int(res.Summary.Rejected)
		for _, x := range res.Rejected {
			refused[filepath.Base(x.File)+" "+x.Rule] = true
			t.Logf("refused %s row %d %s %q: %s", filepath.Base(x.File), x.Row, x.Field, x.Value, x.Reason)
		}
		if os.Getenv("CENSUS_VERBOSE") != "" {
			t.Logf("%s %v: %+v, %d findings", imp.Layer, imp.Files, res.Summary, len(res.Findings))
			for _, f := range res.Files {
				t.Logf("   %s rows %d taken %d rejected %d, %s, %s", filepath.Base(f.File), f.Rows, f.Taken, f.Rejected, f.CRS, f.Class)
				for _, m := range f.Remarks {
					t.Logf("      %s", m)
				}
			}
			by := map[string]int{}
			for _, f := range res.Findings {
				if by[f.Rule]++; by[f.Rule] < 3 {
					t.Logf("      F %s %s", f.Rule, f.Text)
				}
			}
		}
		again, err := census.Import(ctx, store, o)
		if err != nil || again.Summary.Unchanged != res.Summary.Added || again.Summary.Rejected != res.Summary.Rejected {
			t.Errorf("%s again: %+v, %v; first %+v", imp.Layer, again.Summary, err, res.Summary)
		}
	}
	if rejected != man.BadRows {
		t.Errorf("%d rows rejected, %d are bad: %+v", rejected, man.BadRows, man.Bad)
	}
	for layer, want := range man.Counts {
		if n, err := store.Count(ctx, layer); err == nil && n != int64(want) {
			t.Errorf("layer %s: %d rows, want %d", layer, n, want)
		}
	}
	for f, err := range store.Check(ctx, nil) {
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("check: %+v", f)
	}
}
