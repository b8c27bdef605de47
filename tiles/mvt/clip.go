package mvt

import "math"

// Clipper cuts parts to a square in tile units. Coordinates are x, y pairs. It keeps its buffers; the zero
// value is ready and serves one goroutine. What it yields is valid until the next call.
type Clipper struct {
	a, b []int64
	keep []bool
	todo []int
}

// Box is a closed square of tile units on both axes: Lo <= v <= Hi.
type Box struct{ Lo, Hi int64 }

// Line cuts a line and yields each part inside; parts have two points or more, no two in a row equal.
func (c *Clipper) Line(xy []int64, box Box, yield func([]int64)) {
	out := c.a[:0]
	flush := func() {
		if len(out) >= 4 {
			yield(out)
		}
		out = out[:0]
	}
	for i := 0; i+3 < len(xy); i += 2 {
		x0, y0, x1, y1 := xy[i], xy[i+1], xy[i+2], xy[i+3]
		ax, ay, bx, by, ok := clipSegment(x0, y0, x1, y1, box)
		if !ok {
			flush()
			continue
		}
		if n := len(out); n > 0 && (out[n-2] != ax || out[n-1] != ay) {
			flush()
		}
		if len(out) == 0 {
			out = append(out, ax, ay)
		}
		if n := len(out); out[n-2] != bx || out[n-1] != by {
			out = append(out, bx, by)
		}
	}
	flush()
	c.a = out
}

// clipSegment is Liang and Barsky's cut. A segment and its reverse give the same points: the arithmetic
// always runs from the smaller end.
func clipSegment(x0, y0, x1, y1 int64, box Box) (ax, ay, bx, by int64, ok bool) {
	in0 := x0 >= box.Lo && x0 <= box.Hi && y0 >= box.Lo && y0 <= box.Hi
	in1 := x1 >= box.Lo && x1 <= box.Hi && y1 >= box.Lo && y1 <= box.Hi
	if in0 && in1 {
		return x0, y0, x1, y1, true
	}
	if max(x0, x1) < box.Lo || min(x0, x1) > box.Hi || max(y0, y1) < box.Lo || min(y0, y1) > box.Hi {
		return 0, 0, 0, 0, false
	}
	if x1 < x0 || x1 == x0 && y1 < y0 {
		bx, by, ax, ay, ok = clipSegment(x1, y1, x0, y0, box)
		return ax, ay, bx, by, ok
	}
	t0, t1 := 0.0, 1.0
	dx, dy := float64(x1-x0), float64(y1-y0)
	for _, pq := range [4][2]float64{
		{-dx, float64(x0 - box.Lo)},
		{dx, float64(box.Hi - x0)},
		{-dy, float64(y0 - box.Lo)},
		{dy, float64(box.Hi - y0)},
	} {
		p, q := pq[0], pq[1]
		switch {
		case p == 0 && q < 0:
			return 0, 0, 0, 0, false
		case p < 0:
			t0 = max(t0, q/p)
		case p > 0:
			t1 = min(t1, q/p)
		}
	}
	if t0 > t1 {
		return 0, 0, 0, 0, false
	}
	ax, ay, bx, by = x0, y0, x1, y1
	if !in0 {
		ax, ay = box.clamp(float64(x0)+t0*dx), box.clamp(float64(y0)+t0*dy)
	}
	if !in1 {
		bx, by = box.clamp(float64(x0)+t1*dx), box.clamp(float64(y0)+t1*dy)
	}
	return ax, ay, bx, by, true
}

func (b Box) clamp(v float64) int64 { return min(max(int64(math.Round(v)), b.Lo), b.Hi) }

// Ring cuts a ring (first point not repeated) by Sutherland and Hodgman's rule and returns what is left, which
// may be empty and may run along the box's border. It may change xy and return it.
func (c *Clipper) Ring(xy []int64, box Box) []int64 {
	if len(xy) == 0 {
		return nil
	}
	x0, y0, x1, y1 := xy[0], xy[1], xy[0], xy[1]
	for i := 2; i+1 < len(xy); i += 2 {
		x0, y0, x1, y1 = min(x0, xy[i]), min(y0, xy[i+1]), max(x1, xy[i]), max(y1, xy[i+1])
	}
	if x0 > box.Hi || y0 > box.Hi || x1 < box.Lo || y1 < box.Lo {
		return nil
	}
	for _, side := range [4]struct {
		axis  int
		v     int64
		below bool
		cuts  bool
	}{{0, box.Lo, false, x0 < box.Lo}, {0, box.Hi, true, x1 > box.Hi}, {1, box.Lo, false, y0 < box.Lo}, {1, box.Hi, true, y1 > box.Hi}} {
		if side.cuts {
			xy = cutSide(xy, c.b[:0], side.axis, side.v, side.below)
			c.a, c.b = xy, c.a
		}
	}
	return CleanRing(xy, false)
}

