package tiles

import (
	"context"
	"sync"

	"github.com/maypok86/otter/v2"
	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/cql2"
	"wanmi/tiles/mvt"
)

// FilterQuery is a filter as a request gives it.
type FilterQuery struct {
	Text    string
	JSON    bool     // Text is CQL2 JSON, not CQL2 text
	CRS     cql2.CRS // of the geometries in it; nil: longitude, latitude
	CRSName string   // tells equal filters of different CRS apart
}

// Filter is a filter made ready for the layers of one line of Sets.
//
// It may name the properties the layers have in tiles, at any zoom, and geometry: the shape of the tile's rows, to a centimetre; for
// a layer of labels the label's point. Of several layers it holds for those that have all the properties it names; the others
// stay as they are.
type Filter struct {
	parsed *cql2.Filter
	crs    cql2.CRS
	name   string // equal filters have equal names

	mu    sync.Mutex
	ready map[readyKey]readied
}

type readyKey struct {
	layer string
	grid  grid
}

type readied struct {
	p   *cql2.Predicate
	err error
}

// filterBytes bounds the memory of the filters kept ready.
const filterBytes = 8 << 20

type (
	filterKey   struct{ crs, lang, text string }
	filterCache = otter.Cache[filterKey, *Filter]
)

func newFilterCache() (*filterCache, error) {
	return otter.New(&otter.Options[filterKey, *Filter]{
		MaximumWeight: filterBytes,
		Weigher:       func(k filterKey, _ *Filter) uint32 { return uint32(len(k.text))*16 + 2048 },
	})
}

// Filter parses a filter, or returns it as parsed before. An error is a [*cql2.Error].
func (s *Set) Filter(q FilterQuery) (*Filter, error) {
	k := filterKey{q.CRSName, "text", q.Text}
	if q.JSON {
		k.lang = "json"
	}
	if f, ok := s.core.filters.GetIfPresent(k); ok {
		return f, nil
	}
	var parsed *cql2.Filter
	var err error
	if q.JSON {
		parsed, err = cql2.ParseJSON([]byte(q.Text))
	} else {
		parsed, err = cql2.Parse(q.Text)
	}
	if err != nil {
		return nil, err
	}
	f := &Filter{parsed: parsed, crs: q.CRS, name: q.CRSName + " " + parsed.Text(), ready: map[readyKey]readied{}}
	if q.CRS == nil {
		f.crs = cql2.CRS84
	}
	s.core.filters.Set(k, f)
	return f, nil
}

// snapped moves the coordinates of a filter to the world units rows are held in, so that a shape taken from a stored feature
// meets its row.
type snapped struct {
	cql2.CRS
	grid grid
}

func (s snapped) ToLonLat(x, y float64) (lon, lat float64) {
	lon, lat = s.CRS.ToLonLat(x, y)
	if !(lon >= -180 && lon <= 180 && lat >= -90 && lat <= 90) {
		return lon, lat
	}
	wx, wy, _ := toWorld(orb.Point{lon, lat})
	p := s.grid.lonLat(float64(wx), float64(s.grid.place(wy)))
	return p[0], p[1]
}

// schema is what a filter may name in l.
func (l *layer) schema() cql2.Schema {
	s := cql2.Schema{Layer: l.rule.Name, Geometry: true}
	for i, f := range l.rule.Fields {
		typ := l.def.Fields[l.src[i]].Type
		if f.Last > 0 {
			typ = gis.Text
		}
		s.Fields = append(s.Fields, cql2.Field{Name: f.Name, Type: typ})
	}
	return s
}

// predicate returns f made ready for l.
func (f *Filter) predicate(l *layer) (*cql2.Predicate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := readyKey{l.rule.Name, l.grid}
	r, ok := f.ready[k]
	if !ok {
		r.p, r.err = f.parsed.Compile(l.schema(), snapped{f.crs, l.grid})
		f.ready[k] = r
	}
	return r.p, r.err
}

