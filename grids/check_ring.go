package grids

import (
	"cmp"
	"slices"
)

// selfTouch finds a place where a ring meets itself other than at the common end of two edges that follow each other.
func selfTouch(r []mm) (mm, bool) {
	n := len(r)
	// Edges by their west end; only those that overlap in x are compared.
	ix := make([]int, n)
	for i := range ix {
		ix[i] = i
	}
	west := func(i int) int64 { return min(r[i].x, r[(i+1)%n].x) }
	slices.SortFunc(ix, func(i, j int) int { return cmp.Or(cmp.Compare(west(i), west(j)), cmp.Compare(i, j)) })
	for s, i := range ix {
		a, b := r[i], r[(i+1)%n]
		east := max(a.x, b.x)
		for _, j := range ix[s+1:] {
			if west(j) > east {
				break
			}
			c, d := r[j], r[(j+1)%n]
			if max(a.y, b.y) < min(c.y, d.y) || max(c.y, d.y) < min(a.y, b.y) {
				continue
			}
			t1, t2, t3, t4 := leftTurn(a, b, c), leftTurn(a, b, d), leftTurn(c, d, a), leftTurn(c, d, b)
			switch {
			case (i+1)%n == j: // b is c: a spike when d lies on ab or a on cd
				if t2 == 0 && (between(a, b, d) || between(c, d, a)) {
					return b, true
				}
			case (j+1)%n == i:
				if t1 == 0 && (between(a, b, c) || between(c, d, b)) {
					return a, true
				}
			case (t1 == 0 && between(a, b, c)) || (t2 == 0 && between(a, b, d)):
				return c, true
			case (t3 == 0 && between(c, d, a)) || (t4 == 0 && between(c, d, b)):
				return a, true
			case (t1 > 0) != (t2 > 0) && (t3 > 0) != (t4 > 0) && t1 != 0 && t2 != 0 && t3 != 0 && t4 != 0:
				return a, true
			}
		}
	}
	return mm{}, false
}

// between reports whether p, on the line through a and b, lies on the segment.
func between(a, b, p mm) bool {
	return p.x >= min(a.x, b.x) && p.x <= max(a.x, b.x) && p.y >= min(a.y, b.y) && p.y <= max(a.y, b.y)
}
