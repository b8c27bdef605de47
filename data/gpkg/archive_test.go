package gpkg

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"wanmi/data"
	"wanmi/gis"
)

// told is what a store says the history of a component is: the notes of its versions, - for a deletion.
func told(t *testing.T, s *Store, key string) string {
	t.Helper()
	versions, err := s.History(t.Context(), "component", key)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, v := range versions {
		if v.Op == gis.Delete {
			out = append(out, "-")
			continue
		}
		out = append(out, v.Feature.Text("note"))
	}
	return strings.Join(out, " ")
}

// redelivered is a base of 1,500 components and a long write that changes all but the last 300, which it removes. meanwhile runs once, when some
// versions are kept ahead already and nobody has the lock.
func redelivered(t *testing.T, meanwhile func(s *Store, feats []gis.Feature), since func(tx data.Tx, feats []gis.Feature) (bool, error)) (*Store, []gis.Feature) {
	t.Helper()
	s := openTest(t, filepath.Join(t.TempDir(), "city.gpkg"))
	feats := delivery(1500)
	for i := range feats {
		feats[i].Set("note", "old")
	}
	deliver(t, s, feats)
	for i := range feats {
		feats[i].Set("note", "new")
	}
	asked := false
	s.opt.Promptly = func(fn func()) {
		var kept int
		if err := s.reader.QueryRow(`SELECT count(*) FROM feature_history`).Scan(&kept); err != nil {
			t.Error(err)
		}
		if !asked && kept >= 3*archiveSome+300 { // the removed, too
			asked = true
			meanwhile(s, feats)
		}
		fn()
	}
	ran := 0
	w := data.WriteInfo{Bulk: true, Batch: &data.Batch{}, Ahead: &data.Ahead{Rows: 1500, Since: func(tx data.Tx, _ []gis.Change) (bool, error) { return since(tx, feats) }}}
	_, err := s.Write(t.Context(), w, func(tx data.Tx) error {
		ran++
		for i := range feats {
			f := feats[i].Clone()
			var err error
			if i < 1200 {
				_, _, err = tx.Put(&f)
			} else {
				err = tx.Delete("component", f.Key)
			}
			if err != nil && gis.KindOf(err) != gis.NotFound {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !asked {
		t.Fatal("nothing was kept ahead of the lock")
	}
	mustBeSound(t, s)
	noStage(t, s)
	return s, feats
}

// TestArchiveAhead: what a long write keeps ahead of the lock nobody sees before it has come to be, and what others change meanwhile is
// in the history once.
func TestArchiveAhead(t *testing.T) {
	edit := func(s *Store, f gis.Feature, note string) {
		f = f.Clone()
		f.Set("note", note)
		if err := put(t, s, f); err != nil {
			t.Error(err)
		}
	}
	remove := func(s *Store, key string) {
		_, err := s.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error { return tx.Delete("component", key) })
		if err != nil {
			t.Error(err)
		}
	}
	for _, holds := range []bool{true, false} {
		t.Run(fmt.Sprint("holds ", holds), func(t *testing.T) {
			s, feats := redelivered(t, func(s *Store, feats []gis.Feature) {
				for _, i := range []int{0, 3, 1100, 1200, 1499} {
					if got := told(t, s, feats[i].Key); got != "old" {
						t.Errorf("before the write has come to be, row %d: got %q, want old", i, got)
					}
				}
				edit(s, feats[0], "mine")
				remove(s, feats[1].Key)
				remove(s, feats[1300].Key)
				for i, want := range map[int]string{0: "old mine", 1: "old -", 1300: "old -"} {
					if got := told(t, s, feats[i].Key); got != want {
						t.Errorf("edited before the write has come to be, row %d: got %q, want %q", i, got, want)
					}
				}
			}, func(tx data.Tx, feats []gis.Feature) (bool, error) {
				if !holds {
					return false, nil
				}
				f := feats[0].Clone()
				_, _, err := tx.Put(&f)
				return true, err
			})
			wants := map[int]string{0: "old mine new", 1: "old -", 2: "old new", 1199: "old new", 1200: "old -", 1300: "old -", 1499: "old -"}
			if !holds {
				wants[1] = "old - new" // the function has run again, and put it
			}
			for i, want := range wants {
				if got := told(t, s, feats[i].Key); got != want {
					t.Errorf("row %d: got %q, want %q", i, got, want)
				}
			}
			var twice int
			err := s.reader.QueryRow(`SELECT count(*) FROM (SELECT 1 FROM feature_history GROUP BY feature, rev, op HAVING count(*) > 1)`).Scan(&twice)
			if err != nil || twice > 0 {
				t.Errorf("%d versions are kept twice, %v", twice, err)
			}
		})
	}
}

// TestArchiveLeft: what a long write that died had kept ahead is taken away by whoever opens the file next.
func TestArchiveLeft(t *testing.T) {
	var copied string
	s, feats := redelivered(t, func(s *Store, _ []gis.Feature) {
		copied = filepath.Join(t.TempDir(), "left.gpkg")
		if _, err := s.writer.Exec(`VACUUM INTO ?`, copied); err != nil {
			t.Error(err)
		}
	}, func(data.Tx, []gis.Feature) (bool, error) { return true, nil })
	s.Close()
	left := openTest(t, copied)
	mustBeSound(t, left)
	noStage(t, left)
	var kept int
	if err := left.reader.QueryRow(`SELECT count(*) FROM feature_history`).Scan(&kept); err != nil || kept != 0 {
		t.Errorf("%d versions are left, %v", kept, err)
	}
	if got := told(t, left, feats[5].Key); got != "old" {
		t.Errorf("got %q, want old", got)
	}
}
