package tables

import (
	"context"
	"errors"
	"fmt"

	"github.com/lib/pq"

	"wanmi/gis"
	"wanmi/gis/cql2"
)

// Filter is what a request wants of the rows.
type Filter struct {
	CQL  *cql2.Filter
	CRS  cql2.CRS // of the geometries in it
	Name string   // equal filters have equal names
}

// Schema returns what a filter may name: the properties, at any zoom, and the geometry.
func (l *Layer) Schema(ctx context.Context) (cql2.Schema, error) {
	rel, err := l.ready(ctx)
	if err != nil {
		return cql2.Schema{}, served(err)
	}
	return rel.schema(), nil
}

func (r *relation) schema() cql2.Schema {
	s := cql2.Schema{Layer: r.spec.Name, Geometry: true}
	for _, c := range r.columns {
		typ, _ := c.asked()
		s.Fields = append(s.Fields, cql2.Field{Name: c.property, Type: typ})
	}
	return s
}

// asked returns what a property is to a filter, and as SQL. Dates and timestamps are text in tiles, but not here.
func (c column) asked() (typ gis.FieldType, sql string) {
	name := pq.QuoteIdentifier(c.name)
	switch c.typ {
	case "date":
		return gis.Date, name
	case "timestamptz":
		return gis.Time, name
	case "timestamp": // in the time zone of the session, as all that is shown
		return gis.Time, name + "::timestamptz"
	}
	switch typ, _ = valueOf(c); typ {
	case gis.Real:
		return typ, name + "::float8"
	case gis.Text:
		return typ, name + "::text"
	}
	return typ, name
}

// condition returns a filter as SQL with its parameters.
func (r *relation) condition(f *Filter) (string, []any, error) {
	name := pq.QuoteIdentifier(r.geom.name)
	t := cql2.SQLTable{Geometry: name, SRID: lonLat, Areas: r.kind == gis.Polygon || r.kind == gis.Any, PostGIS: r.pg, Params: ownParams}
	if r.curved {
		t.Geometry = r.pg + "ST_CurveToLine(" + name + ")"
	}
	switch {
	case r.srid == lonLat && r.stored != 0: // asked as it is stored, for the sake of an index
		t.SRID, t.Column = r.stored, name
	case r.srid == lonLat:
		t.Geometry = fmt.Sprintf("%sST_SetSRID(%s, %d)", r.pg, t.Geometry, lonLat)
	default:
		t.Geometry = fmt.Sprintf("%[1]sST_Transform(%[1]sST_SetSRID(%[2]s, %[3]d), %[4]d)", r.pg, t.Geometry, r.srid, lonLat)
	}
	for _, c := range r.columns {
		_, sql := c.asked()
		t.Fields = append(t.Fields, sql)
	}
	return f.CQL.SQL(r.schema(), f.CRS, t)
}

// undecided makes what a database cannot do of a filter the fault of the filter: an error of the data, a limit, a collation it lacks, a geometry PostGIS
// gives up at.
func undecided(layer string, err error) error {
	var pe *pq.Error
	if !errors.As(err, &pe) {
		return err
	}
	switch class := pe.Code.Class(); {
	case class == "22", class == "54", pe.Code == "42704", pe.Code == "XX000":
		return gis.E(gis.Invalid, err, "layer %s: its database cannot decide the filter (error %s)", layer, pe.Code)
	}
	return err
}
