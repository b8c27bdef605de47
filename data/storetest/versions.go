package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// pass lets the clock of the log tick: times are kept to the millisecond. It returns a moment between what was and what comes.
func pass() time.Time {
	time.Sleep(3 * time.Millisecond)
	at := time.Now()
	time.Sleep(3 * time.Millisecond)
	return at
}

// notes reads a layer as of a moment as key=note, in the order it comes.
func notes(t *testing.T, s Store, layer string, at time.Time, b orb.Bound) []string {
	t.Helper()
	out := []string{}
	last := int64(0)
	for f, err := range s.AsOf(t.Context(), layer, at, b) {
		if err != nil {
			t.Fatalf("as of: %v", err)
		}
		if f.ID <= last {
			t.Errorf("as of: ID %d after %d", f.ID, last)
		}
		last = f.ID
		name := "note"
		if f.Layer.Index(name) < 0 {
			name = "name"
		}
		out = append(out, f.Key+"="+f.Text(name))
	}
	return out
}

// testAsOf: every moment of a layer's life can be read: changes, several in one write, deletions, rows that came back, others
// of the same key, assignments, bulk writes, new keys.
func testAsOf(t *testing.T, s Store) {
	all := orb.Bound{}
	type moment struct {
		at   time.Time
		want []string
	}
	var moments []moment
	then := func(want ...string) { moments = append(moments, moment{pass(), append([]string{}, want...)}) }
	then()
	a, b, c := component("a", 116, 35), component("b", 117, 36), component("c", 118, 37)
	put(t, s, a, b, c)
	then("a=", "b=", "c=")
	write(t, s, func(tx data.Tx) error {
		for _, note := range []string{"一", "二"} {
			a.Set("note", note)
			if err := putAll(tx, a); err != nil {
				return err
			}
		}
		return tx.Delete("component", "b")
	})
	then("a=二", "c=")
	writeAs(t, s, data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
		_, err := tx.Assign("component", []string{"note"}, slices.Values([]data.Assigned{{ID: a.ID, Values: []any{"三"}}, {ID: c.ID, Values: []any{"三"}}}))
		return err
	})
	then("a=三", "c=三")
	put(t, s, component("b", 119, 38)) // another thing of that key
	then("a=三", "c=三", "b=")
	writeAs(t, s, data.WriteInfo{Bulk: true}, func(tx data.Tx) error { return tx.Rename("component", "c", "d") })
	then("a=三", "d=三", "b=")
	write(t, s, func(tx data.Tx) error { return tx.Delete("component", "a") })
	then("d=三", "b=")
	write(t, s, func(tx data.Tx) error {
		was := a.Clone()
		was.Set("note", "归来")
		return tx.Restore(&was)
	})
	then("a=归来", "d=三", "b=")
	writeAs(t, s, data.WriteInfo{Bulk: true}, func(tx data.Tx) error { _, err := tx.Clear("component"); return err })
	then()
	for i, m := range moments {
		wantKeys(t, fmt.Sprintf("moment %d", i), notes(t, s, "component", m.at, all), m.want...)
	}
	box := orb.Bound{Min: orb.Point{117.5, 36}, Max: orb.Point{120, 39}}
	wantKeys(t, "in a box", notes(t, s, "component", moments[5].at, box), "d=三", "b=")
	wantKeys(t, "in a box where they were then", notes(t, s, "component", moments[1].at, box), "c=")

	// Layers without a key field have former versions too.
	road := gis.NewFeature(gis.MustLayer("road"))
	road.Geom = orb.LineString{{116, 35}, {116.1, 35}}
	road.Set("name", "旧路")
	put(t, s, &road)
	before := pass()
	road.Set("name", "新路")
	put(t, s, &road)
	if got := notes(t, s, "road", before, all); len(got) != 1 || got[0] != road.Key+"=旧路" {
		t.Errorf("roads before: got %q", got)
	}
	if h, err := s.History(t.Context(), "road", road.Key); err != nil || len(h) != 2 {
		t.Errorf("history of a road: got %d versions, %v, want 2", len(h), err)
	}
}

