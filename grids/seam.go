package grids

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis/geom"
)

// onEdge is how far, in mm, a corner may lie from a community line to be on it: the noding of either side moves a line by one.
const onEdge = 1.6

// seam is the line between communities divided now and those left as they were, with the corners that the cells on either
// side of it have there. Both sides get all of them in the order in which they lie along the community line: by its own
// edges, bent by the noding, one side would put a corner before one of its own and the other side behind it.
type seam struct {
	lines []geom.Seg
	tab   *geom.Table
	pts   [][]geom.Pt        // of each line, from one end to the other
	seat  map[geom.Pt]onLine // of each corner that is no end of a line
	sides [2]map[[2]geom.Pt]bool
	cells []seamCell
}

// onLine is the line that a corner lies on, by the longest edge that runs along it.
type onLine struct {
	line int32
	by   float64
}

// seamCell is a cell that may have edges on the seam.
type seamCell struct {
	cell int // index into Division.Cells
	side int // 0: divided now
	ring geom.Ring
}

// seam gives the cells on both sides of the line between communities divided now, marked in anew, and those left as they
// were each other's corners. A neighbour that was built has them already and keeps its bytes; one
// that was drawn by hand ends its borders elsewhere on the line, and its edges would pair with none.
func (d *Division) seam(b *base, segs []geom.Seg, anew []bool) {
	s := seam{seat: map[geom.Pt]onLine{}, sides: [2]map[[2]geom.Pt]bool{{}, {}}}
	box := geom.NoBox
	for _, x := range segs {
		if x.L >= 0 && x.R >= 0 && anew[x.L] != anew[x.R] {
			s.lines = append(s.lines, x)
			s.pts = append(s.pts, []geom.Pt{x.A, x.B})
			box = box.Grow(x.A).Grow(x.B)
		}
	}
	if len(s.lines) == 0 {
		return
	}
	s.tab = geom.NewSegTable(s.lines, 25_000, 2)
	divided := map[string]bool{}
	for c, is := range anew {
		divided[b.comms[c].code] = is
	}
	for i, c := range d.Cells {
		if c.Status == Void || len(c.Polygon) == 0 {
			continue
		}
		x := seamCell{cell: i, side: 1, ring: b.lat.ring(c.Polygon[0])}
		if divided[c.Community] {
			x.side = 0
		}
		if box.Pad(2).Meets(x.ring.Box()) && s.edges(&x) {
			s.cells = append(s.cells, x)
		}
	}
	s.settle()
	for _, x := range s.cells {
		with, c := s.withCorners(&x), &d.Cells[x.cell]
		if len(with) == len(x.ring) {
			continue
		}
		rest := c.Polygon[1:]
		with = startAtMin(with)
		c.AreaM2 += float64(with.Area2()-x.ring.Area2()) / 2e6
		c.Polygon = append(b.lat.polygon(with), rest...)
	}
}

// edges notes the edges of a cell that run along the seam, if any do.
func (s *seam) edges(x *seamCell) bool {
	found := false
	for i, p := range x.ring {
		q := x.ring[(i+1)%len(x.ring)]
		if s.along(p, q) >= 0 {
			s.sides[x.side][[2]geom.Pt{p, q}], found = true, true
		}
	}
	return found
}

// along returns the line that the edge pq runs along, -1 for none. What leads away from the end of a line within a millimetre,
// as the outline of the land may, does not.
func (s *seam) along(p, q geom.Pt) int32 {
	best, line := onEdge, int32(-1)
	for _, i := range s.tab.In(s.tab.At(p)) {
		l := s.lines[i]
		off := max(offLine(p, l), offLine(q, l))
		if off > best || off == best && line >= 0 {
			continue
		}
		dx, dy, lx, ly := q.X-p.X, q.Y-p.Y, l.B.X-l.A.X, l.B.Y-l.A.Y
		if ahead, aside := dx*lx+dy*ly, dx*ly-dy*lx; max(ahead, -ahead) >= max(aside, -aside) {
			best, line = off, i
		}
	}
	return line
}

// offLine returns how far a corner lies from a line that it may lie on, mm.
func offLine(p geom.Pt, l geom.Seg) float64 {
	if p == l.A || p == l.B {
		return 0
	}
	t, off := nearSeg(p, l.A, l.B)
	if t <= 0 || t >= 1 {
		return math.Inf(1)
	}
	return off
}

// outer reports whether the edge pq is one of the seam: it runs along it, and its own side has no cell beyond it.
func (s *seam) outer(side int, p, q geom.Pt) bool {
	return s.sides[side][[2]geom.Pt{p, q}] && !s.sides[side][[2]geom.Pt{q, p}]
}

// settle puts the corners of both sides onto the lines.
func (s *seam) settle() {
	for _, x := range s.cells {
		for i, p := range x.ring {
			q := x.ring[(i+1)%len(x.ring)]
			if !s.outer(x.side, p, q) {
				continue
			}
			l, by := s.along(p, q), p.Dist(q)
			for _, p := range [2]geom.Pt{p, q} {
				was, ok := s.seat[p]
				if p != s.lines[l].A && p != s.lines[l].B && (!ok || by > was.by || by == was.by && l < was.line) {
					s.seat[p] = onLine{l, by}
				}
			}
		}
	}
	for p, at := range s.seat {
		s.pts[at.line] = append(s.pts[at.line], p)
	}
	for i, l := range s.lines {
		ahead := func(p geom.Pt) int64 { return (p.X-l.A.X)*(l.B.X-l.A.X) + (p.Y-l.A.Y)*(l.B.Y-l.A.Y) }
		slices.SortFunc(s.pts[i], func(p, q geom.Pt) int { return cmp.Or(cmp.Compare(ahead(p), ahead(q)), p.Cmp(q)) })
	}
}

// withCorners returns the outline of a cell with the corners that lie on its edges along the seam.
func (s *seam) withCorners(x *seamCell) geom.Ring {
	var out geom.Ring
	for i, p := range x.ring {
		out = append(out, p)
		if q := x.ring[(i+1)%len(x.ring)]; s.outer(x.side, p, q) {
			out = append(out, s.between(p, q)...)
		}
	}
	return out
}

// between returns the corners on the line between two of them, from the one to the other.
func (s *seam) between(p, q geom.Pt) []geom.Pt {
	at, ok := s.seat[p]
	if !ok {
		at, ok = s.seat[q]
	}
	if !ok {
		at.line = s.along(p, q)
	}
	l := s.pts[at.line]
	i, j := slices.Index(l, p), slices.Index(l, q)
	switch {
	case i < 0 || j < 0:
		return nil
	case i < j:
		return l[i+1 : j]
	}
	l = slices.Clone(l[j+1 : i])
	slices.Reverse(l)
	return l
}
