package mbtiles

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wanmi/gis"
)

func TestRoundTrip(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "städte 1.mbtiles")
	w, err := Create(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	tiles := []Tile{{0, 0, 0, []byte("top")}, {1, 0, 0, []byte("sea")}, {1, 1, 0, []byte("sea")}, {14, 13516, 6466, []byte("city")}}
	if err := w.BulkInsertTile(ctx, tiles[:3]); err != nil {
		t.Fatal(err)
	}
	if err := w.InsertTile(ctx, 14, 13516, 6466, []byte("city")); err != nil {
		t.Fatal(err)
	}
	if err := w.CreateTileIndex(ctx); err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"name": "万米", "format": "pbf", "gone": "x"} {
		if err := w.InsertMetadata(ctx, k, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.DeleteMetadata(ctx, "gone"); err != nil {
		t.Fatal(err)
	}
	if n, u, err := w.Counts(ctx); n != 4 || u != 3 || err != nil {
		t.Errorf("got %d tiles, %d different (%v), want 4 and 3", n, u, err)
	}
	if err := w.InsertTile(ctx, 1, 2, 0, nil); gis.KindOf(err) != gis.Invalid {
		t.Errorf("a tile outside its zoom: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	r, err := Open(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, want := range tiles {
		got, err := r.SelectTile(ctx, want.Z, want.X, want.Y)
		if err != nil || !bytes.Equal(got, want.Data) {
			t.Errorf("%d/%d/%d: got %q, %v", want.Z, want.X, want.Y, got, err)
		}
	}
	if _, err := r.SelectTile(ctx, 1, 0, 1); gis.KindOf(err) != gis.NotFound {
		t.Errorf("an absent tile: %v", err)
	}
	if _, err := r.SelectTile(ctx, 1, 0, 2); gis.KindOf(err) != gis.Invalid {
		t.Errorf("an impossible tile: %v", err)
	}
	n := 0
	for tile, err := range r.SelectAllTiles(ctx) {
		if err != nil || tile.Z != tiles[n].Z || tile.X != tiles[n].X || tile.Y != tiles[n].Y || !bytes.Equal(tile.Data, tiles[n].Data) {
			t.Errorf("tile %d: got %v, %v; want %v", n, tile, err, tiles[n])
		}
		n++
	}
	if n != len(tiles) {
		t.Errorf("got %d tiles, want %d", n, len(tiles))
	}
	if v, err := r.SelectMetadata(ctx, "name"); v != "万米" || err != nil {
		t.Errorf("name: %q, %v", v, err)
	}
	if m, err := r.SelectAllMetadata(ctx); len(m) != 2 || err != nil {
		t.Errorf("metadata: %v, %v", m, err)
	}
}

// TestSpecification looks at the file as another program would: TMS rows, the tables of the specification.
func TestSpecification(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "a.mbtiles")
	w, err := Create(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.InsertTile(ctx, 2, 1, 0, []byte("north")); err != nil {
		t.Fatal(err)
	}
	if err := w.CreateTileIndex(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var row, id int
	if err := db.QueryRow(`SELECT tile_row FROM tiles WHERE zoom_level = 2 AND tile_column = 1`).Scan(&row); err != nil || row != 3 {
		t.Errorf("tile_row %d (%v), want 3", row, err)
	}
	if err := db.QueryRow(`PRAGMA application_id`).Scan(&id); err != nil || id != 0x4d504258 {
		t.Errorf("application_id %x (%v)", id, err)
	}
	if sqlite, err := exec.LookPath("sqlite3"); err == nil { // a program of another codebase
		out, err := exec.Command(sqlite, file, `PRAGMA integrity_check; SELECT zoom_level, tile_column, tile_row, cast(tile_data AS text) FROM tiles`).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != "ok\n2|1|3|north" {
			t.Errorf("sqlite3 reads %q (%v)", got, err)
		}
	}
}

func TestForeignFiles(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	for name, content := range map[string]string{"empty": "", "text": "hello, this is no database at all, whatever its name may say", "cut": "SQLite format 3\x00"} {
		file := filepath.Join(dir, name+".mbtiles")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(ctx, file); gis.KindOf(err) != gis.Rejected {
			t.Errorf("%s: got %v, want a rejected file", name, err)
		}
	}
	if _, err := Open(ctx, filepath.Join(dir, "none")); gis.KindOf(err) != gis.NotFound {
		t.Errorf("absent file: %v", err)
	}
}
