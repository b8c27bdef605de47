package main

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/project"

	"wanmi/grids"
)

// The builder's lattice of millimetres lies in another projection, so corners of the folder's community lines come
// back beside them. They are put back: a corner to the one point of the lattice that is nearest to it, if that is
// where the rounding took it; other points onto the line they lie on, or onto the crossing of two.
const (
	cornerM = 0.00075 // m: half the diagonal of the lattice, and a bit
	lineM   = 0.0012  // m: the noding bends a line by as much, and the rounding on top
	flatM   = 0.01    // m: where lines meet at a flat angle the noding may part them so far from the corner they meet in
)

// edge is a segment of a community's outline.
type edge struct {
	a, b orb.Point
	code string
}

// snapper puts the points of the cells back onto community lines.
type snapper struct {
	tab  map[[2]int][]edge       // by squares
	of   map[orb.Point][]string  // communities whose cells have the point
	to   map[orb.Point]orb.Point // what was put onto a corner
	near map[[2]int][]orb.Point  // points by small squares
}

const (
	snapSquare  = 20.0  // m
	pointSquare = 0.004 // m
)

func square(p orb.Point, side float64) [2]int {
	return [2]int{int(math.Floor(p[0] / side)), int(math.Floor(p[1] / side))}
}

// newSnapper takes the community lines and the cells, both in the folder's metres.
func newSnapper(fc *geojson.FeatureCollection, cells []outCell) *snapper {
	s := &snapper{tab: map[[2]int][]edge{}, of: map[orb.Point][]string{}, to: map[orb.Point]orb.Point{}, near: map[[2]int][]orb.Point{}}
	for _, c := range cells {
		code := grids.Code(c.code).Community()
		for _, r := range c.poly {
			for _, p := range r {
				if s.of[p] == nil {
					k := square(p, pointSquare)
					s.near[k] = append(s.near[k], p)
				}
				if !slices.Contains(s.of[p], code) {
					s.of[p] = append(s.of[p], code)
				}
			}
		}
	}
	for _, f := range fc.Features {
		code := f.Properties.MustString("code", "")
		var parts []orb.Polygon
		switch g := f.Geometry.(type) {
		case orb.Polygon:
			parts = orb.MultiPolygon{g}
		case orb.MultiPolygon:
			parts = g
		}
		for _, p := range parts {
			for _, r := range p {
				for i := 1; i < len(r); i++ {
					s.edge(edge{r[i-1], r[i], code})
					s.corner(r[i], code)
				}
			}
		}
	}
	return s
}

func (s *snapper) edge(e edge) {
	n := int(math.Hypot(e.b[0]-e.a[0], e.b[1]-e.a[1])/snapSquare*4) + 1
	seen := map[[2]int]bool{}
	for i := 0; i <= n; i++ {
		t := float64(i) / float64(n)
		k := square(orb.Point{e.a[0] + t*(e.b[0]-e.a[0]), e.a[1] + t*(e.b[1]-e.a[1])}, snapSquare)
		for d := range 9 {
			q := [2]int{k[0] + d%3 - 1, k[1] + d/3 - 1}
			if !seen[q] {
				seen[q] = true
				s.tab[q] = append(s.tab[q], e)
			}
		}
	}
}

// corner puts the point nearest to a corner onto it, if it is a cell's of that community.
func (s *snapper) corner(c orb.Point, code string) {
	k := square(c, pointSquare)
	best, found := orb.Point{}, cornerM
	for d := range 9 {
		for _, p := range s.near[[2]int{k[0] + d%3 - 1, k[1] + d/3 - 1}] {
			if l := dist(p, c); l < found && slices.Contains(s.of[p], code) {
				best, found = p, l
			}
		}
	}
	if found == cornerM {
		return
	}
	if old, ok := s.to[best]; !ok || found < dist(best, old) {
		s.to[best] = c
	}
}

func dist(p, q orb.Point) float64 { return math.Hypot(p[0]-q[0], p[1]-q[1]) }

// snap returns where a point of a cell belongs.
func (s *snapper) snap(p orb.Point) orb.Point {
	if q, ok := s.to[p]; ok {
		return q
	}
	type foot struct {
		edge
		q orb.Point
		d float64
	}
	var own, others []foot
	for _, e := range s.tab[square(p, snapSquare)] {
		dx, dy := e.b[0]-e.a[0], e.b[1]-e.a[1]
		l2 := dx*dx + dy*dy
		if l2 == 0 {
			continue
		}
		t := ((p[0]-e.a[0])*dx + (p[1]-e.a[1])*dy) / l2
		if t <= 0 || t >= 1 {
			continue
		}
		q := orb.Point{e.a[0] + t*dx, e.a[1] + t*dy}
		if d := dist(p, q); d < lineM {
			if slices.Contains(s.of[p], e.code) {
				own = append(own, foot{e, q, d})
			} else {
				others = append(others, foot{e, q, d})
			}
		}
	}
	if len(own) == 0 {
		own = others
	}
	if len(own) == 0 {
		return p
	}
	slices.SortStableFunc(own, func(a, b foot) int { return cmp.Compare(a.d, b.d) })
	best, far := p, flatM
	for _, f := range own {
		for _, c := range [2]orb.Point{f.a, f.b} {
			if d := dist(c, p); len(own) > 1 && d < far {
				best, far = c, d
			}
		}
	}
	if far < flatM {
		return best
	}
	for _, f := range own[1:] {
		if x, ok := crossing(own[0].edge, f.edge); ok && dist(x, p) < 2*lineM {
			return x
		}
	}
	return own[0].q
}

