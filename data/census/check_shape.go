package census

import (
	"math"

	"wanmi/data/catalog"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
)

// checkShape looks at type and size of the geometry.
func (c *converter) checkShape(rec *record, class *catalog.Class) {
	g := rec.f.Geom
	if !fitsClass(class.Geometry, g.Dimensions()) {
		c.flag(rec, defect{
			rule: RuleGeomType, field: "geometry", value: g.GeoJSONType(),
			en: sprint("class %s %s is drawn as %s, the row is a %s", class.Code, class.En, class.Geometry, g.GeoJSONType()), zh: "图形类型与部件类别不符",
		})
	}
	switch g.Dimensions() {
	case 1:
		l := lineMetres(g)
		if l < 0.1 || l > c.checks.MaxLine {
			c.flag(rec, defect{rule: RuleSize, field: "geometry", measure: l, value: sprint("%.2f m", l), en: sprint("a line of %.2f m", l), zh: sprint("线长 %.2f 米", l)})
		}
		if p, cross := lineCrossing(g); cross {
			at := rec.at
			rec.at = p
			c.flag(rec, defect{rule: RuleCrossing, field: "geometry", en: "the line crosses itself here", zh: "线在此处自相交"})
			rec.at = at
		}
	case 2:
		if a := squareMetres(g); a < 0.01 || a > c.checks.MaxArea {
			c.flag(rec, defect{rule: RuleSize, field: "geometry", measure: a, value: sprint("%.2f m²", a), en: sprint("an area of %.2f m²", a), zh: sprint("面积 %.2f 平方米", a)})
		}
	}
}

func lineParts(g orb.Geometry) []orb.LineString {
	switch g := g.(type) {
	case orb.LineString:
		return []orb.LineString{g}
	case orb.MultiLineString:
		return g
	}
	return nil
}

// lineMetres is the length of a line in longitude and latitude.
func lineMetres(g orb.Geometry) float64 {
	sum := 0.0
	for _, l := range lineParts(g) {
		for i := 1; i < len(l); i++ {
			sum += metres(l[i-1], l[i])
		}
	}
	return sum
}

// lineCrossing finds where a line of up to 500 vertices crosses itself; touching and closing ends are none.
func lineCrossing(g orb.Geometry) (orb.Point, bool) {
	for _, l := range lineParts(g) {
		if len(l) > 500 {
			continue
		}
		for i := 0; i+1 < len(l); i++ {
			for j := i + 2; j+1 < len(l); j++ {
				if boxesMeet(l[i], l[i+1], l[j], l[j+1]) && properCrossing(l[i], l[i+1], l[j], l[j+1]) {
					return l[j], true
				}
			}
		}
	}
	return orb.Point{}, false
}

// properCrossing reports whether two segments cross inside both.
func properCrossing(a, b, c, d orb.Point) bool {
	side := func(p, q, r orb.Point) float64 { return (q[0]-p[0])*(r[1]-p[1]) - (q[1]-p[1])*(r[0]-p[0]) }
	return side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0
}

// depthIn is how far inside the polygon the point lies, metres; negative outside.
func depthIn(p orb.Point, poly orb.Polygon) float64 {
	if !geom.PointInPolygon(p, poly) {
		return -1
	}
	mx, my := geom.MetresPerDegree(p[1])
	best := math.Inf(1)
	for _, ring := range poly {
		for i := 1; i < len(ring); i++ {
			best = min(best, segmentMetres(p, ring[i-1], ring[i], mx, my))
		}
	}
	return best
}

// segmentMetres is the distance of p from the segment a-b, metres, by the given scale.
func segmentMetres(p, a, b orb.Point, mx, my float64) float64 {
	ax, ay, bx, by := (a[0]-p[0])*mx, (a[1]-p[1])*my, (b[0]-p[0])*mx, (b[1]-p[1])*my
	dx, dy := bx-ax, by-ay
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = min(max(-(ax*dx+ay*dy)/l, 0), 1)
	}
	return math.Hypot(ax+t*dx, ay+t*dy)
}
