package grids

import "wanmi/gis/geom"

// owned gives every face of a graph the community its middle lies in by the new lines, and returns the lines between
// communities. What is too narrow to have a middle stays what it was, if it was there before, or else belongs to its neighbour;
// in and beside the communities in open, whose lines are as delivered, it is whose those say.
func (r *renewal) owned(g *geom.Graph, tol float64, open map[int32]bool) cover {
	inside := make([][]geom.Ring, len(g.Cycle)) // outlines of other parts of the graph in a face
	outer := make([]int32, len(g.Outer))        // the face each part lies in, -1 none
	for k, cycle := range g.Outer {
		outer[k] = -1
		p := g.Nodes[g.Org[cycle[0]]]
		for f, c := range g.Cycle {
			if len(g.Outer) == 1 {
				break
			}
			if ring := g.Ring(c); ring.Locate(p) > 0 && (outer[k] < 0 || g.Area2[f] < g.Area2[outer[k]]) {
				outer[k] = int32(f)
			}
		}
		if outer[k] >= 0 {
			inside[outer[k]] = append(inside[outer[k]], g.Ring(cycle))
		}
	}
	own := make([]int32, len(g.Cycle))
	thin := make([]bool, len(g.Cycle))
	for f, cycle := range g.Cycle {
		ring := g.Ring(cycle)
		thin[f] = float64(g.Area2[f]) < 2*tol*ring.Length()
		own[f] = -1
		if !thin[f] {
			own[f] = r.find.at(middleOf(append([]geom.Ring{ring}, inside[f]...)))
		}
	}
	side := func(h int32) int32 {
		f := g.Face[h]
		if f < 0 {
			f = outer[-1-f]
		}
		if f < 0 {
			return -1
		}
		return own[f]
	}
	now := newLineIndex(r.cov.segs)
	for f, cycle := range g.Cycle {
		if !thin[f] {
			continue
		}
		if c, yes := r.kept(g.Ring(cycle), now, tol); yes {
			own[f] = c
			continue
		}
		share := map[int32]float64{}
		best, laid, beside := int32(-1), false, false
		for _, h := range cycle {
			if o := g.Face[h^1]; o >= 0 && thin[o] {
				continue
			}
			o := side(h ^ 1)
			laid, beside = laid || !r.free(o), beside || open[o]
			share[o] += g.Edges[h>>1].Len
			if share[o] > share[best] || share[o] == share[best] && o < best {
				best = o
			}
		}
		own[f] = best
		if laid && !beside && len(open) == 0 {
			continue
		}
		if c := r.find.at(middleOf([]geom.Ring{g.Ring(cycle)})); !laid || beside || open[c] {
			own[f] = c
		}
	}
	c := cover{area2: make([]int64, len(r.b.comms))}
	for f, o := range own {
		if o >= 0 {
			c.area2[o] += g.Area2[f]
		}
		for _, ring := range inside[f] {
			if o >= 0 {
				c.area2[o] += ring.Area2()
			}
		}
	}
	for e := range g.Edges {
		l, right := side(int32(2*e)), side(int32(2*e+1))
		if l == right {
			continue
		}
		line := g.Edges[e].Line
		for i := 1; i < len(line); i++ {
			c.segs = append(c.segs, geom.Seg{A: line[i-1], B: line[i], Class: uint8(clsCommunity), L: l, R: right})
		}
	}
	return c
}

// kept returns whose land a narrow face was, -1 for a gap, and whether it still is: old borders run all round it, and the
// lines as delivered beside them. Of a gap any lines will do: where its two sides became one the borders meet on it at the end.
func (r *renewal) kept(ring geom.Ring, now lineIndex, tol float64) (was int32, yes bool) {
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		c := int32(-1)
		if k, ok := r.edges[[2]geom.Pt{p, q}]; ok {
			c = r.cells[k].comm
			yes = c >= 0
		} else {
			yes = r.twin(p, q) >= 0
		}
		if !yes || i > 0 && c != was {
			return -1, false
		}
		was = c
	}
	bounds := func(_, _ geom.Pt, s geom.Seg) bool {
		return s.L == was || s.R == was || was < 0 && tol == lineNoise
	}
	for i, p := range ring {
		if !now.alongSome(p, ring[(i+1)%len(ring)], tol, lostLength, bounds) {
			return -1, false
		}
	}
	return was, true
}

// middleOf returns a point in the middle of the widest of some level stretches inside rings (even-odd).
func middleOf(rings []geom.Ring) geom.Pt {
	box := rings[0].Box()
	shape := building{rings: rings}
	best, wide := rings[0][0], -1.0
	for k := int64(1); k < 16; k++ {
		y := box.Min.Y + (box.Max.Y-box.Min.Y)*k/16
		p, q := geom.Pt{X: box.Min.X - 1, Y: y}, geom.Pt{X: box.Max.X + 1, Y: y}
		for _, s := range shape.inside(p, q) {
			if w := (s.hi - s.lo) * float64(q.X-p.X); w > wide+1 {
				best, wide = at(p, q, (s.lo+s.hi)/2), w
			}
		}
	}
	return best
}
