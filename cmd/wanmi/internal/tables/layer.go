package tables

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/lib/pq"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/project"

	"wanmi/data/postgis"
	"wanmi/gis"
	"wanmi/gis/cql2"
	"wanmi/tiles"
)

const (
	pause  = 5 * time.Second // after a database could not be asked what a table is
	margin = 5.0             // degrees around the bounds that belong to the reach
)

// Layer is a table or view under the name it is served by.
type Layer struct {
	spec    Spec
	db      *postgis.Reader
	timeout time.Duration
	cache   *cache
	failed  func(layer string, err error)

	turn  chan struct{} // held while the fields below are looked at or changed
	rel   *relation
	err   error // the last failure to describe the table
	until time.Time

	mu     sync.Mutex // guards what is known of the bounds; not held while the database is asked
	bounds *[4]float64
	asked  time.Time
	asking chan struct{} // closed when who asks for the bounds has the answer; nil: nobody does
}

// Name returns the layer's name.
func (l *Layer) Name() string { return l.spec.Name }

// Cache returns how long a tile of the layer is good; 0: it is asked for each time.
func (l *Layer) Cache() time.Duration { return l.spec.Cache }

// ready returns what the table is, asking when nobody knows.
func (l *Layer) ready(ctx context.Context) (*relation, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if l.rel != nil {
		return l.rel, nil
	}
	if time.Now().Before(l.until) {
		return nil, l.err
	}
	asking, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	rel, err := describe(asking, l.db, &l.spec)
	if err != nil {
		if ctx.Err() != nil { // the caller left: that says nothing of the table
			return nil, ctx.Err()
		}
		if asking.Err() != nil {
			err = gis.E(gis.Unavailable, err, "%s has not answered within %s", l.db.Name(), l.timeout)
		}
		if !errors.As(err, new(*Fault)) {
			err = gis.E(gis.Unavailable, err, "layer %s: %s", l.spec.Name, gis.Public(err))
		}
		l.err, l.until = err, time.Now().Add(pause)
		l.failed(l.spec.Name, err)
		return nil, err
	}
	l.rel, l.err = rel, nil
	return rel, nil
}

// rest leaves the database alone for a moment.
func (l *Layer) rest(err error) {
	l.turn <- struct{}{}
	l.err, l.until = err, time.Now().Add(pause)
	<-l.turn
}

// forget drops what was known of the table.
func (l *Layer) forget(rel *relation) {
	l.turn <- struct{}{}
	if l.rel == rel {
		l.rel = nil
	}
	<-l.turn
	rel.forget()
}

// served makes a fault of the configuration, when it shows in a request, one of the server's.
func served(err error) error {
	var f *Fault
	if errors.As(err, &f) {
		return gis.E(gis.Unavailable, err, "layer %s: its table no longer fits the configuration; the log has the details", f.Layer)
	}
	return err
}

// Known returns the catalogue's entry as far as it is known without asking the database, with the failure to ask; both nil while it is being asked.
func (l *Layer) Known() (*tiles.LayerInfo, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	default:
		return nil, nil
	}
	if l.rel == nil {
		return nil, served(l.err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rel.info(l.bounds), nil
}

// Info returns the catalogue's entry, its bounds at most a minute old.
func (l *Layer) Info(ctx context.Context) (tiles.LayerInfo, error) {
	rel, err := l.ready(ctx)
	if err != nil {
		return tiles.LayerInfo{}, served(err)
	}
	b, err := l.extent(ctx, rel)
	return *rel.info(b), err
}

func (r *relation) info(b *[4]float64) *tiles.LayerInfo {
	title := r.spec.Title
	if title == "" {
		title = r.comment
	}
	if title == "" {
		title = r.spec.Name
	}
	in := &tiles.LayerInfo{Name: r.spec.Name, Zh: title, En: title, Geometry: r.kind.String(), Bounds: b, MinZoom: r.spec.MinZoom, MaxZoom: r.spec.MaxZoom, Fields: []tiles.FieldInfo{}}
	for _, c := range r.columns {
		t, _ := valueOf(c)
		name := c.comment
		if name == "" {
			name = c.property
		}
		in.Fields = append(in.Fields, tiles.FieldInfo{Name: c.property, Type: t.String(), Zh: name, En: name, MinZoom: max(c.minZoom, r.spec.MinZoom)})
	}
	return in
}

// has reports whether the layer has a property.
func (r *relation) has(property string) bool {
	for _, c := range r.columns {
		if c.property == property {
			return true
		}
	}
	return false
}

// HasProperty reports whether the layer has the property in its tiles.
func (l *Layer) HasProperty(ctx context.Context, property string) (bool, error) {
	rel, err := l.ready(ctx)
	if err != nil {
		return false, served(err)
	}
	return rel.has(property), nil
}

// Request asks for a tile.
type Request struct {
	Addr       maptile.Tile
	Geographic bool     // of plate carrée, as wide as one of web mercator, numbered from longitude -180, latitude 90
	Properties []string // those wanted of those there are, at any zoom; nil: by zoom
	Filter     *Filter  // nil: all rows
}

// Answer is a tile of one layer.
type Answer struct {
	Tile    *tiles.Tile
	Left    time.Duration // of its cache time; 0 for a layer without
	Outcome tiles.Outcome
}

// Tile returns a tile, from the cache when the layer has cache time.
func (l *Layer) Tile(ctx context.Context, q Request) (Answer, error) {
	t, left, how, err := l.cache.tile(ctx, keyOf(l.spec.Name, q), l.spec.Cache, func(ctx context.Context) (*tiles.Tile, error) { return l.ask(ctx, q) })
	return Answer{t, left, how}, served(err)
}

// ask reads a tile from the database. When the table turns out to be another than it was, it is looked at anew.
func (l *Layer) ask(ctx context.Context, q Request) (*tiles.Tile, error) {
	asking, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	for again := true; ; again = false {
		rel, err := l.ready(asking)
		if err != nil {
			return nil, l.blame(ctx, asking, err)
		}
		t, err := l.read(asking, rel, q)
		if err == nil {
			return t, nil
		}
		if changed(err) && again {
			l.forget(rel)
			continue
		}
		if q.Filter != nil {
			if errors.As(err, new(*cql2.Error)) {
				return nil, err
			}
			err = undecided(l.spec.Name, err)
		}
		return nil, l.blame(ctx, asking, l.db.Wrap(err, "tile of "+rel.from))
	}
}

// blame makes the end of the time a database has its own fault, and what it did while the caller left nobody's.
func (l *Layer) blame(ctx, asking context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case asking.Err() != nil:
		return gis.E(gis.Unavailable, err, "layer %s: %s has not answered within %s", l.spec.Name, l.db.Name(), l.timeout)
	case errors.As(err, new(*Fault)):
		return err
	case gis.KindOf(err) == gis.Internal:
		return gis.E(gis.Internal, err, "layer %s: its table cannot be read; the log has the details", l.spec.Name)
	}
	return gis.E(gis.KindOf(err), err, "layer %s: %s", l.spec.Name, gis.Public(err))
}

