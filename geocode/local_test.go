package geocode

import (
	"context"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// localTown is two roads with doors, a school, an estate and a village, in metres from 116.97, 35.4.
func localTown() (memCorpus, func(east, north float64) orb.Point) {
	fr := newFrame(orb.Point{116.97, 35.4})
	at := func(east, north float64) orb.Point { return fr.from(pt{east, north}) }
	m := memCorpus{}
	box := func(w, s, e, n float64) orb.Polygon {
		return orb.Polygon{{at(w, s), at(e, s), at(e, n), at(w, n), at(w, s)}}
	}
	m.put("street", box(-1000, -1000, 1000, 1000), "code", "370883001", "name", "千泉街道")
	m.put("community", box(-1000, -1000, 0, 1000), "code", "370883001001", "name", "铁西社区", "street_code", "370883001")
	m.put("community", box(0, -1000, 1000, 1000), "code", "370883001002", "name", "后八里村", "street_code", "370883001")
	m.put("road", orb.LineString{at(-800, 0), at(800, 0)}, "name", "普阳山路")
	m.put("road", orb.LineString{at(0, -800), at(0, 800)}, "name", "太平路")
	for i, n := range []string{"1", "3", "5", "7", "9"} {
		m.put("door", at(-500+100*float64(i), 12), "address", "普阳山路"+n+"号", "road", "普阳山路", "number", n)
	}
	m.put("poi", at(300, 40), "name", "第一中学")
	m.put("poi", at(-300, -60), "name", "普阳小区")
	return m, at
}

func localConfig() Config {
	return Config{Synonyms: map[string][]string{"垃圾": {"01011"}, "路灯": {"01037"}, "井盖": {"01002"}}}
}

func buildOf(t *testing.T, m memCorpus) *Geocoder {
	t.Helper()
	g, err := Build(t.Context(), m, localConfig(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func best(t *testing.T, g *Geocoder, text string) Place {
	t.Helper()
	a, err := g.Search(context.Background(), Query{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Places) == 0 {
		return Place{}
	}
	return a.Places[0]
}

// What is taught is answered at its point or as the place it names, with the words and whose they are in the reasons, and is forgotten with its row.
func TestLocalNames(t *testing.T) {
	m, at := localTown()
	plain := buildOf(t, m)
	row := func(key, name, place string, p orb.Point) gis.Feature {
		return m.put(layerLocal, p, "code", key, "name", name, "place", place, "reported_by", "坐席7", "accepted_by", "李四")
	}
	rows := []gis.Feature{
		row("F1", "老供销社", "", at(200, 200)),
		row("F2", "一中老校区", "poi:p1", at(310, 45)),
		row("F3", "老北大街", "road:r2", at(2, 300)),
		row("F4", "八里庄", "community:370883001002", at(500, 0)),
		row("F5", "老电影院", "poi:p99", at(-200, 300)), // a place that is gone: the point stays
		row("F6", "普阳山路3号", "", at(600, 600)),       // before the door plate: an address that was forced
		row("F7", "普阳小区", "", at(-600, 500)),        // before the stored name
	}
	var ups []Update
	for _, f := range rows {
		ups = append(ups, Update{Layer: layerLocal, Key: f.Key, New: &f})
	}
	applied, err := plain.Apply(t.Context(), ups)
	if err != nil {
		t.Fatal(err)
	}
	var back []Update
	for _, f := range rows {
		back = append(back, Update{Layer: layerLocal, Key: f.Key, Old: &f})
	}
	forgot, err := applied.Apply(t.Context(), back)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		text, id, use, ref string
		at                 orb.Point
	}{
		{"老供销社门口垃圾满了", "local_name:F1", "local_rule", "local_name:F1", at(200, 200)},
		{"一中老校区路灯不亮", "poi:p1", "local_alias", "local_name:F2", at(300, 40)},
		{"老北大街与普阳山路交叉口井盖", "", "local_alias", "local_name:F3", at(0, 0)},
		{"八里庄", "neighbourhood:370883001002", "local_alias", "local_name:F4", orb.Point{}},
		{"老电影院", "local_name:F5", "local_rule", "local_name:F5", at(-200, 300)},
		{"普阳山路3号路灯", "local_name:F6", "local_rule", "local_name:F6", at(600, 600)},
		{"普阳小区垃圾", "local_name:F7", "local_rule", "local_name:F7", at(-600, 500)},
		{"普阳山路5号", "door:d3", "", "", at(-300, 12)},
	} {
		for name, g := range map[string]*Geocoder{"built": buildOf(t, m), "applied": applied} {
			p := best(t, g, c.text)
			if c.id != "" && p.ID != c.id || c.at != (orb.Point{}) && plain.fr.to(p.Point).dist(plain.fr.to(c.at)) > 1 {
				t.Errorf("%s: %s: got %s at %v, want %s at %v", name, c.text, p.ID, p.Point, c.id, c.at)
			}
			rs := p.Reasons
			if len(rs) == 0 { // an area: the reasons of the text say it
				a, _ := g.Search(t.Context(), Query{Text: c.text})
				rs = a.Reasons
			}
			i := slices.IndexFunc(rs, func(r Reason) bool { return r.Ref != "" })
			if (i >= 0) != (c.ref != "") || i >= 0 && (rs[i].Use != c.use || rs[i].Ref != c.ref || rs[i].By != "坐席7，审核 李四") {
				t.Errorf("%s: %s: got reasons %+v, want %s of %s", name, c.text, rs, c.use, c.ref)
			}
		}
		was, now := best(t, plain, c.text), best(t, forgot, c.text)
		if was.ID != now.ID || was.Point != now.Point {
			t.Errorf("%s: after all was forgotten got %s at %v, want as before %s at %v", c.text, now.ID, now.Point, was.ID, was.Point)
		}
	}
	if p := best(t, applied, "老供消社"); p.ID != "local_name:F1" {
		t.Errorf("a misspelt local name: got %+v", p)
	}
	for _, q := range []string{"老供", "lgx", "一中老"} {
		a, err := applied.Autocomplete(t.Context(), Query{Text: q})
		if err != nil || len(a.Places) == 0 || a.Places[0].ID != map[string]string{"老供": "local_name:F1", "lgx": "local_name:F1", "一中老": "poi:p1"}[q] {
			t.Errorf("autocomplete %s: got %+v, %v", q, a.Places, err)
		}
	}
}

// An alias follows its place: to where it moves, and to its own point when the place goes.
func TestLocalAliasFollows(t *testing.T) {
	m, at := localTown()
	m.put(layerLocal, at(310, 45), "code", "F1", "name", "一中老校区", "place", "poi:p1")
	g := buildOf(t, m)
	school := m["poi"][0]
	moved := school.Clone()
	moved.Geom = at(350, 80)
	g2, err := g.Apply(t.Context(), []Update{{Layer: "poi", Key: "p1", Old: &school, New: &moved}})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := g2.Apply(t.Context(), []Update{{Layer: "poi", Key: "p1", Old: &moved}})
	if err != nil {
		t.Fatal(err)
	}
	back, err := gone.Apply(t.Context(), []Update{{Layer: "poi", Key: "p1", New: &school}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		g    *Geocoder
		id   string
		at   orb.Point
	}{{"as built", g, "poi:p1", at(300, 40)}, {"moved", g2, "poi:p1", at(350, 80)}, {"gone", gone, "local_name:F1", at(310, 45)}, {"back", back, "poi:p1", at(300, 40)}} {
		if p := best(t, c.g, "一中老校区"); p.ID != c.id || g.fr.to(p.Point).dist(g.fr.to(c.at)) > 1 {
			t.Errorf("%s: got %s at %v, want %s at %v", c.name, p.ID, p.Point, c.id, c.at)
		}
	}
}

func TestLesson(t *testing.T) {
	m, _ := localTown()
	g := buildOf(t, m)
	for _, c := range []struct {
		text, name string
		known      bool
	}{
		{"老供销社门口垃圾满了", "老供销社", false},
		{"您好，我要反映一下，老供销社旁边路灯不亮", "老供销社", false},
		{"垃圾满了，在老供销社", "老供销社", false},
		{"老供销社对面井盖丢了", "老供销社对面", false}, // 对面 moves: the point is that of the whole
		{"老供销社东50米路灯", "老供销社东50米", false},
		{"普阳山路老供销社路灯坏了", "老供销社", false},
		{"普阳小区北门路灯不亮", "普阳小区北门", true},
		{"普阳小区凉亭路灯不亮", "普阳小区凉亭", false}, // what has no name of its own goes with the place it is a part of
		{"普阳小区3号楼车棚垃圾", "普阳小区3号楼车棚", false},
		{"老供销社后街12号路灯", "老供销社后街12号", false},
		{"普阳山路3号路灯不亮", "普阳山路3号", true},
		{"太平路与普阳山路路口井盖", "太平路与普阳山路路口", true},
		{"普阳小区大门口垃圾满了", "普阳小区大门口", true}, // of what is known the whole phrase gets the point
		{"第一中学路灯坏了", "第一中学", true},
		{"老供销社有人烧烤", "老供销社", false},
		{"有人乱倒垃圾在老供销社", "老供销社", false},
		{"老供销社那个路灯好几天没人修了", "老供销社", false},
		{"天桥百货路灯不亮", "天桥百货", false},
		{"前进旅社门口路灯不亮", "前进旅社", false},
		{"老供销社前有垃圾", "老供销社", false},
		{"路灯不亮", "", true},
		{"门口垃圾满了", "", true},
		{"太平路12a座老粮店", "老粮店", false},
	} {
		l, err := g.Lesson(t.Context(), c.text)
		if err != nil || l.Name != c.name || l.Known != c.known {
			t.Errorf("%s: got %+v, %v; want %q, known %t", c.text, l, err, c.name, c.known)
		}
	}
	if _, err := g.Lesson(t.Context(), "a\x00b"); gis.KindOf(err) != gis.Invalid {
		t.Errorf("a control character: got %v", err)
	}
}

func TestVague(t *testing.T) {
	m, _ := localTown()
	g := buildOf(t, m)
	for name, want := range map[string]bool{
		"门口": true, "超市": true, "路灯": true, "3号楼": true, "垃圾旁边": true, "东50米": true, "社": true, "": true, "小区门口": true, "路口": true, "12": true,
		"老供销社": false, "普阳小区北门": false, "太平路": false, "老供销社门口": false, "大槐树": false, "永辉超市": false,
	} {
		if got := g.Vague(name); got != want {
			t.Errorf("%s: got %t, want %t", name, got, want)
		}
	}
}
