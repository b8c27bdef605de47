package grids

import (
	"math"
	"slices"

	"wanmi/gis"
	"wanmi/gis/geom"
)

const (
	sameLine    = 10.0  // mm: closer lines are one
	lostLength  = 50.0  // mm of a line may miss its counterpart
	zoneShare   = 10.0  // m of common border that make a neighbour part of a zone
	deepBorder  = 300.0 // mm a border may run in a building, measured from its wall
	deepLength  = 100.0 // mm of border that deep are a cut, where the cells on both sides hold a piece of the building
	deepPiece   = 0.5   // m² of a building, that deep, are a piece
	deepStep    = 400   // mm between the points by which pieces are measured
	beyondReach = 30.0  // mm: how far beyond a border is looked
)

// examine finds the cells that break a hard rule on the new base map, and land without cells.
func (r *renewal) examine() {
	each(len(r.cells), r.opt.Threads, func(i int) {
		if k := r.cells[i]; k.ring != nil {
			p := insideOf(k.ring)
			k.thin = k.ring.Locate(p) <= 0
			k.now = r.find.at(p)
		}
	})
	r.compareLines()
	r.thin()
	for i, k := range r.cells {
		if k.ring == nil || k.now != k.comm || k.comm < 0 {
			r.breakCell(int32(i), "grid.stray", "lies outside its community", "位于所属社区之外")
		}
	}
	for _, s := range r.moved {
		box := s.Box().Pad(2)
		for _, i := range r.near(box) {
			if touches(r.cells[i].ring, s) {
				r.breakCell(i, "grid.stray", "is crossed by a line of the communities", "被社区界线穿过")
			}
		}
	}
	r.cutBuildings()
	if r.opt.Mode == Rebuild {
		for _, k := range r.cells {
			if !k.locked {
				k.is = broken
			}
		}
	}
}

// thin places the cells that hold no lattice point, slivers a millimetre wide that the noding has parted from their
// community: where none can be looked up, they lie where most of their community's cells do.
func (r *renewal) thin() {
	votes := map[[2]int32]int{}
	for _, k := range r.cells {
		if k.ring != nil && !k.thin {
			votes[[2]int32{k.comm, k.now}]++
		}
	}
	for _, k := range r.cells {
		if !k.thin {
			continue
		}
		k.now = k.comm
		for v, n := range votes {
			if most := votes[[2]int32{k.comm, k.now}]; v[0] == k.comm && (n > most || n == most && v[1] < k.now) {
				k.now = v[1]
			}
		}
	}
}

// breakCell marks a cell as broken; one that is fixed stays and is told.
func (r *renewal) breakCell(i int32, rule, en, zh string) {
	k := r.cells[i]
	switch {
	case k.is == broken:
	case !k.locked:
		k.is = broken
	case k.Locked && slices.Contains(k.faulty, rule):
	case k.Locked:
		at := k.Polygon[0][0]
		k.faulty = append(k.faulty, rule)
		r.findings = append(r.findings, finding("grid.locked_broken", gis.SeverityError, string(k.Code), at, 0,
			"the locked unit grid %s "+en+" (rule %s): unlock it, mend the base map, or give --force", "锁定的单元网格 %s "+zh+"（规则 %s）：请解锁、修正底图或使用 --force", k.Code, rule))
		k.is = stays
	}
}

// compareLines holds the old community lines against the new ones.
func (r *renewal) compareLines() {
	now := newLineIndex(r.cov.segs)
	var old []geom.Seg
	for _, k := range r.cells {
		for n, p := range k.ring {
			q := k.ring[(n+1)%len(k.ring)]
			t := r.twin(p, q)
			if t >= 0 && r.cells[t].comm == k.comm {
				continue
			}
			if !now.along(p, q, sameLine, lostLength) {
				r.lostEdge[[2]geom.Pt{p, q}] = true
				r.breakCell(r.edges[[2]geom.Pt{p, q}], "grid.stray", "has a border where no community line runs any more", "的边界处已无社区界线")
				if t >= 0 {
					r.breakCell(t, "grid.stray", "has a border where no community line runs any more", "的边界处已无社区界线")
				}
				continue
			}
			old = append(old, geom.Seg{A: p, B: q})
			if t < 0 && r.find.at(rightOf(p, q)) >= 0 {
				r.bare = append(r.bare, [2]geom.Pt{p, q})
			}
		}
	}
	r.findMoved(newLineIndex(old)) // without those that are lost: what is left of them counts as moved
}

