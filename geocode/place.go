package geocode

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"wanmi/geocode/text"
)

// place makes the answer of a candidate.
func (g *Geocoder) place(sc *scratch, c *cand) Place {
	l := levels[c.level]
	p := Place{
		Layer: l.layer, Level: l.name, Match: c.match, Point: g.fr.from(c.at), Score: round(c.score, 3),
		UncertaintyM: math.Round(g.uncertainty(sc, c)), DistanceM: round(c.dist, 1),
	}
	if c.num != 0 && c.door < 0 {
		p.HouseNumber = c.num.String()
	}
	if c.road >= 0 {
		p.Road = g.roads[c.road].name
	}
	g.nameAreas(&p, c)
	g.nameAnchor(&p, c)
	p.Category = g.category(c)
	where := ""
	if i := max(c.p, c.q); sc != nil && i >= 0 && c.moved {
		where, p.Label = g.offsetText(sc, c, i), ""
	}
	if p.Label == "" { // one text holds both
		p.Label = p.Street + p.Name + where
		p.Name = p.Label[len(p.Street):]
	}
	if sc != nil {
		p.Reasons = g.placeReasons(sc, c)
	}
	if c.nf > 0 {
		p.Faults = make([]Fault, 0, c.nf)
	}
	for _, f := range c.faults[:c.nf] {
		t := faultTexts[f.code]
		p.Faults = append(p.Faults, Fault{t.code, t.en, t.zh, round(f.cost, 3)})
	}
	return p
}

func round(v float64, digits int) float64 {
	k := math.Pow(10, float64(digits))
	return math.Round(v*k) / k
}

func (g *Geocoder) nameAreas(p *Place, c *cand) {
	street, community := g.candAreas(c)
	if street >= 0 {
		p.Street, p.StreetCode = g.src.areas[street].name, g.src.areas[street].code
	}
	if community >= 0 {
		a := &g.src.areas[community]
		p.Community, p.CommunityCode = a.name, a.code
		if p.Street == "" {
			p.Street, p.StreetCode = a.streetName, a.street
		}
	}
}

// nameAnchor sets ID, Key, Name and Label from what the candidate is. It leaves Label empty where that is street and name.
func (g *Geocoder) nameAnchor(p *Place, c *cand) {
	switch {
	case c.comp != nil:
		p.Key, p.Name = c.comp.key, c.comp.name
		if c.comp.label != "" {
			p.Name = strings.TrimSpace(p.Name + " " + c.comp.label)
		}
		if p.Name == "" {
			p.Name = c.comp.key
		}
		p.Label = p.Street + p.Community + p.Name
		p.ID = "component:" + p.Key
	case c.grid >= 0:
		p.Key = g.src.grids[c.grid].code
		p.Name, p.ID = p.Key, "grid:"+p.Key
		p.Label = p.Name
	case c.level == levelCoordinate:
		p.Name = fmt.Sprintf("%.6f,%.6f", p.Point[0], p.Point[1])
		p.Label, p.ID = p.Name, "coordinate:"+p.Name
	case c.door >= 0:
		g.nameDoor(p, c)
	case c.poi >= 0:
		r := &g.src.pois[c.poi]
		p.Key, p.Name = r.key, r.name
		p.ID = r.layer + ":" + r.key
	case c.area >= 0:
		a := &g.src.areas[c.area]
		p.Key, p.Name = a.key, a.name
		p.ID = p.Layer + ":" + a.key
		if a.isStreet {
			p.Label = a.name
		}
	default:
		g.nameRoad(p, c)
	}
}

func (g *Geocoder) nameDoor(p *Place, c *cand) {
	d := &g.src.doors[c.door]
	p.Key, p.ID = d.key, "door:"+d.key
	p.HouseNumber = strings.TrimRight(value(d.number), "号號") // of the door, though another was asked for and this is the nearest
	unit := g.style.number
	if strings.ContainsAny(value(d.number), "号號幢栋") {
		unit = ""
	}
	p.Name = value(d.road) + value(d.number) + unit
	p.Label = d.address
}

func (g *Geocoder) nameRoad(p *Place, c *cand) {
	switch {
	case c.level == levelMouth:
		p.Name = p.Road + "口"
	case c.bridge:
		p.Name = p.Road + "桥"
	case c.road2 >= 0 && (c.level == levelIntersection || c.level == levelOffset):
		p.Name = g.crossName(c.road, c.road2)
	case c.road2 >= 0:
		p.Name = g.roads[c.road].name + "至" + g.roads[c.road2].name
		if c.on >= 0 {
			p.Road = g.roads[c.on].name
			p.Name = p.Road + "（" + p.Name + "）"
		}
	case c.upTo != 0:
		p.Name = p.Road + p.HouseNumber + "至" + c.upTo.String() + g.style.number
	case c.num != 0:
		p.Name = p.Road + p.HouseNumber + g.style.number
	default:
		p.Name = p.Road
		if c.road >= 0 {
			p.Key = g.roads[c.road].key
		}
	}
	if p.Key != "" {
		p.ID = p.Layer + ":" + p.Key
	} else {
		p.ID = p.Layer + ":" + p.Name
	}
}

