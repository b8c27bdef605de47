package geom

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
)

func TestLabelPoint(t *testing.T) {
	u := orb.Polygon{{{0, 0}, {9, 0}, {9, 9}, {6, 9}, {6, 3}, {3, 3}, {3, 9}, {0, 9}, {0, 0}}}
	ring := orb.Polygon{{{0, 0}, {9, 0}, {9, 9}, {0, 9}, {0, 0}}, {{2, 2}, {2, 7}, {7, 7}, {7, 2}, {2, 2}}}
	for name, p := range map[string]orb.Polygon{"u": u, "with a hole": ring} {
		if at := LabelPoint(p); !PointInPolygon(at, p) {
			t.Errorf("%s: label point %v lies outside", name, at)
		}
		far := orb.MultiPolygon{{{{20, 20}, {21, 20}, {20, 21}, {20, 20}}}, p}
		if at := LabelPoint(far); !PointInPolygon(at, p) {
			t.Errorf("%s: label point %v is not in the largest part", name, at)
		}
	}
	for _, tc := range []struct {
		name string
		in   orb.Geometry
		want orb.Point
	}{
		{"point", orb.Point{3, 4}, orb.Point{3, 4}},
		{"line", orb.LineString{{0, 0}, {4, 0}, {4, 4}}, orb.Point{4, 0}},
		{"lines", orb.MultiLineString{{{9, 9}, {9, 8}}, {{0, 0}, {0, 6}}}, orb.Point{0, 3}},
		{"nothing", nil, orb.Point{}},
		{"empty polygon", orb.Polygon{}, orb.Point{}},
		{"flat polygon", orb.Polygon{{{1, 1}, {2, 1}, {1, 1}}}, orb.Point{1, 1}},
	} {
		if got := LabelPoint(tc.in); got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestMetresPerDegree: values of the ellipsoid from its published tables (a degree of latitude and of longitude).
func TestMetresPerDegree(t *testing.T) {
	for _, tc := range []struct{ lat, mx, my float64 }{
		{0, 111319.491, 110574.276},
		{45, 78846.806, 111131.778},
		{60, 55799.98, 111412.24},
	} {
		mx, my := MetresPerDegree(tc.lat)
		if math.Abs(mx-tc.mx) > 1 || math.Abs(my-tc.my) > 1 {
			t.Errorf("at %g: got %.3f and %.3f, want %.3f and %.3f", tc.lat, mx, my, tc.mx, tc.my)
		}
	}
}
