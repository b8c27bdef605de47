package grids

import (
	"cmp"
	"math"
	"slices"
)

// Nearly all time of a division went into Dijkstra runs that ended for want of nodes: a run may only end early by what
// is certain of every path that goes on, and the price of the border alone says little on cheap roads. Now the shape counts, too
// (see reach.aim), a run scores each end as it meets it, so that its own finds shorten it, and what is found is kept with its path
// instead of being sought again.

// run is the work space of the runs from one border node after the other. Between jobs dist is far everywhere.
type run struct {
	dist          []float64 // of each node, with the tie break; shut where no path may end
	len           []float64 // m, of the path to a settled node
	left          []sums    // what lies left of the path to a node, where known says so
	known         []int32   // stamp
	prev, prevArc []int32
	seen          []int32 // nodes with a dist
	way           []int32 // of behind
	heap          minHeap
	stamp         int32
}

func (r *run) room(n int) {
	if len(r.dist) >= n {
		return
	}
	n *= 2
	r.dist, r.len, r.left = make([]float64, n), make([]float64, n), make([]sums, n)
	r.known, r.prev, r.prevArc = make([]int32, n), make([]int32, n), make([]int32, n)
	for i := range r.dist {
		r.dist[i] = far
	}
}

// reach is what can be told beforehand of every cut of the region.
type reach struct {
	limit float64 // what the border alone may cost
	kmax  float64 // by how much the price of a border may be lowered in the score
	areas float64 // price of areas in the score, at least
	round float64 // of the price of shapes, so much is in the score
	cells float64 // into how many cells, at most
}

// reach finds the bounds for the region.
func (j *job) reach(limit float64) reach {
	g := j.w.goal
	n := math.Max(1, math.Floor(j.total.worth/(2*g.target)+0.5))
	all := math.Max(2, math.Floor(j.total.worth/g.target+1.5))
	switch j.aim {
	case twoCells:
		return reach{limit, 1, g.leastAreas(j.total.worth, 2), g.Shape, 2}
	case fewCells:
		return reach{limit, 1, g.leastAreas(j.total.worth, int(all)), g.Shape, all}
	}
	part := 0.5 / math.Sqrt(all)
	return reach{limit, math.Sqrt(n), part * g.leastAreas(j.total.worth, int(all)), part * g.Shape, 2}
}

// leastAreas is the least that the areas of two to most cells can cost which are worth so much together. The square of the
// logarithm is convex up to e times where it is nought, so there even shares cost least; one cell beyond costs Area alone.
func (g *goal) leastAreas(worth float64, most int) float64 {
	v := g.Area
	for n := 2.0; n <= float64(most); n++ {
		x := math.Log(math.Max(worth/n, 1)/g.target) + g.aimed()
		v = math.Min(v, n*g.Area*x*x)
	}
	return v * (1 - 1e-9)
}

// bound returns how far, with the tie break, a path may go whose cut is to score less than worst. With c the price of its border and
// l its length the run goes by d = c + tieBreak·l. The border costs Feature·c/100/kmax. By the inequality of Cauchy and Schwarz the shapes
// of cells that share the area a and the outline p cost round·((p + 2l)²/4πa - cells) at least. The least of the sum over
// all l with the same d grows with d: where it comes to worst, the run ends, and loses nothing. No path goes on either
// whose border alone comes to dear; what it would have led to may be found by a way round that costs less.
func (r *reach) bound(j *job, worst float64) (d, dear float64) {
	border := j.w.goal.Feature / 100
	if border == 0 {
		return far, far
	}
	const slack = 1 + 1e-9 // for what rounding does
	worst -= r.areas
	dear = math.Min(r.limit, worst*r.kmax)/border*slack + 1e-6
	d = dear + tieBreak*j.total.len
	if sk := r.round / (4 * math.Pi * j.total.area); sk > 0 && worst < 40*r.round { // beyond, shapes cost no more: see goal.round
		a, p := border/r.kmax, j.total.len
		l := math.Max(0, (a*tieBreak/(4*sk)-p)/2) // the length at which the sum is least
		most := (worst+r.round*r.cells-sk*(p+2*l)*(p+2*l))/a + tieBreak*l
		d = math.Min(d, math.Max(most, tieBreak*l)*slack+1e-6)
	}
	return d, dear
}

// found is the best cut from one border node.
type found struct {
	score, cost float64
	from        int     // position
	to          int     // position
	path        []int32 // half-edges, from the end to the start
}

// better reports whether f is to be preferred to g.
func (f *found) better(g *found) bool {
	return f.score < g.score || f.score == g.score && (f.from < g.from || f.from == g.from && f.to < g.to)
}

