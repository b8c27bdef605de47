package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/lib/pq"
)

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
