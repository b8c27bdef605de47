package gpkg

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"

	"wanmi/gis"
)

// Options says how a store is opened; the zero value is right for most.
type Options struct {
	ReadOnly bool
	Log      *slog.Logger     // nil: nothing is logged
	Now      func() time.Time // nil: time.Now
	Busy     time.Duration    // how long to wait for another process' write to end; 0: 5 s
	// Promptly runs what holds the lock of the writers, in a process that otherwise lets those go first that wait for it. One call
	// at a time, none inside another. nil: it runs as everything else.
	Promptly func(fn func())
}

// Store is one open file. It is safe for concurrent use: reads see the last committed write, writes wait for one another.
type Store struct {
	path   string
	opt    Options
	log    *slog.Logger
	tables []*table
	byName map[string]*table

	reader *sql.DB // as many connections as there are readers, each refusing to write
	writer *sql.DB // one connection; nil when the store is read-only
	copier *sql.DB // one connection, for checkpoints
	turn   chan struct{}
	stmts  map[string]*sql.Stmt // of the writer, by query; for who has the turn

	disk       durability
	background sync.WaitGroup // what Close waits for
	usage      sync.Mutex
	used       map[string]time.Time // key id: when its use was last noted
	closing    bool
	copying    bool // a checkpoint is under way
}

// Open opens the GeoPackage at path and makes it when there is none (gis.NotFound when opt.ReadOnly). A file of an
// older schema is migrated, one of a newer refused with gis.Invalid. What a crash left undone is undone.
func Open(ctx context.Context, path string, opt Options) (*Store, error) {
	if path == "" {
		return nil, gis.E(gis.Invalid, nil, "no database file given")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, gis.E(gis.Invalid, err, "%q is no file name", path)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Busy <= 0 {
		opt.Busy = 5 * time.Second
	}
	s := &Store{path: abs, opt: opt, log: opt.Log, byName: map[string]*table{}, turn: make(chan struct{}, 1), used: map[string]time.Time{}, stmts: map[string]*sql.Stmt{}}
	s.disk.sync = syncFile
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, l := range gis.Layers {
		t := newTable(l)
		s.tables = append(s.tables, t)
		s.byName[l.Name] = t
	}
	if err := s.open(ctx); err != nil {
		s.closePools()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	info, err := os.Stat(s.path)
	switch {
	case err == nil && info.IsDir():
		return gis.E(gis.Invalid, nil, "%s is a folder, not a file", s.path)
	case errors.Is(err, fs.ErrNotExist) && s.opt.ReadOnly:
		return gis.E(gis.NotFound, nil, "no file %s", s.path)
	}
	if s.opt.ReadOnly {
		return s.openReadOnly(ctx)
	}
	s.writer = s.pool("rwc", "journal_mode(WAL)", "synchronous(NORMAL)", "cache_size(-65536)", "journal_size_limit(67108864)", "temp_store(2)", "wal_autocheckpoint(0)")
	s.writer.SetMaxOpenConns(1)
	s.copier = s.pool("rw", "synchronous(FULL)", "wal_autocheckpoint(0)")
	s.copier.SetMaxOpenConns(1)
	s.reader = s.pool("rw", "query_only(1)")
	s.reader.SetMaxIdleConns(4)
	if info != nil && info.Size() > 0 {
		// A file that needs nothing is opened without a lock: another program may be writing to it for long.
		if ready, err := s.upToDate(ctx); err != nil || ready {
			if err == nil {
				err = s.dropStages(ctx)
			}
			return s.wrap(err, "open "+s.path)
		}
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	return s.wrap(s.dropStages(ctx), "open "+s.path)
}

// upToDate reports whether the file has the schema of this program, every column of gis.Layers, and the triggers for edits.
func (s *Store) upToDate(ctx context.Context) (bool, error) {
	version, err := s.version(ctx, s.reader)
	if err != nil || version < schemaVersion {
		return false, err
	}
	for _, t := range s.tables {
		have, err := columnsOf(ctx, s.reader, t.name)
		if err != nil || len(have) == 0 || len(t.missing(have)) > 0 {
			return false, err
		}
	}
	return s.editTriggersMade(ctx, s.reader)
}

// openReadOnly opens a file nobody needs to be able to write: on a read-only disk SQLite cannot make the files beside
// a WAL database, so there the file is taken as unchanging.
func (s *Store) openReadOnly(ctx context.Context) error {
	s.reader = s.pool("ro", "query_only(1)")
	err := s.reader.PingContext(ctx)
	if err == nil {
		err = s.adapt(ctx)
	}
	if err != nil && gis.KindOf(s.wrap(err, "open")) == gis.Unavailable && !s.hasWAL() {
		s.reader.Close()
		s.reader = s.pool("ro&immutable=1", "query_only(1)")
		err = s.adapt(ctx)
	}
	return s.wrap(err, "open "+s.path)
}

func (s *Store) hasWAL() bool {
	info, err := os.Stat(s.path + "-wal")
	return err == nil && info.Size() > 0
}

// adapt makes the reading statements fit the columns the file has: a file opened read-only is not migrated.
func (s *Store) adapt(ctx context.Context) error {
	if _, err := s.version(ctx, s.reader); err != nil {
		return err
	}
	for _, t := range s.tables {
		have, err := columnsOf(ctx, s.reader, t.name)
		if err != nil {
			return err
		}
		if len(have) == 0 {
			return gis.E(gis.Invalid, nil, "%s has no table %s; open it for writing once to bring it up to date", s.path, t.name)
		}
		for i, c := range t.columns {
			if !have[c] {
				t.selects[i] = "NULL"
			}
		}
	}
	return nil
}

// pool returns a pool of connections of a driver that knows the functions the R-tree triggers call. Settings go by the
// DSN: a PRAGMA by Exec would reach one connection only.
func (s *Store) pool(mode string, pragmas ...string) *sql.DB {
	busy := s.opt.Busy
	if strings.HasPrefix(mode, "rwc") {
		busy = askEvery // patiently does the waiting
	}
	return newPool(s.path, mode, busy, pragmas...)
}

func newPool(path, mode string, busy time.Duration, pragmas ...string) *sql.DB {
	d := &sqlite.Driver{}
	registerFunctions(d)
	var dsn strings.Builder
	dsn.WriteString("file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=" + mode)
	if strings.HasPrefix(mode, "rwc") {
		dsn.WriteString("&_txlock=immediate")
	}
	fmt.Fprintf(&dsn, "&_pragma=busy_timeout(%d)&_pragma=foreign_keys(1)", busy.Milliseconds())
	for _, p := range pragmas {
		dsn.WriteString("&_pragma=" + p)
	}
	return sql.OpenDB(connector{driver: d, dsn: dsn.String()})
}

// connector opens connections of one driver, which is not registered under a name.
type connector struct {
	driver *sqlite.Driver
	dsn    string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return c.driver }

// registerFunctions gives d the functions GeoPackage's R-tree triggers call. The registration cannot fail: d is new.
func registerFunctions(d *sqlite.Driver) {
	side := func(pick func(b [4]float64) float64) func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
		return func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			blob, _ := args[0].([]byte)
			b, ok, err := boundOf(blob)
			if err != nil || !ok {
				return nil, nil
			}
			return pick([4]float64{b.Min[0], b.Max[0], b.Min[1], b.Max[1]}), nil
		}
	}
	for i, name := range [...]string{"ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"} {
		d.MustRegisterDeterministicScalarFunction(name, 1, side(func(b [4]float64) float64 { return b[i] }))
	}
	d.MustRegisterDeterministicScalarFunction("ST_IsEmpty", 1,
		func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			blob, ok := args[0].([]byte)
			if !ok {
				return nil, nil
			}
			_, filled, err := boundOf(blob)
			return err != nil || !filled, nil
		})
}

