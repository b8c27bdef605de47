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
// # Invariants
//
//   - Nothing is stored unless the whole call succeeds; a dry run computes the same
//     summary and stores nothing.
//   - Readers stream: memory does not grow with the file. Import keeps the rows of
//     one layer of one call, since matching needs them.
//   - Coordinates of a [Row] are in the file's coordinate system with x = easting or
//     longitude first; those of a stored feature are CGCS2000 longitude, latitude.
//   - Rules have stable ids, listed in rules.go.
package census
