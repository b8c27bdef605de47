package sample

import (
	"fmt"
	"math"
	"strings"
)

func (t *teller) prefix(p pt) string {
	k := t.c.finder.at(p)
	if k < 0 {
		return ""
	}
	com := t.c.communities[k]
	switch x := t.r.Float64(); {
	case x < 0.7:
		return ""
	case x < 0.85:
		return t.c.streets[com.street].name
	case x < 0.93:
		return com.name
	}
	return t.c.streets[com.street].name + com.name
}

func (t *teller) door() (place, bool) {
	d := pick(t.r, t.c.doors)
	if d.building != "" || d.road.name == "" || t.names[d.road.name] > 1 {
		return place{}, false
	}
	tail := pick(t.r, []string{"门口", "门前", "附近", "门口", ""})
	return place{words: t.prefix(d.p) + d.road.name + d.number + "号" + tail, p: d.p, reach: 28, component: -1, before: "的"}, true
}

// crossing picks a junction and two of its roads that meet nowhere else.
func (t *teller) crossing() (j junction, a, b int, ok bool) {
	j = pick(t.r, t.corners)
	i := t.r.IntN(len(j.roads))
	k := t.r.IntN(len(j.roads))
	if i == k {
		return j, 0, 0, false
	}
	ra, rb := t.c.roads.list[j.roads[i]], t.c.roads.list[j.roads[k]]
	if t.pairs[pair(ra.name, rb.name)] != 1 || t.names[ra.name] > 1 || t.names[rb.name] > 1 {
		return j, 0, 0, false
	}
	_, da := ra.at(j.at[i])
	_, db := rb.at(j.at[k])
	if math.Abs(cross(da, db)) < 0.5 { // one goes on in the other
		return j, 0, 0, false
	}
	return j, i, k, true
}

func crossWords(r rng, a, b string) string {
	return fmt.Sprintf(pick(r, []string{"%s与%s交叉口", "%s和%s路口", "%s%s交叉口", "%s与%s交汇处", "%s、%s十字路口", "%s与%s路口"}), a, b)
}

func (t *teller) intersection() (place, bool) {
	j, i, k, ok := t.crossing()
	if !ok {
		return place{}, false
	}
	ra, rb := t.c.roads.list[j.roads[i]], t.c.roads.list[j.roads[k]]
	words := crossWords(t.r, ra.name, rb.name)
	if len(j.roads) != 2 || j.at[i] < 30 || j.at[k] < 30 || ra.length()-j.at[i] < 30 || rb.length()-j.at[k] < 30 {
		words = strings.Replace(words, "十字", "", 1)
	}
	if t.r.one(0.5) {
		return place{words: t.prefix(j.p) + words, p: j.p, reach: 28, component: -1, before: "的"}, true
	}
	// A thing at one corner: the place is the thing's own.
	var fit []int
	for _, c := range t.near.around(j.p, 28) {
		x := &t.c.components[c]
		if d := sub(x.p, j.p); (x.class == "02014" || x.class == "03005" || x.class == "02012") && math.Abs(d[0]) > 5 && math.Abs(d[1]) > 5 {
			fit = append(fit, c)
		}
	}
	if len(fit) == 0 {
		return place{}, false
	}
	c := pick(t.r, fit)
	d := sub(t.c.components[c].p, j.p)
	corner := map[bool]string{true: "东", false: "西"}[d[0] > 0] + map[bool]string{true: "北", false: "南"}[d[1] > 0]
	return place{words: words + corner + "角", p: t.c.components[c].p, reach: 6, component: c, before: "的"}, true
}

// offset tells a place as so many metres along a road from a junction, a door or a landmark.
func (t *teller) offset() (place, bool) {
	switch t.r.IntN(10) {
	case 0, 1:
		d := pick(t.r, t.c.doors)
		if d.building != "" || t.names[d.road.name] > 1 {
			return place{}, false
		}
		return t.along(d.road, d.s, d.road.name+d.number+"号", false)
	case 2, 3:
		p := pick(t.r, t.c.pois)
		if p.road == nil || t.names[p.name] > 1 || p.class == "公交站" || t.names[p.road.name] > 1 {
			return place{}, false
		}
		return t.along(p.road, p.s, p.name, true)
	}
	j, i, k, ok := t.crossing()
	if !ok {
		return place{}, false
	}
	ra, rb := t.c.roads.list[j.roads[i]], t.c.roads.list[j.roads[k]]
	return t.along(ra, j.at[i], crossWords(t.r, ra.name, rb.name), true)
}

// along goes N metres from chainage s0 of the road to one hand and states the side. say names the road again.
func (t *teller) along(rd *road, s0 float64, from string, say bool) (place, bool) {
	n := float64(5 * (5 + t.r.IntN(32)))
	if t.r.one(0.7) {
		n = float64(10 * (3 + t.r.IntN(16)))
	}
	s := s0 + n
	if t.r.one(0.5) {
		s = s0 - n
	}
	if s < 12 || s > rd.length()-12 || rd.name == "" || rd.class == "service" {
		return place{}, false
	}
	side := float64(1 - 2*t.r.IntN(2))
	a, _ := rd.at(s0)
	b, dir := rd.at(s)
	p := rd.off(s, side*(rd.kerb()+1))
	way := compass(sub(b, a))
	hand := compass(mul(left(dir), side))
	if strings.Contains(way, hand) || strings.Contains(hand, way) || !t.c.roads.clear(rd, s, 2) {
		return place{}, false // on a bend the words would mislead
	}
	verb := pick(t.r, []string{"往", "向", "往"})
	if say {
		verb = pick(t.r, []string{"沿" + rd.name + verb, "沿" + rd.name + verb, rd.name + verb})
	}
	if !say || t.r.one(0.4) && strings.HasPrefix(from, rd.name) && strings.Contains(from, "口") {
		verb = "往"
	}
	words := fmt.Sprintf("%s%s%s%.0f米%s", from, verb, way, n, pick(t.r, []string{"路" + hand, "路" + hand + "侧", "，路" + hand, "路" + hand + "边"}))
	return place{words: words, p: p, reach: 9, component: -1, before: pick(t.r, []string{"，", "的", "有个", ""}), only: rd}, true
}

