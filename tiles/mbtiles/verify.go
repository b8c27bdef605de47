package mbtiles

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// Verify looks at everything the specification says of an archive, and at every tile with check, and tells each fault; fault
// returns false to end. What the json value says is the caller's to judge. An error is one of reading, not a fault of the archive.
func (r *Reader) Verify(ctx context.Context, check func(Tile) error, fault func(string) bool) error {
	v := &verifier{r: r, tell: fault, going: true}
	for _, step := range []func(context.Context) error{v.integrity, v.columns, v.metadata, v.places, v.orphans, func(ctx context.Context) error { return v.tiles(ctx, check) }} {
		if err := step(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			v.fault("database: %v", err) // a damaged page is a fault, and more cannot be read
		}
		if !v.going {
			return nil
		}
	}
	return nil
}

type verifier struct {
	r     *Reader
	tell  func(string) bool
	going bool
}

func (v *verifier) fault(format string, args ...any) {
	if v.going {
		v.going = v.tell(fmt.Sprintf(format, args...))
	}
}

// integrity asks SQLite.
func (v *verifier) integrity(ctx context.Context) error {
	rows, err := v.r.db.QueryContext(ctx, `PRAGMA integrity_check(20)`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return err
		}
		if s != "ok" {
			v.fault("database: %s", s)
		}
	}
	return rows.Err()
}

// columns looks at the interface the specification sets.
func (v *verifier) columns(ctx context.Context) error {
	var id int64
	if err := v.r.db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id); err != nil {
		return err
	}
	if id != 0 && id != applicationID {
		v.fault("database: application_id is %#x; %#x marks MBTiles, 0 nothing", id, applicationID)
	}
	for _, t := range []struct{ name, want string }{{"metadata", "name,value"}, {"tiles", "zoom_level,tile_column,tile_row,tile_data"}} {
		rows, err := v.r.db.QueryContext(ctx, `SELECT * FROM `+t.name+` LIMIT 0`)
		if err != nil {
			return err
		}
		cols, err := rows.Columns()
		rows.Close()
		if err != nil {
			return err
		}
		if got := strings.ToLower(strings.Join(cols, ",")); got != t.want {
			v.fault("table %s: its columns are %s; %s are wanted", t.name, got, t.want)
		}
	}
	return nil
}

func (v *verifier) metadata(ctx context.Context) error {
	var twice int
	if err := v.r.db.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM metadata GROUP BY name HAVING count(*) > 1 OR name IS NULL)`).Scan(&twice); err != nil {
		return err
	}
	if twice > 0 {
		v.fault("metadata: %d names stand twice or are null", twice)
	}
	m, err := v.r.SelectAllMetadata(ctx)
	if err != nil {
		return err
	}
	if m["name"] == "" {
		v.fault("metadata: name is missing")
	}
	switch m["format"] {
	case "pbf", "mvt":
		if m["json"] == "" {
			v.fault("metadata: json is missing, which format %s needs", m["format"])
		}
	case "png", "jpg", "webp":
	case "":
		v.fault("metadata: format is missing")
	default:
		v.fault("metadata: format %q; png, jpg, webp, pbf or mvt are known", m["format"])
	}
	if t := m["type"]; t != "" && t != "overlay" && t != "baselayer" {
		v.fault("metadata: type %q; overlay or baselayer are known", t)
	}
	if s, ok := m["scheme"]; ok && s != "tms" {
		v.fault("metadata: scheme %q; rows are always tms", s)
	}
	if s, ok := m["version"]; ok {
		if _, err := strconv.ParseFloat(s, 64); err != nil {
			v.fault("metadata: version %q is no plain number", s)
		}
	}
	return v.ranges(ctx, m)
}

// ranges compares bounds, center and zooms with one another and with the tiles.
func (v *verifier) ranges(ctx context.Context, m map[string]string) error {
	if s, ok := m["bounds"]; ok {
		b, err := Numbers(s, 4)
		if err != nil || b[0] > b[2] || b[1] > b[3] || b[0] < -180 || b[2] > 180 || b[1] < -90 || b[3] > 90 {
			v.fault("metadata: bounds %q; west,south,east,north in degrees are wanted", s)
		}
	}
	if s, ok := m["center"]; ok {
		c, err := Numbers(s, 3)
		if err != nil || c[0] < -180 || c[0] > 180 || c[1] < -90 || c[1] > 90 || c[2] < 0 || c[2] > 30 {
			v.fault("metadata: center %q; longitude,latitude,zoom are wanted", s)
		}
	}
	least, deepest, ok, err := v.r.Zooms(ctx)
	if err != nil {
		return err
	}
	for _, z := range []struct {
		name string
		got  uint8
	}{{"minzoom", least}, {"maxzoom", deepest}} {
		s, has := m[z.name]
		if !has {
			continue
		}
		n, err := strconv.Atoi(s)
		switch {
		case err != nil || n < 0 || n > 30:
			v.fault("metadata: %s %q is no zoom", z.name, s)
		case ok && n != int(z.got):
			v.fault("metadata: %s is %d, the tiles are at %d to %d", z.name, n, least, deepest)
		}
	}
	return nil
}

// places looks for tiles that cannot be and addresses that stand twice.
func (v *verifier) places(ctx context.Context) error {
	rows, err := v.r.db.QueryContext(ctx, `SELECT zoom_level, tile_column, tile_row, typeof(tile_data), coalesce(length(tile_data), 0) FROM tiles
		WHERE typeof(zoom_level) <> 'integer' OR typeof(tile_column) <> 'integer' OR typeof(tile_row) <> 'integer' OR zoom_level NOT BETWEEN 0 AND 30
		OR tile_column < 0 OR tile_column >= 1 << zoom_level OR tile_row < 0 OR tile_row >= 1 << zoom_level
		OR typeof(tile_data) <> 'blob' OR length(tile_data) NOT BETWEEN 1 AND 67108864 LIMIT 1000`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var z, x, y any
		var typ string
		var n int64
		if err := rows.Scan(&z, &x, &y, &typ, &n); err != nil {
			return err
		}
		v.fault("tiles: zoom %v, column %v, row %v with a %s of %d bytes: no such tile", z, x, y, typ, n)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	var twice int64
	err = v.r.db.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM tiles GROUP BY zoom_level, tile_column, tile_row HAVING count(*) > 1)`).Scan(&twice)
	if err == nil && twice > 0 {
		v.fault("tiles: %d addresses stand twice", twice)
	}
	return err
}

