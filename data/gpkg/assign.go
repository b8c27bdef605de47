package gpkg

import (
	"cmp"
	"database/sql"
	"fmt"
	"iter"
	"strings"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// Row by row 40,000 components took more than three seconds to be told their cells: each was read whole, written whole and
// archived whole. Assign writes two narrow temporary tables, which rows and which values, and lets SQLite do the rest in
// one pass by id each for history and rows: 8 microseconds a row, the R-tree and its triggers untouched.

// opAssign marks a row of feature_history that holds only the fields the next version has others of.
const opAssign = "assign"

// assignRows is how many rows a statement brings into the temporary table.
const assignRows = 128

// Assign implements data.Tx.
func (t *tx) Assign(layer string, fields []string, rows iter.Seq[data.Assigned]) (int64, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	l, err := t.settled(layer)
	if err != nil {
		return 0, err
	}
	at, err := kept.Assignable(l.t.layer, fields)
	if err != nil {
		return 0, err
	}
	var n int64
	if t.info.Bulk {
		n, err = l.assignAll(at, rows)
	} else {
		n, err = l.assignEach(at, rows)
	}
	return n, t.fail(err, "assign fields of "+layer)
}

// encodeAssigned returns the values as they stand in their columns.
func (l *layerTx) encodeAssigned(at []int, r data.Assigned) ([]any, error) {
	if len(r.Values) != len(at) {
		return nil, gis.E(gis.Invalid, nil, "%s %d: %d values for %d fields", l.t.name, r.ID, len(r.Values), len(at))
	}
	out := make([]any, len(at))
	for i, v := range r.Values {
		var err error
		if out[i], err = encodeValue(&l.t.layer.Fields[at[i]], v); err != nil {
			return nil, gis.E(gis.Invalid, nil, "%s %d: %v", l.t.name, r.ID, err)
		}
	}
	return out, nil
}

// assignEach goes row by row, for writes that log each change.
func (l *layerTx) assignEach(at []int, rows iter.Seq[data.Assigned]) (n int64, err error) {
	stmt, err := l.tx.sql.PrepareContext(l.tx.own, l.t.selectSQL("WHERE fid = ?"))
	if err != nil {
		return 0, err
	}
	defer stmt.Close()
	sc := newScanner(l.t)
	for r := range rows {
		if err := l.tx.check(); err != nil {
			return n, err
		}
		if _, err := l.encodeAssigned(at, r); err != nil {
			return n, err
		}
		found, err := scanOne(stmt.QueryRowContext(l.tx.own, r.ID), sc)
		if err != nil {
			return n, err
		}
		if !found {
			continue
		}
		f, err := sc.feature()
		if err != nil {
			return n, err
		}
		for i, k := range at {
			f.Values[k] = r.Values[i]
		}
		if err := l.encode(&f); err != nil {
			return n, gis.E(gis.Invalid, nil, "%s %s: %v", l.t.name, f.Key, err)
		}
		_, changed, err := l.update(&f)
		if err != nil {
			return n, err
		}
		if changed {
			n++
		}
	}
	return n, nil
}

// assignChunk is how many rows a bulk write is told before it changes them: while SQLite does, who tells finds out the next.
// All at once, placing the 40,000 components of a city and writing where they lie each had a core to itself, one after the other.
const assignChunk = 4096

// assignment is Assign in a bulk write.
type assignment struct {
	*layerTx
	at          []int
	history     string         // what keeps the former versions of the rows in the temporary tables
	update      string         // what changes those rows
	number      map[*any]int64 // of the values told so far, by their first: rows that share their Values share a row of values
	value, many *sql.Stmt      // what fills the temporary tables
	args        []any          // of many
	told        int64          // rows in the temporary table
	triggers    bool           // are taken off
}

// assignAll is Assign in a bulk write.
func (l *layerTx) assignAll(at []int, rows iter.Seq[data.Assigned]) (n int64, err error) {
	a := assignment{layerTx: l, at: at, number: map[*any]int64{}, args: make([]any, 0, 2*assignRows)}
	if err := a.begin(); err != nil {
		return 0, err
	}
	for r := range rows {
		if err = l.tx.check(); err == nil {
			err = a.tell(r)
		}
		if err == nil && a.told >= assignChunk {
			err = a.change(&n)
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = a.change(&n)
	}
	return n, cmp.Or(err, a.end())
}

// begin makes the temporary tables and the statements.
func (a *assignment) begin() (err error) {
	t := a.t
	cols := make([]string, len(a.at))
	differs := make([]string, len(a.at))
	sets := make([]string, len(a.at))
	former := make([]string, len(a.at))
	blank := make([]string, len(a.at))
	for i, k := range a.at {
		name := t.layer.Fields[k].Name
		cols[i] = fmt.Sprintf("c%d", i)
		differs[i] = fmt.Sprintf("t.%s IS NOT v.c%d", quote(name), i)
		sets[i] = fmt.Sprintf("%s = v.c%d", quote(name), i)
		former[i] = fmt.Sprintf("'%s', t.%s", name, quote(name))
		blank[i] = fmt.Sprintf("t.%s IS NULL", quote(name))
	}
	err = a.execAll(
		`CREATE TEMP TABLE wanmi_value (id INTEGER PRIMARY KEY, `+strings.Join(cols, ", ")+`)`,
		`CREATE TEMP TABLE wanmi_assigned (fid INTEGER PRIMARY KEY, value INTEGER NOT NULL)`)
	if err != nil {
		return err
	}
	const with = `temp.wanmi_assigned a JOIN temp.wanmi_value v ON v.id = a.value`
	// The plus keeps SQLite from going through the whole layer, looking for each row whether it was told.
	where := "t.fid = +a.fid AND (" + strings.Join(differs, " OR ") + ")"
	// A version this same bulk write made was never seen by anybody and is not kept.
	// Most often a row had nothing before: that object is made once.
	a.history = fmt.Sprintf(`INSERT INTO feature_history (layer, key, feature, rev, op, shape, fields) SELECT '%s', t.%s, t.fid, t.rev, '%s', NULL,
		CASE WHEN %s THEN ? ELSE json_object(%s) END
		FROM %s CROSS JOIN %s t WHERE %s AND t.rev <> ?`, t.name, quote(t.key), opAssign, strings.Join(blank, " AND "), strings.Join(former, ", "),
		with, quote(t.name), where)
	a.update = fmt.Sprintf(`UPDATE %s AS t SET %s, rev = ? FROM %s WHERE %s`, quote(t.name), strings.Join(sets, ", "), with, where)
	if a.value, err = a.tx.sql.PrepareContext(a.tx.own, `INSERT INTO temp.wanmi_value VALUES (?`+strings.Repeat(", ?", len(a.at))+`)`); err != nil {
		return err
	}
	a.many, err = a.tx.sql.PrepareContext(a.tx.own, `INSERT OR REPLACE INTO temp.wanmi_assigned VALUES (?, ?)`+strings.Repeat(", (?, ?)", assignRows-1))
	return err
}

// tell brings a row into the temporary tables.
func (a *assignment) tell(r data.Assigned) error {
	if len(r.Values) != len(a.at) {
		_, err := a.encodeAssigned(a.at, r)
		return err
	}
	id, ok := a.number[&r.Values[0]]
	if !ok {
		enc, err := a.encodeAssigned(a.at, r)
		if err != nil {
			return err
		}
		id = int64(len(a.number)) + 1
		a.number[&r.Values[0]] = id
		if _, err := a.value.ExecContext(a.tx.own, append([]any{id}, enc...)...); err != nil {
			return err
		}
	}
	a.told++
	if a.args = append(a.args, r.ID, id); len(a.args) < cap(a.args) {
		return nil
	}
	_, err := a.many.ExecContext(a.tx.own, a.args...)
	a.args = a.args[:0]
	return err
}

// change changes the rows told since it was called last, and adds to n how many were other than told.
func (a *assignment) change(n *int64) error {
	l := a.layerTx
	if len(a.args) > 0 {
		last := `INSERT OR REPLACE INTO temp.wanmi_assigned VALUES (?, ?)` + strings.Repeat(", (?, ?)", len(a.args)/2-1)
		if _, err := l.tx.sql.ExecContext(l.tx.own, last, a.args...); err != nil {
			return err
		}
		a.args = a.args[:0]
	}
	if a.told == 0 {
		return nil
	}
	if _, err := l.tx.sql.ExecContext(l.tx.own, a.history, l.t.blankJSON(a.at), l.seq); err != nil {
		return err
	}
	if err := l.tx.mark(); err != nil {
		return err
	}
	seq := l.seq
	if seq == 0 {
		seq = l.tx.seq + 1 // the number this change gets in the log once it is known to be one
	}
	if err := a.untrigger(); err != nil {
		return err
	}
	res, err := l.tx.sql.ExecContext(l.tx.own, a.update, seq)
	if err != nil {
		return err
	}
	changed, err := res.RowsAffected()
	if err == nil && changed > 0 {
		err = l.note(gis.Change{}, false, false)
	}
	*n += changed
	l.updated += changed
	l.assigned = l.assigned || changed > 0
	if err != nil {
		return err
	}
	a.told = 0
	return l.execAll(`DELETE FROM temp.wanmi_assigned`)
}

// untrigger takes the triggers off for an update that touches neither shapes nor ids. SQLite asks those of the R-tree at every row
// all the same, a third of the time: with many rows they are off meanwhile.
func (a *assignment) untrigger() error {
	if a.triggers || !a.t.hasGeom() || a.repack || a.told <= rebuildAfter {
		return nil
	}
	a.triggers = true
	return a.execAll(a.t.dropTriggers()...)
}

// end puts the triggers back and takes the temporary tables away.
func (a *assignment) end() error {
	a.value.Close()
	a.many.Close()
	if a.triggers {
		if err := a.execAll(a.t.createTriggers()...); err != nil {
			return err
		}
	}
	return a.execAll(`DROP TABLE temp.wanmi_assigned`, `DROP TABLE temp.wanmi_value`)
}

// blankJSON is the JSON object of the fields without values.
func (t *table) blankJSON(at []int) string {
	b := []byte{'{'}
	for _, k := range at {
		b = fmt.Appendf(b, `"%s":null,`, t.layer.Fields[k].Name)
	}
	b[len(b)-1] = '}'
	return string(b)
}

func (l *layerTx) execAll(stmts ...string) error {
	for _, s := range stmts {
		if _, err := l.tx.sql.ExecContext(l.tx.own, s); err != nil {
			return err
		}
	}
	return nil
}

// archive keeps the row as it is before a change. A version this same bulk write made was never seen by anybody and is not kept.
func (l *layerTx) archive(fid, rev int64) error {
	if l.seq != 0 && rev == l.seq {
		if l.assigned {
			return l.completeAssigned(fid)
		}
		return nil
	}
	stmt, err := l.prepared(&l.archiveStmt, func() string { return l.t.archiveSQL("", "rev", "WHERE fid = ?") })
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(l.tx.own, fid)
	return err
}

// completeAssigned makes whole what Assign kept of former versions in this write, of one row or, with fid 0, of all, before
// the row they are told apart from changes again.
func (l *layerTx) completeAssigned(fid int64) error {
	t := l.t
	q := fmt.Sprintf(`UPDATE feature_history AS h SET op = '', shape = %s, fields = json_patch(%s, h.fields) FROM %s t
		WHERE h.layer = '%s' AND h.key = t.%s AND h.op = '%s' AND t.rev = ? AND (? = 0 OR t.fid = ?)
		AND h.id = (SELECT max(id) FROM feature_history WHERE layer = '%[4]s' AND key = t.%[5]s)`,
		t.shapeSQL("t."), t.fieldsSQL("t."), quote(t.name), t.name, quote(t.key), opAssign)
	_, err := l.tx.sql.ExecContext(l.tx.own, q, l.seq, fid, fid)
	return err
}
