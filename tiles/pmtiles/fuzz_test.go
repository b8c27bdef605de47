package pmtiles

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"testing"
	"time"
)

// bare writes an archive whose directories are not compressed, so that a fuzzer reaches their numbers.
func bare(root, leaf []entry, meta string, data []byte) []byte {
	dir := func(es []entry) []byte {
		if es == nil {
			return nil
		}
		packed, _ := marshalDir(es)
		b, _ := Gzip.Unpack(packed, maxUnpacked)
		return b
	}
	lb := dir(leaf)
	for i := range root { // a leaf entry of length 0 is the leaf
		if root[i].run == 0 {
			root[i].length = uint32(len(lb))
		}
	}
	rb := dir(root)
	h := Header{InternalCompression: None, TileCompression: Gzip, TileType: MVT, MinZoom: 0, MaxZoom: 8, Clustered: true}
	h.RootOffset, h.RootLength = headerBytes, uint64(len(rb))
	h.MetadataOffset, h.MetadataLength = h.RootOffset+h.RootLength, uint64(len(meta))
	h.LeafOffset, h.LeafLength = h.MetadataOffset+h.MetadataLength, uint64(len(lb))
	h.DataOffset, h.DataLength = h.LeafOffset+h.LeafLength, uint64(len(data))
	return slices.Concat(h.marshal(), rb, []byte(meta), lb, data)
}

// FuzzPMTiles reads any bytes as an archive in every way there is: nothing may crash, go on for ever, or give bytes that are not in the file.
func FuzzPMTiles(f *testing.F) {
	sea, err := pack([]byte("sea"))
	if err != nil {
		f.Fatal(err)
	}
	data := append(slices.Clone(sea), sea...)
	n := uint32(len(sea))
	f.Add(bare([]entry{{5, 0, n, 3}, {9, uint64(n), n, 1}}, nil, "{}", data))
	f.Add(bare([]entry{{0, 0, n, 1}, {5, 0, 9, 0}, {30, 0, n, 1 << 31}}, []entry{{5, 0, n, 2}, {8, uint64(n), n, 4}}, `{"vector_layers":[]}`, data))
	f.Add(bare([]entry{{base(31), 0, n, 1}}, nil, "[]", data))
	packed := bare([]entry{{5, 0, n, 3}}, nil, "{}", data)
	packed[97] = byte(Gzip)
	f.Add(packed)
	f.Add(packed[:headerBytes])
	zstd := bytes.Clone(packed)
	zstd[97], zstd[98] = byte(Zstd), byte(Zstd)
	f.Add(zstd)
	f.Fuzz(func(t *testing.T, b []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r, err := NewReader(ctx, fileSource{bytes.NewReader(b), int64(len(b))})
		if err != nil {
			return
		}
		if raw, err := r.Metadata(ctx); err == nil && len(raw) > maxUnpacked {
			t.Errorf("metadata of %d bytes", len(raw))
		}
		tiles := 0
		last := int64(-1)
		for tile, err := range r.All(ctx) {
			if tiles++; err != nil || tiles > 1000 {
				break
			}
			id := ID(tile.Z, tile.X, tile.Y)
			if int64(id) <= last {
				t.Fatalf("number %d after %d", id, last)
			}
			last = int64(id)
			got, err := r.Tile(ctx, tile.Z, tile.X, tile.Y)
			if err != nil || !bytes.Equal(got, tile.Data) {
				t.Fatalf("tile %d/%d/%d: %x and %x, %v", tile.Z, tile.X, tile.Y, tile.Data, got, err)
			}
		}
		faults := 0
		checked := 0
		if err := r.Verify(ctx, func(tile Tile) error {
			checked++
			_, err := r.Header().TileCompression.Unpack(tile.Data, 1<<20)
			return err
		}, func(string) bool { faults++; return faults < 100 }); err != nil {
			t.Fatalf("verify: %v", err)
		}
	})
}

// FuzzDirectory reads any bytes as a directory; what is read is written and read again the same.
func FuzzDirectory(f *testing.F) {
	f.Add([]byte{1, 5, 1, 10, 1})
	f.Add([]byte{2, 5, 2, 1, 3, 10, 10, 1, 0})
	f.Add(binary.AppendUvarint(nil, 1<<40))
	f.Fuzz(func(t *testing.T, b []byte) {
		es, err := parseDir(b, None)
		if err != nil {
			return
		}
		packed, err := marshalDir(es)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseDir(packed, Gzip)
		if err != nil || !slices.Equal(es, again) {
			t.Fatalf("%v becomes %v, %v", es, again, err)
		}
	})
}
