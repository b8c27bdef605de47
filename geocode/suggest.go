package geocode

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"wanmi/geocode/text"
)

// suggestIndex offers names by how they begin: in Chinese, in pinyin, by initials. One sorted list of keys; prefixes that many
// names share have their best kept ready.
type suggestIndex struct {
	keys []suggestKey
	prefixes
}

type suggestKey struct {
	key  string
	e    entry
	rank int32 // smaller is better
	full bool  // pinyin in full
}

func newSuggestIndex(g *Geocoder) *suggestIndex {
	x := &suggestIndex{}
	var f text.Folded
	seen := make(map[string]bool)
	add := func(name string, e entry, rank int) {
		f.Set(name)
		if len(f.Runes) == 0 {
			return
		}
		folded := string(f.Runes)
		if e.kind == entryPOI && seen[folded] {
			return // one of many that bear the name is enough: a search finds them all
		}
		seen[folded] = true
		r := int32(rank + min(len(f.Runes), 30))
		x.keys = append(x.keys, suggestKey{key: folded, e: e, rank: r})
		full, initials := spell(f.Runes)
		if full != "" {
			x.keys = append(x.keys, suggestKey{full, e, r + 20, true}, suggestKey{key: initials, e: e, rank: r + 25})
			if spoken := numeralsBack(f.Runes); spoken != nil { // 第1中学 is diyizhongxue
				full, initials = spell(spoken)
				x.keys = append(x.keys, suggestKey{full, e, r + 20, true}, suggestKey{key: initials, e: e, rank: r + 25})
			}
		}
	}
	for i, a := range g.src.areas {
		k, rank := entryCommunity, 100
		if a.isStreet {
			k, rank = entryStreet, 0
		}
		add(a.name, entry{kind: k, idx: int32(i)}, rank)
		for _, n := range names(a.alias + "#" + a.former) {
			add(n, entry{kind: k, how: nameAlias, idx: int32(i)}, rank+40)
		}
	}
	for i, b := range g.bases {
		doors := 0
		for _, id := range b.roads {
			doors += int(g.roads[id].doorTo - g.roads[id].doorFrom)
		}
		add(b.name, entry{kind: entryRoad, idx: int32(i)}, 200-min(100, doors/10))
	}
	for _, r := range g.src.roads {
		for _, n := range names(r.alias + "#" + r.former) {
			add(n, entry{kind: entryRoad, how: nameAlias, idx: g.roads[g.roadIDs[g.keyOfName(r.name)]].base}, 240)
		}
	}
	for i, p := range g.src.pois {
		if f.Set(p.name); plainNumber(f.Runes) {
			continue
		}
		add(p.name, entry{kind: entryPOI, idx: int32(i)}, 300)
		for _, n := range names(p.alias + "#" + p.former) {
			add(n, entry{kind: entryPOI, how: nameAlias, idx: int32(i)}, 340)
		}
	}
	for i, l := range g.src.locals {
		if e := g.localTo[i]; e.how == nameLocal { // a rule is one of the points of interest
			add(l.name, e, 280)
		}
	}
	slices.SortFunc(x.keys, func(a, b suggestKey) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.rank, b.rank), a.e.order()-b.e.order())
	})
	x.prefixes = newPrefixes(x.keys)
	return x
}

// placeReadings are characters whose usual reading in names is not the dictionary's first.
var placeReadings = map[string]string{"重庆": "chongqing", "厦门": "xiamen", "长": "chang", "行": "hang", "乐": "le", "六安": "luan", "蚌埠": "bengbu"}

// spell returns the pinyin of a name and its initials; empty when it holds no Chinese.
func spell(r []rune) (full, initials string) {
	table := sounds()
	var a, b strings.Builder
	han := false
	for i := 0; i < len(r); i++ {
		if i+1 < len(r) {
			if s, ok := placeReadings[string(r[i:i+2])]; ok {
				a.WriteString(s)
				b.WriteByte(s[0])
				if second := table.usual(r[i+1]); second != "" {
					b.WriteByte(second[0])
				}
				han = true
				i++
				continue
			}
		}
		p, ok := placeReadings[string(r[i])]
		if !ok {
			p = table.usual(r[i])
		}
		switch {
		case p != "":
			han = true
			a.WriteString(p)
			b.WriteByte(p[0])
		case text.Alnum(r[i]):
			a.WriteRune(r[i])
			b.WriteRune(r[i])
		}
	}
	if !han {
		return "", ""
	}
	return a.String(), b.String()
}

// numeralsBack returns a folded name with its single digits as the Chinese numerals they are spoken as; nil when it has none.
func numeralsBack(r []rune) []rune {
	var out []rune
	for i, c := range r {
		if !text.Digit(c) || i > 0 && text.Alnum(r[i-1]) || i+1 < len(r) && text.Alnum(r[i+1]) {
			continue
		}
		if out == nil {
			out = slices.Clone(r)
		}
		out[i] = numeral(c)
	}
	return out
}

// latin keeps letters and digits: "tai ping" and "tai'ping" are taiping.
func latin(r []rune) []rune {
	return slices.DeleteFunc(slices.Clone(r), func(c rune) bool { return !text.Alnum(c) })
}

