package geocode

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTrie files names of few characters, so that they share beginnings, end inside one another and go on alone, some for longer than a tail
// may be, and looks up every stretch of texts of the same characters; a map holds what must be found.
func TestTrie(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	word := func(n int) []rune {
		w := make([]rune, n)
		for i := range w {
			w[i] = []rune("甲乙丙丁东西a1𠀀")[r.IntN(9)]
		}
		return w
	}
	names, want := newTrie(), map[string][]entry{}
	for i := range 4000 {
		w := word(1 + r.IntN(7))
		if i%50 == 0 {
			w = word(20 + r.IntN(40))
		}
		if i%7 == 0 {
			i = max(0, i-1) // the same thing by another name
		}
		e := entry{kind: entryPOI, idx: int32(i)}
		names.add(w, e)
		if k := string(w); !slices.ContainsFunc(want[k], e.same) {
			want[k] = append(want[k], e)
		}
	}
	names.freeze()
	check := func(w []rune) {
		t.Helper()
		got := names.find(w)
		if !slices.EqualFunc(got, want[string(w)], func(a, b entry) bool { return a.same(b) }) {
			t.Errorf("%s: %v, want %v", string(w), got, want[string(w)])
		}
	}
	for w := range want {
		check([]rune(w))
		check([]rune(w)[:len([]rune(w))-1])
		check(append([]rune(w), '甲'))
	}
	for range 2000 {
		check(word(1 + r.IntN(8)))
	}
}

func TestTrieEmpty(t *testing.T) {
	names := newTrie()
	names.freeze()
	if got := names.find([]rune("甲")); got != nil {
		t.Errorf("an empty trie found %v", got)
	}
}
