package grids

import (
	"math/rand/v2"
	"testing"

	"wanmi/gis/geom"
)

func TestCrosses(t *testing.T) {
	p := func(x, y int64) geom.Pt { return geom.Pt{X: x, Y: y} }
	for _, c := range []struct {
		name       string
		a, b, c, d geom.Pt
		want       bool
	}{
		{"cross", p(0, 0), p(10, 10), p(0, 10), p(10, 0), true},
		{"touch in the middle", p(0, 0), p(10, 0), p(5, 0), p(5, 9), true},
		{"share an end", p(0, 0), p(10, 0), p(10, 0), p(20, 5), true},
		{"collinear apart", p(0, 0), p(10, 0), p(11, 0), p(20, 0), false},
		{"collinear overlap", p(0, 0), p(10, 0), p(9, 0), p(20, 0), true},
		{"parallel", p(0, 0), p(10, 0), p(0, 1), p(10, 1), false},
		{"short of it", p(0, 0), p(10, 0), p(5, 1), p(5, 9), false},
	} {
		if got := crosses(c.a, c.b, c.c, c.d); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// TestDetour: the way round a component keeps the room promised and stays within what still counts as its feature.
func TestDetour(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		a, b := geom.Pt{X: 0, Y: 0}, geom.Pt{X: r.Int64N(6000) - 3000, Y: r.Int64N(6000) - 3000}
		x := at(a, b, r.Float64())
		p := geom.Pt{X: x.X + r.Int64N(1000) - 500, Y: x.Y + r.Int64N(1000) - 500}
		for _, side := range [2]float64{1, -1} {
			for _, flat := range [2]bool{false, true} {
				way := detour(a, b, p, side, flat)
				if way == nil {
					continue
				}
				path := append(append([]geom.Pt{a}, way...), b)
				if d := pathDist(path, p, p); d < nearBorder && !flat {
					t.Fatalf("seed %d: from %v to %v round %v by %v: %.0f mm away, want %.0f or more", seed, a, b, p, way, d, nearBorder)
				}
				for _, q := range way {
					if d := distSeg(q, a, b); d > bumpHigh+2 {
						t.Fatalf("seed %d: from %v to %v round %v by %v: %.0f mm off the line, want %.0f at most", seed, a, b, p, way, d, bumpHigh)
					}
				}
			}
		}
	}
}

// TestBordersKeepOffComponents: few components stand on a border, though manholes and lamps of the places line the roads.
func TestBordersKeepOffComponents(t *testing.T) {
	src := place(t, "bupt")
	d := mustHold(t, src, Options{})
	_, st, err := Check(t.Context(), src, seqOf(d.Cells), nil)
	if err != nil {
		t.Fatal(err)
	}
	if share := float64(st.NearBorder) / float64(st.Components); share > 0.005 {
		t.Errorf("%d of %d components stand within half a metre of a border (%.4f), want at most 0.005", st.NearBorder, st.Components, share)
	}
	if d.Stats.OnFeatures < 0.92 {
		t.Errorf("share of borders on features: got %.3f, want 0.92 or more", d.Stats.OnFeatures)
	}
}

// TestFewCorners: a street digitised every few metres gives no corner every few metres. The prototype's cells of this
// place have 49.7 corners each.
func TestFewCorners(t *testing.T) {
	d := mustHold(t, place(t, "nyc"), Options{})
	n := 0
	for _, c := range d.Cells {
		n += len(c.Polygon[0]) - 1
	}
	if mean := float64(n) / float64(len(d.Cells)); mean > 26 {
		t.Errorf("%.1f corners in a cell, want at most 26", mean)
	}
}
