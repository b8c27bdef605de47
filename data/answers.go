package data

import "strings"

// Codes splits a list of codes at commas and the marks people put in their place.
func Codes(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",，、;；# \t", r) })
}

// Answer says how nearly a department's rules fit a thing: by how many digits of its class, by how many of its community. The
// zero Answer is none.
type Answer struct{ Class, Area int }

// Answers holds the rules of a department, prefixes of classes and of street or community codes (no areas: everywhere),
// against the class of a thing and the community it stands in.
func Answers(classes, areas []string, class, community string) Answer {
	a := Answer{longest(classes, class), longest(areas, community)}
	if a.Class == 0 || len(areas) > 0 && a.Area == 0 {
		return Answer{}
	}
	return a
}

// Better reports whether the department of a rather answers than that of b: the longer class first, the smaller area next.
func (a Answer) Better(b Answer) bool {
	return a.Class > b.Class || a.Class == b.Class && a.Class > 0 && a.Area > b.Area
}

// longest returns the length of the longest of prefixes that code begins with, 0 for none.
func longest(prefixes []string, code string) int {
	n := 0
	for _, p := range prefixes {
		if len(p) > n && strings.HasPrefix(code, p) {
			n = len(p)
		}
	}
	return n
}
