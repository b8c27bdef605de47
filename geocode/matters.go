package geocode

import (
	"cmp"
	"slices"
	"strings"

	"wanmi/geocode/text"
)

// matters finds the words for matters in a text. It stands apart from the gazetteer: a complaint takes no part in reading the place,
// and what the place's name holds is no complaint.
type matters struct {
	names *trie // … is an edge like any other
	words []classWord
	begin [0x10000 / 64]uint64 // bits by rune: a word begins so
}

// newMatters files the words; of two for the same spelling the first wins. A word that cannot be read is left out: [CheckMatterWord] tells.
func newMatters(cfg *Config) *matters {
	m := &matters{}
	if len(cfg.Matters) == 0 {
		return m
	}
	m.names = newTrie()
	for _, w := range cfg.Matters {
		all, err := spellings(w.Word)
		if err != nil {
			continue
		}
		one := classWord{word: w.Word, codes: w.Codes, names: make([]string, len(w.Codes))}
		for i, c := range w.Codes {
			one.names[i] = cfg.MatterNames[c]
		}
		for _, s := range all {
			r := []rune(s)
			if r[0] < 0x10000 {
				m.begin[r[0]/64] |= 1 << (r[0] % 64)
			}
			m.names.add(r, entry{kind: entryClass, idx: int32(len(m.words))})
		}
		m.words = append(m.words, one)
	}
	m.names.freeze()
	return m
}

// piece is a stretch of the text, in runes.
type piece struct{ s, e int32 }

func (a piece) within(b piece) bool { return a.s >= b.s && a.e <= b.e }

// matterHit is a word for matters found in the text.
type matterHit struct {
	word   int32
	weight int32 // runes of its parts
	n      int32 // parts
	parts  [maxParts]piece
}

func (h *matterHit) whole() piece { return piece{h.parts[0].s, h.parts[h.n-1].e} }

// better reports whether h is the likelier reading of what both cover: the longer word, then the closer one, then the earlier, then that in one piece.
func (h *matterHit) better(o *matterHit) bool {
	a, b := h.whole(), o.whole()
	return cmp.Or(cmp.Compare(o.weight, h.weight), cmp.Compare(a.e-a.s, b.e-b.s), cmp.Compare(a.s, b.s), cmp.Compare(h.n, o.n)) < 0
}

// maxMatterHits bounds the words looked at in one text.
const maxMatterHits = 128

// matterHits returns the classes of the matters the text names: those of streets (majors 06 to 10) first, each in the order of the text. classes
// are the components it names.
func (g *Geocoder) matterHits(sc *scratch, classes []ClassHit) []ClassHit {
	if g.matters.names == nil {
		return nil
	}
	sc.matters = sc.matters[:0]
	r := sc.f.Runes
	for i := range r {
		if uint32(r[i]) < 0x10000 && g.matters.begin[r[i]/64]>>(r[i]%64)&1 != 0 && (i == 0 || !text.Alnum(r[i]) || !text.Alnum(r[i-1])) {
			g.matters.walk(sc, matterHit{n: 1, parts: [maxParts]piece{{int32(i), int32(i)}}}, cursor{})
		}
	}
	if len(sc.matters) == 0 {
		return nil
	}
	sc.matters = slices.DeleteFunc(sc.matters, func(h matterHit) bool { return sc.noMatter(&h) })
	sc.keepBestMatters()
	return g.matters.hits(sc, classes)
}

