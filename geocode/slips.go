package geocode

import (
	"strings"

	"wanmi/geocode/text"
)

// mendUnits puts the unit of a number back where a wrong character stands for it, and reports whether it did: 承德路2断109巷
// means 2段, 大龙街187恭30号 means 187巷. It changes the folded runes in place, so that reasons still tell what was written.
func (g *Geocoder) mendUnits(sc *scratch) bool {
	mended := false
	for k := 1; k+1 < len(sc.toks); k++ {
		t, after := &sc.toks[k], &sc.toks[k+1]
		at, end := t.s, t.e // of the number
		wrong := after.s
		switch {
		case t.kind == tokNumber && t.num.unit == unitNone && after.kind == tokNoise && t.num.num.sub() == 0:
		case t.kind == tokNoise && t.e-t.s == 2 && after.kind == tokNumber && text.NumeralDigit(sc.f.Runes[t.s]) > 0: // 二短185号
			end, wrong, after = t.s+1, t.s+1, t
		default:
			continue
		}
		r := sc.f.Runes
		if !text.Han(r[wrong]) {
			continue
		}
		n := int(t.num.num.main())
		if t.kind == tokNoise {
			n = text.NumeralDigit(r[at])
		}
		p := sc.roadEndingAt(at)
		if p == nil {
			continue
		}
		if u := g.unitMeant(sc, p, n, wrong); u != 0 {
			if end == at+1 && t.kind == tokNoise {
				r[at] = rune('0' + n)
			}
			r[wrong] = u
			mended = true
		}
	}
	return mended
}

// roadEndingAt returns the road phrase whose name, section, lane and alley end there.
func (sc *scratch) roadEndingAt(at int32) *phrase {
	for i := range sc.phrases {
		if p := &sc.phrases[i]; p.nameEnd == at && p.has(entryRoad) {
			return p
		}
	}
	return nil
}

// unitMeant says which unit the character at i stands for behind the number n of a road: the first of 段 巷 弄 that may come
// there, is on file, and is either homophone to the character or in front of a further number, 段 also in front of another road.
// 0: none.
func (g *Geocoder) unitMeant(sc *scratch, p *phrase, n int, i int32) rune {
	r := sc.f.Runes
	next := rune(-1)
	if int(i)+1 < len(r) {
		next = r[i+1]
	}
	numbered := text.Digit(next)
	another := next >= 0 && (sc.pick[i+1] >= 0 || strings.ContainsRune("与和及、,", next))
	if !numbered && !another && next >= 0 && !strings.ContainsRune("口旁边前交对附(", next) {
		return 0
	}
	var blind rune // what position alone says
	for _, u := range "段巷弄" {
		if !g.unitOnFile(p, u, n) {
			continue
		}
		if sounds().like(r[i], u) != unlike {
			return u
		}
		if blind == 0 && (numbered || another && u == '段') {
			blind = u
		}
	}
	return blind
}

// unitOnFile reports whether the phrase may go on with that number of the unit and a road on file does.
func (g *Geocoder) unitOnFile(p *phrase, u rune, n int) bool {
	q := *p
	q.num = 0
	switch {
	case u == '段' && p.section == 0 && p.lane == 0:
		for _, e := range p.m.entries {
			if e.kind == entryRoad {
				for _, id := range g.bases[e.idx].roads {
					if g.roads[id].section == n {
						return true
					}
				}
			}
		}
		return false
	case u == '巷' && p.lane == 0:
		q.lane = n
	case u == '弄' && p.lane > 0 && p.alley == 0:
		q.alley = n
	default:
		return false
	}
	found := false
	g.phraseRoads(&q, func(_ onRoad, _ int32, missing int) { found = found || missing == 0 })
	return found
}
