// Package gpkg is the embedded store: one OGC GeoPackage file, which QGIS and GDAL open as it is.
//
// # The file
//
//   - One feature table per layer of [gis.Layers], named as the layer: fid (never given twice), geom, the key (the layer's
//     key field, else a column "key"), the fields, and rev, the number of the change that last touched the row. The
//     department layer, without geometry, is an attributes table.
//   - Geometry is CGCS2000 (EPSG:4490), longitude first, with an XY envelope except on points. Point layers hold POINT,
//     line and polygon layers MULTI types only; a multi-geometry of one part comes back as that part.
//   - Every feature table has an R-tree with the standard's triggers. A bulk write takes the triggers off and packs the
//     tree anew before it commits.
//   - A bulk write of many rows into an empty layer lays out the pages of table, key index and R-tree itself (btree.go) and
//     brings them in through SQLite's own pager (sqlite_dbpage), in the same transaction: a fifth of the time rows by SQL take.
//   - A bulk write with [data.Ahead] builds a whole layer beside the old one while others edit it (stage.go), in transactions of a
//     few milliseconds, and takes the lock only to let the two change places (join.go). The versions that end with it are kept before
//     (archive.go): until then feature_history also holds rows as they still are, which its readers pass over (versions.go). The old layer
//     is taken away in pieces (cut.go). Tables named wanmi_stage_ and a file named as the store with -stage are such a write under
//     way, or what is left of one that died; opening the store removes them.
//   - import_batch, import_rejected, grid_lineage, change_log and feature_history are attributes tables for anybody to
//     read; a version with op "assign" holds only the fields the next version has others of. The wanmi_ tables are the
//     program's own (schema version, generation, counters, hashes of keys).
//   - Triggers named wanmi_edit_ keep history, log and generation right when another program edits rows, and refuse what it may not
//     do (fileedit.go); own_write in wanmi_state tells them the store's own writes.
//   - layer_styles holds a default style for each layer that is drawn, for QGIS; a file without the table gets it at opening.
//
// # Invariants
//
//   - WAL: a write that was acknowledged survives a crash and a power cut, an unfinished one leaves nothing. The disk is waited for
//     after the commit, without the lock (durable.go): readers may see for milliseconds what a power cut would still undo.
//   - One write at a time, each in one transaction that takes the lock at its begin; reads never wait for it. Who waits for
//     another process asks every millisecond, in one process it goes by order of arrival (wait.go).
//   - The numbers of the change log grow, with gaps: a write made ahead takes one far enough ahead for those who come in between.
//   - The WAL is copied back into the file beside the writes, not by the one whose commit fills it.
//   - Times are UTC with milliseconds.
package gpkg
