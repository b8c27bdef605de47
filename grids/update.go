package grids

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis"
	"wanmi/gis/geom"
)

const (
	sameIoU    = 0.9 // a cell that shares this much with an old one of its community is that one
	mostIoU    = 0.5 // so is, in a repair, one that shares more than this: no other can
	heirShare  = 0.1 // share of the smaller of two cells that makes one the heir of the other
	scanLines  = 160 // level lines an overlap is measured on
	whySplit   = "split"
	whyMerge   = "merge"
	whyChange  = "change"
	whyNew     = "new"
	whyVanish  = "gone"
	firstOfAll = 1
)

// freshCell is a cell with its lattice ring.
type freshCell struct {
	Cell
	ring geom.Ring
	box  geom.Box
	used bool
}

// update gives fresh cells their codes: those of the old cells they are, new ones otherwise.
type update struct {
	lat     lattice
	opt     *Options
	old     map[string][]*freshCell // valid cells of the division before, by community
	highest map[string]int          // highest number ever seen in Options.Old
	out     []Cell
	void    []Cell
	lineage []Lineage
	notes   []gis.Finding
	done    map[string]bool
	same    float64 // sameIoU or mostIoU
}

func newUpdate(lat lattice, opt *Options) *update {
	u := &update{lat: lat, opt: opt, old: map[string][]*freshCell{}, highest: map[string]int{}, done: map[string]bool{}, same: sameIoU}
	if opt.Mode != Rebuild {
		u.same = mostIoU + 1e-3 // overlaps are measured to some thousandths
	}
	for _, c := range opt.Old {
		comm := c.Code.Community()
		u.highest[comm] = max(u.highest[comm], c.Code.Seq())
		if c.Status == Void || len(c.Polygon) == 0 {
			u.void = append(u.void, c)
			continue
		}
		f := &freshCell{Cell: c}
		if r := lat.ring(c.Polygon[0]); r != nil {
			f.ring = startAtMin(r)
			f.box = f.ring.Box()
		}
		u.old[comm] = append(u.old[comm], f)
	}
	for _, l := range u.old {
		slices.SortFunc(l, func(x, y *freshCell) int { return cmp.Compare(x.Code, y.Code) })
	}
	return u
}

// community numbers the cells of one community; they come in the order of their numbers.
func (u *update) community(code string, fresh []freshCell) error {
	u.done[code] = true
	old := u.old[code]
	u.match(fresh, old)
	seq := 0
	for i := range fresh {
		f := &fresh[i]
		if f.Code != "" {
			continue
		}
		if seq == 0 {
			if seq = max(firstOfAll, u.highest[code]+1); u.opt.Next != nil {
				seq = max(seq, u.opt.Next(code))
			}
		}
		c, err := MakeCode(code, seq)
		if err != nil {
			return gis.E(gis.Rejected, nil, "community %s would need unit grid number %d for its %d cells; only 001 to %d exist: raise the target area or split the community", code, seq, len(fresh), MaxSeq)
		}
		f.Code = c
		seq++
	}
	if len(u.opt.Old) > 0 {
		u.inherit(fresh, old)
	}
	for _, f := range fresh {
		u.out = append(u.out, f.Cell)
	}
	return nil
}

// match hands the codes of old cells on to the fresh ones that are the same, nearly or (in a repair) for the most part, the most alike first.
func (u *update) match(fresh []freshCell, old []*freshCell) {
	type likeness struct {
		iou  float64
		o, f int
	}
	var all []likeness
	for i := range fresh {
		fresh[i].box = fresh[i].ring.Box()
		for k, o := range old {
			if o.ring == nil || !o.box.Meets(fresh[i].box) {
				continue
			}
			v := 1.0
			if !slices.Equal(o.ring, fresh[i].ring) {
				v = min(iou(o.ring, fresh[i].ring), 1-1e-9)
			}
			if v >= u.same {
				all = append(all, likeness{v, k, i})
			}
		}
	}
	slices.SortFunc(all, func(a, b likeness) int {
		return cmp.Or(-cmp.Compare(a.iou, b.iou), cmp.Compare(a.o, b.o), cmp.Compare(a.f, b.f))
	})
	for _, l := range all {
		o, f := old[l.o], &fresh[l.f]
		if o.used || f.Code != "" {
			continue
		}
		o.used = true
		f.Code, f.InitDate, f.Remark, f.Locked = o.Code, o.InitDate, o.Remark, o.Locked
		if o.Locked && l.iou < 1 {
			u.lost(o)
		}
	}
}

