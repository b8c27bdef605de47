package grids

import (
	"os"
	"testing"
	"time"

	"github.com/paulmach/orb"
)

// TestZoneTime measures one zone after an edit in a city of 3,600 cells (Nanjing laid 3 x 3); it runs when WANMI_ZONE_TIME is set.
func TestZoneTime(t *testing.T) {
	if os.Getenv("WANMI_ZONE_TIME") == "" {
		t.Skip("set WANMI_ZONE_TIME=1 to measure")
	}
	city := tiled(t, "nanjing", 3)
	old := build(t, city, Options{Today: "2026-01-01"}).Cells
	m := memory{}
	for _, layer := range []string{"community", "road", "rail", "water", "wall", "land", "building", "component"} {
		for f, err := range city.Features(t.Context(), layer, orb.Bound{}) {
			if err != nil {
				t.Fatal(err)
			}
			m[layer] = append(m[layer], f.Clone())
		}
	}
	e := editOf(t, m, old)
	e.addBuildings(5)
	t.Logf("%d buildings, %d before; %v", len(e.src["building"]), len(m["building"]), e.src["building"][len(e.src["building"])-1].Geom.Bound())
	start := time.Now()
	d, err := Build(t.Context(), e.src, Options{Old: old, Mode: Repair, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cells: %+v; everything with reading %v", len(old), d.Update, time.Since(start).Round(time.Millisecond))
}
