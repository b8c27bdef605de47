package census

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wanmi/data/gpkg"
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

// BenchmarkRedelivery takes a second delivery of 100,000 components, one in a hundred changed, to a dry run's summary beside a
// GeoPackage that has the first.
func BenchmarkRedelivery(b *testing.B) {
	const n = 100_000
	dir := b.TempDir()
	write := func(name string, changed int) string {
		var csv strings.Builder
		csv.WriteString("编号,类别,状态,权属单位,普查日期,材质,高度,地址,备注,经度,纬度\n")
		r := rand.New(rand.NewPCG(5, 5))
		for i := range n {
			note := ""
			if changed > 0 && i%changed == 0 {
				note = "已整改"
			}
			fmt.Fprintf(&csv, "LD-%07d,%s,完好,钢山街道办事处,2026-08-1%d,%s,%d.%d,太平西路与岗山南路交叉口东%d米,%s,%.7f,%.7f\n", i, []string{"路灯", "雨水井盖", "行道树"}[i%3],
				i%10, []string{"铸铁", "复合材料"}[i%2], i%12, i%10, i%400, note, 116.9+r.Float64()/5, 35.3+r.Float64()/5)
		}
		path := filepath.Join(dir, name, "components.csv")
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(csv.String()), 0o644)); err != nil {
			b.Fatal(err)
		}
		return path
	}
	store, err := gpkg.Open(b.Context(), filepath.Join(dir, "city.gpkg"), gpkg.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	set := map[string]string{"community_code": "370883001001"} // there are no communities: the county comes from here
	_, err = Import(b.Context(), store, Options{Layer: "component", Files: []string{write("first", 0)}, Set: set})
	if err != nil {
		b.Fatal(err)
	}
	second := write("second", 100)
	for b.Loop() {
		res, err := Import(b.Context(), store, Options{Layer: "component", Files: []string{second}, Set: set, DryRun: true})
		if want := (Summary{Changed: n / 100, Unchanged: n - n/100}); err != nil || res.Summary != want {
			b.Fatalf("got %+v, %v, want %+v", res.Summary, err, want)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}
