package census

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path"
	"sort"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// maxDepth is how many archives may lie inside each other.
const maxDepth = 2

// archive is an open zip whose parts are read on demand.
type archive struct {
	file  io.Closer // nil when it lies in memory
	size  int64
	users atomic.Int32
}

// release closes the file with the last part.
func (a *archive) release() error {
	if a.users.Add(-1) == 0 && a.file != nil {
		return a.file.Close()
	}
	return nil
}

// hold counts readers in (or, below zero, out).
func (a *archive) hold(n int) {
	if n < 0 {
		_ = a.release()
		return
	}
	a.users.Add(int32(n)) // a few thousand at most
}

// openZip opens a workbook, or every table of an archive.
func openZip(s stream, opt ReadOptions, depth int) ([]Reader, error) {
	if depth > maxDepth {
		return nil, refuse(s.name, nil, "lies too deep in archives inside archives")
	}
	z, a, err := readZip(s, opt)
	if err != nil {
		return nil, refuse(s.name, err, "is a damaged or incomplete zip archive")
	}
	a.users.Add(1)
	defer a.release()
	parts, err := zipParts(s, z, a, opt)
	if err != nil {
		return nil, err
	}
	for _, f := range z.File {
		if f.Name == "xl/workbook.xml" {
			return openXLSX(s, opt)
		}
	}
	return openParts(s.name, parts, opt, depth, a.hold)
}

// readZip opens the list of an archive: on disk, or in memory when it lies in another.
func readZip(s stream, opt ReadOptions) (*zip.Reader, *archive, error) {
	if s.path == "" {
		b, err := s.all(opt.Limits.MemoryBytes - opt.spent.memory)
		if err != nil {
			return nil, nil, err
		}
		opt.spent.memory += int64(len(b))
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		return z, &archive{size: int64(len(b))}, err
	}
	f, err := os.Open(s.path)
	if err != nil {
		return nil, nil, err
	}
	st, err := f.Stat()
	if err == nil {
		var z *zip.Reader
		if z, err = zip.NewReader(f, st.Size()); err == nil {
			return z, &archive{file: f, size: st.Size()}, nil
		}
	}
	f.Close()
	return nil, nil, err
}

// zipParts lists the readable parts of an archive and refuses one that is out to do harm.
func zipParts(s stream, z *zip.Reader, a *archive, opt ReadOptions) ([]stream, error) {
	lim := opt.Limits
	if opt.spent.parts += len(z.File); opt.spent.parts > lim.Parts {
		return nil, refuse(s.name, nil, "has %d parts, over the limit of %d", opt.spent.parts, lim.Parts)
	}
	var parts []stream
	var packed uint64
	seen := map[string]bool{}
	for _, f := range z.File {
		name := partName(f)
		slashed := strings.ReplaceAll(name, `\`, "/")
		clean := path.Clean("/" + slashed)[1:]
		switch {
		case strings.HasPrefix(slashed, "/"), strings.Contains("/"+slashed+"/", "/../"), len(slashed) > 1 && slashed[1] == ':', strings.ContainsRune(name, 0):
			return nil, refuse(s.name, nil, "part %q points outside the archive", name)
		case f.FileInfo().IsDir():
			continue
		case !f.Mode().IsRegular():
			return nil, refuse(s.name, nil, "part %q is a link or device", name)
		case f.Flags&1 != 0:
			return nil, refuse(s.name, nil, "part %q is encrypted; unpack the archive with its password", name)
		case seen[clean]:
			return nil, refuse(s.name, nil, "has two parts called %q", clean)
		case f.UncompressedSize64 > uint64(lim.FileBytes):
			return nil, refuse(s.name, nil, "part %q unpacks to %d MiB, over the limit of %d", name, f.UncompressedSize64>>20, lim.FileBytes>>20)
		case f.UncompressedSize64 > 1<<20 && float64(f.UncompressedSize64) > lim.Ratio*float64(f.CompressedSize64):
			return nil, refuse(s.name, nil, "part %q grows %d-fold when unpacked, over the limit of %.0f", name, f.UncompressedSize64/max(f.CompressedSize64, 1), lim.Ratio)
		}
		seen[clean] = true
		if packed += f.CompressedSize64; packed > uint64(a.size) {
			return nil, refuse(s.name, nil, "has parts that lie over each other")
		}
		if opt.spent.bytes += int64(f.UncompressedSize64); opt.spent.bytes > lim.ArchiveSize {
			return nil, refuse(s.name, nil, "unpacks to more than %d MiB", lim.ArchiveSize>>20)
		}
		if hidden(clean) {
			continue
		}
		parts = append(parts, stream{
			name: s.name + "!" + clean, base: path.Base(clean), size: int64(f.CompressedSize64), shut: a.release,
			open: func() (io.ReadCloser, error) {
				r, err := f.Open()
				if errors.Is(err, zip.ErrAlgorithm) {
					return nil, fmt.Errorf("it is packed by method %d, which is not read; pack it anew as plain zip: %w", f.Method, err)
				}
				if err != nil {
					return nil, err
				}
				return &capped{r: r, left: int64(f.UncompressedSize64), closers: []io.Closer{r}}, nil
			},
		})
	}
	sort.Slice(parts, func(i, j int) bool { return parts[i].name < parts[j].name })
	return parts, nil
}

// hidden reports whether a part is of the kind systems leave beside the files.
func hidden(name string) bool {
	return strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix("/"+path.Base(name), "/.") || strings.HasPrefix(path.Base(name), "~$")
}

// partName is the part's name in UTF-8: Windows archives of Chinese offices carry GBK without saying so.
func partName(f *zip.File) string {
	if name := unicodePath(f); name != "" {
		return name
	}
	if !f.NonUTF8 || utf8.ValidString(f.Name) {
		return f.Name
	}
	if t, err := simplifiedchinese.GB18030.NewDecoder().String(f.Name); err == nil {
		return t
	}
	return f.Name
}

// unicodePath is the name in the Info-ZIP Unicode Path extra field (0x7075), "" where there is none that belongs to the part's name.
func unicodePath(f *zip.File) string {
	for b := f.Extra; len(b) >= 4; {
		id, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if b = b[4:]; n > len(b) {
			return ""
		}
		if id == 0x7075 && n > 5 && b[0] == 1 && binary.LittleEndian.Uint32(b[1:]) == crc32.ChecksumIEEE([]byte(f.Name)) && utf8.Valid(b[5:n]) {
			return string(b[5:n])
		}
		b = b[n:]
	}
	return ""
}

// openLooseShape opens x.shp with the companions that lie beside it; any of x.shp, x.dbf, x.shx may be named.
func openLooseShape(file string, opt ReadOptions) ([]Reader, error) {
	stem := file[:strings.LastIndexByte(file, '.')]
	find := func(ext string) *stream {
		for _, e := range []string{ext, strings.ToUpper(ext)} {
			if _, err := os.Stat(stem + e); err == nil {
				s := fileStream(stem + e)
				return &s
			}
		}
		return nil
	}
	t := table{shp: find(".shp"), dbf: find(".dbf"), shx: find(".shx"), prj: find(".prj"), cpg: find(".cpg")}
	if t.shp == nil {
		return nil, refuse(file, nil, "has no .shp beside it")
	}
	r, err := openShape(t, opt)
	if err != nil {
		return nil, err
	}
	return []Reader{r}, nil
}
