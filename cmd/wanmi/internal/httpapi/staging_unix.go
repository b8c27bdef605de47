//go:build unix

package httpapi

import (
	"os"
	"syscall"
)

// tryLock takes the file for this process; the lock ends with it, however it ends.
func tryLock(f *os.File) bool {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}

// roomIn returns how many bytes a file in the folder may have; ok is false when nobody knows.
func roomIn(dir string) (free int64, ok bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}
