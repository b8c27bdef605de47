package census

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"wanmi/data/catalog"
)

// The cost of taking a delivered row for a stored one: its distance as a part of what its class allows, and what differs. To
// leave both alone costs two: every pair within the distance is cheaper, so as many are matched as can be, and of those
// matchings the one of least cost in all is taken, not the nearest pair first.
const (
	costAlone    = 1.0 // of a row, delivered or stored, without a partner
	costLabel    = 0.6 // two numbers painted on it, and not the same
	costName     = 0.2
	largeCluster = 300 // rows of a cluster from which on pairs are taken by cost: the exact way takes the cube
)

// The search for one shift of a whole delivery against what is stored, as another datum or another survey makes.
const (
	shiftReach = 10.0 // metres looked at
	shiftBin   = 0.25 // metres
	shiftLeast = 10   // rows it takes to speak of one
	shiftPart  = 0.7  // of the rows of the delivery without a partner
)

// common is a class in the code both editions share: that of the newer.
func (m *matcher) common(code string) string {
	if len(code) != 4 {
		return code
	}
	m.asked.RLock()
	to, ok := m.classes[code]
	m.asked.RUnlock()
	if !ok {
		to = code
		if c, known := catalog.Lookup(catalog.CJT214, code); known {
			if c, known := catalog.Counterpart(c, catalog.GB47678); known {
				to = c.Code
			}
		}
		m.asked.Lock()
		m.classes[strings.Clone(code)] = to
		m.asked.Unlock()
	}
	return to
}

// classOf is the class of a feature of a pack.
func (m *matcher) classOf(p *pack, i int) string { return m.common(p.text(i, m.class)) }

// reach is how far apart, in metres, two surveys of one thing of a class may lie.
func reach(class string) float64 {
	c, ok := catalog.Lookup(catalog.GB47678, class)
	switch {
	case ok && c.Accuracy == "B":
		return 2 * matchMetres
	case ok && c.Accuracy == "C":
		return 20 * matchMetres
	}
	return matchMetres
}

// matchPlaces finds partners by class, position and attributes for the records that have none and come without a code. Those an
// id matched far from where the thing stood take part when the id has clearly gone to another thing.
func (m *matcher) matchPlaces(recs *pack, to []int32, far []int) (remarks []string) {
	doubted := m.doubt(recs, to, far)
	var open []int
	for i := range to {
		if to[i] < 0 && len(recs.key(i)) == 0 {
			open = append(open, i)
		}
	}
	if len(open) == 0 || m.mx == 0 {
		return nil
	}
	shift := m.shift(recs, open)
	m.assign(recs, to, open, shift)
	if shift != (orb.Point{}) {
		remarks = append(remarks, fmt.Sprintf("the rows lie %.2f m east and %.2f m north of the stored ones as a whole: matched with that taken off / 全部位置整体偏移：东 %.2f 米，北 %.2f 米，已扣除后匹配",
			shift[0], shift[1], shift[0], shift[1]))
	}
	renumbered := 0
	for _, d := range doubted {
		switch {
		case to[d.rec] >= 0 && int(to[d.rec]) != d.row:
			renumbered++
		case to[d.rec] < 0 && !m.taken[d.row]: // no better one: the id stands
			to[d.rec], m.taken[d.row] = int32(d.row), true
		}
	}
	if renumbered > 0 {
		remarks = append(remarks, fmt.Sprintf("%d rows have the id of another thing and the place of a stored one: taken for the one at that place, its id changed / %d 行编号与位置不符，按位置匹配，编号视为变更",
			renumbered, renumbered))
	}
	return remarks
}

// doubt takes back the matches by an id where the thing would have gone far, to the very spot of another stored one of its
// class that by its own id is not there any more: ids were exchanged or given anew.
func (m *matcher) doubt(recs *pack, to []int32, far []int) (out []pair) {
	away := map[int]bool{} // stored rows whose id the delivery has elsewhere
	for _, i := range far {
		away[int(to[i])] = true
	}
	for _, i := range far {
		found := false
		m.around(recs.points[i], sameSpot, func(j int) {
			found = found || j != int(to[i]) && (away[j] || !m.taken[j]) && m.classOf(m.rows, j) == m.classOf(recs, i)
		})
		if found {
			out = append(out, pair{rec: i, row: int(to[i])})
		}
	}
	for _, d := range out {
		m.taken[d.row] = false
		to[d.rec] = -1
	}
	return out
}

