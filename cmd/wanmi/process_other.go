//go:build !linux

package main

import "os/exec"

func yield() {}

// ownProcess returns nil: here nothing ends a process for certain when the one that started it dies.
func ownProcess(...string) *exec.Cmd { return nil }
