package postgis

import (
	"database/sql"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"strings"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// aheadLayer is what a long write does in one layer.
type aheadLayer struct {
	in      *layerTx // encodes, and sends new rows
	seq     int64    // of the Reload it is going to log
	id, end int64    // the id of the next new row, and the first behind those kept
	more    int64    // how many are kept next, 0: no more

	filled  bool     // the layer had rows
	known   []uint64 // hashes of their keys, in order
	read    bool     // known is filled
	byKey   *sql.Stmt
	next    readAhead
	touched map[int64]bool // ids of rows changed and removed
	removed []removedRow
	updates copyBuf // rows that take the place of others, on their way into the temporary table
	origins kept.Origins

	added, updated, unchanged int64
}

// removedRow is a stored row that is to go, as it was found.
type removedRow struct {
	fid, xmin int64
	key       string
}

// layer returns the state of the named layer, and keeps ids for it.
func (a *ahead) layer(name string) (*aheadLayer, error) {
	if l, ok := a.layers[name]; ok {
		return l, nil
	}
	in, err := a.t.layer(name)
	if err != nil {
		return nil, err
	}
	in.locked = true         // whoever changes rows and is no long write has the lock of the writers; other programs are told by xmin
	in.lookups = math.MinInt // it looks for few keys of a table with many
	in.inserts.wire = a.wire
	l := &aheadLayer{in: in, seq: a.seq + kept.SeqAhead + int64(len(a.order)), touched: map[int64]bool{}}
	var last sql.NullInt64 // looked for once: all that is sent and not committed lies in the way
	if err := a.store.reader.QueryRowContext(a.own, `SELECT max(fid) FROM `+in.t.sql).Scan(&last); err != nil {
		return nil, a.fail(err, "read "+name)
	}
	l.filled, l.end = last.Valid, last.Int64+1
	if l.more = a.Info.Ahead.Rows; l.more == 0 {
		l.more = firstIDs
	}
	if err := a.keepIDs(l); err != nil {
		return nil, a.fail(err, "make ready for "+name)
	}
	a.layers[name] = l
	a.order = append(a.order, l)
	return l, nil
}

func (a *ahead) put(l *aheadLayer, f *gis.Feature) (gis.Op, bool, error) {
	if f.Key != "" && l.filled {
		if l.in.t.isMadeKey(f.Key) {
			return "", false, kept.ErrHold
		}
		if err := a.readKeys(l); err != nil {
			return "", false, err
		}
		if _, old := slices.BinarySearch(l.known, maphash.String(keySeed, f.Key)); old {
			found, changed, err := a.update(l, f)
			if err != nil || found {
				return gis.Update, changed, err
			}
		}
	}
	if l.id >= l.end {
		if err := a.keepIDs(l); err != nil {
			return "", false, err
		}
	}
	return gis.Insert, true, l.insert(f)
}

// firstIDs is how many ids are kept at first where it is not known how many rows come. More are kept when they do, twice as many each time.
const firstIDs = 1 << 15

// keepIDs keeps the next ids for new rows. kept.ErrHold: there were to be no more.
func (a *ahead) keepIDs(l *aheadLayer) error {
	if l.more == 0 {
		return kept.ErrHold
	}
	first, err := a.firstOfIDs(l.in.t, l.end-1, l.more)
	if err != nil {
		return err
	}
	l.id, l.end = first, first+l.more
	if l.more *= 2; a.Info.Ahead.Rows > 0 {
		l.more = 0
	}
	return nil
}

// insert adds a new row. That its key is new to the write too, the server says.
func (l *aheadLayer) insert(f *gis.Feature) error {
	id := l.id
	key := f.Key
	if key == "" {
		key = l.in.t.madeKey(id)
		l.in.vals[l.in.t.keyColumn()] = key
	}
	if err := l.in.collect(id, l.seq); err != nil {
		return err
	}
	l.id++
	l.added++
	f.ID, f.Key = id, key
	if len(l.in.inserts.b) < copyChunk {
		return nil
	}
	return l.in.tx.send(&l.in.inserts.copyBuf)
}

// update keeps the new values of a row that is there, unless nothing changes.
func (a *ahead) update(l *aheadLayer, f *gis.Feature) (found, changed bool, err error) {
	r, found, err := a.find(l, f.Key)
	if err != nil || !found {
		return found, false, err
	}
	f.ID = r.fid
	if l.touched[r.fid] { // twice in one write
		return true, false, kept.ErrHold
	}
	if same(r.vals, l.in.vals) {
		l.unchanged++
		return true, false, nil
	}
	if l.updates.into == "" {
		if err := l.makeUpdates(); err != nil {
			return true, false, err
		}
	}
	l.touched[r.fid] = true
	l.updates.row(append([]any{r.fid, r.xmin}, l.in.vals...)...)
	l.updated++
	if len(l.updates.b) >= copyChunk {
		err = l.in.tx.send(&l.updates)
	}
	return true, true, err
}

// temp is a temporary table: "ahead" of the rows to be changed, "was" of the versions to be kept of them.
func (l *aheadLayer) temp(what string) string {
	return "pg_temp." + quote("wanmi_"+what+"_"+l.in.t.name)
}

func (l *aheadLayer) makeUpdates() error {
	_, err := l.in.tx.exec(fmt.Sprintf(`CREATE TEMP TABLE %s ON COMMIT DROP AS SELECT fid, fid AS was, %s FROM %s WITH NO DATA`,
		quote("wanmi_ahead_"+l.in.t.name), l.in.t.columnList(""), l.in.t.sql))
	l.updates.into = fmt.Sprintf("%s (fid, was, %s)", l.temp("ahead"), l.in.t.columnList(""))
	return err
}

// find reads the stored row of a key, with the number of the transaction that wrote it.
func (a *ahead) find(l *aheadLayer, key string) (r stored, found bool, err error) {
	if r, found = l.next.take(key); found {
		return r, true, nil
	}
	t := l.in.t
	if l.byKey == nil {
		query := strings.Replace(t.byKeySQL(), "SELECT", "SELECT xmin::text::bigint,", 1)
		if l.byKey, err = a.store.reader.PrepareContext(a.own, query); err != nil {
			return r, false, err
		}
	}
	return l.next.read(t, key, true, nil, func(limit int, use func(stored)) error {
		rows, err := l.byKey.QueryContext(a.own, key, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		sc := newScanner(t)
		sc.dest = append([]any{&sc.xmin}, sc.dest...)
		for rows.Next() {
			if err := rows.Scan(sc.dest...); err != nil {
				return err
			}
			use(sc.row())
		}
		return rows.Err()
	})
}

// readKeys fills known.
func (a *ahead) readKeys(l *aheadLayer) error {
	if l.read {
		return nil
	}
	l.read = true
	var key sql.RawBytes
	err := each(a.ctx, a.store.reader, []any{&key}, `SELECT `+quote(l.in.t.key)+`::bytea FROM `+l.in.t.sql+` WHERE fid >= $1`, []any{int64(-1 << 63)}, func() bool {
		l.known = append(l.known, maphash.Bytes(keySeed, key))
		return true
	})
	slices.Sort(l.known)
	return err
}

// send hands over what is collected, waits until the server has it all, and has it make the versions to be kept of what is going to be changed.
func (a *ahead) send() error {
	for _, l := range a.order {
		if l.byKey != nil {
			l.byKey.Close()
		}
		if err := errors.Join(a.t.send(&l.in.inserts.copyBuf), a.t.send(&l.updates), a.t.wait()); err != nil {
			return err
		}
		if l.updates.into == "" {
			continue
		}
		if _, err := a.t.exec(`ANALYZE ` + l.temp("ahead")); err != nil {
			return err
		}
		versions := l.in.t.versionsSQL("", "t.rev", "JOIN "+l.temp("ahead")+" u ON u.fid = t.fid WHERE t.xmin::text::bigint = u.was")
		if _, err := a.t.exec(`CREATE TEMP TABLE ` + quote("wanmi_was_"+l.in.t.name) + ` ON COMMIT DROP AS ` + versions); err != nil {
			return err
		}
	}
	return nil
}
