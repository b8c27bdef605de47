package census

import "wanmi/data/catalog"

// ClassGuesser knows the component classes: which a text speaks of, and whether a code is one.
type ClassGuesser interface {
	Guess(text string) []catalog.Match
	Lookup(edition, code string) (catalog.Class, bool)
}

// StandardClasses are the class tables of data/catalog.
type StandardClasses struct{}

// Guess returns the classes a text speaks of, best first.
func (StandardClasses) Guess(text string) []catalog.Match { return catalog.Guess(text) }

// Lookup returns the class of that code.
func (StandardClasses) Lookup(edition, code string) (catalog.Class, bool) {
	return catalog.Lookup(edition, code)
}
