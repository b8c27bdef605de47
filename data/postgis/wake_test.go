package postgis

import (
	"testing"
	"time"

	"wanmi/data"
	"wanmi/data/postgis/pgtest"
)

// Who listens is woken by another program's write, also after the listening connection was ended in between.
func TestWoken(t *testing.T) {
	dsn := pgtest.DSN(t)
	a, b := openTest(t, dsn), openTest(t, dsn)
	woken := b.Woken(t.Context())
	wait := func(what string, limit time.Duration) {
		t.Helper()
		select {
		case <-woken:
		case <-time.After(limit):
			t.Fatalf("not woken %v after %s", limit, what)
		}
	}
	write := func(n int) {
		t.Helper()
		_, err := a.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error {
			_, _, err := tx.Put(component(n, ""))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	wait("listening began", 10*time.Second)
	write(1)
	wait("a write", 10*time.Second)
	const endListener = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'wanmi listening'`
	if got := pgtest.Value(t, dsn, endListener); got != "1" {
		t.Fatalf("ended %s listeners, want 1", got)
	}
	write(2)
	wait("the listener was lost and came back", 10*time.Second)
	write(3)
	wait("a write after that", 10*time.Second)

	// A write that changes nothing wakes nobody; one that fails neither.
	write(3)
	_, _ = a.Write(t.Context(), data.WriteInfo{}, func(tx data.Tx) error {
		_, _, _ = tx.Put(component(4, ""))
		return errLost
	})
	select {
	case <-woken:
		t.Error("woken by a write that changed nothing")
	case <-time.After(300 * time.Millisecond):
	}
}
