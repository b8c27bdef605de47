package geocode

import (
	"context"
	"testing"

	"github.com/paulmach/orb"
)

// TestLaneMeets: a lane named behind another road and 与 is where the two meet, though that road is misspelt; its own mouth only when nothing
// is known of the other, and then the answer says so.
func TestLaneMeets(t *testing.T) {
	m := memCorpus{}
	m.put("road", orb.LineString{at(0, 0), at(1000, 0)}, "name", "故宫路")
	m.put("road", orb.LineString{at(300, 0), at(300, 400)}, "name", "故宫路35巷")
	m.put("road", orb.LineString{at(0, 400), at(1000, 400)}, "name", "信行街")
	m.put("road", orb.LineString{at(300, 200), at(600, 200)}, "name", "故宫路35巷8巷")
	m.put("road", orb.LineString{at(0, 2000), at(1000, 2000)}, "name", "远山路")
	g, err := Build(context.Background(), m, Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text         string
		x, y         float64
		level, fault string
	}{
		{"信行街与故宫路35巷路口", 300, 400, "intersection", ""},
		{"新行街与故宫路35巷路口路灯不亮", 300, 400, "intersection", "name.spelling"},
		{"您好，星行街和故宫路35巷口", 300, 400, "intersection", "name.spelling"},
		{"故宫路35巷与新行街路口", 300, 400, "intersection", "name.spelling"},
		{"故宫路与故宫路35巷路口", 300, 0, "intersection", ""},
		{"故宫路35巷与故宫路35巷8巷路口", 300, 200, "intersection", ""},
		{"故宫路35巷8巷口", 300, 200, "lane_mouth", ""},
		{"故宫路35巷口", 300, 0, "lane_mouth", ""},
		{"远山路与故宫路35巷路口", 300, 0, "lane_mouth", "crossing.unknown"},
		{"火星大道与故宫路35巷路口", 300, 0, "lane_mouth", "road.unknown"},
	} {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil || len(a.Places) == 0 {
			t.Errorf("%q: got no place, error %v", tt.text, err)
			continue
		}
		p, fault := a.Places[0], ""
		if len(p.Faults) > 0 {
			fault = p.Faults[0].Code
		}
		if at := townFrame.to(p.Point); at.dist(pt{tt.x, tt.y}) > 3 || p.Level != tt.level || fault != tt.fault {
			t.Errorf("%q: got %s %s at %.0f,%.0f, faults %v; want %s at %.0f,%.0f, fault %q", tt.text, p.Level, p.Label, at.x, at.y, p.Faults, tt.level, tt.x, tt.y, tt.fault)
		}
	}
}
