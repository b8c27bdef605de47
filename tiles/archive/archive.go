package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/klauspost/compress/zlib"

	"wanmi/gis"
	"wanmi/tiles/mbtiles"
	"wanmi/tiles/pmtiles"
)

// Tile is a tile as it is stored. Y is counted from the north.
type Tile = pmtiles.Tile

// Window chooses tiles by zooms and bounds.
type Window = pmtiles.Window

// Stretch is a number of tiles with the same content: Count from number ID on, Bytes each.
type Stretch struct {
	ID    uint64
	Count uint32
	Bytes int64
}

// Archive is an open archive of either format. It is safe for concurrent use.
type Archive interface {
	// Meta returns what the archive says of itself.
	Meta() Meta
	// Tile returns a tile as it is stored, a gis.NotFound error when there is none.
	Tile(ctx context.Context, z uint8, x, y uint32) ([]byte, error)
	// Within yields the tiles of a window in rising order of their numbers. An error ends the sequence.
	Within(ctx context.Context, w Window) iter.Seq2[Tile, error]
	// Sizes yields the sizes of the tiles of a window, in rising order, and with them some that lie outside.
	Sizes(ctx context.Context, w Window) iter.Seq2[Stretch, error]
	// Verify tells what the format's own rules find wrong, and what check finds in a content; see the formats' packages.
	Verify(ctx context.Context, check func(Tile) error, fault func(string) bool) error
	Close() error
}

// Open opens a file of either format, which its first bytes tell.
func Open(ctx context.Context, file string) (Archive, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, gis.E(gis.NotFound, err, "no archive %s", file)
	}
	a, err := OpenFile(ctx, f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", file, err), f.Close())
	}
	return a, nil
}

// OpenFile reads from a file that is open; Close closes it. After an error the file is still open.
func OpenFile(ctx context.Context, f *os.File) (Archive, error) {
	head := make([]byte, 16)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, gis.E(gis.Rejected, err, "the file is no tile archive")
	}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("PMTiles")):
		r, err := pmtiles.OpenFile(ctx, f)
		if err != nil {
			return nil, err
		}
		return opened(ctx, r)
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		r, err := mbtiles.Open(ctx, f.Name())
		if err != nil {
			return nil, err
		}
		a, err := newMB(ctx, r)
		if err != nil {
			return nil, errors.Join(err, r.Close())
		}
		return a, f.Close()
	}
	return nil, gis.E(gis.Rejected, nil, "the file is no tile archive: it begins like neither PMTiles nor MBTiles (SQLite)")
}

// FromSource reads a PMTiles archive from a server or whatever else gives stretches of it.
func FromSource(ctx context.Context, src pmtiles.Source) (Archive, error) {
	r, err := pmtiles.NewReader(ctx, src)
	if err != nil {
		return nil, err
	}
	return opened(ctx, r)
}

func opened(ctx context.Context, r *pmtiles.Reader) (Archive, error) {
	m, err := pmMeta(ctx, r)
	if err != nil {
		return nil, err
	}
	return &pm{r, m}, nil
}

// Packed returns how a stored tile is compressed: what the archive says or, where it says nothing or says it of no tile, what the
// first bytes tell.
func (m *Meta) Packed(data []byte) pmtiles.Compression {
	switch {
	case m.Compression != pmtiles.UnknownCompression:
		return m.Compression
	case len(data) > 2 && data[0] == 0x1f && data[1] == 0x8b:
		return pmtiles.Gzip
	case isZlib(data):
		return pmtiles.UnknownCompression
	}
	return pmtiles.None
}

// isZlib tells the deflate form the MBTiles specification names but nobody writes. No MVT layer begins so.
func isZlib(data []byte) bool {
	return len(data) > 2 && data[0] == 0x78 && (uint16(data[0])<<8|uint16(data[1]))%31 == 0
}

// Unpack undoes the compression of a stored tile.
func (m *Meta) Unpack(data []byte) ([]byte, error) {
	c := m.Packed(data)
	if c != pmtiles.UnknownCompression || !isZlib(data) {
		return c.Unpack(data, pmtiles.MaxTile)
	}
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("zlib: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(r, pmtiles.MaxTile+1))
	if err == nil && len(out) > pmtiles.MaxTile {
		err = gis.E(gis.Rejected, nil, "over %d bytes unpacked from %d", pmtiles.MaxTile, len(data))
	}
	return out, err
}
