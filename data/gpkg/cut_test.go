package gpkg

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestCut takes trees apart that SQLite has made: the file is sound after every piece, what is left is the beginning, and little is.
func TestCut(t *testing.T) {
	for _, size := range []int{512, 4096} {
		for _, c := range []struct{ name, table, row string }{
			{"rows", `CREATE TABLE x (id INTEGER PRIMARY KEY, v)`, `SELECT value, hex(randomblob(20)) FROM generate_series(1, 20000)`},
			{"long rows", `CREATE TABLE x (id INTEGER PRIMARY KEY, v)`, `SELECT value, hex(zeroblob(value % 7 * 400)) FROM generate_series(1, 2000)`},
			{"gaps", `CREATE TABLE x (id INTEGER PRIMARY KEY, v)`, `SELECT value * 1000003, NULL FROM generate_series(1, 20000)`},
			{"index", `CREATE TABLE x (id, v, PRIMARY KEY (id, v)) WITHOUT ROWID`, `SELECT hex(randomblob(20)), value FROM generate_series(1, 20000)`},
			{"long keys", `CREATE TABLE x (id, v, PRIMARY KEY (id, v)) WITHOUT ROWID`, `SELECT printf('%08d', value) || hex(zeroblob(value % 7 * 400)), value FROM generate_series(1, 2000)`},
			{"one page", `CREATE TABLE x (id INTEGER PRIMARY KEY, v)`, `SELECT 1, 2`},
			{"two pages", `CREATE TABLE x (id INTEGER PRIMARY KEY, v)`, fmt.Sprintf(`SELECT value, zeroblob(%d) FROM generate_series(1, 2)`, size-50)},
			{"nothing", `CREATE TABLE x (id INTEGER PRIMARY KEY, v)`, `SELECT 1, 2 WHERE 0`},
		} {
			t.Run(fmt.Sprintf("%s of %d", c.name, size), func(t *testing.T) { cutTable(t, size, c.table, c.row) })
		}
	}
}

func cutTable(t *testing.T, size int, table, row string) {
	path := filepath.Join(t.TempDir(), "x.db")
	series := `WITH RECURSIVE generate_series(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM generate_series LIMIT 20000) `
	if from, n, ok := strings.Cut(row, " FROM generate_series(1, "); ok {
		row = series + from + " FROM generate_series LIMIT " + strings.TrimSuffix(n, ")")
	}
	made := newPool(path, "rwc", 0, fmt.Sprintf("page_size(%d)", size), "journal_mode(WAL)")
	made.SetMaxOpenConns(1)
	for _, q := range []string{table, `CREATE TABLE y (z)`, `INSERT INTO x ` + row, `INSERT INTO y VALUES (zeroblob(100000))`, `DELETE FROM y`} {
		if _, err := made.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	var root uint32
	var all []string
	read := func() (out []string) { // on a connection that has other pages in its cache
		rows, err := made.Query(`SELECT id || '' FROM x ORDER BY id, v`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		if rows.Err() != nil {
			t.Fatal(rows.Err())
		}
		return out
	}
	if err := made.QueryRow(`SELECT rootpage FROM sqlite_master WHERE name = 'x'`).Scan(&root); err != nil {
		t.Fatal(err)
	}
	all = read()
	db := newPool(path, "rwc", 0)
	db.SetMaxOpenConns(1)
	defer db.Close()
	defer made.Close()
	for more, steps := true, 0; more; steps++ {
		q, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		c, err := newCutter(t.Context(), q)
		if err == nil {
			more, err = c.cut(root)
		}
		if err == nil {
			err = c.end()
		}
		if err == nil {
			err = q.Commit()
		}
		if err != nil {
			t.Fatalf("step %d: %v", steps, err)
		}
		var sound string
		if err := made.QueryRow(`PRAGMA integrity_check`).Scan(&sound); err != nil || sound != "ok" {
			t.Fatalf("step %d: %s, %v", steps, sound, err)
		}
		left := read()
		if len(left) > len(all) || strings.Join(left, " ") != strings.Join(all[:len(left)], " ") || len(all) > 0 && len(left) == 0 {
			t.Fatalf("step %d: %d rows of %d are left, not the first ones", steps, len(left), len(all))
		}
		if more && c.freed > cutPages+40 {
			t.Errorf("step %d gave %d pages back, want about %d", steps, c.freed, cutPages)
		}
		if !more {
			var pages, free int
			if err := made.QueryRow(`SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count`).Scan(&pages, &free); err != nil {
				t.Fatal(err)
			}
			if used := pages - free; used > 10+pages/2 { // a root of two children keeps the first whole
				t.Errorf("%d pages are still in use", used)
			}
		}
	}
	for _, q := range []string{`DROP TABLE x`, `INSERT INTO y SELECT zeroblob(3000) FROM sqlite_master, sqlite_master, sqlite_master`} {
		if _, err := made.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	var sound string
	if err := made.QueryRow(`PRAGMA integrity_check`).Scan(&sound); err != nil || sound != "ok" {
		t.Fatalf("at the end: %s, %v", sound, err)
	}
}
