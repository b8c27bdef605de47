package geocode

import (
	"slices"
	"strings"

	"wanmi/geocode/text"
)

// A text in pinyin or English, spaced or not, is rewritten with the names and words of this city in Chinese and then read like any
// other: guangmingxilu147hao and No.147 Guangming West Road become 光明西路147号. Names that sound alike stay readings of one stretch.

// latinMost bounds the letters read: nobody writes a longer address.
const latinMost = 160

// latinWords are the words around names in pinyin, longest first where one begins another.
var latinWords = [...]struct{ latin, han string }{
	{"jiaochalukou", "交叉路口"},
	{"shizilukou", "十字路口"},
	{"jiaochakou", "交叉口"},
	{"jiaohuichu", "交汇处"},
	{"duimian", "对面"},
	{"pangbian", "旁边"},
	{"menkou", "门口"},
	{"menqian", "门前"},
	{"fujin", "附近"},
	{"lukou", "路口"},
	{"danyuan", "单元"},
	{"haolou", "号楼"},
	{"duan", "段"},
	{"nong", "弄"},
	{"zuoyou", "左右"},
	{"dongbei", "东北"},
	{"dongnan", "东南"},
	{"xibei", "西北"},
	{"xinan", "西南"},
	{"hao", "号"},
	{"dong", "东"},
	{"nan", "南"},
	{"bei", "北"},
	{"wang", "往"},
	{"xiang", "向"},
	{"zhi", "至"},
	{"dao", "到"},
	{"lou", "楼"},
	{"ce", "侧"},
	{"bian", "边"},
	{"mi", "米"},
	{"xi", "西"},
	{"yu", "与"},
	{"he", "和"},
	{"lu", "路"},
	{"de", "的"},
}

// englishWords are English words, as pinyin where they may be part of a name, else as what they mean; "" says nothing.
var englishWords = map[string]struct{ pinyin, han string }{
	"road": {pinyin: "lu"}, "rd": {pinyin: "lu"}, "street": {pinyin: "jie"}, "st": {pinyin: "jie"}, "avenue": {pinyin: "dajie"}, "ave": {pinyin: "dajie"},
	"boulevard": {pinyin: "dadao"}, "blvd": {pinyin: "dadao"}, "lane": {pinyin: "xiang"}, "alley": {pinyin: "hutong"},
	"east": {pinyin: "dong"}, "west": {pinyin: "xi"}, "south": {pinyin: "nan"}, "north": {pinyin: "bei"}, "middle": {pinyin: "zhong"},
	"no": {han: ""}, "number": {han: ""}, "and": {han: "与"}, "at": {han: "与"}, "of": {han: ""}, "the": {han: ""}, "intersection": {han: ""}, "crossing": {han: ""},
	"junction": {han: ""}, "corner": {han: ""}, "near": {han: ""}, "crossroads": {han: ""}, "m": {han: "米"}, "meters": {han: "米"}, "metres": {han: "米"},
	"from": {han: ""}, "opposite": {han: ""}, "to": {han: "至"}, "between": {han: ""},
}

// latinReader rewrites one text.
type latinReader struct {
	g     *Geocoder
	r     []rune
	words []latinWord
	out   []rune
	from  []int32   // where in r each rune of out came from
	names []match   // in out
	early [4]string // numbers of section, lane, alley and house said before the road, as English does: No.6, Lane 423, Wanda Rd.
}

// numberWords are the English words before a number, by its place in latinReader.early and the word behind it in Chinese.
var numberWords = map[string]struct {
	at  int
	han rune
}{"sec": {0, '段'}, "section": {0, '段'}, "lane": {1, '巷'}, "ln": {1, '巷'}, "alley": {2, '弄'}, "aly": {2, '弄'}, "no": {3, '号'}, "number": {3, '号'}}

type latinWord struct {
	s, e   int    // in r
	pinyin string // of an English word, else the word itself
	plain  bool   // an English word that is no part of a name
	han    string
}

