// Package shp reads the parts of an ESRI shapefile: the geometry (.shp)
// and the attribute table (.dbf); the index (.shx) is not needed. It streams and knows nothing of
// encodings or coordinate systems; x stands first, as the file has it.
//
// Rings come out the way [orb] wants them: exterior counter-clockwise, holes
// clockwise, each hole with the exterior that holds it; a shapefile has both the
// other way round. Z and M values are dropped.
package shp
