// Package tiles turns the layers of a city into vector tiles.
//
// # Glossary
//
//   - Set: an immutable snapshot of all served layers; an edit makes a new one ([Set.Apply]).
//   - layer rule: which fields of a layer stand in its tiles from which zoom, and what is left out where ([LayerRule]).
//   - sorted rows: those a layer's table was made with, in drawing order, under a packed index; edits add late rows under an R-tree
//     and mark sorted rows dead, until there are so many that the table is made anew.
//   - plate: the lines and polygons of some rows as they stand in the tiles of one zoom, simplified and encoded once; a tile copies them, and cuts
//     those that reach out of it.
//   - square: of the world, 2^n world units a side; at low zooms one feature stands for all points of a square ([LowRule]).
//   - derived layer: points made from a layer's polygons or lines to put its labels on, as unit_grid_label.
//   - world unit: the web mercator square divided into 2^32 parts a side, 9.3 mm at the equator;
//     origin at the north-west corner, y to the south. One unit of a z20 tile.
//   - plate carrée: latitude as it is, 90° at y 0; what geographic tiles are cut from ([Set.Geographic]).
//   - tile unit: 1/4096 of a tile's side, 1/8 of a pixel of a 512-pixel tile.
//
// # Invariants
//
//   - Stored longitude/latitude (EPSG:4490) is taken as WGS-84 and held in world units, so that a tile's
//     coordinates are one shift away and the same in every tile.
//   - Equal content gives equal bytes: features stand in Morton order of their anchor, then by id.
//   - A feature keeps its Feature.ID as tile feature id.
//   - Nothing is left out unreported: see [Tile.Thinned].
//
// # What is simplified
//
// Polygons are only snapped to the tile units and freed of repeated points, both rules that look at a
// vertex alone: neighbours lose and keep the same vertices, so no slit can open between cells,
// communities or streets at any zoom. Layers that are no coverage (building, land, water) also lose vertices that lie
// exactly on the line between their neighbours. Lines (road, rail) are simplified by Douglas-Peucker
// within a quarter of a pixel below the layer's last zoom, on the whole line before it is clipped, so a
// line goes on at the same point in the next tile.
package tiles
