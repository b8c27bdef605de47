package postgis

import (
	"fmt"
	"strconv"
	"strings"

	"wanmi/gis"
)

// mostWaiting is how many updates and deletes wait before they are sent; few is up to how many updates go one by one, without the
// temporary table.
const (
	mostWaiting = 5000
	few         = 16
)

// sendWhenMany sends what waits when it is much.
func (l *layerTx) sendWhenMany() error {
	switch waiting := len(l.updates) + len(l.deletes); {
	case waiting >= mostWaiting, waiting == 0 && len(l.inserts.b) >= copyChunk:
		return l.flush()
	case len(l.inserts.b) >= copyChunk: // their keys go on waiting, which costs little
		return l.tx.send(&l.inserts.copyBuf)
	}
	return nil
}

// flush sends what waits. No key waits twice, so the order does not matter.
func (l *layerTx) flush() error {
	if len(l.pending) == 0 {
		return nil
	}
	if len(l.deletes) > 0 {
		if err := l.flushDeletes(); err != nil {
			return fmt.Errorf("delete: %w", err)
		}
	}
	if len(l.updates) > 0 {
		if err := l.flushUpdates(); err != nil {
			return fmt.Errorf("update: %w", err)
		}
	}
	if err := l.tx.send(&l.inserts.copyBuf); err != nil {
		return fmt.Errorf("insert: %w", err)
	}
	clear(l.pending)
	return nil
}

func (l *layerTx) flushDeletes() error {
	fids, was, seqs := make([]int64, len(l.deletes)), make([]int64, len(l.deletes)), []int64{}
	var marked []int64
	for i, d := range l.deletes {
		fids[i], was[i] = d.fid, d.was
		if d.mark {
			marked, seqs = append(marked, d.fid), append(seqs, d.seq)
		}
	}
	if err := l.archive(fids, was); err != nil {
		return err
	}
	_, err := l.tx.exec(l.t.archiveSQL(string(gis.Delete), "d.seq", "JOIN unnest($1::bigint[], $2::bigint[]) AS d(fid, seq) ON d.fid = t.fid ORDER BY t.fid"),
		array(marked), array(seqs))
	if err != nil {
		return err
	}
	_, err = l.tx.exec(`DELETE FROM `+l.t.sql+` WHERE fid = ANY ($1::bigint[])`, array(fids))
	l.deletes = l.deletes[:0]
	return err
}

func (l *layerTx) flushUpdates() error {
	if len(l.updates) == 1 && (l.seq == 0 || l.updates[0].was != l.seq) { // as of an edit: the version there was goes by the same message
		n := len(l.t.columns) + 2
		was := l.t.archiveSQL("", "t.rev", "WHERE t.fid = $"+strconv.Itoa(n))
		err := l.updateEach("WITH was AS (" + was + ") " + l.t.updateSQL())
		l.updates = l.updates[:0]
		return err
	}
	fids, was := make([]int64, len(l.updates)), make([]int64, len(l.updates))
	for i, u := range l.updates {
		fids[i], was[i] = u.fid, u.was
	}
	if err := l.archive(fids, was); err != nil {
		return err
	}
	var err error
	if len(l.updates) <= few {
		err = l.updateEach(l.t.updateSQL())
	} else {
		err = l.updateAll()
	}
	l.updates = l.updates[:0]
	return err
}

func (l *layerTx) updateEach(query string) error {
	for _, u := range l.updates {
		args := make([]any, 0, len(u.vals)+2)
		for _, v := range u.vals {
			args = append(args, param(v))
		}
		if _, err := l.tx.exec(query, append(args, u.rev, u.fid)...); err != nil {
			return err
		}
	}
	return nil
}

// updateAll brings the rows into a temporary table by COPY and lets the server do the rest in one statement.
func (l *layerTx) updateAll() error {
	temp := "pg_temp." + quote("wanmi_put_"+l.t.name)
	if !l.staged {
		_, err := l.tx.exec(fmt.Sprintf(`CREATE TEMP TABLE %s ON COMMIT DROP AS SELECT fid, rev, %s FROM %s WITH NO DATA`,
			quote("wanmi_put_"+l.t.name), l.t.columnList(""), l.t.sql))
		if err != nil {
			return err
		}
		l.staged = true
	}
	rows := copyBuf{into: temp}
	for _, u := range l.updates {
		rows.row(append([]any{u.fid, u.rev}, u.vals...)...)
	}
	if err := l.tx.sendNow(&rows); err != nil {
		return err
	}
	sets := make([]string, len(l.t.columns))
	for i, c := range l.t.columns {
		sets[i] = fmt.Sprintf("%s = u.%[1]s", quote(c))
	}
	n, err := l.tx.exec(fmt.Sprintf(`UPDATE %s t SET %s, rev = u.rev FROM %s u WHERE t.fid = u.fid`, l.t.sql, strings.Join(sets, ", "), temp))
	if err == nil && n != int64(len(l.updates)) {
		err = gis.E(gis.Conflict, nil, "%d rows of %s were there to be changed, another program left %d", len(l.updates), l.t.name, n)
	}
	if err != nil {
		return err
	}
	_, err = l.tx.exec(`TRUNCATE ` + temp)
	return err
}

// archive keeps rows as they are before a change, told by their ids and revisions. A version this same bulk write made was never
// seen by anybody and is not kept.
func (l *layerTx) archive(fids, was []int64) error {
	var keep, own []int64
	for i, fid := range fids {
		if l.seq != 0 && was[i] == l.seq {
			own = append(own, fid)
		} else {
			keep = append(keep, fid)
		}
	}
	if l.assigned && len(own) > 0 {
		if err := l.completeAssigned(own); err != nil {
			return err
		}
	}
	if len(keep) == 0 {
		return nil
	}
	_, err := l.tx.exec(l.t.archiveSQL("", "t.rev", "WHERE t.fid = ANY ($1::bigint[]) ORDER BY t.fid"), array(keep))
	return err
}
