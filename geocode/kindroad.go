package geocode

import (
	"slices"
	"strings"

	"wanmi/geocode/text"
)

// What is called by its kind or its brand beside a road: 公园东路城商银行门口, 新川路上那家羊汤馆.
const (
	kindBesideM = 50 // from the road's edge, in metres
	kindAway    = 4  // runes between the road and the word: 建设路上的那家药店
	kindRoads   = 3  // of a text are looked along
	kindMost    = 8  // more of a kind on one road are no answer
)

// kindsBeside reads a kind or a brand behind a road: the places of it that stand on the road, one answer each when they are a few.
func (g *Geocoder) kindsBeside(sc *scratch) {
	r := sc.f.Runes
	looked := 0
	for i := range sc.phrases {
		p := &sc.phrases[i]
		if !p.has(entryRoad) || p.num != 0 || p.course || p.link == linkTo {
			continue
		}
		var beside []besidePOI
		for k := int(p.e); k+1 < len(r) && k <= int(p.e)+kindAway && sc.unread(k); k++ {
			if g.grams.postings(uint64(r[k])<<32|uint64(r[k+1])) == nil && kindWords[string(r[k:k+2])] == nil {
				continue
			}
			if beside == nil {
				if looked++; looked > kindRoads {
					return
				}
				beside = g.besideRoad(p)
			}
			if w, pois := g.calledSo(r[k:], beside); len(pois) > 0 {
				if len(pois) <= kindMost && len(sc.phrases) < maxPhrases {
					g.addKinds(sc, int32(i), k, w, pois)
				}
				return
			}
		}
	}
}

// unread reports whether no place's name was taken at i.
func (sc *scratch) unread(i int) bool {
	return sc.pick[i] < 0 || sc.all[sc.pick[i]].entries[0].kind == entryClass
}

// besidePOI is a point of interest by a road.
type besidePOI struct {
	idx  int32
	name []rune
}

// besideRoad returns the points of interest by the roads a phrase may mean.
func (g *Geocoder) besideRoad(p *phrase) []besidePOI {
	var ids []int32
	g.phraseRoads(p, func(_ onRoad, id int32, _ int) {
		reach := g.roads[id].half + kindBesideM
		for _, l := range g.roads[id].geom {
			for i := 1; i < len(l); i++ {
				g.poiGrid.search(boxOf(line{l[i-1], l[i]}).pad(reach), func(k int32) bool {
					o := &g.src.pois[k]
					if q, _ := project(o.at, l[i-1], l[i]); q.dist(o.at) <= reach && o.layer == "poi" {
						ids = append(ids, k)
					}
					return true
				})
			}
		}
	})
	slices.Sort(ids)
	ids = slices.Compact(ids)
	out := make([]besidePOI, len(ids))
	for i, k := range ids {
		out[i] = besidePOI{k, []rune(text.Fold(g.src.pois[k].name))}
	}
	return out
}

// calledSo returns how many runes at the beginning of r are a word for some of the places, and those: a kind their names end in, or a brand, of three runes
// or more, that they begin with. What has its address on the road by its own words comes before what only stands near.
func (g *Geocoder) calledSo(r []rune, of []besidePOI) (n int, pois []int32) {
	const longest = 6
	for n = min(longest, len(r)); n >= 2; n-- {
		w := r[:n]
		more, known := kindWords[string(w)]
		for _, b := range of {
			if ends := (known || n > 2) && hasEnd(b.name, w); ends || n > 2 && len(b.name) > n+1 && slices.Equal(b.name[:n], w) ||
				slices.ContainsFunc(more, func(k string) bool { return strings.HasSuffix(string(b.name), k) }) {
				pois = append(pois, b.idx)
			}
		}
		if len(pois) > 0 {
			return n, pois
		}
	}
	return 0, nil
}

func hasEnd(name, w []rune) bool {
	return len(name) > len(w) && slices.Equal(name[len(name)-len(w):], w)
}

// addKinds makes a candidate of each place, of a phrase of its own that takes over what the text says behind the word of where it is from there.
func (g *Geocoder) addKinds(sc *scratch, i int32, from, n int, pois []int32) {
	road := &sc.phrases[i]
	var addressed []int32
	for _, k := range pois {
		address := value(g.src.pois[k].address)
		if slices.ContainsFunc(road.m.entries, func(e entry) bool { return e.kind == entryRoad && strings.HasPrefix(address, g.bases[e.idx].name) }) {
			addressed = append(addressed, k)
		}
	}
	if len(addressed) > 0 {
		pois = addressed
	}
	p := phrase{s: int32(from), e: int32(from + n), nameEnd: int32(from + n), heirOf: -1, end: -1, off: noOffset()}
	p.m.s, p.m.e = p.s, p.e
	for _, k := range pois {
		p.m.entries = append(p.m.entries, entry{kind: entryPOI, how: nameShort, idx: k})
	}
	if road.off.used && road.off.s >= p.e {
		p.off = road.off
	}
	sc.phrases = append(sc.phrases, p)
	for _, k := range pois {
		c := newCand(levelPOI, g.src.pois[k].at, max(20, g.src.pois[k].radius))
		c.p, c.poi = int32(len(sc.phrases)-1), k
		c.fault(faultShort, .1)
		sc.addCand(c)
	}
}
