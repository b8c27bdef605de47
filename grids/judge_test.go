package grids

import (
	"context"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// TestCheckAgreesWithTheJudge plants the faults of the prototype's self-test, which the independent judge is tested by,
// into its clean partition of two by two: what is hard there is an error here, and the other way round.
func TestCheckAgreesWithTheJudge(t *testing.T) {
	const a, b = "110101001001", "110101001002"
	src := memory{}
	src.add("community", orb.Polygon{rect(0, 0, 200, 100)}, "code", a, "name", "a")
	src.add("community", orb.Polygon{rect(0, 100, 200, 200)}, "code", b, "name", "b")
	src.add("building", orb.Polygon{rect(20, 20, 40, 40)})
	src.add("building", orb.Polygon{rect(120, 120, 150, 150)})
	src.add("road", orb.LineString{metres(100, 0), metres(100, 200)}, "class", "local")
	cells := func() []Cell {
		var out []Cell
		for i, r := range []orb.Ring{rect(0, 0, 100, 100), rect(100, 0, 200, 100), rect(0, 100, 100, 200), rect(100, 100, 200, 200)} {
			comm := []string{a, b}[i/2]
			code, err := MakeCode(comm, 1+i%2)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, Cell{Code: code, Community: comm, Polygon: orb.Polygon{r}, Status: Valid})
		}
		return out
	}
	put := func(at int, r orb.Ring) func([]Cell) {
		return func(l []Cell) { l[at].Polygon = orb.Polygon{r} }
	}
	both := func(f ...func([]Cell)) func([]Cell) {
		return func(l []Cell) {
			for _, g := range f {
				g(l)
			}
		}
	}
	for _, tc := range []struct {
		name  string
		rules []string // the errors
		plant func([]Cell)
	}{
		{"clean", nil, func([]Cell) {}},
		{"gap", []string{"grid.gap"}, put(0, rect(0, 0, 99, 100))},
		{"overlap", []string{"grid.overlap"}, put(0, rect(0, 0, 101, 100))},
		{"community crossing", []string{"grid.stray"}, both(put(0, rect(0, 0, 100, 101)), put(2, rect(0, 101, 100, 200)))},
		{"outside", []string{"grid.outside"}, put(0, rect(-1, 0, 100, 100))},
		{"building cut", []string{"grid.building_cut"}, both(put(0, rect(0, 0, 30, 100)), put(1, rect(30, 0, 200, 100)))},
		{"wall within tolerance", nil, both(put(0, rect(0, 0, 20.2, 100)), put(1, rect(20.2, 0, 200, 100)))},
		{"duplicate code", []string{"grid.code_duplicate"}, func(l []Cell) { l[1].Code = l[0].Code }},
		{"prefix", []string{"grid.stray"}, func(l []Cell) { l[1].Code, l[1].Community = Code(b+"003"), b }},
		{"bow-tie", []string{"grid.ring"}, put(0, ringOf([2]float64{0, 0}, [2]float64{100, 100}, [2]float64{100, 0}, [2]float64{0, 100}))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := cells()
			tc.plant(l)
			found, _, err := Check(context.Background(), src, seqOf(l), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range found {
				if f.Severity != gis.SeverityError {
					continue
				}
				got = append(got, f.Rule)
				if f.At == (orb.Point{}) || f.Text == "" || f.TextZh == "" {
					t.Errorf("%s lacks its place or a text: %+v", f.Rule, f)
				}
			}
			for _, r := range tc.rules {
				if !slices.Contains(got, r) {
					t.Errorf("got %v, want %s among them", got, r)
				}
			}
			if len(tc.rules) == 0 && len(got) > 0 {
				t.Errorf("got %v, want none", got)
			}
		})
	}
}

