package geocode

import (
	"cmp"
	"slices"
	"sync"

	"wanmi/geocode/text"
)

// kindWords are what people call kinds of places, with the ends of names and the classes that are of the kind, beside the word itself.
var kindWords = map[string][]string{
	"学校": {"小学", "中学", "school"}, "小学": nil, "中学": nil, "幼儿园": {"kindergarten"},
	"医院": {"hospital"}, "诊所": {"卫生室", "卫生服务站", "clinic"}, "药店": {"药房", "大药房", "pharmacy"}, "药房": {"药店", "pharmacy"},
	"银行": {"支行", "分理处", "bank"}, "取款机": {"atm"}, "派出所": {"police"}, "警察局": {"派出所", "police"}, "消防队": {"消防站", "fire_station"},
	"公厕": {"公共厕所", "toilets"}, "厕所": {"公厕", "公共厕所", "toilets"}, "卫生间": {"公厕", "公共厕所", "toilets"}, "洗手间": {"公厕", "toilets"},
	"公交站": {"公交站台", "bus_stop"}, "公交站牌": {"bus_stop"}, "车站": {"汽车站", "火车站", "station", "bus_stop"}, "地铁站": {"station"},
	"酒店": {"宾馆", "hotel"}, "宾馆": {"酒店", "旅馆", "hotel"}, "旅馆": {"宾馆", "hotel"}, "饭店": {"饭庄", "餐厅", "餐馆", "酒楼", "餐饮", "restaurant"}, "饭馆": {"面馆", "餐馆", "餐厅", "餐饮", "restaurant"},
	"超市": {"便利店", "supermarket"}, "商店": {"shop"}, "小卖部": {"便利店", "商店"}, "商场": {"购物中心", "购物广场", "百货", "mall"}, "菜市场": {"农贸市场", "market"}, "市场": {"market"},
	"公园": {"park"}, "广场": nil, "小区": {"住宅小区"}, "加油站": {"fuel"}, "停车场": {"parking"}, "理发店": {"hairdresser"}, "政府": {"政府机关", "townhall"}, "居委会": {"居民委员会"},
}

// kindIndex files the points of interest by class; made by the first who asks for a kind, 4 bytes each.
type kindIndex struct {
	once    sync.Once
	byClass map[string][]int32
}

func (x *kindIndex) made(s *source) map[string][]int32 {
	x.once.Do(func() {
		x.byClass = make(map[string][]int32)
		for i := range s.pois {
			if c := s.pois[i].class; c != (word{}) {
				k := text.Fold(c.Value())
				x.byClass[k] = append(x.byClass[k], int32(i))
			}
		}
	})
	return x.byClass
}

// kindCands offers, for a text in which nothing else was found, the places of the kind it names (超市), or whose names hold its words (实验小学):
// nearest first where there is a focus, shortest name first where there is none.
func (g *Geocoder) kindCands(sc *scratch, q *Query) {
	sc.kinds = 0
	for _, w := range sc.kindStretches() {
		if g.kindAt(sc, q, sc.f.Runes[w.s:w.e], w.open) {
			return
		}
	}
}

// kindStretch is a piece of a text that may name a kind; open when it need not be known for one: any part of a name will do.
type kindStretch struct {
	s, e int
	open bool
}

