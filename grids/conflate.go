package grids

import (
	"math"
	"slices"

	"wanmi/gis/geom"
)

// accepted holds the segments other lines are compared with.
type accepted struct {
	segs  []geom.Seg
	bins  geom.Bins
	items [][]int32
	seen  []int32 // stamp per segment, so that one in many squares is looked at once
	stamp int32
}

func newAccepted(box geom.Box) *accepted {
	b := geom.NewBins(box, 25_000)
	return &accepted{bins: b, items: make([][]int32, b.Len())}
}

func (a *accepted) add(s geom.Seg) {
	k := int32(len(a.segs))
	a.segs = append(a.segs, s)
	a.seen = append(a.seen, 0)
	a.bins.Seg(s.A, s.B, 0, func(q int) { a.items[q] = append(a.items[q], k) })
}

func (a *accepted) addLine(l []geom.Pt) {
	for i := 1; i < len(l); i++ {
		a.add(geom.Seg{A: l[i-1], B: l[i]})
	}
}

// near calls f for the segments that may lie within r of pq.
func (a *accepted) near(p, q geom.Pt, r float64, f func(geom.Seg)) {
	a.stamp++
	box := geom.NoBox.Grow(p).Grow(q).Pad(int64(r) + 1)
	a.bins.Box(box, func(sq int) {
		for _, i := range a.items[sq] {
			if a.seen[i] != a.stamp {
				a.seen[i] = a.stamp
				if a.segs[i].Box().Meets(box) {
					f(a.segs[i])
				}
			}
		}
	})
}

const (
	rimBeside = 8000.0   // mm a street may run beside a community line before its strip of land is worth no border
	rimLeast  = 30_000.0 // mm it does so at least
	rimSin    = 0.17     // sine of the angle up to which it runs beside: 10 degrees
	looseEnd  = 50.0     // mm from a dropped line to the end of one that ended on it
)

// conflation leaves of lines that run beside one another the most important.
type conflation struct {
	all  *accepted // community lines, and the lines that stay so far
	rim  *accepted // community lines
	gone *accepted // what was dropped beside them
	obs  *obstacles
}

// conflate drops the parts of lines that run beside a more important line or a community line for longer than 2.5
// times the tolerance of their class; the loose ends are led onto it. Roads digitised beside a community line would
// give hundreds of slivers otherwise. Streets, walls and paths may run further from a community line: a strip a few metres wide
// between the two is land that every planner leaves with the cell inside.
func conflate(fixed []geom.Seg, lines []mapLine, box geom.Box, obs *obstacles) []mapLine {
	f := conflation{newAccepted(box), newAccepted(box), newAccepted(box), obs}
	for _, s := range fixed {
		f.all.add(s)
		if keepCommunity(s) {
			f.rim.add(s)
		}
	}
	var out []mapLine
	for i := 0; i < len(lines); {
		from := len(out)
		c := lines[i].class
		for ; i < len(lines) && lines[i].class == c; i++ {
			for _, pts := range f.apart(lines[i].pts, c) {
				out = append(out, mapLine{class: c, pts: pts})
			}
		}
		for _, l := range out[from:] {
			f.all.addLine(l.pts)
		}
	}
	for i := range out {
		f.tie(&out[i])
	}
	return out
}

// apart returns the parts of the line that do not run beside accepted ones.
func (f *conflation) apart(line []geom.Pt, c class) [][]geom.Pt {
	tol := c.beside()
	pos := arcLengths(line)
	total := pos[len(pos)-1]
	beside := slices.DeleteFunc(f.all.beside(line, pos, tol, nil), func(s span) bool { return s.hi-s.lo <= 2.5*tol })
	along := f.along(line, pos, c)
	if len(beside)+len(along) == 0 {
		return [][]geom.Pt{line}
	}
	for _, s := range along {
		f.gone.addLine(stretch(line, pos, s))
	}
	if len(along) > 0 {
		beside = mergeSpans(append(beside, along...), 1)
		tol = rimBeside
	}
	var out [][]geom.Pt
	for _, s := range subtract([]span{{0, total}}, beside) {
		if s.hi-s.lo < 300 {
			continue
		}
		pts := stretch(line, pos, s)
		if s.lo > 0 {
			if p, ok := f.all.lead(pts[0], 2*tol); ok {
				pts = append([]geom.Pt{p}, pts...)
			}
		}
		if s.hi < total {
			if p, ok := f.all.lead(pts[len(pts)-1], 2*tol); ok {
				pts = append(pts, p)
			}
		}
		if len(pts) > 1 {
			out = append(out, pts)
		}
	}
	return out
}

