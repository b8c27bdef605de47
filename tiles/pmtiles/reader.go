package pmtiles

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/maypok86/otter/v2"

	"wanmi/gis"
)

// Reader reads an archive. It is safe for concurrent use.
type Reader struct {
	src    Source
	close  func() error
	header Header
	raw    byte // the clustered flag as it stands
	root   []entry
	leaves *otter.Cache[leafKey, []entry]
}

type leafKey struct {
	offset uint64
	length uint32
}

// Tile is a tile as it is stored. Y is counted from the north.
type Tile struct {
	Z    uint8
	X, Y uint32
	Data []byte
}

const (
	leafCache = 16 << 20 // bytes of parsed leaves
	maxDepth  = 4        // of directories
)

// NewReader reads from src. Header and root take one request.
func NewReader(ctx context.Context, src Source) (*Reader, error) {
	first, err := src.Range(ctx, 0, firstBytes)
	if err != nil {
		return nil, err
	}
	a := &Reader{src: src, close: func() error { return nil }}
	if a.header, err = parseHeader(first); err != nil {
		return nil, err
	}
	a.raw = first[96]
	a.leaves, err = otter.New(&otter.Options[leafKey, []entry]{
		MaximumWeight: leafCache,
		Weigher:       func(_ leafKey, es []entry) uint32 { return uint32(24*len(es) + 100) },
	})
	if err != nil {
		return nil, fmt.Errorf("pmtiles: cache: %w", err)
	}
	root := section{a.header.RootOffset, a.header.RootLength}
	var b []byte
	if root.offset+root.length <= uint64(len(first)) {
		b = first[root.offset : root.offset+root.length]
	} else if b, err = a.part(ctx, root, 0, root.length, maxUnpacked); err != nil {
		return nil, err
	}
	if a.root, err = parseDir(b, a.header.InternalCompression); err != nil {
		return nil, err
	}
	return a, nil
}

// Close closes the file Open opened.
func (a *Reader) Close() error { return a.close() }

// Header returns the archive's header.
func (a *Reader) Header() Header { return a.header }

// part reads a stretch of a section of the file.
func (a *Reader) part(ctx context.Context, s section, offset, length uint64, most int) ([]byte, error) {
	at, err := s.in(offset, length)
	if err != nil {
		return nil, err
	}
	if length > uint64(most) {
		return nil, gis.E(gis.Rejected, nil, "the archive is damaged: a part of %d bytes, at most %d are read", length, most)
	}
	if size := a.src.Size(); size >= 0 && at+length > uint64(size) {
		return nil, cutOff(at + length)
	}
	b, err := a.src.Range(ctx, at, int(length))
	if err == nil && uint64(len(b)) != length {
		err = cutOff(at + length)
	}
	return b, err
}

func cutOff(end uint64) error {
	return gis.E(gis.Rejected, nil, "the archive is cut off: it must go on to byte %d", end)
}

func (a *Reader) data() section { return section{a.header.DataOffset, a.header.DataLength} }

// leaf returns the directory an entry points to.
func (a *Reader) leaf(ctx context.Context, e entry) ([]entry, error) {
	k := leafKey{e.offset, e.length}
	if es, ok := a.leaves.GetIfPresent(k); ok {
		return es, nil
	}
	b, err := a.part(ctx, section{a.header.LeafOffset, a.header.LeafLength}, e.offset, uint64(e.length), maxUnpacked)
	if err != nil {
		return nil, err
	}
	es, err := parseDir(b, a.header.InternalCompression)
	if err == nil {
		a.leaves.Set(k, es)
	}
	return es, err
}

// Metadata returns the archive's JSON object.
func (a *Reader) Metadata(ctx context.Context) (json.RawMessage, error) {
	b, err := a.part(ctx, section{a.header.MetadataOffset, a.header.MetadataLength}, 0, a.header.MetadataLength, maxUnpacked)
	if err != nil {
		return nil, err
	}
	if b, err = a.header.InternalCompression.Unpack(b, maxUnpacked); err != nil {
		return nil, gis.E(gis.Rejected, err, "the archive's metadata is damaged")
	}
	return b, nil
}

// Tile returns a tile as it is stored, a gis.NotFound error when the archive has none there.
func (a *Reader) Tile(ctx context.Context, z uint8, x, y uint32) ([]byte, error) {
	if z > maxZoom || uint64(x)>>z > 0 || uint64(y)>>z > 0 {
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
			return a.part(ctx, a.data(), e.offset, uint64(e.length), MaxTile)
		}
		var err error
		if es, err = a.leaf(ctx, e); err != nil {
			return nil, err
		}
	}
	return nil, gis.E(gis.NotFound, nil, "the archive has no tile %d/%d/%d", z, x, y)
}

// Run is a stretch of tiles with the same content: Count numbers from ID on. Offset counts from the begin of the tile data.
type Run struct {
	ID     uint64
	Count  uint32
	Offset uint64
	Length uint32
}

// Runs yields the runs that may have tiles of the window, in rising order; leaves that have none are not read. An error ends
// the sequence.
func (a *Reader) Runs(ctx context.Context, w Window) iter.Seq2[Run, error] {
	return func(yield func(Run, error) bool) { a.walk(ctx, w, a.root, 0, base(maxZoom+1), maxDepth, yield) }
}

// walk goes through a directory of the numbers from lo to before hi.
func (a *Reader) walk(ctx context.Context, w Window, es []entry, lo, hi uint64, depth int, yield func(Run, error) bool) bool {
	for i, e := range es {
		next := hi
		if i+1 < len(es) {
			next = es[i+1].id
		}
		if e.id < lo || next > hi || e.id >= hi || uint64(e.run) > hi-e.id {
			yield(Run{}, badDir(fmt.Errorf("number %d in a directory of %d to %d", e.id, lo, hi-1)))
			return false
		}
		if e.run > 0 {
			if w.meets(e.id, e.id+uint64(e.run)) && !yield(Run{e.id, e.run, e.offset, e.length}, nil) {
				return false
			}
			continue
		}
		if !w.meets(e.id, next) {
			continue
		}
		err := ctx.Err()
		var leaf []entry
		if err == nil && depth == 1 {
			err = badDir(errors.New("directories nest too deep"))
		}
		if err == nil {
			leaf, err = a.leaf(ctx, e)
		}
		if err != nil {
			yield(Run{}, err)
			return false
		}
		if !a.walk(ctx, w, leaf, e.id, next, depth-1, yield) {
			return false
		}
	}
	return true
}
