package grids

import "math"

// goal holds the weights and limits of a division.
type goal struct {
	Weights
	target, min, max float64 // m²
}

const (
	holeFine = 50.0 // for a cell with a hole or one that touches itself: no valid cell
	tieBreak = 0.02 // of a metre's length, so that free lines are taken short

	stepFine  = 3.0  // for an area outside the limits, and
	wallFine  = 20.0 // for each e-fold that it lies outside
	nearLimit = 1.45 // times the target area: from here on
	nearFine  = 25.0 // for each e-fold, so that few cells are half as large again as they should be
	thinPP    = 0.45 // Polsby-Popper below which a cell counts as a strip
	thinFine  = 1.0
	margin    = 0.005 // the limits are kept by so much, for what straightening changes
)

// phi is the price of an area in m²: the squared logarithm of the deviation, and walls outside the limits.
func (g *goal) phi(a float64) float64 {
	a = math.Max(a, 1)
	x := math.Log(a / g.target)
	v := g.Area * x * x
	if y := math.Log(a / (nearLimit * g.target)); y > 0 {
		v += nearFine * y
	}
	if a > g.max*(1-margin) {
		y := math.Log(a / g.max)
		v += stepFine + wallFine*y + 30*y*y
	}
	if a < g.min*(1+margin) {
		y := math.Log(g.min / a)
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
	return v
}

// cell is the price of one cell; mean is the community's mean load of a cell.
func (g *goal) cell(a, perimeter, load, mean float64) float64 {
	v := g.phi(a) + g.round(a, perimeter)
	if mean > 0 {
		y := (load - mean) / mean
		v += g.Load * math.Min(y*y, 9)
	}
	return v
}

// side is the price of one side of a cut, and of how many cells it is likely to become.
func (g *goal) side(a, perimeter, load, mean float64) (float64, int) {
	k := int(a/g.target + 0.5)
	if k <= 1 {
		return g.cell(a, perimeter, load, mean), 1
	}
	return g.phi(a/float64(k))*float64(k)*0.5 + 0.5*g.round(a, perimeter), k
}
