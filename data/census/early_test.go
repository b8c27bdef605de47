package census_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"wanmi/data"
	"wanmi/data/census"
	"wanmi/data/postgis"
	"wanmi/data/postgis/pgtest"
	"wanmi/data/storetest"
	"wanmi/gis"
)

// hasty is a store that takes rows while others are read, and counts the writes that came to be so.
type hasty struct {
	*postgis.Store
	dsn          string
	begun, wrote int
}

func (h *hasty) WriteEarly(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, bool, error) {
	h.begun++
	gen, written, err := h.Store.WriteEarly(ctx, w, fn)
	if written && err == nil {
		h.wrote++
	}
	return gen, written, err
}

func newHasty(t *testing.T) *hasty {
	t.Helper()
	dsn := pgtest.DSN(t)
	s, err := postgis.Open(t.Context(), dsn, postgis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	lampAreas(t, s)
	return &hasty{Store: s, dsn: dsn}
}

// patient is the same store, which gets rows when all are read.
type patient struct{ census.Target }

// told is everything that a delivery leaves in a store, but for times.
func (h *hasty) told(t *testing.T, withIDs bool) string {
	t.Helper()
	fid, ids := "t", `(SELECT last_value || '' FROM wanmi.component_fid_seq)`
	if !withIDs {
		fid, ids = "to_jsonb(t) - 'fid'", "''"
	}
	var b strings.Builder
	for _, q := range []string{
		`SELECT string_agg((` + fid + `)::text, E'\n' ORDER BY code) FROM wanmi.component t`, `SELECT ` + ids,
		`SELECT string_agg(name || ' ' || value, ', ' ORDER BY name) FROM wanmi.counter WHERE value > 0`,
		`SELECT string_agg(concat_ws(' ', layer, source, files, actor, added, moved, changed, removed, unchanged, rejected, status, profile), ', ') FROM wanmi.import_batch WHERE layer = 'component'`,
		`SELECT string_agg(concat_ws(' ', seq - (SELECT max(seq) FROM wanmi.change_log), layer, op, source, batch), ', ') FROM wanmi.change_log WHERE layer = 'component'`,
		`SELECT string_agg(concat_ws(' ', file, line, rule, raw), ', ' ORDER BY id) FROM wanmi.import_rejected`,
		`SELECT count(*)::text FROM wanmi.kept_number`,
	} {
		fmt.Fprintln(&b, pgtest.Value(t, h.dsn, `SELECT coalesce((`+q+`), '')`))
	}
	return b.String()
}

// coded is a delivery with codes; every so many-th row, 0: none, has none, and the row again has the code of the tenth.
func coded(t *testing.T, name string, n, without, again int) string {
	t.Helper()
	return table(t, name, "部件标识码,编号,名称,类别,备注,地址,经度,纬度\n", n, func(i int) string {
		code := fmt.Sprintf("37088301037%06d", 5+2*i)
		switch {
		case i == again && again > 0:
			code = fmt.Sprintf("37088301037%06d", 5+2*10)
		case without > 0 && i%without == 3:
			code = ""
		}
		return code + "," + lampAt(i, "", 0, 0.01)
	})
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return x[i] + "\nand\n" + strings.Join(y[min(i, len(y)):min(i+1, len(y))], "")
		}
	}
	return fmt.Sprintf("%d lines and %d", len(x), len(y))
}

