package grids

import (
	"maps"
	"math"
	"slices"

	"wanmi/gis/geom"
)

// terrain finds the land and the ways at a place.
type terrain struct {
	land     []landArea
	landTab  *geom.Table
	ways     []geom.Seg
	wayTab   *geom.Table
	mixes    [landKinds]mix
	opt      *Options
	stricter bool // some ground has narrower limits than built ground
}

const terrainSide = 50_000 // mm

// wayStep is how far apart, in millimetres, ways are looked at, and wayReach how far off its border
// a cell may have one: the width of a pavement.
const (
	wayStep  = 10_000.0
	wayReach = 4_000.0
)

func newTerrain(b *base, opt *Options) *terrain {
	t := &terrain{land: b.land, mixes: opt.mixes(), opt: opt}
	for _, m := range t.mixes {
		t.stricter = t.stricter || m.least < 1 || m.most > 1
	}
	box := geom.NoBox
	for i := range t.land {
		a := &t.land[i]
		switch a.whole {
		case wholeCompound:
			a.whole = opt.CompoundMax
			if opt.Compound == CompoundSplit {
				a.whole = 0
			}
		case wholeOpen:
			l, _ := opt.land()
			a.whole = l[a.kind].Max
		}
		box = box.Grow(a.box.Min).Grow(a.box.Max)
	}
	bins := geom.NewBins(box, terrainSide)
	t.landTab = geom.NewTable(bins, func(put func(int, int)) {
		for i := range t.land {
			bins.Box(t.land[i].box, func(q int) { put(q, i) })
		}
	})
	for i := range b.lines {
		if !b.lines[i].class.way() {
			continue
		}
		l := b.lines[i].pts
		for k := 1; k < len(l); k++ {
			t.ways = append(t.ways, geom.Seg{A: l[k-1], B: l[k]})
		}
	}
	t.wayTab = geom.NewSegTable(t.ways, terrainSide, 0)
	return t
}

// way reports whether people walk along lines of the class.
func (c class) way() bool {
	return c == clsArterial || c == clsCollector || c == clsLocal || c == clsLink || c == clsService || c == clsPath
}

// in lists what a table holds in a box, ascending.
func in(t *geom.Table, box geom.Box) []int32 {
	var out []int32
	t.Box(box, func(q int) { out = append(out, t.In(q)...) })
	slices.Sort(out)
	return slices.Compact(out)
}

// survey finds out what each atom of a community is: what land, whether there is a way, and whether it is bare.
func (a *atoms) survey(t *terrain, obs *obstacles, loc *locator) {
	a.crossed = make([]bool, len(a.Cycle))
	a.walk(t, loc)
	a.kind = make([]landKind, len(a.Cycle))
	a.inner = make([]int32, len(a.Cycle))
	for f := range a.inner {
		a.inner[f] = -1
	}
	if len(t.land) > 0 && len(t.landNear(loc.box, nil)) > 0 {
		a.surveyLand(t)
	}
	a.findRivers(t)
	a.findBare(t, obs, loc)
	for f := range a.sums {
		m, s := t.mixes[a.kind[f]], &a.sums[f]
		s.worth, s.least, s.most = s.area*m.worth, s.area*m.least, s.area*m.most
	}
}

// walk notes the ways in and beside the atoms.
func (a *atoms) walk(t *terrain, loc *locator) {
	if len(t.ways) == 0 {
		return
	}
	for _, i := range in(t.wayTab, loc.box) {
		s := &t.ways[i]
		if !s.Box().Meets(loc.box) {
			continue
		}
		l := s.A.Dist(s.B)
		n := int(l/wayStep) + 1
		nx, ny := int64(math.Round(wayReach*float64(s.B.Y-s.A.Y)/l)), int64(math.Round(wayReach*float64(s.A.X-s.B.X)/l))
		for k := range n {
			p := at(s.A, s.B, (float64(k)+0.5)/float64(n))
			var seen [3]int32
			for side := range int64(3) {
				f := loc.face(p.X+(side-1)*nx, p.Y+(side-1)*ny)
				seen[side] = f
				if f >= 0 && !slices.Contains(seen[:side], f) {
					a.sums[f].way += l / float64(n) / 1000
				}
			}
			if f := seen[1]; f >= 0 && f == seen[0] && f == seen[2] {
				a.crossed[f] = true
			}
		}
	}
}

