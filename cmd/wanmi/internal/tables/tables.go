package tables

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"wanmi/data/postgis"
	"wanmi/gis"
	"wanmi/tiles"
)

// Spec is a table or view as a layer. Start from [NewSpec].
type Spec struct {
	Name    string // of the layer in addresses and tiles
	DSN     string // the connection string of its database
	Schema  string // "": that before the dot in Table, or public
	Table   string
	Title   string // "": the comment of the table, or Name
	Geom    string // the geometry column; "": the one there is
	SRID    int    // of the geometries; 0: that of the column
	ID      string // a column of whole numbers, the id of features and their order; "": the primary key when it is such a one, otherwise none
	Columns []Column
	All     bool // all columns that can be properties, instead of Columns

	MinZoom, MaxZoom int // below MinZoom tiles are empty; above MaxZoom clients stretch those of MaxZoom
	Extent, Buffer   int // tile units a side, and of what is drawn around it
	Limit            int // rows in a tile; those beyond are counted
	MaxBytes         int // of a tile after gzip; of a larger one only the first rows stand in it, as with Limit

	Bounds *[4]float64   // west, south, east, north in degrees; nil: the database says
	Cache  time.Duration // how long a tile is good; 0: asked each time
}

// Column is a property of a layer.
type Column struct {
	Name    string // the property
	From    string // the column; "": the same name
	MinZoom int    // from this zoom; a request that names the property gets it at any
}

func (c Column) source() string {
	if c.From != "" {
		return c.From
	}
	return c.Name
}

// NewSpec returns a Spec with what is taken where the configuration says nothing.
func NewSpec(name string) Spec {
	return Spec{Name: name, All: true, MaxZoom: 18, Extent: 4096, Buffer: 64, Limit: 10_000, MaxBytes: tiles.DefaultMaxBytes}
}

// Fault is what is wrong with a layer as it is configured.
type Fault struct {
	Layer, Field string // Field is a key of the configuration
	Err          error  // gis.Invalid
}

func (f *Fault) Error() string { return fmt.Sprintf("%s: %s: %s", f.Layer, f.Field, gis.Public(f.Err)) }

// Unwrap returns the error, which has a kind.
func (f *Fault) Unwrap() error { return f.Err }

func (s *Spec) fault(field, format string, args ...any) error {
	return &Fault{s.Name, field, gis.E(gis.Invalid, nil, format, args...)}
}

var goodName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// Check says what is wrong with a spec without asking its database: a [Fault].
func (s *Spec) Check() error {
	if !goodName.MatchString(s.Name) {
		return s.fault("", "the layer's name %q: a letter, then letters, digits and _ are wanted, in lower case", s.Name)
	}
	if s.Table == "" {
		return s.fault("table", "say which: table: SCHEMA.TABLE")
	}
	for _, n := range []struct {
		field     string
		v, lo, hi int
	}{
		{"srid", s.SRID, 0, 999_999},
		{"minzoom", s.MinZoom, 0, tiles.MaxZoom},
		{"maxzoom", s.MaxZoom, s.MinZoom, tiles.MaxZoom},
		{"extent", s.Extent, 256, 16384},
		{"buffer", s.Buffer, 0, s.Extent / 2},
		{"limit", s.Limit, 1, 1_000_000},
		{"max_bytes", s.MaxBytes, 1000, 1 << 30},
	} {
		if n.v < n.lo || n.v > n.hi {
			return s.fault(n.field, "%d: a number from %d to %d is wanted", n.v, n.lo, n.hi)
		}
	}
	if s.Cache < 0 || s.Cache > 24*time.Hour {
		return s.fault("cache", "%s: none, or seconds up to a day (86400)", s.Cache)
	}
	if b := s.Bounds; b != nil && !(b[0] >= -180 && b[0] < b[2] && b[2] <= 180 && b[1] >= -90 && b[1] < b[3] && b[3] <= 90) {
		return s.fault("bounds", "%v: [west, south, east, north] in degrees are wanted", *b)
	}
	seen := map[string]bool{}
	for _, c := range s.Columns {
		switch {
		case c.Name == "":
			return s.fault("columns", "a property without a name")
		case seen[c.Name]:
			return s.fault("columns", "property %q stands twice", c.Name)
		case c.MinZoom < 0 || c.MinZoom > tiles.MaxZoom:
			return s.fault("columns", "%s from zoom %d: 0 to %d are wanted", c.Name, c.MinZoom, tiles.MaxZoom)
		}
		seen[c.Name] = true
	}
	return nil
}

// place returns schema and name of the table.
func (s *Spec) place() (schema, table string) {
	if s.Schema != "" {
		return s.Schema, s.Table
	}
	if schema, table, ok := strings.Cut(s.Table, "."); ok {
		return schema, table
	}
	return "public", s.Table
}

// Options are common to all layers; zero values take the defaults.
type Options struct {
	Connections int                           // of each database; 0: 4
	Timeout     time.Duration                 // of a statement, waiting for a connection included; 0: 10 s
	CacheBytes  int64                         // memory for tiles of layers with cache time; 0: 64 MiB
	Failed      func(layer string, err error) // told when a database cannot be asked what a table is; nil: nobody
}

// Tables are the layers a server serves, by name. The nil Tables has none.
type Tables struct {
	layers []*Layer
	pools  []*postgis.Reader
}

// Open asks the databases what the tables are. A spec that does not fit its table is an error, a [Fault]; a database that does not answer is only
// told to Options.Failed, and asked again when a tile is wanted.
func Open(ctx context.Context, specs []Spec, opt Options) (*Tables, error) {
	if opt.Connections <= 0 {
		opt.Connections = 4
	}
	if opt.Timeout <= 0 {
		opt.Timeout = 10 * time.Second
	}
	if opt.Failed == nil {
		opt.Failed = func(string, error) {}
	}
	cache, err := newCache(opt.CacheBytes)
	if err != nil {
		return nil, err
	}
	t := &Tables{}
	pools, away := map[string]*postgis.Reader{}, map[string]error{}
	for _, s := range specs {
		if err := s.Check(); err != nil {
			return nil, errors.Join(err, t.Close())
		}
		db, ok := pools[s.DSN]
		if !ok {
			if db, err = postgis.OpenReader(s.DSN, opt.Connections, opt.Timeout); err != nil {
				return nil, errors.Join(s.fault("dsn", "%s", gis.Public(err)), t.Close())
			}
			pools[s.DSN] = db
			t.pools = append(t.pools, db)
		}
		l := &Layer{spec: s, db: db, timeout: opt.Timeout, cache: cache, turn: make(chan struct{}, 1), failed: opt.Failed}
		t.layers = append(t.layers, l)
		if err := away[s.DSN]; err != nil { // asked for another layer just now
			l.rest(err)
			continue
		}
		if _, err := l.ready(ctx); errors.As(err, new(*Fault)) || ctx.Err() != nil {
			return nil, errors.Join(err, t.Close())
		} else if err != nil {
			away[s.DSN] = err
		}
	}
	return t, nil
}

// Close ends the connections; requests under way fail.
func (t *Tables) Close() error {
	if t == nil {
		return nil
	}
	var errs []error
	for _, p := range t.pools {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// Layer returns the layer of a name.
func (t *Tables) Layer(name string) (*Layer, bool) {
	if t == nil {
		return nil, false
	}
	i := slices.IndexFunc(t.layers, func(l *Layer) bool { return l.spec.Name == name })
	if i < 0 {
		return nil, false
	}
	return t.layers[i], true
}

// Layers returns all layers as they are configured.
func (t *Tables) Layers() []*Layer {
	if t == nil {
		return nil
	}
	return t.layers
}
