package grids

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/clip"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/project"

	"wanmi/gis"
	"wanmi/gis/crs"
)

// tiling is a place laid n times n beside itself: a city as large as one likes whose parts are real.
// Features are moved as they are asked for, so that a large city costs no memory of its own.
type tiling struct {
	place memory // in metres of the place's own projection
	plane *crs.TransverseMercator
	n     int
	frame orb.Bound // the tile, metres
}

// tiled lays a place n x n; a tile's communities are numbered by the tile.
func tiled(t testing.TB, name string, n int) tiling {
	dir := sharedDir(t, "places/"+name)
	plane := localPlane(t, dir)
	m := place(t, name)
	for layer := range m {
		for i := range m[layer] {
			m[layer][i].Geom = project.Geometry(m[layer][i].Geom, func(p orb.Point) orb.Point {
				x, y := plane.FromLonLat(p[0], p[1])
				return orb.Point{x, y}
			})
		}
	}
	frame := m["community"][0].Geom.Bound()
	for _, f := range m["community"] {
		frame = frame.Union(f.Geom.Bound())
	}
	// What sticks out of the tile belongs to no community of it, but would lie in those of the next.
	for _, layer := range []string{"road", "rail", "water", "wall", "land"} {
		kept := m[layer][:0]
		for _, f := range m[layer] {
			if f.Geom = clip.Geometry(frame, orb.Clone(f.Geom)); f.Geom != nil {
				kept = append(kept, f)
			}
		}
		m[layer] = kept
	}
	return tiling{m, plane, n, frame}
}

func (s tiling) Features(ctx context.Context, layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		for k := range s.n * s.n {
			dx := float64(k%s.n) * (s.frame.Max[0] - s.frame.Min[0])
			dy := float64(k/s.n) * (s.frame.Max[1] - s.frame.Min[1])
			for f := range s.place.Features(ctx, layer, orb.Bound{}) {
				g := f.Clone()
				g.Geom = project.Geometry(orb.Clone(f.Geom), func(p orb.Point) orb.Point {
					lon, lat := s.plane.ToLonLat(p[0]+dx, p[1]+dy)
					return orb.Point{lon, lat}
				})
				if layer == "community" {
					g.Key = fmt.Sprintf("%06d%s", 110000+k, f.Text("code")[6:])
					g.SetText("code", g.Key)
				}
				if !yield(g, nil) {
					return
				}
			}
		}
	}
}

// peak watches the heap while f runs and returns the most it held, in MiB, with what the runtime keeps for itself.
func peak(f func()) float64 {
	runtime.GC()
	var most atomic.Uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most.Store(max(most.Load(), m.Sys-m.HeapReleased))
			}
		}
	}()
	f()
	close(stop)
	<-done
	return float64(most.Load()) / (1 << 20)
}

// BenchmarkTiled shows how time and memory grow with the area. WANMI_TILES="1 3 9 18" says how many tiles a
// side; the largest takes minutes, so 1 and 3 are the default.
func BenchmarkTiled(b *testing.B) {
	sides := os.Getenv("WANMI_TILES")
	if sides == "" {
		sides = "1 3"
	}
	for _, side := range strings.Fields(sides) {
		n, err := strconv.Atoi(side)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("nanjing %dx%d", n, n), func(b *testing.B) {
			src := tiled(b, "nanjing", n)
			start := cpuTime()
			var d *Division
			mib := 0.0
			for b.Loop() {
				mib = peak(func() {
					if d, err = Build(context.Background(), src, Options{}); err != nil {
						b.Fatal(err)
					}
				})
			}
			b.ReportMetric(float64(cpuTime()-start)/float64(b.N)/1e9, "cpu-s/op")
			b.ReportMetric(mib, "MiB-peak")
			b.ReportMetric(d.Stats.AreaM2/1e6, "km2")
			b.ReportMetric(float64(d.Stats.Cells), "cells")
		})
	}
}

// TestWriteTiling leaves the layers of a tiling as GeoJSON in the folder WANMI_TILING_OUT, to be imported by the
// command: the way from stored layers to stored cells is timed with that. WANMI_TILES says how many tiles a side.
func TestWriteTiling(t *testing.T) {
	dir := os.Getenv("WANMI_TILING_OUT")
	if dir == "" {
		t.Skip("WANMI_TILING_OUT names no folder")
	}
	n, err := strconv.Atoi(os.Getenv("WANMI_TILES"))
	if err != nil {
		t.Fatal("WANMI_TILES:", err)
	}
	src := tiled(t, "nanjing", n)
	for layer := range src.place {
		l := gis.MustLayer(layer)
		fc := geojson.NewFeatureCollection()
		for f, err := range src.Features(context.Background(), layer, orb.Bound{}) {
			if err != nil {
				t.Fatal(err)
			}
			g := geojson.NewFeature(f.Geom)
			for i, field := range l.Fields {
				if v := f.Values[i]; v != nil {
					g.Properties[field.Name] = v
				}
			}
			fc.Append(g)
		}
		data, err := fc.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, layer+".geojson"), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
