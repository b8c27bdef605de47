package census

import (
	"cmp"
	"hash/maphash"
	"iter"
	"math/bits"
	"slices"
)

// finder finds features by the hash of something they have; what is found must be looked at, hashes may agree by chance.
type finder struct {
	list  []found
	first []int32 // of each bucket of hashes: where it begins in the list
	shift int
}

type found struct {
	hash uint64 // spread
	at   int32
}

// spread is one to one and makes of any numbers such whose high bits differ.
func spread(hash uint64) uint64 { return hash * 0x9E3779B97F4A7C15 }

func (f *finder) add(hash uint64, at int) { f.list = append(f.list, found{spread(hash), int32(at)}) }

// sort puts equal hashes side by side, each in the order of the features: buckets by the high bits, few in each, then those.
func (f *finder) sort() {
	width := max(1, bits.Len(uint(len(f.list)))-1)
	f.shift = 64 - width
	f.first = make([]int32, 1<<width+1)
	for _, e := range f.list {
		f.first[e.hash>>f.shift+1]++
	}
	for i := 1; i < len(f.first); i++ {
		f.first[i] += f.first[i-1]
	}
	sorted := make([]found, len(f.list))
	next := slices.Clone(f.first)
	for _, e := range f.list {
		b := e.hash >> f.shift
		sorted[next[b]] = e
		next[b]++
	}
	f.list = sorted
	for b := range len(f.first) - 1 {
		if from, to := f.first[b], f.first[b+1]; to-from > 1 {
			slices.SortStableFunc(f.list[from:to], func(a, b found) int { return cmp.Compare(a.hash, b.hash) })
		}
	}
}

// of returns those of that hash, in the order of the features.
func (f *finder) of(hash uint64) []found {
	if len(f.list) == 0 {
		return nil
	}
	hash = spread(hash)
	b := hash >> f.shift
	bucket := f.list[f.first[b]:f.first[b+1]]
	i := 0
	if len(bucket) > 16 {
		i, _ = slices.BinarySearchFunc(bucket, hash, func(e found, h uint64) int { return cmp.Compare(e.hash, h) })
	}
	for i < len(bucket) && bucket[i].hash < hash {
		i++
	}
	n := i
	for n < len(bucket) && bucket[n].hash == hash {
		n++
	}
	return bucket[i:n]
}

// again yields each feature that comes after another of its hash, with those before it, in the order of the features.
func (f *finder) again() iter.Seq2[int, []found] {
	type pair struct{ first, n int }
	var all []pair
	for i := 1; i < len(f.list); i++ {
		if f.list[i].hash == f.list[i-1].hash {
			first := i - 1
			for ; i < len(f.list) && f.list[i].hash == f.list[first].hash; i++ {
				all = append(all, pair{first, i})
			}
		}
	}
	slices.SortFunc(all, func(a, b pair) int { return cmp.Compare(f.list[a.n].at, f.list[b.n].at) })
	return func(yield func(int, []found) bool) {
		for _, p := range all {
			if !yield(int(f.list[p.n].at), f.list[p.first:p.n]) {
				return
			}
		}
	}
}

var packSeed = maphash.MakeSeed()

func hashOf(parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(packSeed)
	for i, s := range parts {
		if i > 0 {
			_ = h.WriteByte(0)
		}
		_, _ = h.WriteString(s)
	}
	return h.Sum64()
}

// hashOfBytes is hashOf of the same bytes.
func hashOfBytes(parts ...[]byte) uint64 {
	var h maphash.Hash
	h.SetSeed(packSeed)
	for i, s := range parts {
		if i > 0 {
			_ = h.WriteByte(0)
		}
		_, _ = h.Write(s)
	}
	return h.Sum64()
}
