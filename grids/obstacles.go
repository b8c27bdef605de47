package grids

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// building is a footprint on the lattice: shell, holes and whatever else was delivered, by the even-odd
// rule, so that a self-crossing outline means what it means to everybody else.
type building struct {
	rings []geom.Ring
	box   geom.Box
	m2    float64
}

// skin is how deep, in millimetres, a line may run into a building: walls are surveyed no better.
const skin = 250.0

func (b *base) readBuildings(ctx context.Context, src Source, reach orb.Bound) error {
	err := b.eachShape(ctx, src, "building", reach, func(f gis.Feature) {
		for _, p := range polygons(f.Geom) {
			rings := b.lat.rings(p)
			if len(rings) == 0 {
				continue
			}
			for i, r := range rings {
				rings[i] = startAtMin(r)
			}
			o := building{rings: rings, box: geom.NoBox}
			for i, r := range rings {
				o.box = geom.Box{Min: o.box.Grow(r.Box().Min).Min, Max: o.box.Grow(r.Box().Max).Max}
				if m2 := math.Abs(float64(r.Area2())) / 2e6; i == 0 {
					o.m2 = m2
				} else {
					o.m2 -= m2
				}
			}
			b.buildings = append(b.buildings, o)
		}
	})
	slices.SortFunc(b.buildings, func(x, y building) int { return cmpRings(x.rings, y.rings) })
	b.buildings = slices.CompactFunc(b.buildings, func(x, y building) bool { return cmpRings(x.rings, y.rings) == 0 })
	return err
}

// startAtMin turns a ring so that it starts at its smallest point, counter-clockwise: one outline, one form.
func startAtMin(r geom.Ring) geom.Ring {
	if r.Area2() < 0 {
		r.Reverse()
	}
	k := 0
	for i, p := range r {
		if p.Less(r[k]) {
			k = i
		}
	}
	return slices.Concat(r[k:], r[:k])
}

func cmpRings(x, y []geom.Ring) int {
	return slices.CompareFunc(x, y, func(r, s geom.Ring) int { return slices.CompareFunc(r, s, geom.Pt.Cmp) })
}

// obstacles finds the buildings near a segment.
type obstacles struct {
	all  []building
	tab  *geom.Table
	huge float64 // m²: what is larger is no cell's; 0: nothing is

	group   sync.Once
	grouped []int32 // see groups
}

const obstacleSide = 40_000 // mm

func newObstacles(all []building) *obstacles {
	box := geom.NoBox
	for _, b := range all {
		box = box.Grow(b.box.Min).Grow(b.box.Max)
	}
	bins := geom.NewBins(box, obstacleSide)
	return &obstacles{all: all, tab: geom.NewTable(bins, func(put func(int, int)) {
		for i, b := range all {
			bins.Box(b.box, func(q int) { put(q, i) })
		}
	})}
}

// isHuge reports whether a building is larger than a cell may be.
func (o *obstacles) isHuge(b *building) bool { return o.huge > 0 && b.m2 > o.huge }

// near appends the buildings whose box meets the box, ascending.
func (o *obstacles) near(box geom.Box, to []int32) []int32 {
	k := len(to)
	if len(o.all) == 0 {
		return to
	}
	o.tab.Box(box, func(q int) {
		for _, i := range o.tab.In(q) {
			if o.all[i].box.Meets(box) {
				to = append(to, i)
			}
		}
	})
	slices.Sort(to[k:])
	return to[:k+len(slices.Compact(to[k:]))]
}

// inside returns the stretches of ab inside the building (even-odd).
func (b *building) inside(p, q geom.Pt) []span {
	var few [8]span
	return slices.Clone(b.insideTo(p, q, few[:0]))
}

// insideTo is inside in the memory of out.
func (b *building) insideTo(p, q geom.Pt, out []span) []span {
	var few [16]float64
	ts := few[:0]
	for _, r := range b.rings {
		c := r[len(r)-1]
		sc := geom.Cross(p, q, c)
		for _, d := range r {
			sd := geom.Cross(p, q, d)
			if (sc > 0) != (sd > 0) {
				// The line through pq crosses cd; where along pq?
				if n, m := geom.Cross(c, d, p), geom.Cross(c, d, q); n != m {
					ts = append(ts, float64(n)/(float64(n)-float64(m)))
				}
			}
			c, sc = d, sd
		}
	}
	slices.Sort(ts)
	for i := 0; i+1 < len(ts); i += 2 {
		if s := (span{max(0, ts[i]), min(1, ts[i+1])}); s.lo < s.hi {
			out = append(out, s)
		}
	}
	return out
}

