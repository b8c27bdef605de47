package census

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wanmi/gis"

	"github.com/paulmach/orb"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

func encode(t testing.TB, e encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readAll returns the values of every row of a file of one table.
func readAll(t testing.TB, file string, opt ReadOptions) (cols []string, rows [][]string, geoms []orb.Geometry, err error) {
	t.Helper()
	r, err := Open(file, opt)
	if err != nil {
		return nil, nil, nil, err
	}
	defer r.Close()
	for row, err := range r.Rows() {
		if err != nil {
			return r.Columns(), rows, geoms, err
		}
		if row.Err != nil {
			rows = append(rows, []string{"ERR " + row.Err.Error()})
		} else {
			rows = append(rows, append([]string(nil), row.Values...))
		}
		geoms = append(geoms, row.Geom)
	}
	return r.Columns(), rows, geoms, nil
}

func gz(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func TestTextFiles(t *testing.T) {
	const text = "部件标识码,名称,经度,纬度\n37088301001000001,\"供水,井盖\",116.97,35.40\n37088301001000002,路灯 \"高\",116.98,35.41\n"
	const trad = "編號,名稱,經度,緯度\nA1,垃圾桶與燈桿,121.50,25.03\nA2,臺灣欒樹,121.51,25.04\n"
	for _, c := range []struct {
		name  string
		body  []byte
		cols  string
		first string
	}{
		{"utf-8", []byte(text), "部件标识码|名称|经度|纬度", "37088301001000001|供水,井盖|116.97|35.40"},
		{"BOM", append([]byte{0xEF, 0xBB, 0xBF}, text...), "部件标识码|名称|经度|纬度", "37088301001000001|供水,井盖|116.97|35.40"},
		{"gbk", encode(t, simplifiedchinese.GBK, text), "部件标识码|名称|经度|纬度", "37088301001000001|供水,井盖|116.97|35.40"},
		{"big5", encode(t, traditionalchinese.Big5, trad), "編號|名稱|經度|緯度", "A1|垃圾桶與燈桿|121.50|25.03"},
		{"gbk traditional", encode(t, simplifiedchinese.GBK, trad), "編號|名稱|經度|緯度", "A1|垃圾桶與燈桿|121.50|25.03"},
		{"utf-16", encode(t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), text), "部件标识码|名称|经度|纬度", "37088301001000001|供水,井盖|116.97|35.40"},
		{"utf-16 without a mark", encode(t, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), text), "部件标识码|名称|经度|纬度", "37088301001000001|供水,井盖|116.97|35.40"},
		{"utf-16be without a mark", encode(t, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), text), "部件标识码|名称|经度|纬度", "37088301001000001|供水,井盖|116.97|35.40"},
		{"gzip", gz([]byte(text)), "部件标识码|名称|经度|纬度", "37088301001000001|供水,井盖|116.97|35.40"},
		{"tabs", []byte(strings.ReplaceAll("编号,名称,x,y\n1,甲,2,3\n2,乙,4,5\n", ",", "\t")), "编号|名称|x|y", "1|甲|2|3"},
		{"semicolons, CRLF", []byte("编号;名称;x;y\r\n1;甲;2;3\r\n2;乙;4;5"), "编号|名称|x|y", "1|甲|2|3"},
		{"title above", []byte("某市部件普查成果表,,,\n2026年8月,,,\n编号,名称,经度,纬度\n1,甲,2,3\n"), "编号|名称|经度|纬度", "1|甲|2|3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cols, rows, _, err := readAll(t, temp(t, "t.csv", c.body), ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(cols, "|"); got != c.cols {
				t.Errorf("columns %q, want %q", got, c.cols)
			}
			if len(rows) == 0 || strings.Join(rows[0], "|") != c.first {
				t.Errorf("rows %q, want first %q", rows, c.first)
			}
		})
	}
}

