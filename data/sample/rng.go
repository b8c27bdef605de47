package sample

import (
	"hash/fnv"
	"math/rand/v2"
)

// rng is a random source with the few draws the maker needs.
type rng struct{ *rand.Rand }

// stream returns the random source for one purpose: a change in one part of the
// city's making does not move the others.
func stream(seed uint64, purpose string) rng {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return rng{rand.New(rand.NewPCG(seed, h.Sum64()))}
}

// in returns a number of [lo, hi).
func (r rng) in(lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

// one is true with probability p.
func (r rng) one(p float64) bool { return r.Float64() < p }

func pick[T any](r rng, list []T) T { return list[r.IntN(len(list))] }