// around calls use with every stored row within so many metres of p.
func (m *matcher) around(p orb.Point, within float64, use func(row int)) {
	n := int(math.Ceil(within))
	for dx := -n; dx <= n; dx++ {
		for dy := -n; dy <= n; dy++ {
			for _, e := range m.places.of(m.cell(p, dx, dy)) {
				if metres(p, m.rows.points[e.at]) <= within {
					use(int(e.at))
				}
			}
		}
	}
}

// shift finds the one displacement, metres east and north, that most of the open records have against stored rows of their class;
// zero when there is none, or one so small that it does not matter.
func (m *matcher) shift(recs *pack, open []int) orb.Point {
	if len(open) < shiftLeast {
		return orb.Point{}
	}
	votes := map[[2]int]map[int]bool{} // displacement in bins -> the records that have it
	at := func(v float64) int { return int(math.Round(v / shiftBin)) }
	step := max(1, len(open)/5000) // a sample is enough
	sample := 0
	for k := 0; k < len(open); k += step {
		i := open[k]
		sample++
		class := m.classOf(recs, i)
		p := recs.points[i]
		m.around(p, shiftReach, func(j int) {
			if !m.taken[j] && m.classOf(m.rows, j) == class {
				s := m.rows.points[j]
				bin := [2]int{at((p[0] - s[0]) * m.mx), at((p[1] - s[1]) * m.my)}
				if votes[bin] == nil {
					votes[bin] = map[int]bool{}
				}
				votes[bin][i] = true
			}
		})
	}
	best, most := [2]int{}, 0
	for bin := range votes {
		n := 0
		seen := map[int]bool{}
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				for i := range votes[[2]int{bin[0] + dx, bin[1] + dy}] {
					seen[i] = true
				}
			}
		}
		n = 10*len(seen) + len(votes[bin])
		nearer := func() bool {
			return cmp.Or(cmp.Compare(bin[0]*bin[0]+bin[1]*bin[1], best[0]*best[0]+best[1]*best[1]), cmp.Compare(bin[0], best[0]), cmp.Compare(bin[1], best[1])) < 0
		}
		if n > most || n == most && nearer() {
			best, most = bin, n
		}
	}
	d := orb.Point{float64(best[0]) * shiftBin, float64(best[1]) * shiftBin}
	if most/10 < int(shiftPart*float64(sample)) || math.Hypot(d[0], d[1]) <= matchMetres {
		return orb.Point{}
	}
	return d
}

// pair is a delivered and a stored row that may be one thing.
type pair struct {
	rec, row int
	cost     float64
}

// assign matches open records and free rows one to one, cluster by cluster, at the least cost in all.
func (m *matcher) assign(recs *pack, to []int32, open []int, shift orb.Point) {
	byRec, byRow := map[int][]pair{}, map[int][]int{}
	for _, i := range open {
		class := m.classOf(recs, i)
		limit := reach(class)
		p := orb.Point{recs.points[i][0] - shift[0]/m.mx, recs.points[i][1] - shift[1]/m.my}
		m.around(p, limit, func(j int) {
			if m.taken[j] || m.classOf(m.rows, j) != class {
				return
			}
			byRec[i] = append(byRec[i], pair{i, j, metres(p, m.rows.points[j])/limit + m.unlike(recs, i, j)})
			byRow[j] = append(byRow[j], i)
		})
	}
	done := map[int]bool{}
	for _, i := range open {
		if done[i] || len(byRec[i]) == 0 {
			continue
		}
		for _, p := range solve(cluster(i, byRec, byRow, done)) {
			to[p.rec], m.taken[p.row] = int32(p.row), true
		}
	}
}

// unlike is what the attributes of a record and a stored row speak against their being one thing.
func (m *matcher) unlike(recs *pack, i, j int) float64 {
	cost := 0.0
	if x, y := recs.text(i, m.label), m.rows.text(j, m.label); x != "" && y != "" && x != y {
		cost += costLabel
	}
	x, y := recs.text(i, m.name), m.rows.text(j, m.name)
	if x != "" && y != "" && x != y && x != recs.text(i, m.className) && y != m.rows.text(j, m.className) {
		cost += costName
	}
	return cost
}

