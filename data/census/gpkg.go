package census

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"slices"
	"strings"

	"wanmi/gis/crs"

	"github.com/paulmach/orb"
	_ "modernc.org/sqlite" // reads GeoPackages
)

// packageReader reads one table of a GeoPackage.
type packageReader struct {
	file    *packageFile
	name    string // as reported: path, and "!table" when the file has several
	table   string
	geom    int // position of the geometry among the table's columns, -1 for none
	columns []string
	crs     crs.CRS
	crsHow  string
	remarks []string
}

// packageFile is the file of one or more tables.
type packageFile struct {
	path, temp string // temp is the unpacked copy to remove with the last table
	users      int
	shut       func() error // releases the archive around it
}

// openGeoPackage opens the tables of a GeoPackage: those with geometry, or those without when there are no others. opt.Sheet
// names one. A file inside an archive is unpacked to the temporary folder.
func openGeoPackage(s stream, opt ReadOptions) ([]Reader, error) {
	f := &packageFile{path: s.path, users: 1, shut: s.shut}
	if s.path == "" {
		if err := f.unpack(s, opt.Limits.FileBytes); err != nil {
			return nil, refuse(s.name, err, "cannot be unpacked")
		}
	}
	tables, err := f.describe(s.name, opt.Sheet)
	if err != nil {
		f.shut = nil // the caller releases the archive of what it could not open
		_ = f.release()
		return nil, refuse(s.name, err, "is no GeoPackage that can be read")
	}
	out := make([]Reader, len(tables))
	for i, t := range tables {
		if len(tables) > 1 {
			t.name += "!" + t.table
		}
		out[i] = t
	}
	f.users = len(out)
	return out, nil
}

func (f *packageFile) unpack(s stream, limit int64) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	defer r.Close()
	t, err := os.CreateTemp("", "census-*.gpkg")
	if err != nil {
		return err
	}
	f.path, f.temp = t.Name(), t.Name()
	if n, err := io.Copy(t, io.LimitReader(r, limit+1)); err != nil || n > limit {
		t.Close()
		if err == nil {
			err = errUnpacked
		}
		return errors.Join(err, os.Remove(f.temp))
	}
	return t.Close()
}

// release removes the unpacked copy with the last table. Archives count every table themselves.
func (f *packageFile) release() error {
	var err error
	if f.users--; f.users == 0 && f.temp != "" {
		err = os.Remove(f.temp)
	}
	if f.shut != nil {
		err = errors.Join(err, f.shut())
	}
	return err
}

func (f *packageFile) db() (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+(&url.URL{Path: f.path}).EscapedPath()+"?mode=ro&immutable=1")
}

// listed is a table of gpkg_contents.
type listed struct {
	name, kind, made string // data type; what the schema calls it: table, view, "" for missing
}

func (f *packageFile) describe(name, want string) ([]*packageReader, error) {
	db, err := f.db()
	if err != nil {
		return nil, err
	}
	defer db.Close()
	ctx := context.Background()
	all, err := listTables(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("it has no list of contents: %w", err)
	}
	pick := func(kind string) (out []string) {
		for _, t := range all {
			if t.kind == kind && t.made == "table" && (want == "" || t.name == want) {
				out = append(out, t.name)
			}
		}
		return out
	}
	take := pick("features")
	if len(take) == 0 {
		take = pick("attributes")
	}
	var skip []string
	for _, t := range all {
		if !slices.Contains(take, t.name) {
			skip = append(skip, t.name)
		}
	}
	if len(take) == 0 {
		return nil, fmt.Errorf("it has no table %s to read; it lists %d (%s)", want, len(skip), strings.Join(skip, ", "))
	}
	out := make([]*packageReader, len(take))
	for i, t := range take {
		out[i] = &packageReader{file: f, name: name, table: t, geom: -1}
		if err := out[i].describe(ctx, db); err != nil {
			return nil, fmt.Errorf("table %s: %w", t, err)
		}
	}
	if len(skip) > 0 && want == "" {
		out[0].remarks = append(out[0].remarks, "not read of the GeoPackage: "+strings.Join(skip, ", ")+" (views, tables without geometry); --sheet names a table / 未读取的表")
	}
	return out, nil
}

