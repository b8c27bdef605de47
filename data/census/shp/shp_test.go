package shp_test

import (
	"encoding/binary"
	"math"
	"testing"

	"wanmi/data/census/shp"

	"github.com/paulmach/orb"
)

// record makes the content of a polyline or polygon record; extra bytes stand for Z and M.
func record(kind int32, extra int, parts ...[]orb.Point) []byte {
	le := binary.LittleEndian
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b := make([]byte, 44)
	le.PutUint32(b, uint32(kind))
	le.PutUint32(b[36:], uint32(len(parts)))
	le.PutUint32(b[40:], uint32(n))
	at := 0
	for _, p := range parts {
		b = le.AppendUint32(b, uint32(at))
		at += len(p)
	}
	for _, p := range parts {
		for _, q := range p {
			b = le.AppendUint64(b, math.Float64bits(q[0]))
			b = le.AppendUint64(b, math.Float64bits(q[1]))
		}
	}
	return append(b, make([]byte, extra)...)
}

func square(x, y, size float64, clockwise bool) []orb.Point {
	r := orb.Ring{{x, y}, {x + size, y}, {x + size, y + size}, {x, y + size}, {x, y}}
	if clockwise {
		r.Reverse()
	}
	return r
}

func TestPolygons(t *testing.T) {
	for _, c := range []struct {
		name  string
		b     []byte
		parts []int // rings of each polygon
	}{
		{"one", record(5, 0, square(0, 0, 10, true)), []int{1}},
		{"hole", record(5, 0, square(0, 0, 10, true), square(2, 2, 2, false)), []int{2}},
		{"two, a hole in the second", record(15, 64, square(0, 0, 10, true), square(20, 0, 10, true), square(22, 2, 2, false)), []int{1, 2}},
		{"island in a lake", record(25, 32, square(0, 0, 10, true), square(1, 1, 8, false), square(3, 3, 2, true)), []int{2, 1}},
		{"all rings the wrong way round", record(5, 0, square(0, 0, 10, false)), []int{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, err := shp.Decode(c.b)
			if err != nil {
				t.Fatal(err)
			}
			mp, ok := g.(orb.MultiPolygon)
			if p, one := g.(orb.Polygon); one {
				mp, ok = orb.MultiPolygon{p}, true
			}
			if !ok || len(mp) != len(c.parts) {
				t.Fatalf("got %v", g)
			}
			for i, p := range mp {
				if len(p) != c.parts[i] || p[0].Orientation() != orb.CCW {
					t.Errorf("polygon %d has %d rings, the first runs %d", i, len(p), p[0].Orientation())
				}
				for _, h := range p[1:] {
					if h.Orientation() != orb.CW {
						t.Error("a hole runs counter-clockwise")
					}
				}
			}
		})
	}
}

func TestLinesAndFaults(t *testing.T) {
	g, err := shp.Decode(record(13, 80, []orb.Point{{0, 0}, {1, 1}}, []orb.Point{{2, 2}, {3, 3}, {4, 4}}))
	if ml, ok := g.(orb.MultiLineString); err != nil || !ok || len(ml) != 2 || len(ml[1]) != 3 {
		t.Errorf("got %v, %v", g, err)
	}
	whole := record(5, 0, square(0, 0, 10, true))
	for name, b := range map[string][]byte{"short": whole[:60], "empty": {}, "patch": {31, 0, 0, 0}, "lying count": append(append([]byte{}, whole[:40]...), 0xFF, 0xFF, 0xFF, 0x7F)} {
		if g, err := shp.Decode(b); err == nil {
			t.Errorf("%s: got %v without an error", name, g)
		}
	}
}
