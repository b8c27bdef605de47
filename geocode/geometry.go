package geocode

import (
	"math"

	"github.com/paulmach/orb"
)

// pt is a point in metres east and north of the geocoder's origin. Within a city this flat frame is off by less than
// half a percent of a distance, far below what words about places carry.
type pt struct{ x, y float64 }

func (a pt) sub(b pt) pt         { return pt{a.x - b.x, a.y - b.y} }
func (a pt) add(b pt) pt         { return pt{a.x + b.x, a.y + b.y} }
func (a pt) mul(k float64) pt    { return pt{a.x * k, a.y * k} }
func (a pt) dist(b pt) float64   { return math.Hypot(a.x-b.x, a.y-b.y) }
func (a pt) dot(b pt) float64    { return a.x*b.x + a.y*b.y }
func (a pt) norm() float64       { return math.Hypot(a.x, a.y) }
func lerp(a, b pt, t float64) pt { return pt{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t} }
func cross(o, a, b pt) float64   { return (a.x-o.x)*(b.y-o.y) - (a.y-o.y)*(b.x-o.x) }
func (a pt) near(b pt, d float64) bool {
	return math.Abs(a.x-b.x) <= d && math.Abs(a.y-b.y) <= d && a.dist(b) <= d
}

// frame maps longitude, latitude to metres and back.
type frame struct {
	lon, lat float64
	mx, my   float64 // metres per degree
}

func newFrame(c orb.Point) frame {
	s := math.Sin(c[1] * math.Pi / 180)
	const a, e2 = 6378137.0, 0.00669438002290
	w := 1 - e2*s*s
	return frame{
		lon: c[0], lat: c[1],
		mx: a / math.Sqrt(w) * math.Cos(c[1]*math.Pi/180) * math.Pi / 180,
		my: a * (1 - e2) / (w * math.Sqrt(w)) * math.Pi / 180,
	}
}

func (f frame) to(p orb.Point) pt   { return pt{(p[0] - f.lon) * f.mx, (p[1] - f.lat) * f.my} }
func (f frame) from(p pt) orb.Point { return orb.Point{f.lon + p.x/f.mx, f.lat + p.y/f.my} }

// usable reports whether p can be a place: finite, in range and not the 0/0 of an empty record.
func usable(p orb.Point) bool {
	ok := func(v, lim float64) bool { return v >= -lim && v <= lim } // false for NaN
	return ok(p[0], 180) && ok(p[1], 90) && !(p[0] == 0 && p[1] == 0)
}

// line is a polyline in metres.
type line []pt

func (l line) length() float64 {
	var s float64
	for i := 1; i < len(l); i++ {
		s += l[i-1].dist(l[i])
	}
	return s
}

// project returns the point of segment ab nearest to p and its share of the way.
func project(p, a, b pt) (pt, float64) {
	d := b.sub(a)
	q := d.dot(d)
	if q == 0 {
		return a, 0
	}
	t := min(1, max(0, p.sub(a).dot(d)/q))
	return lerp(a, b, t), t
}

// lines is the geometry of a road, which may come in pieces.
type lines []line

// spot is a place on a road: piece, segment, point.
type spot struct {
	piece, seg int
	at         pt
	dist       float64
}

// nearest returns the spot nearest to p; ok is false when there is no geometry.
func (ls lines) nearest(p pt) (s spot, ok bool) { return ls.within(p, math.Inf(1)) }

// within is nearest among the spots less than reach metres from p.
func (ls lines) within(p pt, reach float64) (s spot, ok bool) {
	best := reach * reach
	for k, l := range ls {
		for i := 1; i < len(l); i++ {
			a, b := l[i-1], l[i]
			// The most segments of most roads lie too far away in one of the axes.
			dx, dy := max(min(a.x, b.x)-p.x, p.x-max(a.x, b.x), 0), max(min(a.y, b.y)-p.y, p.y-max(a.y, b.y), 0)
			if dx*dx+dy*dy >= best {
				continue
			}
			q, _ := project(p, a, b)
			v := q.sub(p)
			if d := v.dot(v); d < best {
				best, ok = d, true
				s = spot{piece: k, seg: i, at: q}
			}
		}
	}
	s.dist = math.Sqrt(best)
	return s, ok
}

func (ls lines) length() float64 {
	var s float64
	for _, l := range ls {
		s += l.length()
	}
	return s
}

// walk goes from s along its piece for d metres, towards the end when forward, and on into the piece that continues
// it (an end within 15 m). It returns where it came to and how many metres were left when the road ended.
func (ls lines) walk(s spot, d float64, forward bool) (pt, float64) {
	return ls.follow(s, d, forward, nil)
}

// follow is walk that tells each point it comes by, s first, when pass is not nil.
func (ls lines) follow(s spot, d float64, forward bool, pass func(pt)) (pt, float64) {
	at, seen := s.at, 0
	if pass != nil {
		pass(at)
	}
	piece, i := s.piece, s.seg
	if !forward {
		i--
	}
	for {
		l := ls[piece]
		for i >= 0 && i < len(l) {
			step := at.dist(l[i])
			if step >= d {
				if step == 0 {
					return at, 0
				}
				return lerp(at, l[i], d/step), 0
			}
			d -= step
			at = l[i]
			if pass != nil {
				pass(at)
			}
			if forward {
				i++
			} else {
				i--
			}
		}
		next, fwd, ok := ls.following(piece, at)
		if seen++; !ok || seen > 64 {
			return at, d
		}
		piece, forward = next, fwd
		if forward {
			i = 0
		} else {
			i = len(ls[piece]) - 1
		}
	}
}

