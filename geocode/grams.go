package geocode

import (
	"cmp"
	"slices"

	"wanmi/geocode/text"
)

// gramIndex finds names of points of interest by pairs of characters, for texts that misspell them.
type gramIndex struct {
	names [][]rune
	share []float32 // of each name: what one pair is of all its pairs, kept by itself for it is asked of thousands of names a text
	pois  [][]int32 // of each distinct name
	keys  []uint64
	start []int32
	posts []int32
	of    []int32 // the first key of each first rune below 0x10000, of neighbours and then of pairs with one between, and one more
}

// gramBudget bounds how many postings one text may touch, gramVerify how many names are compared in full.
const (
	gramBudget = 4000
	gramVerify = 24
)

// eachGram yields the pairs of neighbours in r and the pairs with one rune between: a wrong character breaks both pairs
// it is part of, and the one across it stays.
func eachGram(r []rune, yield func(uint64)) {
	for i := 1; i < len(r); i++ {
		yield(uint64(r[i-1])<<32 | uint64(r[i]))
		if i > 1 {
			yield(1<<63 | uint64(r[i-2])<<32 | uint64(r[i]))
		}
	}
}

// gramCount is how many pairs a name of n runes has.
func gramCount(n int) int { return max(1, 2*n-3) }

func newGramIndex(pois []poiRec, aliases []poiAlias) *gramIndex {
	x := &gramIndex{}
	ids := make(map[string]int32)
	type post struct {
		key uint64
		id  int32
	}
	var all []post
	var f text.Folded
	add := func(n string, poi int32) {
		f.Set(n)
		if len(f.Runes) < 3 || plainNumber(f.Runes) {
			return
		}
		k := string(f.Runes)
		id, ok := ids[k]
		if !ok {
			id = int32(len(x.names))
			ids[k] = id
			x.names = append(x.names, slices.Clone(f.Runes))
			x.share = append(x.share, 1/float32(gramCount(len(f.Runes))))
			x.pois = append(x.pois, nil)
			eachGram(spelled(nil, f.Runes), func(k uint64) { all = append(all, post{k, id}) })
		}
		if l := x.pois[id]; len(l) == 0 || l[len(l)-1] != poi {
			x.pois[id] = append(l, poi)
		}
	}
	for i, p := range pois {
		add(p.name, int32(i))
		for _, n := range names(p.alias + "#" + p.former) {
			add(n, int32(i))
		}
	}
	for _, a := range aliases {
		add(a.name, a.poi)
	}
	slices.SortFunc(all, func(a, b post) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id)) })
	for i, p := range all {
		if i == 0 || p.key != all[i-1].key {
			x.keys = append(x.keys, p.key)
			x.start = append(x.start, int32(len(x.posts)))
		} else if p.id == all[i-1].id {
			continue
		}
		x.posts = append(x.posts, p.id)
	}
	x.start = append(x.start, int32(len(x.posts)))
	x.indexKeys()
	return x
}

// indexKeys notes where the keys of each first rune begin: looked for among all keys, each pair of a text cost a dozen misses of the cache.
func (x *gramIndex) indexKeys() {
	x.of = make([]int32, 0, 2*0x10000+1)
	for i, k := range x.keys {
		if n := firstOf(k); n >= 0 {
			for len(x.of) <= n {
				x.of = append(x.of, int32(i))
			}
		}
	}
	for len(x.of) < cap(x.of) {
		x.of = append(x.of, int32(len(x.keys)))
	}
}

// firstOf is the place of a key's first rune in gramIndex.of, -1 for a rune that has none.
func firstOf(key uint64) int {
	r := key << 1 >> 33
	if r >= 0x10000 {
		return -1
	}
	return int(key>>63<<16 | r)
}

func (x *gramIndex) postings(key uint64) []int32 {
	from, to := 0, len(x.keys)
	if n := firstOf(key); n >= 0 {
		from, to = int(x.of[n]), int(x.of[n+1])
	}
	i, ok := slices.BinarySearch(x.keys[from:to], key)
	if !ok {
		return nil
	}
	i += from
	return x.posts[x.start[i]:x.start[i+1]]
}

