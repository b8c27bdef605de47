package grids

import (
	"github.com/paulmach/orb"

	"wanmi/gis"
)

// The largest cell Check takes for right, m², by what it lies on: a city may choose less, see Options.Land. A cell of several
// kinds of ground is too large when its parts, each as a share of its own limit, add up to more than one.
const (
	checkMaxPark = 40_000.0  // parks, squares, cemeteries
	checkMaxOpen = 200_000.0 // water, farm land, forest, and ground with nothing on it
	checkWhole   = 0.9       // share of a cell that one compound has when the cell is that compound
	checkSamples = 40        // a side of the grid of places a cell is looked at
)

// checkLand is an area of the map that lets a cell be larger.
type checkLand struct {
	rings    [][]mm
	most     float64 // m², 0: a compound
	compound bool
}

// largeLand says how large a cell on a row of the layers water and land may be.
func largeLand(layer, class string) (most float64, compound, ok bool) {
	switch {
	case layer == "water" || class == "farm" || class == "forest":
		return checkMaxOpen, false, true
	case class == "park" || class == "green" || class == "square" || class == "cemetery":
		return checkMaxPark, false, true
	case class == "campus" || class == "compound" || class == "factory":
		return 0, true, true
	}
	return 0, false, false
}

// landOf reads what of a layer lies in the box of a cell and has a bearing on its size.
func (c *checker) landOf(k *checkCell, layer string) ([]checkLand, error) {
	var out []checkLand
	for f, err := range c.src.Features(c.ctx, layer, k.Polygon.Bound()) {
		if gis.KindOf(err) == gis.NotFound && err != nil {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if f.Geom == nil || !sound(f.Geom) {
			continue
		}
		most, compound, ok := largeLand(layer, f.Text("class"))
		if !ok && !(layer == "land" && f.Text("compound") == string(CompoundWhole)) {
			continue
		}
		var parts []orb.Polygon
		switch g := f.Geom.(type) {
		case orb.Polygon:
			parts = orb.MultiPolygon{g}
		case orb.MultiPolygon:
			parts = g
		}
		for _, poly := range parts {
			l := checkLand{most: most, compound: compound || !ok}
			for _, r := range poly {
				if q := c.outline(r); len(q) > 2 {
					l.rings = append(l.rings, q)
				}
			}
			out = append(out, l)
		}
	}
	return out, nil
}

// excused reports whether a cell over the usual limit is right on its ground.
func (c *checker) excused(k *checkCell) (bool, error) {
	var land []checkLand
	for _, layer := range []string{"water", "land"} {
		l, err := c.landOf(k, layer)
		if err != nil {
			return false, err
		}
		land = append(land, l...)
	}
	other := checkMax
	if empty, err := c.nothingOn(k); err != nil {
		return false, err
	} else if empty {
		other = checkMaxOpen
	}
	all, use := 0, 0.0
	in := make([]int, len(land))
	for i := range int64(checkSamples) {
		for j := range int64(checkSamples) {
			p := mm{k.lo.x + (k.hi.x-k.lo.x)*(2*i+1)/(2*checkSamples), k.lo.y + (k.hi.y-k.lo.y)*(2*j+1)/(2*checkSamples)}
			if !insideRings(p, k.ring) {
				continue
			}
			all++
			most := other
			for n := range land {
				if !insideRings(p, land[n].rings...) {
					continue
				}
				in[n]++
				most = max(most, land[n].most)
			}
			use += 1 / most
		}
	}
	if all == 0 {
		return false, nil
	}
	for n, l := range land {
		if l.compound && float64(in[n]) >= checkWhole*float64(all) {
			return true, nil
		}
	}
	return float64(k.area2)/2e6*use/float64(all) <= 1, nil
}

// nothingOn reports whether a cell holds no building and no component.
func (c *checker) nothingOn(k *checkCell) (bool, error) {
	for _, layer := range []string{"building", "component"} {
		for f, err := range c.src.Features(c.ctx, layer, k.Polygon.Bound()) {
			if gis.KindOf(err) == gis.NotFound && err != nil {
				break
			}
			if err != nil {
				return false, err
			}
			if f.Geom == nil || !sound(f.Geom) {
				continue
			}
			if insideRings(c.project(f.Geom.Bound().Center()), k.ring) {
				return false, nil
			}
		}
	}
	return true, nil
}
