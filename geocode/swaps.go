package geocode

import "wanmi/geocode/text"

// swapCost is what it costs that two neighbours of a name changed places.
const swapCost = .04

// swapMost is how far before the two a name is looked for: no longer part of a name comes before a slip of the keys than this.
const swapMost = 12

// swapMatches returns the names of at least 4 characters in which two neighbours changed places: 盛世苑小区 written 盛苑世小区. Each pair of the
// text is put right in turn and names are looked for across it.
func (g *Geocoder) swapMatches(sc *scratch) []match {
	r := sc.f.Runes
	var out []match
	at := func(k, i int) rune { // r with i and i+1 changed over
		switch k {
		case i:
			return r[i+1]
		case i + 1:
			return r[i]
		}
		return r[k]
	}
	for i := 0; i+1 < len(r); i++ {
		if r[i] == r[i+1] || !text.Han(r[i]) || !text.Han(r[i+1]) {
			continue
		}
		for s := max(0, i-swapMost); s <= i; s++ {
			var c cursor
			for j := s; j < len(r); j++ {
				var ok bool
				if c, ok = g.stepNumeral(c, at(j, i)); !ok {
					break
				}
				if j <= i || j-s < 3 || !c.named() {
					continue
				}
				m := match{s: int32(s), e: int32(j + 1), cost: swapCost, weight: int32(9*(j+1-s) - 3)}
				for _, e := range g.names.at(c) {
					if e.kind == entryPOI && len(m.entries) < 64 {
						e.how = nameFuzzy
						m.entries = append(m.entries, e)
					}
				}
				if len(m.entries) > 0 {
					out = append(out, m)
				}
			}
		}
	}
	return out
}

// stepNumeral is a step of the names' trie that takes a numeral for its digit where it goes no further as it is: 第中二学.
func (g *Geocoder) stepNumeral(c cursor, r rune) (cursor, bool) {
	next, ok := g.names.step(c, r)
	if d := text.NumeralDigit(r); !ok && d >= 0 {
		return g.names.step(c, rune('0'+d))
	}
	return next, ok
}
