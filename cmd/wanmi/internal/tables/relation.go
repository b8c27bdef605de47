package tables

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/lib/pq"

	"wanmi/data/postgis"
	"wanmi/gis"
)

// relation is a table or view as its database describes it.
type relation struct {
	spec    *Spec
	pg      string // the schema of PostGIS, quoted, with its dot
	from    string // schema and table, quoted
	comment string
	geom    column
	kind    gis.GeomType
	curved  bool // the geometries may have arcs
	stored  int  // the SRID the column states; 0: none
	srid    int  // the SRID the geometries have
	id      string
	columns []column // the properties

	mu    sync.Mutex
	ready map[string]*sql.Stmt // by text
}

// column is a column, and the property made of it.
type column struct {
	name, property string
	typ            string // as PostgreSQL names it, of a domain that below it
	comment        string
	minZoom        int
}

// projected reports whether the geometries lie in a system whose axes are not those of the map: not web mercator, nor longitude and latitude.
func (r *relation) projected() bool { return r.srid != mercator && r.srid != lonLat }

// describe asks a database what a table is. What does not fit the spec is a [Fault].
func describe(ctx context.Context, db *postgis.Reader, spec *Spec) (*relation, error) {
	schema, table := spec.place()
	r := &relation{spec: spec, from: pq.QuoteIdentifier(schema) + "." + pq.QuoteIdentifier(table), ready: map[string]*sql.Stmt{}}
	fail := func(err error) (*relation, error) {
		if errors.As(err, new(*Fault)) {
			return nil, err
		}
		return nil, db.Wrap(err, "describe "+schema+"."+table)
	}
	var pg sql.NullString
	err := db.DB.QueryRowContext(ctx, `SELECT (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis')`).Scan(&pg)
	if err != nil {
		return fail(err)
	}
	if !pg.Valid {
		return nil, spec.fault("table", "%s has no PostGIS; have an administrator run CREATE EXTENSION postgis in it", db.Name())
	}
	r.pg = pq.QuoteIdentifier(pg.String) + "."
	oid, err := r.find(ctx, db, schema, table)
	if err != nil {
		return fail(err)
	}
	all, key, err := columnsOf(ctx, db, oid)
	if err != nil {
		return fail(err)
	}
	if err := r.geometry(ctx, db, schema, table, all); err != nil {
		return fail(err)
	}
	if err := r.identify(all, key); err != nil {
		return fail(err)
	}
	if err := r.choose(all); err != nil {
		return fail(err)
	}
	// What only a real question shows: a function that is not there, a view over something the role may not read.
	if _, err := db.DB.ExecContext(ctx, r.probe(), r.arguments(frame{}, frame{}, 1)...); err != nil {
		return fail(err)
	}
	return r, nil
}

// find returns the number of the table, which the role must be allowed to read.
func (r *relation) find(ctx context.Context, db *postgis.Reader, schema, table string) (oid int64, err error) {
	var comment sql.NullString
	var user string
	var may bool
	err = db.DB.QueryRowContext(ctx, `SELECT c.oid, obj_description(c.oid, 'pg_class'), current_user,
		has_schema_privilege(n.oid, 'USAGE') AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`, schema, table).Scan(&oid, &comment, &user, &may)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, r.missing(ctx, db, schema, table)
	}
	if err == nil && !may {
		err = r.spec.fault("table", "the role %s may not read %s.%s; have it granted: GRANT USAGE ON SCHEMA %s TO %s; GRANT SELECT ON %s TO %s",
			user, schema, table, pq.QuoteIdentifier(schema), pq.QuoteIdentifier(user), r.from, pq.QuoteIdentifier(user))
	}
	r.comment = comment.String
	return oid, err
}

// missing names tables there are instead.
func (r *relation) missing(ctx context.Context, db *postgis.Reader, schema, table string) error {
	near, err := texts(ctx, db, `SELECT DISTINCT f_table_schema || '.' || f_table_name FROM `+r.pg+`geometry_columns
		ORDER BY 1 LIMIT 12`)
	if err != nil {
		return err
	}
	if len(near) == 0 {
		return r.spec.fault("table", "%s has no table or view %s.%s, and none with geometry that this role may read", db.Name(), schema, table)
	}
	return r.spec.fault("table", "%s has no table or view %s.%s; with geometry there are %s", db.Name(), schema, table, strings.Join(near, ", "))
}

