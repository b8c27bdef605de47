package postgis

import (
	"context"
	"database/sql"
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
	tx, err := snapshotOn(ctx, s.lookup)
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

// ids reads the one column of a query.
func ids(ctx context.Context, q querier, query string, args ...any) (out []int64, err error) {
	var id int64
	err = each(ctx, q, []any{&id}, query, args, func() bool {
		out = append(out, id)
		return true
	})
	return out, err
}

// featuresOf returns the IDs of the rows that have or had the key.
func featuresOf(ctx context.Context, q querier, t *table, key string) ([]int64, error) {
	if !kept.Storable(key) {
		return nil, nil
	}
	return ids(ctx, q, `SELECT fid FROM `+t.sql+` WHERE `+quote(t.key)+` = $1
		UNION SELECT feature FROM wanmi.feature_history WHERE layer = $2 AND key = $1 ORDER BY 1`, key, t.name)
}

// versions returns the versions of the row of that ID with Seq, Op (only of deletions) and Feature, the oldest first.
func (t *table) versions(ctx context.Context, q querier, id int64) ([]data.Version, error) {
	out, partial, err := t.formerVersions(ctx, q, id)
	if err != nil {
		return nil, err
	}
	sc := newScanner(t)
	var bad error
	err = each(ctx, q, sc.dest, t.selectSQL("WHERE fid = $1"), []any{id}, func() bool {
		var f gis.Feature
		f, bad = sc.feature()
		out = append(out, data.Version{Seq: sc.rev, Feature: f})
		return bad == nil
	})
	if err = errors.Join(err, bad); err != nil {
		return nil, err
	}
	return out, kept.CompleteVersions(out, partial)
}

// formerVersions returns the kept versions. partial holds the fields of those of which only these are kept, by their place
// among the versions.
func (t *table) formerVersions(ctx context.Context, q querier, id int64) (out []data.Version, partial map[int]string, err error) {
	partial = map[int]string{}
	var v data.Version
	var key, fields string
	var shape sql.RawBytes
	var bad error
	err = each(ctx, q, []any{&v.Seq, &v.Op, &key, &shape, &fields}, `SELECT rev, op, key, ST_AsBinary(shape, 'NDR'), fields::text
		FROM wanmi.feature_history WHERE layer = $1 AND feature = $2 ORDER BY id`, []any{t.name, id}, func() bool {
		v.Feature = gis.NewFeature(t.layer)
		v.Feature.Key, v.Feature.ID = key, id
		if v.Op == opAssign {
			v.Op = ""
			partial[len(out)] = fields
		}
		if v.Feature.Geom, bad = decodeShape(shape); bad == nil {
			bad = kept.FillFields(&v.Feature, fields)
		}
		out = append(out, v)
		return bad == nil
	})
	return out, partial, errors.Join(err, bad)
}

// noteWriters fills in who made each version and from what, by the change log. The log is asked once for all: a component edited
// day by day has hundreds.
func noteWriters(ctx context.Context, tx *sql.Tx, t *table, versions []data.Version) error {
	type entry struct {
		data.Version
		surveyed, status string
	}
	seqs, log := make([]int64, len(versions)), map[int64]entry{} // a row made by another program is not in it
	for i := range versions {
		seqs[i] = versions[i].Seq
	}
	var e entry
	var at string
	imported := false
	err := each(ctx, tx, []any{&e.Seq, &at, &e.Actor, &e.Source, &e.Batch, &e.surveyed, &e.status}, `SELECT c.seq, `+timeExpr("c.at")+`, c.actor, c.source,
		coalesce(c.batch, 0), coalesce(b.surveyed::text, ''), coalesce(b.status, '')
		FROM wanmi.change_log c LEFT JOIN wanmi.import_batch b ON b.id = c.batch WHERE c.seq = ANY ($1::bigint[])`, []any{array(seqs)}, func() bool {
		e.At = kept.ParseTime(at)
		log[e.Seq] = e
		imported = imported || e.Batch != 0
		return true
	})
	if err != nil {
		return err
	}
	for i := range versions {
		v := &versions[i]
		if w, ok := log[v.Seq]; ok {
			v.At, v.Actor, v.Source, v.Batch = w.At, w.Actor, w.Source, w.Batch
			kept.NoteValid(v, w.surveyed, w.status)
		}
	}
	if !imported {
		return nil
	}
	return noteOrigins(ctx, tx, t, versions)
}

// noteOrigins fills in which row of which file each imported version came from.
func noteOrigins(ctx context.Context, tx *sql.Tx, t *table, versions []data.Version) error {
	for i := range versions {
		v := &versions[i]
		if v.Batch == 0 || v.Op == gis.Delete {
			continue
		}
		err := tx.QueryRowContext(ctx, `SELECT file, line + $1 - first FROM wanmi.feature_origin
			WHERE batch = $2 AND layer = $3 AND first <= $1 AND last >= $1 ORDER BY id DESC LIMIT 1`, v.Feature.ID, v.Batch, t.name).Scan(&v.File, &v.Row)
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
	rows := copyBuf{into: `wanmi.feature_origin (batch, layer, first, last, file, line)`}
	for _, r := range l.origins.Runs {
		rows.row(b.ID, l.t.name, r.First, r.Last, kept.Text(r.File), r.Row)
	}
	return l.tx.sendNow(&rows)
}
