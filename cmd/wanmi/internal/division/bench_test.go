package division

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"wanmi/data/gpkg"
	"wanmi/grids"
)

// BenchmarkStored times the way from stored layers to stored cells on the database WANMI_BENCH_DB, with the time
// of each stage and the most memory the process had. The database is copied first and stays as it is.
func BenchmarkStored(b *testing.B) {
	from := os.Getenv("WANMI_BENCH_DB")
	if from == "" {
		b.Skip("WANMI_BENCH_DB names no database")
	}
	ctx := context.Background()
	var build, write time.Duration
	var cells int
	for b.Loop() {
		b.StopTimer()
		file := filepath.Join(b.TempDir(), "city.gpkg")
		copyFile(b, from, file)
		st, err := gpkg.Open(ctx, file, gpkg.Options{})
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		b.StartTimer()
		start := time.Now()
		job := Job{Whole: true, Actor: "benchmark", At: time.Now(), Saw: func(d *grids.Division) error {
			build += time.Since(start)
			start, cells = time.Now(), len(d.Cells)
			return nil
		}}
		if _, err := Build(ctx, st, st, job); err != nil {
			b.Fatal(err)
		}
		write += time.Since(start)
		b.StopTimer()
		if err := st.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(build.Seconds()/float64(b.N), "build-s/op")
	b.ReportMetric(write.Seconds()/float64(b.N), "write-s/op")
	b.ReportMetric(float64(u.Utime.Nano()+u.Stime.Nano())/1e9/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(u.Maxrss)/1024, "MiB-peak")
	b.ReportMetric(float64(cells), "cells")
}

func copyFile(b *testing.B, from, to string) {
	b.Helper()
	r, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	w, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.Copy(w, r); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}
