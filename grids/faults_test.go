package grids

import (
	"math"
	"math/rand/v2"

	"github.com/paulmach/orb"
)

// faults puts into a city of w by h metres what real data have at their worst, each with some probability.
func faults(r *rand.Rand, m memory, w, h float64) {
	at := func() (x, y float64) { return r.Float64() * w, r.Float64() * h }
	some := func(oneIn int, f func()) {
		if r.IntN(oneIn) == 0 {
			f()
		}
	}
	n := 500
	comm := func(g orb.Geometry) {
		n++
		m.add("community", g, "code", code12(n), "name", "n")
	}
	badCommunities(r, m, comm, some, at)
	badBuildings(r, m, some, at, w, h)
	badLines(r, m, some, at, w, h)
	nan, inf := math.NaN(), math.Inf(1)
	some(4, func() { // what is no geometry at all
		for _, g := range []orb.Geometry{
			orb.Polygon{},
			orb.Polygon{{}},
			orb.MultiPolygon{},
			orb.Collection{},
			orb.LineString{},
			orb.MultiLineString{{}},
			orb.Polygon{{metres(1, 1), metres(2, 2), metres(1, 1)}},
			orb.Polygon{{metres(1, 1), {nan, nan}, metres(5, 9), metres(1, 1)}},
			orb.LineString{metres(1, 1), {nan, 35.2}},
			orb.LineString{metres(1, 1), {inf, 35.2}},
			orb.Point{117, 35.2},
			orb.LineString{metres(100, 100), {0, 0}},
			orb.Polygon{{metres(1, 1), {0, 0}, metres(50, 90), metres(1, 1)}},
		} {
			for _, layer := range []string{"road", "rail", "water", "wall", "land", "building", "component"} {
				m.add(layer, g)
			}
		}
		comm(orb.Polygon{})
		comm(nil)
		comm(orb.Polygon{{metres(1, 1), {nan, 35.2}, metres(50, 90), metres(1, 1)}})
		comm(orb.Polygon{{metres(1, 1), metres(1, 1), metres(1, 1), metres(1, 1)}})
	})
	some(4, func() { m.add("water", orb.Polygon{rect(-100, -100, w+100, h+100)}, "class", "lake") })
	some(4, func() { m.add("land", orb.Polygon{rect(-100, -100, w+100, h+100)}, "class", "park") })
}

func badCommunities(r *rand.Rand, m memory, comm func(orb.Geometry), some func(int, func()), at func() (float64, float64)) {
	some(6, func() { // a bow-tie
		x, y := at()
		comm(orb.Polygon{ringOf([2]float64{x, y}, [2]float64{x + 90, y + 70}, [2]float64{x + 90, y}, [2]float64{x, y + 60})})
	})
	some(6, func() { // an outline with a spike, a step back and a corner it passes twice
		x, y := at()
		comm(orb.Polygon{ringOf([2]float64{x, y}, [2]float64{x + 100, y}, [2]float64{x + 100, y + 50}, [2]float64{x + 180, y + 50}, [2]float64{x + 90, y + 50},
			[2]float64{x + 100, y + 100}, [2]float64{x + 50, y + 50}, [2]float64{x, y + 100}, [2]float64{x + 50, y + 50})})
	})
	some(6, func() { // delivered twice: under another code, under its own, and moved by a little
		c := m["community"][r.IntN(len(m["community"]))]
		if c.Geom == nil {
			return
		}
		comm(orb.Clone(c.Geom))
		m.add("community", orb.Clone(c.Geom), "code", c.Text("code"), "name", "n")
	})
	some(6, func() { // one in the other in the other
		x, y := at()
		for k := range 4 {
			d := float64(k) * 12
			comm(orb.Polygon{rect(x+d, y+d, x+100-d, y+90-d)})
		}
	})
	some(6, func() { // enclaves side by side, that hang on nothing but each other
		x, y := at()
		d := []float64{0, 0.001, 0.02, 0.5, 3}[r.IntN(5)]
		for k := range 3 {
			comm(orb.Polygon{rect(x+float64(k)*(20+d), y, x+float64(k)*(20+d)+20, y+25)})
		}
	})
	some(6, func() { // smaller than any building
		x, y := at()
		comm(orb.Polygon{rect(x, y, x+3, y+2)})
		m.add("building", orb.Polygon{rect(x-10, y-8, x+12, y+9)})
	})
	some(6, func() { // a long sliver, slit and wedge, by the millimetre
		x, y := at()
		d := []float64{0.001, 0.003, 0.02, 0.2}[r.IntN(4)]
		comm(orb.Polygon{ringOf([2]float64{x, y}, [2]float64{x + 150, y + 20}, [2]float64{x + 150, y + 20 + d})})
		comm(orb.Polygon{rect(x, y+30, x+80, y+60), rect(x+10, y+40, x+70, y+40+d), rect(x+40, y+30, x+40+d, y+45)})
	})
}