func testAfter(t *testing.T, s Store) {
	var feats []*gis.Feature
	for i := range 50 {
		feats = append(feats, component(fmt.Sprintf("c%02d", i), 116+float64(i)/100, 35))
	}
	put(t, s, feats...)
	wantKeys(t, "after the 47th", keysOf(t, s.After(t.Context(), "component", orb.Bound{}, feats[46].ID)), "c47", "c48", "c49")
	box := orb.Bound{Min: orb.Point{116.005, 34}, Max: orb.Point{116.125, 36}}
	wantKeys(t, "in a box", keysOf(t, s.After(t.Context(), "component", box, feats[9].ID)), "c10", "c11", "c12")
	wantKeys(t, "after the last", keysOf(t, s.After(t.Context(), "component", orb.Bound{}, feats[49].ID)))
	for _, err := range s.After(t.Context(), "nonsense", orb.Bound{}, 0) {
		wantKind(t, "an unknown layer", err, gis.Invalid)
	}
}

// testOrigin: every version says from which row of which file it came, and the write from what.
func testOrigin(t *testing.T, s Store) {
	deliver := func(file string, bulk bool, note string, from, to int) int64 {
		b := &data.Batch{Layer: "component", Source: "trees", Token: "t-" + file}
		writeAs(t, s, data.WriteInfo{Actor: "survey", Source: "trees", Bulk: bulk, Batch: b}, func(tx data.Tx) error {
			for i := from; i < to; i++ {
				f := component(fmt.Sprintf("c%04d", i), 116, 35)
				f.SetText("note", note)
				tx.From(file, int64(2+i*2)) // every second row is another's
				if i%3 == 0 {
					tx.From(file, int64(1000+i))
				}
				if err := putAll(tx, f); err != nil {
					return err
				}
			}
			tx.From("", 0)
			return putAll(tx, department("d", note+"部"))
		})
		return b.ID
	}
	first := deliver("一.shp", true, "", 0, 600)
	second := deliver("二.csv", false, "变", 590, 610)
	put(t, s, func() *gis.Feature { f := component("c0595", 116, 35); f.Set("note", "手改"); return f }())
	for key, want := range map[string][]data.Version{
		"c0000": {{Batch: first, File: "一.shp", Row: 1000}},
		"c0001": {{Batch: first, File: "一.shp", Row: 4}},
		"c0595": {{Batch: first, File: "一.shp", Row: 1192}, {Batch: second, File: "二.csv", Row: 1192}, {}},
		"c0609": {{Batch: second, File: "二.csv", Row: 1609}},
	} {
		got, err := s.History(t.Context(), "component", key)
		if err != nil || len(got) != len(want) {
			t.Fatalf("history of %s: got %d versions, %v, want %d", key, len(got), err, len(want))
		}
		for i, w := range want {
			v := got[i]
			source := "trees"
			if w.Batch == 0 {
				source = "test"
			}
			if v.File != w.File || v.Row != w.Row || v.Batch != w.Batch || v.Source != source {
				t.Errorf("version %d of %s: got %q row %d of batch %d, source %q; want %q row %d of %d", i, key, v.File, v.Row, v.Batch, v.Source, w.File, w.Row, w.Batch)
			}
		}
	}
	if h, err := s.History(t.Context(), "department", "d"); err != nil || h[0].File != "" {
		t.Errorf("a row of no file: got %+v, %v", h, err)
	}
	if b, err := s.Batch(t.Context(), second); err != nil || b.Token != "t-二.csv" {
		t.Errorf("token: got %+v, %v", b, err)
	}
}

