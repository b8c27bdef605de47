package census

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"wanmi/gis/crs"

	"github.com/paulmach/orb"
)

// What GDAL 3.6 and PostGIS 3.3 write for the same geometries.
func TestGeometryText(t *testing.T) {
	point := orb.Point{116.97, 35.4}
	square := orb.Polygon{{{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}}, {{1, 1}, {1, 2}, {2, 2}, {1, 1}}}
	for _, c := range []struct {
		in   string
		want orb.Geometry
		srid int
	}{
		{"POINT (116.97 35.4)", point, 0},
		{"point(116.97 35.4)", point, 0},
		{"POINT(116.97,35.4)", point, 0},
		{"POINT Z (116.97 35.4 12.5)", point, 0},
		{"POINTZM(116.97 35.4 12.5 3)", point, 0},
		{"SRID=4490;POINT(116.97 35.4)", point, 4490},
		{"POINT EMPTY", nil, 0},
		{"POINT Z EMPTY", nil, 0},
		{"MULTIPOINT (116.97 35.4)", point, 0},
		{"MULTIPOINT ((1 2),(3 4))", orb.MultiPoint{{1, 2}, {3, 4}}, 0},
		{"LINESTRING Z (1 2 0,3 4 0)", orb.LineString{{1, 2}, {3, 4}}, 0},
		{"MULTILINESTRING ((1 2,3 4))", orb.LineString{{1, 2}, {3, 4}}, 0},
		{"POLYGON Z ((0 0 1,4 0 1,4 4 1,0 4 1,0 0 1),(1 1 1,1 2 1,2 2 1,1 1 1))", square, 0},
		{"MULTIPOLYGON ZM (((0 0 1 2,4 0 1 2,4 4 1 2,0 4 1 2,0 0 1 2),(1 1 1 2,1 2 1 2,2 2 1 2,1 1 1 2)))", square, 0},
		{"GEOMETRYCOLLECTION (POINT (1 2),POINT (3 4))", orb.MultiPoint{{1, 2}, {3, 4}}, 0},
		{"0101000000AE47E17A143E5D403333333333B34140", point, 0},
		{`\x0101000000AE47E17A143E5D403333333333B34140`, point, 0},
		{"0000000001405D3E147AE147AE4041B33333333333", point, 0},
		{"01010000A08A110000AE47E17A143E5D403333333333B341400000000000002940", point, 4490},
		{"01E9030000AE47E17A143E5D403333333333B341400000000000002940", point, 0},
		{"0104000000020000000101000000000000000000F03F0000000000000040010100000000000000000008400000000000001040", orb.MultiPoint{{1, 2}, {3, 4}}, 0},
		{"0101000000000000000000F87F000000000000F87F", nil, 0},
		{`{"type":"Point","coordinates":[116.97,35.4]}`, point, 0},
	} {
		g, srid, err := parseGeometryText(c.in)
		if err != nil || srid != c.srid || (g == nil) != (c.want == nil) || g != nil && !orb.Equal(g, c.want) {
			t.Errorf("%s = %v, %d, %v, want %v, %d", c.in, g, srid, err, c.want, c.srid)
		}
	}
	for _, s := range []string{
		"POINT(1)", "POINT(1 2", "POINT(1 2))", "POLYGON((0 0,1 1)", "POINT(a b)", "CIRCULARSTRING(0 0,1 1,2 0)", "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))",
		strings.Repeat("GEOMETRYCOLLECTION(", 100) + "POINT(1 2)", "0101000000AE47E17A143E5D40333333333", "0107000000FFFFFFFF0101000000000000000000F03F", "010800000000000000000000000000000000000000000000",
		"路灯", "",
	} {
		if g, _, err := parseGeometryText(s); err == nil {
			t.Errorf("%s = %v, want an error", clip(s, 60), g)
		}
	}
}

// geoPackage writes a GeoPackage by SQL.
func geoPackage(t testing.TB, statements ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "普查.gpkg")
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range append([]string{
		`CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT)`,
		`CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER)`,
		`CREATE TABLE gpkg_spatial_ref_sys (srs_id INTEGER, organization TEXT, organization_coordsys_id INTEGER, definition TEXT)`,
		`INSERT INTO gpkg_spatial_ref_sys VALUES (4548, 'EPSG', 4548, ''), (100001, 'CUSTOM', 100001, '` + prj4548 + `'), (-1, 'NONE', -1, 'undefined')`,
	}, statements...) {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return file
}

func TestGeoPackageTables(t *testing.T) {
	const z = `x'47500001C41100000101000080000000000065E1400000000080E44D410000000000002940'` // POINT Z of PostGIS's kind, no envelope
	file := geoPackage(t,
		`CREATE TABLE 路灯 (fid INTEGER PRIMARY KEY, 名称 TEXT, geom BLOB)`, `INSERT INTO 路灯 VALUES (1, '高杆灯', `+z+`), (2, '空', NULL), (3, '坏', x'4750')`,
		`CREATE TABLE "井""盖" (geom BLOB, 名称 TEXT)`, `INSERT INTO "井""盖" VALUES (`+z+`, '井')`,
		`CREATE TABLE 单位 (名称 TEXT)`, `INSERT INTO 单位 VALUES ('城管局')`,
		`CREATE VIEW 全部 AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i, NULL AS geom FROM n`,
		`INSERT INTO gpkg_contents VALUES ('路灯', 'features'), ('井"盖', 'features'), ('单位', 'attributes'), ('全部', 'features')`,
		`INSERT INTO gpkg_geometry_columns VALUES ('路灯', 'geom', 4548), ('井"盖', 'geom', 100001), ('全部', 'geom', -1)`,
	)
	for _, c := range []struct{ sheet, want string }{
		{"", `!井"盖 名称 EPSG:4548 [井];!路灯 fid|名称 EPSG:4548 [1|高杆灯] [2|空] ERR`},
		{"单位", ` 名称 - [城管局]`},
		{"全部", `error`},
	} {
		rs, err := OpenAll(file, ReadOptions{Sheet: c.sheet})
		if err != nil {
			if c.want != "error" {
				t.Errorf("sheet %q: %v", c.sheet, err)
			}
			continue
		}
		var parts []string
		for _, r := range rs {
			s := strings.TrimPrefix(r.Name(), file) + " " + strings.Join(r.Columns(), "|") + " -"
			if sys, _ := r.CRS(); sys != nil {
				s = strings.TrimSuffix(s, "-") + crs.Spec(sys)
			}
			for row, err := range r.Rows() {
				switch {
				case err != nil:
					t.Fatal(err)
				case row.Err != nil:
					s += " ERR"
				default:
					s += " [" + strings.Join(row.Values, "|") + "]"
				}
				if row.Num == 1 && c.sheet == "" && row.Geom != (orb.Point{35624, 3918080}) {
					t.Errorf("%s: geometry %v", r.Name(), row.Geom)
				}
			}
			parts = append(parts, s)
			_ = r.Close()
		}
		if got := strings.Join(parts, ";"); got != c.want {
			t.Errorf("sheet %q: got %q, want %q", c.sheet, got, c.want)
		}
	}
}
