package grids

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/gis/geom"
)

// unnamed is a cell that needs a number of ours, and why.
type unnamed struct {
	cell  int
	given string // the code delivered
	twice bool   // a larger cell has it
	void  bool   // it is that of a void cell
}

// codes settles the codes of the adopted cells and puts the cells in their order.
func (t *tracing) codes(d *Division) error {
	highest := map[string]int{}
	for code := range t.opt.Void {
		highest[code.Community()] = max(highest[code.Community()], code.Seq())
	}
	holder := map[Code]bool{}
	take := func(i int, code Code) {
		d.Cells[i].Code, holder[code] = code, true
		highest[code.Community()] = max(highest[code.Community()], code.Seq())
	}
	var without []unnamed
	widenedCodes := 0
	order := make([]int, len(d.Cells))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return -cmp.Compare(d.Cells[x].AreaM2, d.Cells[y].AreaM2) }) // the larger keeps a code
	for _, i := range order {
		c := &d.Cells[i]
		given := strings.TrimSpace(string(c.Code))
		code, err := ParseCode(widened(given))
		if err != nil || holder[code] || t.opt.Void[code] {
			without = append(without, unnamed{i, given, err == nil, t.opt.Void[code]})
			if given != "" {
				c.Remark = joined(c.Remark, "delivered code 原编码 "+given)
			}
			continue
		}
		if len(given) == 14 {
			widenedCodes++
			c.Remark = joined(c.Remark, "delivered code 原编码 "+given)
		}
		if code.Community() != c.Community {
			t.base.note("adopt.code_community", gis.SeverityWarning, string(code), geom.LabelPoint(c.Polygon), 0, "unit grid %s lies in community %s, of which its code says nothing", "单元网格 %s 位于社区 %s，与编码不符", code, c.Community)
		}
		take(i, code)
	}
	t.small(widenedCodes, "adopt.code.widened", "%d codes of 14 characters got a 0 before their last two; the remarks keep the delivered ones", "%d 个 14 位编码已在末两位前补 0，备注保留原编码")
	var fresh []int
	stored := t.unnamedBefore()
	for _, u := range without {
		if code, ok := stored.find(&d.Cells[u.cell], holder); ok {
			take(u.cell, code)
		} else {
			fresh = append(fresh, u.cell)
		}
	}
	if err := t.renumber(d, fresh, highest); err != nil {
		return err
	}
	for _, u := range without {
		t.tellUnnamed(u, &d.Cells[u.cell])
	}
	t.keepDates(d)
	slices.SortFunc(d.Cells, func(x, y Cell) int { return cmp.Compare(x.Code, y.Code) })
	d.Findings = t.base.findings
	return nil
}

func (t *tracing) tellUnnamed(u unnamed, c *Cell) {
	at := geom.LabelPoint(c.Polygon)
	switch {
	case u.void:
		t.base.note("adopt.void", gis.SeverityError, u.given, at, 0, "the code %s is that of a void unit grid and is not used again; this one is now %s", "编码 %s 属于已作废的单元网格，不得再用，已改为 %s", u.given, c.Code)
	case u.twice:
		t.base.note("adopt.duplicate", gis.SeverityError, u.given, at, 0, "the code %s is that of a larger cell, too; this one is now %s", "编码 %s 与另一较大网格重复，已改为 %s", u.given, c.Code)
	case u.given == "":
		t.base.note("adopt.code", gis.SeverityError, string(c.Code), at, 0, "a cell came without a code; it is now %s", "网格缺少编码，已编为 %s", c.Code)
	default:
		t.base.note("adopt.code", gis.SeverityError, u.given, at, 0, "%q is no code of a unit grid (14 or 15 digits or capital letters); the cell is now %s", "%q 不是单元网格编码（14 或 15 位数字或大写字母），已改为 %s", u.given, c.Code)
	}
}

// numbered are the stored cells by community and remark, which holds the code that was delivered: cells that got their numbers from us.
type numbered map[string][]*Cell

func (t *tracing) unnamedBefore() numbered {
	n := numbered{}
	for i := range t.opt.Old {
		c := &t.opt.Old[i]
		n[c.Community+c.Remark] = append(n[c.Community+c.Remark], c)
	}
	return n
}

// find returns the code that the cell got in an earlier delivery: that of the stored cell of the same remark in the same place.
func (n numbered) find(c *Cell, holder map[Code]bool) (Code, bool) {
	at := geom.LabelPoint(c.Polygon)
	for _, o := range n[c.Community+c.Remark] {
		if !holder[o.Code] && o.Status != Void && geom.PointInPolygon(at, o.Polygon) && geom.PointInPolygon(geom.LabelPoint(o.Polygon), c.Polygon) {
			return o.Code, true
		}
	}
	return "", false
}

// keepDates gives a cell delivered without a first day that of the stored cell of its code, and its lock: a second
// delivery of the same cells, on whatever day, changes nothing.
func (t *tracing) keepDates(d *Division) {
	old := make(map[Code]*Cell, len(t.opt.Old))
	for i := range t.opt.Old {
		old[t.opt.Old[i].Code] = &t.opt.Old[i]
	}
	for i := range d.Cells {
		c := &d.Cells[i]
		o := old[c.Code]
		if c.InitDate == "" && o != nil {
			c.InitDate = o.InitDate
		}
		c.InitDate = cmp.Or(c.InitDate, t.opt.Today)
		c.Locked = o != nil && o.Locked
	}
}

// renumber gives cells without a code the next numbers of their communities, west to east and north to south.
func (t *tracing) renumber(d *Division, fresh []int, highest map[string]int) error {
	byComm := map[string][]int{}
	for _, i := range fresh {
		byComm[d.Cells[i].Community] = append(byComm[d.Cells[i].Community], i)
	}
	for _, comm := range t.base.comms {
		list := byComm[comm.code]
		slices.Sort(list)
		rings := make([]geom.Ring, len(list))
		for k, i := range list {
			rings[k] = t.base.lat.ring(d.Cells[i].Polygon[0])
		}
		seq := highest[comm.code] + 1
		if t.opt.Next != nil {
			seq = max(seq, t.opt.Next(comm.code))
		}
		for _, k := range inOrder(rings) {
			code, err := MakeCode(comm.code, seq)
			if err != nil {
				return err
			}
			d.Cells[list[k]].Code = code
			seq++
		}
	}
	return nil
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// check adds what Check finds in the result; gaps and overlaps are left to the repair's own findings, which have areas.
func (t *tracing) check(ctx context.Context, src Source, d *Division) error {
	found, stats, err := t.opt.Rules.Check(ctx, src, Cells(d.Cells), nil)
	if err != nil {
		return err
	}
	for _, f := range found {
		switch f.Rule {
		case "grid.gap", "grid.overlap", "grid.stray", "grid.outside", "grid.missing", "grid.order", "grid.component_near_border":
			continue
		}
		if f.At == (orb.Point{}) && f.Key == "" && f.Severity == gis.SeverityNote {
			continue
		}
		d.Findings = append(d.Findings, f)
	}
	sortFindings(d.Findings)
	d.Stats = stats
	d.Stats.count(d.Findings)
	return nil
}

// Settled returns the code of the cell as Adopt would keep it; ok is false for one that is none.
func (d Drawn) Settled() (c Code, ok bool) {
	c, err := ParseCode(widened(d.Code))
	return c, err == nil
}

// widened returns a code of 15 characters for one of 14: a zero goes before the last two.
func widened(s string) string {
	if s = strings.TrimSpace(s); len(s) == 14 {
		return s[:12] + "0" + s[12:]
	}
	return s
}
