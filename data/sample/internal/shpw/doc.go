// Package shpw writes ESRI Shapefiles with GBK attributes.
//
// It writes points, polylines and polygons, coordinates as given. Attribute
// values are cut at a character's end where they do not fit their column.
package shpw