// cutSide keeps what lies on one side of x = v (axis 0) or y = v (axis 1), the border included.
func cutSide(in, out []int64, axis int, v int64, below bool) []int64 {
	n := len(in)
	if n == 0 {
		return out
	}
	sign := int64(1)
	if below {
		sign = -1
	}
	px, py := in[n-2], in[n-1]
	was := (in[n-2+axis]-v)*sign >= 0
	for i := 0; i+1 < n; i += 2 {
		x, y := in[i], in[i+1]
		is := (in[i+axis]-v)*sign >= 0
		if is != was {
			if axis == 0 {
				out = append(out, v, cross(px, py, x, y, v))
			} else {
				out = append(out, cross(py, px, y, x, v), v)
			}
		}
		if is {
			out = append(out, x, y)
		}
		px, py, was = x, y, is
	}
	return out
}

// cross returns b where the segment (a0,b0)-(a1,b1) meets a = v; the same for both directions.
func cross(a0, b0, a1, b1, v int64) int64 {
	if a1 < a0 {
		a0, b0, a1, b1 = a1, b1, a0, b0
	}
	return b0 + int64(math.Round(float64(b1-b0)*float64(v-a0)/float64(a1-a0)))
}

// CleanRing drops, in place, points equal to the one before them (the last and the first are neighbours) and, when straight
// is set, points exactly on the segment between their neighbours.
func CleanRing(xy []int64, straight bool) []int64 {
	out := xy[:0]
	for i := 0; i+1 < len(xy); i += 2 {
		x, y := xy[i], xy[i+1]
		n := len(out)
		if n >= 2 && out[n-2] == x && out[n-1] == y {
			continue
		}
		for straight && n >= 4 && between(out[n-4], out[n-3], out[n-2], out[n-1], x, y) {
			n -= 2
			out = out[:n]
		}
		out = append(out, x, y)
	}
	for len(out) >= 4 && out[0] == out[len(out)-2] && out[1] == out[len(out)-1] {
		out = out[:len(out)-2]
	}
	return out
}

// between reports whether b lies exactly on the segment from a to c.
func between(ax, ay, bx, by, cx, cy int64) bool {
	return (bx-ax)*(cy-by) == (by-ay)*(cx-bx) && (bx-ax)*(cx-bx)+(by-ay)*(cy-by) >= 0
}

// Area2 returns twice the area of a ring by the surveyor's formula: positive for an exterior ring of a tile.
func Area2(xy []int64) int64 {
	n := len(xy)
	if n < 6 {
		return 0
	}
	ox, oy := xy[0], xy[1]
	var a int64
	px, py := int64(0), int64(0)
	for i := 2; i < n; i += 2 {
		x, y := xy[i]-ox, xy[i+1]-oy
		a += px*y - x*py
		px, py = x, y
	}
	return a
}

// Reverse turns a part round in place.
func Reverse(xy []int64) {
	for i, j := 0, len(xy)-2; i < j; i, j = i+2, j-2 {
		xy[i], xy[j] = xy[j], xy[i]
		xy[i+1], xy[j+1] = xy[j+1], xy[i+1]
	}
}

// Simplify drops, in place, the points of a line that lie within tol tile units of it, by Douglas and Peucker's rule. Ends stay; of
// a loop within tol of its ends one point is left.
func (c *Clipper) Simplify(xy []int64, tol float64) []int64 {
	n := len(xy) / 2
	if n < 3 || tol <= 0 {
		return xy
	}
	c.keep = append(c.keep[:0], make([]bool, n)...)
	c.keep[0], c.keep[n-1] = true, true
	c.todo = append(c.todo[:0], 0, n-1)
	for len(c.todo) > 0 {
		i, j := c.todo[len(c.todo)-2], c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-2]
		at := farthest(xy[2*i:2*j+2], tol)
		if at >= 0 {
			at += i
			c.keep[at] = true
			c.todo = append(c.todo, i, at, at, j)
		}
	}
	out := xy[:0]
	for k, keep := range c.keep {
		if !keep {
			continue
		}
		if m := len(out); m > 0 && out[m-2] == xy[2*k] && out[m-1] == xy[2*k+1] {
			continue // a loop that has shrunk to its ends
		}
		out = append(out, xy[2*k], xy[2*k+1])
	}
	return out
}

// farthest returns the point of a line farthest from the segment between its ends, -1 when all are within tol.
func farthest(xy []int64, tol float64) int {
	n := len(xy)
	ax, ay := xy[0], xy[1]
	dx, dy := float64(xy[n-2]-ax), float64(xy[n-1]-ay)
	inv := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		inv = 1 / l
	}
	far, at := tol*tol, -1
	for k := 2; k < n-2; k += 2 {
		ex, ey := float64(xy[k]-ax), float64(xy[k+1]-ay)
		t := (ex*dx + ey*dy) * inv
		if t > 1 {
			t = 1
		} else if t < 0 {
			t = 0
		}
		ex, ey = ex-t*dx, ey-t*dy
		if d := ex*ex + ey*ey; d > far {
			far, at = d, k/2
		}
	}
	return at
}
