package main

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// yield lets other programs go first: an import keeps two cores busy for seconds, and a server beside it has editors who wait. Linux keeps
// a priority for each thread; those that begin later have that of the one that began them. What cannot be set stays as it is.
func yield() {
	const low = 10
	if p, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0); err == nil && 20-p >= low { // the kernel counts from the other side
		return
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range tasks {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, low)
		}
	}
}

// ownProcess returns a command that is this very program, even when its file has been replaced, and that the kernel ends when the thread
// that starts it ends.
func ownProcess(args ...string) *exec.Cmd {
	c := exec.Command("/proc/self/exe", args...)
	c.Args[0] = os.Args[0]
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}
