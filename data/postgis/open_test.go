package postgis

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"wanmi/data"
	"wanmi/data/postgis/pgtest"
	"wanmi/gis"
)

// refused opens a database that must not open, and returns the sentence.
func refused(t *testing.T, dsn string, opt Options, want gis.Kind) string {
	t.Helper()
	s, err := Open(t.Context(), dsn, opt)
	if err == nil {
		s.Close()
		t.Fatal("opened, want an error")
	}
	if gis.KindOf(err) != want {
		t.Errorf("got %v of kind %d, want kind %d", err, gis.KindOf(err), want)
	}
	for _, text := range []string{err.Error(), gis.Public(err)} {
		if strings.Contains(text, "secret") || strings.Contains(text, "wr%6Fng") || strings.Contains(text, "wrong-one") {
			t.Errorf("the error holds the password: %s", text)
		}
	}
	return gis.Public(err)
}

func wantText(t *testing.T, got string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			t.Errorf("got %q, want it to hold %q", got, p)
		}
	}
}

// Every error of opening names the way out and never the password.
func TestOpenErrors(t *testing.T) {
	dsn := pgtest.DSN(t)
	with := func(edit func(u *url.URL)) string { return pgtest.With(t, dsn, edit) }
	wantText(t, refused(t, with(func(u *url.URL) { u.User = url.UserPassword("postgres", "wrong-one") }), Options{}, gis.Unavailable), "password", "PGPASSWORD")
	wantText(t, refused(t, with(func(u *url.URL) { u.Path = "/no_such_city" }), Options{}, gis.Unavailable), "no_such_city", "CREATE DATABASE")
	wantText(t, refused(t, with(func(u *url.URL) { u.Host = "127.0.0.1:1" }), Options{}, gis.Unavailable), "cannot be reached", "127.0.0.1:1")
	wantText(t, refused(t, with(func(u *url.URL) { u.Host = "no-such-host.invalid:5432" }), Options{}, gis.Unavailable), "no-such-host.invalid")
	wantText(t, refused(t, with(func(u *url.URL) { u.RawQuery = "" }), Options{}, gis.Unavailable), "sslmode=disable")
	wantText(t, refused(t, with(func(u *url.URL) { u.Path = "" }), Options{}, gis.Invalid), "names no database")
	wantText(t, refused(t, "postgres://me:wrong-one@host:port:x/db", Options{}, gis.Invalid), "%40", "PGPASSWORD")
	wantText(t, refused(t, "postgres://me:wr%6Fng-one%zz@host/db", Options{}, gis.Invalid), "%40")
	for _, torn := range []string{"postgres://me:p@wrong-one/w#rd@host/db", "postgres://me:12/wrong-one@host/db", "postgres://me:12?wrong-one@host/db"} {
		wantText(t, refused(t, torn, Options{}, gis.Invalid), "%40")
		if got := Shown(torn); strings.Contains(got, "wrong") {
			t.Errorf("shown: %s", got)
		}
	}
	wantText(t, refused(t, dsn, Options{MustExist: true}, gis.NotFound), "wanmi import")
	if n := pgtest.Value(t, dsn, `SELECT count(*) FROM pg_namespace WHERE nspname = 'wanmi'`); n != "0" {
		t.Error("a database that had to exist was written to")
	}
	openTest(t, dsn)
	s, err := Open(t.Context(), dsn, Options{MustExist: true})
	if err != nil {
		t.Fatalf("the second time: %v", err)
	}
	s.Close()
}

// role makes a login without rights and returns the connection string it has for the database.
func role(t *testing.T, dsn, name string, stmts ...string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	name += "_" + strings.TrimPrefix(u.Path, "/wanmi_test_")
	create := "CREATE ROLE " + name + " LOGIN PASSWORD 'secret'"
	pgtest.Exec(t, dsn, create)
	t.Cleanup(func() { pgtest.Exec(t, dsn, "DROP OWNED BY "+name, "DROP ROLE "+name) })
	for _, s := range stmts {
		pgtest.Exec(t, dsn, strings.ReplaceAll(s, "ROLE", name))
	}
	return pgtest.With(t, dsn, func(u *url.URL) { u.User = url.UserPassword(name, "secret") })
}

