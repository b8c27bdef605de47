package mbtiles

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"os"

	"wanmi/gis"
)

// Reader reads an archive. It is safe for concurrent use.
type Reader struct {
	db   *sql.DB
	own  bool
	stmt *sql.Stmt
}

// Tile is a tile as it is stored: for format pbf, compressed by gzip. Y is counted from the north (XYZ).
type Tile struct {
	Z    uint8
	X, Y uint32
	Data []byte
}

// Open opens an archive file for reading.
func Open(ctx context.Context, file string) (*Reader, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, gis.E(gis.NotFound, err, "no archive %s", file)
	}
	db, err := open(file, "mode=ro&_pragma=query_only(1)")
	if err != nil {
		return nil, err
	}
	r, err := NewReader(ctx, db)
	if err != nil {
		db.Close()
		return nil, err
	}
	r.own = true
	return r, nil
}

// NewReader reads from a database that is open already; Close leaves it open.
func NewReader(ctx context.Context, db *sql.DB) (*Reader, error) {
	for _, t := range []string{"tiles", "metadata"} {
		ok, err := tableExists(ctx, db, t)
		if err != nil {
			return nil, gis.E(gis.Rejected, err, "the file is no MBTiles archive")
		}
		if !ok {
			return nil, gis.E(gis.Rejected, nil, "the file is no MBTiles archive: it has no table %s", t)
		}
	}
	stmt, err := db.PrepareContext(ctx, `SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?`)
	if err != nil {
		return nil, gis.E(gis.Rejected, err, "the file is no MBTiles archive")
	}
	return &Reader{db: db, stmt: stmt}, nil
}

// Close ends the reader.
func (r *Reader) Close() error {
	err := r.stmt.Close()
	if r.own {
		err = errors.Join(err, r.db.Close())
	}
	return err
}

// SelectTile returns a tile, a gis.NotFound error when the archive has none there. y is counted from the north.
func (r *Reader) SelectTile(ctx context.Context, z uint8, x, y uint32) ([]byte, error) {
	if z > 30 || uint64(x)>>z > 0 || uint64(y)>>z > 0 {
		return nil, gis.E(gis.Invalid, nil, "no tile %d/%d/%d", z, x, y)
	}
	var data []byte
	err := r.stmt.QueryRowContext(ctx, z, x, flip(z, y)).Scan(&data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, gis.E(gis.NotFound, nil, "the archive has no tile %d/%d/%d", z, x, y)
	case err != nil:
		return nil, fmt.Errorf("mbtiles: tile %d/%d/%d: %w", z, x, y, err)
	}
	return data, nil
}

// SelectAllTiles yields every tile, by zoom, then column, then row from the south. A row outside its zoom is an error in the
// sequence; the reader goes on after it.
func (r *Reader) SelectAllTiles(ctx context.Context) iter.Seq2[Tile, error] {
	return func(yield func(Tile, error) bool) {
		rows, err := r.db.QueryContext(ctx, `SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles ORDER BY 1, 2, 3`)
		if err != nil {
			yield(Tile{}, fmt.Errorf("mbtiles: read all tiles: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var z, x, y int64
			var data []byte
			err := rows.Scan(&z, &x, &y, &data)
			if err == nil && (z < 0 || z > 30 || x < 0 || x>>z > 0 || y < 0 || y>>z > 0) {
				err = gis.E(gis.Rejected, nil, "the archive has a tile at zoom %d, column %d, row %d", z, x, y)
			}
			t := Tile{Data: data}
			if err == nil {
				t.Z, t.X, t.Y = uint8(z), uint32(x), uint32(1<<z-1-y)
			}
			if !yield(t, err) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Tile{}, fmt.Errorf("mbtiles: read all tiles: %w", err))
		}
	}
}

// SelectMetadata returns a metadata value, a gis.NotFound error when there is none of that name.
func (r *Reader) SelectMetadata(ctx context.Context, name string) (string, error) {
	var v sql.NullString
	err := r.db.QueryRowContext(ctx, `SELECT value FROM metadata WHERE name = ?`, name).Scan(&v)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", gis.E(gis.NotFound, nil, "the archive has no metadata %s", name)
	case err != nil:
		return "", fmt.Errorf("mbtiles: metadata %s: %w", name, err)
	}
	return v.String, nil
}

// SelectAllMetadata returns all metadata.
func (r *Reader) SelectAllMetadata(ctx context.Context) (map[string]string, error) {
	rows, err := r.db.QueryContext(ctx, `SELECT name, value FROM metadata`)
	if err != nil {
		return nil, fmt.Errorf("mbtiles: metadata: %w", err)
	}
	defer rows.Close()
	m := map[string]string{}
	for rows.Next() {
		var k string
		var v sql.NullString
		if err := rows.Scan(&k, &v); err != nil {
			return nil, fmt.Errorf("mbtiles: metadata: %w", err)
		}
		m[k] = v.String
	}
	return m, rows.Err()
}
