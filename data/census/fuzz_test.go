package census

import (
	"bytes"
	"encoding/hex"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"wanmi/data/census/shp"
	"wanmi/gis/gistest"

	"github.com/paulmach/orb"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// place writes files into a folder and returns the file, or the folder when there are several.
func place(t *testing.T, parts map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	file := dir
	for name, b := range parts {
		file = filepath.Join(dir, name)
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(parts) > 1 {
		return dir
	}
	return file
}

// drain reads every table of the files to its end: nothing may panic, and a row has a value per column.
func drain(t *testing.T, parts map[string][]byte) {
	t.Helper()
	gistest.Bounded(t)
	rs, err := OpenAll(place(t, parts), ReadOptions{Limits: Limits{RowBytes: 1 << 20, FileBytes: 8 << 20, MemoryBytes: 8 << 20}})
	if err != nil {
		return
	}
	for _, r := range rs {
		for row, err := range r.Rows() {
			if err != nil {
				break
			}
			if row.Err == nil && len(row.Values) != len(r.Columns()) {
				t.Errorf("%d values for %d columns", len(row.Values), len(r.Columns()))
			}
		}
		_ = r.Close()
	}
}

func FuzzOpen(f *testing.F) {
	s, d := shapefile([]orb.Point{{1, 2}, {3, 4}}, []string{"路灯", "b"}, simplifiedchinese.GBK, f)
	for _, b := range [][]byte{
		[]byte("a,b\n1,2\n"), []byte("a\t\"b\n\"\n1\t2"),
		{0xEF, 0xBB, 0xBF, 'a'},
		{0xFF, 0xFE, 'a', 0},
		[]byte(`{"type":"FeatureCollection","features":[]}`),
		[]byte(`[{"a":[1,{"b":2}]},{"a":"\ud800"}]`), []byte("{}\n{}"), zipped(f, map[string][]byte{"x/a.shp": s, "x/a.dbf": d, "b.csv": []byte("a,b\n1,2")}),
		[]byte(kmlSample), []byte(gmlSample), []byte(`{"features":[{"attributes":{"a":1},"geometry":{"rings":[[[0,0],[0,1],[1,1],[0,0]]]}}],"spatialReference":{"wkid":4490}}`),
		gz([]byte("a,b\n1,2\n")), []byte("<osm><node id='1' lon='1' lat='2'/></osm>"), []byte("SQLite format 3\x00"), []byte("PK\x03\x04"),
		{0x1F, 0x8B, 8},
		encode(f, simplifiedchinese.GBK, "编号,名称\n1,路灯\n"),
	} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { drain(t, map[string][]byte{"x": b}) })
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\"\"b\",c\r\n", "\"", "a\rb", ",,,\n", "\"a\nb\",c"} {
		f.Add(s, byte(','))
	}
	f.Fuzz(func(t *testing.T, s string, delim byte) {
		scan := newCSVScanner(bytes.NewReader([]byte(s)), delim, 1<<16)
		for range len(s) + 2 {
			if _, err := scan.next(); err == io.EOF {
				return
			}
		}
		t.Error("more records than bytes")
	})
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("编号"))
	f.Add(encode(f, simplifiedchinese.GBK, "编号名称"))
	f.Fuzz(func(t *testing.T, b []byte) {
		name := sniffEncoding(b)
		if _, err := encodingByName(name); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, sniffDelimiter(b).split(bytes.NewReader(b)))
	})
}

func FuzzGeoJSON(f *testing.F) {
	for _, s := range []string{
		`{"type":"Point","coordinates":[1,2]}`, `{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}`, `{"coordinates":[],"type":"LineString"}`,
		`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[NaN,1e999]}]}`, `null`, `{"type":"Polygon","coordinates":[[[`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		g, err := parseGeoJSON(b)
		if err == nil && g != nil {
			_, _ = firstPoint(g)
			_ = g.Bound()
		}
		_ = walkObject(b, func(string, []byte) {})
	})
}

func FuzzShape(f *testing.F) {
	s, d := shapefile([]orb.Point{{1, 2}, {3, 4}}, []string{"a", "b"}, simplifiedchinese.GBK, f)
	f.Add(s, d)
	f.Add(s[:110], d[:40])
	f.Fuzz(func(t *testing.T, s, d []byte) {
		gistest.Bounded(t)
		if scan, err := shp.NewScanner(bytes.NewReader(s), 1<<20); err == nil {
			for range 1000 {
				if _, _, err := scan.Next(); err == io.EOF {
					break
				}
			}
		}
		if tab, err := shp.NewTable(bytes.NewReader(d)); err == nil {
			for range 1000 {
				vals, _, err := tab.Next()
				if err != nil {
					break
				}
				for i, c := range tab.Columns {
					_ = c.Text(vals[i])
				}
			}
		}
		_, _ = shp.Decode(s)
	})
}

