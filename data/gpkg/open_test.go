package gpkg

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/storetest"
	"wanmi/gis"
)

// tamper runs statements on a closed store, past all its rules.
func tamper(t *testing.T, path string, stmts ...string) {
	t.Helper()
	db := newPool(path, "rw", time.Second)
	db.SetMaxOpenConns(1)
	defer db.Close()
	// As the store's own write: the triggers for edits of other programs are not asked.
	for _, s := range slices.Concat([]string{`PRAGMA foreign_keys = 0`, markSQL}, stmts, []string{unmarkSQL}) {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func wantKind(t *testing.T, what string, err error, want gis.Kind, words ...string) {
	t.Helper()
	if err == nil || gis.KindOf(err) != want {
		t.Errorf("%s: got error %v of kind %d, want kind %d", what, err, gis.KindOf(err), want)
		return
	}
	for _, w := range words {
		if !strings.Contains(gis.Public(err), w) {
			t.Errorf("%s: got %q, want %q in it", what, gis.Public(err), w)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	open := func(name string, opt Options) error {
		s, err := Open(t.Context(), filepath.Join(dir, name), opt)
		if err == nil {
			s.Close()
		}
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "text.gpkg"), []byte(strings.Repeat("no database ", 100)), 0o644); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "text file", open("text.gpkg", Options{}), gis.Invalid, "text.gpkg")
	wantKind(t, "text file, read-only", open("text.gpkg", Options{ReadOnly: true}), gis.Invalid, "text.gpkg")
	wantKind(t, "folder", open(".", Options{}), gis.Invalid)
	wantKind(t, "absent, read-only", open("absent.gpkg", Options{ReadOnly: true}), gis.NotFound, "absent.gpkg")
	wantKind(t, "absent folder", open("no/where.gpkg", Options{}), gis.Unavailable, "where.gpkg")
	if _, err := os.Stat(filepath.Join(dir, "absent.gpkg")); err == nil {
		t.Error("a read-only open made a file")
	}
	tamper(t, mustStore(t, filepath.Join(dir, "newer.gpkg")), `INSERT INTO wanmi_migration VALUES (99, 'later', '2030-01-01T00:00:00.000Z')`)
	wantKind(t, "newer file", open("newer.gpkg", Options{}), gis.Invalid, "newer Wanmi", "99")
	wantKind(t, "newer file, read-only", open("newer.gpkg", Options{ReadOnly: true}), gis.Invalid, "newer Wanmi")
	db := newPool(filepath.Join(dir, "foreign.gpkg"), "rwc", time.Second)
	if _, err := db.Exec(`CREATE TABLE t (x)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	wantKind(t, "database of another program", open("foreign.gpkg", Options{}), gis.Invalid, "another program")
}

// mustStore makes an empty store and closes it.
func mustStore(t *testing.T, path string) string {
	t.Helper()
	s, err := Open(t.Context(), path, Options{})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A file made before a layer and a column came: writing adds them, reading alone does without the column.
func TestOlderFile(t *testing.T) {
	path := filled(t)
	tamper(t, path, append(dropEditTriggers(), `ALTER TABLE component DROP COLUMN note`)...)
	s, err := Open(t.Context(), path, Options{ReadOnly: true})
	if err != nil {
		t.Fatalf("read-only open of an older file: %v", err)
	}
	before := 0
	for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil || f.Value("note") != nil {
			t.Fatalf("got note %v, %v, want none", f.Value("note"), err)
		}
		before++
	}
	s.Close()
	tamper(t, path, `DROP TABLE work_grid`, `DROP TABLE rtree_work_grid_geom`, `DELETE FROM gpkg_geometry_columns WHERE table_name = 'work_grid'`,
		`DELETE FROM gpkg_extensions WHERE table_name = 'work_grid'`, `DELETE FROM gpkg_contents WHERE table_name = 'work_grid'`)
	_, err = Open(t.Context(), path, Options{ReadOnly: true})
	wantKind(t, "read-only open without a table", err, gis.Invalid, "work_grid")
	s = openTest(t, path)
	if n, err := s.Count(t.Context(), "component"); int(n) != before || err != nil {
		t.Errorf("components: got %d, %v, want %d", n, err, before)
	}
	write(t, s, data.WriteInfo{}, func(tx data.Tx) error {
		f := delivery(1)[0]
		f.Set("note", "新列")
		_, _, err := tx.Put(&f)
		return err
	})
	f, err := s.Feature(t.Context(), "component", delivery(1)[0].Key)
	if err != nil || f.Text("note") != "新列" {
		t.Errorf("new column: got %q, %v", f.Text("note"), err)
	}
	if n, err := s.Count(t.Context(), "work_grid"); n != 0 || err != nil {
		t.Errorf("new table: got %d, %v, want it empty", n, err)
	}
}

func TestReadOnly(t *testing.T) {
	path := filled(t)
	s, err := Open(t.Context(), path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.Write(t.Context(), data.WriteInfo{}, func(data.Tx) error { return nil })
	wantKind(t, "write", err, gis.Unavailable, "reading only")
	_, _, err = s.CreateKey(t.Context(), data.RoleAdmin, "x")
	wantKind(t, "key", err, gis.Unavailable)
	if n, err := s.Count(t.Context(), "component"); n == 0 || err != nil {
		t.Errorf("count: got %d, %v", n, err)
	}
}

func TestSecondWriterWaitsThenGivesUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "city.gpkg")
	first := openTest(t, path)
	second, err := Open(t.Context(), path, Options{Busy: 150 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	try := func() error {
		_, err := second.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { return tx.Reserve("n", 1) })
		return err
	}
	write(t, first, data.WriteInfo{}, func(tx data.Tx) error {
		start := time.Now()
		wantKind(t, "second writer", try(), gis.Unavailable, "city.gpkg")
		if took := time.Since(start); took < 100*time.Millisecond {
			t.Errorf("it gave up after %v, want it to wait 150 ms", took)
		}
		if _, err := second.Generation(t.Context()); err != nil {
			t.Errorf("a read beside a write: %v", err)
		}
		third, err := Open(t.Context(), path, Options{Busy: 150 * time.Millisecond})
		if err != nil {
			t.Fatalf("open beside a write: %v", err)
		}
		third.Close()
		return nil
	})
	if err := try(); err != nil {
		t.Errorf("after the first writer: %v", err)
	}
}

func TestDiskFull(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "city.gpkg"))
	limit := func(pages string) {
		t.Helper()
		if _, err := s.writer.Exec(`PRAGMA max_page_count = ` + pages); err != nil {
			t.Fatal(err)
		}
	}
	fill := func() error {
		_, err := s.Write(t.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
			for _, f := range delivery(800) {
				if _, _, err := tx.Put(&f); err != nil {
					return err
				}
				if err := tx.Reserve("component/370883/"+f.Text("class"), 800); err != nil {
					return err
				}
			}
			return nil
		})
		return err
	}
	var pages int
	if err := s.writer.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit(strconv.Itoa(pages + 40))
	wantKind(t, "write to a full disk", fill(), gis.Unavailable, "room", "city.gpkg")
	if gen, err := s.Generation(t.Context()); gen != 0 || err != nil {
		t.Errorf("generation: got %d, %v, want 0", gen, err)
	}
	_, err := s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { // one who does not look at errors
		for _, f := range delivery(800) {
			tx.Put(&f)
		}
		return nil
	})
	wantKind(t, "a careless write to a full disk", err, gis.Unavailable, "room")
	if n, err := s.Count(t.Context(), "component"); n != 0 || err != nil {
		t.Errorf("components: got %d, %v, want 0", n, err)
	}
	limit("1073741823")
	if err := fill(); err != nil {
		t.Errorf("write with room: %v", err)
	}
	storetest.NoFindings(t, s)
}

func TestClosedStore(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "city.gpkg"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if _, err := s.Generation(t.Context()); err == nil {
		t.Error("a closed store answered")
	}
	if _, err := s.Write(t.Context(), data.WriteInfo{}, func(data.Tx) error { return nil }); err == nil {
		t.Error("a closed store wrote")
	}
}

func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "city.gpkg")
	s := openTest(t, path)
	put := func(n int) {
		t.Helper()
		write(t, s, data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
			for _, f := range delivery(n) {
				f.Set("code", nil)
				f.Key = "x" + f.Key
				if _, _, err := tx.Put(&f); err != nil {
					return err
				}
			}
			return nil
		})
	}
	put(600)
	copied := filepath.Join(dir, "copy.gpkg")
	write(t, s, data.WriteInfo{}, func(data.Tx) error { return s.Backup(t.Context(), copied) }) // beside a write
	put(650)
	if err := s.Backup(t.Context(), path); gis.KindOf(err) != gis.Invalid {
		t.Errorf("backup onto itself: got %v", err)
	}
	wantKind(t, "restore over an open store", Restore(t.Context(), copied, path), gis.Unavailable, "city.gpkg")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad.gpkg")
	raw, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	copy(raw[len(raw)/2:], strings.Repeat("damage ", 800))
	if err := os.WriteFile(bad, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), bad, path); err == nil {
		t.Error("a damaged copy was restored")
	}
	wantCount := func(want int64) {
		t.Helper()
		s, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if n, err := s.Count(t.Context(), "component"); n != want || err != nil {
			t.Errorf("count: got %d, %v, want %d", n, err, want)
		}
		storetest.NoFindings(t, s)
	}
	wantCount(650)
	if err := Restore(t.Context(), copied, path); err != nil {
		t.Fatalf("restore: %v", err)
	}
	wantCount(600)
	if err := os.WriteFile(path, []byte("nothing of a database"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), copied, path); err != nil {
		t.Fatalf("restore over a ruined file: %v", err)
	}
	wantCount(600)
	if out, err := exec.Command("ogrinfo", "-so", copied, "component").CombinedOutput(); err == nil && strings.Contains(string(out), "Warning 1") {
		t.Errorf("ogrinfo of the backup: %s", out)
	}
}

func TestCheckFinds(t *testing.T) {
	// The sample names grids, communities and numbers that are not there: mend that first.
	sound := filled(t)
	tamper(t, sound, `UPDATE component SET grid_code = NULL, community_code = NULL, code = 'c' || fid`)
	raw, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	s := openTest(t, sound)
	storetest.NoFindings(t, s)
	blob := `x'4750000289110000'`
	for _, c := range []struct {
		rule  string
		stmts []string
	}{
		{"store.geometry", []string{`UPDATE component SET geom = ` + blob + ` WHERE fid = 3`}},
		{"store.geometry", []string{`UPDATE door SET geom = (SELECT geom FROM building)`}},
		{"store.index", []string{`DELETE FROM rtree_component_geom WHERE id = 9`}},
		{"store.index", []string{`INSERT INTO rtree_component_geom VALUES (999999, 1, 2, 1, 2)`}},
		{"store.index", []string{`UPDATE rtree_component_geom SET minx = 117.5, maxx = 118 WHERE id = 9`}},
		{"store.key", []string{`UPDATE door SET key = 'd777'`}},
		{"store.extent", []string{`UPDATE gpkg_contents SET max_x = 100 WHERE table_name = 'component'`}},
		{"store.counter", []string{`UPDATE component SET code = '37088301001000009', class = '01001' WHERE fid = 9`}},
		{"store.counter", []string{`UPDATE component SET code = '3708830101000009', class = '0101' WHERE fid = 9`}},
		{"store.counter", []string{`UPDATE unit_grid SET code = '370883001001007'`}},
		{"store.generation", []string{`UPDATE wanmi_state SET value = 7 WHERE name = 'generation'`}},
		{"store.generation", []string{`UPDATE component SET rev = 4711 WHERE fid = 9`}},
		{"store.generation", []string{`CREATE TRIGGER stuck BEFORE UPDATE ON wanmi_state WHEN OLD.value = 1 BEGIN SELECT RAISE(IGNORE); END`}},
		{"store.reference", []string{`UPDATE import_rejected SET batch = 4711`}},
		{"store.batch", []string{`UPDATE import_batch SET added = -1`}},
		{"store.grid", []string{`UPDATE component SET grid_code = 'nowhere' WHERE fid = 9`}},
		{"store.community", []string{`UPDATE component SET community_code = 'nowhere' WHERE fid = 9`}},
		{"store.file", []string{`DELETE FROM rtree_component_geom_rowid WHERE rowid = 9`}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "city.gpkg")
			if err := os.WriteFile(path, raw, 0o644); err != nil {
				t.Fatal(err)
			}
			tamper(t, path, c.stmts...)
			s := openTest(t, path)
			found := map[string]bool{}
			for f, err := range s.Check(t.Context(), nil) {
				if err != nil {
					t.Fatal(err)
				}
				found[f.Rule] = true
				if f.Text == "" || f.TextZh == "" || f.Severity == "" {
					t.Errorf("a finding without words: %+v", f)
				}
			}
			if !found[c.rule] {
				t.Errorf("got %v, want %s among them", found, c.rule)
			}
		})
	}
}

func TestKeyUseIsCoarse(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 20, 0, 0, time.UTC)
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "city.gpkg"), Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	secret, _, err := s.CreateKey(t.Context(), data.RoleViewer, "x")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := s.FindKey(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	s.background.Wait()
	keys, err := s.Keys(t.Context())
	if err != nil || !keys[0].LastUsed.Equal(now.Truncate(time.Hour)) {
		t.Errorf("last used: got %v, %v, want %v", keys[0].LastUsed, err, now.Truncate(time.Hour))
	}
	var raw string
	if err := s.reader.QueryRow(`SELECT hash FROM wanmi_key`).Scan(&raw); err != nil || strings.Contains(raw, secret) {
		t.Errorf("what is stored: %q, %v", raw, err)
	}
}
