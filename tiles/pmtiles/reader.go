package pmtiles

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"wanmi/gis"
)

// Reader reads an archive. It is safe for concurrent use.
type Reader struct {
	r      io.ReaderAt
	close  func() error
	size   int64
	header Header
	root   []entry
}

// Tile is a tile as it is stored. Y is counted from the north.
type Tile struct {
	Z    uint8
	X, Y uint32
	Data []byte
}

// Open opens an archive file.
func Open(file string) (*Reader, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, gis.E(gis.NotFound, err, "no archive %s", file)
	}
	st, err := f.Stat()
	if err == nil {
		var r *Reader
		if r, err = NewReader(f, st.Size()); err == nil {
			r.close = f.Close
			return r, nil
		}
	}
	return nil, errors.Join(err, f.Close())
}

// NewReader reads an archive of size bytes from r, which the caller closes.
func NewReader(r io.ReaderAt, size int64) (*Reader, error) {
	a := &Reader{r: r, size: size, close: func() error { return nil }}
	b := make([]byte, headerBytes)
	if _, err := r.ReadAt(b, 0); err != nil {
		return nil, gis.E(gis.Rejected, err, "the file is no PMTiles archive")
	}
	var err error
	if a.header, err = parseHeader(b); err != nil {
		return nil, err
	}
	a.root, err = a.dir(a.header.RootOffset, a.header.RootLength)
	return a, err
}

// Close closes the file Open opened.
func (a *Reader) Close() error { return a.close() }

// Header returns the archive's header.
func (a *Reader) Header() Header { return a.header }

// part reads a stretch of the file.
func (a *Reader) part(offset, length uint64) ([]byte, error) {
	if offset > uint64(a.size) || length > uint64(a.size)-offset {
		return nil, gis.E(gis.Rejected, nil, "the archive is cut off")
	}
	b := make([]byte, length)
	if _, err := a.r.ReadAt(b, int64(offset)); err != nil {
		return nil, fmt.Errorf("pmtiles: read: %w", err)
	}
	return b, nil
}

func (a *Reader) dir(offset, length uint64) ([]entry, error) {
	if length > maxDir {
		return nil, badDir(nil)
	}
	b, err := a.part(offset, length)
	if err != nil {
		return nil, err
	}
	return parseDir(b, a.header.InternalCompression)
}

// Metadata returns the archive's JSON object.
func (a *Reader) Metadata() (json.RawMessage, error) {
	if a.header.MetadataLength > maxDir {
		return nil, badDir(nil)
	}
	b, err := a.part(a.header.MetadataOffset, a.header.MetadataLength)
	if err != nil {
		return nil, err
	}
	return unpack(b, a.header.InternalCompression)
}

const maxDepth = 4 // of directories

// Tile returns a tile as it is stored, a gis.NotFound error when the archive has none there.
func (a *Reader) Tile(z uint8, x, y uint32) ([]byte, error) {
	if z > 31 || uint64(x)>>z > 0 || uint64(y)>>z > 0 {
		return nil, gis.E(gis.Invalid, nil, "no tile %d/%d/%d", z, x, y)
	}
	id := ID(z, x, y)
	es := a.root
	for range maxDepth {
		k, ok := slices.BinarySearchFunc(es, id, func(e entry, id uint64) int {
			switch {
			case e.id < id:
				return -1
			case e.id > id:
				return 1
			}
			return 0
		})
		if !ok {
			k--
		}
		if k < 0 {
			break
		}
		e := es[k]
		if e.run > 0 {
			if id-e.id >= uint64(e.run) {
				break
			}
			return a.part(a.header.DataOffset+e.offset, uint64(e.length))
		}
		var err error
		if es, err = a.dir(a.header.LeafOffset+e.offset, uint64(e.length)); err != nil {
			return nil, err
		}
	}
	return nil, gis.E(gis.NotFound, nil, "the archive has no tile %d/%d/%d", z, x, y)
}

// All yields every tile in the order of the numbers. An error ends the sequence.
func (a *Reader) All() iter.Seq2[Tile, error] {
	return func(yield func(Tile, error) bool) { a.walk(a.root, maxDepth, yield) }
}

func (a *Reader) walk(es []entry, depth int, yield func(Tile, error) bool) bool {
	for _, e := range es {
		if e.run == 0 {
			leaf, err := a.dir(a.header.LeafOffset+e.offset, uint64(e.length))
			if err == nil && depth == 1 {
				err = badDir(errors.New("too deep"))
			}
			if err != nil {
				yield(Tile{}, err)
				return false
			}
			if !a.walk(leaf, depth-1, yield) {
				return false
			}
			continue
		}
		data, err := a.part(a.header.DataOffset+e.offset, uint64(e.length))
		if err != nil {
			yield(Tile{}, err)
			return false
		}
		for i := range uint64(e.run) {
			z, x, y, ok := ZXY(e.id + i)
			if !ok {
				yield(Tile{}, badDir(fmt.Errorf("tile number %d", e.id+i)))
				return false
			}
			if !yield(Tile{Z: z, X: x, Y: y, Data: data}, nil) {
				return false
			}
		}
	}
	return true
}
