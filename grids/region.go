package grids

import "context"

// cutter is the scratch space of one worker: marks by epoch, so that nothing is cleared between uses.
type cutter struct {
	*atoms
	goal   *goal
	effort effort
	ctx    context.Context // nil: nobody stops the search
	mean   float64         // load of a mean cell of the community under work
	epoch  int32

	own              []int32 // cell of each face, in the search
	faceMark, faceID []int32 // faces of the region
	nodeMark, nodeID []int32
	halfMark, halfID []int32
	rim              []int32 // of outline
	bound, visited   []int32 // boundary half-edges of the region, those walked
	touched          []int32 // nodes passed by the walk of a boundary
	hole             []int32 // number of the hole a half-edge lies in

	onPath []int32 // edges of the path of a cut, by the number of paths
	paths  int32
	run    run
	job    job
}

// use turns the cutter to a graph. Marks left by the one before are of older epochs.
func (w *cutter) use(a *atoms) {
	w.atoms = a
	faces, nodes, halves := len(a.Cycle), len(a.Nodes), len(a.Org)
	for _, s := range []*[]int32{&w.faceMark, &w.faceID, &w.own} {
		*s = roomFor(*s, faces)
	}
	for _, s := range []*[]int32{&w.nodeMark, &w.nodeID, &w.touched} {
		*s = roomFor(*s, nodes)
	}
	for _, s := range []*[]int32{&w.halfMark, &w.halfID, &w.bound, &w.visited, &w.hole, &w.onPath} {
		*s = roomFor(*s, halves)
	}
}

func roomFor(s []int32, n int) []int32 {
	if len(s) >= n {
		return s
	}
	return make([]int32, n+n/4)
}

func (w *cutter) in(f int32) bool { return f >= 0 && w.faceMark[f] == w.epoch }

// outline is the boundary of a region.
type outline struct {
	outer   []int32   // half-edges counter-clockwise
	holes   [][]int32 // half-edges clockwise
	pinched bool      // the outer walk passes a node twice
}

func (o *outline) simple() bool { return len(o.holes) == 0 && !o.pinched }

// outline walks round the region of the faces fs and marks it with a new epoch.
func (w *cutter) outline(fs []int32) outline {
	w.epoch++
	for i, f := range fs {
		w.faceMark[f] = w.epoch
		w.faceID[f] = int32(i)
	}
	bnd := w.rim[:0]
	for _, f := range fs {
		for _, h := range w.Cycle[f] {
			if !w.in(w.Face[h^1]) {
				w.bound[h] = w.epoch
				bnd = append(bnd, h)
			}
		}
	}
	w.rim = bnd
	var o outline
	best := int64(-1 << 63)
	left := len(bnd)
	for _, h0 := range bnd {
		if w.visited[h0] == w.epoch {
			continue
		}
		c := make([]int32, 0, left) // most regions have one boundary
		for h := h0; w.visited[h] != w.epoch; {
			w.visited[h] = w.epoch
			c = append(c, h)
			n := w.Next[h]
			for w.bound[n] != w.epoch {
				n = w.Next[n^1]
			}
			h = n
		}
		left -= len(c)
		if a := w.CycleArea2(c); a > best {
			if o.outer != nil {
				o.holes = append(o.holes, o.outer)
			}
			best, o.outer = a, c
		} else {
			o.holes = append(o.holes, c)
		}
	}
	for _, h := range o.outer {
		u := w.Org[h]
		o.pinched = o.pinched || w.touched[u] == w.epoch
		w.touched[u] = w.epoch
	}
	return o
}

// price returns what the faces cost as one cell.
func (w *cutter) price(fs []int32) float64 {
	o := w.outline(fs)
	p := w.length(o.outer)
	for _, c := range o.holes {
		p += w.length(c)
	}
	s := w.total(fs)
	s.len = p
	v := w.goal.price(&s, w.mean)
	if !o.simple() {
		v += holeFine
	}
	return v
}

func (w *cutter) length(walk []int32) float64 {
	p := 0.0
	for _, h := range walk {
		p += w.len[h>>1]
	}
	return p
}

func (a *atoms) total(fs []int32) sums {
	var s sums
	for _, f := range fs {
		s.add(&a.sums[f])
	}
	return s
}

// worth is the area in m² of built ground that the faces count for, against the target.
func (w *cutter) worth(fs []int32) float64 {
	a := 0.0
	for _, f := range fs {
		a += w.sums[f].worth
	}
	return a
}

func (w *cutter) sum(fs []int32) float64 {
	a := 0.0
	for _, f := range fs {
		a += w.area[f]
	}
	return a
}
