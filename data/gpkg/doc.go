// Package gpkg is the embedded store: one OGC GeoPackage file.
package gpkg