// Autocomplete offers names that begin with the text, in Chinese, pinyin or initials, and the doors of a road whose
// number begins as written.
func (g *Geocoder) Autocomplete(ctx context.Context, q Query) (Answer, error) {
	if err := q.check(); err != nil {
		return Answer{}, err
	}
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	sc := g.pool.Get().(*scratch)
	defer func() {
		sc.ctx = nil
		g.pool.Put(sc)
	}()
	sc.ctx = ctx
	sc.f.Set(q.Text)
	sc.cands = sc.cands[:0]
	r := sc.f.Runes
	if len(r) == 0 {
		return Answer{}, nil
	}
	limit := q.Size
	if q.Focus != nil || q.narrowed() {
		limit *= 3 // some will be dropped, or change places
	}
	if !g.suggestNames(sc, r, limit) && (slices.Contains(r, '\'') || slices.Contains(r, ' ')) {
		g.suggestNames(sc, latin(r), limit)
	}
	if len(sc.cands) < q.Size {
		g.suggestDoors(sc, q.Size)
	}
	if len(sc.cands) == 0 {
		g.understand(sc)
		if len(sc.cands) == 0 {
			g.kindCands(sc, &q)
		}
		g.judge(sc, &q)
		return g.answer(sc, &q), nil
	}
	sc.toks, sc.areas, sc.phrases = sc.toks[:0], sc.areas[:0], sc.phrases[:0]
	g.judge(sc, &q)
	a := Answer{Places: make([]Place, 0, min(q.Size, len(sc.cands)))}
	for k := range sc.cands {
		if len(a.Places) == q.Size {
			break
		}
		a.Places = append(a.Places, g.place(nil, &sc.cands[k]))
	}
	return a, nil
}

// suggestNames makes candidates of the best names that begin with p; false when none does.
func (g *Geocoder) suggestNames(sc *scratch, p []rune, limit int) bool {
	keys, more := g.suggest.begin(p, sc.keys[:0])
	g.suggestCands(sc, keys, limit)
	if more && len(sc.cands) < limit {
		sc.cands = sc.cands[:0]
		keys = g.suggest.all(p)
		g.suggestCands(sc, keys, limit)
	}
	return len(keys) > 0
}

func (g *Geocoder) suggestCands(sc *scratch, keys []int32, limit int) {
	type thing struct {
		k   entryKind
		idx int32
	}
	seen := make([]thing, 0, 64)
	for n, k := range keys {
		if len(sc.cands) >= limit {
			return
		}
		e := g.suggest.keys[k].e
		if slices.Contains(seen, thing{e.kind, e.idx}) {
			continue
		}
		seen = append(seen, thing{e.kind, e.idx})
		c, ok := g.entryCand(e)
		if !ok {
			continue
		}
		c.rate()
		c.score = max(.3, .95-.005*float64(n))
		sc.cands = append(sc.cands, c)
	}
}

// entryCand is the place of a named thing by itself.
func (g *Geocoder) entryCand(e entry) (cand, bool) {
	switch e.kind {
	case entryPOI:
		p := &g.src.pois[e.idx]
		c := newCand(levelPOI, p.at, max(20, p.radius))
		c.poi = e.idx
		return c, true
	case entryStreet, entryCommunity:
		a := &g.src.areas[e.idx]
		c := newCand(levelCommunity, a.at, max(50, min(5000, a.shape.radius())))
		if e.kind == entryStreet {
			c.level = levelStreet
		}
		c.area, c.match = e.idx, MatchFallback
		return c, a.hasAt
	case entryRoad:
		for _, id := range g.bases[e.idx].roads {
			if at, unc, ok := g.roadMiddle(id); ok {
				c := newCand(levelRoad, at, unc)
				c.road, c.match = id, MatchFallback
				return c, true
			}
		}
	}
	return cand{}, false
}

// suggestDoors offers the doors of the road the text ends with whose number begins as written: 普阳路1 gives 1, 10, 12 ...
func (g *Geocoder) suggestDoors(sc *scratch, limit int) {
	g.scanNames(sc)
	sc.cover()
	sc.tokenize()
	g.readPhrases(sc)
	n := len(sc.phrases)
	if n == 0 || int(sc.phrases[n-1].e) < len(sc.f.Runes) || !sc.phrases[n-1].has(entryRoad) || sc.phrases[n-1].cross {
		return
	}
	p := sc.phrases[n-1]
	want := ""
	if p.num != 0 {
		want = p.num.String()
	}
	g.phraseRoads(&p, func(r onRoad, id int32, missing int) {
		if missing > 0 {
			return
		}
		rd := &g.roads[id]
		if want != "" {
			sc.slots = g.exactDoors(id, p.num, sc.slots[:0])
			for _, h := range sc.slots {
				c := newCand(levelDoor, h.at, h.unc)
				c.door, c.slot, c.road, c.num = h.door, h.slot, id, p.num
				sc.addCand(c)
			}
		}
		last := number(0)
		for k := rd.doorFrom; k < rd.doorTo && len(sc.cands) < limit; k++ {
			if num := g.nums[k]; num != last && num != p.num && strings.HasPrefix(num.String(), want) {
				last = num
				p := &g.plates[k]
				c := newCand(levelDoor, p.at, 10)
				c.door, c.slot, c.road, c.num = p.door, k, id, num
				c.rate()
				c.score = .9 - .001*float64(len(sc.cands)+1)
				sc.cands = append(sc.cands, c)
			}
		}
	})
}
