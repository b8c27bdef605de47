package httpapi

import (
	"encoding/json"
	"math"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"wanmi/gis"
)

// featureObject writes a feature as GeoJSON: absent values are null, JSON fields are inlined, rings turn as RFC 7946 wants.
func featureObject(f gis.Feature) object {
	return object{"type": "Feature", "id": f.ID, "geometry": geometryObject(f.Geom), "properties": properties(f)}
}

func properties(f gis.Feature) object {
	props := make(object, len(f.Layer.Fields))
	for i, field := range f.Layer.Fields {
		var v any
		if i < len(f.Values) {
			v = f.Values[i]
		}
		if s, ok := v.(string); ok && field.Type == gis.JSON && json.Valid([]byte(s)) {
			v = json.RawMessage(s)
		}
		if x, ok := v.(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
			v = nil // JSON has no word for it
		}
		props[field.Name] = v
	}
	return props
}

// geometryObject returns g as GeoJSON, nil for none. The geometry itself is shared and stays as it is.
func geometryObject(g orb.Geometry) any {
	if g == nil {
		return nil
	}
	switch g := g.(type) {
	case orb.Polygon:
		return geojson.NewGeometry(wound(g))
	case orb.MultiPolygon:
		out := make(orb.MultiPolygon, len(g))
		for i, p := range g {
			out[i] = wound(p)
		}
		return geojson.NewGeometry(out)
	}
	return geojson.NewGeometry(g)
}

// wound returns the polygon with its outer ring counter-clockwise and its holes clockwise.
func wound(p orb.Polygon) orb.Polygon {
	out := make(orb.Polygon, len(p))
	for i, r := range p {
		want := orb.CW
		if i == 0 {
			want = orb.CCW
		}
		if out[i] = r; len(r) > 3 && r.Orientation() != want {
			out[i] = r.Clone()
			out[i].Reverse()
		}
	}
	return out
}

// valueFrom turns a JSON value into a value of the field; nil clears it.
func valueFrom(field gis.Field, v any) (any, error) {
	bad := func() error {
		return gis.E(gis.Invalid, nil, "the property %s must be a JSON %s", field.Name, jsonWord(field.Type))
	}
	if v == nil {
		return nil, nil
	}
	switch field.Type {
	case gis.Int:
		n, ok := v.(float64)
		if !ok || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
			return nil, bad()
		}
		return int64(n), nil
	case gis.Real:
		n, ok := v.(float64)
		if !ok {
			return nil, bad()
		}
		return n, nil
	case gis.Bool:
		b, ok := v.(bool)
		if !ok {
			return nil, bad()
		}
		return b, nil
	case gis.JSON:
		b, err := json.Marshal(v)
		return string(b), err
	}
	s, ok := v.(string)
	if !ok {
		return nil, bad()
	}
	return textFrom(field, s)
}

// maxText is the longest text a property may have, in bytes.
const maxText = 4096

// textFrom checks a text by its field's type.
func textFrom(field gis.Field, s string) (any, error) {
	if s == "" {
		return nil, nil
	}
	if len(s) > maxText {
		return nil, gis.E(gis.Invalid, nil, "the property %s is longer than %d bytes", field.Name, maxText)
	}
	switch field.Type {
	case gis.Date:
		if _, err := time.Parse(time.DateOnly, s); err != nil {
			return nil, gis.E(gis.Invalid, err, "the property %s must be a date, YYYY-MM-DD", field.Name)
		}
	case gis.Time:
		if _, err := time.Parse(time.RFC3339, s); err != nil {
			return nil, gis.E(gis.Invalid, err, "the property %s must be a time, RFC 3339", field.Name)
		}
	}
	return s, nil
}

func jsonWord(t gis.FieldType) string {
	switch t {
	case gis.Int:
		return "whole number"
	case gis.Real:
		return "number"
	case gis.Bool:
		return "true or false"
	}
	return "text"
}

// geometryFrom reads a GeoJSON geometry and holds it against what a layer takes.
func geometryFrom(raw json.RawMessage, want gis.GeomType) (orb.Geometry, error) {
	g, err := geojson.UnmarshalGeometry(raw)
	if err != nil {
		return nil, gis.E(gis.Invalid, err, "the geometry is not GeoJSON")
	}
	geom := g.Geometry()
	if err := sound(geom, want); err != nil {
		return nil, err
	}
	return geom, nil
}

// sound refuses geometry without points, with too few, off the globe, or of another type than wanted.
func sound(g orb.Geometry, want gis.GeomType) error {
	var kind gis.GeomType
	ok := true
	switch g := g.(type) {
	case orb.Point:
		kind = gis.Point
	case orb.MultiPoint:
		kind, ok = gis.Point, len(g) > 0
	case orb.LineString:
		kind, ok = gis.Line, len(g) > 1
	case orb.MultiLineString:
		kind, ok = gis.Line, len(g) > 0
		for _, l := range g {
			ok = ok && len(l) > 1
		}
	case orb.Polygon:
		kind, ok = gis.Polygon, closed(g)
	case orb.MultiPolygon:
		kind, ok = gis.Polygon, len(g) > 0
		for _, p := range g {
			ok = ok && closed(p)
		}
	default:
		return gis.E(gis.Invalid, nil, "the geometry must be a point, a line or a polygon")
	}
	if !ok {
		return gis.E(gis.Invalid, nil, "the geometry has too few points, or a ring that is not closed")
	}
	if want != gis.Any && want != kind {
		return gis.E(gis.Invalid, nil, "the geometry must be a %s", want)
	}
	b := g.Bound()
	if !(b.Min[0] >= -180 && b.Max[0] <= 180 && b.Min[1] >= -90 && b.Max[1] <= 90) {
		return gis.E(gis.Invalid, nil, "the geometry must be longitude, latitude in degrees")
	}
	return nil
}

func closed(p orb.Polygon) bool {
	for _, r := range p {
		if len(r) < 4 || r[0] != r[len(r)-1] {
			return false
		}
	}
	return len(p) > 0
}

// rfc3339 writes a time, "" for none.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
