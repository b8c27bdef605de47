package gpkg

import (
	"database/sql"
	"path/filepath"
	"testing"

	"wanmi/data"
	"wanmi/data/storetest"
	"wanmi/gis"
)

// A file of the first version opens, has lost nothing, and keeps from then on what the second version keeps.
func TestMigrateFromFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.gpkg")
	s := openTest(t, path)
	f := delivery(1)[0]
	_, err := s.Write(t.Context(), data.WriteInfo{Actor: "a", Batch: &data.Batch{Layer: "component"}}, func(tx data.Tx) error { _, _, err := tx.Put(&f); return err })
	if err != nil {
		t.Fatal(err)
	}
	// What version 2 added is taken away again: so such a file looks.
	for _, q := range []string{
		`DROP INDEX feature_history_feature`, `ALTER TABLE import_batch DROP COLUMN token`, `DROP TABLE feature_renamed`, `DROP TABLE feature_origin`,
		`DROP TABLE proposal`, `DELETE FROM gpkg_contents WHERE table_name IN ('feature_renamed', 'feature_origin', 'proposal')`,
		`DELETE FROM wanmi_migration WHERE version > 1`,
	} {
		if _, err := s.writer.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
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
	if b, err := s.Batches(t.Context()); err != nil || len(b) != 1 || b[0].Token != "" {
		t.Errorf("batches after the migration: got %+v, %v", b, err)
	}
	storetest.NoFindings(t, s)
	var left sql.NullString
	if err := s.reader.QueryRow(`PRAGMA foreign_key_check`).Scan(&left); err != sql.ErrNoRows {
		t.Errorf("foreign keys: got %v, %v", left, err)
	}
}
