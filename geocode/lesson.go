package geocode

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/geocode/text"
	"wanmi/gis"
)

// Lesson is what a text could teach: the words of it nothing is known of, and the name to learn.
type Lesson struct {
	Unread []string // stretches of the text nothing is known of, as written
	Name   string   // the words to learn: the unknown ones that stand for the place, else all that names the place; "" when none do
	Known  bool     // all words of Name are known: it is an address or a name there is already
}

// Lesson reads what the text could teach. Only names as they are stored count as known, not what comes near them.
func (g *Geocoder) Lesson(ctx context.Context, s string) (Lesson, error) {
	if err := checkText(s); err != nil {
		return Lesson{}, err
	}
	if err := ctx.Err(); err != nil {
		return Lesson{}, err
	}
	sc := g.pool.Get().(*scratch)
	defer g.pool.Put(sc)
	g.cut(sc, s)
	var l Lesson
	best, size := span{}, 0
	for _, u := range g.unread(sc) {
		if w := sc.words(u); w != "" {
			l.Unread = append(l.Unread, w)
		}
		// What is complained of stands behind the place: a stretch in front of it weighs more.
		n := 2 * (u.e - u.s)
		if !g.complaintBefore(sc, u.s) {
			n += 3
		}
		if u.s > 0 && sc.f.Runes[u.s-1] == '在' {
			n += 8
		}
		if u.e-u.s >= 2 && n > size {
			best, size = u, n
		}
	}
	if size == 0 {
		best = g.placeSpan(sc)
		l.Known = true
	} else {
		best = g.withMove(sc, sc.withAnchor(best))
	}
	l.Name = sc.words(best)
	return l, nil
}

// cut reads the text into tokens by what is stored.
func (g *Geocoder) cut(sc *scratch, s string) {
	sc.f.Set(strings.TrimSpace(s))
	g.scanNames(sc)
	sc.cover()
	sc.tokenize()
}

// span is a stretch of the folded text.
type span struct{ s, e int }

func (sc *scratch) words(u span) string { return strings.TrimSpace(sc.f.Original(u.s, u.e)) }

// Words of a report that name no place, the longest first. Openers stand before a place, closers behind one, breaks between a place and
// what is wrong there. Only what no name begins or ends with is one character long.
var (
	openers = text.Words(`您好 你好 请问 请 我要反映 我想反映 我反映 反映 投诉 举报 市民 群众 居民 来电 我家 我们 咱们 麻烦 位于 就在 在 有 看到 一下 那个 这个 地点 地址
		垃圾 杂物 倒 扔`)
	closers = text.Words(`的 了 有 又 都 被 把 处 里 上 那 这 那个 这个 那边 这边 那里 这里 那儿 这儿 地方 位置 附近那 啊 呢 吧 吗 哦
		坏了 坏 不亮了 不亮 满了 满 破损 破了 破 丢失 丢了 丢 缺失 缺 损坏 倒了 掉了 掉 漏水 堵了 堵塞 堵 积水 冒水 松动 断了 断裂 歪了 脏 臭 乱扔 乱倒 乱停 乱放 堆放 堆着 堆积 占道 摆摊 扰民
		垃圾 暴露垃圾 建筑垃圾 生活垃圾 杂物 渣土 污水 油烟 噪音 噪声 小广告 广告 车辆 电动车 共享单车 单车 没盖 没清 清理 维修 更换 处理 尽快 需要`)
	breaks = text.Words(`有人 没人 没有 有个 有一 有车 有辆 有很多 经常 总是 老是 一直 天天 已经 发现 存在 出现 好几天 几天 很多 好多 许多 正在 被人 被 乱 在 需要 请尽快 麻烦`)
)

