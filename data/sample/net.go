package sample

import (
	"math"
	"slices"
	"sort"
)

// edge is a stretch of a carrier between two neighbouring nodes; p is bent and
// dense, from node a to node b, a < b. Faces share it, so borders coincide exactly.
type edge struct {
	a, b int
	tag  int
	p    []pt
}

// side is an edge as a face's ring runs along it.
type side struct {
	e   *edge
	rev bool
}

func (s side) from() int {
	if s.rev {
		return s.e.b
	}
	return s.e.a
}

func (s side) to() int {
	if s.rev {
		return s.e.a
	}
	return s.e.b
}

// points returns the side's points without the last.
func (s side) points() []pt {
	p := slices.Clone(s.e.p)
	if s.rev {
		slices.Reverse(p)
	}
	return p[:len(p)-1]
}

// net is the plan bent into the ground: nodes, edges, and each face as a ring of sides.
type net struct {
	*plan
	plans []pt // plan coordinates of the nodes
	nodes []pt
	edges []*edge
	rings [][]side // by face
}

const cellM = 64

func newNet(pl *plan) *net {
	n := &net{plan: pl}
	ids := map[pt]int{}
	cells := map[[2]int][]int{}
	for _, f := range pl.faces {
		for _, p := range f.v {
			if _, ok := ids[p]; !ok {
				ids[p] = len(n.nodes)
				k := [2]int{int(p[0]) / cellM, int(p[1]) / cellM}
				cells[k] = append(cells[k], len(n.nodes))
				n.plans = append(n.plans, p)
				n.nodes = append(n.nodes, pl.warp.ground(p))
			}
		}
	}
	byEnds := map[[2]int]*edge{}
	for _, f := range pl.faces {
		var ring []side
		for i, p := range f.v {
			a, b := ids[p], ids[f.v[(i+1)%len(f.v)]]
			chain := append(append([]int{a}, n.between(a, b, cells)...), b)
			for k := 0; k+1 < len(chain); k++ {
				ring = append(ring, n.side(byEnds, chain[k], chain[k+1], f.tag[i]))
			}
		}
		n.rings = append(n.rings, ring)
	}
	return n
}

// between returns the nodes that lie on the plan segment a-b, in order.
func (n *net) between(a, b int, cells map[[2]int][]int) []int {
	p, q := n.plans[a], n.plans[b]
	type on struct {
		id int
		t  float64
	}
	var found []on
	x0, x1 := int(math.Min(p[0], q[0])-1)/cellM, int(math.Max(p[0], q[0])+1)/cellM
	y0, y1 := int(math.Min(p[1], q[1])-1)/cellM, int(math.Max(p[1], q[1])+1)/cellM
	for x := x0; x <= x1; x++ {
		for y := y0; y <= y1; y++ {
			for _, id := range cells[[2]int{x, y}] {
				if id == a || id == b {
					continue
				}
				if d, t := segDist(n.plans[id], p, q); d < 0.004 && t > 0 && t < 1 {
					found = append(found, on{id, t})
				}
			}
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].t < found[j].t })
	out := make([]int, len(found))
	for i, f := range found {
		out[i] = f.id
	}
	return out
}

func (n *net) side(byEnds map[[2]int]*edge, a, b, tag int) side {
	k := [2]int{min(a, b), max(a, b)}
	e := byEnds[k]
	if e == nil {
		e = &edge{a: k[0], b: k[1], tag: tag}
		p, q := n.plans[k[0]], n.plans[k[1]]
		steps := max(1, int(math.Ceil(dist(p, q)/24)))
		for i := range steps + 1 {
			switch i {
			case 0:
				e.p = append(e.p, n.nodes[k[0]])
			case steps:
				e.p = append(e.p, n.nodes[k[1]])
			default:
				e.p = append(e.p, n.warp.ground(lerp(p, q, float64(i)/float64(steps))))
			}
		}
		byEnds[k] = e
		n.edges = append(n.edges, e)
	}
	return side{e, a > b}
}

// ring returns the ground ring of face i and, for each of its edges, the carrier beneath.
func (n *net) ring(i int) (r []pt, tags []int) {
	for _, s := range n.rings[i] {
		for _, p := range s.points() {
			r, tags = append(r, p), append(tags, s.e.tag)
		}
	}
	return r, tags
}

// union returns the outer rings of the faces for which in is true, edges between two of them left out.
func (n *net) union(in func(face int) bool) [][]pt {
	next := map[int][]side{}
	twin := map[*edge]int{}
	var all []side
	for i, ring := range n.rings {
		if !in(i) {
			continue
		}
		for _, s := range ring {
			twin[s.e]++
			all = append(all, s)
		}
	}
	var rim []side
	for _, s := range all {
		if twin[s.e] == 1 {
			rim = append(rim, s)
			next[s.from()] = append(next[s.from()], s)
		}
	}
	used := map[*edge]bool{}
	var out [][]pt
	for _, s := range rim {
		if used[s.e] {
			continue
		}
		var ring []pt
		for at := s; !used[at.e]; {
			used[at.e] = true
			ring = append(ring, at.points()...)
			at = n.turn(at, next[at.to()], used)
		}
		out = append(out, ring)
	}
	return out
}

// turn picks the next side of a rim: where two rings touch in a node, the one that keeps to the left, so each ring stays simple.
func (n *net) turn(at side, options []side, used map[*edge]bool) side {
	best, bestTurn := at, math.Inf(-1)
	pts := at.points()
	in := sub(n.nodes[at.to()], pts[len(pts)-1])
	for _, o := range options {
		if used[o.e] {
			continue
		}
		q := append(o.points(), n.nodes[o.to()])
		out := sub(q[1], q[0])
		if a := math.Atan2(cross(in, out), dot(in, out)); a > bestTurn {
			best, bestTurn = o, a
		}
	}
	return best
}
