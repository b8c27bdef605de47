package postgis

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// join takes the lock and brings everything into being. kept.ErrHold: what was made ready does not hold any more.
func (a *ahead) join() (gen gis.Generation, err error) {
	if a.store.opt.Promptly == nil {
		return a.joinNow()
	}
	a.store.opt.Promptly(func() { gen, err = a.joinNow() })
	return gen, err
}

// lock takes the lock of the writers, unless the write has it already.
func (a *ahead) lock() error {
	if !a.locked.IsZero() {
		return nil
	}
	// Something small is committed, so that the server has all on its disk that this write sent, and the commit for which others
	// wait takes no longer than one of theirs.
	if _, err := a.pool.ExecContext(a.ctx, `SELECT pg_logical_emit_message(true, 'wanmi', '')`); err != nil {
		a.store.log.DebugContext(a.ctx, "nothing committed before a long write", "error", err)
	}
	if err := a.store.lock(a.ctx); err != nil {
		return err
	}
	a.locked = time.Now() // unlock is called whatever follows
	busy := a.store.opt.Busy
	_, err := a.t.sql.ExecContext(a.ctx, fmt.Sprintf(`SET LOCAL lock_timeout = %d; SELECT pg_advisory_xact_lock(%d); SET LOCAL lock_timeout = %d`,
		max(busy, joinWait).Milliseconds(), writersLock, busy.Milliseconds()))
	if code(err) == lockNotAvailable {
		return gis.E(gis.Unavailable, err, "another program is writing to %s; try again when it is done", a.store.name)
	}
	return err
}

// unlock lets other writers of this process go on, after the end of the transaction.
func (a *ahead) unlock() {
	if !a.locked.IsZero() {
		a.store.unlock()
	}
}

// Filled makes the index of a layer that had no rows, while the caller is busy with what he knows when all rows are read. It takes the lock of
// the writers for that: who changes rows has it, and would wait for the index with it.
func (a *ahead) Filled(layer string) error {
	if err := a.check(); err != nil {
		return err
	}
	l := a.layers[layer]
	if l == nil || l.filled || l.added == 0 {
		return nil
	}
	err := a.t.sendNow(&l.in.inserts.copyBuf)
	if err == nil {
		err = a.lock()
	}
	if err == nil {
		err = l.in.makeIndex()
	}
	return a.fail(err, "index "+layer)
}

func (a *ahead) joinNow() (gen gis.Generation, err error) {
	if err := a.lock(); err != nil {
		return 0, err
	}
	t := a.t
	t.at = a.store.now()
	defer func() {
		if err != nil && a.Info.Batch != nil {
			a.Info.Batch.ID = 0
		}
	}()
	var has, seq int64
	if err := t.value([]any{&has, &seq}, stateSQL); err != nil {
		return 0, err
	}
	if err := t.prepare(has, seq); err != nil {
		return 0, err
	}
	if err := a.bring(); err != nil {
		return 0, err
	}
	t.end()
	if err := t.sql.Commit(); err != nil {
		if err = a.store.committed(a.ctx, t.xid, err); err != nil {
			return 0, err
		}
	}
	a.store.log.DebugContext(a.ctx, "long write", "locked_ms", time.Since(a.locked).Milliseconds())
	return t.gen, nil
}

// bring does what needs the lock, up to the commit.
func (a *ahead) bring() error {
	t := a.t
	changes, keys, err := a.meanwhile()
	if err != nil {
		return err
	}
	for _, l := range a.order {
		if err := l.hold(keys[l.in.t.name]); err != nil {
			return err
		}
	}
	if err := a.since(changes); err != nil {
		return err
	}
	for _, l := range a.order {
		if err := l.bring(keys[l.in.t.name]); err != nil {
			return fmt.Errorf("%s: %w", l.in.t.name, err)
		}
	}
	for _, r := range a.Rejected {
		if err := t.Reject(r); err != nil {
			return err
		}
	}
	if err := t.finish(); err != nil {
		return err
	}
	return a.settleNumbers()
}

// meanwhile returns the changes others made of the layers of the write since it began, and their keys by layer. kept.ErrHold when they
// are many, or not of single rows.
func (a *ahead) meanwhile() (list []gis.Change, keys map[string][]string, err error) {
	if a.t.seq >= a.seq+kept.SeqAhead-1 {
		return nil, nil, kept.ErrHold
	}
	keys = map[string][]string{}
	var sc changeScan
	reload := false
	err = each(a.own, a.t.sql, sc.dest(), `SELECT `+changeColumns+` WHERE seq > $1 ORDER BY seq`, []any{a.seq}, func() bool {
		c := sc.change()
		if a.layers[c.Layer] == nil {
			return true
		}
		list = append(list, c)
		keys[c.Layer] = append(keys[c.Layer], c.Key)
		reload = c.Op == gis.Reload
		return !reload && len(list) <= kept.SyncMost
	})
	if err == nil && (reload || len(list) > kept.SyncMost) {
		err = kept.ErrHold
	}
	return list, keys, err
}

