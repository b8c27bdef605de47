// Package pmtiles reads and writes PMTiles version 3 archives: one file with a header, directories and tiles, made to
// be read by HTTP range requests.
//
// # Glossary
//
//   - number: the place of a tile on the Hilbert curves of all zooms, one after the other ([ID]).
//   - run: consecutive numbers with the same content, one entry of a directory ([Run]).
//   - source: what an archive is read from in stretches, a file or a server ([Source]).
//
// # Bounds
//
// A reader is safe with any bytes: what it unpacks and holds is bounded (directories of at most 1,048,576 entries and 16 MiB
// unpacked, metadata of 16 MiB, tiles of 64 MiB), directories nest at most four deep, and a leaf must lie in the range of
// numbers its entry stands for, so no loop can be built of them. Parsed leaves are cached, 16 MiB an archive.
//
// A [Writer] holds 24 bytes for each run and about 50 for each different content, 73 MB of a million tiles that all differ (BenchmarkWriter
// of package archive); the tiles themselves go to a file beside the archive at once.
package pmtiles
