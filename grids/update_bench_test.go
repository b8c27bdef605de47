package grids

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// BenchmarkZone measures updates after one small edit in a city of 3,560 cells (Nanjing laid 3 x 3, base map in memory):
// 24 buildings put across borders at random, one at a time, repaired; 24 roads drawn at random, refreshed; 24 strips of land
// given to the community beside, repaired. From the
// changed place to the new cells, with the reading of the section, on one thread. Beside the wall clock it tells the CPU
// time of the process, with that of the garbage collector: on a busy machine the figure to go by.
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
		{"strip", "community", Repair, func(e *mapEdit) {
			e.r.Shuffle(len(e.src["community"]), func(i, j int) {
				l := e.src["community"]
				l[i], l[j] = l[j], l[i]
			})
			e.moveStripOf(0.1, 0.9)
		}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var took, worked []time.Duration
			for b.Loop() {
				for seed := range uint64(24) {
					e := editOf(b, city, cells)
					e.r = rand.New(rand.NewPCG(seed, 4))
					n := len(e.src[bb.layer])
					bb.edit(e)
					places := changed(nil, e.src[bb.layer][n:])
					if bb.layer == "community" {
						places = changed(city[bb.layer], e.src[bb.layer])
					}
					if len(places) == 0 {
						continue
					}
					src := &board{memory: e.src, cells: map[Code]Cell{}}
					for _, c := range cells {
						src.cells[c.Code] = c
					}
					start, cpu := time.Now(), cpuTime()
					s, ok, err := NewSection(b.Context(), src, places)
					if err != nil || !ok {
						b.Fatal(ok, err)
					}
					if _, err := Build(b.Context(), s, Options{Old: s.Cells, Communities: s.Inner, Mode: bb.mode, Threads: 1}); err != nil {
						b.Fatal(err)
					}
					took, worked = append(took, time.Since(start)), append(worked, time.Duration(cpuTime()-cpu))
				}
			}
			slices.Sort(took)
			slices.Sort(worked)
			b.ReportMetric(took[len(took)/2].Seconds()*1e3, "median-ms")
			b.ReportMetric(took[len(took)-1].Seconds()*1e3, "worst-ms")
			b.ReportMetric(worked[len(worked)/2].Seconds()*1e3, "median-cpu-ms")
			b.ReportMetric(worked[len(worked)-1].Seconds()*1e3, "worst-cpu-ms")
			b.ReportMetric(float64(len(took))/float64(b.N), "edits/op")
			b.ReportMetric(float64(len(cells)), "cells")
		})
	}
}
