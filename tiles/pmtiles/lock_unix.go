//go:build unix

package pmtiles

import (
	"os"
	"syscall"
)

// tryLock takes the file for this process; the lock ends with it, however it ends.
func tryLock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
