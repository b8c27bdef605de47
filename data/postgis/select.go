package postgis

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// Select is Features for who needs little of a row: features come with their ID, their geometry and the named fields; without
// a Key, unless its field is named, and without Values when no field is. gis.Invalid for a field the layer does not have.
func (s *Store) Select(ctx context.Context, layer string, bound orb.Bound, fields ...string) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		t, err := s.table(layer)
		var n *narrow
		if err == nil {
			n, err = newNarrow(t, fields)
		}
		if err != nil {
			yield(gis.Feature{}, err)
			return
		}
		query, args := n.sql(bound)
		stopped := false
		err = each(ctx, s.reader, n.dest, query, args, func() bool {
			f, err := n.feature()
			if err == nil && !touches(f.Geom, bound) {
				return true
			}
			stopped = !yield(f, s.wrap(err, "read "+layer)) || err != nil
			return !stopped
		})
		if err != nil && !stopped {
			yield(gis.Feature{}, s.wrap(err, "read "+layer))
		}
	}
}

// narrow reads some columns of a table.
type narrow struct {
	t    *table
	at   []int // positions of the fields in the layer
	fid  int64
	geom sql.RawBytes // lives until the next row
	vals []any
	dest []any
}

func newNarrow(t *table, fields []string) (*narrow, error) {
	n := &narrow{t: t, vals: make([]any, len(fields))}
	n.dest = append(n.dest, &n.fid)
	if t.hasGeom() {
		n.dest = append(n.dest, &n.geom)
	}
	for i, name := range fields {
		k := t.layer.Index(name)
		if k < 0 {
			return nil, gis.E(gis.Invalid, nil, "layer %s has no field %q", t.name, name)
		}
		n.at = append(n.at, k)
		n.dest = append(n.dest, &n.vals[i])
	}
	return n, nil
}

func (n *narrow) sql(bound orb.Bound) (string, []any) {
	cols := []string{"fid"}
	if n.t.hasGeom() {
		cols = append(cols, geomExpr)
	}
	for _, k := range n.at {
		cols = append(cols, fieldExpr(n.t.layer.Fields[k], ""))
	}
	where, args := n.t.whereBound(bound)
	return fmt.Sprintf(`SELECT %s FROM %s %s`, strings.Join(cols, ", "), n.t.sql, where), args
}

func (n *narrow) feature() (gis.Feature, error) {
	f := gis.Feature{Layer: n.t.layer, ID: n.fid}
	var err error
	if f.Geom, err = decodeShape(n.geom); err != nil {
		return f, fmt.Errorf("%s %d: %w", n.t.name, n.fid, err)
	}
	if len(n.at) == 0 {
		return f, nil
	}
	f.Values = make([]any, len(n.t.layer.Fields))
	for i, k := range n.at {
		field := &n.t.layer.Fields[k]
		if v := n.vals[i]; v != nil {
			f.Values[k] = kept.Decode(field, v)
		}
		if field.Name == n.t.layer.Key {
			f.Key, _ = f.Values[k].(string)
		}
	}
	return f, nil
}
