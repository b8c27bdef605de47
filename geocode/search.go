package geocode

import (
	"cmp"
	"context"
	"math"
	"slices"
	"unicode/utf8"

	"wanmi/geocode/text"
	"wanmi/gis"
)

// MaxText is the longest text taken, in characters.
const MaxText = 512

// checkText refuses what cannot be a question: too long, not UTF-8, control characters. It says where.
func checkText(s string) error {
	n := 0
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !utf8.ValidString(s[i:min(i+3, len(s))]):
			return gis.E(gis.Invalid, nil, "the text is not valid UTF-8: fault at byte %d", i)
		case r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r >= 0x7F && r < 0xA0:
			return gis.E(gis.Invalid, nil, "the text holds a control character (U+%04X, character %d)", r, n+1)
		}
		n++
	}
	if n > MaxText {
		return gis.E(gis.Invalid, nil, "the text has %d characters; at most %d are taken", n, MaxText)
	}
	return nil
}

// checkPoint refuses a focus or bound that is no place.
func checkPoint(what string, x, y float64) error {
	if !(x >= -180 && x <= 180 && y >= -90 && y <= 90) {
		return gis.E(gis.Invalid, nil, "%s: longitude must be -180 to 180 and latitude -90 to 90", what)
	}
	return nil
}

func (q *Query) check() error {
	if err := checkText(q.Text); err != nil {
		return err
	}
	if q.Size < 0 || q.Size > 40 {
		return gis.E(gis.Invalid, nil, "size must be 1 to 40")
	}
	if q.Size == 0 {
		q.Size = 10
	}
	if q.Focus != nil {
		if err := checkPoint("focus", q.Focus[0], q.Focus[1]); err != nil {
			return err
		}
	}
	return q.checkArea()
}

// Search places a text. No place found is an answer without places, not an error.
func (g *Geocoder) Search(ctx context.Context, q Query) (Answer, error) {
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
	g.understand(sc)
	if len(sc.cands) == 0 {
		g.kindCands(sc, &q)
	}
	g.judge(sc, &q)
	return g.answer(sc, &q), nil
}

// understand fills sc.cands from the text.
func (g *Geocoder) understand(sc *scratch) {
	g.scanNames(sc)
	g.coordCands(sc)
	sc.paintedE = 0
	if len(sc.cands) == 0 {
		g.codeCands(sc)
	}
	fixed := len(sc.cands)
	g.parse(sc)
	if g.mendUnits(sc) {
		g.scanNames(sc)
		sc.cands = sc.cands[:fixed]
		g.parse(sc)
		for k := fixed; k < len(sc.cands); k++ {
			sc.cands[k].fault(faultSpelling, .03)
			sc.cands[k].rate()
		}
	}
	if sc.paintedE > 0 {
		g.paintedCands(sc)
	}
	if g.bestScore(sc) < .8 || sc.unreadRoad() {
		g.fuzzy.find(g, sc)
		sc.fuzzy = slices.DeleteFunc(sc.fuzzy, sc.cutsClass)
		g.parseWith(sc, sc.fuzzy, fixed)
	}
	if g.bestScore(sc) < .8 {
		g.parseWith(sc, g.gramMatches(sc), fixed)
		if g.bestScore(sc) <= .9 { // two characters changed over are nearer than one that is wrong in a short name
			g.parseWith(sc, g.swapMatches(sc), fixed)
		}
	}
	if g.bestScore(sc) < .8 {
		g.parseLatin(sc, fixed)
	}
	if g.bestScore(sc) < .65 {
		g.kindsBeside(sc)
	}
	g.blameUnknownRoad(sc)
}

// cutsClass reports whether a misspelt name would take a part of a word for things: 东头路灯 holds no 东风路.
func (sc *scratch) cutsClass(m match) bool {
	for k := range sc.all {
		o := &sc.all[k]
		if o.s < m.e && m.s < o.e && (o.s < m.s || o.e > m.e) && o.e-o.s >= 2 && o.entries[0].kind == entryClass {
			return true
		}
	}
	return false
}

// parseWith reads the text again with further names in it, and keeps that only when it places the text better. The
// first fixed candidates are no matter of parsing.
func (g *Geocoder) parseWith(sc *scratch, more []match, fixed int) {
	if len(more) == 0 {
		return
	}
	best, plain := g.bestScore(sc), slices.Clone(sc.cands)
	all, byStart := sc.all, slices.Clone(sc.byStart)
	sc.addMatches(more)
	sc.cands = sc.cands[:fixed]
	g.parse(sc)
	if g.bestScore(sc) <= best {
		sc.all, sc.byStart = all, byStart
		sc.cands = sc.cands[:fixed]
		g.parse(sc)
		sc.cands = plain
	}
}

// parse reads the names found and makes candidates.
func (g *Geocoder) parse(sc *scratch) {
	sc.cover()
	sc.tokenize()
	g.readPhrases(sc)
	g.resolve(sc)
}

// unreadRoad reports whether words not understood end like a road's name before a number or a crossing.
func (sc *scratch) unreadRoad() bool {
	for i, t := range sc.toks {
		if t.kind != tokNoise || t.e-t.s < 3 || i+1 >= len(sc.toks) {
			continue
		}
		switch sc.f.Runes[t.e-1] {
		case '路', '街', '道', '巷', '里', '村':
			if k := sc.toks[i+1].kind; k == tokNumber || k == tokCross || k == tokAnd {
				return true
			}
		}
	}
	return false
}