// unread returns the stretches of the text nothing is known of, cut at punctuation and breaks and without openers and closers.
func (g *Geocoder) unread(sc *scratch) []span {
	var out []span
	r := sc.f.Runes
	for _, u := range sc.noise() {
		from := u.s
		for k := from; k <= u.e; {
			n := 1
			if k < u.e && (text.Han(r[k]) || text.Alnum(r[k])) {
				if n = startsWith(r[k:u.e], breaks); n == 0 {
					k++
					continue
				}
			}
			if w := trimmed(r, span{from, k}); w.e > w.s {
				out = append(out, w)
			}
			k += n
			from = k
		}
	}
	return out
}

// noise returns the stretches of unknown words. A word of the grammar of one character (桥, 前, 口) inside one, or before one where the text
// begins, is a part of it: 天桥百货, 前进旅社.
func (sc *scratch) noise() []span {
	var out []span
	inside := func(i int) bool {
		t := &sc.toks[i]
		if t.e-t.s != 1 || i+1 == len(sc.toks) || sc.toks[i+1].kind != tokNoise || i > 0 && sc.toks[i-1].kind != tokNoise {
			return false
		}
		switch t.kind {
		case tokName, tokNumber, tokAnd, tokTo, tokNoise:
			return false
		}
		next := sc.f.Runes[sc.toks[i+1].s:sc.toks[i+1].e]
		return text.Han(next[0]) && startsWith(next, closers) == 0 && startsWith(next, breaks) == 0
	}
	for i := range sc.toks {
		t := &sc.toks[i]
		if t.kind != tokNoise && !inside(i) {
			continue
		}
		if n := len(out); n > 0 && out[n-1].e == int(t.s) {
			out[n-1].e = int(t.e)
		} else {
			out = append(out, span{int(t.s), int(t.e)})
		}
	}
	return out
}

// startsWith returns the length of the first of the words that r begins with, 0 for none.
func startsWith(r []rune, words [][]rune) int {
	for _, w := range words {
		if len(r) >= len(w) && slices.Equal(r[:len(w)], w) {
			return len(w)
		}
	}
	return 0
}

// trimmed takes openers off the beginning and closers off the end.
func trimmed(r []rune, u span) span {
	for n := 1; n > 0; u.s += n {
		n = startsWith(r[u.s:u.e], openers)
	}
	for again := true; again; {
		again = false
		for _, w := range closers {
			if n := len(w); u.e-u.s >= n && slices.Equal(r[u.e-n:u.e], w) {
				u.e, again = u.e-n, true
			}
		}
	}
	return u
}

// classOnly reports whether a token is a word for a class of components and nothing else.
func (sc *scratch) classOnly(t *token) bool {
	return t.kind == tokName && !slices.ContainsFunc(sc.all[t.m].entries, func(e entry) bool { return e.kind != entryClass })
}

// complaintBefore reports whether the text has named a class of components before that rune.
func (g *Geocoder) complaintBefore(sc *scratch, at int) bool {
	return slices.ContainsFunc(sc.toks, func(t token) bool { return int(t.e) <= at && sc.classOnly(&t) })
}

// withAnchor adds to an unknown name the place it is a part of: 普阳小区 to 北门, 普阳小区3号楼 to 车棚. A longer name behind a road or an area
// stands by itself.
func (sc *scratch) withAnchor(u span) span {
	i := slices.IndexFunc(sc.toks, func(t token) bool { return int(t.e) == u.s })
	if i < 0 {
		return u
	}
	named := func(t *token, kinds ...entryKind) bool {
		return t.kind == tokName && slices.ContainsFunc(sc.all[t.m].entries, func(e entry) bool { return slices.Contains(kinds, e.kind) })
	}
	if named(&sc.toks[i], entryPOI) {
		return span{int(sc.toks[i].s), u.e}
	}
	if u.e-u.s > 2 {
		return u
	}
	from := u.s
	for ; i >= 0; i-- {
		t := &sc.toks[i]
		switch {
		case named(t, entryPOI, entryRoad, entryCommunity):
			from = int(t.s)
		case t.kind != tokNumber && t.kind != tokDir && t.kind != tokRel:
			return span{from, u.e}
		}
	}
	return span{from, u.e}
}

