package main

import (
	"syscall"
	"time"
)

// waitUntil sleeps in the kernel: where nothing else is to be done, a timer of Go's wakes up to a millisecond late, the unit in which Go waits
// for the network.
func waitUntil(due time.Time) {
	for d := time.Until(due); d > 0; d = time.Until(due) {
		ts := syscall.NsecToTimespec(int64(d))
		_ = syscall.Nanosleep(&ts, nil) // a signal ends it early: then it sleeps on
	}
}
