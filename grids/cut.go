package grids

import (
	"cmp"
	"slices"
)

// The best cut of a region is the best of all cheapest simple paths between two
// of its border nodes. The area (and load, and holes) left of a path closed
// along the border is a sum over its half-edges: a spanning tree of the dual
// graph gives each half-edge the weight of the subtree behind it (crossing a
// tree edge). So one Dijkstra from a border node scores all cuts that start there.

type arc struct {
	c, len float64 // price with the tie break, m
	u, v   int32   // local nodes
	h      int32   // local half-edge
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
	place   []int32 // of the local nodes on the outer border: in pos, notTried; inside of others
	pos     []position
	total   sums
	aim     aim

	parent, via, order []int32 // of dual
	acc                []sums
	loose              []arc // of graph, before they are sorted
	label              []int8
	stack              []int32 // of flood
	first              []heapItem
	tried              []int32
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

	inside   = -1 // of job.place: no node of the border
	notTried = -2 // a node of the border at which no cut starts or ends
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
		l := w.len[h>>1]
		j.loose = append(j.loose, arc{c + tieBreak*l, l, node(w.Org[h]), node(w.Org[t]), int32(i)})
	}
	if len(j.loose) == 0 {
		return false
	}
	j.nodes = int(n)
	j.sortArcs()
	j.place = sized(j.place, int(n))
	for i := range j.place {
		j.place[i] = inside
	}
	for _, h := range outer {
		if u := w.Org[h]; w.nodeMark[u] == w.epoch && j.place[w.nodeID[u]] == inside {
			k := w.nodeID[u]
			j.place[k] = int32(len(j.pos))
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
		if j.place[p.node] = notTried; keep[i] {
			j.place[p.node] = int32(len(out))
			out = append(out, p)
		}
	}
	j.pos = out
}
