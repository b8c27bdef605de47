package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

func testSnapshot(t *testing.T, s Store) {
	var feats []*gis.Feature
	for i := range 600 { // more than a read-ahead
		feats = append(feats, component(fmt.Sprintf("c%03d", i), 116, 35))
	}
	put(t, s, feats...)
	seen := 0
	for _, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		if seen == 0 {
			write(t, s, func(tx data.Tx) error { _, err := tx.Clear("component"); return err })
		}
		seen++
	}
	if seen != 600 {
		t.Errorf("a loop that began before the rows went: got %d of them, want 600", seen)
	}
	if n, err := s.Count(t.Context(), "component"); n != 0 || err != nil {
		t.Errorf("count after it: got %d, %v, want 0", n, err)
	}
}

func testRollback(t *testing.T, s Store) {
	put(t, s, component("kept", 116, 35))
	spoil := func(tx data.Tx) error {
		if err := putAll(tx, component("lost", 117, 36)); err != nil {
			return err
		}
		if err := tx.Delete("component", "kept"); err != nil {
			return err
		}
		if err := tx.AddLineage(data.Lineage{From: "a", To: "b"}); err != nil {
			return err
		}
		_, err := tx.Next("n", 1)
		return err
	}
	unchanged := func(what string) {
		t.Helper()
		wantGeneration(t, s, 1)
		wantKeys(t, what, keysOf(t, s.Features(t.Context(), "component", orb.Bound{})), "kept")
		if l, err := s.Lineage(t.Context(), "a"); len(l) != 0 || err != nil {
			t.Errorf("%s: got lineage %v, %v, want none", what, l, err)
		}
		if b, err := s.Batches(t.Context()); len(b) != 0 || err != nil {
			t.Errorf("%s: got batches %v, %v, want none", what, b, err)
		}
	}
	batch := &data.Batch{Layer: "component"}
	_, err := s.Write(t.Context(), data.WriteInfo{Batch: batch}, func(tx data.Tx) error { return errors.Join(spoil(tx), errStop) })
	if !errors.Is(err, errStop) {
		t.Errorf("error of a failed write: got %v, want the writer's", err)
	}
	if batch.ID != 0 {
		t.Errorf("batch of a failed write: got number %d, want 0", batch.ID)
	}
	unchanged("after a fault")

	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic in a write did not come through")
			}
		}()
		s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { _ = spoil(tx); panic("stop") })
	}()
	unchanged("after a panic")

	ctx, cancel := context.WithCancel(t.Context())
	_, err = s.Write(ctx, data.WriteInfo{}, func(tx data.Tx) error { cancel(); return spoil(tx) })
	wantKind(t, "cancelled write", err, gis.Canceled)
	unchanged("after a cancel")

	write(t, s, func(tx data.Tx) error {
		if n, err := tx.Next("n", 1); n != 1 || err != nil {
			t.Errorf("counter after it all: got %d, %v, want 1", n, err)
		}
		return nil
	})
}

