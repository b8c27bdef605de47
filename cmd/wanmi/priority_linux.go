package main

import (
	"os"
	"strconv"
	"syscall"
)

// yield lets other programs go first: an import keeps two cores busy for seconds, and a server beside it has editors who wait. Linux keeps
// a priority for each thread; those that begin later have that of the one that began them. What cannot be set stays as it is.
func yield() {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range tasks {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, 10)
		}
	}
}
