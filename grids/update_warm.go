package grids

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis/geom"
)

// kind says how much a cell of a zone is worth keeping.
type kind uint8

const (
	fresh  kind = iota // from land that had no cell, or the rest of one
	mended             // an old cell with a little more or less
	intact             // an old cell as it was
)

// warmCell is a cell of a zone under search.
type warmCell struct {
	fs    []int32
	kind  kind
	home  int32 // old cell it is, -1 none
	price float64
	area  float64
	bad   bool // out of the limits, or no simple polygon
}

// warm is the search in one community's part of a zone. It starts from the old cells.
type warm struct {
	*cutter
	z     *zoneWork
	comm  int32
	home  []int32 // old cell each face lies in, -1 none
	cells map[int32]*warmCell
	next  int32
	own   []int32
	memo  map[pair]bool
	given []int32 // old cells given up for better ones
	wide  bool    // cells that are as they were may be given up, too
}

// community divides one community's part of the zone.
func (z *zoneWork) community(c int32, segs []geom.Seg) (outcome, error) {
	out := outcome{comm: c}
	for i, s := range segs {
		if s.Class == uint8(clsCommunity) {
			segs[i].L, segs[i].R = tagOf(s.L, int(c)), tagOf(s.R, int(c))
		}
	}
	a, err := z.base.safeGraph(segs, &out.result, z.r.b.comms[c].code)
	if err != nil {
		return out, err
	}
	var faces []int32
	for f, o := range a.owner {
		if o == 0 {
			faces = append(faces, int32(f))
		}
	}
	if len(faces) == 0 {
		return out, nil
	}
	opt := z.r.opt
	w := opt.cutter(z.r.ctx)
	w.use(a)
	var cells [][]int32
	s := &warm{cutter: w, z: z, comm: c}
	if opt.Mode == Rebuild {
		cells, _ = w.community(faces)
	} else {
		cells = s.divide(faces)
		out.given = s.given
	}
	if z.trial {
		return out, nil
	}
	kept := make([]bool, len(cells))
	for n, fs := range cells {
		if i := s.same(fs); i >= 0 {
			kept[n], out.kept = true, append(out.kept, i)
		}
	}
	if len(out.kept) == len(cells) {
		return out, nil
	}
	if a, cells, err = z.smooth(a, cells, kept); err != nil {
		return out, err
	}
	w.use(a)
	var rest [][]int32
	for n, fs := range cells {
		if !kept[n] {
			rest = append(rest, fs)
		}
	}
	out.result.collect(z.base, w, int(c), rest, opt)
	return out, nil
}

// same returns the old cell of the same community a set of faces is, -1 none.
func (w *warm) same(fs []int32) int32 {
	if w.home == nil || w.home[fs[0]] < 0 {
		return -1
	}
	i := w.home[fs[0]]
	k := w.z.r.cells[i]
	if k.comm != w.comm { // its land has gone over whole; its code stays behind
		return -1
	}
	area2 := int64(0)
	for _, f := range fs {
		if w.home[f] != i || sticksOut(w.Ring(w.Cycle[f]), k.ring) { // it may take and give areas of one size
			return -1
		}
		area2 += w.Area2[f]
	}
	if area2 != k.ring.Area2() {
		return -1
	}
	return i
}

// divide finds the cells: first of what is broken alone, then with those beside that are as they were, for what is still
// out of the limits.
func (w *warm) divide(faces []int32) [][]int32 {
	w.settle(faces)
	for _, w.wide = range [2]bool{false, true} {
		w.rescue()
		for range sweeps {
			if !w.sweep() {
				break
			}
		}
	}
	var out [][]int32
	for k := range w.next {
		if c, ok := w.cells[k]; ok {
			out = append(out, c.fs)
		}
	}
	return w.mend(out)
}

