package geom

import (
	"math"
	"math/bits"
	"slices"
)

// Delaunay is the Delaunay triangulation of a set of lattice points, kept as
// quad-edges (Guibas and Stolfi). Predicates are exact. The zero value is empty; one that is
// used again keeps its memory.
type Delaunay struct {
	Pts  []Pt    // sorted, without copies
	From []int32 // for each of Pts, the first of the points given that lies there
	slot []slot  // four an edge
	free []int32 // edges taken out, to be used again
	sort sorter

	tri     []int32 // see Ridges
	centres [][2]float64
}

// slot is a directed edge: the next one counter-clockwise round its origin, and that origin;
// dual ones have the origin -1, those of edges taken out -2.
type slot struct{ next, org int32 }

// Triangulate is [Delaunay.Triangulate] with memory of its own.
func Triangulate(pts []Pt) *Delaunay {
	d := &Delaunay{}
	d.Triangulate(pts)
	return d
}

// Triangulate drops copies of points and triangulates the rest; pts is left as it is. Coordinates
// may span 2,000 km in a set; the points of a thin set on one line have no triangles.
func (d *Delaunay) Triangulate(pts []Pt) {
	d.Pts, d.From = d.sort.points(pts, d.Pts[:0], d.From[:0])
	d.slot, d.free = slices.Grow(d.slot[:0], 12*len(d.Pts)), d.free[:0] // 3n edges stand at any time
	if len(d.Pts) > 1 {
		d.divide(0, int32(len(d.Pts)))
	}
}

// sorter sorts points by radix: in a block of buildings they are many and near each other.
type sorter struct{ a, b []sortItem }

type sortItem struct {
	key  uint64 // x and y from the corner, y in as many bits as it has
	from int32
}

// points appends the sorted points without copies to to, and where each came from to from.
func (s *sorter) points(pts, to []Pt, from []int32) ([]Pt, []int32) {
	s.order(pts)
	for i, it := range s.a {
		if i == 0 || it.key != s.a[i-1].key {
			to = append(to, pts[it.from])
			from = append(from, it.from)
		}
	}
	return to, from
}

// order leaves the points in s.a, sorted, equal ones in the order given. They may span 4,000 km.
func (s *sorter) order(pts []Pt) {
	box := NoBox
	for _, p := range pts {
		box = box.Grow(p)
	}
	s.a, s.b = slices.Grow(s.a[:0], len(pts))[:len(pts)], slices.Grow(s.b[:0], len(pts))[:len(pts)]
	low := bits.Len64(uint64(max(0, box.Max.Y-box.Min.Y)))
	high := bits.Len64(uint64(max(0, box.Max.X-box.Min.X)))
	for i, p := range pts {
		s.a[i] = sortItem{uint64(p.X-box.Min.X)<<low | uint64(p.Y-box.Min.Y), int32(i)}
	}
	passes := (low + high + mostDigit - 1) / mostDigit
	if passes == 0 {
		return
	}
	digit := (low + high + passes - 1) / passes
	for shift := 0; shift < low+high; shift += digit {
		s.by(shift, digit)
	}
}

// mostDigit is how many bits are sorted by at once: a block of 300 m takes four passes.
const mostDigit = 10

// by sorts by so many bits of the key, keeping the order of equal ones.
func (s *sorter) by(shift, digit int) {
	var count [1<<mostDigit + 1]int32
	mask := uint64(1)<<digit - 1
	for i := range s.a {
		count[s.a[i].key>>shift&mask+1]++
	}
	for i := range mask {
		count[i+1] += count[i]
	}
	for _, it := range s.a {
		c := &count[it.key>>shift&mask]
		s.b[*c] = it
		*c++
	}
	s.a, s.b = s.b, s.a
}

func rot(e int32) int32    { return (e &^ 3) | ((e + 1) & 3) }
func sym(e int32) int32    { return e ^ 2 }
func invrot(e int32) int32 { return (e &^ 3) | ((e + 3) & 3) }

func (d *Delaunay) onext(e int32) int32 { return d.slot[e].next }
func (d *Delaunay) oprev(e int32) int32 { return rot(d.slot[rot(e)].next) }
func (d *Delaunay) lnext(e int32) int32 { return rot(d.slot[invrot(e)].next) }
func (d *Delaunay) rprev(e int32) int32 { return d.slot[sym(e)].next }
func (d *Delaunay) org(e int32) int32   { return d.slot[e].org }
func (d *Delaunay) dest(e int32) int32  { return d.slot[sym(e)].org }

