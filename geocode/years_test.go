package geocode

import (
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// A former name filed with the years it was borne is found without them, and the reason tells them.
func TestYearsOfFormerNames(t *testing.T) {
	m := memCorpus{}
	m.put("community", rect(-1000, -1000, 1000, 1000), "code", "370883001001", "name", "铁西社区", "former_name", "西关大队(1958年至1984年)")
	m.put("road", orb.LineString{at(-500, 0), at(500, 0)}, "name", "体育北路", "former_name", "前进路（1958—1998）#东方红路（1966-1972）")
	m.put("door", at(20, 10), "road", "体育北路", "number", "18")
	m.put("poi", at(-300, 200), "name", "云苑购物中心", "former_name", "向阳商场（2003年前）、南关供销社", "alias", "云苑（南店）")
	g, err := Build(t.Context(), m, Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, name, years string }{
		{"前进路18号路灯不亮", "体育北路18号", "1958—1998"},
		{"东方红路18号", "体育北路18号", "1966-1972"},
		{"原向阳商场门口", "云苑购物中心", "2003年前"},
		{"南关供销社门口", "云苑购物中心", ""},
		{"西关大队", "铁西社区", "1958年至1984年"},
		{"体育北路18号", "体育北路18号", ""},
		{"云苑（南店）", "云苑购物中心", ""},
	} {
		a := mustSearch(t, g, Query{Text: tt.text})
		if len(a.Places) == 0 || !strings.HasPrefix(a.Places[0].Name, tt.name) {
			t.Errorf("%s: got %+v, want %s", tt.text, a.Places, tt.name)
			continue
		}
		years := ""
		for _, r := range append(a.Places[0].Reasons, a.Reasons...) {
			years = max(years, r.Years)
		}
		if years != tt.years {
			t.Errorf("%s: got the years %q, want %q", tt.text, years, tt.years)
		}
	}
	for s, want := range map[string][2]string{
		"前进路（1958—1998）": {"前进路", "1958—1998"}, "前进路 (1958)": {"前进路", "1958"}, "人民医院（南院）": {"人民医院（南院）", ""}, "（1958）": {"（1958）", ""},
		"三中（12）": {"三中（12）", ""}, "厂（1958年前后": {"厂（1958年前后", ""}, "": {"", ""},
	} {
		if name, years := cutYears(s); name != want[0] || years != want[1] {
			t.Errorf("%s: got %q %q, want %q", s, name, years, want)
		}
	}
}
