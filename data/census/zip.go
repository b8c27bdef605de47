package census

import (
	"archive/zip"
	"bytes"
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
	users atomic.Int32
}

// release closes the file with the last part.
func (a *archive) release() error {
	if a.users.Add(-1) == 0 && a.file != nil {
		return a.file.Close()
	}
	return nil
}

// openZip opens a workbook, or every table of an archive.
func openZip(s stream, opt ReadOptions, depth int) ([]Reader, error) {
	z, a, err := readZip(s, opt.Limits, depth)
	if err != nil {
		return nil, refuse(s.name, err, "is a damaged or incomplete zip archive")
	}
	a.users.Add(1)
	defer a.release()
	for _, f := range z.File {
		if f.Name == "xl/workbook.xml" {
			return openXLSX(s, opt)
		}
	}
	parts, err := zipParts(s, z, a, opt.Limits)
	if err != nil {
		return nil, err
	}
	var out []Reader
	fail := func(err error) ([]Reader, error) {
		for _, r := range out {
			_ = r.Close()
		}
		return nil, err
	}
	for _, p := range tables(parts) {
		var rs []Reader
		a.users.Add(1)
		if p.shp != nil {
			var r Reader
			if r, err = openShape(p, opt); err == nil {
				rs = []Reader{r}
			}
		} else if depth >= maxDepth {
			err = refuse(p.one.name, nil, "lies too deep in archives inside archives")
		} else {
			rs, err = openStream(*p.one, opt, depth+1)
		}
		if err != nil {
			_ = a.release()
			return fail(err)
		}
		a.users.Add(int32(len(rs) - 1))
		out = append(out, rs...)
	}
	if len(out) == 0 {
		return nil, refuse(s.name, nil, "holds no table")
	}
	return out, nil
}

func readZip(s stream, lim Limits, depth int) (*zip.Reader, *archive, error) {
	if depth == 0 && s.shut == nil {
		if f, err := os.Open(s.name); err == nil {
			st, err := f.Stat()
			if err == nil {
				var z *zip.Reader
				if z, err = zip.NewReader(f, st.Size()); err == nil {
					return z, &archive{file: f}, nil
				}
			}
			f.Close()
			if err != nil && !isGzip(s) {
				return nil, nil, err
			}
		}
	}
	b, err := s.all(lim.MemoryBytes)
	if err != nil {
		return nil, nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	return z, &archive{}, err
}

func isGzip(s stream) bool { return strings.HasSuffix(strings.ToLower(s.name), ".gz") }

// zipParts lists the readable parts of an archive and refuses one that is out to do harm.
func zipParts(s stream, z *zip.Reader, a *archive, lim Limits) ([]stream, error) {
	if len(z.File) > lim.Parts {
		return nil, refuse(s.name, nil, "has %d parts, over the limit of %d", len(z.File), lim.Parts)
	}
	var parts []stream
	var total uint64
	for _, f := range z.File {
		name := partName(f)
		clean := path.Clean("/" + strings.ReplaceAll(name, `\`, "/"))[1:]
		switch {
		case f.FileInfo().IsDir(), strings.HasPrefix(clean, "__MACOSX/"), strings.HasPrefix(path.Base(clean), "."):
			continue
		case strings.HasPrefix(name, "/"), strings.Contains("/"+strings.ReplaceAll(name, `\`, "/")+"/", "/../"):
			return nil, refuse(s.name, nil, "part %q points outside the archive", name)
		case !f.Mode().IsRegular():
			return nil, refuse(s.name, nil, "part %q is a link or device", name)
		case f.Flags&1 != 0:
			return nil, refuse(s.name, nil, "part %q is encrypted", name)
		case f.UncompressedSize64 > uint64(lim.FileBytes):
			return nil, refuse(s.name, nil, "part %q unpacks to %d MiB, over the limit of %d", name, f.UncompressedSize64>>20, lim.FileBytes>>20)
		case f.UncompressedSize64 > 1<<20 && float64(f.UncompressedSize64) > lim.Ratio*float64(f.CompressedSize64):
			return nil, refuse(s.name, nil, "part %q grows %d-fold when unpacked, over the limit of %.0f", name, f.UncompressedSize64/max(f.CompressedSize64, 1), lim.Ratio)
		}
		if total += f.UncompressedSize64; total > uint64(lim.ArchiveSize) {
			return nil, refuse(s.name, nil, "unpacks to more than %d MiB", lim.ArchiveSize>>20)
		}
		parts = append(parts, stream{
			name: s.name + "!" + clean, base: path.Base(clean), size: int64(f.CompressedSize64), shut: a.release,
			open: func() (io.ReadCloser, error) {
				r, err := f.Open()
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

// partName is the part's name in UTF-8: Windows archives of Chinese offices carry GBK without saying so.
func partName(f *zip.File) string {
	if !f.NonUTF8 || utf8.ValidString(f.Name) {
		return f.Name
	}
	if t, err := simplifiedchinese.GB18030.NewDecoder().String(f.Name); err == nil {
		return t
	}
	return f.Name
}

// table is one table among the parts: a shapefile with its companions, or any other part.
type table struct {
	one           *stream
	shp, dbf, shx *stream
	prj, cpg      *stream
}

// tables groups the parts; companions of shapefiles and files that are no tables are left out.
func tables(parts []stream) []table {
	byName := make(map[string]*stream, len(parts))
	for i := range parts {
		byName[strings.ToLower(parts[i].name)] = &parts[i]
	}
	var out []table
	for i := range parts {
		low := strings.ToLower(parts[i].name)
		ext := path.Ext(low)
		stem := strings.TrimSuffix(low, ext)
		switch ext {
		case ".shp":
			out = append(out, table{
				one: &parts[i], shp: &parts[i], dbf: byName[stem+".dbf"], shx: byName[stem+".shx"],
				prj: byName[stem+".prj"], cpg: byName[stem+".cpg"],
			})
		case ".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".qmd", ".fix", ".xml", ".lyr", ".txt", ".md",
			".pdf", ".doc", ".docx", ".jpg", ".jpeg", ".png", ".tif", ".html", ".yaml", ".yml":
		default:
			out = append(out, table{one: &parts[i]})
		}
	}
	return out
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
