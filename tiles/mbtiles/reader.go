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

// valid reports whether there is such a tile: 30 is the deepest zoom whose numbers all readers hold.
func valid(z uint8, x, y uint32) bool { return z <= 30 && uint64(x)>>z == 0 && uint64(y)>>z == 0 }

// Open opens an archive file for reading. What its schema defines runs without side effects, and its pages are checked as they are read.
func Open(ctx context.Context, file string) (*Reader, error) {
	if st, err := os.Stat(file); err != nil || !st.Mode().IsRegular() {
		return nil, gis.E(gis.NotFound, err, "no archive %s", file)
	}
	db, err := open(file, "mode=ro&_pragma=query_only(1)&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_pragma=busy_timeout(2000)")
	if err != nil {
		return nil, err
	}
	r, err := NewReader(ctx, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	r.own = true
	return r, nil
}

// NewReader reads from a database that is open already; Close leaves it open.
func NewReader(ctx context.Context, db *sql.DB) (*Reader, error) {
	for _, t := range []string{"tiles", "metadata"} {
		typ, err := relation(ctx, db, t)
		if err != nil {
			return nil, rejected(ctx, err)
		}
		if typ == "" {
			return nil, gis.E(gis.Rejected, nil, "the file is no MBTiles archive: it has no table %s", t)
		}
	}
	stmt, err := db.PrepareContext(ctx, tileQuery)
	if err != nil {
		return nil, rejected(ctx, err)
	}
	return &Reader{db: db, stmt: stmt}, nil
}

func rejected(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return gis.E(gis.Rejected, err, "the file is no MBTiles archive")
}

// Close ends the reader.
func (r *Reader) Close() error {
	err := r.stmt.Close()
	if r.own {
		err = errors.Join(err, r.db.Close())
	}
	return err
}

// tileQuery leaves out what is too large to be read, or no blob.
const tileQuery = `SELECT CASE WHEN length(tile_data) <= 67108864 THEN tile_data END FROM tiles
	WHERE zoom_level = ? AND tile_column = ? AND tile_row = ? LIMIT 1`

// SelectTile returns a tile, a gis.NotFound error when the archive has none there. y is counted from the north.
func (r *Reader) SelectTile(ctx context.Context, z uint8, x, y uint32) ([]byte, error) {
	return tileOf(z, x, y, func() *sql.Row { return r.stmt.QueryRowContext(ctx, z, x, flip(z, y)) })
}

func selectTile(ctx context.Context, db *sql.DB, z uint8, x, y uint32) ([]byte, error) {
	return tileOf(z, x, y, func() *sql.Row { return db.QueryRowContext(ctx, tileQuery, z, x, flip(z, y)) })
}

func tileOf(z uint8, x, y uint32, row func() *sql.Row) ([]byte, error) {
	if !valid(z, x, y) {
		return nil, gis.E(gis.Invalid, nil, "no tile %d/%d/%d", z, x, y)
	}
	var data []byte
	err := row().Scan(&data)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, gis.E(gis.NotFound, nil, "the archive has no tile %d/%d/%d", z, x, y)
	case err != nil:
		return nil, fmt.Errorf("mbtiles: tile %d/%d/%d: %w", z, x, y, err)
	case data == nil:
		return nil, gis.E(gis.Rejected, nil, "the archive's tile %d/%d/%d is null or over %d bytes", z, x, y, MaxTile)
	}
	return data, nil
}

// Address is the place of a tile and its size in bytes. Y is counted from the north.
type Address struct {
	Z     uint8
	X, Y  uint32
	Bytes int64
}

