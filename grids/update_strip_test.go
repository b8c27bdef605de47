package grids

import (
	"fmt"
	"testing"

	"wanmi/gis/geom"
)

// TestMovedStrips moves strips of land to the community beside that end in corners of the line or half way between, and
// holds what changes against what must: each cell that gives more than a hundredth of its land, two that get what is left
// of one where that is too small, and one that gets the strip where that is.
func TestMovedStrips(t *testing.T) {
	long(t)
	for _, name := range []string{"bupt", "monaco", "nyc", "nanjing", "tsinghua"} {
		src := place(t, name)
		old := build(t, src, Options{Today: "2026-01-01"}).Cells
		for _, part := range [][2]float64{{0, 1}, {0.15, 0.8}, {0.3, 0.45}} {
			t.Run(fmt.Sprint(name, part), func(t *testing.T) {
				e := editOf(t, src, old)
				strip := e.moveStripOf(part[0], part[1])
				d := build(t, e.src, Options{Old: old, Mode: Repair, Today: "2026-11-22"})
				updated(t, e.src, old, d)
				for _, f := range d.Findings {
					if f.Rule == "grid.update_rebuilt" {
						t.Error(f.Text)
					}
				}
				now := map[Code]geom.Ring{}
				for _, c := range d.Cells {
					if c.Status != Void {
						now[c.Code] = e.lat.ring(c.Polygon[0])
					}
				}
				must, gone, changed := 0, 0, 0
				for _, c := range old {
					was := e.lat.ring(c.Polygon[0])
					if gives, area, _ := overlap(was, strip); gives > 0.01*area {
						must++
					}
					if is, ok := now[c.Code]; !ok {
						gone++
					} else if iou(was, is) < 0.99 {
						changed++
					}
				}
				t.Logf("%.0f m² moved: %d cells had to change, %d did, %d codes are gone", float64(strip.Area2())/2e6, must, changed+gone, gone)
				if must == 0 || changed+gone > must+3 || gone > 1 {
					t.Error("not what the strip asks for")
				}
			})
		}
	}
}
