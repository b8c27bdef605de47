package pmtiles

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Writer writes an archive: tiles in rising order of their number (see [ID]), each content once.
// It serves one goroutine.
type Writer struct {
	file    string
	tmp     *os.File // tile data, until the directories that stand before it are known
	buf     *bufio.Writer
	entries []entry
	seen    map[[16]byte]entry // content -> where it is
	size    uint64
	tiles   uint64
	next    uint64
}

// Info is what an archive says about itself beside its tiles.
type Info struct {
	MinZoom, MaxZoom uint8
	Bounds           [4]float64 // west, south, east, north
	Center           [2]float64
	CenterZoom       uint8
	Metadata         any // written as JSON; an object, with vector_layers for vector tiles
}

// Create starts an archive in file; a second file beside it, with the suffix .data, holds the tiles until Close or Abort.
func Create(file string) (*Writer, error) {
	tmp, err := os.Create(file + ".data")
	if err != nil {
		return nil, fmt.Errorf("pmtiles: create: %w", err)
	}
	return &Writer{file: file, tmp: tmp, buf: bufio.NewWriterSize(tmp, 1<<20), seen: map[[16]byte]entry{}}, nil
}

// Add appends a tile of gzip-compressed MVT. Its number must be larger than that of the tile before.
func (w *Writer) Add(z uint8, x, y uint32, data []byte) error {
	if z > 31 || uint64(x)>>z > 0 || uint64(y)>>z > 0 {
		return fmt.Errorf("pmtiles: no tile %d/%d/%d", z, x, y)
	}
	id := ID(z, x, y)
	if id < w.next {
		return fmt.Errorf("pmtiles: tile %d/%d/%d is out of order", z, x, y)
	}
	if len(data) == 0 {
		return fmt.Errorf("pmtiles: tile %d/%d/%d is empty", z, x, y)
	}
	w.next = id + 1
	w.tiles++
	sum := sha256.Sum256(data)
	hash := [16]byte(sum[:16])
	e, ok := w.seen[hash]
	if !ok {
		e = entry{offset: w.size, length: uint32(len(data))}
		w.seen[hash] = e
		if _, err := w.buf.Write(data); err != nil {
			return fmt.Errorf("pmtiles: write: %w", err)
		}
		w.size += uint64(len(data))
	}
	if n := len(w.entries); n > 0 {
		if last := &w.entries[n-1]; last.offset == e.offset && last.id+uint64(last.run) == id {
			last.run++
			return nil
		}
	}
	w.entries = append(w.entries, entry{id: id, offset: e.offset, length: e.length, run: 1})
	return nil
}

// Counts returns how many tiles have been added and how many different ones.
func (w *Writer) Counts() (tiles, unique int64) { return int64(w.tiles), int64(len(w.seen)) }

// Abort drops what was written; after Close it does nothing.
func (w *Writer) Abort() {
	if w.tmp != nil {
		w.tmp.Close()
		os.Remove(w.tmp.Name())
		w.tmp = nil
	}
}

// Close writes the archive.
func (w *Writer) Close(info Info) (err error) {
	defer w.Abort()
	if err := w.buf.Flush(); err != nil {
		return fmt.Errorf("pmtiles: write: %w", err)
	}
	meta, err := json.Marshal(info.Metadata)
	if err != nil {
		return fmt.Errorf("pmtiles: metadata: %w", err)
	}
	if meta, err = pack(meta); err != nil {
		return fmt.Errorf("pmtiles: metadata: %w", err)
	}
	root, leaves, err := directories(w.entries)
	if err != nil {
		return fmt.Errorf("pmtiles: directories: %w", err)
	}
	h := Header{
		Addressed: w.tiles, Entries: uint64(len(w.entries)), Contents: uint64(len(w.seen)), Clustered: true,
		InternalCompression: compressionGzip, TileCompression: compressionGzip, TileType: typeMVT,
		MinZoom: info.MinZoom, MaxZoom: info.MaxZoom, Bounds: info.Bounds, Center: info.Center, CenterZoom: info.CenterZoom,
	}
	h.RootOffset, h.RootLength = headerBytes, uint64(len(root))
	h.MetadataOffset, h.MetadataLength = h.RootOffset+h.RootLength, uint64(len(meta))
	h.LeafOffset, h.LeafLength = h.MetadataOffset+h.MetadataLength, uint64(len(leaves))
	h.DataOffset, h.DataLength = h.LeafOffset+h.LeafLength, w.size
	return w.assemble(h.marshal(), root, meta, leaves)
}

func (w *Writer) assemble(parts ...[]byte) (err error) {
	out, err := os.Create(w.file)
	if err != nil {
		return fmt.Errorf("pmtiles: create: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	for _, p := range parts {
		if _, err := out.Write(p); err != nil {
			return fmt.Errorf("pmtiles: write: %w", err)
		}
	}
	if _, err := w.tmp.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("pmtiles: write: %w", err)
	}
	if _, err := io.Copy(out, w.tmp); err != nil {
		return fmt.Errorf("pmtiles: write: %w", err)
	}
	if err := out.Sync(); err != nil {
		return fmt.Errorf("pmtiles: write: %w", err)
	}
	return nil
}

// directories returns the root and the leaves. When all entries do not fit into the root, leaves of 4,096 entries, and of more
// and more, are tried until their list fits.
func directories(es []entry) (root, leaves []byte, err error) {
	if root, err = marshalDir(es); err != nil || len(root) <= rootBytes {
		return root, nil, err
	}
	for size := 4096; ; size += size / 5 {
		var top []entry
		leaves = leaves[:0]
		for i := 0; i < len(es); i += size {
			leaf, err := marshalDir(es[i:min(i+size, len(es))])
			if err != nil {
				return nil, nil, err
			}
			top = append(top, entry{id: es[i].id, offset: uint64(len(leaves)), length: uint32(len(leaf))})
			leaves = append(leaves, leaf...)
		}
		if root, err = marshalDir(top); err != nil || len(root) <= rootBytes {
			return root, leaves, err
		}
	}
}