func texts(ctx context.Context, db *postgis.Reader, query string, args ...any) ([]string, error) {
	rows, err := db.DB.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// columnsOf returns the columns in their order, and the primary key when it is one column.
func columnsOf(ctx context.Context, db *postgis.Reader, oid int64) (all []column, key string, err error) {
	rows, err := db.DB.QueryContext(ctx, `SELECT a.attname, COALESCE(b.typname, t.typname), COALESCE(col_description(a.attrelid, a.attnum), ''),
		EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
		WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, oid)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for rows.Next() {
		var c column
		var primary bool
		if err := rows.Scan(&c.name, &c.typ, &c.comment, &primary); err != nil {
			return nil, "", err
		}
		c.property = c.name
		all = append(all, c)
		if primary {
			key = c.name
		}
	}
	return all, key, rows.Err()
}

// geometry finds the geometry column and its SRID.
func (r *relation) geometry(ctx context.Context, db *postgis.Reader, schema, table string, all []column) error {
	rows, err := db.DB.QueryContext(ctx, `SELECT f_geometry_column, srid, type FROM `+r.pg+`geometry_columns WHERE f_table_schema = $1 AND f_table_name = $2 ORDER BY 1`, schema, table)
	if err != nil {
		return err
	}
	defer rows.Close()
	var names []string
	var typ string
	for rows.Next() {
		var name, t string
		var srid int
		if err := rows.Scan(&name, &srid, &t); err != nil {
			return err
		}
		if names = append(names, name); r.geom.name == "" && (name == r.spec.Geom || r.spec.Geom == "") {
			r.geom, r.stored, typ = column{name: name}, srid, t
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	switch {
	case len(names) == 0:
		for _, c := range all {
			if c.typ == "geography" {
				return r.spec.fault("geometry", "%s.%s has geography and no geometry; make a view of it with %s::geometry(Geometry, 4326) AS geom", schema, table, pq.QuoteIdentifier(c.name))
			}
		}
		return r.spec.fault("geometry", "%s.%s has no geometry column", schema, table)
	case r.geom.name == "":
		return r.spec.fault("geometry", "%s.%s has no geometry column %q; there is %s", schema, table, r.spec.Geom, strings.Join(names, ", "))
	case r.spec.Geom == "" && len(names) > 1:
		return r.spec.fault("geometry", "%s.%s has several geometry columns; say which: %s", schema, table, strings.Join(names, ", "))
	}
	r.kind, r.curved = kindOf(typ)
	return r.reference(ctx, db)
}

// Numbers of systems.
const (
	mercator = 3857
	lonLat   = 4326
	cgcs2000 = 4490 // counts as lonLat
)

// reference settles the system of the geometries.
func (r *relation) reference(ctx context.Context, db *postgis.Reader) error {
	if r.srid = r.spec.SRID; r.srid == 0 {
		r.srid = r.stored
	}
	if r.srid == 0 {
		return r.spec.fault("srid", "column %s of %s states no SRID; say which its coordinates are in, as srid: 4490", r.geom.name, r.from)
	}
	var known bool
	if err := db.DB.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM `+r.pg+`spatial_ref_sys WHERE srid = $1)`, r.srid).Scan(&known); err != nil {
		return err
	}
	if !known {
		return r.spec.fault("srid", "%s does not know SRID %d (it is not in spatial_ref_sys)", db.Name(), r.srid)
	}
	if r.srid == cgcs2000 {
		r.srid = lonLat
	}
	return nil
}

// kindOf reads a type of geometry_columns.
func kindOf(typ string) (kind gis.GeomType, curved bool) {
	switch strings.TrimRight(strings.TrimPrefix(typ, "MULTI"), "ZM") {
	case "POINT":
		return gis.Point, false
	case "LINESTRING":
		return gis.Line, false
	case "POLYGON":
		return gis.Polygon, false
	}
	return gis.Any, true
}

var wholeNumbers = []string{"int2", "int4", "int8"}

// identify settles the column of feature ids.
func (r *relation) identify(all []column, key string) error {
	name := r.spec.ID
	if name == "" {
		name = key
	}
	i := slices.IndexFunc(all, func(c column) bool { return c.name == name })
	switch {
	case r.spec.ID == "" && (i < 0 || !slices.Contains(wholeNumbers, all[i].typ)):
		return nil
	case i < 0:
		return r.spec.fault("id", "%s has no column %q; there are %s", r.from, name, names(all))
	case !slices.Contains(wholeNumbers, all[i].typ):
		return r.spec.fault("id", "column %s is %s; ids are whole numbers. Without id: features have none", name, all[i].typ)
	}
	r.id = name
	return nil
}

// choose settles the properties.
func (r *relation) choose(all []column) error {
	if r.spec.All {
		for _, c := range all {
			if _, ok := valueOf(c); ok {
				r.columns = append(r.columns, c)
			}
		}
		return nil
	}
	for _, w := range r.spec.Columns {
		i := slices.IndexFunc(all, func(c column) bool { return c.name == w.source() })
		if i < 0 {
			return r.spec.fault("columns", "%s has no column %q; there are %s", r.from, w.source(), names(all))
		}
		c := all[i]
		if _, ok := valueOf(c); !ok {
			return r.spec.fault("columns", "column %s is %s, which is no property of a tile", c.name, c.typ)
		}
		c.property, c.minZoom = w.Name, w.MinZoom
		r.columns = append(r.columns, c)
	}
	return nil
}

func names(all []column) string {
	out := make([]string, len(all))
	for i, c := range all {
		out[i] = c.name
	}
	return strings.Join(out, ", ")
}

// valueOf returns the type of the property made of a column; ok is false for what is none.
func valueOf(c column) (typ gis.FieldType, ok bool) {
	switch c.typ {
	case "geometry", "geography", "raster", "bytea", "topogeometry", "box2d", "box3d", "tsvector":
		return gis.Text, false
	case "bool":
		return gis.Bool, true
	case "int2", "int4", "int8":
		return gis.Int, true
	case "float4", "float8", "numeric":
		return gis.Real, true
	}
	return gis.Text, true
}
