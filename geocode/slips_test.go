package geocode

import (
	"context"
	"fmt"
	"testing"

	"github.com/paulmach/orb"
)

// TestSlips: a wrong character for a unit, for the last character of a road's name, or one that is read as a numeral.
func TestSlips(t *testing.T) {
	m := memCorpus{}
	for i, n := range []string{"和平西路一段", "和平西路二段", "大龙街", "普阳路", "普阴路"} {
		y := float64(500 * i)
		m.put("road", orb.LineString{at(0, y), at(1000, y)}, "name", n)
		for k := 1; k < 40; k++ {
			m.put("door", at(20*float64(k), y+10), "road", n, "number", fmt.Sprint(k))
		}
	}
	m.put("road", orb.LineString{at(300, 500), at(300, 800)}, "name", "和平西路二段12巷")
	m.put("door", at(310, 600), "road", "和平西路二段12巷", "number", "3")
	m.put("door", at(330, 700), "road", "和平西路二段12巷5弄", "number", "3")
	g, err := Build(context.Background(), m, Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text  string
		x, y  float64
		level string
		fault string
	}{
		{"和平西路2断7号", 140, 510, "door", "name.spelling"},
		{"和平西路二短7号", 140, 510, "door", "name.spelling"},
		{"和平西路2叚12巷3号", 310, 600, "door", "name.spelling"},
		{"和平西路二段12项3号", 310, 600, "door", "name.spelling"},
		{"和平西路二段12恭3号", 310, 600, "door", "name.spelling"},
		{"和平西路二段12巷5农3号", 330, 700, "door", "name.spelling"},
		{"和平四路二段7号", 140, 510, "door", "name.spelling"},
		{"大龙衔7号", 140, 1010, "door", "name.spelling"},
		{"和平西骆二段7号", 140, 510, "door", "name.spelling"},
		{"和平西路二段7号", 140, 510, "door", ""},
		{"大龙街7号3天没水", 140, 1010, "door", ""},
		{"普阳路12想反映5号的事", 240, 1510, "door", ""}, // no lane 12 is on file
	} {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil || len(a.Places) == 0 {
			t.Errorf("%q: got no place, error %v", tt.text, err)
			continue
		}
		p := a.Places[0]
		at, fault := townFrame.to(p.Point), ""
		if len(p.Faults) > 0 {
			fault = p.Faults[0].Code
		}
		if at.dist(pt{tt.x, tt.y}) > 3 || p.Level != tt.level || fault != tt.fault {
			t.Errorf("%q: got %s %s at %.0f,%.0f, faults %v; want %s at %.0f,%.0f, fault %q", tt.text, p.Level, p.Label, at.x, at.y, p.Faults, tt.level, tt.x, tt.y, tt.fault)
		}
	}
}

// TestLike: sounds as they are, and as many speak them.
func TestLike(t *testing.T) {
	for _, tt := range []struct {
		a, b rune
		want likeness
	}{
		{'段', '断', sameSound},
		{'巷', '项', sameSound},
		{'山', '三', nearlySame},
		{'民', '明', nearlySame},
		{'宁', '林', nearlySame},
		{'街', '衔', unlike},
		{'路', 'a', unlike},
		{'a', 'a', unlike},
		{'行', '航', sameSound},
		{'行', '形', sameSound},
	} {
		if got := sounds().like(tt.a, tt.b); got != tt.want {
			t.Errorf("%c and %c: got %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
