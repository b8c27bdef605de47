package grids

import (
	"cmp"
	"math"
	"slices"
	"time"

	"wanmi/gis/geom"
)

const (
	heldTag   = -7       // L and R of an old border that must not move
	zoneReach = 60_000   // mm round a zone whose buildings are looked at
	skirtGap  = 600.0    // mm between a building and the line led round it
	slack     = 1000     // mm round a zone whose lines are looked at
	landReach = 30_000.0 // mm a line's end may be led along an old border to a corner
	landTurns = 8
)

// zoneWork is the division of one zone.
type zoneWork struct {
	r     *renewal
	z     *zoneOf
	no    int
	base  *base      // the base map of the zone
	held  []geom.Seg // borders that must not move: community lines with their tags, and those of unbroken cells
	firm  []geom.Seg // new community lines
	free  []geom.Seg // everything else
	keeps []mapLine  // old borders between broken cells
	box   geom.Box
	trial bool // only what is given up counts, see improve
}

// rebuild divides every zone anew.
func (r *renewal) rebuild() error {
	var zones []*zoneOf
	var res [][]outcome
	for more := true; more; {
		zones = r.zones()
		var err error
		if res, err = r.divideZones(zones); err != nil {
			return err
		}
		more = r.takeCrumbs(res)
	}
	r.told.Zones = len(zones)
	for _, k := range r.cells {
		if k.is == broken {
			r.told.Broken++
		}
		if k.is != stays {
			r.told.InZones++
		}
	}
	for i, z := range zones {
		r.told.Land = r.told.Land || z.land
		for _, o := range res[i] {
			r.take(o)
		}
	}
	return nil
}

func (r *renewal) divideZones(zones []*zoneOf) ([][]outcome, error) {
	res := make([][]outcome, len(zones))
	errs := make([]error, len(zones))
	took := make([]float64, len(zones))
	each(len(zones), r.opt.Threads, func(i int) {
		if errs[i] = r.ctx.Err(); errs[i] == nil {
			start := time.Now()
			res[i], errs[i] = r.divideZone(zones[i], i, false)
			took[i] = float64(time.Since(start).Microseconds()) / 1000
		}
	})
	for i, err := range errs {
		if err != nil {
			for _, c := range zones[i].cells {
				r.failed = append(r.failed, r.cells[c].comm, r.cells[c].now)
			}
			return nil, err
		}
		r.told.WorstMS = math.Max(r.told.WorstMS, took[i])
	}
	return res, nil
}

// takeCrumbs brings cells that were to stay into the zones where new land beside them is too small for a cell of its own:
// of each piece the cell of its community with the longest border. It reports whether there are any.
func (r *renewal) takeCrumbs(res [][]outcome) bool {
	more := false
	for _, o := range slices.Concat(res...) {
		for i := range o.result.fresh {
			f := &o.result.fresh[i]
			if float64(f.ring.Area2())/2e6 >= minSide {
				continue
			}
			best, most := int32(-1), 0.0
			for _, t := range r.near(f.ring.Box().Pad(2)) {
				k := r.cells[t]
				if k.is != stays || k.locked || k.comm != o.comm || k.ring == nil || r.isAnew(k.comm) {
					continue
				}
				if l := sharedLength(f.ring, k.ring); l > most {
					best, most = t, l
				}
			}
			if best >= 0 {
				r.cells[best].is, more = beside, true
			}
		}
	}
	return more
}

// sharedLength returns how many millimetres of the outline of a ring run along that of another.
func sharedLength(r, o geom.Ring) float64 {
	var segs []geom.Seg
	for i, p := range o {
		segs = append(segs, geom.Seg{A: p, B: o[(i+1)%len(o)]})
	}
	on := newLineIndex(segs)
	sum := 0.0
	for i, p := range r {
		q := r[(i+1)%len(r)]
		for _, s := range on.acc.beside([]geom.Pt{p, q}, []float64{0, p.Dist(q)}, lineExact, nil) {
			sum += s.hi - s.lo
		}
	}
	return sum
}

// outcome is what became of one community's part of a zone.
type outcome struct {
	comm   int32
	kept   []int32 // old cells that stay
	given  []int32 // old cells the search gave up
	result divided
}

func (r *renewal) take(o outcome) {
	for _, i := range o.kept {
		r.cells[i].used = true
	}
	r.findings = append(r.findings, o.result.findings...)
	r.fresh[o.comm] = append(r.fresh[o.comm], o.result.fresh...)
}

// tag returns a community as the tag of a side: -1 for what is not to be divided.
func (r *renewal) tag(c int32) int32 {
	if c < 0 || !r.want[c] {
		return -1
	}
	return c
}

