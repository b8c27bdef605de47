package gpkg

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

var _ data.Tx = (*tx)(nil)

// Put implements data.Tx. An error of kind Invalid or NotFound leaves the write as it was: the caller may go on.
func (t *tx) Put(f *gis.Feature) (gis.Op, bool, error) {
	if err := t.check(); err != nil {
		return "", false, err
	}
	if f.Layer == nil {
		return "", false, gis.E(gis.Invalid, nil, "a feature without a layer")
	}
	l, err := t.layer(f.Layer.Name)
	if err != nil {
		return "", false, err
	}
	if err := l.encode(f); err != nil {
		return "", false, gis.E(gis.Invalid, nil, "%s %s: %v", l.t.name, f.Key, err)
	}
	op, changed, err := l.put(f)
	if changed {
		l.origins.Note(t.from, f.ID)
	}
	return op, changed, t.fail(err, "put into "+l.t.name)
}

// encode sets l.args to the row of f, in the order of the table's columns. Its errors have no kind.
func (l *layerTx) encode(f *gis.Feature) error {
	t := l.t
	if f.Layer != t.layer {
		return errors.New("the layer is not the one of this name")
	}
	if len(f.Values) > len(t.layer.Fields) {
		return fmt.Errorf("%d values for %d fields", len(f.Values), len(t.layer.Fields))
	}
	l.bound, l.hasBound = orb.Bound{}, false
	if t.hasGeom() {
		l.args[0] = nil
		if f.Geom != nil {
			g, err := kept.Canonical(f.Geom, t.layer.Geom)
			if err != nil {
				return err
			}
			l.blob = encodeGeom(l.blob[:0], g, t.layer.Geom)
			l.args[0] = l.blob
			l.bound, l.hasBound = g.Bound(), true
		}
	} else if f.Geom != nil {
		return errors.New("the layer has no geometry")
	}
	for i := range t.layer.Fields {
		l.args[t.fields+i] = nil
		if i < len(f.Values) && f.Values[i] != nil {
			v, err := encodeValue(&t.layer.Fields[i], f.Values[i])
			if err != nil {
				return err
			}
			l.args[t.fields+i] = v
		}
	}
	return l.encodeKey(f)
}

// encodeKey settles the key: the field's text where the layer has a key field, else the one given or none.
func (l *layerTx) encodeKey(f *gis.Feature) error {
	t := l.t
	if !t.keyIsField() {
		l.args[t.keyColumn()] = f.Key
		return nil
	}
	field, _ := l.args[t.keyColumn()].(string)
	switch {
	case f.Key == "" && field == "":
		return fmt.Errorf("no %s", t.key)
	case f.Key == "":
		f.Key = field
	case field == "":
		l.args[t.keyColumn()] = f.Key
	case f.Key != field:
		return fmt.Errorf("the key is %q, the field %s %q", f.Key, t.key, field)
	}
	return nil
}

// put writes the encoded row. In a bulk write it tries first what the row before it turned out to be, an insert or an
// update: deliveries are mostly all new or mostly all known, so one statement a row is the rule.
func (l *layerTx) put(f *gis.Feature) (gis.Op, bool, error) {
	t := l.t
	if l.tx.info.Bulk && !l.tried {
		l.tried = true
		var err error
		if l.load, err = l.startLoad(); err != nil {
			return "", false, err
		}
	}
	if l.load != nil {
		if ok, err := l.loadRow(f); err != nil || ok {
			return gis.Insert, ok, err
		}
	}
	if f.Key == "" { // only where the store makes the key
		id, err := l.nextID()
		if err != nil {
			return "", false, err
		}
		l.args[t.keyColumn()] = t.madeKey(id)
		if _, err := l.insert(f, t.madeKey(id)); err != nil {
			return "", false, err
		}
		return gis.Insert, true, nil
	}
	if t.isMadeKey(f.Key) || !l.tx.info.Bulk || !l.insertFirst {
		found, changed, err := l.update(f)
		if err != nil || found {
			return gis.Update, changed, err
		}
		if t.isMadeKey(f.Key) {
			return "", false, gis.E(gis.NotFound, nil, "no %s %s", t.name, f.Key)
		}
		l.insertFirst = true
	}
	ok, err := l.insert(f, f.Key)
	if err != nil || ok {
		return gis.Insert, ok, err
	}
	l.insertFirst = false
	found, changed, err := l.update(f)
	if err == nil && !found {
		err = gis.E(gis.Conflict, nil, "%s %s: the row can be neither inserted nor found", t.name, f.Key)
	}
	return gis.Update, changed, err
}

