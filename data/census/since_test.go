package census_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/census"
	"wanmi/data/gpkg"
	"wanmi/data/storetest"
	"wanmi/gis"
)

// between is a store in which something happens at the end of the reading of an import, before the import has the lock.
type between struct {
	*gpkg.Store
	happens func()
	ran     int
}

func (b *between) Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	return b.Store.Write(ctx, w, func(tx data.Tx) error {
		b.ran++
		err := fn(tx)
		if b.ran == 1 && b.happens != nil {
			b.happens()
		}
		return err
	})
}

// lamps is a delivery: codes or ids, five fields.
func lamps(t *testing.T, name string, n int, line func(i int) string) string {
	t.Helper()
	return table(t, name, "编号,名称,类别,备注,地址,经度,纬度\n", n, line)
}

func table(t *testing.T, name, heading string, n int, line func(i int) string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(heading)
	for i := range n {
		b.WriteString(line(i))
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func lamp(i int, note string, east float64) string { return lampAt(i, note, east, 0) }

func lampAt(i int, note string, east, north float64) string {
	return fmt.Sprintf("LD-%05d,路灯,路灯,%s,太平西路%d号,%.7f,%.7f\n", i, note, i, 116.961+float64(i%60)*0.0003+east, 35.391+float64(i/60)*0.0003+north)
}

func lampCity(t *testing.T) *gpkg.Store {
	t.Helper()
	s, err := gpkg.Open(t.Context(), filepath.Join(t.TempDir(), "city.gpkg"), gpkg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	lampAreas(t, s)
	return s
}

// lampAreas stores the street and the community the lamps stand in.
func lampAreas(t *testing.T, s census.Target) {
	t.Helper()
	area := `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[[116.96,35.39],[116.98,35.39],[116.98,35.42],[116.96,35.42],[116.96,35.39]]]}}]}`
	for layer, props := range map[string]string{"street": `"街道代码":"370883001","街道名称":"钢山街道"`, "community": `"社区代码":"370883001001","社区名称":"东关社区"`} {
		path := filepath.Join(t.TempDir(), layer+".geojson")
		if err := os.WriteFile(path, []byte(fmt.Sprintf(area, props)), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := census.Import(t.Context(), s, census.Options{Layer: layer, Files: []string{path}}); err != nil {
			t.Fatal(err)
		}
	}
}

// state is every component, without revisions.
func state(t *testing.T, s *gpkg.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		out[f.Key] = fmt.Sprint(f.Geom, f.Values)
	}
	return out
}

// TestEditsMeanwhile edits components between the matching of a delivery and its commit. The state and the counts must be those
// of the same edits before the import.
func TestEditsMeanwhile(t *testing.T) {
	const n = 2600
	first := lamps(t, "lamps.csv", n, func(i int) string { return lamp(i, "", 0) })
	second := lamps(t, "lamps.csv", n, func(i int) string {
		switch {
		case i%50 == 7:
			return ""
		case i%50 == 8:
			return lamp(i, "已整改", 0)
		case i%50 == 9:
			return lamp(i, "", 0.00002)
		case i%50 == 10:
			return lamp(i, "", 0) + lamp(i+n, "", 0.00015)
		}
		return lamp(i, "", 0)
	})
	set := func(name string, v any) func(f *gis.Feature) { return func(f *gis.Feature) { f.Set(name, v) } }
	move := func(east float64) func(f *gis.Feature) {
		return func(f *gis.Feature) { p := f.Geom.(orb.Point); f.Geom = orb.Point{p[0] + east, p[1]} }
	}
	del := func(*gis.Feature) {}
	for name, c := range map[string]struct {
		of    []int // the lamps edited
		edit  func(f *gis.Feature)
		gone  bool
		again bool // the import has to begin again
	}{
		"a field the delivery says nothing of": {of: []int{3, 8, 9, 10, 1500}, edit: set("owner_name", "路灯所")},
		"a field the delivery says":            {of: []int{3, 8, 9, 10}, edit: set("address", "手改")},
		"what the delivery would have said":    {of: []int{8, 58}, edit: set("note", "已整改")},
		"one that is to be removed":            {of: []int{7, 57}, edit: set("note", "还在")},
		"moved, known by its id":               {of: []int{3, 9}, edit: move(0.00001)},
		"moved far, known by its id":           {of: []int{3}, edit: move(0.001), again: true},
		"another id":                           {of: []int{3}, edit: set("delivered_id", "LD-x"), again: true},
		"deleted":                              {of: []int{3}, edit: del, gone: true, again: true},
		"deleted, to be removed anyway":        {of: []int{7}, edit: del, gone: true},
		"nothing":                              {},
	} {
		t.Run(name, func(t *testing.T) {
			var states [2]map[string]string
			var sums [2]census.Summary
			for i := range states {
				s := lampCity(t)
				if _, err := census.Import(t.Context(), s, census.Options{Layer: "component", Files: []string{first}}); err != nil {
					t.Fatal(err)
				}
				keys := map[string]string{}
				for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
					if err != nil {
						t.Fatal(err)
					}
					keys[f.Text("delivered_id")] = f.Key
				}
				edit := func() {
					for _, no := range c.of {
						_, err := s.Write(t.Context(), data.WriteInfo{Actor: "editor"}, func(tx data.Tx) error {
							key := keys[fmt.Sprintf("LD-%05d", no)]
							if c.gone {
								return tx.Delete("component", key)
							}
							f, err := tx.Feature("component", key)
							if err != nil {
								return err
							}
							c.edit(&f)
							_, _, err = tx.Put(&f)
							return err
						})
						if err != nil {
							t.Error(err)
						}
					}
				}
				b := &between{Store: s}
				if i == 0 {
					b.happens = edit
				} else {
					edit()
				}
				res, err := census.Import(t.Context(), b, census.Options{Layer: "component", Files: []string{second}})
				if err != nil {
					t.Fatal(err)
				}
				want := 1
				if i == 0 && c.again {
					want = 2
				}
				if b.ran != want {
					t.Errorf("the import ran %d times, want %d", b.ran, want)
				}
				storetest.NoFindings(t, s)
				states[i], sums[i] = state(t, s), res.Summary
				if batch, err := s.Batch(t.Context(), res.Batch.ID); err != nil || batch.Changed != res.Summary.Changed || batch.Removed != res.Summary.Removed {
					t.Errorf("got batch %+v, %v, want the counts %+v", batch, err, res.Summary)
				}
			}
			if sums[0] != sums[1] {
				t.Errorf("got %+v, with the edits before it %+v", sums[0], sums[1])
			}
			for key, want := range states[1] {
				if got := states[0][key]; got != want {
					t.Errorf("%s: got %s, with the edits before the import %s", key, got, want)
				}
			}
			if len(states[0]) != len(states[1]) {
				t.Errorf("got %d rows, want %d", len(states[0]), len(states[1]))
			}
		})
	}
}

// TestImportsAndEdits imports by two programs' worth of stores while others edit and add components through one of them: no edit is lost
// but to a delivery that says otherwise, and no code is given twice.
func TestImportsAndEdits(t *testing.T) {
	const n = 2200
	s := lampCity(t)
	if _, err := census.Import(t.Context(), s, census.Options{Layer: "component", Files: []string{lamps(t, "old.csv", n, func(i int) string { return lamp(i, "", 0) })}}); err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, f.Key)
	}
	other, err := gpkg.Open(t.Context(), s.Path(), gpkg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var importing, editing sync.WaitGroup
	for k, store := range []*gpkg.Store{s, other} {
		file := lamps(t, fmt.Sprintf("new%d.csv", k), n, func(i int) string {
			return strings.Replace(lampAt(i, "", 0.00013*float64(1-k), 0.00013*float64(k)), "LD-", fmt.Sprintf("N%d-", k), 1)
		})
		importing.Go(func() {
			if _, err := census.Import(t.Context(), store, census.Options{Layer: "component", Files: []string{file}}); err != nil {
				t.Error(err)
			}
		})
	}
	done := make(chan struct{})
	acknowledged := make([]map[string]string, 3)
	var added sync.Map
	for e := range acknowledged {
		acknowledged[e] = map[string]string{}
		editing.Go(func() {
			random := rand.New(rand.NewPCG(20261129, uint64(e)))
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				key := keys[random.IntN(len(keys)/3)*3+e] // each his own
				text := fmt.Sprintf("%d.%d", e, i)
				var fresh string
				_, err := s.Write(t.Context(), data.WriteInfo{Actor: text}, func(tx data.Tx) error {
					f, err := tx.Feature("component", key)
					if err != nil {
						return err
					}
					f.Set("owner_name", text)
					if _, _, err := tx.Put(&f); err != nil || i%10 > 0 {
						return err
					}
					no, err := tx.Next("component/370883/"+f.Text("class"), 1)
					if err != nil {
						return err
					}
					f = f.Clone()
					f.ID, f.Key = 0, fmt.Sprintf("370883%s%06d", f.Text("class"), no)
					f.Geom = orb.Point{116.975, 35.4 + float64(i)/1e5 + float64(e)/1e3}
					f.Set("code", f.Key)
					f.Set("delivered_id", nil)
					f.Set("source", nil)
					fresh = f.Key
					op, _, err := tx.Put(&f)
					if err == nil && op != gis.Insert {
						t.Errorf("code %s was given twice", f.Key)
					}
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
				acknowledged[e][key] = text
				if fresh != "" {
					added.Store(fresh, true)
				}
			}
		})
	}
	importing.Wait()
	close(done)
	editing.Wait()
	storetest.NoFindings(t, s)
	rows, mine := map[string]gis.Feature{}, 0
	for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		rows[f.Key] = f
	}
	added.Range(func(key, _ any) bool {
		mine++
		if _, ok := rows[key.(string)]; !ok {
			t.Errorf("the added %s is lost", key)
		}
		return true
	})
	if want := 3*n + mine; len(rows) != want {
		t.Errorf("got %d rows, want %d", len(rows), want)
	}
	for e := range acknowledged {
		for key, want := range acknowledged[e] {
			if f := rows[key]; f.Text("owner_name") != want {
				t.Errorf("%s: got %q, want %q", key, f.Text("owner_name"), want)
			}
		}
	}
}
