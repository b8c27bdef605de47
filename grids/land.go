package grids

import (
	"cmp"
	"slices"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// landKind is what land is, as far as it has limits of its own.
type landKind uint8

const (
	landBuilt landKind = iota
	landWater
	landPark
	landFarm
	landForest
	landBare // no building, component or way, and large enough for a cell
	landKinds
)

// landNames are the names that Options.Land knows, by ground.
var landNames = [landKinds]string{"", "water", "park", "farm", "forest", "bare"}

// LandNames lists the kinds of ground that may have limits of their own.
func LandNames() []string { return slices.Clone(landNames[1:]) }

// Limits are areas of a cell, m².
type Limits struct {
	Target float64 `json:"target" yaml:"target"`
	Min    float64 `json:"min" yaml:"min"`
	Max    float64 `json:"max" yaml:"max"`
}

func (l Limits) ok() bool {
	return l.Target >= 100 && l.Target <= 1e8 && l.Min > 0 && l.Min <= l.Target && l.Max >= l.Target && l.Max <= 1e9
}

// waterOpen is how much more than other open ground cells of water are larger than those of built ground: nobody walks there,
// and there is nothing to draw a border on.
const waterOpen = 2

// land returns the limits of every ground. Those not given have the target area that the weights say and the limits of built ground.
func (o *Options) land() ([landKinds]Limits, error) {
	var l [landKinds]Limits
	for k := range l {
		l[k] = Limits{o.Target, o.Min, o.Max}
		if landKind(k) != landBuilt {
			open := max(o.Weights.Open, 1)
			if landKind(k) == landWater {
				open = 1 + waterOpen*(open-1)
			}
			l[k].Target = min(open*o.Target, o.Max)
		}
	}
	for name, x := range o.Land {
		k := slices.Index(landNames[:], name)
		if k <= 0 {
			return l, gis.E(gis.Invalid, nil, "there is no ground %q; known: %v", name, LandNames())
		}
		if x.Target == 0 {
			x.Target = l[k].Target
		}
		if x.Min == 0 {
			x.Min = min(o.Min, x.Target)
		}
		if x.Max == 0 {
			x.Max = max(o.Max, 2*x.Target)
		}
		if !x.ok() {
			return l, gis.E(gis.Invalid, nil, "the areas of %s must be 0 < min <= target <= max with a target from 100 m², not min %g, target %g, max %g", name, x.Min, x.Target, x.Max)
		}
		l[k] = x
	}
	return l, nil
}

// mixes returns what a square metre of each ground counts as.
func (o *Options) mixes() [landKinds]mix {
	l, _ := o.land() // settled before
	var m [landKinds]mix
	for k := range m {
		m[k] = mix{worth: o.Target / l[k].Target, least: o.Min / l[k].Min, most: o.Max / l[k].Max}
	}
	return m
}

// landArea is a piece of land use or water with a bearing on the division.
type landArea struct {
	building          // its outline
	kind     landKind // landBuilt: only kept whole
	whole    float64  // m²: not cut when it has no more than this; 0: may always be cut
	rows     []int32  // edges by rows of equal height: rows[k]:rows[k+1] of edges
	edges    [][2]geom.Pt
}

// wholeAlways is the size up to which land is kept whole that says so itself.
const wholeAlways = 1e12

// kindOf says what ground a row of layer water or land is, and whether it is land that is kept whole:
// a compound, or open land that people know as one place.
func kindOf(layer string, f gis.Feature) (k landKind, compound bool) {
	if layer == "water" {
		return landWater, false
	}
	switch f.Text("class") {
	case "park", "green", "square", "cemetery":
		return landPark, false
	case "farm":
		return landFarm, false
	case "forest":
		return landForest, false
	case "campus", "compound", "factory":
		return landBuilt, true
	}
	return landBuilt, false
}

// takeLand keeps a row of water or land use that has a bearing on the division.
func (b *base) takeLand(layer string, f gis.Feature) {
	g, compound := kindOf(layer, f)
	say := ""
	if layer == "land" {
		say = f.Text("compound")
	}
	if g == landBuilt && !compound && say != "whole" {
		return
	}
	for _, p := range polygons(f.Geom) {
		a := landArea{kind: g}
		a.rings = b.lat.rings(p)
		if len(a.rings) == 0 {
			continue
		}
		a.box = geom.NoBox
		for i, r := range a.rings {
			a.rings[i] = startAtMin(r)
			for _, q := range r {
				a.box = a.box.Grow(q)
			}
			if m2 := float64(a.rings[i].Area2()) / 2e6; i == 0 {
				a.m2 = m2
			} else {
				a.m2 -= m2
			}
		}
		switch {
		case say == "split" || 2*a.m2 < leastWidth*a.rings[0].Length()/1000: // a strip is no place that people know as one
		case say == "whole":
			a.whole = wholeAlways
		case compound:
			a.whole = wholeCompound
		case g == landPark || g == landWater:
			a.whole = wholeOpen
		}
		a.sortEdges()
		b.land = append(b.land, a)
	}
}

// Land is kept whole by a rule, not by its own word: the options say up to which size.
const (
	wholeCompound = -1
	wholeOpen     = -2
)

func (b *base) sortLand() {
	slices.SortFunc(b.land, func(x, y landArea) int {
		return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.whole, y.whole), cmpRings(x.rings, y.rings))
	})
}

// sortEdges puts the edges into rows, so that a look-up meets few of them.
func (a *landArea) sortEdges() {
	n := 0
	for _, r := range a.rings {
		n += len(r)
	}
	rows := max(1, n/4)
	put := func(f func(row int, e [2]geom.Pt)) {
		for _, r := range a.rings {
			for i, p := range r {
				q := r[(i+1)%len(r)]
				for k := a.row(min(p.Y, q.Y), rows); k <= a.row(max(p.Y, q.Y), rows); k++ {
					f(k, [2]geom.Pt{p, q})
				}
			}
		}
	}
	a.rows = make([]int32, rows+2)
	put(func(k int, _ [2]geom.Pt) { a.rows[k+2]++ })
	for k := range rows {
		a.rows[k+2] += a.rows[k+1]
	}
	a.edges = make([][2]geom.Pt, a.rows[rows+1])
	put(func(k int, e [2]geom.Pt) {
		a.edges[a.rows[k+1]] = e
		a.rows[k+1]++
	})
}

func (a *landArea) row(y int64, rows int) int {
	h := a.box.Max.Y - a.box.Min.Y + 1
	return min(max(int((y-a.box.Min.Y)*int64(rows)/h), 0), rows-1)
}

// holds reports whether a point lies inside, by the even-odd rule.
func (a *landArea) holds(p geom.Pt) bool {
	if !a.box.Holds(p) {
		return false
	}
	k, in := a.row(p.Y, len(a.rows)-2), false
	for _, e := range a.edges[a.rows[k]:a.rows[k+1]] {
		if (e[0].Y > p.Y) != (e[1].Y > p.Y) && (geom.Cross(e[0], e[1], p) > 0) == (e[1].Y > e[0].Y) {
			in = !in
		}
	}
	return in
}

// passes reports whether an edge may pass a box: where none does, all of the box is inside or none of it.
func (a *landArea) passes(box geom.Box) bool {
	rows := len(a.rows) - 2
	for _, e := range a.edges[a.rows[a.row(box.Min.Y, rows)]:a.rows[a.row(box.Max.Y, rows)+1]] {
		if box.Meets(geom.NoBox.Grow(e[0]).Grow(e[1])) {
			return true
		}
	}
	return false
}
