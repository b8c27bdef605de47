// Package mvt writes Mapbox Vector Tiles, version 2.1, by appending to reused buffers: no allocation per feature.
//
// Coordinates are tile units: extent 4096, origin at the tile's north-west corner, y to the south. Parts may
// reach into the buffer around the tile.
package mvt
