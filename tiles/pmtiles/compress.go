package pmtiles

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"wanmi/gis"
)

// Compression is how directories or tiles are packed, as the header counts.
type Compression uint8

// The compressions of the specification.
const (
	UnknownCompression Compression = iota
	None
	Gzip
	Brotli
	Zstd
)

// String returns the word HTTP has for the compression.
func (c Compression) String() string {
	switch c {
	case None:
		return "none"
	case Gzip:
		return "gzip"
	case Brotli:
		return "br"
	case Zstd:
		return "zstd"
	}
	return "unknown " + strconv.Itoa(int(c))
}

// TileType is what the tiles are, as the header counts.
type TileType uint8

// The types of the specification.
const (
	UnknownType TileType = iota
	MVT
	PNG
	JPEG
	WEBP
	AVIF
)

// String returns the usual suffix of a file of the type.
func (t TileType) String() string {
	names := [...]string{"unknown", "mvt", "png", "jpg", "webp", "avif"}
	if int(t) < len(names) {
		return names[t]
	}
	return "unknown " + strconv.Itoa(int(t))
}

// zstdDecoder is made once: it is safe for concurrent DecodeAll and holds its memory.
var zstdDecoder = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxTile))
})

// Unpack undoes the compression; more than limit bytes are an error, found before they are held.
func (c Compression) Unpack(b []byte, limit int) ([]byte, error) {
	switch c {
	case None:
		if len(b) > limit {
			return nil, gis.E(gis.Rejected, nil, "%d bytes, at most %d are read", len(b), limit)
		}
		return b, nil
	case Gzip:
		r, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		out, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		if len(out) > limit {
			return nil, gis.E(gis.Rejected, nil, "over %d bytes unpacked from %d", limit, len(b))
		}
		return out, nil
	case Zstd:
		d, err := zstdDecoder()
		if err != nil {
			return nil, err
		}
		out, err := d.DecodeAll(b, nil)
		if err == nil && len(out) > limit {
			err = gis.E(gis.Rejected, nil, "over %d bytes unpacked from %d", limit, len(b))
		}
		return out, err
	}
	return nil, gis.E(gis.Rejected, nil, "compression %s is not read here: none, gzip and zstd are", c)
}

// pack compresses directories and metadata.
func pack(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
