// Package city composes the rooms that do not know each other into one thing a
// request can be answered from: the cells, the tiles, the geocoder, the
// components, the departments and the areas of one generation.
//
// # Glossary
//
//   - View: an immutable snapshot of everything; a request takes one and keeps it.
//   - Live: the pointer to the newest View, and the one way to write.
//   - locating: from the words of a report (and the reporter's position, when
//     known) to place, cell, candidate components and the department answerable.
//   - candidate: a component of a class the report names, near enough to the
//     place to be the one meant.
//
// # Invariants
//
//   - A View is swapped whole. A write has reached the View when [Live.Write] returns.
//   - Points are longitude, latitude (CGCS2000, taken as WGS-84); distances,
//     radii and uncertainties are metres.
//   - HTTP and the command line locate by the same code: same text, same answer.
package city
