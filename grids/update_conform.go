package grids

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// A layer of communities that is delivered again comes back with its lines millimetres to centimetres beside themselves.
// No cell is divided anew for that: where a new line runs within lineNoise of an old border between communities the border
// is taken for the line, corner by corner, only what is left over has moved, and at the end the borders follow the lines.
const (
	lineNoise  = 75.0  // mm
	lineExact  = 1.5   // mm two nodings of one line may differ by
	lineMeets  = 30.0  // mm: how far a line that meets a border at 3 degrees or more may run within lineExact beside it
	junctionIn = 300.0 // mm: a moved line leaves a border that must not bend in a corner this near, or else in a lattice point of it
	rigid      = 1     // class of such a border: of a locked cell, or a short one
)

// conform replaces the community lines by the old borders they run beside, and leads onto those what has moved; it does
// nothing when nothing has, or when a second try is made without (lay). Communities divided anew keep their lines as they
// were delivered, but those towards communities that are not: there they get the borders of these.
func (r *renewal) conform() {
	var old []geom.Seg
	for i, k := range r.cells {
		for n, p := range k.ring {
			q := k.ring[(n+1)%len(k.ring)]
			t := r.twin(p, q)
			if t >= 0 && (r.cells[t].comm == k.comm || int32(i) > t) || r.isAnew(k.comm) && (t < 0 || r.free(r.cells[t].comm)) {
				continue
			}
			s := geom.Seg{A: p, B: q, L: int32(len(old)), R: -1}
			if k.locked || t >= 0 && r.cells[t].locked || p.Dist(q) < lostLength {
				s.Class = rigid
			}
			old = append(old, s)
		}
	}
	was := newLineIndex(old)
	shifted, moved := 0.0, false
	for _, s := range r.cov.segs {
		switch {
		case r.free(s.L) && r.free(s.R):
		case was.along(s.A, s.B, lineExact, 2*lineExact):
		case was.along(s.A, s.B, lineExact, lostLength):
			moved = true // as a border of a community that is no more was, a little beside the line left
		case was.along(s.A, s.B, lineNoise, lostLength):
			shifted += s.A.Dist(s.B)
		default:
			moved = true
		}
	}
	tol := lineNoise
	if shifted == 0 {
		if tol = lineExact; !moved || !r.lay {
			return
		}
	}
	delivered := r.cov.segs
	g, unbend := r.laidOn(old, was, tol, nil)
	cov := r.owned(g, tol, nil)
	if open := r.opened(cov); len(open) > 0 {
		unbend()
		g, _ = r.laidOn(old, was, tol, open)
		cov = r.owned(g, tol, open)
	}
	r.cov = cov
	r.find = newCoverFinder(r.cov)
	if shifted == 0 {
		return
	}
	r.fit = newFit(r.b.lat, delivered, r.index)
	at, m := r.b.lat.lonLat(r.cov.segs[0].A), shifted/1000
	r.findings = append(r.findings, finding("grid.lines_followed", gis.SeverityNote, "", at, m,
		"%.0f m of community lines were delivered less than %.0f mm beside where they were; the borders of unit grids follow, codes stay",
		"%.0f 米社区界线与原位置相差不足 %.0f 毫米，单元网格边界随之微调，编码不变", m, lineNoise))
}

// opened returns the communities divided anew that have land by the lines as delivered and none by those laid on old borders: a
// line of theirs was taken for a border that their next line does not meet, or both sides of a strip for one.
func (r *renewal) opened(cov cover) map[int32]bool {
	open := map[int32]bool{}
	for c, yes := range r.anew {
		if yes && cov.area2[c] == 0 && float64(r.area2[c])/2e6 >= sliverArea {
			open[int32(c)] = true
		}
	}
	return open
}

// laidOn makes the graph of the old borders and of what runs beside none of them. Where that ends on an old border, or
// crosses one, the border gets a corner, half a millimetre beside itself at most, in both its cells, which unbend takes back.
// The communities in open keep all their lines.
func (r *renewal) laidOn(old []geom.Seg, was lineIndex, tol float64, open map[int32]bool) (g *geom.Graph, unbend func()) {
	lines := geom.NewGraph(geom.SnapRound(slices.Clone(r.cov.segs), 1), nil)
	segs := slices.Clone(old)
	for _, line := range lines.Edges {
		var parts [][]geom.Pt
		switch free := r.free(line.L) && r.free(line.R); {
		case open[line.L] || open[line.R]:
			parts = [][]geom.Pt{line.Line}
		case !free: // shorter pieces are left over where a line ends on an old border
			parts = was.rest(line.Line, tol, tol)
		case line.Len > 4*tol:
			parts = was.rest(line.Line, tol, 0)
		default: // both its ends lie at old borders, and no other line leads from the one to the other
			parts = [][]geom.Pt{line.Line}
		}
		for _, part := range parts {
			part = was.joined(part, tol)
			for i := 1; i < len(part); i++ {
				if part[i-1] != part[i] {
					segs = append(segs, geom.Seg{A: part[i-1], B: part[i], L: -1, R: -1})
				}
			}
		}
	}
	noded := geom.SnapRound(segs, 1)
	on := make([][]geom.Pt, len(old))
	met := map[geom.Pt]bool{}
	for _, s := range noded {
		if max(s.L, s.R) < 0 {
			met[s.A], met[s.B] = true, true
		}
	}
	for i, s := range noded {
		if k := max(s.L, s.R); k >= 0 && old[k].Class != rigid {
			for _, p := range [2]geom.Pt{s.A, s.B} {
				if met[p] {
					on[k] = append(on[k], p)
				}
			}
		}
		noded[i].L, noded[i].R, noded[i].Class = -1, -1, 0
	}
	unbend = r.bendAll(old, on)
	return geom.NewGraph(geom.Dedup(noded), nil), unbend
}

