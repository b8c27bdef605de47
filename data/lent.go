package data

import "github.com/paulmach/orb"

// LentRow is a row of a layer whose fields are all text, as it stands in a store. Its bytes are the store's: they hold until
// the next row, and nothing of them may be kept or changed.
type LentRow struct {
	ID     int64
	Key    []byte
	Values [][]byte // parallel to the layer's fields; nil is an absent value

	Geom    orb.Geometry // nil when there is none, and of a point
	Point   orb.Point    // CGCS2000 longitude, latitude
	IsPoint bool
}
