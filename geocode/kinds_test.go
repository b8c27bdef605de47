package geocode

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

func TestKinds(t *testing.T) {
	m := memCorpus{}
	for k := range 60 {
		m.put("poi", at(100*float64(k), 0), "name", fmt.Sprintf("%c%c超市", '万'+rune(k), '兴'+rune(k)), "class", "超市")
	}
	m.put("poi", at(50, 50), "name", "超市街小学", "class", "school")
	m.put("poi", at(0, 900), "name", "第一实验小学", "class", "school")
	m.put("land", rect(-40, 860, 40, 940), "name", "第一实验小学", "class", "school") // its grounds
	m.put("poi", at(0, 1200), "name", "中国石化城南加油站", "class", "fuel")
	m.put("poi", at(0, 1500), "name", "仁和大药房", "class", "pharmacy")
	m.put("poi", at(0, 1800), "name", "你好鲜花")
	m.put("poi", at(50, 1800), "name", "路灯杆烧烤")
	m.put("road", orb.LineString{at(-500, -100), at(7000, -100)}, "name", "光明路")
	g, err := Build(context.Background(), m, Config{Synonyms: map[string][]string{"路灯": {"01037"}}, ClassNames: map[string]string{"01037": "路灯"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	near := at(2010, 0)
	for _, tt := range []struct {
		text  string
		q     Query
		first string // of its name; "" for no place
		n     int
		asks  bool
	}{
		{"超市", Query{Size: 5}, "", 5, true},
		{"超市", Query{Size: 3, Focus: &near}, "丛冈超市", 3, true}, // the 21st
		{"超市", Query{Focus: &near, Categories: []string{"school"}}, "", 0, true},
		{"超市", Query{Bound: &orb.Bound{Min: at(290, -10), Max: at(410, 10)}}, "", 2, true},
		{"學校", Query{}, "", 2, true},
		{"实验小学", Query{}, "第一实验小学", 1, false},
		{"实验小学门口路灯不亮", Query{}, "第一实验小学", 1, false},
		{"中国石化", Query{}, "中国石化城南加油站", 1, false},
		{"药店", Query{}, "仁和大药房", 1, false},
		{"药店旁边路灯坏了", Query{}, "仁和大药房", 1, false},
		{"你好", Query{}, "你好鲜花", 1, false}, // a search box is asked for names
		{"你好，路灯坏了", Query{}, "", 0, true},
		{"路灯不亮", Query{}, "", 0, true}, // 路灯杆烧烤 is named by no complaint
		{"路灯不亮了没人管", Query{}, "", 0, true},
		{"光明路超市", Query{}, "光明路", 1, true}, // the road stands on file
		{strings.Repeat("超市", 200), Query{}, "", 0, true},
	} {
		tt.q.Text = tt.text
		for name, ask := range map[string]func(context.Context, Query) (Answer, error){"search": g.Search, "autocomplete": g.Autocomplete} {
			if name == "autocomplete" && (tt.first == "光明路" || tt.text == "中国石化" || tt.text == "你好" || tt.text == "超市") {
				continue // names begin so
			}
			a, err := ask(context.Background(), tt.q)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Places) != tt.n || tt.n > 0 && tt.first != "" && a.Places[0].Name != tt.first || (a.Ask != "") != tt.asks {
				t.Errorf("%s %q %+v: got %d places, asks %q, %+v", name, tt.text, tt.q, len(a.Places), a.Ask, a.Places)
			}
		}
	}
	for _, p := range mustSearch(t, g, Query{Text: "超市", Focus: &near}).Places {
		if p.Category != "超市" || p.Score > .7 || len(p.Faults) != 1 || p.Faults[0].Code != "name.kind" {
			t.Errorf("got %+v, want a supermarket that is one of several", p)
		}
	}
}

func mustSearch(t *testing.T, g *Geocoder, q Query) Answer {
	t.Helper()
	a, err := g.Search(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
