package postgis

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/postgis/pgtest"
	"wanmi/data/storetest"
	"wanmi/gis"
)

// former returns a database as the program of an earlier schema version left it: a community, two deliveries of street lamps, one
// row rejected, one lamp changed, one removed, one new, a key; from version 2 on all are recoded to CJ/T 214. The file is pg_dump
// --inserts of what that program made.
func former(t *testing.T, version int) (dsn string) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "schema-"+strconv.Itoa(version)+".sql.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	dump, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	dsn = pgtest.DSN(t)
	pgtest.Exec(t, dsn, string(dump))
	if got := pgtest.Value(t, dsn, `SELECT max(version) FROM wanmi.migration`); got != strconv.Itoa(version) {
		t.Fatalf("the file of version %d holds version %s", version, got)
	}
	return dsn
}

// Every version there was becomes the one of this program, with all it held, and keeps from then on what this one keeps.
func TestMigrateFromEach(t *testing.T) {
	for from := 1; from < schemaVersion; from++ {
		t.Run(strconv.Itoa(from), func(t *testing.T) { migrateFrom(t, from) })
	}
}

func migrateFrom(t *testing.T, from int) {
	dsn := former(t, from)
	s := openTest(t, dsn)
	if v, err := s.version(t.Context(), s.reader); v != schemaVersion || err != nil {
		t.Errorf("got version %d, %v, want %d", v, err, schemaVersion)
	}
	storetest.NoFindings(t, s)
	code, first, removed, next := "37088301037000002", "37088301037000002", "37088301037000003", "37088301037000005"
	versions, counter := 2, "component/370883/01037"
	if from > 1 { // recoded
		code, next, versions, counter = "3708830118000002", "3708830118000004", 3, "component/370883/0118"
	}
	f, err := s.Feature(t.Context(), "component", code)
	if err != nil || f.Text("state") != "完好" || f.Geom != (orb.Point{116.9622, 35.4022}) {
		t.Errorf("component %s: %v %v, %v", code, f.Geom, f.Values, err)
	}
	for _, key := range []string{code, first} {
		h, err := s.History(t.Context(), "component", key)
		if err != nil || len(h) != versions || h[0].Feature.Text("state") != "破损" || h[0].Source != "路灯" || h[0].Batch != 2 {
			t.Errorf("history of %s: %+v, %v", key, h, err)
		}
	}
	if h, err := s.History(t.Context(), "component", removed); err != nil || len(h) != 2 || h[1].Op != gis.Delete {
		t.Errorf("history of the one removed: %+v, %v", h, err)
	}
	if b, err := s.Batch(t.Context(), 3); err != nil || b.Source != "路灯" || b.Added != 1 || b.Changed != 1 || b.Removed != 1 {
		t.Errorf("the batch: %+v, %v", b, err)
	}
	rejected := 0
	for r, err := range s.Rejected(t.Context(), 2) {
		if rejected++; err != nil || r.Row != 5 || r.Rule != "position.zero" {
			t.Errorf("the rejected row: %+v, %v", r, err)
		}
	}
	if keys, err := s.Keys(t.Context()); err != nil || len(keys) != 1 || keys[0].Name != "clerk" || rejected != 1 {
		t.Errorf("keys %+v, %v; %d rejected rows", keys, err, rejected)
	}

	f.Set("note", "改")
	gen, err := s.Write(t.Context(), data.WriteInfo{Batch: &data.Batch{Layer: "component", Extent: "x"}}, func(tx data.Tx) error {
		n, err := tx.Next(counter, 1)
		if err != nil {
			return err
		}
		if got := next[len(next)-6:]; got != strconv.FormatInt(1000000+n, 10)[1:] {
			t.Errorf("the next number is %d, want %s", n, got)
		}
		tx.From("x.csv", 7)
		_, _, err = tx.Put(&f)
		return err
	})
	if err != nil {
		t.Fatalf("writing: %v", err)
	}
	if h, err := s.History(t.Context(), "component", code); err != nil || len(h) != versions+1 || h[versions].Row != 7 {
		t.Errorf("history of what was written to generation %d: %+v, %v", gen, h, err)
	}
	storetest.NoFindings(t, s)
}
