package grids

import (
	"maps"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// The largest cell taken for right, m², by what it lies on, where no limits of the city's own are known. A cell of several
// kinds of ground is too large when its parts, each as a share of its own limit, add up to more than one.
const (
	checkMaxPark  = 40_000.0  // parks, squares, cemeteries
	checkMaxOpen  = 200_000.0 // water, farm land, forest, and ground with nothing on it
	checkCompound = 0.8       // of the largest area: the size up to which a city that keeps compounds whole does so unless it says
	checkWhole    = 0.9       // share of a cell that one compound has when the cell is that compound
	checkSamples  = 40        // a side of the grid of places a cell is looked at
)

// Rules are the limits that the cells of a city are judged by: those of [Options] they were built with, to the same defaults.
// Without Land a lake, a wood or a field may be one cell, as docs/land.md says; without Compound a compound of any size may.
type Rules struct {
	Min, Max    float64           // m², of built ground; 0: 5,000 and 20,000
	Land        map[string]Limits // by the names of LandNames; a kind left out has the limits of built ground
	Compound    Compound          // whole or split
	CompoundMax float64           // m², 0: four fifths of Max
}

// Rules are what cells that are built with the options are judged by.
func (o Options) Rules() Rules {
	return Rules{Min: o.Min, Max: o.Max, Land: o.Land, Compound: o.Compound, CompoundMax: o.CompoundMax}
}

// checkRange are the limits of one ground.
type checkRange struct{ min, max float64 }

// checkLimits are the limits of all grounds.
type checkLimits struct {
	built    checkRange
	land     map[string]checkRange // by the names of LandNames
	known    bool                  // land has limits of the city's own; else only a cell with nothing on it at all counts as bare
	compound float64               // m²: a compound up to this may be a cell
}

// settle returns the limits; gis.Invalid for such as no cell can keep.
func (r Rules) settle() (checkLimits, error) {
	if r.Min == 0 {
		r.Min = checkMin
	}
	if r.Max == 0 {
		r.Max = checkMax
	}
	if !(r.Min > 0 && r.Max >= r.Min) || r.CompoundMax < 0 {
		return checkLimits{}, gis.E(gis.Invalid, nil, "the areas must be 0 < min <= max, not min %g, max %g, compounds up to %g", r.Min, r.Max, r.CompoundMax)
	}
	l := checkLimits{built: checkRange{r.Min, r.Max}, land: map[string]checkRange{}, known: r.Land != nil, compound: math.Inf(1)}
	switch r.Compound {
	case CompoundSplit:
		l.compound = 0
	case CompoundWhole:
		if l.compound = r.CompoundMax; l.compound == 0 {
			l.compound = checkCompound * r.Max
		}
	case "":
	default:
		return l, gis.E(gis.Invalid, nil, "a compound is whole or split, not %q", r.Compound)
	}
	for _, name := range LandNames() {
		l.land[name] = l.built
		if r.Land == nil {
			l.land[name] = checkRange{r.Min, max(r.Max, checkMaxOpen)}
		}
	}
	if r.Land == nil {
		l.land["park"] = checkRange{r.Min, max(r.Max, checkMaxPark)}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Land)) {
		x, k := r.Land[name], l.land[name]
		if _, known := l.land[name]; !known {
			return l, gis.E(gis.Invalid, nil, "there is no ground %q; known: %v", name, LandNames())
		}
		if x.Min != 0 {
			k.min = x.Min
		} else if x.Target != 0 {
			k.min = min(k.min, x.Target)
		}
		if x.Max != 0 {
			k.max = x.Max
		} else {
			k.max = max(k.max, 2*x.Target)
		}
		if !(k.min > 0 && k.max >= k.min) {
			return l, gis.E(gis.Invalid, nil, "the areas of %s must be 0 < min <= max, not min %g, max %g", name, x.Min, x.Max)
		}
		l.land[name] = k
	}
	return l, nil
}

// stricter reports whether some ground has limits that a cell within those of built ground may break.
func (l checkLimits) stricter() bool {
	for _, k := range l.land {
		if k.min > l.built.min || k.max < l.built.max {
			return true
		}
	}
	return false
}

// milder reports whether some ground may have cells smaller than built ground has.
func (l checkLimits) milder() bool {
	for _, k := range l.land {
		if k.min < l.built.min {
			return true
		}
	}
	return false
}

// checkLand is an area of the map that gives a cell other limits.
type checkLand struct {
	rings    [][]mm
	ground   string // of LandNames; "" for a compound
	compound bool
}

// groundOf says what ground a row of the layers water and land is, and whether it is a compound.
func groundOf(layer, class string) (ground string, compound bool) {
	if layer == "water" {
		return "water", false
	}
	switch class {
	case "farm", "forest":
		return class, false
	case "park", "green", "square", "cemetery":
		return "park", false
	case "campus", "compound", "factory":
		return "", true
	}
	return "", false
}

// wholeByRule reports whether a compound of that size is kept whole, as far as the row itself does not say.
func (l checkLimits) wholeByRule(say string, m2 float64) bool {
	switch Compound(say) {
	case CompoundWhole:
		return true
	case CompoundSplit:
		return false
	}
	return m2 <= l.compound
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
		ground, compound := groundOf(layer, f.Text("class"))
		say := ""
		if layer == "land" {
			say = f.Text("compound")
		}
		if compound = compound || say == string(CompoundWhole); ground == "" && !compound {
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
			l, m2 := checkLand{ground: ground}, 0.0
			for i, r := range poly {
				if q := c.outline(r); len(q) > 2 {
					l.rings = append(l.rings, q)
					if a := math.Abs(float64(twiceArea(q))) / 2e6; i == 0 {
						m2 += a
					} else {
						m2 -= a
					}
				}
			}
			l.compound = compound && c.limits.wholeByRule(say, m2)
			out = append(out, l)
		}
	}
	return out, nil
}

