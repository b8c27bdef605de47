package geocode

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// matterTown is a crossing with a shop whose name holds words of complaints, which know a few words for components and matters.
func matterTown(tb testing.TB) *Geocoder {
	tb.Helper()
	m := memCorpus{}
	at := func(x, y float64) orb.Point { return townFrame.from(pt{x, y}) }
	m.put("road", orb.LineString{at(-500, 0), at(500, 0)}, "name", "太平路")
	m.put("road", orb.LineString{at(0, -500), at(0, 500)}, "name", "匡衡路")
	m.put("poi", at(100, 10), "name", "噪音路坑面馆")
	m.put("poi", at(-100, 10), "name", "城东早市")
	g, err := Build(context.Background(), m, Config{
		Synonyms: map[string][]string{"护栏": {"02017"}, "垃圾桶": {"03005"}, "雨水箅子": {"01004"}, "监控": {"01050"}},
		Matters: []MatterWord{
			{"占道经营", []string{"09001"}}, // the city's own goes before
			{"(路面|人行道)…(坑|破|塌陷)", []string{"06013"}},
			{"垃圾", []string{"06010"}},
			{"(乱|随地)扔…垃圾", []string{"06010"}},
			{"垃圾桶…(满|没人清)", []string{"06042"}},
			{"(早市|夜市)…占道", []string{"09002"}},
			{"占道(|经营)", []string{"09006"}},
			{"噪(音|声)(|大)", []string{"06028"}},
			{"积水", []string{"01004"}},
			{"pothole", []string{"06013"}},
			{"烧…树叶…烟", []string{"06020"}},
		},
		MatterNames: map[string]string{"06010": "暴露垃圾", "06013": "道路破损"},
	}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

func TestMatters(t *testing.T) {
	g := matterTown(t)
	for _, tt := range []struct{ name, text, want string }{
		{"a word", "太平路与匡衡路路口有垃圾", "06010 垃圾"},
		{"the longest", "太平路与匡衡路路口占道经营", "09001 占道经营"},
		{"a gap", "太平路与匡衡路路口路面有个很大的坑", "06013 路面有个很大的坑"},
		{"no gap", "太平路路面坑", "06013 路面坑"},
		{"a gap too long", "路面上不知道谁挖了一个坑", ""},
		{"a gap does not leave the sentence", "太平路路面好。坑人", ""},
		{"a number in a gap is one", "太平路垃圾桶HW-LJ-00621满了", "06042 垃圾桶HW-LJ-00621满"},
		{"two gaps", "匡衡路有人烧了一堆树叶好大的烟", "06020 烧了一堆树叶好大的烟"},
		{"traditional characters, as they are written", "太平路與匡衡路路口亂扔垃圾", "06010 亂扔垃圾"},
		{"two, in their order", "太平路噪音大，还占道", "06028 噪音大 09006 占道"},
		{"a bin is no litter", "太平路垃圾桶坏了", ""},
		{"but it may be full", "太平路垃圾桶早就满了", "06042 垃圾桶早就满"},
		{"a name is no complaint", "噪音路坑面馆门口的护栏", ""},
		{"beside a name it is", "噪音路坑面馆噪音大", "06028 噪音大"},
		{"a market by name", "城东早市占道", "09006 占道"},
		{"a market without", "太平路与匡衡路路口早市占道", "09002 早市占道"},
		{"a thing in the gap is what is broken", "太平路路面护栏破了", ""},
		{"what a component suffers from", "太平路雨水箅子被垃圾堵住了", ""},
		{"the same of a road", "太平路被垃圾堵住了", "06010 垃圾"},
		{"a component's matter gives way to it", "太平路雨水箅子堵了积水", ""},
		{"and stands alone", "太平路积水", "01004 积水"},
		{"of streets before of components", "太平路积水，路面塌陷", "06013 路面塌陷 01004 积水"},
		{"English", "big pothole near 太平路", "06013 pothole"},
		{"no part of a word", "太平路potholed", ""},
		{"nothing", "太平路与匡衡路路口护栏歪了", ""},
	} {
		a, err := g.Search(context.Background(), Query{Text: tt.text})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range a.Matters {
			got = append(got, m.Code+" "+m.Word)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %q: got %q, want %q", tt.name, tt.text, s, tt.want)
		}
	}
	if a, _ := g.Search(context.Background(), Query{Text: "太平路有垃圾"}); len(a.Matters) != 1 || a.Matters[0].Name != "暴露垃圾" {
		t.Errorf("got %+v, want the name of the class", a.Matters)
	}
}

// Words for matters take no part in reading the place.
func TestMattersLeavePlacesAlone(t *testing.T) {
	g := matterTown(t)
	plain := *g
	plain.matters = &matters{}
	for _, text := range []string{"太平路与匡衡路路口早市占道", "城东早市占道", "噪音路坑面馆垃圾桶满了", "太平路路面有坑"} {
		a, err := g.Search(context.Background(), Query{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		b, err := plain.Search(context.Background(), Query{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Places) != len(b.Places) || len(a.Places) == 0 || a.Places[0].Point != b.Places[0].Point || a.Places[0].Score != b.Places[0].Score || a.Ask != b.Ask {
			t.Errorf("%q: got %+v, without words for matters %+v", text, a.Places, b.Places)
		}
	}
}

func TestMatterWordsAreChecked(t *testing.T) {
	got, err := spellings("(路面|人(行|车)道)…坑")
	if want := []string{"路面…坑", "人行道…坑", "人车道…坑"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	for _, tt := range []struct{ word, want string }{
		{"", "empty"},
		{" ", "empty"},
		{"…坑", "begins or ends"},
		{"坑…", "begins or ends"},
		{"x", "one letter"},
		{"(坑", "not closed"},
		{"坑)", "closed that none opened"},
		{"a|b)", "closed that none opened"},
		{"路…面…有…坑", "twice at most"},
		{strings.Repeat("(a|b|c|d)", 7), "more than"},
	} {
		if err := CheckMatterWord(tt.word); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want an error with %q", tt.word, err, tt.want)
		}
	}
	if err := CheckMatterWord("路面…坑"); err != nil {
		t.Error(err)
	}
}

// A text without a word for a matter costs no memory.
func TestMattersAllocateNothing(t *testing.T) {
	g := matterTown(t)
	sc := new(scratch)
	sc.f.Set("太平路与匡衡路路口东50米路北，路灯不亮，麻烦尽快处理一下，谢谢")
	g.understand(sc)
	if n := testing.AllocsPerRun(100, func() {
		if g.matterHits(sc, nil) != nil {
			t.Fatal("got a matter, want none")
		}
	}); n != 0 {
		t.Errorf("got %v allocations, want none", n)
	}
}
