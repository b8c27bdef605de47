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

// MaxTile is the most bytes a stored tile may have to be read.
const MaxTile = 64 << 20

// The layout stores equal tiles once: "tiles", the table of the specification, is a view. Contents are numbered in the order they
// came in; tiles_shallow is stored by address, which makes an index unnecessary.
const (
	createMetadata = `CREATE TABLE IF NOT EXISTS metadata (name TEXT NOT NULL PRIMARY KEY, value TEXT)`
	createTiles    = `
CREATE TABLE tiles_data (tile_data_id INTEGER PRIMARY KEY, tile_data BLOB NOT NULL);
CREATE TABLE tiles_shallow (zoom_level INTEGER NOT NULL, tile_column INTEGER NOT NULL, tile_row INTEGER NOT NULL, tile_data_id INTEGER NOT NULL,
	PRIMARY KEY (zoom_level, tile_column, tile_row)) WITHOUT ROWID;
CREATE VIEW tiles AS
	SELECT s.zoom_level AS zoom_level, s.tile_column AS tile_column, s.tile_row AS tile_row, d.tile_data AS tile_data
	FROM tiles_shallow AS s JOIN tiles_data AS d ON d.tile_data_id = s.tile_data_id;`
	createIndex = `CREATE UNIQUE INDEX IF NOT EXISTS tiles_index ON tiles (zoom_level, tile_column, tile_row)`
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

// relation returns "table", "view" or, when there is none of that name, "".
func relation(ctx context.Context, db *sql.DB, name string) (string, error) {
	var typ sql.NullString
	err := db.QueryRowContext(ctx, `SELECT max(type) FROM sqlite_master WHERE lower(name) = ? AND type IN ('table', 'view')`, name).Scan(&typ)
	return typ.String, err
}
