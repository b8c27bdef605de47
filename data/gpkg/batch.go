package gpkg

import (
	"context"
	"database/sql"
	"encoding/json"
	"iter"
	"strings"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

const batchColumns = `id, layer, source, files, actor, +started_at, coalesce(+committed_at, ''), added, moved, changed, removed, unchanged, rejected, status, profile, token, extent, coalesce(+surveyed, '')`

const insertRejectedSQL = `INSERT INTO import_rejected (batch, file, line, field, value, rule, reason, reason_zh, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`

func rejectedArgs(r data.Rejected) []any {
	text := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") } // what was refused may be in any encoding
	return []any{r.Batch, text(r.File), r.Row, text(r.Field), text(r.Value), r.Rule, text(r.Reason), text(r.ReasonZh), text(r.Raw)}
}

// insertBatch records b and returns its number.
func insertBatch(ctx context.Context, q *sql.Tx, b *data.Batch) (int64, error) {
	res, err := q.ExecContext(ctx, `INSERT INTO import_batch (layer, source, files, actor, started_at, committed_at,
		added, moved, changed, removed, unchanged, rejected, status, profile, token, extent, surveyed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, batchArgs(b)...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

func updateBatch(ctx context.Context, q *sql.Tx, b *data.Batch) error {
	_, err := q.ExecContext(ctx, `UPDATE import_batch SET layer = ?, source = ?, files = ?, actor = ?, started_at = ?, committed_at = ?,
		added = ?, moved = ?, changed = ?, removed = ?, unchanged = ?, rejected = ?, status = ?, profile = ?, token = ?, extent = ?, surveyed = ? WHERE id = ?`, append(batchArgs(b), b.ID)...)
	return err
}

func batchArgs(b *data.Batch) []any {
	files, _ := json.Marshal(append([]string{}, b.Files...)) // strings always marshal
	return []any{
		b.Layer, b.Source, string(files), b.Actor, kept.FormatTime(b.StartedAt), kept.FormatTimeOrNull(b.CommittedAt),
		b.Added, b.Moved, b.Changed, b.Removed, b.Unchanged, b.Rejected, b.Status, b.Profile, b.Token, b.Extent, kept.TextOrNull(b.Surveyed),
	}
}

// Batches returns all import batches, the latest first.
func (s *Store) Batches(ctx context.Context) ([]data.Batch, error) {
	return s.batches(ctx, `ORDER BY id DESC`)
}

// Batch returns one import batch, gis.NotFound when there is none of that number.
func (s *Store) Batch(ctx context.Context, id int64) (data.Batch, error) {
	found, err := s.batches(ctx, `WHERE id = ?`, id)
	if err != nil {
		return data.Batch{}, err
	}
	if len(found) == 0 {
		return data.Batch{}, gis.E(gis.NotFound, nil, "no import %d", id)
	}
	return found[0], nil
}

func (s *Store) batches(ctx context.Context, where string, args ...any) ([]data.Batch, error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT `+batchColumns+` FROM import_batch `+where, args...)
	if err != nil {
		return nil, s.wrap(err, "read the imports")
	}
	defer rows.Close()
	var out []data.Batch
	for rows.Next() {
		var b data.Batch
		var files, started, committed string
		err := rows.Scan(&b.ID, &b.Layer, &b.Source, &files, &b.Actor, &started, &committed,
			&b.Added, &b.Moved, &b.Changed, &b.Removed, &b.Unchanged, &b.Rejected, &b.Status, &b.Profile, &b.Token, &b.Extent, &b.Surveyed)
		if err == nil {
			err = json.Unmarshal([]byte(files), &b.Files)
		}
		if err != nil {
			return nil, s.wrap(err, "read the imports")
		}
		b.StartedAt, b.CommittedAt = kept.ParseTime(started), kept.ParseTime(committed)
		out = append(out, b)
	}
	return out, s.wrap(rows.Err(), "read the imports")
}

// Rejected yields the refused rows of a batch in the order they were recorded.
func (s *Store) Rejected(ctx context.Context, batch int64) iter.Seq2[data.Rejected, error] {
	return func(yield func(data.Rejected, error) bool) {
		rows, err := s.reader.QueryContext(ctx,
			`SELECT batch, file, line, field, value, rule, reason, reason_zh, raw FROM import_rejected WHERE batch = ? ORDER BY id`, batch)
		if err != nil {
			yield(data.Rejected{}, s.wrap(err, "read the rejected rows"))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var r data.Rejected
			err := rows.Scan(&r.Batch, &r.File, &r.Row, &r.Field, &r.Value, &r.Rule, &r.Reason, &r.ReasonZh, &r.Raw)
			if !yield(r, s.wrap(err, "read the rejected rows")) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(data.Rejected{}, s.wrap(err, "read the rejected rows"))
		}
	}
}

// RecordRejected keeps the batch of an import that wrote no feature, with its refused rows, and returns its number. A
// batch without a status is StatusRejected; one without a count has that of rows.
func (s *Store) RecordRejected(ctx context.Context, b data.Batch, rejected []data.Rejected) (int64, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.unlock()
	if b.Status == "" {
		b.Status = data.StatusRejected
	}
	if b.Rejected == 0 {
		b.Rejected = int64(len(rejected))
	}
	if b.StartedAt.IsZero() {
		b.StartedAt = s.now()
	}
	own := context.WithoutCancel(ctx)
	q, err := s.beginOn(ctx, s.writer)
	if err != nil {
		return 0, s.wrap(err, "record a rejected import")
	}
	defer q.Rollback()
	if b.ID, err = insertBatch(own, q, &b); err != nil {
		return 0, s.wrap(err, "record a rejected import")
	}
	stmt, err := q.PrepareContext(own, insertRejectedSQL)
	if err != nil {
		return 0, s.wrap(err, "record a rejected import")
	}
	for _, r := range rejected {
		r.Batch = b.ID
		if _, err := stmt.ExecContext(own, rejectedArgs(r)...); err != nil {
			return 0, s.wrap(err, "record a rejected row")
		}
	}
	if err := q.Commit(); err != nil {
		return 0, s.wrap(err, "record a rejected import")
	}
	return b.ID, s.durable()
}

// Lineage returns what is recorded about a unit grid's origin and successors, the oldest first.
func (s *Store) Lineage(ctx context.Context, code string) ([]data.Lineage, error) {
	rows, err := s.reader.QueryContext(ctx,
		`SELECT from_code, to_code, why, +at FROM grid_lineage WHERE from_code = ?1 OR to_code = ?1 ORDER BY id`, code)
	if err != nil {
		return nil, s.wrap(err, "read the lineage")
	}
	defer rows.Close()
	var out []data.Lineage
	for rows.Next() {
		var l data.Lineage
		var at string
		if err := rows.Scan(&l.From, &l.To, &l.Why, &at); err != nil {
			return nil, s.wrap(err, "read the lineage")
		}
		l.At = kept.ParseTime(at)
		out = append(out, l)
	}
	return out, s.wrap(rows.Err(), "read the lineage")
}