// crossing returns where the lines of two edges meet; ok is false when they are all but parallel.
func crossing(e, f edge) (orb.Point, bool) {
	ex, ey, fx, fy := e.b[0]-e.a[0], e.b[1]-e.a[1], f.b[0]-f.a[0], f.b[1]-f.a[1]
	d := ex*fy - ey*fx
	if math.Abs(d) < 1e-3*math.Hypot(ex, ey)*math.Hypot(fx, fy) {
		return orb.Point{}, false
	}
	t := ((f.a[0]-e.a[0])*fy - (f.a[1]-e.a[1])*fx) / d
	return orb.Point{e.a[0] + t*ex, e.a[1] + t*ey}, true
}

// back returns the cells in the folder's coordinates.
func (p *place) back(cells []grids.Cell) []outCell {
	var out []outCell
	for _, c := range cells {
		if c.Status == grids.Void {
			continue
		}
		o := outCell{code: string(c.Code), m2: c.AreaM2, poly: c.Polygon}
		if p.tm != nil {
			o.poly = project.Polygon(c.Polygon.Clone(), func(q orb.Point) orb.Point {
				x, y := p.tm.FromLonLat(q[0], q[1])
				return orb.Point{x, y}
			})
		}
		out = append(out, o)
	}
	if p.tm != nil {
		newSnapper(p.raw["communities"], out).all(out)
	}
	return out
}

// all puts the points of all cells where they belong, but for those at which an outline would cross itself then.
func (s *snapper) all(cells []outCell) {
	stay := map[orb.Point]bool{}
	moved := func(r orb.Ring) orb.Ring {
		out := make(orb.Ring, len(r))
		for i, p := range r {
			if out[i] = p; !stay[p] {
				out[i] = s.snap(p)
			}
		}
		return slices.Compact(out)
	}
	for again := true; again; {
		again = false
		for _, c := range cells {
			for _, r := range c.poly {
				m := moved(r)
				i, j, bad := crossed(m)
				if !bad {
					continue
				}
				ends := []orb.Point{m[i], m[i+1], m[j], m[j+1]}
				for _, p := range r {
					if !stay[p] && slices.Contains(ends, s.snap(p)) {
						again, stay[p] = true, true
					}
				}
			}
		}
	}
	for _, c := range cells {
		for i, r := range c.poly {
			c.poly[i] = moved(r)
		}
	}
}

// crossed finds two edges, by their numbers, at which a closed ring touches itself, to the tenth of a micrometre.
func crossed(r orb.Ring) (int, int, bool) {
	const eps = 1e-7
	n := len(r) - 1
	for i := range n {
		a, b := r[i], r[i+1]
		for j := i + 1; j < n; j++ {
			c, d := r[j], r[j+1]
			if j == i+1 { // a common end: the one must not turn back on the other
				if off(d, a, b) < eps || off(a, c, d) < eps {
					return i, j, true
				}
				continue
			}
			if j == n-1 && i == 0 {
				continue // looked at from the other side
			}
			if max(a[0], b[0])+eps < min(c[0], d[0]) || max(c[0], d[0])+eps < min(a[0], b[0]) || max(a[1], b[1])+eps < min(c[1], d[1]) || max(c[1], d[1])+eps < min(a[1], b[1]) {
				continue
			}
			if side(a, b, c) != side(a, b, d) && side(c, d, a) != side(c, d, b) {
				return i, j, true
			}
			if off(c, a, b) < eps || off(d, a, b) < eps || off(a, c, d) < eps || off(b, c, d) < eps {
				return i, j, true
			}
		}
	}
	if n > 2 && (off(r[1], r[n-1], r[0]) < eps || off(r[n-1], r[0], r[1]) < eps) {
		return 0, n - 1, true
	}
	return 0, 0, false
}

func side(a, b, p orb.Point) bool { return (b[0]-a[0])*(p[1]-a[1])-(b[1]-a[1])*(p[0]-a[0]) > 0 }

// off returns the distance of p from the segment ab.
func off(p, a, b orb.Point) float64 {
	dx, dy := b[0]-a[0], b[1]-a[1]
	t := 0.0
	if l2 := dx*dx + dy*dy; l2 > 0 {
		t = max(0, min(1, ((p[0]-a[0])*dx+(p[1]-a[1])*dy)/l2))
	}
	return dist(p, orb.Point{a[0] + t*dx, a[1] + t*dy})
}
