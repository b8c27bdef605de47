package gpkg

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/storetest"
	"wanmi/gis"
)

// TestAhead makes the same delivery ahead of the lock and under it: the stores must be alike.
func TestAhead(t *testing.T) {
	long := func(i int, f *gis.Feature) {
		if i%1000 == 4 {
			f.Set("note", strings.Repeat("很长", 30000))
		}
	}
	for _, c := range []struct{ base, added int }{{0, 1}, {0, 30}, {0, 5000}, {1, 0}, {7, 3000}, {3000, 0}, {2500, 1}, {5000, 5000}, {200, 12000}} {
		t.Run(fmt.Sprintf("%d and %d", c.base, c.added), func(t *testing.T) {
			var stores [2]*Store
			for i := range stores {
				s := openTest(t, filepath.Join(t.TempDir(), "city.gpkg"))
				deliver(t, s, delivery(c.base))
				var prompt sync.Mutex
				slices := 0
				s.opt.Promptly = func(fn func()) {
					if !prompt.TryLock() {
						t.Error("what takes the lock of the writers calls for what takes it")
					}
					defer prompt.Unlock()
					slices++
					fn()
				}
				w := data.WriteInfo{Actor: "survey", Source: "later", Bulk: true, Batch: &data.Batch{Layer: "component", Source: "later"}}
				ran := 0
				if i == 0 {
					w.Ahead = &data.Ahead{Rows: int64(c.base + c.added), Since: storetest.NobodyElse(t)}
				}
				fn := storetest.Redelivery{Base: c.base, Feats: delivery(c.base + c.added), Shape: long}.Write
				_, err := s.Write(t.Context(), w, func(tx data.Tx) error {
					ran++
					if _, ahead := tx.(*ahead); ahead != (i == 0) {
						t.Errorf("run %d by %T", ran, tx)
					}
					return fn(tx)
				})
				if err != nil {
					t.Fatal(err)
				}
				if slices == 0 || slices == 1 != (i == 1) {
					t.Errorf("the lock was taken %d times; want once, or more often ahead of the lock", slices)
				}
				mustBeSound(t, s)
				noStage(t, s)
				stores[i] = s
			}
			sameStores(t, stores[0], stores[1])
			if c.added == 0 { // under the lock an id is tried, and lost, before the first row turns out to be known
				return
			}
			for _, s := range stores { // both go on alike
				deliver(t, s, delivery(c.base+c.added+3))
				mustBeSound(t, s)
			}
			sameStores(t, stores[0], stores[1])
		})
	}
}

