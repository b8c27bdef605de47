package geocode

import "strings"

func (o *offset) mark(t *token) {
	if o.e == 0 {
		o.s = t.s
	}
	o.e, o.used = t.e, true
}

func noOffset() offset { return offset{dir: -1, sideDir: -1, gate: -1, dir2: -1, course: -1} }

// crossing notes 路口 behind a name. Behind a door or a place that is no road it means the one nearby; a mere 口 is its entrance.
func (w *walker) crossing(t *token) {
	p := w.last()
	if p == nil || w.gap {
		return
	}
	r := w.sc.f.Runes
	if (p.num != 0 || !p.has(entryRoad)) && t.e-t.s > 1 && r[t.e-1] == '口' && strings.ContainsRune("路叉岔字街", r[t.e-2]) {
		p.off.near = true
		p.off.mark(t)
	}
	p.cross, p.e = true, t.e
}

// toEnd notes 走到头 behind a road; a direction said before says which end: 平阳西路往东走到头.
func (w *walker) toEnd(t *token) {
	p := w.last()
	if p == nil || t.s-p.e > 8 || !p.has(entryRoad) || p.num != 0 || p.cross {
		return
	}
	if p.off.dir >= 0 && p.off.metres == 0 && p.off.nth == 0 {
		p.end, p.off = p.off.dir, noOffset()
		return
	}
	p.toEnd = p.end < 0
}

func (w *walker) direction(t *token, i int) {
	p := w.last()
	if p == nil || t.s-p.e > 16 {
		return
	}
	r := w.sc.f.Runes
	switch {
	case t.gate:
		if !p.has(entryPOI) || p.off.used || t.s != p.e {
			w.gap = true
			return
		}
		p.off.gate = t.dir
	case t.side:
		p.off.sideDir = t.dir
	case p.off.dir >= 0 && (p.off.metres > 0 || p.off.nth > 0 || p.off.corner) && p.off.dir2 < 0 && w.metresFollow(t, i):
		p.off.dir2 = t.dir
	case p.off.dir >= 0:
		p.off.sideDir = t.dir
	case p.has(entryRoad) && p.num == 0 && !p.cross && p.off.rel != relBridge && !w.metresFollow(t, i) &&
		(strings.ContainsRune("段头端口", r[t.e-1]) || t.s > 0 && r[t.s-1] == '最'):
		p.end, p.endPart, p.mouth = t.dir, r[t.e-1] == '段', r[t.e-1] == '口'
	default:
		p.off.dir, p.off.corner = t.dir, t.corner
	}
	p.off.mark(t)
}

// metresFollow reports whether a distance stands right behind the token.
func (w *walker) metresFollow(t *token, i int) bool {
	if i+1 >= len(w.sc.toks) {
		return false
	}
	n := &w.sc.toks[i+1]
	return n.kind == tokNumber && (n.num.unit == unitMetre || n.num.unit == unitKilometre) && n.s-t.e <= 1
}

// distance gives the metres to the direction said before it, or waits for one behind: 50米路北.
func (w *walker) distance(t *token, p *phrase, i int) {
	if p == nil || t.s-p.e > 20 {
		return
	}
	m := float64(t.num.num.main())
	if t.num.unit == unitKilometre {
		m *= 1000
	}
	if m > 5000 {
		return
	}
	switch {
	case p.off.dir2 >= 0:
		if p.off.metres2 > 0 {
			return
		}
		p.off.metres2 = m
	case p.off.dir >= 0 && p.off.nth == 0:
		if p.off.metres > 0 {
			return // how long or deep the thing is
		}
		p.off.metres = m
	default:
		p.off.vague = m
		if i+1 < len(w.sc.toks) {
			if d := w.sc.toks[i+1]; d.kind == tokDir && !d.side && d.s-t.e <= 2 {
				p.off.metres, p.off.vague = m, 0
			}
		}
	}
	p.off.mark(t)
}

// courses hands the offset of a road that only says which way to go on to the place before it:
// A路与B路交叉口沿A路往东50米, X超市A路往东50米.
func (g *Geocoder) courses(sc *scratch) {
	for i := 1; i < len(sc.phrases); i++ {
		p, before := &sc.phrases[i], &sc.phrases[i-1]
		if !p.has(entryRoad) || p.num != 0 || p.cross || p.off.dir < 0 || p.off.metres == 0 || before.off.metres > 0 || before.course {
			continue
		}
		along := p.s > 0 && (sc.f.Runes[p.s-1] == '沿' || sc.f.Runes[p.s-1] == '顺')
		for j := range i {
			along = along || sameRoad(&sc.phrases[j], p) && before.cross
		}
		if !along && before.num == 0 && !before.has(entryPOI) {
			continue
		}
		before.off, p.course = p.off, true
		before.off.course = int32(i)
	}
}
