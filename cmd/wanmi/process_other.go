//go:build !linux

package main

import "os/exec"

func yield() (promptly func(fn func())) { return nil }

// aside is what Linux has threads of a priority of their own for.
func aside(int) (start func(fn func()), end func()) {
	return func(fn func()) { go fn() }, func() {}
}

// ownProcess returns nil: here nothing ends a process for certain when the one that started it dies.
func ownProcess(...string) *exec.Cmd { return nil }