// fit says whether a cell has too little land (-1), too much (1) or what is right on its ground, and the limit it breaks, m².
func (c *checker) fit(k *checkCell) (fit int8, limit float64, err error) {
	m2, built := float64(k.area2)/2e6, c.limits.built
	switch {
	case m2 < built.min:
		fit, limit = -1, built.min
	case m2 > built.max:
		fit, limit = 1, built.max
	}
	if fit == 0 && !c.limits.stricter() || fit < 0 && !c.limits.milder() {
		return fit, limit, nil
	}
	var land []checkLand
	for _, layer := range []string{"water", "land"} {
		l, err := c.landOf(k, layer)
		if err != nil {
			return 0, 0, err
		}
		land = append(land, l...)
	}
	bare := func(mm) bool { return false }
	if c.limits.land["bare"] != c.limits.built {
		busy, err := c.thingsOn(k)
		if err != nil {
			return 0, 0, err
		}
		in := func(t checkThing) bool {
			return !t.way && insideRings(mm{(t.a.x + t.b.x) / 2, (t.a.y + t.b.y) / 2}, k.ring)
		}
		if c.limits.known {
			bare = func(p mm) bool { return !slices.ContainsFunc(busy, func(t checkThing) bool { return t.near(p) }) }
		} else if !slices.ContainsFunc(busy, in) {
			bare = func(mm) bool { return true }
		}
	}
	fit, limit = c.fitOn(k, land, bare)
	return fit, limit, nil
}

// checkPlace is a place in a cell.
type checkPlace struct {
	limits checkRange
	bare   bool // nothing lies there, and no land is mapped
}

// fitOn is fit for a cell with land on it, by what lies at places all over it. Ground is bare where that is enough for a cell,
// and what covers nine tenths of a cell speaks for all of it: borders run round houses, not along the edges of fields.
func (c *checker) fitOn(k *checkCell, land []checkLand, bare func(mm) bool) (fit int8, limit float64) {
	var places []checkPlace
	in := make([]float64, len(land))
	empty := 0.0
	for i := range int64(checkSamples) {
		for j := range int64(checkSamples) {
			p := mm{k.lo.x + (k.hi.x-k.lo.x)*(2*i+1)/(2*checkSamples), k.lo.y + (k.hi.y-k.lo.y)*(2*j+1)/(2*checkSamples)}
			if !insideRings(p, k.ring) {
				continue
			}
			at, found := checkPlace{limits: c.limits.built}, false
			for n := range land {
				if !insideRings(p, land[n].rings...) {
					continue
				}
				in[n]++
				if x := c.limits.land[land[n].ground]; land[n].ground != "" && (!found || x.max > at.limits.max) {
					at.limits, found = x, true
				}
			}
			if at.bare = !found && bare(p); at.bare {
				empty++
			}
			places = append(places, at)
		}
	}
	m2, all := float64(k.area2)/2e6, float64(len(places))
	share := map[checkRange]float64{}
	for i, x := range places {
		if x.bare && empty*m2 >= all*c.limits.land["bare"].min {
			places[i].limits = c.limits.land["bare"]
		}
		share[places[i].limits]++
	}
	least, most := 0.0, 0.0 // what the places are of the limits there
	for _, x := range places {
		if share[x.limits] >= checkWhole*all {
			least, most = all/x.limits.min, all/x.limits.max
			break
		}
		least, most = least+1/x.limits.min, most+1/x.limits.max
	}
	switch {
	case all == 0 || m2*least >= all && m2*most <= all:
		return 0, 0
	case m2*least < all:
		return -1, all / least
	}
	for n, l := range land {
		if l.compound && in[n] >= checkWhole*all {
			return 0, 0
		}
	}
	return 1, all / most
}

// checkThing is something that makes the ground round it anything but bare: the diagonals of a building's box, a component, a
// piece of a way.
type checkThing struct {
	a, b mm
	way  bool
}

const checkBare = 10_000 // mm from all such things ground is bare

func (t checkThing) near(p mm) bool { return toSegment(p, t.a, t.b) < checkBare }

// thingsOn returns the buildings, components and ways in the box of a cell.
func (c *checker) thingsOn(k *checkCell) ([]checkThing, error) {
	var out []checkThing
	for _, layer := range []string{"building", "component", "road"} {
		for f, err := range c.src.Features(c.ctx, layer, k.Polygon.Bound()) {
			if gis.KindOf(err) == gis.NotFound && err != nil {
				break
			}
			if err != nil {
				return nil, err
			}
			if f.Geom == nil || !sound(f.Geom) {
				continue
			}
			b := f.Geom.Bound()
			switch g := f.Geom.(type) {
			case orb.LineString:
				out = append(out, c.pieces(g)...)
			case orb.MultiLineString:
				for _, l := range g {
					out = append(out, c.pieces(l)...)
				}
			default:
				out = append(out, checkThing{a: c.project(b.Min), b: c.project(b.Max)}, checkThing{a: c.project(b.LeftTop()), b: c.project(b.RightBottom())})
			}
		}
	}
	return out, nil
}

func (c *checker) pieces(l orb.LineString) []checkThing {
	var out []checkThing
	for i := 1; i < len(l); i++ {
		out = append(out, checkThing{c.project(l[i-1]), c.project(l[i]), true})
	}
	return out
}
