package gpkg

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"wanmi/gis"
)

// QGIS, and whatever writes through GDAL, may edit the file itself. Triggers on every layer then do what the store does for its own
// writes: the former version goes into the history, the change into the log under a generation of its own, the row gets the number of
// that change. A running server takes it up like any other process' write. A row with another key, and a new row, they refuse: codes
// are given by the store. They speak SQL of any SQLite with JSON and R-trees, so they look up where a row lay in the R-tree, and leave
// where it lies now out of the log.
//
// The store's own writes say so in wanmi_state before they change a row, and take it back before they commit: nobody else ever sees it.

// FileActor and FileSource are who and what the change log names for an edit of the file by another program.
const (
	FileActor  = "file"
	FileSource = "edit of the file"
)

// ownWriteSQL brings a file of version 3 to version 4. The triggers come with the tables.
const ownWriteSQL = `INSERT INTO wanmi_state VALUES ('own_write', 0);`

const (
	markSQL   = `UPDATE wanmi_state SET value = 1 WHERE name = 'own_write'`
	unmarkSQL = `UPDATE wanmi_state SET value = 0 WHERE name = 'own_write'`

	foreign = `(SELECT value FROM wanmi_state WHERE name = 'own_write') = 0`

	refuseInsert = "请经服务器（/ogc，OGC API - Features）或用 wanmi import 新增：编码由库统一赋予 · add rows through the server (/ogc) or by wanmi import: the store gives the codes"
	refuseKey    = "编码与行号不能在文件中修改 · the key and the number of a row cannot be changed in the file"
	refuseShape  = "图层不接受此几何类型 · a shape of this type is not for this layer"
)

// editTrigger is a trigger for edits of other programs, by its name and what follows it.
type editTrigger struct{ name, body string }

// editTriggers returns the triggers of a layer of a store.
func (t *table) editTriggers() []editTrigger {
	tab, key := quote(t.name), quote(t.key)
	name := func(what string) string { return "wanmi_edit_" + t.name + "_" + what }
	changed := []string{"NEW.rev IS NOT OLD.rev"}
	for _, c := range t.columns {
		changed = append(changed, fmt.Sprintf("NEW.%[1]s IS NOT OLD.%[1]s", quote(c)))
	}
	edited := foreign + " AND (" + strings.Join(changed, " OR ") + ")"
	out := []editTrigger{
		{name("insert"), "BEFORE INSERT ON " + tab + " WHEN " + foreign + " BEGIN " + abort(refuseInsert) + " END"},
		{name("key"), fmt.Sprintf("BEFORE UPDATE OF fid, %[1]s ON %[2]s WHEN (NEW.fid IS NOT OLD.fid OR NEW.%[1]s IS NOT OLD.%[1]s) AND %[3]s BEGIN %[4]s END",
			key, tab, foreign, abort(refuseKey))},
		{name("before"), "BEFORE UPDATE ON " + tab + " WHEN " + edited + " BEGIN " + t.logEdit(gis.Update) + t.keepOld("OLD.rev", "") + " END"},
		// An update by a trigger fires triggers in its turn, and this one too where a program, as GDAL, wants them to recur.
		{name("after"), "AFTER UPDATE ON " + tab + " WHEN " + edited + " BEGIN " + markSQL + "; UPDATE " + tab +
			" SET rev = (SELECT max(seq) FROM change_log) WHERE fid = NEW.fid; " + unmarkSQL + "; END"},
		{name("delete"), "BEFORE DELETE ON " + tab + " WHEN " + foreign + " BEGIN " + t.logEdit(gis.Delete) + t.keepOld("OLD.rev", "") +
			t.keepOld("(SELECT max(seq) FROM change_log)", gis.Delete) + " END"},
	}
	if t.hasGeom() {
		out = append(out, editTrigger{name("shape"), "BEFORE UPDATE OF geom ON " + tab + " WHEN NEW.geom IS NOT OLD.geom AND " + foreign +
			" AND NOT " + t.readableSQL() + " BEGIN " + abort(refuseShape) + " END"})
	}
	return out
}

func abort(why string) string { return "SELECT RAISE(ABORT, '" + why + "');" }