// predicates returns f made ready for each layer, nil for those without all its properties.
func (f *Filter) predicates(layers []*layer) ([]*cql2.Predicate, error) {
	ps := make([]*cql2.Predicate, len(layers))
	some := false
	for i, l := range layers {
		if len(layers) > 1 && !f.parsed.Fits(l.schema()) {
			continue
		}
		p, err := f.predicate(l)
		if err != nil {
			return nil, err
		}
		ps[i], some = p, true
	}
	if !some {
		schemas := make([]cql2.Schema, len(layers))
		for i, l := range layers {
			schemas[i] = l.schema()
		}
		return nil, f.parsed.Nowhere(schemas)
	}
	return ps, nil
}

// Schemas returns what a filter may name in each of the layers, which must be the Set's.
func (s *Set) Schemas(layers []string) ([]cql2.Schema, error) {
	at, err := s.find(layers)
	if err != nil {
		return nil, err
	}
	out := make([]cql2.Schema, len(at))
	for i, k := range at {
		out[i] = s.layers[k].schema()
	}
	return out, nil
}

// keeper decides which rows of a layer stand in a tile.
type keeper struct {
	ctx   context.Context // of the one tile it is made for
	asked uint32
	run   *cql2.Run
	row   tileRow
	none  bool // no row can pass
	reach *box // rows whose bounds do not touch it cannot pass; nil: the filter sets no bounds
}

// keepers returns a keeper for each layer of a request, nil for one without filter.
func (r *request) keepers(ctx context.Context) []*keeper {
	ks := make([]*keeper, len(r.layers))
	for i, p := range r.filters {
		if p == nil {
			continue
		}
		l := r.layers[i]
		k := &keeper{ctx: ctx, row: tileRow{rows: &l.rows, grid: l.grid, cols: l.cols}}
		k.run = p.Run(&k.row, l.rows.shared.Len())
		b, all, none := p.Bound()
		if k.none = none; !all {
			w := l.grid.box(b)
			k.reach = &w
		}
		ks[i] = k
	}
	return ks
}

// keeps reports whether row i of v, which are the layer's, passes; none does once nobody waits for the tile.
func (k *keeper) keeps(v *rows, i uint32) bool {
	if k.asked++; k.asked&0x3ff == 0 && k.ctx.Err() != nil {
		k.none = true
	}
	if k.none || k.reach != nil && !v.bound(i).touches(*k.reach) {
		return false
	}
	k.row.i = i
	return k.run.Keep()
}

// tileRow is a row as a predicate sees it.
type tileRow struct {
	rows *rows
	grid grid
	cols []mvt.Column
	i    uint32
}

// Value implements cql2.Row.
func (t *tileRow) Value(field int) any {
	c := &t.cols[field]
	code := t.rows.code(t.i, c.At)
	switch {
	case code == 0:
		return nil
	case c.Unique:
		return mvt.Value(t.rows.unique.Entry(code))
	}
	return mvt.Value(t.rows.shared.Entry(code))
}

// Code implements cql2.Coded.
func (t *tileRow) Code(field int) (uint32, bool) {
	c := &t.cols[field]
	if c.Unique {
		return 0, false
	}
	return t.rows.code(t.i, c.At), true
}

// Point implements cql2.Pointed.
func (t *tileRow) Point() (orb.Point, bool) {
	if t.rows.shape(t.i) != nil {
		return orb.Point{}, false
	}
	r := t.rows.at(t.i)
	return t.grid.lonLat(float64(r.x), float64(r.y)), true
}

// Bound implements cql2.Pointed.
func (t *tileRow) Bound() orb.Bound { return t.grid.bounds(t.rows.bound(t.i)) }

// Geometry implements cql2.Row.
func (t *tileRow) Geometry() orb.Geometry {
	s := t.rows.shape(t.i)
	if s == nil {
		p, _ := t.Point()
		return p
	}
	parts := make([]orb.LineString, len(s.parts))
	for i, xy := range s.parts {
		for k := 0; k+1 < len(xy); k += 2 {
			parts[i] = append(parts[i], t.grid.lonLat(float64(xy[k]), float64(xy[k+1])))
		}
	}
	switch s.kind {
	case mvt.Point:
		return orb.MultiPoint(parts[0])
	case mvt.Line:
		return orb.MultiLineString(parts)
	}
	g := make(orb.MultiPolygon, len(s.polys))
	for i, n := range s.polys {
		for _, l := range parts[:n] {
			g[i] = append(g[i], append(orb.Ring(l), l[0]))
		}
		parts = parts[n:]
	}
	return g
}
