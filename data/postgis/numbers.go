package postgis

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// What kept_number has numbers of.
const (
	keptIDs     = "layer"
	keptCounter = "counter"
)

// Next implements data.Tx.
func (a *ahead) Next(counter string, floor int64) (int64, error) {
	if err := a.check(); err != nil {
		return 0, err
	}
	n, err := a.Numbers.Next(counter, floor, func(atLeast, more int64) (had, has int64, err error) {
		return a.keepNumbers(counter, atLeast, more)
	})
	if err != nil {
		return n, a.fail(err, "read counter "+counter)
	}
	return n, nil
}

// Reserve implements data.Tx.
func (a *ahead) Reserve(counter string, n int64) error {
	if err := a.check(); err != nil {
		return err
	}
	if a.Numbers.Has(counter) {
		return a.Refuse()
	}
	_, _, err := a.keepNumbers(counter, n, 0)
	return a.fail(err, "reserve numbers of "+counter)
}

// keepNumbers raises a counter to so many above what it is, or above atLeast, and returns what it was and what it is.
func (a *ahead) keepNumbers(counter string, atLeast, more int64) (have, last int64, err error) {
	if !kept.Storable(counter) {
		return 0, 0, gis.E(gis.Invalid, nil, "%q is no name of a counter", counter)
	}
	err = a.slice("keep numbers", func(q *sql.Tx) error {
		return q.QueryRowContext(a.own, `WITH had AS (SELECT v, greatest(v, $2::bigint) + $3::bigint AS last FROM (SELECT coalesce((SELECT value FROM wanmi.counter WHERE name = $1::text), 0) AS v) x),
			raised AS (INSERT INTO wanmi.counter SELECT $1::text, last FROM had ON CONFLICT (name) DO UPDATE SET value = excluded.value),
			noted AS (INSERT INTO wanmi.kept_number (import, kind, name, before, last) SELECT $4::text, '`+keptCounter+`', $1::text, v, last FROM had)
			SELECT v, last FROM had`, counter, atLeast, more, a.token).Scan(&have, &last)
	})
	return have, last, err
}

// firstOfIDs keeps so many ids of a layer, all above one, and returns the first.
func (a *ahead) firstOfIDs(t *table, above, rows int64) (first int64, err error) {
	own := a.own
	err = a.slice("keep ids", func(q *sql.Tx) error {
		var last int64
		err := q.QueryRowContext(own, `SELECT greatest(CASE WHEN is_called THEN last_value ELSE 0 END, $1::bigint) FROM `+t.sequence(), above).Scan(&last)
		if err != nil {
			return err
		}
		first = last + 1
		_, err = q.ExecContext(own, `INSERT INTO wanmi.kept_number (import, kind, name, before, last) VALUES ($1, '`+keptIDs+`', $2, $3, $4)`, a.token, t.name, last, last+rows)
		if err != nil {
			return err
		}
		_, err = q.ExecContext(own, `SELECT setval(`+literal(t.sequence())+`, $1)`, last+rows)
		return err
	})
	return first, err
}

// slice is that of the store, but in the write's own transaction when that has the lock.
func (a *ahead) slice(doing string, fn func(q *sql.Tx) error) error {
	if a.locked.IsZero() {
		return a.store.slice(a.ctx, doing, fn)
	}
	if err := a.t.wait(); err != nil {
		return err
	}
	return fn(a.t.sql)
}

// slice runs fn in a short transaction under the lock of the writers, in turn with the others, as long as it takes to get it.
func (s *Store) slice(ctx context.Context, doing string, fn func(q *sql.Tx) error) error {
	for until := time.Now().Add(importWait); ; {
		err := s.inWrite(ctx, doing, fn)
		if gis.KindOf(err) != gis.Unavailable || code(err) != lockNotAvailable || time.Now().After(until) {
			return err
		}
	}
}

