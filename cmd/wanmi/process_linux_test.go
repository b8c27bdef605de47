package main

import (
	"runtime"
	"syscall"
	"testing"
)

// What is set aside runs at a low priority, with processors of its own, and leaves both as they were.
func TestAside(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	mine, procs := niceness(), runtime.GOMAXPROCS(0)
	start, end := aside(3)
	if n := runtime.GOMAXPROCS(0); n != procs+3 {
		t.Errorf("%d processors, want %d and 3", n, procs)
	}
	got := make(chan [2]int)
	start(func() { got <- [2]int{niceness(), syscall.Gettid()} })
	there := <-got
	end()
	if want := max(mine, lowPriority); there[0] != want || there[1] == syscall.Gettid() {
		t.Errorf("aside: niceness %d on thread %d, want %d on another than %d", there[0], there[1], want, syscall.Gettid())
	}
	if n := niceness(); n != mine || runtime.GOMAXPROCS(0) != procs {
		t.Errorf("afterwards: niceness %d, %d processors; want %d, %d", n, runtime.GOMAXPROCS(0), mine, procs)
	}
}