// along returns the stretches of a street, wall or path that run beside a community line, with no building between.
func (f *conflation) along(line []geom.Pt, pos []float64, c class) []span {
	switch c {
	case clsArterial, clsCollector, clsLocal, clsLink, clsService, clsWall, clsPath:
	default:
		return nil
	}
	alike := func(p, q geom.Pt, s geom.Seg) bool {
		dx, dy := float64(q.X-p.X), float64(q.Y-p.Y)
		ex, ey := float64(s.B.X-s.A.X), float64(s.B.Y-s.A.Y)
		return math.Abs(dx*ey-dy*ex) <= rimSin*p.Dist(q)*math.Hypot(ex, ey)
	}
	var out []span
	for _, s := range f.rim.beside(line, pos, rimBeside, alike) {
		if s.hi-s.lo >= rimLeast && f.open(stretch(line, pos, s)) {
			out = append(out, s)
		}
	}
	return out
}

// open reports whether no building stands between a path and the community line beside it, looked at every ten metres.
func (f *conflation) open(path []geom.Pt) bool {
	for i := 1; i < len(path); i++ {
		n := int(path[i-1].Dist(path[i])/10_000) + 1
		for k := range n + 1 {
			p := at(path[i-1], path[i], float64(k)/float64(n))
			q, ok := f.rim.lead(p, 2*rimBeside)
			if ok && len(f.obs.clip([]geom.Pt{p, q}, func(int32) float64 { return skin })) != 1 {
				return false
			}
		}
	}
	return true
}

// tie leads a line that ended on a dropped one on to the community line.
func (f *conflation) tie(l *mapLine) {
	loose := func(p geom.Pt) (geom.Pt, bool) {
		found := false
		f.gone.near(p, p, looseEnd, func(s geom.Seg) { found = found || distSeg(p, s.A, s.B) <= looseEnd })
		if !found {
			return p, false
		}
		return f.rim.lead(p, 2*rimBeside)
	}
	if p, ok := loose(l.pts[0]); ok {
		l.pts = append([]geom.Pt{p}, l.pts...)
	}
	if p, ok := loose(l.pts[len(l.pts)-1]); ok {
		l.pts = append(slices.Clip(l.pts), p)
	}
}

// arcLengths returns how far along a line each of its points lies.
func arcLengths(line []geom.Pt) []float64 {
	pos := make([]float64, len(line))
	for i := 1; i < len(line); i++ {
		pos[i] = pos[i-1] + line[i-1].Dist(line[i])
	}
	return pos
}

// beside returns the stretches of a line, by arc length, that lie within r of accepted segments; where count is given,
// of those it lets count for a piece pq of the line.
func (a *accepted) beside(line []geom.Pt, pos []float64, r float64, count func(p, q geom.Pt, s geom.Seg) bool) []span {
	var close []span
	for i := 1; i < len(line); i++ {
		p, q := line[i-1], line[i]
		l := p.Dist(q)
		a.near(p, q, r, func(s geom.Seg) {
			if count != nil && !count(p, q, s) {
				return
			}
			if c, ok := capsule(p, q, s.A, s.B, r); ok {
				close = append(close, span{pos[i-1] + c.lo*l, pos[i-1] + c.hi*l})
			}
		})
	}
	return mergeSpans(close, 1)
}

// stretch returns the points of the line between two arc lengths.
func stretch(line []geom.Pt, pos []float64, s span) []geom.Pt {
	var out []geom.Pt
	add := func(p geom.Pt) {
		if len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	for i := 1; i < len(line); i++ {
		if pos[i] < s.lo || pos[i-1] > s.hi {
			continue
		}
		l := pos[i] - pos[i-1]
		add(at(line[i-1], line[i], (max(s.lo, pos[i-1])-pos[i-1])/l))
		add(at(line[i-1], line[i], (min(s.hi, pos[i])-pos[i-1])/l))
	}
	return out
}

// lead returns a point 5 cm behind the nearest accepted segment within r of p; ok is false when p lies on it or there is none.
func (a *accepted) lead(p geom.Pt, r float64) (geom.Pt, bool) {
	best, foot := r, p
	a.near(p, p, r, func(s geom.Seg) {
		t, d := nearSeg(p, s.A, s.B)
		if f := at(s.A, s.B, t); d < best || (d == best && f.Less(foot)) {
			best, foot = d, f
		}
	})
	d := p.Dist(foot)
	if d < 1 {
		return p, false
	}
	k := (d + rayOverrun) / d
	return geom.Pt{X: p.X + int64(math.Round(k*float64(foot.X-p.X))), Y: p.Y + int64(math.Round(k*float64(foot.Y-p.Y)))}, true
}
