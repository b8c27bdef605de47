package grids

import (
	"math"
	"slices"

	"wanmi/gis/geom"
)

// fit lays the borders between communities, which follow the old lines corner by corner after [renewal.conform], onto the lines
// as they were delivered: millimetres to centimetres. Both cells of a border get the same corners, so that they go on
// tiling the land; codes stay, and so do the bytes of cells that no such line bounds.
type fit struct {
	g     *geom.Graph // the lines as delivered
	acc   *accepted   // their segments; L is the edge of the graph, R the place in its line
	pos   [][]float64 // arc length of each point of each edge's line
	lat   lattice
	known map[owned]geom.Pt
	index map[string]int32      // communities by code
	edges map[[2]geom.Pt]string // borders of the cells, and the community left of each
	outer map[geom.Pt]bool      // corners on borders between communities
	still map[geom.Pt]bool      // corners that stay: laid on a line they would make an outline cross itself
}

// owned is a corner as one community has it: where communities were delivered with a gap between them, each follows its own line.
type owned struct {
	p    geom.Pt
	comm int32
}

func newFit(lat lattice, segs []geom.Seg, index map[string]int32) *fit {
	g := geom.NewGraph(geom.SnapRound(slices.Clone(segs), 1), nil)
	box := geom.NoBox
	for _, s := range segs {
		box = box.Grow(s.A).Grow(s.B)
	}
	f := &fit{g: g, acc: newAccepted(box), pos: make([][]float64, len(g.Edges)), lat: lat, known: map[owned]geom.Pt{}, index: index, edges: map[[2]geom.Pt]string{}, outer: map[geom.Pt]bool{}, still: map[geom.Pt]bool{}}
	for e := range g.Edges {
		line := g.Edges[e].Line
		f.pos[e] = arcLengths(line)
		for i := 1; i < len(line); i++ {
			f.acc.add(geom.Seg{A: line[i-1], B: line[i], L: int32(e), R: int32(i - 1)})
		}
	}
	return f
}

// fitTurns is how often borders are laid again without the corners at which outlines came to cross themselves.
const fitTurns = 8

// all lays the borders of a division's valid cells. Where an outline would cross itself the corners there stay, in all cells.
func (f *fit) all(d *Division) {
	rings := make([]geom.Ring, len(d.Cells))
	for i, c := range d.Cells {
		if c.Status == Void || len(c.Polygon) == 0 {
			continue
		}
		rings[i] = f.lat.ring(c.Polygon[0])
		for n, p := range rings[i] {
			f.edges[[2]geom.Pt{p, rings[i][(n+1)%len(rings[i])]}] = c.Community
		}
	}
	for e, comm := range f.edges {
		if f.edges[[2]geom.Pt{e[1], e[0]}] != comm {
			f.outer[e[0]], f.outer[e[1]] = true, true
		}
	}
	laid := make([]geom.Ring, len(rings))
	for turn := range fitTurns {
		before := len(f.still)
		for i, ring := range rings {
			if comm, ok := f.index[d.Cells[i].Community]; ok {
				var from []geom.Pt
				laid[i], from = f.ring(ring, comm)
				if turn < fitTurns-1 && !slices.Equal(laid[i], ring) {
					f.hold(laid[i], from, ring)
				}
			}
		}
		if len(f.still) == before {
			break
		}
	}
	for i, out := range laid {
		if len(out) < 3 || slices.Equal(out, rings[i]) {
			continue
		}
		out = startAtMin(out)
		d.Cells[i].Polygon, d.Cells[i].AreaM2 = f.lat.polygon(out), float64(out.Area2())/2e6
	}
}

// ring lays the outline of a cell, and tells of each corner which one it comes from, or comes after.
func (f *fit) ring(ring geom.Ring, comm int32) (out geom.Ring, from []geom.Pt) {
	add := func(p, of geom.Pt) {
		if len(out) == 0 || out[len(out)-1] != p {
			out, from = append(out, p), append(from, of)
		}
	}
	for n, p := range ring {
		q := ring[(n+1)%len(ring)]
		if !f.outer[p] {
			add(p, p)
		} else {
			add(f.corner(p, comm), p)
		}
		if f.edges[[2]geom.Pt{q, p}] != f.edges[[2]geom.Pt{p, q}] && !f.still[p] && !f.still[q] {
			for _, v := range f.between(p, q, comm) {
				add(v, p)
			}
		}
	}
	for len(out) > 1 && out[len(out)-1] == out[0] {
		out, from = out[:len(out)-1], from[:len(out)-1]
	}
	return out, from
}

