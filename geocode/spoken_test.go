package geocode

import (
	"context"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// TestSpoken: ways of saying a place as they come by telephone.
func TestSpoken(t *testing.T) {
	m := town()
	m.put("road", orb.LineString{at(-600, 0), at(-600, 120)}, "name", "书院巷")
	g, err := Build(context.Background(), m, townConfig, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text      string
		x, y, tol float64
		level     string
		ask       string // its beginning
	}{
		// to a road and round a corner
		{"太平东路向东到普阳路右转100米路灯不亮", 500, -100, 3, "offset", ""},
		{"太平东路往东走到普阳路左转50米", 500, 50, 3, "offset", ""},
		{"沿匡衡路向南到太平东路右拐80米路灯坏了", -80, 0, 3, "offset", ""},
		{"从太平东路向东走，到普阳路往南拐50米，路灯不亮", 500, -50, 3, "offset", ""},
		{"太平东路快到普阳路的地方路灯不亮", 500, 0, 3, "intersection", ""},
		{"太平东路过普阳路往东50米", 550, 0, 3, "offset", ""},
		{"太平东路与普阳路中间", 500, 0, 3, "intersection", ""},
		{"太平东路路灯不亮，普阳路也是", 500, 0, 3, "intersection", "“钢山街道太平东路与普阳路交叉口”把握不大"},
		{"从匡衡路到普阳路中间太平东路路灯不亮", 250, 0, 3, "between", ""},
		{"太平东路不到100米", 0, 0, 3, "road", "只识别到道路"},
		// ends
		{"太平东路往西走到头路灯不亮", -920, 0, 30, "road", "只识别到道路"},
		{"太平东路最东头", 920, 0, 30, "road", "只识别到道路"},
		{"太平东路最东边", 920, 0, 30, "road", "只识别到道路"},
		{"太平东路走到头", 1000, 0, 3, "road", "有两处符合：“太平东路东头”和“千泉街道太平东路西头”"},
		{"书院巷最里头", -600, 120, 3, "road", "只识别到道路"},
		{"书院巷南口", -600, 0, 3, "intersection", ""},
		{"书院巷北口", -600, 115, 10, "road", "只识别到道路"},
		{"书院巷口", -600, 0, 3, "intersection", ""},
		{"太平东路全段路灯不亮", 0, 0, 3, "road", ""},
		{"太平东路沿线路灯不亮", 0, 0, 3, "road", ""},
		{"太平东路桥东头积水", -225, 0, 5, "intersection", ""},
		// the crossing near a place
		{"太平东路49号对面那个路口", 0, 0, 3, "offset", ""},
		{"太平东路49号前面的十字路口", 0, 0, 3, "offset", ""},
		{"市人民医院旁边的路口", 0, 500, 3, "offset", ""},
		{"市人民医院南边那个路口", 200, 300, 3, "poi", ""}, // none is near there
		// buildings
		{"盛世苑1号楼和2号楼之间路灯不亮", -615, -405, 3, "offset", ""},
		{"翰林府1号楼与2号楼中间", 420, -400, 3, "offset", ""},
		{"盛世苑2号楼北面", -590, -390, 3, "poi", ""},
		{"盛世苑西墙外", -740, -430, 60, "poi", ""},
		{"普阳路12号北邻", 485, -750, 3, "door", ""},
		// numbers that are no house numbers
		{"太平东路0537-5724626", 0, 0, 3, "road", "只识别到道路"},
		{"太平东路12345反映多次", 0, 0, 3, "road", "只识别到道路"},
		{"太平东路13812345678", 0, 0, 3, "road", "只识别到道路"},
		{"太平东路昨晚8点半路灯不亮", 0, 0, 3, "road", "只识别到道路"},
		{"太平东路3个井盖丢了", 0, 0, 3, "road", "只识别到道路"},
		{"太平东路2024年修的路灯", 0, 0, 3, "road", "只识别到道路"},
		{"太平东路下午3:30堵车", 0, 0, 3, "road", "只识别到道路"},
		{"太平东路第3根灯杆", 0, 0, 3, "road", "只识别到道路"},
		{"我的电话13812345678，太平东路49号路灯不亮", -20, 15, 3, "door", ""},
	} {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil || len(a.Places) == 0 {
			t.Errorf("%q: got no place, error %v", tt.text, err)
			continue
		}
		p := a.Places[0]
		if got := townFrame.to(p.Point); got.dist(pt{tt.x, tt.y}) > tt.tol || tt.level != "" && p.Level != tt.level {
			t.Errorf("%q: got %s %s at %.0f,%.0f %v, want %s within %.0f m of %.0f,%.0f", tt.text, p.Level, p.Label, got.x, got.y, p.Faults, tt.level, tt.tol, tt.x, tt.y)
		}
		if !strings.HasPrefix(a.Ask, tt.ask) || tt.ask == "" && a.Ask != "" {
			t.Errorf("%q: got ask %q, want %q", tt.text, a.Ask, tt.ask)
		}
	}
	a, _ := g.Search(context.Background(), Query{Text: "盛世苑9号楼"})
	if p := a.Places[0]; p.Name != "盛世苑" || len(p.Faults) == 0 || p.Faults[0].Code != "number.unused" {
		t.Errorf("a building not on file: got %s, faults %v; want the estate and number.unused", p.Name, p.Faults)
	}
}

// TestKindBesideRoad: a kind or a brand behind a road is the one on that road; of several each is an answer.
func TestKindBesideRoad(t *testing.T) {
	m := town()
	for _, p := range []struct {
		name, address string
		x, y          float64
	}{
		{"城商银行太平东路支行", "太平东路20号", -600, 20},
		{"城商银行普阳路支行", "普阳路18号", 520, -600},
		{"仁和羊汤馆", "", -300, 520},
		{"老街羊汤馆", "", 300, 520},
		{"康宁大药房", "", 20, -700},
		{"康宁诊所", "普阳路2号", 20, 700},
		{"新达羊汤馆", "", -20, -500},
	} {
		m.put("poi", at(p.x, p.y), "name", p.name, "address", p.address)
	}
	g, err := Build(context.Background(), m, townConfig, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text string
		want []string
		ask  string
	}{
		{"太平东路城商银行门口井盖丢失", []string{"城商银行太平东路支行"}, ""},
		{"普阳路上的银行门口", []string{"城商银行普阳路支行"}, ""},
		{"千泉大街羊汤馆门口污水外溢", []string{"仁和羊汤馆", "老街羊汤馆"}, "有两处符合：“千泉街道仁和羊汤馆”和“钢山街道老街羊汤馆”"},
		{"匡衡路那家药店门口", []string{"康宁大药房"}, ""},
		{"匡衡路羊汤馆往北50米", []string{"新达羊汤馆北50米"}, ""},
		{"太平东路路灯不亮", []string{"太平东路"}, "只识别到道路"},
		{"太平东路羊汤馆", []string{"太平东路"}, "只识别到道路"}, // none stands there
	} {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range a.Places {
			if p.Score == a.Places[0].Score {
				got = append(got, p.Name)
			}
		}
		if strings.Join(got, " ") != strings.Join(tt.want, " ") || !strings.HasPrefix(a.Ask, tt.ask) || tt.ask == "" && a.Ask != "" {
			t.Errorf("%q: got %v, ask %q; want %v, %q", tt.text, got, a.Ask, tt.want, tt.ask)
		}
	}
}
