package pmtiles

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"wanmi/gis"
)

func TestID(t *testing.T) {
	// The numbers of the specification's table.
	for _, tc := range []struct {
		z    uint8
		x, y uint32
		id   uint64
	}{{0, 0, 0, 0}, {1, 0, 0, 1}, {1, 0, 1, 2}, {1, 1, 1, 3}, {1, 1, 0, 4}, {2, 0, 0, 5}, {12, 3423, 1763, 19078479}} {
		if got := ID(tc.z, tc.x, tc.y); got != tc.id {
			t.Errorf("%d/%d/%d: got %d, want %d", tc.z, tc.x, tc.y, got, tc.id)
		}
	}
	// Numbers and tiles are one to one, and along a zoom each tile touches the one before.
	lx, ly := uint32(0), uint32(0)
	for id := range base(8) {
		z, x, y, ok := ZXY(id)
		if !ok || ID(z, x, y) != id {
			t.Fatalf("%d becomes %d/%d/%d and %d", id, z, x, y, ID(z, x, y))
		}
		if id != base(z) && (x-lx)*(x-lx)+(y-ly)*(y-ly) != 1 {
			t.Fatalf("%d/%d/%d does not touch the tile before", z, x, y)
		}
		lx, ly = x, y
	}
	const seed = 1
	r := rand.New(rand.NewSource(seed))
	for range 10000 {
		z := uint8(r.Intn(32))
		x, y := uint32(r.Int63n(1<<z)), uint32(r.Int63n(1<<z))
		if gz, gx, gy, ok := ZXY(ID(z, x, y)); !ok || gz != z || gx != x || gy != y {
			t.Fatalf("seed %d: %d/%d/%d becomes %d/%d/%d", seed, z, x, y, gz, gx, gy)
		}
	}
	if _, _, _, ok := ZXY(base(31) + 1<<62); ok {
		t.Error("a number past zoom 31 is a tile")
	}
}

func write(t *testing.T, n int) (string, map[uint64]string) {
	t.Helper()
	const seed = 2
	r := rand.New(rand.NewSource(seed))
	want := map[uint64]string{}
	for range n {
		id := base(12) + uint64(r.Intn(n*3))
		want[id] = fmt.Sprintf("content %d", r.Intn(n)/(1+r.Intn(3)*50))
	}
	for i := range uint64(40) { // a run
		want[base(5)+i] = "sea"
	}
	file := filepath.Join(t.TempDir(), "a.pmtiles")
	w, err := Create(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		z, x, y, _ := ZXY(id)
		if err := w.Add(z, x, y, []byte(want[id])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Add(5, 0, 0, []byte("x")); err == nil {
		t.Error("a tile out of order was taken")
	}
	if err := w.Close(Info{
		MinZoom: 5, MaxZoom: 12, Bounds: [4]float64{116.9, 35.3, 117.1, 35.5}, Center: [2]float64{117, 35.4}, CenterZoom: 12,
		Metadata: map[string]any{"name": "万米", "vector_layers": []string{}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file + ".part"); err == nil {
		t.Error("the unfinished file is left")
	}
	return file, want
}

func TestRoundTrip(t *testing.T) {
	for _, n := range []int{0, 10, 60_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			ctx := t.Context()
			file, want := write(t, n)
			r, err := Open(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			h := r.Header()
			if n > 1000 && h.LeafLength == 0 || h.RootOffset+h.RootLength >= 16_384 {
				t.Errorf("root of %d bytes, leaves of %d", h.RootLength, h.LeafLength)
			}
			if h.Addressed != uint64(len(want)) || h.Entries >= h.Addressed || !h.Clustered {
				t.Errorf("%d tiles, %d entries, %d contents, clustered %t", h.Addressed, h.Entries, h.Contents, h.Clustered)
			}
			if st, _ := os.Stat(file); uint64(st.Size()) != h.DataOffset+h.DataLength {
				t.Errorf("the file has %d bytes, the header tells %d", st.Size(), h.DataOffset+h.DataLength)
			}
			if h.Bounds != [4]float64{116.9, 35.3, 117.1, 35.5} || h.Center != [2]float64{117, 35.4} || h.CenterZoom != 12 || h.MinZoom != 5 || h.MaxZoom != 12 {
				t.Errorf("header %+v", h)
			}
			seen, last := 0, uint64(0)
			for tile, err := range r.All(ctx) {
				id := ID(tile.Z, tile.X, tile.Y)
				if err != nil || string(tile.Data) != want[id] || seen > 0 && id <= last {
					t.Fatalf("tile %d: %q, %v; want %q", id, tile.Data, err, want[id])
				}
				seen, last = seen+1, id
			}
			if seen != len(want) {
				t.Errorf("got %d tiles, want %d", seen, len(want))
			}
			for i := range uint64(3000) {
				id := base(12) + i
				z, x, y, _ := ZXY(id)
				got, err := r.Tile(ctx, z, x, y)
				if w, ok := want[id]; ok && string(got) != w || !ok && gis.KindOf(err) != gis.NotFound {
					t.Fatalf("tile %d: %q, %v; want %q", id, got, err, w)
				}
			}
			var m map[string]any
			if raw, err := r.Metadata(ctx); err != nil || json.Unmarshal(raw, &m) != nil || m["name"] != "万米" {
				t.Errorf("metadata %v, %v", m, err)
			}
		})
	}
}