func testRename(t *testing.T, s Store) {
	a, b := component("a", 116, 35), component("b", 117, 36)
	put(t, s, a, b)
	gen := writeAs(t, s, data.WriteInfo{Actor: "coder", Source: "recode", Bulk: true}, func(tx data.Tx) error {
		wantKind(t, "to a taken key", tx.Rename("component", "a", "b"), gis.Conflict)
		wantKind(t, "of nothing", tx.Rename("component", "x", "y"), gis.NotFound)
		wantKind(t, "to nothing", tx.Rename("component", "a", ""), gis.Invalid)
		if err := tx.Rename("component", "a", "A"); err != nil {
			return err
		}
		f, err := tx.Feature("component", "A")
		if f.Text("code") != "A" || f.ID != a.ID {
			t.Errorf("inside the write: got %s %d, %v", f.Text("code"), f.ID, err)
		}
		return err
	})
	if gen != 2 {
		t.Errorf("generation: got %d, want 2", gen)
	}
	writeAs(t, s, data.WriteInfo{Bulk: true}, func(tx data.Tx) error { return tx.Rename("component", "A", "AA") })
	for _, former := range []string{"a", "A"} {
		if now, err := s.KeyNow(t.Context(), "component", former); now != "AA" || err != nil {
			t.Errorf("%s is now %q, %v, want AA", former, now, err)
		}
	}
	for _, key := range []string{"a", "A", "AA"} {
		h, err := s.History(t.Context(), "component", key)
		if err != nil || len(h) != 3 {
			t.Fatalf("history of %s: got %d versions, %v, want 3", key, len(h), err)
		}
		for i, want := range []string{"a", "A", "AA"} {
			if h[i].Feature.Key != want || h[i].Feature.Text("code") != want || h[i].Feature.ID != a.ID {
				t.Errorf("version %d by %s: got %s %s", i, key, h[i].Feature.Key, h[i].Feature.Text("code"))
			}
		}
	}
	for _, key := range []string{"b", "AA", "x"} {
		_, err := s.KeyNow(t.Context(), "component", key)
		wantKind(t, "the former key "+key, err, gis.NotFound)
	}
	var all []string
	for r, err := range s.Renames(t.Context(), "component") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r.From+">"+r.To)
	}
	wantKeys(t, "renames", all, "a>A", "A>AA")
	road := gis.NewFeature(gis.MustLayer("road"))
	road.Geom = orb.LineString{{116, 35}, {116.1, 35}}
	put(t, s, &road)
	write(t, s, func(tx data.Tx) error {
		wantKind(t, "a row without a key of its own", tx.Rename("road", road.Key, "r"), gis.Invalid)
		return nil
	})
	write(t, s, func(tx data.Tx) error { return tx.Delete("component", "AA") })
	_, err := s.KeyNow(t.Context(), "component", "a")
	wantKind(t, "a former key of what is gone", err, gis.NotFound)
}