// crossName names an intersection; a lane's mouth is named by the lane.
func (g *Geocoder) crossName(a, b int32) string {
	if g.roads[a].parent == b {
		return g.roads[a].name + "口"
	}
	if g.roads[b].parent == a {
		return g.roads[b].name + "口"
	}
	return g.roads[a].name + g.style.and + g.roads[b].name + "交叉口"
}

// style is how this city writes: simplified or traditional.
type style struct {
	number, and string
	words       *strings.Replacer // our own words as this city writes them
}

func styleOf(src *source) style {
	for i, d := range src.doors {
		if strings.Contains(d.address, "號") {
			return style{"號", "與", strings.NewReplacer("东", "東", "侧", "側", "对", "對", "门", "門", "头", "頭", "个", "個")}
		}
		if i > 1000 {
			break
		}
	}
	return style{"号", "与", strings.NewReplacer()}
}

func (g *Geocoder) offsetText(sc *scratch, c *cand, i int32) string {
	off := &sc.phrases[i].off
	if !off.used && sc.phrases[i].heirOf < 0 && i > 0 {
		off = &sc.phrases[i-1].off
	}
	if c.end >= 0 {
		return g.style.words.Replace(directionNames[c.end] + "头")
	}
	if q := c.q; q > 0 && sc.phrases[q].bld != 0 && sc.phrases[q].heirOf == c.p {
		return g.style.words.Replace(sc.phrases[c.p].bld.String() + "号楼" + g.style.and + sc.phrases[q].bld.String() + "号楼之间")
	}
	if off.near {
		return g.style.words.Replace("附近路口")
	}
	s := make([]byte, 0, 64)
	if p := &sc.phrases[i]; p.end >= 0 {
		part := "头"
		if p.endPart {
			part = "段"
		}
		s = append(append(s, directionNames[p.end]...), part...)
	}
	if off.gate >= 0 {
		s = append(append(s, directionNames[off.gate]...), "门"...)
	}
	if off.dir >= 0 {
		s = append(s, directionNames[off.dir]...)
		switch {
		case off.nth > 0:
			s = append(strconv.AppendInt(append(s, "第"...), int64(off.nth), 10), "个路口"...)
		case off.metres > 0:
			s = append(strconv.AppendInt(s, int64(off.metres), 10), "米"...)
		case off.corner:
			s = append(s, "角"...)
		default:
			s = append(s, "侧"...)
		}
	}
	if off.dir2 >= 0 && off.metres2 > 0 {
		s = append(strconv.AppendInt(append(s, directionNames[off.dir2]...), int64(off.metres2), 10), "米"...)
	}
	if off.sideDir >= 0 {
		s = append(append(s, "路"...), directionNames[off.sideDir]...)
	}
	if off.rel == relOpposite || off.rel == relDiagonal {
		s = append(s, "对面"...)
	}
	return g.style.words.Replace(string(s))
}

// useOf says in one word what a phrase was taken for.
func (p *phrase) useOf() string {
	switch {
	case p.has(entryRoad):
		return "road"
	case p.has(entryPOI):
		return "poi"
	case p.has(entryCommunity):
		return "community"
	}
	return "street"
}

