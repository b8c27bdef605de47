package gpkg

import (
	"context"
	"database/sql"
)

// Next implements data.Tx.
func (a *ahead) Next(counter string, floor int64) (int64, error) {
	if err := a.check(); err != nil {
		return 0, err
	}
	n, err := a.Numbers.Next(counter, floor, func(atLeast, more int64) (had, has int64, err error) {
		err = a.store.slice(a.ctx, a.db, func(q *sql.Tx) error {
			had, has, err = a.keepNumbers(q, counter, atLeast, more)
			return err
		})
		return had, has, err
	})
	return n, a.fail(err, "read counter "+counter)
}

// keepNumbers raises a counter to so many above what it is, or above atLeast, and returns what it was and what it is.
func (a *ahead) keepNumbers(q *sql.Tx, counter string, atLeast, more int64) (had, has int64, err error) {
	err = q.QueryRowContext(a.own, `SELECT coalesce((SELECT value FROM wanmi_counter WHERE name = ?), 0)`, counter).Scan(&had)
	if err != nil {
		return 0, 0, err
	}
	has = max(had, atLeast) + more
	if err := noteKept(a.own, q, keptCounter, counter, had, has); err != nil {
		return 0, 0, err
	}
	_, err = q.ExecContext(a.own, `INSERT INTO wanmi_counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, counter, has)
	return had, has, err
}

// Reserve implements data.Tx.
func (a *ahead) Reserve(counter string, n int64) error {
	if err := a.check(); err != nil {
		return err
	}
	if a.Numbers.Has(counter) {
		return a.Refuse()
	}
	err := a.store.slice(a.ctx, a.db, func(q *sql.Tx) error {
		_, err := q.ExecContext(a.own, `INSERT INTO wanmi_counter VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)`, counter, n)
		return err
	})
	return a.fail(err, "reserve numbers of "+counter)
}

// returnNumbers gives back the numbers kept that no row has.
func (a *ahead) returnNumbers(q *sql.Tx) error {
	for counter, n := range a.Numbers.All {
		_, err := q.ExecContext(a.own, `UPDATE wanmi_counter SET value = ? WHERE name = ? AND value = ?`, n.Given, counter, n.Kept)
		if err != nil {
			return err
		}
	}
	for _, l := range a.order {
		_, err := q.ExecContext(a.own, `UPDATE sqlite_sequence SET seq = ? WHERE name = ? AND seq = ?`, l.st.first-1+l.added, l.row.t.name, l.st.end-1)
		if err != nil {
			return err
		}
	}
	return forgetKept(a.own, q)
}

// stageNumbers is the table of the ids and running numbers a long write keeps for itself, so that those of one that died are given
// back by whoever opens the file next.
const stageNumbers = stagePrefix + "numbers"

// What stageNumbers has numbers of.
const (
	keptIDs     = "layer"
	keptCounter = "counter"
)

// noteKept notes that the numbers after before, to end, of a layer or counter are kept.
func noteKept(ctx context.Context, q *sql.Tx, kind, name string, before, end int64) error {
	_, err := q.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS `+stageNumbers+` (id INTEGER PRIMARY KEY, kind TEXT, name TEXT, before INTEGER, last INTEGER)`)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO `+stageNumbers+` (kind, name, before, last) VALUES (?, ?, ?, ?)`, kind, name, before, end)
	return err
}

// giveBack undoes the keeping of all numbers noted, the last first, but for those after which somebody else has taken others.
func giveBack(ctx context.Context, q *sql.Tx) error {
	var there int
	err := q.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name = ?`, stageNumbers).Scan(&there)
	if err != nil || there == 0 {
		return err
	}
	rows, err := q.QueryContext(ctx, `SELECT kind, name, before, last FROM `+stageNumbers+` ORDER BY id DESC`)
	if err != nil {
		return err
	}
	defer rows.Close()
	type block struct {
		kind, name   string
		before, last int64
	}
	var blocks []block
	for rows.Next() {
		var b block
		if err := rows.Scan(&b.kind, &b.name, &b.before, &b.last); err != nil {
			return err
		}
		blocks = append(blocks, b)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, b := range blocks {
		undo := `UPDATE wanmi_counter SET value = ? WHERE name = ? AND value = ?`
		if b.kind == keptIDs {
			undo = `UPDATE sqlite_sequence SET seq = ? WHERE name = ? AND seq = ?`
		}
		if _, err := q.ExecContext(ctx, undo, b.before, b.name, b.last); err != nil {
			return err
		}
	}
	return forgetKept(ctx, q)
}

// forgetKept ends the keeping of numbers: they are used, or given back.
func forgetKept(ctx context.Context, q *sql.Tx) error {
	_, err := q.ExecContext(ctx, `DROP TABLE IF EXISTS `+stageNumbers)
	return err
}
