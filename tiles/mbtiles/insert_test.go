package mbtiles

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
)

// TestBulk stores so many tiles that whole and broken statements of rows are used: the later of two tiles of one address stays.
func TestBulk(t *testing.T) {
	for _, n := range []int{1, rowsAtOnce - 1, rowsAtOnce, rowsAtOnce + 1, 3*rowsAtOnce + 7} {
		w, err := Create(t.Context(), filepath.Join(t.TempDir(), "a.mbtiles"))
		if err != nil {
			t.Fatal(err)
		}
		var tiles []Tile
		for i := range n {
			tiles = append(tiles, Tile{10, uint32(i), 1, fmt.Appendf(nil, "tile %d", i/2)}) // each content twice
		}
		tiles = append(tiles, Tile{10, 0, 1, []byte("another")})
		if err := w.BulkInsertTile(t.Context(), tiles); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			want := tiles[i].Data
			if i == 0 {
				want = []byte("another")
			}
			if got, err := w.SelectTile(t.Context(), 10, uint32(i), 1); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d tiles: tile %d is %q (%v), want %q", n, i, got, err, want)
			}
		}
		if tiles, unique, err := w.Counts(t.Context()); err != nil || tiles != int64(n) || unique != int64((n+1)/2+1) {
			t.Errorf("got %d tiles, %d contents (%v), want %d and %d", tiles, unique, err, n, (n+1)/2+1)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}
