package gpkg

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// TestSelect: the named fields and the geometry are those of Features, the rest is absent.
func TestSelect(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "city.gpkg"))
	l := gis.MustLayer("component")
	feats := delivery(300)
	feats[7].Geom = nil
	deliver(t, s, feats)
	box := orb.Bound{Min: orb.Point{116.96, 35.38}, Max: orb.Point{116.98, 35.42}}
	for _, b := range []orb.Bound{{}, box} {
		var want []gis.Feature
		for f, err := range s.Features(t.Context(), "component", b) {
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, f)
		}
		i := 0
		for f, err := range s.Select(t.Context(), "component", b, "grid_code", "code") {
			if err != nil {
				t.Fatal(err)
			}
			w := want[i]
			if f.ID != w.ID || f.Key != w.Key || f.Geom != w.Geom || f.Text("grid_code") != w.Text("grid_code") || f.Value("name") != nil {
				t.Fatalf("row %d: got %+v, want of %+v", i, f, w)
			}
			i++
		}
		if i != len(want) || i == 0 {
			t.Errorf("got %d rows, want %d", i, len(want))
		}
		for f, err := range s.Select(t.Context(), "component", b) {
			if err != nil || f.Values != nil || f.Text("code") != "" {
				t.Fatalf("no field: got %+v, %v", f, err)
			}
			break
		}
	}
	if _, err := s.Feature(t.Context(), l.Name, feats[7].Key); err != nil {
		t.Error(err)
	}
	for _, err := range s.Select(t.Context(), "component", box, "nothing") {
		if gis.KindOf(err) != gis.Invalid {
			t.Errorf("unknown field: got %v", err)
		}
	}
	for _, err := range s.Select(t.Context(), "nowhere", box) {
		if err == nil {
			t.Error("unknown layer: no error")
		}
	}
}

// TestLend holds the rows lent against the features: also those with overflow pages, lines, no shape, and numbers another program put in.
func TestLend(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "city.gpkg"))
	feats := delivery(5000)
	feats[7].Set("note", strings.Repeat("长", 3000))
	feats[8].Geom = orb.LineString{{116.9, 35.3}, {116.91, 35.31}}
	feats[9].Geom = nil
	feats[10].Set("note", "")
	feats[11].Geom = orb.MultiPoint{{116.9, 35.3}, {116.91, 35.31}}
	deliver(t, s, feats)
	if _, err := s.writer.ExecContext(t.Context(), `UPDATE component SET note = X'61', label = '5' WHERE fid = 13`); err != nil {
		t.Fatal(err)
	}
	i := 0
	var want []gis.Feature
	for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, f)
	}
	lent, err := s.Lend(t.Context(), "component", func(r *data.LentRow) bool {
		f := gis.NewFeature(want[i].Layer)
		f.ID, f.Key, f.Geom = r.ID, string(r.Key), r.Geom
		if r.IsPoint {
			f.Geom = r.Point
		}
		for k, v := range r.Values {
			if v != nil {
				f.Values[k] = string(v)
			}
		}
		if got, want := fmt.Sprintf("%#v", f), fmt.Sprintf("%#v", want[i]); got != want {
			t.Fatalf("row %d: got %.500s\nwant %.500s", i, got, want)
		}
		i++
		return i < 4000
	})
	if !lent || err != nil || i != 4000 {
		t.Errorf("lent %v, %d rows, %v, want 4000", lent, i, err)
	}
	if lent, err := s.Lend(t.Context(), "door", nil); lent || err != nil {
		t.Errorf("a layer with numbers: got %v, %v, want false", lent, err)
	}
}

// The history of one row is not looked for in that of the whole layer.
func TestHistoryByIndex(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "city.gpkg"))
	for _, tab := range s.tables {
		rows, err := s.reader.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+tab.everOfKeySQL(), "k", tab.name, "k")
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(step + "\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if p := plan.String(); strings.Contains(p, "SCAN") || !strings.Contains(p, "feature_history_key (layer=? AND key=?)") {
			t.Errorf("%s: got the plan\n%swant both parts by their keys", tab.name, p)
		}
	}
}
