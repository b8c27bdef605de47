package gpkg

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/storetest"
	"wanmi/gis"
)

// crashRows is how many components each write of the child touches: all of them, so that half a write would show.
const crashRows = 550

// TestCrashChild is no test: TestKill runs it as a process of its own and kills it. It writes without end, numbering its
// writes in every row, and prints the number of each write the store has acknowledged.
func TestCrashChild(t *testing.T) {
	path := os.Getenv("WANMI_CRASH_FILE")
	if path == "" {
		t.Skip("runs as the child of TestKill only")
	}
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	start, err := s.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(start)
	rows, err := strconv.Atoi(os.Getenv("WANMI_CRASH_ROWS"))
	if err != nil {
		t.Fatal(err)
	}
	feats := delivery(rows)
	if os.Getenv("WANMI_CRASH_AHEAD") != "" {
		crashAhead(t, s, start, rows)
	}
	for n := start + 1; ; n++ {
		batch := &data.Batch{Layer: "component", Source: fmt.Sprint(n)}
		_, err := s.Write(t.Context(), data.WriteInfo{Bulk: n%2 == 0 || rows >= loadLeast, Batch: batch}, func(tx data.Tx) error {
			if n%5 == 0 || rows >= loadLeast {
				if _, err := tx.Clear("component"); err != nil {
					return err
				}
			}
			for i := range feats {
				f := feats[i].Clone()
				f.Set("note", fmt.Sprint(n))
				f.Geom = orb.Point{116 + float64(n%1000)/1e4, 35 + float64(i)/1e4}
				if _, _, err := tx.Put(&f); err != nil {
					return err
				}
				if err := tx.Reserve("component/370883/"+f.Text("class"), int64(rows)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(n)
	}
}

// crashAhead writes as TestCrashChild does, ahead of the lock: every row anew each time, some added and some removed. Nobody edits beside it.
func crashAhead(t *testing.T, s *Store, start gis.Generation, rows int) {
	t.Helper()
	feats := delivery(rows + 100)
	for n := start + 1; ; n++ {
		w := data.WriteInfo{Bulk: true, Batch: &data.Batch{Layer: "component", Source: fmt.Sprint(n)}}
		w.Ahead = &data.Ahead{Rows: int64(rows), Since: func(_ data.Tx, changes []gis.Change) (bool, error) { return len(changes) == 0, nil }}
		_, err := s.Write(t.Context(), w, func(tx data.Tx) error {
			had := map[string]bool{}
			for f, err := range tx.Features("component", orb.Bound{}) {
				if err != nil {
					return err
				}
				had[f.Key] = true
			}
			from := int(n) % 2 * 100
			for i := range feats {
				f := feats[i].Clone()
				if i < from || i >= from+rows {
					if had[f.Key] {
						if err := tx.Delete("component", f.Key); err != nil {
							return err
						}
					}
					continue
				}
				f.Set("note", fmt.Sprint(n))
				f.Geom = orb.Point{116 + float64(n%1000)/1e4, 35 + float64(i)/1e4}
				if _, _, err := tx.Put(&f); err != nil {
					return err
				}
				if i < from+40 {
					if err := tx.Reserve("component/370883/"+f.Text("class"), int64(rows+100)); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(n)
	}
}

// A process killed at any moment leaves the state before or after a write, never between, and loses none that was acknowledged.
func TestKill(t *testing.T) { killAt(t, 20261122, crashRows) }

// TestKillLoad kills writes that lay out the pages of a whole layer.
func TestKillLoad(t *testing.T) { killAt(t, 20261123, loadLeast+200) }

// TestKillAhead kills writes that build a stage beside the layer, in all their phases.
func TestKillAhead(t *testing.T) {
	t.Setenv("WANMI_CRASH_AHEAD", "1")
	rounds, _ := strconv.Atoi(os.Getenv("WANMI_CRASH_ROUNDS"))
	killRounds(t, 20261129, loadLeast+200, max(rounds, 6), 1500)
}

func killAt(t *testing.T, seed uint64, want int) { killRounds(t, seed, want, 6, 350) }

// killRounds kills a child so many times, each within so many milliseconds of its first line.
func killRounds(t *testing.T, seed uint64, want, rounds, within int) {
	random := rand.New(rand.NewPCG(seed, 1))
	path := filepath.Join(t.TempDir(), "city.gpkg")
	stages := 0
	for round := range rounds {
		last := storetest.KilledChild(t, time.Duration(random.IntN(within))*time.Millisecond, "WANMI_CRASH_FILE="+path, fmt.Sprint("WANMI_CRASH_ROWS=", want))
		staged := hasStage(t, path)
		s, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatalf("seed %d, round %d: open after the kill: %v", seed, round, err)
		}
		noStage(t, s)
		if staged {
			stages++
		}
		storetest.NoFindings(t, s)
		gen, err := s.Generation(t.Context())
		if err != nil || gen < last || gen > last+1 {
			t.Errorf("seed %d, round %d: got generation %d, %v; write %d was acknowledged", seed, round, gen, err, last)
		}
		rows := 0
		for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
			if err != nil {
				t.Fatal(err)
			}
			rows++
			if f.Text("note") != fmt.Sprint(gen) {
				t.Fatalf("seed %d, round %d: row %s is of write %s, the store of %d", seed, round, f.Key, f.Text("note"), gen)
			}
		}
		if gen > 0 && rows != want {
			t.Errorf("seed %d, round %d: got %d rows, want %d", seed, round, rows, want)
		}
		if batches, err := s.Batches(t.Context()); err != nil || len(batches) != int(gen) {
			t.Errorf("seed %d, round %d: got %d batches, %v, want %d", seed, round, len(batches), err, gen)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d of %d kills left a stage behind", stages, rounds)
}

// hasStage reports whether a kill left a stage behind, which the next opening takes away.
func hasStage(t *testing.T, path string) bool {
	t.Helper()
	s, err := Open(t.Context(), path, Options{ReadOnly: true})
	if err != nil {
		return false // not made yet
	}
	defer s.Close()
	var n int
	if err := s.reader.QueryRow(`SELECT count(*) FROM sqlite_master WHERE name GLOB 'wanmi_stage*'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n > 0
}
