package pmtiles

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"wanmi/gis"
)

// put adds tiles 0 to n-1 of zoom 7; every third is the same.
func put(t *testing.T, w *Writer, from, n int) {
	t.Helper()
	for i := from; i < n; i++ {
		z, x, y, _ := ZXY(base(7) + uint64(i))
		data := []byte(fmt.Sprintf("tile %d", i))
		if i%3 == 0 {
			data = []byte("sea")
		}
		if err := w.AddNoted(z, x, y, data, uint32(i)); err != nil {
			t.Fatal(err)
		}
	}
}

var info = Info{MinZoom: 7, MaxZoom: 7, Metadata: map[string]any{}}

// TestResume breaks the writing off at every kind of place: between tiles, within a record, within a tile, with bytes damaged.
func TestResume(t *testing.T) {
	const n = 500
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole")
	w, err := Create(whole)
	if err != nil {
		t.Fatal(err)
	}
	put(t, w, 0, n)
	if err := w.Close(info); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	key := [32]byte{1, 2, 3}
	for name, tc := range map[string]struct {
		hurt  func(data, index *[]byte)
		least int
		most  int
		key   [32]byte
	}{
		"as it was":       {func(_, _ *[]byte) {}, 300, 300, key},
		"half a record":   {func(_, index *[]byte) { *index = (*index)[:len(*index)-7] }, 299, 299, key},
		"data cut":        {func(data, _ *[]byte) { *data = (*data)[:len(*data)-2] }, 290, 299, key},
		"data longer":     {func(data, _ *[]byte) { *data = append(*data, "half a tile"...) }, 300, 300, key},
		"data damaged":    {func(data, _ *[]byte) { (*data)[100]++ }, 1, 100, key},
		"zeros after cut": {func(_, index *[]byte) { *index = append(*index, make([]byte, 4*recordBytes)...) }, 300, 300, key},
		"another key":     {func(_, _ *[]byte) {}, 0, 0, [32]byte{9}},
		"no index":        {func(_, index *[]byte) { *index = nil }, 0, 0, key},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.pmtiles")
			w, err := Resume(file, key)
			if err != nil {
				t.Fatal(err)
			}
			put(t, w, 0, 300)
			if _, err := Resume(file, key); gis.KindOf(err) != gis.Conflict {
				t.Errorf("a second writer: got %v, want a conflict", err)
			}
			if err := w.Suspend(); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), file); gis.KindOf(err) != gis.NotFound {
				t.Errorf("an unfinished archive stands under its name: %v", err)
			}
			data, index := read(t, file+".part"), read(t, file+".part.index")
			if _, err := Open(t.Context(), file+".part"); gis.KindOf(err) != gis.Rejected {
				t.Errorf("the unfinished file opens as an archive: %v", err)
			}
			tc.hurt(&data, &index)
			rewrite(t, file+".part", data)
			rewrite(t, file+".part.index", index)
			if w, err = Resume(file, tc.key); err != nil {
				t.Fatal(err)
			}
			had, _ := w.Counts()
			if int(had) < tc.least || int(had) > tc.most {
				t.Errorf("%d tiles are taken over, want %d to %d", had, tc.least, tc.most)
			}
			put(t, w, int(had), n)
			if w.Notes() != n*(n-1)/2 {
				t.Errorf("the notes sum up to %d", w.Notes())
			}
			if err := w.Close(info); err != nil {
				t.Fatal(err)
			}
			if got := read(t, file); !bytes.Equal(got, want) {
				t.Error("the archive differs from one written in one go")
			}
			if left, _ := filepath.Glob(file + ".*"); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func rewrite(t *testing.T, file string, b []byte) {
	t.Helper()
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNothingToWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.pmtiles")
	w, err := Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(info); gis.KindOf(err) != gis.Invalid {
		t.Errorf("an archive without tiles: %v", err)
	}
	w.Abort()
	if es, err := os.ReadDir(filepath.Dir(file)); err != nil || len(es) > 0 {
		t.Errorf("left behind: %v, %v", es, err)
	}
}
