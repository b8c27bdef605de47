package mbtiles

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"wanmi/gis"
)

// Writer writes an archive. It serves one goroutine. To store equal tiles once it remembers 16 bytes of each content, some 50 MB
// a million; those of a file that has tiles already are read once, before the first is added.
type Writer struct {
	db   *sql.DB
	own  bool
	kind layout
	seen map[[16]byte]int64 // content -> its number
	last int64              // the largest number
}

// layout is how a file keeps its tiles.
type layout int

const (
	none    layout = iota // not made yet
	shallow               // ours
	plain                 // one table
)

// Create opens a file for writing. It has no journal: write to a temporary name and rename it after Close.
func Create(ctx context.Context, file string) (*Writer, error) {
	db, err := open(file, "_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=page_size(4096)&_pragma=cache_size(-65536)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	w, err := NewWriter(ctx, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	w.own = true
	return w, nil
}

// NewWriter writes to a database that is open already; Close leaves it open. Tables are made when they are first needed.
func NewWriter(ctx context.Context, db *sql.DB) (*Writer, error) {
	w := &Writer{db: db}
	typ, err := relation(ctx, db, "tiles")
	if err != nil {
		return nil, gis.E(gis.Rejected, err, "the file is no MBTiles archive")
	}
	switch typ {
	case "table":
		w.kind = plain
	case "view":
		for _, t := range []string{"tiles_shallow", "tiles_data"} {
			if typ, err := relation(ctx, db, t); err != nil || typ != "table" {
				return nil, gis.E(gis.Rejected, err, "the archive's tiles are a view over other tables than tiles_shallow and tiles_data; it is only read")
			}
		}
		w.kind = shallow
	}
	return w, nil
}

// CreateTiles makes the tables of the tiles, when absent.
func (w *Writer) CreateTiles(ctx context.Context) error {
	if w.kind != none {
		return nil
	}
	if _, err := w.db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; %s", applicationID, createTiles)); err != nil {
		return fmt.Errorf("mbtiles: create tables: %w", err)
	}
	w.kind = shallow
	return nil
}

// CreateMetadata makes the table of the metadata, when absent.
func (w *Writer) CreateMetadata(ctx context.Context) error {
	if _, err := w.db.ExecContext(ctx, createMetadata); err != nil {
		return fmt.Errorf("mbtiles: create metadata: %w", err)
	}
	return nil
}

// CreateTileIndex makes the index by address of a plain table tiles; inserting many tiles is quicker without, so make it last. The
// tables CreateTiles makes are in that order anyway.
func (w *Writer) CreateTileIndex(ctx context.Context) error {
	if w.kind != plain {
		return w.CreateTiles(ctx)
	}
	if _, err := w.db.ExecContext(ctx, createIndex); err != nil {
		return fmt.Errorf("mbtiles: create index: %w", err)
	}
	return nil
}

// DeleteTileIndex drops the index CreateTileIndex makes.
func (w *Writer) DeleteTileIndex(ctx context.Context) error {
	if _, err := w.db.ExecContext(ctx, `DROP INDEX IF EXISTS tiles_index`); err != nil {
		return fmt.Errorf("mbtiles: drop index: %w", err)
	}
	return nil
}

// remember reads the contents that are stored already, once.
func (w *Writer) remember(ctx context.Context) error {
	if w.seen != nil || w.kind != shallow {
		return nil
	}
	rows, err := w.db.QueryContext(ctx, `SELECT tile_data_id, tile_data FROM tiles_data`)
	if err != nil {
		return fmt.Errorf("mbtiles: read what is stored: %w", err)
	}
	defer rows.Close()
	seen := map[[16]byte]int64{}
	for rows.Next() {
		var id int64
		var data sql.RawBytes
		if err := rows.Scan(&id, &data); err != nil {
			return fmt.Errorf("mbtiles: read what is stored: %w", err)
		}
		seen[sum(data)], w.last = id, max(w.last, id)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("mbtiles: read what is stored: %w", err)
	}
	w.seen = seen
	return nil
}

func sum(data []byte) [16]byte {
	h := sha256.Sum256(data)
	return [16]byte(h[:16])
}

// InsertTile stores one tile, in the place of one that is there. y is counted from the north.
func (w *Writer) InsertTile(ctx context.Context, z uint8, x, y uint32, data []byte) error {
	return w.BulkInsertTile(ctx, []Tile{{Z: z, X: x, Y: y, Data: data}})
}