// judge applies what speaks for and against each candidate, drops those outside the bound or the layers asked for,
// and sorts them, best first.
func (g *Geocoder) judge(sc *scratch, q *Query) {
	g.checkPOIs(sc)
	g.displace(sc)
	g.checkAreas(sc)
	n := 0
	for k := range sc.cands {
		c := sc.cands[k]
		if !g.wants(q, &c) {
			continue
		}
		if math.IsNaN(c.at.x) || math.IsNaN(c.at.y) {
			continue
		}
		if q.Focus != nil {
			c.dist = g.fr.to(*q.Focus).dist(c.at)
		}
		sc.cands[n] = c
		n++
	}
	sc.cands = sc.cands[:n]
	slices.SortStableFunc(sc.cands, func(a, b cand) int {
		// Near the focus counts as much as a small fault: it decides among equals.
		fa, fb := a.score-min(.03, a.dist/1e5), b.score-min(.03, b.dist/1e5)
		return cmp.Or(cmp.Compare(fb, fa), cmp.Compare(a.unc, b.unc), cmp.Compare(max(a.p, a.q), max(b.p, b.q)))
	})
	if q.Focus == nil {
		shareScore(sc.cands)
	}
}

// answer makes the places of the best candidates.
func (g *Geocoder) answer(sc *scratch, q *Query) Answer {
	a := Answer{Classes: g.classHits(sc)}
	a.Matters = g.matterHits(sc, a.Classes)
	if n := min(len(sc.cands), q.Size, 4); n > 0 { // candidates near each other are one place: seldom more
		a.Places = make([]Place, 0, n)
	}
	var kept []pt
	var second *cand
	for k := range sc.cands {
		if len(a.Places) == q.Size {
			break
		}
		c := &sc.cands[k]
		if len(a.Places) > 0 && c.score < a.Places[0].Score-.5 {
			break
		}
		if slices.ContainsFunc(kept, func(p pt) bool { return p.near(c.at, 15) }) {
			continue
		}
		kept = append(kept, c.at)
		if a.Places = append(a.Places, g.place(sc, c)); len(a.Places) == 2 {
			second = c
		}
	}
	if !q.Brief {
		a.Parsed = g.parsed(sc)
	}
	if !q.Brief || len(a.Places) == 0 || slices.ContainsFunc(a.Places, func(p Place) bool { return len(p.Reasons) == 0 }) {
		a.Reasons = g.textReasons(sc)
	}
	a.Ask = g.ask(sc, &a, second)
	return a
}

// classHits returns the component classes the text names; a word that a taken place name covers is part of that name.
func (g *Geocoder) classHits(sc *scratch) []ClassHit {
	var out []ClassHit
	for k := range sc.all {
		m := &sc.all[k]
		for _, e := range m.entries {
			if e.kind != entryClass || sc.covered(m) || g.longerClass(sc, m) || len(out) > 0 && sc.agent(m) {
				continue
			}
			w := &g.classes[e.idx]
			if out == nil {
				out = make([]ClassHit, 0, len(w.codes))
			}
			for i, code := range w.codes {
				if !slices.ContainsFunc(out, func(h ClassHit) bool { return h.Code == code }) {
					out = append(out, ClassHit{Code: code, Name: w.names[i], Word: sc.f.Original(int(m.s), int(m.e))})
				}
			}
		}
	}
	return out
}

// agent reports whether a word for things only says by what the thing complained of suffers: 监控被树枝挡住 is about the camera.
func (sc *scratch) agent(m *match) bool {
	for k := m.s - 1; k >= max(0, m.s-3) && text.Han(sc.f.Runes[k]); k-- {
		if sc.f.Runes[k] == '被' {
			return true
		}
	}
	return false
}

// covered reports whether a picked place name holds all of m and more.
func (sc *scratch) covered(m *match) bool {
	for i := range sc.toks {
		t := &sc.toks[i]
		if t.kind == tokNth && t.s <= m.s && t.e >= m.e {
			return true // 第2个红绿灯 counts crossings
		}
		if t.kind == tokName && t.s <= m.s && t.e >= m.e && (t.s != m.s || t.e != m.e) {
			for _, e := range sc.all[t.m].entries {
				if e.kind != entryClass {
					return true
				}
			}
		}
	}
	return false
}

// longerClass reports whether another class word holds all of m and more: 雨水箅子 hides 雨水.
func (g *Geocoder) longerClass(sc *scratch, m *match) bool {
	for k := range sc.all {
		o := &sc.all[k]
		if o.s <= m.s && o.e >= m.e && o.e-o.s > m.e-m.s && slices.ContainsFunc(o.entries, func(e entry) bool { return e.kind == entryClass }) {
			return true
		}
	}
	return false
}

// parseLatin reads the text again with what stands in it in pinyin or English put into Chinese, and keeps that only when it places the
// text better.
func (g *Geocoder) parseLatin(sc *scratch, fixed int) {
	names := g.latinMatches(sc)
	if len(names) == 0 {
		return
	}
	best, plain := g.bestScore(sc), slices.Clone(sc.cands)
	g.scanNames(sc)
	sc.keepOutside(names)
	sc.addMatches(names)
	sc.cands = sc.cands[:fixed]
	g.parse(sc)
	if g.bestScore(sc) <= best {
		sc.f.Set(sc.f.Source())
		g.scanNames(sc)
		sc.cands = sc.cands[:fixed]
		g.parse(sc)
		sc.cands = plain
	}
}

// keepOutside drops the matches that touch one of these.
func (sc *scratch) keepOutside(names []match) {
	all := make([]match, 0, len(sc.all))
	for i := range sc.f.Runes {
		from := int32(len(all))
		for _, m := range sc.all[sc.byStart[i]:sc.byStart[i+1]] {
			if !slices.ContainsFunc(names, func(n match) bool { return m.s < n.e && n.s < m.e }) {
				all = append(all, m)
			}
		}
		sc.byStart[i] = from
	}
	sc.byStart[len(sc.f.Runes)] = int32(len(all))
	sc.all = all
}
