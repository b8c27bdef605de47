package pmtiles

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
)

func faults(t *testing.T, file string, check func(Tile) error) []string {
	t.Helper()
	r, err := Open(t.Context(), file)
	if err != nil {
		return []string{err.Error()}
	}
	defer r.Close()
	var out []string
	if err := r.Verify(t.Context(), check, func(s string) bool { out = append(out, s); return true }); err != nil {
		t.Fatal(err)
	}
	return out
}

func fine(Tile) error { return nil }

func TestVerify(t *testing.T) {
	file, _ := write(t, 60_000)
	seen := 0
	if got := faults(t, file, func(Tile) error { seen++; return nil }); len(got) > 0 {
		t.Errorf("a good archive: %v", got)
	}
	r, err := Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	h := r.Header()
	r.Close()
	if uint64(seen) != h.Contents {
		t.Errorf("%d contents are checked, there are %d", seen, h.Contents)
	}
	if got := faults(t, file, func(t Tile) error {
		if t.Z == 5 {
			return errors.New("bad sea")
		}
		return nil
	}); len(got) != 1 || !strings.HasPrefix(got[0], "tile 5/") || !strings.HasSuffix(got[0], "bad sea") {
		t.Errorf("one bad content: %v", got)
	}
	good := read(t, file)
	put64 := func(b []byte, at int, v uint64) { binary.LittleEndian.PutUint64(b[at:], v) }
	for name, tc := range map[string]struct {
		hurt func([]byte) []byte
		want string
	}{
		"magic":          {func(b []byte) []byte { b[0] = 'p'; return b }, "no PMTiles archive"},
		"version":        {func(b []byte) []byte { b[7] = 2; return b }, "version 2"},
		"addressed":      {func(b []byte) []byte { put64(b, 72, 7); return b }, "7 addressed tiles are told"},
		"entries":        {func(b []byte) []byte { put64(b, 80, 7); return b }, "7 tile entries are told"},
		"contents":       {func(b []byte) []byte { put64(b, 88, 7); return b }, "7 tile contents are told"},
		"clustered":      {func(b []byte) []byte { b[96] = 2; return b }, "clustered flag is 2"},
		"compression":    {func(b []byte) []byte { b[97] = 9; return b }, "unknown 9"},
		"tile type":      {func(b []byte) []byte { b[99] = 77; return b }, "tile type 77"},
		"minzoom":        {func(b []byte) []byte { b[100] = 6; return b }, "zooms are 6 to 12"},
		"maxzoom":        {func(b []byte) []byte { b[101] = 20; return b }, "zooms are 5 to 20"},
		"bounds":         {func(b []byte) []byte { copy(b[102:], b[110:114]); copy(b[110:], []byte{0, 0, 0, 0}); return b }, "bounds"},
		"data offset":    {func(b []byte) []byte { put64(b, 56, 1<<63); return b }, "past any file"},
		"data length":    {func(b []byte) []byte { put64(b, 64, h.DataLength-5); return b }, "damaged: bytes"},
		"root length":    {func(b []byte) []byte { put64(b, 16, 20_000); return b }, "damaged"},
		"leaf section":   {func(b []byte) []byte { put64(b, 48, h.LeafLength-9); return b }, "the leaf of number"},
		"cut off":        {func(b []byte) []byte { return b[:len(b)-1] }, "the file at"},
		"leaf damaged":   {func(b []byte) []byte { b[h.LeafOffset+30] ^= 0xff; return b }, "the leaf of number"},
		"sections cross": {func(b []byte) []byte { put64(b, 24, h.LeafOffset); return b }, "overlap"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := filepath.Join(t.TempDir(), "bad")
			rewrite(t, bad, tc.hurt(slices.Clone(good)))
			got := faults(t, bad, fine)
			if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, tc.want) }) {
				t.Errorf("got %q, want a fault with %q", got, tc.want)
			}
		})
	}
}

