package grids

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// meeting of a line with the outline of a ring.
type crossing struct {
	pos  float64 // along the line: segment and share of it
	edge int
	at   geom.Pt
}

// cutRing cuts a ring in two along a line.
func (s *sheet) cutRing(ring geom.Ring, line orb.LineString, what string) (parts [2]geom.Ring, err error) {
	if len(line) < 2 || !finite(line) {
		return parts, gis.E(gis.Invalid, nil, "a line of two points or more is needed, in longitude and latitude")
	}
	pts := s.lat.line(line)
	if len(pts) < 2 {
		return parts, gis.E(gis.Invalid, nil, "the line is shorter than a millimetre")
	}
	if pts, err = s.leadOut(ring, pts, what); err != nil {
		return parts, err
	}
	met := crossings(ring, pts)
	switch {
	case len(met) == 0:
		p := pts[len(pts)/2]
		return parts, gis.E(gis.Invalid, nil, "the line does not cross %s (it passes %s)", what, s.place(p))
	case len(met) != 2:
		return parts, gis.E(gis.Invalid, nil, "the line meets the border of %s %d times, the third time near %s; draw it so that it enters and leaves once", what, len(met), s.place(met[min(2, len(met)-1)].at))
	}
	from, err := s.land(ring, met[0])
	if err != nil {
		return parts, err
	}
	to, err := s.land(ring, met[1])
	if err != nil {
		return parts, err
	}
	path := []geom.Pt{from}
	for i := int(math.Floor(met[0].pos)) + 1; i < len(pts) && float64(i) < met[1].pos; i++ {
		if p := pts[i]; p != path[len(path)-1] && p != to {
			path = append(path, p)
		}
	}
	path = append(path, to)
	if from == to {
		return parts, gis.E(gis.Invalid, nil, "the line cuts off less than a corner of %s near %s", what, s.place(from))
	}
	full := s.withInserts(ring)
	i, j := slices.Index(full, from), slices.Index(full, to)
	if i < 0 || j < 0 {
		return parts, gis.E(gis.Internal, nil, "a border's end was lost at %s", s.place(from))
	}
	// One part: the ring from "to" on to "from", then the path. The other: from "from" on to "to", then the path back.
	parts[0] = append(walk(full, j, i), path[1:len(path)-1]...)
	back := slices.Clone(path[1 : len(path)-1])
	slices.Reverse(back)
	parts[1] = append(walk(full, i, j), back...)
	for k, r := range parts {
		if len(r) < 3 || r.Area2() <= 0 {
			return parts, gis.E(gis.Rejected, nil, "the line leaves no land on one of its sides near %s (rule grid.ring)", s.place(from))
		}
		parts[k] = startAtMin(r)
	}
	return parts, nil
}

// walk returns the points of a ring from index i to index j, both included.
func walk(r geom.Ring, i, j int) geom.Ring {
	out := geom.Ring{r[i]}
	for k := i; k != j; {
		k = (k + 1) % len(r)
		out = append(out, r[k])
	}
	return out
}

// leadOut leads both ends of the line past the ring when they lie in it near its border.
func (s *sheet) leadOut(ring geom.Ring, pts []geom.Pt, what string) ([]geom.Pt, error) {
	for range 2 {
		slices.Reverse(pts)
		end := pts[len(pts)-1]
		if ring.Locate(end) < 0 {
			continue
		}
		best, foot, out := math.Inf(1), end, geom.Pt{}
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			if t, d := nearSeg(end, a, b); d < best {
				l := a.Dist(b)
				best, foot = d, at(a, b, t)
				out = geom.Pt{X: int64(math.Round(100 * float64(b.Y-a.Y) / l)), Y: int64(math.Round(-100 * float64(b.X-a.X) / l))} // 10 cm to the right: outside
			}
		}
		if best > reachOut {
			return nil, gis.E(gis.Invalid, nil, "the line ends inside %s at %s, %.1f m from its border; draw it from border to border", what, s.place(end), best/1000)
		}
		if best > 1 {
			pts = append(pts, foot)
		}
		pts = append(pts, geom.Pt{X: foot.X + out.X, Y: foot.Y + out.Y})
	}
	return pts, nil
}

