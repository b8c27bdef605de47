package geocode

import (
	"math/bits"
	"slices"
	"strings"

	"wanmi/geocode/text"
)

// fuzzyNames finds names of roads, communities and streets that differ from a stretch of text by one character:
// replaced, missing, doubled or swapped with its neighbour. Every name is filed under its own hash and those of all its
// one-character deletions; a stretch is looked up the same way and then compared.
type fuzzyNames struct {
	names  []fuzzyName
	byHash map[uint64][]int32
	some   []uint64 // bits by hash: where none is set there is nothing in byHash; nearly all that is asked for is not
	maxLen int
}

type fuzzyName struct {
	runes []rune
	e     entry
}

const hashBase = 1_000_003

func hashRunes(r []rune, skip int) uint64 {
	h := uint64(14695981039346656037)
	for i, c := range r {
		if i != skip {
			h = h*hashBase + uint64(c) + 1
		}
	}
	return h
}

func newFuzzyNames(g *Geocoder) *fuzzyNames {
	x := &fuzzyNames{byHash: make(map[uint64][]int32)}
	var f text.Folded
	add := func(name string, e entry) {
		f.Set(name)
		n := len(f.Runes)
		if e.kind == entryRoad {
			n, _ = splitRoad(f.Runes)
		}
		if n < 3 || n > 12 || !text.Han(f.Runes[0]) {
			return
		}
		r := slices.Clone(f.Runes[:n])
		id := int32(len(x.names))
		x.names = append(x.names, fuzzyName{r, e})
		x.maxLen = max(x.maxLen, n)
		seen := map[uint64]bool{}
		for skip := -1; skip < n; skip++ {
			if h := hashRunes(r, skip); !seen[h] {
				seen[h] = true
				x.byHash[h] = append(x.byHash[h], id)
			}
		}
	}
	for i, b := range g.bases {
		add(b.name, entry{kind: entryRoad, how: nameFuzzy, idx: int32(i)})
	}
	for _, r := range g.src.roads {
		for _, n := range names(r.alias + "#" + r.former) {
			if id, ok := g.roadIDs[g.keyOfName(r.name)]; ok {
				add(n, entry{kind: entryRoad, how: nameFuzzy, idx: g.roads[id].base, section: uint8(g.roads[id].section)})
			}
		}
	}
	for i, l := range g.src.locals {
		if e := g.localTo[i]; e.kind != entryPOI { // those are found by their pairs of characters
			e.how = nameFuzzy
			add(l.name, e)
		}
	}
	for i, a := range g.src.areas {
		k := entryCommunity
		if a.isStreet {
			k = entryStreet
		}
		add(a.name, entry{kind: k, how: nameFuzzy, idx: int32(i)})
	}
	x.some = make([]uint64, 1<<bits.Len(uint(len(x.byHash)/4)))
	for h := range x.byHash {
		w, bit := x.bit(h)
		x.some[w] |= bit
	}
	return x
}

// bit is where fuzzyNames.some tells of a hash.
func (x *fuzzyNames) bit(h uint64) (word, bit uint64) {
	h ^= h >> 29
	h *= 0x9E3779B97F4A7C15
	return h >> 32 & uint64(len(x.some)-1), 1 << (h >> 58)
}

// filed returns the names of that hash.
func (x *fuzzyNames) filed(h uint64) []int32 {
	if w, bit := x.bit(h); x.some[w]&bit == 0 {
		return nil
	}
	return x.byHash[h]
}

// keyOfName returns the key of a stored road name.
func (g *Geocoder) keyOfName(name string) roadKey {
	var f text.Folded
	f.Set(name)
	end, k := splitRoad(f.Runes)
	for _, e := range g.names.find(f.Runes[:end]) {
		if e.kind == entryRoad && e.how == nameOwn {
			k.base = e.idx
		}
	}
	return k
}

// find appends the misspelt names in the text. A stretch that is a name as it stands is left alone.
func (x *fuzzyNames) find(g *Geocoder, sc *scratch) {
	sc.fuzzy = sc.fuzzy[:0]
	r := sc.f.Runes
	for i := range r {
		if !text.Han(r[i]) {
			continue
		}
		for n := 2; n <= x.maxLen+1 && i+n <= len(r); n++ {
			if !placeRune(r[i+n-1]) {
				break
			}
			w := r[i : i+n]
			for skip := -1; skip < n; skip++ {
				for _, id := range x.filed(hashRunes(w, skip)) {
					x.check(sc, w, i, &x.names[id])
				}
			}
		}
	}
	slices.SortStableFunc(sc.fuzzy, func(a, b match) int {
		if a.s != b.s {
			return int(a.s - b.s)
		}
		return int(a.e - b.e)
	})
	sc.fuzzy = joinReadings(sc.fuzzy)
}

func placeRune(r rune) bool { return text.Han(r) || text.Digit(r) }

