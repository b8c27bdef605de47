package geocode

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"wanmi/geocode/text"
)

// TestCompRows gives every kind of text and more distinct words than one and two bytes number, and wants each row back as given.
func TestCompRows(t *testing.T) {
	keys := []string{"0", "00", "37088301001000123", "00000000000000000", "99999999999999999", "100000000000000000", "3708830101000001", "C-7", "路灯12", "a b", "\x00"}
	var given []compRec
	for i := range 70_000 {
		k := fmt.Sprintf("37088301%08d", i)
		if i < len(keys) {
			k = keys[i]
		}
		r := compRec{key: k, name: fmt.Sprintf("路灯%d", i), at: pt{float64(i), -.1 * float64(i)}}
		if i > 100 {
			r.comm, r.street = fmt.Sprint(370883001000+i%300), "千泉街道"
		}
		if i > 1000 && i%2 == 0 {
			r.label = fmt.Sprintf("LD-%04d", i)
		}
		if i%1000 == 7 {
			r.given = fmt.Sprint("0", i)
		}
		given = append(given, r)
	}
	rows, f := newComponents().base, new(text.Folded)
	for i := range given {
		rows.add(&given[i], f)
	}
	rows.pack()
	if got, want := [3]int{rows.street.width, rows.comm.width, rows.name.width}, [3]int{1, 2, 3}; got != want {
		t.Errorf("bytes of a code: got %v, want %v", got, want)
	}
	checkRows(t, rows, given)

	gone := make([]bool, len(given))
	var rest []compRec
	for i, r := range given {
		if gone[i] = i%3 == 1; !gone[i] {
			rest = append(rest, r)
		}
	}
	more := compRec{key: "37088301001000124", label: "灯1", name: "路灯8", street: "钢山街道"}
	fewer := rows.without(gone, 1)
	fewer.add(&more, f)
	fewer.pack()
	checkRows(t, fewer, append(rest, more))
	checkRows(t, rows, given)
}

func checkRows(t *testing.T, rows *compRows, want []compRec) {
	t.Helper()
	if rows.n != len(want) {
		t.Fatalf("got %d rows, want %d", rows.n, len(want))
	}
	for i, r := range want {
		if got := *rows.rec(i); got != r {
			t.Fatalf("row %d: got %+v, want %+v", i, got, r)
		}
		if got := rows.find(rows.hashText(r.key, nil), func(string) bool { return false }, nil, mostFound); i > 20 && (len(got) != 1 || got[0].key != r.key) {
			t.Fatalf("%s: got %d rows of that key, want one", r.key, len(got))
		}
	}
}

// TestHashText: the way round folding for ASCII gives what folding gives.
func TestHashText(t *testing.T) {
	n := newComponents().base.namer
	rng := rand.New(rand.NewPCG(3, 4))
	var f text.Folded
	for range 50_000 {
		b := make([]byte, rng.IntN(12))
		for i := range b {
			b[i] = byte(rng.IntN(128))
		}
		s := string(b)
		f.Set(s)
		if got, want := n.hashText(s, nil), n.hash(f.Runes); got != want {
			t.Fatalf("%q: got %x, want %x as of %q", s, got, want, string(f.Runes))
		}
	}
	if a, b := n.hashText("LD-0123", nil), n.hashText("ｌｄ０１２３", nil); a != b || a == 0 || a == n.hashText("LD-0124", nil) {
		t.Errorf("got %x and %x, want the same, and another for another label", a, b)
	}
	if got := n.hashText("-_.# ", nil); got != 0 {
		t.Errorf("no letter and no digit: got %x, want 0", got)
	}
}

func TestSortByUpper(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{0, 1, 2, 1000, 20_000} {
		v := make([]uint64, n)
		for i := range v {
			v[i] = uint64(rng.Uint32N(uint32(3*n)))*0x9E3779B9<<32 | uint64(i)
		}
		want := slices.Sorted(slices.Values(v))
		if got := sortByUpper(v); !slices.Equal(got, want) {
			t.Errorf("%d values: not in order", n)
		}
	}
}

// compModel is what components are to answer, by looking at all of them.
type compModel map[string]compRec

