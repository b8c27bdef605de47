package gpkg

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"os"
	"time"

	"wanmi/gis"
)

// WriteLayer makes path a GeoPackage that holds the one layer l with the features given, without the store's own tables
// and columns, and returns how many there were. path must not exist; after an error what is there is worthless.
func WriteLayer(ctx context.Context, path string, l *gis.Layer, feats iter.Seq2[gis.Feature, error], p gis.Progress) (int64, error) {
	// Nobody else sees the file before it is whole, so it needs no journal.
	db := newPool(path, "rwc", 0, "journal_mode(OFF)", "synchronous(OFF)")
	db.SetMaxOpenConns(1)
	n, err := writeLayer(ctx, db, path, newTable(l), feats, p)
	if closed := db.Close(); err == nil {
		err = closed
	}
	return n, wrap(path, err, "write "+path)
}

func writeLayer(ctx context.Context, db *sql.DB, path string, t *table, feats iter.Seq2[gis.Feature, error], p gis.Progress) (int64, error) {
	own := context.WithoutCancel(ctx)
	tx, err := db.BeginTx(own, nil)
	if err != nil {
		return 0, err
	}
	defer tx.Rollback()
	stmts := []string{geoPackageSQL, t.createSQL(false)}
	if t.hasGeom() {
		stmts = append(stmts, fmt.Sprintf(`CREATE VIRTUAL TABLE %s USING rtree(id, minx, maxx, miny, maxy)`, quote(t.rtree())))
	}
	for _, s := range stmts {
		if _, err := tx.ExecContext(own, s); err != nil {
			return 0, err
		}
	}
	kind := "attributes"
	if t.hasGeom() {
		kind = "features"
	}
	if err := t.register(own, tx, kind, t.layer.Zh+" · "+t.layer.En); err != nil {
		return 0, err
	}
	w := newSingleWriter(ctx, tx, path, t)
	defer w.close()
	n, err := w.all(feats, p)
	if err != nil {
		return n, err
	}
	if err := w.finish(); err != nil {
		return 0, err
	}
	return n, tx.Commit()
}

// IsStore reports whether path is a store of Wanmi's, of whatever version.
func IsStore(ctx context.Context, path string) bool {
	if _, err := os.Stat(path); err != nil {
		return false
	}
	db := newPool(path, "ro", time.Second)
	defer db.Close()
	var n int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name = 'wanmi_migration'`).Scan(&n)
	return err == nil && n > 0
}
