package geocode

import (
	"math"
	"slices"
)

func sortFloats(v []float64) { slices.Sort(v) }

// buckets is a static grid over boxes in metres: which items lie near a place.
type buckets struct {
	minX, minY float64
	cell       float64
	nx, ny     int
	start      []int32
	items      []int32
}

type box struct{ minX, minY, maxX, maxY float64 }

func (b box) holds(p pt) bool {
	return p.x >= b.minX && p.x <= b.maxX && p.y >= b.minY && p.y <= b.maxY
}

func (b box) pad(d float64) box { return box{b.minX - d, b.minY - d, b.maxX + d, b.maxY + d} }

// newBuckets files n items by their boxes; an empty box (min > max) is left out.
func newBuckets(n int, cell float64, boxOf func(int) box) *buckets {
	all := box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for i := range n {
		b := boxOf(i)
		if b.minX <= b.maxX {
			all = box{min(all.minX, b.minX), min(all.minY, b.minY), max(all.maxX, b.maxX), max(all.maxY, b.maxY)}
		}
	}
	g := &buckets{cell: cell, start: []int32{0}}
	if all.minX > all.maxX {
		return g
	}
	for (all.maxX-all.minX)/g.cell*((all.maxY-all.minY)/g.cell) > float64(4*n+1024) {
		g.cell *= 1.5
	}
	g.minX, g.minY = all.minX, all.minY
	g.nx, g.ny = int((all.maxX-all.minX)/g.cell)+1, int((all.maxY-all.minY)/g.cell)+1
	g.start = make([]int32, g.nx*g.ny+1)
	each := func(f func(item, cell int)) {
		for i := range n {
			b := boxOf(i)
			if b.minX > b.maxX {
				continue
			}
			x0, y0, x1, y1 := g.span(b)
			for y := y0; y <= y1; y++ {
				for x := x0; x <= x1; x++ {
					f(i, y*g.nx+x)
				}
			}
		}
	}
	each(func(_, c int) { g.start[c+1]++ })
	for c := range g.nx * g.ny {
		g.start[c+1] += g.start[c]
	}
	g.items = make([]int32, g.start[g.nx*g.ny])
	fill := slices.Clone(g.start)
	each(func(i, c int) {
		g.items[fill[c]] = int32(i)
		fill[c]++
	})
	return g
}

// span returns the range of cells a box covers, cut to the grid.
func (g *buckets) span(b box) (x0, y0, x1, y1 int) {
	at := func(v, lo float64, n int) int {
		return int(min(float64(n-1), max(0, math.Floor((v-lo)/g.cell))))
	}
	return at(b.minX, g.minX, g.nx), at(b.minY, g.minY, g.ny), at(b.maxX, g.minX, g.nx), at(b.maxY, g.minY, g.ny)
}

// search yields the items filed near the box, some more than once.
func (g *buckets) search(b box, yield func(int32) bool) {
	if len(g.items) == 0 {
		return
	}
	x0, y0, x1, y1 := g.span(b)
	for y := y0; y <= y1; y++ {
		for _, i := range g.items[g.start[y*g.nx+x0]:g.start[y*g.nx+x1+1]] {
			if !yield(i) {
				return
			}
		}
	}
}

type hit struct {
	item int32
	dist float64
}

// nearest returns up to n items within radius of p, nearest first.
func (g *buckets) nearest(p pt, n int, radius float64, dist func(int32) float64) []hit {
	var hits []hit
	for r := min(radius, g.cell); ; r = min(radius, r*3) {
		hits = hits[:0]
		g.search(box{p.x, p.y, p.x, p.y}.pad(r), func(i int32) bool {
			if d := dist(i); d <= r {
				hits = append(hits, hit{i, d})
			}
			return true
		})
		slices.SortFunc(hits, func(a, b hit) int {
			switch {
			case a.dist < b.dist:
				return -1
			case a.dist > b.dist:
				return 1
			}
			return int(a.item) - int(b.item)
		})
		hits = slices.Compact(hits)
		if len(hits) >= n || r >= radius {
			return hits[:min(n, len(hits))]
		}
	}
}
