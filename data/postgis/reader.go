package postgis

import (
	"database/sql"
	"strconv"
	"time"
)

// Reader is a pool of connections that only read, for tables that are not the store's.
type Reader struct {
	DB *sql.DB

	store *Store // names the database in errors
}

// OpenReader returns a pool of at most n connections to the database of a connection string; it connects when it is first asked. The
// server stops a statement after limit. Statements are planned for their arguments each time: what is read is asked for by place, and how much
// lies at a place differs widely.
func OpenReader(dsn string, n int, limit time.Duration) (*Reader, error) {
	cfg, name, err := parseDSN(dsn)
	if err != nil {
		return nil, err
	}
	for k, v := range map[string]string{
		"default_transaction_read_only": "on", "statement_timeout": strconv.FormatInt(limit.Milliseconds(), 10), "DateStyle": "ISO",
		"plan_cache_mode": "force_custom_plan", "jit": "off", "tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
	} {
		if _, given := cfg.Runtime[k]; !given {
			cfg.Runtime[k] = v
		}
	}
	r := &Reader{store: &Store{cfg: cfg, name: name}}
	r.DB, err = pool(cfg, n)
	return r, r.Wrap(err, "open")
}

// Name returns the database as it may be shown to anybody, see [Store.Name].
func (r *Reader) Name() string { return r.store.name }

// Wrap gives what the database answered its kind and public sentence; doing says what was attempted. nil stays nil.
func (r *Reader) Wrap(err error, doing string) error { return r.store.wrap(err, doing) }

// Close ends the pool.
func (r *Reader) Close() error { return r.DB.Close() }
