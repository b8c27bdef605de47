package grids

import (
	"cmp"
	"math"
	"slices"

	"wanmi/gis"
)

// order looks for numbers that do not run from west to east and north to south.
func (c *checker) order() {
	byComm := map[int][]*checkCell{}
	for _, k := range c.cells {
		if k.comm >= 0 && k.ring != nil {
			byComm[k.comm] = append(byComm[k.comm], k)
		}
	}
	for i := range c.comms {
		l := byComm[i]
		slices.SortFunc(l, func(x, y *checkCell) int { return cmp.Compare(x.Code, y.Code) })
		for n := 1; n < len(l); n++ {
			a, b := centroid(l[n-1].ring), centroid(l[n].ring)
			if up := float64(b.y-a.y) / 1e3; up > checkRow && b.x < a.x {
				c.say("grid.order", gis.SeverityNote, string(l[n].Code), c.place(b), up, "unit grid %s lies north and west of %s, the number before", "单元网格 %s 位于前一编号 %s 的西北方", l[n].Code, l[n-1].Code)
			}
		}
	}
}

func centroid(r []mm) mm {
	var x, y, a float64
	for i := 1; i+1 < len(r); i++ {
		w := float64(leftTurn(r[0], r[i], r[i+1]))
		x += w * float64(r[i].x+r[i+1].x-2*r[0].x) / 3
		y += w * float64(r[i].y+r[i+1].y-2*r[0].y) / 3
		a += w
	}
	if a == 0 {
		return r[0]
	}
	return mm{r[0].x + int64(x/a), r[0].y + int64(y/a)}
}

// areas judges sizes and shapes, and fills in the stats.
func (c *checker) areas() error {
	var area, compact []float64
	var fits []int8
	for _, k := range c.cells {
		if k.ring == nil {
			continue
		}
		m2 := float64(k.area2) / 2e6
		area, compact = append(area, m2), append(compact, 4*math.Pi*m2/(k.length*k.length))
		at := c.place(centroid(k.ring))
		fit, limit, err := c.fit(k)
		if err != nil {
			return err
		}
		switch fits = append(fits, fit); {
		case fit < 0:
			c.say("grid.area_below", gis.SeverityWarning, string(k.Code), at, m2, "unit grid %s has %.0f m², less than %.0f", "单元网格 %s 面积 %.0f 平方米，小于 %.0f", k.Code, m2, limit)
		case fit > 0:
			c.say("grid.area_above", gis.SeverityWarning, string(k.Code), at, m2, "unit grid %s has %.0f m², more than %.0f", "单元网格 %s 面积 %.0f 平方米，大于 %.0f", k.Code, m2, limit)
		}
		switch w := 2 * m2 / k.length; {
		case w < checkWidth:
			c.stats.Thin++
			c.say("grid.sliver", gis.SeverityWarning, string(k.Code), at, w, "unit grid %s is only %.1f m wide", "单元网格 %s 平均宽度仅 %.1f 米", k.Code, w)
		case w < checkThin && !(k.comm >= 0 && c.comms[k.comm].m2 < checkThin/2*c.comms[k.comm].length):
			c.stats.Thin++
			c.say("grid.thin", gis.SeverityWarning, string(k.Code), at, w, "unit grid %s is a strip, on average %.1f m wide", "单元网格 %s 过于狭长，平均宽度 %.1f 米", k.Code, w)
		}
	}
	c.stats.areas(area, compact, fits, 10_000)
	for _, k := range c.comms {
		if k.cells == 0 {
			c.say("grid.missing", gis.SeverityWarning, k.code, c.place(k.lo), k.m2, "community %s has no unit grids", "社区 %s 没有单元网格", k.code)
			continue
		}
		c.stats.Communities++
		if d := float64(k.sum)/2e6 - k.m2; math.Abs(d) > 0.5+k.length*1e-3 {
			c.say("grid.area_sum", gis.SeverityWarning, k.code, c.place(k.lo), d, "the unit grids of community %s add up to %.2f m² more than its delivered outline", "社区 %s 各单元网格面积之和比原始边界多 %.2f 平方米", k.code, d)
		}
	}
	return nil
}
