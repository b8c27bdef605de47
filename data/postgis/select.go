package postgis

import (
	"context"
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
		err = each(ctx, s.reader, n.Dest, query, args, func() bool {
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
	*kept.Narrow
	t *table
}

func newNarrow(t *table, fields []string) (*narrow, error) {
	n, err := kept.NewNarrow(t.layer, fields)
	return &narrow{n, t}, err
}

func (n *narrow) sql(bound orb.Bound) (string, []any) {
	cols := []string{"fid"}
	if n.t.hasGeom() {
		cols = append(cols, geomExpr)
	}
	for _, k := range n.At {
		cols = append(cols, fieldExpr(n.t.layer.Fields[k], ""))
	}
	where, args := n.t.whereBound(bound)
	return fmt.Sprintf(`SELECT %s FROM %s %s`, strings.Join(cols, ", "), n.t.sql, where), args
}

func (n *narrow) feature() (gis.Feature, error) {
	g, err := decodeShape(n.Shape)
	if err != nil {
		err = fmt.Errorf("%s %d: %w", n.t.name, n.ID, err)
	}
	return n.Feature(g), err
}
