package grids

import (
	"math"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// meadow is one community of w x h metres with houses on a grid, but for the places that skip holds for.
func meadow(w, h float64, skip func(x, y float64) bool) memory {
	m := memory{}
	m.add("community", orb.Polygon{rect(0, 0, w, h)}, "code", code12(1), "name", "东关社区")
	for x := 10.0; x+20 < w; x += 40 {
		for y := 10.0; y+12 < h; y += 30 {
			if skip == nil || !skip(x+10, y+6) {
				m.add("building", orb.Polygon{rect(x, y, x+20, y+12)})
			}
		}
	}
	return m
}

// share is the share of a cell's area inside a rectangle in metres, measured on a grid of points.
func share(c Cell, x0, y0, x1, y1 float64) float64 {
	in, all := 0, 0
	b := c.Polygon.Bound()
	for i := range 60 {
		for j := range 60 {
			p := orb.Point{b.Min[0] + (float64(i)+0.5)/60*(b.Max[0]-b.Min[0]), b.Min[1] + (float64(j)+0.5)/60*(b.Max[1]-b.Min[1])}
			if !geom.PointInPolygon(p, c.Polygon) {
				continue
			}
			all++
			if geom.PointInPolygon(p, orb.Polygon{rect(x0, y0, x1, y1)}) {
				in++
			}
		}
	}
	return float64(in) / float64(max(1, all))
}

func TestRiver(t *testing.T) {
	wet := func(x, y float64) bool { return y > 190 && y < 260 }
	m := meadow(600, 450, wet)
	m.add("water", orb.Polygon{rect(-50, 200, 650, 250)}, "class", "river", "name", "护城河")
	m.add("road", orb.LineString{metres(300, -10), metres(300, 460)}, "class", "local") // a bridge over it
	d := mustHold(t, m, Options{})
	river := 0.0
	for _, c := range d.Cells {
		switch s := share(c, -50, 200, 650, 250); {
		case s > 0.97:
			river += c.AreaM2
		case s > 0.03:
			t.Errorf("cell %s has %.0f %% of its area in the river: water and land may not mix", c.Code, 100*s)
		}
	}
	if math.Abs(river-600*50) > 600 {
		t.Errorf("cells of the river add up to %.0f m², want about %d", river, 600*50)
	}
}

// TestBrook: water too narrow for cells of its own, and a pond, are no ground of their own and stay in one piece.
func TestBrook(t *testing.T) {
	m := meadow(500, 400, func(x, y float64) bool { return y > 190 && y < 225 || x > 75 && x < 145 && y > 45 && y < 105 })
	m.add("water", orb.Polygon{rect(0, 200, 500, 208)}, "class", "stream")
	m.add("water", orb.Polygon{rect(80, 50, 140, 100)}, "class", "pond")
	d := mustHold(t, m, Options{})
	for _, c := range d.Cells {
		if share(c, 0, 200, 500, 208) > 0.5 {
			t.Errorf("cell %s is nothing but a brook of 8 m", c.Code)
		}
	}
	pieces := holders(d.Cells, 83, 53, 137, 97)
	if len(pieces) != 1 {
		t.Errorf("a pond of 3,000 m² is in %d cells, want 1", len(pieces))
	}
}

// holders lists the cells that hold points of a grid over a rectangle.
func holders(cells []Cell, x0, y0, x1, y1 float64) []Code {
	var out []Code
	for i := range 12 {
		for j := range 12 {
			p := metres(x0+(float64(i)+0.5)/12*(x1-x0), y0+(float64(j)+0.5)/12*(y1-y0))
			for _, c := range cells {
				if c.Status != Void && geom.PointInPolygon(p, c.Polygon) && !slices.Contains(out, c.Code) {
					out = append(out, c.Code)
				}
			}
		}
	}
	return out
}

func TestCompound(t *testing.T) {
	const x0, y0, x1, y1 = 80, 91, 210, 211 // 15,600 m², below four fifths of the largest area
	src := func(say string, kv ...string) memory {
		m := meadow(600, 450, nil)
		m.add("road", orb.LineString{metres(x0, 151), metres(x1, 151)}, "class", "service") // a way inside asks for a cut
		m.add("land", orb.Polygon{rect(x0, y0, x1, y1)}, "class", "compound", "compound", say)
		return m
	}
	large := func() memory {
		m := meadow(600, 450, nil)
		m.add("land", orb.Polygon{rect(80, 91, 320, 271)}, "class", "campus", "compound", "whole") // 43,200 m²
		return m
	}
	for _, tc := range []struct {
		name string
		src  memory
		opt  Options
		box  [4]float64
		one  bool
	}{
		{"whole by default", src(""), Options{}, [4]float64{x0, y0, x1, y1}, true},
		{"split", src(""), Options{Compound: CompoundSplit}, [4]float64{x0, y0, x1, y1}, false},
		{"whole up to a size", src(""), Options{CompoundMax: 12_000}, [4]float64{x0, y0, x1, y1}, false},
		{"split, but for this one", src("whole"), Options{Compound: CompoundSplit}, [4]float64{x0, y0, x1, y1}, true},
		{"whole, but for this one", src("split"), Options{}, [4]float64{x0, y0, x1, y1}, false},
		{"whole whatever its size", large(), Options{}, [4]float64{80, 91, 320, 271}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := mustHold(t, tc.src, tc.opt)
			got := holders(d.Cells, tc.box[0]+5, tc.box[1]+5, tc.box[2]-5, tc.box[3]-5)
			if (len(got) == 1) != tc.one {
				t.Errorf("the compound lies in cells %v, want one: %v", got, tc.one)
			}
		})
	}
}

