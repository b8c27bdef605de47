package gpkg

import (
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

// assignAll is Assign in a bulk write.
func (l *layerTx) assignAll(at []int, rows iter.Seq[data.Assigned]) (int64, error) {
	cols := make([]string, len(at))
	differs := make([]string, len(at))
	sets := make([]string, len(at))
	former := make([]string, len(at))
	blank := make([]string, len(at))
	for i, k := range at {
		name := l.t.layer.Fields[k].Name
		cols[i] = fmt.Sprintf("c%d", i)
		differs[i] = fmt.Sprintf("t.%s IS NOT v.c%d", quote(name), i)
		sets[i] = fmt.Sprintf("%s = v.c%d", quote(name), i)
		former[i] = fmt.Sprintf("'%s', t.%s", name, quote(name))
		blank[i] = fmt.Sprintf("t.%s IS NULL", quote(name))
	}
	err := l.execAll(
		`CREATE TEMP TABLE wanmi_value (id INTEGER PRIMARY KEY, `+strings.Join(cols, ", ")+`)`,
		`CREATE TEMP TABLE wanmi_assigned (fid INTEGER PRIMARY KEY, value INTEGER NOT NULL)`)
	if err != nil {
		return 0, err
	}
	told, err := l.bringAssigned(at, rows)
	if err != nil {
		l.execAll(`DROP TABLE temp.wanmi_assigned`, `DROP TABLE temp.wanmi_value`)
		return 0, err
	}
	const with = `temp.wanmi_assigned a JOIN temp.wanmi_value v ON v.id = a.value`
	where := "t.fid = a.fid AND (" + strings.Join(differs, " OR ") + ")"
	// A version this same bulk write made was never seen by anybody and is not kept.
	// Most often a row had nothing before: that object is made once.
	q := fmt.Sprintf(`INSERT INTO feature_history (layer, key, feature, rev, op, shape, fields) SELECT '%s', t.%s, t.fid, t.rev, '%s', NULL,
		CASE WHEN %s THEN ? ELSE json_object(%s) END
		FROM %s CROSS JOIN %s t WHERE %s AND t.rev <> ?`, l.t.name, quote(l.t.key), opAssign, strings.Join(blank, " AND "), strings.Join(former, ", "),
		with, quote(l.t.name), where)
	if _, err := l.tx.sql.ExecContext(l.tx.own, q, l.t.blankJSON(at), l.seq); err != nil {
		return 0, err
	}
	if err := l.tx.mark(); err != nil {
		return 0, err
	}
	seq := l.seq
	if seq == 0 {
		seq = l.tx.seq + 1 // the number this change gets in the log once it is known to be one
	}
	q = fmt.Sprintf(`UPDATE %s AS t SET %s, rev = ? FROM %s WHERE %s`, quote(l.t.name), strings.Join(sets, ", "), with, where)
	n, err := l.untriggered(told, q, seq)
	if err == nil && n > 0 {
		err = l.note(gis.Change{}, false, false)
	}
	l.updated += n
	l.assigned = l.assigned || n > 0
	if err != nil {
		return 0, err
	}
	return n, l.execAll(`DROP TABLE temp.wanmi_assigned`, `DROP TABLE temp.wanmi_value`)
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

// untriggered carries out an update of about n rows that touches neither shapes nor ids. SQLite asks the triggers of the
// R-tree at every row all the same, a third of the time: for many rows they are taken off meanwhile.
func (l *layerTx) untriggered(n int64, query string, args ...any) (int64, error) {
	off := l.t.hasGeom() && !l.repack && n > rebuildAfter
	if off {
		if err := l.execAll(l.t.dropTriggers()...); err != nil {
			return 0, err
		}
	}
	res, err := l.tx.sql.ExecContext(l.tx.own, query, args...)
	if err != nil {
		return 0, err
	}
	if off {
		if err := l.execAll(l.t.createTriggers()...); err != nil {
			return 0, err
		}
	}
	return res.RowsAffected()
}

func (l *layerTx) execAll(stmts ...string) error {
	for _, s := range stmts {
		if _, err := l.tx.sql.ExecContext(l.tx.own, s); err != nil {
			return err
		}
	}
	return nil
}

// bringAssigned fills the temporary tables and returns of how many rows it was told. Rows that share their Values share a row of values.
func (l *layerTx) bringAssigned(at []int, rows iter.Seq[data.Assigned]) (told int64, err error) {
	value, err := l.tx.sql.PrepareContext(l.tx.own, `INSERT INTO temp.wanmi_value VALUES (?`+strings.Repeat(", ?", len(at))+`)`)
	if err != nil {
		return told, err
	}
	defer value.Close()
	many, err := l.tx.sql.PrepareContext(l.tx.own, `INSERT OR REPLACE INTO temp.wanmi_assigned VALUES (?, ?)`+strings.Repeat(", (?, ?)", assignRows-1))
	if err != nil {
		return told, err
	}
	defer many.Close()
	number := map[*any]int64{}
	args := make([]any, 0, 2*assignRows)
	for r := range rows {
		if err := l.tx.check(); err != nil {
			return told, err
		}
		if len(r.Values) != len(at) {
			_, err := l.encodeAssigned(at, r)
			return told, err
		}
		id, ok := number[&r.Values[0]]
		if !ok {
			enc, err := l.encodeAssigned(at, r)
			if err != nil {
				return told, err
			}
			id = int64(len(number)) + 1
			number[&r.Values[0]] = id
			if _, err := value.ExecContext(l.tx.own, append([]any{id}, enc...)...); err != nil {
				return told, err
			}
		}
		told++
		if args = append(args, r.ID, id); len(args) == cap(args) {
			if _, err := many.ExecContext(l.tx.own, args...); err != nil {
				return told, err
			}
			args = args[:0]
		}
	}
	if len(args) == 0 {
		return told, nil
	}
	_, err = l.tx.sql.ExecContext(l.tx.own, `INSERT OR REPLACE INTO temp.wanmi_assigned VALUES (?, ?)`+strings.Repeat(", (?, ?)", len(args)/2-1), args...)
	return told, err
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
