package geocode

import "wanmi/geocode/text"

// link is how a phrase follows the one before it.
type link uint8

const (
	linkNone link = iota // right behind it
	linkAnd
	linkTo
	linkGap // other words between
)

// offset is where the reported thing lies from its anchor.
type offset struct {
	dir     int8 // -1 none
	sideDir int8 // side of the road, -1 none
	gate    int8 // side of the grounds with the gate named, -1 none
	dir2    int8 // where to go on from there, -1 nowhere
	corner  bool
	nth     int     // so many crossings on, 0 none
	metres  float64 // 0: no distance was said
	metres2 float64 // in the direction dir2
	vague   float64 // a distance without a direction
	rel     relation
	turn    int8 // 1 to the right, -1 to the left, 0 none
	near    bool // 那个路口: the crossing near it
	s, e    int32
	used    bool
	course  int32 // phrase of the road to go along, -1 none
}

// phrase is a named place with its numbers: a road with section, lane, alley and house number, a POI, a community.
type phrase struct {
	m       match
	section int
	lane    int
	alley   int
	sub     int
	num     number
	bld     number
	list    bool
	s, e    int32 // all its words
	nameEnd int32 // end of road name with section, lane and alley
	link    link
	cross   bool // 口 behind it
	between bool
	end     int8  // 北段, 南头: the part of the road meant; -1 none
	endPart bool  // 段 was said, not 头
	mouth   bool  // 东口: where it meets another road at that end
	toEnd   bool  // 走到头, which end was not said
	whole   bool  // 全段
	heirOf  int32 // phrase whose road it took over, -1 none
	course  bool  // 沿X路: only the way to go from the place before
	near    bool  // only said to be near: 靠近人民医院
	part    bool  // a part of it was named that is not on file: 北校区
	off     offset
}

func (p *phrase) has(k entryKind) bool {
	for _, e := range p.m.entries {
		if e.kind == k {
			return true
		}
	}
	return false
}

// areaMention is a street or community the text names.
type areaMention struct {
	entries []entry
	s, e    int32
	short   bool
	cost    float64 // of a misspelling
}

// walker turns tokens into phrases.
type walker struct {
	sc       *scratch
	link     link
	gap      bool
	near     bool        // 靠近, 近 was said before what comes
	early    numberToken // a house number no place stood before: 147号光明西路
	earlyEnd int32
}

// phrase reads the tokens into sc.phrases and sc.areas.
func (g *Geocoder) readPhrases(sc *scratch) {
	sc.phrases, sc.areas = sc.phrases[:0], sc.areas[:0]
	sc.bridgeSaid, sc.railSaid = false, false
	w := walker{sc: sc}
	defer g.turns(sc)
	defer g.courses(sc)
	for i := range sc.toks {
		t := &sc.toks[i]
		switch t.kind {
		case tokName:
			w.name(t)
		case tokNumber:
			w.number(t, i)
		case tokAnd:
			if t.rel == relNear {
				w.near = true
			}
			w.link = linkAnd
		case tokTo:
			w.link = linkTo
		case tokCross:
			w.crossing(t)
		case tokReach:
			w.link = linkAnd
		case tokTurn:
			if p := w.last(); p != nil && t.s-p.e <= 8 && p.off.turn == 0 {
				p.off.turn = 1
				if t.rel == relLeft {
					p.off.turn = -1
				}
				p.off.mark(t)
			}
		case tokEnd:
			w.toEnd(t)
		case tokWhole:
			if p := w.last(); p != nil && t.s-p.e <= 2 && p.has(entryRoad) && p.num == 0 {
				p.whole = true
			}
		case tokBetween:
			if p := w.last(); p != nil && t.s <= p.e+1 {
				p.between = true
			}
		case tokDir:
			w.direction(t, i)
		case tokNth:
			if p := w.last(); p != nil && t.s-p.e <= 16 && p.off.nth == 0 {
				p.off.nth = t.num.num.main()
				p.off.mark(t)
			}
		case tokPart:
			if p := w.last(); p != nil && t.s == p.e && p.has(entryPOI) {
				p.part, p.e = true, t.e
			}
		case tokRel:
			if t.rel == relBridge {
				sc.bridgeSaid = true
				sc.railSaid = sc.railSaid || sc.f.Runes[t.s] == '铁'
			}
			if p := w.last(); p != nil && p.off.rel == relNone && t.s-p.e <= 12 {
				p.off.rel = t.rel
				p.off.mark(t)
			}
		case tokNoise:
			w.noise(t)
		}
	}
}