// TestOpenGround: ground with limits of its own is cut by them, and bare ground is found without a map of it.
func TestOpenGround(t *testing.T) {
	field := func(x, _ float64) bool { return x > 300 }
	farm := meadow(900, 400, field)
	farm.add("land", orb.Polygon{rect(300, 0, 900, 400)}, "class", "farm")
	for _, tc := range []struct {
		name     string
		src      memory
		land     map[string]Limits
		from, to int // cells mostly on the open ground of 240,000 m²
	}{
		{"farm by its own limits", farm, map[string]Limits{"farm": {Target: 80_000, Min: 20_000, Max: 130_000}}, 2, 4},
		{"bare by its own limits", meadow(900, 400, field), map[string]Limits{"bare": {Target: 60_000, Max: 90_000}}, 3, 6},
		{"farm by default", farm, nil, 15, 24},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := mustHold(t, tc.src, Options{Land: tc.land})
			n := 0
			for _, c := range d.Cells {
				if share(c, 300, 0, 900, 400) > 0.5 {
					n++
				} else if c.AreaM2 > 20_000 {
					t.Errorf("cell %s on built ground has %.0f m²", c.Code, c.AreaM2)
				}
			}
			if n < tc.from || n > tc.to {
				t.Errorf("%d cells on the open ground, want %d to %d", n, tc.from, tc.to)
			}
			for _, f := range d.Findings {
				if f.Rule == "grid.area_above" || f.Rule == "grid.area_below" {
					t.Errorf("%s: %s", f.Rule, f.Text)
				}
			}
			if d.Stats.InRange < 1 {
				t.Errorf("share in range %.3f: the limits are those of the ground", d.Stats.InRange)
			}
			found, _, err := Options{Land: tc.land}.Rules().Check(t.Context(), tc.src, Cells(d.Cells), nil)
			if err != nil {
				t.Fatal(err)
			}
			if n := rules(found); n["grid.area_above"]+n["grid.area_below"] > 0 {
				t.Errorf("the check judges otherwise than the builder: %v", found)
			}
		})
	}
	for _, bad := range []map[string]Limits{{"moon": {}}, {"farm": {Target: 10, Min: 20, Max: 5}}, {"park": {Target: math.NaN()}}} {
		if _, err := Build(t.Context(), farm, Options{Land: bad}); gis.KindOf(err) != gis.Invalid {
			t.Errorf("limits %v: got %v, want invalid", bad, err)
		}
	}
}

// TestCarriageways: the strip between two carriageways is no cell.
func TestCarriageways(t *testing.T) {
	m := meadow(800, 400, func(_, y float64) bool { return y > 180 && y < 220 })
	for _, y := range []float64{194, 206} {
		m.add("road", orb.LineString{metres(-10, y), metres(810, y)}, "class", "arterial")
	}
	d := mustHold(t, m, Options{})
	for _, c := range d.Cells {
		p := 0.0
		for i, q := range c.Polygon[0][1:] {
			mx, my := geom.MetresPerDegree(q[1])
			p += math.Hypot((q[0]-c.Polygon[0][i][0])*mx, (q[1]-c.Polygon[0][i][1])*my)
		}
		if w := 2 * c.AreaM2 / p; w < leastWidth {
			t.Errorf("cell %s has a mean width of %.1f m", c.Code, w)
		}
	}
}
