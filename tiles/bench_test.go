package tiles

import (
	"context"
	"fmt"
	"iter"
	"math/rand"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/paulmach/orb"
	orbmvt "github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/gis/index"
)

// The benchmarks write the same tiles with the package's encoder and with orb/encoding/mvt, both from memory and an R-tree,
// without compression, and report processor time per feature: run them together and compare.
//
//	go test ./tiles -run '^$' -bench Encode -benchmem
//	go test ./tiles -run '^$' -bench 'Tile|Apply|Zip'

const (
	benchSpan   = 2500 // metres
	benchPoints = 100_000
)

var bench struct {
	m     *memory
	set   *Set
	trees map[string]*index.Tree[*geojson.Feature]
}

func benchCity(b *testing.B) *Set {
	b.Helper()
	if bench.set == nil {
		bench.m = city(b, 42, benchSpan, benchPoints)
		bench.set = build(b, bench.m, func(c *Config) { c.CacheBytes = -1 })
		bench.trees = map[string]*index.Tree[*geojson.Feature]{}
		for _, name := range []string{"component", "unit_grid", "road"} {
			tr := new(index.Tree[*geojson.Feature])
			rule := bench.set.cfg.Layers[bench.set.byName[name]]
			for f := range bench.m.Features(context.Background(), name, orb.Bound{}) {
				g := geojson.NewFeature(f.Geom)
				g.ID = float64(f.ID)
				for _, fr := range rule.Fields {
					if v := f.Value(fr.source()); v != nil {
						g.Properties[fr.Name] = v
					}
				}
				tr.Insert(f.Geom.Bound(), g)
			}
			bench.trees[name] = tr
		}
	}
	return bench.set
}

// orbTile writes a tile as a program that uses orb would.
func orbTile(b *testing.B, name string, a maptile.Tile) (raw []byte, n int) {
	fc := geojson.NewFeatureCollection()
	bench.trees[name].Search(a.Bound(64.0/4096), func(f *geojson.Feature) bool {
		g := *f
		g.Geometry = orb.Clone(f.Geometry)
		fc.Append(&g)
		return true
	})
	l := orbmvt.NewLayer(name, fc)
	l.Version = 2
	l.ProjectToTile(a)
	l.Clip(orbmvt.MapboxGLDefaultExtentBound)
	l.RemoveEmpty(0, 0)
	raw, err := orbmvt.Marshal(orbmvt.Layers{l})
	if err != nil {
		b.Fatal(err)
	}
	return raw, len(l.Features)
}

// cpu is the time the process has spent on a core: wall time means little on a machine others use.
func cpu(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func BenchmarkEncode(b *testing.B) {
	s := benchCity(b)
	for _, bc := range []struct {
		name, layer string
		zoom        maptile.Zoom
		want        []string
	}{
		{"points z16, 12 attributes", "component", 16, nil},
		{"points z16, 2 attributes", "component", 16, []string{"class", "state"}},
		{"points z14 thinned", "component", 14, nil},
		{"cells z15", "unit_grid", 15, nil},
		{"roads z15", "road", 15, nil},
	} {
		a := maptile.At(at(100, 100), bc.zoom)
		b.Run(bc.name+"/wanmi", func(b *testing.B) {
			w := new(writer)
			f := frameOf(a)
			l := s.layers[s.byName[bc.layer]]
			n := 0
			b.ReportAllocs()
			start := cpu(b)
			for b.Loop() {
				w.enc.Reset()
				c, err := w.layer(context.Background(), l, &f, bc.want, 0)
				if err != nil {
					b.Fatal(err)
				}
				n = c.Features + c.Thinned
			}
			b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/float64(n), "cpu-ns/feature")
			b.ReportMetric(float64(len(w.enc.Bytes())), "bytes")
		})
		if bc.want != nil || bc.zoom == 14 {
			continue // orb's encoder thins nothing and would have to be given other features
		}
		b.Run(bc.name+"/orb", func(b *testing.B) {
			n := 0
			var raw []byte
			b.ReportAllocs()
			start := cpu(b)
			for b.Loop() {
				raw, n = orbTile(b, bc.layer, a)
			}
			b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/float64(n), "cpu-ns/feature")
			b.ReportMetric(float64(len(raw)), "bytes")
		})
	}
}

