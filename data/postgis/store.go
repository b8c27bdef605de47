package postgis

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lib/pq"

	"wanmi/gis"
)

// Options says how a store is opened; the zero value is right for most.
type Options struct {
	MustExist bool             // a database without Wanmi's schema is gis.NotFound and stays as it is
	Log       *slog.Logger     // nil: nothing is logged
	Now       func() time.Time // nil: time.Now
	Busy      time.Duration    // how long to wait for another process' write to end; 0: 5 s
	Readers   int              // how many connections read at most; 0: 24. A loop within a loop takes two.
	// Promptly runs the step of a long write for which others wait, in a process that otherwise lets others go first. nil: as everything else.
	Promptly func(fn func())
}

// Store is one open database. It is safe for concurrent use: reads see the last committed write, writes wait for one another.
type Store struct {
	cfg    pq.Config
	dsn    string // as it was given
	name   string // the database as it may be shown
	opt    Options
	log    *slog.Logger
	tables []*table
	byName map[string]*table

	reader *sql.DB // connections that refuse to write
	lookup *sql.DB // the same for few rows: a question is one message there instead of two, and the answer text
	writer *sql.DB // one connection
	turn   chan struct{}
	long   atomic.Int32 // long writes of this Store under way

	background sync.WaitGroup // what Close waits for
	usage      sync.Mutex
	used       map[string]time.Time // key id: when its use was last noted
	closing    bool
}

const (
	lookups        = 8 // connections of Store.lookup
	connectTimeout = 10 * time.Second
	readLimit      = 30 * time.Minute // statement_timeout of a reading statement unless the connection string has one
)

// Open opens the database of a connection string as postgres://USER:PASSWORD@HOST:5432/DATABASE. Without Wanmi's schema it is
// made, with PostGIS where the role may; a schema of an older version is migrated, one of a newer refused with gis.Invalid.
func Open(ctx context.Context, dsn string, opt Options) (*Store, error) {
	cfg, name, err := parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Busy <= 0 {
		opt.Busy = 5 * time.Second
	}
	if opt.Readers <= 0 {
		opt.Readers = 24
	}
	s := &Store{cfg: cfg, dsn: dsn, name: name, opt: opt, log: opt.Log, byName: map[string]*table{}, turn: make(chan struct{}, 1), used: map[string]time.Time{}}
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
	probe, err := s.look(ctx)
	if err != nil {
		return err
	}
	setting := func(name, value string) {
		if _, given := s.cfg.Runtime[name]; !given {
			s.cfg.Runtime[name] = value
		}
	}
	s.cfg.Runtime["search_path"] = quote(probe.postgis)
	// A client that is gone must not hold the lock of the writers for the two hours TCP gives it.
	setting("tcp_keepalives_idle", "30")
	setting("tcp_keepalives_interval", "10")
	setting("tcp_keepalives_count", "3")
	// A few thousand rows of a large layer, told by their ids, are to be looked up and not found by reading the layer whole; the
	// server's own default, 4, is that of a disk with heads.
	setting("random_page_cost", "1.1")
	writing := s.cfg.Clone()
	writing.BinaryParameters = true // see Store.lookup
	if s.writer, err = pool(writing, 1); err != nil {
		return s.wrap(err, "open")
	}
	reading := s.cfg.Clone()
	reading.Runtime["default_transaction_read_only"] = "on"
	if _, given := reading.Runtime["statement_timeout"]; !given {
		reading.Runtime["statement_timeout"] = strconv.FormatInt(readLimit.Milliseconds(), 10)
	}
	if s.reader, err = pool(reading, s.opt.Readers); err != nil {
		return s.wrap(err, "open")
	}
	looking := reading.Clone()
	looking.BinaryParameters = true
	if s.lookup, err = pool(looking, lookups); err != nil {
		return s.wrap(err, "open")
	}
	ready := false
	if probe.ours {
		if ready, err = s.upToDate(ctx); err != nil {
			return err
		}
	}
	if !ready {
		if err := s.migrate(ctx); err != nil {
			return err
		}
	}
	s.takeBackLeft(ctx)
	return nil
}

// pool returns a pool of at most n connections.
func pool(cfg pq.Config, n int) (*sql.DB, error) {
	c, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(min(n, 4))
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour) // after a failover or a move the pool finds the new server by itself
	return db, nil
}

// probed is what a first look at the database shows.
type probed struct {
	postgis string // the schema PostGIS lies in
	ours    bool   // Wanmi's schema is there
}