// Close ends the store. Reads and writes under way fail.
func (s *Store) Close() error {
	s.usage.Lock()
	s.closing = true
	s.usage.Unlock()
	s.background.Wait()
	return s.wrap(s.closePools(), "close")
}

func (s *Store) closePools() error {
	var errs []error
	// The writer goes last: the last connection to close writes the WAL back into the file.
	for _, db := range []*sql.DB{s.reader, s.copier, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Path returns the absolute name of the file.
func (s *Store) Path() string { return s.path }

func (s *Store) now() time.Time { return s.opt.Now() }

// table returns the table of the named layer.
func (s *Store) table(layer string) (*table, error) {
	if t, ok := s.byName[layer]; ok {
		return t, nil
	}
	_, err := gis.LayerByName(layer)
	return nil, err
}

// lock waits for the turn to write.
func (s *Store) lock(ctx context.Context) error {
	if s.writer == nil {
		return gis.E(gis.Unavailable, nil, "%s is open for reading only", filepath.Base(s.path))
	}
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return s.wrap(ctx.Err(), "wait for the turn to write")
	}
}

func (s *Store) unlock() { <-s.turn }

// promptly runs what takes the lock.
func (s *Store) promptly(do func() error) (err error) {
	if s.opt.Promptly == nil {
		return do()
	}
	s.opt.Promptly(func() { err = do() })
	return err
}