// cluster collects the pairs that hang together with a record, in a fixed order.
func cluster(first int, byRec map[int][]pair, byRow map[int][]int, done map[int]bool) []pair {
	var out []pair
	queue := []int{first}
	done[first] = true
	for len(queue) > 0 {
		i := queue[0]
		queue = queue[1:]
		for _, p := range byRec[i] {
			out = append(out, p)
			for _, k := range byRow[p.row] {
				if !done[k] {
					done[k] = true
					queue = append(queue, k)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b pair) int { return cmp.Or(cmp.Compare(a.rec, b.rec), cmp.Compare(a.row, b.row)) })
	return out
}

// solve picks pairs so that no record and no row comes twice and the cost of all, of those left alone too, is least.
func solve(pairs []pair) []pair {
	var rows []int
	recs := 0
	for k, p := range pairs {
		if k == 0 || p.rec != pairs[k-1].rec {
			recs++
		}
		rows = append(rows, p.row)
	}
	slices.Sort(rows)
	rows = slices.Compact(rows)
	if recs > largeCluster || len(rows) > largeCluster {
		return cheapestFirst(pairs)
	}
	// A square: every record may also take a column of its own, which stands for being left alone.
	n, cols := recs, len(rows)+recs
	cost := make([][]float64, n)
	of := make([]map[int]pair, n)
	for k, i := 0, -1; k < len(pairs); k++ {
		p := pairs[k]
		if k == 0 || p.rec != pairs[k-1].rec {
			i++
			cost[i], of[i] = make([]float64, cols), map[int]pair{}
			for c := range cost[i] {
				cost[i][c] = 2 * costAlone
			}
		}
		c, _ := slices.BinarySearch(rows, p.row)
		cost[i][c], of[i][c] = min(p.cost, 2*costAlone), p
	}
	var out []pair
	for i, c := range hungarian(cost) {
		if p, ok := of[i][c]; ok && p.cost < 2*costAlone {
			out = append(out, p)
		}
	}
	return out
}

// cheapestFirst takes pairs by their cost.
func cheapestFirst(pairs []pair) []pair {
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.cost, b.cost) })
	recs, rows := map[int]bool{}, map[int]bool{}
	var out []pair
	for _, p := range pairs {
		if p.cost < 2*costAlone && !recs[p.rec] && !rows[p.row] {
			recs[p.rec], rows[p.row] = true, true
			out = append(out, p)
		}
	}
	return out
}

// hungarian returns for every line of the matrix, which has at least as many columns as lines, the column of the assignment
// of least cost: the method of Kuhn and Munkres with potentials.
func hungarian(cost [][]float64) []int {
	n, m := len(cost), len(cost[0])
	u, v := make([]float64, n+1), make([]float64, m+1)
	line, way := make([]int, m+1), make([]int, m+1)
	for i := 1; i <= n; i++ {
		line[0] = i
		least, used := make([]float64, m+1), make([]bool, m+1)
		for j := range least {
			least[j] = math.Inf(1)
		}
		j0 := 0
		for line[j0] != 0 {
			used[j0] = true
			i0, delta, j1 := line[j0], math.Inf(1), 0
			for j := 1; j <= m; j++ {
				if used[j] {
					continue
				}
				if c := cost[i0-1][j-1] - u[i0] - v[j]; c < least[j] {
					least[j], way[j] = c, j0
				}
				if least[j] < delta {
					delta, j1 = least[j], j
				}
			}
			for j := 0; j <= m; j++ {
				if used[j] {
					u[line[j]] += delta
					v[j] -= delta
				} else {
					least[j] -= delta
				}
			}
			j0 = j1
		}
		for j0 != 0 {
			line[j0] = line[way[j0]]
			j0 = way[j0]
		}
	}
	out := make([]int, n)
	for j := 1; j <= m; j++ {
		if line[j] > 0 {
			out[line[j]-1] = j - 1
		}
	}
	return out
}
