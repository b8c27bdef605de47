package gpkg

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// History returns the versions of a feature, the oldest first, the current one last; after a deletion the last is the
// Delete. key may be a former one. gis.NotFound when there never was one of that key.
func (s *Store) History(ctx context.Context, layer, key string) ([]data.Version, error) {
	t, err := s.table(layer)
	if err != nil {
		return nil, err
	}
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, s.wrap(err, "read the history")
	}
	defer tx.Rollback()
	ids, err := featuresOf(ctx, tx, t, key)
	if err != nil {
		return nil, s.wrap(err, "read the history")
	}
	var out []data.Version
	for _, id := range ids {
		versions, err := t.versions(ctx, tx, id)
		if err != nil {
			return nil, s.wrap(err, "read the history")
		}
		out = append(out, versions...)
	}
	if len(out) == 0 {
		return nil, gis.E(gis.NotFound, nil, "no %s %s", layer, key)
	}
	slices.SortStableFunc(out, func(a, b data.Version) int { return int(a.Seq - b.Seq) })
	kept.NameOps(out)
	return out, s.wrap(noteWriters(ctx, tx, t, out), "read the history")
}

// versionReader reads within one snapshot.
type versionReader interface {
	querier
	rowQuerier
}

// featuresOf returns the IDs of the rows that have or had the key, in order. The sorting is not left to SQLite: it would take the index that
// has the ids in order, and read the history of the whole layer.
func featuresOf(ctx context.Context, q versionReader, t *table, key string) ([]int64, error) {
	ids, err := queryIDs(ctx, q, t.everOfKeySQL(), key, t.name, key)
	slices.Sort(ids)
	return slices.Compact(ids), err
}

func (t *table) everOfKeySQL() string {
	return `SELECT fid FROM ` + quote(t.name) + ` WHERE ` + quote(t.key) + ` = ?
		UNION ALL SELECT feature FROM feature_history WHERE layer = ? AND key = ?`
}

// versions returns the versions of the row of that ID with Seq, Op (only of deletions) and Feature, the oldest first.
func (t *table) versions(ctx context.Context, q versionReader, id int64) ([]data.Version, error) {
	out, partial, err := t.formerVersions(ctx, q, id)
	if err != nil {
		return nil, err
	}
	sc := newScanner(t)
	found, err := scanOne(q.QueryRowContext(ctx, t.selectSQL("WHERE fid = ?"), id), sc)
	if err != nil {
		return nil, err
	}
	if found {
		f, err := sc.feature()
		if err != nil {
			return nil, err
		}
		out = upTo(out, partial, sc.rev-1)
		out = append(out, data.Version{Seq: sc.rev, Feature: f})
	}
	return out, kept.CompleteVersions(out, partial)
}

// upTo takes off the end what is newer than seq: a long write has kept it that has not come to be yet (archive.go).
func upTo(out []data.Version, partial map[int]string, seq int64) []data.Version {
	for len(out) > 0 && out[len(out)-1].Seq > seq {
		out = out[:len(out)-1]
		delete(partial, len(out))
	}
	return out
}

// formerVersions returns the kept versions. partial holds the fields of those of which only these are kept, by their place
// among the versions.
func (t *table) formerVersions(ctx context.Context, q rowQuerier, id int64) (out []data.Version, partial map[int]string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT rev, op, key, shape, fields FROM feature_history WHERE layer = ? AND feature = ? ORDER BY id`, t.name, id)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	partial = map[int]string{}
	for rows.Next() {
		v := data.Version{Feature: gis.NewFeature(t.layer)}
		v.Feature.ID = id
		var shape []byte
		var fields string
		if err := rows.Scan(&v.Seq, &v.Op, &v.Feature.Key, &shape, &fields); err != nil {
			return nil, nil, err
		}
		out = upTo(out, partial, v.Seq)
		if n := len(out); n > 0 && out[n-1].Seq == v.Seq && (out[n-1].Op == gis.Delete) == (v.Op == gis.Delete) {
			continue // kept twice: by who changed the row, and ahead of that
		}
		if v.Op == opAssign {
			v.Op = ""
			partial[len(out)] = fields
		}
		if v.Feature.Geom, err = decodeGeom(shape); err != nil {
			return nil, nil, err
		}
		if err := kept.FillFields(&v.Feature, fields); err != nil {
			return nil, nil, err
		}
		out = append(out, v)
	}
	return out, partial, rows.Err()
}

// noteWriters fills in who made each version and from what, by the change log. The log is asked once for all: a component edited
// day by day has hundreds.
func noteWriters(ctx context.Context, q versionReader, t *table, versions []data.Version) error {
	seqs := make([]int64, len(versions))
	for i := range versions {
		seqs[i] = versions[i].Seq
	}
	list, err := json.Marshal(seqs)
	if err != nil {
		return err
	}
	rows, err := q.QueryContext(ctx, `SELECT c.seq, +c.at, c.actor, c.source, coalesce(c.batch, 0), coalesce(+b.surveyed, ''), coalesce(b.status, '')
		FROM change_log c LEFT JOIN import_batch b ON b.id = c.batch WHERE c.seq IN (SELECT value FROM json_each(?))`, string(list))
	if err != nil {
		return err
	}
	defer rows.Close()
	type entry struct {
		data.Version
		surveyed, status string
	}
	log := map[int64]entry{} // a row made by another program is not in it
	for rows.Next() {
		var e entry
		var at string
		if err := rows.Scan(&e.Seq, &at, &e.Actor, &e.Source, &e.Batch, &e.surveyed, &e.status); err != nil {
			return err
		}
		e.At = kept.ParseTime(at)
		log[e.Seq] = e
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for i := range versions {
		v := &versions[i]
		w, ok := log[v.Seq]
		if !ok {
			continue
		}
		v.At, v.Actor, v.Source, v.Batch = w.At, w.Actor, w.Source, w.Batch
		kept.NoteValid(v, w.surveyed, w.status)
		if v.Batch == 0 || v.Op == gis.Delete {
			continue
		}
		err = q.QueryRowContext(ctx, `SELECT file, line + ?1 - first FROM feature_origin
			WHERE batch = ?2 AND layer = ?3 AND first <= ?1 AND last >= ?1 ORDER BY id DESC LIMIT 1`, v.Feature.ID, v.Batch, t.name).Scan(&v.File, &v.Row)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return nil
}

// From implements data.Tx.
func (t *tx) From(file string, row int64) { t.from = kept.Origin{File: file, Row: row} }

// writeOrigins stores where the rows put came from.
func (l *layerTx) writeOrigins() error {
	b := l.tx.info.Batch
	if b == nil || len(l.origins.Runs) == 0 {
		return nil
	}
	stmt, err := l.tx.sql.PrepareContext(l.tx.own, `INSERT INTO feature_origin (batch, layer, first, last, file, line) VALUES (?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, r := range l.origins.Runs {
		if _, err := stmt.ExecContext(l.tx.own, b.ID, l.t.name, r.First, r.Last, r.File, r.Row); err != nil {
			return err
		}
	}
	return nil
}
