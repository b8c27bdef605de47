package gpkg

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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

// A process killed at any moment leaves the state before or after a write, never between, and loses none that was acknowledged.
func TestKill(t *testing.T) { killAt(t, 20261122, crashRows) }

// TestKillLoad kills writes that lay out the pages of a whole layer.
func TestKillLoad(t *testing.T) { killAt(t, 20261123, loadLeast+200) }

func killAt(t *testing.T, seed uint64, want int) {
	random := rand.New(rand.NewPCG(seed, 1))
	path := filepath.Join(t.TempDir(), "city.gpkg")
	for round := range 6 {
		last := killedChild(t, path, want, time.Duration(random.IntN(350))*time.Millisecond)
		s, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Fatalf("seed %d, round %d: open after the kill: %v", seed, round, err)
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
}

// killedChild runs the child, kills it some time after its first line, and returns the last write it saw acknowledged.
func killedChild(t *testing.T, path string, rows int, after time.Duration) (last gis.Generation) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCrashChild$", "-test.v")
	cmd.Env = append(os.Environ(), "WANMI_CRASH_FILE="+path, fmt.Sprint("WANMI_CRASH_ROWS=", rows))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killing := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.ParseUint(strings.TrimSpace(lines.Text()), 10, 64)
		if err != nil { // what the testing package prints
			if strings.Contains(lines.Text(), "FAIL") {
				t.Fatal(lines.Text())
			}
			continue
		}
		last = gis.Generation(n)
		if !killing {
			killing = true
			time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	return last
}
