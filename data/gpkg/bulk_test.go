package gpkg

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// TestLoad fills layers page by page and looks at the file with SQLite's own check, at the rows by every way there is, and at
// what later writes do with them.
func TestLoad(t *testing.T) {
	for _, n := range []int{loadLeast - 1, loadLeast, 2777, 30000} {
		s := openTest(t, filepath.Join(t.TempDir(), "city.gpkg"))
		feats := delivery(n)
		r := rand.New(rand.NewPCG(1, 2))
		r.Shuffle(n, func(i, j int) { feats[i], feats[j] = feats[j], feats[i] })
		feats[7].Set("note", strings.Repeat("长", 3000)) // more than a page
		feats[8].Set("note", strings.Repeat("很长", 30000))
		feats[9].Geom = orb.LineString{{116.9, 35.3}, {116.91, 35.31}}
		deliver(t, s, feats)
		mustBeSound(t, s)
		i := 0
		for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
			if err != nil {
				t.Fatal(err)
			}
			if f.ID != int64(i+1) || f.Key != feats[i].Key || !orb.Equal(f.Geom, feats[i].Geom) || fmt.Sprint(f.Values) != fmt.Sprint(feats[i].Values) {
				t.Fatalf("%d rows, row %d: got %v, want %v", n, i, f, feats[i])
			}
			i++
		}
		if i != n {
			t.Fatalf("got %d rows, want %d", i, n)
		}
		for _, k := range []int{0, 1, 7, 8, n / 2, n - 1} {
			f, err := s.Feature(t.Context(), "component", feats[k].Key)
			if err != nil || f.ID != int64(k+1) {
				t.Fatalf("%s: got row %d, %v, want %d", feats[k].Key, f.ID, err, k+1)
			}
		}
		deliver(t, s, feats) // all unchanged
		feats = append(feats, delivery(n + 50)[n:]...)
		deliver(t, s, feats)
		_, err := s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { return tx.Delete("component", feats[3].Key) })
		if err != nil {
			t.Fatal(err)
		}
		if c, err := s.Count(t.Context(), "component"); c != int64(n+49) || err != nil {
			t.Errorf("got %d rows, %v, want %d", c, err, n+49)
		}
		mustBeSound(t, s)
	}
}

// TestLoadSeen reads and changes a layer in the write that fills it.
func TestLoadSeen(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "city.gpkg"))
	feats := delivery(3000)
	_, err := s.Write(t.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
		for i := range feats {
			f := feats[i].Clone()
			if _, _, err := tx.Put(&f); err != nil {
				return err
			}
		}
		f := feats[5].Clone()
		f.Set("note", "again")
		if op, changed, err := tx.Put(&f); op != gis.Update || !changed || err != nil {
			t.Errorf("a key that is there: got %v, %v, %v", op, changed, err)
		}
		if f, err := tx.Feature("component", feats[6].Key); err != nil || f.ID != 7 {
			t.Errorf("row in the write that made it: got %v, %v", f.ID, err)
		}
		return tx.Delete("component", feats[7].Key)
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Count(t.Context(), "component"); n != 2999 || err != nil {
		t.Errorf("got %d rows, %v, want 2999", n, err)
	}
	mustBeSound(t, s)
}

// TestLoadUndone ends a write after its rows.
func TestLoadUndone(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "city.gpkg"))
	put := func(fail bool) error {
		_, err := s.Write(t.Context(), data.WriteInfo{Bulk: true}, func(tx data.Tx) error {
			for _, f := range delivery(2500) {
				if _, _, err := tx.Put(&f); err != nil {
					return err
				}
			}
			if fail {
				return gis.E(gis.Invalid, nil, "no")
			}
			return nil
		})
		return err
	}
	if err := put(true); gis.KindOf(err) != gis.Invalid {
		t.Fatal(err)
	}
	mustBeSound(t, s)
	if err := put(false); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Count(t.Context(), "component"); n != 2500 || err != nil {
		t.Errorf("got %d rows, %v, want 2500", n, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(s.Path()), ".wanmi*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	mustBeSound(t, s)
}

// TestPageNumbers: the page at 1 GiB is SQLite's own.
func TestPageNumbers(t *testing.T) {
	const lock = 1<<30/4096 + 1
	for _, count := range []uint32{1, lock - 3, lock - 2, lock - 1, lock, lock + 5} {
		final := pageNumbers(count, 4096)
		last := count
		for n := range uint32(6) {
			want := last + 1
			if want == lock {
				want++
			}
			if got := final(n); got != want {
				t.Errorf("%d pages, new page %d: got %d, want %d", count, n, got, want)
			}
			last = want
		}
	}
}

func TestVarint(t *testing.T) {
	for shift := range 64 {
		for _, v := range []uint64{1 << shift, 1<<shift - 1, 1<<shift + 1, ^uint64(0) >> shift} {
			b := appendVarint(nil, v)
			if got, n := readVarint(b); got != v || n != len(b) {
				t.Errorf("%x: got %x of %d bytes from %x", v, got, n, b)
			}
		}
	}
}

func mustBeSound(t *testing.T, s *Store) {
	t.Helper()
	for f, err := range s.Check(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Rule != "store.counter" && f.Rule != "store.community" && f.Rule != "store.grid" {
			t.Fatalf("%s: %s", f.Rule, f.Text)
		}
	}
}
