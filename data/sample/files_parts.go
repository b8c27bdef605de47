package sample

import (
	"fmt"
	"strconv"

	"wanmi/data/catalog"
	"wanmi/data/sample/internal/shpw"
)

// partFields are the columns of GB/T 47678.5 table 2 by their abbreviations, and the words of the place.
var partFields = []shpw.Field{
	text("GLBJBSM", 17), text("GLBJMC", 60), text("ZGBMDM", 18), text("ZGBMMC", 100), text("QSDWDM", 18), text("QSDWMC", 100),
	text("YHDWDM", 18), text("YHDWMC", 100), text("SZDYWGBSM", 15), text("GLBJZT", 10),
	{Name: "CSRQ", Type: 'D', Size: 8},
	{Name: "BGRQ", Type: 'D', Size: 8},
	text("SJLY", 30), text("BZ", 200), text("SZJDDM", 9), text("SZJDMC", 50), text("SZSQDM", 12), text("SZSQMC", 50), text("位置描述", 100),
}

func (c *City) partValues(x *component) []string {
	cl, _ := catalog.Lookup(catalog.GB47678, x.class)
	d := c.departments[x.dept]
	com := c.communities[x.community]
	s := c.streets[com.street]
	return []string{
		x.code, cl.Zh, d.code, d.name, d.code, d.name, d.code, d.name, "", x.state, x.init, x.change,
		"实测", "", s.code, s.name, com.code, com.name, x.address,
	}
}

// components writes the deliveries of components.
func (w *writer) components() {
	w.m.Counts["component"] = len(w.c.components)
	w.shapes()
	w.registers()
	w.trees()
	w.signs()
	w.gullies()
}

// shapes writes a zip per major class, in it a shapefile per kind of geometry.
func (w *writer) shapes() {
	c := w.c
	var files []string
	majors := []struct{ code, zh, short string }{
		{"01", "市政公用设施", "SZGYSS"}, {"02", "交通设施", "JTSS"}, {"03", "市容环卫设施", "SRHWSS"}, {"04", "园林绿化设施", "YLLHSS"}, {"05", "其他管理部件", "QTGLBJ"},
	}
	for _, m := range majors {
		var recs [3][]shpw.Record
		for i := range c.components {
			x := &c.components[i]
			if x.class[:2] != m.code || delivery(x.class) != byShape {
				continue
			}
			v := c.partValues(x)
			switch {
			case x.line != nil:
				recs[1] = append(recs[1], shpw.Record{Parts: c.grids(x.line), Values: v})
			case x.poly != nil:
				recs[2] = append(recs[2], shpw.Record{Parts: c.grids(x.poly), Values: v})
			default:
				recs[0] = append(recs[0], shpw.Record{Parts: c.grids([]pt{x.p}), Values: v})
			}
		}
		file := fmt.Sprintf("%s/%s%s.zip", partDir, m.code, m.zh)
		if m.code == "01" {
			recs[0] = w.badShapes(file, recs[0])
		}
		var in []entryFile
		for k, t := range []struct {
			kind     int
			suffix   string
			folderZh string
		}{{shpw.Point, "PT", "点"}, {shpw.Line, "LN", "线"}, {shpw.Polygon, "PG", "面"}} {
			if len(recs[k]) > 0 {
				in = append(in, w.shape(fmt.Sprintf("部件/%s%s/%s/%s_%s", m.code, m.zh, t.folderZh, m.short, t.suffix), t.kind, partFields, recs[k])...)
			}
		}
		if len(in) > 0 {
			w.zip(file, in)
			files = append(files, file)
		}
	}
	w.step("component", files)
}

// badShapes spoils copies of three rows and adds them at the end.
func (w *writer) badShapes(file string, recs []shpw.Record) []shpw.Record {
	spoil := func(from int, what string, edit func(v []string)) {
		r := recs[from]
		v := append([]string{}, r.Values...)
		edit(v)
		recs = append(recs, shpw.Record{Parts: r.Parts, Values: v})
		w.bad(file, len(recs), what, true)
	}
	spoil(10, "code of another county: begins with 370999", func(v []string) { v[0] = "370999" + v[0][6:] })
	spoil(20, "duplicate code: the same as row 21", func(v []string) {})
	spoil(30, "unknown class: 98765 in the code and an unknown name", func(v []string) { v[0], v[1] = "37088398765000001", "飞行汽车停靠坪" })
	return recs
}

func (c *City) of(class ...string) (out []*component) {
	for i := range c.components {
		for _, k := range class {
			if c.components[i].class == k {
				out = append(out, &c.components[i])
			}
		}
	}
	return out
}

func date(s string) string {
	if len(s) != 8 {
		return ""
	}
	return s[:4] + "-" + s[4:6] + "-" + s[6:]
}

// registers writes lamps, bins and bus stops as workbooks; X坐标 is the northing there.
func (w *writer) registers() {
	c := w.c
	var files []string
	head := []any{"序号", "编号", "部件名称", "灯杆号", "所在道路", "位置描述", "X坐标", "Y坐标", "主管部门代码", "主管部门名称", "部件状态", "普查日期", "变更日期", "备注"}
	for _, reg := range []struct {
		name, title string
		class       []string
	}{
		{"路灯设施登记表", "城区路灯设施普查登记表", []string{"01037", "01077", "01039"}},
		{"垃圾箱登记表", "城区垃圾箱（果皮箱）普查登记表", []string{"03005"}},
		{"公交站设施登记表", "城区公交站设施普查登记表", []string{"02004"}},
	} {
		file := fmt.Sprintf("%s/%s.xlsx", partDir, reg.name)
		rows := [][]any{head}
		for i, x := range c.of(reg.class...) {
			g, d := c.grid(x.p), c.departments[x.dept]
			rd := ""
			if x.road != nil {
				rd = x.road.name
			}
			rows = append(rows, []any{i + 1, x.id, x.name, x.label, rd, x.address, g[1], g[0], d.code, d.name, x.state, date(x.init), date(x.change), ""})
		}
		if reg.class[0] == "01037" {
			z := append([]any{}, rows[5]...)
			z[1], z[3], z[6], z[7] = "LD037-90001", "", 0.0, 0.0
			e := append([]any{}, rows[6]...)
			e[1], e[3], e[6], e[7] = "LD037-90002", "", "", ""
			rows = append(rows, z, e)
			w.bad(file, len(rows)-2, "coordinates 0/0", true)
			w.bad(file, len(rows)-1, "no coordinates", true)
		}
		w.xlsx(file, "登记表", reg.title, rows)
		files = append(files, file)
	}
	w.step("component", files, "--crs", epsg)
}

func f8(v float64) string { return strconv.FormatFloat(v, 'f', 8, 64) }

// trees writes street trees in UTF-8; those of the earlier census carry codes, the others have none yet.
func (w *writer) trees() {
	c := w.c
	file := partDir + "/行道树_20260930.csv"
	rows := [][]string{{"部件标识码", "树木编号", "树种", "胸径cm", "所在道路", "经度", "纬度", "主管部门代码", "主管部门名称", "部件状态", "普查日期", "变更日期"}}
	for i, x := range c.of("04002") {
		l, d := c.lonLat(x.p), c.departments[x.dept]
		rows = append(rows, []string{x.code, x.id, x.kindTree, fmt.Sprint(8 + (i*7)%38), x.road.name, f8(l[0]), f8(l[1]), d.code, d.name, x.state, date(x.init), date(x.change)})
	}
	spoil := func(from int, what string, rejected bool, edit func(v []string)) {
		v := append([]string{}, rows[from]...)
		v[0], v[1] = "", fmt.Sprintf("XDS-9%04d", len(rows))
		edit(v)
		rows = append(rows, v)
		w.bad(file, len(rows)-1, what, rejected)
	}
	if len(rows) > 20 {
		spoil(3, "impossible date: 2025-02-31", true, func(v []string) { v[10] = "2025-02-31" })
		spoil(4, "malformed code: 12 digits", true, func(v []string) { v[0] = "370883040020" })
		spoil(6, "latitude and longitude 0/0", true, func(v []string) { v[5], v[6] = "0", "0" })
	}
	w.csv(file, false, rows)
	w.step("component", []string{file}, "--set", "class=04002")
}

// signs writes traffic signs, single trees and park trees in GBK, with a column of classes.
func (w *writer) signs() {
	c := w.c
	file := partDir + "/交通标志与树木.csv"
	rows := [][]string{{"编号", "类别代码", "部件名称", "位置描述", "经度", "纬度", "主管部门代码", "主管部门名称", "部件状态", "普查日期", "变更日期"}}
	for _, x := range c.of("02010", "04003", "04999") {
		l, d := c.lonLat(x.p), c.departments[x.dept]
		rows = append(rows, []string{x.id, x.class, x.name, x.address, f8(l[0]), f8(l[1]), d.code, d.name, x.state, date(x.init), date(x.change)})
	}
	if len(rows) > 9 {
		v := append([]string{}, rows[8]...)
		v[0], v[1], v[2] = "CG02010-90001", "09999", "未知设施"
		rows = append(rows, v)
		w.bad(file, len(rows)-1, "unknown class: 09999", true)
	}
	w.csv(file, true, rows)
	w.step("component", []string{file})
}

// gullies writes storm-water grates in GBK; the file says what they are by its name only.
func (w *writer) gullies() {
	c := w.c
	file := partDir + "/雨水箅子.csv"
	rows := [][]string{{"编号", "所在道路", "经度", "纬度", "主管部门代码", "主管部门名称", "部件状态", "普查日期", "变更日期"}}
	for _, x := range c.of("01004") {
		l, d := c.lonLat(x.p), c.departments[x.dept]
		rows = append(rows, []string{x.id, x.road.name, f8(l[0]), f8(l[1]), d.code, d.name, x.state, date(x.init), date(x.change)})
	}
	w.csv(file, true, rows)
	w.step("component", []string{file}, "--set", "class=01004")
}
