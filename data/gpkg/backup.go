package gpkg

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"wanmi/gis"
)

// Backup writes a copy of the store as it is now to file, while reads and writes go on. The file appears whole or not at all.
func (s *Store) Backup(ctx context.Context, file string) error {
	abs, err := filepath.Abs(file)
	if err != nil {
		return gis.E(gis.Invalid, err, "%q is no file name", file)
	}
	if sameFile(abs, s.path) {
		return gis.E(gis.Invalid, nil, "the backup cannot replace the database itself")
	}
	return copyStore(ctx, s.path, abs, s.opt.Busy)
}

// Restore replaces the store at to by the copy in from, after checking the copy: gis.Rejected when it is damaged,
// gis.Unavailable when to is in use. to is as before or as the copy, never between.
func Restore(ctx context.Context, from, to string) error {
	src, err := filepath.Abs(from)
	if err != nil {
		return gis.E(gis.Invalid, err, "%q is no file name", from)
	}
	dst, err := filepath.Abs(to)
	if err != nil {
		return gis.E(gis.Invalid, err, "%q is no file name", to)
	}
	if sameFile(src, dst) {
		return gis.E(gis.Invalid, nil, "the backup and the database are the same file")
	}
	if err := checkCopy(ctx, src); err != nil {
		return err
	}
	if err := quiesce(ctx, dst); err != nil {
		return err
	}
	return copyStore(ctx, src, dst, 5*time.Second)
}

// checkCopy refuses a file that is no sound store.
func checkCopy(ctx context.Context, path string) error {
	s, err := Open(ctx, path, Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer s.Close()
	for f, err := range s.Check(ctx, nil) {
		if err != nil {
			return err
		}
		if f.Severity == gis.SeverityError {
			return gis.E(gis.Rejected, nil, "%s is damaged and was not restored: %s", path, f.Text)
		}
	}
	return nil
}

// quiesce writes back and removes the files beside the database at path, so that none of them outlives it; gis.Unavailable
// while another program has it open. A database too damaged for that loses them.
func quiesce(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db := newPool(path, "rw", time.Second)
	db.SetMaxOpenConns(1)
	_, err := db.ExecContext(ctx, `PRAGMA journal_mode = DELETE`) // refused while any other connection is open
	if closed := db.Close(); err == nil {
		err = closed
	}
	if err = wrap(path, err, "make ready for a restore"); gis.KindOf(err) == gis.Unavailable || gis.KindOf(err) == gis.Canceled {
		return err
	}
	for _, suffix := range [...]string{"-wal", "-shm", "-journal"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return gis.E(gis.Unavailable, err, "cannot remove %s", path+suffix)
		}
	}
	return nil
}

// copyStore writes a compact copy of the database at from to to, by way of a temporary file beside to.
func copyStore(ctx context.Context, from, to string, busy time.Duration) error {
	dir := filepath.Dir(to)
	tmp, err := os.MkdirTemp(dir, ".wanmi-copy-*") // VACUUM INTO wants a file that is not there
	if err != nil {
		return gis.E(gis.Unavailable, err, "cannot write into %s", dir)
	}
	defer os.RemoveAll(tmp)
	part := filepath.Join(tmp, "copy.gpkg")
	db := newPool(from, "ro", busy)
	defer db.Close()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, part); err != nil {
		return wrap(to, err, "copy "+from)
	}
	return replaceFile(part, to)
}

// replaceFile makes part, synced to disk, the file to in one step.
func replaceFile(part, to string) error {
	if err := syncPath(part); err != nil {
		return gis.E(gis.Unavailable, err, "cannot write %s", to)
	}
	if err := os.Rename(part, to); err != nil {
		return gis.E(gis.Unavailable, err, "cannot write %s", to)
	}
	if err := syncPath(filepath.Dir(to)); err != nil {
		return gis.E(gis.Unavailable, err, "cannot write %s", to)
	}
	return nil
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// sameFile reports whether two names lead to one file.
func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}
