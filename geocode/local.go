package geocode

import (
	"slices"
	"strings"

	"wanmi/geocode/text"
	"wanmi/gis"
)

// layerLocal is the layer of what the city has taught: words people use for a stored place (an alias), or for a point that has no row of
// its own (a rule). A taught name goes before the points of interest that bear exactly these words.
const layerLocal = "local_name"

// localRec is a row of local_name.
type localRec struct {
	key, name string
	place     string // layer:key of what it names, "" for a rule
	by        string // who corrected and who accepted, for the reasons
	at        pt
	to        localTo
}

// localTo is what a local name stands for: a row of source.pois, source.areas or source.roads.
type localTo struct {
	kind entryKind
	rule bool // its own point, filed as one of source.pois
	idx  int32
}

func newLocalRec(f gis.Feature, at pt) localRec {
	l := localRec{key: f.Key, name: f.Text("name"), place: f.Text("place"), by: f.Text("reported_by"), at: at}
	if a := f.Text("accepted_by"); a != "" && a != l.by {
		l.by = strings.TrimPrefix(l.by+"，审核 "+a, "，")
	}
	return l
}

// bindLocals finds what each local name stands for. The point of a rule, and of an alias whose place is not stored any more, becomes one of
// the points of interest, behind all others.
func (s *source) bindLocals() {
	if n := len(s.pois); n > 0 && s.pois[n-1].layer == layerLocal {
		s.pois = without(s.pois, func(p poiRec) bool { return p.layer == layerLocal })
	}
	if len(s.locals) == 0 {
		return
	}
	s.locals = slices.Clone(s.locals)
	slices.SortFunc(s.locals, func(a, b localRec) int { return strings.Compare(a.key, b.key) })
	stored := s.find(s.locals)
	s.pois = slices.Clip(s.pois)
	for i := range s.locals {
		l := &s.locals[i]
		if to, ok := stored[l.place]; ok {
			l.to = to
			continue
		}
		l.to = localTo{kind: entryPOI, rule: true, idx: int32(len(s.pois))}
		s.pois = append(s.pois, poiRec{layer: layerLocal, key: l.key, name: l.name, at: l.at})
	}
}

// find looks up the places that local names stand for.
func (s *source) find(locals []localRec) map[string]localTo {
	keys := make(map[string]bool) // of any layer: few rows pass, and only their full names are made
	for _, l := range locals {
		if _, key, ok := strings.Cut(l.place, ":"); ok {
			keys[key] = true
		}
	}
	out := make(map[string]localTo)
	if len(keys) == 0 {
		return out
	}
	for i := range s.pois {
		if p := &s.pois[i]; keys[p.key] {
			out[p.layer+":"+p.key] = localTo{kind: entryPOI, idx: int32(i)}
		}
	}
	for i := range s.areas {
		if a := &s.areas[i]; keys[a.key] {
			k, layer := entryCommunity, "community"
			if a.isStreet {
				k, layer = entryStreet, "street"
			}
			out[layer+":"+a.key] = localTo{kind: k, idx: int32(i)}
		}
	}
	for i := range s.roads {
		if r := &s.roads[i]; keys[r.key] {
			out["road:"+r.key] = localTo{kind: entryRoad, idx: int32(i)}
		}
	}
	return out
}

// fileLocals files the local names.
func (g *Geocoder) fileLocals(t *roadTable) {
	g.locals, g.localTo = make(map[string][]int32), make([]entry, len(g.src.locals))
	var f text.Folded
	for i := range g.src.locals {
		l := &g.src.locals[i]
		e := entry{kind: l.to.kind, how: nameLocal, idx: l.to.idx}
		switch {
		case l.to.rule:
			e.how = nameRule
		case e.kind == entryRoad:
			rd := &t.roads[t.byName[g.src.roads[l.to.idx].name]]
			e.idx, e.section = rd.base, uint8(rd.section)
		}
		g.localTo[i] = e
		if f.Set(l.name); len(f.Runes) > 1 {
			g.names.add(f.Runes, e)
			g.locals[string(f.Runes)] = append(g.locals[string(f.Runes)], int32(i))
		}
	}
}

// localIn returns the local name that a name found in the text is; nil when it is none.
func (g *Geocoder) localIn(sc *scratch, m *match) *localRec {
	for _, e := range m.entries {
		if !e.local() {
			continue
		}
		for _, i := range g.locals[string(sc.f.Runes[m.s:m.e])] {
			if g.localTo[i].same(e) {
				return &g.src.locals[i]
			}
		}
	}
	return nil
}

func (l *localRec) reason(words string) Reason {
	use := "local_alias"
	if l.to.rule {
		use = "local_rule"
	}
	return Reason{Word: strings.TrimSpace(words), Use: use, By: l.by, Ref: layerLocal + ":" + l.key}
}

// poiAlias is a local name of a point of interest.
type poiAlias struct {
	name string
	poi  int32
}

func (s *source) poiAliases() []poiAlias {
	var out []poiAlias
	for _, l := range s.locals {
		if l.to.kind == entryPOI && !l.to.rule {
			out = append(out, poiAlias{l.name, l.to.idx})
		}
	}
	return out
}
