package census

import (
	"bytes"
	"compress/zlib"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wanmi/gis"
	"wanmi/gis/gistest"

	"github.com/paulmach/orb"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// fuzzLayers are the layers whose fields and checks differ most.
var fuzzLayers = []string{"component", "door", "road", "unit_grid", "community", "department"}

// deliver takes files into a dry run of an import: every reader, guess, conversion and check that a user's file meets.
func deliver(t *testing.T, m *memStore, which uint8, parts map[string][]byte) {
	t.Helper()
	gistest.Bounded(t)
	opt := Options{
		Layer: fuzzLayers[int(which)%len(fuzzLayers)], Files: []string{place(t, parts)}, DryRun: true, Fix: which >= 128, Actor: "fuzz",
		Limits: Limits{RowBytes: 1 << 20, FileBytes: 8 << 20, MemoryBytes: 8 << 20},
	}
	res, err := Import(context.Background(), m, opt)
	if sum := res.Summary; err == nil && sum.Added+sum.Moved+sum.Changed+sum.Unchanged+sum.Rejected > 1<<20 {
		t.Errorf("a small input is %+v", sum)
	}
}

// wholeWay says which inputs of a reader that needs files go through the whole of an import, one in four: the others are only read, in
// a fraction of the time.
func wholeWay(which uint8) bool { return which>>5&3 == 3 }

// deliverSome is deliver or drain, by which.
func deliverSome(t *testing.T, m *memStore, which uint8, parts map[string][]byte) {
	t.Helper()
	if wholeWay(which) {
		deliver(t, m, which, parts)
		return
	}
	drain(t, parts)
}

const fuzzCSV = "部件标识码,部件名称,编号,主管部门名称,状态,初始日期,经度,纬度\n37088301037000007,路灯,L1,路灯所,完好,20260801,116.9651,35.4001\n,路灯,L2,路灯所,正常,2026-08-01,116.9652,35.4002\n"

func FuzzCSVFile(f *testing.F) {
	for _, s := range []string{
		fuzzCSV, "编号;x;y\nA;516965,1;3918000,5\nB;516966,1;3918001,5\n", "id\tposition\n1\t117°00′12.3″E 35°24′05″N\n", "名称|wkt\n路灯|POINT(116.97 35.4)\n路灯|\"POLYGON((0 0,1 0,1 1,0 0))\"\n",
		"标题\n\n编号,经度,纬度\n1,35.4,116.97\n2,35.41,116.98\n", "路,门牌号,经度,纬度\n钢山街,12号院3号楼,116.97,35.4\n", "\xef\xbb\xbfa,\"b\n\"\r\n1,\"2", "code,name,x,y\n,,0,0\n,,NaN,1e400\n",
	} {
		f.Add([]byte(s), uint8(0))
		f.Add([]byte(s), uint8(129))
	}
	f.Add(encode(f, simplifiedchinese.GBK, fuzzCSV), uint8(0))
	f.Add(encode(f, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), fuzzCSV), uint8(0))
	m := zoucheng(f)
	f.Fuzz(func(t *testing.T, b []byte, which uint8) { deliver(t, m, which, map[string][]byte{"路灯.csv": b}) })
}

func FuzzJSONFile(f *testing.F) {
	const feature = `{"type":"Feature","id":"n1","properties":{"名称":"路灯","编号":"L1","初始日期":"20260801","x":[1,{"y":null}]},"geometry":{"type":"Point","coordinates":[116.9651,35.4001]}}`
	for _, s := range []string{
		`{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4548"}},"features":[` + feature + "," + feature + `]}`,
		feature + "\n" + feature + "\n", "\x1e" + feature + "\n\x1e" + feature, `[{"名称":"路灯","经度":116.97,"纬度":35.4},{"名称":"井盖","经度":"116.98","纬度":"35.41","z":"\ud800"}]`,
		`{"data":{"list":[{"a":1,"lon":116.97,"lat":35.4},{"a":2,"lon":116.98,"lat":35.4}]},"n":2}`,
		`{"features":[{"attributes":{"a":1},"geometry":{"rings":[[[0,0],[0,1],[1,1],[0,0]]]}},{"attributes":{"a":2},"geometry":{"paths":[[[0,0],[1,1]]]}}],"spatialReference":{"wkid":4490}}`,
		`{"type":"Feature","properties":null,"geometry":{"type":"GeometryCollection","geometries":[{"type":"MultiPolygon","coordinates":[[[[116,35],[117,35],[117,36],[116,35]]]]}]}}`,
	} {
		f.Add([]byte(s), uint8(0))
		f.Add([]byte(s), uint8(3))
	}
	m := zoucheng(f)
	f.Fuzz(func(t *testing.T, b []byte, which uint8) { deliver(t, m, which, map[string][]byte{"a.json": b}) })
}

