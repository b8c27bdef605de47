package postgis

import (
	"database/sql"
	"errors"
	"sort"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// Next implements data.Tx.
func (t *tx) Next(counter string, floor int64) (int64, error) {
	last, err := t.counter(counter)
	if err != nil {
		return 0, err
	}
	n := max(last+1, floor)
	t.counters[counter], t.raised[counter] = n, true
	return n, nil
}

// Reserve implements data.Tx.
func (t *tx) Reserve(counter string, n int64) error {
	last, err := t.counter(counter)
	if err == nil && n > last {
		t.counters[counter], t.raised[counter] = n, true
	}
	return err
}

// counter returns the last number given of a counter, 0 when none was.
func (t *tx) counter(name string) (int64, error) {
	if err := t.check(); err != nil {
		return 0, err
	}
	if n, ok := t.counters[name]; ok {
		return n, nil
	}
	if !kept.Storable(name) {
		return 0, gis.E(gis.Invalid, nil, "%q is no name of a counter", name)
	}
	var n int64
	err := t.value([]any{&n}, `SELECT value FROM wanmi.counter WHERE name = $1`, name)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, t.fail(err, "read counter "+name)
	}
	t.counters[name] = n
	return n, nil
}

func (t *tx) keepCounters() error {
	names := make([]string, 0, len(t.raised))
	for name := range t.raised {
		names = append(names, name)
	}
	sort.Strings(names)
	if len(names) == 0 {
		return nil
	}
	values := make([]int64, len(names))
	for i, name := range names {
		values[i] = t.counters[name]
	}
	_, err := t.exec(`INSERT INTO wanmi.counter AS c SELECT * FROM unnest($1::text[], $2::bigint[])
		ON CONFLICT (name) DO UPDATE SET value = greatest(c.value, excluded.value)`, array(names), array(values))
	return err
}
