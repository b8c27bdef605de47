package sample

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"wanmi/data/sample/internal/shpw"
)

func (c *City) newFaulty(r rng, file string, first int, cols ...string) *faulty {
	return &faulty{c: c, file: faultDir + "/" + file, cols: cols, first: first, r: r, forbid: map[*faultRow]bool{}}
}

// faultyPoints writes the points of the municipal classes as a zipped shapefile, with stated cells, communities and streets.
func faultyPoints(w *writer, r rng, n int) []PlantedFault {
	c := w.c
	var names []string
	for _, f := range partFields {
		names = append(names, f.Name)
	}
	d := c.newFaulty(r, "市政点状部件.zip", 1, names...)
	for i := range c.components {
		x := &c.components[i]
		if x.class[:2] == "01" && delivery(x.class) == byShape && x.line == nil && x.poly == nil {
			v := c.partValues(x)
			d.rows = append(d.rows, &faultRow{vals: v, geom: [][]pt{{x.p}}, of: x})
		}
	}
	streetThing := func(x *faultRow) bool { return strings.Contains(x.of.name, "井盖") }
	elsewhere := func(x *faultRow, k int) district {
		for i := range c.communities {
			o := c.communities[(i+k)%len(c.communities)]
			if com := c.communities[x.of.community]; o.code != com.code && o.street != com.street {
				return o
			}
		}
		return c.communities[0]
	}
	d.each(n, "component.grid", "grid_code", nil, func(x *faultRow, k int) { d.set(x, "SZDYWGBSM", elsewhere(x, k).code+"001") })
	d.each(n, "component.community", "community_code", nil, func(x *faultRow, k int) { d.set(x, "SZSQDM", elsewhere(x, k).code) })
	d.each(n, "component.street", "street_code", nil, func(x *faultRow, k int) { d.set(x, "SZJDDM", elsewhere(x, k).code[:9]) })
	d.each(n, "position.in_building", "geometry", streetThing, func(x *faultRow, k int) { x.geom = [][]pt{{c.inBuilding(7 * k)}} })
	if _, any := c.inRiver(0); any {
		d.each(n, "position.in_water", "geometry", streetThing, func(x *faultRow, k int) {
			if p, ok := c.inRiver(2 * k); ok {
				x.geom = [][]pt{{p}}
				return
			}
			p, _ := c.inRiver(0)
			x.geom = [][]pt{{add(p, pt{0.7 * float64(k+1), 0.9 * float64(k)})}}
		})
	}
	d.each(n, "position.far", "geometry", nil, func(x *faultRow, k int) { x.geom = [][]pt{{add(x.of.p, pt{30000 + 100*float64(k), 0})}} })
	d.each(n, "field.length", "note", nil, func(x *faultRow, _ int) {
		d.set(x, "QSDWMC", strings.Repeat("示范城市基础设施", 13))
	})
	d.codeFaults(n, "GLBJBSM")
	var recs []shpw.Record
	for _, x := range d.rows {
		recs = append(recs, shpw.Record{Parts: c.grids(x.geom...), Values: x.vals})
	}
	fields := slices.Clone(partFields)
	for i := range fields {
		if fields[i].Name == "QSDWMC" {
			fields[i].Size = 250
		}
	}
	w.zip(d.file, w.shape("部件/SZGYSS_PT", shpw.Point, fields, recs))
	w.step("component", []string{d.file})
	return d.planted()
}

// faultyLamps writes the register of lamps as a workbook; X坐标 is the northing there.
func faultyLamps(w *writer, r rng, n int) []PlantedFault {
	c := w.c
	d := c.newFaulty(r, "路灯登记表.xlsx", 3, "序号", "编号", "部件名称", "灯杆号", "所在道路", "X坐标", "Y坐标", "主管部门代码", "主管部门名称", "部件状态", "普查日期", "变更日期")
	for _, x := range c.of("01037", "01077") {
		rd := ""
		if x.road != nil {
			rd = x.road.name
		}
		dep := c.departments[x.dept]
		row := &faultRow{vals: []string{"", x.id, x.name, x.label, rd, "", "", dep.code, dep.name, x.state, date(x.init), date(x.change)}, of: x}
		d.place(row, x.p)
		d.rows = append(d.rows, row)
	}
	d.lampRows(n)
	d.each(n, "position.zone", "X坐标, Y坐标", nil, func(x *faultRow, _ int) { d.set(x, "Y坐标", "39"+d.get(x, "Y坐标")) })
	d.each(n, "position.swapped", "X坐标, Y坐标", nil, func(x *faultRow, _ int) {
		a, b := d.get(x, "X坐标"), d.get(x, "Y坐标")
		d.set(x, "X坐标", b)
		d.set(x, "Y坐标", a)
	})
	d.each(n, "position.zero", "X坐标, Y坐标", nil, func(x *faultRow, _ int) { d.set(x, "X坐标", "0"); d.set(x, "Y坐标", "0") })
	d.each(n, "geometry.missing", "X坐标", nil, func(x *faultRow, _ int) { d.set(x, "X坐标", ""); d.set(x, "Y坐标", "") })
	d.each(n, "position.not_number", "X坐标", nil, func(x *faultRow, _ int) { d.set(x, "X坐标", "见附图") })
	d.each(n, "component.label", "label", func(x *faultRow) bool { return d.get(x, "灯杆号") != "" }, func(x *faultRow, _ int) {
		y := d.copyOf(x) // another lamp with the same number, two streets on
		d.set(y, "编号", "LD037-9"+d.get(x, "编号")[len(d.get(x, "编号"))-4:])
		d.place(y, add(x.of.p, pt{9, 14}))
		x.spent = false
		d.forbid[x] = true
		d.truth = append(d.truth, plant{y, x, "label", "component.label"})
	})
	d.truth = slices.DeleteFunc(d.truth, func(p plant) bool { return p.kind == "component.label" && p.other == nil })
	d.departmentFaults(n, deptCols{"主管部门代码", "主管部门名称"})
	rows := [][]any{{}}
	for _, c := range d.cols {
		rows[0] = append(rows[0], c)
	}
	for i, x := range d.rows {
		row := []any{i + 1}
		for _, v := range x.vals[1:] {
			row = append(row, cellOf(v))
		}
		rows = append(rows, row)
	}
	w.xlsx(d.file, "登记表", "城区路灯普查登记表", rows)
	w.step("component", []string{d.file}, "--crs", epsg)
	return d.planted()
}

// cellOf is a number where the text is one written with decimals, as coordinates are.
func cellOf(v string) any {
	if f, err := strconv.ParseFloat(v, 64); err == nil && strings.Contains(v, ".") {
		return f
	}
	return v
}

// place puts the projected coordinates of p into a row of the register.
func (d *faulty) place(x *faultRow, p pt) {
	g := d.c.grid(p)
	d.set(x, "X坐标", strconv.FormatFloat(g[1], 'f', 3, 64))
	d.set(x, "Y坐标", strconv.FormatFloat(g[0], 'f', 3, 64))
}

// lampRows takes lamps out of regular rows, and puts others off theirs.
func (d *faulty) lampRows(n int) {
	gaps, offs := 0, 0
	for i := 3; i+3 < len(d.rows) && (gaps < n || offs < n); i++ {
		a, x, b := d.rows[i-1], d.rows[i], d.rows[i+1]
		if a.of.road != x.of.road || b.of.road != x.of.road || x.of.road == nil || a.of.class != b.of.class || x.of.class != a.of.class || a.of.label == "" {
			continue
		}
		p, q := dist(a.of.p, x.of.p), dist(x.of.p, b.of.p)
		if p < 25 || q < 25 || p > 48 || q > 48 || dist(a.of.p, b.of.p) < 1.7*max(p, q) || d.forbid[a] || d.forbid[b] || d.lampsOf(x) < 8 {
			continue
		}
		for _, k := range d.rows[max(0, i-3) : i+4] {
			d.forbid[k] = true
		}
		if gaps < n {
			gaps++
			d.rows = slices.Delete(d.rows, i, i+1)
			d.truth = append(d.truth, plant{a, b, "label", "lamp.gap"})
			i += 3
			continue
		}
		offs++
		dir := sub(b.of.p, a.of.p)
		d.place(x, add(x.of.p, mul(left(dir), 95/norm(dir))))
		d.truth = append(d.truth, plant{x, nil, "label", "lamp.outlier"})
		i += 3
	}
}