// since tells the writer what others changed and lets him put that right, as one of the changes this write logs.
func (a *ahead) since(changes []gis.Change) error {
	t := a.t
	for _, l := range a.order {
		if l.added == 0 && len(l.touched) == 0 {
			continue
		}
		t.seq = max(t.seq, l.seq-1)
		if _, err := l.in.note(gis.Change{}, false, false); err != nil {
			return err
		}
	}
	ok, err := a.Info.Ahead.Since(t, changes)
	if err == nil && t.broken != nil {
		err = t.broken
	}
	if err == nil && !ok {
		err = kept.ErrHold
	}
	return err
}

// bring changes and removes the rows that wait, but for those of keys others changed meanwhile.
func (l *aheadLayer) bring(others []string) error {
	in := l.in
	if in.tx.info.Batch != nil {
		in.origins.Runs = append(l.origins.Runs, in.origins.Runs...)
	}
	in.added += l.added
	in.updated += l.updated
	in.unchanged += l.unchanged
	in.removed += int64(len(l.removed))
	if l.updates.into != "" {
		if err := l.bringUpdates(others); err != nil {
			return err
		}
	}
	if len(l.removed) == 0 {
		return nil
	}
	return l.bringRemoved(others)
}

// hold reads the rows of keys at once, for the writer to look at.
func (l *aheadLayer) hold(keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	in := l.in
	in.held = map[string]stored{}
	stmt, err := in.prepared(new(*sql.Stmt), in.t.selectSQL("WHERE "+quote(in.t.key)+" = ANY ($1::text[])"))
	if err != nil {
		return err
	}
	defer stmt.Close()
	return in.rows(stmt, []any{array(keys)}, func(r stored) {
		key, _ := r.vals[in.t.keyColumn()].(string)
		in.held[key] = r
	})
}

// bringUpdates keeps the versions there were and has rows take the place of those they were made from.
func (l *aheadLayer) bringUpdates(others []string) error {
	tx, t := l.in.tx, l.in.t
	if len(others) > 0 {
		for temp, key := range map[string]string{"ahead": t.key, "was": "key"} {
			if _, err := tx.exec(fmt.Sprintf(`DELETE FROM %s WHERE %s = ANY ($1::text[])`, l.temp(temp), quote(key)), array(others)); err != nil {
				return err
			}
		}
	}
	archived, err := tx.exec(fmt.Sprintf(`INSERT INTO wanmi.feature_history (%s) SELECT %[1]s FROM %s ORDER BY feature`, historyColumns, l.temp("was")))
	if err != nil {
		return err
	}
	sets := make([]string, len(t.columns))
	for i, c := range t.columns {
		sets[i] = fmt.Sprintf("%s = u.%[1]s", quote(c))
	}
	n, err := tx.exec(fmt.Sprintf(`UPDATE %s t SET %s, rev = %d FROM %s u WHERE t.fid = u.fid AND t.xmin::text::bigint = u.was`, t.sql, strings.Join(sets, ", "), l.seq, l.temp("ahead")))
	if err != nil {
		return err
	}
	var waited int64
	if err := tx.value([]any{&waited}, `SELECT count(*) FROM `+l.temp("ahead")); err != nil {
		return err
	}
	if n != waited || n != archived { // another program changed them and told nobody
		return kept.ErrHold
	}
	return nil
}

func (l *aheadLayer) bringRemoved(others []string) error {
	skip := map[string]bool{}
	for _, key := range others {
		skip[key] = true
	}
	var fids, was []int64
	for _, r := range l.removed {
		if !skip[r.key] {
			fids, was = append(fids, r.fid), append(was, r.xmin)
		}
	}
	if len(fids) == 0 {
		return nil
	}
	tx, t := l.in.tx, l.in.t
	const rows = "JOIN unnest($1::bigint[], $2::bigint[]) AS d(fid, was) ON d.fid = t.fid WHERE t.xmin::text::bigint = d.was"
	for _, end := range []struct{ op, rev string }{{"", "t.rev"}, {string(gis.Delete), strconv.FormatInt(l.seq, 10)}} {
		if _, err := tx.exec(t.archiveSQL(end.op, end.rev, rows+" ORDER BY t.fid"), array(fids), array(was)); err != nil {
			return err
		}
	}
	n, err := tx.exec(`DELETE FROM `+t.sql+` t USING unnest($1::bigint[], $2::bigint[]) AS d(fid, was) WHERE d.fid = t.fid AND t.xmin::text::bigint = d.was`, array(fids), array(was))
	if err == nil && n != int64(len(fids)) {
		err = kept.ErrHold
	}
	return err
}
