package geom

import (
	"slices"
)

// Edge is a chain of segments between two nodes of a [Graph].
type Edge struct {
	Line  []Pt // from the origin of half-edge 2e to that of 2e+1
	Class uint8
	L, R  int32   // tags of its sides along Line
	Len   float64 // millimetres
}

// Graph is a planar graph with its faces. Edge e has the half-edges 2e (along
// its Line, the face on the left) and 2e+1 (against it).
type Graph struct {
	Nodes []Pt
	Edges []Edge
	Org   []int32   // origin node of each half-edge
	Next  []int32   // next half-edge round the face on the left
	Face  []int32   // face on the left of a half-edge; -1-k: outside, by outer cycle k
	Cycle [][]int32 // half-edges round each face, counter-clockwise
	Outer [][]int32 // half-edges round each connected part, clockwise
	Area2 []int64   // twice the area of each face, mm²
}

// Dedup keeps one of equal segments in a sorted list: the first, that is the one of the smallest class.
func Dedup(segs []Seg) []Seg {
	out := segs[:0]
	for _, s := range segs {
		if n := len(out); n == 0 || out[n-1].A != s.A || out[n-1].B != s.B {
			out = append(out, s)
		}
	}
	return out
}

// NewGraph builds the graph of noded, deduplicated segments (see [SnapRound]).
// Blocks of edges without one that keep wants are left out, and with them
// dangles and bridges; so every face of a block is bounded by a simple cycle.
// nil keeps every block.
func NewGraph(segs []Seg, keep func(Seg) bool) *Graph {
	n := newNet(segs)
	alive := n.pruned(keep)
	g := &Graph{}
	g.chains(n, alive)
	g.rotate()
	g.faces()
	return g
}

// chains joins segments of one class over nodes of degree two.
func (g *Graph) chains(n *net, alive []bool) {
	joint := make([]bool, len(n.pts))
	for a := range n.pts {
		deg, class := 0, -1
		for _, e := range n.at(int32(a)) {
			if !alive[e] {
				continue
			}
			deg++
			c := int(n.segs[e].Class)
			joint[a] = joint[a] || (class >= 0 && class != c)
			class = c
		}
		joint[a] = joint[a] || deg > 2
	}
	used := make([]bool, len(n.segs))
	id := make([]int32, len(n.pts))
	for i := range id {
		id[i] = -1
	}
	node := func(a int32) int32 {
		if id[a] < 0 {
			id[a] = int32(len(g.Nodes))
			g.Nodes = append(g.Nodes, n.pts[a])
		}
		return id[a]
	}
	left := 0
	for _, ok := range alive {
		if ok {
			left += 2 // a chain has one point more than segments, and a segment at least
		}
	}
	points := make([]Pt, left) // of all lines: one piece of memory instead of one an edge
	var chain []int32
	add := func(chain []int32, s Seg) {
		e := Edge{Line: points[:len(chain):len(chain)], Class: s.Class, L: s.L, R: s.R}
		points = points[len(chain):]
		for i, a := range chain {
			e.Line[i] = n.pts[a]
			if i > 0 {
				e.Len += e.Line[i].Dist(e.Line[i-1])
			}
		}
		g.Edges = append(g.Edges, e)
		g.Org = append(g.Org, node(chain[0]), node(chain[len(chain)-1]))
	}
	walk := func(a, e int32) {
		s := n.segs[e]
		if n.u[e] != a {
			s = s.Flip()
		}
		chain = append(chain[:0], a)
		for at := a; e >= 0; {
			used[e] = true
			at = n.other(e, at)
			chain = append(chain, at)
			if e = -1; joint[at] || at == a {
				break
			}
			for _, f := range n.at(at) {
				if alive[f] && !used[f] {
					e = f
				}
			}
		}
		if k := len(chain) - 1; chain[0] == chain[k] { // a loop: three edges, so that none joins a node to itself
			add(chain[:k/3+1], s)
			add(chain[k/3:2*k/3+1], s)
			add(chain[2*k/3:], s)
			return
		}
		add(chain, s)
	}
	for a := range n.pts {
		if joint[a] {
			for _, e := range n.at(int32(a)) {
				if alive[e] && !used[e] {
					walk(int32(a), e)
				}
			}
		}
	}
	for e := range n.segs {
		if alive[e] && !used[e] {
			walk(n.u[e], int32(e))
		}
	}
}

