package grids

import (
	"cmp"
	"slices"
)

// firstCuts is how many first cuts of three bad cells are followed up.
const firstCuts = 2

// polish improves cells three at a time: what pairs cannot mend is often mended by
// cutting a cell and two of its neighbours anew, from several first cuts.
func (s *search) polish() bool {
	better := false
	usual := s.usual()
	tried := map[[3]int32]bool{}
	var order []int32
	for k := range s.next {
		if _, ok := s.cells[k]; ok {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return -cmp.Compare(s.price[a], s.price[b]) })
	for _, k := range order {
		if _, ok := s.cells[k]; !ok {
			continue
		}
		near := s.neighbours(k)
		done := false
		for i := 0; i < len(near) && !done; i++ {
			for j := i + 1; j < len(near) && !done; j++ {
				set := [3]int32{k, near[i], near[j]}
				slices.Sort(set[:])
				if !tried[set] {
					tried[set] = true
					done = s.recut(set, usual)
				}
			}
		}
		better = better || done
	}
	return better
}

// neighbours lists the cells that share a border with one.
func (s *search) neighbours(k int32) []int32 {
	w := s.w
	var near []int32
	for _, f := range s.cells[k] {
		for _, h := range w.Cycle[f] {
			if g := w.Face[h^1]; g >= 0 && w.zone[g] == w.zone[f] && s.own[g] != k {
				near = append(near, s.own[g])
			}
		}
	}
	slices.Sort(near)
	return slices.Compact(near)
}

// usual returns what the cells with their borders cost per target area.
func (s *search) usual() float64 {
	w, price, area := s.w, 0.0, 0.0
	for k := range s.next {
		if c, ok := s.cells[k]; ok {
			price += s.price[k] + w.goal.Feature*s.border(c, func(o int32) bool { return o != k })/100
			area += w.worth(c)
		}
	}
	return price / area * w.goal.target
}

// border returns half the price of the borders of cells with others that count.
func (s *search) border(fs []int32, counts func(cell int32) bool) float64 {
	w, v := s.w, 0.0
	for _, f := range fs {
		for _, h := range w.Cycle[f] {
			if o := w.Face[h^1]; o >= 0 && w.zone[o] == w.zone[f] && s.own[o] != s.own[f] && counts(s.own[o]) {
				v += w.cost[h>>1] / 2
			}
		}
	}
	return v
}

// recut cuts three cells anew if that costs less. Those that cost less than usual are left alone: hardly ever is there anything to gain.
func (s *search) recut(set [3]int32, usual float64) bool {
	w, g := s.w, s.w.goal
	var u []int32
	now := 0.0
	for _, k := range set {
		u = append(u, s.cells[k]...)
		now += s.price[k]
	}
	area := w.worth(u)
	if area > 5*g.target {
		return false
	}
	now += g.Feature*s.border(u, func(o int32) bool { return slices.Contains(set[:], o) })/100 - 1e-6
	if now < 0.7*usual*area/g.target {
		return false
	}
	most := 1
	if now > usual*area/g.target {
		most = firstCuts
	}
	var best [][]int32
	for _, p := range w.cuts(u, most) {
		v := g.Feature * p.cost / 100
		var cells [][]int32
		for _, side := range [2][]int32{p.left, p.right} {
			c, x := w.parts(side, 2)
			cells = append(cells, c...)
			v += x
		}
		if v < now {
			now, best = v, cells
		}
	}
	if best == nil {
		return false
	}
	for _, k := range set {
		delete(s.cells, k)
	}
	for _, c := range best {
		s.add(c)
	}
	return true
}

// parts cuts a region at most so many times over where that costs less, and returns the cells and their price with the borders between them.
func (w *cutter) parts(fs []int32, depth int) ([][]int32, float64) {
	one := w.price(fs)
	if depth == 0 || w.worth(fs) < 0.8*w.goal.target+w.goal.min {
		return [][]int32{fs}, one
	}
	limit := far
	if depth == 1 { // both sides are cells then: a cut that costs more than one cell is none
		limit = one + 1e-6
	}
	p, ok := w.cutBelow(fs, limit)
	if !ok {
		return [][]int32{fs}, one
	}
	l, a := w.parts(p.left, depth-1)
	r, b := w.parts(p.right, depth-1)
	if v := a + b + w.goal.Feature*p.cost/100; v < one {
		return append(l, r...), v
	}
	return [][]int32{fs}, one
}

// cuts returns the best cuts of a region that start at different border nodes.
func (w *cutter) cuts(fs []int32, most int) []parting {
	if len(fs) < 2 || !w.prepare(fs) {
		return nil
	}
	j := &w.job
	var out []parting
	for _, f := range j.starts(most, far) {
		if p, ok := j.take(f); ok {
			out = append(out, p)
		}
	}
	return out
}