func TestNoPostGIS(t *testing.T) {
	dsn := pgtest.Bare(t)
	wantText(t, refused(t, role(t, dsn, "poor"), Options{}, gis.Unavailable), "has no PostGIS", "CREATE EXTENSION postgis")
	s := openTest(t, dsn) // a superuser gets it installed
	if _, err := s.Count(t.Context(), "component"); err != nil {
		t.Error(err)
	}
}

// What reading and writing need is granted to two roles, and nothing more.
func TestRoles(t *testing.T) {
	dsn := pgtest.DSN(t)
	poor := role(t, dsn, "poor")
	wantText(t, refused(t, poor, Options{}, gis.Unavailable), "may not make or change", "GRANT CREATE ON DATABASE")
	openTest(t, dsn)
	wantText(t, refused(t, poor, Options{}, gis.Unavailable), "GRANT wanmi_writer TO poor_")

	writing := role(t, dsn, "clerk", "GRANT wanmi_writer TO ROLE")
	w := openTest(t, writing)
	write := func(s *Store, bulk bool, from, to int) error {
		_, err := s.Write(t.Context(), data.WriteInfo{Bulk: bulk, Batch: &data.Batch{Layer: "component"}}, func(tx data.Tx) error {
			for i := from; i < to; i++ {
				if _, _, err := tx.Put(component(i, "")); err != nil {
					return err
				}
			}
			if err := tx.Reject(data.Rejected{Rule: "r"}); err != nil {
				return err
			}
			_, err := tx.Next("n", 1)
			return err
		})
		return err
	}
	for i, bulk := range []bool{true, false, true} {
		if err := write(w, bulk, 0, 30*(i+1)); err != nil {
			t.Fatalf("a writer, bulk %v: %v", bulk, err)
		}
	}
	if _, err := w.Write(t.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error { _, err := tx.Clear("component"); return err }); err != nil {
		t.Errorf("a writer clears: %v", err)
	}
	if _, _, err := w.CreateKey(t.Context(), data.RoleAdmin, "x"); err != nil {
		t.Errorf("a writer makes a key: %v", err)
	}
	for _, forbidden := range []string{`DROP TABLE wanmi.component`, `DELETE FROM wanmi.change_log`, `UPDATE wanmi.change_log SET actor = ''`, `CREATE TABLE wanmi.x ()`, `DELETE FROM wanmi.feature_history`} {
		if _, err := w.writer.ExecContext(t.Context(), forbidden); code(err) != noPrivilege {
			t.Errorf("%s by a writer: got %v, want it refused", forbidden, err)
		}
	}

	r := openTest(t, role(t, dsn, "guest", "GRANT wanmi_reader TO ROLE"))
	if _, err := r.History(t.Context(), "component", "c1"); err != nil {
		t.Errorf("a reader: %v", err)
	}
	err := write(r, false, 0, 1)
	if gis.KindOf(err) != gis.Unavailable {
		t.Errorf("a reader writes: got %v, want it refused", err)
	}
	wantText(t, gis.Public(err), "wanmi_writer")
	if _, err := r.Keys(t.Context()); code(err) != noPrivilege {
		t.Errorf("a reader reads keys: got %v, want it refused", err)
	}
}

func component(i int, note string) *gis.Feature {
	f := gis.NewFeature(gis.MustLayer("component"))
	f.Set("code", "c"+strconv.Itoa(i))
	f.Set("class", "01001")
	f.SetText("note", note)
	f.Geom = point(i)
	return &f
}

