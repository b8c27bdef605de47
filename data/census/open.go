package census

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"

	"wanmi/gis"
)

// Open opens a file that holds one table. What it is, is found by its content, not its name.
// A file of several tables (an archive of classes, a workbook of sheets) gives an
// [gis.Invalid] error that lists them: read it with [OpenAll].
func Open(file string, opt ReadOptions) (Reader, error) {
	all, err := OpenAll(file, opt)
	if err != nil {
		return nil, err
	}
	if len(all) == 1 {
		return all[0], nil
	}
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.Name()
		_ = r.Close()
	}
	return nil, gis.E(gis.Invalid, nil, "%s holds %d tables: %s", file, len(all), strings.Join(names, ", "))
}

// OpenAll opens every table of a file: one for most formats, one per class of an archive, one per sheet of a workbook.
func OpenAll(file string, opt ReadOptions) ([]Reader, error) {
	opt.Limits, opt.spent = opt.Limits.withDefaults(), &unpacked{}
	st, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, gis.E(gis.Invalid, err, "there is no file %s", file)
	case err != nil:
		return nil, refuse(file, err, "cannot be read")
	case st.IsDir():
		return openFolder(file, opt)
	}
	if kind := strings.ToLower(file[strings.LastIndexByte(file, '.')+1:]); kind == "shp" || kind == "dbf" || kind == "shx" {
		return openLooseShape(file, opt)
	}
	return openStream(fileStream(file), opt, 0)
}

// errNoTable marks a part of an archive or folder that may be passed over: it is no table.
var errNoTable = errors.New("no table")

// otherArchive names the kinds of archive that are not read.
func otherArchive(head []byte) string {
	for _, k := range [][2]string{{"Rar!\x1a\x07", "RAR"}, {"7z\xbc\xaf\x27\x1c", "7z"}, {"BZh", "bzip2"}, {"\xfd7zXZ\x00", "xz"}, {"\x28\xb5\x2f\xfd", "zstd"}} {
		if bytes.HasPrefix(head, []byte(k[0])) {
			return k[1]
		}
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return "tar"
	}
	return ""
}

// openStream looks at the content and opens what it is. depth counts the archives around it.
func openStream(s stream, opt ReadOptions, depth int) ([]Reader, error) {
	head, err := s.head(4096)
	if err != nil {
		return nil, refuse(s.name, err, "cannot be read")
	}
	if bytes.HasPrefix(head, []byte{0x1F, 0x8B}) {
		s = s.gunzip(head, opt.Limits)
		if head, err = s.head(4096); err != nil {
			return nil, refuse(s.name, err, "is a damaged gzip file")
		}
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return nil, refuse(s.name, errNoTable, "is empty")
	}
	one := func(r Reader, err error) ([]Reader, error) {
		if err != nil {
			return nil, err
		}
		return []Reader{r}, nil
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte{0xEF, 0xBB, 0xBF}), " \t\r\n\x1e")
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return openZip(s, opt, depth)
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		return openGeoPackage(s, opt)
	case len(text) > 0 && (text[0] == '{' || text[0] == '['):
		return one(openJSON(s, opt))
	case len(head) > 12 && bytes.Contains(head[:min(len(head), 64)], []byte("OSMHeader")):
		return one(openOSM(s, opt, true))
	case bytes.HasPrefix(text, []byte("<")) && bytes.Contains(head, []byte("<osm")):
		return one(openOSM(s, opt, false))
	case bytes.HasPrefix(head, []byte{0, 0, 0x27, 0x0A}):
		return nil, refuse(s.name, nil, "is a shapefile's geometry without its .dbf; give the .shp with its .dbf beside it, or a zip of both")
	case otherArchive(head) != "":
		return nil, refuse(s.name, nil, "is a %s archive; unpack it, or pack it as zip", otherArchive(head))
	case bytes.HasPrefix(head, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return nil, refuse(s.name, nil, "is an old Excel workbook (.xls); save it as .xlsx or CSV")
	case bytes.HasPrefix(text, []byte("<")) && (bytes.Contains(head, []byte("<kml")) || bytes.Contains(head, []byte("/kml/"))):
		return one(openKML(s, opt))
	case bytes.HasPrefix(text, []byte("<")) && (bytes.Contains(head, []byte("opengis.net/gml")) || bytes.Contains(head, []byte("<gml:"))):
		return openGML(s, opt)
	case bytes.HasPrefix(text, []byte("<")):
		return nil, refuse(s.name, errNoTable, "is XML or HTML of no kind that is read; known are KML, GML and OSM")
	case bytes.IndexByte(head, 0) >= 0 && !strings.HasPrefix(sniffEncoding(head), "utf-16") && sniffEncoding(head) != "utf-32":
		return nil, refuse(s.name, errNoTable, "is a binary file of no known kind; known are csv xlsx geojson json shp zip osm gpkg kml gml, and gz of these")
	}
	return one(openCSV(s, opt))
}
