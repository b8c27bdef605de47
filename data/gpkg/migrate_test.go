package gpkg

import (
	"database/sql"
	"path/filepath"
	"strconv"
	"testing"

	"wanmi/data"
	"wanmi/data/storetest"
	"wanmi/gis"
)

// What each version added to the one before, taken away again: so a file of the earlier version looks.
var takenAway = [...][]string{
	1: {
		`DROP INDEX feature_history_feature`, `ALTER TABLE import_batch DROP COLUMN token`, `DROP TABLE feature_renamed`, `DROP TABLE feature_origin`,
		`DROP TABLE proposal`, `DELETE FROM gpkg_contents WHERE table_name IN ('feature_renamed', 'feature_origin', 'proposal')`,
	},
	2: {`ALTER TABLE import_batch DROP COLUMN extent`, `ALTER TABLE import_batch DROP COLUMN surveyed`},
	3: append(dropEditTriggers(), `DELETE FROM wanmi_state WHERE name = 'own_write'`),
}

func dropEditTriggers() []string {
	var out []string
	for _, l := range gis.Layers {
		for _, e := range newTable(l).editTriggers() {
			out = append(out, e.drop())
		}
	}
	return out
}

// A file of each earlier version opens, has lost nothing, and keeps from then on what this one keeps.
func TestMigrateFromEach(t *testing.T) {
	for from := 1; from < schemaVersion; from++ {
		t.Run(strconv.Itoa(from), func(t *testing.T) { migrateFrom(t, from) })
	}
}

func migrateFrom(t *testing.T, from int) {
	path := filepath.Join(t.TempDir(), "old.gpkg")
	s := openTest(t, path)
	f := delivery(1)[0]
	_, err := s.Write(t.Context(), data.WriteInfo{Actor: "a", Batch: &data.Batch{Layer: "component"}}, func(tx data.Tx) error { _, _, err := tx.Put(&f); return err })
	if err != nil {
		t.Fatal(err)
	}
	for v := schemaVersion - 1; v >= from; v-- {
		for _, q := range append(takenAway[v], `DELETE FROM wanmi_migration WHERE version > `+strconv.Itoa(v)) {
			if _, err := s.writer.Exec(q); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, path)
	var version int
	if err := s.reader.QueryRow(`SELECT max(version) FROM wanmi_migration`).Scan(&version); err != nil || version != schemaVersion {
		t.Errorf("schema version: got %d, %v, want %d", version, err, schemaVersion)
	}
	was := f.Clone()
	f.Set("note", "改")
	_, err = s.Write(t.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
		if _, _, err := tx.Put(&f); err != nil {
			return err
		}
		return tx.Rename("component", f.Key, "37088301001999999")
	})
	if err != nil {
		t.Fatal(err)
	}
	h, err := s.History(t.Context(), "component", was.Key)
	if err != nil || len(h) != 2 || h[0].Feature.Text("note") != was.Text("note") || h[1].Op != gis.Update || h[0].Batch != 1 {
		t.Errorf("history after the migration: got %+v, %v", h, err)
	}
	if b, err := s.Batches(t.Context()); err != nil || len(b) != 1 || b[0].Token != "" || b[0].Extent != "" || b[0].Surveyed != "" {
		t.Errorf("batches after the migration: got %+v, %v", b, err)
	}
	storetest.NoFindings(t, s)
	var left sql.NullString
	if err := s.reader.QueryRow(`PRAGMA foreign_key_check`).Scan(&left); err != sql.ErrNoRows {
		t.Errorf("foreign keys: got %v, %v", left, err)
	}
}
