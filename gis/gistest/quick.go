//go:build unix

package gistest

import (
	"syscall"
	"testing"
	"time"
)

// Quick fails the test when run takes more processor time than limit, each of several times: what else the machine does cannot fail it. Built with the
// race detector it allows twenty times as much.
func Quick(t *testing.T, what string, limit time.Duration, run func()) {
	t.Helper()
	const tries = 15
	least := time.Hour
	for range tries {
		cpu, clock := processTime(t), time.Now()
		run()
		least = min(least, processTime(t)-cpu, time.Since(clock))
		if least <= limit*slowness {
			return
		}
	}
	t.Errorf("%s takes %v, want at most %v", what, least, limit*slowness)
}

func processTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
