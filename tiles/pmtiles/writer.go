package pmtiles

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"

	"wanmi/gis"
)

// Writer writes an archive: tiles in rising order of their number (see [ID]), each content once. Until Close all of it stands
// in two files beside the archive's name, which nothing takes for an archive: NAME.part with the tiles and NAME.part.index
// with a record for each. It serves one goroutine.
type Writer struct {
	file        string
	data, index *os.File
	dbuf, ibuf  *bufio.Writer
	entries     []entry
	seen        map[[16]byte]uint32 // content -> the entry that has it first
	size        uint64              // of data
	tiles       uint64
	notes       uint64
	next        uint64
	unflushed   int
}

// Info is what an archive says about itself beside its tiles.
type Info struct {
	MinZoom, MaxZoom uint8
	Bounds           [4]float64 // west, south, east, north
	Center           [2]float64
	CenterZoom       uint8
	TileType         TileType    // 0: MVT
	Compression      Compression // of the tiles; 0: gzip
	Metadata         any         // written as JSON; an object, with vector_layers for vector tiles
}

// Create starts an archive anew; what an earlier writer of that name has left is dropped. It is a gis.Conflict error when another
// process writes it.
func Create(file string) (*Writer, error) { return open(file, [32]byte{}, false) }

// Resume starts an archive, or goes on with what an earlier writer left that was given the same key: all tiles that had reached
// the disk whole. [Writer.Next] tells where to go on. The key stands for everything the tiles depend on.
func Resume(file string, key [32]byte) (*Writer, error) { return open(file, key, true) }

// Add appends a tile. Its number must be Next or larger.
func (w *Writer) Add(z uint8, x, y uint32, data []byte) error { return w.AddNoted(z, x, y, data, 0) }

// AddNoted is Add with a figure of the caller's, whose sum Notes returns.
func (w *Writer) AddNoted(z uint8, x, y uint32, data []byte, note uint32) error {
	if z > maxZoom || uint64(x)>>z > 0 || uint64(y)>>z > 0 {
		return gis.E(gis.Invalid, nil, "no tile %d/%d/%d", z, x, y)
	}
	id := ID(z, x, y)
	switch {
	case id < w.next:
		return fmt.Errorf("pmtiles: tile %d/%d/%d is out of order", z, x, y)
	case len(data) == 0:
		return fmt.Errorf("pmtiles: tile %d/%d/%d is empty", z, x, y)
	case len(data) > MaxTile:
		return gis.E(gis.TooLarge, nil, "tile %d/%d/%d has %d bytes; at most %d are written", z, x, y, len(data), MaxTile)
	}
	sum := sha256.Sum256(data)
	r := record{id: id, offset: w.size, length: uint32(len(data)), note: note, hash: [16]byte(sum[:16])}
	if k, ok := w.seen[r.hash]; ok {
		r.offset = w.entries[k].offset
	} else if _, err := w.dbuf.Write(data); err != nil {
		return w.fault(err)
	}
	if _, err := w.ibuf.Write(r.marshal()); err != nil {
		return w.fault(err)
	}
	w.take(r)
	if w.unflushed += len(data); w.unflushed > 4<<20 {
		return w.Flush()
	}
	return nil
}

// take adds a tile that stands in the files to the lists.
func (w *Writer) take(r record) {
	w.next = r.id + 1
	w.tiles++
	w.notes += uint64(r.note)
	n := len(w.entries)
	if r.offset == w.size {
		w.seen[r.hash] = uint32(n)
		w.size += uint64(r.length)
	} else if n > 0 {
		if last := &w.entries[n-1]; last.offset == r.offset && last.id+uint64(last.run) == r.id && last.run < math.MaxUint32 {
			last.run++
			return
		}
	}
	w.entries = append(w.entries, entry{id: r.id, offset: r.offset, length: r.length, run: 1})
}

// Flush hands what has been added to the operating system: it outlives the process.
func (w *Writer) Flush() error {
	w.unflushed = 0
	if err := w.dbuf.Flush(); err != nil {
		return w.fault(err)
	}
	if err := w.ibuf.Flush(); err != nil { // after the data it speaks of
		return w.fault(err)
	}
	return nil
}

func (w *Writer) fault(err error) error { return fmt.Errorf("pmtiles: write %s: %w", w.file, err) }