// crossings returns where a line goes into or out of a ring, along the line. Corners count by a half-open rule.
func crossings(ring geom.Ring, pts []geom.Pt) []crossing {
	var out []crossing
	for i := 1; i < len(pts); i++ {
		p, q := pts[i-1], pts[i]
		for k, a := range ring {
			b := ring[(k+1)%len(ring)]
			ca, cb := geom.Cross(p, q, a), geom.Cross(p, q, b)
			cp, cq := geom.Cross(a, b, p), geom.Cross(a, b, q)
			if (ca > 0) == (cb > 0) || (cp > 0) == (cq > 0) {
				continue
			}
			t := float64(cp) / (float64(cp) - float64(cq))
			out = append(out, crossing{float64(i-1) + t, k, at(p, q, t)})
		}
	}
	slices.SortFunc(out, func(x, y crossing) int { return cmp.Or(cmp.Compare(x.pos, y.pos), cmp.Compare(x.edge, y.edge)) })
	return out
}

// land chooses the corner in which a new border ends: an old one near by, a lattice point exactly on the old border, or
// a new one less than a millimetre off it. Where the cell beyond is locked it is one of the first two.
func (s *sheet) land(ring geom.Ring, c crossing) (geom.Pt, error) {
	a, b := ring[c.edge], ring[(c.edge+1)%len(ring)]
	t, _ := nearSeg(c.at, a, b)
	fixed := s.lockedBeyond(a, b)
	corner, exact := snapCorner, snapExact
	if fixed != "" {
		corner, exact = snapFixed, snapFixed
	}
	best, d := a, c.at.Dist(a)
	if e := c.at.Dist(b); e < d {
		best, d = b, e
	}
	if d <= corner && fixed == "" {
		return best, nil
	}
	if g := gcd(abs(b.X-a.X), abs(b.Y-a.Y)); g > 1 {
		k := min(g-1, max(1, int64(math.Round(t*float64(g)))))
		p := geom.Pt{X: a.X + (b.X-a.X)/g*k, Y: a.Y + (b.Y-a.Y)/g*k}
		if e := c.at.Dist(p); e <= exact && e < d {
			s.inserts = append(s.inserts, insertion{a, b, p})
			return p, nil
		}
	}
	if d <= corner {
		return best, nil
	}
	if fixed != "" {
		return best, gis.E(gis.Conflict, nil, "the new border would end on that of the locked unit grid %s at %s, where there is no corner within %d m; unlock it or end in a corner", fixed, s.place(c.at), snapFixed/1000)
	}
	p := at(a, b, t)
	s.inserts = append(s.inserts, insertion{a, b, p})
	return p, nil
}

// lockedBeyond returns the code of the locked cell right of the border ab, "" when there is none.
func (s *sheet) lockedBeyond(a, b geom.Pt) Code {
	for _, code := range s.order {
		if k := s.cells[code]; k.Locked && hasEdge(k.ring, b, a) {
			return code
		}
	}
	return ""
}

func hasEdge(r geom.Ring, a, b geom.Pt) bool {
	for i, p := range r {
		if p == a && r[(i+1)%len(r)] == b {
			return true
		}
	}
	return false
}

// withInserts returns the ring with the new corners on its edges.
func (s *sheet) withInserts(r geom.Ring) geom.Ring {
	var out geom.Ring
	for i, p := range r {
		q := r[(i+1)%len(r)]
		out = append(out, p)
		k := len(out)
		for _, in := range s.inserts {
			if ((in.a == p && in.b == q) || (in.a == q && in.b == p)) && !slices.Contains(out[k:], in.p) {
				out = append(out, in.p)
			}
		}
		slices.SortFunc(out[k:], func(x, y geom.Pt) int { return cmp.Compare(p.Dist(x), p.Dist(y)) })
	}
	return out
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func abs(v int64) int64 { return max(v, -v) }
