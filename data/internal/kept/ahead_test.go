package kept

import (
	"errors"
	"slices"
	"testing"
)

// Numbers of blocks grow by one, skip what others took in between, never go below the floor, and end where All says.
func TestBlocks(t *testing.T) {
	stored, asked := int64(7), 0
	keep := func(atLeast, more int64) (had, has int64, err error) {
		asked++
		had = stored
		stored = max(stored, atLeast) + more
		return had, stored, nil
	}
	var b Blocks
	next := func(floor int64) int64 {
		t.Helper()
		n, err := b.Next("a", floor, keep)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var got []int64
	for range 16 {
		got = append(got, next(1))
	}
	if got[0] != 8 || got[15] != 23 || asked != 1 || stored != 23 {
		t.Errorf("the first block: %v, asked %d times, %d stored; want 8 to 23, once, 23", got, asked, stored)
	}
	if n := next(1); n != 24 || stored != 23+64 {
		t.Errorf("the second block begins at %d and ends at %d, want 24 and 87", n, stored)
	}
	stored = 100 // somebody else took numbers
	for n := int64(25); n <= 87; n++ {
		if got := next(1); got != n {
			t.Fatalf("got %d, want %d", got, n)
		}
	}
	if n := next(1); n != 101 {
		t.Errorf("after others took up to 100: %d, want 101", n)
	}
	if n := next(1000); n != 1000 || stored < 1000 {
		t.Errorf("with a floor of 1000: %d, %d stored", n, stored)
	}
	away := errors.New("away")
	if _, err := b.Next("b", 1, func(int64, int64) (int64, int64, error) { return 0, 0, away }); !errors.Is(err, away) {
		t.Errorf("a store that is away: %v", err)
	}
	var names []string
	for name, n := range b.All {
		names = append(names, name)
		if name == "a" && (n.Given != 1000 || n.Kept != stored) {
			t.Errorf("%s: %+v, want 1000 given, %d kept", name, n, stored)
		}
	}
	if !slices.Equal(names, []string{"a", "b"}) || !b.Has("a") || b.Has("c") || b.Len() != 2 {
		t.Errorf("counters %v", names)
	}
}
