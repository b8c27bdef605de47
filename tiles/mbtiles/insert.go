package mbtiles

import (
	"context"
	"database/sql"
	"strings"
)

// rowsAtOnce is how many rows one statement inserts: of what a small row costs, most is the call.
const rowsAtOnce = 64

// inserter gathers rows for statements of many.
type inserter struct {
	tx   *sql.Tx
	into string // INSERT INTO t (a, b)
	cols int
	many *sql.Stmt // of rowsAtOnce rows, made when they are there
	args []any
}

func newInserter(tx *sql.Tx, into string, cols int) *inserter {
	return &inserter{tx: tx, into: into, cols: cols, args: make([]any, 0, rowsAtOnce*cols)}
}

// statement is the text that inserts n rows.
func (i *inserter) statement(n int) string {
	row := "(?" + strings.Repeat(", ?", i.cols-1) + ")"
	return i.into + " VALUES " + row + strings.Repeat(", "+row, n-1)
}

// add takes one row; what it points to must stay until flush.
func (i *inserter) add(ctx context.Context, row ...any) (err error) {
	i.args = append(i.args, row...)
	if len(i.args) < rowsAtOnce*i.cols {
		return nil
	}
	if i.many == nil {
		if i.many, err = i.tx.PrepareContext(ctx, i.statement(rowsAtOnce)); err != nil { // closed with the transaction
			return err
		}
	}
	_, err = i.many.ExecContext(ctx, i.args...)
	i.args = i.args[:0]
	return err
}

// flush inserts the rows that are left.
func (i *inserter) flush(ctx context.Context) error {
	if len(i.args) == 0 {
		return nil
	}
	_, err := i.tx.ExecContext(ctx, i.statement(len(i.args)/i.cols), i.args...)
	i.args = i.args[:0]
	return err
}

func (w *Writer) insert(ctx context.Context, tx *sql.Tx, tiles []Tile) error {
	if w.kind == plain {
		return insertPlain(ctx, tx, tiles)
	}
	store := newInserter(tx, `INSERT INTO tiles_data (tile_data_id, tile_data)`, 2)
	place := newInserter(tx, `INSERT OR REPLACE INTO tiles_shallow (zoom_level, tile_column, tile_row, tile_data_id)`, 4)
	for _, t := range tiles {
		h := sum(t.Data)
		id, ok := w.seen[h]
		if !ok {
			id = w.last + 1
			w.seen[h], w.last = id, id
			if err := store.add(ctx, id, t.Data); err != nil {
				return err
			}
		}
		if err := place.add(ctx, t.Z, t.X, flip(t.Z, t.Y), id); err != nil {
			return err
		}
	}
	if err := store.flush(ctx); err != nil {
		return err
	}
	return place.flush(ctx)
}

// insertPlain stores tiles in one table, which may have no unique index.
func insertPlain(ctx context.Context, tx *sql.Tx, tiles []Tile) error {
	old, err := tx.PrepareContext(ctx, `DELETE FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?`)
	if err != nil {
		return err
	}
	defer old.Close()
	place, err := tx.PrepareContext(ctx, `INSERT INTO tiles (zoom_level, tile_column, tile_row, tile_data) VALUES (?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer place.Close()
	for _, t := range tiles {
		if _, err := old.ExecContext(ctx, t.Z, t.X, flip(t.Z, t.Y)); err != nil {
			return err
		}
		if _, err := place.ExecContext(ctx, t.Z, t.X, flip(t.Z, t.Y), t.Data); err != nil {
			return err
		}
	}
	return nil
}
