package postgis

import (
	"errors"
	"testing"

	"wanmi/data"
	"wanmi/data/postgis/pgtest"
	"wanmi/data/storetest"
)

// The index of a first delivery is there when the write is told that its rows are, further rows go into it, and a write that fails then leaves
// neither index nor lock.
func TestFilled(t *testing.T) {
	dsn := pgtest.DSN(t)
	s := openTest(t, dsn)
	feats := components(3000)
	failed := errors.New("the delivery is given up")
	for _, want := range []error{failed, nil} {
		w := data.WriteInfo{Actor: "survey", Bulk: true, Batch: &data.Batch{Layer: "component", Source: "first"}, Ahead: &data.Ahead{Since: storetest.NobodyElse(t)}}
		_, done, err := s.WriteEarly(t.Context(), w, func(tx data.Tx) error {
			a := tx.(*ahead)
			if err := putEach(tx, feats[:2900]); err != nil {
				return err
			}
			if err := a.Filled("component"); err != nil {
				return err
			}
			l := a.layers["component"]
			l.end = l.id // the next row needs more of them, and a number
			if n, err := tx.Next("component/370883/01001", 1); n != 1 || err != nil {
				t.Errorf("number %d, %v; want 1", n, err)
			}
			var have bool
			if err := a.t.value([]any{&have}, `SELECT to_regclass('wanmi.component_geom') IS NOT NULL`); err != nil || !have {
				t.Errorf("index %v, %v; want one", have, err)
			}
			if err := putEach(tx, feats[2900:]); err != nil {
				return err
			}
			return want
		})
		if !done || !errors.Is(err, want) {
			t.Fatalf("done %v, %v; want %v", done, err, want)
		}
		n, err := s.Count(t.Context(), "component")
		index := pgtest.Value(t, dsn, `SELECT to_regclass('wanmi.component_geom') IS NOT NULL`)
		if want != nil && (n != 0 || index != "false" || err != nil) || want == nil && (n != 3000 || index != "true" || err != nil) {
			t.Errorf("%d rows, index %s, %v after %v", n, index, err, want)
		}
		one := components(1)
		one[0].Set("code", "37088301037999999")
		one[0].Key = ""
		if _, err := s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { return putEach(tx, one) }); err != nil { // the lock is free
			t.Fatal(err)
		}
		if _, err := s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { return tx.Delete("component", "37088301037999999") }); err != nil {
			t.Fatal(err)
		}
	}
	storetest.NoFindings(t, s)
}