// bendAll leads each border through its points, in both its cells; undo gives those their outlines back.
func (r *renewal) bendAll(old []geom.Seg, through [][]geom.Pt) (undo func()) {
	rings := map[int32]geom.Ring{}
	for k, pts := range through {
		if len(pts) == 0 {
			continue
		}
		for _, e := range [2][2]geom.Pt{{old[k].A, old[k].B}, {old[k].B, old[k].A}} {
			if i, ok := r.edges[e]; ok && rings[i] == nil {
				rings[i] = r.cells[i].ring
			}
		}
		r.bend(old[k].A, old[k].B, pts)
	}
	return func() {
		for i, ring := range rings {
			k := r.cells[i]
			for n, p := range k.ring {
				if e := [2]geom.Pt{p, k.ring[(n+1)%len(k.ring)]}; r.edges[e] == i {
					delete(r.edges, e)
				}
			}
			for n, p := range ring {
				if e := [2]geom.Pt{p, ring[(n+1)%len(ring)]}; r.twin(e[1], e[0]) < 0 {
					r.edges[e] = i
				}
			}
			k.ring, k.box, k.bent = ring, ring.Box(), false
		}
	}
}

// bend leads the border from a to b through the points, in both its cells.
func (r *renewal) bend(a, b geom.Pt, through []geom.Pt) {
	through = slices.DeleteFunc(through, func(p geom.Pt) bool { return p == a || p == b })
	if len(through) == 0 {
		return
	}
	slices.SortFunc(through, func(p, q geom.Pt) int { return cmp.Compare(a.Dist(p), a.Dist(q)) })
	through = slices.Compact(through)
	for range 2 {
		if i, ok := r.edges[[2]geom.Pt{a, b}]; ok {
			k := r.cells[i]
			n := slices.Index(k.ring, a) + 1
			k.ring, k.bent = slices.Insert(slices.Clone(k.ring), n, through...), true
			k.box = k.ring.Box()
			delete(r.edges, [2]geom.Pt{a, b})
			p := a
			for _, q := range append(slices.Clip(through), b) {
				r.edges[[2]geom.Pt{p, q}] = i
				p = q
			}
		}
		a, b = b, a
		through = slices.Clone(through)
		slices.Reverse(through)
	}
}

// free reports whether the lines of a community are as they were delivered: it is divided anew, or none.
func (r *renewal) free(c int32) bool { return c < 0 || r.anew[c] }

// rest returns the stretches of a line, longer than least, that run beside no segment of the index; all of a line that runs
// beside none, however short: without it what it bounds would be open.
func (l lineIndex) rest(line []geom.Pt, tol, least float64) [][]geom.Pt {
	pos := arcLengths(line)
	end := pos[len(pos)-1]
	beside := slices.DeleteFunc(l.acc.beside(line, pos, tol, nil), func(s span) bool {
		return s.hi-s.lo <= max(3*tol, 2*lineMeets) && (s.lo != 0 || s.hi != end)
	})
	var out [][]geom.Pt
	if len(beside) == 0 {
		return [][]geom.Pt{line}
	}
	for _, s := range subtract([]span{{0, end}}, beside) {
		for _, at := range pos { // up to the corner where it leaves the border
			if at < s.lo && at >= s.lo-lineMeets {
				s.lo = at
			}
		}
		if i := slices.IndexFunc(pos, func(at float64) bool { return at > s.hi }); i >= 0 && pos[i] <= s.hi+lineMeets {
			s.hi = pos[i]
		}
		if pts := stretch(line, pos, s); s.hi-s.lo > least && len(pts) > 1 {
			out = append(out, pts)
		}
	}
	return out
}

// joined leads the ends of a line that lie at the segments of the index to a corner of theirs within 4 tol, or onto the
// segment; of a rigid one to a corner or a lattice point on it within junctionIn.
func (l lineIndex) joined(line []geom.Pt, tol float64) []geom.Pt {
	line = slices.Clone(line)
	for range 2 {
		slices.Reverse(line)
		end := line[len(line)-1]
		corner, exact, foot := end, end, end
		toCorner, toExact, toFoot := junctionIn, junctionIn, 3*tol
		hard := false
		l.acc.near(end, end, junctionIn, func(s geom.Seg) {
			t, d := nearSeg(end, s.A, s.B)
			if d >= 3*tol {
				return
			}
			hard = hard || s.Class == rigid
			if q := at(s.A, s.B, t); d < toFoot || d == toFoot && q.Less(foot) {
				foot, toFoot = q, d
			}
			for _, q := range [2]geom.Pt{s.A, s.B} {
				if e := end.Dist(q); e < toCorner || e == toCorner && q.Less(corner) {
					corner, toCorner = q, e
				}
			}
			if g := gcd(abs(s.B.X-s.A.X), abs(s.B.Y-s.A.Y)); g > 1 {
				k := min(g-1, max(1, int64(math.Round(t*float64(g)))))
				q := geom.Pt{X: s.A.X + (s.B.X-s.A.X)/g*k, Y: s.A.Y + (s.B.Y-s.A.Y)/g*k}
				if e := end.Dist(q); e < toExact || e == toExact && q.Less(exact) {
					exact, toExact = q, e
				}
			}
		})
		best := foot
		switch {
		case toCorner < 4*tol || hard && toCorner < junctionIn:
			best = corner
		case hard && toExact < junctionIn:
			best = exact
		case hard && toFoot < 3*tol:
			best, _ = l.acc.lead(end, 3*tol)
		}
		line[len(line)-1] = best // not one corner more: so short a piece would pass for one that lies on the line
	}
	return line
}
