package grids

import (
	"math"
	"testing"
)

// TestUpdatesAreFinished holds updates to what Build makes of borders: straight, few corners, off the components, and told.
func TestUpdatesAreFinished(t *testing.T) {
	src := place(t, "bupt")
	d := build(t, src, Options{Today: "2026-01-01"})
	look := func(src Source, d *Division) (corners float64, near int) {
		_, seen, err := Check(t.Context(), src, Cells(d.Cells), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range d.Cells {
			if c.Status != Void {
				corners += float64(len(c.Polygon[0])-1) / float64(d.Stats.Cells)
			}
		}
		return corners, seen.NearBorder
	}
	corners, near := look(src, d)
	locked := cloneCells(d.Cells)
	locked[3].Locked = true
	edited := editOf(t, src, d.Cells)
	edited.addBuildings(10)
	edited.moveStrip()
	for _, u := range []struct {
		name string
		src  Source
		old  []Cell
		mode Mode
	}{{"nothing", src, d.Cells, Repair}, {"locked", src, locked, Rebuild}, {"edited", edited.src, d.Cells, Repair}} {
		n, err := Build(t.Context(), u.src, Options{Old: u.old, Mode: u.mode, Today: "2026-11-22"})
		if err != nil {
			t.Fatal(err)
		}
		updated(t, u.src, u.old, n)
		c, k := look(u.src, n)
		t.Logf("%s: %.1f corners a cell (%.1f), %d components near borders (%d), %.0f m of borders (%.0f), %.3f on features (%.3f)",
			u.name, c, corners, k, near, n.Stats.BorderM, d.Stats.BorderM, n.Stats.OnFeatures, d.Stats.OnFeatures)
		if c > 1.12*corners || k > near+2 {
			t.Errorf("%s: %.1f corners a cell and %d components near borders, Build makes %.1f and %d", u.name, c, k, corners, near)
		}
		if math.Abs(n.Stats.BorderM/d.Stats.BorderM-1) > 0.05 || math.Abs(n.Stats.OnFeatures-d.Stats.OnFeatures) > 0.03 {
			t.Errorf("%s: %.0f m of borders, %.3f on features; Build says %.0f, %.3f", u.name, n.Stats.BorderM, n.Stats.OnFeatures, d.Stats.BorderM, d.Stats.OnFeatures)
		}
	}
}
