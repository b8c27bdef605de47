package census

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis/geom"

	"github.com/paulmach/orb"
	"github.com/tidwall/rtree"
)

// area is one polygon feature with what a point inside it takes from it.
type area struct {
	code, name, street, streetName string
	community                      *area // of unit grids: the one whose code they have; nil: none of it is stored
	parts                          orb.MultiPolygon
	bound                          orb.Bound
	label                          orb.Point // of unit grids that are numbered anew
}

func (a *area) holds(p orb.Point) bool {
	for _, poly := range a.parts {
		if geom.PointInPolygon(p, poly) {
			return true
		}
	}
	return false
}

// ring returns the one ring of a simple area, nil where there are more.
func (a *area) ring() orb.Ring {
	if len(a.parts) == 1 && len(a.parts[0]) == 1 {
		return a.parts[0][0]
	}
	return nil
}

// ringHolds reports whether a point lies in a ring or on it, as planar.RingContains does, which looks for the bounds of the ring each time.
func ringHolds(ring orb.Ring, p orb.Point) bool {
	in := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if a[1] > b[1] {
			a, b = b, a
		}
		if p[1] < a[1] || p[1] > b[1] {
			continue
		}
		side := (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0]) // of the edge upwards: > 0 to its left
		if side == 0 && p[0] >= min(a[0], b[0]) && p[0] <= max(a[0], b[0]) {
			return true
		}
		if side > 0 && p[1] < b[1] && a[1] < b[1] {
			in = !in
		}
	}
	return in
}

// areas finds the area holding a point; on a shared edge the one with the smaller code.
type areas struct {
	tree   rtree.RTreeG[*area]
	all    []*area
	raster *raster // nil until settle
}

func (s *areas) add(a *area, b orb.Bound) {
	a.bound = b
	s.tree.Insert(b.Min, b.Max, a)
	s.all, s.raster = append(s.all, a), nil
}

// settle prepares for many questions; areas added later undo it. Before it, at asks the tree.
func (s *areas) settle() { s.raster = newRaster(s.all) }

func (s *areas) at(p orb.Point) *area {
	if s.raster != nil {
		return s.raster.at(p)
	}
	var best *area
	s.tree.Search(p, p, func(_, _ [2]float64, a *area) bool {
		if (best == nil || a.code < best.code) && a.holds(p) {
			best = a
		}
		return true
	})
	return best
}

// inPlaceOf returns the area, not one of used, that holds the point p of a shape and has its own point in the shape: of
// several, as where areas overlap, that with the nearest point.
func (s *areas) inPlaceOf(g orb.Geometry, p orb.Point, used map[string]bool) *area {
	shape := area{parts: polygonsOf(g)}
	var best *area
	s.tree.Search(p, p, func(_, _ [2]float64, a *area) bool {
		if used[a.code] || !a.holds(p) || !shape.holds(a.label) {
			return true
		}
		if best != nil {
			d := cmp.Compare(metres(a.label, p), metres(best.label, p))
			if d > 0 || d == 0 && a.code > best.code {
				return true
			}
		}
		best = a
		return true
	})
	return best
}

// raster lists for each of many equal boxes the areas whose bounds meet it, by code. A million points asked of it cost a tenth
// of what the tree costs.
type raster struct {
	bound  orb.Bound
	side   int
	dx, dy float64
	start  []int32
	list   []boundedArea
}

type boundedArea struct {
	bound orb.Bound
	ring  orb.Ring // the whole of a simple area, else nil
	*area
}

func newRaster(all []*area) *raster {
	if len(all) == 0 {
		return &raster{}
	}
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b *area) int { return cmp.Compare(a.code, b.code) })
	r := &raster{bound: sorted[0].bound}
	for _, a := range sorted {
		r.bound = r.bound.Union(a.bound)
	}
	most := 64*len(all) + 1024
	for r.side = max(1, min(2000, int(math.Sqrt(2*float64(len(all)))))); ; r.side /= 2 {
		r.dx, r.dy = (r.bound.Max[0]-r.bound.Min[0])/float64(r.side), (r.bound.Max[1]-r.bound.Min[1])/float64(r.side)
		if r.side == 1 || r.count(sorted, most) {
			break
		}
	}
	r.fill(sorted)
	return r
}

// boxes calls use with the number of each box the bounds of an area meet.
func (r *raster) boxes(a *area, use func(box int)) {
	x0, y0, x1, y1 := r.column(a.bound.Min[0]), r.line(a.bound.Min[1]), r.column(a.bound.Max[0]), r.line(a.bound.Max[1])
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			use(y*r.side + x)
		}
	}
}

func (r *raster) column(x float64) int { return gridIndex(x-r.bound.Min[0], r.dx, r.side) }
func (r *raster) line(y float64) int   { return gridIndex(y-r.bound.Min[1], r.dy, r.side) }

// count reports whether the areas stand in no more than so many boxes: large ones that overlap would fill the memory.
func (r *raster) count(all []*area, most int) bool {
	n := 0
	for _, a := range all {
		w := r.column(a.bound.Max[0]) - r.column(a.bound.Min[0]) + 1
		h := r.line(a.bound.Max[1]) - r.line(a.bound.Min[1]) + 1
		if n += w * h; n > most {
			return false
		}
	}
	return true
}

func (r *raster) fill(all []*area) {
	r.start = make([]int32, r.side*r.side+1)
	for _, a := range all {
		r.boxes(a, func(box int) { r.start[box+1]++ })
	}
	for i := 1; i < len(r.start); i++ {
		r.start[i] += r.start[i-1]
	}
	r.list = make([]boundedArea, r.start[len(r.start)-1])
	next := slices.Clone(r.start)
	for _, a := range all {
		r.boxes(a, func(box int) {
			r.list[next[box]] = boundedArea{a.bound, a.ring(), a}
			next[box]++
		})
	}
}

func (r *raster) at(p orb.Point) *area {
	if r.side == 0 || !r.bound.Contains(p) {
		return nil
	}
	box := r.line(p[1])*r.side + r.column(p[0])
	list := r.list[r.start[box]:r.start[box+1]]
	for i := range list {
		a := &list[i]
		if !a.bound.Contains(p) {
			continue
		}
		if a.ring != nil && ringHolds(a.ring, p) || a.ring == nil && a.holds(p) {
			return a.area
		}
	}
	return nil
}
