package grids

import (
	"math"
	"testing"

	"wanmi/gis/geom"
)

// sketched is a community of borders drawn in metres, the outline among them, ready to be smoothed.
func sketched(t *testing.T, cells int32, comps []geom.Pt, list ...border) *smoother {
	t.Helper()
	w, err := Preset("balanced")
	if err != nil {
		t.Fatal(err)
	}
	bs := &borders{list: list, byComm: [][]int32{nil}, cells: int(cells)}
	for i := range list {
		b := &list[i]
		b.l, b.r = make([]int32, len(b.class)), make([]int32, len(b.class))
		b.fixed = b.class[0] == clsCommunity
		bs.byComm[0] = append(bs.byComm[0], int32(i))
	}
	grounds := make([]mix, cells)
	for i := range grounds {
		grounds[i] = built
	}
	g := &goal{Weights: w, target: 10_000, min: 5_000, max: 20_000}
	return newSmoother(bs, 0, 0, cells, g, newObstacles(nil), make([]float64, cells), grounds, newPointTable(comps))
}

// inked is a border of one class through points given in metres.
func inked(c class, left, right int32, xy ...float64) border {
	b := border{left: left, right: right}
	for i := 0; i < len(xy); i += 2 {
		b.pts = append(b.pts, geom.Pt{X: int64(xy[i] * 1000), Y: int64(xy[i+1] * 1000)})
		if i > 0 {
			b.class = append(b.class, c)
		}
	}
	return b
}

// blemished counts the blemishes of the borders inside, which are left, and the area of all cells in mm².
func (s *smoother) blemished() (bad, left int, area2 int64) {
	for _, i := range s.order {
		l := s.lines[i]
		if l.fixed {
			area2 += westOf(l.pts)
			continue
		}
		bad += blemishes(l.pts)
		if len(l.class) > 0 {
			left++
		}
	}
	return bad, left, area2
}

// stepCase is what a planner would still change where borders meet, drawn.
type stepCase struct {
	name  string
	cells int32
	list  []border
	bad   int // blemishes as drawn
	after int // and then
	left  int // borders inside, then
}

// stepCases draws the cells 0 and 1 below, 2 and 3 above a road.
func stepCases() []stepCase {
	three := func(inner ...border) []border {
		return append(inner, inked(clsCommunity, 0, -1, 0, 100, 0, 0, 100, 0), inked(clsCommunity, 1, -1, 100, 0, 200, 0, 200, 100),
			inked(clsCommunity, 2, -1, 200, 100, 200, 200, 0, 200, 0, 100))
	}
	four := func(inner ...border) []border {
		return append(inner, inked(clsCommunity, 0, -1, 0, 100, 0, 0, 100, 0), inked(clsCommunity, 1, -1, 100, 0, 200, 0, 200, 100),
			inked(clsCommunity, 3, -1, 200, 100, 200, 200, 100, 200), inked(clsCommunity, 2, -1, 100, 200, 0, 200, 0, 100))
	}
	return []stepCase{
		{"turns off before the road", 3, three(inked(clsGap, 0, 1, 100, 0, 100, 97, 106, 100), inked(clsLocal, 2, 0, 0, 100, 106, 100),
			inked(clsLocal, 2, 1, 106, 100, 200, 100)), 1, 0, 3},
		{"a road turns off before the road", 3, three(inked(clsService, 0, 1, 100, 0, 100, 97, 106, 100), inked(clsLocal, 2, 0, 0, 100, 106, 100),
			inked(clsLocal, 2, 1, 106, 100, 200, 100)), 1, 0, 3},
		{"a step before the road", 3, three(inked(clsGap, 0, 1, 100, 0, 100, 90, 105, 90, 105, 100), inked(clsLocal, 2, 0, 0, 100, 105, 100),
			inked(clsLocal, 2, 1, 105, 100, 200, 100)), 1, 0, 3},
		{"a step in the middle of a border", 3, three(inked(clsGap, 0, 1, 100, 0, 100, 40, 105, 40, 105, 100), inked(clsLocal, 2, 0, 0, 100, 105, 100),
			inked(clsLocal, 2, 1, 105, 100, 200, 100)), 1, 0, 3},
		{"a step of a main road, which is worth more", 3, three(inked(clsArterial, 0, 1, 100, 0, 100, 40, 107, 40, 107, 100), inked(clsLocal, 2, 0, 0, 100, 107, 100),
			inked(clsLocal, 2, 1, 107, 100, 200, 100)), 1, 1, 3},
		{"a road along its own long bend", 3, three(inked(clsLocal, 0, 1, 100, 0, 100, 60, 140, 100), inked(clsLocal, 2, 0, 0, 100, 140, 100),
			inked(clsLocal, 2, 1, 140, 100, 200, 100)), 0, 0, 3},
		{"two joints next to each other", 4, four(inked(clsGap, 0, 1, 100, 0, 100, 100), inked(clsLocal, 2, 0, 0, 100, 100, 100), inked(clsLocal, 2, 1, 100, 100, 101.4, 100),
			inked(clsGap, 2, 3, 101.4, 100, 100, 200), inked(clsLocal, 3, 1, 101.4, 100, 200, 100)), 1, 0, 4},
		{"two joints with one cell on both sides", 3, []border{
			inked(clsGap, 0, 1, 100, 99.4, 100, 100.6), inked(clsLocal, 0, 2, 100, 100.6, 60, 130, 60, 70, 100, 99.4),
			inked(clsLocal, 1, 2, 100, 99.4, 200, 70), inked(clsLocal, 2, 1, 100, 100.6, 200, 130), inked(clsCommunity, 1, -1, 200, 70, 200, 130),
			inked(clsCommunity, 2, -1, 200, 130, 200, 200, 0, 200, 0, 0, 200, 0, 200, 70),
		}, 1, 1, 4},
	}
}