// FuzzShapeFiles reads a shapefile with the files that say what is in it.
func FuzzShapeFiles(f *testing.F) {
	s, d := shapefile([]orb.Point{{516965, 3918000}, {516966, 3918001}}, []string{"路灯", "井盖"}, simplifiedchinese.GBK, f)
	f.Add(s, d, "GBK", prj4548, uint8(0))
	f.Add(s, d, "GBK", prj4548, uint8(96))
	f.Add(s, d, "UTF-8", `GEOGCS["WGS 84",DATUM["x",SPHEROID["y",1,0]]]`, uint8(225))
	f.Add(s[:128], d[:80], "936", "", uint8(3))
	m := zoucheng(f)
	f.Fuzz(func(t *testing.T, s, d []byte, cpg, prj string, which uint8) {
		deliverSome(t, m, which, map[string][]byte{"a.shp": s, "a.dbf": d, "a.cpg": []byte(cpg), "a.prj": []byte(prj)})
	})
}

func FuzzDBF(f *testing.F) {
	_, d := shapefile(nil, []string{"路灯", "井盖"}, simplifiedchinese.GBK, f)
	f.Add(d, "GBK")
	for _, kind := range []byte("NFDLMIOYB@") { // every kind of column
		x := bytes.Clone(d)
		x[32+11], x[64+11] = kind, kind
		x[64+17] = 3
		f.Add(x, "")
	}
	m := zoucheng(f)
	f.Fuzz(func(t *testing.T, d []byte, cpg string) {
		deliver(t, m, 5, map[string][]byte{"a.dbf": d, "a.cpg": []byte(cpg)})
	})
}

// FuzzPosition delivers two columns of any numbers: which system they are in has to be found or said to be unknown.
func FuzzPosition(f *testing.F) {
	f.Add("x", "y", 516965.0, 3918000.0, 516990.5, 3918020.25, uint8(0))
	f.Add("X", "Y", 3918000.0, 39516965.0, 3918010.0, 39516966.0, uint8(1))
	f.Add("经度", "纬度", 116.97, 35.4, 116.98, 35.41, uint8(2))
	f.Add("lat", "lon", 116.97, 35.4, 0.0, 0.0, uint8(3))
	f.Add("东", "北", 1e308, -1e308, 1e-320, 13021000.0, uint8(0))
	m := zoucheng(f)
	f.Fuzz(func(t *testing.T, a, b string, x1, y1, x2, y2 float64, n uint8) {
		rows := fmt.Appendf(nil, "名称,%q,%q\n", a, b)
		for i := range int(n%32) + 2 {
			rows = fmt.Appendf(rows, "路灯,%v,%v\n井盖,%v,%v\n", x1+float64(i), y1, x2, y2+float64(i))
		}
		deliver(t, m, n&128, map[string][]byte{"a.csv": rows})
	})
}

