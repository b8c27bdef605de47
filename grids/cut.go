package grids

import (
	"cmp"
	"math"
	"slices"
)

// The best cut of a region is the best of all cheapest simple paths between two
// of its border nodes. The area (and load, and holes) left of a path closed
// along the border is a sum over its half-edges: a spanning tree of the dual
// graph gives each half-edge the weight of the subtree behind it (crossing a
// tree edge). So one Dijkstra from a border node scores all cuts that start there.

type arc struct {
	u, v int32 // local nodes
	h    int32 // local half-edge
	c    float64
}

// job is one region being cut; a cutter has one, whose memory is used again.
type job struct {
	w       *cutter
	fs      []int32
	hh      []int32 // half-edges of the region, then those of the holes
	nb      int     // how many of them belong to faces
	isOuter []bool
	own     []int32 // dual node left of each
	n       int     // dual nodes: faces and holes
	dptr    []int32 // dual adjacency: local half-edges leaving each dual node
	dadj    []int32
	weight  []sums // of each dual node
	hv      []sums // of each half-edge
	arcs    []arc
	ptr     []int32
	nodes   int
	border  []bool // local nodes on the outer border
	pos     []position
	total   sums
	aim     aim

	parent, via, order []int32 // of dual
	acc                []sums
	loose              []arc // of graph, before they are sorted
}

