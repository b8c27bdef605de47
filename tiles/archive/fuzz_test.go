package archive_test

import (
	"context"
	"database/sql"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"wanmi/gis/gistest"
	"wanmi/tiles/archive"
	"wanmi/tiles/pmtiles"
)

// small writes an MBTiles file of 512-byte pages by SQL.
func small(tb testing.TB, statements string) []byte {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "a")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		tb.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`PRAGMA page_size = 512; CREATE TABLE metadata (name TEXT, value TEXT); INSERT INTO metadata VALUES ('name', 'x'), ('format', 'pbf'),
		('json', '{"vector_layers":[{"id":"a","fields":{}}]}'), ('bounds', '1,2,3,4'); ` + statements); err != nil {
		tb.Fatal(err)
	}
	if err := db.Close(); err != nil {
		tb.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// mbtilesSeeds are good files of both layouts.
func mbtilesSeeds(tb testing.TB) [][]byte {
	return [][]byte{small(tb, `CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB); INSERT INTO tiles VALUES (1, 0, 1, x'1f8b'), (2, 3, 3, x'1a00')`), small(tb, `CREATE TABLE tiles_data (tile_data_id INTEGER PRIMARY KEY, tile_data BLOB); CREATE TABLE tiles_shallow (zoom_level, tile_column, tile_row, tile_data_id,
		PRIMARY KEY (zoom_level, tile_column, tile_row)) WITHOUT ROWID; CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles_shallow
		JOIN tiles_data USING (tile_data_id); INSERT INTO tiles_data VALUES (1, zeroblob(900)); INSERT INTO tiles_shallow VALUES (0, 0, 0, 1), (1, 1, 1, 1), (9, 5, 5, 1)`)}
}

// FuzzMBTiles reads any bytes as an MBTiles file in every way there is: nothing may crash or go on for ever.
func FuzzMBTiles(f *testing.F) {
	for _, b := range mbtilesSeeds(f) {
		f.Add(b)
	}
	file := filepath.Join(gistest.MemoryDir(f), "fuzzed.mbtiles")
	f.Fuzz(func(t *testing.T, b []byte) {
		readFile(t, file, b)
	})
}

// readFile writes the file and reads it in every way.
func readFile(t *testing.T, file string, b []byte) {
	t.Helper()
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	began := time.Now()
	a, err := archive.Open(ctx, file)
	if err == nil {
		read(ctx, a)
		a.Close()
	}
	if took := time.Since(began); took > 30*time.Second { // the context is long over
		t.Errorf("took %s", took)
	}
}

// TestMutatedMBTiles does what FuzzMBTiles does without its instruments, under which SQLite, being Go here, takes seconds for a file.
func TestMutatedMBTiles(t *testing.T) {
	const seed, files = 1, 200
	r := rand.New(rand.NewSource(seed))
	file := filepath.Join(t.TempDir(), "mutated.mbtiles")
	seeds := mbtilesSeeds(t)
	for i := range files {
		b := slices.Clone(seeds[i%len(seeds)])
		for range 1 + r.Intn(8) {
			at := r.Intn(len(b))
			switch r.Intn(4) {
			case 0:
				b[at] = byte(r.Intn(256))
			case 1:
				b[at] ^= 1 << r.Intn(8)
			case 2:
				from, n := r.Intn(len(b)), 1+r.Intn(40)
				copy(b[at:min(len(b), at+n)], b[from:])
			default:
				b[at] = []byte{0, 1, 127, 128, 255}[r.Intn(5)]
			}
		}
		if r.Intn(10) == 0 {
			b = b[:r.Intn(len(b))]
		}
		readFile(t, file, b)
		if t.Failed() {
			t.Fatalf("seed %d, file %d", seed, i)
		}
	}
}

// read looks at an archive in every way; errors are the archive's.
func read(ctx context.Context, a archive.Archive) {
	_, _ = archive.Describe(ctx, a)
	_, _ = a.Tile(ctx, 1, 0, 0)
	n := 0
	for _, err := range a.Within(ctx, pmtiles.Whole()) {
		if n++; err != nil || n > 100 {
			break
		}
	}
	_ = archive.Verify(ctx, a, func(string) bool { n++; return n < 300 })
}

// FuzzMetadata reads any text as the metadata of both formats: what is written of what was read is read again the same.
func FuzzMetadata(f *testing.F) {
	f.Add(`{"vector_layers":[{"id":"a","minzoom":3,"fields":{"b":"String"}}],"name":"x","tilestats":{}}`)
	f.Add(`{"name":5,"vector_layers":null}`)
	f.Add(`{"vector_layers":{"id":[]}}`)
	dir := gistest.MemoryDir(f)
	f.Fuzz(func(t *testing.T, text string) {
		ctx := t.Context()
		file := filepath.Join(dir, "a.pmtiles")
		w, err := pmtiles.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Add(0, 0, 0, []byte{0x1a, 0}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(pmtiles.Info{Compression: pmtiles.None, Metadata: rawJSON(text)}); err != nil {
			w.Abort()
			return // no JSON
		}
		a, err := archive.Open(ctx, file)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		read(ctx, a)
		for _, to := range []string{"b.mbtiles", "c.pmtiles"} {
			out := filepath.Join(dir, to)
			if _, err := archive.Extract(ctx, a, out, archive.ExtractOptions{Window: pmtiles.Whole()}); err != nil {
				t.Fatalf("%s: %v", to, err)
			}
			b, err := archive.Open(ctx, out)
			if err != nil {
				t.Fatal(err)
			}
			if m, n := a.Meta(), b.Meta(); m.Description != n.Description || m.Attribution != n.Attribution || m.Kind != n.Kind {
				t.Errorf("%s: %+v becomes %+v", to, m, n)
			}
			b.Close()
		}
	})
}

type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }
