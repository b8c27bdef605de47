package sample

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"wanmi/data/catalog"
)

// PlantedFault is one fault put into a delivery on purpose, and where it shows.
type PlantedFault struct {
	File  string // base name of the delivery
	Row   int    // as the import counts: the row of a spreadsheet or CSV file, whose heading is 1, else the record from 1
	Field string
	Kind  string // the rule of the census that has to find it
	Other int    // the other row of a pair; 0: none
}

// faultDir is where deliveries with faults lie.
const faultDir = "06含错成果"

// faultRow is texts under columns, with the geometry where the format has one.
type faultRow struct {
	vals  []string
	geom  [][]pt // nil: the columns hold the coordinates
	area  bool
	torn  bool // its coordinates are no numbers
	of    *component
	spent bool
}

// faulty is a delivery that faults are planted in.
type faulty struct {
	c      *City
	file   string
	cols   []string
	rows   []*faultRow
	first  int // row number of rows[0]
	r      rng
	truth  []plant
	forbid map[*faultRow]bool // neighbours of a planted fault: left as they are
}

type plant struct {
	row, other  *faultRow
	field, kind string
}

func (d *faulty) col(name string) int { return slices.Index(d.cols, name) }

func (d *faulty) set(x *faultRow, col, v string) { x.vals[d.col(col)] = v }

func (d *faulty) get(x *faultRow, col string) string { return x.vals[d.col(col)] }

// take returns a row nothing was done to that ok holds for.
func (d *faulty) take(ok func(*faultRow) bool) *faultRow {
	for range 4000 {
		x := d.rows[d.r.IntN(len(d.rows))]
		if !x.spent && !d.forbid[x] && (ok == nil || ok(x)) {
			x.spent = true
			return x
		}
	}
	return nil
}

// each plants n faults of a kind: edit spoils the row.
func (d *faulty) each(n int, kind, field string, ok func(*faultRow) bool, edit func(x *faultRow, k int)) {
	for k := range n {
		if x := d.take(ok); x != nil {
			edit(x, k)
			d.truth = append(d.truth, plant{x, nil, field, kind})
		}
	}
}

// copyOf adds a row like x at the end.
func (d *faulty) copyOf(x *faultRow) *faultRow {
	y := &faultRow{vals: slices.Clone(x.vals), geom: x.geom, area: x.area, of: x.of, spent: true}
	d.rows = append(d.rows, y)
	return y
}

// planted gives the faults their row numbers, by row.
func (d *faulty) planted() []PlantedFault {
	at := map[*faultRow]int{}
	for i, x := range d.rows {
		at[x] = i + d.first
	}
	base := d.file[strings.LastIndexByte(d.file, '/')+1:]
	var out []PlantedFault
	for _, p := range d.truth {
		f := PlantedFault{File: base, Row: at[p.row], Field: p.field, Kind: p.kind}
		if p.other != nil {
			f.Other = at[p.other]
		}
		out = append(out, f)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Row < out[j].Row })
	return out
}

// WriteFaulty writes deliveries of components with faults planted in them, n of each kind, and faults.csv with the truth. They
// are imported over the base layers and departments that WriteFiles writes, in the order returned.
func (c *City) WriteFaulty(dir string, n int) ([]Import, []PlantedFault, error) {
	w := &writer{c: c, dir: dir, m: Manifest{Counts: map[string]int{}}}
	r := stream(c.cfg.Seed, "faults")
	var truth []PlantedFault
	for _, make := range []func(*writer, rng, int) []PlantedFault{faultyPoints, faultyLamps, faultyTrees, faultyShapes} {
		truth = append(truth, make(w, r, n)...)
	}
	rows := [][]string{{"file", "row", "field", "kind", "other_row"}}
	for _, f := range truth {
		other := ""
		if f.Other > 0 {
			other = strconv.Itoa(f.Other)
		}
		rows = append(rows, []string{f.File, strconv.Itoa(f.Row), f.Field, f.Kind, other})
	}
	w.csv(faultDir+"/faults.csv", false, rows)
	return w.m.Imports, truth, w.err
}

// otherDept returns a department that answers for other classes in the whole city than those of class.
func (c *City) otherDept(class string, k int) department {
	for i := range c.departments {
		d := c.departments[(i+k)%len(c.departments)]
		if !slices.ContainsFunc(d.classes, func(p string) bool { return strings.HasPrefix(class, p) }) {
			return d
		}
	}
	return c.departments[0]
}

// strange is the code of a body that is in no list.
func strange(k int) string { return CreditCode("91", "370883", fmt.Sprintf("7777%04d", k)) }

// names of the columns of a body, and where its faults are planted.
type deptCols struct{ code, name string }

// departmentFaults plants the faults of departments.
func (d *faulty) departmentFaults(n int, k deptCols) {
	d.each(n, "department.code", "dept_code", nil, func(x *faultRow, i int) { d.set(x, k.code, fmt.Sprintf("BM%03d", i+1)) })
	d.each(n, "department.check", "dept_code", nil, func(x *faultRow, _ int) {
		v := d.get(x, k.code)
		last := byte('1')
		if v[17] == last {
			last = '2'
		}
		d.set(x, k.code, v[:17]+string(last))
	})
	d.each(n, "department.unknown", "dept_code", nil, func(x *faultRow, i int) {
		d.set(x, k.code, strange(i))
		d.set(x, k.name, "外地某某公司")
	})
	d.each(n, "department.name", "dept_name", nil, func(x *faultRow, i int) {
		d.set(x, k.name, d.c.otherDept(x.of.class, i).name)
	})
	d.each(n, "department.class", "dept_code", nil, func(x *faultRow, i int) {
		o := d.c.otherDept(x.of.class, i)
		d.set(x, k.code, o.code)
		d.set(x, k.name, o.name)
	})
}

// codeFaults plants the faults of codes into the column col.
func (d *faulty) codeFaults(n int, col string) {
	code := func(x *faultRow, k int) string { return fmt.Sprintf("370883%s%06d", x.of.class, 800000+k) }
	d.each(n, "component.code", "code", nil, func(x *faultRow, k int) { d.set(x, col, fmt.Sprintf("3708830400%02d", k)) })
	d.each(n, "component.county", "code", nil, func(x *faultRow, k int) { d.set(x, col, "370999"+code(x, k)[6:]) })
	d.each(n, "component.running_number", "code", nil, func(x *faultRow, _ int) { d.set(x, col, "370883"+x.of.class+"000000") })
	d.each(n, "component.code_class", "code", func(x *faultRow) bool { return x.of.class != "01001" }, func(x *faultRow, k int) {
		d.set(x, col, fmt.Sprintf("37088301001%06d", 810000+k))
	})
	d.each(n, "component.code_edition", "code", nil, func(x *faultRow, k int) { d.set(x, col, fmt.Sprintf("3708830118%06d", k+1)) })
	for k := range n {
		first, second := d.take(nil), d.take(nil)
		if first == nil || second == nil {
			return
		}
		if slices.Index(d.rows, first) > slices.Index(d.rows, second) {
			first, second = second, first
		}
		v := code(first, 900+k)
		d.set(first, col, v)
		d.set(second, col, v)
		d.truth = append(d.truth, plant{second, first, "code", "code.duplicate"})
	}
}

// wordFaults plants the faults of texts, dates and states.
func (d *faulty) wordFaults(n int, name, dept, state, first, last string) {
	d.each(n, "component.name", "name", nil, func(x *faultRow, _ int) {
		cl, _ := catalog.Lookup(catalog.GB47678, "03001")
		d.set(x, name, cl.Zh)
	})
	d.each(n, "component.state", "state", nil, func(x *faultRow, k int) { d.set(x, state, []string{"待核实", "倾斜", "改造中"}[k%3]) })
	d.each(n, "field.empty", "state", nil, func(x *faultRow, _ int) { d.set(x, state, "") })
	d.each(n, "field.filler", "dept_name", nil, func(x *faultRow, k int) { d.set(x, dept, []string{"无", "/", "待定", "null"}[k%4]) })
	d.each(n, "field.garbled", "dept_name", nil, func(x *faultRow, k int) { d.set(x, dept, []string{"????????", "锟斤拷锟斤拷"}[k%2]) })
	d.each(n, "field.date", "init_date", nil, func(x *faultRow, k int) { d.set(x, first, []string{"2025-02-31", "2025-13-01", "去年冬天"}[k%3]) })
	d.each(n, "date.future", "init_date", nil, func(x *faultRow, _ int) { d.set(x, first, "2031-05-06"); d.set(x, last, "") })
	d.each(n, "date.before", "init_date", nil, func(x *faultRow, _ int) { d.set(x, first, "1985-03-04"); d.set(x, last, "") })
	d.each(n, "date.order", "change_date", nil, func(x *faultRow, _ int) { d.set(x, first, "2025-06-01"); d.set(x, last, "2024-02-03") })
}

// inBuilding returns the middle of a building that is large enough to lie deep in it.
func (c *City) inBuilding(k int) pt {
	n := 0
	for i := range c.buildings {
		p := centroid(c.buildings[i].ring)
		if inside(p, c.buildings[i].ring) && ringDist(p, c.buildings[i].ring) > 4 {
			if n++; n > k {
				return p
			}
		}
	}
	return centroid(c.buildings[0].ring)
}

// inRiver returns a place in a river far from banks and roads.
func (c *City) inRiver(k int) (pt, bool) {
	n := 0
	for _, ring := range c.river {
		for i := 0; i < len(ring)/2; i++ {
			p := mul(add(ring[i], ring[len(ring)-1-i]), 0.5)
			if c.finder.at(p) < 0 || !inside(p, ring) || ringDist(p, ring) < 5 || !c.offRoad(p, 60) {
				continue
			}
			if n++; n > k {
				return p, true
			}
		}
	}
	return pt{}, false
}

// offRoad reports whether no road comes within m metres of p.
func (c *City) offRoad(p pt, m float64) bool {
	for _, rd := range append(slices.Clone(c.roads.list), c.inner...) {
		for i := 1; i < len(rd.p); i++ {
			if d, _ := segDist(p, rd.p[i-1], rd.p[i]); d < m {
				return false
			}
		}
	}
	return true
}

// outsidePlace is a place some hundred metres beside the city, in no community.
func (c *City) outsidePlace(k int) pt {
	east := pt{math.Inf(-1), 0}
	for _, d := range c.communities {
		for _, r := range d.rings {
			for _, p := range r {
				if p[0] > east[0] {
					east = p
				}
			}
		}
	}
	return pt{east[0] + 200 + 40*float64(k), east[1]}
}
