package geocode

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"wanmi/data/catalog"
	"wanmi/geocode/geocodetest"
	"wanmi/gis"
	"wanmi/gis/gistest"
)

// mostTime is what a text of MaxText characters may take, whatever it says.
const mostTime = 5 * time.Millisecond

// asked is every way a text goes into the geocoder.
var asked = []struct {
	name string
	do   func(*Geocoder, string) (Answer, error)
}{
	{"search", func(g *Geocoder, s string) (Answer, error) { return g.Search(context.Background(), Query{Text: s}) }},
	{"search near", func(g *Geocoder, s string) (Answer, error) {
		p := at(300, -200)
		return g.Search(context.Background(), Query{Text: s, Size: 40, Focus: &p})
	}},
	{"autocomplete", func(g *Geocoder, s string) (Answer, error) {
		return g.Autocomplete(context.Background(), Query{Text: s})
	}},
	{"narrowed", func(g *Geocoder, s string) (Answer, error) {
		return g.Search(context.Background(), Query{Text: s, Circle: &Circle{Center: at(0, 0), RadiusM: 500}, Categories: []string{"park", "school"}})
	}},
	{"structured", func(g *Geocoder, s string) (Answer, error) {
		r := []rune(s)
		return g.Structured(context.Background(), StructuredQuery{Address: string(r[:len(r)/2]), Venue: string(r[len(r)/2:])})
	}},
}

// checkAsked asks by every way and fails the test on a panic, a fault that is not the text's, an answer that is none, or one that takes too long.
func checkAsked(t *testing.T, g *Geocoder, s string) {
	t.Helper()
	for _, way := range asked {
		var a Answer
		var err error
		gistest.Quick(t, fmt.Sprintf("%s %.60q", way.name, s), mostTime, func() { a, err = way.do(g, s) })
		if bad := !utf8.ValidString(s) || utf8.RuneCountInString(s) > MaxText; err != nil && gis.KindOf(err) != gis.Invalid || err == nil && bad && way.name != "structured" {
			t.Fatalf("%s %.60q: error %v", way.name, s, err)
		}
		for i, p := range a.Places {
			if got, ok, err := g.Lookup(context.Background(), p.ID); i == 0 && (err != nil || ok && got.ID != p.ID) {
				t.Fatalf("%s %.60q: looked up %s, got %+v, error %v", way.name, s, p.ID, got, err)
			}
			if p.Score <= 0 || p.Score > 1 || !usable(p.Point) && p.Point != (orb.Point{}) || p.Label == "" || !(p.UncertaintyM >= 0) {
				t.Fatalf("%s %.60q: place %+v", way.name, s, p)
			}
		}
		f := Fuse(a, &Position{Point: at(100, 100), AccuracyM: 20})
		if p := f.Place; p == nil || !usable(p.Point) || p.Score <= 0 || p.Score > 1 || !(p.UncertaintyM > 0) {
			t.Fatalf("%s %.60q with a position: %+v", way.name, s, p)
		}
	}
}

// longText repeats a unit up to the longest text taken.
func longText(unit string) string {
	return string([]rune(strings.Repeat(unit, MaxText/utf8.RuneCountInString(unit)+1))[:MaxText])
}

// glue are words that make names into questions, and what is none.
var glue = []string{
	"与", "和", "至", "到", "、", "/", "交叉口", "路口", "口", "之间", "东", "东50米", "路北", "对面", "旁", "1号", "12号", "3巷", "2弄", "一段", "号", "(", ")", "((", "1", "二", "附1",
	"之2", "路灯", "井盖", "附近", "向南第二个路口", "沿", "桥下", "北段", "a", " ", "lu", "12-3", "第", "路", "巷", "弄", "里", "一二三", "百", "1.2,", "116.98,35.4 ", "LD-0123 ", "370883", "zhong", "x", "-",
	"\n", "，", "。", "①", "㎡", "👍", "\u0301", "a\u0301", "ﬃ", "ﷺ", "街道", "社区", "小区", "学校", "医院", "北路", "新", "公园", "米", "50米", "12.5公里", "9号楼", "3单元", "地下", "转角",
}

// TestLongTexts repeats names, misspelt names and grammar up to 512 characters, alone, with each other, and mixed by chance.
func TestLongTexts(t *testing.T) {
	for _, g := range []*Geocoder{withWords(t, town(), townConfig), withWords(t, geocodetest.New(20_000), Config{})} {
		names := append(namesOf(g, 12), complaints...)
		for i, n := range names {
			checkAsked(t, g, longText(n))
			checkAsked(t, g, longText(n+glue[i%len(glue)]))
			checkAsked(t, g, longText(n+"至"))
			checkAsked(t, g, longText(misspelt(n)+"1号"))
		}
		for _, w := range glue {
			checkAsked(t, g, longText(w))
			checkAsked(t, g, longText(names[0]+w))
		}
		r := rand.New(rand.NewPCG(8, 8))
		for range 60 {
			choices := make([]byte, 400)
			for i := range choices {
				choices[i] = byte(r.IntN(256))
			}
			checkAsked(t, g, mixed(names, choices))
		}
	}
}

