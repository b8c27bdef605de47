package catalog

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode"
)

// Match is a class a text names.
type Match struct {
	Class
	Score float64 // 0 to 1; 1: the text is the name of the class
	Word  string  // the name or synonym found, as it stands in the tables
}

// weights of a word by where it comes from.
const (
	weightName    = 1.0
	weightSynonym = 0.95
	weightNext    = 0.02 // taken off for each place behind the likeliest class of a word
)

type entry struct {
	word   string
	codes  []string
	weight float64
}

// lexicon maps the folded words of each script to their entry; longest are the
// lengths to try, longest first, in runes and in English words.
type lexicon struct {
	zh, en         map[string]entry
	longZh, longEn int
}

var (
	fold  = foldTable()
	words = buildLexicon()
)

func foldTable() map[rune]rune {
	r := []rune(folds)
	m := make(map[rune]rune, len(r)/2)
	for i := 0; i+1 < len(r); i += 2 {
		if r[i] != r[i+1] {
			m[r[i]] = r[i+1]
		}
	}
	return m
}

func buildLexicon() lexicon {
	l := lexicon{zh: map[string]entry{}, en: map[string]entry{}}
	for _, c := range components {
		if c.Edition != GB47678 {
			continue
		}
		for _, n := range names(c.Zh) {
			l.zh[Fold(n)] = entry{n, []string{c.Code}, weightName}
			l.longZh = max(l.longZh, len([]rune(n)))
		}
		if w := strings.Join(englishWords(bare(c.En)), " "); w != "" {
			if _, ok := l.en[w]; !ok {
				l.en[w] = entry{w, []string{c.Code}, weightName}
				l.longEn = max(l.longEn, strings.Count(w, " ")+1)
			}
		}
	}
	for _, w := range slices.Sorted(maps.Keys(chinese)) {
		if _, ok := l.zh[w]; !ok {
			l.zh[w] = entry{w, chinese[w], weightSynonym}
			l.longZh = max(l.longZh, len([]rune(w)))
		}
	}
	for _, w := range slices.Sorted(maps.Keys(english)) {
		l.en[w] = entry{w, english[w], weightSynonym}
		l.longEn = max(l.longEn, strings.Count(w, " ")+1)
	}
	return l
}

// names returns the name of a class and its forms without what stands in brackets.
func names(zh string) []string {
	i := strings.Index(zh, "（")
	if i < 0 {
		return []string{zh}
	}
	rest := zh[i+len("（"):]
	j := strings.Index(rest, "）")
	if j < 0 {
		return []string{zh}
	}
	in, after := rest[:j], rest[j+len("）"):]
	out := []string{zh, zh[:i] + after}
	// 变压器（箱） also reads 变压器箱; 输油（气）井盖 also 输气井盖.
	if in != "自定义" {
		out = append(out, zh[:i]+in+after)
	}
	return out
}

// bare cuts a bracket off an English name.
func bare(en string) string {
	if i := strings.IndexByte(en, '('); i >= 0 {
		return en[:i]
	}
	return en
}

// Synonyms returns the words people write for component classes, names among
// them, in simplified Chinese, with the class codes of GB/T 47678.5-2026, the
// likeliest first. The map is the caller's.
func Synonyms() map[string][]string {
	out := make(map[string][]string, len(words.zh))
	for _, e := range words.zh {
		out[e.word] = slices.Clone(e.codes)
	}
	return out
}

// Fold returns s in lower case with the traditional characters that occur in the class words made simplified.
func Fold(s string) string {
	return strings.Map(func(r rune) rune {
		if t, ok := fold[r]; ok {
			return t
		}
		if r >= 'Ａ' && r <= 'ｚ' {
			r -= 'Ａ' - 'A'
		}
		return unicode.ToLower(r)
	}, s)
}

// Guess returns the classes of GB/T 47678.5-2026 that a text, a heading or a
// file name speaks of, best first. A word inside a longer word found counts for nothing: 路灯井盖 is no 路灯.
func Guess(text string) []Match {
	if c, ok := Lookup(GB47678, strings.TrimSpace(text)); ok {
		return []Match{{Class: c, Score: 1, Word: c.Code}}
	}
	best := map[string]Match{}
	note := func(e entry, cover float64) {
		for i, code := range e.codes {
			c, ok := Lookup(GB47678, code)
			if !ok {
				continue
			}
			score := e.weight*(0.5+0.5*cover) - weightNext*float64(i)
			if m, ok := best[code]; !ok || score > m.Score {
				best[code] = Match{Class: c, Score: max(score, 0.01), Word: e.word}
			}
		}
	}
	guessChinese(text, note)
	guessEnglish(text, note)
	out := make([]Match, 0, len(best))
	for _, m := range best {
		out = append(out, m)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Score != out[j].Score {
			return out[i].Score > out[j].Score
		}
		return out[i].Code < out[j].Code
	})
	return out
}

// guessChinese finds words longest first, left to right, without overlap.
func guessChinese(text string, note func(entry, float64)) {
	r := []rune(Fold(text))
	han := 0
	for _, c := range r {
		if unicode.Is(unicode.Han, c) {
			han++
		}
	}
	used := make([]bool, len(r))
	for n := min(words.longZh, len(r)); n >= 2; n-- {
		for i := 0; i+n <= len(r); i++ {
			if used[i] || used[i+n-1] {
				continue
			}
			e, ok := words.zh[string(r[i:i+n])]
			if !ok {
				continue
			}
			for k := i; k < i+n; k++ {
				used[k] = true
			}
			note(e, min(1, float64(n)/float64(max(han, 1))))
		}
	}
}

// guessEnglish finds runs of words longest first, left to right, without overlap.
func guessEnglish(text string, note func(entry, float64)) {
	w := englishWords(text)
	used := make([]bool, len(w))
	for n := min(words.longEn, len(w)); n >= 1; n-- {
		for i := 0; i+n <= len(w); i++ {
			if used[i] || used[i+n-1] {
				continue
			}
			e, ok := words.en[strings.Join(w[i:i+n], " ")]
			if !ok {
				continue
			}
			for k := i; k < i+n; k++ {
				used[k] = true
			}
			note(e, float64(n)/float64(len(w)))
		}
	}
}

// englishWords splits snake_case, kebab-case and camelCase, drops what holds no
// letter and the endings of files, and makes plurals singular.
func englishWords(s string) []string {
	var out []string
	var cur []rune
	flush := func() {
		if len(cur) > 1 {
			if w := singular(strings.ToLower(string(cur))); !fileWord[w] {
				out = append(out, w)
			}
		}
		cur = cur[:0]
	}
	prevLower := false
	for _, r := range s {
		letter := r < unicode.MaxASCII && unicode.IsLetter(r)
		if !letter || unicode.IsUpper(r) && prevLower {
			flush()
		}
		if letter {
			cur = append(cur, r)
		}
		prevLower = letter && unicode.IsLower(r)
	}
	flush()
	return out
}

var fileWord = map[string]bool{"csv": true, "json": true, "geojson": true, "xlsx": true, "shp": true, "zip": true, "gz": true, "gpkg": true}

func singular(w string) string {
	switch {
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"), len(w) < 4:
		return w
	case strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"):
		return w[:len(w)-2]
	case strings.HasSuffix(w, "s") && w != "clothes":
		return w[:len(w)-1]
	}
	return w
}
