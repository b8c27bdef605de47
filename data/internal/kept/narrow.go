package kept

import (
	"database/sql"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// Narrow takes the ID, the shape where the layer has one, and some fields of a row.
type Narrow struct {
	Layer *gis.Layer
	At    []int        // positions of the fields in the layer
	Dest  []any        // what a row is scanned into: ID, shape, the fields in the order of At
	ID    int64        // of the row scanned last
	Shape sql.RawBytes // as the store keeps shapes; lives until the next row
	vals  []any
}

// NewNarrow returns the reader of the named fields, gis.Invalid for one the layer does not have.
func NewNarrow(l *gis.Layer, fields []string) (*Narrow, error) {
	n := &Narrow{Layer: l, vals: make([]any, len(fields))}
	n.Dest = append(n.Dest, &n.ID)
	if l.Geom != gis.NoGeom {
		n.Dest = append(n.Dest, &n.Shape)
	}
	for i, name := range fields {
		k := l.Index(name)
		if k < 0 {
			return nil, gis.E(gis.Invalid, nil, "layer %s has no field %q", l.Name, name)
		}
		n.At = append(n.At, k)
		n.Dest = append(n.Dest, &n.vals[i])
	}
	return n, nil
}

// Feature returns the row scanned last, with its shape decoded: without Values when no field was named, without a Key unless
// its field was.
func (n *Narrow) Feature(shape orb.Geometry) gis.Feature {
	f := gis.Feature{Layer: n.Layer, ID: n.ID, Geom: shape}
	if len(n.At) == 0 {
		return f
	}
	f.Values = make([]any, len(n.Layer.Fields))
	for i, k := range n.At {
		field := &n.Layer.Fields[k]
		if v := n.vals[i]; v != nil {
			f.Values[k] = Decode(field, v)
		}
		if field.Name == n.Layer.Key {
			f.Key, _ = f.Values[k].(string)
		}
	}
	return f
}
