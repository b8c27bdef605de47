package gpkg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"wanmi/gis"
)

const noRoom = "no room left on the disk that holds %s; nothing was written: make room there and try again"

// wrap gives err the kind and the public sentence that fit it. Errors that have a kind keep it.
func (s *Store) wrap(err error, doing string) error { return wrap(s.path, err, doing) }

func wrap(path string, err error, doing string) error {
	if err == nil {
		return nil
	}
	var kinded *gis.Error
	if errors.As(err, &kinded) {
		return err
	}
	err = fmt.Errorf("gpkg: %s: %w", doing, err)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return gis.E(gis.Canceled, err, "stopped before it was done")
	}
	if errors.Is(err, sql.ErrConnDone) {
		return gis.E(gis.Unavailable, err, "the store is closed")
	}
	name := filepath.Base(path)
	if errors.Is(err, syscall.ENOSPC) { // pages that are laid out beside the file first
		return gis.E(gis.Unavailable, err, noRoom, name)
	}
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return err
	}
	if se.Code() == sqlite3.SQLITE_IOERR_SHMSIZE { // the index of the WAL beside the file
		return gis.E(gis.Unavailable, err, "no room left on the disk that holds %s, not even to open it; make room there and try again", name)
	}
	switch se.Code() & 0xff { // the low byte is the primary code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return gis.E(gis.Unavailable, err, "another program is writing to %s; try again when it is done", name)
	case sqlite3.SQLITE_FULL:
		return gis.E(gis.Unavailable, err, noRoom, name)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return gis.E(gis.Unavailable, err, "%s or its folder is read-only; nothing was written", name)
	case sqlite3.SQLITE_IOERR:
		return gis.E(gis.Unavailable, err, "%s could not be read or written: the disk reports a fault", name)
	case sqlite3.SQLITE_CANTOPEN:
		return gis.E(gis.Unavailable, err, "%s cannot be opened: no such folder, or no permission", name)
	case sqlite3.SQLITE_NOTADB:
		return gis.E(gis.Invalid, err, "%s is not a GeoPackage", name)
	case sqlite3.SQLITE_CORRUPT:
		return gis.E(gis.Internal, err, "%s is damaged; restore a backup", name)
	}
	return err
}