// BulkInsertTile stores tiles in one transaction: all or, after an error, none.
func (w *Writer) BulkInsertTile(ctx context.Context, tiles []Tile) error {
	for _, t := range tiles {
		if !valid(t.Z, t.X, t.Y) {
			return gis.E(gis.Invalid, nil, "no tile %d/%d/%d", t.Z, t.X, t.Y)
		}
	}
	if err := errors.Join(w.CreateTiles(ctx), w.remember(ctx)); err != nil {
		return err
	}
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("mbtiles: insert: %w", err)
	}
	last := w.last
	err = w.insert(ctx, tx, tiles)
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		for k, id := range w.seen { // these went with the transaction
			if id > last {
				delete(w.seen, k)
			}
		}
		w.last = last
		_ = tx.Rollback() // of a commit that failed there may be nothing left
		return fmt.Errorf("mbtiles: insert: %w", err)
	}
	return nil
}

// DeleteTile removes a tile; one that is not there is no error. A content no tile uses any more stays until Vacate.
func (w *Writer) DeleteTile(ctx context.Context, z uint8, x, y uint32) error {
	if !valid(z, x, y) {
		return gis.E(gis.Invalid, nil, "no tile %d/%d/%d", z, x, y)
	}
	if err := w.CreateTiles(ctx); err != nil {
		return err
	}
	from := "tiles_shallow"
	if w.kind == plain {
		from = "tiles"
	}
	if _, err := w.db.ExecContext(ctx, `DELETE FROM `+from+` WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?`, z, x, flip(z, y)); err != nil {
		return fmt.Errorf("mbtiles: delete %d/%d/%d: %w", z, x, y, err)
	}
	return nil
}

// Vacate removes contents that replaced and deleted tiles have left unused.
func (w *Writer) Vacate(ctx context.Context) error {
	if w.kind != shallow {
		return nil
	}
	if _, err := w.db.ExecContext(ctx, `DELETE FROM tiles_data WHERE tile_data_id NOT IN (SELECT tile_data_id FROM tiles_shallow)`); err != nil {
		return fmt.Errorf("mbtiles: vacate: %w", err)
	}
	w.seen, w.last = nil, 0
	return nil
}

// InsertMetadata sets a metadata value.
func (w *Writer) InsertMetadata(ctx context.Context, name, value string) error {
	if err := w.CreateMetadata(ctx); err != nil {
		return err
	}
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("mbtiles: metadata %s: %w", name, err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	if _, err := tx.ExecContext(ctx, `DELETE FROM metadata WHERE name = ?`, name); err != nil {
		return fmt.Errorf("mbtiles: metadata %s: %w", name, err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO metadata (name, value) VALUES (?, ?)`, name, value); err != nil {
		return fmt.Errorf("mbtiles: metadata %s: %w", name, err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("mbtiles: metadata %s: %w", name, err)
	}
	return nil
}

// DeleteMetadata removes a metadata value; one that is not there is no error.
func (w *Writer) DeleteMetadata(ctx context.Context, name string) error {
	if err := w.CreateMetadata(ctx); err != nil {
		return err
	}
	if _, err := w.db.ExecContext(ctx, `DELETE FROM metadata WHERE name = ?`, name); err != nil {
		return fmt.Errorf("mbtiles: metadata %s: %w", name, err)
	}
	return nil
}

// SelectTile is [Reader.SelectTile] on what has been written.
func (w *Writer) SelectTile(ctx context.Context, z uint8, x, y uint32) ([]byte, error) {
	if err := w.CreateTiles(ctx); err != nil {
		return nil, err
	}
	return selectTile(ctx, w.db, z, x, y)
}

// SelectMetadata is [Reader.SelectMetadata] on what has been written.
func (w *Writer) SelectMetadata(ctx context.Context, name string) (string, error) {
	if err := w.CreateMetadata(ctx); err != nil {
		return "", err
	}
	return selectMetadata(ctx, w.db, name)
}

// Counts returns how many tiles the archive has and how many contents; in a plain table each tile has its own.
func (w *Writer) Counts(ctx context.Context) (tiles, unique int64, err error) {
	if err := w.CreateTiles(ctx); err != nil {
		return 0, 0, err
	}
	query := `SELECT (SELECT count(*) FROM tiles_shallow), (SELECT count(*) FROM tiles_data)`
	if w.kind == plain {
		query = `SELECT count(*), count(*) FROM tiles`
	}
	if err := w.db.QueryRowContext(ctx, query).Scan(&tiles, &unique); err != nil {
		return 0, 0, fmt.Errorf("mbtiles: count: %w", err)
	}
	return tiles, unique, nil
}

// Close ends the writer and closes the file Create opened.
func (w *Writer) Close() error {
	if !w.own {
		return nil
	}
	return w.db.Close()
}
