package grids

import (
	"fmt"
	"slices"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/project"

	"wanmi/gis"
)

// redelivered shifts every corner of the communities by up to mm millimetres each way: alike in all communities, or in each apart.
func redelivered(e *mapEdit, mm float64, alike bool) {
	l := slices.Clone(e.src["community"])
	moved := map[orb.Point]orb.Point{}
	for i := range l {
		if !alike {
			clear(moved)
		}
		l[i].Geom = project.Geometry(orb.Clone(l[i].Geom), func(p orb.Point) orb.Point {
			q, ok := moved[p]
			if !ok {
				x, y := e.lat.zone.FromLonLat(p[0], p[1])
				q[0], q[1] = e.lat.zone.ToLonLat(x+(2*e.r.Float64()-1)*mm/1000, y+(2*e.r.Float64()-1)*mm/1000)
				moved[p] = q
			}
			return q
		})
	}
	e.src["community"] = l
}

// TestNoisyLines delivers communities again with noise, some with a strip moved, and a building put up in the same breath.
// Where neighbours are shifted alike only the cells round the building change by more than the noise; where each is
// shifted apart, so that gaps and overlaps come in, or more has moved, communities may be divided anew, and that is said.
func TestNoisyLines(t *testing.T) {
	long(t)
	for _, name := range []string{"bupt", "nanjing"} {
		src := place(t, name)
		old := build(t, src, Options{Today: "2026-01-01"}).Cells
		for _, mm := range []float64{0, 12, 40} {
			for _, alike := range []bool{true, false} {
				for _, strip := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%g mm/alike %v/strip %v", name, mm, alike, strip), func(t *testing.T) {
						e := editOf(t, src, old)
						most := 3 // cells that may change with the building
						if strip {
							e.moveStrip()
							most += 5
						}
						redelivered(e, mm, alike)
						e.addBuildings(1)
						d, err := Build(t.Context(), e.src, Options{Old: old, Mode: Repair, Today: "2026-11-22"})
						if err != nil {
							t.Fatal(err)
						}
						updated(t, e.src, old, d)
						if mm > 0 && (strip || !alike) {
							return
						}
						if _, kept, _ := likeness(t, e.lat, old, d.Cells); kept < 100-100*float64(most)/float64(len(old))-1e-9 {
							t.Errorf("%.1f %% of %d cells kept, %d may change", kept, len(old), most)
						}
						for _, f := range d.Findings {
							if f.Rule == "grid.update_rebuilt" {
								t.Error(f.Text)
							}
						}
						if told := slices.ContainsFunc(d.Findings, func(f gis.Finding) bool { return f.Rule == "grid.lines_followed" }); told != (mm > 0) {
							t.Errorf("noise of %g mm: told %v", mm, told)
						}
					})
				}
			}
		}
	}
}

// slivers is a town of two communities with a gap of millimetres between them, a strip of two centimetres in one of them that
// is a third's, and a fourth north of them that ends at y.
func slivers(y float64) memory {
	m := memory{}
	m.add("community", orb.Polygon{rect(0, 0, 300, 300)}, "code", code12(1), "name", "a")
	m.add("community", orb.Polygon{ringOf([2]float64{300, 0}, [2]float64{600, 0}, [2]float64{600, 300}, [2]float64{300.009, 300})}, "code", code12(2), "name", "b")
	m.add("community", orb.Polygon{rect(400, 150, 520, 150.02)}, "code", code12(3), "name", "c")
	m.add("community", orb.Polygon{rect(0, 300, 600, y)}, "code", code12(4), "name", "d")
	m.add("road", orb.LineString{metres(0, 100), metres(600, 100)}, "class", "local")
	m.add("road", orb.LineString{metres(150, 0), metres(150, 500)}, "class", "collector")
	m.add("road", orb.LineString{metres(450, 0), metres(450, 500)}, "class", "collector")
	return m
}

// TestNoiseBesideSlivers delivers a line a little beside itself in a town with a gap and a community that are narrower than
// that: the gap does not become land, nor the community none, whether the cells there are locked or not.
func TestNoiseBesideSlivers(t *testing.T) {
	old := build(t, slivers(500), Options{Today: "2026-01-01"}).Cells
	now := slivers(500.03)
	for _, locked := range []bool{false, true} {
		for i := range old {
			old[i].Locked = locked && old[i].Community != code12(4)
		}
		d := build(t, now, Options{Old: cloneCells(old), Mode: Repair, Today: "2026-11-22"})
		updated(t, now, old, d)
		if diff := Diff(old, d.Cells); len(diff.New)+len(diff.Gone) > 0 {
			t.Errorf("locked %v: new %v, gone %v", locked, diff.New, diff.Gone)
		}
		for i, c := range d.Cells {
			if c.Community != code12(4) && !orb.Equal(c.Polygon, old[i].Polygon) {
				t.Errorf("locked %v: the cell %s changed", locked, c.Code)
			}
		}
	}
}
