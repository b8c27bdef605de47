package grids

import "math"

// goal holds the weights and limits of a division.
type goal struct {
	Weights
	target, min, max float64 // m², of built ground
}

const (
	holeFine = 50.0 // for a cell with a hole or one that touches itself: no valid cell
	tieBreak = 0.35 // of a metre's length, for what a longer border does to the shape of two cells

	stepFine   = 3.0  // for an area outside the limits, and
	wallFine   = 20.0 // for each e-fold that it lies outside
	nearLimit  = 1.45 // times the target area of built ground, and
	nearOwn    = 1.2  // times the ground's own: from both on
	nearFine   = 25.0 // for each e-fold, so that few cells are half as large again as they should be
	thinPP     = 0.45 // Polsby-Popper below which a cell counts as a strip
	thinFine   = 1.0
	narrowFine = 4.0   // for a mean width below leastWidth, and
	narrowWall = 12.0  // for each e-fold below it
	noWayFine  = 1.0   // for a cell nobody can walk into
	margin     = 0.005 // the limits are kept by so much, for what straightening changes
)

// sums are what faces add up to, and so what lies left of a path. Ground with limits of its own counts as so much
// built ground: with twice the target, one square metre is worth half of one. So a cell of two kinds of ground has
// limits in between, and one sum along a path tells how near it is to each.
type sums struct {
	area               float64 // m²
	load               float64 // components
	holes              float64
	worth, least, most float64 // m² of built ground they count as, against the target, the least and the largest area
	way                float64 // m of ways inside or at the edge, about
	len                float64 // m, of the path or the outline
}

func (s *sums) add(o *sums) { s.plus(s, o) }

// plus sets s to x + y.
func (s *sums) plus(x, y *sums) {
	s.area, s.load, s.holes = x.area+y.area, x.load+y.load, x.holes+y.holes
	s.worth, s.least, s.most = x.worth+y.worth, x.least+y.least, x.most+y.most
	s.way, s.len = x.way+y.way, x.len+y.len
}

func (s *sums) sub(o *sums) {
	s.area, s.load, s.holes = s.area-o.area, s.load-o.load, s.holes-o.holes
	s.worth, s.least, s.most = s.worth-o.worth, s.least-o.least, s.most-o.most
	s.way, s.len = s.way-o.way, s.len-o.len
}

// mix is how much built ground a square metre of a cell counts as.
type mix struct {
	worth, least, most float64
	whole              bool // it is nothing but land kept whole
}

var built = mix{worth: 1, least: 1, most: 1}

// fits compares an area with the limits: -1 below, 1 above. Land kept whole is never too large.
func (m mix) fits(m2, lo, hi float64) int8 {
	switch {
	case m2*m.least < lo:
		return -1
	case m2*m.most > hi && !m.whole:
		return 1
	}
	return 0
}

// mix returns the sums' mix.
func (s *sums) mix() mix {
	a := math.Max(s.area, 1e-9)
	return mix{worth: s.worth / a, least: s.least / a, most: s.most / a}
}

// drift and driftMost: every border costs, so the cheapest division has cells larger than the target. Aiming below it by drift times
// the price of borders over that of areas, in e-folds, brings the median back to the target (measured on the five places of
// make bench-grids: a median of 11,500 m² without, 10,500 with it, and more shape and features for the same areas).
const (
	drift     = 0.39
	driftMost = 0.5
)

// aimed is how many e-folds below the target an area costs nothing.
func (g *goal) aimed() float64 {
	if g.Area == 0 {
		return 0
	}
	return min(driftMost, drift*g.Feature/g.Area)
}

// phi is the price of an area: the squared logarithm of the deviation, and walls outside the limits.
func (g *goal) phi(worth, least, most float64) float64 {
	worth = math.Max(worth, 1)
	x := math.Log(worth/g.target) + g.aimed()
	v := g.Area * x * x
	if r := math.Min(most/nearLimit, worth/nearOwn) / g.target; r > 1 {
		v += nearFine * math.Log(r)
	}
	if most > g.max*(1-margin) {
		y := math.Log(most / g.max)
		v += stepFine + wallFine*y + 30*y*y
	}
	if least < g.min*(1+margin) {
		y := math.Log(g.min / math.Max(least, 1))
		v += stepFine + wallFine*y + 30*y*y
	}
	return v
}

// round is the price of the shape of an area with that perimeter (m², m).
func (g *goal) round(a, perimeter float64) float64 {
	pp := 4 * math.Pi * a / math.Max(perimeter*perimeter, 1e-9)
	v := g.Shape * (1/math.Max(pp, 0.02) - 1)
	if pp < thinPP {
		v += thinFine * (thinPP/math.Max(pp, 0.02) - 1)
	}
	if w := 2 * a / math.Max(perimeter, 1e-9); w < leastWidth {
		v += narrowFine + narrowWall*math.Log(leastWidth/math.Max(w, 0.1))
	}
	return v
}

// cell is the price of one cell by its area and outline (m², m); mean is the community's mean load of a cell.
func (g *goal) cell(a, perimeter, load, mean float64, m *mix) float64 {
	return g.phi(a*m.worth, a*m.least, a*m.most) + g.round(a, perimeter) + g.even(load, mean)
}

// even is the price of a cell's load.
func (g *goal) even(load, mean float64) float64 {
	if mean <= 0 {
		return 0
	}
	y := (load - mean) / mean
	return g.Load * math.Min(y*y, 9)
}

// price is the price of what s adds up to as one cell.
func (g *goal) price(s *sums, mean float64) float64 {
	v := g.phi(s.worth, s.least, s.most) + g.round(s.area, s.len) + g.even(s.load, mean)
	if s.holes > 0.5 {
		v += holeFine
	}
	if s.way < 0.5 {
		v += noWayFine
	}
	return v
}

// side is the price of one side of a cut, and of how many cells it is likely to become.
func (g *goal) side(s *sums, mean float64) (float64, int) {
	k := int(s.worth/g.target + 0.5)
	if k <= 1 {
		return g.price(s, mean), 1
	}
	n := float64(k)
	return g.phi(s.worth/n, s.least/n, s.most/n)*n*0.5 + 0.5*g.round(s.area, s.len), k
}