// lampsOf is how many lamps of its class the road of x has.
func (d *faulty) lampsOf(x *faultRow) (n int) {
	for _, y := range d.rows {
		if y.of.road == x.of.road && y.of.class == x.of.class {
			n++
		}
	}
	return n
}

// faultyTrees writes street trees in GBK with longitude and latitude.
func faultyTrees(w *writer, r rng, n int) []PlantedFault {
	c := w.c
	d := c.newFaulty(r, "行道树普查.csv", 2, "部件标识码", "树木编号", "部件名称", "树种", "胸径cm", "经度", "纬度", "主管部门代码", "主管部门名称", "部件状态", "普查日期", "变更日期", "数据来源", "备注")
	for i, x := range c.of("04002") {
		l, dep := c.lonLat(x.p), c.departments[x.dept]
		d.rows = append(d.rows, &faultRow{vals: []string{x.code, x.id, x.name, x.kindTree, fmt.Sprint(8 + (i*7)%38), f8(l[0]), f8(l[1]), dep.code, dep.name, x.state, date(x.init), date(x.change), "实测", ""}, of: x})
	}
	d.wordFaults(n, "部件名称", "主管部门名称", "部件状态", "普查日期", "变更日期")
	d.each(n, "row.columns", "", nil, func(x *faultRow, _ int) { x.vals = append(x.vals, "多出的值", "又一个") })
	d.each(n, "field.value", "胸径cm", nil, func(x *faultRow, k int) { d.set(x, "胸径cm", []string{"-12", "4800", "9999"}[k%3]) })
	d.each(n, "field.data_source", "data_source", nil, func(x *faultRow, k int) { d.set(x, "数据来源", []string{"RTK测量", "道听途说"}[k%2]) })
	d.each(n, "position.not_finite", "经度", nil, func(x *faultRow, _ int) { d.set(x, "经度", "NaN") })
	d.each(n, "position.range", "经度, 纬度", nil, func(x *faultRow, k int) { d.set(x, "经度", fmt.Sprintf("2%d6.97123456", k+1)) })
	d.each(n, "position.coarse", "经度, 纬度", nil, func(x *faultRow, _ int) {
		for _, col := range []string{"经度", "纬度"} {
			f, _ := strconv.ParseFloat(d.get(x, col), 64)
			d.set(x, col, strconv.FormatFloat(f, 'f', 3, 64))
		}
	})
	d.each(n, "position.outside", "geometry", nil, func(x *faultRow, k int) {
		l := c.lonLat(c.outsidePlace(k))
		d.set(x, "经度", f8(l[0]))
		d.set(x, "纬度", f8(l[1]))
	})
	d.pairs(n)
	rows := [][]string{d.cols}
	for _, x := range d.rows {
		rows = append(rows, x.vals)
	}
	w.csv(d.file, true, rows)
	w.step("component", []string{d.file}, "--set", "class=04002")
	return d.planted()
}

// pairs plants doubled ids, doubled rows, and trees surveyed twice.
func (d *faulty) pairs(n int) {
	for range n {
		a, b, e, f := d.take(nil), d.take(nil), d.take(nil), d.take(nil)
		if f == nil {
			return
		}
		if slices.Index(d.rows, a) > slices.Index(d.rows, b) {
			a, b = b, a
		}
		d.set(b, "树木编号", d.get(a, "树木编号"))
		d.truth = append(d.truth, plant{b, a, "delivered_id", "delivered_id.double"})
		again := d.copyOf(e)
		d.set(again, "部件标识码", "")
		d.truth = append(d.truth, plant{again, e, "", "row.repeated"})
		near := d.copyOf(f)
		d.set(near, "部件标识码", "")
		d.set(near, "树木编号", d.get(f, "树木编号")+"-2")
		l := d.c.lonLat(add(f.of.p, pt{0.25, 0.2}))
		d.set(near, "经度", f8(l[0]))
		d.set(near, "纬度", f8(l[1]))
		d.truth = append(d.truth, plant{near, f, "geometry", "component.near"})
	}
}