// spelled appends r with its digits as Chinese numerals: 第2中学 and 第中二学, in which 二 is no number, are compared by them.
func spelled(to, r []rune) []rune {
	for _, c := range r {
		to = append(to, numeral(c))
	}
	return to
}

// gramHit is a name found with some characters wrong.
type gramHit struct {
	name       int32
	edits      int
	start, end int // of the text
}

// find returns the names nearest to some stretch of the text, at most one character in four wrong.
func (x *gramIndex) find(r []rune, sc *scratch) []gramHit {
	if len(x.names) == 0 || len(r) < 2 {
		return nil
	}
	lists := sc.lists[:0]
	eachGram(r, func(k uint64) {
		if l := x.postings(k); l != nil {
			lists = append(lists, l)
		}
		if k>>63 == 0 { // neighbours here, with a character between them in a name the text leaves it out of
			if l := x.postings(k | 1<<63); l != nil {
				lists = append(lists, l)
			}
		}
	})
	sc.lists = lists
	slices.SortFunc(lists, func(a, b []int32) int { return len(a) - len(b) })
	if len(sc.counts) < len(x.names) {
		sc.counts = make([]uint16, len(x.names))
	}
	sc.touched = sc.touched[:0]
	budget := gramBudget
	for _, l := range lists {
		if budget -= len(l); budget < 0 && len(sc.touched) > 0 {
			break
		}
		for _, id := range l[:min(len(l), gramBudget)] {
			if sc.counts[id] == 0 {
				sc.touched = append(sc.touched, id)
			}
			sc.counts[id]++
		}
	}
	best := x.most(sc)
	for _, id := range sc.touched {
		sc.counts[id] = 0
	}
	var out []gramHit
	var in runeSet
	in.add(r)
	for _, b := range best {
		n := x.names[b]
		if in.lacks(n) > allowedEdits(len(n)) {
			continue
		}
		// A name that stands there as it is has been found already and was weighed.
		if e, start, end := editsWithin(n, r); e > 0 && e <= allowedEdits(len(n)) {
			out = append(out, gramHit{b, e, start, end})
		}
	}
	slices.SortStableFunc(out, func(a, b gramHit) int {
		return cmp.Or(cmp.Compare(a.edits, b.edits), cmp.Compare(len(x.names[b.name]), len(x.names[a.name])))
	})
	return out
}

// most returns the gramVerify touched names that share most of their pairs with the text, best first.
func (x *gramIndex) most(sc *scratch) []int32 {
	type scored struct {
		id    int32
		share float32
	}
	worse := func(a, b scored) bool { return a.share < b.share || a.share == b.share && a.id > b.id }
	var best [gramVerify]scored
	n := 0
	for _, id := range sc.touched {
		s := scored{id, float32(sc.counts[id]) * x.share[id]}
		if n == gramVerify && !worse(best[n-1], s) {
			continue
		}
		k := min(n, gramVerify-1)
		for ; k > 0 && worse(best[k-1], s); k-- {
			best[k] = best[k-1]
		}
		best[k] = s
		n = min(n+1, gramVerify)
	}
	out := make([]int32, n)
	for i := range out {
		out[i] = best[i].id
	}
	return out
}

func allowedEdits(n int) int {
	switch {
	case n <= 6:
		return 1
	case n <= 11:
		return 2
	}
	return 3
}

// runeSet tells of runes that they are not in a text, by their last bits.
type runeSet [16]uint64

func (s *runeSet) add(text []rune) {
	for _, c := range text {
		s[c>>6&15] |= 1 << (c & 63)
	}
}

// lacks returns how many runes of name are surely not in the text, which is spelled: it takes no fewer edits to find it there. 19 in 20 of the names that
// share most pairs with a misspelt text are given up for this; comparing them was a third of the search.
func (s *runeSet) lacks(name []rune) int {
	n := 0
	for _, c := range name[:min(len(name), maxCompared)] {
		c = numeral(c)
		if s[c>>6&15]&(1<<(c&63)) == 0 {
			n++
		}
	}
	return n
}