// Addresses yields the places of the tiles of a zoom from x0, y0 to x1, y1, both in it, in no certain order. A row whose place
// cannot be is passed over: [Reader.Verify] names it.
func (r *Reader) Addresses(ctx context.Context, z uint8, x0, y0, x1, y1 uint32) iter.Seq2[Address, error] {
	return func(yield func(Address, error) bool) {
		if z > 30 {
			return
		}
		rows, err := r.db.QueryContext(ctx, `SELECT tile_column, tile_row, coalesce(length(tile_data), 0) FROM tiles
			WHERE zoom_level = ? AND tile_column BETWEEN ? AND ? AND tile_row BETWEEN ? AND ?`, z, x0, x1, flip(z, y1), flip(z, y0))
		if err != nil {
			yield(Address{}, fmt.Errorf("mbtiles: read addresses: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var x, y, n int64
			if err := rows.Scan(&x, &y, &n); err != nil {
				yield(Address{}, fmt.Errorf("mbtiles: read addresses: %w", err))
				return
			}
			if x < 0 || x>>z > 0 || y < 0 || y>>z > 0 {
				continue
			}
			if !yield(Address{z, uint32(x), uint32(flip(z, uint32(y))), n}, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Address{}, fmt.Errorf("mbtiles: read addresses: %w", err))
		}
	}
}

// Zooms returns the least and the deepest zoom that has tiles; ok is false in an archive without any.
func (r *Reader) Zooms(ctx context.Context) (least, deepest uint8, ok bool, err error) {
	var lo, hi sql.NullInt64
	err = r.db.QueryRowContext(ctx, `SELECT (SELECT zoom_level FROM tiles WHERE zoom_level BETWEEN 0 AND 30 ORDER BY zoom_level LIMIT 1),
		(SELECT zoom_level FROM tiles WHERE zoom_level BETWEEN 0 AND 30 ORDER BY zoom_level DESC LIMIT 1)`).Scan(&lo, &hi)
	if err != nil {
		return 0, 0, false, fmt.Errorf("mbtiles: zooms: %w", err)
	}
	return uint8(lo.Int64), uint8(hi.Int64), lo.Valid, nil
}

// SelectAllTiles yields every tile, by zoom, then column, then row from the south. A row outside its zoom is an error in the
// sequence; the reader goes on after it.
func (r *Reader) SelectAllTiles(ctx context.Context) iter.Seq2[Tile, error] {
	return func(yield func(Tile, error) bool) {
		rows, err := r.db.QueryContext(ctx, `SELECT zoom_level, tile_column, tile_row, CASE WHEN length(tile_data) <= 67108864 THEN tile_data END
			FROM tiles ORDER BY 1, 2, 3`)
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
	return selectMetadata(ctx, r.db, name)
}

func selectMetadata(ctx context.Context, db *sql.DB, name string) (string, error) {
	var v sql.NullString
	err := db.QueryRowContext(ctx, `SELECT value FROM metadata WHERE name = ?`, name).Scan(&v)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", gis.E(gis.NotFound, nil, "the archive has no metadata %s", name)
	case err != nil:
		return "", fmt.Errorf("mbtiles: metadata %s: %w", name, err)
	}
	return v.String, nil
}

const (
	maxMetadata      = 10_000   // rows read
	maxMetadataBytes = 16 << 20 // of all values
)

// SelectAllMetadata returns all metadata.
func (r *Reader) SelectAllMetadata(ctx context.Context) (map[string]string, error) {
	rows, err := r.db.QueryContext(ctx, `SELECT name, CASE WHEN length(value) <= 16777216 THEN value END FROM metadata`)
	if err != nil {
		return nil, fmt.Errorf("mbtiles: metadata: %w", err)
	}
	defer rows.Close()
	m := map[string]string{}
	size := 0
	for rows.Next() {
		var k, v sql.NullString
		if err := rows.Scan(&k, &v); err != nil {
			return nil, fmt.Errorf("mbtiles: metadata: %w", err)
		}
		if size += len(k.String) + len(v.String); len(m) == maxMetadata || size > maxMetadataBytes {
			return nil, gis.E(gis.Rejected, nil, "the archive has over %d rows or %d bytes of metadata", maxMetadata, maxMetadataBytes)
		}
		m[k.String] = v.String
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("mbtiles: metadata: %w", err)
	}
	return m, nil
}
