package census

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"wanmi/gis"
)

// table is one table among the parts of an archive or folder: a shapefile with its companions, or any other part.
type table struct {
	one           *stream
	shp, dbf, shx *stream
	prj, cpg      *stream
	maybe         bool // text that may be a table or a note
}

// companions are the endings of files that belong to others; notTables those of files nobody takes for tables.
var (
	companions = words(".dbf .shx .prj .cpg .sbn .sbx .qix .qpj .qmd .fix .fbn .fbx .ain .aih .atx .ixs .mxs .idx .xsd .gfs .lyr .qml .sld .ini .db .lock")
	notTables  = words(".xml .md .pdf .doc .docx .wps .rtf .ppt .pptx .jpg .jpeg .png .gif .bmp .tif .tiff .tfw .jgw .svg .heic .webp .mp3 .wav .mp4 .mov .avi .html .htm .css .js .dae " +
		".yaml .yml .log .py .exe .dll .mxd .qgs .qgz .dwg .dxf .tab .mif .mid .map .gdbtable .gdbtablx .gdbindexes .spx .freelist .mdb .shp.xml")
)

// tables groups the parts; skipped are the names of those that are no tables.
func tables(parts []stream) (out []table, skipped []string) {
	byName := make(map[string]*stream, len(parts))
	for i := range parts {
		byName[strings.ToLower(parts[i].name)] = &parts[i]
	}
	for i := range parts {
		low := strings.ToLower(parts[i].name)
		ext := path.Ext(low)
		stem := strings.TrimSuffix(low, ext)
		switch {
		case ext == ".shp":
			out = append(out, table{
				one: &parts[i], shp: &parts[i], dbf: byName[stem+".dbf"], shx: byName[stem+".shx"],
				prj: byName[stem+".prj"], cpg: byName[stem+".cpg"],
			})
		case slices.Contains(companions, ext) && (ext != ".dbf" || byName[stem+".shp"] != nil), strings.HasSuffix(low, ".shp.xml"):
		case slices.Contains(notTables, ext), ext == ".dbf":
			skipped = append(skipped, parts[i].base)
		default:
			out = append(out, table{one: &parts[i], maybe: ext == ".txt" || ext == ".dat" || ext == ""})
		}
	}
	return out, skipped
}

// openParts opens every table among the parts of an archive or folder. hold counts the readers that use it, in and out.
// What is no table is passed over, and the first reader says so; a table that cannot be read is an error.
func openParts(name string, parts []stream, opt ReadOptions, depth int, hold func(int)) ([]Reader, error) {
	list, skipped := tables(parts)
	var out []Reader
	for _, t := range list {
		hold(1)
		rs, err := openPart(t, opt, depth)
		if err == nil {
			hold(len(rs) - 1)
		}
		switch {
		case err == nil && t.maybe && !tableLike(rs):
			for _, r := range rs {
				_ = r.Close()
			}
			skipped = append(skipped, t.one.base)
			continue
		case err == nil:
			out = append(out, rs...)
			continue
		case t.shp == nil && (errors.Is(err, errNoTable) || t.maybe):
			hold(-1)
			skipped = append(skipped, t.one.base)
			continue
		}
		hold(-1)
		for _, r := range out {
			_ = r.Close()
		}
		return nil, err
	}
	said := passedOver(skipped)
	if len(out) == 0 {
		if slices.ContainsFunc(skipped, func(s string) bool { return strings.HasSuffix(s, ".gdbtable") }) {
			said += "; a file geodatabase is not read: export its layers as GeoPackage"
		}
		return nil, refuse(name, nil, "holds no table%s", said)
	}
	if _, osm := out[0].(*osmReader); said != "" && !osm {
		out[0] = noted{out[0], []string{"passed over" + said + " / 未读取非数据文件"}}
	}
	return out, nil
}

func openPart(t table, opt ReadOptions, depth int) ([]Reader, error) {
	if t.shp == nil {
		return openStream(*t.one, opt, depth+1)
	}
	r, err := openShape(t, opt)
	if err != nil {
		return nil, err
	}
	return []Reader{r}, nil
}

// tableLike reports whether text is a table and no note: two columns or more, one with a heading that is known.
func tableLike(rs []Reader) bool {
	for _, r := range rs {
		if cols := r.Columns(); r.Format() != "csv" || len(cols) > 1 && slices.ContainsFunc(cols, func(c string) bool { return knownHeadings[normalHeading(c)] }) {
			return true
		}
	}
	return false
}

// passedOver tells what was not read: the names of a few, the endings of many.
func passedOver(names []string) string {
	if len(names) == 0 {
		return ""
	}
	if len(names) <= 4 {
		return ": " + strings.Join(names, ", ")
	}
	counts := map[string]int{}
	for _, n := range names {
		counts[cmp.Or(strings.ToLower(path.Ext(n)), n)]++
	}
	var said []string
	for _, k := range sortedKeys(counts) {
		said = append(said, fmt.Sprintf("%d %s", counts[k], k))
	}
	return ": " + clip(strings.Join(said, ", "), 200)
}

// noted is a reader with remarks on what lies beside it.
type noted struct {
	Reader
	notes []string
}

// Remarks are the reader's own and the notes.
func (n noted) Remarks() []string {
	if m, ok := n.Reader.(interface{ Remarks() []string }); ok {
		return append(n.notes[:len(n.notes):len(n.notes)], m.Remarks()...)
	}
	return n.notes
}

// EncodingName is the encoding of the reader, "" for formats without one.
func (n noted) EncodingName() string {
	if e, ok := n.Reader.(interface{ EncodingName() string }); ok {
		return e.EncodingName()
	}
	return ""
}

// openFolder opens every table of a folder and the folders in it, as if it were an archive. Links are not followed.
func openFolder(dir string, opt ReadOptions) ([]Reader, error) {
	dir = filepath.Clean(dir)
	if strings.HasSuffix(strings.ToLower(dir), ".gdb") {
		return nil, gis.E(gis.Invalid, nil, "%s is a file geodatabase, which is not read: export its layers as GeoPackage", dir)
	}
	var parts []stream
	links := 0
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(dir, file)
		rel = filepath.ToSlash(rel)
		switch {
		case err != nil:
			return err
		case relErr != nil || rel == ".":
			return relErr
		case hidden(rel) && d.IsDir():
			return fs.SkipDir
		case hidden(rel) || d.IsDir():
			return nil
		case !d.Type().IsRegular():
			links++
			return nil
		}
		if opt.spent.parts++; opt.spent.parts > opt.Limits.Parts {
			return refuse(dir, nil, "has over %d files", opt.Limits.Parts)
		}
		s := fileStream(file)
		s.name, s.open = dir+"!"+rel, func() (io.ReadCloser, error) { return os.Open(file) }
		parts = append(parts, s)
		return nil
	})
	if err != nil {
		if gis.KindOf(err) == gis.Rejected {
			return nil, err
		}
		return nil, refuse(dir, err, "cannot be read")
	}
	out, err := openParts(dir, parts, opt, 0, func(int) {})
	if err == nil && links > 0 {
		if _, osm := out[0].(*osmReader); !osm {
			out[0] = noted{out[0], []string{fmt.Sprintf("%d links in the folder are not followed / 未跟随文件夹中的链接", links)}}
		}
	}
	return out, err
}
