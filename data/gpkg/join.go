package gpkg

import (
	"database/sql"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// join brings what a long write has prepared into the write t, which has the lock. False: it does not hold any more, nothing has been brought in.
func (a *ahead) join(t *tx) (bool, error) {
	changes, err := a.meanwhile(t)
	ok := err == nil && changes.ok
	for _, l := range a.order {
		if ok {
			ok, err = a.holds(t, l, changes)
		}
	}
	if err != nil {
		return false, err
	}
	if ok {
		if ok, err = a.since(t, changes.list); err != nil {
			return false, err
		}
	}
	settle := a.returnNumbers
	if !ok {
		settle = func(q *sql.Tx) error { return giveBack(t.own, q) }
	}
	if err := settle(t.sql); err != nil {
		return false, err
	}
	if !ok {
		for _, l := range a.order { // the function runs again, in the tables themselves
			if err := l.st.dropTriggers(t.own, t.sql); err != nil {
				return false, err
			}
			if err := l.st.settleHistory(t.own, t.sql, true); err != nil {
				return false, err
			}
		}
		return false, nil
	}
	for _, l := range a.order {
		if l.added == 0 && len(l.touched) == 0 {
			in, err := t.layer(l.row.t.name)
			if err != nil {
				return false, err
			}
			in.unchanged += l.unchanged
			if err := l.st.dropTriggers(t.own, t.sql); err != nil {
				return false, err
			}
			continue
		}
		if err := a.joinLayer(t, l); err != nil {
			return false, l.errorf("bring rows in", err)
		}
	}
	for _, r := range a.Rejected {
		if err := t.Reject(r); err != nil {
			return false, err
		}
	}
	return true, nil
}

// meanwhile are the changes others made of the layers of the write since it began.
type meanwhile struct {
	list []gis.Change
	keys map[string]map[string]bool // layer -> key
	ok   bool                       // they are few, and of single rows
}

func (a *ahead) meanwhile(t *tx) (meanwhile, error) {
	m := meanwhile{keys: map[string]map[string]bool{}, ok: t.seq < a.seq+kept.SeqAhead-1}
	rows, err := t.sql.QueryContext(t.own, `SELECT seq, gen, layer, key, op, actor, source, +at FROM change_log WHERE seq > ? ORDER BY seq`, a.seq)
	if err != nil {
		return m, err
	}
	defer rows.Close()
	for rows.Next() {
		var c gis.Change
		var at string
		if err := rows.Scan(&c.Seq, &c.Gen, &c.Layer, &c.Key, &c.Op, &c.Actor, &c.Source, &at); err != nil {
			return m, err
		}
		if a.layers[c.Layer] == nil {
			continue
		}
		c.At = kept.ParseTime(at)
		m.list = append(m.list, c)
		if m.keys[c.Layer] == nil {
			m.keys[c.Layer] = map[string]bool{}
		}
		m.keys[c.Layer][c.Key] = true
		if c.Op == gis.Reload || len(m.list) > kept.SyncMost {
			m.ok = false
		}
	}
	return m, rows.Err()
}

// holds reports whether the stage of a layer may take its place: the tables are as they were, every change is in the log, and
// nobody took a key the write gives a new row.
func (a *ahead) holds(t *tx, l *aheadLayer, m meanwhile) (bool, error) {
	now := stage{t: l.row.t}
	if err := now.look(t); err != nil {
		return false, ifHold(err)
	}
	if err := l.st.still(t.own, t.sql); err != nil {
		return false, ifHold(err)
	}
	if now.sql != l.st.sql || !slices.Equal(now.places, l.st.places) || len(now.roots) != len(l.st.roots) {
		return false, nil
	}
	for name, root := range now.roots {
		if l.st.roots[name] != root {
			return false, nil
		}
	}
	keys := m.keys[l.row.t.name]
	for key := range keys {
		if _, own := l.load.seen[maphash.String(l.load.seed, key)]; own {
			return false, nil
		}
	}
	// A program that took the triggers for edits off may change rows and tell nobody but those of the stage.
	tab, log, key := quote(l.row.t.name), quote(l.row.t.stageLog()), quote(l.row.t.key)
	rows, err := t.sql.QueryContext(t.own, fmt.Sprintf(`SELECT coalesce(t.%[1]s, ''), coalesce(s.%[1]s, '') FROM %[2]s g LEFT JOIN %[3]s t ON t.fid = g.fid
		LEFT JOIN %[4]s s ON s.fid = g.fid`, key, log, tab, quote(l.row.t.stage())))
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var now, was string
		if err := rows.Scan(&now, &was); err != nil {
			return false, err
		}
		if now != "" && !keys[now] || was != "" && !keys[was] {
			return false, nil
		}
	}
	return true, rows.Err()
}