// walk follows the words on from a cursor, to which h was read.
func (m *matters) walk(sc *scratch, h matterHit, at cursor) {
	r := sc.f.Runes
	last := &h.parts[h.n-1]
	for j := last.e; int(j) < len(r); j++ {
		var ok bool
		if at, ok = m.names.step(at, r[j]); !ok {
			return
		}
		last.e = j + 1
		h.weight++
		if text.Alnum(r[j]) && int(j)+1 < len(r) && text.Alnum(r[j+1]) {
			continue
		}
		if at.named() && len(sc.matters) < maxMatterHits {
			h.word = m.names.at(at)[0].idx
			sc.matters = append(sc.matters, h)
		}
		if h.n == maxParts {
			continue
		}
		gap, ok := m.names.step(at, gapRune)
		if !ok {
			continue
		}
		on := h
		on.n++
		between := 0
		for k := j + 1; int(k) < len(r) && between <= longestGap; k++ {
			if k > j+1 && inCode(r[k]) && inCode(r[k-1]) {
				continue // a number or a code counts as one
			}
			if _, ok := m.names.step(gap, r[k]); ok {
				on.parts[on.n-1] = piece{k, k}
				m.walk(sc, on, gap)
			}
			if endsClause(r[k]) {
				break
			}
			between++
		}
	}
}

func inCode(r rune) bool { return text.Alnum(r) || r == '-' }

func endsClause(r rune) bool { return r == '。' || r == '!' || r == '?' || r == ';' || r == '\n' }

// noMatter reports whether a word found is part of something else: of a place's name, as 噪 in a shop's; of a longer word for components, as
// 垃圾 in 垃圾桶; or of two things, one of which stands in its gap: 路面护栏破了 is about the rail.
func (sc *scratch) noMatter(h *matterHit) bool {
	for _, p := range h.parts[:h.n] {
		if sc.inPlace(p) {
			return true
		}
	}
	for k := range sc.all {
		m := &sc.all[k]
		if m.entries[len(m.entries)-1].kind != entryClass { // of several kinds it comes last
			continue
		}
		at := piece{m.s, m.e}
		for i, p := range h.parts[:h.n] {
			if p.within(at) && p != at {
				return true
			}
			if i > 0 && at.e-at.s > 1 && at.within(piece{h.parts[i-1].e, p.s}) {
				return true
			}
		}
	}
	return false
}

// inPlace reports whether a stretch lies in the name taken for a place.
func (sc *scratch) inPlace(p piece) bool {
	for i := range sc.toks {
		if t := &sc.toks[i]; t.kind == tokName && p.within(piece{t.s, t.e}) && sc.all[t.m].entries[0].kind != entryClass {
			return true
		}
	}
	return false
}

// keepBestMatters leaves the best of those that overlap, in the order of the text.
func (sc *scratch) keepBestMatters() {
	all := sc.matters
	slices.SortFunc(all, func(a, b matterHit) int {
		switch {
		case a.better(&b):
			return -1
		case b.better(&a):
			return 1
		}
		return 0
	})
	n := 0
	for _, h := range all {
		w := h.whole()
		if !slices.ContainsFunc(all[:n], func(o matterHit) bool { ow := o.whole(); return w.s < ow.e && ow.s < w.e }) {
			all[n] = h
			n++
		}
	}
	sc.matters = all[:n]
	slices.SortFunc(sc.matters, func(a, b matterHit) int { return cmp.Compare(a.parts[0].s, b.parts[0].s) })
}

// hits makes the answer's list. A matter of components is left out when the text names the component itself, and one that only
// says what a component suffers from too: 雨水箅子被垃圾堵住了 is about the grate.
func (m *matters) hits(sc *scratch, classes []ClassHit) []ClassHit {
	var out []ClassHit
	for _, ofStreet := range [2]bool{true, false} {
		for i := range sc.matters {
			h := &sc.matters[i]
			w, at := &m.words[h.word], h.whole()
			street := w.codes[0] >= "06"
			if street != ofStreet || len(classes) > 0 && (!street || sc.agent(&match{s: at.s, e: at.e})) {
				continue
			}
			for k, code := range w.codes {
				if !slices.ContainsFunc(out, func(o ClassHit) bool { return o.Code == code }) {
					out = append(out, ClassHit{Code: code, Name: w.names[k], Word: strings.TrimSpace(sc.f.Original(int(at.s), int(at.e)))})
				}
			}
		}
	}
	return out
}
