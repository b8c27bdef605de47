package census

import (
	"context"
	"testing"
)

// base returns a store with the streets and communities of the real city.
func base(t testing.TB) *memStore {
	t.Helper()
	m := newMem()
	mustImport(t, m, "street", shared(t, "taipei_west/base/streets.geojson"))
	mustImport(t, m, "community", shared(t, "taipei_west/base/communities.geojson"))
	return m
}

// BenchmarkDoors takes 148,233 address rows to a dry run's summary: everything but the store.
func BenchmarkDoors(b *testing.B) {
	m := base(b)
	file := shared(b, "taipei_west/places/addresses.csv.gz")
	var rows int64
	for b.Loop() {
		res, err := Import(context.Background(), m, Options{Layer: "door", Files: []string{file}, DryRun: true})
		if err != nil {
			b.Fatal(err)
		}
		rows += res.Files[0].Rows
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkComponents takes the street trees to a dry run's summary.
func BenchmarkComponents(b *testing.B) {
	m := base(b)
	file := shared(b, "taipei_scale/street_trees.csv.gz")
	var rows int64
	for b.Loop() {
		res, err := Import(context.Background(), m, Options{Layer: "component", Files: []string{file}, DryRun: true, MaxRejects: 100})
		if err != nil {
			b.Fatal(err)
		}
		rows += res.Files[0].Rows
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
