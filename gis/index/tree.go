package index

import (
	"math"
	"sync"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"

	"wanmi/gis/geom"
)

// Tree is an R-tree from longitude/latitude boxes to values. The zero value is an empty tree.
// T must be comparable at run time: Delete compares values with ==.
type Tree[T any] struct {
	mu   sync.Mutex // Copy marks the original's nodes as shared
	tree rtree.RTreeG[T]
}

// Insert adds v under bound b. Only the owner of a tree not yet handed on may call it.
func (t *Tree[T]) Insert(b orb.Bound, v T) { t.tree.Insert(b.Min, b.Max, v) }

// Delete removes one v that was inserted under b; a value that is not there is no error.
func (t *Tree[T]) Delete(b orb.Bound, v T) { t.tree.Delete(b.Min, b.Max, v) }

// Len returns the number of values.
func (t *Tree[T]) Len() int { return t.tree.Len() }

// Bound returns the bound of everything in the tree, the zero bound when it is empty.
func (t *Tree[T]) Bound() orb.Bound {
	lo, hi := t.tree.Bounds()
	return orb.Bound{Min: lo, Max: hi}
}

// Search yields the values whose box touches b, borders included, until yield returns false.
// The order is that of the tree: sort what must not depend on the history of edits.
func (t *Tree[T]) Search(b orb.Bound, yield func(T) bool) {
	t.tree.Search(b.Min, b.Max, func(_, _ [2]float64, v T) bool { return yield(v) })
}

// All yields every value until yield returns false.
func (t *Tree[T]) All(yield func(T) bool) {
	t.tree.Scan(func(_, _ [2]float64, v T) bool { return yield(v) })
}

// Copy returns a tree with the same content that may be changed without the original noticing.
// It costs the same whatever the size. Several goroutines may copy the same tree at once.
func (t *Tree[T]) Copy() *Tree[T] {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &Tree[T]{tree: *t.tree.Copy()}
}

// Nearby yields the values from near to far with their distance from p in metres, until yield returns false.
// dist gives the true distance of a value in metres and must never be smaller than that of its box;
// nil takes the box's distance (0 when p is inside it).
func (t *Tree[T]) Nearby(p orb.Point, dist func(T) float64, yield func(T, float64) bool) {
	mx, my := geom.MetresPerDegree(p[1])
	t.tree.Nearby(
		func(lo, hi [2]float64, v T, item bool) float64 {
			if item && dist != nil {
				return dist(v)
			}
			dx := max(lo[0]-p[0], 0, p[0]-hi[0]) * mx
			dy := max(lo[1]-p[1], 0, p[1]-hi[1]) * my
			return math.Hypot(dx, dy)
		},
		func(_, _ [2]float64, v T, d float64) bool { return yield(v, d) },
	)
}