func (r *renewal) divideZone(z *zoneOf, no int, trial bool) ([]outcome, error) {
	w := &zoneWork{r: r, z: z, no: no, box: geom.NoBox, trial: trial}
	w.outline()
	if w.box.Empty() {
		return nil, nil
	}
	w.local()
	if err := w.lines(); err != nil {
		return nil, err
	}
	noded := w.node()
	if z.land {
		noded = w.retag(noded)
	} else {
		noded = settle(noded)
	}
	parts := geom.Regions(noded, len(r.b.comms), keepCommunity)
	var out []outcome
	for c, segs := range parts {
		if len(segs) == 0 || !r.want[c] {
			continue
		}
		o, err := w.community(int32(c), segs)
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// outline collects the borders of the zone's cells by what may become of them.
func (w *zoneWork) outline() {
	r := w.r
	comm := func(a, b geom.Pt, l, right int32) {
		w.held = append(w.held, geom.Seg{A: a, B: b, Class: uint8(clsCommunity), L: l, R: right})
	}
	for _, i := range w.z.cells {
		k := r.cells[i]
		for n, p := range k.ring {
			q := k.ring[(n+1)%len(k.ring)]
			w.box = w.box.Grow(p)
			t := r.twin(p, q)
			side := r.tag(k.comm)
			if w.z.land && k.is == broken {
				side = r.tag(r.find.at(rightOf(q, p)))
			}
			inZone := t >= 0 && r.cells[t].is != stays && r.cells[t].zone == k.zone
			switch {
			case r.lostEdge[[2]geom.Pt{p, q}] || r.lostEdge[[2]geom.Pt{q, p}]:
				if t < i && r.opt.Mode != Rebuild {
					w.keeps = append(w.keeps, mapLine{class: clsKeep, pts: []geom.Pt{p, q}})
				}
			case inZone && t < i: // the other has it
			case inZone && r.cells[t].comm != k.comm:
				other := r.tag(r.cells[t].comm)
				if w.z.land && r.cells[t].is == broken {
					other = r.tag(r.find.at(rightOf(p, q)))
				}
				comm(p, q, side, other)
			case inZone && (k.is == beside || r.cells[t].is == beside):
				w.held = append(w.held, geom.Seg{A: p, B: q, Class: uint8(clsKeep), L: heldTag, R: heldTag})
			case inZone:
				if r.opt.Mode != Rebuild {
					w.keeps = append(w.keeps, mapLine{class: clsKeep, pts: []geom.Pt{p, q}})
				}
			case t < 0 && w.z.land:
				comm(p, q, side, r.tag(r.find.at(rightOf(p, q))))
			default:
				comm(p, q, side, -1)
			}
		}
	}
	if !w.z.land {
		return
	}
	for _, e := range r.bare {
		if r.cells[r.edges[e]].is == stays {
			comm(e[0], e[1], -1, r.tag(r.find.at(rightOf(e[0], e[1]))))
			w.box = w.box.Grow(e[0]).Grow(e[1])
		}
	}
	for _, s := range r.rim {
		comm(s.A, s.B, r.tag(s.L), r.tag(s.R))
		w.box = w.box.Grow(s.A).Grow(s.B)
	}
	for _, s := range r.moved {
		s.L, s.R = r.tag(s.L), r.tag(s.R)
		w.firm = append(w.firm, s)
		w.box = w.box.Grow(s.A).Grow(s.B)
	}
}

// local makes the base map of the zone.
func (w *zoneWork) local() {
	b := w.r.b
	w.base = &base{lat: b.lat, comms: b.comms, points: b.points, terrain: b.terrain}
	for _, i := range b.obs.near(w.box.Pad(zoneReach), nil) {
		w.base.buildings = append(w.base.buildings, b.buildings[i])
	}
	w.base.obs = newObstacles(w.base.buildings)
	w.base.obs.huge = b.obs.huge
	reach := w.box.Pad(slack)
	for _, l := range b.lines {
		if !geom.NoBox.Grow(l.pts[0]).Grow(l.pts[len(l.pts)-1]).Pad(int64(l.len)).Meets(reach) {
			continue
		}
		for _, pts := range meeting(l.pts, reach) {
			w.base.lines = append(w.base.lines, mapLine{class: l.class, pts: pts})
		}
	}
}

// lines collects what new borders may run along.
func (w *zoneWork) lines() error {
	obs := w.base.obs
	outer := slices.DeleteFunc(slices.Concat(w.held, w.firm), func(s geom.Seg) bool { return !keepCommunity(s) })
	rays, last := cover{segs: outer}.connectors(obs)
	if len(rays) == 0 {
		rays = last
	}
	fixed := slices.Concat(w.held, w.firm)
	skins := func(int32) float64 { return skin }
	all := fixed
	for _, k := range w.keeps {
		all = append(slices.Clip(all), geom.Seg{A: k.pts[0], B: k.pts[1], Class: uint8(clsKeep)})
	}
	var lines []mapLine
	for _, l := range conflate(all, w.base.lines, w.box.Pad(slack), obs) {
		for _, pts := range obs.clip(l.pts, skins) {
			lines = append(lines, mapLine{class: l.class, pts: pts})
		}
	}
	for _, k := range w.keeps {
		for _, pts := range obs.clip(k.pts, skins) {
			lines = append(lines, mapLine{class: clsKeep, pts: pts})
		}
	}
	if w.z.land {
		fixed = w.retag(geom.SnapRound(fixed, 1))
	}
	gaps, err := w.base.blocks(w.r.ctx, slices.Concat(fixed, rays), lines, w.r.want, obs, 1, nil)
	if err != nil {
		return err
	}
	for _, l := range w.skirts() {
		for _, pts := range obs.clip(l, skins) {
			gaps = append(gaps, mapLine{class: clsGap, pts: pts})
		}
	}
	w.free = appendSegs(appendSegs(rays, lines, nil), gaps, nil)
	return nil
}

// skirts returns lines close round the buildings that borders of broken cells cut, so that the border need not move further.
func (w *zoneWork) skirts() [][]geom.Pt {
	var cut []int32
	for _, i := range w.z.cells {
		cut = append(cut, w.r.cuts[i]...)
	}
	slices.Sort(cut)
	var out [][]geom.Pt
	for _, o := range slices.Compact(cut) {
		r := slices.Clone(w.r.b.buildings[o].rings[0])
		n := len(r)
		line := make([]geom.Pt, 0, n+1)
		for i, p := range r {
			a, b := r[(i+n-1)%n], r[(i+1)%n]
			u, v := a.Dist(p), p.Dist(b)
			if u == 0 || v == 0 {
				continue
			}
			ux, uy := float64(p.Y-a.Y)/u, -float64(p.X-a.X)/u // outward normals of the two walls
			vx, vy := float64(b.Y-p.Y)/v, -float64(b.X-p.X)/v
			d := 1 + ux*vx + uy*vy
			k := skirtGap / math.Max(d, 0.3)
			line = append(line, geom.Pt{X: p.X + int64(math.Round(k*(ux+vx))), Y: p.Y + int64(math.Round(k*(uy+vy)))})
		}
		if len(line) > 2 {
			out = append(out, append(line, line[0]))
		}
	}
	return out
}

// node nodes everything so that held borders stay as they are: a line that ends on one, or crosses it, is led to a
// corner of it or to a lattice point exactly on it, or ends before it.
func (w *zoneWork) node() []geom.Seg {
	corner := map[geom.Pt]bool{}
	acc := newAccepted(w.box.Pad(slack))
	for _, s := range w.held {
		corner[s.A], corner[s.B] = true, true
		acc.add(s)
	}
	free := w.free
	for turn := range landTurns {
		noded := geom.SnapRound(slices.Concat(w.held, w.firm, free), 1)
		off := w.offHeld(noded, acc, corner)
		if len(off) == 0 || turn == landTurns-1 {
			return noded
		}
		free = free[:0:0]
		for _, s := range noded {
			if keepCommunity(s) || s.Class == uint8(clsKeep) && s.L == heldTag {
				continue
			}
			a, bad := off[s.A]
			b, also := off[s.B]
			ok := true
			switch {
			case !bad && !also:
			case turn >= landTurns/2 || bad && also: // it will not do
				ok = false
			case bad:
				s.A, ok = w.led(s.B, s.A, a)
			default:
				s.B, ok = w.led(s.A, s.B, b)
			}
			if ok && s.A != s.B {
				free = append(free, s)
			}
		}
	}
	return nil
}

// led returns the first of the places that a segment may be led to instead of where it ends: the way there runs through
// no building that it has kept out of.
func (w *zoneWork) led(from, end geom.Pt, to []geom.Pt) (geom.Pt, bool) {
	obs := w.base.obs
	for _, q := range to {
		if obs.cuts(geom.Seg{A: from, B: q}) == 0 || obs.cuts(geom.Seg{A: from, B: end}) > 0 {
			return q, true
		}
	}
	return end, false
}

// offHeld finds the points that would bend a held border, and where lines that end in them may be led, the nearest place first.
func (w *zoneWork) offHeld(noded []geom.Seg, acc *accepted, corner map[geom.Pt]bool) map[geom.Pt][]geom.Pt {
	off := map[geom.Pt][]geom.Pt{}
	seen := map[geom.Pt]bool{}
	for _, s := range noded {
		for _, p := range [2]geom.Pt{s.A, s.B} {
			if seen[p] || corner[p] {
				continue
			}
			seen[p] = true
			acc.near(p, p, 2, func(h geom.Seg) {
				t, d := nearSeg(p, h.A, h.B)
				if d > 0.75 || t <= 0 || t >= 1 || geom.Cross(h.A, h.B, p) == 0 {
					return
				}
				to := off[p]
				try := func(q geom.Pt) {
					if p.Dist(q) < landReach {
						to = append(to, q)
					}
				}
				try(h.A)
				try(h.B)
				if g := gcd(abs(h.B.X-h.A.X), abs(h.B.Y-h.A.Y)); g > 1 {
					k := min(g-1, max(1, int64(math.Round(t*float64(g)))))
					try(geom.Pt{X: h.A.X + (h.B.X-h.A.X)/g*k, Y: h.A.Y + (h.B.Y-h.A.Y)/g*k})
				}
				off[p] = to
			})
			slices.SortFunc(off[p], func(q, r geom.Pt) int { return cmp.Or(cmp.Compare(p.Dist(q), p.Dist(r)), q.Cmp(r)) })
		}
	}
	return off
}
