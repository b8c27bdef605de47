package index

import (
	"cmp"
	"math"
	"math/rand"
	"slices"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis/geom"
)

func points(seed int64, n int) []orb.Point {
	r := rand.New(rand.NewSource(seed))
	ps := make([]orb.Point, n)
	for i := range ps {
		ps[i] = orb.Point{116.9 + r.Float64()*0.1, 35.4 + r.Float64()*0.1}
	}
	return ps
}

func filled(ps []orb.Point) *Tree[int] {
	t := new(Tree[int])
	for i, p := range ps {
		t.Insert(p.Bound(), i)
	}
	return t
}

func found(t *Tree[int], b orb.Bound) []int {
	var is []int
	t.Search(b, func(i int) bool { is = append(is, i); return true })
	slices.Sort(is)
	return is
}

func TestSearchAgainstScan(t *testing.T) {
	const seed = 1
	ps := points(seed, 3000)
	tr := filled(ps)
	r := rand.New(rand.NewSource(seed + 1))
	for range 200 {
		a, b := ps[r.Intn(len(ps))], ps[r.Intn(len(ps))]
		box := a.Bound().Extend(b)
		var want []int
		for i, p := range ps {
			if box.Contains(p) {
				want = append(want, i)
			}
		}
		if got := found(tr, box); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %v: got %d values, want %d", seed, box, len(got), len(want))
		}
	}
	if tr.Len() != len(ps) {
		t.Errorf("Len %d, want %d", tr.Len(), len(ps))
	}
}

func TestNearbyMetres(t *testing.T) {
	const seed = 2
	ps := points(seed, 2000)
	tr := filled(ps)
	q := orb.Point{116.95, 35.45}
	mx, my := geom.MetresPerDegree(q[1])
	dist := func(i int) float64 { return math.Hypot((ps[i][0]-q[0])*mx, (ps[i][1]-q[1])*my) }
	want := make([]int, len(ps))
	for i := range want {
		want[i] = i
	}
	slices.SortFunc(want, func(a, b int) int { return cmp.Compare(dist(a), dist(b)) })
	for name, d := range map[string]func(int) float64{"box": nil, "true": dist} {
		var got []int
		tr.Nearby(q, d, func(i int, m float64) bool {
			if math.Abs(m-dist(i)) > 1e-6 {
				t.Errorf("%s: value %d at %.3f m, want %.3f", name, i, m, dist(i))
			}
			got = append(got, i)
			return len(got) < 100
		})
		if !slices.Equal(got, want[:100]) {
			t.Errorf("%s: seed %d: the nearest differ", name, seed)
		}
	}
	inside := 0
	tr2 := new(Tree[string])
	tr2.Insert(orb.Bound{Min: orb.Point{116.9, 35.4}, Max: orb.Point{117, 35.5}}, "city")
	tr2.Nearby(q, nil, func(_ string, m float64) bool {
		inside++
		if m != 0 {
			t.Errorf("inside a box: %f m", m)
		}
		return true
	})
	if inside != 1 {
		t.Errorf("got %d values", inside)
	}
	new(Tree[int]).Nearby(q, nil, func(int, float64) bool { t.Error("an empty tree gave a value"); return true })
}

func TestCopyOnWrite(t *testing.T) {
	const seed = 3
	ps := points(seed, 2000)
	tr := filled(ps)
	all := orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
	before := found(tr, all)
	var wg sync.WaitGroup
	for k := range 4 { // readers and copiers of a tree nobody changes
		wg.Go(func() {
			c := tr.Copy()
			for i := k; i < len(ps); i += 4 {
				c.Delete(ps[i].Bound(), i)
				c.Insert(ps[i].Bound(), i+10000)
			}
			if got := c.Len(); got != len(ps) {
				t.Errorf("copy %d holds %d, want %d", k, got, len(ps))
			}
		})
		wg.Go(func() {
			for range 20 {
				if got := found(tr, all); !slices.Equal(got, before) {
					t.Error("the original changed")
				}
			}
		})
	}
	wg.Wait()
	if tr.Bound() == (orb.Bound{}) || (&Tree[int]{}).Bound() != (orb.Bound{}) {
		t.Error("Bound")
	}
}
