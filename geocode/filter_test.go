package geocode

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// Two chemists of one name: what narrows a query decides which is found.
func TestNarrowed(t *testing.T) {
	m := memCorpus{}
	m.put("poi", at(0, 0), "name", "同仁药店", "class", "pharmacy")
	m.put("poi", at(1000, 0), "name", "同仁药店", "class", "Pharmacy")
	m.put("poi", at(0, 1000), "name", "同仁药店", "class", "商店")
	g, err := Build(context.Background(), m, Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	square := func(x, y float64) orb.Polygon { return rect(x-50, y-50, x+50, y+50) }
	for _, tt := range []struct {
		name string
		q    Query
		want []orb.Point
	}{
		{"nothing", Query{}, []orb.Point{at(0, 0), at(1000, 0), at(0, 1000)}},
		{"a kind in any case", Query{Categories: []string{"PHARMACY"}}, []orb.Point{at(0, 0), at(1000, 0)}},
		{"two kinds", Query{Categories: []string{"商店", "bank"}}, []orb.Point{at(0, 1000)}},
		{"a circle", Query{Circle: &Circle{Center: at(900, 0), RadiusM: 150}}, []orb.Point{at(1000, 0)}},
		{"a polygon of two", Query{Polygon: orb.MultiPolygon{square(0, 0), square(0, 1000)}}, []orb.Point{at(0, 0), at(0, 1000)}},
		{"a polygon and a kind", Query{Polygon: orb.MultiPolygon{square(0, 0), square(0, 1000)}, Categories: []string{"pharmacy"}}, []orb.Point{at(0, 0)}},
		{"a polygon's hole", Query{Polygon: orb.MultiPolygon{{rect(-3000, -3000, 3000, 3000)[0], square(0, 0)[0], square(1000, 0)[0]}}}, []orb.Point{at(0, 1000)}},
		{"another layer", Query{Layers: []string{LayerStreet}}, nil},
	} {
		tt.q.Text = "同仁药店"
		a, err := g.Search(context.Background(), tt.q)
		if err != nil {
			t.Fatal(err)
		}
		var got []orb.Point
		for _, p := range a.Places {
			got = append(got, p.Point)
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: got %d places, want %d", tt.name, len(got), len(tt.want))
			continue
		}
		for i := range got {
			if math.Abs(got[i][0]-tt.want[i][0])+math.Abs(got[i][1]-tt.want[i][1]) > 1e-9 {
				t.Errorf("%s: place %d is at %v, want %v", tt.name, i, got[i], tt.want[i])
			}
		}
	}
	for _, q := range []Query{
		{Circle: &Circle{}},
		{Circle: &Circle{Center: orb.Point{200, 0}, RadiusM: 5}},
		{Circle: &Circle{RadiusM: math.NaN()}},
		{Polygon: orb.MultiPolygon{{orb.Ring{{0, 0}, {1, 0}, {0, 0}}}}},
		{Polygon: orb.MultiPolygon{{orb.Ring{{0, 0}, {1, 0}, {1, 1}, {0, 1}}}}},
		{Polygon: orb.MultiPolygon{{orb.Ring{{0, 0}, {1, math.NaN()}, {1, 1}, {0, 0}}}}},
		{Categories: make([]string, 101)},
	} {
		q.Text = "同仁药店"
		if _, err := g.Search(context.Background(), q); gis.KindOf(err) != gis.Invalid {
			t.Errorf("%+v: got %v, want it refused", q, err)
		}
	}
}

// What an answer calls a place by finds it again.
func TestLookup(t *testing.T) {
	g := buildTown(t)
	seen := map[string]bool{}
	for _, text := range []string{
		"37088301001000123", "网格370883002001007", "116.980000,35.400000", "普阳路12号", "孟子湖购物广场", "唐王湖公园", "太平东路", "铁西社区", "千泉街道",
		"太平东路与匡衡路路口", "公厕", "翰林府",
	} {
		a, err := g.Search(context.Background(), Query{Text: text})
		if err != nil || len(a.Places) == 0 {
			t.Fatalf("%s: %d places, error %v", text, len(a.Places), err)
		}
		for _, p := range a.Places {
			got, ok, err := g.Lookup(context.Background(), p.ID)
			if err != nil || !ok || got.ID != p.ID || got.Layer != p.Layer || got.Name != p.Name || got.Label != p.Label {
				t.Errorf("%s: %s: got %v %+v, error %v, want %+v", text, p.ID, ok, got, err, p)
			}
			layer, _, _ := strings.Cut(p.ID, ":")
			seen[layer] = true
		}
	}
	for _, layer := range []string{"component", "grid", "coordinate", "door", "poi", "land", "street", "neighbourhood", "localadmin", "intersection"} {
		if !seen[layer] {
			t.Errorf("no place of %s was looked up", layer)
		}
	}
	for _, id := range []string{"", ":", "door", "door:", "door:none", "poi:", "component:1", "grid:370883", "coordinate:1", "coordinate:x,y", "coordinate:0,0", "intersection:没有路与没有街交叉口", "wanmi:door:1", "street:", "venue:公厕"} {
		if p, ok, err := g.Lookup(context.Background(), id); ok || err != nil {
			t.Errorf("%q: got %+v, error %v", id, p, err)
		}
	}
}
