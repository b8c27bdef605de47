package geocode

import (
	"context"
	"strings"
	"testing"
)

// TestMissingCharacter leaves a character out of the name of a point of interest, or changes two neighbours over, among 10,500 names: the one meant comes first, or is
// among the equally good ones that are asked about, for 玉歌广场 is no nearer to 玉幽歌广场 than to 玉歌林广场.
func TestMissingCharacter(t *testing.T) {
	c, g := buildSynthetic(t, 100_000)
	sc := new(scratch)
	for _, tt := range []struct {
		name         string
		slip         func(r []rune, k int) string
		first, among float64 // least share in per cent
	}{
		{"missing", func(r []rune, k int) string { return string(r[:k]) + string(r[k+1:]) }, 99, 99.7},
		{"changed over", func(r []rune, k int) string {
			k = max(k, 1)
			return string(r[:k-1]) + string(r[k]) + string(r[k-1]) + string(r[k+1:])
		}, 99, 99.7},
	} {
		first, among, n := 0, 0, 0
		for i, x := range c.Texts("poi", 4000) {
			r := []rune(x.Name)
			text := strings.Replace(x.Text, x.Name, tt.slip(r, i%len(r)), 1)
			g.weighed(context.Background(), sc, text)
			n++
			equal := false
			for k := range sc.cands {
				equal = equal || sc.cands[k].equals(&sc.cands[0]) && meant(g, &sc.cands[k], x)
			}
			switch {
			case len(sc.cands) > 0 && meant(g, &sc.cands[0], x):
				first++
				among++
			case equal:
				among++
			case dumpMisses():
				t.Logf("%s: %q for %s", tt.name, text, x.Name)
			}
		}
		t.Logf("%s: %.2f %% first, %.2f %% among the equally good", tt.name, pct(first, n), pct(among, n))
		if pct(first, n) < tt.first || pct(among, n) < tt.among {
			t.Errorf("%s: got %.2f %% first and %.2f %% among the equally good, want at least %.1f and %.1f", tt.name, pct(first, n), pct(among, n), tt.first, tt.among)
		}
	}
}

// TestMissingInShort: little is left of a short name; numerals that are no numbers as they stand.
func TestMissingInShort(t *testing.T) {
	m := memCorpus{}
	for i, n := range []string{"名仕府", "第一中学", "第二中学", "银津科技园", "第一人民医院", "科技路小学"} {
		m.put("poi", at(float64(500*i), 0), "name", n)
	}
	g, err := Build(context.Background(), m, Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"名府门口路灯不亮": "名仕府", "第中二学门口路灯坏了": "第二中学", "一第中学门口": "第一中学", "银津科技门口路灯不亮": "银津科技园", "一人民医院附近": "第一人民医院",
		"科路小学门口": "科技路小学", "反映津科技园井盖坏了": "银津科技园",
	} {
		a, err := g.Search(context.Background(), Query{Text: text})
		if err != nil || len(a.Places) == 0 || a.Places[0].Name != want || len(a.Places[0].Faults) == 0 {
			t.Errorf("%q: got %v, error %v; want %s with a fault", text, a.Places, err, want)
		}
	}
}
