package gis

import (
	"fmt"
	"strconv"

	"github.com/paulmach/orb"
)

// Feature is one row of a [Layer].
//
// Values runs parallel to Layer.Fields; a nil value is an absent one. The dynamic
// type of each value is fixed by the field's type: string for Text, Date
// (YYYY-MM-DD), Time (RFC 3339) and JSON, int64 for Int, float64 for Real, bool for Bool.
// Geom is nil in layers without geometry and never edited in place once the
// feature is handed on: features are shared between snapshots.
type Feature struct {
	Layer  *Layer
	ID     int64  // 0 before the store has given one
	Key    string // the natural key, see Layer.Key
	Geom   orb.Geometry
	Values []any
}

// NewFeature returns an empty feature of layer l.
func NewFeature(l *Layer) Feature {
	return Feature{Layer: l, Values: make([]any, len(l.Fields))}
}

// Value returns the value of the named field, nil when absent or unknown.
func (f Feature) Value(name string) any {
	if i := f.Layer.Index(name); i >= 0 && i < len(f.Values) {
		return f.Values[i]
	}
	return nil
}

// Text returns the named field as text, "" when absent.
func (f Feature) Text(name string) string {
	switch v := f.Value(name).(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// Int returns the named field as an integer, 0 when absent or not a number.
func (f Feature) Int(name string) int64 {
	switch v := f.Value(name).(type) {
	case int64:
		return v
	case float64:
		return int64(v)
	}
	return 0
}

// Real returns the named field as a float, 0 when absent or not a number.
func (f Feature) Real(name string) float64 {
	switch v := f.Value(name).(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// Set stores v in the named field. It panics on a field the layer does not have
// or a value of another type than the field's: both are faults of the program,
// not of the data.
func (f *Feature) Set(name string, v any) {
	i := f.Layer.Index(name)
	if i < 0 {
		panic(fmt.Sprintf("gis: layer %s has no field %q", f.Layer.Name, name))
	}
	if v != nil && !f.Layer.Fields[i].Type.Holds(v) {
		panic(fmt.Sprintf("gis: field %s.%s is %s, got %T", f.Layer.Name, name, f.Layer.Fields[i].Type, v))
	}
	f.Values[i] = v
}

// SetText stores s in a Text, Date, Time or JSON field, nil when s is empty.
func (f *Feature) SetText(name, s string) {
	if s == "" {
		f.Set(name, nil)
		return
	}
	f.Set(name, s)
}

// Clone returns a copy whose Values may be edited; the geometry stays shared.
func (f Feature) Clone() Feature {
	f.Values = append([]any(nil), f.Values...)
	return f
}

// Bound returns the bounds of the geometry; ok is false when there is none.
func (f Feature) Bound() (b orb.Bound, ok bool) {
	if f.Geom == nil {
		return orb.Bound{}, false
	}
	return f.Geom.Bound(), true
}