func FuzzValues(f *testing.F) {
	for _, s := range []string{"12.5", "１２", "117°00′12.3″E", "2026-08-23", "20260823", "46235.5", "113/5/6", "1,234.5 m", "2號二樓", "12号院3号楼", "POINT(1 2)", "POLYGON((0 0", "370883010370000010"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = parseReal(s)
		_, _ = parseInt(s)
		_, _ = parseCoordinate(s)
		_, _ = parseTime(s)
		_, _ = parseBool(s)
		_, _, _ = parseGeometryText(s)
		_, _ = crsOfWKT(s)
		_ = codeText(s)
		_ = parseDoorNumber(s)
		_ = withoutFloor(s)
		_ = normalHeading(s)
		_ = roadClassOf(s, s, 0)
		if SourceName(s) == "" && s != "" {
			t.Logf("no source name for %q", s)
		}
	})
}

func FuzzGeometryText(f *testing.F) {
	for _, s := range []string{
		"POINT Z (1 2 3)", "SRID=4548;MULTIPOLYGON(((0 0,1 0,1 1,0 0)))", "GEOMETRYCOLLECTION(POINT(1 2),POINT EMPTY)", "MULTIPOINT((1 2),(3 4))", "POINT(1,2)",
		"01E9030000AE47E17A143E5D403333333333B341400000000000002940", "01010000A08A110000AE47E17A143E5D403333333333B341400000000000002940", "0104000000020000000101000000000000000000F03F0000000000000040",
		"东经117°00′12.3″，北纬35°24′05″", "117-00-12.3 35-24-05", `{"type":"Point","coordinates":[1,2]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		gistest.Bounded(t)
		for _, s := range []string{s, hex.EncodeToString([]byte(s))} {
			g, _, err := parseGeometryText(s)
			if err == nil && g != nil {
				if _, ok := firstPoint(g); !ok {
					t.Errorf("%q is a geometry without a point: %v", s, g)
				}
				_ = g.Bound()
			}
		}
		_, _ = decodeGeoPackage([]byte(s))
		if v, ok := parseAngle(s); ok && !(math.Abs(v) < 1e300) {
			t.Errorf("%q is the angle %g", s, v)
		}
	})
}

// FuzzSheet reads the text as the sheet of a workbook that is whole otherwise.
func FuzzSheet(f *testing.F) {
	for _, s := range []string{
		`<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>编号</t></is></c><c r="B1" t="s"><v>0</v></c></row><row r="2"><c r="A2"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A2:A9"/></mergeCells>`,
		`<sheetData><row r="1"><c r="XFD1"><v>1</v></c></row><row r="1048576"/><row r="-1"/></sheetData>`, `<sheetData><row><c t="s"><v>99</v></c></row>`, "",
	} {
		f.Add(s)
	}
	const main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	f.Fuzz(func(t *testing.T, s string) {
		drain(t, map[string][]byte{"x.xlsx": zipped(t, map[string][]byte{
			"[Content_Types].xml":        []byte(`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`),
			"_rels/.rels":                []byte(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`),
			"xl/workbook.xml":            []byte(`<workbook ` + main + ` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`),
			"xl/_rels/workbook.xml.rels": []byte(`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`),
			"xl/sharedStrings.xml":       []byte(`<sst ` + main + `><si><t>名称</t></si></sst>`),
			"xl/worksheets/sheet1.xml":   []byte(`<worksheet ` + main + `>` + s + `</worksheet>`),
		})})
	})
}

// FuzzXML reads the bytes as KML, GML and OSM XML: nothing may panic or run on.
func FuzzXML(f *testing.F) {
	for _, s := range []string{kmlSample, gmlSample, "<osm><node id='1' lon='1' lat='2'><tag k='amenity' v='bench'/></node><way id='2'><nd ref='1'/></way></osm>", "<kml><Placemark>", "<a:b", "<!DOCTYPE x [<!ENTITY a 'b'>]><kml>&a;</kml>"} {
		f.Add([]byte(s))
	}
	lim := Limits{RowBytes: 1 << 16}.withDefaults()
	f.Fuzz(func(t *testing.T, b []byte) {
		gistest.Bounded(t)
		s := stream{name: "x", base: "x", open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }}
		var rs []Reader
		if r, err := openKML(s, ReadOptions{Limits: lim}); err == nil {
			rs = append(rs, r)
		}
		if r, err := openGML(s, ReadOptions{Limits: lim}); err == nil {
			rs = append(rs, r...)
		}
		if r, err := openOSM(s, ReadOptions{Limits: lim}, false); err == nil {
			rs = append(rs, r)
		}
		for _, r := range rs {
			for row, err := range r.Rows() {
				if err != nil {
					break
				}
				if len(row.Values) != len(r.Columns()) {
					t.Errorf("%d values for %d columns", len(row.Values), len(r.Columns()))
				}
			}
		}
	})
}

func FuzzProfile(f *testing.F) {
	f.Add("layer: component\nfields:\n  name: a\n")
	f.Add("layer: [")
	f.Fuzz(func(_ *testing.T, s string) {
		if p, err := ParseProfile([]byte(s)); err == nil {
			_ = p.YAML()
		}
		_, _ = compileSource(s, func(string) int { return 0 })
	})
}
