package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// Redelivery is a second delivery of components, of which Base are in the store, with the ids from 1 on: of ten rows the fourth is removed, the fifth
// changed and the sixth moved, and all those behind are new.
type Redelivery struct {
	Base   int
	Feats  []gis.Feature
	Before func(i int)                 // called before each row; nil: nothing is
	Shape  func(i int, f *gis.Feature) // changes what is put; nil: nothing does
	Gone   int                         // so many of the rows may be gone already
}

// Write writes the delivery, as the function of a write.
func (d Redelivery) Write(tx data.Tx) error {
	seen := 0
	for _, err := range tx.Features("component", orb.Bound{}) {
		if err != nil {
			return err
		}
		seen++
	}
	if seen < d.Base-d.Gone {
		return fmt.Errorf("saw %d rows, want %d", seen, d.Base)
	}
	for i := range d.Base {
		if i%10 == 3 {
			if err := tx.Delete("component", d.Feats[i].Key); err != nil {
				return err
			}
		}
	}
	for i := range d.Feats {
		if d.Before != nil {
			d.Before(i)
		}
		if i < d.Base && i%10 == 3 {
			continue
		}
		if err := d.put(tx, i); err != nil {
			return err
		}
	}
	return tx.Reject(data.Rejected{File: "later.csv", Row: 9, Rule: "x"})
}

func (d Redelivery) put(tx data.Tx, i int) error {
	f := d.Feats[i].Clone()
	switch {
	case i < d.Base && i%10 == 4:
		f.Set("note", "改")
	case i < d.Base && i%10 == 5:
		f.Geom = orb.Point{116.5, 35.2 + float64(i)/1e6}
	}
	if d.Shape != nil {
		d.Shape(i, &f)
	}
	if i >= d.Base {
		n, err := tx.Next("component/370883/01001", 7)
		if err != nil {
			return err
		}
		f.Set("label", fmt.Sprint("no. ", n))
	}
	tx.From("later.csv", int64(i+2))
	if _, changed, err := tx.Put(&f); err != nil || f.ID == 0 {
		return fmt.Errorf("put %s: %v, %w", f.Key, changed, err)
	}
	return nil
}

// NobodyElse is the Since of a long write nobody else comes in between.
func NobodyElse(t *testing.T) func(data.Tx, []gis.Change) (bool, error) {
	return func(_ data.Tx, changes []gis.Change) (bool, error) {
		if len(changes) > 0 {
			t.Errorf("told of %d changes nobody made", len(changes))
		}
		return true, nil
	}
}

// deliveryOf returns n components. Their codes have no running number: the check compares those with the counters.
func deliveryOf(n int) []gis.Feature {
	out := make([]gis.Feature, n)
	for i := range out {
		out[i] = *component(fmt.Sprint("c", i), 116.95+float64(i*7919%50000)/1e6, 35.38+float64(i*104729%50000)/1e6)
	}
	return out
}

// editing edits components while a long write is under way, and knows what became of each: its address, or "gone".
type editing struct {
	t      *testing.T
	s      Store
	feats  []gis.Feature
	random *rand.Rand
	became map[string]string
	base   int
}

// beside edits at every hundredth row of the write: mostly a row that was there, once a new one, once it removes one.
func (e *editing) beside(i int) {
	if i%100 != 0 {
		return
	}
	f := e.feats[e.random.IntN(e.base)].Clone()
	do, after := func(tx data.Tx) error { _, _, err := tx.Put(&f); return err }, fmt.Sprint("edit ", i)
	switch i {
	case 1000:
		f = e.feats[len(e.feats)-1].Clone()
	case 1100:
		f = e.feats[17]
		do, after = func(tx data.Tx) error { return tx.Delete("component", f.Key) }, "gone"
	}
	if e.became[f.Key] == "gone" {
		return
	}
	if after != "gone" {
		f.Set("address", after)
	}
	if _, err := e.s.Write(e.t.Context(), data.WriteInfo{Actor: "editor"}, do); err != nil {
		e.t.Error(err)
	}
	e.became[f.Key] = after
}

// since sees in the write what the edits did, and says of every tenth row what the delivery says.
func (e *editing) since(tx data.Tx) (bool, error) {
	for key, want := range e.became {
		f, err := tx.Feature("component", key)
		if want == "gone" {
			if gis.KindOf(err) != gis.NotFound {
				e.t.Errorf("%s: %v", key, err)
			}
			continue
		}
		if err != nil || f.Text("address") != want {
			e.t.Errorf("%s: got %q, %v, want %q", key, f.Text("address"), err, want)
		}
		if strings.HasSuffix(key, "4") {
			f.Set("note", "改")
			if _, _, err := tx.Put(&f); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// testAhead edits rows while a long delivery is made ready: both are there afterwards.
func testAhead(t *testing.T, s Store) {
	const base, added = 3000, 4000
	feats := deliveryOf(base + added + 1)
	first := deliveryOf(base)
	writeAs(t, s, data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
		for i := range first {
			if err := putAll(tx, &first[i]); err != nil {
				return err
			}
		}
		return nil
	})
	e := &editing{t: t, s: s, feats: feats, random: rand.New(rand.NewPCG(5, 20261129)), became: map[string]string{}, base: base}
	told, runs := 0, 0
	w := data.WriteInfo{Bulk: true, Batch: &data.Batch{}, Ahead: &data.Ahead{Rows: base + added, Since: func(tx data.Tx, changes []gis.Change) (bool, error) {
		told = len(changes)
		return e.since(tx)
	}}}
	d := Redelivery{Base: base, Feats: feats[:base+added], Before: e.beside}
	gen, err := s.Write(t.Context(), w, func(tx data.Tx) error { runs++; return d.Write(tx) })
	if err != nil || runs != 1 || told < 60 {
		t.Fatalf("generation %d, %v, %d runs, told of %d changes; want one run, told of 60 at least", gen, err, runs, told)
	}
	e.look(added)
}

// look compares what is in the store with what the write and the edits were to do.
func (e *editing) look(added int) {
	t := e.t
	rows := 0
	for f, err := range e.s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		rows++
		if want := e.became[f.Key]; want != "" && f.Text("address") != want {
			t.Errorf("%s: got %q, want %q: the edit is lost", f.Key, f.Text("address"), want)
		}
		if want := map[bool]string{true: "改"}[strings.HasSuffix(f.Key, "4") && f.ID <= int64(e.base)]; f.Text("note") != want {
			t.Errorf("%s: got the note %q, want %q", f.Key, f.Text("note"), want)
		}
		if e.became[f.Key] == "" && rows%7 > 0 {
			continue
		}
		versions, err := e.s.History(t.Context(), "component", f.Key)
		if err != nil {
			t.Fatal(err)
		}
		for i := range versions[1:] {
			if versions[i].Seq >= versions[i+1].Seq || versions[i+1].At.Before(versions[i].At) {
				t.Errorf("%s: version %d is of %d, the next of %d", f.Key, i, versions[i].Seq, versions[i+1].Seq)
			}
		}
	}
	gone := 0
	for i := range e.base {
		if i%10 == 3 && e.became[e.feats[i].Key] == "" || i == 17 {
			gone++
		}
	}
	if want := e.base + added - gone + 1; rows != want {
		t.Errorf("got %d rows, want %d", rows, want)
	}
}
