package grids

import (
	"context"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// update renews the cells. Communities whose lines moved so that new lines and old borders cannot be told apart are
// divided as if they had no cells, they only, and that is said; where a cell of one is locked it is left with its fault.
func (b *base) update(ctx context.Context, src Source, cov cover, want []bool, comps func() error, opt *Options, start time.Time) (*Division, error) {
	if err := comps(); err != nil {
		return nil, err
	}
	b.points = newPointTable(b.comps)
	b.terrain = newTerrain(b, opt)
	return b.renewed(ctx, src, cov, want, make([]bool, len(b.comms)), opt, start)
}

// renewed renews the cells, those of the communities marked in anew as if they had none, and marks more until the rules hold.
func (b *base) renewed(ctx context.Context, src Source, cov cover, want, anew []bool, opt *Options, start time.Time) (*Division, error) {
	for lay, plain := true, false; ; {
		r := newRenewal(ctx, b, cov, want, opt)
		r.anew, r.lay, r.plain = slices.Clone(anew), lay, plain
		d, err := r.renew(start)
		bad, checkErr := r.faulty(src, d, err)
		if checkErr != nil {
			return nil, checkErr
		}
		if len(bad) > 0 && lay && r.fit == nil {
			lay = false
			continue
		}
		switch {
		case r.spread(anew, bad):
		case len(bad) > 0 && r.fit != nil: // what is locked is not divided anew: by the lines as delivered, then
			plain = true
		default:
			return d, err
		}
	}
}

const besideFault = 2e-5 // degrees round a fault within which cells have to do with it

// isAnew reports whether a community is divided as if it had no cells.
func (r *renewal) isAnew(c int32) bool { return c >= 0 && r.anew[c] }

// faulty returns the communities in which the update did not come out right: of the zone that could not be divided, or
// of new or changed cells that break a hard rule where lines of communities moved.
func (r *renewal) faulty(src Source, d *Division, err error) ([]int32, error) {
	switch {
	case err != nil && gis.KindOf(err) == gis.Internal:
		return r.failed, nil
	case err != nil, !d.Update.Land && r.fit == nil && !slices.Contains(r.anew, true):
		return nil, nil
	}
	was := map[Code]orb.Polygon{}
	for _, c := range r.opt.Old {
		was[c.Code] = c.Polygon
	}
	astir := map[int32]bool{} // communities whose lines moved
	for _, s := range r.moved {
		astir[s.L], astir[s.R] = true, true
	}
	changed := map[string]int32{}
	var boxes []orb.Bound // of cells that are not what they were
	for _, c := range d.Cells {
		if c.Status == Void {
			continue
		}
		i, known := r.index[c.Community]
		old, ok := was[c.Code]
		other := !ok || !orb.Equal(old, c.Polygon)
		if known && (astir[i] || r.fit != nil || other) {
			changed[string(c.Code)] = i
		}
		if other {
			boxes = append(boxes, c.Polygon.Bound())
		}
	}
	bad, less := r.bereft(d)
	cells, only := r.touched(d, boxes, astir, less)
	if only != nil && len(only) == 0 {
		return bad, nil
	}
	found, _, err := Check(r.ctx, narrowed(src, boxes, only), Cells(cells), nil)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		if f.Severity != gis.SeverityError {
			continue
		}
		c, known := changed[f.Key]
		if k, whole := r.index[f.Key]; whole {
			c, known = k, astir[k] || less[k] || r.fit != nil || r.isAnew(k)
		}
		if known {
			bad = append(bad, c)
		}
		if known && !r.isAnew(c) {
			continue
		}
		// It is the fault of a cell beside it, then: of one at the place, or else of one beside the whole cell.
		round, mine := r.at(d, f.At.Bound().Pad(besideFault), changed)
		if known && !slices.ContainsFunc(round, func(c int32) bool { return !r.anew[c] }) {
			for _, o := range d.Cells {
				if string(o.Code) == f.Key {
					round, _ = r.at(d, o.Polygon.Bound(), changed)
				}
			}
		}
		if known || mine {
			bad = append(bad, round...)
		}
	}
	return bad, nil
}

// bereft returns the communities that have land and no cell, and those whose cells hold less land than they did: what
// they lost may have gone to another.
func (r *renewal) bereft(d *Division) (none []int32, less map[int32]bool) {
	was, now := make([]float64, len(r.b.comms)), make([]float64, len(r.b.comms))
	sum := func(cells []Cell, of []float64) {
		for _, c := range cells {
			if i, ok := r.index[c.Community]; ok && c.Status != Void {
				of[i] += c.AreaM2
			}
		}
	}
	sum(r.opt.Old, was)
	sum(d.Cells, now)
	less = map[int32]bool{}
	for c := range now {
		switch {
		case now[c] == 0 && float64(r.area2[c])/2e6 >= sliverArea && (r.want[c] || r.anew[c]):
			none = append(none, int32(c))
		case was[c]-now[c] > minSide:
			less[int32(c)] = true
		}
	}
	return none, less
}

// touched returns the cells, and by code the communities, that can have to do with cells that changed in the boxes, with lines
// that moved or with land that was lost: whole communities with a cell there; all (nil) where borders follow lines or communities are divided anew.
func (r *renewal) touched(d *Division, boxes []orb.Bound, astir, less map[int32]bool) ([]Cell, map[string]bool) {
	if r.fit != nil || slices.Contains(r.anew, true) {
		return d.Cells, nil
	}
	only := map[string]bool{}
	for _, some := range [2]map[int32]bool{astir, less} {
		for c := range some {
			if c >= 0 {
				only[r.b.comms[c].code] = true
			}
		}
	}
	for _, k := range d.Cells {
		if k.Status != Void && !only[k.Community] && slices.ContainsFunc(boxes, k.Polygon.Bound().Pad(besideFault).Intersects) {
			only[k.Community] = true
		}
	}
	r.b.withRivals(only)
	return slices.DeleteFunc(slices.Clone(d.Cells), func(k Cell) bool { return k.Status == Void || !only[k.Community] }), only
}

