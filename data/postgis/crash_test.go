package postgis

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/data/postgis/pgtest"
	"wanmi/data/storetest"
	"wanmi/gis"
)

func point(i int) orb.Point { return orb.Point{116 + float64(i%100)/1e4, 35 + float64(i/100)/1e4} }

// crashRows is how many components each write of the child touches: all of them, so that half a write would show.
const crashRows = 550

// deliver puts every component with the number n as its note.
func deliver(tx data.Tx, n gis.Generation) error {
	if n%5 == 0 {
		if _, err := tx.Clear("component"); err != nil {
			return err
		}
	}
	for i := range crashRows {
		if _, _, err := tx.Put(component(i, fmt.Sprint(n))); err != nil {
			return err
		}
	}
	return tx.Reserve("n", int64(n))
}

// TestCrashChild is no test: TestKill runs it as a process of its own and kills it. It writes without end, numbering its
// writes in every row, and prints the number of each write the store has acknowledged.
func TestCrashChild(t *testing.T) {
	dsn := os.Getenv("WANMI_CRASH_DATABASE")
	if dsn == "" {
		t.Skip("runs as the child of TestKill only")
	}
	s, err := Open(t.Context(), dsn, Options{Busy: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("WANMI_CRASH_AHEAD") != "" {
		aheadChild(t, s)
	}
	start, err := s.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(start)
	for n := start + 1; ; n++ {
		_, err := s.Write(t.Context(), data.WriteInfo{Bulk: n%2 == 0, Batch: &data.Batch{Layer: "component"}}, func(tx data.Tx) error { return deliver(tx, n) })
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(n)
	}
}

// A process killed at any moment leaves the state before or after a write, never between, and loses none that was acknowledged.
func TestKill(t *testing.T) {
	dsn := pgtest.DSN(t)
	s, err := Open(t.Context(), dsn, Options{Busy: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const seed = 20261123
	random := rand.New(rand.NewPCG(seed, 1))
	for round := range 5 {
		last := storetest.KilledChild(t, time.Duration(random.IntN(600))*time.Millisecond, "WANMI_CRASH_DATABASE="+dsn)
		// The server ends the dead client's transaction when it notices; a write waits for that.
		if _, err := s.RecordRejected(t.Context(), data.Batch{Layer: "door"}, nil); err != nil {
			t.Fatal(err)
		}
		gen := wholeWrites(t, s, round)
		if gen < last || gen > last+1 {
			t.Errorf("seed %d, round %d: got generation %d; write %d was acknowledged", seed, round, gen, last)
		}
	}
}

// wholeWrites checks that the store holds the last write whole, and returns its number.
func wholeWrites(t *testing.T, s *Store, round int) gis.Generation {
	t.Helper()
	storetest.NoFindings(t, s)
	gen, err := s.Generation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for f, err := range s.Features(t.Context(), "component", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		rows++
		if f.Text("note") != fmt.Sprint(gen) {
			t.Fatalf("round %d: row %s is of write %s, the store of %d", round, f.Key, f.Text("note"), gen)
		}
	}
	if gen > 0 && rows != crashRows {
		t.Errorf("round %d: got %d rows, want %d", round, rows, crashRows)
	}
	return gen
}

const endWriters = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`

// A connection lost in the middle of a write ends in a clear error and the state before; the next write works.
func TestLostConnection(t *testing.T) {
	dsn := pgtest.DSN(t)
	s := openTest(t, dsn)
	write := func(n gis.Generation, spoil func()) error {
		_, err := s.Write(t.Context(), data.WriteInfo{Bulk: n%2 == 0}, func(tx data.Tx) error {
			if err := deliver(tx, n); err != nil {
				return err
			}
			if _, err := tx.Feature("component", "c1"); err != nil { // what was collected is sent
				return err
			}
			spoil()
			return deliver(tx, n)
		})
		return err
	}
	if err := write(1, func() {}); err != nil {
		t.Fatal(err)
	}
	for n := gis.Generation(2); n < 4; n++ {
		err := write(n, func() {
			if got := pgtest.Value(t, dsn, endWriters); got != "1" {
				t.Errorf("ended %s connections, want 1", got)
			}
		})
		if gis.KindOf(err) != gis.Unavailable {
			t.Errorf("write %d: got %v, want the loss told", n, err)
		}
		wantText(t, gis.Public(err), "nothing was written")
		if gen := wholeWrites(t, s, int(n)); gen != 1 {
			t.Errorf("write %d: generation %d, want 1", n, gen)
		}
	}
	if err := write(2, func() {}); err != nil {
		t.Errorf("the next write: %v", err)
	}
}

// A COMMIT whose answer is lost is looked up, not guessed.
func TestLostCommit(t *testing.T) {
	s := openTest(t, pgtest.DSN(t))
	xid := func(end string) string {
		c, err := s.writer.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var x string
		for _, q := range []string{"BEGIN", "SELECT pg_current_xact_id()::text", end} {
			if strings.HasPrefix(q, "SELECT") {
				err = c.QueryRowContext(t.Context(), q).Scan(&x)
			} else {
				_, err = c.ExecContext(t.Context(), q)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return x
	}
	if err := s.committed(context.Background(), xid("COMMIT"), errLost); err != nil {
		t.Errorf("a commit that took: %v", err)
	}
	err := s.committed(context.Background(), xid("ROLLBACK"), errLost)
	if gis.KindOf(err) != gis.Unavailable {
		t.Errorf("a commit that did not take: got %v", err)
	}
	wantText(t, gis.Public(err), "nothing was written")
}

// The end of the caller's context stops a statement that runs, and the store goes on after it.
func TestCancel(t *testing.T) {
	s := openTest(t, pgtest.DSN(t))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := s.Write(ctx, data.WriteInfo{Bulk: true}, func(w data.Tx) error {
		_, err := w.(*tx).exec(`SELECT pg_sleep(20)`)
		return err
	})
	if gis.KindOf(err) != gis.Canceled {
		t.Errorf("got %v, want it stopped", err)
	}
	if _, err := s.Write(t.Context(), data.WriteInfo{}, func(w data.Tx) error { return deliver(w, 1) }); err != nil {
		t.Errorf("the next write: %v", err)
	}
	wholeWrites(t, s, 0)
}

var errLost = driver.ErrBadConn
