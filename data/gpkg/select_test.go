package gpkg

import (
	"path/filepath"
	"testing"

	"github.com/paulmach/orb"

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
