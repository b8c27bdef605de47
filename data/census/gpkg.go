package census

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"strings"

	"wanmi/gis/crs"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
	_ "modernc.org/sqlite" // reads GeoPackages
)

// packageReader reads one table of a GeoPackage.
type packageReader struct {
	path, temp string // temp is the unpacked copy to remove
	name       string
	table      string
	geom       int // position of the geometry among the table's columns, -1 for none
	columns    []string
	crs        crs.CRS
	crsHow     string
}

// openGeoPackage opens the only table of a GeoPackage. One inside an archive is unpacked to the temporary folder.
func openGeoPackage(s stream, opt ReadOptions) (Reader, error) {
	p := &packageReader{name: s.name, path: s.name, geom: -1}
	if st, err := os.Stat(s.name); err != nil || !st.Mode().IsRegular() || isGzip(s) {
		if err := p.unpack(s, opt.Limits.FileBytes); err != nil {
			return nil, refuse(s.name, err, "cannot be unpacked")
		}
	}
	if err := p.describe(opt.Sheet); err != nil {
		_ = p.Close()
		return nil, refuse(s.name, err, "is no GeoPackage that can be read: %v", err)
	}
	return p, nil
}

func (p *packageReader) unpack(s stream, limit int64) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := os.CreateTemp("", "census-*.gpkg")
	if err != nil {
		return err
	}
	p.path, p.temp = f.Name(), f.Name()
	if n, err := io.Copy(f, io.LimitReader(r, limit+1)); err != nil || n > limit {
		f.Close()
		_ = p.Close()
		return errors.Join(err, errUnpacked)
	}
	return f.Close()
}

func (p *packageReader) db() (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+(&url.URL{Path: p.path}).EscapedPath()+"?mode=ro&immutable=1")
}

func (p *packageReader) describe(want string) error {
	db, err := p.db()
	if err != nil {
		return err
	}
	defer db.Close()
	ctx := context.Background()
	rows, err := db.QueryContext(ctx, `SELECT table_name FROM gpkg_contents WHERE data_type IN ('features','attributes') ORDER BY table_name`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var n string
		if err := rows.Scan(&n); err != nil {
			return err
		}
		if want == "" || n == want {
			names = append(names, n)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(names) != 1 {
		return fmt.Errorf("it has %d tables (%s); name one as the sheet", len(names), strings.Join(names, ", "))
	}
	p.table = names[0]
	var geomCol, org string
	var code int
	err = db.QueryRowContext(ctx, `SELECT g.column_name, s.organization, s.organization_coordsys_id FROM gpkg_geometry_columns g JOIN gpkg_spatial_ref_sys s USING (srs_id) WHERE g.table_name = ?`, p.table).Scan(&geomCol, &org, &code)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if strings.EqualFold(org, "epsg") {
		if p.crs, err = crs.ByName(fmt.Sprintf("EPSG:%d", code)); err != nil {
			p.crsHow = fmt.Sprintf("EPSG:%d is not known", code)
		} else {
			p.crsHow = "GeoPackage"
		}
	}
	one, err := db.QueryContext(ctx, `SELECT * FROM "`+strings.ReplaceAll(p.table, `"`, `""`)+`" LIMIT 0`) //nolint:gosec // quoted
	if err != nil {
		return err
	}
	defer one.Close()
	cols, err := one.Columns()
	for i, c := range cols {
		if geomCol != "" && strings.EqualFold(c, geomCol) {
			p.geom = i
		} else {
			p.columns = append(p.columns, c)
		}
	}
	return err
}

func (p *packageReader) Name() string           { return p.name }
func (p *packageReader) Format() string         { return "gpkg" }
func (p *packageReader) Columns() []string      { return p.columns }
func (p *packageReader) CRS() (crs.CRS, string) { return p.crs, p.crsHow }

func (p *packageReader) Close() error {
	if p.temp != "" {
		return os.Remove(p.temp)
	}
	return nil
}

func (p *packageReader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		db, err := p.db()
		if err != nil {
			yield(Row{}, refuse(p.name, err, "cannot be read"))
			return
		}
		defer db.Close()
		rows, err := db.QueryContext(context.Background(), `SELECT * FROM "`+strings.ReplaceAll(p.table, `"`, `""`)+`"`) //nolint:gosec // quoted
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
			row := Row{File: p.name, Num: num, Values: values}
			at := 0
			for i, c := range cells {
				if i == p.geom {
					if b, ok := c.([]byte); ok {
						if row.Geom, err = decodeGeoPackage(b); err != nil {
							row.Err = &rowError{RuleGeometry, "geometry", "", "the geometry cannot be read: " + err.Error(), "图形无法读取"}
						}
					}
					continue
				}
				values[at] = cellText(c)
				at++
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Row{}, refuse(p.name, err, "breaks off"))
		}
	}
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
	if b[3]&0x10 != 0 { // empty
		return nil, nil
	}
	head := 8 + []int{0, 32, 48, 48, 64, 0, 0, 0}[b[3]>>1&7]
	if len(b) < head+5 {
		return nil, errors.New("it is cut off")
	}
	body := flatWKB(append([]byte(nil), b[head:]...))
	return wkb.Unmarshal(body)
}

// flatWKB refuses nothing: it returns the bytes as they are; geometries with Z or M come back as an error of the decoder.
func flatWKB(b []byte) []byte {
	if len(b) >= 5 && b[0] == 1 {
		if t := binary.LittleEndian.Uint32(b[1:]); t > 1000 && t < 1008 && t == 1001 { // a point with a height
			binary.LittleEndian.PutUint32(b[1:], 1)
		}
	}
	return b
}
