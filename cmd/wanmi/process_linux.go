package main

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
)

// lowPriority is the niceness of what lets others go first.
const lowPriority = 10

// yield lets other programs go first: an import keeps two cores busy for seconds, and a server beside it has editors who wait. Linux keeps
// a priority for each thread; those that begin later have that of the one that began them. What cannot be set stays as it is. The function
// it returns runs another on a thread that keeps the priority there was: for what holds a lock others wait for.
func yield() (promptly func(fn func())) {
	if niceness() >= lowPriority {
		return nil
	}
	keeps, calls := make(chan int), make(chan func())
	go func() {
		runtime.LockOSThread() // the runtime makes new threads from another one
		keeps <- syscall.Gettid()
		for fn := range calls {
			fn()
		}
	}()
	kept := <-keeps
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return nil
	}
	for _, t := range tasks {
		if id, err := strconv.Atoi(t.Name()); err == nil && id != kept {
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, lowPriority)
		}
	}
	return func(fn func()) {
		done := make(chan struct{})
		calls <- func() {
			defer close(done)
			fn()
		}
		<-done
	}
}

// aside implements city.Aside: goroutines on threads of low priority, each with a processor of the runtime more, so that one that
// waits for a core keeps no request from being answered.
func aside(n int) (start func(fn func()), end func()) {
	more := func(n int) { // several may be under way, and end in any order
		processors.Lock()
		defer processors.Unlock()
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + n)
	}
	more(n)
	start = func(fn func()) {
		go func() {
			runtime.LockOSThread() // and never unlocks it: the thread ends with the goroutine
			_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, max(lowPriority, niceness()))
			fn()
		}()
	}
	return start, func() { more(-n) }
}

var processors sync.Mutex

// ownProcess returns a command that is this very program, even when its file has been replaced, and that the kernel ends when the thread
// that starts it ends.
func ownProcess(args ...string) *exec.Cmd {
	c := exec.Command("/proc/self/exe", args...)
	c.Args[0] = os.Args[0]
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c
}

// niceness returns that of the thread.
func niceness() int {
	p, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		return 0
	}
	return 20 - p // the kernel counts from the other side
}
