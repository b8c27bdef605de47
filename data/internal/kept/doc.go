// Package kept holds what every store does alike with what it keeps: which shapes and values it takes and how they stand as
// WKB and as text, how former versions are put together, how keys are made and compared, what a long write refuses before it
// has the lock and how it gives running numbers.
//
// Shapes are CGCS2000 longitude and latitude, two dimensions. Errors without a kind say in words what is wrong with a row; the
// store adds the row and the kind.
package kept