// kindStretches returns where words for a kind may stand: the whole text, then at most 4 pieces that place nothing, longest first.
func (sc *scratch) kindStretches() []kindStretch {
	r := sc.f.Runes
	var out []kindStretch
	add := func(s, e int, open bool) {
		if s > 0 && text.Alnum(r[s-1]) || e < len(r) && text.Alnum(r[e]) {
			return // a part of another name: 第5人民医院
		}
		if e-s >= 2 && e-s <= 12 && !slices.ContainsFunc(r[s:e], func(c rune) bool { return !text.Han(c) }) {
			out = append(out, kindStretch{s, e, open})
		}
	}
	add(0, len(r), true)
	if len(sc.toks) > 1 {
		for i := range sc.toks {
			switch t := &sc.toks[i]; t.kind {
			case tokNoise:
				add(int(t.s), int(t.e), t.e-t.s > 2)
			case tokName: // 加油站 is a class of components, too
				add(int(t.s), int(t.e), false)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b kindStretch) int { return cmp.Compare(b.e-b.s, a.e-a.s) })
	return out[:min(len(out), 5)]
}

// kindAt makes the candidates of one stretch; false when it names nothing, and other words may be tried.
func (g *Geocoder) kindAt(sc *scratch, q *Query, w []rune, open bool) bool {
	more, known := kindWords[string(w)]
	words := append([]string{string(w)}, more...)
	byClass := g.kinds.made(g.src)
	for _, k := range words {
		known = known || len(byClass[k]) > 0
	}
	if !open && !known {
		return false
	}
	few := nearestFew{g: g, keep: min(q.Size, 40)}
	c := newCand(levelPOI, pt{}, 20)
	take := func(poi int32) {
		p := &g.src.pois[poi]
		if c.at, c.poi = p.at, poi; q.narrowed() && !g.wants(q, &c) {
			return
		}
		if q.Focus != nil {
			few.add(poi, g.fr.to(*q.Focus).dist(p.at))
		} else {
			few.add(poi, float64(len(p.name)))
		}
	}
	for _, k := range words {
		for _, poi := range byClass[k] {
			take(poi)
		}
	}
	var class word // of the one before, by which it was taken above or not: folding it for each took half of the time
	taken := false
	for _, k := range words {
		part := []rune(k)
		g.grams.holding(part, func(name []rune, pois []int32) {
			if known && !slices.Equal(name[len(name)-len(part):], part) { // 超市街小学 is no supermarket
				return
			}
			for _, poi := range pois {
				if of := g.src.pois[poi].class; of != class {
					class, taken = of, of != (word{}) && slices.Contains(words, text.Fold(of.Value()))
				}
				if !taken {
					take(poi)
				}
			}
		})
	}
	for _, b := range few.best {
		c, _ := g.entryCand(entry{kind: entryPOI, idx: b.poi})
		switch {
		case few.n == 1:
			c.fault(faultShort, .1)
		case q.Focus != nil:
			c.fault(faultKind, .45)
		default: // one is as likely as the other
			c.fault(faultKind, .95-max(.05, .85/float64(few.n)))
		}
		c.rate()
		sc.addCand(c)
	}
	sc.kind, sc.kinds = string(w), few.n
	return few.n > 0 || known
}

// nearestFew keeps the points of interest of least distance, in order; equals as they came.
type nearestFew struct {
	g       *Geocoder
	keep, n int
	best    []poiAway
}

type poiAway struct {
	poi  int32
	dist float64
}

func (f *nearestFew) add(poi int32, dist float64) {
	if len(f.best) == f.keep && dist >= f.best[f.keep-1].dist && f.n > 1 {
		f.n++
		return
	}
	p := &f.g.src.pois[poi]
	for _, b := range f.best { // the plot and the point of one school are one
		if o := &f.g.src.pois[b.poi]; b.poi == poi || o.at.near(p.at, apartM) && o.name == p.name {
			return
		}
	}
	f.n++
	at, _ := slices.BinarySearchFunc(f.best, dist, func(o poiAway, d float64) int {
		if o.dist <= d {
			return -1
		}
		return 1
	})
	if len(f.best) == f.keep {
		if at == f.keep {
			return
		}
		f.best = f.best[:f.keep-1]
	}
	f.best = slices.Insert(f.best, at, poiAway{poi, dist})
}

// holding calls yield for each name that holds the word, of two Han characters or more, with its points of interest.
func (x *gramIndex) holding(w []rune, yield func(name []rune, pois []int32)) {
	var least []int32
	for i := 1; i < len(w); i++ {
		l := x.postings(uint64(w[i-1])<<32 | uint64(w[i]))
		if l == nil {
			return
		}
		if least == nil || len(l) < len(least) {
			least = l
		}
	}
	for _, id := range least {
		name := x.names[id]
		for i := len(name) - len(w); i >= 0; i-- {
			if slices.Equal(name[i:i+len(w)], w) {
				yield(name, x.pois[id])
				break
			}
		}
	}
}
