// Package index holds what rooms find rows by their place with: the R-tree, longitude/latitude boxes
// over github.com/tidwall/rtree with copy-on-write snapshots; and for many rows that do not change a
// [Packed] index, with [Marks] for those that edits have taken out.
//
// # Who may change a tree
//
// A [Tree] has one owner while it is being filled: Insert, Delete and Copy are
// not safe for concurrent use with each other or with readers of that same tree.
// Once it has been handed on (put into a View) nobody changes it any more; an
// edit goes to the result of Copy, which shares every node with the original
// until it is touched. Any number of goroutines may Search, Nearby and Copy a
// tree nobody changes.
//
// # Units
//
// Boxes are longitude/latitude in degrees. Distances are metres on the local
// scale of the CGCS2000 ellipsoid at the query point: exact enough (better than
// one per thousand) for the few kilometres a nearest query of a city spans.
package index
