// Package archive reads, writes, checks and compares tile archives of both formats, MBTiles and PMTiles, alike.
//
// An [Archive] is read in rising order of pmtiles numbers whatever its format, so two of them can be compared, and one turned into
// the other, without holding more than an address (MBTiles: 8 bytes a tile) in memory. A [Writer] can be resumed.
package archive
