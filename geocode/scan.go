package geocode

import (
	"context"

	"wanmi/geocode/text"
)

// match is a stretch of the text that a name of the gazetteer covers.
type match struct {
	s, e    int32
	weight  int32
	cost    float64 // of a misspelling
	entries []entry
}

// scratch is the memory of one query, used again.
type scratch struct {
	ctx                  context.Context // of the question, while it is being answered
	f                    text.Folded
	all                  []match // every name found, by start
	byStart              []int32 // first match at each rune
	best                 []int32 // weight of the best cover from each rune on
	pick                 []int32 // match taken at each rune, -1 none
	toks                 []token
	phrases              []phrase
	areas                []areaMention
	cands                []cand
	comps                []*compRec
	paintedS, paintedE   int32 // a number painted on something, of no component by itself; paintedE 0: none
	bridgeSaid, railSaid bool  // 桥下, 铁路桥
	apart                bool  // the text says crossing of two roads that do not meet
	// the words of a road that is not on file; unknownE 0: none
	unknownS, unknownE int32
	kind               string // the word for a kind of place, and how many there are; set where a candidate has faultKind
	kinds              int
	former             string // the code in the text that a component once had
	fuzzy              []match
	slots              []doorHit
	counts             []uint16 // by name of the gram index; zero between queries
	touched            []int32
	keys               [fewKeys]int32 // of names that begin with the text
	lists              [][]int32      // postings of the pairs of the text
	spelled            []rune         // the text with its digits as numerals
	holders            []entry
	approaches         []approach // of this text's roads
	matters            []matterHit
}

// scanNames finds every name in the text.
func (g *Geocoder) scanNames(sc *scratch) {
	r := sc.f.Runes
	sc.all, sc.byStart, sc.approaches = sc.all[:0], sc.byStart[:0], sc.approaches[:0]
	for i := range r {
		sc.byStart = append(sc.byStart, int32(len(sc.all)))
		if i > 0 && text.Alnum(r[i]) && text.Alnum(r[i-1]) {
			continue // inside a Latin word or a number
		}
		c, ok := g.names.first(r[i])
		for j := i + 1; ok; j++ {
			if c.named() && !(text.Alnum(r[j-1]) && j < len(r) && text.Alnum(r[j])) {
				es := g.names.at(c)
				sc.all = append(sc.all, match{s: int32(i), e: int32(j), weight: weigh(es, j-i), entries: es})
			}
			if j == len(r) {
				break
			}
			c, ok = g.names.step(c, r[j])
		}
	}
	sc.byStart = append(sc.byStart, int32(len(sc.all)))
}

// weigh says how much it is worth to read n runes as one of the entries: longer names win, class words and short
// forms of areas give way.
func weigh(es []entry, n int) int32 {
	w := 0
	for _, e := range es {
		k := 10
		switch {
		case e.kind == entryClass:
			k = 6
		case e.how == nameShort:
			k = 5
		case e.how == nameFuzzy:
			k = 8
		}
		w = max(w, k)
	}
	return int32(w*n - 3)
}

// cover picks the non-overlapping matches of the greatest weight.
func (sc *scratch) cover() {
	n := len(sc.f.Runes)
	sc.best, sc.pick = grown(sc.best, n+1), grown(sc.pick, n+1)
	sc.best[n], sc.pick[n] = 0, -1
	for i := n - 1; i >= 0; i-- {
		sc.best[i], sc.pick[i] = sc.best[i+1], -1
		for m := sc.byStart[i]; m < sc.byStart[i+1]; m++ {
			if w := sc.all[m].weight + sc.best[sc.all[m].e]; w > sc.best[i] {
				sc.best[i], sc.pick[i] = w, m
			}
		}
	}
}

func grown(v []int32, n int) []int32 {
	if cap(v) < n {
		return make([]int32, n, 2*n)
	}
	return v[:n]
}

// addMatches merges further matches into those by start.
func (sc *scratch) addMatches(more []match) {
	if len(more) == 0 {
		return
	}
	all := make([]match, 0, len(sc.all)+len(more))
	for i := range sc.f.Runes {
		from := int32(len(all))
		all = append(all, sc.all[sc.byStart[i]:sc.byStart[i+1]]...)
		for _, m := range more {
			if int(m.s) == i {
				all = append(all, m)
			}
		}
		sc.byStart[i] = from
	}
	sc.byStart[len(sc.f.Runes)] = int32(len(all))
	sc.all = all
}
