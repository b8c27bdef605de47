package geocode

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

func TestDescribe(t *testing.T) {
	g := buildTown(t)
	tests := []struct {
		x, y float64
		want string
	}{
		{485, -760, "钢山街道普阳路12号"},
		{485, -745, "钢山街道普阳路12-1号北5米"},
		{402, -400, "钢山街道普阳路188号1号楼"},
		{-85, 85, "千泉街道太平东路与匡衡路交叉口西北120米"},
		{-3, 500, "千泉街道千泉大街与匡衡路交叉口"},
		{-650, 805, "千泉街道人民路"},
		{-900, 950, "千泉街道铁西社区"},
	}
	for _, tt := range tests {
		if got, err := g.Describe(at(tt.x, tt.y)); err != nil || got != tt.want {
			t.Errorf("%.0f,%.0f: got %q, error %v, want %q", tt.x, tt.y, got, err, tt.want)
		}
	}
	if got, err := g.Describe(at(90000, 90000)); err != nil || got != "" {
		t.Errorf("outside: got %q, error %v, want nothing", got, err)
	}
	if _, err := g.Describe(orb.Point{200, 0}); err == nil {
		t.Error("longitude 200: got no error, want one")
	}
}

// TestDescribeFindsBack: what a place is called leads back to it, as near as eight directions can say.
func TestDescribeFindsBack(t *testing.T) {
	q := newQuarter()
	g, err := Build(context.Background(), q.corpus, townConfig, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 7))
	for range 2000 {
		p := pt{r.Float64()*2000 - 100, r.Float64()*2000 - 100}
		words, err := g.Describe(townFrame.from(p))
		if err != nil || words == "" {
			t.Fatalf("%v: got %q, error %v", p, words, err)
		}
		a, err := g.Search(context.Background(), Query{Text: words + "路灯不亮"})
		if err != nil || len(a.Places) == 0 {
			t.Errorf("%q: no place, error %v", words, err)
			continue
		}
		d := townFrame.to(a.Places[0].Point).dist(p)
		if most := 8 + .4*metresSaid(words); d > most {
			t.Errorf("%v is %q, which is found %.0f m away as %s, want at most %.0f", p, words, d, a.Places[0].Label, most)
		}
	}
}

// metresSaid is the distance at the end of a description, 0 without one.
func metresSaid(words string) float64 {
	s, v, unit := strings.TrimSuffix(words, "米"), 0.0, 1.0
	for i := len(s) - 1; i >= 0 && s[i] >= '0' && s[i] <= '9' && s != words; i-- {
		v += unit * float64(s[i]-'0')
		unit *= 10
	}
	return v
}
