package postgis

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

var _ data.Tx = (*tx)(nil)

// longestKey is the most bytes a key may have: a B-tree of PostgreSQL takes no more than 2,704.
const longestKey = 2600

func storableKey(key string) bool { return len(key) <= longestKey && kept.Storable(key) }

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
	bound, hasBound, err := l.encode(f)
	if err != nil {
		return "", false, gis.E(gis.Invalid, nil, "%s %s: %v", l.t.name, f.Key, err)
	}
	op, changed, err := l.put(f, bound, hasBound)
	if changed {
		l.origins.Note(t.from, f.ID)
	}
	return op, changed, t.fail(err, "put into "+l.t.name)
}

// encode sets l.vals to the row of f, in the order of the table's columns. Its errors have no kind.
func (l *layerTx) encode(f *gis.Feature) (bound orb.Bound, hasBound bool, err error) {
	t := l.t
	if f.Layer != t.layer {
		return bound, false, errors.New("the layer is not the one of this name")
	}
	if len(f.Values) > len(t.layer.Fields) {
		return bound, false, fmt.Errorf("%d values for %d fields", len(f.Values), len(t.layer.Fields))
	}
	if t.hasGeom() {
		l.vals[0] = nil
		if f.Geom != nil {
			g, err := kept.Canonical(f.Geom, t.layer.Geom)
			if err != nil {
				return bound, false, err
			}
			l.wkb = kept.AppendWKB(l.wkb[:0], g, t.layer.Geom)
			l.vals[0] = l.wkb
			bound, hasBound = g.Bound(), true
		}
	} else if f.Geom != nil {
		return bound, false, errors.New("the layer has no geometry")
	}
	for i := range t.layer.Fields {
		l.vals[t.fields+i] = nil
		if i < len(f.Values) && f.Values[i] != nil {
			v, err := l.encodeField(i, f.Values[i])
			if err != nil {
				return bound, false, err
			}
			l.vals[t.fields+i] = v
		}
	}
	return bound, hasBound, l.encodeKey(f)
}

// encodeValue is kept.Encode for a server whose calendar has no year 0.
func encodeValue(f *gis.Field, v any) (any, error) {
	v, err := kept.Encode(f, v)
	if s, ok := v.(string); ok && err == nil && (f.Type == gis.Date || f.Type == gis.Time) && s < "0001" {
		return nil, fmt.Errorf("%s: %s lies before the year 1", f.Name, s)
	}
	return v, err
}

// encodeKey settles the key: the field's text where the layer has a key field, else the one given or none.
func (l *layerTx) encodeKey(f *gis.Feature) error {
	at := l.t.keyColumn()
	if l.t.keyIsField() {
		field, _ := l.vals[at].(string)
		switch {
		case f.Key == "" && field == "":
			return fmt.Errorf("no %s", l.t.key)
		case f.Key == "":
			f.Key = field
		case field != "" && f.Key != field:
			return fmt.Errorf("the key is %q, the field %s %q", f.Key, l.t.key, field)
		}
	}
	if !l.t.keyIsField() || l.vals[at] == nil { // else it stands there, in an interface already
		l.vals[at] = f.Key
	}
	if !storableKey(f.Key) {
		return fmt.Errorf("the key is no UTF-8 text of at most %d bytes", longestKey)
	}
	return nil
}

// put takes in the encoded row.
func (l *layerTx) put(f *gis.Feature, bound orb.Bound, hasBound bool) (gis.Op, bool, error) {
	if f.Key == "" { // only where the store makes the key
		id, err := l.nextID()
		if err != nil {
			return "", false, err
		}
		l.vals[l.t.keyColumn()] = l.t.madeKey(id)
		return gis.Insert, true, l.insert(f, id, l.t.madeKey(id), bound, hasBound)
	}
	var r stored
	found := false
	absent, err := l.absent(f.Key)
	if err == nil && !absent {
		r, found, err = l.find(f.Key)
	}
	switch {
	case err != nil:
		return "", false, err
	case found:
		changed, err := l.update(f, r, bound, hasBound)
		return gis.Update, changed, err
	case l.t.isMadeKey(f.Key):
		return "", false, gis.E(gis.NotFound, nil, "no %s %s", l.t.name, f.Key)
	}
	id, err := l.nextID()
	if err != nil {
		return "", false, err
	}
	return gis.Insert, true, l.insert(f, id, f.Key, bound, hasBound)
}

// insert adds the encoded row under an id and a key that are not there.
func (l *layerTx) insert(f *gis.Feature, id int64, key string, bound orb.Bound, hasBound bool) error {
	if err := l.lock(); err != nil {
		return err
	}
	rev, err := l.note(gis.Change{Key: key, Op: gis.Insert, New: bound}, false, hasBound)
	if err != nil {
		return err
	}
	if err := l.collect(id, rev); err != nil {
		return err
	}
	l.wait(key)
	l.added++
	f.ID, f.Key = id, key
	return l.sendWhenMany()
}