// look connects once, asks what the database is, and installs PostGIS where it is missing and that is wanted and allowed.
func (s *Store) look(ctx context.Context) (probed, error) {
	var p probed
	db, err := pool(s.cfg, 1)
	if err != nil {
		return p, s.wrap(err, "connect")
	}
	defer db.Close()
	var encoding string
	var schema sql.NullString
	var version int
	const extension = `(SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'postgis')`
	err = db.QueryRowContext(ctx, `SELECT current_setting('server_encoding'), current_setting('server_version_num')::int, `+extension+`,
		EXISTS (SELECT FROM pg_tables WHERE schemaname = 'wanmi' AND tablename = 'migration')`).Scan(&encoding, &version, &schema, &p.ours)
	if err != nil {
		return p, s.wrap(err, "connect")
	}
	switch {
	case version < 130000:
		return p, gis.E(gis.Invalid, nil, "%s runs PostgreSQL %d; 13 or newer is needed", s.name, version/10000)
	case encoding != "UTF8":
		return p, gis.E(gis.Invalid, nil, "%s stores text as %s; make a database with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0", s.name, encoding)
	case !p.ours && s.opt.MustExist:
		return p, gis.E(gis.NotFound, nil, "there is nothing of Wanmi in %s yet; 'wanmi import --db … LAYER FILE' makes it", s.name)
	case schema.Valid:
		p.postgis = schema.String
		return p, nil
	}
	if _, err := db.ExecContext(ctx, `CREATE EXTENSION IF NOT EXISTS postgis`); err != nil {
		return p, s.noPostGIS(err)
	}
	err = db.QueryRowContext(ctx, `SELECT `+extension).Scan(&p.postgis)
	return p, s.wrap(err, "install PostGIS")
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
	for _, db := range []*sql.DB{s.reader, s.lookup, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Name returns the database as it may be shown to anybody: host, port and name, without user and password.
func (s *Store) Name() string { return s.name }

func (s *Store) now() time.Time { return s.opt.Now() }

// table returns the table of the named layer.
func (s *Store) table(layer string) (*table, error) {
	if t, ok := s.byName[layer]; ok {
		return t, nil
	}
	_, err := gis.LayerByName(layer)
	return nil, err
}

// lock waits for the turn to write among the users of this Store.
func (s *Store) lock(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return s.wrap(ctx.Err(), "wait for the turn to write")
	}
}

func (s *Store) unlock() { <-s.turn }

// writersLock is the number of the advisory lock whose holder may write to the database: "wanmi" in ASCII.
const writersLock = 0x77616e6d69

// beginWrite begins a transaction on the connection that writes and takes the writers' lock of the database, waiting for it as long as
// Options.Busy says: gis.Unavailable then. The transaction reads what is committed, which under the lock does not change. The
// connection, which the caller closes after the transaction, is alive: one that lay idle may have been lost with the server it led to.
func (s *Store) beginWrite(ctx context.Context) (*sql.Conn, *sql.Tx, error) {
	return s.beginAsking(ctx, "")
}

// beginAsking is beginWrite with a question that is asked under the lock by the same message, and the one row of its answer.
func (s *Store) beginAsking(ctx context.Context, query string, dest ...any) (*sql.Conn, *sql.Tx, error) {
	for again := false; ; again = true {
		c, err := s.writer.Conn(ctx)
		if err != nil {
			return nil, nil, err
		}
		q, err := c.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
		if err == nil {
			if err = s.takeLock(ctx, q, query, dest); err == nil {
				return c, q, nil
			}
			q.Rollback()
			again = true
		}
		c.Close()
		if again || !lost(err) {
			return nil, nil, err
		}
	}
}

func (s *Store) takeLock(ctx context.Context, q *sql.Tx, query string, dest []any) (err error) {
	// A write takes as long as it takes: one COPY, and the matching during which nothing is sent.
	lock := `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
		SET LOCAL lock_timeout = ` + strconv.FormatInt(s.opt.Busy.Milliseconds(), 10) + `; SELECT pg_advisory_xact_lock(` + strconv.Itoa(writersLock) + `)`
	if query == "" {
		_, err = q.ExecContext(ctx, lock)
	} else {
		err = lastRow(ctx, q, lock+"; "+query, dest)
	}
	if code(err) == lockNotAvailable {
		return gis.E(gis.Unavailable, err, "another program is writing to %s; try again when it is done", s.name)
	}
	return err
}

// lastRow reads the one row of the second of two statements that have an answer.
func lastRow(ctx context.Context, q *sql.Tx, statements string, dest []any) error {
	rows, err := q.QueryContext(ctx, statements)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() { // of the lock
	}
	if !rows.NextResultSet() || !rows.Next() {
		return cmp.Or(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	return rows.Close()
}

// inWrite runs fn in a transaction under the lock, for the store's own small tables.
func (s *Store) inWrite(ctx context.Context, doing string, fn func(q *sql.Tx) error) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	c, q, err := s.beginWrite(ctx)
	if err != nil {
		return s.wrap(err, doing)
	}
	defer c.Close()
	defer q.Rollback()
	if err := fn(q); err != nil {
		return s.wrap(err, doing)
	}
	return s.wrap(q.Commit(), doing)
}

// quote returns name as an SQL identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal returns s as an SQL string.
func literal(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }
