package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// derived are the fields the tests assign.
var derived = []string{"grid_code", "community_code"}

// testAssign: a bulk write and one that logs each row change the same and keep the same history.
func testAssign(t *testing.T, s Store) {
	const n = 700
	var feats []*gis.Feature
	for i := range n {
		f := component(fmt.Sprintf("c%04d", i), 116+float64(i)/1e4, 35)
		f.Set("note", "不动")
		feats = append(feats, f)
	}
	put(t, s, feats...)
	west, east := []any{"370883001001001", "370883001001"}, []any{"370883001001002", nil}
	rows := func(yield func(data.Assigned) bool) {
		for i, f := range feats {
			to := west
			if i%2 == 1 {
				to = east
			}
			if !yield(data.Assigned{ID: f.ID, Values: to}) {
				return
			}
		}
		yield(data.Assigned{ID: 1 << 40, Values: west}) // there is none
	}
	for step, bulk := range []bool{true, false} {
		before := changes(t, s, 0)
		w := data.WriteInfo{Actor: "divider", Source: "grid build", Bulk: bulk}
		for again := range 2 {
			gen := writeAs(t, s, w, func(tx data.Tx) error {
				changed, err := tx.Assign("component", derived, rows)
				if want := int64(n * (1 - again)); changed != want || err != nil {
					t.Errorf("bulk %v, time %d: %d rows changed, %v, want %d", bulk, again+1, changed, err, want)
				}
				f, err := tx.Feature("component", "c0001")
				if f.Value("grid_code") != east[0] || f.Value("community_code") != east[1] || f.Text("note") != "不动" || err != nil {
					t.Errorf("inside the write: got %v, %v", f.Values, err)
				}
				return err
			})
			if want := gis.Generation(step + 2); gen != want { // writing the same again is no change
				t.Errorf("bulk %v, time %d: generation %d, want %d", bulk, again+1, gen, want)
			}
		}
		log := changes(t, s, before[len(before)-1].Seq)
		want, op := n, gis.Update
		if bulk {
			want, op = 1, gis.Reload
		}
		if len(log) != want || log[0].Op != op {
			t.Fatalf("bulk %v: got %d entries in the log, the first %+v, want %d of %s", bulk, len(log), log[0], want, op)
		}
		if rev, err := s.Rev(t.Context(), "component", "c0000"); rev != log[0].Seq || err != nil {
			t.Errorf("bulk %v: revision %d, %v, want %d", bulk, rev, err, log[0].Seq)
		}
		checkAssigned(t, s, step, "c0000", west)
		checkAssigned(t, s, step, "c0001", east)
		west, east = east, west
	}
	box := orb.Bound{Min: orb.Point{116.00995, 34}, Max: orb.Point{116.02005, 36}}
	if got := keysOf(t, s.Features(t.Context(), "component", box)); len(got) != 101 {
		t.Errorf("rows in a box: got %d, want 101", len(got))
	}
	testAssignRefused(t, s)
}

// checkAssigned looks at the history of a row after step+1 assignments, each of which said the opposite of the one before.
func checkAssigned(t *testing.T, s Store, step int, key string, now []any) {
	t.Helper()
	h, err := s.History(t.Context(), "component", key)
	if err != nil || len(h) != step+2 {
		t.Fatalf("history of %s: got %d versions, %v, want %d", key, len(h), err, step+2)
	}
	for i, v := range h {
		wantOp, wantBy := gis.Update, "divider"
		if i == 0 {
			wantOp, wantBy = gis.Insert, "tester"
		}
		if v.Op != wantOp || v.Actor != wantBy || v.Feature.Text("note") != "不动" || v.Feature.Geom == nil || v.Feature.Text("code") != key || v.Feature.ID == 0 {
			t.Errorf("version %d of %s: got %+v", i, key, v)
		}
		if got := v.Feature.Value("grid_code"); (i == 0) != (got == nil) || i == len(h)-1 && got != now[0] || i > 0 && got == h[i-1].Feature.Value("grid_code") {
			t.Errorf("version %d of %s lies in %v, the last in %v", i, key, got, now[0])
		}
	}
}

