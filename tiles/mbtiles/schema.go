package mbtiles

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// applicationID marks a SQLite file as MBTiles ("MPBX").
const applicationID = 0x4d504258

// The layout stores equal tiles once: "tiles", the table of the specification, is a view.
const (
	createTables = `
CREATE TABLE IF NOT EXISTS metadata (name TEXT NOT NULL PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS images (tile_id TEXT NOT NULL PRIMARY KEY, tile_data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS map (zoom_level INTEGER NOT NULL, tile_column INTEGER NOT NULL, tile_row INTEGER NOT NULL, tile_id TEXT NOT NULL);
CREATE VIEW IF NOT EXISTS tiles AS
	SELECT m.zoom_level AS zoom_level, m.tile_column AS tile_column, m.tile_row AS tile_row, i.tile_data AS tile_data
	FROM map AS m JOIN images AS i ON i.tile_id = m.tile_id;`
	createIndex = `CREATE UNIQUE INDEX IF NOT EXISTS map_index ON map (zoom_level, tile_column, tile_row)`
)

// dsn addresses a file for the driver. Every connection of the pool gets the settings.
func dsn(file, query string) (string, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: query}).String(), nil
}

func open(file, query string) (*sql.DB, error) {
	name, err := dsn(file, query)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("mbtiles: open %s: %w", file, err)
	}
	return db, nil
}

// flip turns an XYZ row into a TMS row and back.
func flip(z uint8, y uint32) int64 { return int64(1)<<z - 1 - int64(y) }

func tableExists(ctx context.Context, db *sql.DB, name string) (bool, error) {
	var n int
	err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name = ? AND type IN ('table', 'view')`, name).Scan(&n)
	return n > 0, err
}