// settleNumbers gives back, in the transaction of the write, what numbers no row has got, and forgets which were kept.
func (a *ahead) settleNumbers() error {
	for counter, n := range a.Numbers.All {
		if _, err := a.t.exec(`UPDATE wanmi.counter SET value = $1 WHERE name = $2 AND value = $3`, n.Given, counter, n.Kept); err != nil {
			return err
		}
	}
	for _, l := range a.order {
		if l.in.known { // more ids were given under the lock
			continue
		}
		if err := setLast(a.own, a.t.sql, l.in.t, l.id-1, l.end-1); err != nil {
			return err
		}
	}
	_, err := a.t.exec(`DELETE FROM wanmi.kept_number WHERE import = $1`, a.token)
	return err
}

// setLast says that last is the greatest id given in a layer, when it is was till now.
func setLast(ctx context.Context, q *sql.Tx, t *table, last, was int64) error {
	_, err := q.ExecContext(ctx, fmt.Sprintf(`SELECT setval(%s, greatest($1::bigint, 1), $1::bigint > 0) FROM %s WHERE is_called AND last_value = $2::bigint`,
		literal(t.sequence()), t.sequence()), last, was)
	return err
}

// takeBack gives back the numbers a long write kept, by its token, or, for "", those of all that died: only who has importsLock asks
// for that. Those after which somebody else has taken others stay.
func (s *Store) takeBack(ctx context.Context, token string) error {
	var any bool
	if err := s.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM wanmi.kept_number WHERE $1 IN (import, ''))`, token).Scan(&any); err != nil || !any {
		return err
	}
	return s.slice(ctx, "give numbers back", func(q *sql.Tx) error { return s.takeBackIn(ctx, q, token) })
}

func (s *Store) takeBackIn(ctx context.Context, q *sql.Tx, token string) error {
	type block struct {
		kind, name   string
		before, last int64
	}
	var blocks []block
	var b block
	err := each(ctx, q, []any{&b.kind, &b.name, &b.before, &b.last}, `SELECT kind, name, before, last FROM wanmi.kept_number WHERE $1 IN (import, '') ORDER BY id DESC`,
		[]any{token}, func() bool {
			blocks = append(blocks, b)
			return true
		})
	if err != nil {
		return err
	}
	for _, b := range blocks {
		if b.kind == keptCounter {
			_, err = q.ExecContext(ctx, `UPDATE wanmi.counter SET value = $1 WHERE name = $2 AND value = $3`, b.before, b.name, b.last)
		} else if t, known := s.byName[b.name]; known {
			err = setLast(ctx, q, t, b.before, b.last)
		}
		if err != nil {
			return err
		}
	}
	_, err = q.ExecContext(ctx, `DELETE FROM wanmi.kept_number WHERE $1 IN (import, '')`, token)
	return err
}

// takeBackLeft gives back, at the opening of a store, the numbers of a long write that died, unless one is under way. Where that
// cannot be done, as on a standby, the next to open the store will.
func (s *Store) takeBackLeft(ctx context.Context) {
	var left bool
	err := s.reader.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM wanmi.kept_number)`).Scan(&left)
	if err == nil && !left {
		return
	}
	if err == nil {
		err = s.takeBackDead(ctx)
	}
	if err != nil {
		s.log.InfoContext(ctx, "numbers of an unfinished import not given back", "database", s.name, "error", err)
	}
}

func (s *Store) takeBackDead(ctx context.Context) error {
	return s.inWrite(ctx, "give numbers back", func(q *sql.Tx) error {
		var alone bool
		err := q.QueryRowContext(ctx, `SELECT pg_try_advisory_xact_lock(`+strconv.Itoa(importsLock)+`)`).Scan(&alone)
		if err != nil || !alone {
			return err
		}
		s.log.InfoContext(ctx, "numbers of an unfinished import given back", "database", s.name)
		return s.takeBackIn(ctx, q, "")
	})
}