// ifHold passes over what only says that the lock is needed.
func ifHold(err error) error {
	if err == kept.ErrHold { //nolint:errorlint // made here, never wrapped
		return nil
	}
	return err
}

// since tells the writer what others changed and lets him put that right, as one of the changes this write logs.
func (a *ahead) since(t *tx, changes []gis.Change) (bool, error) {
	before := t.seq
	for _, l := range a.order {
		if l.added == 0 && len(l.touched) == 0 {
			continue
		}
		in, err := t.layer(l.row.t.name)
		if err != nil {
			return false, err
		}
		t.seq = max(t.seq, l.seq-1)
		if err := in.note(gis.Change{}, false, false); err != nil {
			return false, err
		}
		in.tried = true
	}
	ok, err := a.Info.Ahead.Since(t, changes)
	if err != nil || ok {
		return ok, err
	}
	for _, in := range t.order { // nothing is written yet
		in.seq, in.tried = 0, false
	}
	t.seq = before
	_, err = t.sql.ExecContext(t.own, `DELETE FROM change_log WHERE seq > ?`, before)
	return false, err
}

// joinLayer lets the versions kept of what is replaced stand, brings over into the stage what others changed, and has the stage take its place.
func (a *ahead) joinLayer(t *tx, l *aheadLayer) error {
	in, err := t.layer(l.row.t.name)
	if err != nil {
		return err
	}
	tab := l.row.t
	log := `(SELECT fid FROM ` + quote(tab.stageLog()) + `)`
	if err := l.st.settleHistory(t.own, t.sql, false); err != nil {
		return err
	}
	if err := l.bringOver(t, in, log); err != nil {
		return err
	}
	if err := l.st.dropTriggers(t.own, t.sql); err != nil {
		return err
	}
	in.added += l.added
	in.updated += l.updated
	in.removed += int64(len(l.removed))
	in.unchanged += l.unchanged
	in.origins.Runs = append(l.origins.Runs, in.origins.Runs...)
	in.staged = l.st
	return nil
}

// bringOver makes the rows noted in log in the stage what they are in the layer, and settles the layer's extent.
func (l *aheadLayer) bringOver(t *tx, in *layerTx, log string) error {
	tab := l.row.t
	key := quote(tab.key)
	stmts := []string{
		`DELETE FROM ` + quote(tab.stageKeys()) + ` WHERE (key, fid) IN (SELECT ` + key + `, fid FROM ` + quote(tab.stage()) + ` WHERE fid IN ` + log + `)`,
		`INSERT INTO ` + quote(tab.stageKeys()) + ` SELECT ` + key + `, fid FROM ` + quote(tab.name) + ` WHERE fid IN ` + log,
		`DELETE FROM ` + quote(tab.stage()) + ` WHERE fid IN ` + log,
		`INSERT INTO ` + quote(tab.stage()) + ` SELECT * FROM ` + quote(tab.name) + ` WHERE fid IN ` + log,
	}
	if tab.hasGeom() {
		stmts = append(stmts, `DELETE FROM `+quote(tab.stageRTree())+` WHERE id IN `+log,
			`INSERT INTO `+quote(tab.stageRTree())+` SELECT fid, ST_MinX(geom), ST_MaxX(geom), ST_MinY(geom), ST_MaxY(geom) FROM `+
				quote(tab.name)+` WHERE fid IN `+log+` AND geom NOTNULL AND NOT ST_IsEmpty(geom)`)
	}
	for _, s := range stmts {
		if _, err := t.sql.ExecContext(t.own, s); err != nil {
			return err
		}
	}
	if !tab.hasGeom() {
		return nil
	}
	in.extent, in.hasExtent = l.row.extent, l.row.hasExtent
	rows, err := t.sql.QueryContext(t.own, `SELECT geom FROM `+quote(tab.name)+` WHERE geom NOTNULL AND fid IN `+log)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var blob []byte
		if err := rows.Scan(&blob); err != nil {
			return err
		}
		if b, filled, err := boundOf(blob); err == nil && filled {
			in.bound, in.hasBound = b, true
			in.grow()
		}
	}
	in.bound, in.hasBound = orb.Bound{}, false
	return rows.Err()
}

// exchange has the roots of trees change places. As with layPages, nothing but the commit may come after it.
func (t *tx) exchange(some, others map[string]uint32) error {
	t.renew = true
	w := pageWriter{tx: t.sql, ctx: t.own}
	for name, root := range some {
		was, err := t.page(root)
		if err != nil {
			return err
		}
		is, err := t.page(others[name])
		if err != nil {
			return err
		}
		if err := w.write(root, is); err != nil {
			return err
		}
		if err := w.write(others[name], was); err != nil {
			return err
		}
	}
	return w.flush()
}
