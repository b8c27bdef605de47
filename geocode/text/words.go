package text

import (
	"cmp"
	"slices"
	"strings"
)

// Words returns the words of a list separated by spaces, folded, the longest first.
func Words(list string) [][]rune {
	var out [][]rune
	for _, w := range strings.Fields(list) {
		out = append(out, []rune(Fold(w)))
	}
	slices.SortStableFunc(out, func(a, b []rune) int { return cmp.Compare(len(b), len(a)) })
	return out
}

// WordSet returns the words of a list separated by spaces, folded, as a set.
func WordSet(list string) map[string]bool {
	out := make(map[string]bool)
	for _, w := range strings.Fields(list) {
		out[Fold(w)] = true
	}
	return out
}