// maxCompared is how many runes of a name are compared.
const maxCompared = 63

// numeralEdit is what it counts to leave out a digit of a name or to read another for it: more than is ever allowed, the second school is not
// the first misspelt.
const numeralEdit = 4

// editsWithin returns the fewest edits that turn name into some stretch of r, which is spelled, and that stretch: of several the first to end,
// and of those the longest.
func editsWithin(name, r []rune) (edits, start, end int) {
	type cell struct{ edits, start int32 }
	var a, b [maxCompared + 1]cell
	var costs [maxCompared]int32
	var as [maxCompared]rune
	name = name[:min(len(name), maxCompared)]
	col, next := a[:len(name)+1], b[:len(name)+1]
	for i, n := range name {
		costs[i], as[i] = 1, n
		if text.Digit(n) {
			costs[i], as[i] = numeralEdit, numeral(n)
		}
		col[i+1].edits = col[i].edits + costs[i]
	}
	best := col[len(name)]
	better := func(to *cell, from cell, by int32) {
		if e := from.edits + by; e < to.edits || e == to.edits && from.start < to.start {
			*to = cell{e, from.start}
		}
	}
	for j, c := range r {
		next[0] = cell{0, int32(j + 1)}
		for i := range name {
			d := col[i]
			if as[i] != c {
				d.edits += costs[i]
				if costs[i] > 1 && text.NumeralDigit(c) < 0 {
					if _, ok := misreadNumeral(as[i], c); ok {
						d.edits = col[i].edits + 1
					}
				}
			}
			better(&d, col[i+1], 1)
			better(&d, next[i], costs[i])
			next[i+1] = d
		}
		col, next = next, col
		if col[len(name)].edits < best.edits {
			best, end = col[len(name)], j+1
		}
	}
	return int(best.edits), int(best.start), end
}

// takenUpTo returns where the name of a place of three runes or more that was taken before i and goes beyond it ends, i when there is none.
func (sc *scratch) takenUpTo(i int) int {
	for k := i - 1; k >= max(0, i-12); k-- {
		if m := sc.pick[k]; m >= 0 {
			if o := &sc.all[m]; int(o.e) > i && o.e-o.s > 2 && o.entries[0].kind != entryClass && o.cost == 0 {
				return int(o.e)
			}
			break
		}
	}
	return i
}

// gramMatches returns the misspelt points of interest as matches, the nearest names only.
func (g *Geocoder) gramMatches(sc *scratch) []match {
	sc.spelled = spelled(sc.spelled[:0], sc.f.Runes)
	hits := g.grams.find(sc.spelled, sc)
	var out []match
	for _, h := range hits {
		if h.edits > hits[0].edits {
			break
		}
		name := g.grams.names[h.name]
		if from := sc.takenUpTo(h.start); from > h.start { // 千泉大街羊汤馆 holds no 老街羊汤馆
			if e, _, _ := editsWithin(name, sc.spelled[from:max(from, h.end)]); e > h.edits {
				continue
			}
			h.start = from
		}
		n := len(name)
		m := match{s: int32(h.start), e: int32(h.end), cost: .05 * float64(h.edits)}
		if n <= 4 {
			m.cost += .05
		}
		if h.end-h.start < 3 { // 名府 for 名仕府: little is left
			m.cost += .05
		}
		m.weight = int32(9*(m.e-m.s)) - int32(4*h.edits)
		for _, poi := range g.grams.pois[h.name][:min(len(g.grams.pois[h.name]), 64)] {
			m.entries = append(m.entries, entry{kind: entryPOI, how: nameFuzzy, idx: poi})
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b match) int { return cmp.Or(cmp.Compare(a.s, b.s), cmp.Compare(a.e, b.e)) })
	k := 0
	for i, m := range out { // names equally near in one stretch are readings of it
		if i > 0 && m.s == out[k-1].s && m.e == out[k-1].e {
			out[k-1].entries = append(out[k-1].entries, m.entries...)
			continue
		}
		out[k] = m
		k++
	}
	return out[:k]
}
