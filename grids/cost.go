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
)

// phi is the price of an area in m²: the squared logarithm of the deviation, and walls outside the limits.
func (g *goal) phi(a float64) float64 {
	a = math.Max(a, 1)
	x := math.Log(a / g.target)
	v := g.Area * x * x
	if a > g.max {
		y := math.Log(a / g.max)
		v += 30*y*y + 6*y
	}
	if a < g.min {
		y := math.Log(g.min / a)
		v += 30*y*y + 6*y
	}
	return v
}

// round is the price of the shape of an area with that perimeter (m², m).
func (g *goal) round(a, perimeter float64) float64 {
	pp := 4 * math.Pi * a / math.Max(perimeter*perimeter, 1e-9)
	return g.Shape * (1/math.Max(pp, 0.02) - 1)
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
