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

// codes settles the codes of the adopted cells and puts the cells in their order.
func (t *tracing) codes(d *Division) error {
	highest := map[string]int{}
	known := map[string]Code{} // community and remark of a stored cell
	for _, c := range t.opt.Old {
		known[c.Community+c.Remark] = c.Code
	}
	holder := map[Code]int{} // 1 + the cell
	var fresh []int
	order := make([]int, len(d.Cells))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int { return -cmp.Compare(d.Cells[x].AreaM2, d.Cells[y].AreaM2) }) // the larger keeps a code
	for _, i := range order {
		c := &d.Cells[i]
		at, given := geom.LabelPoint(c.Polygon), string(c.Code)
		code, err := ParseCode(widened(given))
		switch twice := holder[code] > 0; {
		case err != nil:
			t.base.note("adopt.code", gis.SeverityError, given, at, 0, "%q is no code of a unit grid (14 or 15 digits or capital letters); the cell gets a number of its community", "%q 不是单元网格编码（14 或 15 位数字或大写字母），已按社区重新编号", given)
		case twice:
			t.base.note("adopt.duplicate", gis.SeverityError, given, at, 0, "the code %s is that of a larger cell, too; this one gets a new number", "编码 %s 与另一较大网格重复，已重新编号", given)
		default:
			if len(strings.TrimSpace(given)) == 14 {
				c.Remark = joined(c.Remark, "delivered code 原编码 "+given)
			}
			if code.Community() != c.Community {
				t.base.note("adopt.code_community", gis.SeverityWarning, string(code), at, 0, "unit grid %s lies in community %s, of which its code says nothing", "单元网格 %s 位于社区 %s，与编码不符", code, c.Community)
			}
			c.Code = code
			holder[code] = i + 1
			highest[code.Community()] = max(highest[code.Community()], code.Seq())
			continue
		}
		c.Remark = joined(c.Remark, "delivered code 原编码 "+given)
		if old, ok := known[c.Community+c.Remark]; ok && holder[old] == 0 {
			c.Code, holder[old] = old, i+1
			highest[old.Community()] = max(highest[old.Community()], old.Seq())
			continue
		}
		fresh = append(fresh, i)
	}
	if err := t.renumber(d, fresh, highest); err != nil {
		return err
	}
	slices.SortFunc(d.Cells, func(x, y Cell) int { return cmp.Compare(x.Code, y.Code) })
	d.Findings = t.base.findings
	return nil
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
	found, stats, err := Check(ctx, src, Cells(d.Cells), nil)
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