// FuzzFields reads a text as each field of each layer: what is no value is refused, what is one is of the field's type.
func FuzzFields(f *testing.F) {
	for _, s := range []string{"12.5", "１２", "117°00′12.3″E", "2026-08-23", "20260823", "2026年8月23日", "46235.5", "113/5/6", "民國113年5月6日", "1,234.5 m", "是", "1e309", "-0", "NaN", "0x1p-2", "2026-02-30", "99999999", "1754006400000", "Aug 1, 2026"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		gistest.Bounded(t)
		for _, l := range gis.Layers {
			for _, field := range l.Fields {
				v, bad := fieldValue(&field, s)
				if bad != nil {
					continue
				}
				switch v := v.(type) {
				case nil, string, bool, int64:
				case float64:
					if v-v != 0 {
						t.Errorf("%q is the number %v of %s", s, v, field.Name)
					}
				default:
					t.Errorf("%q is a %T of %s", s, v, field.Name)
				}
				if text, ok := v.(string); ok && field.Type == gis.Date {
					if d, err := time.Parse("2006-01-02", text); err != nil || d.Year() < 1800 || d.Year() > 2200 {
						t.Errorf("%q is the date %q", s, text)
					}
				}
			}
		}
		for _, b := range [][]byte{[]byte(s), encode2(s)} {
			name := sniffEncoding(b)
			if _, err := encodingByName(name); err != nil {
				t.Error(err)
			}
		}
	})
}

// encode2 is the text as GBK, nothing where it cannot be.
func encode2(s string) []byte {
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(s))
	if err != nil {
		return nil
	}
	return b
}

// pb appends one field of a protocol buffer.
func pb(b []byte, field int, value any) []byte {
	switch v := value.(type) {
	case int:
		return binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3), uint64(v))
	case []byte:
		return append(binary.AppendUvarint(binary.AppendUvarint(b, uint64(field)<<3|2), uint64(len(v))), v...)
	case string:
		return pb(b, field, []byte(v))
	}
	panic("no such field")
}

// packed is a list of signed numbers as they stand in PBF.
func packed(nums ...int64) (b []byte) {
	for _, n := range nums {
		b = binary.AppendVarint(b, n)
	}
	return b
}

// pbfPart frames a block of an OSM file.
func pbfPart(kind string, block []byte, squeezed bool) []byte {
	blob := pb(nil, 1, block)
	if squeezed {
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		_, _ = w.Write(block)
		_ = w.Close()
		blob = pb(pb(nil, 2, len(block)), 3, z.Bytes())
	}
	head := pb(pb(nil, 1, kind), 3, len(blob))
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(head))), head...), blob...)
}

func pbfHeader() []byte {
	return pbfPart("OSMHeader", pb(pb(nil, 4, "OsmSchema-V0.6"), 4, "DenseNodes"), false)
}

// seedBlock is a small town: three dense nodes, a node by itself, a closed way and a relation of it.
func seedBlock() []byte {
	var words []byte
	for _, s := range []string{"", "building", "yes", "name", "文化中心", "type", "multipolygon", "outer", "highway", "street_lamp"} {
		words = pb(words, 1, s)
	}
	uints := func(n ...byte) []byte { return n }
	dense := pb(pb(pb(pb(nil, 1, packed(1, 1, 1)), 8, packed(354000000, 10000, 0)), 9, packed(1169700000, 0, 10000)), 10, uints(0, 8, 9, 0, 0))
	node := append(pb(pb(nil, 2, uints(8)), 3, uints(9)), pb(nil, 1, 18)...)
	node = pb(node, 8, int(708000000))
	node = pb(node, 9, int(2339400000))
	way := pb(pb(pb(pb(nil, 1, 5), 2, uints(1, 3)), 3, uints(2, 4)), 8, packed(1, 1, 1, -2))
	relation := pb(pb(pb(pb(nil, 1, 7), 2, uints(5, 1)), 3, uints(6, 2)), 8, uints(7))
	relation = pb(pb(relation, 9, packed(5)), 10, uints(1))
	block := pb(nil, 1, words)
	for _, group := range [][]byte{pb(nil, 2, dense), pb(nil, 1, node), pb(nil, 3, way), pb(nil, 4, relation)} {
		block = pb(block, 2, group)
	}
	return block
}

// FuzzPBF reads the bytes as a block of an OSM file, packed or not, and as what follows its header.
func FuzzPBF(f *testing.F) {
	for form := range uint8(3) {
		b := seedBlock()
		if form == 2 {
			b = pbfPart("OSMData", b, true)
		}
		f.Add(b, form)
	}
	m := zoucheng(f)
	f.Fuzz(func(t *testing.T, b []byte, form uint8) {
		if form%3 < 2 {
			b = pbfPart("OSMData", b, form%3 == 1)
		}
		for i := range fuzzLayers[:2] {
			deliver(t, m, uint8(i)*2, map[string][]byte{"a.osm.pbf": append(pbfHeader(), b...)})
		}
	})
}