// from runs Dijkstra from border node i and improves best, which holds the score to beat, by the cuts from there to later border
// nodes; those end a path, the others are shut. What lies left of a path is added up only for ends whose border is cheap enough.
func (j *job) from(i int, rc *reach, best *found) {
	r := &j.w.run
	r.stamp++
	s := j.pos[i].node
	r.dist[s], r.len[s], r.left[s], r.known[s], r.prev[s] = 0, 0, sums{}, r.stamp, -1
	seen, h := append(r.seen[:0], s), append(r.heap[:0], heapItem{0, s})
	dist, length, prev, prevArc, arcs, ptr := r.dist, r.len, r.prev, r.prevArc, j.arcs, j.ptr // looked up once
	bound, dear := rc.bound(j, best.score)
	for len(h) > 0 {
		x := h.pop()
		if x.k > dist[x.v] {
			continue
		}
		if x.k >= bound {
			break
		}
		if x.v != s {
			length[x.v] = length[prev[x.v]] + arcs[prevArc[x.v]].len
			if k := int(j.place[x.v]); k != inside {
				if j.end(i, k, rc, best) {
					bound, dear = rc.bound(j, best.score)
				}
				continue
			}
			if x.k-tieBreak*length[x.v] >= dear {
				continue
			}
		}
		for q := ptr[x.v]; q < ptr[x.v+1]; q++ {
			a := &arcs[q]
			d := x.k + a.c
			if d >= bound {
				break // the arcs after it cost more
			}
			if was := dist[a.v]; d < was-1e-12 {
				if was == far {
					seen = append(seen, a.v)
				}
				dist[a.v], prev[a.v], prevArc[a.v] = d, x.v, q
				h.push(heapItem{d, a.v})
			}
		}
	}
	r.heap, r.seen = h, seen
	for _, v := range seen {
		dist[v] = far
	}
	dist[s] = shut
}

// shut is the dist of a node that no run needs to go to: one in eight was a border node where no cut may end.
const shut = -1

// shutUntried shuts the border nodes where no cut starts or ends; open opens all nodes.
func (j *job) shutUntried() {
	for v, k := range j.place {
		if k == notTried {
			j.w.run.dist[v] = shut
		}
	}
}

func (j *job) open() {
	for v := range j.place {
		j.w.run.dist[v] = far
	}
}

// shutUpTo shuts the border nodes up to i, where the runs from there start or started, and opens those after it up to last.
func (j *job) shutUpTo(i, last int) {
	dist := j.w.run.dist
	for k := last + 1; k <= i; k++ {
		dist[j.pos[k].node] = shut
	}
	for k := i + 1; k <= last; k++ {
		dist[j.pos[k].node] = far
	}
}

// end looks whether the cut along the path just found from border node i to k is better than the best.
func (j *job) end(i, k int, rc *reach, best *found) bool {
	r, g := &j.w.run, j.w.goal
	t := j.pos[k].node
	c := g.Feature * (r.dist[t] - tieBreak*r.len[t]) / 100
	if c >= rc.limit || c > (best.score-rc.areas)*rc.kmax+1e-9 {
		return false // the border alone costs more
	}
	f := found{score: j.score(&j.pos[i], &j.pos[k], c, j.behind(t), rc, best.score), from: i, to: k}
	if !f.better(best) {
		return false
	}
	f.cost, f.path = r.dist[t]-tieBreak*r.len[t], best.path[:0]
	for u := t; r.prev[u] >= 0; u = r.prev[u] {
		f.path = append(f.path, j.hh[j.arcs[r.prevArc[u]].h])
	}
	*best = f
	return true
}

// behind returns what lies left of the path found to a node.
func (j *job) behind(t int32) *sums {
	r := &j.w.run
	way := r.way[:0]
	for u := t; r.known[u] != r.stamp; u = r.prev[u] {
		way = append(way, u)
	}
	for i := len(way) - 1; i >= 0; i-- {
		u := way[i]
		r.left[u].plus(&r.left[r.prev[u]], &j.hv[j.arcs[r.prevArc[u]].h])
		r.known[u] = r.stamp
	}
	r.way = way
	return &r.left[t]
}

func (j *job) best(limit float64) (parting, bool) {
	ps := j.starts(1, limit)
	if len(ps) == 0 {
		return parting{}, false
	}
	return j.part(&ps[0])
}

