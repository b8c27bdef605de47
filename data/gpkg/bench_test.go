package gpkg

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// delivery returns n components with the fields a census delivers, spread over a city.
func delivery(n int) []gis.Feature {
	l := gis.MustLayer("component")
	out := make([]gis.Feature, n)
	for i := range out {
		f := gis.NewFeature(l)
		f.Key = fmt.Sprintf("37088301%03d%06d", i%40, i)
		f.Geom = orb.Point{116.95 + float64(i*7919%50000)/1e6, 35.38 + float64(i*104729%50000)/1e6}
		for name, v := range map[string]any{
			"code": f.Key, "name": "路灯", "class": fmt.Sprintf("01%03d", i%40), "class_name": "路灯", "edition": "GB/T 47678.5-2026",
			"dept_code": "11370883004327123X", "dept_name": "邹城市综合行政执法局", "owner_name": "邹城市市政工程服务中心",
			"grid_code": fmt.Sprintf("370883001001%03d", i%300), "community_code": "370883001001", "community_name": "西关社区",
			"street_code": "370883001", "street_name": "钢山街道", "state": "完好", "init_date": "2026-08-02", "data_source": "普查",
			"delivered_id": fmt.Sprintf("LD-%06d", i), "address": "太平西路与岗山南路交叉口东20米", "extra": `{"height":"8","lamp":"LED"}`,
		} {
			f.Set(name, v)
		}
		out[i] = f
	}
	return out
}

// BenchmarkInsert measures components per second of a first delivery into an empty layer, commit and index included.
func BenchmarkInsert(b *testing.B) {
	feats := delivery(benchRows)
	for b.Loop() {
		s := openBench(b)
		deliver(b, s, feats)
		closeBench(b, s)
	}
	b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkRedeliver measures a second delivery: all rows as they were, then each with one field changed.
func BenchmarkRedeliver(b *testing.B) {
	feats := delivery(benchRows)
	s := openBench(b)
	defer closeBench(b, s)
	deliver(b, s, feats)
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			deliver(b, s, feats)
		}
		b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("updated", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			for i := range feats {
				feats[i] = feats[i].Clone()
				feats[i].Set("note", fmt.Sprint(n))
			}
			deliver(b, s, feats)
		}
		b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkRead measures reading the whole layer, and a box of about a hundred metres in it.
func BenchmarkRead(b *testing.B) {
	s := openBench(b)
	defer closeBench(b, s)
	deliver(b, s, delivery(benchRows))
	read := func(b *testing.B, box orb.Bound) (n int) {
		for _, err := range s.Features(b.Context(), "component", box) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		return n
	}
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			read(b, orb.Bound{})
		}
		b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("box", func(b *testing.B) {
		found := 0
		for b.Loop() {
			found = read(b, orb.Bound{Min: orb.Point{116.96, 35.39}, Max: orb.Point{116.961, 35.391}})
		}
		b.ReportMetric(float64(found), "rows")
	})
}

const benchRows = 100_000

func openBench(b *testing.B) *Store {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "city.gpkg"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func closeBench(b *testing.B, s *Store) {
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkAhead measures a delivery into a layer that has rows, made ahead of the lock, while single rows are edited: how long an edit takes.
func BenchmarkAhead(b *testing.B) {
	const base = 2000
	feats := delivery(base + benchRows)
	for b.Loop() {
		s, err := Open(b.Context(), filepath.Join(b.TempDir(), "city.gpkg"), Options{Log: slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))})
		if err != nil {
			b.Fatal(err)
		}
		deliver(b, s, feats[:base])
		done, ended := make(chan struct{}), make(chan struct{})
		var took []time.Duration
		go func() {
			defer close(ended)
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				case <-time.After(10 * time.Millisecond):
				}
				f := feats[i%100].Clone()
				f.Set("note", fmt.Sprint(i))
				began := time.Now()
				if _, err := s.Write(b.Context(), data.WriteInfo{}, func(tx data.Tx) error { _, _, err := tx.Put(&f); return err }); err != nil {
					b.Error(err)
				}
				took = append(took, time.Since(began))
			}
		}()
		w := data.WriteInfo{Bulk: true, Ahead: &data.Ahead{Rows: benchRows, Since: func(data.Tx, []gis.Change) (bool, error) { return true, nil }}}
		_, err = s.Write(b.Context(), w, func(tx data.Tx) error {
			for i := base; i < len(feats); i++ {
				f := feats[i]
				if _, _, err := tx.Put(&f); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		close(done)
		<-ended
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1e3, "median-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1e3, "p99-ms")
		b.ReportMetric(float64(took[len(took)-1].Microseconds())/1e3, "worst-ms")
		closeBench(b, s)
	}
}

func deliver(b testing.TB, s *Store, feats []gis.Feature) {
	_, err := s.Write(b.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
		for i := range feats {
			f := feats[i]
			if _, _, err := tx.Put(&f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkAssign measures giving every component of a city its cell, community and street: of rows that had none, then of rows that had others.
func BenchmarkAssign(b *testing.B) {
	for _, known := range []bool{false, true} {
		b.Run(map[bool]string{false: "first", true: "again"}[known], func(b *testing.B) {
			feats := delivery(benchRows)
			s := openBench(b)
			defer closeBench(b, s)
			fields := []string{"grid_code", "community_code", "community_name", "street_code", "street_name"}
			var cpu time.Duration
			for b.Loop() {
				b.StopTimer()
				for i := range feats {
					for _, name := range fields {
						if !known {
							feats[i].Set(name, nil)
						}
					}
				}
				deliver(b, s, feats)
				values := make([][]any, 300)
				for i := range values {
					values[i] = []any{fmt.Sprintf("370883001002%03d", i), "370883001002", "东关社区", "370883001", "钢山街道"}
				}
				b.StartTimer()
				before := cpuTime(b)
				_, err := s.Write(b.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
					_, err := tx.Assign("component", fields, func(yield func(data.Assigned) bool) {
						for i := range feats {
							if !yield(data.Assigned{ID: int64(i + 1), Values: values[i%300]}) {
								return
							}
						}
					})
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				cpu += cpuTime(b) - before
			}
			b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(cpu.Nanoseconds())/float64(benchRows*b.N), "cpu-ns/row")
		})
	}
}

// cpuTime is what the process has used of the processors.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkWriteLayer measures an export: a file of one layer, its indexes included, of features at hand.
func BenchmarkWriteLayer(b *testing.B) {
	feats := delivery(benchRows)
	for i := range feats {
		feats[i].ID = int64(i + 1)
	}
	dir, n := b.TempDir(), 0
	for b.Loop() {
		n++
		if _, err := WriteLayer(b.Context(), filepath.Join(dir, fmt.Sprint(n, ".gpkg")), feats[0].Layer, each(feats), nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