// BenchmarkTile is a whole tile as a request gets it: request, encoding, hash, compression; then the same from the cache.
func BenchmarkTile(b *testing.B) {
	s := benchCity(b)
	cached := build(b, bench.m, nil)
	for _, z := range []maptile.Zoom{13, 14, 15, 16} {
		a := maptile.At(at(100, 100), z)
		for name, set := range map[string]*Set{"live": s, "cached": cached} {
			b.Run(fmt.Sprintf("unit_grid+component z%d/%s", z, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					mustTile(b, set, []string{"unit_grid", "component"}, a)
				}
				t := mustTile(b, set, []string{"unit_grid", "component"}, a)
				b.ReportMetric(float64(t.Size), "raw-bytes")
				b.ReportMetric(float64(len(t.Gzip)), "gzip-bytes")
			})
		}
	}
}

func BenchmarkApply(b *testing.B) {
	s := benchCity(b)
	r := rand.New(rand.NewSource(1))
	for b.Loop() {
		f := component(r, 1+r.Int63n(benchPoints), benchSpan)
		n, err := s.Apply(context.Background(), []Update{{Layer: "component", Old: &f, New: &f}})
		if err != nil {
			b.Fatal(err)
		}
		s = n
	}
}

func BenchmarkBuild(b *testing.B) {
	benchCity(b)
	var before, after runtime.MemStats
	var s *Set
	for b.Loop() {
		s = nil
		runtime.GC()
		runtime.ReadMemStats(&before)
		s = build(b, bench.m, func(c *Config) { c.CacheBytes = -1 })
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	l := s.layers[s.byName["component"]]
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(l.count()), "bytes/component")
}

// stream is a source of n components that are made as they are read.
type stream int

func (n stream) Features(_ context.Context, layer string, _ orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		r := rand.New(rand.NewSource(1))
		for i := range int(n) {
			f := component(r, int64(i+1), 8000)
			f.Geom = f.Geom.Bound().Min
			if layer != "component" || !yield(f, nil) {
				return
			}
		}
	}
}

// BenchmarkMillion writes tiles over a million components without compression and tells what they take in memory. z10 holds all of them.
//
//	go test ./tiles -run '^$' -bench Million
func BenchmarkMillion(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := build(b, stream(1_000_000), func(c *Config) { c.CacheBytes = -1 })
	runtime.GC()
	runtime.ReadMemStats(&after)
	l := s.layers[s.byName["component"]]
	for _, z := range []maptile.Zoom{8, 10, 12, 14, 15, 16} {
		b.Run(fmt.Sprintf("z%d", z), func(b *testing.B) {
			w := new(writer)
			f := frameOf(maptile.At(cityCentre, z))
			b.ReportAllocs()
			start := cpu(b)
			n := LayerCount{}
			for b.Loop() {
				w.enc.Reset()
				var err error
				if n, err = w.layer(context.Background(), l, &f, nil, 0); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/1e6, "cpu-ms")
			b.ReportMetric(float64(n.Features), "features")
			b.ReportMetric(float64(n.Features+n.Thinned), "points")
			b.ReportMetric(float64(len(w.enc.Bytes())), "bytes")
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(l.count()), "heap-bytes/component")
		})
	}
}

// BenchmarkZip compares package deflate and the levels of gzip and zstd on the tile the zoom rules make largest, on one of cells and few points, and on
// one of cells and roads.
func BenchmarkZip(b *testing.B) {
	s := benchCity(b)
	for _, z := range []maptile.Zoom{14, 15, 16} {
		layers := []string{"unit_grid", "component"}
		if z == 15 {
			layers = []string{"unit_grid", "road"}
		}
		a := maptile.At(at(100, 100), z)
		w := new(writer)
		req, err := s.request(layers, TileOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.write(context.Background(), w, req, frameOf(a)); err != nil {
			b.Fatal(err)
		}
		raw := w.enc.Bytes()
		zip := func(name string, pack func() ([]byte, error)) {
			b.Run(fmt.Sprintf("z%d/%s", z, name), func(b *testing.B) {
				n := 0
				start := cpu(b)
				for b.Loop() {
					out, err := pack()
					if err != nil {
						b.Fatal(err)
					}
					n = len(out)
				}
				b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/1000, "cpu-µs/op")
				b.ReportMetric(float64(n), "bytes")
				b.ReportMetric(float64(len(raw)), "raw-bytes")
			})
		}
		zip("deflate", func() ([]byte, error) { return w.geom.Gzip(w.out[:0], raw, w.enc.Spans()), nil })
		for level := 1; level <= 9; level++ {
			var g zipper
			zip(fmt.Sprintf("gzip %d", level), func() ([]byte, error) { return g.pack(raw, level) })
		}
		for level := zstd.SpeedFastest; level <= zstd.SpeedBetterCompression; level++ {
			w, err := newZstd(level)
			if err != nil {
				b.Fatal(err)
			}
			zip("zstd "+level.String(), func() ([]byte, error) { return w.EncodeAll(raw, nil), nil })
		}
	}
}
