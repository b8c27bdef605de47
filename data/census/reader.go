package census

import (
	"fmt"
	"iter"

	"wanmi/gis"
	"wanmi/gis/crs"

	"github.com/paulmach/orb"
)

// Reader gives the rows of one table: a CSV file, a sheet, a shapefile of an archive.
type Reader interface {
	// Name is the path as given; parts of archives and workbooks follow after "!" (trees.zip!lamps/lamp.shp).
	Name() string
	// Format is csv, xlsx, geojson, geojsonl, json, shp, gpkg, kml, gml or osm.
	Format() string
	Columns() []string
	// CRS is what the file says of its coordinates, nil when it says nothing, and how it is known or why not.
	CRS() (crs.CRS, string)
	// Rows reads from the first row each time it is called. A bad row is a Row with Err set;
	// a broken file ends the sequence with an error.
	Rows() iter.Seq2[Row, error]
	Close() error
}

// Row is one row as delivered.
type Row struct {
	File   string
	Num    int64        // spreadsheet row (the heading is 1), or 1-based record of formats without headings
	Values []string     // parallel to Columns, trimmed text; nested JSON as JSON text. Valid until the next row is asked for
	Geom   orb.Geometry // in the file's coordinate system, x = easting; nil when the file has no geometry
	Err    error        // why the row cannot be read

	placed *placedRow // nil: not looked at yet
}

// ReadOptions override what is found by looking at the content.
type ReadOptions struct {
	Encoding string // "utf-8", "gbk", "gb18030", "big5", "utf-16"; "" sniffs
	Sheet    string // XLSX: one sheet; "" all sheets with rows
	Layer    string // OSM: only what belongs to this layer; "" or "osm": everything
	Limits   Limits

	spent *unpacked // shared by all archives of one call
}

// unpacked is what the archives of one call have come to, one inside the other included.
type unpacked struct {
	parts  int
	bytes  int64
	memory int64 // held: archives inside archives
}

// Limits keep hostile or broken files from eating the machine. Zero values take the defaults.
type Limits struct {
	RowBytes    int64   // longest row or JSON value, 16 MiB
	FileBytes   int64   // most an archive part or gzip stream may unpack to, 4 GiB
	Ratio       float64 // most an archive part may grow when unpacked, 200
	ArchiveSize int64   // most that all parts of an archive unpack to together, 8 GiB
	Parts       int     // most parts of an archive, 10,000
	MemoryBytes int64   // largest part that has to be held in memory (a workbook or an archive inside an archive), 256 MiB
}

func (l Limits) withDefaults() Limits {
	set := func(p *int64, v int64) {
		if *p <= 0 {
			*p = v
		}
	}
	set(&l.RowBytes, 16<<20)
	set(&l.FileBytes, 4<<30)
	set(&l.ArchiveSize, 8<<30)
	set(&l.MemoryBytes, 256<<20)
	if l.Ratio <= 0 {
		l.Ratio = 200
	}
	if l.Parts <= 0 {
		l.Parts = 10000
	}
	return l
}

// refuse returns the error for a file that was read and refused.
func refuse(file string, cause error, format string, args ...any) error {
	return gis.E(gis.Rejected, cause, "%s: %s", file, fmt.Sprintf(format, args...))
}

// rowError is the reason of one bad row, with the field it lies in.
type rowError struct {
	Rule, Field, Value string
	Text, TextZh       string
}

func (e *rowError) Error() string { return e.Text }
