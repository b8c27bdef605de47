package geoeval

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/geocode"
)

// answer is one whose first place lies so many metres north of the truth at 117, 35.
func answer(score, metres, uncertainty float64, level string) city.Located {
	return city.Located{
		Place: &geocode.Place{Point: north(metres), Level: level, Label: "普阳路" + level}, Score: score, UncertaintyM: uncertainty,
		Grid: &city.GridRef{Code: "370883001001001"}, Department: &city.DepartmentRef{Code: "D1", Name: "路灯所"},
		Matter:     &city.Matter{Code: "09006", Name: "占道经营"},
		Components: []city.Candidate{{Code: "A"}, {Code: "B"}},
	}
}

func north(metres float64) orb.Point { return orb.Point{117, 35 + metres/111_319.5} }

func TestReport(t *testing.T) {
	at := north(0)
	second := answer(.65, 500, 300, "road")
	second.Alternatives = []city.Alternative{{Place: geocode.Place{Point: north(900)}}, {Place: geocode.Place{Point: north(30)}}}
	all := []Outcome{
		Judge(Case{Row: 1, Set: "a", Text: "一", Point: at, Department: "D1", Component: "B", Matter: "09006"}, answer(.95, 5, 10, "door"), "370883001001001"),
		Judge(Case{Row: 2, Set: "a", Text: "二", Point: at, Department: "路灯所", Component: "A", Matter: "占道经营"}, answer(.95, 40, 10, "door"), "370883001001002"),
		Judge(Case{Row: 3, Set: "b", Text: "三", Point: at, Department: "环卫所", Matter: "06010", Grid: "370883001001001", Component: "C"}, second, "370883001001009"),
		Judge(Case{Row: 4, Set: "b", Text: "四", Point: at, Component: "A"}, city.Located{}, ""),
	}
	r := NewReport(all, 100)
	f := r.All
	if f.Cases != 4 || f.Placed != 3 || f.Within20 != .25 || f.Within50 != .5 || f.Within100 != .5 || *f.MedianM < 39 || *f.MedianM > 41 {
		t.Errorf("distances: %+v", f)
	}
	if f.Recall != [3]Recall{{1, .5}, {3, .75}, {5, .75}} {
		t.Errorf("recall: %v", f.Recall)
	}
	third := 1.0 / 3
	for name, c := range map[string][2]float64{
		"within uncertainty": {*f.WithinUncertainty, third}, // 5 of 10 m, not 40 of 10, not 500 of 300
		"median uncertainty": {*f.UncertaintyM, 10},         // of 10, 10 and 300
		"cell":               {*f.Grid, 2 * third},          // the file's own word goes before the place; the fourth has none
		"matter":             {*f.Matter, 2 * third},
		"department":         {*f.Department, 2 * third},                     // by code or by name
		"component first":    {*f.ComponentFirst, .25},                       // B is the second, C none, the fourth has no answer
		"component among 3":  {*f.ComponentAmong3, .5},                       //
		"calibration":        {r.Calibration.Error, .65*third + .05*2*third}, // 0.65: none right; 0.95: all
	} {
		if math.Abs(c[0]-c[1]) > 1e-9 {
			t.Errorf("%s: got %v, want %v", name, c[0], c[1])
		}
	}
	if len(r.Sets) != 2 || r.Sets[1].Name != "b" || r.Sets[1].Department == nil || len(r.Levels) != 3 || r.Levels[0].Name != "" || r.Levels[2].Name != "road" {
		t.Errorf("sets %v, levels %v", r.Sets, r.Levels)
	}
	if len(r.Misses) != 2 || r.Misses[0].Row != 3 || r.Misses[0].Rank != 3 || r.Misses[1].Row != 4 || r.Misses[1].DistanceM != nil {
		t.Errorf("misses: %+v", r.Misses)
	}
	if far := NewReport(all, 600); far.All.Recall[0].Share != .75 || len(far.Misses) != 1 {
		t.Errorf("with 600 m: %+v", far)
	}
}

func TestPage(t *testing.T) {
	none := NewReport(nil, 100)
	r := NewReport([]Outcome{
		Judge(Case{Row: 1, Text: "<b>坏</b>", Point: north(0)}, answer(.9, 400, 10, "poi"), ""),
		Judge(Case{Row: 2, Text: "没有", Point: north(0)}, city.Located{}, ""),
	}, 100)
	var b bytes.Buffer
	if err := none.WriteHTML(&b, "空", ""); err != nil {
		t.Error(err)
	}
	b.Reset()
	if err := r.WriteHTML(&b, "样本.csv", "https://h/map"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"样本.csv", "&lt;b&gt;坏", "兴趣点 poi", "未定位", `href="https://h/map#18/35.000000/117.000000"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	b.Reset()
	if err := r.WriteJSON(&b); err != nil || !json.Valid(b.Bytes()) || !strings.Contains(b.String(), `"right_grid": null`) {
		t.Errorf("the JSON: %v\n%s", err, b.String())
	}
}