// joinReadings makes one match of the misspellings of one stretch, of the cheapest cost.
func joinReadings(ms []match) []match {
	out := ms[:0]
	for _, m := range ms {
		if n := len(out); n > 0 && out[n-1].s == m.s && out[n-1].e == m.e {
			o := &out[n-1]
			switch {
			case m.cost < o.cost:
				*o = m
			case m.cost == o.cost && !slices.ContainsFunc(o.entries, func(e entry) bool { return e.same(m.entries[0]) }):
				o.entries = append(slices.Clip(o.entries), m.entries...)
			}
			continue
		}
		out = append(out, m)
	}
	return out
}

func (x *fuzzyNames) check(sc *scratch, w []rune, at int, n *fuzzyName) {
	cost, ok := misspelling(w, n.runes, len(n.runes) > 3 || sc.nameEnds(at+len(w)))
	if !ok || w[len(w)-1] != n.runes[len(n.runes)-1] && sc.beginsWord(at+len(w)-1) {
		return
	}
	weight := int32(8*len(w)) - 3 - int32(cost*40)
	if len(n.runes) == 3 {
		cost *= 1.5
		weight -= 4
	}
	sc.fuzzy = append(sc.fuzzy, match{s: int32(at), e: int32(at + len(w)), weight: weight, cost: cost, entries: []entry{n.e}})
}

// beginsWord reports whether a word for where things are begins at i, which is no last character of a road's name misspelt: 科技门口 holds no 科技路.
func (sc *scratch) beginsWord(i int) bool {
	w, n, ok := grammarAt(sc.f.Runes, i)
	return ok && n > 1 && w.kind == tokRel
}

// nameEnds reports whether what stands at i shows that a road's name ended before it: a number or a crossing.
func (sc *scratch) nameEnds(i int) bool {
	r := sc.f.Runes
	return i < len(r) && (text.Digit(r[i]) || strings.ContainsRune("与和及、交口", r[i]))
}

// misspelling compares a stretch with a name; ok when they differ by one edit that no digit is part of. It costs less
// when the two characters sound alike. Only where a name must end here may the last character be any other.
func misspelling(w, name []rune, ends bool) (cost float64, ok bool) {
	i := 0
	for i < len(w) && i < len(name) && w[i] == name[i] {
		i++
	}
	j := 0
	for j < len(w)-i && j < len(name)-i && w[len(w)-1-j] == name[len(name)-1-j] {
		j++
	}
	a, b := w[i:len(w)-j], name[i:len(name)-j]
	if len(a) == 1 && len(b) == 1 && text.Digit(a[0]) != text.Digit(b[0]) {
		return misreadNumeral(a[0], b[0])
	}
	for _, r := range [2][]rune{a, b} {
		for _, c := range r {
			if text.Digit(c) {
				return 0, false
			}
		}
	}
	// The last character says what kind of thing it is: 天水宫 is not 天水路 misspelt, 天水街 may be.
	if j == 0 && len(a) == 1 && !ends && !strings.ContainsRune(kindRunes, a[0]) && !(len(b) == 1 && sounds().like(a[0], b[0]) != unlike) {
		return 0, false
	}
	switch {
	case len(a) == 1 && len(b) == 1:
		if strings.ContainsRune("东南西北", a[0]) && strings.ContainsRune("东南西北", b[0]) {
			return .12, true // another road more likely than a slip
		}
		switch sounds().like(a[0], b[0]) {
		case sameSound:
			return .03, true
		case nearlySame:
			return .04, true
		}
		return .06, true
	case len(a) == 0 && len(b) == 1 && len(name) >= 4 && j > 0:
		return .06, true
	case len(a) == 1 && len(b) == 0:
		if i > 0 && a[0] == w[i-1] {
			return .03, true // doubled
		}
		return .06, len(name) >= 3
	case len(a) == 2 && len(b) == 2 && a[0] == b[1] && a[1] == b[0]:
		return .05, true
	}
	return 0, false
}

// misreadNumeral compares two characters of which one was taken for a numeral and folded to a digit: 金三路, now 金3路, for
// 金山路; 南京四路 for 南京西路.
func misreadNumeral(a, b rune) (cost float64, ok bool) {
	if sounds().like(numeral(a), numeral(b)) != unlike {
		return .03, true
	}
	switch string([]rune{numeral(a), numeral(b)}) {
	case "四西", "西四", "三王", "王三", "十千", "千十", "八人", "人八", "八入", "入八", "六大", "大六", "二工", "工二", "九力", "力九":
		return .06, true
	}
	return 0, false
}

// numeral returns the Chinese numeral of a digit, any other rune as it is.
func numeral(r rune) rune {
	if text.Digit(r) {
		return numerals[r-'0']
	}
	return r
}

var numerals = [...]rune{'零', '一', '二', '三', '四', '五', '六', '七', '八', '九'}

// kindRunes end the names of roads, communities and streets.
const kindRunes = "路街道巷弄里村区镇乡"
