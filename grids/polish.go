package grids

import (
	"cmp"
	"slices"
)

// polish improves cells three at a time: what pairs cannot mend is often mended by
// cutting a cell and two of its neighbours anew, from several first cuts.
func (s *search) polish() bool {
	better := false
	usual := s.usual()
	var order []int32
	for k := range s.next {
		if _, ok := s.cells[k]; ok {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(a, b int32) int { return -cmp.Compare(s.price[a], s.price[b]) })
	for _, k := range order {
		if _, ok := s.cells[k]; !ok || s.w.stop() {
			continue
		}
		near := s.neighbours(k)
		done := false
		for i := 0; i < len(near) && !done; i++ {
			for j := i + 1; j < len(near) && !done; j++ {
				set := [3]int32{k, near[i], near[j]}
				slices.Sort(set[:])
				if !s.tried[set] {
					s.tried[set] = true
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

// recut cuts three cells anew if that costs less. Those that cost much less than usual are left alone: there is little to gain.
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
	if now < w.effort.usual*usual*area/g.target {
		return false
	}
	var best [][]int32
	for _, p := range w.cuts(u, w.effort.firstCuts, now) {
		v := g.Feature * p.cost / 100
		var cells [][]int32
		for _, side := range [2][]int32{p.left, p.right} {
			if v >= now {
				break
			}
			c, x := w.parts(side, 2, now-v)
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

// parts cuts a region at most so many times over where that costs less, and returns the cells and their price with
// the borders between them. Cells that cost the limit or more need not be found.
func (w *cutter) parts(fs []int32, depth int, limit float64) ([][]int32, float64) {
	one, worth := w.price(fs), w.worth(fs)
	if depth == 0 || worth < 0.8*w.goal.target+w.goal.min {
		return [][]int32{fs}, one
	}
	if worth < pairMost*w.goal.target {
		if p, ok := w.cutInTwo(fs, min(one, limit)); ok {
			return [][]int32{p.left, p.right}, p.score
		}
		return [][]int32{fs}, one
	}
	p, ok := w.cutBelow(fs, limit)
	if !ok {
		return [][]int32{fs}, one
	}
	l, a := w.parts(p.left, depth-1, limit)
	r, b := w.parts(p.right, depth-1, limit)
	if v := a + b + w.goal.Feature*p.cost/100; v < one {
		return append(l, r...), v
	}
	return [][]int32{fs}, one
}
