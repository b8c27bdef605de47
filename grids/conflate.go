package grids

import (
	"math"

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

// conflate drops the parts of lines that run beside a more important line or a
// community line for longer than 2.5 times the tolerance of their class; the loose ends are
// led onto it. Roads digitised beside a community line would give hundreds of slivers otherwise.
func conflate(fixed []geom.Seg, lines []mapLine, box geom.Box) []mapLine {
	acc := newAccepted(box)
	for _, s := range fixed {
		acc.add(s)
	}
	var out []mapLine
	for i := 0; i < len(lines); {
		from := len(out)
		c := lines[i].class
		for ; i < len(lines) && lines[i].class == c; i++ {
			for _, pts := range acc.apart(lines[i].pts, c.beside()) {
				out = append(out, mapLine{class: c, pts: pts})
			}
		}
		for _, l := range out[from:] {
			acc.addLine(l.pts)
		}
	}
	return out
}

// apart returns the parts of the line that do not run beside accepted ones.
func (a *accepted) apart(line []geom.Pt, tol float64) [][]geom.Pt {
	var close []span // by arc length
	pos := make([]float64, len(line))
	for i := 1; i < len(line); i++ {
		p, q := line[i-1], line[i]
		l := p.Dist(q)
		pos[i] = pos[i-1] + l
		a.near(p, q, tol, func(s geom.Seg) {
			if c, ok := capsule(p, q, s.A, s.B, tol); ok {
				close = append(close, span{pos[i-1] + c.lo*l, pos[i-1] + c.hi*l})
			}
		})
	}
	total := pos[len(pos)-1]
	var beside []span
	for _, s := range mergeSpans(close, 1) {
		if s.hi-s.lo > 2.5*tol {
			beside = append(beside, s)
		}
	}
	if len(beside) == 0 {
		return [][]geom.Pt{line}
	}
	var out [][]geom.Pt
	for _, s := range subtract([]span{{0, total}}, beside) {
		if s.hi-s.lo < 300 {
			continue
		}
		pts := stretch(line, pos, s)
		if s.lo > 0 {
			if p, ok := a.lead(pts[0], 2*tol); ok {
				pts = append([]geom.Pt{p}, pts...)
			}
		}
		if s.hi < total {
			if p, ok := a.lead(pts[len(pts)-1], 2*tol); ok {
				pts = append(pts, p)
			}
		}
		if len(pts) > 1 {
			out = append(out, pts)
		}
	}
	return out
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
