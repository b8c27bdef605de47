package city

import (
	"encoding/csv"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"wanmi/data/gpkg"
	"wanmi/geocode/geocodetest"
)

// BenchmarkLocate answers reports in full, with cell, components and department, on one core: those of WANMI_BENCH_TEXTS (a CSV file with the
// text in its second column) in the city of WANMI_BENCH_DB. scripts/bench_geocode.py makes both.
func BenchmarkLocate(b *testing.B) {
	db, file := os.Getenv("WANMI_BENCH_DB"), os.Getenv("WANMI_BENCH_TEXTS")
	if db == "" || file == "" {
		b.Skip("WANMI_BENCH_DB and WANMI_BENCH_TEXTS are not set")
	}
	st, err := gpkg.Open(b.Context(), db, gpkg.Options{ReadOnly: true})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	c := geocodetest.New(1000)
	cfg := Config{NoTiles: true}
	cfg.Geocode.Synonyms, cfg.Geocode.ClassNames = c.Synonyms(), c.ClassNames()
	live, err := Load(b.Context(), st, cfg, nil)
	if err != nil {
		b.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		b.Fatalf("%s: %d rows, %v", file, len(rows), err)
	}
	rows = rows[1:]
	v := live.View()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	took := make([]time.Duration, 0, max(b.N, 1000))
	found := 0
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		start := time.Now()
		l, err := v.Locate(b.Context(), LocateQuery{Text: rows[i%len(rows)][1]})
		took = append(took, time.Since(start))
		if err != nil {
			b.Fatal(err)
		}
		if len(l.Components) > 0 && l.Department != nil {
			found++
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
	b.ReportMetric(100*float64(found)/float64(len(took)), "with-component-%")
}
