// Package sample makes a synthetic city: invented streets, buildings, places,
// components and reports, about components and about matters, with their truth, written as files of the kinds cities
// deliver. Nothing in it is surveyed. It stands at 116.97 E, 35.40 N inside
// county 370883 so that codes have an official shape, and describes no real place there.
//
// # Glossary
//
//   - block (街区): the land between roads.
//   - parcel (院落): a part of a block with one use and, often, a wall and gates.
//   - delivery: one file of components as a survey team hands it over.
//   - truth: where a report really is, kept apart from what is imported.
//
// # Invariants
//
//   - The same [Config] gives the same bytes.
//   - Inside the package coordinates are metres of CGCS2000 / 3-degree
//     Gauss-Kruger, central meridian 117 E (EPSG:4548), less the city's origin:
//     x grows east, y north.
//   - Communities share their border vertices exactly; buildings keep clear of road surfaces, water and each other.
package sample
