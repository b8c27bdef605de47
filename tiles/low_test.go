package tiles

import (
	"context"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
)

func lowCity(t *testing.T, as Low, units int) (*Set, *memory) {
	t.Helper()
	m := newMemory()
	r := rand.New(rand.NewSource(8))
	for i := range 20000 {
		f := component(r, int64(i+1), 9000)
		f.Geom = f.Geom.Bound().Min
		m.put(f)
	}
	return build(t, m, func(c *Config) {
		for i := range c.Layers {
			if c.Layers[i].Name == "component" {
				c.Layers[i].Low = []LowRule{{14, as, units}}
			}
		}
	}), m
}

// TestLowZooms checks what stands for points against a count of the points themselves: how many in all, how many of each class, and
// where.
func TestLowZooms(t *testing.T) {
	for _, as := range []Low{Thin, Cluster, Density} {
		for _, units := range []int{64, 256} {
			t.Run(fmt.Sprintf("%s %d", as, units), func(t *testing.T) {
				s, m := lowCity(t, as, units)
				for _, z := range []maptile.Zoom{8, 11, 13} {
					lowTiles(t, s, m, as, units, z)
				}
			})
		}
	}
}

func lowTiles(t *testing.T, s *Set, m *memory, as Low, units int, z maptile.Zoom) {
	type group struct {
		count int
		class map[string]int
	}
	want := map[[2]int64]*group{} // by square of the world
	side := float64(int64(1)<<(12+z)) / float64(units)
	squareAt := func(p orb.Point) [2]int64 {
		x, y, _ := toWorld(p)
		return [2]int64{int64(float64(x) / (1 << 32) * side), int64(float64(y) / (1 << 32) * side)}
	}
	for f := range m.Features(context.Background(), "component", orb.Bound{}) {
		k := squareAt(f.Geom.(orb.Point))
		if want[k] == nil {
			want[k] = &group{class: map[string]int{}}
		}
		want[k].count++
		want[k].class[f.Text("class")[:2]]++
	}
	met := map[[2]int64]bool{}
	for _, a := range around(z, z, cityCentre, 6) {
		tile := mustTile(t, s, []string{"component"}, a)
		l := decode(t, tile.Raw())["component"]
		if l == nil {
			continue
		}
		if tile.Counts[0].As != as {
			t.Errorf("%v: told as %q", a, tile.Counts[0].As)
		}
		for _, f := range l.Features {
			p, isPoint := f.Geometry.(orb.Point)
			if !isPoint {
				p = f.Geometry.Bound().Center()
			}
			if isPoint == (as == Density) {
				t.Fatalf("%v: a %s as %s", a, f.Geometry.GeoJSONType(), as)
			}
			k := [2]int64{int64(a.X)*int64(4096/units) + int64(p[0]+4096)/int64(units) - int64(4096/units), int64(a.Y)*int64(4096/units) + int64(p[1]+4096)/int64(units) - int64(4096/units)}
			g := want[k]
			if g == nil || int(f.Properties[pointCount].(float64)) != g.count {
				t.Fatalf("%v: square %v stands for %v, want %v", a, k, f.Properties[pointCount], g)
			}
			met[k] = true
			if as == Thin || as == Cluster && g.count == 1 {
				if f.Properties["class"] == nil {
					t.Errorf("%v: a point without class: %v", a, f.Properties)
				}
				continue
			}
			counts := 0
			for name, v := range f.Properties {
				if c, ok := strings.CutPrefix(name, countOf); ok {
					counts++
					if int(v.(float64)) != g.class[c] {
						t.Errorf("%v: %v of class %s, want %d", a, v, c, g.class[c])
					}
				}
			}
			if counts != len(g.class) || f.Properties["class"] != nil {
				t.Errorf("%v: %v, want the classes %v", a, f.Properties, g.class)
			}
			if as == Density {
				// 40075 km round the equator, the cosine of the latitude at both edges
				km2 := 40075.016686 / side * 0.815
				if got, want := f.Properties[perKM2].(float64), float64(g.count)/(km2*km2); got < want*0.99-1 || got > want*1.01+1 {
					t.Errorf("%v: %v points a km2, want %.0f", a, got, want)
				}
			}
		}
	}
	if len(met) != len(want) {
		t.Errorf("z%d: %d squares are drawn, want %d", z, len(met), len(want))
	}
}

func TestLowApplyEqualsScratch(t *testing.T) {
	for _, as := range []Low{Thin, Cluster, Density} {
		change := func(c *Config) {
			for i := range c.Layers {
				if c.Layers[i].Name == "component" {
					c.Layers[i].Low = []LowRule{{16, as, 128}}
				}
			}
		}
		r := rand.New(rand.NewSource(9))
		m := city(t, 9, 6000, 6000)
		s := build(t, m, change)
		next := int64(6000)
		for step := range 6 {
			var ups []Update
			for range 1 + r.Intn(60) {
				ups = append(ups, randomUpdate(r, m, &next))
			}
			var err error
			if s, err = s.Apply(context.Background(), ups); err != nil {
				t.Fatal(err)
			}
			fresh := build(t, m, change)
			for _, a := range around(8, 15, cityCentre, 1) {
				got, want := mustTile(t, s, []string{"component"}, a), mustTile(t, fresh, []string{"component"}, a)
				if got.ETag != want.ETag || got.Thinned != want.Thinned {
					t.Fatalf("%s step %d: tile %v differs from one built from scratch", as, step, a)
				}
			}
		}
	}
}