func sameRoad(a, b *phrase) bool {
	for _, e := range a.m.entries {
		for _, o := range b.m.entries {
			if e.kind == entryRoad && o.kind == entryRoad && e.idx == o.idx {
				return true
			}
		}
	}
	return false
}

func (w *walker) last() *phrase {
	if n := len(w.sc.phrases); n > 0 {
		return &w.sc.phrases[n-1]
	}
	return nil
}

// noise decides whether unknown words separate what stands around them: a bracket or one character does not.
func (w *walker) noise(t *token) {
	r := w.sc.f.Runes[t.s:t.e]
	if len(r) == 1 && (r[0] == '(' || r[0] == ')' || r[0] == ',' || r[0] == ' ' || r[0] == '-' || r[0] == '的' || r[0] == '交' ||
		r[0] == '从' || r[0] == '自' || r[0] == '由' || r[0] == '上' || r[0] == '以') {
		if (r[0] == ',' || r[0] == '-' || r[0] == '交') && w.link == linkNone {
			w.link = linkAnd
			if r[0] == '-' && len(w.sc.phrases) >= 2 { // A路（B路-C路）
				w.link = linkTo
			}
		}
		return
	}
	if p := w.last(); p != nil && p.off.metres == 0 && t.s == p.off.e && len(r) <= 2 {
		return
	}
	w.gap = true
}

// maxPhrases bounds the places read out of one text; nobody names more in a report, and their pairs are all tried.
const maxPhrases = 24

func (w *walker) push(p phrase) {
	if len(w.sc.phrases) == maxPhrases {
		w.sc.phrases = w.sc.phrases[:maxPhrases-1]
	}
	p.link = w.link
	if w.gap {
		p.link = linkGap
	}
	p.near = w.near
	w.link, w.gap, w.near = linkNone, false, false
	p.off = noOffset()
	p.end = -1
	w.sc.phrases = append(w.sc.phrases, p)
}

func (w *walker) name(t *token) {
	m := w.sc.all[t.m]
	place, area, short := false, false, true
	for _, e := range m.entries {
		switch e.kind {
		case entryRoad, entryPOI:
			place = true
		case entryStreet, entryCommunity:
			area = true
			short = short && e.how == nameShort
		}
	}
	if area && len(w.sc.areas) < maxPhrases {
		w.sc.areas = append(w.sc.areas, areaMention{m.entries, t.s, t.e, short, m.cost})
	}
	if place || area && !short {
		w.push(phrase{m: m, s: t.s, e: t.e, nameEnd: t.e, heirOf: -1})
		if w.early.unit == unitDoor && w.earlyEnd == t.s && w.last().has(entryRoad) && !w.sc.numberAt(t.e) {
			p := w.last()
			p.num, p.list = w.early.num, w.early.list
		}
		w.early.unit = unitNone
	} else if p := w.last(); p != nil && t.s == p.e && !area {
		w.gap = true
	}
}