func (d *Delaunay) edge(a, b int32) int32 {
	if n := len(d.free); n > 0 {
		e := d.free[n-1]
		d.free = d.free[:n-1]
		q := d.slot[e : e+4 : e+4]
		q[0], q[1], q[2], q[3] = slot{e, a}, slot{e + 3, -1}, slot{e + 2, b}, slot{e + 1, -1}
		return e
	}
	e := int32(len(d.slot))
	d.slot = append(d.slot, slot{e, a}, slot{e + 3, -1}, slot{e + 2, b}, slot{e + 1, -1})
	return e
}

func (d *Delaunay) splice(a, b int32) {
	s := d.slot
	al, be := rot(s[a].next), rot(s[b].next)
	s[a].next, s[b].next = s[b].next, s[a].next
	s[al].next, s[be].next = s[be].next, s[al].next
}

func (d *Delaunay) connect(a, b int32) int32 {
	e := d.edge(d.dest(a), d.org(b))
	d.splice(e, d.lnext(a))
	d.splice(sym(e), b)
	return e
}

func (d *Delaunay) remove(e int32) {
	d.splice(e, d.oprev(e))
	d.splice(sym(e), d.oprev(sym(e)))
	d.slot[e&^3].org = -2
	d.free = append(d.free, e&^3)
}

func (d *Delaunay) ccw(a, b, c int32) bool { return Cross(d.Pts[a], d.Pts[b], d.Pts[c]) > 0 }

func (d *Delaunay) rightOf(x, e int32) bool { return d.ccw(x, d.dest(e), d.org(e)) }
func (d *Delaunay) leftOf(x, e int32) bool  { return d.ccw(x, d.org(e), d.dest(e)) }

// mul128 returns a*b, for a that is not negative.
func mul128(a, b int64) (hi int64, lo uint64) {
	h, lo := bits.Mul64(uint64(a), uint64(b))
	if b < 0 {
		h -= uint64(a)
	}
	return int64(h), lo
}

// divide triangulates Pts[lo:hi] and returns the outer edges at its left and right end.
func (d *Delaunay) divide(lo, hi int32) (int32, int32) {
	switch hi - lo {
	case 2:
		e := d.edge(lo, lo+1)
		return e, sym(e)
	case 3:
		a, b := d.edge(lo, lo+1), d.edge(lo+1, lo+2)
		d.splice(sym(a), b)
		if d.ccw(lo, lo+1, lo+2) {
			d.connect(b, a)
			return a, sym(b)
		}
		if d.ccw(lo, lo+2, lo+1) {
			c := d.connect(b, a)
			return sym(c), c
		}
		return a, sym(b)
	}
	m := (lo + hi) / 2
	ldo, ldi := d.divide(lo, m)
	rdi, rdo := d.divide(m, hi)
	for {
		if d.leftOf(d.org(rdi), ldi) {
			ldi = d.lnext(ldi)
		} else if d.rightOf(d.org(ldi), rdi) {
			rdi = d.rprev(rdi)
		} else {
			break
		}
	}
	base := d.connect(sym(rdi), ldi)
	if d.org(ldi) == d.org(ldo) {
		ldo = sym(base)
	}
	if d.org(rdi) == d.org(rdo) {
		rdo = base
	}
	d.merge(base)
	return ldo, rdo
}

// spoke is a point as merge sees it from the start of the base.
type spoke struct {
	x, y int64 // from there
	sq   int64 // x² + y²
	side int64 // twice the area of the triangle with the base, positive above it
}

// spoke looks at Pts[i] from p, along the base (tx, ty).
func (d *Delaunay) spoke(i int32, p Pt, tx, ty int64) spoke {
	q := d.Pts[i]
	x, y := q.X-p.X, q.Y-p.Y
	return spoke{x, y, x*x + y*y, x*ty - y*tx}
}

// inside reports whether e lies inside the circle through the ends of the base, whose length squared t is, and c: whether
// t·(c×e) + c²·side(e) > e²·side(c).
func (c *spoke) inside(e *spoke, t int64) bool {
	cross := c.x*e.y - c.y*e.x
	t1, t2, t3 := float64(t)*float64(cross), float64(c.sq)*float64(e.side), float64(e.sq)*float64(c.side)
	v := t1 + t2 - t3
	if math.Abs(v) > 1e-15*(math.Abs(t1)+math.Abs(t2)+math.Abs(t3)) { // which it is can be foretold, the sign cannot
		return v > 0
	}
	// Corners of rectangles are all over a city: that near to zero is no rare case. In 128 bits.
	h1, l1 := mul128(t, cross)
	h2, l2 := mul128(c.sq, e.side)
	h3, l3 := mul128(e.sq, c.side)
	lo, borrow := bits.Sub64(l3, l2, 0)
	hi := h3 - h2 - int64(borrow)
	return h1 > hi || h1 == hi && l1 > lo
}

