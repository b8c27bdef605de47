package gpkg

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	"github.com/paulmach/orb"

	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// Generation returns the number of committed writes that changed a feature.
func (s *Store) Generation(ctx context.Context) (gis.Generation, error) {
	var g int64
	err := s.reader.QueryRowContext(ctx, `SELECT value FROM wanmi_state WHERE name = 'generation'`).Scan(&g)
	return gis.Generation(g), s.wrap(err, "read the generation")
}

// Features yields the rows of a layer whose bounds touch bound, all for the zero bound, by ID. One loop sees one state of
// the file whatever is written meanwhile. A layer without geometry has no row within a bound.
func (s *Store) Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		t, err := s.table(layer)
		if err != nil {
			yield(gis.Feature{}, err)
			return
		}
		if !bounded(bound) {
			if done, err := s.scanPages(ctx, t, yield); done || err != nil {
				if err != nil {
					yield(gis.Feature{}, s.wrap(err, "read "+layer))
				}
				return
			}
		}
		query, args := t.rowsSQL(bound, "")
		s.stream(ctx, t, bound, query, args, yield)
	}
}

// After yields the rows of a layer with an ID greater than id whose bounds touch bound, all for the zero bound, by ID: a page
// of a list begins where the one before ended, at no cost for what was passed.
func (s *Store) After(ctx context.Context, layer string, bound orb.Bound, id int64) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		t, err := s.table(layer)
		if err != nil {
			yield(gis.Feature{}, err)
			return
		}
		query, args := t.rowsSQL(bound, "AND fid > ?")
		s.stream(ctx, t, bound, query, append(args, id), yield)
	}
}

// stream yields the rows of a query within the bound.
func (s *Store) stream(ctx context.Context, t *table, bound orb.Bound, query string, args []any, yield func(gis.Feature, error) bool) {
	stopped := false
	err := t.each(ctx, s.reader, bound, query, args, func(sc *scanner) bool {
		f, err := sc.feature()
		if err != nil {
			err = s.wrap(err, "read")
		}
		stopped = !yield(f, err) || err != nil
		return !stopped
	})
	if err != nil && !stopped {
		yield(gis.Feature{}, s.wrap(err, "read "+t.name))
	}
}

// Feature returns the row of that key, gis.NotFound when there is none.
func (s *Store) Feature(ctx context.Context, layer, key string) (gis.Feature, error) {
	sc, err := s.byKey(ctx, s.reader, layer, key)
	if err != nil {
		return gis.Feature{}, err
	}
	f, err := sc.feature()
	return f, s.wrap(err, "read")
}

// Rev returns the Seq of the write that last touched the row, gis.NotFound when there is none.
func (s *Store) Rev(ctx context.Context, layer, key string) (int64, error) {
	sc, err := s.byKey(ctx, s.reader, layer, key)
	if err != nil {
		return 0, err
	}
	return sc.rev, nil
}

func (s *Store) byKey(ctx context.Context, q querier, layer, key string) (*scanner, error) {
	t, err := s.table(layer)
	if err != nil {
		return nil, err
	}
	sc := newScanner(t)
	err = q.QueryRowContext(ctx, t.byKeySQL(), key).Scan(sc.dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, gis.E(gis.NotFound, nil, "no %s %s", layer, key)
	}
	return sc, s.wrap(err, "read "+layer)
}

// Count returns the number of rows of a layer.
func (s *Store) Count(ctx context.Context, layer string) (int64, error) {
	t, err := s.table(layer)
	if err != nil {
		return 0, err
	}
	var n int64
	err = s.reader.QueryRowContext(ctx, `SELECT count(*) FROM `+quote(t.name)).Scan(&n)
	return n, s.wrap(err, "count "+layer)
}

// Extent returns the bounds of all geometries of a layer, the zero bound when there are none.
func (s *Store) Extent(ctx context.Context, layer string) (orb.Bound, error) {
	t, err := s.table(layer)
	if err != nil {
		return orb.Bound{}, err
	}
	b, _, err := readExtent(ctx, s.reader, t)
	return b, s.wrap(err, "read the extent of "+layer)
}

func readExtent(ctx context.Context, q querier, t *table) (orb.Bound, bool, error) {
	var v bound4
	err := q.QueryRowContext(ctx, `SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name = ?`, t.name).Scan(v.dest()...)
	b, ok := v.bound()
	return b, ok, err
}

// bound4 reads four nullable columns: min x, min y, max x, max y.
type bound4 [4]sql.NullFloat64

func (v *bound4) dest() []any { return []any{&v[0], &v[1], &v[2], &v[3]} }

func (v *bound4) bound() (orb.Bound, bool) {
	return orb.Bound{Min: orb.Point{v[0].Float64, v[1].Float64}, Max: orb.Point{v[2].Float64, v[3].Float64}}, v[0].Valid
}

// boundArgs is the inverse of bound4: NULLs when ok is false.
func boundArgs(b orb.Bound, ok bool) []any {
	if !ok {
		return []any{nil, nil, nil, nil}
	}
	return []any{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
}

// Changes yields the entries of the change log after since, in order.
func (s *Store) Changes(ctx context.Context, since int64) iter.Seq2[gis.Change, error] {
	return func(yield func(gis.Change, error) bool) {
		rows, err := s.reader.QueryContext(ctx, `SELECT seq, gen, layer, key, op, actor, source, +at,
			old_min_x, old_min_y, old_max_x, old_max_y, new_min_x, new_min_y, new_max_x, new_max_y
			FROM change_log WHERE seq > ? ORDER BY seq`, since)
		if err != nil {
			yield(gis.Change{}, s.wrap(err, "read the change log"))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var c gis.Change
			var at string
			var before, after bound4
			err := rows.Scan(append(append([]any{&c.Seq, &c.Gen, &c.Layer, &c.Key, &c.Op, &c.Actor, &c.Source, &at}, before.dest()...), after.dest()...)...)
			c.At = kept.ParseTime(at)
			c.Old, _ = before.bound()
			c.New, _ = after.bound()
			if !yield(c, s.wrap(err, "read the change log")) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(gis.Change{}, s.wrap(err, "read the change log"))
		}
	}
}

// LastBy returns the newest entry of the change log with that source, the zero Change when there is none.
func (s *Store) LastBy(ctx context.Context, source string) (gis.Change, error) {
	c := gis.Change{Source: source}
	var at string
	var before, after bound4
	// The log is read from its end: what is sought was written lately.
	err := s.reader.QueryRowContext(ctx, `SELECT seq, gen, layer, key, op, actor, at, old_min_x, old_min_y, old_max_x, old_max_y,
		new_min_x, new_min_y, new_max_x, new_max_y FROM change_log WHERE source = ? ORDER BY seq DESC LIMIT 1`, source).
		Scan(append(append([]any{&c.Seq, &c.Gen, &c.Layer, &c.Key, &c.Op, &c.Actor, &at}, before.dest()...), after.dest()...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return gis.Change{}, nil
	}
	c.At = kept.ParseTime(at)
	c.Old, _ = before.bound()
	c.New, _ = after.bound()
	return c, s.wrap(err, "read the change log")
}