// Along returns the points of half-edge h in its direction.
func (g *Graph) Along(h int32) []Pt {
	l := g.Edges[h>>1].Line
	if h&1 == 0 {
		return l
	}
	r := slices.Clone(l)
	slices.Reverse(r)
	return r
}

// Tags returns the tags left and right of half-edge h.
func (g *Graph) Tags(h int32) (left, right int32) {
	e := &g.Edges[h>>1]
	if h&1 == 0 {
		return e.L, e.R
	}
	return e.R, e.L
}

// rotate sorts the half-edges round each node by exact direction and links each to the next one of its face.
func (g *Graph) rotate() {
	dir := make([]Pt, len(g.Org))
	deg := make([]int32, len(g.Nodes)+1)
	for h := range g.Org {
		l := g.Edges[h>>1].Line
		if h&1 == 0 {
			dir[h] = l[1].Sub(l[0])
		} else {
			dir[h] = l[len(l)-2].Sub(l[len(l)-1])
		}
		deg[g.Org[h]+1]++
	}
	for i := range g.Nodes {
		deg[i+1] += deg[i]
	}
	out := make([]int32, len(g.Org))
	fill := slices.Clone(deg[:len(g.Nodes)])
	for h, a := range g.Org {
		out[fill[a]] = int32(h)
		fill[a]++
	}
	lower := func(d Pt) bool { return d.Y < 0 || (d.Y == 0 && d.X < 0) }
	g.Next = make([]int32, len(g.Org))
	for a := range g.Nodes {
		star := out[deg[a]:deg[a+1]]
		slices.SortFunc(star, func(i, j int32) int {
			p, q := dir[i], dir[j]
			if lower(p) != lower(q) {
				if lower(p) {
					return 1
				}
				return -1
			}
			if c := Sign(p.X*q.Y - p.Y*q.X); c != 0 {
				return -c
			}
			return int(i - j)
		})
		for i, h := range star {
			g.Next[h^1] = star[(i+len(star)-1)%len(star)]
		}
	}
}

// CycleArea2 returns twice the signed area inside a closed walk of half-edges.
func (g *Graph) CycleArea2(cycle []int32) int64 {
	o := g.Nodes[g.Org[cycle[0]]]
	var sum int64
	for _, h := range cycle {
		l := g.Edges[h>>1].Line
		var s int64
		for i := 1; i < len(l); i++ {
			s += Cross(o, l[i-1], l[i])
		}
		if h&1 == 1 {
			s = -s
		}
		sum += s
	}
	return sum
}

func (g *Graph) faces() {
	const unseen = 1 << 30
	g.Face = make([]int32, len(g.Org))
	for h := range g.Face {
		g.Face[h] = unseen
	}
	for h0 := range g.Face {
		if g.Face[h0] != unseen {
			continue
		}
		var cycle []int32
		for h := int32(h0); g.Face[h] == unseen; h = g.Next[h] {
			g.Face[h] = unseen + 1
			cycle = append(cycle, h)
		}
		id := int32(len(g.Cycle))
		if a := g.CycleArea2(cycle); a > 0 {
			g.Cycle = append(g.Cycle, cycle)
			g.Area2 = append(g.Area2, a)
		} else {
			id = int32(-1 - len(g.Outer))
			g.Outer = append(g.Outer, cycle)
		}
		for _, h := range cycle {
			g.Face[h] = id
		}
	}
}

// Ring returns the outline along a closed walk of half-edges.
func (g *Graph) Ring(cycle []int32) Ring {
	n := 0
	for _, h := range cycle {
		n += len(g.Edges[h>>1].Line) - 1
	}
	r := make(Ring, 0, n)
	for _, h := range cycle {
		l := g.Edges[h>>1].Line
		if h&1 == 0 {
			r = append(r, l[:len(l)-1]...)
			continue
		}
		for i := len(l) - 1; i > 0; i-- {
			r = append(r, l[i])
		}
	}
	return r
}