func (t *teller) landmark(name func(poi) string) (place, bool) {
	p := pick(t.r, t.c.pois)
	n := name(p)
	if n == "" || t.names[n] > 1 || p.road == nil || p.class == "公交站" {
		return place{}, false
	}
	if t.r.one(0.12) && p.road.class != "service" {
		_, d := p.road.project(p.p)
		side := 1.0
		if d > 0 {
			side = -1
		}
		return place{words: n + "对面", p: p.road.off(p.s, side*(p.road.kerb()+1.5)), reach: 18, component: -1, before: "的", only: p.road}, true
	}
	return place{words: t.prefix(p.p) + n + pick(t.r, []string{"门口", "门前", "附近", "旁边", "门口"}), p: p.p, reach: 28, component: -1, before: "的"}, true
}

func (t *teller) poi() (place, bool) {
	return t.landmark(func(p poi) string { return trim(p.name) })
}

func (t *teller) compound() (place, bool) {
	d := pick(t.r, t.c.doors)
	p := t.c.parcels[d.parcel]
	if d.building == "" || p.name == "" || t.names[p.name] > 1 {
		return place{}, false
	}
	return place{words: p.name + d.building + pick(t.r, []string{"楼下", "门口", "北边", "前面", ""}), p: d.p, reach: 24, component: -1, before: "的"}, true
}

func (t *teller) code() (place, bool) {
	i := t.r.IntN(len(t.c.components))
	x := &t.c.components[i]
	if _, ok := complaints[x.class]; !ok {
		return place{}, false
	}
	at := place{p: x.p, component: i, before: "的"}
	switch {
	case x.label != "":
		at.words = pick(t.r, []string{"灯杆号" + x.label, x.label + "号灯杆", "灯杆编号" + x.label})
	case x.code != "":
		at.words = pick(t.r, []string{"部件编码" + x.code, "编号" + x.code, x.code})
	default:
		return place{}, false
	}
	return at, true
}

func (t *teller) alias() (place, bool) {
	if t.r.one(0.75) {
		return t.landmark(func(p poi) string { return p.alias })
	}
	return t.named(func(r *road) string { return r.alias })
}

func (t *teller) former() (place, bool) {
	if t.r.one(0.5) {
		at, ok := t.landmark(func(p poi) string { return p.former })
		if ok && t.r.one(0.5) && !strings.Contains(at.words, "街道") && !strings.Contains(at.words, "社区") {
			at.words = "原" + at.words
		}
		return at, ok
	}
	return t.named(func(r *road) string { return r.former })
}

// named tells a door by another name of its road.
func (t *teller) named(name func(*road) string) (place, bool) {
	d := pick(t.r, t.c.doors)
	n := name(d.road)
	if n == "" || d.building != "" || t.names[n] > 1 {
		return place{}, false
	}
	return place{words: n + d.number + "号" + pick(t.r, []string{"门口", "附近", ""}), p: d.p, reach: 28, component: -1, before: "的"}, true
}

// typo tells a door or a landmark with one character wrong.
func (t *teller) typo() (place, bool) {
	if t.r.one(0.65) {
		d := pick(t.r, t.c.doors)
		n, ok := t.garble(d.road.name)
		if !ok || d.building != "" || t.names[d.road.name] > 1 {
			return place{}, false
		}
		return place{words: n + d.number + "号" + pick(t.r, []string{"门口", ""}), p: d.p, reach: 28, component: -1, before: "的"}, true
	}
	return t.landmark(func(p poi) string {
		if len([]rune(p.name)) < 4 || t.names[p.name] > 1 {
			return ""
		}
		n, ok := t.garble(p.name)
		if !ok {
			return ""
		}
		return n
	})
}

// garble puts a like-sounding character for one of the first three of the name, so that no other name comes about.
func (t *teller) garble(name string) (string, bool) {
	r := []rune(name)
	for range 4 {
		i := t.r.IntN(min(3, len(r)))
		h, ok := homophones[r[i]]
		if !ok {
			continue
		}
		g := append([]rune{}, r...)
		g[i] = h
		if s := string(g); t.names[s] == 0 && !t.alike(s, name) {
			return s, true
		}
	}
	return "", false
}

// alike reports whether some other name is as near to the garbled one as the name meant.
func (t *teller) alike(garbled, meant string) bool {
	g := []rune(garbled)
	for n := range t.names {
		if n == meant || n == "" {
			continue
		}
		r := []rune(n)
		if len(r) != len(g) {
			continue
		}
		diff := 0
		for i := range r {
			if r[i] != g[i] {
				diff++
			}
		}
		if diff <= 1 {
			return true
		}
	}
	return false
}

func (t *teller) noise() (place, bool) {
	switch t.r.IntN(4) {
	case 0:
		return t.door()
	case 1:
		return t.intersection()
	case 2:
		return t.compound()
	}
	return t.poi()
}
