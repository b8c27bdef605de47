// Package pmtiles reads and writes PMTiles version 3 archives: one file with a header, directories and tiles, made to
// be read by HTTP range requests.
package pmtiles
