package gpkg

import (
	"os"
	"syscall"
)

// syncData brings the content of a file to the disk, but not when it was changed: for a file written over in place that
// spares the file system a commit of its own.
func syncData(f *os.File) error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			return err
		}
	}
}
