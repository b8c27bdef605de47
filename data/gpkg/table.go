package gpkg

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"wanmi/gis"
)

// table is how one layer stands in the file: fid, geom where there is geometry, the key (the layer's key field, or a
// column "key"), the other fields, and rev, the Seq of the write that last touched the row.
type table struct {
	layer   *gis.Layer
	name    string
	key     string   // the key column
	columns []string // what a row stores besides fid and rev, in the order of row.args: geom, key when it is no field, fields
	selects []string // the same as expressions to read
	fields  int      // how many of columns stand before the first field
}

func newTable(l *gis.Layer) *table {
	t := &table{layer: l, name: l.Name, key: l.Key}
	if l.Geom != gis.NoGeom {
		t.columns = append(t.columns, "geom")
	}
	if t.key == "" {
		t.key = "key"
		t.columns = append(t.columns, t.key)
	}
	t.fields = len(t.columns)
	for _, c := range t.columns {
		t.selects = append(t.selects, quote(c))
	}
	for _, f := range l.Fields {
		t.columns = append(t.columns, f.Name)
		t.selects = append(t.selects, t.selectExpr(f))
	}
	return t
}

// selectExpr reads a field's column. The unary plus hides the declared type: the driver would turn dates into time.Time.
func (t *table) selectExpr(f gis.Field) string {
	switch f.Type {
	case gis.Date, gis.Time, gis.Bool:
		return "+" + quote(f.Name)
	}
	return quote(f.Name)
}

// hasGeom reports whether the table has a geometry column; it is then the first of columns.
func (t *table) hasGeom() bool { return t.layer.Geom != gis.NoGeom }

// keyIsField reports whether the key is one of the fields.
func (t *table) keyIsField() bool { return t.layer.Key != "" }

// keyColumn is the position of the key in columns.
func (t *table) keyColumn() int {
	if !t.keyIsField() {
		return t.fields - 1
	}
	return t.fields + t.layer.Index(t.layer.Key)
}

// madeKey returns the key the store makes for a row of a layer without a key field.
func (t *table) madeKey(id int64) string { return t.name[:1] + strconv.FormatInt(id, 10) }

// isMadeKey reports whether key has the form of a made one; such keys are the store's own.
func (t *table) isMadeKey(key string) bool {
	if t.keyIsField() || len(key) < 2 || key[0] != t.name[0] {
		return false
	}
	return strings.Trim(key[1:], "0123456789") == ""
}

func (t *table) rtree() string { return "rtree_" + t.name + "_geom" }

// geometryType is the GeoPackage name of what the layer's column holds.
func (t *table) geometryType() string {
	switch t.layer.Geom {
	case gis.Point:
		return "POINT"
	case gis.Line:
		return "MULTILINESTRING"
	case gis.Polygon:
		return "MULTIPOLYGON"
	}
	return "GEOMETRY"
}

// missing returns the fields have does not hold.
func (t *table) missing(have map[string]bool) []gis.Field {
	var out []gis.Field
	for _, f := range t.layer.Fields {
		if !have[f.Name] {
			out = append(out, f)
		}
	}
	return out
}