// deep returns the stretches of pq that lie inside the building and at least depth millimetres from its outline.
func (b *building) deep(p, q geom.Pt, depth float64) []span {
	var fewIn, few [8]span
	in := b.insideTo(p, q, fewIn[:0])
	if len(in) == 0 {
		return nil
	}
	box := geom.NoBox.Grow(p).Grow(q).Pad(int64(depth) + 1)
	shallow := few[:0]
	for _, r := range b.rings {
		c := r[len(r)-1]
		for _, d := range r {
			if box.Meets(geom.NoBox.Grow(c).Grow(d)) {
				if s, ok := capsule(p, q, c, d, depth); ok {
					shallow = append(shallow, s)
				}
			}
			c = d
		}
	}
	return subtract(in, mergeSpans(shallow, 0))
}

// subtract returns what of the spans in lies outside the sorted, disjoint spans cut.
func subtract(in, cut []span) []span {
	var out []span
	for _, s := range in {
		for _, c := range cut {
			if c.hi <= s.lo || c.lo >= s.hi {
				continue
			}
			if c.lo > s.lo {
				out = append(out, span{s.lo, c.lo})
			}
			s.lo = max(s.lo, c.hi)
		}
		if s.lo < s.hi {
			out = append(out, s)
		}
	}
	return out
}

// clip returns the parts of a line that run through no building deeper than
// depth(building), each part a line of its own.
func (o *obstacles) clip(line []geom.Pt, depth func(i int32) float64) [][]geom.Pt {
	var out [][]geom.Pt
	var cur []geom.Pt // the part under way; its last point is the end of the segment before
	var near []int32
	end := func() {
		if len(cur) > 1 {
			out = append(out, cur)
		}
		cur = nil
	}
	for i := 1; i < len(line); i++ {
		p, q := line[i-1], line[i]
		var bad []span
		near = o.near(geom.NoBox.Grow(p).Grow(q), near[:0])
		for _, k := range near {
			bad = append(bad, o.all[k].deep(p, q, depth(k))...)
		}
		free := []span{{0, 1}}
		if len(bad) > 0 {
			free = subtract(free, mergeSpans(bad, 0))
		}
		if len(free) == 0 || free[0].lo > 0 {
			end()
		}
		for _, s := range free {
			a, b := at(p, q, s.lo), at(p, q, s.hi)
			if len(cur) == 0 {
				cur = []geom.Pt{a}
			}
			if cur[len(cur)-1] != b {
				cur = append(cur, b)
			}
			if s.hi < 1 {
				end()
			}
		}
	}
	end()
	return out
}

// What a building counts that a ray of the last resort runs through.
const (
	cutWhole = 1000 // as any
	cutLined = 500  // the outline of the enclave runs through it
	cutLight = 1    // it is larger than a cell may be, or all round the enclave
)

// clear reports whether the segment runs through no building.
func (o *obstacles) clear(s geom.Seg) bool {
	parts := o.clip([]geom.Pt{s.A, s.B}, func(int32) float64 { return skin })
	return len(parts) == 1 && parts[0][0] == s.A && parts[0][len(parts[0])-1] == s.B
}

// cuts counts the buildings that the segment runs through: cutWhole each, cutLight those larger than a cell may be.
func (o *obstacles) cuts(s geom.Seg) int { return o.cutsBut(s, nil) }

// cutBy returns a function that does what cuts does for the rays of a block: buildings on its outline or round it count less.
func (o *obstacles) cutBy(c cover, block []int32) func(geom.Seg) int {
	less := map[int32]int{}
	for _, k := range o.near(c.box(block), nil) {
		b := &o.all[k]
		switch {
		case !slices.ContainsFunc(block, func(i int32) bool { return !b.around(c.segs[i].A, c.segs[i].B) }):
			less[k] = cutLight
		case slices.ContainsFunc(block, func(i int32) bool { return len(b.deep(c.segs[i].A, c.segs[i].B, judgeDepth)) > 0 }):
			less[k] = cutLined
		}
	}
	return func(s geom.Seg) int { return o.cutsBut(s, less) }
}

func (o *obstacles) cutsBut(s geom.Seg, less map[int32]int) int {
	n := 0
	for _, i := range o.near(s.Box(), nil) {
		switch b := &o.all[i]; {
		case len(b.deep(s.A, s.B, skin)) == 0:
		case o.isHuge(b):
			n += cutLight
		case less[i] > 0:
			n += less[i]
		default:
			n += cutWhole
		}
	}
	return n
}

// around reports whether a segment lies in the shell of the building.
func (b *building) around(p, q geom.Pt) bool {
	shell := building{rings: b.rings[:1]}
	in := shell.inside(p, q)
	return len(in) == 1 && in[0] == span{0, 1}
}