// merge zips two triangulations together, upwards from their common lower tangent. Half of a division's time in blocks
// goes by here: all points of a step are seen from one end of the base, so that what is known of each serves every test.
func (d *Delaunay) merge(base int32) {
	for {
		p, q := d.Pts[d.org(base)], d.Pts[d.dest(base)]
		tx, ty := q.X-p.X, q.Y-p.Y
		t := tx*tx + ty*ty
		l := d.onext(sym(base))
		ls := d.spoke(d.dest(l), p, tx, ty)
		if ls.side > 0 {
			for {
				next := d.onext(l)
				ns := d.spoke(d.dest(next), p, tx, ty)
				if !ls.inside(&ns, t) {
					break
				}
				d.remove(l)
				l, ls = next, ns
			}
		}
		r := d.oprev(base)
		rs := d.spoke(d.dest(r), p, tx, ty)
		if rs.side > 0 {
			for {
				next := d.oprev(r)
				ns := d.spoke(d.dest(next), p, tx, ty)
				if !rs.inside(&ns, t) {
					break
				}
				d.remove(r)
				r, rs = next, ns
			}
		}
		switch {
		case ls.side <= 0 && rs.side <= 0:
			return
		case ls.side <= 0 || (rs.side > 0 && ls.inside(&rs, t)):
			base = d.connect(r, sym(base))
		default:
			base = d.connect(sym(base), sym(l))
		}
	}
}

// Ridge is the piece of Voronoi line between the points P and Q (indices into
// Pts). V and W number its ends among the triangles, X and Y are their centres
// in millimetres relative to the first point.
type Ridge struct {
	P, Q int32
	V, W int32
	X, Y [2]float64
}

// Ridges calls f for the Voronoi ridge of each edge that has a triangle on both
// sides and that want wants. Triangles are numbered densely; ridges of no length come too.
func (d *Delaunay) Ridges(want func(p, q int32) bool, f func(Ridge)) {
	d.tri = slices.Grow(d.tri[:0], len(d.slot))[:len(d.slot)] // 1 + number of the triangle left of a directed edge; -1: none
	clear(d.tri)
	tri, centre := d.tri, d.centres[:0]
	defer func() { d.centres = centre }()
	left := func(e int32) int32 {
		if tri[e] == 0 {
			e2 := d.lnext(e)
			e3 := d.lnext(e2)
			a, b, c := d.org(e), d.org(e2), d.org(e3)
			id := int32(-1)
			if d.lnext(e3) == e && d.ccw(a, b, c) {
				centre = append(centre, d.centre(a, b, c))
				id = int32(len(centre))
			}
			tri[e] = id
			if id > 0 {
				tri[e2], tri[e3] = id, id
			}
		}
		return tri[e]
	}
	for e := int32(0); e < int32(len(d.slot)); e += 4 {
		if d.org(e) < 0 || !want(d.org(e), d.dest(e)) {
			continue
		}
		v, w := left(e), left(sym(e))
		if v < 0 || w < 0 {
			continue
		}
		f(Ridge{d.org(e), d.dest(e), v - 1, w - 1, centre[v-1], centre[w-1]})
	}
}

// centre returns the circumcentre, relative to Pts[0].
func (d *Delaunay) centre(a, b, c int32) [2]float64 {
	A, B, C := d.Pts[a], d.Pts[b], d.Pts[c]
	bx, by, cx, cy := float64(B.X-A.X), float64(B.Y-A.Y), float64(C.X-A.X), float64(C.Y-A.Y)
	k := 2 * float64(Cross(A, B, C))
	b2, c2 := float64(bx*bx)+float64(by*by), float64(cx*cx)+float64(cy*cy)
	x := (float64(cy*b2) - float64(by*c2)) / k
	y := (float64(bx*c2) - float64(cx*b2)) / k
	o := d.Pts[0]
	return [2]float64{float64(A.X-o.X) + x, float64(A.Y-o.Y) + y}
}
