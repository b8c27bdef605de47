package geocode

import (
	"slices"
	"strings"

	"wanmi/geocode/text"
)

// numbered reads Lane 423, Sec. 3, No. 6 at word k and returns where the number ends; 0 when the word is no such or no number follows. Before any
// name the number waits for its road.
func (l *latinReader) numbered(k int) int {
	w, ok := numberWords[string(l.r[l.words[k].s:l.words[k].e])]
	if !ok {
		return 0
	}
	i := l.words[k].e
	for i < len(l.r) && (l.r[i] == '.' || l.r[i] == ' ') {
		i++
	}
	j := i
	for j < len(l.r) && (text.Digit(l.r[j]) || l.r[j] == '-' && j > i) && j-i < 9 {
		j++
	}
	if j == i {
		return 0
	}
	if len(l.names) == 0 {
		l.early[w.at] = string(l.r[i:j]) + string(w.han)
		return j
	}
	for l.last() == ',' {
		l.out, l.from = l.out[:len(l.out)-1], l.from[:len(l.from)-1]
	}
	for x := i; x < j; x++ {
		l.put(l.r[x], x)
	}
	l.put(w.han, j-1)
	return j
}

// flush writes the numbers that waited, in the order of Chinese addresses.
func (l *latinReader) flush(from int) {
	for k, s := range l.early {
		for _, c := range s {
			l.put(c, from)
		}
		l.early[k] = ""
	}
}

// offsetBefore reads "m east of" at word k behind a number already written, takes the number back and returns the offset in Chinese, the word
// after it and where that begins.
func (l *latinReader) offsetBefore(k int) (off []rune, next, to int) {
	if k+2 >= len(l.words) || l.words[k].han != "米" || string(l.r[l.words[k+2].s:l.words[k+2].e]) != "of" {
		return nil, k, 0
	}
	dir := map[string]string{"dong": "东", "xi": "西", "nan": "南", "bei": "北"}[l.words[k+1].pinyin]
	n := len(l.out)
	for n > 0 && text.Digit(l.out[n-1]) {
		n--
	}
	if dir == "" || n == len(l.out) {
		return nil, k, 0
	}
	off = append(append([]rune(dir), l.out[n:]...), '米')
	l.out, l.from = l.out[:n], l.from[:n]
	return off, k + 3, l.words[k+2].e
}

// swapped puts the direction that begins an English name where the Chinese one has it.
func (l *latinReader) swapped(k, last int) string {
	if last-k < 3 || !slices.Contains([]string{"dong", "xi", "nan", "bei", "zhong"}, l.words[k].pinyin) {
		return ""
	}
	for m := k + 2; m < last; m++ {
		if w := l.words[m]; string(l.r[w.s:w.e]) != w.pinyin { // the English word for 路
			s := ""
			for _, x := range l.words[k+1 : m] {
				s += x.pinyin
			}
			return s + l.words[k].pinyin + w.pinyin
		}
	}
	return ""
}

// readsOn reports whether letters behind a name are words around names, or begin another name; after three words it is believed.
func (l *latinReader) readsOn(rest string) bool {
	for n := 0; rest != "" && n < 3; n++ {
		found := false
		for _, w := range latinWords {
			if s, ok := strings.CutPrefix(rest, w.latin); ok {
				if n, _ := l.g.suggest.longest(s); n >= 4 {
					return true
				}
				rest, found = s, true
				break
			}
		}
		if !found {
			n, _ := l.g.suggest.longest(rest)
			return n >= 4
		}
	}
	return true
}

// word writes a word that is no name: what it says in Chinese, else as it is.
func (l *latinReader) word(w *latinWord) {
	if w.plain {
		for _, c := range w.han {
			l.put(c, w.s)
		}
		return
	}
	rest := w.pinyin
	for at := w.s; rest != ""; {
		found := false
		for _, k := range latinWords {
			if s, ok := strings.CutPrefix(rest, k.latin); ok && l.readsOn(s) {
				if k.han == "向" && text.Digit(l.last()) {
					k.han = "巷"
				}
				for _, c := range k.han {
					l.put(c, min(at, w.e))
				}
				at += len(k.latin)
				rest, found = s, true
				break
			}
		}
		if !found {
			if n, es := l.g.suggest.longest(rest); n >= 4 && at > w.s {
				l.putName(es, min(at, w.e))
				at += n
				rest = rest[n:]
				continue
			}
			break
		}
	}
	for i, c := range rest {
		l.put(c, max(w.s, w.e-len(rest)+i)) // the pinyin of an English word may be longer than it
	}
}
