package sample

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"wanmi/data/catalog"

	"github.com/mozillazg/go-pinyin"
)

// component is one surveyed thing.
type component struct {
	class     string
	name      string // of the class
	p         pt     // its point, or the middle of its line or polygon
	line      []pt   // of a linear thing
	poly      []pt   // of an areal one, counter-clockwise
	road      *road
	s         float64 // chainage along road
	parcel    int     // -1: none
	code      string  // 17 digits; "" until the import gives one
	id        string  // the team's own
	label     string  // painted on it
	state     string
	init      string // YYYYMMDD
	change    string
	dept      int
	community int
	address   string
	kindTree  string // species
}

// placer places components along roads, at junctions and on parcels.
type placer struct {
	c     *City
	r     rng
	k     float64 // spacing factor of the classes there are many of
	out   []component
	loose int // how many scale with k
}

// makeComponents places components until there are at least as many as asked for.
func (c *City) makeComponents(seed uint64) {
	k := 1.0
	for range 8 {
		p := &placer{c: c, r: stream(seed, "components"), k: k}
		p.place()
		p.keepInside()
		want := c.cfg.Components
		c.components = p.out
		if n := len(p.out); n >= want && (n < want+want/50+200 || p.loose < n/50) {
			break
		}
		fixed := len(p.out) - p.loose
		goal := math.Max(float64(want-fixed)*1.008, float64(p.loose)/1000)
		k *= clamp(float64(p.loose)/goal, 0.2, 5)
	}
	c.describe(seed)
}

func (p *placer) keepInside() {
	kept := p.out[:0]
	p.loose = 0
	for _, x := range p.out {
		x.community = p.c.finder.at(x.p)
		if x.community < 0 || !p.c.allInside(x) {
			continue
		}
		if scaled[x.class] {
			p.loose++
		}
		kept = append(kept, x)
	}
	p.out = kept
}

// allInside reports whether every vertex of x lies in the city.
func (c *City) allInside(x component) bool {
	for _, q := range x.line {
		if c.finder.at(q) < 0 {
			return false
		}
	}
	for _, q := range x.poly {
		if c.finder.at(q) < 0 {
			return false
		}
	}
	return true
}

func (p *placer) point(class string, at pt, rd *road, s float64, parcel int) {
	p.out = append(p.out, component{class: class, p: mm(at), road: rd, s: s, parcel: parcel})
}

func (p *placer) linear(class string, l []pt, rd *road, s float64, parcel int) {
	for i := range l {
		l[i] = mm(l[i])
	}
	q := newPath(l)
	mid, _ := q.at(q.length() / 2)
	p.out = append(p.out, component{class: class, p: mm(mid), line: l, road: rd, s: s, parcel: parcel})
}

func (p *placer) areal(class string, ring []pt, rd *road, s float64, parcel int) {
	out := make([]pt, len(ring))
	for i := range ring {
		out[i] = mm(ring[i])
	}
	p.out = append(p.out, component{class: class, p: mm(centroid(out)), poly: out, road: rd, s: s, parcel: parcel})
}

func (p *placer) place() {
	p.alongRoads()
	p.junctions()
	p.bridges()
	p.waterside()
	for _, x := range p.c.parcels {
		if x != nil {
			p.parcel(x)
		}
	}
	p.doors()
}

// describe gives every component its ids, state, dates, department and words. Order: class, then place of making.
func (c *City) describe(seed uint64) {
	r := stream(seed, "component data")
	sort.SliceStable(c.components, func(i, j int) bool { return c.components[i].class < c.components[j].class })
	initials := c.initials()
	lamp := map[int]int{}
	seq := 0
	for i := range c.components {
		x := &c.components[i]
		if i == 0 || c.components[i-1].class != x.class {
			seq = 0
		}
		seq++
		cl, _ := catalog.Lookup(catalog.GB47678, x.class)
		x.name = strings.TrimSuffix(cl.Zh, "（自定义）")
		x.id = fmt.Sprintf("%s-%05d", idPrefix(x.class), seq)
		if uncoded := delivery(x.class) == byRegister || delivery(x.class) == byGBK; !uncoded && !(delivery(x.class) == byTrees && seq%4 != 0) {
			x.code = fmt.Sprintf("370883%s%06d", x.class, seq)
		}
		if (x.class == "01037" || x.class == "01077") && x.road != nil && x.road.name != "" {
			lamp[x.road.id]++
			x.label = fmt.Sprintf("%s-%03d", initials[x.road.id], lamp[x.road.id])
		}
		if x.class == "04002" || x.class == "04999" || x.class == "04003" || x.class == "04001" {
			x.kindTree = pick(r, []string{"国槐", "法桐", "白蜡", "银杏", "女贞", "栾树", "雪松", "垂柳"})
		}
		c.life(r, x)
		com := c.communities[x.community]
		x.dept = c.department(x.class, c.streets[com.street].code)
		x.address = c.words(x)
	}
}

// life gives the state and the dates.
func (c *City) life(r rng, x *component) {
	x.state = "完好"
	switch v := r.Float64(); {
	case v < 0.025:
		x.state = "破损"
	case v < 0.03:
		x.state = "丢失"
	case v < 0.034:
		x.state = "废弃"
	}
	x.init = fmt.Sprintf("%d%02d%02d", 2023+r.IntN(3), 1+r.IntN(12), 1+r.IntN(28))
	if x.state != "完好" || r.one(0.05) {
		x.change = fmt.Sprintf("2026%02d%02d", 1+r.IntN(9), 1+r.IntN(28))
	}
}

// words describes where x stands.
func (c *City) words(x *component) string {
	if x.road != nil && x.road.name != "" {
		_, d := x.road.project(x.p)
		_, dir := x.road.at(x.s)
		n := left(dir)
		if d < 0 {
			n = mul(n, -1)
		}
		if math.Abs(d) < 1 {
			return x.road.name
		}
		return x.road.name + compass4(n) + "侧"
	}
	if x.parcel >= 0 {
		if p := c.parcels[x.parcel]; p.name != "" {
			return p.name + "内"
		}
	}
	return c.communities[x.community].name
}

// compass4 names the nearest of the four directions.
func compass4(d pt) string {
	if math.Abs(d[0]) >= math.Abs(d[1]) {
		if d[0] > 0 {
			return "东"
		}
		return "西"
	}
	if d[1] > 0 {
		return "北"
	}
	return "南"
}

// initials returns, by road, the capitals painted on its lamp posts, different for each road.
func (c *City) initials() map[int]string {
	a := pinyin.NewArgs()
	a.Style = pinyin.FirstLetter
	used := map[string]bool{}
	out := map[int]string{}
	for _, r := range c.roads.list {
		s := ""
		for _, x := range pinyin.LazyPinyin(r.name, a) {
			s += strings.ToUpper(x)
		}
		for k, base := 2, s; used[s]; k++ {
			s = fmt.Sprintf("%s%d", base, k)
		}
		used[s] = true
		out[r.id] = s
	}
	return out
}

func idPrefix(class string) string {
	switch class {
	case "01037", "01077", "01039":
		return "LD" + class[2:]
	case "03005":
		return "HW-LJ"
	case "04002":
		return "XDS"
	case "04999":
		return "GYS"
	case "04003":
		return "DLS"
	}
	return "CG" + class
}

// How a class is delivered.
const (
	byShape = iota
	byRegister
	byTrees
	byGBK
)

func delivery(class string) int {
	switch class {
	case "01037", "01077", "01039", "03005", "02004":
		return byRegister
	case "04002":
		return byTrees
	case "02010", "04999", "04003", "01004":
		return byGBK
	}
	return byShape
}