func TestXLSX(t *testing.T) {
	f := excelize.NewFile()
	for _, s := range []string{"路灯", "空"} {
		if _, err := f.NewSheet(s); err != nil {
			t.Fatal(err)
		}
	}
	_ = f.SetCellValue("Sheet1", "A1", "封面")
	for i, row := range [][]any{{"邹城市路灯普查登记表"}, {}, {"序号", "灯杆号", "经度", "纬度", "普查日期"}, {1, "LD-001", 116.970000001, 35.4, "2026-08-01"}, {2, "LD-002", 116.98, 35.41, 46235}} {
		if err := f.SetSheetRow("路灯", "A"+itoa(i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "登记表.xlsx")
	if err := f.SaveAs(file); err != nil {
		t.Fatal(err)
	}
	cols, rows, _, err := readAll(t, file, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(cols, "|") != "序号|灯杆号|经度|纬度|普查日期" || len(rows) != 2 {
		t.Fatalf("got %q %q", cols, rows)
	}
	if rows[0][2] != "116.970000001" {
		t.Errorf("longitude %q lost digits", rows[0][2])
	}
	if d, err := parseTime(rows[1][4]); err != nil || d.Format("2006-01-02") != "2026-08-01" {
		t.Errorf("a spreadsheet's date %q is %v, %v", rows[1][4], d, err)
	}
}

func TestJSON(t *testing.T) {
	for _, c := range []struct{ name, body, format, cols, rows string }{
		{"collection", `{"type":"FeatureCollection","features":[{"type":"Feature","id":7,"properties":{"a":"x\"y","n":{"k":[1, 2]}},"geometry":{"type":"Point","coordinates":[1,2]}},{"type":"Feature","properties":{"b":3.0},"geometry":null}],"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}}}`, "geojson", "@id|a|n|b", `7|x"y|{"k":[1,2]}|;|||3`},
		{"array", `[{"id":"a","v":null,"t":true},{"id":"b","w":-1.5e3}]`, "json", "id|v|t|w", "a||true|;b|||-1.5e3"},
		{"sequence", "\x1e{\"type\":\"Feature\",\"properties\":{\"a\":1},\"geometry\":null}\n\x1e{\"type\":\"Feature\",\"properties\":{\"a\":2},\"geometry\":null}\n", "geojsonl", "a", "1;2"},
		{"held", `{"code":0,"data":[{"a":"1"},{"a":"2"}],"more":[]}`, "json", "a", "1;2"},
		{"NaN in one", `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":{"type":"Point","coordinates":[NaN,2]}},{"type":"Feature","properties":{"a":2},"geometry":{"type":"Point","coordinates":[x,2]}}]}`, "geojson", "a", "1;ERR the geometry cannot be read: coordinate \"x\" is no number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := temp(t, "t.json", []byte(c.body))
			r, err := Open(file, ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Format() != c.format {
				t.Errorf("format %s, want %s", r.Format(), c.format)
			}
			cols, rows, _, err := readAll(t, file, ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range rows {
				got = append(got, strings.Join(row, "|"))
			}
			if strings.Join(cols, "|") != c.cols || strings.Join(got, ";") != c.rows {
				t.Errorf("got %q %q, want %q %q", cols, got, c.cols, c.rows)
			}
		})
	}
}

// shapefile makes the parts of a point shapefile with a text column.
func shapefile(points []orb.Point, names []string, e encoding.Encoding, t testing.TB) (shpB, dbf []byte) {
	t.Helper()
	var s, d bytes.Buffer
	le, be := binary.LittleEndian, binary.BigEndian
	head := make([]byte, 100)
	be.PutUint32(head, 9994)
	be.PutUint32(head[24:], uint32((100+28*len(points))/2))
	le.PutUint32(head[28:], 1000)
	le.PutUint32(head[32:], 1)
	s.Write(head)
	for i, p := range points {
		rec := make([]byte, 28)
		be.PutUint32(rec, uint32(i+1))
		be.PutUint32(rec[4:], 10)
		le.PutUint32(rec[8:], 1)
		le.PutUint64(rec[12:], math.Float64bits(p[0]))
		le.PutUint64(rec[20:], math.Float64bits(p[1]))
		s.Write(rec)
	}
	h := make([]byte, 32)
	h[0] = 3
	le.PutUint32(h[4:], uint32(len(names)))
	le.PutUint16(h[8:], 32+2*32+1)
	le.PutUint16(h[10:], 1+20+17)
	d.Write(h)
	for _, c := range []struct {
		name string
		size byte
	}{{"名称", 20}, {"标识码", 17}} {
		col := make([]byte, 32)
		copy(col, encode(t, e, c.name))
		col[11], col[16] = 'C', c.size
		d.Write(col)
	}
	d.WriteByte(0x0D)
	for i, n := range names {
		row := bytes.Repeat([]byte(" "), 38)
		copy(row[1:21], encode(t, e, n))
		copy(row[21:], "3708830103700000"+itoa(i+1))
		d.Write(row)
	}
	return s.Bytes(), d.Bytes()
}

func zipped(t testing.TB, parts map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, k := range sortedKeys(parts) {
		w, err := z.Create(k)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(parts[k]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const prj4548 = `PROJCS["CGCS2000_3_Degree_GK_CM_117E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`

func TestZipOfShapefiles(t *testing.T) {
	pts := []orb.Point{{498000, 3918000}, {498010, 3918020}}
	s, d := shapefile(pts, []string{"路灯", "高杆灯"}, simplifiedchinese.GBK, t)
	s2, d2 := shapefile(pts, []string{"供水井盖", "井"}, simplifiedchinese.GBK, t)
	file := temp(t, "普查.zip", zipped(t, map[string][]byte{
		"成果/市政/路灯.shp": s, "成果/市政/路灯.dbf": d, "成果/市政/路灯.prj": []byte(prj4548), "成果/市政/路灯.cpg": []byte("UTF-8"),
		"成果/市政/供水井盖.SHP": s2, "成果/市政/供水井盖.DBF": d2, "说明.txt": []byte("x"),
	}))
	rs, err := OpenAll(file, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(rs) != 2 {
		t.Fatalf("got %d tables", len(rs))
	}
	for _, r := range rs {
		n := 0
		for row, err := range r.Rows() {
			if err != nil || row.Err != nil {
				t.Fatal(err, row.Err)
			}
			if n == 0 && row.Values[0] != "路灯" && row.Values[0] != "供水井盖" {
				t.Errorf("%s: first value %q: a lying .cpg was believed", r.Name(), row.Values[0])
			}
			n++
		}
		if c, how := r.CRS(); strings.Contains(r.Name(), "路灯") && (c == nil || c.EPSG() != 4548) {
			t.Errorf("%s: coordinate system %v %s", r.Name(), c, how)
		}
		if n != 2 {
			t.Errorf("%s: %d rows", r.Name(), n)
		}
		_ = r.Close()
	}
}

func TestBrokenFiles(t *testing.T) {
	s, d := shapefile([]orb.Point{{1, 2}, {3, 4}}, []string{"a", "b"}, simplifiedchinese.GBK, t)
	whole := zipped(t, map[string][]byte{"a.shp": s, "a.dbf": d})
	long := append([]byte("a,b\n1,\""), bytes.Repeat([]byte("x"), 3<<20)...)
	for _, c := range []struct {
		name string
		body []byte
		opt  ReadOptions
		kind gis.Kind
		says string
	}{
		{"empty.csv", nil, ReadOptions{}, gis.Rejected, "is empty"},
		{"blank.csv", []byte(" \n\n"), ReadOptions{}, gis.Rejected, "is empty"},
		{"cut.zip", whole[:len(whole)-40], ReadOptions{}, gis.Rejected, "damaged or incomplete zip"},
		{"cut.geojson", []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{}`), ReadOptions{}, gis.Rejected, "is not whole JSON"},
		{"cut.csv.gz", gz([]byte(strings.Repeat("a,b\n1,2\n", 1000)))[:40], ReadOptions{}, gis.Rejected, ""},
		{"long.csv", long, ReadOptions{Limits: Limits{RowBytes: 1 << 20}}, gis.Rejected, ""},
		{"oneline.csv", bytes.Repeat([]byte("x"), 3<<20), ReadOptions{}, gis.Rejected, "no row ends"},
		{"old.xls", []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}, ReadOptions{}, gis.Rejected, "old Excel workbook"},
		{"binary.csv", []byte("\x7fELF\x00\x00\x01"), ReadOptions{}, gis.Rejected, "no known kind"},
		{"wrong.csv", encode(t, simplifiedchinese.GBK, "名称,经度\n路灯,1\n"), ReadOptions{Encoding: "utf-8"}, gis.Rejected, "is not utf-8 text"},
		{"noenc.csv", []byte("a,b\n"), ReadOptions{Encoding: "klingon"}, gis.Invalid, "no encoding"},
		{"up.zip", zipped(t, map[string][]byte{"../../etc/x.csv": []byte("a,b\n1,2\n")}), ReadOptions{}, gis.Rejected, "outside the archive"},
		{"bomb.zip", zipped(t, map[string][]byte{"x.csv": make([]byte, 8<<20)}), ReadOptions{}, gis.Rejected, "grows"},
		{"nothing.zip", zipped(t, map[string][]byte{"readme.txt": []byte("x")}), ReadOptions{}, gis.Rejected, "holds no table"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, _, err := readAll(t, temp(t, c.name, c.body), c.opt)
			if err == nil || gis.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v (kind %d), want kind %d with %q", err, gis.KindOf(err), c.kind, c.says)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none.csv"), ReadOptions{}); gis.KindOf(err) != gis.Invalid {
		t.Errorf("a file that is not there: %v", err)
	}
	lone := temp(t, "a.shp", s)
	if err := os.WriteFile(strings.TrimSuffix(lone, "shp")+"dbf", d[:len(d)-10], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := readAll(t, lone, ReadOptions{}); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("a cut .dbf: %v", err)
	}
}

func TestOSM(t *testing.T) {
	for _, file := range []string{"nanjing/nanjing_xinjiekou.osm.pbf", "osm_small/monaco.osm.gz"} {
		rs, err := OpenAll(shared(t, file), ReadOptions{Layer: "osm"})
		if err != nil {
			t.Fatal(err)
		}
		n := map[string]int{}
		for row, err := range rs[0].Rows() {
			if err != nil {
				t.Fatal(err)
			}
			n[row.Values[0]]++
		}
		if n["road"] < 380 || n["building"] < 900 || n["land"] < 20 || n["poi"] < 100 {
			t.Errorf("%s: %v", file, n)
		}
	}
}
