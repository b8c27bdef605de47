package grids

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// rules counts the findings of each rule.
func rules(l []gis.Finding) map[string]int {
	n := map[string]int{}
	for _, f := range l {
		n[f.Rule]++
	}
	return n
}

// shaky redraws a cell with every corner up to half a span of metres off, as somebody without snapping would.
func shaky(r *rand.Rand, p orb.Polygon, span float64) orb.Polygon {
	ring := slices.Clone(p[0])
	for i := range ring {
		ring[i] = orb.Point{ring[i][0] + (r.Float64()-0.5)*span/91e3, ring[i][1] + (r.Float64()-0.5)*span/111e3}
	}
	ring[len(ring)-1] = ring[0]
	return orb.Polygon{ring}
}

func TestAdoptClosesSmallFaults(t *testing.T) {
	src := town()
	made := build(t, src, Options{})
	r := rand.New(rand.NewPCG(11, 22))
	var drawn []Drawn
	for _, c := range made.Cells {
		drawn = append(drawn, Drawn{Code: string(c.Code), Geom: shaky(r, c.Polygon, 0.6)})
	}
	drawn[0].Code = drawn[0].Code[:12] + drawn[0].Code[13:] // 14 characters
	drawn[1].Code = "A6306-03"
	drawn[3].Code = drawn[2].Code
	d, err := Adopt(context.Background(), src, drawn, AdoptOptions{Today: "2026-11-22"})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Cells) != len(drawn) {
		t.Fatalf("%d cells came of %d", len(d.Cells), len(drawn))
	}
	got := rules(d.Findings)
	for rule, want := range map[string]int{"adopt.code": 1, "adopt.duplicate": 1, "adopt.gap": 0, "adopt.overlap": 0, "adopt.crossing": 0, "adopt.outside": 0, "adopt.gap.small": 1, "adopt.overlap.small": 1} {
		if got[rule] != want {
			t.Errorf("findings of %s: got %d, want %d", rule, got[rule], want)
		}
	}
	found, st, err := Check(context.Background(), src, Cells(d.Cells), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Severity == gis.SeverityError {
			t.Errorf("after the repair: %s %s at %.7f: %s", f.Rule, f.Key, f.At, f.Text)
		}
	}
	if diff := st.AreaM2 - made.Stats.AreaM2; diff > 1 || diff < -1 {
		t.Errorf("the cells cover %.1f m², want %.1f", st.AreaM2, made.Stats.AreaM2)
	}
	wide := slices.IndexFunc(d.Cells, func(c Cell) bool { return c.Code == made.Cells[0].Code })
	if wide < 0 || !strings.Contains(d.Cells[wide].Remark, drawn[0].Code) {
		t.Errorf("the code of 14 characters was not widened, or its remark lost it")
	}
}