// withMove adds to an unknown name the number behind it and what moves a place away from its anchor (对面, 东50米): the point that was
// clicked is where they lead to. 门口 and 旁边 move nothing and stay out.
func (g *Geocoder) withMove(sc *scratch, u span) span {
	for i := range sc.toks {
		t := &sc.toks[i]
		if int(t.s) != u.e {
			continue
		}
		switch {
		case t.kind == tokNumber, t.kind == tokDir, t.kind == tokRel && (t.rel == relOpposite || t.rel == relDiagonal):
			u.e = int(t.e)
		default:
			return u
		}
	}
	return u
}

// placeSpan is the stretch from the first word for a place to the last, of a text without unknown words. 门口 belongs to it: where all is known
// and wrong, the words get the point as they stand.
func (g *Geocoder) placeSpan(sc *scratch) span {
	u := span{-1, 0}
	for i := range sc.toks {
		t := &sc.toks[i]
		switch {
		case t.kind == tokNoise, sc.classOnly(t):
			continue
		case u.s < 0 && t.kind != tokName:
			continue
		case u.s >= 0 && int(t.s)-u.e > 2: // other words between: the complaint has begun
			return u
		case u.s < 0:
			u.s = int(t.s)
		}
		u.e = int(t.e)
	}
	return span{max(0, u.s), u.e}
}

// vague are words for places of which there are many everywhere; alone they name none.
var vague = text.WordSet(`
	门口 路口 路边 路上 路旁 马路 马路边 街上 街边 楼下 楼上 楼前 楼后 门前 门卫 大门 后门 小区 小区里 院子 院里 村 村里 村口 村头 社区 学校 中学 小学 幼儿园 医院 卫生院 诊所
	药店 超市 商店 小卖部 商场 市场 菜市场 农贸市场 集市 饭店 餐馆 宾馆 酒店 旅馆 银行 邮局 公园 广场 花园 绿地 草坪 河边 河 湖 湖边 桥 桥上 桥下 桥头 工地 工厂 厂 厂区 停车场 车站 公交站
	站 站台 地铁站 火车站 公厕 厕所 加油站 派出所 政府 街道办 居委会 村委会 单位 公司 办公楼 家 家门口 家里 人行道 盲道 胡同 巷子 巷口 十字路口 红绿灯 红绿灯路口 路灯 电线杆 垃圾桶 垃圾站 垃圾点
	垃圾箱 垃圾 杂物 井盖 大树 树下 老地方 附近 对面 旁边 这里 那里 理发店 网吧 书店 食堂 宿舍 操场 球场 篮球场`)

// Vague reports whether a name is too general to learn: of one character, only grammar and numbers (门口, 3号楼), or a word for any place of
// a kind (超市).
func (g *Geocoder) Vague(name string) bool {
	if checkText(name) != nil {
		return true
	}
	sc := g.pool.Get().(*scratch)
	defer g.pool.Put(sc)
	g.cut(sc, name)
	if len(sc.f.Runes) < 2 || vague[string(sc.f.Runes)] || plainNumber(sc.f.Runes) {
		return true
	}
	for i := range sc.toks {
		t := &sc.toks[i]
		if t.kind == tokName && !sc.classOnly(t) {
			return false
		}
	}
	for _, u := range g.unread(sc) {
		if w := string(sc.f.Runes[u.s:u.e]); u.e-u.s >= 2 && !vague[w] || u.e-u.s == 1 && len(sc.f.Runes) > 3 {
			return false
		}
	}
	return true
}

// unknownFar is how far away a road without line and doors is taken to be, metres.
const unknownFar = 1e6

// Bearer is a stored thing that bears a name.
type Bearer struct {
	ID        string  // layer:key
	Name      string  // its own
	DistanceM float64 // from the point asked to it: to its line or area, where it has one
	Local     bool    // it bears the name as a local one
}

