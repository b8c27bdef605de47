package gpkg

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite's own way of waiting for another process' write sleeps longer and longer, up to a tenth of a second, and so misses the
// gaps another leaves between its writes. A write is short or leaves gaps; so its end is asked for every millisecond.
const askEvery = time.Millisecond

// beginOn starts a transaction with the lock of the file, waiting for it as long as Options.Busy says.
func (s *Store) beginOn(ctx context.Context, db *sql.DB) (tx *sql.Tx, err error) {
	err = s.patiently(ctx, func() error {
		tx, err = db.BeginTx(context.WithoutCancel(ctx), nil)
		return err
	})
	return tx, err
}

// exec is a write of one statement, outside the layers.
func (s *Store) exec(ctx context.Context, query string, args ...any) (res sql.Result, err error) {
	err = s.patiently(ctx, func() error {
		res, err = s.writer.ExecContext(context.WithoutCancel(ctx), query, args...)
		return err
	})
	if err == nil {
		err = s.durable()
	}
	return res, err
}

// patiently calls do again as long as another process has the lock, and Options.Busy and ctx last.
func (s *Store) patiently(ctx context.Context, do func() error) error {
	until := time.Now().Add(s.opt.Busy)
	for {
		err := do()
		if err == nil || !isBusy(err) || time.Now().After(until) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(askEvery):
		}
	}
}

func isBusy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

// walMost is how many bytes of the WAL may wait to be copied back into the file.
const walMost = 4 << 20

// checkpoint copies what has been committed from the WAL into the file, when there is enough of it, on a connection of its
// own: left to SQLite it is the writer whose commit fills the WAL who pays for it. A passive checkpoint makes nobody wait.
func (s *Store) checkpoint() {
	info, err := os.Stat(s.path + "-wal")
	if err != nil || info.Size() < walMost {
		return
	}
	s.usage.Lock()
	if s.closing || s.copying {
		s.usage.Unlock()
		return
	}
	s.copying = true
	s.background.Add(1)
	s.usage.Unlock()
	go func() {
		defer s.background.Done()
		if _, err := s.copier.Exec(`PRAGMA wal_checkpoint(PASSIVE)`); err != nil {
			s.log.Debug("checkpoint", "error", err)
		}
		s.usage.Lock()
		s.copying = false
		s.usage.Unlock()
	}()
}
