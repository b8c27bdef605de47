// Package export writes the features of one layer to a file in a format other programs read.
package export
