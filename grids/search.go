package grids

import (
	"cmp"
	"slices"
)

// divide cuts one connected piece of a community into cells, each a set of faces.
func (w *cutter) divide(fs []int32) [][]int32 {
	var out [][]int32
	stack := [][]int32{fs}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		a := w.total(f)
		o := w.outline(f)
		if a.worth < 1.25*w.goal.target && o.simple() {
			out = append(out, f)
			continue
		}
		limit := far
		if a.most < w.goal.max && o.simple() {
			limit = w.price(f)
		}
		s, ok := w.cutBelow(f, limit)
		if !ok || s.score >= limit {
			out = append(out, f)
			continue
		}
		stack = append(stack, s.left, s.right)
	}
	return out
}

// pair is two neighbouring cells.
type pair struct{ a, b int32 }

// search improves the cells of one community: pairs of neighbours, the worst
// first, are merged or cut anew where that costs less.
type search struct {
	w     *cutter
	own   []int32 // cell of each face; shared by all workers, each writes its own community's faces
	cells map[int32][]int32
	price map[int32]float64
	next  int32
	memo  map[pair]bool     // pairs that nothing improves
	tried map[[3]int32]bool // sets of three cells cut anew before
}

const sweeps = 8

// improve returns the cells after local search.
func (w *cutter) improve(cells [][]int32, own []int32) [][]int32 {
	s := &search{w: w, own: own, cells: map[int32][]int32{}, price: map[int32]float64{}, memo: map[pair]bool{}, tried: map[[3]int32]bool{}}
	for _, c := range cells {
		s.add(c)
	}
	s.settle()
	for range w.effort.rounds {
		if !s.polish() {
			break
		}
		s.settle()
	}
	out := make([][]int32, 0, len(s.cells))
	for k := range s.next {
		if c, ok := s.cells[k]; ok {
			out = append(out, c)
		}
	}
	return out
}

// settle sweeps until no pair is left to improve.
func (s *search) settle() {
	for range sweeps {
		if s.w.stop() || !s.sweep() {
			break
		}
	}
}

func (s *search) add(fs []int32) {
	s.cells[s.next] = fs
	s.price[s.next] = s.w.price(fs)
	for _, f := range fs {
		s.own[f] = s.next
	}
	s.next++
}

// borders returns the neighbouring pairs not yet given up, worst first, with the cost of the border between them.
func (s *search) borders() ([]pair, map[pair]float64) {
	w := s.w
	cost := map[pair]float64{}
	var order []pair
	for k := range s.next {
		for _, f := range s.cells[k] {
			for _, h := range w.Cycle[f] {
				g := w.Face[h^1]
				if g < 0 || w.zone[g] != w.zone[f] || s.own[g] <= k {
					continue
				}
				p := pair{k, s.own[g]}
				if _, ok := cost[p]; !ok && !s.memo[p] {
					order = append(order, p)
				}
				cost[p] += w.cost[h>>1]
			}
		}
	}
	slices.SortFunc(order, func(x, y pair) int {
		return cmp.Or(-cmp.Compare(s.price[x.a]+s.price[x.b], s.price[y.a]+s.price[y.b]), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	return order, cost
}

func (s *search) sweep() bool {
	w, g := s.w, s.w.goal
	order, cost := s.borders()
	dead := map[int32]bool{}
	better := false
	for _, p := range order {
		if dead[p.a] || dead[p.b] {
			continue
		}
		u := slices.Concat(s.cells[p.a], s.cells[p.b])
		area := w.total(u)
		if area.worth > 6*g.target {
			s.memo[p] = true
			continue
		}
		best := s.price[p.a] + s.price[p.b] + g.Feature*cost[p]/100 - 1e-6
		var now [][]int32
		if area.most < 1.3*g.max {
			if one := w.price(u); one < best {
				best, now = one, [][]int32{u}
			}
		}
		if area.worth > 0.8*g.target {
			if c, ok := w.cutInTwo(u, best); ok && w.price(c.left)+w.price(c.right)+g.Feature*c.cost/100 < best {
				now = [][]int32{c.left, c.right}
			}
		}
		if now == nil {
			s.memo[p] = true
			continue
		}
		better = true
		dead[p.a], dead[p.b] = true, true
		delete(s.cells, p.a)
		delete(s.cells, p.b)
		for _, f := range now {
			s.add(f)
		}
	}
	return better
}
