// Package postgis is the server store: a schema "wanmi" in a PostgreSQL database with PostGIS, reached through lib/pq. It keeps
// what data/gpkg keeps and passes the same contract, data/storetest.
//
// # The schema
//
//   - One table per layer of [gis.Layers], named as the layer: fid (never given twice), geom, the key (the layer's key field,
//     else a column "key"), the fields, and rev, the number of the change that last touched the row. Tables and columns carry
//     comments in Chinese and English.
//   - Geometry is CGCS2000 (EPSG:4490), longitude first. Point layers hold Point, line and polygon layers Multi types only; a
//     multi-geometry of one part comes back as that part.
//   - A GiST index on geom is made by the write that first fills a layer: building it afterwards is several times cheaper
//     than keeping it row by row, and takes no lock that a reader waits for.
//   - A bulk write with [data.Ahead] puts its new rows into the layer in a transaction without the lock of the writers (ahead.go), past lib/pq in
//     COPY's binary format (wire.go), and takes the lock to change and remove rows, to look at what others did, and to commit (join.go). It may begin while the rows are
//     still being read ([Store.WriteEarly]); when they are, it takes the lock and makes the index, if the layer had no rows, while its caller
//     still checks the delivery as a whole. kept_number
//     has the numbers it keeps meanwhile; opening the store gives back those of one that died.
//   - import_batch, import_rejected, grid_lineage, change_log and feature_history are as in the file; a version with op
//     "assign" holds only the fields the next version has others of. migration, state, counter and access_key are the
//     program's own.
//   - Two roles without login, wanmi_reader and wanmi_writer, get what reading and writing needs, where they exist or can be made.
//
// # Invariants
//
//   - One write at a time in a database, by an advisory lock, each in one transaction; a write that was acknowledged survives
//     a crash of the server, one whose connection is lost leaves nothing. Beside one another go a long write before its last step and
//     writes that are not bulk; whether a long one is under way a second advisory lock says.
//   - A write that changed a feature tells its generation on the channel wanmi_change when it is committed. What is told may be
//     lost; entries of the change log appear in the order of their numbers, which have gaps, so who reads it from where he stands misses nothing.
//   - Reads never wait for a write: a loop is one statement, which sees one state, and what is made of several is read in
//     one REPEATABLE READ transaction.
//   - The password of a connection string is in no error, log or result.
//   - Times are UTC with milliseconds.
package postgis
