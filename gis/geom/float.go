package geom

import (
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// CGCS2000 ellipsoid.
const (
	semiMajor  = 6378137.0
	flattening = 1 / 298.257222101
)

// MetresPerDegree returns how many metres a degree of longitude (mx) and of
// latitude (my) measure at that latitude, on the CGCS2000 ellipsoid.
func MetresPerDegree(lat float64) (mx, my float64) {
	const e2 = flattening * (2 - flattening)
	sin, cos := math.Sincos(lat * math.Pi / 180)
	w2 := 1 - e2*sin*sin
	w := math.Sqrt(w2)
	mx = semiMajor / w * cos * math.Pi / 180
	my = semiMajor * (1 - e2) / (w2 * w) * math.Pi / 180
	return mx, my
}

// PointInPolygon reports whether p lies in poly; a point on the outline counts as inside, one in a hole does not.
func PointInPolygon(p orb.Point, poly orb.Polygon) bool {
	return len(poly) > 0 && poly.Bound().Contains(p) && planar.PolygonContains(poly, p)
}

// LabelPoint returns a point to label g at: inside a polygon (of a
// multi-polygon the part with the largest area), the middle along a line (of a
// multi-line the longest part), the point itself; the zero point for nil or empty geometry.
func LabelPoint(g orb.Geometry) orb.Point {
	switch g := g.(type) {
	case orb.Point:
		return g
	case orb.MultiPoint:
		if len(g) > 0 {
			return g[0]
		}
	case orb.LineString:
		return lineMiddle(g)
	case orb.MultiLineString:
		return lineMiddle(largest(g, planar.Length))
	case orb.Ring:
		return inside(orb.Polygon{g})
	case orb.Polygon:
		return inside(g)
	case orb.MultiPolygon:
		return inside(largest(g, func(p orb.Geometry) float64 { return math.Abs(planar.Area(p)) }))
	case orb.Collection:
		if len(g) > 0 {
			return LabelPoint(g[0])
		}
	case orb.Bound:
		return g.Center()
	}
	return orb.Point{}
}

// largest returns the part that measures most, the zero value when there is none.
func largest[T orb.Geometry](parts []T, size func(orb.Geometry) float64) (best T) {
	most := math.Inf(-1)
	for _, p := range parts {
		if s := size(p); s > most {
			best, most = p, s
		}
	}
	return best
}

func lineMiddle(l orb.LineString) orb.Point {
	if len(l) == 0 {
		return orb.Point{}
	}
	rest := planar.Length(l) / 2
	for i := 1; i < len(l); i++ {
		d := planar.Distance(l[i-1], l[i])
		if rest <= d && d > 0 {
			t := rest / d
			return orb.Point{l[i-1][0] + t*(l[i][0]-l[i-1][0]), l[i-1][1] + t*(l[i][1]-l[i-1][1])}
		}
		rest -= d
	}
	return l[len(l)-1]
}

// inside looks along a few level lines for the middle of the widest stretch inside the polygon.
func inside(poly orb.Polygon) orb.Point {
	if len(poly) == 0 || len(poly[0]) == 0 {
		return orb.Point{}
	}
	b := poly[0].Bound()
	best, width := orb.Point{}, -1.0
	for _, share := range []float64{0.5, 0.37, 0.63, 0.25, 0.75, 0.12, 0.88} {
		y := b.Min[1] + share*(b.Max[1]-b.Min[1])
		xs := crossings(poly, y)
		for i := 0; i+1 < len(xs); i += 2 {
			if w := xs[i+1] - xs[i]; w > width*(1+1e-9) {
				best, width = orb.Point{(xs[i] + xs[i+1]) / 2, y}, w
			}
		}
		if share != 0.5 && width > 0.25*(b.Max[0]-b.Min[0]) {
			break
		}
	}
	if width < 0 {
		return poly[0][0]
	}
	return best
}

// crossings returns the sorted x where the outline crosses the level y.
func crossings(poly orb.Polygon, y float64) []float64 {
	var xs []float64
	for _, r := range poly {
		for i := 1; i < len(r); i++ {
			a, c := r[i-1], r[i]
			if (a[1] > y) == (c[1] > y) {
				continue
			}
			x := a[0] + (y-a[1])/(c[1]-a[1])*(c[0]-a[0])
			k := len(xs)
			xs = append(xs, x)
			for ; k > 0 && xs[k-1] > x; k-- {
				xs[k] = xs[k-1]
			}
			xs[k] = x
		}
	}
	return xs
}
