package geocode

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// twoTowns has a 人民路 in each of two towns, 3 km apart, with doors 10 to 29 in both, and a 太平东路 and a 太平西路 that do not meet.
func twoTowns() memCorpus {
	m := memCorpus{}
	m.put("street", rect(-3000, -2000, 0, 2000), "code", "370883001", "name", "千泉街道")
	m.put("street", rect(0, -2000, 3000, 2000), "code", "370883002", "name", "钢山街道")
	m.put("road", orb.LineString{at(-2500, 0), at(-1500, 0)}, "name", "人民路")
	m.put("road", orb.LineString{at(1400, 500), at(2600, 500)}, "name", "人民路")
	m.put("road", orb.LineString{at(-2000, -500), at(-2000, 500)}, "name", "匡衡路")
	m.put("road", orb.LineString{at(2000, 0), at(2000, 1000)}, "name", "匡衡路")
	m.put("road", orb.LineString{at(-2800, 900), at(-500, 900)}, "name", "太平东路")
	m.put("road", orb.LineString{at(-2700, 1500), at(-600, 1500)}, "name", "太平西路")
	m.put("road", orb.LineString{at(2300, 0), at(2300, 1000)}, "name", "建设路")
	m.put("road", orb.LineString{at(-1700, -400), at(-1700, 400)}, "name", "胜利街")
	m.put("road", orb.LineString{at(2500, 100), at(2500, 900)}, "name", "胜利街")
	for k := 1; k < 40; k++ {
		if k == 12 {
			continue // left to interpolation
		}
		if k < 30 {
			m.put("door", at(-2500+20*float64(k), 12), "road", "人民路", "number", fmt.Sprint(k), "street_name", "千泉街道")
		}
		if k >= 10 {
			m.put("door", at(1500+20*float64(k), 512), "road", "人民路", "number", fmt.Sprint(k), "street_name", "钢山街道")
		}
	}
	m.put("poi", at(-1000, -300), "name", "华联超市")
	m.put("poi", at(1000, -300), "name", "华联超市")
	return m
}

// TestEqualReadings: what is said of two places equally well is answered by both, each at half the score, and asked about; what
// decides between them ends that.
func TestEqualReadings(t *testing.T) {
	g, err := Build(context.Background(), twoTowns(), Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text  string
		equal int     // places of the best score
		x, y  float64 // of the first
		score float64
		ask   string // its beginning
	}{
		{"人民路", 2, -2000, 0, .31, "有多处符合“人民路”，请说明所在街道（千泉街道或钢山街道）"},
		{"人民路15号", 2, -2200, 12, .49, "有多处符合“人民路15号”，请说明所在街道"},
		{"人民路与匡衡路路口", 2, -2000, 0, .475, "有多处符合"},
		{"华联超市", 2, -1000, -300, .45, "有多处符合“华联超市”，请说明所在街道"},
		{"太平路", 2, -1650, 1500, .28, "有两处符合：“千泉街道太平西路”和“千泉街道太平东路”"},
		{"人民路5号", 1, -2400, 12, .98, ""},
		{"人民路35号", 1, 2200, 512, .98, ""},
		{"钢山街道人民路", 1, 2000, 500, .62, "只识别到道路“人民路”"},
		{"钢山街道人民路15号", 1, 1800, 512, .98, ""},
		{"钢山街道人民路与匡衡路路口", 1, 2000, 500, .95, ""},
		{"人民路12号", 2, 1740, 512, .425, "有多处符合“人民路12号”，请说明所在街道（钢山街道或千泉街道）"},
		{"钢山街道人民路12号", 1, 1740, 512, .85, ""},
		{"人民路东头", 2, -1540, 0, .31, "有多处符合“人民路东头”，请说明所在街道（千泉街道或钢山街道）"},
		{"钢山街道人民路东头", 1, 2552, 500, .62, "只识别到道路“人民路”"},
		{"千泉街道人民路西头", 1, -2460, 0, .62, "只识别到道路“人民路”"},
		{"人民路与建设路路口往东50米", 1, 2350, 500, .9, ""},
		{"人民路建设路口", 1, 2300, 500, .95, ""},
		{"人民路（匡衡路至建设路段）", 1, 2150, 500, .82, ""},
		{"人民路匡衡路到胜利街之间", 2, -1850, 0, .41, "有多处符合"},
		{"钢山街道人民路匡衡路到胜利街之间", 1, 2250, 500, .82, ""},
		{"人民路100号", 1, 2260, 512, .68, "“人民路”没有这个门牌号的记录"},
	} {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil || len(a.Places) == 0 {
			t.Errorf("%q: got no place, error %v", tt.text, err)
			continue
		}
		equal := 0
		for _, p := range a.Places {
			if p.Score == a.Places[0].Score {
				equal++
			}
		}
		p := a.Places[0]
		got := townFrame.to(p.Point)
		if equal != tt.equal || got.dist(pt{tt.x, tt.y}) > 30 || p.Score < tt.score-.01 || p.Score > tt.score+.01 {
			t.Errorf("%q: got %d equal, the first %s at %.0f,%.0f, score %.3f %v; want %d, at %.0f,%.0f, %.3f", tt.text, equal, p.Label, got.x, got.y, p.Score, p.Faults, tt.equal, tt.x, tt.y, tt.score)
		}
		if !strings.HasPrefix(a.Ask, tt.ask) || tt.ask == "" && a.Ask != "" {
			t.Errorf("%q: got ask %q, want %q", tt.text, a.Ask, tt.ask)
		}
		for i := 1; i < len(a.Places); i++ {
			if a.Places[i].Score > a.Places[i-1].Score+1e-9 {
				t.Errorf("%q: place %d scores %.3f, the one before it %.3f", tt.text, i, a.Places[i].Score, a.Places[i-1].Score)
			}
		}
	}
	near := at(1900, 400)
	if a, _ := g.Search(context.Background(), Query{Text: "人民路15号", Focus: &near}); len(a.Places) == 0 || a.Places[0].Score < .95 || townFrame.to(a.Places[0].Point).x < 0 {
		t.Errorf("with a focus: got %v, want the near one with its whole score", a.Places)
	}
}
