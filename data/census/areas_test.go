package census

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
)

// TestRaster asks the raster and the tree for the area of points inside, on edges and corners and outside of areas that touch,
// overlap, lie in one another or fall together.
func TestRaster(t *testing.T) {
	box := func(x0, y0, x1, y1 float64) orb.Polygon {
		return orb.Polygon{{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}, {x0, y0}}}
	}
	r := rand.New(rand.NewPCG(7, 5))
	for name, shapes := range map[string][]orb.Polygon{
		"none": nil,
		"one":  {box(0, 0, 1, 1)},
		"cells": func() (out []orb.Polygon) {
			for i := range 900 {
				x, y := float64(i%30), float64(i/30)
				out = append(out, box(x, y, x+1, y+1))
			}
			return out
		}(),
		"overlapping": func() (out []orb.Polygon) {
			for range 500 {
				x, y := r.Float64()*30, r.Float64()*30
				out = append(out, box(x, y, x+r.Float64()*20, y+r.Float64()*20))
			}
			return out
		}(),
		"triangles and a line": {{{{0, 0}, {30, 0}, {0, 30}, {0, 0}}}, {{{30, 30}, {30, 0}, {0, 30}, {30, 30}}}, box(5, 5, 5, 9)},
	} {
		var tree, settled areas
		for k, i := range r.Perm(len(shapes)) {
			a := &area{code: fmt.Sprintf("%04d", k), parts: orb.MultiPolygon{shapes[i]}}
			tree.add(a, shapes[i].Bound())
			settled.add(a, shapes[i].Bound())
		}
		settled.settle()
		found := 0
		for range 20000 {
			p := orb.Point{r.Float64()*34 - 2, r.Float64()*34 - 2}
			if r.IntN(2) == 0 { // on edges and corners
				p[0] = float64(int(p[0]))
			}
			if r.IntN(2) == 0 {
				p[1] = float64(int(p[1]))
			}
			want, got := tree.at(p), settled.at(p)
			if got != want {
				t.Fatalf("%s, %v: got %v, want %v", name, p, got, want)
			}
			if got != nil {
				found++
			}
		}
		if found == 0 && len(shapes) > 0 {
			t.Errorf("%s: no point lay in an area", name)
		}
	}
}