// lost tells that a locked cell did not survive as it was.
func (u *update) lost(o *freshCell) {
	u.notes = append(u.notes, finding("grid.locked_changed", gis.SeverityError, string(o.Code), geom.LabelPoint(o.Polygon), 0,
		"the locked unit grid %s was divided anew", "锁定的单元网格 %s 被重新划分", o.Code))
}

// inherit records what became of the codes of one community.
func (u *update) inherit(fresh []freshCell, old []*freshCell) {
	known := map[Code]bool{}
	for _, o := range old {
		known[o.Code] = true
	}
	heirs := map[Code][]Code{}
	parents := map[Code][]Code{}
	for _, o := range old {
		if o.used || o.ring == nil {
			continue
		}
		for i := range fresh {
			if f := &fresh[i]; f.box.Meets(o.box) {
				x, a, b := overlap(o.ring, f.ring)
				if x > heirShare*min(a, b) {
					heirs[o.Code] = append(heirs[o.Code], f.Code)
					parents[f.Code] = append(parents[f.Code], o.Code)
				}
			}
		}
	}
	for _, o := range old {
		if o.used {
			continue
		}
		if o.Locked {
			u.lost(o)
		}
		u.retire(o)
		to := heirs[o.Code]
		for _, h := range to {
			why := whyChange
			if len(to) > 1 {
				why = whySplit
			} else if len(parents[h]) > 1 || known[h] {
				why = whyMerge
			}
			u.lineage = append(u.lineage, Lineage{o.Code, h, why})
		}
		if len(to) == 0 {
			u.lineage = append(u.lineage, Lineage{o.Code, "", whyVanish})
		}
	}
	for i := range fresh {
		if c := fresh[i].Code; !known[c] && len(parents[c]) == 0 {
			u.lineage = append(u.lineage, Lineage{"", c, whyNew})
		}
	}
}

func (u *update) retire(o *freshCell) {
	c := o.Cell
	c.Status, c.EndDate = Void, u.opt.Today
	u.void = append(u.void, c)
}

// finish puts everything into the division: old cells of communities that were
// not divided stay as they are; those of communities that are no more become void.
func (u *update) finish(d *Division) {
	rest := make([]string, 0, len(u.old))
	for comm := range u.old {
		if !u.done[comm] {
			rest = append(rest, comm)
		}
	}
	slices.Sort(rest)
	for _, comm := range rest {
		for _, o := range u.old[comm] {
			if u.opt.Communities != nil {
				u.out = append(u.out, o.Cell)
				continue
			}
			u.retire(o)
			u.lineage = append(u.lineage, Lineage{o.Code, "", whyVanish})
		}
	}
	byCode := func(x, y Cell) int { return cmp.Compare(x.Code, y.Code) }
	slices.SortStableFunc(u.out, byCode)
	slices.SortStableFunc(u.void, byCode)
	d.Cells = append(u.out, u.void...)
	slices.SortFunc(u.lineage, func(x, y Lineage) int { return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To)) })
	d.Lineage = u.lineage
	d.Findings = append(d.Findings, u.notes...)
}

// iou returns the area two rings share over the area they cover.
func iou(a, b geom.Ring) float64 {
	x, m, n := overlap(a, b)
	return x / (m + n - x)
}

// overlap returns the area two rings share and the area of each, by level lines: to some thousandths.
func overlap(a, b geom.Ring) (shared, areaA, areaB float64) {
	areaA, areaB = math.Abs(float64(a.Area2()))/2, math.Abs(float64(b.Area2()))/2
	ba, bb := a.Box(), b.Box()
	lo, hi := max(ba.Min.Y, bb.Min.Y), min(ba.Max.Y, bb.Max.Y)
	if lo >= hi || !ba.Meets(bb) {
		return 0, areaA, areaB
	}
	step := max(1, (hi-lo)/scanLines)
	pa, pb := building{rings: []geom.Ring{a}}, building{rings: []geom.Ring{b}}
	west, east := min(ba.Min.X, bb.Min.X)-1, max(ba.Max.X, bb.Max.X)+1
	for y := lo + step/2; y < hi; y += step {
		p, q := geom.Pt{X: west, Y: y}, geom.Pt{X: east, Y: y}
		for _, s := range pa.inside(p, q) {
			for _, t := range pb.inside(p, q) {
				if l := min(s.hi, t.hi) - max(s.lo, t.lo); l > 0 {
					shared += l * float64(east-west) * float64(min(step, hi-(y-step/2)))
				}
			}
		}
	}
	return min(shared, areaA, areaB), areaA, areaB
}