// sized returns a slice of length n, zeroed, in the memory of s where that is enough.
func sized[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// position is a border node with the sums along the border up to it.
type position struct {
	node int32
	sums
}

const (
	maxSources = 160   // border nodes tried as the start of a cut
	minSide    = 500.0 // m²: no cut leaves less on a side
	far        = 1e18
)

// parting is a cut found.
type parting struct {
	score, cost float64
	left, right []int32
}

// cut returns the best cut of the region; ok is false when there is none.
func (w *cutter) cut(fs []int32) (parting, bool) { return w.cutBelow(fs, far) }

// cutBelow is cut for who has no use for one whose border alone costs limit or more: that bounds the search from the first start on.
func (w *cutter) cutBelow(fs []int32, limit float64) (parting, bool) {
	if len(fs) < 2 || !w.prepare(fs) {
		return parting{}, false
	}
	return w.job.best(limit)
}

// prepare readies the job of cutting a region; false when it cannot be cut.
func (w *cutter) prepare(fs []int32) bool {
	o := w.outline(fs)
	j := &w.job
	j.w, j.fs, j.total, j.aim = w, fs, sums{}, manyCells
	j.gather(&o)
	if !j.dual(o.outer[0]) || !j.graph(o.outer) {
		return false
	}
	j.thin()
	return true
}

func (j *job) gather(o *outline) {
	w := j.w
	j.hh = j.hh[:0]
	for _, f := range j.fs {
		j.hh = append(j.hh, w.Cycle[f]...)
	}
	j.nb = len(j.hh)
	for k, c := range o.holes {
		for _, h := range c {
			j.hh = append(j.hh, h^1)
			w.hole[h^1] = int32(k)
		}
	}
	for i, h := range j.hh {
		w.halfMark[h] = w.epoch
		w.halfID[h] = int32(i)
	}
	j.isOuter = sized(j.isOuter, len(j.hh))
	for _, h := range o.outer {
		j.isOuter[w.halfID[h]] = true
	}
	j.n = len(j.fs) + len(o.holes)
	j.weight = sized(j.weight, j.n)
	for i, f := range j.fs {
		j.weight[i] = w.sums[f]
	}
	for k := len(j.fs); k < j.n; k++ {
		j.weight[k].holes = 1
	}
	j.own = sized(j.own, len(j.hh))
	j.dptr = sized(j.dptr, j.n+2)
	for i, h := range j.hh {
		j.own[i] = j.left(h)
		if !j.isOuter[i] && j.own[i] >= 0 {
			j.dptr[j.own[i]+2]++
		}
	}
	for i := range j.n {
		j.dptr[i+2] += j.dptr[i+1]
	}
	j.dadj = sized(j.dadj, int(j.dptr[j.n+1]))
	for i := range j.hh {
		if !j.isOuter[i] && j.own[i] >= 0 {
			j.dadj[j.dptr[j.own[i]+1]] = int32(i)
			j.dptr[j.own[i]+1]++
		}
	}
}

// left returns the dual node left of a half-edge, -1 outside the region.
func (j *job) left(h int32) int32 {
	w := j.w
	if f := w.Face[h]; w.in(f) {
		return w.faceID[f]
	}
	if w.halfMark[h] == w.epoch && int(w.halfID[h]) >= j.nb {
		return int32(len(j.fs)) + w.hole[h]
	}
	return -1
}

// dual gives every half-edge the weight a path over it gains on its left. It
// fails when the region does not hang together.
func (j *job) dual(h0 int32) bool {
	w := j.w
	root := j.left(h0)
	j.parent, j.via = sized(j.parent, j.n), sized(j.via, j.n)
	parent, via := j.parent, j.via
	for i := range parent {
		parent[i] = -2
	}
	order := append(j.order[:0], root)
	parent[root] = -1
	for q := 0; q < len(order); q++ {
		f := order[q]
		for _, i := range j.dadj[j.dptr[f]:j.dptr[f+1]] {
			h := j.hh[i]
			if g := j.left(h ^ 1); g >= 0 && g != f && parent[g] == -2 {
				parent[g] = f
				via[g] = h ^ 1
				order = append(order, g)
			}
		}
	}
	j.order = order
	if len(order) < j.n {
		return false
	}
	j.acc = append(j.acc[:0], j.weight...)
	acc := j.acc
	for q := len(order) - 1; q > 0; q-- {
		f, p := order[q], parent[order[q]]
		acc[p].add(&acc[f])
	}
	j.hv = sized(j.hv, len(j.hh))
	for _, f := range order[1:] {
		j.hv[w.halfID[via[f]]].add(&acc[f])
		j.hv[w.halfID[via[f]^1]].sub(&acc[f])
	}
	j.hv[w.halfID[h0]].add(&acc[root])
	for i, h := range j.hh {
		j.hv[i].len = w.len[h>>1]
	}
	return true
}

// graph collects the inner edges as arcs and the border nodes they start from.
func (j *job) graph(outer []int32) bool {
	w := j.w
	n := int32(0)
	j.loose, j.pos = j.loose[:0], j.pos[:0]
	node := func(u int32) int32 {
		if w.nodeMark[u] != w.epoch {
			w.nodeMark[u] = w.epoch
			w.nodeID[u] = n
			n++
		}
		return w.nodeID[u]
	}
	for i, h := range j.hh {
		t := h ^ 1
		if j.isOuter[i] || j.own[i] < 0 || w.halfMark[t] != w.epoch || j.isOuter[w.halfID[t]] {
			continue
		}
		c := w.cost[h>>1]
		if i >= j.nb || int(w.halfID[t]) >= j.nb {
			c = 0 // round a hole there is a border already
		}
		j.loose = append(j.loose, arc{node(w.Org[h]), node(w.Org[t]), int32(i), c + tieBreak*w.len[h>>1]})
	}
	if len(j.loose) == 0 {
		return false
	}
	j.nodes = int(n)
	j.sortArcs()
	j.border = sized(j.border, int(n))
	for _, h := range outer {
		if u := w.Org[h]; w.nodeMark[u] == w.epoch && !j.border[w.nodeID[u]] {
			k := w.nodeID[u]
			j.border[k] = true
			j.pos = append(j.pos, position{k, j.total})
		}
		j.total.add(&j.hv[w.halfID[h]])
	}
	return len(j.pos) > 1
}

// sortArcs sorts the arcs by the node they leave, the cheap ones first.
func (j *job) sortArcs() {
	j.ptr = sized(j.ptr, j.nodes+2)
	for i := range j.loose {
		j.ptr[j.loose[i].u+2]++
	}
	for i := range j.nodes {
		j.ptr[i+2] += j.ptr[i+1]
	}
	j.arcs = sized(j.arcs, len(j.loose))
	for _, a := range j.loose {
		j.arcs[j.ptr[a.u+1]] = a
		j.ptr[a.u+1]++
	}
	for u := range j.nodes {
		l := j.arcs[j.ptr[u]:j.ptr[u+1]]
		for i := 1; i < len(l); i++ {
			for k := i; k > 0 && (l[k].c < l[k-1].c || (l[k].c == l[k-1].c && l[k].h < l[k-1].h)); k-- {
				l[k], l[k-1] = l[k-1], l[k]
			}
		}
	}
}

// thin keeps the border nodes with cheap lines, and every so many of the others, when there are too many.
func (j *job) thin() {
	if len(j.pos) <= maxSources {
		return
	}
	cheap := make([]float64, j.nodes)
	for i := range cheap {
		cheap[i] = far
	}
	for _, a := range j.arcs {
		cheap[a.u] = min(cheap[a.u], price[j.w.Edges[j.hh[a.h]>>1].Class])
	}
	ix := make([]int, len(j.pos))
	for i := range ix {
		ix[i] = i
	}
	slices.SortStableFunc(ix, func(a, b int) int { return cmp.Compare(cheap[j.pos[a].node], cheap[j.pos[b].node]) })
	keep := make([]bool, len(j.pos))
	for _, i := range ix[:maxSources] {
		keep[i] = true
	}
	for i := 0; i < len(j.pos); i += max(1, len(j.pos)/40) {
		keep[i] = true
	}
	out := j.pos[:0]
	for i, p := range j.pos {
		if keep[i] {
			out = append(out, p)
		}
	}
	j.pos = out
}

func (w *cutter) room(n int) {
	if len(w.dist) < n {
		w.dist, w.left = make([]float64, 2*n), make([]sums, 2*n)
		w.prev, w.prevArc = make([]int32, 2*n), make([]int32, 2*n)
	}
}

// reach runs Dijkstra from s up to the bound; border nodes end a path. What lies left of a path is added up when its
// end is settled, not each time a shorter one is found: nodes that are only seen, most of them near the bound, have none.
func (j *job) reach(s int32, bound float64) {
	w := j.w
	dist, border := w.dist[:j.nodes], j.border[:j.nodes]
	for i := range dist {
		dist[i] = far
	}
	dist[s], w.left[s], w.prev[s] = 0, sums{}, -1
	hp := push(w.heap[:0], heapItem{0, s})
	for len(hp) > 0 {
		var x heapItem
		x, hp = pop(hp)
		if x.k > dist[x.v] {
			continue
		}
		if x.v != s {
			w.left[x.v].plus(&w.left[w.prev[x.v]], &j.hv[j.arcs[w.prevArc[x.v]].h])
			if border[x.v] {
				continue
			}
		}
		for q := j.ptr[x.v]; q < j.ptr[x.v+1]; q++ {
			a := &j.arcs[q]
			if d := x.k + a.c; d < dist[a.v]-1e-12 {
				if d*0.9 > bound {
					break // the arcs after it cost more
				}
				dist[a.v], w.prev[a.v], w.prevArc[a.v] = d, x.v, q
				hp = push(hp, heapItem{d, a.v})
			}
		}
	}
	w.heap = hp[:0]
}

func (j *job) best(limit float64) (parting, bool) {
	ps := j.starts(1, limit)
	if len(ps) == 0 {
		return parting{}, false
	}
	return j.take(ps[0])
}

// found is the best cut from one border node.
type found struct {
	score float64
	from  int // position
	to    int32
}

// starts returns the most best cuts whose border costs less than the limit, each from another border node, the best first.
// Where the score is what the cells will cost, that is less than the limit, too.
func (j *job) starts(most int, limit float64) []found {
	w, g := j.w, j.w.goal
	w.room(j.nodes)
	var out []found
	kmax := 1.0
	if j.aim == manyCells {
		kmax = math.Sqrt(math.Max(1, math.Floor(j.total.worth/(2*g.target)+0.5)))
	}
	for i := range j.pos {
		p := &j.pos[i]
		worst := far
		if j.aim != manyCells {
			worst = limit
		}
		if len(out) == most {
			worst = out[most-1].score
		}
		bound := far
		if worst < far && g.Feature > 0 {
			bound = worst*100/g.Feature*kmax + tieBreak*j.total.len + 1
		}
		if limit < far && g.Feature > 0 {
			bound = min(bound, limit*100/g.Feature+tieBreak*j.total.len+1)
		}
		j.reach(p.node, bound)
		best := found{worst, -1, -1}
		for k := range j.pos[i+1:] {
			q := &j.pos[i+1+k]
			if q.node == p.node || w.dist[q.node] >= far {
				continue
			}
			if g.Feature*(w.dist[q.node]-tieBreak*w.left[q.node].len)/100 >= min(best.score*kmax, limit) {
				continue // the border alone costs more
			}
			if s := j.score(p, q, best.score); s < best.score {
				best = found{s, i, q.node}
			}
		}
		if best.from < 0 {
			continue
		}
		k, _ := slices.BinarySearchFunc(out, best.score, func(f found, v float64) int { return cmp.Compare(f.score, v) })
		out = slices.Insert(out, k, best)
		out = out[:min(most, len(out))]
	}
	return out
}

// take makes the cut that starts found.
func (j *job) take(f found) (parting, bool) {
	w := j.w
	j.reach(j.pos[f.from].node, far)
	s := parting{score: f.score, cost: w.dist[f.to] - tieBreak*w.left[f.to].len}
	return j.part(s, j.pos[f.from].node, f.to)
}

// score is the price of the cut along the path found from p to q, far when that is certainly more than least.
func (j *job) score(p, q *position, least float64) float64 {
	w, g, t := j.w, j.w.goal, q.node
	path := &w.left[t]
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
	c := g.Feature * (w.dist[t] - tieBreak*path.len) / 100
	if j.aim != manyCells {
		if c += j.become(&s1); c >= least {
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

// part sorts the faces to the two sides of the path that the last reach found to node t.
func (j *job) part(s parting, from, t int32) (parting, bool) {
	w := j.w
	onPath := map[int32]bool{}
	first := int32(-1)
	for u := t; u != from; u = w.prev[u] {
		first = j.hh[j.arcs[w.prevArc[u]].h]
		onPath[first>>1] = true
	}
	label := make([]int8, j.n)
	flood := func(f int32, mark int8) float64 {
		a := 0.0
		label[f] = mark
		stack := []int32{f}
		for len(stack) > 0 {
			f := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			a += j.weight[f].area
			for _, i := range j.dadj[j.dptr[f]:j.dptr[f+1]] {
				h := j.hh[i]
				if onPath[h>>1] {
					continue
				}
				if g := j.left(h ^ 1); g >= 0 && label[g] == 0 {
					label[g] = mark
					stack = append(stack, g)
				}
			}
		}
		return a
	}
	flood(j.left(first), 1)
	// Where the path brushes the border several pieces are left: the largest is the other side, the rest join the first.
	most, right, mark := -1.0, int8(0), int8(2)
	for f := range label {
		if label[f] == 0 && mark < 120 {
			if a := flood(int32(f), mark); a > most {
				most, right = a, mark
			}
			mark++
		}
	}
	for i, f := range j.fs {
		if label[i] == right {
			s.right = append(s.right, f)
		} else {
			s.left = append(s.left, f)
		}
	}
	return s, len(s.left) > 0 && len(s.right) > 0
}
