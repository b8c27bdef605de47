package grids

import "slices"

// mend makes every cell a simple polygon: one with a hole, or that touches
// itself, is cut, or joined to a neighbour, or taken apart into its atoms.
func (w *cutter) mend(cells [][]int32) [][]int32 {
	for round := 0; round < 8; round++ {
		bad := -1
		var out [][]int32
		for i, c := range cells {
			if o := w.outline(c); o.simple() {
				out = append(out, c)
				continue
			}
			if s, ok := w.cut(c); ok && round < 5 { // then without asking what is cheap
				out = append(out, s.left, s.right)
				bad = i
				continue
			}
			if len(c) > 1 {
				out = append(out, w.single(c)...)
				bad = i
				continue
			}
			out = append(out, c)
		}
		cells = out
		if bad < 0 {
			if round == 0 {
				return cells
			}
			return w.rejoin(cells)
		}
	}
	return w.rejoin(w.absorb(cells))
}

// rejoin joins cells below the limit with neighbours as long as that makes simple cells that cost less: what was cut for
// the sake of its outline was cut without asking what the parts would be.
func (w *cutter) rejoin(cells [][]int32) [][]int32 {
	home := map[int32]int{}
	for i, c := range cells {
		for _, f := range c {
			home[f] = i
		}
	}
	for {
		least, from, to := -1e-6, -1, -1
		for i, c := range cells {
			if len(c) == 0 || w.worth(c) >= w.goal.min {
				continue
			}
			for _, j := range w.beside(c, i, home) {
				d := cells[j]
				u := slices.Concat(c, d)
				if s := w.total(u); s.most > w.goal.max || w.zone[c[0]] != w.zone[d[0]] {
					continue
				}
				if o := w.outline(u); !o.simple() {
					continue
				}
				if more := w.price(u) - w.price(c) - w.price(d); more < least {
					least, from, to = more, i, j
				}
			}
		}
		if from < 0 {
			return slices.DeleteFunc(cells, func(c []int32) bool { return len(c) == 0 })
		}
		for _, f := range cells[from] {
			home[f] = to
		}
		cells[to], cells[from] = slices.Concat(cells[to], cells[from]), nil
	}
}

// beside returns the cells that share an edge with cell i, of the faces c, ascending.
func (w *cutter) beside(c []int32, i int, home map[int32]int) []int {
	var out []int
	for _, f := range c {
		for _, h := range w.Cycle[f] {
			if j, ok := home[w.Face[h^1]]; ok && j != i {
				out = append(out, j)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// single takes a cell apart into single atoms.
func (w *cutter) single(fs []int32) [][]int32 {
	var out [][]int32
	for _, f := range fs {
		out = append(out, []int32{f})
	}
	return out
}

// absorb joins cells that are still no simple polygons with the first neighbour that makes them one.
func (w *cutter) absorb(cells [][]int32) [][]int32 {
	for i := 0; i < len(cells); i++ {
		if o := w.outline(cells[i]); o.simple() {
			continue
		}
		for j := range cells {
			if j == i {
				continue
			}
			u := slices.Concat(cells[i], cells[j])
			if o := w.outline(u); !o.simple() || !w.touch(cells[i], cells[j]) {
				continue
			}
			cells[i] = u
			cells = slices.Delete(cells, j, j+1)
			i = -1
			break
		}
	}
	return cells
}

// touch reports whether two cells share an edge.
func (w *cutter) touch(a, b []int32) bool {
	for _, f := range a {
		for _, h := range w.Cycle[f] {
			if slices.Contains(b, w.Face[h^1]) {
				return true
			}
		}
	}
	return false
}
