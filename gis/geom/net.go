package geom

import (
	"slices"
)

// net is the raw graph of noded segments.
type net struct {
	segs []Seg
	pts  []Pt
	u, v []int32
	ptr  []int32
	adj  []int32
}

func newNet(segs []Seg) *net {
	n := &net{segs: segs, u: make([]int32, len(segs)), v: make([]int32, len(segs))}
	n.number()
	n.ptr = make([]int32, len(n.pts)+1)
	for i := range segs {
		n.ptr[n.u[i]+1]++
		n.ptr[n.v[i]+1]++
	}
	for i := range n.pts {
		n.ptr[i+1] += n.ptr[i]
	}
	n.adj = make([]int32, 2*len(segs))
	fill := slices.Clone(n.ptr[:len(n.pts)])
	for i := range segs {
		for _, a := range [2]int32{n.u[i], n.v[i]} {
			n.adj[fill[a]] = int32(i)
			fill[a]++
		}
	}
	return n
}

// number gives the ends of the segments their numbers in the order of points.
func (n *net) number() {
	ends := make([]Pt, 0, 2*len(n.segs))
	for _, s := range n.segs {
		ends = append(ends, s.A, s.B)
	}
	var sort sorter
	sort.order(ends)
	distinct := 0
	for i := range sort.a {
		if i == 0 || sort.a[i].key != sort.a[i-1].key {
			distinct++
		}
	}
	n.pts = make([]Pt, 0, distinct)
	for i, it := range sort.a {
		if i == 0 || it.key != sort.a[i-1].key {
			n.pts = append(n.pts, ends[it.from])
		}
		id := int32(len(n.pts) - 1)
		if k := it.from >> 1; it.from&1 == 0 {
			n.u[k] = id
		} else {
			n.v[k] = id
		}
	}
}

func (n *net) at(a int32) []int32 { return n.adj[n.ptr[a]:n.ptr[a+1]] }

func (n *net) other(e, a int32) int32 {
	if n.u[e] == a {
		return n.v[e]
	}
	return n.u[e]
}

// blocks numbers the biconnected components of the edges; no edge alone in its
// block (a dangle or a bridge) lies on a cycle. It returns the block of each edge and their number.
func (n *net) blocks() ([]int32, int) {
	block := make([]int32, len(n.segs))
	for i := range block {
		block[i] = -1
	}
	num := make([]int32, len(n.pts))
	low := make([]int32, len(n.pts))
	type frame struct{ node, edge, pos int32 }
	var stack []frame
	var open []int32 // edges not yet in a block
	count, time := 0, int32(0)
	for r := range n.pts {
		if num[r] != 0 {
			continue
		}
		time++
		num[r], low[r] = time, time
		stack = append(stack[:0], frame{int32(r), -1, n.ptr[r]})
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.pos < n.ptr[f.node+1] {
				e := n.adj[f.pos]
				f.pos++
				if e == f.edge {
					continue
				}
				w := n.other(e, f.node)
				if num[w] == 0 {
					time++
					num[w], low[w] = time, time
					open = append(open, e)
					stack = append(stack, frame{w, e, n.ptr[w]})
				} else if num[w] < num[f.node] {
					open = append(open, e)
					low[f.node] = min(low[f.node], num[w])
				}
				continue
			}
			a, e := f.node, f.edge
			stack = stack[:len(stack)-1]
			if e < 0 {
				continue
			}
			p := stack[len(stack)-1].node
			low[p] = min(low[p], low[a])
			if low[a] >= num[p] {
				for {
					x := open[len(open)-1]
					open = open[:len(open)-1]
					block[x] = int32(count)
					if x == e {
						break
					}
				}
				count++
			}
		}
	}
	return block, count
}

// Blocks splits noded, deduplicated segments into their biconnected components, dangles and bridges left out.
// Each is a list of indices into segs, ascending.
func Blocks(segs []Seg) [][]int32 {
	block, count := newNet(segs).blocks()
	all := make([][]int32, count)
	for i, b := range block {
		all[b] = append(all[b], int32(i))
	}
	return slices.DeleteFunc(all, func(l []int32) bool { return len(l) < 3 })
}

func (n *net) pruned(keep func(Seg) bool) []bool {
	block, count := n.blocks()
	size := make([]int32, count)
	good := make([]bool, count)
	for i, b := range block {
		size[b]++
		if keep == nil || keep(n.segs[i]) {
			good[b] = true
		}
	}
	alive := make([]bool, len(n.segs))
	for i, b := range block {
		alive[i] = good[b] && size[b] > 2
	}
	return alive
}
