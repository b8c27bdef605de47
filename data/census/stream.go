package census

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// stream is something that can be read from its beginning as often as one likes: a file, a gzip file, a part of an archive.
type stream struct {
	name string // as reported: path, or archive.zip!folder/part.csv
	base string // what the layer, class and source are guessed from: part.csv, without .gz
	path string // of a file on disk, "" for parts of archives and what has to be unpacked first
	open func() (io.ReadCloser, error)
	size int64        // packed size, for progress; 0 unknown
	shut func() error // releases the archive around it; nil when there is none
}

func fileStream(name string) stream {
	s := stream{name: name, path: name, base: path.Base(strings.ReplaceAll(name, `\`, "/")), open: func() (io.ReadCloser, error) { return os.Open(name) }}
	if st, err := os.Stat(name); err == nil {
		s.size = st.Size()
	}
	return s
}

func (s stream) close() error {
	if s.shut != nil {
		return s.shut()
	}
	return nil
}

// head returns up to n bytes of the beginning.
func (s stream) head(n int) ([]byte, error) {
	r, err := s.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b := make([]byte, n)
	got, err := io.ReadFull(r, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) && got == 0 {
		return nil, err
	}
	return b[:got], nil
}

// all reads everything into memory, at most limit bytes.
func (s stream) all(limit int64) ([]byte, error) {
	r, err := s.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("it is larger than %d MiB, the most that is held in memory", limit>>20)
	}
	return b, nil
}

// gunzip returns the stream unpacked, s itself when it is not gzip.
func (s stream) gunzip(head []byte, lim Limits) stream {
	if !bytes.HasPrefix(head, []byte{0x1F, 0x8B}) {
		return s
	}
	packed := s.open
	s.base, s.path = strings.TrimSuffix(s.base, ".gz"), ""
	s.open = func() (io.ReadCloser, error) {
		f, err := packed()
		if err != nil {
			return nil, err
		}
		in := &counted{r: f}
		z, err := gzip.NewReader(bufio.NewReaderSize(in, 1<<16))
		if err != nil {
			f.Close()
			return nil, err
		}
		return &capped{r: z, left: lim.FileBytes, packed: in, ratio: lim.Ratio, closers: []io.Closer{z, f}}, nil
	}
	return s
}

var (
	errUnpacked = errors.New("it unpacks to more than the limit")
	errGrows    = errors.New("it grows out of all measure when unpacked")
)

// counted counts what is read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// capped ends a stream with an error when it gives more than it may, or grows more than it may beyond the first MiB.
type capped struct {
	r       io.Reader
	left    int64
	got     int64
	packed  *counted // nil: the ratio is known from the archive's list
	ratio   float64
	closers []io.Closer
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.got += int64(n)
	if c.left -= int64(n); c.left < 0 {
		return 0, errUnpacked
	}
	if c.packed != nil && c.got > 1<<20 && float64(c.got) > c.ratio*float64(c.packed.n) {
		return 0, errGrows
	}
	return n, err
}

func (c *capped) Close() error {
	var first error
	for _, x := range c.closers {
		if err := x.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}
