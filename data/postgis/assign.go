package postgis

import (
	"fmt"
	"iter"
	"strings"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// opAssign marks a row of feature_history that holds only the fields the next version has others of.
const opAssign = "assign"

// Assign implements data.Tx.
func (t *tx) Assign(layer string, fields []string, rows iter.Seq[data.Assigned]) (int64, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	l, err := t.layer(layer)
	if err != nil {
		return 0, err
	}
	at, err := kept.Assignable(l.t.layer, fields)
	if err != nil {
		return 0, err
	}
	var n int64
	if err = l.flush(); err == nil {
		if t.info.Bulk {
			n, err = l.assignAll(at, rows)
		} else {
			n, err = l.assignEach(at, rows)
		}
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
	for r := range rows {
		if err := l.tx.check(); err != nil {
			return n, err
		}
		if _, err := l.encodeAssigned(at, r); err != nil {
			return n, err
		}
		old, found, err := l.byID(r.ID)
		if err != nil {
			return n, err
		}
		if !found {
			continue
		}
		f, err := old.feature(l.t)
		if err != nil {
			return n, err
		}
		for i, k := range at {
			f.Values[k] = r.Values[i]
		}
		bound, hasBound, err := l.encode(&f)
		if err != nil {
			return n, gis.E(gis.Invalid, nil, "%s %s: %v", l.t.name, f.Key, err)
		}
		if _, waits := l.pending[f.Key]; waits { // the same row twice
			if err := l.flush(); err != nil {
				return n, err
			}
			if old, _, err = l.byID(r.ID); err != nil {
				return n, err
			}
		}
		changed, err := l.update(&f, old, bound, hasBound)
		if err != nil {
			return n, err
		}
		if changed {
			n++
		}
	}
	return n, nil
}

func (l *layerTx) byID(id int64) (r stored, found bool, err error) {
	stmt, err := l.prepared(&l.byIDStmt, l.t.selectSQL("WHERE fid = $1"))
	if err != nil {
		return r, false, err
	}
	err = l.rows(stmt, []any{id}, func(row stored) { r, found = row, true })
	return r, found, err
}

// assignAll is Assign in a bulk write: two narrow temporary tables, which rows and which values, and one statement each for
// history and rows.
func (l *layerTx) assignAll(at []int, rows iter.Seq[data.Assigned]) (int64, error) {
	if err := l.lock(); err != nil {
		return 0, err
	}
	if err := l.bringAssigned(at, rows); err != nil {
		if l.tx.broken == nil && code(err) == "" {
			_, dropErr := l.tx.exec(dropAssigned)
			_ = l.tx.fail(dropErr, "assign")
		}
		return 0, err
	}
	differs, sets, former := make([]string, len(at)), make([]string, len(at)), make([]string, len(at))
	for i, k := range at {
		f := l.t.layer.Fields[k]
		name, have, want := quote(f.Name), "t."+quote(f.Name), fmt.Sprintf("v.c%d", i)
		sets[i] = name + " = " + want
		former[i] = literal(f.Name) + ", " + fieldExpr(f, "t.")
		if f.Type == gis.JSON { // json has no equality
			have, want = have+"::text", want+"::text"
		}
		differs[i] = have + " IS DISTINCT FROM " + want
	}
	const with = `pg_temp.wanmi_assigned a JOIN pg_temp.wanmi_value v ON v.id = a.value`
	where := "t.fid = a.fid AND (" + strings.Join(differs, " OR ") + ")"
	q := fmt.Sprintf(`INSERT INTO wanmi.feature_history (layer, key, feature, rev, op, shape, fields)
		SELECT %s, t.%s, t.fid, t.rev, %s, NULL, json_build_object(%s) FROM %s, %s t WHERE %s AND t.rev <> $1 ORDER BY t.fid`,
		literal(l.t.name), quote(l.t.key), literal(opAssign), strings.Join(former, ", "), with, l.t.sql, where)
	if _, err := l.tx.exec(q, l.seq); err != nil {
		return 0, err
	}
	seq := l.seq
	if seq == 0 {
		seq = l.tx.seq + 1 // the number this change gets in the log once it is known to be one
	}
	n, err := l.tx.exec(fmt.Sprintf(`UPDATE %s AS t SET %s, rev = $1 FROM %s WHERE %s`, l.t.sql, strings.Join(sets, ", "), with, where), seq)
	if err == nil && n > 0 {
		_, err = l.note(gis.Change{}, false, false)
		l.assigned, l.ahead, l.held = true, readAhead{}, nil
	}
	if err != nil {
		return 0, err
	}
	l.updated += n
	_, err = l.tx.exec(dropAssigned)
	return n, err
}

const dropAssigned = `DROP TABLE IF EXISTS pg_temp.wanmi_assigned, pg_temp.wanmi_value`

// bringAssigned makes and fills the temporary tables. Rows that share their Values share a row of values; of several for one
// feature the last counts.
func (l *layerTx) bringAssigned(at []int, rows iter.Seq[data.Assigned]) error {
	cols := make([]string, len(at))
	for i, k := range at {
		cols[i] = fmt.Sprintf("c%d %s", i, columnType(l.t.layer.Fields[k].Type))
	}
	_, err := l.tx.exec(`CREATE TEMP TABLE wanmi_value (id bigint, ` + strings.Join(cols, ", ") + `) ON COMMIT DROP;
		CREATE TEMP TABLE wanmi_assigned (fid bigint, value bigint, place bigint) ON COMMIT DROP`)
	if err != nil {
		return err
	}
	values, assigned := copyBuf{into: "pg_temp.wanmi_value"}, copyBuf{into: "pg_temp.wanmi_assigned"}
	number := map[*any]int64{}
	var place, last int64
	ordered := true
	for r := range rows {
		if err := l.tx.check(); err != nil {
			return err
		}
		if len(r.Values) != len(at) {
			_, err := l.encodeAssigned(at, r)
			return err
		}
		id, ok := number[&r.Values[0]]
		if !ok {
			enc, err := l.encodeAssigned(at, r)
			if err != nil {
				return err
			}
			id = int64(len(number)) + 1
			number[&r.Values[0]] = id
			values.row(append([]any{id}, enc...)...)
		}
		place++
		ordered = ordered && (place == 1 || r.ID > last)
		last = r.ID
		assigned.row(r.ID, id, place)
		if len(assigned.b) > copyChunk {
			if err := l.tx.send(&assigned); err != nil {
				return err
			}
		}
	}
	if err := l.tx.send(&assigned); err != nil {
		return err
	}
	if err := l.tx.sendNow(&values); err != nil {
		return err
	}
	if !ordered {
		_, err := l.tx.exec(`DELETE FROM pg_temp.wanmi_assigned a USING (SELECT fid, max(place) AS place FROM pg_temp.wanmi_assigned GROUP BY fid) b
			WHERE a.fid = b.fid AND a.place < b.place`)
		if err != nil {
			return err
		}
	}
	_, err = l.tx.exec(`ANALYZE pg_temp.wanmi_assigned, pg_temp.wanmi_value`)
	return err
}

// completeAssigned makes whole what Assign kept of former versions in this write, of the rows given or, with nil, of all,
// before the rows they are told apart from change again.
func (l *layerTx) completeAssigned(fids []int64) error {
	t := l.t
	which, args := "", []any{l.seq}
	if fids != nil {
		which, args = "AND t.fid = ANY ($2::bigint[])", append(args, array(fids))
	}
	_, err := l.tx.exec(fmt.Sprintf(`UPDATE wanmi.feature_history AS h SET op = '', shape = %s, fields = (%s::jsonb || h.fields::jsonb)::json FROM %s t
		WHERE h.layer = %s AND h.key = t.%s AND h.op = %s AND t.rev = $1 %s
		AND h.id = (SELECT max(id) FROM wanmi.feature_history WHERE layer = %[4]s AND key = t.%[5]s)`,
		t.shapeSQL(), t.fieldsSQL(), t.sql, literal(t.name), quote(t.key), literal(opAssign), which), args...)
	return err
}