// settle gives the faces to the old cells they lie in.
func (w *warm) settle(faces []int32) {
	all := w.total(faces)
	w.mean = all.load / math.Max(1, math.Round(all.worth/w.goal.target))
	w.home = make([]int32, len(w.owner))
	w.own = make([]int32, len(w.owner))
	for f := range w.own {
		w.own[f], w.home[f] = -1, -1
	}
	w.cells, w.memo = map[int32]*warmCell{}, map[pair]bool{}
	byHome := map[int32][]int32{}
	var homes []int32
	for _, f := range faces {
		h := w.homeOf(f)
		w.home[f] = h
		if byHome[h] == nil {
			homes = append(homes, h)
		}
		byHome[h] = append(byHome[h], f)
	}
	slices.Sort(homes)
	for _, h := range homes {
		pieces := w.pieces(byHome[h], h < 0)
		slices.SortStableFunc(pieces, func(x, y []int32) int { return -cmp.Compare(w.sum(x), w.sum(y)) })
		for n, p := range pieces {
			switch {
			case h < 0:
				for _, fs := range w.cutter.divide(p) {
					w.add(&warmCell{fs: fs, home: -1})
				}
			case n > 0:
				w.add(&warmCell{fs: p, home: -1})
			default:
				w.add(w.heir(h, p))
			}
		}
	}
	w.crumbs()
}

// heir is the largest piece of an old cell.
func (w *warm) heir(h int32, fs []int32) *warmCell {
	c := &warmCell{fs: fs, home: h}
	old := w.z.r.cells[h]
	was, is := float64(old.ring.Area2())/2e6, w.sum(fs)
	switch {
	case w.same(fs) >= 0:
		c.kind = intact
	case is > was*sameIoU && is < was/sameIoU, old.comm == w.comm && is > was*mostIoU && is < was/mostIoU:
		c.kind = mended
	}
	return c
}

// homeOf returns the old cell of the zone a face lies in, with its larger part when in several.
func (w *warm) homeOf(f int32) int32 {
	r := w.z.r
	ring := w.Ring(w.Cycle[f])
	in := insideOf(ring)
	box := ring.Box()
	var some []int32
	for _, i := range r.near(box) {
		k := r.cells[i]
		if k.is == stays || k.zone != w.z.no {
			continue
		}
		some = append(some, i)
		if k.ring.Locate(in) > 0 && !sticksOut(ring, k.ring) {
			return i
		}
	}
	best, most := int32(-1), 0.0
	rest := float64(ring.Area2()) / 2
	for _, i := range some {
		x, _, _ := overlap(ring, r.cells[i].ring)
		rest -= x
		if x > most {
			best, most = i, x
		}
	}
	if rest > most {
		return -1
	}
	return best
}

// sticksOut reports whether a face has a corner outside the cell.
func sticksOut(face, cell geom.Ring) bool {
	return slices.ContainsFunc(face, func(p geom.Pt) bool { return cell.Locate(p) < 0 })
}

func (w *warm) add(c *warmCell) {
	c.price, c.area = w.cutter.price(c.fs), w.sum(c.fs)
	if c.kind != intact {
		c.bad = w.bad(c.fs)
	}
	if c.kind == mended && c.bad {
		o := w.outline(c.fs)
		c.bad = !o.simple() || w.z.r.b.fits(w.z.r.cells[c.home].ring) == 0
	}
	for _, f := range c.fs {
		w.own[f] = w.next
	}
	w.cells[w.next] = c
	w.next++
}

// bad reports whether faces are no cell: out of the limits, or no simple polygon.
func (w *warm) bad(fs []int32) bool {
	opt := w.z.r.opt
	m, o := w.groundOf(fs), w.outline(fs)
	return m.fits(w.sum(fs), opt.Min, opt.Max) != 0 || !o.simple()
}

// crumbs joins pieces too small for a cut to leave with the neighbour of the longest common border, one that is not intact first.
func (w *warm) crumbs() {
	for again := true; again; {
		again = false
		for k := range w.next {
			c, ok := w.cells[k]
			if !ok || c.area >= minSide || c.kind == intact {
				continue
			}
			share := map[int32]float64{}
			for _, f := range c.fs {
				for _, h := range w.Cycle[f] {
					if g := w.Face[h^1]; g >= 0 && w.own[g] >= 0 && w.own[g] != k {
						l := w.len[h>>1]
						if w.cells[w.own[g]].kind == intact {
							l /= 1000
						}
						share[w.own[g]] += l
					}
				}
			}
			best := int32(-1)
			for o, l := range share {
				if best < 0 || l > share[best] || l == share[best] && o < best {
					best = o
				}
			}
			if best < 0 {
				continue
			}
			to := w.cells[best]
			delete(w.cells, k)
			delete(w.cells, best)
			if to.kind == intact && c.area > 1 {
				to.kind = mended
			}
			to.fs = slices.Concat(to.fs, c.fs)
			w.add(to)
			again = true
		}
	}
}