func (w *walker) number(t *token, i int) {
	p := w.last()
	n := t.num
	if t.s > 0 && w.sc.f.Runes[t.s-1] == '第' && n.unit != unitBuilding { // the 40th parking space is no door
		w.gap = true
		return
	}
	switch n.unit {
	case unitSection, unitLane, unitAlley, unitSubAlley:
		w.roadPart(t, p)
	case unitDoor:
		w.door(t, p)
	case unitBuilding:
		if p != nil && p.num == 0 && t.s == p.nameEnd && p.has(entryRoad) && !p.has(entryPOI) && !p.has(entryCommunity) && w.sc.f.Runes[t.e-1] == '楼' {
			w.door(t, p) // 147号楼下: a road has doors, not buildings
			return
		}
		switch {
		case p != nil && p.bld == 0 && t.s-p.e <= 4:
			p.bld, p.e = n.num, t.e
		case p != nil && t.s-p.e <= 2 && (w.link == linkAnd || w.link == linkTo): // 1号楼和2号楼
			heir := *p
			heir.bld, heir.s, heir.e, heir.heirOf = n.num, t.s, t.e, int32(len(w.sc.phrases)-1)
			w.push(heir)
		}
	case unitNone:
		r := w.sc.f.Runes
		phone := r[t.s] == '0' || int(t.e) > int(t.s)+4 && text.Digit(r[t.s+4]) // 0537-5724626, 12345
		follows := phone || int(t.e) < len(r) && (text.Alnum(r[t.e]) || r[t.e] == '%' || r[t.e] == ':')
		if p != nil && t.s == p.e && p.num == 0 && !p.cross && !follows && p.has(entryRoad) {
			p.num, p.e = n.num, t.e
			p.list = n.list
		} else {
			w.gap = true
		}
	case unitMetre, unitKilometre:
		w.distance(t, p, i)
	case unitOther:
		if r := w.sc.f.Runes; p != nil && t.s == p.e && p.has(entryPOI) && int(t.e) < len(r) && r[t.e] == '期' {
			p.part, p.e = true, t.e+1
			return
		}
		w.gap = true
	}
}

// roadPart adds section, lane or alley to the road before it, or begins a phrase that shares that road:
// 424巷与486巷之间.
func (w *walker) roadPart(t *token, p *phrase) {
	if p == nil || !p.has(entryRoad) && !p.has(entryCommunity) {
		return
	}
	v, unit := t.num.num.main(), t.num.unit
	if unit == unitLane && p.lane > 0 && p.alley == 0 && t.s == p.e && w.link == linkNone { // a lane off a lane
		unit = unitAlley
	}
	adjacent := t.s-p.e <= 2 && w.link == linkNone && p.num == 0 && !p.cross
	fits := false
	switch unit {
	case unitSection:
		fits = p.section == 0 && p.lane == 0
	case unitLane:
		fits = p.lane == 0
	case unitAlley:
		fits = p.alley == 0
	case unitSubAlley:
		fits = p.sub == 0
	}
	if !adjacent || !fits {
		if p.num == 0 && (p.lane == 0 && unit == unitLane && w.link == linkNone || unit == unitSection && p.section == 0) {
			return
		}
		heir := phrase{m: p.m, section: p.section, s: t.s, e: t.e, nameEnd: t.e, heirOf: int32(len(w.sc.phrases) - 1)}
		if unit == unitAlley || unit == unitSubAlley {
			heir.lane = p.lane
		}
		if unit == unitSubAlley {
			heir.alley = p.alley
		}
		w.push(heir)
		p = w.last()
	}
	switch unit {
	case unitSection:
		p.section = v
	case unitLane:
		p.lane = v
	case unitAlley:
		p.alley = v
	case unitSubAlley:
		p.sub = v
	}
	p.e, p.nameEnd = t.e, t.e
}

// door gives the number to the phrase before it, or to a copy of that phrase when it has one already.
func (w *walker) door(t *token, p *phrase) {
	if p == nil || !p.has(entryRoad) && !p.has(entryCommunity) && !p.has(entryPOI) || t.s-p.nameEnd > 16 {
		w.early, w.earlyEnd = t.num, t.e
		w.gap = true
		return
	}
	if p.num != 0 || p.cross || p.link == linkTo {
		heir := *p
		heir.num, heir.s, heir.e, heir.heirOf, heir.cross = t.num.num, t.s, t.e, int32(len(w.sc.phrases)-1), false
		heir.off, heir.course = offset{}, false
		w.gap = w.gap || w.link != linkTo
		w.push(heir)
		return
	}
	p.num, p.list, p.e = t.num.num, t.num.list, t.e
	w.gap = false
}

// numberAt reports whether a number stands at i.
func (sc *scratch) numberAt(i int32) bool {
	return int(i) < len(sc.f.Runes) && text.Digit(sc.f.Runes[i])
}