// TestSteps holds that what a planner would change is changed where that may be, and all land stays covered once.
func TestSteps(t *testing.T) {
	for _, c := range stepCases() {
		t.Run(c.name, func(t *testing.T) {
			s := sketched(t, c.cells, nil, c.list...)
			bad, _, land := s.blemished()
			if bad != c.bad {
				t.Fatalf("%d blemishes as drawn, want %d", bad, c.bad)
			}
			s.steps()
			bad, left, area := s.blemished()
			if bad != c.after || left != c.left || area != land {
				t.Errorf("%d blemishes, %d borders inside, %d mm² of outline, want %d, %d, %d", bad, left, area, c.after, c.left, land)
				for _, i := range s.order {
					t.Log(s.lines[i].pts)
				}
			}
			total := 0.0
			for _, a := range s.area {
				total += a
			}
			if want := float64(land) / 2e6; math.Abs(total-want) > 0.01 {
				t.Errorf("the cells have %.3f m², want %.3f", total, want)
			}
		})
	}
}

// TestJointsTurnAside: borders that leave a crossing on which a component stands turn to its new place from afar.
func TestJointsTurnAside(t *testing.T) {
	s := sketched(t, 3, []geom.Pt{{X: 100_000, Y: 100_200}}, inked(clsLocal, 0, 1, 100, 0, 100, 100), inked(clsLocal, 2, 0, 0, 100, 100, 100),
		inked(clsLocal, 2, 1, 100, 100, 200, 100), inked(clsCommunity, 0, -1, 0, 100, 0, 0, 100, 0),
		inked(clsCommunity, 1, -1, 100, 0, 200, 0, 200, 100), inked(clsCommunity, 2, -1, 200, 100, 200, 200, 0, 200, 0, 100))
	s.bumps()
	for _, i := range s.order {
		l := s.lines[i]
		if l.fixed {
			continue
		}
		if n := s.touching(l.pts); n > 0 {
			t.Errorf("%d components stand on %v", n, l.pts)
		}
		if n := blemishes(l.pts); n > 0 {
			t.Errorf("corners next to each other: %v", l.pts)
		}
	}
}
