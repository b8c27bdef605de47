package gpkg

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
// a Key, unless its field is named, and without Values when no field is. A component of 26 fields is read in a third
// of the time so. gis.Invalid for a field the layer does not have.
func (s *Store) Select(ctx context.Context, layer string, bound orb.Bound, fields ...string) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		t, err := s.table(layer)
		if err != nil {
			yield(gis.Feature{}, err)
			return
		}
		n, err := newNarrow(t, fields)
		if err != nil {
			yield(gis.Feature{}, err)
			return
		}
		if err := n.each(ctx, s.reader, bound, yield); err != nil {
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
		cols = append(cols, n.t.selects[0])
	}
	for _, k := range n.At {
		cols = append(cols, n.t.selects[n.t.fields+k])
	}
	query, args := n.t.rowsSQL(bound, "")
	_, rest, _ := strings.Cut(query, " FROM "+quote(n.t.name)+" ")
	return fmt.Sprintf(`SELECT %s FROM %s %s`, strings.Join(cols, ", "), quote(n.t.name), rest), args
}

// each hands on the rows within the bound; what it returns is still to be told to the caller.
func (n *narrow) each(ctx context.Context, q rowQuerier, bound orb.Bound, yield func(gis.Feature, error) bool) error {
	query, args := n.sql(bound)
	rows, err := q.QueryContext(context.WithoutCancel(ctx), query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for k := 0; rows.Next(); k++ {
		if k%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := rows.Scan(n.Dest...); err != nil {
			return err
		}
		if bounded(bound) {
			ok, err := within(n.Shape, bound)
			if err != nil {
				return fmt.Errorf("%s %d: %w", n.t.name, n.ID, err)
			}
			if !ok {
				continue
			}
		}
		f, err := n.feature()
		if err != nil {
			return err
		}
		if !yield(f, nil) {
			return nil
		}
	}
	return rows.Err()
}

func (n *narrow) feature() (gis.Feature, error) {
	g, err := decodeGeom(n.Shape)
	if err != nil {
		err = fmt.Errorf("%s %d: %w", n.t.name, n.ID, err)
	}
	return n.Feature(g), err
}