// Next is the least number Add takes.
func (w *Writer) Next() uint64 { return w.next }

// Counts returns how many tiles have been added and how many different ones.
func (w *Writer) Counts() (tiles, unique int64) { return int64(w.tiles), int64(len(w.seen)) }

// Zooms returns the least and the deepest zoom of what has been added; of nothing, 0 and 0.
func (w *Writer) Zooms() (least, deepest uint8) {
	if len(w.entries) == 0 {
		return 0, 0
	}
	return zoomOf(w.entries[0].id), zoomOf(w.next - 1)
}

// Notes returns the sum of the figures given to AddNoted.
func (w *Writer) Notes() uint64 { return w.notes }

// Tiles yields what has been added, in order, without holding it.
func (w *Writer) Tiles(ctx context.Context) iter.Seq2[Tile, error] {
	return func(yield func(Tile, error) bool) {
		if err := w.Flush(); err != nil {
			yield(Tile{}, err)
			return
		}
		for i, e := range w.entries {
			b := make([]byte, e.length)
			_, err := w.data.ReadAt(b, int64(e.offset))
			if err == nil && i&0xff == 0 {
				err = ctx.Err()
			}
			if err != nil {
				yield(Tile{}, err)
				return
			}
			for k := range uint64(e.run) {
				t := Tile{Data: b}
				t.Z, t.X, t.Y, _ = ZXY(e.id + k)
				if !yield(t, nil) {
					return
				}
			}
		}
	}
}

// Abort drops what was written; after Close or Suspend it does nothing.
func (w *Writer) Abort() { w.end(true) }

// Suspend leaves what was written for Resume; after Close or Abort it does nothing.
func (w *Writer) Suspend() error {
	if w.data == nil {
		return nil
	}
	err := w.Flush()
	w.end(false)
	return err
}

func (w *Writer) end(remove bool) {
	if w.data == nil {
		return
	}
	if remove { // before the lock is let go
		os.Remove(w.data.Name())
		os.Remove(w.index.Name())
	}
	w.index.Close()
	w.data.Close()
	w.data = nil
}

// Close writes the archive, which appears under its name when it is complete, in the place of one that was there. After an error
// what was added stands where it stood and Suspend or Abort decide.
func (w *Writer) Close(info Info) error {
	if len(w.entries) == 0 {
		return gis.E(gis.Invalid, nil, "%s: there is no tile to write, and PMTiles has no empty archives", w.file)
	}
	if err := w.Flush(); err != nil {
		return err
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
		InternalCompression: Gzip, TileCompression: info.Compression, TileType: info.TileType,
		MinZoom: info.MinZoom, MaxZoom: info.MaxZoom, Bounds: info.Bounds, Center: info.Center, CenterZoom: info.CenterZoom,
	}
	if h.TileType == UnknownType {
		h.TileType = MVT
	}
	if h.TileCompression == UnknownCompression {
		h.TileCompression = Gzip
	}
	h.RootOffset, h.RootLength = headerBytes, uint64(len(root))
	h.MetadataOffset, h.MetadataLength = h.RootOffset+h.RootLength, uint64(len(meta))
	h.LeafOffset, h.LeafLength = h.MetadataOffset+h.MetadataLength, uint64(len(leaves))
	h.DataOffset, h.DataLength = h.LeafOffset+h.LeafLength, w.size
	if err := w.assemble(h.marshal(), root, meta, leaves); err != nil {
		return err
	}
	w.Abort()
	return nil
}

// Scratch is the name an archive has while it is put together.
func (w *Writer) Scratch() string { return w.file + ".part.new" }

func (w *Writer) assemble(parts ...[]byte) (err error) {
	out, err := os.Create(w.Scratch())
	if err != nil {
		return w.fault(err)
	}
	defer func() {
		if err != nil {
			out.Close()
			os.Remove(out.Name())
		}
	}()
	for _, p := range parts {
		if _, err := out.Write(p); err != nil {
			return w.fault(err)
		}
	}
	if _, err := io.Copy(out, io.NewSectionReader(w.data, 0, int64(w.size))); err != nil {
		return w.fault(err)
	}
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return w.fault(err)
	}
	if err := os.Rename(out.Name(), w.file); err != nil {
		return w.fault(err)
	}
	return nil
}
