package grids

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// checkBuilding is a footprint by the even-odd rule.
type checkBuilding struct {
	key    string
	rings  [][]mm
	lo, hi mm
	m2     float64
	say    func(tied int) // tells of what cuts it; tied is how many enclaves may be to blame
}

// reach is the box round all cells, in degrees, a little wider.
func (c *checker) reach() orb.Bound {
	first := true
	var all orb.Bound
	for _, k := range c.cells {
		if k.ring == nil {
			continue
		}
		if b := k.Polygon.Bound(); first {
			all, first = b, false
		} else {
			all = all.Union(b)
		}
	}
	return all.Pad(1e-4)
}

// buildings looks for buildings that a border between two cells of one community cuts.
func (c *checker) buildings() error {
	if len(c.edges.all) == 0 {
		return nil
	}
	for f, err := range c.src.Features(c.ctx, "building", c.reach()) {
		if gis.KindOf(err) == gis.NotFound && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if f.Geom == nil || !sound(f.Geom) {
			continue
		}
		c.stats.Buildings++
		var parts []orb.Polygon
		switch g := f.Geom.(type) {
		case orb.Polygon:
			parts = orb.MultiPolygon{g}
		case orb.MultiPolygon:
			parts = g
		}
		for _, poly := range parts {
			b := &checkBuilding{key: f.Key, lo: mm{math.MaxInt64, math.MaxInt64}, hi: mm{math.MinInt64, math.MinInt64}}
			for i, r := range poly {
				ring := c.outline(r)
				if len(ring) < 3 {
					continue
				}
				b.rings = append(b.rings, ring)
				a := math.Abs(float64(twiceArea(ring))) / 2e6
				if i > 0 {
					a = -a
				}
				b.m2 += a
				for _, p := range ring {
					b.lo, b.hi = mm{min(b.lo.x, p.x), min(b.lo.y, p.y)}, mm{max(b.hi.x, p.x), max(b.hi.y, p.y)}
				}
			}
			if len(b.rings) > 0 {
				c.building(b)
			}
		}
	}
	for _, b := range c.cut {
		tied := 0
		for _, r := range c.enclaves {
			if b.crossed(r) {
				tied++
			}
		}
		b.say(tied)
	}
	return c.ctx.Err()
}

// building judges one: it is cut where a border between two cells of one community, both of which hold a piece of what lies
// deeper in it than checkDepth, runs through that. What community lines alone part is listed apart, and so is what has a whole
// community inside, or in a court all round which it runs, or lies in one place with a building that has one inside and on its line,
// for two borders: so many lead from such an enclave to whatever lies round it, or the cell there had a hole.
func (c *checker) building(b *checkBuilding) {
	in, deep := c.entered(b)
	if !in {
		return
	}
	area, borders := c.sampled(b), 0
	for pair := range deep { // one that grazes the building has nothing of it beyond
		if area[pair[0]] > 0 && area[pair[1]] > 0 {
			borders++
		}
	}
	var held []int32
	for _, i := range slices.Sorted(maps.Keys(area)) {
		if area[i] > checkPiece {
			held = append(held, i)
		}
	}
	if len(held) < 2 {
		return
	}
	comms, twice := map[int]bool{}, false // whether two cells of one community hold a piece each
	for _, i := range held {
		twice = twice || comms[c.cells[i].comm]
		comms[c.cells[i].comm] = true
	}
	slices.SortFunc(held, func(i, j int32) int { return cmp.Or(-cmp.Compare(area[i], area[j]), cmp.Compare(i, j)) })
	at, lost := c.place(innerPoint(b.rings[0])), 0.0
	for _, i := range held[1:] {
		lost += area[i]
	}
	a, o := c.cells[held[0]].Code, c.cells[held[1]].Code
	inside, courts := c.inside(b)
	c.enclaves = append(c.enclaves, inside...)
	straddles := func() {
		c.stats.Straddling++
		c.say("building.straddles", gis.SeverityNote, b.key, at, lost, "a building of %.0f m² lies in the communities of unit grids %s and %s", "一座建筑物（%.0f 平方米）跨 %s 与 %s 所在的社区", b.m2, a, o)
	}
	switch {
	case borders == 0 && len(comms) == 1:
		c.stats.Straddling++
		c.say("building.straddles", gis.SeverityNote, b.key, at, lost, "a building of %.0f m², in unit grids %s and %s, is parted by a strip that is not of their community", "一座建筑物（%.0f 平方米，位于 %s 与 %s）被不属于该社区的狭长地带分隔", b.m2, a, o)
	case !twice || borders <= 2*(len(inside)+len(courts)):
		straddles()
	case b.m2 > c.limits.built.max:
		c.say("building.huge", gis.SeverityNote, b.key, at, lost, "a building of %.0f m², larger than a unit grid may be, lies in %s and %s", "一座超过单元网格上限的建筑物（%.0f 平方米）位于 %s 与 %s", b.m2, a, o)
	default:
		c.cut = append(c.cut, b)
		b.say = func(tied int) {
			if borders <= 2*tied {
				straddles()
				return
			}
			c.say("grid.building_cut", gis.SeverityError, b.key, at, lost, "the border of unit grids %s and %s cuts a building, %.1f m² off", "单元网格 %s 与 %s 的边界切割建筑物，切去 %.1f 平方米", a, o, lost)
		}
	}
}

