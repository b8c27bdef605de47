package tiles

import (
	"bytes"
	"math"
	"math/rand"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/tiles/mvt"
)

// unplated is a set that projects every shape for every tile.
func unplated(tb testing.TB, m Source) *Set {
	s := build(tb, m, func(c *Config) { c.CacheBytes = -1 })
	for _, l := range s.layers {
		l.table.plated.Store(math.MaxInt64 / 2)
	}
	return s
}

// A tile is the same whether its shapes come from plates or are projected for it: at all zooms, in both grids, of shapes of every kind.
func TestPlates(t *testing.T) {
	m := city(t, 5, 1500, 3000)
	r := rand.New(rand.NewSource(1))
	ring := func(x, y, size float64, n int, turn bool) orb.Ring {
		var out orb.Ring
		for i := range n {
			a := 2 * math.Pi * float64(i) / float64(n)
			if turn {
				a = -a
			}
			out = append(out, at(x+math.Cos(a)*size*(0.6+r.Float64()*0.4), y+math.Sin(a)*size*(0.6+r.Float64()*0.4)))
		}
		return append(out, out[0])
	}
	for i := range int64(400) {
		x, y, size := (r.Float64()-0.5)*1500, (r.Float64()-0.5)*1500, math.Exp(r.Float64()*9-2)
		turn := i%2 == 0
		var g orb.Geometry = orb.Polygon{ring(x, y, size, 3+r.Intn(20), turn), ring(x, y, size/2, 3+r.Intn(9), turn == (i%3 == 0)), ring(x, y, size/1000, 4, turn)}
		switch i % 4 {
		case 1:
			g = orb.MultiPolygon{g.(orb.Polygon), {ring(x+3*size, y, size, 5, !turn)}, {ring(x, y, size/3000, 3, turn), ring(x, y, size/4000, 3, turn)}}
		case 3:
			g = orb.Polygon{ring(x, y, size, 3+r.Intn(20), i%8 == 3)}
		case 2:
			g = orb.MultiLineString{orb.LineString(ring(x, y, size, 30, turn)), orb.LineString(ring(x, y, size/900, 9, turn)), {at(x, y), at(x-size, y)}}
		}
		m.put(feature("land", i+1, g, nil))
	}
	s := build(t, m, func(c *Config) { c.CacheBytes = -1 })
	bare := unplated(t, m)
	layers := []string{"land", "unit_grid", "building", "road", "component", "community"}
	geo, bareGeo := s.Geographic(), bare.Geographic()
	for _, l := range bareGeo.layers {
		l.table.plated.Store(math.MaxInt64 / 2)
	}
	same := func(s, bare *Set, a maptile.Tile) {
		t.Helper()
		got, want := mustTile(t, s, layers, a), mustTile(t, bare, layers, a)
		if !bytes.Equal(got.Raw(), want.Raw()) || got.Thinned != want.Thinned || got.ETag != want.ETag {
			t.Errorf("%v: %d bytes, %d left out with plates; %d, %d without", a, got.Size, got.Thinned, want.Size, want.Thinned)
		}
		if len(got.Gzip) > 0 {
			if err := mvt.Validate(got.Raw()); err != nil {
				t.Errorf("%v: %v", a, err)
			}
		}
	}
	for z := maptile.Zoom(0); z <= 22; z++ {
		for range 6 {
			p := at(r.NormFloat64()*600, r.NormFloat64()*600)
			a := maptile.At(p, z)
			same(s, bare, a)
			if z > 0 {
				side := 360 / math.Exp2(float64(z))
				same(geo, bareGeo, maptile.New(uint32((p[0]+180)/side), uint32((90-p[1])/side), z))
			}
		}
	}
	forms := map[form]int{}
	for _, p := range s.layers[s.byName["land"]].rows.pages {
		for z := range p.plates {
			if pl := p.plates[z].Load(); pl != nil {
				for _, r := range pl.rows {
					forms[r.form]++
				}
			}
		}
	}
	for _, f := range []form{nothing, forward, turned, mixed} {
		if forms[f] == 0 {
			t.Errorf("no shape of form %d among %v: too little is compared", f, forms)
		}
	}
}