func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("- _.#", r) {
			return -1
		}
		return r
	}, text.Fold(s))
}

func (m compModel) byName() map[string][]string {
	out := make(map[string][]string)
	for k, r := range m {
		names := []string{bare(k), bare(r.label), bare(r.given)}
		slices.Sort(names)
		for _, n := range slices.Compact(names) {
			if n != "" {
				out[n] = append(out[n], k)
			}
		}
	}
	return out
}

func checkComponents(t *testing.T, c *components, m compModel) {
	t.Helper()
	for name, keys := range m.byName() {
		got := c.find([]rune(name), nil)
		for _, r := range got {
			if *r != m[r.key] {
				t.Fatalf("%s: got %+v, want %+v", name, *r, m[r.key])
			}
		}
		slices.SortFunc(got, func(a, b *compRec) int { return cmp.Compare(a.key, b.key) })
		got = slices.CompactFunc(got, func(a, b *compRec) bool { return a.key == b.key })
		if len(got) != min(len(keys), mostFound) {
			t.Fatalf("%s: got %d components, want %d", name, len(got), min(len(keys), mostFound))
		}
	}
}

// TestComponentsEdited edits components at random, past several foldings, and compares with a plain map. A folding must change no
// answer, the order included.
func TestComponentsEdited(t *testing.T) {
	const seed = 20261130
	rng := rand.New(rand.NewPCG(seed, 1))
	random := func(key string) compRec {
		r := compRec{key: key, name: []string{"路灯", "井盖", ""}[rng.IntN(3)], comm: fmt.Sprint(rng.IntN(400)), at: pt{rng.Float64(), rng.Float64()}}
		switch rng.IntN(4) {
		case 0:
			r.label = fmt.Sprintf("LD-%04d", rng.IntN(3000))
		case 1:
			r.label, r.given = fmt.Sprintf("三段%d号灯", rng.IntN(80)), fmt.Sprintf("YS%d", rng.IntN(9000))
		}
		return r
	}
	key := func() string { return fmt.Sprintf("3708830101%06d", rng.IntN(12_000)) }
	m, c := compModel{}, newComponents()
	for i := range 9000 {
		r := random(fmt.Sprintf("3708830101%06d", i))
		m[r.key] = r
		c.base.add(&r, new(text.Folded))
	}
	c.base.pack()
	checkComponents(t, c, m)
	folds := 0
	for step := range 320 {
		changes := make(map[string]*compRec)
		for range 1 + rng.IntN(1+rng.IntN(2000)) {
			k := key()
			changes[k] = nil
			delete(m, k)
			if rng.IntN(4) > 0 {
				r := random(k)
				changes[k], m[k] = &r, r
			}
		}
		c = c.apply(changes)
		if c.fold != nil && rng.IntN(3) == 0 {
			folds++
			awaitFold(t, c)
		}
		if step%80 == 79 {
			checkComponents(t, c, m)
		}
	}
	checkComponents(t, c, m)
	if folds < 3 {
		t.Errorf("seed %d: got %d foldings, want at least 3", seed, folds)
	}
}

// awaitFold waits for the folding and compares the answers on both sides of it.
func awaitFold(t *testing.T, c *components) {
	t.Helper()
	for end := time.Now().Add(time.Minute); c.fold.done.Load() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the folding does not end")
		}
	}
	f := c.folded()
	if f.fold != nil || len(f.over) != len(c.over)-c.fold.n {
		t.Fatalf("got %d overlays of %d, want the first %d folded", len(f.over), len(c.over), c.fold.n)
	}
	names := make(map[string]bool)
	for _, o := range c.over {
		for k, r := range o.recs {
			if names[bare(k)] = true; r != nil {
				names[bare(r.label)], names[bare(r.given)] = true, true
			}
		}
	}
	sorted := slices.Sorted(maps.Keys(names))
	for i := 0; i < len(sorted); i += 5 {
		n := sorted[i]
		if got, want := f.find([]rune(n), nil), c.find([]rune(n), nil); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %d components after the folding, %d before, or in another order", n, len(got), len(want))
		}
	}
}
