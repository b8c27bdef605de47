package cql2

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// wild is a piece of a LIKE pattern: characters that must stand so, anyRune for _, and before the piece any text for %.
type wild struct {
	runes  []rune
	spread bool // a % stands before it
}

const anyRune rune = -1

// pattern is a compiled LIKE pattern.
type pattern []wild

func newPattern(s string) pattern {
	p := pattern{{}}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		last := &p[len(p)-1]
		switch {
		case r == '\\' && i < len(s):
			r, n = utf8.DecodeRuneInString(s[i:])
			i += n
			last.runes = append(last.runes, r)
		case r == '_':
			last.runes = append(last.runes, anyRune)
		case r == '%':
			if !last.spread || len(last.runes) > 0 { // %% is %
				p = append(p, wild{spread: true})
			}
		default:
			last.runes = append(last.runes, r)
		}
	}
	return p
}

// matches holds a text against the pattern: the first piece at the beginning, the last at the end, each other at its first place.
func (p pattern) matches(s string) bool {
	rest, ok := p[0].prefix(s)
	if !ok {
		return false
	}
	for i, w := range p[1:] {
		if i == len(p)-2 {
			return w.atEnd(rest)
		}
		if rest, ok = w.first(rest); !ok {
			return false
		}
	}
	return rest == ""
}

// prefix returns what follows the piece at the beginning of s.
func (w wild) prefix(s string) (rest string, ok bool) {
	for _, want := range w.runes {
		r, n := utf8.DecodeRuneInString(s)
		if n == 0 || want != anyRune && r != want {
			return "", false
		}
		s = s[n:]
	}
	return s, true
}

func (w wild) atEnd(s string) bool {
	cut := len(s)
	for range w.runes {
		if cut == 0 {
			return false
		}
		_, n := utf8.DecodeLastRuneInString(s[:cut])
		cut -= n
	}
	_, ok := w.prefix(s[cut:])
	return ok
}

func (w wild) first(s string) (rest string, ok bool) {
	for {
		if rest, ok = w.prefix(s); ok || s == "" {
			return rest, ok
		}
		_, n := utf8.DecodeRuneInString(s)
		s = s[n:]
	}
}

// fold is CASEI: full case folding, so that ß is ss.
func fold(s string) string { return cases.Fold().String(s) }

// unaccent is ACCENTI: without the marks that do not take space, but for the voicing marks of Japanese.
func unaccent(s string) string {
	plain := true
	for i := range len(s) {
		plain = plain && s[i] < utf8.RuneSelf
	}
	if plain {
		return s
	}
	stripped := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) && r != '\u3099' && r != '\u309A' {
			return -1
		}
		return r
	}, norm.NFD.String(s))
	return norm.NFC.String(stripped)
}
