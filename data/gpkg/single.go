package gpkg

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"os"
	"strings"
	"time"

	"wanmi/gis"
)

// WriteLayer makes path a GeoPackage that holds the one layer l with the features given, without the store's own tables
// and columns, and returns how many there were. path must not exist; after an error what is there is worthless.
func WriteLayer(ctx context.Context, path string, l *gis.Layer, feats iter.Seq2[gis.Feature, error], p gis.Progress) (int64, error) {
	// Nobody else sees the file before it is whole, so it needs no journal.
	db := newPool(path, "rwc", 0, "journal_mode(OFF)", "synchronous(OFF)")
	db.SetMaxOpenConns(1)
	n, err := writeLayer(ctx, db, newTable(l), feats, p)
	if closed := db.Close(); err == nil {
		err = closed
	}
	return n, wrap(path, err, "write "+path)
}

func writeLayer(ctx context.Context, db *sql.DB, t *table, feats iter.Seq2[gis.Feature, error], p gis.Progress) (int64, error) {
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
	n, err := insertAll(ctx, tx, t, feats, p)
	if err != nil {
		return 0, err
	}
	if t.hasGeom() {
		extent, ok, err := packTree(own, tx, t)
		if err != nil {
			return 0, err
		}
		_, err = tx.ExecContext(own, `UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?`, boundArgs(extent, ok)...)
		if err != nil {
			return 0, err
		}
		for _, s := range t.createTriggers() {
			if _, err := tx.ExecContext(own, s); err != nil {
				return 0, err
			}
		}
	}
	return n, tx.Commit()
}

func insertAll(ctx context.Context, tx *sql.Tx, t *table, feats iter.Seq2[gis.Feature, error], p gis.Progress) (int64, error) {
	own := context.WithoutCancel(ctx)
	stmt, err := tx.PrepareContext(own, fmt.Sprintf(`INSERT INTO %s (fid, %s) VALUES (?%s)`,
		quote(t.name), t.columnList(), strings.Repeat(", ?", len(t.columns))))
	if err != nil {
		return 0, err
	}
	row := layerTx{t: t, args: make([]any, len(t.columns))}
	var n int64
	for f, err := range feats {
		if err == nil && n%256 == 0 {
			err = ctx.Err()
			p.Tell("export", n, 0)
		}
		if err != nil {
			return n, err
		}
		n++
		if f.Key == "" && !t.keyIsField() { // never stored
			f.Key = t.madeKey(n)
		}
		if err := row.encode(&f); err != nil {
			return n, gis.E(gis.Invalid, nil, "%s %s: %v", t.name, f.Key, err)
		}
		var id any
		if f.ID > 0 {
			id = f.ID
		}
		row.exec = append(append(row.exec[:0], id), row.args...)
		if _, err := stmt.ExecContext(own, row.exec...); err != nil {
			return n, err
		}
	}
	p.Tell("export", n, n)
	return n, nil
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