func changes(t *testing.T, s Store, since int64) []gis.Change {
	t.Helper()
	var out []gis.Change
	for c, err := range s.Changes(t.Context(), since) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func testChanges(t *testing.T, s Store) {
	put(t, s, component("a", 116, 35), component("b", 117, 36))
	put(t, s, component("a", 116.5, 35))
	write(t, s, func(tx data.Tx) error { return tx.Delete("component", "b") })
	at := func(x, y float64) orb.Bound { return orb.Point{x, y}.Bound() }
	want := []gis.Change{
		{Gen: 1, Key: "a", Op: gis.Insert, New: at(116, 35)},
		{Gen: 1, Key: "b", Op: gis.Insert, New: at(117, 36)},
		{Gen: 2, Key: "a", Op: gis.Update, Old: at(116, 35), New: at(116.5, 35)},
		{Gen: 3, Key: "b", Op: gis.Delete, Old: at(117, 36)},
	}
	got := changes(t, s, 0)
	if len(got) != len(want) {
		t.Fatalf("got %d changes, want %d: %v", len(got), len(want), got)
	}
	last := int64(0)
	for i, c := range got {
		if c.Seq <= last || c.Actor != "tester" || c.Source != "test" || c.Layer != "component" || time.Since(c.At) > time.Hour {
			t.Errorf("change %d: got %+v", i, c)
		}
		last = c.Seq
		w := want[i]
		w.Seq, w.Layer, w.Actor, w.Source, w.At = c.Seq, c.Layer, c.Actor, c.Source, c.At
		if c != w {
			t.Errorf("change %d: got %+v, want %+v", i, c, w)
		}
	}
	if rest := changes(t, s, got[2].Seq); len(rest) != 1 || rest[0] != got[3] {
		t.Errorf("changes after the third: got %v, want the fourth", rest)
	}
	if c, err := s.LastBy(t.Context(), "test"); c != got[3] || err != nil {
		t.Errorf("the last by test: got %+v, %v, want %+v", c, err, got[3])
	}
	if c, err := s.LastBy(t.Context(), "nobody"); c != (gis.Change{}) || err != nil {
		t.Errorf("the last by nobody: got %+v, %v", c, err)
	}
	if rev, err := s.Rev(t.Context(), "component", "a"); rev != got[2].Seq || err != nil {
		t.Errorf("revision: got %d, %v, want %d", rev, err, got[2].Seq)
	}
}

func testBulk(t *testing.T, s Store) {
	bulk := data.WriteInfo{Actor: "tester", Bulk: true}
	const n = 900
	pos := func(i int) (float64, float64) { return 116 + float64(i%60)/1000, 35 + float64(i/60)/1000 }
	deliver := func(from, to int, note string) func(tx data.Tx) error {
		return func(tx data.Tx) error {
			for i := from; i < to; i++ {
				x, y := pos(i)
				f := component(fmt.Sprintf("c%04d", i), x, y)
				f.SetText("note", note)
				if _, _, err := tx.Put(f); err != nil {
					return err
				}
			}
			return putAll(tx, department("913700000000000001", "养护中心"))
		}
	}
	writeAs(t, s, bulk, deliver(0, n, ""))
	writeAs(t, s, bulk, deliver(0, n, ""))      // all the same
	writeAs(t, s, bulk, deliver(n-5, n+5, "x")) // five known, five new
	got := changes(t, s, 0)
	want := []struct {
		gen   gis.Generation
		layer string
	}{{1, "component"}, {1, "department"}, {2, "component"}}
	if len(got) != len(want) {
		t.Fatalf("got %d changes, want %d: %v", len(got), len(want), got)
	}
	for i, w := range want {
		if c := got[i]; c.Op != gis.Reload || c.Gen != w.gen || c.Layer != w.layer || c.Key != "" {
			t.Errorf("change %d: got %+v, want a reload of %s in %d", i, c, w.layer, w.gen)
		}
	}
	if c, err := s.Count(t.Context(), "component"); c != n+5 || err != nil {
		t.Errorf("rows: got %d, %v, want %d", c, err, n+5)
	}
	box := orb.Bound{Min: orb.Point{116.01, 35.01}, Max: orb.Point{116.02, 35.02}}
	wanted := 0
	for i := range n + 5 {
		x, y := pos(i)
		if box.Contains(orb.Point{x, y}) {
			wanted++
		}
	}
	if found := keysOf(t, s.Features(t.Context(), "component", box)); len(found) != wanted || wanted == 0 {
		t.Errorf("rows in a box: got %d, want %d", len(found), wanted)
	}
	for key, seq := range map[string]int64{"c0000": got[0].Seq, fmt.Sprintf("c%04d", n): got[2].Seq, fmt.Sprintf("c%04d", n-1): got[2].Seq} {
		if rev, err := s.Rev(t.Context(), "component", key); rev != seq || err != nil {
			t.Errorf("revision of %s: got %d, %v, want %d", key, rev, err, seq)
		}
	}
	put(t, s, component("after", 116.015, 35.015)) // row by row again
	if found := keysOf(t, s.Features(t.Context(), "component", box)); len(found) != wanted+1 {
		t.Errorf("rows in the box after one more: got %d, want %d", len(found), wanted+1)
	}
}

func testHistory(t *testing.T, s Store) {
	f := component("a", 116, 35)
	f.Set("extra", `{"q":"'\""}`)
	put(t, s, f)
	batch := &data.Batch{Layer: "component", Source: "trees", Actor: "survey"}
	writeAs(t, s, data.WriteInfo{Actor: "survey", Bulk: true, Batch: batch}, func(tx data.Tx) error {
		f.Set("note", "一")
		if err := putAll(tx, f); err != nil {
			return err
		}
		f.Set("note", "二") // nobody ever saw 一
		return putAll(tx, f)
	})
	write(t, s, func(tx data.Tx) error { return tx.Delete("component", "a") })
	put(t, s, component("a", 117, 36))
	put(t, s, component("a", 117, 37))
	got, err := s.History(t.Context(), "component", "a")
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		op    gis.Op
		actor string
		batch int64
		note  string
		at    orb.Point
	}{
		{gis.Insert, "tester", 0, "", orb.Point{116, 35}},
		{gis.Update, "survey", batch.ID, "二", orb.Point{116, 35}},
		{gis.Delete, "tester", 0, "二", orb.Point{116, 35}},
		{gis.Insert, "tester", 0, "", orb.Point{117, 36}},
		{gis.Update, "tester", 0, "", orb.Point{117, 37}},
	}
	if len(got) != len(want) {
		t.Fatalf("got %d versions, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		v := got[i]
		if v.Op != w.op || v.Actor != w.actor || v.Batch != w.batch || v.Feature.Text("note") != w.note || v.Feature.Geom != w.at ||
			v.Feature.Text("code") != "a" || v.At.IsZero() || i > 0 && v.Seq <= got[i-1].Seq {
			t.Errorf("version %d: got %+v, want %+v", i, v, w)
		}
	}
	if got[0].Feature.Text("extra") != `{"q":"'\""}` {
		t.Errorf("extra of the first version: got %s", got[0].Feature.Text("extra"))
	}
	if rev, _ := s.Rev(t.Context(), "component", "a"); rev != got[4].Seq {
		t.Errorf("revision: got %d, want that of the last version, %d", rev, got[4].Seq)
	}
	write(t, s, func(tx data.Tx) error { return tx.Delete("component", "a") })
	if after, err := s.History(t.Context(), "component", "a"); err != nil || len(after) != 6 || after[len(after)-1].Op != gis.Delete {
		t.Errorf("history of a deleted component: got %d versions, %v, want 6 ending in a delete", len(after), err)
	}
}

func testClear(t *testing.T, s Store) {
	put(t, s, component("a", 116, 35), component("b", 117, 36))
	seq := changes(t, s, 0)[1].Seq
	replace := func(tx data.Tx) error {
		n, err := tx.Clear("component")
		if n != 2 || err != nil {
			t.Errorf("clear: got %d, %v, want 2", n, err)
		}
		if err != nil {
			return err
		}
		return putAll(tx, component("b", 117, 36), component("c", 118, 36))
	}
	writeAs(t, s, data.WriteInfo{Bulk: true}, replace)
	if got := changes(t, s, seq); len(got) != 1 || got[0].Op != gis.Reload {
		t.Errorf("bulk replacement: got %v, want one reload", got)
	}
	write(t, s, replace)
	wantKeys(t, "after replacing", keysOf(t, s.Features(t.Context(), "component", orb.Bound{})), "b", "c")
	wantKeys(t, "in a bound", keysOf(t, s.Features(t.Context(), "component", orb.Bound{Min: orb.Point{117.5, 35}, Max: orb.Point{119, 37}})), "c")
	h, err := s.History(t.Context(), "component", "a")
	if err != nil || len(h) != 2 || h[1].Op != gis.Delete {
		t.Errorf("history of the cleared row: got %v, %v, want an insert and a delete", h, err)
	}
	write(t, s, func(tx data.Tx) error {
		if n, err := tx.Clear("road"); n != 0 || err != nil {
			t.Errorf("clear of an empty layer: got %d, %v, want 0", n, err)
		}
		return nil
	})
	wantGeneration(t, s, 3)
}

func testLoopWrite(t *testing.T, s Store) {
	var feats []*gis.Feature
	for i := range 600 {
		feats = append(feats, component(fmt.Sprintf("c%04d", i), 116, 35))
	}
	put(t, s, feats...)
	seen := 0
	writeAs(t, s, data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
		for f, err := range tx.Features("component", orb.Bound{}) {
			if err != nil {
				return err
			}
			seen++
			if f.ID%2 == 0 {
				if err := tx.Delete("component", f.Key); err != nil {
					return err
				}
				continue
			}
			g := f.Clone()
			g.Set("note", "看过")
			if err := putAll(tx, &g, component("new-"+f.Key, 116, 35)); err != nil {
				return err
			}
		}
		return nil
	})
	if seen != 600 {
		t.Errorf("rows seen: got %d, want the 600 there were", seen)
	}
	if n, _ := s.Count(t.Context(), "component"); n != 600 {
		t.Errorf("rows left: got %d, want 600", n)
	}
}

func testConcurrent(t *testing.T, s Store) {
	const writers, each = 4, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				_, err := s.Write(context.Background(), data.WriteInfo{Actor: "w"}, func(tx data.Tx) error {
					n, err := tx.Next("n", 1)
					if err != nil {
						return err
					}
					f := component(fmt.Sprintf("c%06d", n), 116, 35)
					f.Set("note", fmt.Sprint(w, i))
					return putAll(tx, f)
				})
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
		wg.Go(func() {
			for range each {
				var last int64
				for f, err := range s.Features(context.Background(), "component", orb.Bound{}) {
					if err != nil || f.ID <= last {
						t.Errorf("reader: got id %d after %d, %v", f.ID, last, err)
						return
					}
					last = f.ID
				}
			}
		})
	}
	wg.Wait()
	if n, _ := s.Count(t.Context(), "component"); n != writers*each {
		t.Errorf("rows: got %d, want %d", n, writers*each)
	}
	wantGeneration(t, s, writers*each)
}
