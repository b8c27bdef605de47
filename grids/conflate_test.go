package grids

import (
	"testing"

	"wanmi/gis/geom"
)

// TestConflateBesideCommunity: a street a few metres from a community line is taken for that, and what ended on the
// street is led on; with a house between, or further off, the street stays.
func TestConflateBesideCommunity(t *testing.T) {
	m := func(x, y float64) geom.Pt { return geom.Pt{X: int64(1000 * x), Y: int64(1000 * y)} }
	for _, c := range []struct {
		name      string
		off       float64 // m
		house     bool
		class     class
		wantLines int
	}{
		{"beside", 6, false, clsLocal, 1},
		{"far", 12, false, clsLocal, 2},
		{"house between", 7.5, true, clsLocal, 2},
		{"a river stays", 6, false, clsRiver, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			fixed := []geom.Seg{{A: m(0, 0), B: m(300, 0), Class: uint8(clsCommunity), L: 0, R: -1}}
			var houses []building
			if c.house {
				ring := geom.Ring{m(140, 1), m(160, 1), m(160, 6), m(140, 6)}
				houses = append(houses, building{rings: []geom.Ring{ring}, box: ring.Box(), m2: 100})
			}
			lines := []mapLine{{class: c.class, pts: []geom.Pt{m(50, c.off), m(250, c.off)}}, {class: clsPath, pts: []geom.Pt{m(100, c.off), m(100, 80)}}}
			box := geom.NoBox.Grow(m(-50, -50)).Grow(m(350, 150))
			got := conflate(fixed, lines, box, newObstacles(houses))
			if len(got) != c.wantLines {
				t.Fatalf("got %d lines %v, want %d", len(got), got, c.wantLines)
			}
			low := int64(1 << 40)
			for _, p := range got[len(got)-1].pts {
				low = min(low, p.Y)
			}
			if want := int64(c.off * 1000); c.wantLines == 1 {
				if low > 0 || low < -100 {
					t.Errorf("the path ends at y=%d mm, want it led onto the community line", low)
				}
			} else if low != want {
				t.Errorf("the path ends at y=%d mm, want %d", low, want)
			}
		})
	}
}
