package grids

import (
	"wanmi/gis/geom"
)

// retag gives the community lines of a zone whose land has moved the communities beside them: those of the faces they
// bound, so that no two lines can say different things of one face. A line with the same on both sides is none.
func (w *zoneWork) retag(noded []geom.Seg) []geom.Seg {
	noded = geom.Dedup(noded)
	var lines []geom.Seg
	for _, s := range noded {
		if keepCommunity(s) {
			s.L, s.R = 0, 0
			lines = append(lines, s)
		}
	}
	g := geom.NewGraph(lines, nil)
	face := make([]int32, len(g.Cycle))
	for f, cycle := range g.Cycle {
		face[f] = w.ownerAt(pointIn(g, cycle))
	}
	outer := make([]int32, len(g.Outer))
	for k, cycle := range g.Outer {
		outer[k] = w.ownerAt(pointBeside(g, cycle))
	}
	side := func(h int32) int32 {
		if f := g.Face[h]; f >= 0 {
			return face[f]
		}
		return outer[-1-g.Face[h]]
	}
	tags := map[[2]geom.Pt][2]int32{}
	for e := range g.Edges {
		l, r := side(int32(2*e)), side(int32(2*e+1))
		line := g.Edges[e].Line
		for i := 1; i < len(line); i++ {
			tags[[2]geom.Pt{line[i-1], line[i]}] = [2]int32{l, r}
		}
	}
	for i, s := range noded {
		if !keepCommunity(s) {
			continue
		}
		t, ok := tags[[2]geom.Pt{s.A, s.B}]
		if !ok {
			if t, ok = tags[[2]geom.Pt{s.B, s.A}]; ok {
				t[0], t[1] = t[1], t[0]
			}
		}
		noded[i].L, noded[i].R = t[0], t[1]
		if !ok || t[0] == t[1] {
			noded[i].Class, noded[i].L, noded[i].R = uint8(clsKeep), -1, -1
		}
	}
	return noded
}

// pointIn returns a point of a face, well inside where the face holds no other part of the graph.
func pointIn(g *geom.Graph, cycle []int32) geom.Pt {
	ring := g.Ring(cycle)
	p := insideOf(ring)
	if len(g.Outer) > 1 {
		for _, o := range g.Outer {
			if ring.Locate(g.Nodes[g.Org[o[0]]]) > 0 && g.Ring(o).Locate(p) >= 0 {
				return pointBeside(g, cycle)
			}
		}
	}
	return p
}

// pointBeside returns a point left of the longest segment of a cycle.
func pointBeside(g *geom.Graph, cycle []int32) geom.Pt {
	var a, b geom.Pt
	for _, h := range cycle {
		line := g.Along(h)
		for i := 1; i < len(line); i++ {
			if line[i-1].Dist(line[i]) > a.Dist(b) {
				a, b = line[i-1], line[i]
			}
		}
	}
	return rightOf(b, a)
}

// ownerAt returns the community whose part of the zone a point lies in, -1 none.
func (w *zoneWork) ownerAt(p geom.Pt) int32 {
	r := w.r
	for _, i := range r.near(geom.NoBox.Grow(p)) {
		if k := r.cells[i]; k.ring.Locate(p) > 0 && !r.isAnew(k.comm) && (k.is != broken || k.zone != w.no) {
			if k.is == stays || k.zone != w.no {
				return -1
			}
			return r.tag(k.comm)
		}
	}
	return r.tag(r.find.at(p))
}
