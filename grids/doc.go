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
//   - Nobody gets more land than it claims, but for the repairs below.
//   - [Check] shares no code with [Build] but the types and the projection.
//
// # Faults of the input
//
// What is below the tolerance is repaired and counted in one finding with the place of the largest; what is above is a
// finding of its own, with place and measure, in English and Chinese.
//
//	fault                          tolerance                        below                        above
//	gap between communities        10 mm mean width or 0.02 m², and closed, to the longer        stays open, no cell there:
//	                               0.3 m² (2.5e-6 of its land) in   border: community.gap.small  community.gap under 1.5 m
//	                               all that a community may get                                  of width, else community.hole
//	overlap of communities         50 mm mean width or 0.5 m²       to the one with less land:   the same: community.overlap
//	                                                                community.overlap.small
//	loose piece of a community     its own tolerance is the gap's   to a neighbour:              a cell of its own
//	                               0.3 m² in all; any size where    community.crumb
//	                               another claims it, too
//	community without land         1 m² where another claims it     none: community.empty        divided
//	outline that crosses itself    none                             a loop beside it falls away, a loop over it stays
//	community without outline      none                             left out: community.geometry (error)
//	lines beside lines             by class, see beside             the lesser line falls away
//	building without geometry      none                             left out and counted: building.geometry
//	building on a community line   0.3 m, 0.5 m²                    not told                     building.straddles
//	community inside a building,   none                             two borders lead on to what is round it, through as few others as may be
//	or in its court
//	building in several atoms      0.3 m deep, 0.2 m²               a border may touch its skin  kept whole, or grid.building_parted
//
// [Check] allows a cell 0.5 m² of land that is not its community's, two cells 0.001 m² in common, all cells the land of closed gaps, and
// √2/4 mm along each edge of a community that got corners: what the lattice bends it by. A building is cut where a border
// between two cells of one community runs more than 0.3 m deep in it; one that lies on a community line, or holds a whole community or
// surrounds it, or lies across the line of one that another building in the same place holds, is listed apart.
package grids
