package postgis

import (
	"database/sql"
	"errors"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// Next implements data.Tx.
func (t *tx) Next(counter string, floor int64) (int64, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	return t.counters.Next(counter, floor, t.counter)
}

// Reserve implements data.Tx.
func (t *tx) Reserve(counter string, n int64) error {
	if err := t.check(); err != nil {
		return err
	}
	return t.counters.Reserve(counter, n, t.counter)
}

// counter reads the last number given of a counter, 0 when none was.
func (t *tx) counter(name string) (int64, error) {
	if !kept.Storable(name) {
		return 0, gis.E(gis.Invalid, nil, "%q is no name of a counter", name)
	}
	var n int64
	err := t.value([]any{&n}, `SELECT value FROM wanmi.counter WHERE name = $1`, name)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, t.fail(err, "read counter "+name)
	}
	return n, nil
}

func (t *tx) keepCounters() error {
	names, values := t.counters.Raised()
	if len(names) == 0 {
		return nil
	}
	_, err := t.exec(`INSERT INTO wanmi.counter AS c SELECT * FROM unnest($1::text[], $2::bigint[])
		ON CONFLICT (name) DO UPDATE SET value = greatest(c.value, excluded.value)`, array(names), array(values))
	return err
}