// latinMatches rewrites sc.f when names of the city stand in it in Latin letters and returns them as matches; the text as it was can be had
// again by setting it. nil: nothing was found and nothing changed.
func (g *Geocoder) latinMatches(sc *scratch) []match {
	r := sc.f.Runes
	letters := 0
	for _, c := range r {
		if letterRune(c) {
			letters++
		}
	}
	if letters < 4 || letters > latinMost {
		return nil
	}
	l := latinReader{g: g, r: r}
	l.cut()
	l.read()
	if len(l.names) == 0 {
		return nil
	}
	sc.f.Rewrite(l.out, l.from)
	return l.names
}

func letterRune(r rune) bool { return 'a' <= r && r <= 'z' }

// cut finds the words and turns English ones into pinyin, also at the end of a word: guangmingwestroad.
func (l *latinReader) cut() {
	for i := 0; i < len(l.r); {
		if !letterRune(l.r[i]) {
			i++
			continue
		}
		j := i
		for j < len(l.r) && letterRune(l.r[j]) {
			j++
		}
		w := latinWord{s: i, e: j, pinyin: string(l.r[i:j])}
		if e, ok := englishWords[w.pinyin]; ok {
			w.plain, w.han = e.pinyin == "", e.han
			if !w.plain {
				w.pinyin = e.pinyin
			}
		} else {
			for _, k := range [...]string{"road", "street", "avenue", "boulevard", "lane"} {
				if stem, ok := strings.CutSuffix(w.pinyin, k); ok && len(stem) > 2 {
					for _, d := range [...]string{"east", "west", "south", "north", "middle"} {
						if s, ok := strings.CutSuffix(stem, d); ok && len(s) > 2 {
							stem = s + englishWords[d].pinyin
						}
					}
					w.pinyin = stem + englishWords[k].pinyin
				}
			}
		}
		l.words = append(l.words, w)
		i = j
	}
}

// read writes l.out.
func (l *latinReader) read() {
	var later []rune // 50 m east of X: said before the place, needed behind it
	for i, k := 0, 0; i < len(l.r); {
		if k < len(l.words) && i == l.words[k].s {
			if off, next, to := l.offsetBefore(k); next > k {
				later = append(later, off...)
				k, i = next, to
				continue
			}
			if to := l.numbered(k); to > i {
				k, i = k+1, to
				continue
			}
			next := l.name(k)
			if next == k {
				l.word(&l.words[k])
				next++
			}
			k = next
			i = l.words[k-1].e
			if len(l.names) > 0 {
				l.flush(i)
			}
			continue
		}
		if c := l.r[i]; c != ' ' && c != '\'' && c != '.' || k > 0 && c == '.' && text.Digit(l.last()) {
			l.put(c, i)
		}
		i++
	}
	l.flush(len(l.r))
	for _, c := range later {
		l.put(c, len(l.r))
	}
}

func (l *latinReader) last() rune {
	if len(l.out) == 0 {
		return 0
	}
	return l.out[len(l.out)-1]
}

func (l *latinReader) put(c rune, from int) {
	l.out, l.from = append(l.out, c), append(l.from, int32(from))
}

// name reads the longest name of the city that begins with word k and ends inside or at the end of one; inside, the rest of that word is read
// on. It returns the word behind it, k when there is none.
func (l *latinReader) name(k int) int {
	if l.words[k].plain {
		return k
	}
	var b strings.Builder
	var ends []int
	last := k
	for ; last < len(l.words) && last < k+8 && !l.words[last].plain && (last == k || l.joined(last)); last++ {
		b.WriteString(l.words[last].pinyin)
		ends = append(ends, b.Len())
	}
	key := b.String()
	n, es := l.g.suggest.longest(key)
	if swapped := l.swapped(k, last); swapped != "" { // West Guangming Road
		if m, other := l.g.suggest.longest(swapped); m > n {
			key, n, es = swapped, m, other
		}
	}
	if n < 4 {
		return k
	}
	for i, e := range ends {
		switch {
		case e < n:
			continue
		case e == n:
			l.putName(es, l.words[k].s)
			return k + i + 1
		}
		// The name ends inside a word: the rest must read on, as hao, or as another name.
		w := l.words[k+i]
		rest := w.pinyin[len(w.pinyin)-(e-n):]
		if !l.readsOn(rest) {
			return k
		}
		l.putName(es, l.words[k].s)
		l.words[k+i] = latinWord{s: w.e - min(len(rest), w.e-w.s), e: w.e, pinyin: rest}
		if next := l.name(k + i); next > k+i {
			return next
		}
		l.word(&l.words[k+i])
		return k + i + 1
	}
	return k
}