// changed reports whether a statement failed because the table is not what it was: a table, column, function or type is gone or another.
func changed(err error) bool {
	var pe *pq.Error
	if !errors.As(err, &pe) {
		return false
	}
	switch pe.Code {
	case "42P01", "42703", "42883", "42804", "3F000", "0A000":
		return true
	}
	return false
}

func (l *Layer) read(ctx context.Context, rel *relation, q Request) (*tiles.Tile, error) {
	condition, params := "", []any(nil)
	if q.Filter != nil { // first: a filter that is wrong is so where nothing is, too
		var err error
		if condition, params, err = rel.condition(q.Filter); err != nil {
			return nil, err
		}
	}
	target := mercator
	if q.Geographic {
		target = lonLat
	}
	place := frameOf(q.Addr, target)
	search := place.around(float64(l.spec.Buffer)/float64(l.spec.Extent), target)
	some := int(q.Addr.Z) >= l.spec.MinZoom
	if some && rel.projected() {
		b, err := l.extent(ctx, rel)
		if err != nil {
			return nil, err
		}
		if some = b != nil; some {
			search, some = search.cut(reach(*b, target))
		}
	}
	if !some {
		return tiles.NewTile(nil, nil)
	}
	var wanted []column
	for _, c := range rel.columns {
		if q.Properties == nil && int(q.Addr.Z) >= c.minZoom || slices.Contains(q.Properties, c.property) {
			wanted = append(wanted, c)
		}
	}
	text := rel.statement(wanted, target, condition)
	for limit, level := l.spec.Limit, 0; ; level++ {
		row, err := rel.ask(ctx, l.db.DB, text, append(rel.arguments(place, search, limit), params...), q.Filter == nil)
		if err != nil {
			return nil, err
		}
		t, shown, err := l.tile(row, limit, level)
		if err != nil || len(t.Gzip) <= l.spec.MaxBytes || shown == 1 {
			return t, err
		}
		limit = max(1, int(0.9*float64(shown)*float64(l.spec.MaxBytes)/float64(len(t.Gzip))))
	}
}

// tile makes the tile of what a statement yields that was asked for limit rows, and returns how many there were; level is how often a tile was too large.
func (l *Layer) tile(row *sql.Row, limit, level int) (t *tiles.Tile, shown int, err error) {
	var raw []byte
	var features, rows int
	if err := row.Scan(&raw, &features, &rows); err != nil {
		return nil, 0, err
	}
	if features == 0 {
		raw = nil
	}
	shown = min(rows, limit)
	n := tiles.LayerCount{Layer: l.spec.Name, Features: features, Thinned: rows - shown, Level: level}
	if n.Features+n.Thinned == 0 {
		t, err = tiles.NewTile(nil, nil)
		return t, shown, err
	}
	if t, err = tiles.NewTile(raw, []tiles.LayerCount{n}); err == nil {
		t.Level = level
	}
	return t, shown, err
}

// reach returns b, in degrees, with its margin in the coordinates of a map.
func reach(b [4]float64, target int) frame {
	const top = 85
	f := frame{max(b[0]-margin, -180), max(b[1]-margin, -top), min(b[2]+margin, 180), min(b[3]+margin, top)}
	if target == lonLat {
		return f
	}
	sw, ne := project.WGS84.ToMercator(orb.Point{f.west, f.south}), project.WGS84.ToMercator(orb.Point{f.east, f.north})
	return frame{sw[0], sw[1], ne[0], ne[1]}
}
