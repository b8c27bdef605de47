//go:build unix

// Package gistest holds what tests of several rooms share. Tests only.
package gistest

import (
	"runtime/debug"
	"runtime/metrics"
	"syscall"
	"testing"
	"time"
)

// Bounded fails a fuzz test when what follows takes longer than a small input may (3 s of processor time, a minute by the clock) or
// allocates a GiB.
func Bounded(t *testing.T) {
	t.Helper()
	heap := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	used := func() (cpu time.Duration, bytes uint64) {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		metrics.Read(heap)
		return time.Duration(u.Utime.Nano() + u.Stime.Nano()), heap[0].Value.Uint64()
	}
	hang := time.AfterFunc(time.Minute, func() {
		debug.SetTraceback("all")
		panic("still at one small input after a minute")
	})
	cpu, allocated := used()
	t.Cleanup(func() {
		hang.Stop()
		c, a := used()
		if c-cpu > 3*time.Second || a-allocated > 1<<30 {
			t.Errorf("one small input took %v and %d MiB", c-cpu, (a-allocated)>>20)
		}
	})
}
