package grids

import (
	"context"
	"math"
)

// aim is what the two sides of a cut are to become, and so how a cut is scored.
type aim uint8

const (
	manyCells aim = iota // a community on its way down: sides weigh by how many cells they are likely to become
	fewCells             // two to five cells cut anew: what they will cost together, as near as can be told
	twoCells             // each side is a cell: what they cost
)

// pairMost is up to how many target areas a region is cut into two cells and no further.
const pairMost = 2.6

// effort is how long the search goes on.
type effort struct {
	firstCuts int     // how many first cuts of three cells are followed up
	usual     float64 // three cells that cost less than this share of what is usual are left alone
	rounds    int     // how often all sets of three are gone through
}

// efforts are the levels of Options.Effort, the first is the default.
var efforts = [...]effort{{2, 0.8, 1}, {4, 0, 2}, {12, 0, 6}}

// MaxEffort is the highest Options.Effort.
const MaxEffort = len(efforts)

// cutter makes a cutter for a goal set by the options.
func (o *Options) cutter(ctx context.Context) *cutter {
	return &cutter{
		goal:   &goal{Weights: o.Weights, target: o.Target, min: o.Min, max: o.Max},
		effort: efforts[max(1, o.Effort)-1],
		ctx:    ctx,
	}
}

// stop reports whether the search was called off; what it has so far is thrown away then.
func (w *cutter) stop() bool { return w.ctx != nil && w.ctx.Err() != nil }

// cutInTwo returns the best cut of the region into two cells that cost less than the limit.
func (w *cutter) cutInTwo(fs []int32, limit float64) (parting, bool) {
	if len(fs) < 2 || !w.prepare(fs) {
		return parting{}, false
	}
	w.job.aim = twoCells
	return w.job.best(limit)
}

// cuts returns the best cuts of a region of a few cells that start at different border nodes, as far as they promise less than the limit.
func (w *cutter) cuts(fs []int32, most int, limit float64) []parting {
	if len(fs) < 2 || !w.prepare(fs) {
		return nil
	}
	j := &w.job
	j.aim = fewCells
	var out []parting
	for _, f := range j.starts(most, limit) {
		if p, ok := j.part(&f); ok {
			out = append(out, p)
		}
	}
	return out
}

// become is what one side of a cut into few cells costs.
func (j *job) become(s *sums) float64 {
	if j.aim == twoCells {
		return j.w.goal.price(s, j.w.mean)
	}
	return j.w.goal.hope(s, j.w.mean)
}

// nextCut is what a border not yet drawn is thought to cost.
const nextCut = 0.5

// hope is about the least that a side of a cut will cost when it has become cells, with the borders between them. By the inequality of
// Cauchy and Schwarz, n cells whose areas add up to a and whose perimeters add up to p have shapes of p²/4πa - n at least,
// each counted as one over its Polsby-Popper measure less one.
func (g *goal) hope(s *sums, mean float64) float64 {
	k := int(s.worth/g.target + 0.5)
	if k <= 1 {
		return g.price(s, mean)
	}
	n := float64(k)
	p := s.len + 2*(n-1)*math.Sqrt(s.area/n) // as if each border was as long as a square cell is wide
	return g.phi(s.worth/n, s.least/n, s.most/n)*n + g.Shape*math.Max(0, p*p/(4*math.Pi*s.area)-n) + nextCut*(n-1)
}

// objective is what cells and the borders between them cost together.
func (w *cutter) objective(cells [][]int32) float64 {
	cell := make([]int32, len(w.owner))
	v := 0.0
	for i, fs := range cells {
		v += w.price(fs)
		for _, f := range fs {
			cell[f] = int32(i) + 1
		}
	}
	for e := range w.Edges {
		l, r := w.Face[2*e], w.Face[2*e+1]
		if l >= 0 && r >= 0 && cell[l] != cell[r] && cell[l] > 0 && cell[r] > 0 {
			v += w.goal.Feature * w.cost[e] / 100
		}
	}
	return v
}
