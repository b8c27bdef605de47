package gpkg

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"wanmi/gis"
)

// durability is how far what has been committed is known to be on the disk.
type durability struct {
	asked atomic.Uint64 // commits that wait, or waited, for the disk
	mu    sync.Mutex    // of who is at it
	done  uint64        // commits that are on the disk
	sync  func(path string) error
	fault error // the disk lost something: what is written behind it in the WAL would be lost with it
}

// durable returns when what this Store has committed before is on the disk. SQLite itself would wait for the disk inside the commit,
// with the lock of the writers, one after the other: this way those who wait go to the disk together, and who writes
// next need not wait for it at all. After an error nothing is acknowledged any more until the store is opened anew.
func (s *Store) durable() error {
	d := &s.disk
	n := d.asked.Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done >= n || d.fault != nil {
		return d.fault
	}
	last := d.asked.Load()
	if err := d.sync(s.path + "-wal"); err != nil {
		d.fault = gis.E(gis.Unavailable, err, "%s was written, but the disk does not confirm it: look at the disk, and whether the change is there, and start the program again",
			filepath.Base(s.path))
		return d.fault
	}
	d.done = last
	return nil
}

// syncFile returns when the content of a file is on the disk. A file that is not there has nothing to be brought there.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return syncData(f)
}
