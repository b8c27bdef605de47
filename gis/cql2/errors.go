package cql2

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"wanmi/gis"
)

// Limits of a filter.
const (
	MaxBytes   = 64 << 10 // of the text or the JSON
	MaxDepth   = 100      // of the tree
	MaxPattern = 1000     // characters of a LIKE pattern

	MaxConditions = 256 // comparisons and functions that are TRUE or FALSE; a list of IN counts as one
)

// Error is a fault in a filter with its place, of the kind gis.Invalid. All errors of this package are of this type.
type Error struct {
	Offset  int    // bytes before the fault
	Line    int    // from 1
	Column  int    // characters, from 1
	Pointer string // JSON pointer (RFC 6901) to the value at fault; "" in text, and for the whole document
	JSON    bool   // the filter is JSON
	Met     string // what stands there; "" when the fault is not about a wrong token
	Want    string // what was expected there
	Msg     string // the sentence, without the place
}

// Error returns the sentence with its place.
func (e *Error) Error() string {
	if e.JSON && e.Pointer != "" {
		return fmt.Sprintf("%s (at %s, character %d)", e.Msg, e.Pointer, e.Offset+1)
	}
	if e.Line > 1 {
		return fmt.Sprintf("%s (line %d, column %d)", e.Msg, e.Line, e.Column)
	}
	return fmt.Sprintf("%s (at character %d)", e.Msg, e.Column)
}

// Unwrap makes it gis.Invalid, with its sentence for the public.
func (e *Error) Unwrap() error { return gis.E(gis.Invalid, nil, "filter: %s", e.Error()) }

// pos is the place of a node: bytes from the start, and in JSON the pointer.
type pos struct {
	off int
	ptr string
}

// source is the filter as it was given, for places in errors.
type source struct {
	text string
	json bool
}

func (s *source) fault(at pos, met, want, format string, args ...any) error {
	e := &Error{Offset: at.off, Pointer: at.ptr, JSON: s.json, Met: met, Want: want, Msg: fmt.Sprintf(format, args...)}
	before := s.text[:min(at.off, len(s.text))]
	e.Line = 1 + strings.Count(before, "\n")
	e.Column = 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return e
}

// unexpected is the fault of a token that cannot stand where it stands.
func (s *source) unexpected(at pos, met, want string) error {
	return s.fault(at, met, want, "%s stands where %s is expected", met, want)
}

// admit refuses what is too large or no UTF-8.
func (s *source) admit() error {
	if len(s.text) > MaxBytes {
		return s.fault(pos{off: MaxBytes}, "", "", "the filter has %d bytes; at most %d are taken", len(s.text), MaxBytes)
	}
	if !utf8.ValidString(s.text) {
		i := 0
		for i < len(s.text) {
			r, n := utf8.DecodeRuneInString(s.text[i:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			i += n
		}
		return s.fault(pos{off: i}, "", "", "the filter is not UTF-8")
	}
	return nil
}

// shown quotes a piece of a filter, cut to a length fit for a message.
func shown(s string) string {
	r := []rune(s)
	if len(r) > 40 {
		r = append(r[:40], '…')
	}
	return string(r)
}