// findMoved collects the community lines that no old border runs along, and the short pieces that tie them to one.
func (r *renewal) findMoved(was lineIndex) {
	ends := map[geom.Pt]bool{}
	var loose []geom.Seg
	for _, s := range r.cov.segs {
		if !(s.L >= 0 && r.want[s.L] || s.R >= 0 && r.want[s.R]) {
			continue
		}
		switch {
		case !was.along(s.A, s.B, sameLine, lostLength):
			r.moved = append(r.moved, s)
			ends[s.A], ends[s.B] = true, true
		case !was.along(s.A, s.B, lineExact, lostLength), s.A.Dist(s.B) < lostLength && !was.along(s.A, s.B, 0.1, 0.1):
			loose = append(loose, s)
		}
	}
	for n := -1; n != len(r.moved); {
		n = len(r.moved)
		loose = slices.DeleteFunc(loose, func(s geom.Seg) bool {
			if !ends[s.A] && !ends[s.B] {
				return false
			}
			r.moved = append(r.moved, s)
			ends[s.A], ends[s.B] = true, true
			return true
		})
	}
}

// rightOf returns a point a little to the right of the middle of ab.
func rightOf(a, b geom.Pt) geom.Pt {
	l := a.Dist(b)
	d := math.Min(beyondReach, l/2)
	return geom.Pt{X: (a.X+b.X)/2 + int64(math.Round(d*float64(b.Y-a.Y)/l)), Y: (a.Y+b.Y)/2 - int64(math.Round(d*float64(b.X-a.X)/l))}
}

// touches reports whether a segment comes within 2 mm of a ring or its inside.
func touches(r geom.Ring, s geom.Seg) bool {
	if r == nil {
		return false
	}
	if r.Locate(s.A) >= 0 || r.Locate(s.B) >= 0 {
		return true
	}
	for i, p := range r {
		if _, ok := capsule(p, r[(i+1)%len(r)], s.A, s.B, 2); ok {
			return true
		}
	}
	return false
}

// cutBuildings breaks the cells whose common border runs through a building.
func (r *renewal) cutBuildings() {
	hits := make([][]int32, len(r.cells))
	each(len(r.cells), r.opt.Threads, func(i int) {
		k := r.cells[i]
		deep := map[[2]int32]float64{} // by building and cell beyond
		var near []int32
		for n, p := range k.ring {
			q := k.ring[(n+1)%len(k.ring)]
			t := r.twin(p, q)
			if t < 0 || r.cells[t].comm != k.comm {
				continue
			}
			near = r.b.obs.near(geom.NoBox.Grow(p).Grow(q), near[:0])
			for _, o := range near {
				if r.b.buildings[o].m2 > r.opt.Max {
					continue
				}
				for _, s := range r.b.buildings[o].deep(p, q, deepBorder) {
					deep[[2]int32{o, t}] += (s.hi - s.lo) * p.Dist(q)
				}
			}
		}
		for at, l := range deep {
			o := &r.b.buildings[at[0]]
			if l > deepLength && o.pieceIn(k.ring) && o.pieceIn(r.cells[at[1]].ring) {
				hits[i] = append(hits[i], at[0])
			}
		}
		slices.Sort(hits[i])
		hits[i] = slices.Compact(hits[i])
	})
	for i, l := range hits {
		if len(l) == 0 {
			continue
		}
		r.breakCell(int32(i), "grid.building_cut", "has a border through a building", "的边界穿过建筑物")
		r.cuts[int32(i)] = l
	}
}

