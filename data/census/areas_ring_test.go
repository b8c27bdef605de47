package census

import (
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// Points of a coarse lattice, so that many lie on corners and edges, some of them level, of rings that cross themselves, too.
func TestRingHolds(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, 0))
	at := func() orb.Point { return orb.Point{float64(r.IntN(9)), float64(r.IntN(9))} }
	inside := 0
	for n := range 20000 {
		ring := orb.Ring{}
		for range 3 + r.IntN(6) {
			ring = append(ring, at())
		}
		ring = append(ring, ring[0])
		for range 10 {
			p := at()
			got, want := ringHolds(ring, p), planar.RingContains(ring, p)
			if got != want {
				t.Fatalf("seed %d, ring %d: %v in %v: got %t, want %t", seed, n, p, ring, got, want)
			}
			if got {
				inside++
			}
		}
	}
	if inside < 20000 {
		t.Errorf("%d points lie inside", inside)
	}
}