// TestAheadDeep has pages so small that the trees get many levels.
func TestAheadDeep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "city.gpkg")
	db := newPool(path, "rwc", 0)
	db.SetMaxOpenConns(1)
	for _, q := range []string{`PRAGMA page_size = 512`, `CREATE TABLE x (a)`, `DROP TABLE x`} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := openTest(t, path)
	for n := 0; n < 9000; n += 3000 { // the second finds free pages
		w := data.WriteInfo{Bulk: true, Batch: &data.Batch{}, Ahead: &data.Ahead{Rows: 9000, Since: storetest.NobodyElse(t)}}
		_, err := s.Write(t.Context(), w, func(tx data.Tx) error {
			if _, ok := tx.(*ahead); !ok {
				t.Errorf("run by %T", tx)
			}
			for i, f := range delivery(n + 3000) {
				f.Set("note", fmt.Sprint(n, i))
				if _, _, err := tx.Put(&f); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		mustBeSound(t, s)
		noStage(t, s)
		if c, err := s.Count(t.Context(), "component"); c != int64(n+3000) || err != nil {
			t.Errorf("got %d rows, %v, want %d", c, err, n+3000)
		}
	}
	var size, pages int
	if err := s.reader.QueryRow(`SELECT page_size, page_count FROM pragma_page_size, pragma_page_count`).Scan(&size, &pages); err != nil || size != 512 {
		t.Errorf("pages of %d bytes, %v", size, err)
	}
}

func noStage(t *testing.T, s *Store) {
	t.Helper()
	var left int
	if err := s.reader.QueryRow(`SELECT count(*) FROM sqlite_master WHERE name GLOB 'wanmi_stage*'`).Scan(&left); err != nil || left > 0 {
		t.Errorf("%d tables of a stage left, %v", left, err)
	}
	if _, err := os.Stat(s.path + "-stage"); err == nil {
		t.Error("the file of the stages is left")
	}
}

func sameStores(t *testing.T, a, b *Store) {
	t.Helper()
	var of [2][]gis.Feature
	for i, s := range [...]*Store{a, b} {
		for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
			if err != nil {
				t.Fatal(err)
			}
			of[i] = append(of[i], f)
		}
	}
	if len(of[0]) != len(of[1]) {
		t.Fatalf("got %d rows ahead, %d under the lock", len(of[0]), len(of[1]))
	}
	show := func(f gis.Feature) string { return fmt.Sprint(f.ID, f.Key, f.Geom, f.Values) }
	for i, f := range of[0] {
		if show(f) != show(of[1][i]) {
			t.Fatalf("got %.300s ahead, %.300s under the lock", show(f), show(of[1][i]))
		}
	}
	for _, q := range []string{
		`SELECT group_concat(x, char(10)) FROM (SELECT key || feature || op || length(shape) || fields x FROM feature_history ORDER BY feature, rev, op)`,
		`SELECT group_concat(x, char(10)) FROM (SELECT name || value x FROM wanmi_counter ORDER BY name)`,
		`SELECT group_concat(x, char(10)) FROM (SELECT min_x || ' ' || min_y || ' ' || max_x || ' ' || max_y x FROM gpkg_contents WHERE table_name = 'component')`,
		`SELECT group_concat(x, char(10)) FROM (SELECT first || ' ' || last || ' ' || line || file x FROM feature_origin ORDER BY first)`,
		`SELECT group_concat(x, char(10)) FROM (SELECT added || ' ' || changed || ' ' || removed || ' ' || unchanged || ' ' || rejected x FROM import_batch)`,
		`SELECT value || '' FROM wanmi_state WHERE name = 'generation'`,
	} {
		var got [2]*string
		for i, s := range [...]*Store{a, b} {
			if err := s.reader.QueryRow(q).Scan(&got[i]); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		if fmt.Sprint(deref(got[0])) != fmt.Sprint(deref(got[1])) {
			t.Errorf("%s:\ngot %.500s\nahead, %.500s\nunder the lock", q, deref(got[0]), deref(got[1]))
		}
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Whoever opens the file after a long write that died gives back the ids and running numbers it had kept, and no others.
func TestAheadGivesBack(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, filepath.Join(dir, "city.gpkg"))
	deliver(t, s, delivery(40))
	number := func(counter string) {
		if _, err := s.Write(t.Context(), data.WriteInfo{Actor: "editor"}, func(tx data.Tx) error {
			_, err := tx.Next(counter, 1)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	number("component/370883/01001")
	number("component/370883/02001")
	before := numbersOf(t, s)
	w := data.WriteInfo{Actor: "survey", Source: "later", Bulk: true, Batch: &data.Batch{Layer: "component", Source: "later"}}
	w.Ahead = &data.Ahead{Rows: 5000, Since: storetest.NobodyElse(t)}
	died := filepath.Join(dir, "died.gpkg")
	fn := storetest.Redelivery{Base: 40, Feats: delivery(4040)}.Write
	_, err := s.Write(t.Context(), w, func(tx data.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if now := numbersOf(t, s); maps.Equal(now, before) {
			t.Error("a long write kept no numbers")
		}
		number("component/370883/02001") // somebody else goes on taking numbers
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(filepath.Join(dir, "city.gpkg") + suffix)
			if err != nil {
				return err
			}
			if err := os.WriteFile(died+suffix, b, 0o600); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	noStage(t, s)
	again := openTest(t, died)
	noStage(t, again)
	mustBeSound(t, again)
	before["component/370883/02001"]++
	if now := numbersOf(t, again); !maps.Equal(now, before) {
		t.Errorf("got %v after the write that died, want %v", now, before)
	}
	if now := numbersOf(t, s); now["component/370883/01001"] != 4006 || now["sequence"] != 4040 {
		t.Errorf("got %v after the write that did not, want 4006 numbers and 4040 ids", now)
	}
}

// numbersOf returns the running numbers, and the ids given to components as "sequence".
func numbersOf(t *testing.T, s *Store) map[string]int64 {
	t.Helper()
	rows, err := s.reader.Query(`SELECT name, value FROM wanmi_counter UNION ALL SELECT 'sequence', seq FROM sqlite_sequence WHERE name = 'component'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		out[name] = n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