func badBuildings(r *rand.Rand, m memory, some func(int, func()), at func() (float64, float64), w, h float64) {
	house := func(rings ...orb.Ring) { m.add("building", orb.Polygon(rings)) }
	some(5, func() { x, y := at(); house(rect(x, y, x+220, y+160)) }) // larger than a cell
	some(8, func() { house(rect(-20, -20, w+20, h/2)) })              // larger than communities
	some(5, func() {                                                  // courtyards: one inside, one across the wall, one outside
		x, y := at()
		house(rect(x, y, x+60, y+50), rect(x+10, y+10, x+50, y+40))
		house(rect(x+15, y+15, x+30, y+30))
		house(rect(x+70, y, x+100, y+30), rect(x+95, y+5, x+110, y+20), rect(x+120, y+5, x+125, y+9))
	})
	some(5, func() { // outlines that touch themselves, turn back, have no width
		x, y := at()
		house(ringOf([2]float64{x, y}, [2]float64{x + 30, y}, [2]float64{x + 15, y + 10}, [2]float64{x + 30, y + 20}, [2]float64{x, y + 20}, [2]float64{x + 15, y + 10}))
		house(ringOf([2]float64{x, y + 40}, [2]float64{x + 40, y + 40}, [2]float64{x + 20, y + 40}))
		house(rect(x, y+50, x+40, y+50.001))
		house(ringOf([2]float64{x, y + 60}, [2]float64{x + 30, y + 60}, [2]float64{x + 30, y + 80}, [2]float64{x + 5, y + 80}, [2]float64{x + 5, y + 65}, [2]float64{x + 35, y + 65}, [2]float64{x + 35, y + 70}, [2]float64{x, y + 70}))
	})
	some(5, func() { // a heap of copies, each a little off
		x, y := at()
		for k := range 8 {
			d := float64(k) * []float64{0.001, 0.1, 2}[r.IntN(3)]
			house(rect(x+d, y+d/2, x+25+d, y+14+d))
		}
	})
	some(8, func() { // a comb
		x, y := at()
		for k := range 120 {
			house(rect(x+float64(k)*3, y, x+float64(k+1)*3, y+11+float64(k%4)))
		}
	})
}

func badLines(r *rand.Rand, m memory, some func(int, func()), at func() (float64, float64), w, h float64) {
	class := func() string { return []string{"arterial", "local", "path", "service", ""}[r.IntN(5)] }
	some(4, func() { // on each other, beside each other, there and back, in parts
		x, y := at()
		for k := range 6 {
			d := float64(k) * []float64{0, 0.001, 0.004, 0.7}[r.IntN(4)]
			m.add("road", orb.LineString{metres(x-float64(k)*20, y+d), metres(x+100, y+d), metres(x+100+float64(k)*7, y+40)}, "class", class())
		}
		m.add("road", orb.LineString{metres(x, y), metres(x+90, y+30), metres(x+20, y+20.0/3), metres(x+90, y+30)}, "class", class())
	})
	some(4, func() { // a star, a ring, a comb of dead ends
		x, y := at()
		var ring orb.LineString
		for k := range 13 {
			s, c := math.Sincos(float64(k) * math.Pi / 6)
			m.add("road", orb.LineString{metres(x, y), metres(x+80*c, y+80*s)}, "class", class())
			ring = append(ring, metres(x+50*c, y+50*s))
			m.add("wall", orb.LineString{metres(x+float64(k)*5, y), metres(x+float64(k)*5, y+30)})
		}
		m.add("rail", ring, "class", "rail")
	})
	some(4, func() { // far outside, and through all
		m.add("road", orb.LineString{metres(-40_000, -300), metres(90_000, h/2)}, "class", class())
		m.add("water", orb.LineString{metres(w/2, -5000), metres(w/2+0.001, h+5000)}, "class", "river")
	})
	some(4, func() { // the outline of a community once more
		if c := m["community"][r.IntN(len(m["community"]))]; c.Geom != nil {
			if p := polygons(c.Geom); len(p) > 0 {
				m.add("road", orb.LineString(p[0][0]), "class", class())
			}
		}
	})
}
