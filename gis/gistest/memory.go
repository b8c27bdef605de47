package gistest

import (
	"os"
	"testing"
)

// MemoryDir is a temporary folder, in memory where the system has such a place: for fuzz tests, which write a file for every input.
func MemoryDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "wanmi-fuzz-")
	if err != nil {
		return tb.TempDir()
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) }) // what stays is lost with the machine's power
	return dir
}
