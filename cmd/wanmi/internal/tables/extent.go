package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"wanmi/gis"
)

// renewal is after how long bounds are asked for again.
const renewal = time.Minute

// extent returns where the rows are, nil when there are none or the database does not say in time. It keeps the answer for a while.
func (l *Layer) extent(ctx context.Context, rel *relation) (*[4]float64, error) {
	if l.spec.Bounds != nil {
		return l.spec.Bounds, nil
	}
	for {
		b, known, wait := l.knownExtent()
		if known {
			return b, nil
		}
		if wait == nil {
			return l.askExtent(ctx, rel)
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// knownExtent returns the bounds when they are young enough, or somebody is asking for newer ones. Otherwise the caller has to wait, or, when wait is
// nil, to ask: nobody else does meanwhile.
func (l *Layer) knownExtent() (b *[4]float64, known bool, wait chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	age := renewal
	if l.bounds == nil {
		age = time.Second // an empty table may be filled any moment
	}
	switch {
	case !l.asked.IsZero() && time.Since(l.asked) < age, l.bounds != nil && l.asking != nil:
		return l.bounds, true, nil
	case l.asking != nil:
		return nil, false, l.asking
	}
	l.asking = make(chan struct{})
	return nil, false, nil
}

// askExtent asks the database for the bounds and keeps them.
func (l *Layer) askExtent(ctx context.Context, rel *relation) (*[4]float64, error) {
	asking, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	b, err := rel.extent(asking, l.db.DB)
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.asking)
	l.asking = nil
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var pe *pq.Error
		if asking.Err() == nil && !errors.As(err, &pe) {
			return nil, gis.E(gis.Unavailable, err, "layer %s: %s", l.spec.Name, gis.Public(l.db.Wrap(err, "bounds of "+rel.from)))
		}
		b = l.bounds // too much to look through: as before
	}
	l.bounds, l.asked = b, time.Now()
	return b, nil
}

// extent returns where the rows are, in degrees; nil when there are none. The database knows it of a table with an index or statistics, and has to
// look through the rows of others.
func (r *relation) extent(ctx context.Context, db *sql.DB) (*[4]float64, error) {
	schema, table := r.spec.place()
	b, err := r.corners(ctx, db, r.pg+`ST_EstimatedExtent($1, $2, $3)`, schema, table, r.geom.name)
	var pe *pq.Error
	if b != nil || err != nil && !errors.As(err, &pe) {
		return b, err
	}
	return r.corners(ctx, db, `(SELECT `+r.pg+`ST_Extent(`+pq.QuoteIdentifier(r.geom.name)+`) FROM `+r.from+`)`)
}

func (r *relation) corners(ctx context.Context, db *sql.DB, box string, args ...any) (*[4]float64, error) {
	e := fmt.Sprintf("%[1]sST_SetSRID(%[2]s::%[1]sgeometry, %[3]d)", r.pg, box, r.srid)
	if r.srid != lonLat {
		e = fmt.Sprintf("%sST_Transform(%s, %d)", r.pg, e, lonLat)
	}
	var v [4]sql.NullFloat64
	err := db.QueryRowContext(ctx, fmt.Sprintf(`SELECT %[1]sST_XMin(e), %[1]sST_YMin(e), %[1]sST_XMax(e), %[1]sST_YMax(e) FROM (SELECT %[2]s AS e) b`, r.pg, e), args...).
		Scan(&v[0], &v[1], &v[2], &v[3])
	if err != nil || !v[0].Valid {
		return nil, err
	}
	return &[4]float64{
		min(max(v[0].Float64, -180), 180), min(max(v[1].Float64, -90), 90), min(max(v[2].Float64, -180), 180), min(max(v[3].Float64, -90), 90),
	}, nil
}