// crafted writes an archive of given directories: what no Writer makes.
func crafted(t *testing.T, root, leaf []entry, size uint64) string {
	t.Helper()
	rb, err := marshalDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var lb []byte
	if leaf != nil {
		if lb, err = marshalDir(leaf); err != nil {
			t.Fatal(err)
		}
	}
	meta, err := pack([]byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	h := Header{InternalCompression: Gzip, TileCompression: None, TileType: MVT, MaxZoom: 10, Clustered: true}
	h.RootOffset, h.RootLength = headerBytes, uint64(len(rb))
	h.MetadataOffset, h.MetadataLength = h.RootOffset+h.RootLength, uint64(len(meta))
	h.LeafOffset, h.LeafLength = h.MetadataOffset+h.MetadataLength, uint64(len(lb))
	h.DataOffset, h.DataLength = h.LeafOffset+h.LeafLength, size
	file := filepath.Join(t.TempDir(), "a")
	rewrite(t, file, slices.Concat(h.marshal(), rb, meta, lb, make([]byte, size)))
	return file
}

func TestVerifyDirectories(t *testing.T) {
	leaf := []entry{{10, 0, 5, 1}, {11, 5, 5, 1}}
	size := func(es []entry) uint32 { b, _ := marshalDir(es); return uint32(len(b)) }
	loop := []entry{{10, 0, 0, 0}}
	for range 20 { // the length of a leaf that points to itself
		loop[0].length = size(loop)
	}
	for name, tc := range map[string]struct {
		root, leaf []entry
		want       string
	}{
		"tile past the data":     {[]entry{{1, 95, 10, 1}}, nil, "damaged: bytes"},
		"offset that overflows":  {[]entry{{1, 1<<64 - 3, 10, 1}}, nil, "damaged"},
		"overlapping contents":   {[]entry{{1, 0, 10, 1}, {2, 5, 10, 1}}, nil, "overlap"},
		"not clustered":          {[]entry{{1, 50, 10, 1}, {2, 0, 10, 1}}, nil, "clustered is told"},
		"run over the next":      {[]entry{{1, 0, 10, 5}, {3, 10, 10, 1}}, nil, "too long"},
		"out of order":           {[]entry{{3, 0, 10, 1}, {3, 10, 10, 1}}, nil, "out of order"},
		"length 0":               {[]entry{{3, 0, 0, 1}}, nil, "length 0"},
		"number past the end":    {[]entry{{base(32), 0, 10, 1}}, nil, "stands in a directory"},
		"run past the end":       {[]entry{{base(32) - 1, 0, 10, 2}}, nil, "stands in a directory"},
		"leaf that begins late":  {[]entry{{9, 0, size(leaf), 0}}, leaf, "begins with number 10"},
		"leaf out of its range":  {[]entry{{10, 0, size(leaf), 0}, {11, 0, 5, 1}}, leaf, "stands in a directory"},
		"leaf that is no part":   {[]entry{{10, 99, size(leaf), 0}}, leaf, "the leaf of number 10"},
		"leaf that is its own":   {[]entry{{10, 0, loop[0].length, 0}}, loop, "nests more than 4 deep"},
		"zoom outside the bytes": {[]entry{{base(11), 0, 10, 1}}, nil, "there is a tile at zoom 11"},
	} {
		t.Run(name, func(t *testing.T) {
			file := crafted(t, tc.root, tc.leaf, 100)
			got := faults(t, file, fine)
			if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, tc.want) }) {
				t.Errorf("got %q, want a fault with %q", got, tc.want)
			}
			r, err := Open(t.Context(), file)
			if err != nil {
				return
			}
			defer r.Close()
			n := 0
			for _, err := range r.All(t.Context()) { // ends, whatever the directories say
				if n++; err != nil && gis.KindOf(err) != gis.Rejected {
					t.Errorf("reading all: %v", err)
				}
			}
			if n > 20 {
				t.Errorf("%d tiles of a handful of entries", n)
			}
		})
	}
}

func TestBombs(t *testing.T) {
	huge, err := pack(make([]byte, maxUnpacked+1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseDir(huge, Gzip); gis.KindOf(err) != gis.Rejected {
		t.Errorf("a directory that unpacks to too much: %v", err)
	}
	if _, err := Gzip.Unpack(huge, 1000); err == nil {
		t.Error("a tile that unpacks to more than the limit is unpacked")
	}
	many := binary.AppendUvarint(nil, maxEntries+1)
	if _, err := parseDir(append(many, make([]byte, 8<<20)...), None); gis.KindOf(err) != gis.Rejected {
		t.Errorf("a directory of too many entries: %v", err)
	}
}

func TestParent(t *testing.T) {
	last := uint64(0)
	for id := base(6); id < base(9); id++ {
		z, x, y, _ := ZXY(id)
		if got := Parent(id); got != ID(z-1, x/2, y/2) {
			t.Fatalf("the parent of %d/%d/%d is %d", z, x, y, got)
		} else if got < last {
			t.Fatalf("the parent of %d falls", id)
		} else {
			last = got
		}
	}
}

// TestWithin compares a window with a look at every tile, and counts what is read of the file.
func TestWithin(t *testing.T) {
	file, want := write(t, 20_000)
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	const seed = 3
	r := rand.New(rand.NewSource(seed))
	for range 15 {
		src := &counted{fileSource: fileSource{f, st.Size()}}
		a, err := NewReader(t.Context(), src)
		if err != nil {
			t.Fatal(err)
		}
		// Somewhere in the part of zoom 12 and 13 that has tiles.
		_, x, y, _ := ZXY(base(12) + uint64(r.Intn(60_000)))
		b := maptile.New(x, y, 12).Bound()
		w := Window{MinZoom: 12, MaxZoom: uint8(12 + r.Intn(2)), Bound: orb.Bound{Min: b.Center(), Max: b.Center()}.Pad(0.3 * r.Float64())}
		n := 0
		for id := range want {
			z, x, y, _ := ZXY(id)
			if w.Has(z, x, y) != (z >= 12 && z <= w.MaxZoom && meets(maptile.New(x, y, maptile.Zoom(z)).Bound(), w.Bound)) {
				t.Fatalf("seed %d: %d/%d/%d in %v: got %t", seed, z, x, y, w.Bound, w.Has(z, x, y))
			}
			if w.Has(z, x, y) {
				n++
			}
		}
		got := 0
		for tile, err := range a.Within(t.Context(), w) {
			if err != nil || string(tile.Data) != want[ID(tile.Z, tile.X, tile.Y)] || !w.Has(tile.Z, tile.X, tile.Y) {
				t.Fatalf("seed %d: %d/%d/%d: %q, %v", seed, tile.Z, tile.X, tile.Y, tile.Data, err)
			}
			got++
		}
		if got != n {
			t.Errorf("seed %d: %v: got %d tiles, want %d", seed, w, got, n)
		}
		if n == 0 && src.bytes > firstBytes+200_000 {
			t.Errorf("seed %d: %d bytes are read for nothing", seed, src.bytes)
		}
	}
}

func meets(a, b orb.Bound) bool {
	return a.Min[0] <= b.Max[0] && a.Max[0] > b.Min[0] && a.Min[1] < b.Max[1] && a.Max[1] >= b.Min[1]
}

// counted counts the bytes that are read.
type counted struct {
	fileSource
	bytes int
}

func (c *counted) Range(ctx context.Context, offset uint64, length int) ([]byte, error) {
	c.bytes += length
	return c.fileSource.Range(ctx, offset, length)
}
