// Package grids divides communities into unit grids (单元网格), checks a
// division, numbers it, and answers which cell a point lies in.
//
// # Glossary
//
//   - cell: a unit grid, see [Cell]; code: its 15 characters, see [Code].
//   - atom: a face of the planar graph of all lines; cells are unions of atoms.
//   - gap line: a line half way between buildings, where a cell may be cut when no real line runs.
//   - hard rule: one a cell must keep (cover, community, simple ring, buildings,
//     code); soft: one the builder tries for (area, borders on features, shape).
//
// # Invariants
//
//   - The builder works on integer millimetres of the 3-degree Gauss-Kruger
//     zone of the data. Longitude and latitude of a [Cell] are the exact
//     inverse: projected and rounded they give the lattice point again.
//   - Cells of a community tile it exactly: every border edge occurs once in
//     each direction, T-junctions are vertices of both neighbours.
//   - The same input gives the same bytes, in whatever order it comes and with
//     however many threads.
//   - [Check] shares no code with [Build] but the types and the projection.
package grids
