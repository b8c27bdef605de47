package geocode

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestPrefixes asks keys of few characters, some borne by hundreds, for all that they begin with; truth is every key looked at.
func TestPrefixes(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 12))
	word := func(n int) string {
		w := make([]rune, n)
		for i := range w {
			w[i] = []rune("aaab东𠀀")[r.IntN(6)]
		}
		return string(w)
	}
	x := &suggestIndex{}
	for i := range 30_000 {
		x.keys = append(x.keys, suggestKey{key: word(1 + r.IntN(9)), rank: int32(r.IntN(500)), e: entry{idx: int32(i)}})
	}
	slices.SortFunc(x.keys, func(a, b suggestKey) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.rank, b.rank), int(a.e.idx-b.e.idx))
	})
	x.prefixes = newPrefixes(x.keys)
	ranked := func(ids []int32) []int32 {
		slices.SortStableFunc(ids, func(a, b int32) int { return cmp.Compare(x.keys[a].rank, x.keys[b].rank) })
		return ids
	}
	few, many := 0, 0
	for range 3000 {
		p := word(1 + r.IntN(8))
		var all []int32
		for i, k := range x.keys {
			if strings.HasPrefix(k.key, p) {
				all = append(all, int32(i))
			}
		}
		short := len([]rune(p)) <= 2
		if !short {
			all = all[:min(len(all), mostKeys)]
		}
		want := ranked(all)
		got, more := x.begin([]rune(p), make([]int32, 0, fewKeys))
		if n := min(len(want), keptKeys); !slices.Equal(got, want[:n]) {
			t.Fatalf("%s: %v, want %v", p, got, want[:n])
		}
		if wantMore := !short && len(want) > keptKeys; more != wantMore {
			t.Errorf("%s: more is %v, want %v", p, more, wantMore)
		} else if more && !slices.Equal(x.all([]rune(p)), want) {
			t.Errorf("%s: all gave %v, want %v", p, x.all([]rune(p)), want)
		}
		if more {
			many++
		} else if len(got) > 0 && len(got) <= fewKeys {
			few++
		}
	}
	if few < 100 || many < 100 {
		t.Errorf("%d prefixes of few keys and %d of many: too few to tell", few, many)
	}
}
