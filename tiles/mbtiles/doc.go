// Package mbtiles reads and writes MBTiles 1.3 archives: SQLite files with one row per tile.
//
// Addresses in the API are XYZ (y to the south); the file holds TMS rows (y to the north), as the specification wants.
//
// # For those who know go-mbtiles
//
// The shape is that of github.com/twpayne/go-mbtiles. The same: a [Reader] with SelectTile and SelectMetadata, a [Writer] with
// CreateTiles, CreateMetadata, CreateTileIndex, DeleteTileIndex, InsertTile, BulkInsertTile, InsertMetadata, DeleteMetadata,
// SelectTile, SelectMetadata and Close, XYZ addresses, tile data as it is stored, tables made on first use.
//
// Different:
//   - Every call takes a context; addresses are uint8 and uint32, and one that cannot be is an error, not a row.
//   - [Open] and [Create] take a file's name instead of a DSN; [NewReader] and [NewWriter] take a *sql.DB and leave it open. The driver is
//     modernc.org/sqlite, so there is no C; what SetOptimizations chose there is what Create does.
//   - An absent tile is a gis.NotFound error, not sql.ErrNoRows. Errors say what was attempted.
//   - New files store equal tiles once (tables tiles_shallow and tiles_data under a view tiles). A Writer on a file whose tiles
//     are a plain table, as go-mbtiles makes it, goes on in that table; a view it does not know it refuses.
//   - CreateTileIndex has work only on plain tables: tiles_shallow is stored in the order of its key.
//   - DeleteMetadata takes a name; theirs empties the table. [Writer.DeleteTile] is new, as are [Reader.SelectAllTiles],
//     [Reader.SelectAllMetadata], [Reader.Addresses] and [Reader.Verify].
//   - The Reader is no http.Handler: rooms below cmd know no HTTP. `wanmi tiles serve-archive` and `archives:` in the
//     configuration of `wanmi serve` answer, with content types, ETags and 404 apart from 500.
package mbtiles
