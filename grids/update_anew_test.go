package grids

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// TestDividedAnew takes a community out of random cities and gives it back, while some others are divided anew. WANMI_ANEW
// names more seeds: COUNT or FROM-TO.
func TestDividedAnew(t *testing.T) {
	long(t)
	seeds := seedsOf(t, "WANMI_ANEW", 12)
	if os.Getenv("WANMI_ANEW") == "" {
		// A community came back beside one divided anew; lines of a millimetre closed an outline, or those delivered beside
		// old borders did not; two cells overlapped by 0.001 m².
		seeds = append(seeds, 32, 37, 81, 104, 300, 598, 742)
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { dividedAnew(t, seed) })
	}
}

func dividedAnew(t *testing.T, seed uint64) {
	src, first, before, anew := goneAndBack(t, seed)
	if before == nil {
		return
	}
	d := renewAnew(t, src, before, anew)
	updated(t, src, before, d)
	has := map[string]bool{}
	for _, c := range d.Cells {
		has[c.Community] = has[c.Community] || c.Status != Void
	}
	for _, c := range first {
		if !has[c.Community] {
			has[c.Community] = true
			t.Errorf("community %s has no unit grid", c.Community)
		}
	}
}

// goneAndBack returns a random city with its cells, those of before one of its communities came, and which others are to be divided
// anew; no cells where some break a hard rule from the first.
func goneAndBack(t *testing.T, seed uint64) (src memory, first, before []Cell, anew map[string]bool) {
	r := rand.New(rand.NewPCG(seed, 77))
	src = randomCity(r)
	all := src["community"]
	if len(all) < 2 {
		return src, nil, nil, nil
	}
	first = soundly(t, src)
	gone := r.IntN(len(all))
	src["community"] = slices.Delete(slices.Clone(all), gone, gone+1)
	before = soundly(t, src)
	src["community"] = all
	if first == nil || before == nil {
		return src, nil, nil, nil
	}
	anew = map[string]bool{}
	for _, c := range before {
		if _, told := anew[c.Community]; !told {
			anew[c.Community] = r.IntN(3) == 0
		}
	}
	return src, first, before, anew
}

// TestLaidLinesClose lays the lines of cities on the old borders: who had a strip of 2 cm, or a corner that hung on a line which was
// taken for a border 11 mm beside it, has its land as delivered.
func TestLaidLinesClose(t *testing.T) {
	for _, seed := range []uint64{81, 104, 598} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			src, _, before, anew := goneAndBack(t, seed)
			b, cov, want, some, opt := baseAnew(t, src, before, anew)
			r := newRenewal(t.Context(), b, cov, want, opt)
			r.anew, r.lay = some, true
			r.conform()
			if r.fit == nil {
				t.Fatal("no line was delivered beside an old border: the case is gone")
			}
			for c, yes := range some {
				if got, want := float64(r.cov.area2[c])/2e6, float64(cov.area2[c])/2e6; yes && math.Abs(got-want) > 0.02*want {
					t.Errorf("community %s has %.1f m² by the lines laid on old borders, want %.1f", b.comms[c].code, got, want)
				}
			}
		})
	}
}

// soundly returns the cells of a city, nil where they break a hard rule from the first.
func soundly(t *testing.T, src Source) []Cell {
	t.Helper()
	d, err := Build(t.Context(), src, Options{Today: "2026-01-01"})
	if err != nil {
		return nil
	}
	found, _, err := Check(t.Context(), src, Cells(d.Cells), nil)
	if err != nil || slices.ContainsFunc(found, func(f gis.Finding) bool { return f.Severity == gis.SeverityError }) {
		return nil
	}
	return d.Cells
}

// renewAnew repairs cells, those of some communities as if they had none.
func renewAnew(t *testing.T, src Source, old []Cell, anew map[string]bool) *Division {
	t.Helper()
	b, cov, want, some, opt := baseAnew(t, src, old, anew)
	d, err := b.renewed(t.Context(), src, cov, want, some, opt, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// baseAnew returns what renewed takes to repair cells, those of some communities as if they had none.
func baseAnew(t *testing.T, src Source, old []Cell, anew map[string]bool) (b *base, cov cover, want, some []bool, opt *Options) {
	t.Helper()
	opt = &Options{Old: old, Mode: Repair, Today: "2026-11-22"}
	if err := opt.settle(); err != nil {
		t.Fatal(err)
	}
	b, err := readBase(t.Context(), src, opt.Progress)
	if err != nil {
		t.Fatal(err)
	}
	cov = b.coverage(1)
	if err := b.readLater(t.Context(), src)(); err != nil {
		t.Fatal(err)
	}
	b.points, b.terrain = newPointTable(b.comps), newTerrain(b, opt)
	if want, err = b.wanted(nil); err != nil {
		t.Fatal(err)
	}
	some = make([]bool, len(b.comms))
	for i, c := range b.comms {
		some[i] = anew[c.code]
	}
	return b, cov, want, some, opt
}

// TestLandBesideAnew gives a community land beside one that is divided anew: it is divided anew itself no more for that.
func TestLandBesideAnew(t *testing.T) {
	src := memory{}
	src.add("community", orb.Polygon{rect(0, 0, 240, 400)}, "code", code12(1), "name", "n")
	src.add("community", orb.Polygon{rect(300, 0, 700, 400)}, "code", code12(2), "name", "n")
	old := soundly(t, src)
	if old == nil {
		t.Fatal("no sound division to begin with")
	}
	src["community"][1].Geom = orb.Polygon{rect(240, 0, 700, 400)}
	d := renewAnew(t, src, old, map[string]bool{code12(1): true})
	updated(t, src, old, d)
	for _, f := range d.Findings {
		if f.Rule == "grid.update_rebuilt" && f.Key != code12(1) {
			t.Errorf("community %s was divided anew, want %s only", f.Key, code12(1))
		}
	}
}