// pieceIn reports whether a cell holds a piece of what lies deep in the building.
func (b *building) pieceIn(cell geom.Ring) bool {
	n := 0
	for y := b.box.Min.Y + deepStep/2; y < b.box.Max.Y; y += deepStep {
		p, q := geom.Pt{X: b.box.Min.X - 1, Y: y}, geom.Pt{X: b.box.Max.X + 1, Y: y}
		for _, s := range b.deep(p, q, deepBorder) {
			from, to := at(p, q, s.lo), at(p, q, s.hi)
			for x := -floorTo(b.box.Min.X+deepStep/2-from.X, deepStep)*deepStep + b.box.Min.X + deepStep/2; x <= to.X; x += deepStep {
				if cell.Locate(geom.Pt{X: x, Y: y}) > 0 {
					if n++; float64(n)*deepStep*deepStep/1e6 > deepPiece {
						return true
					}
				}
			}
		}
	}
	return false
}

// zoneOf are the cells and the land that are divided together.
type zoneOf struct {
	cells []int32 // beside and broken
	land  bool    // lines of communities moved, or there is land without cells
}

// zones joins broken cells that share a border, or a neighbour, with their neighbours of zoneShare metres or more.
func (r *renewal) zones() []*zoneOf {
	up := make([]int32, len(r.cells)+1)
	for i := range up {
		up[i] = int32(i)
	}
	find := func(i int32) int32 {
		for up[i] != i {
			up[i] = up[up[i]]
			i = up[i]
		}
		return i
	}
	join := func(i, j int32) {
		if a, b := find(i), find(j); a != b {
			up[max(a, b)] = min(a, b)
		}
	}
	any := len(r.moved)+len(r.bare)+len(r.rim) > 0
	land := int32(len(r.cells)) // one more, for what has no cell
	for i, k := range r.cells {
		if k.is != broken || r.isAnew(k.comm) {
			continue
		}
		if k.now != k.comm {
			join(land, int32(i))
			any = true
		}
		share := map[int32]float64{}
		for n, p := range k.ring {
			q := k.ring[(n+1)%len(k.ring)]
			if t := r.twin(p, q); t >= 0 {
				share[t] += p.Dist(q) / 1000
			}
		}
		for t, l := range share {
			o := r.cells[t]
			switch {
			case r.isAnew(o.comm):
			case o.is == broken:
				join(int32(i), t)
			case !o.locked && l >= zoneShare && o.comm == k.comm && o.ring != nil:
				o.is = beside
				join(int32(i), t)
			}
		}
	}
	for _, s := range r.moved {
		for _, i := range r.near(s.Box().Pad(2)) {
			if r.cells[i].is == broken && !r.isAnew(r.cells[i].comm) && touches(r.cells[i].ring, s) {
				join(land, i)
			}
		}
	}
	for e := range r.lostEdge {
		for _, i := range [2]int32{r.edges[e], r.twin(e[0], e[1])} {
			if i >= 0 && r.cells[i].is == broken && !r.isAnew(r.cells[i].comm) {
				join(land, i)
				any = true
			}
		}
	}
	for _, e := range r.bare {
		for _, t := range []int32{r.edges[e]} {
			if k := r.cells[t]; k.is != stays && !r.isAnew(k.comm) {
				join(land, t)
			}
		}
	}
	byRoot := map[int32]*zoneOf{}
	var out []*zoneOf
	for i, k := range r.cells {
		if k.is == stays || r.isAnew(k.comm) {
			continue
		}
		root := find(int32(i))
		z := byRoot[root]
		if z == nil {
			z = &zoneOf{land: any && root == find(land)}
			byRoot[root] = z
			out = append(out, z)
		}
		k.zone = slices.Index(out, z)
		z.cells = append(z.cells, int32(i))
	}
	if any && byRoot[find(land)] == nil {
		out = append(out, &zoneOf{land: true})
	}
	return out
}
