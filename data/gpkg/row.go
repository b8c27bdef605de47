package gpkg

import (
	"context"
	"database/sql"
	"errors"
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
	vals []any // parallel to t.columns
	dest []any
}

func newScanner(t *table) *scanner {
	sc := &scanner{t: t, vals: make([]any, len(t.columns))}
	sc.dest = append(sc.dest, &sc.fid, &sc.rev)
	for i := range sc.vals {
		sc.dest = append(sc.dest, &sc.vals[i])
	}
	return sc
}

// blob returns the geometry of the row read last, nil when it has none.
func (sc *scanner) blob() []byte {
	if !sc.t.hasGeom() {
		return nil
	}
	b, _ := sc.vals[0].([]byte)
	return b
}

// feature returns the row read last.
func (sc *scanner) feature() (gis.Feature, error) {
	t := sc.t
	f := gis.Feature{Layer: t.layer, ID: sc.fid, Values: make([]any, len(t.layer.Fields))}
	key, _ := sc.vals[t.keyColumn()].(string)
	f.Key = key
	for i := range t.layer.Fields {
		if v := sc.vals[t.fields+i]; v != nil {
			f.Values[i] = kept.Decode(&t.layer.Fields[i], v)
		}
	}
	if blob := sc.blob(); blob != nil {
		g, err := decodeGeom(blob)
		if err != nil {
			return f, fmt.Errorf("%s %s: %w", t.name, key, err)
		}
		f.Geom = g
	}
	return f, nil
}

// scanOne scans the row there may be.
func scanOne(row *sql.Row, sc *scanner) (bool, error) {
	err := row.Scan(sc.dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// bounded reports whether b restricts anything: the zero bound does not.
func bounded(b orb.Bound) bool { return b != orb.Bound{} }

// within reports whether the geometry of blob touches b. What has no geometry touches nothing.
func within(blob []byte, b orb.Bound) (bool, error) {
	have, ok, err := boundOf(blob)
	if err != nil || !ok {
		return false, err
	}
	return have.Intersects(b), nil
}

// rowsSQL selects the rows a bound may hold, in the order of their ids. The R-tree keeps 32-bit floats rounded outward: within has the last word.
func (t *table) rowsSQL(b orb.Bound, and string) (string, []any) {
	if !bounded(b) || !t.hasGeom() {
		return t.selectSQL("WHERE 1 " + and + " ORDER BY fid"), nil
	}
	where := fmt.Sprintf(`WHERE fid IN (SELECT id FROM %s WHERE maxx >= ? AND minx <= ? AND maxy >= ? AND miny <= ?) %s ORDER BY fid`,
		quote(t.rtree()), and)
	return t.selectSQL(where), []any{b.Min[0], b.Max[0], b.Min[1], b.Max[1]}
}

type rowQuerier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each calls yield with every row of the query within b until it returns false. It looks at ctx now and then: handing it to
// the query would cost a goroutine a row.
func (t *table) each(ctx context.Context, q rowQuerier, b orb.Bound, query string, args []any, yield func(*scanner) bool) error {
	rows, err := q.QueryContext(context.WithoutCancel(ctx), query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	sc := newScanner(t)
	for n := 0; rows.Next(); n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := rows.Scan(sc.dest...); err != nil {
			return err
		}
		if bounded(b) {
			ok, err := within(sc.blob(), b)
			if err != nil {
				return fmt.Errorf("%s %d: %w", t.name, sc.fid, err)
			}
			if !ok {
				continue
			}
		}
		if !yield(sc) {
			return nil
		}
	}
	return rows.Err()
}
