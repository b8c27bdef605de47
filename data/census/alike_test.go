package census

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"wanmi/gis"

	"github.com/paulmach/orb"
)

// TestAlike packs random rows of a delivery and of a store, few values of each field so that many are the same, and holds what is
// called alike against merge, which looks at the features themselves. A row of each pair as it came must be alike.
func TestAlike(t *testing.T) {
	l := gis.MustLayer("component")
	r := rand.New(rand.NewPCG(20, 26))
	shapes := []orb.Geometry{
		orb.Point{116.9, 35.4},
		orb.Point{116.9, 35.4000001},
		orb.Point{116.9, 35.5},
		nil,
		orb.LineString{{116.9, 35.4}, {117, 35.4}},
		orb.LineString{{116.9, 35.4}, {117, 35.5}},
		orb.MultiPoint{{116.9, 35.4}, {117, 35.4}},
	}
	convs := []*converter{{layer: l, from: make([]*valueSource, len(l.Fields))}, {layer: l, from: make([]*valueSource, len(l.Fields))}}
	for i := range l.Fields {
		convs[1].from[i] = &valueSource{col: i}
	}
	feature := func(many bool) gis.Feature {
		f := gis.NewFeature(l)
		for i, field := range l.Fields {
			switch n := r.IntN(20); {
			case n == 0:
			case field.Name == "extra":
				f.Values[i] = fmt.Sprintf(`{"a":"%d","b":"1"}`, n/12)
			case many && field.Name == "address": // more than are kept as words
				f.Values[i] = fmt.Sprint(r.IntN(3 * firstWords))
			default:
				f.Values[i] = fmt.Sprint(field.Name, n/18)
			}
		}
		f.Set("edition", []string{"GB/T 47678.5-2026", "CJ/T 214-2007"}[r.IntN(20)/19])
		f.Key = fmt.Sprint("k", r.IntN(2))
		f.Set("code", f.Key)
		f.Geom = shapes[0]
		if r.IntN(4) == 0 {
			f.Geom = shapes[r.IntN(len(shapes))]
		}
		return f
	}
	for _, many := range []bool{false, true} {
		recs, rows := newPack(l), newPack(l)
		var to []int32
		at := func(f gis.Feature) orb.Point {
			if f.Geom == nil {
				return orb.Point{}
			}
			return orb.Point{f.Geom.Bound().Min[0], f.Geom.Bound().Min[1]}
		}
		n := 4 * firstWords
		for i := range n {
			stored := feature(many)
			rows.add(&record{f: stored, at: at(stored)})
			f := stored.Clone()
			for range r.IntN(3) {
				k := r.IntN(len(f.Values))
				f.Values[k] = feature(many).Values[k]
			}
			if r.IntN(10) == 0 {
				f.Geom = feature(many).Geom
			}
			recs.add(&record{f: f, at: at(f), conv: convs[r.IntN(2)]})
			to = append(to, int32(i))
		}
		same := newAlikeness(recs, rows).of(to)
		alike, kept := 0, 0
		for i := range same {
			rec := recs.record(i)
			moved, changed := merge(&rec.f, rows.record(i).f, &rec, nil)
			if same[i] && (moved || changed) {
				t.Fatalf("row %d is alike, but moved %v, changed %v: %v, stored %v", i, moved, changed, recs.record(i).f, rows.record(i).f)
			}
			if !moved && !changed {
				kept++
			}
			if same[i] {
				alike++
			}
		}
		// What merge keeps besides is moved by millimetres, of the other edition, or without a department of the delivery's own.
		if alike*10 < kept*8 || alike == n {
			t.Errorf("%d of %d rows are alike, merge keeps %d", alike, n, kept)
		}
		if slices.Contains(newAlikeness(recs, rows).of(slices.Repeat([]int32{-1}, n)), true) {
			t.Error("a row without a stored one is alike")
		}
	}
}

// TestFinder finds by hashes that are far apart, close together and all the same.
func TestFinder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{0, 1, 2, 100, 5000} {
		for _, of := range []uint64{1, 2, 40, 1 << 60} {
			var f finder
			want := map[uint64][]int32{}
			for i := range n {
				h := r.Uint64N(of)
				f.add(h, i)
				want[h] = append(want[h], int32(i))
			}
			f.sort()
			for h := range want {
				var got []int32
				for _, e := range f.of(h) {
					got = append(got, e.at)
				}
				if !slices.Equal(got, want[h]) {
					t.Fatalf("%d of %d, hash %d: got %v, want %v", n, of, h, got, want[h])
				}
			}
			if got := f.of(1<<60 + 5); len(got) > 0 {
				t.Fatalf("%d of %d: found %v of a hash that is not there", n, of, got)
			}
			again := 0
			for range f.again() {
				again++
			}
			if again != n-len(want) {
				t.Errorf("%d of %d: %d come again, want %d", n, of, again, n-len(want))
			}
		}
	}
}