// inside returns the outlines of communities that lie in the building, and those that lie in its courts or partly so; of an
// enclave and the hole for it, one.
func (c *checker) inside(b *checkBuilding) (in, courts [][]mm) {
	const alike = 500 // mm
	same := func(r, s []mm) bool {
		a, b, c, d := slices.MinFunc(r, byX), slices.MinFunc(s, byX), slices.MaxFunc(r, byX), slices.MaxFunc(s, byX)
		return toSegment(a, b, b) < alike && toSegment(c, d, d) < alike
	}
	for _, i := range c.partsAt(b.lo, b.hi) {
		for _, r := range c.parts[i].rings {
			known := func(s []mm) bool { return same(r, s) }
			switch {
			case slices.ContainsFunc(in, known) || slices.ContainsFunc(courts, known):
			case !slices.ContainsFunc(r, func(p mm) bool { return !insideRings(p, b.rings...) }):
				in = append(in, r)
			case b.surrounds(r):
				courts = append(courts, r)
			}
		}
	}
	return in, courts
}

// surrounds reports whether the building's shell holds an outline, and no court there opens to the outside.
func (b *checkBuilding) surrounds(r []mm) bool {
	shell := b.rings[0]
	if slices.ContainsFunc(r, func(p mm) bool { return !insideRings(p, shell) }) {
		return false
	}
	for _, court := range b.rings[1:] {
		open := slices.ContainsFunc(court, func(p mm) bool { return !insideRings(p, shell) })
		if open && slices.ContainsFunc(r, func(p mm) bool { return insideRings(p, court) }) {
			return false
		}
	}
	return true
}

func byX(p, q mm) int { return cmp.Or(cmp.Compare(p.x, q.x), cmp.Compare(p.y, q.y)) }

// crossed reports whether an outline runs into the building.
func (b *checkBuilding) crossed(r []mm) bool {
	for i, p := range r {
		q := r[(i+1)%len(r)]
		steps := int64(math.Hypot(float64(q.x-p.x), float64(q.y-p.y))/250) + 1 // every 25 cm
		for s := range steps {
			if insideRings(mm{p.x + (q.x-p.x)*s/steps, p.y + (q.y-p.y)*s/steps}, b.rings...) {
				return true
			}
		}
	}
	return false
}

// entered reports whether some border runs inside the building, 2 cm or more from its outline, and between which
// pairs of cells of one community one does, checkDepth deep.
func (c *checker) entered(b *checkBuilding) (in bool, deep map[[2]int32]bool) {
	deep = map[[2]int32]bool{}
	for _, i := range c.edges.near(b.lo, b.hi, 0) {
		k := &c.edges.all[i]
		other, own := c.inner(int(i))
		pair := [2]int32{min(k.cell, other), max(k.cell, other)}
		if in && (!own || deep[pair]) {
			continue
		}
		steps := int64(k.metres()*4) + 2 // every 25 cm
		for s := int64(0); s <= steps; s++ {
			p := mm{k.a.x + (k.b.x-k.a.x)*s/steps, k.a.y + (k.b.y-k.a.y)*s/steps}
			if p.x <= b.lo.x || p.x >= b.hi.x || p.y <= b.lo.y || p.y >= b.hi.y || !insideRings(p, b.rings...) {
				continue
			}
			depth := toRings(p, b.rings, checkDepth)
			in = in || depth > 0.02
			if own && depth >= checkDepth {
				deep[pair] = true
			}
		}
	}
	return in, deep
}

// sampled measures how much of the building, without its skin, lies in each cell, on a grid of points.
func (c *checker) sampled(b *checkBuilding) map[int32]float64 {
	step := int64(400)
	for float64(b.hi.x-b.lo.x)/float64(step)*float64(b.hi.y-b.lo.y)/float64(step) > 200_000 {
		step *= 2
	}
	area := map[int32]float64{}
	last := int32(-1)
	for y := b.lo.y + step/2; y < b.hi.y; y += step {
		for x := b.lo.x + step/2; x < b.hi.x; x += step {
			p := mm{x, y}
			if !insideRings(p, b.rings...) || toRings(p, b.rings, checkDepth+0.01) < checkDepth {
				continue
			}
			if last < 0 || !insideRings(p, c.cells[last].ring) {
				last = -1
				if l := c.edges.holding(p, -1); len(l) > 0 {
					last = l[0]
				}
			}
			if last >= 0 {
				area[last] += float64(step*step) / 1e6
			}
		}
	}
	return area
}

// components looks for components so near to a border that their cell is a matter of chance. Community lines do not count.
func (c *checker) components() error {
	if len(c.edges.all) == 0 {
		return nil
	}
	for f, err := range c.src.Features(c.ctx, "component", c.reach()) {
		if gis.KindOf(err) == gis.NotFound && err != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if f.Geom == nil || !sound(f.Geom) {
			continue
		}
		c.stats.Components++
		p := c.project(geom.LabelPoint(f.Geom))
		best := math.Inf(1)
		for _, i := range c.edges.near(p, p, int64(checkNear*1e3)) {
			k := &c.edges.all[i]
			if _, own := c.inner(int(i)); own {
				best = min(best, toSegment(p, k.a, k.b)/1e3)
			}
		}
		if best < checkNear {
			c.stats.NearBorder++
			c.say("grid.component_near_border", gis.SeverityNote, f.Key, c.place(p), best, "component %s stands %.2f m from a border", "部件 %s 距网格边界仅 %.2f 米", f.Key, best)
		}
	}
	return c.ctx.Err()
}

// inner reports whether edge i lies between two cells of one community, and which other cell that is.
func (c *checker) inner(i int) (other int32, own bool) {
	a, b := c.edges.all[i].ends()
	for _, j := range [2]int{i - 1, i + 1} {
		if j < 0 || j >= len(c.edges.all) {
			continue
		}
		if p, q := c.edges.all[j].ends(); p == a && q == b {
			other = c.edges.all[j].cell
			return other, c.cells[c.edges.all[i].cell].comm == c.cells[other].comm
		}
	}
	return -1, false
}
