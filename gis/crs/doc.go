// Package crs gives every coordinate system a city delivers in a type of its own
// and turns its coordinates into CGCS2000 longitude and latitude, and back.
//
// Inside the program x is always the easting or longitude and y the northing or
// latitude. Survey files write X = northing; the reader that meets them swaps.
//
// CGCS2000, WGS-84 and TWD97 are taken as one datum (their frames differ by
// centimetres to decimetres); Xi'an 80 and Beijing 54 need the city's own seven
// parameters, which the survey office keeps: see [ByName].
//
// A city's local system is tied to a zone by four parameters ([Similarity]) or to the
// datum by seven ([Helmert]); [FitSimilarity] and [FitHelmert] find them.
//
// Sources: transverse Mercator after C. F. F. Karney, "Transverse Mercator with
// an accuracy of a few nanometers" (2011), series to n^6; Helmert transformation
// in the position-vector convention (EPSG method 9606); GCJ-02 and BD-09 after
// the published formulas, inverted by iteration to under a millimetre.
package crs
