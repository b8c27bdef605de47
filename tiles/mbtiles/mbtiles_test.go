package mbtiles

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// TestPlainTable goes on in a file as go-mbtiles makes it, and refuses a view it does not know.
func TestPlainTable(t *testing.T) {
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "a.mbtiles")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB); CREATE TABLE metadata (name TEXT, value TEXT);
		INSERT INTO tiles VALUES (1, 0, 1, 'old'), (1, 1, 1, 'other'); INSERT INTO metadata VALUES ('name', 'x'), ('format', 'png'), ('name', 'y')`); err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.BulkInsertTile(ctx, []Tile{{1, 0, 0, []byte("new")}, {1, 0, 1, []byte("south")}}); err != nil {
		t.Fatal(err)
	}
	if err := w.CreateTileIndex(ctx); err != nil {
		t.Errorf("an address stands twice: %v", err)
	}
	if err := w.InsertMetadata(ctx, "name", "z"); err != nil {
		t.Fatal(err)
	}
	if err := w.DeleteTile(ctx, 1, 1, 0); err != nil {
		t.Fatal(err)
	}
	if got, err := w.SelectTile(ctx, 1, 0, 0); string(got) != "new" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if n, _, err := w.Counts(ctx); n != 2 || err != nil {
		t.Errorf("%d tiles, %v", n, err)
	}
	if m, err := w.SelectMetadata(ctx, "name"); m != "z" || err != nil {
		t.Errorf("name %q, %v", m, err)
	}
	if _, err := db.Exec(`DROP INDEX tiles_index; ALTER TABLE tiles RENAME TO odd; CREATE VIEW tiles AS SELECT * FROM odd`); err != nil {
		t.Fatal(err)
	}
	if _, err := NewWriter(ctx, db); gis.KindOf(err) != gis.Rejected {
		t.Errorf("a view of another shape: %v", err)
	}
}

// TestGoesOn opens a file of ours again: contents stored by the first writer are not stored again, a failed batch leaves nothing.
func TestGoesOn(t *testing.T) {
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "a.mbtiles")
	for i := range uint32(3) {
		w, err := Create(ctx, file)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.BulkInsertTile(ctx, []Tile{{4, i, 0, []byte("sea")}, {4, i, 1, []byte{byte(i)}}}); err != nil {
			t.Fatal(err)
		}
		if err := w.BulkInsertTile(ctx, []Tile{{4, 9, 9, []byte("x")}, {4, 16, 0, nil}}); gis.KindOf(err) != gis.Invalid {
			t.Errorf("an impossible tile: %v", err)
		}
		if n, u, err := w.Counts(ctx); n != int64(2*(i+1)) || u != int64(i+2) || err != nil {
			t.Errorf("%d tiles, %d contents, %v", n, u, err)
		}
		if i == 2 {
			if err := w.DeleteTile(ctx, 4, 0, 1); err != nil {
				t.Fatal(err)
			}
			if err := w.Vacate(ctx); err != nil {
				t.Fatal(err)
			}
			if n, u, err := w.Counts(ctx); n != 5 || u != 3 || err != nil {
				t.Errorf("after Vacate: %d tiles, %d contents, %v", n, u, err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVerify(t *testing.T) {
	ctx := t.Context()
	good := `INSERT INTO metadata VALUES ('name', 'x'), ('format', 'png'), ('minzoom', '1'), ('maxzoom', '2'), ('bounds', '-180,-85,180,85'), ('center', '0,0,1');`
	for name, tc := range map[string]struct{ sql, want string }{
		"good":             {``, ""},
		"no name":          {`DELETE FROM metadata WHERE name = 'name'`, "name is missing"},
		"no format":        {`DELETE FROM metadata WHERE name = 'format'`, "format is missing"},
		"strange format":   {`UPDATE metadata SET value = 'gif' WHERE name = 'format'`, `format "gif"`},
		"no json":          {`UPDATE metadata SET value = 'pbf' WHERE name = 'format'`, "json is missing"},
		"bounds":           {`UPDATE metadata SET value = '5,0,4,1' WHERE name = 'bounds'`, "bounds"},
		"center":           {`UPDATE metadata SET value = '5,0' WHERE name = 'center'`, "center"},
		"minzoom":          {`UPDATE metadata SET value = '0' WHERE name = 'minzoom'`, "minzoom is 0, the tiles are at 1 to 2"},
		"maxzoom":          {`UPDATE metadata SET value = 'x' WHERE name = 'maxzoom'`, `maxzoom "x" is no zoom`},
		"scheme":           {`INSERT INTO metadata VALUES ('scheme', 'xyz')`, `scheme "xyz"`},
		"version":          {`INSERT INTO metadata VALUES ('version', '1.2.3')`, "no plain number"},
		"kind":             {`INSERT INTO metadata VALUES ('type', 'map')`, `type "map"`},
		"application":      {`PRAGMA application_id = 5`, "application_id"},
		"row out of zoom":  {`INSERT INTO tiles_shallow VALUES (1, 0, 2, 1)`, "zoom 1, column 0, row 2"},
		"text for a tile":  {`UPDATE tiles_data SET tile_data = 'text' WHERE tile_data_id = 1`, "with a text"},
		"empty tile":       {`UPDATE tiles_data SET tile_data = zeroblob(0) WHERE tile_data_id = 1`, "0 bytes"},
		"content missing":  {`INSERT INTO tiles_shallow VALUES (1, 0, 0, 77)`, "1 tiles have no content"},
		"content unused":   {`INSERT INTO tiles_data VALUES (78, x'00')`, "1 contents belong to no tile"},
		"another column":   {`DROP VIEW tiles; CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data, 1 AS more FROM tiles_shallow JOIN tiles_data USING (tile_data_id)`, "columns are"},
		"address twice":    {`DROP VIEW tiles; CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles_shallow, tiles_data`, "addresses stand twice"},
		"check says no":    {`UPDATE tiles_data SET tile_data = x'00' WHERE tile_data_id = 1`, "tile 1/0/0: bad"},
		"metadata columns": {`ALTER TABLE metadata ADD COLUMN more`, "table metadata"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.mbtiles")
			w, err := Create(ctx, file)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.BulkInsertTile(ctx, []Tile{{1, 0, 0, []byte("a")}, {2, 3, 3, []byte("b")}}); err != nil {
				t.Fatal(err)
			}
			if err := w.CreateMetadata(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := w.db.Exec(good + tc.sql); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			r, err := Open(ctx, file)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var got []string
			err = r.Verify(ctx, func(t Tile) error {
				if len(t.Data) == 1 && t.Data[0] == 0 {
					return errors.New("bad")
				}
				return nil
			}, func(s string) bool { got = append(got, s); return true })
			if err != nil {
				t.Fatal(err)
			}
			if tc.want == "" && len(got) > 0 || tc.want != "" && !strings.Contains(strings.Join(got, "\n"), tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// TestDamagedPages overwrites a page in the middle: reading gives an error, Verify a fault, neither ends the program.
func TestDamagedPages(t *testing.T) {
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "a.mbtiles")
	w, err := Create(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint32(2000) {
		if err := w.InsertTile(ctx, 11, i, 0, []byte(strings.Repeat("x", int(i)))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.InsertMetadata(ctx, "name", "x"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for p := 20; p < len(b)/4096; p += 7 {
		copy(b[p*4096:], bytes.Repeat([]byte{0xfe}, 4096))
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(ctx, file)
	if err != nil {
		return
	}
	defer r.Close()
	n := 0
	if err := r.Verify(ctx, func(Tile) error { return nil }, func(string) bool { n++; return true }); err != nil || n == 0 {
		t.Errorf("%d faults, %v", n, err)
	}
}

// TestEndlessView is a file whose view never ends: the context does.
func TestEndlessView(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.mbtiles")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE metadata (name TEXT, value TEXT); CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n)
		SELECT 20 AS zoom_level, 5 AS tile_column, -i AS tile_row, x'00' AS tile_data FROM n`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	r, err := Open(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	began := time.Now()
	if _, err := r.SelectTile(ctx, 3, 1, 1); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
}

// TestHugeTile: a tile over the limit is refused, not held.
func TestHugeTile(t *testing.T) {
	ctx := t.Context()
	file := filepath.Join(t.TempDir(), "a.mbtiles")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE metadata (name TEXT, value TEXT); CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB);
		INSERT INTO tiles VALUES (1, 0, 0, zeroblob(67108865)), (1, 0, 1, zeroblob(67108864))`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	r, err := Open(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.SelectTile(ctx, 1, 0, 1); gis.KindOf(err) != gis.Rejected {
		t.Errorf("one byte over the limit: %v", err)
	}
	if b, err := r.SelectTile(ctx, 1, 0, 0); len(b) != MaxTile || err != nil {
		t.Errorf("at the limit: %d bytes, %v", len(b), err)
	}
}