// testTouched: what a batch did can be told and undone, and what others did since is seen.
func testTouched(t *testing.T, s Store) {
	for _, bulk := range []bool{true, false} {
		kept, changed, gone, later := component("kept", 116, 35), component("changed", 116, 36), component("gone", 116, 37), component("later", 116, 38)
		put(t, s, kept, changed, gone, later)
		b := &data.Batch{Layer: "component"}
		writeAs(t, s, data.WriteInfo{Bulk: bulk, Batch: b}, func(tx data.Tx) error {
			f, g := changed.Clone(), later.Clone()
			f.Set("note", "新")
			g.Set("note", "新")
			if err := putAll(tx, &f, &g, component("added", 116, 39), component("added2", 116, 39), kept); err != nil {
				return err
			}
			if err := tx.Delete("component", "added2"); err != nil { // as if it had never been
				return err
			}
			return tx.Delete("component", "gone")
		})
		g := later.Clone()
		g.Set("note", "更新")
		put(t, s, &g)
		write(t, s, func(tx data.Tx) error {
			say := func(f *gis.Feature) string {
				if f == nil {
					return "-"
				}
				return f.Key + "=" + f.Text("note")
			}
			got := map[string]string{}
			for x, err := range tx.Touched(b.ID) {
				if err != nil {
					return err
				}
				key := say(x.Was)
				if x.Was == nil {
					key = say(x.Made)
				}
				got[key] = fmt.Sprint(x.Layer, " ", say(x.Was), " ", say(x.Made), " ", say(x.Now), " ", x.Later)
			}
			for key, want := range map[string]string{
				"added=": "component - added= added= false", "changed=": "component changed= changed=新 changed=新 false",
				"gone=": "component gone= - - false", "later=": "component later= later=新 later=更新 true",
			} {
				if got[key] != want {
					t.Errorf("bulk %v: got %q, want %q", bulk, got[key], want)
				}
				delete(got, key)
			}
			delete(got, "-") // what was added and deleted again may be told or not
			delete(got, "added2=")
			if len(got) > 0 {
				t.Errorf("bulk %v: more than that: %v", bulk, got)
			}
			return nil
		})
		write(t, s, func(tx data.Tx) error {
			wantKind(t, "restore what is there", tx.Restore(kept), gis.Conflict)
			fresh := component("never", 116, 35)
			fresh.ID = 1 << 40
			wantKind(t, "restore what never was", tx.Restore(fresh), gis.Invalid)
			if err := tx.Restore(gone); err != nil {
				return err
			}
			if err := tx.RolledBack(b.ID); err != nil {
				return err
			}
			wantKind(t, "roll back twice", tx.RolledBack(b.ID), gis.Conflict)
			wantKind(t, "roll back no batch", tx.RolledBack(b.ID+1000), gis.NotFound)
			for range tx.Touched(b.ID) {
				t.Error("a batch that is rolled back touched something")
			}
			return nil
		})
		f, err := s.Feature(t.Context(), "component", "gone")
		if err != nil || f.ID != gone.ID || f.Geom != gone.Geom {
			t.Errorf("restored: got %+v, %v, want ID %d", f, err, gone.ID)
		}
		h, err := s.History(t.Context(), "component", "gone")
		if want := []gis.Op{gis.Insert, gis.Delete, gis.Insert}; err != nil || len(h) < 3 || h[len(h)-1].Op != want[2] || h[len(h)-2].Op != want[1] {
			t.Errorf("history of the restored row: got %+v, %v", h, err)
		}
		if got, err := s.Batch(t.Context(), b.ID); err != nil || got.Status != data.StatusRolledBack {
			t.Errorf("the batch is %q, %v", got.Status, err)
		}
		write(t, s, func(tx data.Tx) error { _, err := tx.Clear("component"); return err })
	}
}

func testProposals(t *testing.T, s Store) {
	id, err := s.Propose(t.Context(), data.Proposal{Layer: "component", Key: "a", Op: gis.Update, Rev: 7, Body: `{"note":"倒了"}`, Actor: "普查一队"})
	if err != nil || id <= 0 {
		t.Fatalf("propose: got %d, %v", id, err)
	}
	other, err := s.Propose(t.Context(), data.Proposal{Layer: "component", Op: gis.Insert, Body: "{}", Actor: "普查二队"})
	if err != nil || other <= id {
		t.Fatalf("propose again: got %d, %v", other, err)
	}
	open, err := s.Proposals(t.Context(), data.ProposalOpen)
	if err != nil || len(open) != 2 || open[0].ID != other || open[1].Body != `{"note":"倒了"}` || open[1].Rev != 7 || open[1].At.IsZero() || !open[1].DecidedAt.IsZero() {
		t.Errorf("open ones: got %+v, %v", open, err)
	}
	_, err = s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error {
		return fmt.Errorf("%w %w", tx.Settle(id, data.ProposalApproved, "编辑", ""), errStop)
	})
	if err == nil {
		t.Error("a failed write settles nothing")
	}
	write(t, s, func(tx data.Tx) error {
		if err := tx.Settle(id, data.ProposalApproved, "编辑", "核实"); err != nil {
			return err
		}
		wantKind(t, "settle twice", tx.Settle(id, data.ProposalRejected, "编辑", ""), gis.Conflict)
		wantKind(t, "settle nothing", tx.Settle(other+100, data.ProposalRejected, "编辑", ""), gis.NotFound)
		return nil
	})
	p, err := s.Proposal(t.Context(), id)
	if err != nil || p.State != data.ProposalApproved || p.DecidedBy != "编辑" || p.Why != "核实" || p.DecidedAt.IsZero() {
		t.Errorf("settled: got %+v, %v", p, err)
	}
	if open, err := s.Proposals(t.Context(), data.ProposalOpen); err != nil || len(open) != 1 || open[0].ID != other {
		t.Errorf("open after it: got %+v, %v", open, err)
	}
	if all, err := s.Proposals(t.Context(), ""); err != nil || len(all) != 2 {
		t.Errorf("all: got %+v, %v", all, err)
	}
	_, err = s.Proposal(t.Context(), other+100)
	wantKind(t, "no proposal", err, gis.NotFound)
	wantGeneration(t, s, 0) // proposals change no feature
}

