package storetest

import (
	"fmt"
	"slices"
	"testing"

	"wanmi/data"
	"wanmi/gis"
)

func testCounters(t *testing.T, s Store) {
	next := func(floor, want int64) func(tx data.Tx) error {
		return func(tx data.Tx) error {
			if n, err := tx.Next("component/370883/01001", floor); n != want || err != nil {
				t.Errorf("next from %d: got %d, %v, want %d", floor, n, err, want)
			}
			return nil
		}
	}
	write(t, s, next(1, 1))
	write(t, s, next(1, 2))
	write(t, s, next(10, 10))
	write(t, s, next(1, 11))
	write(t, s, func(tx data.Tx) error { return tx.Reserve("component/370883/01001", 20) })
	write(t, s, func(tx data.Tx) error { return tx.Reserve("component/370883/01001", 15) })
	write(t, s, next(1, 21))
	write(t, s, func(tx data.Tx) error {
		n, err := tx.Next("another", 1)
		if n != 1 {
			t.Errorf("another counter: got %d, want 1", n)
		}
		return err
	})
}

func testBatches(t *testing.T, s Store) {
	batch := &data.Batch{Layer: "component", Source: "trees", Files: []string{"a.csv", "b.csv"}, Actor: "survey", Profile: "layer: component\n", Extent: "社区:370883001001", Surveyed: "2026-08-23"}
	put(t, s, component("a", 116, 35), component("b", 116, 35))
	writeAs(t, s, data.WriteInfo{Actor: "survey", Bulk: true, Batch: batch}, func(tx data.Tx) error {
		if batch.ID == 0 {
			t.Error("a batch has no number inside its write")
		}
		b := component("b", 116, 35)
		b.Set("note", "x")
		if err := putAll(tx, component("a", 116, 35), b, component("c", 116, 35)); err != nil {
			return err
		}
		return tx.Reject(data.Rejected{File: "a.csv", Row: 4, Field: "lng", Value: "\xff0", Rule: "component.position", Reason: "no place", ReasonZh: "坐标为零", Raw: `{}`})
	})
	got, err := s.Batch(t.Context(), batch.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Added != 1 || got.Changed != 1 || got.Unchanged != 1 || got.Removed != 0 || got.Rejected != 1 || got.Status != data.StatusCommitted ||
		!slices.Equal(got.Files, batch.Files) || got.Source != "trees" || got.Profile != batch.Profile || got.Extent != batch.Extent || got.Surveyed != batch.Surveyed || got.CommittedAt.IsZero() || got.StartedAt.IsZero() {
		t.Errorf("batch: got %+v", got)
	}
	rows := rejectedOf(t, s, batch.ID)
	if len(rows) != 1 || rows[0].Row != 4 || rows[0].Rule != "component.position" || rows[0].Value != "\uFFFD0" || rows[0].Batch != batch.ID {
		t.Errorf("rejected rows: got %+v", rows)
	}

	own := &data.Batch{Layer: "component", Added: 7, Moved: 3}
	writeAs(t, s, data.WriteInfo{Batch: own}, func(tx data.Tx) error { return nil })
	if got, _ := s.Batch(t.Context(), own.ID); got.Added != 7 || got.Moved != 3 || got.Extent != "" || got.Surveyed != "" {
		t.Errorf("a batch counted by its writer: got %+v", got)
	}
	wantGeneration(t, s, 2)

	id, err := s.RecordRejected(t.Context(), data.Batch{Layer: "door", Source: "doors"}, []data.Rejected{{Row: 1, Rule: "r"}, {Row: 2, Rule: "r"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Batch(t.Context(), id); err != nil || got.Status != data.StatusRejected || got.Rejected != 2 || len(rejectedOf(t, s, id)) != 2 {
		t.Errorf("rejected import: got %+v, %v", got, err)
	}
	all, err := s.Batches(t.Context())
	if err != nil || len(all) != 3 || all[0].ID != id {
		t.Errorf("batches: got %v, %v, want 3, the latest first", all, err)
	}
	_, err = s.Batch(t.Context(), 4711)
	wantKind(t, "unknown batch", err, gis.NotFound)
	write(t, s, func(tx data.Tx) error {
		wantKind(t, "reject without a batch", tx.Reject(data.Rejected{}), gis.Invalid)
		return nil
	})
}

func rejectedOf(t *testing.T, s Store, batch int64) []data.Rejected {
	t.Helper()
	var out []data.Rejected
	for r, err := range s.Rejected(t.Context(), batch) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func testLineage(t *testing.T, s Store) {
	write(t, s, func(tx data.Tx) error {
		for _, l := range []data.Lineage{{From: "g1", To: "g2", Why: "split"}, {From: "g1", To: "g3", Why: "split"}, {From: "g3", To: "g4", Why: "merged"}} {
			if err := tx.AddLineage(l); err != nil {
				return err
			}
		}
		return nil
	})
	for code, want := range map[string]int{"g1": 2, "g2": 1, "g3": 2, "g5": 0} {
		got, err := s.Lineage(t.Context(), code)
		if err != nil || len(got) != want {
			t.Errorf("lineage of %s: got %v, %v, want %d", code, got, err, want)
		}
		for _, l := range got {
			if l.From != code && l.To != code || l.Why == "" || l.At.IsZero() {
				t.Errorf("lineage of %s: got %+v", code, l)
			}
		}
	}
	wantGeneration(t, s, 0)
}

func testKeys(t *testing.T, s Store) {
	ctx := t.Context()
	secret, k, err := s.CreateKey(ctx, data.RoleEditor, "desk 3")
	if err != nil {
		t.Fatal(err)
	}
	if secret == "" || k.Hash == secret || len(k.Hash) != 64 {
		t.Errorf("key: got hash %q of length %d, want 64 hexadecimal digits", k.Hash, len(k.Hash))
	}
	got, err := s.FindKey(ctx, secret)
	if err != nil || got.ID != k.ID || got.Role != data.RoleEditor || got.Name != "desk 3" {
		t.Errorf("find: got %+v, %v, want %+v", got, err, k)
	}
	for _, wrong := range []string{"", "x", secret + "x", secret[:len(secret)-1], "wm_" + k.ID + "_", "wm__", k.Hash} {
		_, err := s.FindKey(ctx, wrong)
		wantKind(t, fmt.Sprintf("secret %q", wrong), err, gis.Denied)
	}
	_, _, err = s.CreateKey(ctx, "king", "x")
	wantKind(t, "unknown role", err, gis.Invalid)
	wantKind(t, "revoke an unknown key", s.RevokeKey(ctx, "nobody"), gis.NotFound)
	other, _, err := s.CreateKey(ctx, data.RoleViewer, "other")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeKey(ctx, k.ID); err != nil {
		t.Fatal(err)
	}
	_, err = s.FindKey(ctx, secret)
	wantKind(t, "revoked key", err, gis.Denied)
	if _, err := s.FindKey(ctx, other); err != nil {
		t.Errorf("the other key: %v", err)
	}
	keys, err := s.Keys(ctx)
	if err != nil || len(keys) != 2 || keys[0].RevokedAt.IsZero() == keys[1].RevokedAt.IsZero() {
		t.Errorf("keys: got %+v, %v, want two, one revoked", keys, err)
	}
	wantGeneration(t, s, 0)
}
