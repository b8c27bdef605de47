package gpkg

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// none is the Since of a write nobody else may come in between.
func none(t *testing.T) func(data.Tx, []gis.Change) (bool, error) {
	return func(_ data.Tx, changes []gis.Change) (bool, error) {
		if len(changes) > 0 {
			t.Errorf("told of %d changes nobody made", len(changes))
		}
		return true, nil
	}
}

// secondDelivery changes, moves, removes and adds rows of a layer of base rows.
func secondDelivery(base, added int, shape func(i int, f *gis.Feature)) func(tx data.Tx) error {
	feats := delivery(base + added)
	return func(tx data.Tx) error {
		seen := 0
		for _, err := range tx.Features("component", orb.Bound{}) {
			if err != nil {
				return err
			}
			seen++
		}
		if seen != base {
			return fmt.Errorf("saw %d rows, want %d", seen, base)
		}
		for i := range base {
			if i%10 == 3 {
				if err := tx.Delete("component", feats[i].Key); err != nil {
					return err
				}
			}
		}
		for i := range feats {
			f := feats[i].Clone()
			switch {
			case i < base && i%10 == 3:
				continue
			case i < base && i%10 == 4:
				f.Set("note", "改")
			case i < base && i%10 == 5:
				f.Geom = orb.Point{116.5, 35.2 + float64(i)/1e6}
			}
			shape(i, &f)
			if i >= base {
				n, err := tx.Next("component/370883/01001", 7)
				if err != nil {
					return err
				}
				f.Set("address", fmt.Sprint("no. ", n))
			}
			tx.From("later.csv", int64(i+2))
			if _, changed, err := tx.Put(&f); err != nil || f.ID == 0 {
				return fmt.Errorf("put %s: %v, %v", f.Key, changed, err)
			}
		}
		return tx.Reject(data.Rejected{File: "later.csv", Row: 9, Rule: "x"})
	}
}

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
					w.Ahead = &data.Ahead{Rows: int64(c.base + c.added), Since: none(t)}
				}
				fn := secondDelivery(c.base, c.added, long)
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
		w := data.WriteInfo{Bulk: true, Batch: &data.Batch{}, Ahead: &data.Ahead{Rows: 9000, Since: none(t)}}
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

// TestAheadEdits edits rows while a delivery is made ready, and looks at what becomes of both.
func TestAheadEdits(t *testing.T) {
	const base, added = 3000, 4000
	s := openTest(t, filepath.Join(t.TempDir(), "city.gpkg"))
	deliver(t, s, delivery(base))
	feats := delivery(base + added + 10)
	random := rand.New(rand.NewPCG(5, 20261129))
	edited := map[string]string{}
	fn := secondDelivery(base, added, func(i int, _ *gis.Feature) {
		if i%100 != 0 {
			return
		}
		f := feats[random.IntN(base)].Clone()
		if i == 1000 { // a new row
			f = feats[base+added+1].Clone()
		}
		if i == 1100 { // and one that goes
			if _, err := s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { return tx.Delete("component", feats[17].Key) }); err != nil {
				t.Error(err)
			}
			edited[feats[17].Key] = "gone"
			return
		}
		if edited[f.Key] == "gone" {
			return
		}
		f.Set("address", fmt.Sprint("edit ", i))
		if _, err := s.Write(t.Context(), data.WriteInfo{Actor: "editor"}, func(tx data.Tx) error { _, _, err := tx.Put(&f); return err }); err != nil {
			t.Error(err)
		}
		edited[f.Key] = f.Text("address")
	})
	told := 0
	w := data.WriteInfo{Bulk: true, Batch: &data.Batch{}, Ahead: &data.Ahead{Rows: base + added, Since: func(tx data.Tx, changes []gis.Change) (bool, error) {
		told = len(changes)
		for key, want := range edited { // the delivery says something of every tenth
			f, err := tx.Feature("component", key)
			if want == "gone" {
				if gis.KindOf(err) != gis.NotFound {
					t.Errorf("%s: %v", key, err)
				}
				continue
			}
			if err != nil || f.Text("address") != want {
				t.Errorf("%s: got %q, %v, want %q", key, f.Text("address"), err, want)
			}
			if strings.HasSuffix(key, "4") {
				f.Set("note", "改")
				if _, _, err := tx.Put(&f); err != nil {
					return false, err
				}
			}
		}
		return true, nil
	}}}
	runs := 0
	gen, err := s.Write(t.Context(), w, func(tx data.Tx) error { runs++; return fn(tx) })
	if err != nil || runs != 1 || told < 60 {
		t.Fatalf("generation %d, %v, %d runs, told of %d changes", gen, err, runs, told)
	}
	mustBeSound(t, s)
	noStage(t, s)
	rows := 0
	for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		rows++
		if want := edited[f.Key]; want != "" && f.Text("address") != want {
			t.Errorf("%s: got %q, want %q: the edit is lost", f.Key, f.Text("address"), want)
		}
		versions, err := s.History(t.Context(), "component", f.Key)
		if err != nil {
			t.Fatal(err)
		}
		for i := range versions[1:] {
			if versions[i].Seq >= versions[i+1].Seq || versions[i+1].At.Before(versions[i].At) {
				t.Errorf("%s: version %d is of %d, the next of %d", f.Key, i, versions[i].Seq, versions[i+1].Seq)
			}
		}
	}
	gone := 0
	for i := range base {
		if i%10 == 3 && edited[feats[i].Key] == "" || i == 17 {
			gone++
		}
	}
	if want := base + added - gone + 1; rows != want {
		t.Errorf("got %d rows, want %d", rows, want)
	}
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
	w.Ahead = &data.Ahead{Rows: 5000, Since: none(t)}
	died := filepath.Join(dir, "died.gpkg")
	fn := secondDelivery(40, 4000, func(int, *gis.Feature) {})
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
