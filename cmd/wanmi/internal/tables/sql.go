package tables

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"

	"github.com/lib/pq"
	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
)

// frame is a rectangle in the coordinates of a map: metres of web mercator or degrees.
type frame struct{ west, south, east, north float64 }

const half = 20037508.342789244 // metres from the middle of the web mercator square to its side

// frameOf returns where a tile lies in web mercator, or in degrees when target is lonLat: a tile of matrix t.Z-1 of WorldCRS84Quad.
func frameOf(t maptile.Tile, target int) frame {
	width, west, north := 2*half, -half, half
	if target == lonLat {
		width, west, north = 360, -180, 90
	}
	side := width / math.Exp2(float64(t.Z))
	return frame{west + float64(t.X)*side, north - float64(t.Y+1)*side, west + float64(t.X+1)*side, north - float64(t.Y)*side}
}

// around returns f with a margin, a part of its side, within the map: what lies outside would come back on the other side of the world.
func (f frame) around(margin float64, target int) frame {
	w, h := half-0.01, half-0.01
	if target == lonLat {
		w, h = 180, 90
	}
	m := margin * (f.east - f.west)
	return frame{max(f.west-m, -w), max(f.south-m, -h), min(f.east+m, w), min(f.north+m, h)}
}

func (f frame) cut(g frame) (c frame, some bool) {
	c = frame{max(f.west, g.west), max(f.south, g.south), min(f.east, g.east), min(f.north, g.north)}
	return c, c.west <= c.east && c.south <= c.north
}

// The names of what a statement makes; no property of people has a colon.
const (
	rowName  = `"wanmi:row"`
	inName   = `"wanmi:in"`
	geomName = `wanmi:geom`
	idName   = `wanmi:id`
)

// statement returns the query for a tile with these properties, in web mercator or lonLat, of the rows for which a condition, "" for none, is true. It
// yields the layer's bytes, its features, and the rows there are, up to countMost.
func (r *relation) statement(columns []column, target int, condition string) string {
	if condition != "" {
		condition += " AND "
	}
	return r.query(columns, target, condition)
}

// probe returns a query that needs all a tile needs and finds nothing.
func (r *relation) probe() string { return r.query(r.columns, mercator, "false AND ") }

func (r *relation) query(columns []column, target int, condition string) string {
	var inner, outer strings.Builder
	taken := map[string]bool{}
	take := func(name string) {
		if !taken[name] {
			if taken[name] = true; inner.Len() > 0 {
				inner.WriteString(", ")
			}
			inner.WriteString(pq.QuoteIdentifier(name))
		}
	}
	take(r.geom.name)
	fmt.Fprintf(&outer, `%[1]sST_AsMVTGeom(%[2]s, %[1]sST_MakeEnvelope($2, $3, $4, $5, %[3]d), $10::int, $11::int, true) AS %[4]s`, r.pg, r.drawn(target), target, pq.QuoteIdentifier(geomName))
	order, id := "", ""
	if r.id != "" {
		take(r.id)
		order, id = " ORDER BY "+pq.QuoteIdentifier(r.id), ", '"+idName+"'"
		fmt.Fprintf(&outer, `, %s.%s AS %s`, inName, pq.QuoteIdentifier(r.id), pq.QuoteIdentifier(idName))
	}
	for _, c := range columns {
		take(c.name)
		fmt.Fprintf(&outer, `, %s.%s%s AS %s`, inName, pq.QuoteIdentifier(c.name), c.cast(), pq.QuoteIdentifier(c.property))
	}
	where := r.from + ` WHERE ` + condition + pq.QuoteIdentifier(r.geom.name) + ` OPERATOR(` + r.pg + `&&) ` + r.sought(target)
	return `SELECT ` + r.pg + `ST_AsMVT(` + rowName + `, $1::text, $10::int, '` + geomName + `'` + id + `), count(` + rowName + `.` + pq.QuoteIdentifier(geomName) + `),
	CASE WHEN count(*) < $12 THEN count(*) ELSE (SELECT count(*) FROM (SELECT FROM ` + where + ` LIMIT ` + fmt.Sprint(countMost) + `) "wanmi:all") END
	FROM (SELECT ` + outer.String() + `
		FROM (SELECT ` + inner.String() + ` FROM ` + where + order + ` LIMIT $12) ` + inName + `) ` + rowName
}

// countMost bounds the count of the rows a tile leaves out.
const countMost = 1_000_000

// drawn is the geometry in the coordinates of the map.
func (r *relation) drawn(target int) string {
	g := inName + "." + pq.QuoteIdentifier(r.geom.name)
	if r.curved {
		g = r.pg + "ST_CurveToLine(" + g + ")"
	}
	if r.stored != r.srid {
		g = fmt.Sprintf("%sST_SetSRID(%s, %d)", r.pg, g, r.srid)
	}
	if r.srid != target {
		g = fmt.Sprintf("%sST_Transform(%s, %d)", r.pg, g, target)
	}
	return g
}

// sought is the rectangle rows are looked for in, in the table's system.
func (r *relation) sought(target int) string {
	box := fmt.Sprintf("%sST_MakeEnvelope($6, $7, $8, $9, %d)", r.pg, target)
	switch {
	case r.srid == target:
		return box
	case r.projected(): // its sides are no straight lines there
		box = fmt.Sprintf("%sST_Segmentize(%s, greatest(($8 - $6) / 16, 1e-9))", r.pg, box)
	}
	return fmt.Sprintf("%sST_Transform(%s, %d)", r.pg, box, r.srid)
}

// cast makes a value one that ST_AsMVT writes as the property's type. It would make several properties of JSON.
func (c column) cast() string {
	switch t, _ := valueOf(c); {
	case c.typ == "numeric":
		return "::float8"
	case t == gis.Text && c.typ != "text":
		return "::text"
	}
	return ""
}

// arguments are the parameters of a statement, as many as ownParams; those of a condition come after them.
func (r *relation) arguments(tile, search frame, limit int) []any {
	return []any{
		r.spec.Name, tile.west, tile.south, tile.east, tile.north, search.west, search.south, search.east, search.north,
		r.spec.Extent, r.spec.Buffer, limit,
	}
}

const ownParams = 12

// ask begins a statement, which is kept ready when it is one that comes again.
func (r *relation) ask(ctx context.Context, db *sql.DB, text string, args []any, again bool) (*sql.Row, error) {
	if again {
		st, err := r.prepared(ctx, db, text)
		if err != nil {
			return nil, err
		}
		if st != nil {
			return st.QueryRowContext(ctx, args...), nil
		}
	}
	return db.QueryRowContext(ctx, text, args...), nil
}

// mostReady bounds the statements kept ready: clients choose properties as they like.
const mostReady = 32

// prepared returns a statement kept ready, nil when there are enough of them.
func (r *relation) prepared(ctx context.Context, db *sql.DB, text string) (*sql.Stmt, error) {
	r.mu.Lock()
	st, ok := r.ready[text]
	full := len(r.ready) >= mostReady
	r.mu.Unlock()
	if ok || full {
		return st, nil
	}
	st, err := db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if other, ok := r.ready[text]; ok { // somebody was quicker
		return other, st.Close()
	}
	r.ready[text] = st
	return st, nil
}

// forget ends the statements kept ready.
func (r *relation) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, st := range r.ready {
		_ = st.Close() // its server may be gone
	}
	clear(r.ready)
}
