package census

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wanmi/data"
	"wanmi/data/gpkg"
	"wanmi/data/postgis"
	"wanmi/data/postgis/pgtest"
	"wanmi/gis"

	"github.com/paulmach/orb"
)

func TestParseExtent(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{ // want: the text a batch keeps, or "!" and a part of the refusal
		{"box", " 116.96, 35.39,116.97,35.41 ", "116.96,35.39,116.97,35.41"},
		{"codes", "community:370883001002,370883001001;街道：370883001", "street:370883001;community:370883001001,370883001002"},
		{"codes without a word", "370883001001、37088300100100B", "community:370883001001;cell:37088300100100B"},
		{"four codes", "370883001,370883002,370883003,370883004", "street:370883001,370883002,370883003,370883004"},
		{"WKT", "SRID=4490;POLYGON((116 35,117 35,117 36,116 35))", "POLYGON((116 35,117 35,117 36,116 35))"},
		{"GeoJSON", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[116,35],[117,35],[117,36],[116,35]]]}}]}`, "POLYGON((116 35,117 35,117 36,116 35))"},
		{"nothing", " ", "!empty"},
		{"corners", "117,35,116,36", "!wrong way round"},
		{"a line", "LINESTRING(116 35,117 36)", "!no polygon"},
		{"metres", "POLYGON((500000 3900000,500100 3900000,500100 3900100,500000 3900000))", "!longitude, latitude"},
		{"another system", "SRID=4548;POLYGON((116 35,117 35,117 36,116 35))", "!EPSG:4548"},
		{"NaN", "NaN,35,117,36", "!wrong way round"},
		{"a short code", "community:3708830010", "!no code"},
		{"a word", "county:370883", "!street, community and cell"},
		{"code of another kind", "street:370883001001", "!no code"},
		{"broken JSON", `{"type":"Polygon","coordinates":`, "!GeoJSON"},
		{"no features", `{"type":"FeatureCollection","features":[]}`, "!no polygon"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := ParseExtent(c.in)
			if part, refused := strings.CutPrefix(c.want, "!"); refused {
				if err == nil || gis.KindOf(err) != gis.Invalid || !strings.Contains(gis.Public(err), part) {
					t.Errorf("got %q, %v, want it refused with %q", e.Text(), err, part)
				}
				return
			}
			if err != nil || e.Text() != c.want {
				t.Fatalf("got %q, %v, want %q", e.Text(), err, c.want)
			}
			if again, err := ParseExtent(e.Text()); err != nil || again.Text() != c.want {
				t.Errorf("its text read again: got %q, %v", again.Text(), err)
			}
		})
	}
}

// What an extent is not for is refused before anything is read.
func TestExtentRefused(t *testing.T) {
	m := zoucheng(t)
	file := temp(t, "路灯.csv", []byte("名称,经度,纬度\n路灯,116.9651,35.4001\n"))
	e, _ := ParseExtent("370883001001")
	gone, _ := ParseExtent("370883001999")
	for name, o := range map[string]Options{
		"with partial":      {Layer: "component", Extent: e, Partial: true},
		"unit grids":        {Layer: "unit_grid", Extent: e},
		"no positions":      {Layer: "department", Extent: e},
		"unknown community": {Layer: "component", Extent: gone},
	} {
		o.Files, o.DryRun = []string{file}, true
		if _, err := Import(context.Background(), m, o); gis.KindOf(err) != gis.Invalid || err == nil {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	if _, err := ParseProfile([]byte("layer: component\nfields: {}\nextent: nowhere\n")); err == nil {
		t.Error("a profile with an extent that is none is taken")
	}
}

type extentStore interface {
	Target
	renamer
	Batch(ctx context.Context, id int64) (data.Batch, error)
	Feature(ctx context.Context, layer, key string) (gis.Feature, error)
	Count(ctx context.Context, layer string) (int64, error)
}

// The trees of Taipei's west, surveyed again in one community only: what is gone there is removed, all else stays.
func TestExtentOfTrees(t *testing.T) {
	t.Run("gpkg", func(t *testing.T) {
		s, err := gpkg.Open(t.Context(), filepath.Join(t.TempDir(), "city.gpkg"), gpkg.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		extentOfTrees(t, s)
	})
	t.Run("postgis", func(t *testing.T) {
		s, err := postgis.Open(t.Context(), pgtest.DSN(t), postgis.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		extentOfTrees(t, s)
	})
}

func extentOfTrees(t *testing.T, s extentStore) {
	must := func(o Options, files ...string) Result {
		t.Helper()
		o.Files, o.Actor = files, "test"
		res, err := Import(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	must(Options{Layer: "street"}, shared(t, "taipei_west/base/streets.geojson"))
	must(Options{Layer: "community"}, shared(t, "taipei_west/base/communities.geojson"))
	must(Options{Layer: "component"}, shared(t, "taipei_west/census/street_trees_20260802.csv"))
	second := shared(t, "taipei_west/census/street_trees_20260823.csv")
	whole := must(Options{Layer: "component", DryRun: true}, second)
	gone := map[string]int64{} // community -> trees of it that are gone
	community := ""
	for _, f := range whole.Faults {
		if f.Rule == RuleRemoved {
			tree, err := s.Feature(t.Context(), "component", f.Key)
			if err != nil {
				t.Fatal(err)
			}
			c := tree.Text("community_code")
			if gone[c]++; gone[c] > gone[community] {
				community = c
			}
		}
	}
	if whole.Summary.Removed != 10 || gone[community] < 2 || gone[community] == 10 {
		t.Fatalf("the whole delivery removes %d, of one community %d; want 10 and a part of them", whole.Summary.Removed, gone[community])
	}
	part, inside := treesOf(t, s, second, community)
	e, err := ParseExtent("community:" + community)
	if err != nil {
		t.Fatal(err)
	}
	want := Summary{Removed: gone[community], Unchanged: inside + 1}
	o := Options{Layer: "component", Extent: e, DryRun: true}
	if dry := must(o, part); dry.Summary != want {
		t.Errorf("dry run: got %+v, want %+v", dry.Summary, want)
	}
	before, _ := s.Count(t.Context(), "component")
	o.DryRun = false
	res := must(o, part)
	after, _ := s.Count(t.Context(), "component")
	if res.Summary != want || after != before-gone[community] {
		t.Errorf("import: got %+v and %d trees of %d, want %+v", res.Summary, after, before, want)
	}
	outside := 0
	for _, f := range res.Faults {
		if f.Rule == RuleExtent && f.Row == inside+2 {
			outside++
		}
	}
	if outside != 1 {
		t.Errorf("the tree outside the extent: told %d times, want once", outside)
	}
	b, err := s.Batch(t.Context(), res.Batch.ID)
	if err != nil || b.Extent != "community:"+community {
		t.Errorf("the batch's extent: got %q, %v", b.Extent, err)
	}
	if _, err := RollBack(t.Context(), s, res.Batch.ID, RollBackOptions{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	if n, _ := s.Count(t.Context(), "component"); n != before {
		t.Errorf("rolled back: got %d trees, want %d", n, before)
	}
	// Under a name that nothing is stored of, it replaces its class there.
	named := filepath.Join(t.TempDir(), "补测.csv")
	raw, err := os.ReadFile(part)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(named, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	other := must(Options{Layer: "component", Extent: e, DryRun: true, Set: map[string]string{"class": "04002"}}, named)
	remarks := strings.Join(other.Files[0].Remarks, "\n")
	if other.Summary.Removed != gone[community] || !strings.Contains(remarks, "came with another delivery, street_trees") {
		t.Errorf("under another name: got %+v, %s", other.Summary, remarks)
	}
}

// treesOf writes the rows of the delivery that stand in a community, and one more from elsewhere at the end, into a file of the
// same source. It returns how many stand in the community.
func treesOf(t *testing.T, s extentStore, file, community string) (part string, inside int64) {
	at := map[string]string{} // the team's id -> community
	for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		at[f.Text("delivered_id")] = f.Text("community_code")
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	kept := rows[:1:1]
	var other []string
	for _, row := range rows[1:] {
		switch c := at[row[0]]; {
		case c == community:
			kept = append(kept, row)
			inside++
		case c != "" && other == nil:
			other = row
		}
	}
	part = filepath.Join(t.TempDir(), filepath.Base(file))
	out, err := os.Create(part)
	if err != nil {
		t.Fatal(err)
	}
	if err := csv.NewWriter(out).WriteAll(append(kept, other)); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return part, inside
}