// TestEarly has the same deliveries written while they are read and afterwards: the stores must be alike.
func TestEarly(t *testing.T) {
	plain := func(name string, n int) func(t *testing.T) string {
		return func(t *testing.T) string {
			return lamps(t, name, n, func(i int) string {
				if i%500 == 77 { // refused: no place
					return fmt.Sprintf("LD-%05d,路灯,路灯,,x,,\n", i)
				}
				return lampAt(i, "", 0, 0)
			})
		}
	}
	codes := func(n, without, again int) func(t *testing.T) string {
		return func(t *testing.T) string { return coded(t, "井.csv", n, without, again) }
	}
	for _, c := range []struct {
		name         string
		files        []func(t *testing.T) string
		begun, wrote int
		sameIDs      bool
	}{
		{"few", []func(t *testing.T) string{plain("a.csv", 1500)}, 0, 0, true},
		{"no codes", []func(t *testing.T) string{plain("a.csv", 2500), plain("b.csv", 2000)}, 1, 1, true},
		{"codes", []func(t *testing.T) string{codes(2500, 0, 0)}, 1, 1, true},
		{"some codes, one twice", []func(t *testing.T) string{codes(3000, 50, 2700)}, 1, 1, false},
		{"codes, then none", []func(t *testing.T) string{codes(2500, 0, 0), plain("a.csv", 2500)}, 1, 1, true},
		{"none, then codes", []func(t *testing.T) string{plain("a.csv", 2500), codes(2500, 0, 0)}, 1, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := newHasty(t), newHasty(t)
			o := census.Options{Layer: "component", Actor: "survey", Today: "2026-11-30"}
			for _, make := range c.files {
				o.Files = append(o.Files, make(t))
			}
			one, err := census.Import(t.Context(), a, o)
			if err != nil {
				t.Fatal(err)
			}
			two, err := census.Import(t.Context(), patient{b}, o)
			if err != nil {
				t.Fatal(err)
			}
			if a.begun != c.begun || a.wrote != c.wrote || b.begun != 0 {
				t.Errorf("begun early %d, written so %d, and %d where it cannot; want %d, %d, 0", a.begun, a.wrote, b.begun, c.begun, c.wrote)
			}
			if one.Summary != two.Summary || len(one.Faults) != len(two.Faults) || one.Summary.Added < 1400 {
				t.Errorf("early %+v with %d faults, afterwards %+v with %d", one.Summary, len(one.Faults), two.Summary, len(two.Faults))
			}
			if x, y := a.told(t, c.sameIDs), b.told(t, c.sameIDs); x != y {
				t.Errorf("the stores differ:\n%s", firstDifference(x, y))
			}
			storetest.NoFindings(t, a.Store)
		})
	}
}

// A delivery that cannot be read to its end leaves nothing of what was handed over, and its numbers are given to the next.
func TestEarlyGivenUp(t *testing.T) {
	s := newHasty(t)
	good := lamps(t, "a.csv", 6000, func(i int) string { return lampAt(i, "", 0, 0) })
	before := s.told(t, true)
	o := census.Options{Layer: "component", Files: []string{good, good + ".gone"}}
	if _, err := census.Import(t.Context(), s, o); err == nil {
		t.Fatal("a file that is not there was imported")
	}
	if s.begun != 1 || s.wrote != 0 {
		t.Errorf("begun early %d, written so %d; want 1, 0", s.begun, s.wrote)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o = census.Options{Layer: "component", Files: []string{good}, Progress: func(stage string, done, _ int64) {
		if strings.HasPrefix(stage, "read") && done >= 2500 {
			cancel()
		}
	}}
	if _, err := census.Import(ctx, s, o); err == nil {
		t.Error("an import that was stopped went on")
	}
	if after := s.told(t, true); after != before {
		t.Errorf("something is left:\n%s", firstDifference(after, before))
	}
	o.Progress = nil
	if _, err := census.Import(t.Context(), s, o); err != nil || s.wrote != 1 {
		t.Errorf("the delivery itself: %v, written early %d times, want 1", err, s.wrote)
	}
	if _, err := s.Feature(t.Context(), "component", "37088301037000001"); err != nil {
		t.Errorf("the first number is not given: %v", err)
	}
}

// What others add while a delivery is read is not lost, nor is what they add when all is read, which waits for the index and the delivery, nor
// is anything of the delivery.
func TestEarlyBesideOthers(t *testing.T) {
	s := newHasty(t)
	o := census.Options{Layer: "component", Files: []string{lamps(t, "a.csv", 6000, func(i int) string { return lampAt(i, "", 0, 0) })}}
	add := func() error {
		_, err := s.Write(t.Context(), data.WriteInfo{Actor: "hand"}, func(tx data.Tx) error {
			n, err := tx.Next("component/370883/01037", 1)
			if err != nil {
				return err
			}
			f := gis.NewFeature(gis.MustLayer("component"))
			f.Set("code", fmt.Sprintf("37088301037%06d", n))
			f.Set("name", "by hand")
			_, _, err = tx.Put(&f)
			return err
		})
		return err
	}
	added, waited := false, make(chan error, 1)
	o.Progress = func(stage string, done, _ int64) {
		switch {
		case strings.HasPrefix(stage, "read") && done >= 4000 && !added:
			added = true
			if err := add(); err != nil {
				t.Error(err)
			}
		case strings.HasPrefix(stage, "match") && waited != nil:
			go func(told chan<- error) { told <- add() }(waited)
			waited = nil
		}
	}
	told := waited
	res, err := census.Import(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	if waited != nil {
		t.Fatal("nothing was told of the plan")
	}
	if err := <-told; err != nil {
		t.Error(err)
	}
	n, err := s.Count(t.Context(), "component")
	if err != nil || n != 6002 || res.Summary.Added != 6000 || s.begun != 1 {
		t.Errorf("%d components, %v, %+v, begun early %d times; want 6,002 of which 6,000 are the delivery's, once", n, err, res.Summary, s.begun)
	}
	storetest.NoFindings(t, s.Store)
}