// listTables reads the list of contents. Views are told apart: what a view of somebody else's file computes has no bounds.
func listTables(ctx context.Context, db *sql.DB) ([]listed, error) {
	rows, err := db.QueryContext(ctx, `SELECT c.table_name, c.data_type, coalesce((SELECT m.type FROM sqlite_master m WHERE m.name = c.table_name AND
		(m.type = 'view' OR m.type = 'table' AND upper(m.sql) LIKE 'CREATE TABLE%')), '')
		FROM gpkg_contents c WHERE c.data_type IN ('features', 'attributes') AND c.table_name NOT IN ('layer_styles', 'qgis_projects') ORDER BY c.table_name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []listed
	for rows.Next() {
		var t listed
		if err := rows.Scan(&t.name, &t.kind, &t.made); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// describe reads geometry column, coordinate system and columns of the table.
func (p *packageReader) describe(ctx context.Context, db *sql.DB) error {
	var geomCol, org, definition string
	var code int
	err := db.QueryRowContext(ctx, `SELECT g.column_name, s.organization, s.organization_coordsys_id, s.definition FROM gpkg_geometry_columns g
		JOIN gpkg_spatial_ref_sys s USING (srs_id) WHERE g.table_name = ?`, p.table).Scan(&geomCol, &org, &code, &definition)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	p.readCRS(org, code, definition)
	one, err := db.QueryContext(ctx, `SELECT * FROM `+quoted(p.table)+` LIMIT 0`)
	if err != nil {
		return err
	}
	defer one.Close()
	cols, err := one.Columns()
	for i, c := range cols {
		if geomCol != "" && strings.EqualFold(c, geomCol) {
			p.geom = i
		} else {
			p.columns = append(p.columns, columnName(c, len(p.columns)))
		}
	}
	return err
}

// readCRS takes the system by its EPSG code, else by its WKT; 0 and -1 stand for an unknown one.
func (p *packageReader) readCRS(org string, code int, definition string) {
	if strings.EqualFold(org, "epsg") {
		if c, err := crs.ByName(fmt.Sprintf("EPSG:%d", code)); err == nil {
			p.crs, p.crsHow = c, "GeoPackage"
			return
		}
	}
	if org == "" || code == 0 || code == -1 {
		return
	}
	c, err := crsOfWKT(definition)
	if err != nil {
		p.crsHow = fmt.Sprintf("coordinate system of the GeoPackage (%s:%d) is not understood: %v", org, code, err)
		return
	}
	p.crs, p.crsHow = c, "GeoPackage"
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (p *packageReader) Name() string           { return p.name }
func (p *packageReader) Format() string         { return "gpkg" }
func (p *packageReader) Columns() []string      { return p.columns }
func (p *packageReader) CRS() (crs.CRS, string) { return p.crs, p.crsHow }
func (p *packageReader) Remarks() []string      { return p.remarks }
func (p *packageReader) Close() error           { return p.file.release() }

func (p *packageReader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		db, err := p.file.db()
		if err != nil {
			yield(Row{}, refuse(p.name, err, "cannot be read"))
			return
		}
		defer db.Close()
		rows, err := db.QueryContext(context.Background(), `SELECT * FROM `+quoted(p.table))
		if err != nil {
			yield(Row{}, refuse(p.name, err, "cannot be read"))
			return
		}
		defer rows.Close()
		cells := make([]any, len(p.columns))
		if p.geom >= 0 {
			cells = append(cells, nil)
		}
		into := make([]any, len(cells))
		for i := range cells {
			into[i] = &cells[i]
		}
		values := make([]string, len(p.columns))
		for num := int64(1); rows.Next(); num++ {
			if err := rows.Scan(into...); err != nil {
				yield(Row{}, refuse(p.name, err, "row %d cannot be read", num))
				return
			}
			if !yield(p.row(num, cells, values), nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Row{}, refuse(p.name, err, "breaks off"))
		}
	}
}

func (p *packageReader) row(num int64, cells []any, values []string) Row {
	row := Row{File: p.name, Num: num, Values: values}
	at := 0
	for i, c := range cells {
		if i != p.geom {
			values[at] = cellText(c)
			at++
			continue
		}
		b, ok := c.([]byte)
		if !ok {
			continue
		}
		g, err := decodeGeoPackage(b)
		if err == nil {
			row.Geom = g
		} else {
			row.Err = &rowError{RuleGeometry, "geometry", "", "the geometry cannot be read: " + err.Error(), "图形无法读取"}
		}
	}
	return row
}

func cellText(c any) string {
	switch c := c.(type) {
	case nil:
		return ""
	case []byte:
		return ""
	case float64:
		return formatFloat(c)
	}
	return strings.TrimSpace(fmt.Sprint(c))
}

// decodeGeoPackage reads a GeoPackage geometry blob: its header and the WKB behind it.
func decodeGeoPackage(b []byte) (orb.Geometry, error) {
	if len(b) < 8 || b[0] != 'G' || b[1] != 'P' {
		return nil, errors.New("it is no GeoPackage geometry")
	}
	switch {
	case b[3]&0x10 != 0: // empty
		return nil, nil
	case b[3]&0x20 != 0:
		return nil, errors.New("it is a geometry of an extension")
	}
	head := 8 + []int{0, 32, 48, 48, 64, 0, 0, 0}[b[3]>>1&7]
	if len(b) < head+5 {
		return nil, errors.New("it is cut off")
	}
	g, _, err := parseWKB(b[head:])
	return g, err
}