// testValidAt: what a delivery shows holds from its day on, whenever it was written; a later write counts from its own day; a
// batch that was rolled back never held. What History says of each feature is the same.
func testValidAt(t *testing.T, s Store) {
	day := func(month, day int) time.Time {
		return time.Date(2026, time.Month(month), day, 12, 0, 0, 0, time.Local)
	}
	deliver := func(surveyed string, fn func(tx data.Tx) error) int64 {
		b := &data.Batch{Layer: "component", Source: "trees", Surveyed: surveyed}
		writeAs(t, s, data.WriteInfo{Bulk: true, Batch: b}, fn)
		return b.ID
	}
	a, b, c := component("a", 116, 35), component("b", 117, 36), component("c", 118, 37)
	a.Set("note", "一")
	deliver("2026-03-01", func(tx data.Tx) error { return putAll(tx, a, b, c) })
	a.Set("note", "三")
	deliver("2026-07-01", func(tx data.Tx) error {
		if err := putAll(tx, a); err != nil {
			return err
		}
		return tx.Delete("component", "b")
	})
	a.Set("note", "二") // delivered late: what was so in May, and is taken to be so from then on
	deliver("2026-05-01", func(tx data.Tx) error { return putAll(tx, a) })
	wrong := deliver("2026-04-01", func(tx data.Tx) error {
		a.Set("note", "错")
		return putAll(tx, a, component("d", 119, 38))
	})
	write(t, s, func(tx data.Tx) error {
		a.Set("note", "二")
		if err := putAll(tx, a); err != nil {
			return err
		}
		if err := tx.Delete("component", "d"); err != nil {
			return err
		}
		return tx.RolledBack(wrong)
	})
	put(t, s, component("e", 120, 39)) // said no day: from when it was written on
	for _, m := range []struct {
		at   time.Time
		want string
	}{
		{day(2, 28), "[]"},
		{day(3, 1), "[a=一 b= c=]"},
		{day(4, 15), "[a=一 b= c=]"},
		{day(5, 2), "[a=二 b= c=]"},
		{day(7, 2), "[a=二 c=]"},
		{time.Now().Add(time.Hour), "[a=二 c= e=]"},
	} {
		got := []string{}
		for f, err := range s.ValidAt(t.Context(), "component", m.at, orb.Bound{}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, f.Key+"="+f.Text("note"))
		}
		if fmt.Sprint(got) != m.want {
			t.Errorf("valid at %s: got %v, want %s", m.at.Format(time.DateOnly), got, m.want)
		}
		told := []string{}
		for _, key := range []string{"a", "b", "c", "d", "e"} {
			versions, err := s.History(t.Context(), "component", key)
			if err != nil {
				t.Fatal(err)
			}
			if v, ok := data.ValidAt(versions, m.at); ok {
				told = append(told, v.Feature.Key+"="+v.Feature.Text("note"))
			}
		}
		if fmt.Sprint(told) != m.want {
			t.Errorf("by the histories, at %s: got %v, want %s", m.at.Format(time.DateOnly), told, m.want)
		}
	}
	box := orb.Bound{Min: orb.Point{117.5, 36.5}, Max: orb.Point{118.5, 37.5}}
	n := 0
	for f, err := range s.ValidAt(t.Context(), "component", day(7, 2), box) {
		if n++; err != nil || f.Key != "c" {
			t.Errorf("in a box: got %v, %v, want c", f.Key, err)
		}
	}
	if n != 1 {
		t.Errorf("in a box: got %d rows, want 1", n)
	}
}
