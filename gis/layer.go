package gis

// FieldType is the type of a field's values.
type FieldType uint8

// The field types. Date is YYYY-MM-DD, Time RFC 3339, JSON a JSON document; all three are carried as strings.
const (
	Text FieldType = iota
	Int
	Real
	Bool
	Date
	Time
	JSON
)

// String returns the type's name, as it stands in the catalogue of layers.
func (t FieldType) String() string {
	return [...]string{"text", "integer", "real", "boolean", "date", "time", "json"}[t]
}

// Holds reports whether v has the dynamic type that values of t have.
func (t FieldType) Holds(v any) bool {
	var ok bool
	switch t {
	case Int:
		_, ok = v.(int64)
	case Real:
		_, ok = v.(float64)
	case Bool:
		_, ok = v.(bool)
	default:
		_, ok = v.(string)
	}
	return ok
}

// GeomType is the kind of geometry a layer holds. Any admits point, line and polygon (components are one or the other by class).
type GeomType uint8

// The geometry types; multi-geometries are of the type of their parts.
const (
	NoGeom GeomType = iota
	Point
	Line
	Polygon
	Any
)

// String returns the type's name.
func (g GeomType) String() string {
	return [...]string{"none", "point", "line", "polygon", "any"}[g]
}

// Field is one column of a layer.
type Field struct {
	Name string // English, snake_case: the name in stores, tiles and JSON
	Type FieldType
	Zh   string // Chinese title, as registers head it
	En   string // English title
	Must bool   // a row without it is rejected at import
}

// Layer describes one kind of feature: its fields, its geometry and its key.
type Layer struct {
	Name   string
	Zh, En string
	Geom   GeomType
	Key    string // the field whose text is Feature.Key; "" when the store makes the key (layer name initial + ID)
	Served bool   // offered as vector tiles
	Fields []Field

	index map[string]int
}

// Index returns the position of the named field, -1 when the layer has none.
func (l *Layer) Index(name string) int {
	if i, ok := l.index[name]; ok {
		return i
	}
	return -1
}

// Field returns the named field.
func (l *Layer) Field(name string) (Field, bool) {
	if i := l.Index(name); i >= 0 {
		return l.Fields[i], true
	}
	return Field{}, false
}

// LayerByName returns the layer of that name, or an [Invalid] error that lists the names there are.
func LayerByName(name string) (*Layer, error) {
	if l, ok := layerByName[name]; ok {
		return l, nil
	}
	return nil, E(Invalid, nil, "no layer %q; the layers are %s", name, layerNames)
}

// MustLayer is LayerByName for names written in the program; it panics on an unknown one.
func MustLayer(name string) *Layer {
	l, err := LayerByName(name)
	if err != nil {
		panic(err)
	}
	return l
}
