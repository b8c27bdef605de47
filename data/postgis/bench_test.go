package postgis

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/postgis/pgtest"
	"wanmi/gis"
)

const benchRows = 20000

// delivery returns components with the fields a census delivers, spread over a city.
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

func putBench(b *testing.B, s *Store, feats []gis.Feature) {
	b.Helper()
	_, err := s.Write(b.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
		for i := range feats {
			if _, _, err := tx.Put(&feats[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkImport measures components per second: a first delivery into an empty layer, index and commit included; the same again;
// each with one field changed; their cells assigned; all read.
func BenchmarkImport(b *testing.B) {
	s := openTest(b, pgtest.DSN(b))
	feats := delivery(benchRows)
	rows := func(b *testing.B) { b.ReportMetric(float64(benchRows*b.N)/b.Elapsed().Seconds(), "rows/s") }
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			fresh := openTest(b, pgtest.DSN(b))
			b.StartTimer()
			putBench(b, fresh, feats)
		}
		rows(b)
	})
	putBench(b, s, feats)
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			putBench(b, s, feats)
		}
		rows(b)
	})
	b.Run("updated", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			for i := range feats {
				feats[i] = feats[i].Clone()
				feats[i].Set("note", fmt.Sprint(n))
			}
			putBench(b, s, feats)
		}
		rows(b)
	})
	b.Run("assigned", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			cell := []any{fmt.Sprint("cell", n)}
			assigned := make([]data.Assigned, len(feats))
			for i := range feats {
				assigned[i] = data.Assigned{ID: feats[i].ID, Values: cell}
			}
			_, err := s.Write(b.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
				_, err := tx.Assign("component", []string{"grid_code"}, slices.Values(assigned))
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		rows(b)
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			for _, err := range s.Features(b.Context(), "component", orb.Bound{}) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		rows(b)
	})
}

// BenchmarkAhead measures a delivery of 100,000 rows into a layer that has rows, of which it changes 2,000, made ahead of the lock,
// while single rows are edited: how long an edit takes. The log tells how long the lock was held.
func BenchmarkAhead(b *testing.B) {
	const base, added = 2100, 98000
	feats := delivery(base + added)
	for b.Loop() {
		s, err := Open(b.Context(), pgtest.DSN(b), Options{Log: slog.New(slog.NewTextHandler(b.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))})
		if err != nil {
			b.Fatal(err)
		}
		putBench(b, s, feats[:base])
		done, ended := make(chan struct{}), make(chan struct{})
		var took []time.Duration
		go func() {
			defer close(ended)
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				case <-time.After(50 * time.Millisecond):
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
		w := data.WriteInfo{Bulk: true, Ahead: &data.Ahead{Rows: base + added, Since: func(data.Tx, []gis.Change) (bool, error) { return true, nil }}}
		_, err = s.Write(b.Context(), w, func(tx data.Tx) error {
			for i := 100; i < len(feats); i++ {
				f := feats[i].Clone()
				f.Set("address", "太平西路")
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
		b.ReportMetric(float64(took[len(took)-1].Microseconds())/1e3, "worst-ms")
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEdit measures what one edit over HTTP asks of the store: the row, its change, and its versions after it.
func BenchmarkEdit(b *testing.B) {
	s := openTest(b, pgtest.DSN(b))
	feats := delivery(2000)
	putBench(b, s, feats)
	for n := 0; b.Loop(); n++ {
		key := feats[n%len(feats)].Key
		if _, err := s.Write(b.Context(), data.WriteInfo{}, func(tx data.Tx) error {
			if _, err := tx.Rev("component", key); err != nil {
				return err
			}
			f, err := tx.Feature("component", key)
			if err != nil {
				return err
			}
			f.Set("note", fmt.Sprint(n))
			if _, _, err = tx.Put(&f); err != nil {
				return err
			}
			_, err = tx.Rev("component", key)
			return err
		}); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Feature(b.Context(), "component", key); err != nil {
			b.Fatal(err)
		}
		if _, err := s.History(b.Context(), "component", key); err != nil {
			b.Fatal(err)
		}
	}
}