// logEdit logs a change of the row OLD.
func (t *table) logEdit(op gis.Op) string {
	bounds := "NULL, NULL, NULL, NULL"
	if t.hasGeom() {
		var cols []string
		for _, c := range [...]string{"minx", "miny", "maxx", "maxy"} {
			cols = append(cols, fmt.Sprintf("(SELECT %s FROM %s WHERE id = OLD.fid)", c, quote(t.rtree())))
		}
		bounds = strings.Join(cols, ", ")
	}
	return fmt.Sprintf(`UPDATE wanmi_state SET value = value + 1 WHERE name = 'generation';
INSERT INTO change_log (gen, layer, key, op, old_min_x, old_min_y, old_max_x, old_max_y, actor, source, at)
SELECT value, '%s', OLD.%s, '%s', %s, '%s', '%s', strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now') FROM wanmi_state WHERE name = 'generation';
`, t.name, quote(t.key), op, bounds, FileActor, FileSource)
}

// keepOld keeps the row OLD as a version.
func (t *table) keepOld(rev string, op gis.Op) string {
	return fmt.Sprintf("INSERT INTO feature_history (layer, key, feature, rev, op, shape, fields) VALUES ('%s', OLD.%s, OLD.fid, %s, '%s', %s, %s);\n",
		t.name, quote(t.key), rev, op, t.shapeSQL("OLD."), t.fieldsSQL("OLD."))
}

// readableSQL says whether NEW.geom is one of the types the store reads, by the head of the blob: two dimensions, no collection, no curve.
func (t *table) readableSQL() string {
	kinds := map[gis.GeomType][]int{gis.Point: {1}, gis.Line: {2, 5}, gis.Polygon: {3, 6}}[t.layer.Geom]
	if kinds == nil {
		kinds = []int{1, 2, 3, 4, 5, 6}
	}
	var heads []string
	for _, k := range kinds {
		heads = append(heads, fmt.Sprintf("'010%d000000', '000000000%d'", k, k))
	}
	// The fourth byte says how long an envelope is: none, two dimensions, three, four.
	const head = `hex(substr(NEW.geom, 9 + CASE WHEN flags IN ('00', '01') THEN 0 WHEN flags IN ('02', '03') THEN 32
WHEN flags IN ('04', '05', '06', '07') THEN 48 WHEN flags IN ('08', '09') THEN 64 END, 5))`
	return fmt.Sprintf(`(NEW.geom IS NULL OR (SELECT typeof(NEW.geom) = 'blob' AND hex(substr(NEW.geom, 1, 3)) = '475000'
AND (flags GLOB '1[0-9]' OR %s IN (%s)) FROM (SELECT hex(substr(NEW.geom, 4, 1)) AS flags)))`, head, strings.Join(heads, ", "))
}

func (e editTrigger) create() string { return "CREATE TRIGGER " + quote(e.name) + " " + e.body }
func (e editTrigger) drop() string   { return "DROP TRIGGER IF EXISTS " + quote(e.name) }

// editTriggersMade reports whether the file has the triggers for edits of every layer as this program makes them.
func (s *Store) editTriggersMade(ctx context.Context, q rowQuerier) (bool, error) {
	made, err := triggersOf(ctx, q)
	if err != nil {
		return false, err
	}
	for _, t := range s.tables {
		for _, e := range t.editTriggers() {
			if made[e.name] != e.create() {
				return false, nil
			}
		}
	}
	return true, nil
}

// ensureEditTriggers makes the triggers for edits, also anew where a layer has got other fields.
func (s *Store) ensureEditTriggers(ctx context.Context, tx *sql.Tx) error {
	made, err := triggersOf(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range s.tables {
		for _, e := range t.editTriggers() {
			if made[e.name] == e.create() {
				continue
			}
			for _, stmt := range [...]string{e.drop(), e.create()} {
				if _, err := tx.ExecContext(ctx, stmt); err != nil {
					return fmt.Errorf("%s: %w", e.name, err)
				}
			}
		}
	}
	return nil
}

// triggersOf returns the statements that made the triggers of the file.
func triggersOf(ctx context.Context, q rowQuerier) (map[string]string, error) {
	rows, err := q.QueryContext(ctx, `SELECT name, sql FROM sqlite_master WHERE type = 'trigger'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	made := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		made[name] = text
	}
	return made, rows.Err()
}
