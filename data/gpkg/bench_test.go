package gpkg

import (
	"fmt"
	"path/filepath"
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

// BenchmarkBulk measures components per second of the parts of a census import's way through the store.
func BenchmarkBulk(b *testing.B) {
	const n = 100_000
	feats := delivery(n)
	for b.Loop() {
		s, err := Open(b.Context(), filepath.Join(b.TempDir(), "city.gpkg"), Options{})
		if err != nil {
			b.Fatal(err)
		}
		deliver := func(what string) {
			start := time.Now()
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
			b.ReportMetric(n/time.Since(start).Seconds(), what+"/s")
		}
		deliver("inserted")
		deliver("unchanged")
		for i := range feats {
			feats[i] = feats[i].Clone()
			feats[i].Set("note", fmt.Sprint(b.N, time.Now()))
		}
		deliver("updated")
		start := time.Now()
		for _, err := range s.Features(b.Context(), "component", orb.Bound{}) {
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(n/time.Since(start).Seconds(), "read/s")
		start = time.Now()
		for range 100 {
			for _, err := range s.Features(b.Context(), "component", orb.Bound{Min: orb.Point{116.96, 35.39}, Max: orb.Point{116.961, 35.391}}) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(time.Since(start).Seconds()*10, "ms/box")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