// create makes the table, its R-tree and its entries in the GeoPackage's own tables.
func (t *table) create(ctx context.Context, tx *sql.Tx) error {
	stmts := []string{t.createSQL(true)}
	kind := "attributes"
	if t.hasGeom() {
		kind = "features"
		stmts = append(stmts, fmt.Sprintf(`CREATE VIRTUAL TABLE %s USING rtree(id, minx, maxx, miny, maxy)`, quote(t.rtree())))
		stmts = append(stmts, t.rtreeTriggers()...)
	}
	for _, s := range stmts {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return t.register(ctx, tx, kind, t.layer.Zh+" · "+t.layer.En)
}

// createSQL returns the statement that makes the table, with the revision and a unique key when own.
func (t *table) createSQL(own bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", quote(t.name))
	if t.hasGeom() {
		fmt.Fprintf(&b, ", geom %s", t.geometryType())
	}
	if !t.keyIsField() {
		b.WriteString(", key TEXT NOT NULL UNIQUE")
	}
	for _, f := range t.layer.Fields {
		fmt.Fprintf(&b, ", %s %s", quote(f.Name), columnType(f.Type))
		if f.Name == t.key {
			b.WriteString(" NOT NULL UNIQUE")
		}
	}
	if own {
		b.WriteString(", rev INTEGER NOT NULL DEFAULT 0")
	}
	b.WriteString(")")
	return b.String()
}

// register enters the table into gpkg_contents and, with geometry, into gpkg_geometry_columns and gpkg_extensions.
func (t *table) register(ctx context.Context, tx *sql.Tx, kind, description string) error {
	var srs any
	if t.hasGeom() {
		srs = srsCGCS2000
	}
	_, err := tx.ExecContext(ctx,
		`INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id) VALUES (?, ?, ?, ?, ?)`,
		t.name, kind, t.name, description, srs)
	if err != nil || !t.hasGeom() {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', ?, ?, 0, 0)`, t.name, t.geometryType(), srsCGCS2000)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO gpkg_extensions VALUES (?, 'geom', 'gpkg_rtree_index', ?, 'write-only')`, t.name, rtreeDefinition)
	return err
}

// triggerNames are the suffixes of the standard's triggers on a table with an R-tree.
var triggerNames = [...]string{"insert", "update1", "update2", "update3", "update4", "delete"}

// rtreeTriggers returns the triggers of GeoPackage 1.3, annex F.3: they keep the R-tree right when another program edits.
func (t *table) rtreeTriggers() []string {
	rt, tab := quote(t.rtree()), quote(t.name)
	put := "INSERT OR REPLACE INTO " + rt + ` VALUES (NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom));`
	drop := "DELETE FROM " + rt + " WHERE id = OLD.fid;"
	const filled = `(NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))`
	const blank = `(NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))`
	bodies := [...]string{
		"AFTER INSERT ON " + tab + " WHEN " + filled + " BEGIN " + put + " END",
		"AFTER UPDATE OF geom ON " + tab + " WHEN OLD.fid = NEW.fid AND " + filled + " BEGIN " + put + " END",
		"AFTER UPDATE OF geom ON " + tab + " WHEN OLD.fid = NEW.fid AND " + blank + " BEGIN " + drop + " END",
		"AFTER UPDATE ON " + tab + " WHEN OLD.fid != NEW.fid AND " + filled + " BEGIN " + drop + " " + put + " END",
		"AFTER UPDATE ON " + tab + " WHEN OLD.fid != NEW.fid AND " + blank + " BEGIN DELETE FROM " + rt + " WHERE id IN (OLD.fid, NEW.fid); END",
		"AFTER DELETE ON " + tab + " WHEN OLD.geom NOT NULL BEGIN " + drop + " END",
	}
	out := make([]string, len(bodies))
	for i, body := range bodies {
		out[i] = fmt.Sprintf("CREATE TRIGGER %s %s", quote(t.rtree()+"_"+triggerNames[i]), body)
	}
	return out
}

// createTriggers returns all triggers of a layer of a store.
func (t *table) createTriggers() []string {
	out := t.rtreeTriggers()
	for _, e := range t.editTriggers() {
		out = append(out, e.create())
	}
	return out
}

// dropTriggers returns the statements that take the triggers away, for the time of a bulk write.
func (t *table) dropTriggers() []string {
	out := make([]string, len(triggerNames))
	for i, n := range triggerNames {
		out[i] = "DROP TRIGGER IF EXISTS " + quote(t.rtree()+"_"+n)
	}
	for _, e := range t.editTriggers() {
		out = append(out, e.drop())
	}
	return out
}

// The statements of a table. The row's columns come in the order of t.columns.

func (t *table) insertSQL() string {
	return fmt.Sprintf(`INSERT INTO %s (fid, %s, rev) VALUES (?%s, ?) ON CONFLICT (%s) DO NOTHING`,
		quote(t.name), t.columnList(), strings.Repeat(", ?", len(t.columns)), quote(t.key))
}

// updateSQL sets every column but those before from, then rev, where fid.
func (t *table) updateSQL(from int) string {
	sets := make([]string, 0, len(t.columns)+1)
	for _, c := range t.columns[from:] {
		sets = append(sets, quote(c)+" = ?")
	}
	return fmt.Sprintf(`UPDATE %s SET %s, rev = ? WHERE fid = ?`, quote(t.name), strings.Join(sets, ", "))
}

func (t *table) selectSQL(where string) string {
	return fmt.Sprintf(`SELECT fid, rev, %s FROM %s %s`, strings.Join(t.selects, ", "), quote(t.name), where)
}

func (t *table) byKeySQL() string { return t.selectSQL("WHERE " + quote(t.key) + " = ?") }

func (t *table) columnList() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = quote(c)
	}
	return strings.Join(names, ", ")
}

// archiveSQL copies rows into feature_history under op and, when given, another rev than the row's own.
func (t *table) archiveSQL(op, rev, where string) string {
	return fmt.Sprintf(`INSERT INTO feature_history (layer, key, feature, rev, op, shape, fields) SELECT '%s', %s, fid, %s, '%s', %s, %s FROM %s %s`,
		t.name, quote(t.key), rev, op, t.shapeSQL(""), t.fieldsSQL(""), quote(t.name), where)
}

// shapeSQL and fieldsSQL are what feature_history keeps of a row; prefix names the table, as "t.".
func (t *table) shapeSQL(prefix string) string {
	if !t.hasGeom() {
		return "NULL"
	}
	return prefix + "geom"
}

func (t *table) fieldsSQL(prefix string) string {
	pairs := make([]string, 0, len(t.layer.Fields))
	for _, f := range t.layer.Fields {
		pairs = append(pairs, fmt.Sprintf("'%s', %s%s", f.Name, prefix, quote(f.Name)))
	}
	return "json_object(" + strings.Join(pairs, ", ") + ")"
}
