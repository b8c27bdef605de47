package postgis

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/paulmach/orb"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// scanner reads rows of a table's selectSQL.
type scanner struct {
	t    *table
	fid  int64
	rev  int64
	xmin int64        // of the transaction that wrote it, where that is asked for
	geom sql.RawBytes // lives until the next row
	vals []any        // parallel to t.columns; that of geom is left alone
	dest []any
}

func newScanner(t *table) *scanner {
	sc := &scanner{t: t, vals: make([]any, len(t.columns))}
	sc.dest = append(sc.dest, &sc.fid, &sc.rev)
	for i := range sc.vals {
		if i == 0 && t.hasGeom() {
			sc.dest = append(sc.dest, &sc.geom)
			continue
		}
		sc.dest = append(sc.dest, &sc.vals[i])
	}
	return sc
}

// stored is a row as it stands in the table: shapes as WKB, values as kept.Encode leaves them.
type stored struct {
	fid, rev int64
	xmin     int64 // see scanner
	vals     []any
}

// row returns a copy of the row read last.
func (sc *scanner) row() stored {
	r := stored{fid: sc.fid, rev: sc.rev, xmin: sc.xmin, vals: append([]any(nil), sc.vals...)}
	if sc.t.hasGeom() {
		r.vals[0] = nil
		if sc.geom != nil {
			r.vals[0] = append([]byte(nil), sc.geom...)
		}
	}
	return r
}

// feature returns the row read last.
func (sc *scanner) feature() (gis.Feature, error) { return sc.t.feature(sc.fid, sc.geom, sc.vals) }

func (r *stored) feature(t *table) (gis.Feature, error) {
	return t.feature(r.fid, r.shape(t), r.vals)
}

// shape returns the WKB of the row's shape, nil when it has none.
func (r *stored) shape(t *table) []byte {
	if !t.hasGeom() {
		return nil
	}
	b, _ := r.vals[0].([]byte)
	return b
}

func (t *table) feature(fid int64, shape []byte, vals []any) (gis.Feature, error) {
	f := gis.Feature{Layer: t.layer, ID: fid, Values: make([]any, len(t.layer.Fields))}
	f.Key, _ = vals[t.keyColumn()].(string)
	for i := range t.layer.Fields {
		if v := vals[t.fields+i]; v != nil {
			f.Values[i] = kept.Decode(&t.layer.Fields[i], v)
		}
	}
	var err error
	if f.Geom, err = decodeShape(shape); err != nil {
		return f, fmt.Errorf("%s %s: %w", t.name, f.Key, err)
	}
	return f, nil
}

// decodeShape reads the WKB of a column that may be NULL or, by another program's hand, empty.
func decodeShape(wkb []byte) (orb.Geometry, error) {
	if len(wkb) == 0 {
		return nil, nil
	}
	g, err := kept.DecodeWKB(wkb)
	if err != nil || empty(g) {
		return nil, err
	}
	return g, nil
}

// empty reports whether g has no point. PostGIS writes an empty point with coordinates that are no numbers.
func empty(g orb.Geometry) bool {
	switch v := g.(type) {
	case orb.Point:
		return v[0] != v[0]
	case orb.MultiPoint:
		return len(v) == 0
	case orb.LineString:
		return len(v) == 0
	case orb.MultiLineString:
		return len(v) == 0
	case orb.Polygon:
		return len(v) == 0
	case orb.MultiPolygon:
		return len(v) == 0
	}
	return g == nil
}

// boundOf returns the bounds of a shape; ok is false when there is none.
func boundOf(wkb []byte) (b orb.Bound, ok bool, err error) {
	g, err := decodeShape(wkb)
	if err != nil || g == nil {
		return b, false, err
	}
	return g.Bound(), true, nil
}

// bounded reports whether b restricts anything: the zero bound does not.
func bounded(b orb.Bound) bool { return b != orb.Bound{} }

// touches reports whether g touches b, where b restricts anything. What has no geometry touches nothing.
func touches(g orb.Geometry, b orb.Bound) bool {
	return !bounded(b) || g != nil && g.Bound().Intersects(b)
}

// whereBound returns the condition for rows a bound may hold, in the order of their ids. The index keeps 32-bit floats rounded outward:
// touches has the last word. The condition on fid is true of every row; its argument makes shapes come as bytes.
func (t *table) whereBound(b orb.Bound) (string, []any) {
	const least = -1 << 63
	switch {
	case !bounded(b):
		return "WHERE fid >= $1 ORDER BY fid", []any{int64(least)}
	case !t.hasGeom():
		return "WHERE fid >= $1 AND false ORDER BY fid", []any{int64(least)}
	}
	return fmt.Sprintf("WHERE fid >= $1 AND geom && ST_MakeEnvelope($2, $3, $4, $5, %d) ORDER BY fid", srsCGCS2000),
		[]any{int64(least), b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
}

// each calls yield with every row of the query until it returns false.
func each(ctx context.Context, q querier, dest []any, query string, args []any, yield func() bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if !yield() {
			cancel() // else closing reads all that is left
			return nil
		}
	}
	return rows.Err()
}