// orphans looks into the tables under the view for rows that miss their other half.
func (v *verifier) orphans(ctx context.Context) error {
	for _, l := range []struct{ place, content, key string }{{"tiles_shallow", "tiles_data", "tile_data_id"}, {"map", "images", "tile_id"}} {
		p, err := relation(ctx, v.r.db, l.place)
		if err != nil {
			return err
		}
		c, err := relation(ctx, v.r.db, l.content)
		if err != nil {
			return err
		}
		if p != "table" || c != "table" {
			continue
		}
		var lost, idle int64
		err = v.r.db.QueryRowContext(ctx, fmt.Sprintf(`SELECT (SELECT count(*) FROM %[1]s WHERE %[3]s NOT IN (SELECT %[3]s FROM %[2]s WHERE %[3]s IS NOT NULL)),
			(SELECT count(*) FROM %[2]s WHERE %[3]s NOT IN (SELECT %[3]s FROM %[1]s WHERE %[3]s IS NOT NULL))`, l.place, l.content, l.key)).Scan(&lost, &idle)
		if err != nil {
			return err
		}
		if lost > 0 {
			v.fault("%s: %d tiles have no content in %s", l.place, lost, l.content)
		}
		if idle > 0 {
			v.fault("%s: %d contents belong to no tile", l.content, idle)
		}
	}
	return nil
}

func (v *verifier) tiles(ctx context.Context, check func(Tile) error) error {
	rows, err := v.r.db.QueryContext(ctx, `SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles
		WHERE typeof(tile_data) = 'blob' AND length(tile_data) BETWEEN 1 AND 67108864 AND zoom_level BETWEEN 0 AND 30
		AND tile_column >= 0 AND tile_column < 1 << zoom_level AND tile_row >= 0 AND tile_row < 1 << zoom_level`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() && v.going {
		var z uint8
		var x, y uint32
		var data sql.RawBytes
		if err := rows.Scan(&z, &x, &y, &data); err != nil {
			return err
		}
		t := Tile{Z: z, X: x, Y: uint32(flip(z, y)), Data: data}
		if err := check(t); err != nil {
			v.fault("tile %d/%d/%d: %v", t.Z, t.X, t.Y, err)
		}
	}
	return rows.Err()
}

// Numbers reads n numbers separated by commas, as bounds and center are written.
func Numbers(s string, n int) ([]float64, error) {
	parts := strings.Split(s, ",")
	if len(parts) != n {
		return nil, fmt.Errorf("%d numbers; %d are wanted", len(parts), n)
	}
	out := make([]float64, n)
	for i, p := range parts {
		f, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || f != f {
			return nil, fmt.Errorf("%q is no number", p)
		}
		out[i] = f
	}
	return out, nil
}
