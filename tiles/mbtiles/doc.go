// Package mbtiles reads and writes MBTiles 1.3 archives: SQLite files with one row per tile.
//
// The shape of [Reader] and [Writer] follows the go-mbtiles package its users know. Addresses in the API are XYZ
// (y to the south); the file holds TMS rows (y to the north), as the specification wants.
package mbtiles
