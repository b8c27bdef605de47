package mbtiles

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"wanmi/gis"
)

// Writer writes an archive. It serves one goroutine.
type Writer struct {
	db  *sql.DB
	own bool
}

// Create opens a file for writing. It has no journal: write to a temporary name and rename it after Close.
func Create(ctx context.Context, file string) (*Writer, error) {
	db, err := open(file, "_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=page_size(4096)&_pragma=cache_size(-65536)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	w, err := NewWriter(ctx, db)
	if err != nil {
		db.Close()
		return nil, err
	}
	w.own = true
	return w, nil
}

// NewWriter writes to a database that is open already; Close leaves it open. The tables are made when absent.
func NewWriter(ctx context.Context, db *sql.DB) (*Writer, error) {
	w := &Writer{db: db}
	if err := w.CreateTileTable(ctx); err != nil {
		return nil, err
	}
	return w, nil
}

// CreateTileTable makes the tables and the view, when absent.
func (w *Writer) CreateTileTable(ctx context.Context) error {
	if _, err := w.db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; %s", applicationID, createTables)); err != nil {
		return fmt.Errorf("mbtiles: create tables: %w", err)
	}
	return nil
}

// CreateTileIndex makes the index by address; inserting many tiles is quicker without, so make it last.
func (w *Writer) CreateTileIndex(ctx context.Context) error {
	if _, err := w.db.ExecContext(ctx, createIndex); err != nil {
		return fmt.Errorf("mbtiles: create index: %w", err)
	}
	return nil
}

// DeleteTileIndex drops the index by address.
func (w *Writer) DeleteTileIndex(ctx context.Context) error {
	if _, err := w.db.ExecContext(ctx, `DROP INDEX IF EXISTS map_index`); err != nil {
		return fmt.Errorf("mbtiles: drop index: %w", err)
	}
	return nil
}

// InsertTile stores one tile. y is counted from the north. A tile that is there already is replaced when the index exists.
func (w *Writer) InsertTile(ctx context.Context, z uint8, x, y uint32, data []byte) error {
	return w.BulkInsertTile(ctx, []Tile{{Z: z, X: x, Y: y, Data: data}})
}

// BulkInsertTile stores tiles in one transaction.
func (w *Writer) BulkInsertTile(ctx context.Context, tiles []Tile) error {
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("mbtiles: insert: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it has nothing to do
	image, err := tx.PrepareContext(ctx, `INSERT OR IGNORE INTO images (tile_id, tile_data) VALUES (?, ?)`)
	if err != nil {
		return fmt.Errorf("mbtiles: insert: %w", err)
	}
	defer image.Close()
	place, err := tx.PrepareContext(ctx, `INSERT OR REPLACE INTO map (zoom_level, tile_column, tile_row, tile_id) VALUES (?, ?, ?, ?)`)
	if err != nil {
		return fmt.Errorf("mbtiles: insert: %w", err)
	}
	defer place.Close()
	for _, t := range tiles {
		if t.Z > 30 || uint64(t.X)>>t.Z > 0 || uint64(t.Y)>>t.Z > 0 {
			return gis.E(gis.Invalid, nil, "no tile %d/%d/%d", t.Z, t.X, t.Y)
		}
		h := sha256.Sum256(t.Data)
		id := hex.EncodeToString(h[:16])
		if _, err := image.ExecContext(ctx, id, t.Data); err != nil {
			return fmt.Errorf("mbtiles: insert tile %d/%d/%d: %w", t.Z, t.X, t.Y, err)
		}
		if _, err := place.ExecContext(ctx, t.Z, t.X, flip(t.Z, t.Y), id); err != nil {
			return fmt.Errorf("mbtiles: insert tile %d/%d/%d: %w", t.Z, t.X, t.Y, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("mbtiles: insert: %w", err)
	}
	return nil
}

// InsertMetadata sets a metadata value.
func (w *Writer) InsertMetadata(ctx context.Context, name, value string) error {
	if _, err := w.db.ExecContext(ctx, `INSERT OR REPLACE INTO metadata (name, value) VALUES (?, ?)`, name, value); err != nil {
		return fmt.Errorf("mbtiles: metadata %s: %w", name, err)
	}
	return nil
}

// DeleteMetadata removes a metadata value; one that is not there is no error.
func (w *Writer) DeleteMetadata(ctx context.Context, name string) error {
	if _, err := w.db.ExecContext(ctx, `DELETE FROM metadata WHERE name = ?`, name); err != nil {
		return fmt.Errorf("mbtiles: metadata %s: %w", name, err)
	}
	return nil
}

// Counts returns how many tiles the archive has and how many different ones.
func (w *Writer) Counts(ctx context.Context) (tiles, unique int64, err error) {
	err = w.db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM map), (SELECT count(*) FROM images)`).Scan(&tiles, &unique)
	return tiles, unique, err
}

// Close ends the writer and closes the file Create opened.
func (w *Writer) Close() error {
	if !w.own {
		return nil
	}
	return errors.Join(w.db.Close())
}
