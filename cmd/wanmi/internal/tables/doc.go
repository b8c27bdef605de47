// Package tables serves tables and views of PostgreSQL databases as tile layers beside those of the city: asked live, through PostGIS' ST_AsMVT.
//
// # Glossary
//
//   - spec: a layer as the configuration has it ([Spec]).
//   - relation: what the database says of the table or view: geometry column, SRID, columns, key. Read when it is first needed, and again after
//     a statement has failed because the table has changed.
//   - reach: of a table in a projected system, where its rows may be: its bounds with a margin. A tile outside is empty unasked, because its
//     outline has no place in such a system.
//
// # Invariants
//
//   - What a request says, its filter included, reaches the database as bound parameters only, or chooses among columns the relation has. Names are quoted, functions of
//     PostGIS named with their schema.
//   - All layers of one database share a bounded pool of connections that only read. A statement ends after the time limit, and when the client
//     for whom it runs has left.
//   - A layer without cache time is asked for each request: whoever asks after a commit sees it. With cache time a tile is never older than that,
//     the client's own cache included: max-age is what is left of it.
//   - Nothing is left out silently: rows beyond the limit are counted ([tiles.LayerCount]).
//   - CGCS2000 (EPSG:4490) counts as WGS-84, as everywhere in the product.
package tables
