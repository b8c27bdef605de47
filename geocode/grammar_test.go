package geocode

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// TestGrammar places texts that say more than a name and a number; fault is one that must be named, "" when none may be of the offset.
func TestGrammar(t *testing.T) {
	g := buildTown(t)
	tests := []struct {
		text  string
		x, y  float64
		tol   float64
		level string
		fault string
	}{
		// so many crossings on
		{"太平东路与匡衡路路口往东第一个路口", 500, 0, 2, "offset", ""},
		{"千泉大街与普阳路路口向南第一个红绿灯路灯不亮", 500, 0, 2, "offset", ""},
		{"普阳路12号往北第二个路口", 500, 500, 2, "offset", ""},
		{"普阳路12号往北过两个路口", 500, 500, 2, "offset", ""},
		{"太平东路与匡衡路路口往北下一个路口", 0, 500, 2, "offset", ""},
		{"太平东路与匡衡路路口往北第一个路口往东50米", 50, 500, 2, "offset", ""},
		{"太平东路与匡衡路路口往东第二个路口", 0, 0, 2, "intersection", "offset.unused"},
		{"普阳路向北第一个路口", 500, 0, 2, "offset", "offset.start"},
		{"太平东路向南第二个路口", 0, 0, 2, "road", "offset.unused"},
		{"太平东路与匡衡路路口往东第二个路口路灯不亮", 0, 0, 2, "intersection", "offset.unused"},
		// parts of a road
		{"普阳路北段", 500, 600, 2, "road", ""},
		{"普阳路南头路灯不亮", 500, -920, 2, "road", ""},
		{"普阳路中段", 500, 0, 2, "road", ""},
		{"太平东路北段", 0, 0, 2, "road", "offset.unused"},
		{"普阳路桥下", 500, -500, 2, "intersection", ""},
		{"普阳路铁路桥下积水", 500, -500, 2, "intersection", ""},
		{"太平东路桥洞里没灯", -240, 0, 2, "intersection", ""},
		{"千泉大街桥下", 0, 500, 2, "road", "bridge.unknown"},
		{"普阳路城南铁路桥", 500, -500, 2, "intersection", ""},
		// two legs
		{"太平东路与匡衡路路口东50米再往北20米", 50, 20, 2, "offset", ""},
		{"太平东路与匡衡路路口往东500米往南100米路东", 510, -100, 2, "offset", ""},
		{"太平东路与匡衡路路口东北角往北20米", 4, 28, 6, "offset", ""},
		{"太平东路与匡衡路路口东50米，长约100米", 50, 0, 2, "offset", ""},
		// stretches
		{"太平东路从匡衡路到普阳路", 250, 0, 3, "between", ""},
		{"匡衡路与普阳路之间的太平东路", 250, 0, 3, "between", ""},
		{"太平东路（匡衡路至人民路段）", 0, 0, 2, "between", "stretch.bound"},
		{"千泉大街（人民路-普阳路）", -250, 500, 2, "between", "stretch.bound"},
		// roads that are not there
		{"火星路与匡衡路交叉口", 0, 0, 2, "road", "road.unknown"},
		{"不存在路和匡衡路路口东50米", 50, 0, 2, "road", "road.unknown"},
		{"匡衡路与火星路口", 0, 0, 2, "road", "road.unknown"},
		{"火星路匡衡路口", 0, 0, 2, "road", "road.unknown"},
		{"人民路与匡衡路路口", -650, 800, 2, "road", "crossing.unknown"},
		// across, gates, parts, numbers
		{"普阳路12号斜对面15米", 516, -760, 4, "door", ""},
		{"12号普阳路", 485, -760, 1, "door", ""},
		{"普阳路10号至14号之间", 485, -760, 1, "interpolated", ""},
		{"普阳路10-14号", 485, -760, 1, "interpolated", ""},
		{"盛世苑2号楼北边", -590, -387, 3, "poi", "name.ambiguous"},
		{"翰林府北门", 420, -380, 6, "poi", ""},
		{"翰林府北门往东30米", 450, -380, 6, "offset", ""},
		{"翰林府二期", 420, -420, 1, "poi", "name.part"},
		{"翰林府东校区", 420, -420, 1, "poi", "name.part"},
		{"太平东路与匡衡路路口儿", 0, 0, 2, "intersection", ""},
		{"普阳路12号斜对过儿", 516, -760, 4, "door", ""},
		{"人民路东口", -328, 800, 2, "road", ""},
		{"太平东路与匡衡路路口往东五十来米", 50, 0, 2, "offset", ""},
		{"太平东路与匡衡路路口往东走50多米", 50, 0, 2, "offset", ""},
		{"普阳路7号灯杆不亮", 490, -600, 1, "component", "label.unnamed"},
		{"普阳路12号路灯不亮", 485, -760, 1, "door", ""},
		{"普阳路12号井盖破损", 485, -760, 1, "door", ""},
		{"普阳路第007号灯杆", 490, -600, 1, "component", "label.unnamed"},
		{"太平东路7号灯杆不亮", 0, 0, 1, "road", ""},
		{"翰林府2#楼", 440, -400, 1, "door", ""},
		{"翰林府第2栋", 440, -400, 1, "door", ""},
		{"普阳路12#", 485, -760, 1, "door", ""},
		{"铁西社区北头", -500, 588, 2, "community", ""},
		{"孟子购湖物广场", -500, 520, 1, "poi", "name.spelling"},
		{"您好，唐湖王公园门口", 800, 800, 5, "poi", "name.spelling"},
		{"普阳路12号楼下", 485, -760, 1, "door", ""},
		{"太平东路靠近匡衡路", 0, 0, 2, "intersection", ""},
	}
	for _, tt := range tests {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil || len(a.Places) == 0 {
			t.Errorf("%q: got %d places, error %v", tt.text, len(a.Places), err)
			continue
		}
		p := a.Places[0]
		got := townFrame.to(p.Point)
		if d := got.dist(pt{tt.x, tt.y}); d > tt.tol || p.Level != tt.level {
			t.Errorf("%q: got %s %q at %.0f,%.0f score %.2f %v, want %s within %.0f m of %.0f,%.0f", tt.text, p.Level, p.Label, got.x, got.y, p.Score, p.Faults, tt.level, tt.tol, tt.x, tt.y)
		}
		has := func(code string) bool {
			return slices.ContainsFunc(p.Faults, func(f Fault) bool { return f.Code == code })
		}
		if tt.fault != "" && !has(tt.fault) || tt.fault == "" && len(p.Faults) > 0 && p.Faults[0].Cost > 0 {
			t.Errorf("%q: got faults %v, want %q", tt.text, p.Faults, tt.fault)
		}
	}
}

// TestUnknownRoad: the words of a road that is not on file are named, in the question and among the reasons.
func TestUnknownRoad(t *testing.T) {
	g := buildTown(t)
	for _, s := range []string{"您好，火星路与匡衡路交叉口的路灯不亮", "火星路12号"} {
		a, err := g.Search(context.Background(), Query{Text: s})
		if err != nil || !strings.Contains(a.Ask, "“火星路”") {
			t.Errorf("%q: got ask %q, error %v, want one that names 火星路", s, a.Ask, err)
		}
		if len(a.Places) > 0 && !slices.Contains(a.Places[0].Reasons, Reason{Word: "火星路", Use: "unknown_road"}) {
			t.Errorf("%q: got reasons %v, want the unknown road among them", s, a.Places[0].Reasons)
		}
	}
	for _, s := range []string{"匡衡路人行道", "匡衡路下水道口", "今天马路上都是水", "匡衡路与人行道交叉处"} {
		a, _ := g.Search(context.Background(), Query{Text: s})
		if strings.Contains(a.Ask, "图上没有") {
			t.Errorf("%q: got ask %q, want none about an unknown road", s, a.Ask)
		}
	}
}
