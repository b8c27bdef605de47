// Package data holds what every store of Wanmi shares: the records kept beside
// the features and the transaction a write runs in. The stores themselves are
// data/gpkg (one GeoPackage file) and whatever else passes data/storetest.
//
// # Glossary
//
//   - write: one transaction; it commits whole or leaves nothing.
//   - change log: the numbered list (Seq) of what writes did to features. A bulk
//     write logs one [gis.Reload] per layer instead of a line per row.
//   - revision (Rev): the Seq of the write that last touched a row; the ETag of a feature.
//   - batch: the record of one import with its counts and its rejected rows.
//   - counter: a running number that is never given twice, as "component/370883/01001".
//   - lineage: which unit grid came out of which.
//   - key: a secret that lets a program in, with a role; only its SHA-256 is kept.
//
// # Invariants
//
//   - The [gis.Generation] grows by one with every committed write that changed a
//     feature; a write that changed none leaves it, even when it recorded a batch.
//   - Times are UTC with milliseconds.
package data
