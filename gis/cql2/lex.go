package cql2

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word of the text form.
type token struct {
	kind tokenKind
	at   int    // bytes before it
	end  int    // bytes before what follows it
	text string // name, contents of a literal, digits, or the sign itself
}

type tokenKind uint8

const (
	tokEnd    tokenKind = iota
	tokName             // bare
	tokQuoted           // in double quotes
	tokText
	tokNumber // without a sign
	tokSign
)

// shown names a token in a message.
func (t token) shown() string {
	switch t.kind {
	case tokEnd:
		return "the end of the filter"
	case tokText:
		return "the text " + shown(quoteText(t.text))
	case tokNumber:
		return "the number " + shown(t.text)
	case tokQuoted:
		return "the name " + shown(`"`+t.text+`"`)
	}
	return "'" + shown(t.text) + "'"
}

// is reports whether t is the bare word or the sign, in any case.
func (t token) is(word string) bool {
	return (t.kind == tokName || t.kind == tokSign) && strings.EqualFold(t.text, word)
}

// next reads the token that begins at or after i.
func (p *parser) next(i int) (token, error) {
	s := p.src.text
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsSpace(r) {
			break
		}
		i += n
	}
	if i == len(s) {
		return token{kind: tokEnd, at: i, end: i}, nil
	}
	r, n := utf8.DecodeRuneInString(s[i:])
	switch {
	case r == '\'':
		return p.quoted(i)
	case r == '"':
		return p.name(i)
	case r >= '0' && r <= '9', r == '.' && i+1 < len(s) && digit(s[i+1]):
		return p.number(i)
	case nameStart(r):
		j := i + n
		for j < len(s) {
			r, n := utf8.DecodeRuneInString(s[j:])
			if !nameStart(r) && !nameMore(r) {
				break
			}
			j += n
		}
		return token{tokName, i, j, s[i:j]}, nil
	case strings.HasPrefix(s[i:], "<>"), strings.HasPrefix(s[i:], "<="), strings.HasPrefix(s[i:], ">="):
		return token{tokSign, i, i + 2, s[i : i+2]}, nil
	case strings.HasPrefix(s[i:], "!="):
		return token{}, p.src.fault(pos{off: i}, "'!='", "'<>'", "CQL2 writes 'not equal' as <>")
	case strings.ContainsRune("()=<>,+-*/%^", r):
		return token{tokSign, i, i + n, s[i : i+n]}, nil
	}
	return token{}, p.src.fault(pos{off: i}, "'"+string(r)+"'", "", "'%c' has no meaning here; values stand in single quotes, names in double quotes", r)
}

// quoted reads a text literal. \% and \_ stay as they are: they are for LIKE to read.
func (p *parser) quoted(at int) (token, error) {
	const escapes, stand = `abtnvfr\'`, "\a\b\t\n\v\f\r\\'"
	s := p.src.text
	var b strings.Builder
	for i := at + 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\'' && i+1 < len(s) && s[i+1] == '\'':
			b.WriteByte('\'')
			i++
		case c == '\'':
			return token{tokText, at, i + 1, b.String()}, nil
		case c == '\\' && i+1 < len(s) && strings.IndexByte(escapes, s[i+1]) >= 0:
			b.WriteByte(stand[strings.IndexByte(escapes, s[i+1])])
			i++
		default:
			b.WriteByte(c)
		}
	}
	return token{}, p.src.fault(pos{off: at}, "the end of the filter", "'", "the text that begins here has no closing quote '")
}

// name reads a name in double quotes; "" in it is one quote.
func (p *parser) name(at int) (token, error) {
	s := p.src.text
	var b strings.Builder
	for i := at + 1; i < len(s); i++ {
		if s[i] != '"' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		if b.Len() == 0 {
			return token{}, p.src.fault(pos{off: at}, `""`, "a name", "the name between the double quotes is empty; values stand in single quotes")
		}
		return token{tokQuoted, at, i + 1, b.String()}, nil
	}
	return token{}, p.src.fault(pos{off: at}, "the end of the filter", `"`, "the name that begins here has no closing double quote")
}

func (p *parser) number(at int) (token, error) {
	s, i := p.src.text, at
	run := func() {
		for i < len(s) && digit(s[i]) {
			i++
		}
	}
	run()
	if i < len(s) && s[i] == '.' {
		i++
		run()
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if i == len(s) || !digit(s[i]) {
			return token{}, p.src.fault(pos{off: i}, "", "a digit", "the number %s has no exponent after its E", shown(s[at:i]))
		}
		run()
	}
	if r, _ := utf8.DecodeRuneInString(s[i:]); i < len(s) && (nameStart(r) || nameMore(r)) {
		return token{}, p.src.fault(pos{off: i}, "'"+string(r)+"'", "", "'%c' follows the number %s without a space; names that begin with a digit stand in double quotes", r, shown(s[at:i]))
	}
	return token{tokNumber, at, i, s[at:i]}, nil
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// nameStart and nameMore are the standard's identifierStart and what identifierPart adds to it.
func nameStart(r rune) bool {
	switch {
	case r == ':', r == '_', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z':
		return true
	case r < 0xC0, r == 0xD7, r == 0xF7, r == utf8.RuneError:
		return false
	}
	return r <= 0x2FF || r >= 0x370 && r <= 0x1FFE && r != 0x37E && r != 0x1680 || r == 0x200C || r == 0x200D ||
		r >= 0x2070 && r <= 0x218F || r >= 0x2C00 && r <= 0x2FEF || r >= 0x3001 && r <= 0xD7FF ||
		r >= 0xF900 && r <= 0xFDCF || r >= 0xFDF0 && r <= 0xFFFC || r >= 0x10000 && r <= 0xEFFFF
}

func nameMore(r rune) bool {
	return r == '.' || r >= '0' && r <= '9' || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040
}
