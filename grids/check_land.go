package grids

import (
	"math"

	"wanmi/gis"
)

// The land cells may have that no community claims, see doc.go: gaps of less than a centimetre are closed, no community getting more.
const (
	checkTaken      = 0.3    // m²
	checkTakenShare = 2.5e-6 // of its own land, where that is less
)

// checkBend is how far, in metres, the outline of the cells may run beside that of their community, as a mean over what is bent:
// a corner put into an edge goes to the nearest point of the lattice of 1 mm, that is at most √2/2 mm off, and the triangle
// it makes with the edge is half as wide as it is high.
const checkBend = math.Sqrt2 / 4 * 1e-3

// bend returns the area, m², that lies between the outline of a community and that of its cells at most: an edge that is an
// edge of a cell, too, is as it was, all others have got corners where lines end on them.
func (c *checker) bend(comm int) float64 {
	bent := 0.0
	for _, r := range c.comms[comm].rings {
		for i, a := range r {
			if k := (checkEdge{a: a, b: r[(i+1)%len(r)]}); !c.edges.has(k) {
				bent += k.metres()
			}
		}
	}
	return checkBend * bent
}

// lands judges which land the cells hold: each that of its own community, all of them all of it.
func (c *checker) lands() {
	held := make([]float64, len(c.comms))
	outside, worst := 0.0, (*checkCell)(nil)
	most := 0.0
	for _, k := range c.cells {
		if k.ring == nil {
			continue
		}
		m2 := float64(k.area2) / 2e6
		any, of := c.land(k)
		for i, v := range of {
			held[i] += v
		}
		outside += m2 - any
		if m2-any > most {
			most, worst = m2-any, k
		}
		if k.comm >= 0 && m2-of[k.comm] > checkCross {
			c.stray(k, m2-any, m2-of[k.comm])
		}
	}
	allow := coverRounding
	for i, k := range c.comms {
		allow += c.bend(i) + min(checkTaken, checkTakenShare*k.m2)
	}
	if outside > allow {
		c.say("grid.outside", gis.SeverityError, string(worst.Code), c.place(c.astray(worst, true)), outside, "%.2f m² of unit grids lie outside every community, most of it in %s", "单元网格共有 %.2f 平方米位于所有社区之外，最多者为 %s", outside, worst.Code)
	}
	for i, k := range c.comms {
		if k.cells == 0 {
			continue
		}
		allow := coverRounding + c.bend(i)
		if k.m2-held[i] < allow && held[i]-k.m2 < 1 {
			continue
		}
		if m2 := c.extent(i); m2-held[i] > allow {
			c.say("grid.gap", gis.SeverityError, k.code, c.place(c.bare(i)), m2-held[i], "%.2[2]f m² of community %[1]s are in no unit grid", "社区 %s 有 %.2f 平方米未被单元网格覆盖", k.code, m2-held[i])
		}
	}
}

// stray tells of a cell with land that is not its community's.
func (c *checker) stray(k *checkCell, outside, foreign float64) {
	code := c.comms[k.comm].code
	if outside > checkCross {
		c.say("grid.outside", gis.SeverityError, string(k.Code), c.place(c.astray(k, true)), outside, "unit grid %s has %.2f m² outside every community (its own is %s)", "单元网格 %s 有 %.2f 平方米位于所有社区之外（所属社区 %s）", k.Code, outside, code)
		return
	}
	c.say("grid.stray", gis.SeverityError, string(k.Code), c.place(c.astray(k, false)), foreign, "unit grid %s has %.2f m² that are not of its community %s", "单元网格 %s 有 %.2f 平方米不属于所属社区 %s", k.Code, foreign, code)
}

// astray returns a place of the cell outside its community, or outside all: the corner, middle of an edge or inner point
// that lies farthest from its line.
func (c *checker) astray(k *checkCell, all bool) mm {
	best, far := innerPoint(k.ring), -1.0
	try := func(p mm) {
		d := math.Inf(1)
		for _, i := range c.partsAt(p, p) {
			if all || c.parts[i].comm == k.comm {
				if c.parts[i].inside(p) {
					return
				}
				d = min(d, toRings(p, c.parts[i].rings, 1e4))
			}
		}
		if d > far {
			best, far = p, d
		}
	}
	try(best)
	for i, p := range k.ring {
		q := k.ring[(i+1)%len(k.ring)]
		try(p)
		try(mm{(p.x + q.x) / 2, (p.y + q.y) / 2})
	}
	return best
}

// bare returns a place of a community that lies in no cell: of points near its lines and its cells' corners and of a
// raster over it the one farthest from all cells' borders that is found first.
func (c *checker) bare(comm int) mm {
	k := c.comms[comm]
	best, far := k.lo, -1.0
	try := func(p mm) {
		for _, i := range c.partsAt(p, p) {
			if c.parts[i].comm != comm || !c.parts[i].inside(p) || len(c.edges.holding(p, -1)) > 0 {
				continue
			}
			d := 1e5
			for _, e := range c.edges.near(p, p, 10_000) {
				d = min(d, toSegment(p, c.edges.all[e].a, c.edges.all[e].b))
			}
			if d > far {
				best, far = p, d
			}
		}
	}
	step := max((k.hi.x-k.lo.x)/64, (k.hi.y-k.lo.y)/64, 1)
	for y := k.lo.y + step/2; y < k.hi.y; y += step {
		for x := k.lo.x + step/2; x < k.hi.x; x += step {
			try(mm{x, y})
		}
	}
	if far >= 0 {
		return best
	}
	for _, r := range k.rings {
		for i, a := range r {
			b := r[(i+1)%len(r)]
			m := mm{(a.x + b.x) / 2, (a.y + b.y) / 2}
			for _, d := range [4]mm{{3, 3}, {3, -3}, {-3, 3}, {-3, -3}} {
				try(mm{m.x + d.x, m.y + d.y})
				try(mm{a.x + d.x, a.y + d.y})
			}
		}
	}
	return best
}