// complaints are pieces of what callers say is wrong, of which the words for matters are made.
var complaints = []string{"乱扔垃圾", "垃圾", "垃圾桶", "满了", "路面", "坑", "污水", "外溢", "占道", "乱停", "车", "施工", "噪音", "小广告", "被", "倒", "树", "超市", "学校", "加油站"}

// withWords builds a geocoder with all the words a server has.
func withWords(tb testing.TB, c Corpus, cfg Config) *Geocoder {
	tb.Helper()
	cfg.Synonyms, cfg.ClassNames, cfg.MatterNames = maps.Clone(cfg.Synonyms), maps.Clone(cfg.ClassNames), map[string]string{}
	if cfg.Synonyms == nil {
		cfg.Synonyms, cfg.ClassNames = map[string][]string{}, map[string]string{}
	}
	maps.Copy(cfg.Synonyms, catalog.Synonyms())
	for _, c := range catalog.Classes(catalog.GB47678) {
		cfg.ClassNames[c.Code] = c.Zh
	}
	for _, m := range catalog.Matters(catalog.GB47678) {
		cfg.MatterNames[m.Code] = m.Zh
	}
	for _, w := range catalog.MatterWords() {
		cfg.Matters = append(cfg.Matters, MatterWord(w))
	}
	g, err := Build(tb.Context(), c, cfg, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// namesOf draws n names of roads, points of interest and areas.
func namesOf(g *Geocoder, n int) []string {
	var out []string
	for i := range n {
		out = append(out, g.roads[i*len(g.roads)/n].name)
		if len(g.src.pois) > 0 {
			out = append(out, g.src.pois[i*len(g.src.pois)/n].name)
		}
		out = append(out, g.src.areas[i*len(g.src.areas)/n].name)
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// misspelt writes a name with another character in its middle.
func misspelt(name string) string {
	r := []rune(name)
	r[len(r)/2] = '普'
	return string(r)
}

// mixed puts names and glue together as the bytes say, few or many different ones by the first.
func mixed(names []string, choices []byte) string {
	if len(choices) == 0 {
		return ""
	}
	few := 1 + int(choices[0])%min(len(names), 60)
	var b strings.Builder
	for _, c := range choices[1:] {
		switch k := int(c); {
		case k < 120:
			b.WriteString(names[k*7%few])
		case k < 140:
			b.WriteString(misspelt(names[k*7%few]))
		default:
			b.WriteString(glue[k%len(glue)])
		}
	}
	r := []rune(b.String())
	return string(r[:min(len(r), MaxText)])
}

var textSeeds = []string{
	"太平东路与匡衡路路口东50米路北，路灯不亮", "普阳路12号附1号", "铁西社区7号", "116.98,35.4", "LD-0123", "37088301001000123", "号之-附1", "甲甲甲1号",
	"东东东50米", "与与与", "路口口口", "12-3-4-5号", "1.2.3.4号", "巷弄號衖段", "太平东路(匡衡路至普阳路段)", "116°58′48″E 35°24′0″N", "百十千万", "之之1之", "第第1", "\u0301",
	"普阳路往北第二个路口往东50米再往南20米", "普阳路桥下", "火星路与匡衡路口", "普阳路10号至14号之间", "翰林府北门东校区二期3#楼", "普阳路7号灯杆", "普阳路南头北段",
	"No. 5, Lane 12, Sec. 3, Taiping East Road", "st of puyanglu &anghen\ufffdrd", "50m east of puyanglu & kuangheng rd", "puyangluyukuanghenglulukoudong50mi", "监控被树枝挡住", "孟子购湖物广场",
	"\xff", "路\x00", strings.Repeat("7", 512), strings.Repeat("路", 513), "((((((路))))))", "太平东路116.98,35.4", "一二三四五六七八九十百千万亿号",
}

// FuzzSearch asks any text: see checkAsked for what must hold.
func FuzzSearch(f *testing.F) {
	for _, s := range textSeeds {
		f.Add(s)
	}
	g := withWords(f, town(), townConfig)
	f.Fuzz(func(t *testing.T, s string) {
		gistest.Bounded(t)
		checkAsked(t, g, s)
	})
}

// FuzzSaid asks texts put together of a city's own names and the words between them: what FuzzSearch reaches more rarely.
func FuzzSaid(f *testing.F) {
	for _, kind := range geocodetest.Kinds {
		f.Add([]byte(kind))
	}
	f.Add([]byte{3, 1, 150, 2, 151, 1, 153, 2})
	g := withWords(f, geocodetest.New(20_000), Config{})
	names := append(namesOf(g, 40), complaints...)
	f.Fuzz(func(t *testing.T, choices []byte) {
		gistest.Bounded(t)
		checkAsked(t, g, mixed(names, choices))
	})
}
