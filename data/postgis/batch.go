package postgis

import (
	"context"
	"database/sql"
	"encoding/json"
	"iter"

	"github.com/lib/pq"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// array returns a slice as an argument the server reads as an array.
func array(a any) any { return pq.Array(a) }

var batchColumns = `id, layer, source, files::text, actor, ` + timeExpr("started_at") + `, coalesce(` + timeExpr("committed_at") + `, ''),
	added, moved, changed, removed, unchanged, rejected, status, profile, token, extent, coalesce(surveyed::text, '')`

const rejectedInto = `wanmi.import_rejected (batch, file, line, field, value, rule, reason, reason_zh, raw)`

func rejectedRow(r data.Rejected) []any {
	text := kept.Text
	return []any{r.Batch, text(r.File), r.Row, text(r.Field), text(r.Value), r.Rule, text(r.Reason), text(r.ReasonZh), text(r.Raw)}
}

// insertBatch records b and returns its number, which the lock of the writers keeps anybody else from taking.
func insertBatch(ctx context.Context, q *sql.Tx, b *data.Batch) (int64, error) {
	var id int64
	err := q.QueryRowContext(ctx, `UPDATE wanmi.state SET value = value + 1 WHERE name = 'batch' RETURNING value`).Scan(&id)
	if err != nil {
		return 0, err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO wanmi.import_batch (layer, source, files, actor, started_at, committed_at,
		added, moved, changed, removed, unchanged, rejected, status, profile, token, extent, surveyed, id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		append(batchArgs(b), id)...)
	return id, err
}

func updateBatch(ctx context.Context, q *sql.Tx, b *data.Batch) error {
	_, err := q.ExecContext(ctx, `UPDATE wanmi.import_batch SET layer = $1, source = $2, files = $3, actor = $4, started_at = $5, committed_at = $6,
		added = $7, moved = $8, changed = $9, removed = $10, unchanged = $11, rejected = $12, status = $13, profile = $14, token = $15,
		extent = $16, surveyed = $17 WHERE id = $18`,
		append(batchArgs(b), b.ID)...)
	return err
}

func batchArgs(b *data.Batch) []any {
	files, _ := json.Marshal(append([]string{}, b.Files...)) // strings always marshal
	return []any{
		b.Layer, kept.Text(b.Source), kept.Text(string(files)), kept.Text(b.Actor), kept.FormatTime(b.StartedAt), kept.FormatTimeOrNull(b.CommittedAt),
		b.Added, b.Moved, b.Changed, b.Removed, b.Unchanged, b.Rejected, b.Status, kept.Text(b.Profile), kept.Text(b.Token),
		kept.Text(b.Extent), kept.TextOrNull(b.Surveyed),
	}
}

// Batches returns all import batches, the latest first.
func (s *Store) Batches(ctx context.Context) ([]data.Batch, error) {
	return s.batches(ctx, `ORDER BY id DESC`)
}

// Batch returns one import batch, gis.NotFound when there is none of that number.
func (s *Store) Batch(ctx context.Context, id int64) (data.Batch, error) {
	found, err := s.batches(ctx, `WHERE id = $1`, id)
	if err != nil {
		return data.Batch{}, err
	}
	if len(found) == 0 {
		return data.Batch{}, gis.E(gis.NotFound, nil, "no import %d", id)
	}
	return found[0], nil
}

func (s *Store) batches(ctx context.Context, where string, args ...any) ([]data.Batch, error) {
	var b data.Batch
	var files, started, committed string
	var out []data.Batch
	var bad error
	dest := []any{
		&b.ID, &b.Layer, &b.Source, &files, &b.Actor, &started, &committed,
		&b.Added, &b.Moved, &b.Changed, &b.Removed, &b.Unchanged, &b.Rejected, &b.Status, &b.Profile, &b.Token, &b.Extent, &b.Surveyed,
	}
	err := each(ctx, s.reader, dest, `SELECT `+batchColumns+` FROM wanmi.import_batch `+where, args, func() bool {
		b.Files = nil
		bad = json.Unmarshal([]byte(files), &b.Files)
		b.StartedAt, b.CommittedAt = kept.ParseTime(started), kept.ParseTime(committed)
		out = append(out, b)
		return bad == nil
	})
	if err == nil {
		err = bad
	}
	return out, s.wrap(err, "read the imports")
}

// Rejected yields the refused rows of a batch in the order they were recorded.
func (s *Store) Rejected(ctx context.Context, batch int64) iter.Seq2[data.Rejected, error] {
	return func(yield func(data.Rejected, error) bool) {
		var r data.Rejected
		stopped := false
		dest := []any{&r.Batch, &r.File, &r.Row, &r.Field, &r.Value, &r.Rule, &r.Reason, &r.ReasonZh, &r.Raw}
		err := each(ctx, s.reader, dest, `SELECT batch, file, line, field, value, rule, reason, reason_zh, raw FROM wanmi.import_rejected WHERE batch = $1 ORDER BY id`,
			[]any{batch}, func() bool {
				stopped = !yield(r, nil)
				return !stopped
			})
		if err != nil && !stopped {
			yield(data.Rejected{}, s.wrap(err, "read the rejected rows"))
		}
	}
}

// RecordRejected keeps the batch of an import that wrote no feature, with its refused rows, and returns its number. A
// batch without a status is StatusRejected; one without a count has that of rows.
func (s *Store) RecordRejected(ctx context.Context, b data.Batch, rejected []data.Rejected) (int64, error) {
	if b.Status == "" {
		b.Status = data.StatusRejected
	}
	if b.Rejected == 0 {
		b.Rejected = int64(len(rejected))
	}
	if b.StartedAt.IsZero() {
		b.StartedAt = s.now()
	}
	const doing = "record a rejected import"
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.unlock()
	c, q, err := s.beginWrite(ctx)
	if err != nil {
		return 0, s.wrap(err, doing)
	}
	defer c.Close()
	defer q.Rollback()
	if b.ID, err = insertBatch(ctx, q, &b); err != nil {
		return 0, s.wrap(err, doing)
	}
	rows := copyBuf{into: rejectedInto}
	for _, r := range rejected {
		r.Batch = b.ID
		rows.row(rejectedRow(r)...)
	}
	in := startCopy(ctx, c, rows.into, nil)
	in.give(&rows)
	if err := in.end(); err != nil {
		return 0, s.wrap(err, doing)
	}
	return b.ID, s.wrap(q.Commit(), doing)
}

// Lineage returns what is recorded about a unit grid's origin and successors, the oldest first.
func (s *Store) Lineage(ctx context.Context, code string) ([]data.Lineage, error) {
	if !kept.Storable(code) {
		return nil, nil
	}
	var l data.Lineage
	var at string
	var out []data.Lineage
	err := each(ctx, s.reader, []any{&l.From, &l.To, &l.Why, &at}, `SELECT from_code, to_code, why, `+timeExpr("at")+`
		FROM wanmi.grid_lineage WHERE from_code = $1 OR to_code = $1 ORDER BY id`, []any{code}, func() bool {
		l.At = kept.ParseTime(at)
		out = append(out, l)
		return true
	})
	return out, s.wrap(err, "read the lineage")
}