// findBare marks the ground where nothing is: no building, no component, no way, and in one piece enough for a cell.
func (a *atoms) findBare(t *terrain, obs *obstacles, loc *locator) {
	busy := make([]bool, len(a.Cycle))
	for _, i := range obs.near(loc.box, nil) {
		r := obs.all[i].rings[0]
		for _, k := range [3]int{0, len(r) / 3, 2 * len(r) / 3} {
			if f := loc.face(r[k].X, r[k].Y); f >= 0 {
				busy[f] = true
			}
		}
	}
	bare := func(f int32) bool {
		return f >= 0 && a.owner[f] >= 0 && !busy[f] && a.load[f] == 0 && !a.crossed[f] && a.kind[f] == landBuilt
	}
	seen := make([]bool, len(a.Cycle))
	for f := range a.Cycle {
		if seen[f] || !bare(int32(f)) {
			continue
		}
		seen[f] = true
		piece, m2, as := []int32{int32(f)}, 0.0, landBare
		for i := 0; i < len(piece); i++ {
			m2 += a.area[piece[i]]
			for _, h := range a.Cycle[piece[i]] {
				if class(a.Edges[h>>1].Class) == clsCoast {
					as = landWater
				}
				if g := a.Face[h^1]; g >= 0 && !seen[g] && class(a.Edges[h>>1].Class).soft() && bare(g) {
					seen[g] = true
					piece = append(piece, g)
				}
			}
		}
		if m2 >= t.opt.Target {
			for _, g := range piece {
				a.kind[g] = as
			}
		}
	}
}

// leastWidth is the mean width, in metres, below which a cell is a strip that nobody can look after by itself, and
// a river no ground of its own.
const leastWidth = 15.0

// findRivers puts water that is wide and large enough for cells of its own into a zone of its own: its cells and those
// of the land never mix, so the banks are borders. Land that such water cuts off and that is no cell goes with the water.
func (a *atoms) findRivers(t *terrain) {
	a.zone = make([]int32, len(a.Cycle))
	wet := false
	for f, o := range a.owner {
		if a.zone[f] = min(o, 0); o >= 0 && a.kind[f] == landWater {
			wet = true
		}
	}
	if !wet {
		return
	}
	l, _ := t.opt.land()
	for _, p := range a.patches(func(f int32) bool { return a.kind[f] == landWater }) {
		if p.m2 >= l[landWater].Min && 2*p.m2 >= leastWidth*p.length {
			for _, f := range p.fs {
				a.zone[f] = 1
			}
		}
	}
	for _, p := range a.patches(func(f int32) bool { return a.zone[f] == 0 }) {
		if p.m2 < t.opt.Min && p.touches(a, 1) {
			for _, f := range p.fs {
				a.zone[f] = 1
			}
		}
	}
}

// patch is a connected set of atoms.
type patch struct {
	fs         []int32
	m2, length float64 // m of its outlines
}

func (p *patch) touches(a *atoms, zone int32) bool {
	for _, f := range p.fs {
		for _, h := range a.Cycle[f] {
			if g := a.Face[h^1]; g >= 0 && a.zone[g] == zone {
				return true
			}
		}
	}
	return false
}

// patches returns the connected sets of atoms of the community that some function holds for.
func (a *atoms) patches(is func(f int32) bool) []patch {
	seen := make([]bool, len(a.Cycle))
	in := func(f int32) bool { return f >= 0 && a.owner[f] >= 0 && is(f) }
	var out []patch
	for f := range a.Cycle {
		if seen[f] || !in(int32(f)) {
			continue
		}
		seen[f] = true
		p := patch{fs: []int32{int32(f)}}
		for i := 0; i < len(p.fs); i++ {
			p.m2 += a.area[p.fs[i]]
			for _, h := range a.Cycle[p.fs[i]] {
				g := a.Face[h^1]
				switch {
				case !in(g):
					p.length += a.len[h>>1]
				case !seen[g]:
					seen[g] = true
					p.fs = append(p.fs, g)
				}
			}
		}
		out = append(out, p)
	}
	return out
}

// held reports whether a line of the class parts even land that is kept whole.
func (c class) held() bool { return c <= clsCollector || c == clsForced }

// inside returns the edges that run inside land kept whole, those of each piece of land a set.
func (a *atoms) inside() [][]int32 {
	of := map[int32][]int32{}
	for e := range a.Edges {
		l, r := a.Face[2*e], a.Face[2*e+1]
		if l >= 0 && r >= 0 && a.inner[l] >= 0 && a.inner[l] == a.inner[r] && !class(a.Edges[e].Class).held() {
			of[a.inner[l]] = append(of[a.inner[l]], int32(e))
		}
	}
	var drop [][]int32
	for _, i := range slices.Sorted(maps.Keys(of)) {
		drop = append(drop, of[i])
	}
	return drop
}
