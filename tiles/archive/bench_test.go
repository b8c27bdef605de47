package archive_test

import (
	"encoding/binary"
	"path/filepath"
	"runtime"
	"testing"

	"wanmi/tiles/archive"
	"wanmi/tiles/pmtiles"
)

// BenchmarkWriter writes a million tiles of 200 bytes that all differ, and tells what of memory each takes at the end of gathering and, after
// it, of finishing.
func BenchmarkWriter(b *testing.B) {
	for _, suffix := range []string{".pmtiles", ".mbtiles"} {
		b.Run(suffix[1:], func(b *testing.B) {
			const n = 1_000_000
			for range b.N {
				file := filepath.Join(b.TempDir(), "a"+suffix)
				before := heap()
				w, err := archive.Create(file)
				if err != nil {
					b.Fatal(err)
				}
				data := make([]byte, 200)
				first := pmtiles.ID(14, 0, 0)
				for i := range uint64(n) {
					binary.LittleEndian.PutUint64(data, i)
					z, x, y, _ := pmtiles.ZXY(first + i)
					if err := w.Add(z, x, y, data); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(heap()-before)/n, "gathered-B/tile")
				if err := w.Finish(b.Context(), archive.Meta{Type: pmtiles.MVT, MinZoom: 14, MaxZoom: 14}, nil); err != nil {
					b.Fatal(err)
				}
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				b.ReportMetric(float64(int64(m.HeapSys)-int64(m.HeapReleased))/n, "heap-B/tile")
			}
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
