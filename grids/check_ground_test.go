package grids

import (
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// TestCheckByTheCitysLimits: cells are judged by the limits a city has for their ground, as it builds them.
func TestCheckByTheCitysLimits(t *testing.T) {
	const comm = "110101001001"
	city := func(layer, class, compound string) (memory, []Cell) {
		src := memory{}
		src.add("community", orb.Polygon{rect(0, 0, 400, 200)}, "code", comm, "name", "a")
		kv := []string{"class", class}
		if compound != "" {
			kv = append(kv, "compound", compound)
		}
		src.add(layer, orb.Polygon{rect(200, 0, 400, 200)}, kv...)
		src.add("building", orb.Polygon{rect(20, 20, 40, 40)})
		src.add("building", orb.Polygon{rect(220, 20, 240, 40)})
		var cells []Cell
		for i, r := range []orb.Ring{rect(0, 0, 100, 200), rect(100, 0, 200, 200), rect(200, 0, 385, 200), rect(385, 0, 400, 200)} { // the last has 3,000 m²
			code, err := MakeCode(comm, i+1)
			if err != nil {
				t.Fatal(err)
			}
			cells = append(cells, Cell{Code: code, Community: comm, Polygon: orb.Polygon{r}, Status: Valid})
		}
		return src, cells
	}
	for _, tc := range []struct {
		name, layer, class, compound string
		rules                        Rules
		want                         string // findings of the two cells in the east
	}{
		{"farm, no limits known", "land", "farm", "", Rules{}, "below "},
		{"farm, the usual limits", "land", "farm", "", Rules{Land: map[string]Limits{}}, "above below "},
		{"farm, its own", "land", "farm", "", Rules{Land: map[string]Limits{"farm": {Target: 80_000, Min: 2_000, Max: 130_000}}}, ""},
		{"farm, target alone", "land", "farm", "", Rules{Land: map[string]Limits{"farm": {Target: 2_900}}}, "above "},
		{"farm, larger least area", "land", "farm", "", Rules{Land: map[string]Limits{"farm": {Min: 40_000, Max: 90_000}}}, "below below "},
		{"farm, smaller largest area of all ground", "land", "farm", "", Rules{Max: 38_000, Min: 3_000}, ""},
		{"water, its own", "water", "lake", "", Rules{Land: map[string]Limits{"water": {Target: 30_000, Max: 50_000}}}, "below "},
		{"water, another's", "water", "lake", "", Rules{Land: map[string]Limits{"park": {Target: 30_000, Max: 50_000}}}, "above below "},
		{"compound, no limits known", "land", "campus", "", Rules{}, "below "},
		{"compound kept whole up to 16,000 m²", "land", "campus", "", Rules{Compound: CompoundWhole}, "above below "},
		{"compound kept whole up to 50,000 m²", "land", "campus", "", Rules{Compound: CompoundWhole, CompoundMax: 50_000}, "below "},
		{"compounds split", "land", "campus", "", Rules{Compound: CompoundSplit}, "above below "},
		{"compounds split, this one whole", "land", "campus", "whole", Rules{Compound: CompoundSplit}, "below "},
		{"compounds whole, this one split", "land", "campus", "split", Rules{Compound: CompoundWhole, CompoundMax: 50_000}, "above below "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src, cells := city(tc.layer, tc.class, tc.compound)
			found, _, err := tc.rules.Check(t.Context(), src, Cells(cells), nil)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, c := range cells[2:] {
				for _, f := range found {
					if f.Key == string(c.Code) && (f.Rule == "grid.area_below" || f.Rule == "grid.area_above") {
						got += f.Rule[len("grid.area_"):] + " "
					}
				}
			}
			if got != tc.want {
				t.Errorf("found %q, want %q", got, tc.want)
			}
		})
	}
	src, cells := city("land", "farm", "")
	for _, bad := range []Rules{{Min: 10, Max: 5}, {Compound: "half"}, {Land: map[string]Limits{"moon": {}}}, {Land: map[string]Limits{"farm": {Min: 9e9}}}} {
		if _, _, err := bad.Check(t.Context(), src, Cells(cells), nil); gis.KindOf(err) != gis.Invalid {
			t.Errorf("%+v: got %v, want invalid", bad, err)
		}
	}
}
