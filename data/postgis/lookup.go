package postgis

import (
	"database/sql"
	"hash/maphash"
)

// The seed is one for the process: the hashes are kept nowhere.
var keySeed = maphash.MakeSeed()

// lookupsBeforeKeys is how many keys a bulk write looks for one by one before it reads all keys of the table.
const lookupsBeforeKeys = 50

// askedOnce is how many keys are looked for before it pays to prepare the statement.
const askedOnce = 2

// absent reports whether there is surely no row of that key. In a bulk write that answer mostly costs nothing.
func (l *layerTx) absent(key string) (bool, error) {
	if !l.tx.info.Bulk {
		return false, nil
	}
	if l.keys == nil {
		if l.lookups++; l.lookups < lookupsBeforeKeys {
			return false, nil
		}
		if err := l.readKeys(); err != nil {
			return false, err
		}
	}
	_, maybe := l.keys[maphash.String(keySeed, key)]
	return !maybe, nil
}

func (l *layerTx) readKeys() error {
	if err := l.lock(); err != nil {
		return err
	}
	if err := l.flush(); err != nil {
		return err
	}
	if err := l.tx.wait(); err != nil {
		return err
	}
	keys := map[uint64]struct{}{}
	var key sql.RawBytes
	err := each(l.tx.ctx, l.tx.sql, []any{&key}, `SELECT `+quote(l.t.key)+`::bytea FROM `+l.t.sql+` WHERE fid >= $1`, []any{int64(-1 << 63)}, func() bool {
		keys[maphash.Bytes(keySeed, key)] = struct{}{}
		return true
	})
	l.keys = keys
	return err
}

// find returns the row of the key as this write sees it; found is false when there is none.
func (l *layerTx) find(key string) (r stored, found bool, err error) {
	if _, waits := l.pending[key]; waits {
		if err := l.flush(); err != nil {
			return r, false, err
		}
	}
	if r, found = l.held[key]; found {
		return r, true, nil
	}
	if l.tx.info.Bulk {
		if r, found = l.ahead.take(key); found {
			return r, true, nil
		}
	}
	if err := l.tx.wait(); err != nil {
		return r, false, err
	}
	r, found, err = l.ahead.read(l.t, key, l.tx.info.Bulk, l.pending, func(limit int, use func(stored)) error {
		if l.asked++; l.asked <= askedOnce { // one message instead of three
			return l.scan(use)(l.tx.sql.QueryContext(l.tx.own, l.t.byKeySQL(), key, limit))
		}
		stmt, err := l.prepared(&l.byKeyStmt, l.t.byKeySQL())
		if err != nil {
			return err
		}
		return l.rows(stmt, []any{key, limit}, use)
	})
	if found && !l.tx.info.Bulk { // who looks at a row often looks again, and then changes it
		l.hold(key, r)
	}
	return r, found, err
}

// hold keeps a row as it is in this write.
func (l *layerTx) hold(key string, r stored) {
	if l.held == nil {
		l.held = map[string]stored{}
	}
	l.held[key] = r
}

// readAhead guesses that who asks for one row by its key asks for the next one next, as a delivery does that is in the order
// of the one before. It reads the more rows at once the longer that is true.
type readAhead struct {
	rows map[string]stored
	next int // how many rows the next reading asks for
}

const mostAhead = 512

// take returns the row of a key that was read ahead.
func (a *readAhead) take(key string) (stored, bool) {
	r, ok := a.rows[key]
	if ok {
		delete(a.rows, key)
	}
	return r, ok
}

// forget drops the row of a key that has changed.
func (a *readAhead) forget(key string) { delete(a.rows, key) }

// read reads the row of the key, and in a bulk write rows after it but for those that wait to be written. rows hands on the row
// of the key and those behind it, so many in all.
func (a *readAhead) read(t *table, key string, bulk bool, waits map[string]struct{}, rows func(limit int, use func(stored)) error) (r stored, found bool, err error) {
	n := 1
	if bulk {
		if len(a.rows) == 0 && a.next > 0 { // all that was read ahead was asked for
			a.next = min(2*a.next, mostAhead)
		} else {
			a.next = 1
		}
		n, a.rows = a.next, map[string]stored{}
	}
	err = rows(n, func(row stored) {
		if k, _ := row.vals[t.keyColumn()].(string); k == key {
			r, found = row, true
		} else if _, wait := waits[k]; !wait {
			a.rows[k] = row
		}
	})
	return r, found, err
}
