package city

import (
	"math"
	"reflect"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/geocode"
	"wanmi/gis"
)

func view(t *testing.T) *View {
	t.Helper()
	live, err := Load(t.Context(), citytest.Store(t), Config{Geocode: citytest.Geocode(), NoTiles: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return live.View()
}

// crossing is an answer as the geocoder gives it for "普阳山路与太平路路口井盖破损".
func crossing() geocode.Answer {
	return geocode.Answer{
		Places: []geocode.Place{{
			ID: "intersection:1", Layer: geocode.LayerIntersection, Level: "intersection", Label: "普阳山路与太平路路口", Match: geocode.MatchExact,
			Point: citytest.Centre, Score: 0.95, UncertaintyM: 15, Reasons: []geocode.Reason{{Word: "普阳山路", Use: "road"}},
		}},
		Classes: []geocode.ClassHit{{Code: "01002", Name: "污水井盖", Word: "井盖"}},
	}
}

func TestComposeNamesComponentAndDepartment(t *testing.T) {
	v := view(t)
	got := v.compose(LocateQuery{Text: "普阳山路与太平路路口井盖破损"}, crossing(), "")
	if len(got.Components) != 1 || got.Components[0].Code != citytest.Cover {
		t.Fatalf("candidates: got %+v, want %s alone: the other is 80 m away", got.Components, citytest.Cover)
	}
	if d := got.Components[0].DistanceM; math.Abs(d-19.8) > 0.2 {
		t.Errorf("distance: got %g m, want 19.8", d)
	}
	if got.Department == nil || got.Department.Code != citytest.Drainage || got.Department.By != "component" || got.Department.Phone == "" {
		t.Errorf("department: got %+v, want %s by the component, with its telephone", got.Department, citytest.Drainage)
	}
	if got.Score != 0.95 || got.UncertaintyM != 15 || len(got.Reasons) == 0 {
		t.Errorf("score %g, uncertainty %g, %d reasons; want 0.95, 15 and some", got.Score, got.UncertaintyM, len(got.Reasons))
	}
}

func TestDepartmentByResponsibility(t *testing.T) {
	v := view(t)
	ans := crossing()
	ans.Classes = []geocode.ClassHit{{Code: "01037", Name: "路灯", Word: "路灯"}}
	got := v.compose(LocateQuery{Text: "普阳山路与太平路路口路灯不亮"}, ans, "")
	if got.Department == nil || got.Department.Code != citytest.Lighting || got.Department.By != "responsibility" {
		t.Errorf("department: got %+v, want %s by responsibility: the lamp has none of its own", got.Department, citytest.Lighting)
	}
	ans.Places[0].Point = citytest.At(-90, -90) // no lamp there
	got = v.compose(LocateQuery{Text: "路灯不亮"}, ans, "")
	if len(got.Components) != 0 || got.Department == nil || got.Department.Code != citytest.Lighting {
		t.Errorf("without a lamp near: got %+v %+v, want none and %s", got.Components, got.Department, citytest.Lighting)
	}
	ans.Classes = nil
	if got = v.compose(LocateQuery{Text: "有问题"}, ans, ""); got.Department != nil || got.Ask == "" {
		t.Errorf("without a class: got %+v and ask %q, want no department and a question", got.Department, got.Ask)
	}
}

// A matter of streets goes to who answers for it, whatever component is named beside; a component's own goes with the component.
func TestMatterOfReport(t *testing.T) {
	v := view(t)
	bin := geocode.ClassHit{Code: "06042", Name: "垃圾站（箱）满溢", Word: "垃圾桶满"}
	grate := geocode.ClassHit{Code: "01002", Name: "污水井盖异常", Word: "积水"}
	for _, tt := range []struct {
		name            string
		classes, named  []geocode.ClassHit
		matter, by, who string
		components      int
	}{
		{"of a component", crossing().Classes, nil, "01002 污水井盖异常 井盖", "component", citytest.Drainage, 1},
		{"of a street, for which somebody answers", crossing().Classes, []geocode.ClassHit{bin}, "06042 垃圾站（箱）满溢 垃圾桶满", "responsibility", citytest.Cleaning, 1},
		{"without a component", nil, []geocode.ClassHit{bin}, "06042 垃圾站（箱）满溢 垃圾桶满", "responsibility", citytest.Cleaning, 0},
		{"for which nobody answers", crossing().Classes, []geocode.ClassHit{{Code: "09006", Name: "占道经营", Word: "占道"}}, "09006 占道经营 占道", "component", citytest.Drainage, 1},
		{"of a component not named", nil, []geocode.ClassHit{grate}, "01002 污水井盖异常 积水", "component", citytest.Drainage, 1},
		{"of the older edition alone", []geocode.ClassHit{{Code: "0602", Name: "建筑工地", Word: "工地"}}, nil, "", "", "", 0},
	} {
		ans := crossing()
		ans.Classes, ans.Matters = tt.classes, tt.named
		got := v.compose(LocateQuery{Text: "普阳山路与太平路路口"}, ans, "")
		matter, by, who, used := "", "", "", false
		if m := got.Matter; m != nil {
			matter = m.Code + " " + m.Name + " " + m.Word
		}
		if d := got.Department; d != nil {
			by, who = d.By, d.Code
		}
		for _, r := range got.Reasons {
			used = used || r.Use == "matter" && r.Word == tt.named[0].Word
		}
		if matter != tt.matter || by != tt.by || who != tt.who || len(got.Components) != tt.components || used != (len(tt.named) > 0) {
			t.Errorf("%s: got %q, %s by %q, %d components, in the reasons: %t; want %q, %s by %q, %d", tt.name, matter, who, by, len(got.Components), used, tt.matter, tt.who, tt.by, tt.components)
		}
	}
}

// Codes of the two editions overlap as texts: 0103 is no major class of 01037.
func TestClassWeight(t *testing.T) {
	lamp := &Component{Class: "01037", ClassName: "路灯"}
	for _, tt := range []struct {
		name string
		hits []geocode.ClassHit
		want float64
	}{
		{"its own", []geocode.ClassHit{{Code: "01037", Word: "路灯"}}, 1},
		{"another edition's cover", []geocode.ClassHit{{Code: "01003", Word: "雨水井盖"}, {Code: "0103", Name: "雨水井盖", Word: "雨水井盖"}}, 0},
		{"another edition's lamp", []geocode.ClassHit{{Code: "0118", Name: "路灯", Word: "路灯"}}, 1},
		{"the major class", []geocode.ClassHit{{Code: "01", Word: "市政设施"}}, 1},
		{"the second word", []geocode.ClassHit{{Code: "01050", Word: "监控"}, {Code: "01037", Word: "路灯"}}, 1 - laterWord},
		{"nothing", nil, 0},
	} {
		if got, _ := classWeight(lamp.Class, lamp.ClassName, tt.hits); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: got %g, want %g", tt.name, got, tt.want)
		}
	}
}

func TestLabelWins(t *testing.T) {
	v := view(t)
	ans := crossing()
	ans.Classes = []geocode.ClassHit{{Code: "01037", Name: "路灯", Word: "路灯"}}
	ans.Places[0].UncertaintyM = 60
	got := v.compose(LocateQuery{Text: "太平路ld-0815路灯不亮"}, ans, "")
	if len(got.Components) != 1 || got.Components[0].Score != labelScore {
		t.Errorf("got %+v, want the lamp by its number", got.Components)
	}
}

func TestCheckQuery(t *testing.T) {
	for _, q := range []LocateQuery{
		{},
		{Text: "  "},
		{Text: "a", AccuracyM: -1},
		{Text: "a", AccuracyM: math.NaN()},
		{Point: &orb.Point{200, 0}},
		{Point: &orb.Point{math.NaN(), 0}},
	} {
		if _, err := (&View{}).Locate(t.Context(), q); gis.KindOf(err) != gis.Invalid {
			t.Errorf("%+v: got %v, want Invalid", q, err)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		name string
		g    orb.Geometry
		want float64
	}{
		{"point", citytest.At(30, 40), 50},
		{"line beside", citytest.Line([2]float64{10, -50}, [2]float64{10, 50}), 10},
		{"inside a polygon", citytest.Box(-5, -5, 5, 5), 0},
		{"outside a polygon", citytest.Box(7, -5, 20, 5), 7},
		{"multi-point", orb.MultiPoint{citytest.At(9, 0), citytest.At(3, 0)}, 3},
	} {
		if got := distance(citytest.Centre, tt.g); math.Abs(got-tt.want) > 0.01 {
			t.Errorf("%s: got %g m, want %g", tt.name, got, tt.want)
		}
	}
}

// What a file's line shows is the same whether the rest of the answer was made or not.
func TestBriefIsTheSameAnswer(t *testing.T) {
	v := view(t)
	told := 0
	for _, text := range []string{"普阳山路与太平路路口井盖破损", "太平路东50米路灯不亮", "普阳山路和不存在路路口", "没有地点", "116.98,35.40 普阳山路井盖", "普杨山路与太平路路口井盖破损"} {
		for _, p := range []*orb.Point{nil, &citytest.Centre} {
			whole, err := v.Locate(t.Context(), LocateQuery{Text: text, Point: p})
			if err != nil {
				t.Fatal(err)
			}
			brief, err := v.Locate(t.Context(), LocateQuery{Text: text, Point: p, Brief: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(brief.Alternatives) > 0 || len(brief.Parsed) > 0 {
				t.Errorf("%s: brief has %d alternatives, parsed %v", text, len(brief.Alternatives), brief.Parsed)
			}
			told += len(whole.Components) + len(whole.Parsed)
			whole.Alternatives, whole.Parsed = brief.Alternatives, brief.Parsed
			for i := range whole.Components {
				whole.Components[i].Why, whole.Components[i].WhyZh = "", ""
			}
			if !reflect.DeepEqual(brief, whole) {
				t.Errorf("%s: brief\n%+v\nwhole\n%+v", text, brief, whole)
			}
		}
	}
	if told == 0 {
		t.Error("no text had components or parts: nothing was compared")
	}
}