// TestCommunityFaultsAreTold: every repair and every fault left has a finding with its place in both languages.
func TestCommunityFaultsAreTold(t *testing.T) {
	m := memory{}
	add := func(n int, p orb.Polygon) { m.add("community", p, "code", code12(n), "name", "n") }
	add(1, orb.Polygon{rect(0, 0, 200, 200), rect(50, 50, 90, 90), rect(120, 120, 120.1, 120.1)}) // 1,600 m² that are nobody's, and 0.01
	add(2, orb.Polygon{rect(200.002, 0, 400, 200)})                                               // 2 mm beside the first, 0.4 m²: too much to give away
	add(3, orb.Polygon{rect(400.3, 0, 600, 200)})                                                 // 30 cm beside the second
	add(4, orb.Polygon{rect(599.98, 0, 800, 200)})                                                // 2 cm over the third
	add(5, orb.Polygon{rect(795, 0, 1000, 200)})                                                  // 5 m over the fourth
	add(6, orb.Polygon{rect(850, 50, 900, 50.01)})                                                // a sliver drawn over the fifth
	m.add("community", orb.Polygon{}, "code", code12(7), "name", "n")                             // nothing
	m.add("building", orb.Polygon{rect(385, 100, 420, 120)})                                      // across the gap
	d := build(t, m, Options{})
	for _, rule := range []string{
		"community.gap.small", "community.gap", "community.hole", "community.overlap.small", "community.overlap", "community.empty",
		"community.crumb", "community.geometry", "building.straddles",
	} {
		i := slices.IndexFunc(d.Findings, func(f gis.Finding) bool { return f.Rule == rule })
		if i < 0 {
			t.Errorf("no finding %s", rule)
			continue
		}
		f := d.Findings[i]
		if f.Text == "" || f.TextZh == "" || (f.At == (orb.Point{}) && rule != "community.geometry") {
			t.Errorf("%s lacks its place or a text: %+v", rule, f)
		}
	}
	if found, _, err := Check(context.Background(), m, seqOf(d.Cells), nil); err != nil || slices.ContainsFunc(found, func(f gis.Finding) bool { return f.Severity == gis.SeverityError }) {
		t.Errorf("the division breaks a hard rule: %v, %+v", err, found[:min(3, len(found))])
	}
}

// TestBordersFromAnEnclave: a community inside a building, or in its court, excuses two borders through the building, not three; one
// in a court that opens to the outside excuses none.
func TestBordersFromAnEnclave(t *testing.T) {
	const a, b = "110101001001", "110101001002"
	house, yard, open := orb.Polygon{rect(90, 40, 110, 60)}, orb.Polygon{rect(90, 40, 110, 60), rect(95, 45, 105, 55)}, orb.Polygon{rect(90, 40, 110, 60), rect(95, 45, 105, 63)}
	in := Cell{Code: b + "001", Community: b, Polygon: orb.Polygon{rect(98, 49, 102, 51)}, Status: Valid}
	own := func(n int, pts ...[2]float64) Cell {
		code, err := MakeCode(a, n)
		if err != nil {
			t.Fatal(err)
		}
		return Cell{Code: code, Community: a, Polygon: orb.Polygon{ringOf(pts...)}, Status: Valid}
	}
	south := own(1, [2]float64{0, 0}, [2]float64{200, 0}, [2]float64{200, 49}, [2]float64{102, 49}, [2]float64{98, 49}, [2]float64{0, 49})
	north := own(2, [2]float64{200, 49}, [2]float64{200, 100}, [2]float64{0, 100}, [2]float64{0, 49}, [2]float64{98, 49}, [2]float64{98, 51}, [2]float64{102, 51}, [2]float64{102, 49})
	west := own(2, [2]float64{0, 49}, [2]float64{98, 49}, [2]float64{98, 51}, [2]float64{98, 100}, [2]float64{0, 100})
	east := own(3, [2]float64{102, 49}, [2]float64{200, 49}, [2]float64{200, 100}, [2]float64{98, 100}, [2]float64{98, 51}, [2]float64{102, 51})
	for _, tc := range []struct {
		name, want string
		building   orb.Polygon
		cells      []Cell
	}{
		{"two", "building.straddles", house, []Cell{in, south, north}},
		{"three", "grid.building_cut", house, []Cell{in, south, west, east}},
		{"court, two", "building.straddles", yard, []Cell{in, south, north}},
		{"court, three", "grid.building_cut", yard, []Cell{in, south, west, east}},
		{"open court", "grid.building_cut", open, []Cell{in, south, north}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src := memory{}
			src.add("community", orb.Polygon{rect(0, 0, 200, 100), rect(98, 49, 102, 51)}, "code", a, "name", "a")
			src.add("community", orb.Polygon{rect(98, 49, 102, 51)}, "code", b, "name", "b")
			src.add("building", tc.building)
			found, _, err := Check(context.Background(), src, seqOf(tc.cells), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range found {
				if f.Severity == gis.SeverityError || f.Rule == "building.straddles" {
					got = append(got, f.Rule)
				}
			}
			if !slices.Equal(got, []string{tc.want}) {
				t.Errorf("got %v, want %s alone", got, tc.want)
			}
		})
	}
}