// Bearers returns what bears exactly this name, own, alias or former, with how far from p it lies, the nearest first.
func (g *Geocoder) Bearers(name string, p orb.Point) []Bearer {
	var f text.Folded
	if f.Set(name); len(f.Runes) == 0 {
		return nil
	}
	at := g.fr.to(p)
	var out []Bearer
	for _, e := range g.names.find(f.Runes) {
		b := Bearer{Local: e.local()}
		switch e.kind {
		case entryPOI:
			r := &g.src.pois[e.idx]
			b.ID, b.Name, b.DistanceM = r.layer+":"+r.key, r.name, max(0, r.at.dist(at)-r.radius)
		case entryStreet, entryCommunity:
			a := &g.src.areas[e.idx]
			b.ID, b.Name = "community:"+a.key, a.name
			if a.isStreet {
				b.ID = "street:" + a.key
			}
			if a.hasAt && !a.shape.contains(at) {
				b.DistanceM = max(1, a.at.dist(at)-a.shape.radius())
			}
		case entryRoad:
			b.DistanceM = -1
			for _, id := range g.bases[e.idx].roads {
				d := min(g.roadDistance(id, at), unknownFar)
				if b.DistanceM < 0 || d < b.DistanceM {
					b.ID, b.Name, b.DistanceM = "road:"+cmp.Or(g.roads[id].key, g.roads[id].name), g.roads[id].name, d
				}
			}
		default:
			continue
		}
		b.DistanceM = round(b.DistanceM, 1)
		out = append(out, b)
	}
	slices.SortStableFunc(out, func(a, b Bearer) int { return cmp.Compare(a.DistanceM, b.DistanceM) })
	return out
}

// Named returns the stored thing of an id as layer:key, of the layers a local name may stand for; gis.NotFound when there is none.
func (g *Geocoder) Named(id string, p orb.Point) (Bearer, error) {
	found := g.src.find([]localRec{{place: id}})
	to, ok := found[id]
	if !ok {
		return Bearer{}, gis.E(gis.NotFound, nil, "there is no named place %s; a local name can stand for rows of poi, land, water, building, road, community, street", id)
	}
	at := g.fr.to(p)
	b := Bearer{ID: id}
	switch to.kind {
	case entryPOI:
		r := &g.src.pois[to.idx]
		b.Name, b.DistanceM = r.name, max(0, r.at.dist(at)-r.radius)
	case entryRoad:
		r := &g.src.roads[to.idx]
		b.Name = r.name
		if s, ok := r.geom.nearest(at); ok {
			b.DistanceM = s.dist
		}
	default:
		a := &g.src.areas[to.idx]
		b.Name = a.name
		if a.hasAt && !a.shape.contains(at) {
			b.DistanceM = max(1, a.at.dist(at)-a.shape.radius())
		}
	}
	b.DistanceM = round(b.DistanceM, 1)
	return b, nil
}

// RoadsAt returns the named roads within reach of p, metres, the nearest first; those without a stored row are left out.
func (g *Geocoder) RoadsAt(p orb.Point, reach float64) []Bearer {
	at := g.fr.to(p)
	near := map[int32]float64{}
	g.segGrid.search(box{at.x, at.y, at.x, at.y}.pad(reach), func(i int32) bool {
		q, _ := project(at, g.segs[i].a, g.segs[i].b)
		road := g.segs[i].road
		if d, known := near[road]; q.dist(at) <= reach && g.roads[road].key != "" && (!known || q.dist(at) < d) {
			near[road] = q.dist(at)
		}
		return true
	})
	var out []Bearer
	for id, d := range near {
		out = append(out, Bearer{ID: "road:" + g.roads[id].key, Name: g.roads[id].name, DistanceM: round(d, 1)})
	}
	slices.SortFunc(out, func(a, b Bearer) int { return cmp.Or(cmp.Compare(a.DistanceM, b.DistanceM), cmp.Compare(a.ID, b.ID)) })
	return out
}