// insert writes a new row; false when the key exists.
func (l *layerTx) insert(f *gis.Feature, key string) (bool, error) {
	id, err := l.nextID()
	if err != nil {
		return false, err
	}
	if err := l.beforeChange(); err != nil {
		return false, err
	}
	seq := l.seq
	if seq == 0 {
		seq = l.tx.seq + 1 // the number this change gets in the log once it is known to be one
	}
	args := append(append(append(l.exec[:0], id), l.args...), seq)
	l.exec = args
	stmt, err := l.prepared(&l.insertStmt, l.t.insertSQL)
	if err != nil {
		return false, err
	}
	res, err := stmt.ExecContext(l.tx.own, args...)
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	l.lastID = id
	l.added++
	l.grow()
	if err := l.note(gis.Change{Key: key, Op: gis.Insert, New: l.bound}, false, l.hasBound); err != nil {
		return false, err
	}
	f.ID, f.Key = id, key
	return true, nil
}

// update compares the stored row of the key with the encoded one and writes what differs. found is false when there is no such row.
func (l *layerTx) update(f *gis.Feature) (found, changed bool, err error) {
	sc := l.scan
	if err := l.read(f.Key, sc); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return false, false, nil
		}
		return false, false, err
	}
	f.ID = sc.fid
	from := l.firstDifference(sc.vals)
	if from < 0 {
		l.unchanged++
		return true, false, nil
	}
	if err := l.beforeChange(); err != nil {
		return true, false, err
	}
	old, hadOld, err := boundOf(sc.blob())
	if err != nil {
		return true, false, fmt.Errorf("%s %s: %w", l.t.name, f.Key, err)
	}
	if err := l.archive(sc.fid, sc.rev); err != nil {
		return true, false, err
	}
	if err := l.note(gis.Change{Key: f.Key, Op: gis.Update, Old: old, New: l.bound}, hadOld, l.hasBound); err != nil {
		return true, false, err
	}
	cols := 0
	which, query := &l.updateStmt, func() string { return l.t.updateSQL(0) }
	if from > 0 && l.t.hasGeom() { // the shape is as it was: leave it and the R-tree alone
		cols, which, query = 1, &l.updateFieldsStmt, func() string { return l.t.updateSQL(1) }
	}
	stmt, err := l.prepared(which, query)
	if err != nil {
		return true, false, err
	}
	l.exec = append(append(l.exec[:0], l.args[cols:]...), l.tx.lastSeq(l), sc.fid)
	if _, err := stmt.ExecContext(l.tx.own, l.exec...); err != nil {
		return true, false, err
	}
	l.updated++
	if from == 0 {
		l.shrink(old, hadOld)
		l.grow()
	}
	return true, true, nil
}

// firstDifference returns the first column in which the stored row differs from the encoded one, -1 when none does.
func (l *layerTx) firstDifference(stored []any) int {
	for i, have := range stored {
		want := l.args[i]
		if b, ok := have.([]byte); ok {
			w, ok := want.([]byte)
			if !ok || !bytes.Equal(b, w) {
				return i
			}
			continue
		}
		if w, ok := want.([]byte); ok && w != nil {
			return i
		}
		if have != want {
			return i
		}
	}
	return -1
}
