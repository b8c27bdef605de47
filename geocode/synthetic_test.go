package geocode

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis/crs"
)

// The town of these tests: origin at 116.98, 35.40; x east, y north in metres.
//
//	太平东路 west-east at y=0, x -1000..1000; 千泉大街 at y=500; 匡衡路 south-north at x=0; 普阳路 at x=500;
//	doors every 20 m: even numbers south or west, odd ones north or east.
var townFrame = newFrame(orb.Point{116.98, 35.40})

func at(x, y float64) orb.Point { return townFrame.from(pt{x, y}) }

func rect(x0, y0, x1, y1 float64) orb.Polygon {
	return orb.Polygon{{at(x0, y0), at(x1, y0), at(x1, y1), at(x0, y1), at(x0, y0)}}
}

func town() memCorpus {
	m := memCorpus{}
	m.put("street", rect(-1000, -1000, 0, 1000), "code", "370883001", "name", "千泉街道")
	m.put("street", rect(0, -1000, 1000, 1000), "code", "370883002", "name", "钢山街道")
	m.put("community", rect(-1000, -1000, 0, 1000), "code", "370883001001", "name", "铁西社区", "street_code", "370883001", "street_name", "千泉街道", "former_name", "铁西大队")
	m.put("community", rect(0, -1000, 1000, 1000), "code", "370883002001", "name", "普阳社区", "street_code", "370883002", "street_name", "钢山街道")
	road := func(name, alias, former string, ps ...orb.Point) {
		f := m.put("road", orb.LineString(ps), "name", name, "alias", alias, "former_name", former, "class", "collector")
		f.Set("width_m", 20.0)
	}
	road("太平东路", "", "建设路", at(-1000, 0), at(0, 0), at(1000, 0))
	road("千泉大街", "千泉街", "", at(-1000, 500), at(1000, 500))
	road("匡衡路", "", "", at(0, -1000), at(0, 1000))
	road("普阳路", "", "", at(500, -1000), at(500, 1000))
	road("人民路", "", "", at(-1000, 800), at(-300, 800))
	for i := 1; i <= 50; i++ {
		side := 15.0
		if i%2 == 0 {
			side = -15
		}
		if i == 21 {
			continue // left to interpolation
		}
		x := -1000 + float64(i)*20
		m.put("door", at(x, side), "road", "太平东路", "number", fmt.Sprint(i), "community_code", "370883001001", "community_name", "铁西社区", "street_name", "千泉街道")
		m.put("door", at(500+side, -1000+float64(i)*20), "road", "普阳路", "number", fmt.Sprint(i), "community_code", "370883002001", "community_name", "普阳社区", "street_name", "钢山街道")
	}
	m.put("door", at(485, -750), "road", "普阳路", "number", "12-1", "community_code", "370883002001")
	m.put("door", at(-600, 300), "number", "7", "community_name", "铁西社区", "community_code", "370883001001")
	m.put("poi", at(200, 300), "name", "邹城市人民医院", "alias", "市人民医院#人民医院")
	m.put("poi", at(-500, 520), "name", "孟子湖购物广场", "former_name", "百货大楼")
	m.put("poi", at(600, 30), "name", "公厕")
	m.put("poi", at(-800, 30), "name", "公厕")
	m.put("door", at(400, -400), "road", "普阳路", "number", "188", "building", "1号楼")
	m.put("door", at(440, -400), "road", "普阳路", "number", "188", "building", "2号楼")
	m.put("poi", at(420, -420), "name", "翰林府", "address", "普阳路188号", "class", "住宅小区")
	m.put("land", rect(380, -480, 460, -380), "name", "翰林府", "class", "compound")
	for i := 1; i <= 3; i++ {
		m.put("building", rect(-700+float64(i)*50, -410, -680+float64(i)*50, -400), "name", fmt.Sprintf("%d号楼", i))
	}
	m.put("land", rect(-700, -480, -500, -380), "name", "盛世苑", "class", "compound")
	m.put("land", rect(700, 700, 900, 900), "name", "唐王湖公园", "class", "park")
	m.put("rail", orb.LineString{at(-1000, -500), at(1000, -500)}, "name", "城南铁路")
	m.put("water", rect(-250, -300, -230, 300), "class", "river")
	m.put("unit_grid", rect(100, 100, 200, 200), "code", "370883002001007", "status", "valid")
	m.put("component", at(30, 12), "code", "37088301001000123", "class", "01001", "name", "路灯", "label", "LD-0123")
	m.put("component", at(40, 12), "code", "3708830102000001", "class", "0102", "name", "井盖", "delivered_id", "YS20260077")
	m.put("component", at(490, -600), "code", "37088301001000007", "class", "01001", "name", "路灯", "label", "PYL-007")
	return m
}