// starts returns the most best cuts whose border costs less than the limit, each from another border node, the best first.
// Where the score is what the cells will cost, that is less than the limit, too.
func (j *job) starts(most int, limit float64) []found {
	j.w.run.room(j.nodes)
	rc := j.reach(limit)
	none := found{score: far, from: -1}
	if j.aim != manyCells {
		none.score = limit
	}
	out := make([]found, 0, most+1)
	var spare []int32 // memory for a path
	j.shutUntried()
	last := -1
	for _, i := range j.byPrice() {
		j.shutUpTo(int(i), last)
		last = int(i)
		best := none
		best.path = spare[:0]
		if len(out) == most {
			best.score, best.from, best.to = out[most-1].score, out[most-1].from, out[most-1].to
		}
		j.from(int(i), &rc, &best)
		if spare = best.path; best.from != int(i) {
			continue
		}
		k := 0
		for k < len(out) && out[k].better(&best) {
			k++
		}
		out = slices.Insert(out, k, best)
		if spare = nil; len(out) > most {
			spare, out = out[most].path, out[:most]
		}
	}
	j.open()
	return out
}

// byPrice lists the border nodes, those on cheap lines first: good cuts found soon make the other runs short.
func (j *job) byPrice() []int32 {
	j.first = j.first[:0]
	for i := range j.pos {
		n, cheap := j.pos[i].node, far
		for _, a := range j.arcs[j.ptr[n]:j.ptr[n+1]] {
			cheap = min(cheap, a.c/a.len)
		}
		j.first = append(j.first, heapItem{cheap, int32(i)})
	}
	slices.SortFunc(j.first, func(x, y heapItem) int { return cmp.Or(cmp.Compare(x.k, y.k), cmp.Compare(x.v, y.v)) })
	j.tried = j.tried[:0]
	for _, x := range j.first {
		j.tried = append(j.tried, x.v)
	}
	return j.tried
}

// score is the price of the cut from p to q whose border costs c and has path on its left, far when that is certainly more than least.
func (j *job) score(p, q *position, c float64, path *sums, rc *reach, least float64) float64 {
	w, g := j.w, j.w.goal
	s1 := p.sums // what lies left of the path, with its whole outline
	s1.sub(&q.sums)
	s1.add(&j.total)
	s1.add(path)
	s2 := j.total
	s2.sub(&s1)
	s2.len += 2 * path.len
	if s1.area < minSide || s2.area < minSide {
		return far
	}
	if j.aim != manyCells {
		if c+rc.areas+g.Shape*(ratio(&s1)+ratio(&s2)-rc.cells) > least+1e-9 {
			return far
		}
		if c += j.become(&s1); c > least {
			return far
		}
		return c + j.become(&s2)
	}
	g1, k1 := g.side(&s1, w.mean)
	if v := c + g1; v > least && v/math.Sqrt(float64(k1)) > least+1e-6 {
		return far // the other side costs nothing at the least
	}
	g2, k2 := g.side(&s2, w.mean)
	if k1+k2 <= 2 {
		return c + g1 + g2
	}
	return c/math.Sqrt(float64(min(k1, k2))) + g1/math.Sqrt(float64(k1)) + g2/math.Sqrt(float64(k2))
}

// part sorts the faces to the two sides of the path of a cut.
func (j *job) part(f *found) (parting, bool) {
	w := j.w
	w.paths++
	for _, h := range f.path {
		w.onPath[h>>1] = w.paths
	}
	j.label = sized(j.label, j.n)
	j.flood(j.left(f.path[len(f.path)-1]), 1)
	// Where the path brushes the border several pieces are left: the largest is the other side, the rest join the first.
	most, right, mark := -1.0, int8(0), int8(2)
	for f := range j.label {
		if j.label[f] == 0 && mark < 120 {
			if a := j.flood(int32(f), mark); a > most {
				most, right = a, mark
			}
			mark++
		}
	}
	n := 0
	for i := range j.fs {
		if j.label[i] == right {
			n++
		}
	}
	s := parting{score: f.score, cost: f.cost, left: make([]int32, 0, len(j.fs)-n), right: make([]int32, 0, n)}
	for i, f := range j.fs {
		if j.label[i] == right {
			s.right = append(s.right, f)
		} else {
			s.left = append(s.left, f)
		}
	}
	return s, len(s.left) > 0 && len(s.right) > 0
}

// flood labels what hangs together with a dual node on its side of the path, and returns its area.
func (j *job) flood(f int32, mark int8) float64 {
	w, a := j.w, 0.0
	j.label[f] = mark
	stack := append(j.stack[:0], f)
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		a += j.weight[f].area
		for _, i := range j.dadj[j.dptr[f]:j.dptr[f+1]] {
			h := j.hh[i]
			if w.onPath[h>>1] == w.paths {
				continue
			}
			if g := j.left(h ^ 1); g >= 0 && j.label[g] == 0 {
				j.label[g] = mark
				stack = append(stack, g)
			}
		}
	}
	j.stack = stack
	return a
}

// ratio is one over the Polsby-Popper measure, as far as [goal.round] counts it.
func ratio(s *sums) float64 { return math.Min(s.len*s.len/(4*math.Pi*s.area), 50) }
