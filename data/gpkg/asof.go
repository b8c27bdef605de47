package gpkg

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
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
	tx, err := s.reader.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	held, err := t.heldAt(ctx, tx, at)
	if err != nil {
		return err
	}
	former, err := queryIDs(ctx, tx, `SELECT DISTINCT feature FROM feature_history WHERE layer = ? ORDER BY 1`, t.name)
	if err != nil {
		return err
	}
	query, args := t.rowsSQL(bound, "")
	return t.then(ctx, tx, bound, query, args, former, held.Has, yield)
}

// heldAt returns the changes of the layer that hold at a moment.
func (t *table) heldAt(ctx context.Context, q rowQuerier, at time.Time) (*kept.Seqs, error) {
	rows, err := q.QueryContext(ctx, `SELECT c.seq, +c.at, coalesce(+b.surveyed, ''), coalesce(b.status, '')
		FROM change_log c LEFT JOIN import_batch b ON b.id = c.batch WHERE c.layer = ?`, t.name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var held kept.Seqs
	for rows.Next() {
		var seq int64
		var made, surveyed, status string
		if err := rows.Scan(&seq, &made, &surveyed, &status); err != nil {
			return nil, err
		}
		held.Add(seq, kept.Held(kept.ParseTime(made), surveyed, status, at))
	}
	return &held, rows.Err()
}

func (s *Store) asOf(ctx context.Context, t *table, at time.Time, bound orb.Bound, yield func(gis.Feature, error) bool) error {
	tx, err := s.reader.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) FROM change_log WHERE at <= ?`, kept.FormatTime(at)).Scan(&last); err != nil {
		return err
	}
	gone, err := t.replaced(ctx, tx, last)
	if err != nil {
		return err
	}
	query, args := t.rowsSQL(bound, "AND rev <= ?")
	return t.then(ctx, tx, bound, query, append(args, last), gone, func(seq int64) bool { return seq <= last }, yield)
}

// then yields by ID the rows of the query whose last change counts, and of those with the IDs of former, which are sorted, the
// last version that counts.
func (t *table) then(ctx context.Context, tx *sql.Tx, bound orb.Bound, query string, args []any, former []int64, counts func(seq int64) bool, yield func(gis.Feature, error) bool) error {
	next := 0
	// flush hands on the rows with former versions, up to an ID.
	flush := func(below int64) (more bool, err error) {
		for ; next < len(former) && former[next] < below; next++ {
			if err := ctx.Err(); err != nil {
				return false, err
			}
			f, ok, err := t.versionAt(ctx, tx, former[next], counts)
			if err != nil {
				return false, err
			}
			if !ok || bounded(bound) && !touches(f, bound) {
				continue
			}
			if !yield(f, nil) {
				return false, nil
			}
		}
		return true, nil
	}
	var failed error
	stopped := false
	err := t.each(ctx, tx, bound, query, args, func(sc *scanner) bool {
		more, err := flush(sc.fid)
		if err != nil || !more {
			failed, stopped = err, true
			return false
		}
		if next < len(former) && former[next] == sc.fid || !counts(sc.rev) {
			return true
		}
		f, err := sc.feature()
		if err != nil {
			failed = err
			return false
		}
		stopped = !yield(f, nil)
		return !stopped
	})
	if err != nil || failed != nil || stopped {
		return firstError(err, failed)
	}
	_, err = flush(1<<63 - 1)
	return err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// replaced returns the IDs of the rows that were there after the change numbered last and are changed or gone since.
func (t *table) replaced(ctx context.Context, q rowQuerier, last int64) ([]int64, error) {
	return queryIDs(ctx, q, fmt.Sprintf(`SELECT DISTINCT feature FROM feature_history h WHERE layer = ? AND rev <= ?
		AND NOT EXISTS (SELECT 1 FROM %s c WHERE c.fid = h.feature AND c.rev <= ?) ORDER BY 1`, quote(t.name)), t.name, last, last)
}

func queryIDs(ctx context.Context, q rowQuerier, query string, args ...any) ([]int64, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// versionAt returns the row of that ID after the last change that counts; ok is false when it was not there.
func (t *table) versionAt(ctx context.Context, q versionReader, id int64, counts func(seq int64) bool) (f gis.Feature, ok bool, err error) {
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

// touches reports whether the bounds of a feature touch b; what has no geometry touches nothing.
func touches(f gis.Feature, b orb.Bound) bool {
	have, ok := f.Bound()
	return ok && have.Intersects(b)
}