// seedPackage writes a GeoPackage of one table of one row and returns its bytes.
func seedPackage(t testing.TB, table, kind, srs, column, value string, blob []byte) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "a.gpkg")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range []string{
		`PRAGMA page_size = 512`, `PRAGMA journal_mode = OFF`, `PRAGMA synchronous = OFF`, // a fuzz test makes thousands
		`CREATE TABLE gpkg_spatial_ref_sys(srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT, organization_coordsys_id INTEGER, definition TEXT)`,
		`CREATE TABLE gpkg_contents(table_name TEXT PRIMARY KEY, data_type TEXT, srs_id INTEGER)`,
		`CREATE TABLE gpkg_geometry_columns(table_name TEXT, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER)`,
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	for _, q := range [][]any{
		{`INSERT INTO gpkg_spatial_ref_sys VALUES('a', 7, 'NONE', 7, ?)`, srs},
		{`INSERT INTO gpkg_contents VALUES(?, ?, 7)`, table, kind},
		{`INSERT INTO gpkg_geometry_columns VALUES(?, 'geom', 'GEOMETRY', 7)`, table},
		{`CREATE TABLE ` + quoted(table) + `(fid INTEGER PRIMARY KEY, geom BLOB, ` + quoted(column) + `)`},
		{`INSERT INTO ` + quoted(table) + ` VALUES(1, ?, ?)`, blob, value},
	} {
		if _, err := db.Exec(q[0].(string), q[1:]...); err != nil {
			return nil // no name SQLite takes
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// pointBlob is the GeoPackage geometry of a point.
func pointBlob(p orb.Point) []byte {
	b := []byte{'G', 'P', 0, 1, 7, 0, 0, 0, 1, 1, 0, 0, 0}
	b, err := binary.Append(b, binary.LittleEndian, p)
	if err != nil {
		panic(err)
	}
	return b
}

// FuzzGeoPackage damages the bytes of a GeoPackage.
func FuzzGeoPackage(f *testing.F) {
	whole := seedPackage(f, "路灯", "features", prj4548, "名称", "路灯", pointBlob(orb.Point{516965, 3918000}))
	f.Add(whole, uint8(0))
	f.Add(whole, uint8(96))
	f.Add(seedPackage(f, "a", "attributes", "", "编号", "1", nil), uint8(101))
	m := zoucheng(f)
	f.Fuzz(func(t *testing.T, b []byte, which uint8) { deliverSome(t, m, which, map[string][]byte{"a.gpkg": b}) })
}

// FuzzGeoPackageRow puts any names, values and geometry into a GeoPackage that is whole; where it is not delivered, without the file.
func FuzzGeoPackageRow(f *testing.F) {
	f.Add("路灯", "features", prj4548, "名称", "路灯", pointBlob(orb.Point{516965, 3918000}), uint8(0))
	f.Add("路灯", "features", prj4548, "名称", "路灯", pointBlob(orb.Point{516965, 3918000}), uint8(96))
	f.Add("a\"b", "attributes", "undefined", "编号", "1", []byte(nil), uint8(101))
	m := zoucheng(f)
	f.Fuzz(func(t *testing.T, table, kind, srs, column, value string, blob []byte, which uint8) {
		if wholeWay(which) {
			if b := seedPackage(t, table, kind, srs, column, value, blob); b != nil {
				deliver(t, m, which, map[string][]byte{"a.gpkg": b})
			}
			return
		}
		gistest.Bounded(t)
		p := packageReader{name: table, table: table, geom: int(which & 1), columns: []string{columnName(column, 0)}}
		p.readCRS(kind, int(which), srs)
		cells := []any{value, value}
		cells[p.geom] = blob
		if row := p.row(1, cells, make([]string, 1)); row.Values[0] != strings.TrimSpace(value) || row.Geom != nil && row.Err != nil {
			t.Errorf("%q and %x are read as %+v", value, blob, row)
		}
	})
}
