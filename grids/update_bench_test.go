package grids

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"
)

// BenchmarkZone measures updates after one small edit in a city of 3,560 cells (Nanjing laid 3 x 3, base map in memory):
// 24 buildings put across borders at random, one at a time, repaired; 24 roads drawn at random, refreshed. From the
// changed place to the new cells, with the reading of the section, on one thread.
func BenchmarkZone(b *testing.B) {
	city := held(b, tiled(b, "nanjing", 3))
	for layer := range city { // the tiles have the same keys
		for i := range city[layer] {
			if layer != "community" {
				city[layer][i].Key = fmt.Sprint(layer, i)
			}
		}
	}
	cells := build(b, city, Options{Today: "2026-01-01"}).Cells
	for _, bb := range []struct {
		name, layer string
		mode        Mode
		edit        func(e *mapEdit)
	}{
		{"building", "building", Repair, func(e *mapEdit) { e.addBuildings(1) }},
		{"road", "road", Refresh, func(e *mapEdit) { e.addRoads(1) }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				for seed := range uint64(24) {
					e := editOf(b, city, cells)
					e.r = rand.New(rand.NewPCG(seed, 4))
					n := len(e.src[bb.layer])
					bb.edit(e)
					if len(e.src[bb.layer]) == n {
						continue
					}
					src := &board{memory: e.src, cells: map[Code]Cell{}}
					for _, c := range cells {
						src.cells[c.Code] = c
					}
					start := time.Now()
					s, ok, err := NewSection(b.Context(), src, []orb.Bound{e.src[bb.layer][n].Geom.Bound()})
					if err != nil || !ok {
						b.Fatal(ok, err)
					}
					if _, err := Build(b.Context(), s, Options{Old: s.Cells, Communities: s.Inner, Mode: bb.mode, Threads: 1}); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(start))
				}
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1e3, "median-ms")
			b.ReportMetric(took[len(took)-1].Seconds()*1e3, "worst-ms")
			b.ReportMetric(float64(len(took))/float64(b.N), "edits/op")
			b.ReportMetric(float64(len(cells)), "cells")
		})
	}
}
