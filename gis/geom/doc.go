// Package geom is plane geometry on an integer lattice, and a few float helpers
// on orb geometry that every room may use.
//
// # Glossary
//
//   - lattice: the points of int64 millimetres of a metric projection ([Pt]).
//     Every predicate on it is exact: differences stay below 2^31 (2,000 km),
//     so a cross product fits an int64.
//   - noding: cutting segments where they meet, so that two of them share at
//     most end points. [SnapRound] does it and keeps every point on the lattice.
//   - planar graph: the noded segments with their faces, see [Graph].
//
// # Invariants
//
//   - No function here depends on the order of a map or on time.
//   - Rings of orb polygons are closed (first point repeated); rings of the
//     lattice ([Ring]) are not.
package geom
