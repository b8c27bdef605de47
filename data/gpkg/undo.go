package gpkg

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
	l, sc, err := t.find(layer, key)
	if err != nil {
		return err
	}
	if !l.t.keyIsField() {
		return gis.E(gis.Invalid, nil, "the rows of %s have no key of their own to change", layer)
	}
	if to == "" || to == key {
		return gis.E(gis.Invalid, nil, "%s %s cannot be renamed to %q", layer, key, to)
	}
	return t.fail(l.rename(key, to, sc), "rename in "+layer)
}

func (l *layerTx) rename(key, to string, sc *scanner) error {
	var taken int
	name, col := quote(l.t.name), quote(l.t.key)
	if err := l.tx.sql.QueryRowContext(l.tx.own, `SELECT count(*) FROM `+name+` WHERE `+col+` = ?`, to).Scan(&taken); err != nil {
		return err
	}
	if taken > 0 {
		return gis.E(gis.Conflict, nil, "there is a %s %s already", l.t.name, to)
	}
	if err := l.tx.mark(); err != nil {
		return err
	}
	if err := l.archive(sc.fid, sc.rev); err != nil {
		return err
	}
	seq := l.seq
	if seq == 0 {
		var err error
		if seq, err = l.tx.logChange(gis.Change{Layer: l.t.name, Op: gis.Reload}, false, false); err != nil {
			return err
		}
		if l.tx.info.Bulk {
			l.seq = seq
		}
	}
	if _, err := l.tx.sql.ExecContext(l.tx.own, `UPDATE `+name+` SET `+col+` = ?, rev = ? WHERE fid = ?`, to, seq, sc.fid); err != nil {
		return err
	}
	l.updated++
	l.origins.Note(l.tx.from, sc.fid)
	_, err := l.tx.sql.ExecContext(l.tx.own, `INSERT INTO feature_renamed (layer, old_key, new_key, feature, rev, at) VALUES (?, ?, ?, ?, ?, ?)`,
		l.t.name, key, to, sc.fid, seq, kept.FormatTime(l.tx.at))
	return err
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
	if err := l.encode(f); err != nil {
		return gis.E(gis.Invalid, nil, "%s %s: %v", l.t.name, f.Key, err)
	}
	if !l.t.keyIsField() {
		l.args[l.t.keyColumn()] = f.Key
	}
	return t.fail(l.restore(f), "restore a row of "+l.t.name)
}

func (l *layerTx) restore(f *gis.Feature) error {
	next, err := l.nextID()
	if err != nil {
		return err
	}
	var there int
	err = l.tx.sql.QueryRowContext(l.tx.own, `SELECT count(*) FROM `+quote(l.t.name)+` WHERE fid = ? OR `+quote(l.t.key)+` = ?`, f.ID, f.Key).Scan(&there)
	switch {
	case err != nil:
		return err
	case there > 0:
		return gis.E(gis.Conflict, nil, "there is a %s %s already", l.t.name, f.Key)
	case f.ID >= next:
		return gis.E(gis.Invalid, nil, "no %s ever had the ID %d", l.t.name, f.ID)
	}
	if err := l.beforeChange(); err != nil {
		return err
	}
	seq := l.seq
	if seq == 0 {
		seq = l.tx.seq + 1 // the number this change gets in the log once it is known to be one
	}
	stmt, err := l.prepared(&l.insertStmt, l.t.insertSQL)
	if err != nil {
		return err
	}
	l.exec = append(append(append(l.exec[:0], f.ID), l.args...), seq)
	if _, err := stmt.ExecContext(l.tx.own, l.exec...); err != nil {
		return err
	}
	l.added++
	l.grow()
	return l.note(gis.Change{Key: f.Key, Op: gis.Insert, New: l.bound}, false, l.hasBound)
}

