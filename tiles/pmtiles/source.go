package pmtiles

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"wanmi/gis"
)

// Source gives stretches of an archive: a file here, an HTTP server elsewhere. It is safe for concurrent use.
type Source interface {
	// Range returns length bytes from offset on, fewer only where the archive ends.
	Range(ctx context.Context, offset uint64, length int) ([]byte, error)
	Size() int64 // bytes of the archive, -1 when not known
}

// fileSource is a file of the machine.
type fileSource struct {
	r    io.ReaderAt
	size int64
}

func (s fileSource) Size() int64 { return s.size }

func (s fileSource) Range(_ context.Context, offset uint64, length int) ([]byte, error) {
	if offset >= uint64(s.size) {
		return nil, nil
	}
	b := make([]byte, min(uint64(length), uint64(s.size)-offset))
	n, err := s.r.ReadAt(b, int64(offset))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("pmtiles: read: %w", err)
	}
	return b[:n], nil
}

// Open opens an archive file.
func Open(ctx context.Context, file string) (*Reader, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, gis.E(gis.NotFound, err, "no archive %s", file)
	}
	r, err := OpenFile(ctx, f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// OpenFile reads from a file that is open; Close closes it. After an error the file is still open.
func OpenFile(ctx context.Context, f *os.File) (*Reader, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("pmtiles: %w", err)
	}
	if !st.Mode().IsRegular() {
		return nil, gis.E(gis.Rejected, nil, "the archive is no file")
	}
	r, err := NewReader(ctx, fileSource{f, st.Size()})
	if err == nil {
		r.close = f.Close
	}
	return r, err
}
