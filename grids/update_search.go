package grids

import (
	"cmp"
	"math"
	"slices"
)

const nearWhole = 0.01 // of a cell's land may come or go, and it is taken for whole where others can give land instead

// borders returns the neighbouring pairs that may be changed, worst first, with the cost of the border between them.
func (w *warm) borders() ([]pair, map[pair]float64) {
	cost := map[pair]float64{}
	var order []pair
	for k := range w.next {
		c, ok := w.cells[k]
		if !ok {
			continue
		}
		for _, f := range c.fs {
			for _, h := range w.Cycle[f] {
				g := w.Face[h^1]
				if g < 0 || w.own[g] <= k || w.zone[g] != w.zone[f] {
					continue
				}
				p := pair{k, w.own[g]}
				if _, ok := cost[p]; !ok && !w.memo[p] && w.may(c, w.cells[p.b]) {
					order = append(order, p)
				}
				cost[p] += w.cost[h>>1]
			}
		}
	}
	slices.SortFunc(order, func(x, y pair) int {
		return cmp.Or(-cmp.Compare(w.cells[x.a].price+w.cells[x.b].price, w.cells[y.a].price+w.cells[y.b].price), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	return order, cost
}

// whole reports whether a cell is an old one of its community, but for nearWhole of its land.
func (w *warm) whole(c *warmCell) bool {
	if c.kind == fresh {
		return false
	}
	old := w.z.r.cells[c.home]
	was := float64(old.ring.Area2()) / 2e6
	return old.comm == w.comm && math.Abs(c.area-was) < nearWhole*was
}

// may reports whether the mode allows a pair to be changed: a repair only where something has to be, a refresh also
// where a trial has shown that there is something better.
func (w *warm) may(a, b *warmCell) bool {
	if !w.wide && (w.whole(a) || w.whole(b)) {
		return false
	}
	if a.bad || b.bad || a.kind == fresh && b.kind == fresh {
		return true
	}
	worth := func(c *warmCell) bool { return c.home < 0 || w.z.r.cells[c.home].is == broken }
	return w.z.r.opt.Mode == Refresh && (worth(a) || worth(b))
}

// intactWorth is what a cell that is as it was is worth to a repair, in units of the builder's price: so much more a cell out of the limits costs
// while only those that change anyhow may mend it, as one that is as it was has to when they do not.
const intactWorth = 8.0

// priced returns the price of faces as one cell.
func (w *warm) priced(fs []int32) float64 {
	price := w.cutter.price(fs)
	if !w.wide && w.bad(fs) {
		price += intactWorth
	}
	return price
}

// rescue joins or cuts anew each cell out of the limits with the neighbour that gains most, a cut being worth Kappa less:
// to join cells moves no border.
func (w *warm) rescue() {
	type rescue struct {
		now  [][]int32
		gain float64
	}
	known := map[pair]rescue{}
	for {
		order, cost := w.borders()
		best, do := pair{}, rescue{}
		for _, p := range order {
			a, b := w.cells[p.a], w.cells[p.b]
			if !a.bad && !b.bad {
				continue
			}
			r, ok := known[p]
			if !ok {
				r.now, r.gain = w.better(a, b, cost[p], Kappa)
				known[p] = r
			}
			if r.gain > do.gain {
				best, do = p, r
			}
		}
		if do.now == nil {
			return
		}
		w.replace(best, do.now)
	}
}

func (w *warm) sweep() bool {
	order, cost := w.borders()
	dead := map[int32]bool{}
	better := false
	for _, p := range order {
		if dead[p.a] || dead[p.b] {
			continue
		}
		now, _ := w.better(w.cells[p.a], w.cells[p.b], cost[p], 0)
		if now == nil {
			w.memo[p] = true
			continue
		}
		better = true
		dead[p.a], dead[p.b] = true, true
		w.replace(p, now)
	}
	return better
}

// replace puts new cells in the place of a pair.
func (w *warm) replace(p pair, now [][]int32) {
	for _, k := range [2]int32{p.a, p.b} {
		if h := w.cells[k].home; h >= 0 {
			w.given = append(w.given, h)
		}
		delete(w.cells, k)
	}
	for _, fs := range now {
		w.add(&warmCell{fs: fs, home: -1})
	}
}

// better returns what two neighbours had better be, nil when they had better stay, and what is gained. A cut must gain cut more than a join.
func (w *warm) better(a, b *warmCell, cost, cut float64) (now [][]int32, gain float64) {
	g := w.goal
	area := a.area + b.area
	if area > 6*g.target {
		return nil, 0
	}
	need := 1e-6
	for _, c := range [2]*warmCell{a, b} {
		if c.kind != fresh {
			need += Kappa
		}
	}
	u := slices.Concat(a.fs, b.fs)
	most := a.price + b.price + g.Feature*cost/100 - need
	for _, c := range [2]*warmCell{a, b} {
		if !w.wide && c.bad {
			most += intactWorth
		}
	}
	best := most
	if area < 1.3*g.max {
		if one := w.priced(u); one < best {
			best, now = one, [][]int32{u}
		}
	}
	if area > 0.8*g.target {
		if c, ok := w.cut(u); ok {
			if two := w.priced(c.left) + w.priced(c.right) + g.Feature*c.cost/100 + cut; two < best {
				best, now = two, [][]int32{c.left, c.right}
			}
		}
	}
	return now, most - best
}
