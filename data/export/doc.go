// Package export writes the features of one layer to a file other programs read: GeoJSON, CSV, XLSX, Shapefile, GeoPackage.
//
// The features are streamed; no format holds the layer in memory. The file is made under another name in the same folder
// and takes its name when it is whole, so that a reader never meets half of one.
//
// Coordinates are longitude, latitude in degrees with 9 decimals (a tenth of a millimetre) in the text formats and in
// full in the binary ones. They are CGCS2000; GeoJSON, which knows WGS-84 only, takes them as that (the difference is
// under a decimetre).
package export
