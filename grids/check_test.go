package grids

import (
	"context"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// town is two communities side by side with a street, houses and lamps.
func town() memory {
	m := memory{}
	m.add("community", orb.Polygon{rect(0, 0, 300, 300)}, "code", code12(1), "name", "a")
	m.add("community", orb.Polygon{rect(300, 0, 600, 300)}, "code", code12(2), "name", "b")
	m.add("road", orb.LineString{metres(0, 100), metres(600, 100)}, "class", "local")
	m.add("road", orb.LineString{metres(150, 0), metres(150, 300)}, "class", "collector")
	for i := range 10 {
		for j := range 5 {
			x, y := 20+float64(i)*60, 15+float64(j)*60
			m.add("building", orb.Polygon{rect(x, y, x+25, y+12)})
		}
	}
	for i := range 20 {
		m.add("component", metres(float64(i)*30+7, 104), "class", "01001")
	}
	return m
}

func cloneCells(l []Cell) []Cell {
	out := slices.Clone(l)
	for i, c := range out {
		out[i].Polygon = c.Polygon.Clone()
	}
	return out
}

func TestCheckFindsPlantedFaults(t *testing.T) {
	src := town()
	d, err := Build(context.Background(), src, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Cells) < 12 {
		t.Fatalf("the town has %d cells, want 12 or more", len(d.Cells))
	}
	first := func(l []Cell, comm string) int {
		return slices.IndexFunc(l, func(c Cell) bool { return c.Community == comm })
	}
	for _, tc := range []struct {
		rule  string
		plant func([]Cell) []Cell
	}{
		{"", func(l []Cell) []Cell { return l }},
		{"grid.gap", func(l []Cell) []Cell { return slices.Delete(l, 3, 4) }},
		{"grid.overlap", func(l []Cell) []Cell {
			c := l[2]
			c.Code = Code(c.Community + "900")
			return append(l, c)
		}},
		{"grid.overlap", func(l []Cell) []Cell { // a corner pulled over the neighbour by 2 m
			i := first(l, code12(1))
			r := l[i].Polygon[0]
			for k := range r {
				r[k][0] += 2e-5
			}
			return l
		}},
		{"grid.gap", func(l []Cell) []Cell { // shrunk by a twentieth
			r := l[first(l, code12(2))].Polygon[0]
			c := r.Bound().Center()
			for k := range r {
				r[k] = orb.Point{c[0] + 0.95*(r[k][0]-c[0]), c[1] + 0.95*(r[k][1]-c[1])}
			}
			return l
		}},
		{"grid.outside", func(l []Cell) []Cell {
			l[0].Polygon = orb.Polygon{rect(-200, 0, -100, 100)}
			return l
		}},
		{"grid.stray", func(l []Cell) []Cell { // two cells swap their communities' places
			i, j := first(l, code12(1)), first(l, code12(2))
			l[i].Polygon, l[j].Polygon = l[j].Polygon, l[i].Polygon
			return l
		}},
		{"grid.ring", func(l []Cell) []Cell {
			l[0].Polygon[0] = ringOf([2]float64{0, 0}, [2]float64{50, 50}, [2]float64{50, 0}, [2]float64{0, 50})
			return l
		}},
		{"grid.ring", func(l []Cell) []Cell {
			l[0].Polygon[0] = l[0].Polygon[0][:len(l[0].Polygon[0])-1]
			return l
		}},
		{"grid.hole", func(l []Cell) []Cell {
			l[0].Polygon = append(l[0].Polygon, rect(10, 10, 12, 12))
			return l
		}},
		{"grid.code", func(l []Cell) []Cell { l[4].Code = "37088300100"; return l }},
		{"grid.code_duplicate", func(l []Cell) []Cell { l[4].Code = l[5].Code; return l }},
		{"grid.void_reused", func(l []Cell) []Cell {
			return append(l, Cell{Code: l[5].Code, Community: l[5].Community, Status: Void})
		}},
		{"grid.community_unknown", func(l []Cell) []Cell { l[4].Code = "990883001001" + l[4].Code[12:]; return l }},
		{"grid.building_cut", func([]Cell) []Cell { return fishnet(6, 3, 100) }},
		{"grid.component_near_border", func([]Cell) []Cell { return fishnet(6, 3, 104) }},
		{"grid.area_above", func([]Cell) []Cell { return fishnet(2, 1, 300) }},
		{"grid.area_below", func([]Cell) []Cell { return fishnet(12, 6, 50) }},
		{"grid.sliver", func([]Cell) []Cell { return fishnet(100, 1, 150) }},
		{"grid.missing", func(l []Cell) []Cell {
			return slices.DeleteFunc(l, func(c Cell) bool { return c.Community == code12(2) })
		}},
		{"grid.order", func(l []Cell) []Cell {
			i, j := 0, 0 // the cells of a community farthest to the north-west and to the south-east
			south := func(c Cell) float64 { p := c.Polygon.Bound().Center(); return p[0] - p[1] }
			for k := range first(l, code12(2)) {
				if south(l[k]) < south(l[i]) {
					i = k
				}
				if south(l[k]) > south(l[j]) {
					j = k
				}
			}
			l[i].Code, l[j].Code = l[j].Code, l[i].Code
			return l
		}},
		{"grid.area_sum", func(l []Cell) []Cell { return slices.Delete(l, 0, 1) }},
		{"grid.off_lattice", func(l []Cell) []Cell { l[0].Polygon[0][1][0] += 3e-9; return l }},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			found, _, err := Check(context.Background(), src, seqOf(tc.plant(cloneCells(d.Cells))), nil)
			if err != nil {
				t.Fatal(err)
			}
			var rules []string
			for _, f := range found {
				if tc.rule == "" && f.Severity == gis.SeverityError {
					t.Errorf("a sound division: got %s: %s", f.Rule, f.Text)
				}
				rules = append(rules, f.Rule)
				if f.Text == "" || f.TextZh == "" {
					t.Errorf("%s has no text: %+v", f.Rule, f)
				}
			}
			if tc.rule != "" && !slices.Contains(rules, tc.rule) {
				t.Errorf("got findings %v, want %s among them", slices.Compact(rules), tc.rule)
			}
		})
	}
}

// fishnet cuts the town into nx x ny rectangles with the first row of height h.
func fishnet(nx, ny int, h float64) []Cell {
	var out []Cell
	seq := map[string]int{}
	for j := range ny {
		y0, y1 := 0.0, 300.0
		if j > 0 {
			y0 = h + (300-h)*float64(j-1)/float64(max(1, ny-1))
		}
		if j < ny-1 {
			y1 = h + (300-h)*float64(j)/float64(max(1, ny-1))
		}
		for i := range nx {
			x0, x1 := 600*float64(i)/float64(nx), 600*float64(i+1)/float64(nx)
			comm := code12(1)
			if x0 >= 299 {
				comm = code12(2)
			}
			seq[comm]++
			code, _ := MakeCode(comm, seq[comm])
			out = append(out, Cell{Code: code, Community: comm, Polygon: orb.Polygon{rect(x0, y0, x1, y1)}, Status: Valid})
		}
	}
	return out
}