// joined reports whether only a blank, hyphen or apostrophe stands between word k and the one before.
func (l *latinReader) joined(k int) bool {
	for _, c := range l.r[l.words[k-1].e:l.words[k].s] {
		if c != ' ' && c != '-' && c != '\'' {
			return false
		}
	}
	return true
}

// putName writes a name in Chinese, a number before it as its house number: 147 Guangming West Road.
func (l *latinReader) putName(es []entry, from int) {
	n := len(l.out)
	for n > 0 && (l.out[n-1] == ',' || text.Digit(l.out[n-1])) {
		n--
	}
	if n == 0 && len(l.out) > 0 && len(l.out) < 7 && es[0].kind == entryRoad {
		for len(l.out) > 0 && l.last() == ',' {
			l.out, l.from = l.out[:len(l.out)-1], l.from[:len(l.from)-1]
		}
		if len(l.out) > 0 {
			l.put('号', from)
		}
	}
	m := match{s: int32(len(l.out)), cost: .05}
	if len(es) > 1 {
		m.cost = .08
	}
	for _, c := range l.g.entryName(es[0]) {
		l.put(c, from)
	}
	m.e = int32(len(l.out))
	m.weight = 10 * (m.e - m.s)
	for _, e := range es { // with what else bears the name: a suggestion stands for many
		for _, o := range l.g.names.find(l.g.entryName(e)) {
			if o.kind == e.kind && !slices.ContainsFunc(m.entries, o.same) && len(m.entries) < 64 {
				o.how = namePinyin
				m.entries = append(m.entries, o)
			}
		}
	}
	l.names = append(l.names, m)
}

// entryName is the folded name of what an entry stands for.
func (g *Geocoder) entryName(e entry) []rune {
	s := ""
	switch e.kind {
	case entryRoad:
		s = g.bases[e.idx].name
	case entryPOI:
		s = g.src.pois[e.idx].name
	case entryStreet, entryCommunity:
		s = g.src.areas[e.idx].name
	}
	return []rune(text.Fold(s))
}

// longest returns what is spelt in full by the longest beginning of p that is the pinyin of a name, and its length.
func (x *suggestIndex) longest(p string) (int, []entry) {
	lo, hi := 0, len(x.keys)
	best, at := 0, 0
	for n := 1; n <= len(p) && lo < hi; n++ {
		c := p[n-1]
		i, _ := slices.BinarySearchFunc(x.keys[lo:hi], c, func(k suggestKey, c byte) int { return byteAt(k.key, n-1) - int(c) })
		j, _ := slices.BinarySearchFunc(x.keys[lo:hi], c, func(k suggestKey, c byte) int { return byteAt(k.key, n-1) - int(c) - 1 })
		lo, hi = lo+i, lo+j
		for k := lo; k < hi && len(x.keys[k].key) == n; k++ {
			if x.keys[k].full {
				best, at = n, lo
				break
			}
		}
	}
	var out []entry
	for k := at; best > 0 && k < len(x.keys) && x.keys[k].key == p[:best] && len(out) < 8; k++ {
		e := x.keys[k].e
		if x.keys[k].full && !slices.ContainsFunc(out, func(o entry) bool { return o.kind == e.kind && o.idx == e.idx }) {
			out = append(out, e)
		}
	}
	return best, out
}

// byteAt is the byte of s at i, -1 behind its end.
func byteAt(s string, i int) int {
	if i >= len(s) {
		return -1
	}
	return int(s[i])
}
