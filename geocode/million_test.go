package geocode

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"wanmi/geocode/geocodetest"
)

// syntheticSize is how many entries the synthetic city of the benchmarks has: WANMI_BENCH_N, else 100,000.
func syntheticSize(tb testing.TB) int {
	tb.Helper()
	s := os.Getenv("WANMI_BENCH_N")
	if s == "" {
		return 100_000
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1000 {
		tb.Fatalf("WANMI_BENCH_N: %q is no number from 1000 on", s)
	}
	return n
}

func buildSynthetic(tb testing.TB, n int) (*geocodetest.City, *Geocoder) {
	tb.Helper()
	c := geocodetest.New(n)
	g, err := Build(context.Background(), c, Config{Synonyms: c.Synonyms(), ClassNames: c.ClassNames(), Admin: []string{"永兴市"}}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return c, g
}

// BenchmarkSynthetic asks a city of WANMI_BENCH_N entries every kind of text. "whole" is Search or Autocomplete with the answer written
// out, "search" only finding and weighing the places; p50 and p99 by the wall clock, cpu-ns by the process's.
//
// A p99 of milliseconds is the machine's, not the texts': among 4,000 misspelt ones no text took over 106 µs of its thread's processor time in the
// best of five, while beside other programs one in a hundred waited 2 to 4 ms for a core.
//
//	WANMI_BENCH_N=1000000 go test ./geocode -run '^$' -bench Synthetic -benchtime 20000x
func BenchmarkSynthetic(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	c, g := buildSynthetic(b, syntheticSize(b))
	took := time.Since(start)
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.Logf("%d entries: built in %.2f s, %.0f MB of heap with the city's names", c.N, took.Seconds(), float64(after.HeapAlloc-before.HeapAlloc)/1e6)
	ctx := context.Background()
	for _, kind := range geocodetest.Kinds {
		texts := c.Texts(kind, 4000)
		ask := g.Search
		if geocodetest.Prefixes(kind) {
			ask = g.Autocomplete
		}
		b.Run(kind+"/whole", func(b *testing.B) {
			b.ReportAllocs()
			timed(b, func(i int) { _, _ = ask(ctx, Query{Text: texts[i%len(texts)].Text, Size: 5}) })
		})
		if geocodetest.Prefixes(kind) {
			continue
		}
		b.Run(kind+"/search", func(b *testing.B) { searchAlone(b, g, texts) })
	}
}

// searchAlone finds and weighs the places of texts.
func searchAlone(b *testing.B, g *Geocoder, texts []geocodetest.Text) {
	b.Helper()
	b.ReportAllocs()
	sc, right := new(scratch), 0
	for _, t := range texts[:200] { // its memory grows to what texts need
		g.weighed(b.Context(), sc, t.Text)
	}
	timed(b, func(i int) {
		t := texts[i%len(texts)]
		g.weighed(b.Context(), sc, t.Text)
		if len(sc.cands) > 0 && meant(g, &sc.cands[0], t) {
			right++
		}
	})
	b.ReportMetric(100*float64(right)/float64(b.N), "right-%")
}

// weighed leaves the places of a text in sc, best first.
func (g *Geocoder) weighed(ctx context.Context, sc *scratch, text string) {
	sc.ctx = ctx
	sc.f.Set(text)
	sc.cands = sc.cands[:0]
	g.understand(sc)
	g.judge(sc, &Query{Size: 5})
}

func meant(g *Geocoder, c *cand, t geocodetest.Text) bool {
	if t.Name != "" {
		return c.poi >= 0 && g.src.pois[c.poi].name == t.Name
	}
	return g.fr.to(t.At).dist(c.at) <= 20
}

// timed reports percentiles of single runs beside the mean processor time.
func timed(b *testing.B, run func(i int)) {
	b.Helper()
	took := make([]time.Duration, 0, max(b.N, 1000))
	cpuPerOp(b, func(i int) {
		start := time.Now()
		run(i)
		took = append(took, time.Since(start))
	})
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2]), "p50-ns")
	b.ReportMetric(float64(took[len(took)*99/100]), "p99-ns")
}