// Renames yields the changes of keys in a layer, the oldest first.
func (s *Store) Renames(ctx context.Context, layer string) iter.Seq2[data.Renamed, error] {
	return func(yield func(data.Renamed, error) bool) {
		rows, err := s.reader.QueryContext(ctx, `SELECT old_key, new_key, +at FROM feature_renamed WHERE layer = ? ORDER BY id`, layer)
		if err != nil {
			yield(data.Renamed{}, s.wrap(err, "read the former keys"))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var r data.Renamed
			var at string
			err := rows.Scan(&r.From, &r.To, &at)
			r.At = kept.ParseTime(at)
			if !yield(r, s.wrap(err, "read the former keys")) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
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
	err = s.reader.QueryRowContext(ctx, fmt.Sprintf(`SELECT t.%s FROM feature_renamed r JOIN %s t ON t.fid = r.feature
		WHERE r.layer = ? AND r.old_key = ? ORDER BY r.id DESC LIMIT 1`, quote(t.key), quote(t.name)), t.name, former).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) || err == nil && key == former {
		return "", gis.E(gis.NotFound, nil, "no %s was ever called %s", layer, former)
	}
	return key, s.wrap(err, "look up a former key")
}

// Touched implements data.Tx.
func (t *tx) Touched(batch int64) iter.Seq2[data.Touched, error] {
	return func(yield func(data.Touched, error) bool) {
		lo, hi, err := t.changesOf(batch)
		if err != nil || hi == 0 {
			if err != nil {
				yield(data.Touched{}, t.fail(err, "read the batch"))
			}
			return
		}
		for _, tab := range t.store.tables {
			ids, err := t.touchedIDs(tab, lo, hi)
			if err != nil {
				yield(data.Touched{}, t.fail(err, "read what the batch did"))
				return
			}
			for _, id := range ids {
				x, err := t.touched(tab, id, lo, hi)
				if err == nil {
					err = t.check()
				}
				if !yield(x, t.fail(err, "read what the batch did")) || err != nil {
					return
				}
			}
		}
	}
}

// changesOf returns the first and the last number a committed batch has in the change log, zeros when it changed nothing.
func (t *tx) changesOf(batch int64) (lo, hi int64, err error) {
	err = t.sql.QueryRowContext(t.own, `SELECT coalesce(min(seq), 0), coalesce(max(seq), 0) FROM change_log
		WHERE batch = (SELECT id FROM import_batch WHERE id = ? AND status = ?)`, batch, data.StatusCommitted).Scan(&lo, &hi)
	return lo, hi, err
}

func (t *tx) touchedIDs(tab *table, lo, hi int64) ([]int64, error) {
	rows, err := t.sql.QueryContext(t.own, `SELECT fid FROM `+quote(tab.name)+` WHERE rev BETWEEN ?1 AND ?2
		UNION SELECT feature FROM feature_history WHERE layer = ?3 AND rev BETWEEN ?1 AND ?2 ORDER BY 1`, lo, hi, tab.name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func (t *tx) touched(tab *table, id, lo, hi int64) (data.Touched, error) {
	x := data.Touched{Layer: tab.name, ID: id}
	versions, err := tab.versions(t.own, t.sql, id)
	if err != nil {
		return x, err
	}
	kept.Sort(&x, versions, lo, hi)
	return x, nil
}

// RolledBack implements data.Tx.
func (t *tx) RolledBack(batch int64) error {
	if err := t.check(); err != nil {
		return err
	}
	var status string
	err := t.sql.QueryRowContext(t.own, `SELECT status FROM import_batch WHERE id = ?`, batch).Scan(&status)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return gis.E(gis.NotFound, nil, "no import %d", batch)
	case err == nil && status != data.StatusCommitted:
		return gis.E(gis.Conflict, nil, "import %d is %s; only a committed one can be rolled back", batch, status)
	case err == nil:
		_, err = t.sql.ExecContext(t.own, `UPDATE import_batch SET status = ? WHERE id = ?`, data.StatusRolledBack, batch)
	}
	return t.fail(err, "mark the batch")
}