// following finds the piece that goes on from the end at, and in which sense.
func (ls lines) following(piece int, at pt) (next int, forward, ok bool) {
	best := 15.0
	for k, l := range ls {
		if k == piece || len(l) < 2 {
			continue
		}
		if d := l[0].dist(at); d < best {
			best, next, forward, ok = d, k, true, true
		}
		if d := l[len(l)-1].dist(at); d < best {
			best, next, forward, ok = d, k, false, true
		}
	}
	return next, forward, ok
}

// middle returns the point halfway along the longest piece, or the mean point of all pieces moved onto the road.
func (ls lines) middle() (pt, bool) {
	var sum pt
	var total float64
	for _, l := range ls {
		for i := 1; i < len(l); i++ {
			d := l[i-1].dist(l[i])
			sum = sum.add(lerp(l[i-1], l[i], .5).mul(d))
			total += d
		}
	}
	if total == 0 {
		for _, l := range ls {
			if len(l) > 0 {
				return l[0], true
			}
		}
		return pt{}, false
	}
	s, _ := ls.nearest(sum.mul(1 / total))
	return s.at, true
}

// directions, clockwise from north; the index times 45 degrees is the bearing.
var directionNames = [8]string{"北", "东北", "东", "东南", "南", "西南", "西", "西北"}

// heading returns the unit vector of direction d (0 north, 2 east ...).
func heading(d int) pt {
	a := float64(d) * math.Pi / 4
	return pt{math.Sin(a), math.Cos(a)}
}

// directionOf returns the direction nearest to the way from a to b.
func directionOf(a, b pt) int {
	d := b.sub(a)
	return (int(math.Round(math.Atan2(d.x, d.y)/(math.Pi/4))) + 8) % 8
}

// linesOf flattens a geometry to polylines in metres; rings become closed lines.
func linesOf(g orb.Geometry, f frame) lines {
	var out lines
	add := func(ps []orb.Point) {
		l := make(line, 0, len(ps))
		for _, p := range ps {
			if usable(p) {
				l = append(l, f.to(p))
			}
		}
		if len(l) > 0 {
			out = append(out, l)
		}
	}
	switch g := g.(type) {
	case orb.LineString:
		add(g)
	case orb.MultiLineString:
		for _, l := range g {
			add(l)
		}
	case orb.Polygon:
		for _, r := range g {
			add(r)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			for _, r := range p {
				add(r)
			}
		}
	case orb.Collection:
		for _, c := range g {
			out = append(out, linesOf(c, f)...)
		}
	}
	return out
}

// area is a polygon with holes, or several, as rings in metres under the even-odd rule.
type area struct {
	rings                  lines
	minX, minY, maxX, maxY float64
}

func areaOf(g orb.Geometry, f frame) area {
	a := area{minX: math.Inf(1), minY: math.Inf(1), maxX: math.Inf(-1), maxY: math.Inf(-1)}
	switch g.(type) {
	case orb.Polygon, orb.MultiPolygon, orb.Collection:
		a.rings = linesOf(g, f)
	}
	for _, l := range a.rings {
		for _, p := range l {
			a.minX, a.maxX = min(a.minX, p.x), max(a.maxX, p.x)
			a.minY, a.maxY = min(a.minY, p.y), max(a.maxY, p.y)
		}
	}
	return a
}

func (a *area) contains(p pt) bool {
	if p.x < a.minX || p.x > a.maxX || p.y < a.minY || p.y > a.maxY {
		return false
	}
	in := false
	for _, l := range a.rings {
		for i, j := 0, len(l)-1; i < len(l); j, i = i, i+1 {
			u, v := l[i], l[j]
			if (u.y > p.y) != (v.y > p.y) && p.x < (v.x-u.x)*(p.y-u.y)/(v.y-u.y)+u.x {
				in = !in
			}
		}
	}
	return in
}

// centre returns a point inside: the middle of the widest stretch of the horizontal line through the middle of the box.
func (a *area) centre() (pt, bool) {
	if len(a.rings) == 0 {
		return pt{}, false
	}
	best, width := pt{(a.minX + a.maxX) / 2, (a.minY + a.maxY) / 2}, -1.0
	for _, share := range []float64{.5, .4, .6} {
		y := a.minY + (a.maxY-a.minY)*share
		var xs []float64
		for _, l := range a.rings {
			for i, j := 0, len(l)-1; i < len(l); j, i = i, i+1 {
				u, v := l[i], l[j]
				if (u.y > y) != (v.y > y) {
					xs = append(xs, (v.x-u.x)*(y-u.y)/(v.y-u.y)+u.x)
				}
			}
		}
		sortFloats(xs)
		for i := 1; i < len(xs); i += 2 {
			if w := xs[i] - xs[i-1]; w > width*1.2 {
				width, best = w, pt{(xs[i] + xs[i-1]) / 2, y}
			}
		}
	}
	return best, true
}

func (a *area) radius() float64 {
	return math.Hypot(a.maxX-a.minX, a.maxY-a.minY) / 2
}

// pointOf returns a point that stands for the geometry.
func pointOf(g orb.Geometry, f frame) (pt, bool) {
	switch g := g.(type) {
	case nil:
		return pt{}, false
	case orb.Point:
		return f.to(g), usable(g)
	case orb.MultiPoint:
		if len(g) == 0 {
			return pt{}, false
		}
		return f.to(g[0]), usable(g[0])
	case orb.Polygon, orb.MultiPolygon:
		a := areaOf(g, f)
		return a.centre()
	}
	return linesOf(g, f).middle()
}