var townConfig = Config{
	Synonyms:   map[string][]string{"路灯": {"01001"}, "井盖": {"01002"}, "雨水箅子": {"01003"}, "垃圾桶": {"02001"}, "公厕": {"02002"}},
	ClassNames: map[string]string{"01001": "路灯", "01002": "检查井盖", "01003": "雨水箅子", "02001": "垃圾箱", "02002": "公共厕所"},
	Admin:      []string{"山东省", "济宁市", "邹城市"},
}

func buildTown(tb testing.TB) *Geocoder {
	tb.Helper()
	g, err := Build(context.Background(), town(), townConfig, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func TestTown(t *testing.T) {
	g := buildTown(t)
	gcjX, gcjY := mustCRS(t, "gcj02").FromLonLat(116.98, 35.40)
	bdX, bdY := mustCRS(t, "bd09").FromLonLat(116.98, 35.40)
	utmX, utmY := mustCRS(t, "EPSG:32650").FromLonLat(116.98, 35.40)
	mercX, mercY := mustCRS(t, "EPSG:3857").FromLonLat(116.98, 35.40)
	gkX, gkY := crs.GaussKruger3(117).FromLonLat(116.98, 35.40)
	tests := []struct {
		text  string
		x, y  float64
		tol   float64
		level string
	}{
		// doors
		{"普阳路12号", 485, -760, 1, "door"},
		{"普陽路十二號", 485, -760, 1, "door"},
		{"普阳路１２号", 485, -760, 1, "door"},
		{"普阳路12", 485, -760, 1, "door"},
		{"普阳路12-1号", 485, -750, 1, "door"},
		{"普阳路12号附1号", 485, -750, 1, "door"},
		{"普阳路12号之1", 485, -750, 1, "door"},
		{"普阳路13号附5", 515, -740, 1, "door"},
		{"普阳路12号3号楼2单元", 485, -760, 1, "door"},
		{"山东省济宁市邹城市钢山街道普阳社区普阳路12号", 485, -760, 1, "door"},
		{"您好，我要反映一下，普阳路12号门前路灯不亮，已经三天了，请尽快处理", 485, -760, 1, "door"},
		{"铁西社区7号", -600, 300, 1, "door"},
		{"太平东路21号", -580, 15, 2, "interpolated"},
		{"太平东路49号对面", -20, -15, 4, "door"},
		// intersections
		{"太平东路与匡衡路交叉口", 0, 0, 2, "intersection"},
		{"太平东路匡衡路口", 0, 0, 2, "intersection"},
		{"太平东路和普阳路十字路口", 500, 0, 2, "intersection"},
		{"太平东路/匡衡路", 0, 0, 2, "intersection"},
		{"匡衡路、千泉大街路口", 0, 500, 2, "intersection"},
		{"太平东路 普阳路 交汇处", 500, 0, 2, "intersection"},
		{"建设路与匡衡路路口", 0, 0, 2, "intersection"},
		{"千泉街与匡衡路口", 0, 500, 2, "intersection"},
		// offsets
		{"太平东路与匡衡路路口东50米", 50, 0, 2, "offset"},
		{"太平东路与匡衡路路口东50米路北，路灯不亮", 50, 10, 2, "offset"},
		{"太平东路与匡衡路交叉口往东约50米处", 50, 0, 2, "offset"},
		{"太平东路与匡衡路交叉口向南120米路西井盖丢失", -10, -120, 2, "offset"},
		{"太平东路与匡衡路交叉口西北角", -12, 12, 6, "intersection"},
		{"太平东路与匡衡路交叉口以北200米", 0, 200, 2, "offset"},
		{"太平东路与匡衡路路口50米路东", 10, 50, 60, ""},
		{"普阳路12号北30米", 485, -730, 3, "offset"},
		{"市人民医院东100米", 300, 300, 2, "offset"},
		{"太平东路（匡衡路至普阳路段）", 250, 0, 3, "between"},
		{"太平东路(匡衡路-普阳路)", 250, 0, 3, "between"},
		{"太平东路匡衡路到普阳路之间", 250, 0, 3, "between"},
		// names
		{"市人民医院", 200, 300, 1, "poi"},
		{"邹城市人民医院门口", 200, 300, 1, "poi"},
		{"百货大楼", -500, 520, 1, "poi"},
		{"唐王湖公园", 800, 800, 5, "poi"},
		{"翰林府", 420, -420, 1, "poi"},
		{"翰林府2号楼楼下垃圾没人清", 440, -400, 1, "door"},
		{"普阳路188号1号楼", 400, -400, 1, "door"},
		{"盛世苑2号楼", -590, -405, 2, "poi"},
		{"翰林府沿普阳路往北100米路西路灯不亮", 490, -320, 2, "offset"},
		{"太平东路公厕", -800, 30, 1500, "poi"},
		// spelling
		{"太平东路与匡恒路路口", 0, 0, 2, "intersection"},
		{"大平东路与匡衡路路口", 0, 0, 2, "intersection"},
		{"普洋路12号", 485, -760, 1, "door"},
		{"孟子胡购物广场", -500, 520, 1, "poi"},
		{"反映孟子湖购物广厂附近有垃圾", -500, 520, 1, "poi"},
		{"太平平东路9号", -820, 15, 1, "door"},
		// codes
		{"37088301001000123", 30, 12, 1, "component"},
		{"部件编码37088301001000123损坏", 30, 12, 1, "component"},
		{"灯杆号LD-0123不亮", 30, 12, 1, "component"},
		{"ld0123", 30, 12, 1, "component"},
		{"编号ＹＳ20260077的井盖", 40, 12, 1, "component"},
		{"3708830102000001", 40, 12, 1, "component"},
		{"网格370883002001007", 150, 150, 1, "grid"},
		// coordinates
		{"116.980000,35.400000", 0, 0, 1, "coordinate"},
		{"35.400000 116.980000", 0, 0, 1, "coordinate"},
		{"位置：东经116.98000，北纬35.40000", 0, 0, 1, "coordinate"},
		{"116°58′48″E 35°24′0″N", 0, 0, 1, "coordinate"},
		{fmt.Sprintf("高德坐标 %.6f,%.6f", gcjX, gcjY), 0, 0, 1, "coordinate"},
		{fmt.Sprintf("百度 %.6f,%.6f", bdX, bdY), 0, 0, 2, "coordinate"},
		{fmt.Sprintf("%.2f,%.2f", gkX, gkY), 0, 0, 1, "coordinate"},
		{fmt.Sprintf("X=%.2f Y=39%.2f", gkY, gkX), 0, 0, 1, "coordinate"},
		{fmt.Sprintf("UTM 50N %.1f %.1f", utmX, utmY), 0, 0, 1, "coordinate"},
		{fmt.Sprintf("墨卡托坐标 %.2f,%.2f", mercX, mercY), 0, 0, 1, "coordinate"},
		{fmt.Sprintf("%.2f,%.2f", mercX, mercY), 0, 0, 1, "coordinate"},
		{fmt.Sprintf("EPSG:4548 %.2f %.2f", gkY, gkX), 0, 0, 1, "coordinate"},
		{fmt.Sprintf("西安80 X=%.2f Y=%.2f", gkY, gkX), 0, 0, 1, "coordinate"},
		{fmt.Sprintf("https://uri.amap.com/marker?position=%.6f,%.6f", gcjX, gcjY), 0, 0, 1, "coordinate"},
		// wider
		{"铁西社区", -500, 0, 5, "community"},
		{"铁西大队", -500, 0, 5, "community"},
		{"千泉街道", -500, 0, 5, "street"},
		{"太平东路", 0, 0, 5, "road"},
		{"铁西社区太平东路", -500, 0, 25, "road"},
	}
	for _, tt := range tests {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil || len(a.Places) == 0 {
			t.Errorf("%q: got %d places, error %v", tt.text, len(a.Places), err)
			continue
		}
		p := a.Places[0]
		got := townFrame.to(p.Point)
		if d := got.dist(pt{tt.x, tt.y}); d > tt.tol || tt.level != "" && p.Level != tt.level {
			t.Errorf("%q: got %s %q at %.0f,%.0f score %.2f %v, want %s within %.0f m of %.0f,%.0f", tt.text, p.Level, p.Label, got.x, got.y, p.Score, p.Faults, tt.level, tt.tol, tt.x, tt.y)
		}
		if p.Score <= 0 || p.Score > 1 || p.UncertaintyM <= 0 && p.Level != "component" || p.Label == "" || p.ID == "" || math.IsNaN(p.Point[0]) {
			t.Errorf("%q: incomplete place %+v", tt.text, p)
		}
	}
}

func mustCRS(t *testing.T, name string) crs.CRS {
	t.Helper()
	c, err := crs.ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClasses(t *testing.T) {
	g := buildTown(t)
	tests := []struct {
		text string
		want []string
	}{
		{"太平东路与匡衡路路口东50米路北，路灯不亮", []string{"01001"}},
		{"太平东路路灯不亮", []string{"01001"}},
		{"普阳路12号雨水箅子和井盖都坏了", []string{"01003", "01002"}},
		{"普阳路12号", nil},
		{"普阳路12号的路灯被垃圾桶挡住了", []string{"01001"}},
		{"普阳路12号被垃圾桶挡住了", []string{"02001"}},
		{"普阳路12号垃圾桶和路灯坏了", []string{"02001", "01001"}},
	}
	for _, tt := range tests {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range a.Classes {
			got = append(got, c.Code)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got classes %v, want %v", tt.text, got, tt.want)
		}
		if len(a.Places) == 0 {
			t.Errorf("%q: no place", tt.text)
		}
	}
}

// TestContradiction: a wrong street lowers the score and is said, the place stays.
func TestContradiction(t *testing.T) {
	g := buildTown(t)
	good, _ := g.Search(context.Background(), Query{Text: "钢山街道普阳路12号"})
	bad, _ := g.Search(context.Background(), Query{Text: "千泉街道普阳路12号"})
	if len(good.Places) == 0 || len(bad.Places) == 0 || good.Places[0].Point != bad.Places[0].Point {
		t.Fatalf("got %v and %v, want the same place", good.Places, bad.Places)
	}
	if good.Places[0].Score <= bad.Places[0].Score {
		t.Errorf("scores: got %.2f right and %.2f wrong, want the right one higher", good.Places[0].Score, bad.Places[0].Score)
	}
	if len(bad.Places[0].Faults) == 0 || bad.Places[0].Faults[0].Code != "street.contradiction" {
		t.Errorf("faults: got %v, want street.contradiction", bad.Places[0].Faults)
	}
}

// TestTwoReadings: two places equally good are both given, and the answer asks which.
func TestTwoReadings(t *testing.T) {
	g := buildTown(t)
	a, _ := g.Search(context.Background(), Query{Text: "公厕"})
	if len(a.Places) != 2 || a.Places[0].Score != a.Places[1].Score || a.Ask == "" {
		t.Errorf("got %d places, ask %q; want 2 equal ones and a question", len(a.Places), a.Ask)
	}
	f := at(590, 30)
	a, _ = g.Search(context.Background(), Query{Text: "公厕", Focus: &f})
	if len(a.Places) == 0 || townFrame.to(a.Places[0].Point).x < 0 {
		t.Errorf("with a focus: got %v, want the near one first", a.Places)
	}
	a, _ = g.Search(context.Background(), Query{Text: "人民路", Size: 1})
	if len(a.Places) != 1 || a.Ask == "" {
		t.Errorf("a road alone: got %d places, ask %q; want one and a question", len(a.Places), a.Ask)
	}
	a, _ = g.Search(context.Background(), Query{Text: "今天天气不错"})
	if len(a.Places) != 0 || a.Ask == "" {
		t.Errorf("nothing: got %v, ask %q; want no place and a question", a.Places, a.Ask)
	}
}

// TestNearestNumber: the parts of an answer are those of the door it is, not of the number that was asked for.
func TestNearestNumber(t *testing.T) {
	a, _ := buildTown(t).Search(context.Background(), Query{Text: "太平东路52号"})
	if len(a.Places) == 0 {
		t.Fatal("no place; want the nearest door")
	}
	p := a.Places[0]
	if p.Name != "太平东路50号" || p.HouseNumber != "50" || len(p.Faults) == 0 || p.Faults[0].Code != "number.nearest" {
		t.Errorf("got %s with the number %q and the faults %v, want 太平东路50号 with 50 and number.nearest", p.Name, p.HouseNumber, p.Faults)
	}
}

func TestFilters(t *testing.T) {
	g := buildTown(t)
	b := orb.Bound{Min: at(-1000, -1000), Max: at(0, 1000)}
	a, _ := g.Search(context.Background(), Query{Text: "公厕", Bound: &b})
	if len(a.Places) != 1 {
		t.Errorf("bound: got %d places, want 1", len(a.Places))
	}
	a, _ = g.Search(context.Background(), Query{Text: "铁西社区太平东路9号", Layers: []string{LayerNeighbourhood}})
	if len(a.Places) != 1 || a.Places[0].Layer != LayerNeighbourhood {
		t.Errorf("layers: got %v, want the community", a.Places)
	}
}
