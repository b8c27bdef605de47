// Package census takes deliveries of a survey into a store: it reads the files
// cities hand over, guesses which column is which field, checks every row, finds
// what is new, moved, changed or gone against what is stored, and commits all
// files of one call as one batch.
//
// # Glossary
//
//   - delivery: the files of one [Import] call.
//   - source: the name a delivery keeps from one time to the next: the file's name
//     without its folder, ending and date (street_trees_20260802.csv and
//     street_trees_20260823.csv are one source, street_trees).
//   - profile: how the columns of a file become the fields of a layer; guessed by
//     [GuessProfile], written and read as YAML.
//   - delivered id: the survey team's own number of a thing (TreeID, 编号 ...).
//   - rejected row: a row that is not stored; kept with file, row, field, value, reason.
//   - finding: a remark on a row that is stored.
//
// # Formats
//
// CSV and TSV (UTF-8, UTF-16, GBK, Big5, found by looking), XLSX, GeoJSON, GeoJSON
// sequences, JSON arrays of objects, ArcGIS JSON, Shapefile, GeoPackage, KML, GML, OSM
// as PBF or XML, folders and zips of any of these (several classes, nested folders) and
// gzip of any. What a file is, is found by its content; docs/formats.md tells users. An
// OSM file is held in memory as far as it is wanted; the others stream.
//
// # Rows that stay
//
// A delivery replaces what is stored of its source: a row it lacks is removed
// ([Options.Partial] keeps it, [Options.Extent] removes within an area only). Components are matched by code, else by source,
// class and delivered id, else by class and a position within half a metre; layers
// without codes by what makes a row that thing (see ownKey). A row that is rejected
// keeps what is stored of it.
//
// # Codes of streets and communities
//
// The codes of the standard have 9 and 12 digits. Those of other systems are brought into that form, and areas without
// usable ones are given codes, see areacode.go; the report says so.
//
// # Invariants
//
//   - Nothing is stored unless the whole call succeeds; a dry run computes the same
//     summary and stores nothing.
//   - Readers stream: memory does not grow with the file. Import keeps the rows of
//     one layer of one call, since matching needs them.
//   - Coordinates of a [Row] are in the file's coordinate system with x = easting or
//     longitude first; those of a stored feature are CGCS2000 longitude, latitude.
//   - Rules have stable ids, listed in rules.go.
//   - Row numbers are those a spreadsheet shows: the heading of a CSV file or sheet is 1;
//     formats without a heading count their records from 1.
package census
