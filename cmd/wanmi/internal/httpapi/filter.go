package httpapi

import (
	"errors"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/cql2"
	"wanmi/gis/crs"
	"wanmi/tiles"
)

// filterParams are the parameters of OGC API Features part 3.
var filterParams = []param{
	{name: "filter", typ: "string", doc: "CQL2: only features for which it is TRUE. docs/filter.md has the language with examples"},
	{name: "filter-lang", typ: "string", doc: "the language of filter. A filter that begins with { is cql2-json when this is absent", enum: []string{"cql2-text", "cql2-json"}, def: "cql2-text"},
	{name: "filter-crs", typ: "string", doc: "the coordinate system of the geometries in filter, EPSG:4490 and EPSG:4326 with latitude first", enum: filterCRSNames(), def: crs84},
}

// filterCRSs are the systems filter-crs may name.
var filterCRSs = []struct {
	uri string
	crs cql2.CRS
}{
	{crs84, cql2.CRS84},
	{"http://www.opengis.net/def/crs/EPSG/0/4326", latFirst{}},
	{"http://www.opengis.net/def/crs/EPSG/0/4490", latFirst{}},
	{mercatorCRS, mercator{}},
}

func filterCRSNames() []string {
	var names []string
	for _, c := range filterCRSs {
		names = append(names, c.uri)
	}
	return names
}

// latFirst is a geographic system whose first axis is latitude.
type latFirst struct{}

func (latFirst) ToLonLat(x, y float64) (lon, lat float64) { return y, x }
func (latFirst) Geographic() bool                         { return true }

type mercator struct{}

func (mercator) ToLonLat(x, y float64) (lon, lat float64) { return webMercatorCRS.ToLonLat(x, y) }
func (mercator) Geographic() bool                         { return false }

var webMercatorCRS = mustCRS("EPSG:3857")

func mustCRS(name string) crs.CRS {
	c, err := crs.ByName(name)
	if err != nil {
		panic(err)
	}
	return c
}

// filterQuery reads the filter of a request; asked is false when there is none.
func (c *call) filterQuery() (q tiles.FilterQuery, asked bool, err error) {
	for _, name := range []string{"filter", "filter-lang", "filter-crs"} {
		if len(c.q[name]) > 1 {
			return q, false, gis.E(gis.Invalid, nil, "%s stands more than once; join conditions with AND in one filter", name)
		}
	}
	if q.CRSName, q.CRS, err = filterCRS(c.q.Get("filter-crs")); err != nil {
		return q, false, err
	}
	q.Text = c.q.Get("filter")
	switch lang := c.q.Get("filter-lang"); lang {
	case "":
		q.JSON = strings.HasPrefix(strings.TrimSpace(q.Text), "{")
	case "cql2-text":
	case "cql2-json":
		q.JSON = true
	default:
		return q, false, gis.E(gis.Invalid, nil, "filter-lang must be cql2-text or cql2-json, not %q", clip(lang))
	}
	return q, c.q.Has("filter"), nil
}

// filterCRS returns the system of that name: one of the URIs, or EPSG:n and CRS84 for short.
func filterCRS(name string) (string, cql2.CRS, error) {
	if name == "" {
		name = crs84
	}
	for _, k := range filterCRSs {
		short := "EPSG:" + k.uri[strings.LastIndexByte(k.uri, '/')+1:]
		if k.uri == crs84 {
			short = "CRS84"
		}
		if name == k.uri || strings.EqualFold(name, short) {
			return k.uri, k.crs, nil
		}
	}
	return "", nil, gis.E(gis.Invalid, nil, "filter-crs must be one of %s, not %q", strings.Join(filterCRSNames(), ", "), clip(name))
}

// parseFilter parses a filter that is asked once.
func parseFilter(q tiles.FilterQuery) (*cql2.Filter, error) {
	if q.JSON {
		return cql2.ParseJSON([]byte(q.Text))
	}
	return cql2.Parse(q.Text)
}

// filterPlace is where in a filter the fault is.
type filterPlace struct {
	Offset   int    `json:"offset"`             // bytes before it, in UTF-8
	Line     int    `json:"line"`               // from 1
	Column   int    `json:"column"`             // characters, from 1
	Pointer  string `json:"pointer,omitempty"`  // JSON pointer to the value
	Met      string `json:"met,omitempty"`      // what stands there
	Expected string `json:"expected,omitempty"` // what was expected
}

func placeOf(err error) *filterPlace {
	var e *cql2.Error
	if !errors.As(err, &e) {
		return nil
	}
	return &filterPlace{e.Offset, e.Line, e.Column, e.Pointer, e.Met, e.Want}
}

// featureRow is a stored feature as a predicate sees it.
type featureRow struct {
	f  gis.Feature
	at []int // places of the schema's fields
}

// Value implements cql2.Row.
func (r *featureRow) Value(field int) any {
	if i := r.at[field]; i < len(r.f.Values) {
		return r.f.Values[i]
	}
	return nil
}

// Geometry implements cql2.Row.
func (r *featureRow) Geometry() orb.Geometry { return r.f.Geom }

// itemFilter makes the filter of a request for features ready, nil when there is none.
func (c *call) itemFilter(l *gis.Layer) (keep func(gis.Feature) bool, p *cql2.Predicate, err error) {
	q, asked, err := c.filterQuery()
	if err != nil || !asked {
		return nil, nil, err
	}
	f, err := parseFilter(q)
	if err != nil {
		return nil, nil, err
	}
	schema, at := cql2.SchemaOf(l)
	if p, err = f.Compile(schema, q.CRS); err != nil {
		return nil, nil, err
	}
	row := &featureRow{at: at}
	run := p.Run(row, 0)
	return func(f gis.Feature) bool {
		row.f = f
		return run.Keep()
	}, p, nil
}

// ogcQueryables is GET /ogc/collections/{id}/queryables: what a filter may name, as a JSON schema.
func (a *API) ogcQueryables(c *call) (*reply, error) {
	l, err := c.layer()
	if err != nil {
		return nil, err
	}
	if err := c.format(); err != nil {
		return nil, err
	}
	schema, at := cql2.SchemaOf(l)
	props := object{}
	for i, f := range schema.Fields {
		d := l.Fields[at[i]]
		one := object{"title": d.Zh + " · " + d.En, "type": jsonTypes[f.Type]}
		if format := map[gis.FieldType]string{gis.Date: "date", gis.Time: "date-time"}[f.Type]; format != "" {
			one["format"] = format
		}
		if f.Name == l.Key {
			one["x-ogc-role"] = "id"
		}
		props[f.Name] = one
	}
	if schema.Geometry {
		props[cql2.GeometryName] = object{"title": "几何 · Geometry", "format": geometryFormats[l.Geom], "x-ogc-role": "primary-geometry"}
	}
	return typedJSON("application/schema+json", object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": a.ogcBase(c) + "/collections/" + l.Name + "/queryables",
		"type": "object", "title": l.Zh + " · " + l.En, "properties": props, "additionalProperties": false,
	})
}

var jsonTypes = map[gis.FieldType]string{
	gis.Text: "string", gis.Int: "integer", gis.Real: "number", gis.Bool: "boolean", gis.Date: "string", gis.Time: "string",
}

var geometryFormats = map[gis.GeomType]string{
	gis.Point: "geometry-point-or-multipoint", gis.Line: "geometry-linestring-or-multilinestring",
	gis.Polygon: "geometry-polygon-or-multipolygon", gis.Any: "geometry-any",
}
