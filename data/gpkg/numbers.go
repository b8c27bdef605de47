package gpkg

import (
	"context"
	"database/sql"
)

// numbersMost is how many running numbers a long write keeps at once.
const numbersMost = 4096

// numbers are running numbers kept for a write: from last+1 to end.
type numbers struct {
	last, end int64
	more      int64
}

// Next implements data.Tx.
func (a *ahead) Next(counter string, floor int64) (int64, error) {
	if err := a.check(); err != nil {
		return 0, err
	}
	n := a.counters[counter]
	if n == nil {
		n = &numbers{more: 16}
		a.counters[counter] = n
	}
	next := max(n.last+1, floor)
	if next > n.end || n.end == 0 {
		if err := a.keepNumbers(counter, n, floor); err != nil {
			return 0, a.fail(err, "read counter "+counter)
		}
		next = max(n.last+1, floor)
	}
	n.last = next
	return next, nil
}

// keepNumbers takes the next numbers of a counter, more each time.
func (a *ahead) keepNumbers(counter string, n *numbers, floor int64) error {
	return a.store.slice(a.ctx, a.db, func(q *sql.Tx) error {
		var have int64
		err := q.QueryRowContext(a.own, `SELECT coalesce((SELECT value FROM wanmi_counter WHERE name = ?), 0)`, counter).Scan(&have)
		if err != nil {
			return err
		}
		last := max(have, floor-1)
		if last != n.end || n.end == 0 { // not where the last block ends: somebody else took numbers
			n.last = last
		}
		n.end = last + n.more
		n.more = min(2*n.more, numbersMost)
		if err := noteKept(a.own, q, keptCounter, counter, have, n.end); err != nil {
			return err
		}
		_, err = q.ExecContext(a.own, `INSERT INTO wanmi_counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, counter, n.end)
		return err
	})
}

// Reserve implements data.Tx.
func (a *ahead) Reserve(counter string, n int64) error {
	if err := a.check(); err != nil {
		return err
	}
	if _, given := a.counters[counter]; given {
		return a.refuse()
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
	for counter, n := range a.counters {
		_, err := q.ExecContext(a.own, `UPDATE wanmi_counter SET value = ? WHERE name = ? AND value = ?`, n.last, counter, n.end)
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
