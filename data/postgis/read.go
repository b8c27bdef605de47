package postgis

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
	err := s.lookup.QueryRowContext(ctx, `SELECT value FROM wanmi.state WHERE name = 'generation'`).Scan(&g)
	return gis.Generation(g), s.wrap(err, "read the generation")
}

// Features yields the rows of a layer whose bounds touch bound, all for the zero bound, by ID. One loop sees one state of
// the database whatever is written meanwhile. A layer without geometry has no row within a bound.
func (s *Store) Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		t, err := s.table(layer)
		if err != nil {
			yield(gis.Feature{}, err)
			return
		}
		where, args := t.whereBound(bound)
		s.stream(ctx, t, bound, where, args, yield)
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
		where, args := t.whereBound(bound)
		args[0] = id + 1 // the least fid
		s.stream(ctx, t, bound, where, args, yield)
	}
}

// stream yields the rows of a condition that touch bound.
func (s *Store) stream(ctx context.Context, t *table, bound orb.Bound, where string, args []any, yield func(gis.Feature, error) bool) {
	sc := newScanner(t)
	stopped := false
	err := each(ctx, s.reader, sc.dest, t.selectSQL(where), args, func() bool {
		f, err := sc.feature()
		if err == nil && !touches(f.Geom, bound) {
			return true
		}
		stopped = !yield(f, s.wrap(err, "read "+t.name)) || err != nil
		return !stopped
	})
	if err != nil && !stopped {
		yield(gis.Feature{}, s.wrap(err, "read "+t.name))
	}
}

// Feature returns the row of that key, gis.NotFound when there is none.
func (s *Store) Feature(ctx context.Context, layer, key string) (gis.Feature, error) {
	r, t, err := s.byKey(ctx, s.lookup, layer, key)
	if err != nil {
		return gis.Feature{}, err
	}
	f, err := r.feature(t)
	return f, s.wrap(err, "read "+layer)
}

// Rev returns the Seq of the write that last touched the row, gis.NotFound when there is none.
func (s *Store) Rev(ctx context.Context, layer, key string) (int64, error) {
	r, _, err := s.byKey(ctx, s.lookup, layer, key)
	return r.rev, err
}

func (s *Store) byKey(ctx context.Context, q querier, layer, key string) (stored, *table, error) {
	t, err := s.table(layer)
	if err != nil {
		return stored{}, nil, err
	}
	var r stored
	found := false
	if kept.Storable(key) {
		sc := newScanner(t)
		err = each(ctx, q, sc.dest, t.selectSQL("WHERE "+quote(t.key)+" = $1"), []any{key}, func() bool {
			r, found = sc.row(), true
			return true
		})
	}
	if err == nil && !found {
		err = gis.E(gis.NotFound, nil, "no %s %s", layer, key)
	}
	return r, t, s.wrap(err, "read "+layer)
}

// Count returns the number of rows of a layer.
func (s *Store) Count(ctx context.Context, layer string) (int64, error) {
	t, err := s.table(layer)
	if err != nil {
		return 0, err
	}
	var n int64
	err = s.reader.QueryRowContext(ctx, `SELECT count(*) FROM `+t.sql).Scan(&n)
	return n, s.wrap(err, "count "+layer)
}

// Extent returns the bounds of all geometries of a layer, the zero bound when there are none. It looks at every row.
func (s *Store) Extent(ctx context.Context, layer string) (orb.Bound, error) {
	t, err := s.table(layer)
	if err != nil || !t.hasGeom() {
		return orb.Bound{}, err
	}
	var v bound4
	// ST_Extent would answer from boxes of 32-bit floats.
	err = s.reader.QueryRowContext(ctx, `SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM (SELECT ST_3DExtent(geom) AS e FROM `+t.sql+`) x`).Scan(v.dest()...)
	b, _ := v.bound()
	return b, s.wrap(err, "read the extent of "+layer)
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

var changeColumns = `seq, gen, layer, key, op, actor, source, ` + timeExpr("at") + `,
	old_min_x, old_min_y, old_max_x, old_max_y, new_min_x, new_min_y, new_max_x, new_max_y FROM wanmi.change_log`

// changeScan reads changeColumns.
type changeScan struct {
	c             gis.Change
	gen           int64
	at            string
	before, after bound4
}

func (s *changeScan) dest() []any {
	c := &s.c
	return append(append([]any{&c.Seq, &s.gen, &c.Layer, &c.Key, &c.Op, &c.Actor, &c.Source, &s.at}, s.before.dest()...), s.after.dest()...)
}

func (s *changeScan) change() gis.Change {
	c := s.c
	c.Gen, c.At = gis.Generation(s.gen), kept.ParseTime(s.at)
	c.Old, _ = s.before.bound()
	c.New, _ = s.after.bound()
	return c
}

// Changes yields the entries of the change log after since, in order.
func (s *Store) Changes(ctx context.Context, since int64) iter.Seq2[gis.Change, error] {
	return func(yield func(gis.Change, error) bool) {
		var sc changeScan
		stopped := false
		err := each(ctx, s.lookup, sc.dest(), `SELECT `+changeColumns+` WHERE seq > $1 ORDER BY seq`, []any{since}, func() bool {
			stopped = !yield(sc.change(), nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(gis.Change{}, s.wrap(err, "read the change log"))
		}
	}
}

// LastBy returns the newest entry of the change log with that source, the zero Change when there is none.
func (s *Store) LastBy(ctx context.Context, source string) (gis.Change, error) {
	var sc changeScan
	// The log is read from its end: what is sought was written lately.
	err := s.lookup.QueryRowContext(ctx, `SELECT `+changeColumns+` WHERE source = $1 ORDER BY seq DESC LIMIT 1`, source).Scan(sc.dest()...)
	if errors.Is(err, sql.ErrNoRows) {
		return gis.Change{}, nil
	}
	return sc.change(), s.wrap(err, "read the change log")
}

// snapshot begins a transaction all of whose statements see one state.
func (s *Store) snapshot(ctx context.Context) (*sql.Tx, error) { return snapshotOn(ctx, s.reader) }

func snapshotOn(ctx context.Context, db *sql.DB) (*sql.Tx, error) {
	return db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}
