package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// testProposeAll: proposals kept together get numbers in their order; one that cannot be kept leaves none of them.
func testProposeAll(t *testing.T, s Store) {
	var ps []data.Proposal
	for i := range 30 {
		ps = append(ps, data.Proposal{Layer: "local_name", Op: gis.Insert, Body: fmt.Sprintf(`{"text":"第%d处"}`, i), Actor: "坐席"})
	}
	ids, err := s.ProposeAll(t.Context(), ps)
	if err != nil || len(ids) != len(ps) {
		t.Fatalf("propose: got %v, %v", ids, err)
	}
	for i, id := range ids {
		p, err := s.Proposal(t.Context(), id)
		if err != nil || p.Body != ps[i].Body || p.Layer != "local_name" || p.State != data.ProposalOpen {
			t.Errorf("proposal %d: got %+v, %v; want the body %s", id, p, err, ps[i].Body)
		}
		if i > 0 && id <= ids[i-1] {
			t.Errorf("numbers: %d after %d", id, ids[i-1])
		}
	}
	if none, err := s.ProposeAll(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("nothing to propose: got %v, %v", none, err)
	}
	ps[20].Op = gis.Reload
	_, err = s.ProposeAll(t.Context(), ps)
	wantKind(t, "one that is no change of a row", err, gis.Invalid)
	if all, err := s.Proposals(t.Context(), ""); err != nil || len(all) != len(ps) {
		t.Errorf("after proposals that failed in the middle: got %d, %v; want %d", len(all), err, len(ps))
	}
	wantGeneration(t, s, 0)
}

// testLocalName: what a correction teaches goes in with its settlement or not at all, is in the state of its time only, and its
// coming and going stays in the history.
func testLocalName(t *testing.T, s Store) {
	id, err := s.Propose(t.Context(), data.Proposal{Layer: "local_name", Op: gis.Insert, Body: `{}`, Actor: "坐席"})
	if err != nil {
		t.Fatal(err)
	}
	f := gis.NewFeature(gis.MustLayer("local_name"))
	f.Geom = orb.Point{116.97, 35.4}
	f.Set("code", fmt.Sprintf("F%d", id))
	f.Set("name", "老供销社")
	before := time.Now()
	time.Sleep(5 * time.Millisecond)
	accept := func(fail error) error {
		_, err := s.Write(t.Context(), data.WriteInfo{Actor: "管理员", Source: "feedback 1 accepted"}, func(tx data.Tx) error {
			row := f.Clone()
			if _, _, err := tx.Put(&row); err != nil {
				return err
			}
			if err := tx.Settle(id, data.ProposalApproved, "管理员", "核实"); err != nil {
				return err
			}
			return fail
		})
		return err
	}
	if err := accept(errStop); !errors.Is(err, errStop) {
		t.Fatalf("a write that fails at its end: got %v", err)
	}
	if p, err := s.Proposal(t.Context(), id); err != nil || p.State != data.ProposalOpen {
		t.Errorf("after a write that failed: got %+v, %v", p, err)
	}
	if n, err := s.Count(t.Context(), "local_name"); err != nil || n != 0 {
		t.Errorf("after a write that failed: got %d rows, %v", n, err)
	}
	if err := accept(nil); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "accept twice", accept(nil), gis.Conflict)
	key := f.Text("code")
	if got, err := s.Feature(t.Context(), "local_name", key); err != nil || got.Text("name") != "老供销社" || got.Geom != f.Geom {
		t.Errorf("accepted: got %+v, %v", got, err)
	}
	time.Sleep(5 * time.Millisecond)
	held := time.Now()
	time.Sleep(5 * time.Millisecond)
	writeAs(t, s, data.WriteInfo{Actor: "管理员", Source: "feedback 1 taken back: 拆了"}, func(tx data.Tx) error { return tx.Delete("local_name", key) })
	for _, c := range []struct {
		name string
		at   time.Time
		want int
	}{{"before", before, 0}, {"while it held", held, 1}, {"after", time.Now(), 0}} {
		n := 0
		for _, err := range s.AsOf(t.Context(), "local_name", c.at, orb.Bound{}) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != c.want {
			t.Errorf("as of %s: got %d rows, want %d", c.name, n, c.want)
		}
	}
	vs, err := s.History(t.Context(), "local_name", key)
	if err != nil || len(vs) != 2 || vs[1].Op != gis.Delete || !strings.Contains(vs[1].Source, "拆了") || vs[1].Actor != "管理员" {
		t.Errorf("history: got %+v, %v", vs, err)
	}
}