// withRivals adds the communities that claim land of some of them, too, and those that claim land of these: a check that does not know
// the cells of a rival takes what went to it for a gap.
func (b *base) withRivals(some map[string]bool) {
	for grown := true; grown; {
		grown = false
		for pair, m2 := range b.disputed {
			p, q := b.comms[pair[0]].code, b.comms[pair[1]].code
			if m2 > coverRounding && some[p] != some[q] {
				some[p], some[q], grown = true, true, true
			}
		}
	}
}

// at returns the communities of the cells whose bounds meet the box, and whether one of those cells is among the changed.
func (r *renewal) at(d *Division, box orb.Bound, changed map[string]int32) (comms []int32, mine bool) {
	for _, o := range d.Cells {
		if o.Status == Void || !o.Polygon.Bound().Intersects(box) {
			continue
		}
		if k, ok := r.index[o.Community]; ok {
			_, yes := changed[string(o.Code)]
			mine = mine || yes
			comms = append(comms, k)
		}
	}
	return comms, mine
}

// spread adds the bad communities to those that are divided anew, with the ones beyond lines of theirs that moved, and
// reports whether there are more now. One with a locked cell is not added, nor one that is not to be divided.
func (r *renewal) spread(anew []bool, bad []int32) bool {
	may := slices.Clone(r.want)
	for _, k := range r.cells {
		if k.Locked && k.comm >= 0 {
			may[k.comm] = false
		}
	}
	more := false
	add := func(c int32) {
		if c >= 0 && may[c] && !anew[c] {
			anew[c], more = true, true
		}
	}
	for _, c := range bad {
		add(c)
	}
	for grown := more; grown; {
		grown = false
		link := func(a, b int32) {
			if a < 0 || b < 0 || anew[a] == anew[b] {
				return
			}
			add(a)
			add(b)
			grown = grown || anew[a] && anew[b]
		}
		for _, s := range r.moved {
			link(s.L, s.R)
		}
		for e := range r.lostEdge {
			if i, t := r.edges[e], r.twin(e[0], e[1]); t >= 0 {
				link(r.cells[i].comm, r.cells[t].comm)
			}
		}
		for _, k := range r.cells {
			link(k.comm, k.now)
		}
	}
	return more
}

// leaveAnew takes what is divided anew out of the work on zones.
func (r *renewal) leaveAnew() {
	if !slices.Contains(r.anew, true) {
		return
	}
	for _, k := range r.cells {
		if r.isAnew(k.comm) {
			k.is = broken
		}
	}
	r.want = slices.Clone(r.want)
	for c, yes := range r.anew {
		r.want[c] = r.want[c] && !yes
	}
	r.moved = slices.DeleteFunc(r.moved, func(s geom.Seg) bool { return r.isAnew(s.L) || r.isAnew(s.R) })
	r.bare = slices.DeleteFunc(r.bare, func(e [2]geom.Pt) bool {
		return r.isAnew(r.cells[r.edges[e]].comm) || r.isAnew(r.find.at(rightOf(e[0], e[1])))
	})
	r.rim = r.rims()
}

// rims returns the lines between what is divided anew and land without cells of a community that is not: that land ends
// there, and not in borders of cells that are no more.
func (r *renewal) rims() []geom.Seg {
	var out []geom.Seg
	for _, s := range r.cov.segs {
		if r.isAnew(s.L) == r.isAnew(s.R) {
			continue
		}
		c, p := s.R, rightOf(s.A, s.B)
		if r.isAnew(s.R) {
			c, p = s.L, rightOf(s.B, s.A)
		}
		if r.tag(c) >= 0 && !r.holds(p) {
			out = append(out, s)
		}
	}
	return out
}

// holds reports whether a point lies in an old cell of a community that is not divided anew.
func (r *renewal) holds(p geom.Pt) bool {
	return slices.ContainsFunc(r.near(geom.NoBox.Grow(p)), func(i int32) bool {
		return !r.isAnew(r.cells[i].comm) && r.cells[i].ring.Locate(p) >= 0
	})
}

// divideAnew divides the communities that are divided anew.
func (r *renewal) divideAnew() error {
	if !slices.Contains(r.anew, true) {
		return nil
	}
	b := r.b
	p, err := b.plan(r.ctx, r.cov, r.cov.withNeighbours(r.anew), r.opt.Threads, r.opt.Progress)
	if err != nil {
		return err
	}
	res, err := b.divideAll(r.ctx, p.parts, r.anew, r.opt)
	if err != nil {
		return err
	}
	for c := range res {
		if !r.anew[c] {
			continue
		}
		r.fresh[c] = res[c].fresh
		r.findings = append(r.findings, res[c].findings...)
		code := b.comms[c].code
		r.findings = append(r.findings, finding("grid.update_rebuilt", gis.SeverityWarning, code, b.lat.lonLat(middle(b.comms[c].parts[0][0])), 0,
			"the lines of community %s moved so that its unit grids could not be repaired; it was divided anew", "社区 %s 界线变化过大，无法局部修复，已重新划分", code))
	}
	return nil
}
