package postgis

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// Rename implements data.Tx.
func (t *tx) Rename(layer, key, to string) error {
	l, r, err := t.existing(layer, key)
	if err != nil {
		return err
	}
	if !l.t.keyIsField() {
		return gis.E(gis.Invalid, nil, "the rows of %s have no key of their own to change", layer)
	}
	if to == "" || to == key || !storableKey(to) {
		return gis.E(gis.Invalid, nil, "%s %s cannot be renamed to %q", layer, key, to)
	}
	return t.fail(l.rename(r, key, to), "rename in "+layer)
}

func (l *layerTx) rename(r stored, key, to string) error {
	absent, err := l.absent(to)
	if err == nil && !absent {
		var taken bool
		if _, taken, err = l.find(to); err == nil && taken {
			return gis.E(gis.Conflict, nil, "there is a %s %s already", l.t.name, to)
		}
	}
	if err == nil {
		err = l.lock()
	}
	if err != nil {
		return err
	}
	seq := l.seq
	if seq == 0 {
		if seq, err = l.tx.logChange(gis.Change{Layer: l.t.name, Op: gis.Reload}, false, false); err != nil {
			return err
		}
		if l.tx.info.Bulk {
			l.seq = seq
		}
	}
	u := update{stored: stored{fid: r.fid, rev: seq, vals: append([]any(nil), r.vals...)}, was: r.rev}
	u.vals[l.t.keyColumn()] = to
	l.updates = append(l.updates, u)
	l.wait(key)
	l.wait(to)
	l.updated++
	l.origins.Note(l.tx.from, r.fid)
	l.tx.renames.row(l.t.name, key, to, r.fid, seq, kept.FormatTime(l.tx.at))
	return l.sendWhenMany()
}

// Restore implements data.Tx.
func (t *tx) Restore(f *gis.Feature) error {
	if err := t.check(); err != nil {
		return err
	}
	if f.Layer == nil || f.ID <= 0 || f.Key == "" {
		return gis.E(gis.Invalid, nil, "only a row that was there can be restored: it has a layer, an ID and a key")
	}
	l, err := t.layer(f.Layer.Name)
	if err != nil {
		return err
	}
	bound, hasBound, err := l.encode(f)
	if err != nil {
		return gis.E(gis.Invalid, nil, "%s %s: %v", l.t.name, f.Key, err)
	}
	if _, waits := l.pending[f.Key]; waits {
		if err := l.flush(); err != nil {
			return t.fail(err, "restore a row of "+l.t.name)
		}
	}
	var there int
	var last int64
	err = t.value([]any{&there, &last}, fmt.Sprintf(`SELECT (SELECT count(*) FROM %[1]s WHERE fid = $1 OR %[2]s = $2),
		(SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM %[3]s)`, l.t.sql, quote(l.t.key), l.t.sequence()), f.ID, f.Key)
	switch {
	case err != nil:
		return t.fail(err, "restore a row of "+l.t.name)
	case there > 0:
		return gis.E(gis.Conflict, nil, "there is a %s %s already", l.t.name, f.Key)
	case f.ID > max(last, l.lastID):
		return gis.E(gis.Invalid, nil, "no %s ever had the ID %d", l.t.name, f.ID)
	}
	return t.fail(l.insert(f, f.ID, f.Key, bound, hasBound), "restore a row of "+l.t.name)
}

// Renames yields the changes of keys in a layer, the oldest first.
func (s *Store) Renames(ctx context.Context, layer string) iter.Seq2[data.Renamed, error] {
	return func(yield func(data.Renamed, error) bool) {
		var r data.Renamed
		var at string
		stopped := false
		err := each(ctx, s.reader, []any{&r.From, &r.To, &at}, `SELECT old_key, new_key, `+timeExpr("at")+` FROM wanmi.feature_renamed WHERE layer = $1 ORDER BY id`,
			[]any{layer}, func() bool {
				r.At = kept.ParseTime(at)
				stopped = !yield(r, nil)
				return !stopped
			})
		if err != nil && !stopped {
			yield(data.Renamed{}, s.wrap(err, "read the former keys"))
		}
	}
}

// KeyNow returns the key the row has that once had the key former; gis.NotFound when no row that is there ever was called so.
func (s *Store) KeyNow(ctx context.Context, layer, former string) (string, error) {
	t, err := s.table(layer)
	if err != nil {
		return "", err
	}
	var key string
	if kept.Storable(former) {
		err = s.reader.QueryRowContext(ctx, fmt.Sprintf(`SELECT t.%s FROM wanmi.feature_renamed r JOIN %s t ON t.fid = r.feature
			WHERE r.layer = $1 AND r.old_key = $2 ORDER BY r.id DESC LIMIT 1`, quote(t.key), t.sql), t.name, former).Scan(&key)
	}
	if errors.Is(err, sql.ErrNoRows) || err == nil && (key == "" || key == former) {
		return "", gis.E(gis.NotFound, nil, "no %s was ever called %s", layer, former)
	}
	return key, s.wrap(err, "look up a former key")
}

// Touched implements data.Tx.
func (t *tx) Touched(batch int64) iter.Seq2[data.Touched, error] {
	const doing = "read what the batch did"
	return func(yield func(data.Touched, error) bool) {
		fail := func(err error) { yield(data.Touched{}, t.fail(err, doing)) }
		var lo, hi int64
		err := t.sendNow(&t.log)
		if err == nil {
			err = t.value([]any{&lo, &hi}, `SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM wanmi.change_log
				WHERE batch = (SELECT id FROM wanmi.import_batch WHERE id = $1 AND status = $2)`, batch, data.StatusCommitted)
		}
		if err != nil || hi == 0 {
			if err != nil {
				fail(err)
			}
			return
		}
		for _, tab := range t.store.tables {
			fids, err := t.touchedIDs(tab, lo, hi)
			if err != nil {
				fail(err)
				return
			}
			for _, id := range fids {
				x := data.Touched{Layer: tab.name, ID: id}
				err := errors.Join(t.check(), t.wait())
				if err == nil {
					var versions []data.Version
					versions, err = tab.versions(t.own, t.sql, id)
					kept.Sort(&x, versions, lo, hi)
				}
				if !yield(x, t.fail(err, doing)) || err != nil {
					return
				}
			}
		}
	}
}

func (t *tx) touchedIDs(tab *table, lo, hi int64) ([]int64, error) {
	if l, ok := t.layers[tab.name]; ok {
		if err := l.flush(); err != nil {
			return nil, err
		}
	}
	if err := t.wait(); err != nil {
		return nil, err
	}
	return ids(t.own, t.sql, `SELECT fid FROM `+tab.sql+` WHERE rev BETWEEN $1 AND $2
		UNION SELECT feature FROM wanmi.feature_history WHERE layer = $3 AND rev BETWEEN $1 AND $2 ORDER BY 1`, lo, hi, tab.name)
}

// RolledBack implements data.Tx.
func (t *tx) RolledBack(batch int64) error {
	if err := t.check(); err != nil {
		return err
	}
	var status string
	err := t.value([]any{&status}, `SELECT status FROM wanmi.import_batch WHERE id = $1`, batch)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return gis.E(gis.NotFound, nil, "no import %d", batch)
	case err == nil && status != data.StatusCommitted:
		return gis.E(gis.Conflict, nil, "import %d is %s; only a committed one can be rolled back", batch, status)
	case err == nil:
		_, err = t.exec(`UPDATE wanmi.import_batch SET status = $1 WHERE id = $2`, data.StatusRolledBack, batch)
	}
	return t.fail(err, "mark the batch")
}