func testAssignRefused(t *testing.T, s Store) {
	one := func(v ...any) func(func(data.Assigned) bool) {
		return slices.Values([]data.Assigned{{ID: 1, Values: v}})
	}
	for _, bulk := range []bool{true, false} {
		gen := writeAs(t, s, data.WriteInfo{Bulk: bulk}, func(tx data.Tx) error {
			for name, call := range map[string]func() (int64, error){
				"no field":       func() (int64, error) { return tx.Assign("component", nil, one()) },
				"unknown field":  func() (int64, error) { return tx.Assign("component", []string{"nothing"}, one("x")) },
				"the key":        func() (int64, error) { return tx.Assign("component", []string{"code"}, one("x")) },
				"a field twice":  func() (int64, error) { return tx.Assign("component", []string{"note", "note"}, one("x", "y")) },
				"too few values": func() (int64, error) { return tx.Assign("component", derived, one("x")) },
				"a number":       func() (int64, error) { return tx.Assign("component", derived, one("x", int64(7))) },
				"no date":        func() (int64, error) { return tx.Assign("component", []string{"init_date"}, one("soon")) },
			} {
				_, err := call()
				wantKind(t, name, err, gis.Invalid)
			}
			if _, err := tx.Assign("nowhere", derived, one("x", "y")); gis.KindOf(err) != gis.NotFound && gis.KindOf(err) != gis.Invalid {
				t.Errorf("an unknown layer: got %v", err)
			}
			return nil
		})
		wantGeneration(t, s, gen)
	}
}

// testAssignThenPut: what a bulk write puts, clears or deletes after it assigned loses no former version.
func testAssignThenPut(t *testing.T, s Store) {
	a, b, c := component("a", 116, 35), component("b", 117, 36), component("c", 118, 37)
	a.Set("note", "旧")
	put(t, s, a, b, c)
	assign := func(tx data.Tx, grid string) error {
		v := []any{grid, "370883001001"}
		_, err := tx.Assign("component", derived, slices.Values([]data.Assigned{{ID: a.ID, Values: v}, {ID: b.ID, Values: v}, {ID: c.ID, Values: v}}))
		return err
	}
	writeAs(t, s, data.WriteInfo{Actor: "divider", Bulk: true}, func(tx data.Tx) error {
		if err := assign(tx, "370883001001001"); err != nil {
			return err
		}
		g := a.Clone()
		g.Geom = orb.Point{116.5, 35}
		g.Set("note", "新")
		g.Set("grid_code", "370883001001002")
		if err := putAll(tx, &g); err != nil {
			return err
		}
		return tx.Delete("component", "b")
	})
	h, err := s.History(t.Context(), "component", "a")
	if err != nil || len(h) != 2 || h[0].Feature.Text("note") != "旧" || h[0].Feature.Text("grid_code") != "" || h[0].Feature.Geom != a.Geom ||
		h[1].Feature.Text("note") != "新" || h[1].Feature.Text("grid_code") != "370883001001002" {
		t.Errorf("put after assign: got %+v, %v, want the version as put first and the one as put last", h, err)
	}
	h, err = s.History(t.Context(), "component", "b")
	if err != nil || len(h) < 2 || h[0].Feature.Text("grid_code") != "" || h[0].Op != gis.Insert || h[len(h)-1].Op != gis.Delete {
		t.Errorf("delete after assign: got %+v, %v, want an insert first and a delete last", h, err)
	}
	writeAs(t, s, data.WriteInfo{Actor: "divider", Bulk: true}, func(tx data.Tx) error {
		if err := assign(tx, "370883001001003"); err != nil {
			return err
		}
		_, err := tx.Clear("component")
		return err
	})
	h, err = s.History(t.Context(), "component", "c")
	if err != nil || len(h) < 3 || h[0].Feature.Text("grid_code") != "" || h[1].Feature.Text("grid_code") != "370883001001001" ||
		h[1].Feature.Geom != c.Geom || h[len(h)-1].Op != gis.Delete {
		t.Errorf("clear after assign: got %+v, %v, want an insert, the first assignment and a delete", h, err)
	}
}