// A database made by version n of the schema opens with this program; what it held is there.
func TestMigrate(t *testing.T) {
	dsn := pgtest.DSN(t) // version 0: nothing
	s := openTest(t, dsn)
	if v, err := s.version(t.Context(), s.reader); v != schemaVersion || err != nil {
		t.Errorf("from 0: got version %d, %v, want %d", v, err, schemaVersion)
	}
	if _, err := s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { _, _, err := tx.Put(component(1, "x")); return err }); err != nil {
		t.Fatal(err)
	}
	// A layer got a field, and a new layer came: as if this program were newer.
	pgtest.Exec(t, dsn, `ALTER TABLE wanmi.component DROP COLUMN label`, `DROP TABLE wanmi.wall`)
	again := openTest(t, dsn)
	f, err := again.Feature(t.Context(), "component", "c1")
	if err != nil || f.Text("note") != "x" {
		t.Errorf("after the migration: got %v, %v", f, err)
	}
	if n, err := again.Count(t.Context(), "wall"); n != 0 || err != nil {
		t.Errorf("the new layer: %d, %v", n, err)
	}
	if c := pgtest.Value(t, dsn, `SELECT col_description('wanmi.component'::regclass, attnum) FROM pg_attribute WHERE attrelid = 'wanmi.component'::regclass AND attname = 'label'`); !strings.Contains(c, "现场编号") || !strings.Contains(c, "Number painted on it") {
		t.Errorf("comment of the new column: got %q", c)
	}

	pgtest.Exec(t, dsn, `INSERT INTO wanmi.migration VALUES (`+strconv.Itoa(schemaVersion+1)+`, 'from the future', now())`)
	wantText(t, refused(t, dsn, Options{}, gis.Invalid), "newer Wanmi", "update the program")

	other := pgtest.DSN(t)
	pgtest.Exec(t, other, `CREATE SCHEMA wanmi`, `CREATE TABLE wanmi.theirs ()`)
	wantText(t, refused(t, other, Options{}, gis.Invalid), "another program")
}

// Tables tell what they are: comments in both languages, types, constraints, indexes.
func TestSchema(t *testing.T) {
	dsn := pgtest.DSN(t)
	s := openTest(t, dsn)
	_, err := s.Write(t.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error { _, _, err := tx.Put(component(1, "")); return err })
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		`SELECT count(*) FROM pg_class c WHERE relnamespace = 'wanmi'::regnamespace AND relkind = 'r' AND obj_description(oid) IS NULL`: "0",
		`SELECT string_agg(attrelid::regclass || '.' || attname, ' ') FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
			WHERE c.relnamespace = 'wanmi'::regnamespace AND c.relkind = 'r' AND attnum > 0 AND coalesce(col_description(attrelid, attnum), '') !~ '[一-龥].* · [A-Za-z]'`: "",
		`SELECT string_agg(type || ' ' || srid, ', ' ORDER BY f_table_name) FROM geometry_columns WHERE f_table_schema = 'wanmi' AND f_table_name IN ('component', 'road', 'unit_grid', 'door')`: "GEOMETRY 4490, POINT 4490, MULTILINESTRING 4490, MULTIPOLYGON 4490",
		`SELECT am.amname FROM pg_class c JOIN pg_am am ON am.oid = c.relam WHERE c.oid = 'wanmi.component_geom'::regclass`:                                                                      "gist",
	} {
		if got := pgtest.Value(t, dsn, query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	pgtest.Exec(t, dsn, `DROP INDEX wanmi.component_geom`)
	var rules []string
	for f, err := range s.Check(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, f.Rule+" "+f.Key)
	}
	if len(rules) != 1 || rules[0] != "store.index component_geom" {
		t.Errorf("a missing index: got %q", rules)
	}
}

// One write at a time in a database, whoever writes; readers do not wait.
func TestTwoWriters(t *testing.T) {
	dsn := pgtest.DSN(t)
	a := openTest(t, dsn)
	b, err := Open(t.Context(), dsn, Options{Busy: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	next := func(s *Store, inside func()) (n int64, err error) {
		_, err = s.Write(t.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
			var err error
			if n, err = tx.Next("component/370883/01001", 1); err != nil {
				return err
			}
			if _, _, err := tx.Put(component(int(n), "")); err != nil {
				return err
			}
			if inside != nil {
				inside()
			}
			return nil
		})
		return n, err
	}
	n, err := next(a, func() {
		began := time.Now()
		if c, err := b.Count(t.Context(), "component"); c != 0 || err != nil {
			t.Errorf("reading while another writes: got %d, %v", c, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("reading waited %v for a write", took)
		}
		_, err := next(b, nil)
		if gis.KindOf(err) != gis.Unavailable {
			t.Errorf("writing while another writes: got %v, want it refused", err)
		}
		wantText(t, gis.Public(err), "another program is writing")
	})
	if n != 1 || err != nil {
		t.Fatalf("the first writer: got %d, %v", n, err)
	}
	if n, err := next(b, nil); n != 2 || err != nil {
		t.Errorf("the second writer after it: got %d, %v, want 2", n, err)
	}
}