// hold lets the corners stay at which a laid outline crosses or touches itself.
func (f *fit) hold(out geom.Ring, from []geom.Pt, ring geom.Ring) {
	n := len(out)
	for i := range n {
		a, b := out[i], out[(i+1)%n]
		for j := i + 1; j < n; j++ {
			c, e := out[j], out[(j+1)%n]
			switch {
			case j == i+1 && !sharp(b, a, e) && a != e, (j+1)%n == i && !sharp(a, b, c) && b != c:
				continue // they share a corner, and no more
			case !geom.NoBox.Grow(a).Grow(b).Meets(geom.NoBox.Grow(c).Grow(e)) || !crosses(a, b, c, e):
				continue
			case j == i+1 && geom.Cross(a, b, e) != 0, (j+1)%n == i && geom.Cross(a, b, c) != 0:
				continue
			}
			for _, p := range [2]geom.Pt{from[i], from[j]} {
				k := slices.Index(ring, p)
				f.still[p], f.still[ring[(k+1)%len(ring)]] = true, true
			}
		}
	}
}

// corner returns where a corner on a border between communities goes: onto the nearest line, to a node of the lines
// where one is near. It stays when it lies on a line as well as the lattice lets it, or when there is none near.
func (f *fit) corner(p geom.Pt, comm int32) geom.Pt {
	if f.still[p] {
		return p
	}
	if q, ok := f.known[owned{p, comm}]; ok {
		return q
	}
	best, d, node, toNode := p, lineNoise+1, p, 2*lineNoise
	f.near(p, comm, func(s geom.Seg) {
		t, e := nearSeg(p, s.A, s.B)
		if q := at(s.A, s.B, t); e < d || e == d && q.Less(best) {
			best, d = q, e
		}
		line := f.g.Edges[s.L].Line
		for _, k := range [2]int{int(s.R), int(s.R) + 1} {
			if k != 0 && k != len(line)-1 {
				continue
			}
			if e := p.Dist(line[k]); e < toNode || e == toNode && line[k].Less(node) {
				node, toNode = line[k], e
			}
		}
	})
	switch {
	case d <= lineExact:
		best = p
	case toNode < 2*lineNoise && f.joint(p):
		best = node
	}
	f.known[owned{p, comm}] = best
	return best
}

// near calls do for the lines near a point; where the nearest is the rim of another community there is a gap between the
// two, and only lines of this one count.
func (f *fit) near(p geom.Pt, comm int32, do func(geom.Seg)) {
	nearest, gap := 2*lineNoise, false
	f.acc.near(p, p, 2*lineNoise, func(s geom.Seg) {
		d, e := distSeg(p, s.A, s.B), &f.g.Edges[s.L]
		rim := (e.L < 0 || e.R < 0) && e.L != comm && e.R != comm
		switch {
		case d < nearest:
			nearest, gap = d, rim
		case d == nearest: // lines meet there
			gap = gap && rim
		}
	})
	f.acc.near(p, p, 2*lineNoise, func(s geom.Seg) {
		if e := &f.g.Edges[s.L]; !gap || e.L == comm || e.R == comm {
			do(s)
		}
	})
}

// joint reports whether borders of three or more communities, the outside one of them, end in a corner.
func (f *fit) joint(p geom.Pt) bool {
	near := 0
	seen := map[int32]bool{}
	f.acc.near(p, p, 2*lineNoise, func(s geom.Seg) {
		if !seen[s.L] && distSeg(p, s.A, s.B) < 2*lineNoise {
			seen[s.L] = true
			near++
		}
	})
	return near > 2
}

// between returns the corners the line has between those that p and q go to.
func (f *fit) between(p, q geom.Pt, comm int32) []geom.Pt {
	a, b := f.corner(p, comm), f.corner(q, comm)
	m := geom.Pt{X: (p.X + q.X) / 2, Y: (p.Y + q.Y) / 2}
	edge, d := int32(-1), 2*lineNoise
	f.near(m, comm, func(s geom.Seg) {
		if e := distSeg(m, s.A, s.B); e < d || e == d && s.L < edge {
			edge, d = s.L, e
		}
	})
	if edge < 0 {
		return nil
	}
	from, to := f.place(edge, a), f.place(edge, b)
	line, pos := f.g.Edges[edge].Line, f.pos[edge]
	var out []geom.Pt
	for i, v := range line {
		if pos[i] > math.Min(from, to)+1 && pos[i] < math.Max(from, to)-1 && distSeg(v, a, b) > lineExact && distSeg(v, p, q) <= 2*lineNoise {
			out = append(out, v)
		}
	}
	if from > to {
		slices.Reverse(out)
	}
	return out
}

// place returns how far along an edge's line it comes nearest to p.
func (f *fit) place(edge int32, p geom.Pt) float64 {
	line := f.g.Edges[edge].Line
	best, d := 0.0, math.Inf(1)
	for i := 1; i < len(line); i++ {
		if t, e := nearSeg(p, line[i-1], line[i]); e < d {
			best, d = f.pos[edge][i-1]+t*(f.pos[edge][i]-f.pos[edge][i-1]), e
		}
	}
	return best
}