// collect puts the encoded row to those that are sent next.
func (l *layerTx) collect(id, rev int64) error {
	if l.inserts.widen(l.vals) { // what was collected goes without the new column
		if err := l.tx.send(&l.inserts.copyBuf); err != nil {
			return err
		}
		l.inserts.into = l.inserts.target()
	}
	return l.inserts.add(id, rev, l.vals)
}

// update compares the stored row with the encoded one and notes what is to be written when they differ.
func (l *layerTx) update(f *gis.Feature, r stored, bound orb.Bound, hasBound bool) (changed bool, err error) {
	f.ID = r.fid
	if same(r.vals, l.vals) {
		l.unchanged++
		return false, nil
	}
	if err := l.lock(); err != nil {
		return false, err
	}
	old, hadOld, err := boundOf(r.shape(l.t))
	if err != nil {
		return false, fmt.Errorf("%s %s: %w", l.t.name, f.Key, err)
	}
	rev, err := l.note(gis.Change{Key: f.Key, Op: gis.Update, Old: old, New: bound}, hadOld, hasBound)
	if err != nil {
		return false, err
	}
	u := update{stored: stored{fid: r.fid, rev: rev, vals: append([]any(nil), l.vals...)}, was: r.rev}
	if wkb, ok := u.vals[0].([]byte); ok {
		u.vals[0] = append([]byte(nil), wkb...)
	}
	l.updates = append(l.updates, u)
	l.wait(f.Key)
	if !l.tx.info.Bulk { // an editor asks for its new revision
		l.hold(f.Key, u.stored)
	}
	l.updated++
	return true, l.sendWhenMany()
}

// wait notes that the row of key waits to be written.
func (l *layerTx) wait(key string) {
	l.pending[key] = struct{}{}
	l.ahead.forget(key)
	delete(l.held, key)
	if l.keys != nil {
		l.keys[maphash.String(keySeed, key)] = struct{}{}
	}
}

// same reports whether two rows are the same.
func same(a, b []any) bool {
	for i, have := range a {
		x, isShape := have.([]byte)
		y, wantShape := b[i].([]byte)
		if isShape != wantShape || isShape && !bytes.Equal(x, y) || !isShape && have != b[i] {
			return false
		}
	}
	return true
}

// Delete implements data.Tx.
func (t *tx) Delete(layer, key string) error {
	l, r, err := t.existing(layer, key)
	if err != nil {
		return err
	}
	return t.fail(l.delete(key, r), "delete from "+layer)
}

func (l *layerTx) delete(key string, r stored) error {
	if err := l.lock(); err != nil {
		return err
	}
	old, hadOld, _ := boundOf(r.shape(l.t)) // a damaged shape must not keep the row from going
	seq, err := l.note(gis.Change{Key: key, Op: gis.Delete, Old: old}, hadOld, false)
	if err != nil {
		return err
	}
	fresh := l.seq != 0 && l.known && r.fid > l.startID // this write made it: gone as if it had never been
	l.deletes = append(l.deletes, deletion{fid: r.fid, was: r.rev, seq: seq, mark: !fresh})
	l.wait(key)
	l.removed++
	return l.sendWhenMany()
}

// Clear implements data.Tx. It logs one Reload in every kind of write.
func (t *tx) Clear(layer string) (int64, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	l, err := t.layer(layer)
	if err != nil {
		return 0, err
	}
	n, err := l.clear()
	return n, t.fail(err, "clear "+layer)
}

// clear deletes the rows: TRUNCATE would make readers wait.
func (l *layerTx) clear() (int64, error) {
	if err := l.lock(); err != nil {
		return 0, err
	}
	if err := l.flush(); err != nil {
		return 0, err
	}
	var filled bool
	if err := l.tx.value([]any{&filled}, `SELECT EXISTS (SELECT FROM `+l.t.sql+`)`); err != nil || !filled {
		return 0, err
	}
	seq := l.seq
	if seq == 0 {
		var err error
		if seq, err = l.tx.logChange(gis.Change{Layer: l.t.name, Op: gis.Reload}, false, false); err != nil {
			return 0, err
		}
		if l.tx.info.Bulk {
			l.seq = seq
		}
	}
	if l.assigned {
		if err := l.completeAssigned(nil); err != nil {
			return 0, err
		}
	}
	if _, err := l.tx.exec(l.t.archiveSQL("", "t.rev", "WHERE t.rev <> $1 ORDER BY t.fid"), seq); err != nil {
		return 0, err
	}
	old := "" // a row this write made is gone as if it had never been
	if l.known {
		old = fmt.Sprintf("WHERE t.fid <= %d OR t.rev <> %d", l.startID, seq)
	}
	if _, err := l.tx.exec(l.t.archiveSQL(string(gis.Delete), fmt.Sprint(seq), old+" ORDER BY t.fid")); err != nil {
		return 0, err
	}
	n, err := l.tx.exec(`DELETE FROM ` + l.t.sql)
	if err != nil {
		return 0, err
	}
	l.removed += n
	l.keys, l.ahead, l.held = map[uint64]struct{}{}, readAhead{}, nil
	if !l.tx.info.Bulk {
		l.keys = nil
	}
	return n, nil
}
