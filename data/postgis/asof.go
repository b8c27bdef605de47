package postgis

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// AsOf yields the rows of a layer as they stood at a moment, those whose bounds then touched bound, all for the zero bound,
// by ID. A row another program made without a revision was always there.
func (s *Store) AsOf(ctx context.Context, layer string, at time.Time, bound orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		t, err := s.table(layer)
		if err != nil {
			yield(gis.Feature{}, err)
			return
		}
		if err := s.asOf(ctx, t, at, bound, yield); err != nil {
			yield(gis.Feature{}, s.wrap(err, "read "+layer+" as of a date"))
		}
	}
}

// twoSnapshots begins two transactions that see one state: a connection reads one answer at a time.
func (s *Store) twoSnapshots(ctx context.Context) (rows, versions *sql.Tx, err error) {
	if rows, err = s.snapshot(ctx); err != nil {
		return nil, nil, err
	}
	if versions, err = s.snapshot(ctx); err == nil {
		var name string
		if err = rows.QueryRowContext(ctx, `SELECT pg_export_snapshot()`).Scan(&name); err == nil {
			_, err = versions.ExecContext(ctx, `SET TRANSACTION SNAPSHOT `+literal(name))
		}
	}
	if err != nil {
		rows.Rollback()
		if versions != nil {
			versions.Rollback()
		}
	}
	return rows, versions, err
}

func (s *Store) asOf(ctx context.Context, t *table, at time.Time, bound orb.Bound, yield func(gis.Feature, error) bool) error {
	tx, versions, err := s.twoSnapshots(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	defer versions.Rollback()
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) FROM wanmi.change_log WHERE at <= $1`, kept.FormatTime(at)).Scan(&last); err != nil {
		return err
	}
	// The rows that were there then and are changed or gone since.
	gone, err := ids(ctx, tx, fmt.Sprintf(`SELECT DISTINCT feature FROM wanmi.feature_history h WHERE layer = $1 AND rev <= $2
		AND NOT EXISTS (SELECT FROM %s c WHERE c.fid = h.feature AND c.rev <= $2) ORDER BY 1`, t.sql), t.name, last)
	if err != nil {
		return err
	}
	where, args := t.whereBound(bound)
	where = strings.Replace(where, "ORDER BY", fmt.Sprintf("AND rev <= $%d ORDER BY", len(args)+1), 1)
	return t.then(ctx, tx, versions, bound, t.selectSQL(where), append(args, last), gone, func(seq int64) bool { return seq <= last }, yield)
}

// ValidAt yields the rows of a layer as they were at a moment by what is known now, see [data.ValidAt]; bound is as for AsOf.
func (s *Store) ValidAt(ctx context.Context, layer string, at time.Time, bound orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		t, err := s.table(layer)
		if err != nil {
			yield(gis.Feature{}, err)
			return
		}
		if err := s.validAt(ctx, t, at, bound, yield); err != nil {
			yield(gis.Feature{}, s.wrap(err, "read "+layer+" as it was at a date"))
		}
	}
}

func (s *Store) validAt(ctx context.Context, t *table, at time.Time, bound orb.Bound, yield func(gis.Feature, error) bool) error {
	tx, versions, err := s.twoSnapshots(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	defer versions.Rollback()
	var held kept.Seqs
	var seq int64
	var made, surveyed, status string
	err = each(ctx, tx, []any{&seq, &made, &surveyed, &status}, `SELECT c.seq, `+timeExpr("c.at")+`, coalesce(b.surveyed::text, ''), coalesce(b.status, '')
		FROM wanmi.change_log c LEFT JOIN wanmi.import_batch b ON b.id = c.batch WHERE c.layer = $1`, []any{t.name}, func() bool {
		held.Add(seq, kept.Held(kept.ParseTime(made), surveyed, status, at))
		return true
	})
	if err != nil {
		return err
	}
	former, err := ids(ctx, tx, `SELECT DISTINCT feature FROM wanmi.feature_history WHERE layer = $1 ORDER BY 1`, t.name)
	if err != nil {
		return err
	}
	where, args := t.whereBound(bound)
	return t.then(ctx, tx, versions, bound, t.selectSQL(where), args, former, held.Has, yield)
}

// then yields by ID the rows of the query whose last change counts, and of those with the IDs of former, which are sorted, the
// last version that counts.
func (t *table) then(ctx context.Context, tx, versions *sql.Tx, bound orb.Bound, query string, args []any, former []int64, counts func(seq int64) bool, yield func(gis.Feature, error) bool) error {
	next := 0
	flush := func(below int64) (more bool, err error) {
		for ; next < len(former) && former[next] < below; next++ {
			f, ok, err := t.versionAt(ctx, versions, former[next], counts)
			if err != nil {
				return false, err
			}
			if ok && touches(f.Geom, bound) && !yield(f, nil) {
				return false, nil
			}
		}
		return true, nil
	}
	sc := newScanner(t)
	var failed error
	stopped := false
	err := each(ctx, tx, sc.dest, query, args, func() bool {
		var f gis.Feature
		if f, failed = sc.feature(); failed != nil {
			return false
		}
		more, err := flush(f.ID)
		if err != nil || !more {
			failed, stopped = err, true
			return false
		}
		if next < len(former) && former[next] == f.ID || !counts(sc.rev) {
			return true
		}
		stopped = touches(f.Geom, bound) && !yield(f, nil)
		return !stopped
	})
	if err = errors.Join(err, failed); err != nil || stopped {
		return err
	}
	_, err = flush(math.MaxInt64)
	return err
}

// versionAt returns the row of that ID after the last change that counts; ok is false when it was not there.
func (t *table) versionAt(ctx context.Context, q querier, id int64, counts func(seq int64) bool) (f gis.Feature, ok bool, err error) {
	versions, err := t.versions(ctx, q, id)
	if err != nil {
		return f, false, err
	}
	for _, v := range versions {
		if counts(v.Seq) {
			f, ok = v.Feature, v.Op != gis.Delete
		}
	}
	return f, ok, nil
}
