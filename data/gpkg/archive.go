package gpkg

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"wanmi/gis"
)

// A long write keeps the versions of the rows it is going to replace before it has the lock, some at a time: a delivery may change every
// row there is. They are of nobody's concern as long as the row itself has not got newer than they are (versions.go), and a table
// of the stage notes which they are, for who takes the stage away.
const archiveSome = 250

// archive keeps the versions of the rows the write updates and removes, but for those others have changed since: they have done it.
func (a *ahead) archive(l *aheadLayer) error {
	ids := make([]int64, len(l.updates))
	for i := range l.updates {
		ids[i] = l.updates[i].id
	}
	tab := l.row.t
	where := `WHERE fid IN (SELECT value FROM json_each(?)) AND fid NOT IN (SELECT fid FROM ` + quote(tab.stageLog()) + `)`
	removal := tab.archiveSQL(string(gis.Delete), fmt.Sprint(l.seq), where)
	for _, part := range []struct {
		ids   []int64
		stmts []string
	}{
		{ids, []string{tab.archiveSQL("", "rev", where)}},
		{l.removed, []string{tab.archiveSQL("", "rev", where), removal}},
	} {
		for some := range slices.Chunk(part.ids, archiveSome) {
			if err := a.archiveSome(l, some, part.stmts); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *ahead) archiveSome(l *aheadLayer, ids []int64, stmts []string) error {
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	started := time.Now()
	err = a.store.slice(a.ctx, a.db, func(q *sql.Tx) error {
		started = time.Now()
		if err := l.st.still(a.own, q); err != nil {
			return err
		}
		for _, stmt := range stmts {
			if err := l.st.keep(a.own, q, stmt, string(list)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.store.pause(a.ctx, started)
}

// keep copies rows into the history and notes which rows of it they are.
func (st *stage) keep(ctx context.Context, q *sql.Tx, stmt, ids string) error {
	res, err := q.ExecContext(ctx, stmt, ids)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return err
	}
	last, err := res.LastInsertId()
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO `+quote(st.t.stageHistory())+` (first, last) VALUES (?, ?)`, last-n+1, last)
	return err
}

// settleHistory makes what was kept ahead a part of the write that has the lock, but for rows others have changed since then; with none, nothing of
// it is.
func (st *stage) settleHistory(ctx context.Context, q *sql.Tx, none bool) error {
	noted := quote(st.t.stageHistory())
	undo := `DELETE FROM feature_history WHERE id IN (SELECT h.id FROM ` + quote(st.t.stageLog()) + ` g JOIN feature_history h ON h.layer = ? AND h.feature = g.fid
		JOIN ` + noted + ` r ON h.id BETWEEN r.first AND r.last)`
	if none {
		undo = `DELETE FROM feature_history WHERE id IN (SELECT h.id FROM ` + noted + ` r JOIN feature_history h ON h.id BETWEEN r.first AND r.last AND h.layer = ?)`
	}
	if _, err := q.ExecContext(ctx, undo, st.t.name); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, `DELETE FROM `+noted)
	return err
}

// forgetHistory takes some of what a write kept ahead that has not come to be out of the history. more: there is more.
func forgetHistory(ctx context.Context, q *sql.Tx, t *table) (more bool, err error) {
	var there bool
	if err := q.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name = ?`, t.stageHistory()).Scan(&there); err != nil || !there {
		return false, err
	}
	var first, last sql.NullInt64
	noted := quote(t.stageHistory())
	if err := q.QueryRowContext(ctx, `SELECT min(first), last FROM `+noted).Scan(&first, &last); err != nil || !first.Valid {
		return false, err
	}
	if _, err := q.ExecContext(ctx, `DELETE FROM feature_history WHERE id BETWEEN ? AND ?`, first.Int64, last.Int64); err != nil {
		return false, err
	}
	_, err = q.ExecContext(ctx, `DELETE FROM `+noted+` WHERE first = ?`, first.Int64)
	return true, err
}