// placeReasons says which words made this place.
func (g *Geocoder) placeReasons(sc *scratch, c *cand) []Reason {
	out := make([]Reason, 0, 3) // seldom more
	add := func(s, e int32, use string) {
		if s < e {
			out = append(out, Reason{Word: strings.TrimSpace(sc.f.Original(int(s), int(e))), Use: use})
		}
	}
	for _, i := range [2]int32{c.p, c.q} {
		if i < 0 {
			continue
		}
		p := &sc.phrases[i]
		if l := g.localIn(sc, &p.m); l != nil {
			out = append(out, l.reason(sc.f.Original(int(p.m.s), int(p.m.e))))
		} else {
			n := len(out)
			add(p.s, p.nameEnd, p.useOf())
			if len(out) > n && c.has(faultFormer) {
				out[n].Years = g.yearsOf(sc, &p.m)
			}
		}
		if p.num != 0 && p.e > p.nameEnd {
			add(p.nameEnd, p.e, "number")
		}
		if p.off.used {
			add(p.off.s, p.off.e, "offset")
		}
	}
	if c.comp != nil || c.grid >= 0 {
		out = append(out, Reason{Word: sc.f.Source(), Use: "code"})
		if c.comp != nil {
			out[len(out)-1].Word = c.comp.key
			if c.has(faultFormerCode) {
				out[len(out)-1] = Reason{Word: sc.former, Use: "former_code"}
				return out
			}
			for _, s := range []string{c.comp.label, c.comp.given} {
				if s != "" && strings.Contains(strings.ToLower(sc.f.Source()), strings.ToLower(s)) {
					out[len(out)-1].Word = s
				}
			}
		} else {
			out[len(out)-1].Word = g.src.grids[c.grid].code
		}
	}
	if c.level == levelCoordinate {
		out = append(out, Reason{Word: sc.f.Source(), Use: "coordinate"})
	}
	if c.has(faultRoadUnknown) {
		add(sc.unknownS, sc.unknownE, "unknown_road")
	}
	if c.has(faultNearestNumber) && c.door >= 0 { // which number stands in for the one said
		out = append(out, Reason{Word: value(g.src.doors[c.door].number), Use: "nearest_number"})
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// yearsOf returns when the former name that was found was borne, "" when that is not on file or it is no former name.
func (g *Geocoder) yearsOf(sc *scratch, m *match) string {
	name := sc.f.Runes[m.s:m.e]
	years := func(former string) string {
		for _, n := range strings.FieldsFunc(former, separates) {
			if n, y := cutYears(n); y != "" && text.Fold(n) == string(name) {
				return y
			}
		}
		return ""
	}
	for _, e := range m.entries {
		y := ""
		switch {
		case e.how != nameFormer:
		case e.kind == entryPOI:
			y = years(g.src.pois[e.idx].former)
		case e.kind == entryStreet || e.kind == entryCommunity:
			y = years(g.src.areas[e.idx].former)
		case e.kind == entryRoad:
			for i := range g.src.roads {
				if y == "" {
					y = years(g.src.roads[i].former)
				}
			}
		}
		if y != "" {
			return y
		}
	}
	return ""
}

// textReasons says what each understood word of the text was taken for, in the order of the text.
func (g *Geocoder) textReasons(sc *scratch) []Reason {
	var out []Reason
	add := func(r Reason) {
		if out == nil {
			out = make([]Reason, 0, len(sc.toks))
		}
		out = append(out, r)
	}
	for i := range sc.toks {
		t := &sc.toks[i]
		use := ""
		switch t.kind {
		case tokName:
			if l := g.localIn(sc, &sc.all[t.m]); l != nil {
				add(l.reason(sc.f.Original(int(t.s), int(t.e))))
				continue
			}
			switch e := sc.all[t.m].entries[0]; e.kind {
			case entryRoad:
				use = "road"
			case entryStreet:
				use = "street"
			case entryCommunity:
				use = "community"
			case entryPOI:
				use = "poi"
			case entryAdmin:
				use = "admin"
			case entryClass:
				use = "class"
			}
		case tokNumber:
			switch t.num.unit {
			case unitDoor:
				use = "number"
			case unitSection:
				use = "section"
			case unitLane, unitAlley, unitSubAlley:
				use = "lane"
			case unitMetre, unitKilometre:
				use = "distance"
			}
		case tokCross:
			use = "intersection"
		case tokDir, tokRel:
			use = "offset"
		}
		if use != "" {
			r := Reason{Word: strings.TrimSpace(sc.f.Original(int(t.s), int(t.e))), Use: use}
			if t.kind == tokName {
				r.Years = g.yearsOf(sc, &sc.all[t.m])
			}
			add(r)
		}
	}
	return out
}

// parsed gives the parts of the text by name.
func (g *Geocoder) parsed(sc *scratch) map[string]string {
	m := make(map[string]string)
	set := func(k, v string) {
		if _, dup := m[k]; !dup && v != "" {
			m[k] = strings.TrimSpace(v)
		}
	}
	for _, a := range sc.areas {
		k := "community"
		if a.entries[0].kind == entryStreet {
			k = "street"
		}
		set(k, sc.f.Original(int(a.s), int(a.e)))
	}
	for i := range sc.phrases {
		p := &sc.phrases[i]
		words := sc.f.Original(int(p.s), int(p.nameEnd))
		switch {
		case p.has(entryRoad):
			if p.cross && i > 0 && sc.phrases[i-1].has(entryRoad) {
				set("cross_road", words)
			}
			set("road", words)
			if p.num != 0 {
				set("house_number", p.num.String())
			}
		case p.has(entryPOI):
			set("venue", words)
		}
		if p.off.used {
			set("offset", sc.f.Original(int(p.off.s), int(p.off.e)))
		}
	}
	return m
}