// faultyShapes writes lines and areas as a GeoJSON sequence.
func faultyShapes(w *writer, r rng, n int) []PlantedFault {
	c := w.c
	d := c.newFaulty(r, "线面部件.geojsonl", 1, "编号", "类别代码", "部件名称", "主管部门代码", "主管部门名称", "部件状态", "普查日期")
	for i := range c.components {
		x := &c.components[i]
		if x.line == nil && x.poly == nil {
			continue
		}
		dep := c.departments[x.dept]
		row := &faultRow{vals: []string{x.id, x.class, x.name, dep.code, dep.name, x.state, date(x.init)}, geom: [][]pt{x.line}, of: x}
		if x.poly != nil {
			row.geom, row.area = [][]pt{x.poly}, true
		}
		d.rows = append(d.rows, row)
	}
	line := func(x *faultRow) bool { return !x.area }
	area := func(x *faultRow) bool { return x.area && len(x.geom[0]) == 4 }
	d.each(n, "geometry.self_crossing", "geometry", line, func(x *faultRow, _ int) {
		p := x.geom[0][0]
		x.geom = [][]pt{{p, add(p, pt{10, 0}), add(p, pt{10, 8}), add(p, pt{5, -6})}}
	})
	d.each(n, "geometry.size", "geometry", line, func(x *faultRow, _ int) { p := x.geom[0][0]; x.geom = [][]pt{{p, add(p, pt{0.02, 0.01})}} })
	d.each(n, "geometry.invalid", "geometry", area, func(x *faultRow, _ int) { g := x.geom[0]; x.geom = [][]pt{{g[0], g[2], g[1], g[3]}} })
	d.each(n, "geometry.type", "geometry", line, func(x *faultRow, _ int) { x.geom = [][]pt{{x.of.p}} })
	d.each(n, "component.class", "类别代码", nil, func(x *faultRow, k int) { d.set(x, "类别代码", fmt.Sprintf("0988%d", k%10)) })
	d.each(n, "field.mandatory", "类别代码", nil, func(x *faultRow, _ int) { d.set(x, "类别代码", "") })
	d.each(n, "geometry.unreadable", "geometry", nil, func(x *faultRow, _ int) { x.torn = true })
	var b strings.Builder
	for _, x := range d.rows {
		b.WriteString(d.feature(x))
		b.WriteByte('\n')
	}
	w.bytes(d.file, []byte(b.String()))
	w.step("component", []string{d.file})
	return d.planted()
}

// feature is a row as a GeoJSON feature.
func (d *faulty) feature(x *faultRow) string {
	var ps [][2]float64
	for _, p := range x.geom[0] {
		l := d.c.lonLat(p)
		ps = append(ps, [2]float64{round8(l[0]), round8(l[1])})
	}
	var coords any = ps
	kind := "LineString"
	switch {
	case x.torn:
		kind, coords = "LineString", "116.97 35.40"
	case x.area:
		kind, coords = "Polygon", [][][2]float64{append(ps, ps[0])}
	case len(ps) == 1:
		kind, coords = "Point", ps[0]
	}
	props := make([]string, len(d.cols))
	for i, c := range d.cols {
		k, _ := json.Marshal(c)
		v, _ := json.Marshal(x.vals[i])
		props[i] = string(k) + ":" + string(v)
	}
	g, _ := json.Marshal(coords)
	return fmt.Sprintf(`{"type":"Feature","properties":{%s},"geometry":{"type":%q,"coordinates":%s}}`, strings.Join(props, ","), kind, g)
}

func round8(v float64) float64 {
	f, _ := strconv.ParseFloat(f8(v), 64)
	return f
}