func TestAdoptListsLargeFaults(t *testing.T) {
	src := memory{}
	src.add("community", orb.Polygon{rect(0, 0, 300, 200)}, "code", code12(1), "name", "a")
	src.add("community", orb.Polygon{rect(300, 0, 600, 200)}, "code", code12(2), "name", "b")
	src.add("community", orb.Polygon{rect(600, 0, 900, 200)}, "code", code12(3), "name", "c")
	src.add("building", orb.Polygon{rect(90, 50, 110, 60)})
	cell := func(code string, x0, x1 float64) Drawn {
		return Drawn{Code: code, Geom: orb.Polygon{rect(x0, 0, x1, 200)}}
	}
	drawn := []Drawn{
		cell(code12(1)+"001", 0, 100), cell(code12(1)+"002", 100, 210), cell(code12(1)+"003", 200, 290), // a building cut, 10 m overlap, 10 m gap
		cell(code12(2)+"001", 300, 450), cell(code12(2)+"00A", 450, 620), // 20 m across the line
	}
	d, err := Adopt(context.Background(), src, drawn, AdoptOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := rules(d.Findings)
	for rule, want := range map[string]int{"adopt.overlap": 1, "adopt.gap": 1, "adopt.crossing": 1, "adopt.none": 1} {
		if got[rule] != want {
			t.Errorf("findings of %s: got %d, want %d in %v", rule, got[rule], want, got)
		}
	}
	if got["grid.building_cut"]+got["building.cut"] == 0 {
		t.Errorf("the building cut is not told: %v", got)
	}
	for _, f := range d.Findings {
		if f.Severity == gis.SeverityError && f.At == (orb.Point{}) {
			t.Errorf("%s has no place", f.Rule)
		}
	}
	// Only the community without cells is divided; the others stay as they were drawn.
	b, err := Build(context.Background(), src, Options{Communities: []string{code12(3)}, Old: d.Cells})
	if err != nil {
		t.Fatal(err)
	}
	if diff := Diff(d.Cells, b.Cells); len(diff.Kept) != len(d.Cells) || len(diff.New) == 0 {
		t.Errorf("dividing the third community: %+v", diff)
	}
}

// TestBuildBesideAdopted divides a community between others whose cells were drawn by hand: the common borders must match.
// The shaking stays below the tolerance, so that all that comes of it must be repaired.
func TestBuildBesideAdopted(t *testing.T) {
	long(t)
	src := place(t, "bupt")
	made := build(t, src, Options{})
	for _, alone := range []string{made.Cells[0].Community, made.Cells[len(made.Cells)-1].Community} {
		for _, seed := range []uint64{2, 3, 20, 27, 33, 35, 36, 51, 66, 85, 113, 180} { // each but 33 has left a gap or an overlap once
			t.Run(fmt.Sprintf("%s/%d", alone, seed), func(t *testing.T) { besideAdopted(t, src, made.Cells, alone, seed) })
		}
	}
}

// besideAdopted keeps one community back, adopts the shaken cells of the others, and divides it beside them.
func besideAdopted(t *testing.T, src memory, made []Cell, alone string, seed uint64) {
	r := rand.New(rand.NewPCG(3, seed))
	var drawn []Drawn
	for _, c := range made {
		if c.Community != alone {
			drawn = append(drawn, Drawn{Code: string(c.Code), Geom: shaky(r, c.Polygon, 0.4)})
		}
	}
	d, err := Adopt(context.Background(), src, drawn, AdoptOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range d.Findings {
		if f.Severity == gis.SeverityError && strings.HasPrefix(f.Rule, "adopt.") {
			t.Errorf("%s %s at %.7f: %s", f.Rule, f.Key, f.At, f.Text)
		}
	}
	b, err := Build(context.Background(), src, Options{Communities: []string{alone}, Old: d.Cells})
	if err != nil {
		t.Fatal(err)
	}
	if diff := Diff(d.Cells, b.Cells); len(diff.Gone) > 0 || len(diff.New) == 0 {
		t.Errorf("the adopted cells were not left alone: %+v", diff)
	}
	found, _, err := Check(context.Background(), src, Cells(b.Cells), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Severity == gis.SeverityError && f.Rule != "grid.building_cut" { // the shaking may cut buildings
			t.Errorf("%s %s at %.7f: %s", f.Rule, f.Key, f.At, f.Text)
		}
	}
}

// TestAdoptTaipei takes the statistical units of Taipei, drawn by hand for another purpose, as a delivery.
func TestAdoptTaipei(t *testing.T) {
	long(t)
	src := taipei(t)
	var drawn []Drawn
	for _, f := range readJSON(t, filepath.Join(sharedDir(t, "taipei_west/reference"), "statistical_units.geojson")).Features {
		drawn = append(drawn, Drawn{Code: f.Properties.MustString("CODEBASE", ""), Geom: f.Geometry})
	}
	d, err := Adopt(context.Background(), src, drawn, AdoptOptions{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d units gave %d cells of %.0f m² median; findings %v", len(drawn), len(d.Cells), d.Stats.MedianM2, rules(d.Findings))
	if len(d.Cells) < len(drawn)*95/100 {
		t.Errorf("only %d cells of %d units", len(d.Cells), len(drawn))
	}
	part := drawn[:150] // enough to see that threads make no difference
	if d, err = Adopt(context.Background(), src, part, AdoptOptions{Threads: 3}); err != nil {
		t.Fatal(err)
	}
	one, err := Adopt(context.Background(), src, part, AdoptOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if diff := Diff(d.Cells, one.Cells); len(diff.Kept) != len(d.Cells) {
		t.Error("another number of threads gives other cells")
	}
}

// TestAdoptEnclave: a cell drawn with a hole, another in the hole, and a cell that hangs on nothing keep to their own land.
func TestAdoptEnclave(t *testing.T) {
	src := memory{}
	src.add("community", orb.Polygon{rect(0, 0, 300, 200)}, "code", code12(1), "name", "a")
	src.add("community", orb.Polygon{rect(300, 0, 600, 200)}, "code", code12(2), "name", "b")
	drawn := []Drawn{
		{Code: code12(1) + "001", Geom: orb.Polygon{rect(0, 0, 300, 200), rect(100, 50, 200, 150)}},
		{Code: code12(1) + "002", Geom: orb.Polygon{rect(100, 50, 200, 150)}},
		{Code: code12(2) + "001", Geom: orb.Polygon{rect(350, 50, 450, 150)}}, // streets left out all round
		{Code: code12(2) + "002", Geom: orb.Polygon{rect(460, 50, 550, 150)}},
	}
	d, err := Adopt(context.Background(), src, drawn, AdoptOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := rules(d.Findings)
	if got["adopt.hole"] != 1 || got["adopt.overlap"] != 0 || got["adopt.parts"] != 0 {
		t.Errorf("findings: %v", got)
	}
	gap := 0.0
	for _, f := range d.Findings {
		if f.Rule == "adopt.gap" {
			gap += f.Measure
		}
	}
	for i, want := range []float64{50_000, 10_000, 10_000, 9_000} {
		if c := d.Cells[i]; math.Abs(c.AreaM2-want) > 0.01*want {
			t.Errorf("%s has %.0f m², want %.0f", c.Code, c.AreaM2, want)
		}
	}
	if want := 41_000.0; math.Abs(gap-want) > 0.01*want {
		t.Errorf("gaps of %.0f m², want %.0f", gap, want)
	}
}

// TestAdoptSameCode: two rows of one code are one cell when one is a piece of it or says the same twice, and a fault when
// somebody divided a cell and forgot to number the other half.
func TestAdoptSameCode(t *testing.T) {
	src := memory{}
	src.add("community", orb.Polygon{rect(0, 0, 300, 200)}, "code", code12(1), "name", "a")
	row := func(n string, x0, y0, x1, y1 float64) Drawn {
		return Drawn{Code: code12(1) + n, Geom: orb.Polygon{rect(x0, y0, x1, y1)}}
	}
	rest := row("002", 100, 0, 300, 200)
	for _, tc := range []struct {
		name  string
		rows  []Drawn
		cells int
		want  map[string]int
	}{
		{"a piece", []Drawn{row("001", 0, 0, 100, 180), row("001", 0.2, 180.1, 100, 200), rest}, 2, map[string]int{"adopt.joined": 1}},
		{"a piece on a piece", []Drawn{row("001", 0, 0, 100, 160), row("001", 0, 180, 100, 200), row("001", 0, 160, 100, 180), rest}, 2, map[string]int{"adopt.joined": 2}},
		{"halves", []Drawn{row("001", 0, 0, 100, 100), row("001", 0, 100, 100, 200), rest}, 3, map[string]int{"adopt.duplicate": 1}},
		{"a piece far off", []Drawn{row("001", 0, 0, 100, 200), row("001", 280, 180, 300, 200), row("002", 100, 0, 280, 200), row("003", 280, 0, 300, 180)}, 4, map[string]int{"adopt.duplicate": 1}},
		{"the row twice", []Drawn{row("001", 0, 0, 100, 200), row("001", 0, 0.1, 100, 200), rest}, 2, map[string]int{"adopt.repeated": 1}},
		{"a piece over the rest", []Drawn{row("001", 0, 0, 100, 200), row("001", 20, 20, 60, 60), rest}, 2, map[string]int{"adopt.repeated": 1}},
		{"another in it", []Drawn{row("001", 0, 0, 100, 200), row("003", 20, 20, 60, 60), rest}, 3, map[string]int{"adopt.overlap": 1}},
		{"one in what two share", []Drawn{row("001", 0, 0, 140, 200), rest, row("003", 110, 20, 130, 60)}, 3, map[string]int{"adopt.overlap": 3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d, err := Adopt(context.Background(), src, tc.rows, AdoptOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := rules(d.Findings)
			for _, rule := range []string{"adopt.joined", "adopt.repeated", "adopt.duplicate", "adopt.overlap", "adopt.gap"} {
				if got[rule] != tc.want[rule] {
					t.Errorf("%d findings of %s, want %d", got[rule], rule, tc.want[rule])
				}
			}
			if len(d.Cells) != tc.cells {
				t.Errorf("%d cells, want %d", len(d.Cells), tc.cells)
			}
			for _, f := range d.Findings {
				if strings.HasPrefix(f.Rule, "adopt.") && f.Severity != gis.SeverityNote && f.At == (orb.Point{}) {
					t.Errorf("%s has no place", f.Rule)
				}
			}
			if c := d.Cells[0]; len(tc.want) == 1 && tc.want["adopt.joined"]+tc.want["adopt.repeated"] > 0 && math.Abs(c.AreaM2-20_000) > 1 {
				t.Errorf("%s has %.1f m², want 20,000", c.Code, c.AreaM2)
			}
		})
	}
}

// TestAdoptHangingStrip: a room of 3 m by 10 m with half a centimetre of gap hanging on it is no small gap, whatever its mean width.
func TestAdoptHangingStrip(t *testing.T) {
	src := memory{}
	src.add("community", orb.Polygon{rect(0, 0, 300, 200)}, "code", code12(1), "name", "a")
	d, err := Adopt(context.Background(), src, []Drawn{
		{Code: code12(1) + "001", Geom: orb.Polygon{ringOf([2]float64{0, 0}, [2]float64{150, 0}, [2]float64{150, 90}, [2]float64{147, 90}, [2]float64{147, 100}, [2]float64{150, 100}, [2]float64{150, 200}, [2]float64{0, 200})}},
		{Code: code12(1) + "002", Geom: orb.Polygon{rect(150.005, 0, 300, 200)}},
	}, AdoptOptions{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(d.Findings, func(f gis.Finding) bool { return f.Rule == "adopt.gap" })
	if i < 0 {
		t.Fatalf("the gap is not told of: %v", rules(d.Findings))
	}
	if f := d.Findings[i]; f.Measure < 29 || f.Measure > 32 || !strings.Contains(f.Text, "(3.0") {
		t.Errorf("%s (%g), want 30 m², 3 m at the widest", f.Text, f.Measure)
	}
}
