package sample

import (
	"strings"
)

func (w *writer) departments() {
	file := orgDir + "/部门.xlsx"
	rows := [][]any{{"统一社会信用代码", "部门名称", "简称", "类别", "负责部件类别", "负责区域", "电话"}}
	for _, d := range w.c.departments {
		rows = append(rows, []any{d.code, d.name, d.short, d.kind, strings.Join(d.classes, ","), strings.Join(d.areas, ","), d.phone})
	}
	rows = append(rows, []any{"", "临时工作专班", "专班", "其他", "", "", ""})
	w.bad(file, len(rows)-1, "mandatory code is empty", true)
	w.m.Counts["department"] = len(w.c.departments)
	w.xlsx(file, "部门", "", rows)
	w.step("department", []string{file})
}

func (w *writer) doors() {
	c := w.c
	file := placeDir + "/门牌.csv"
	rows := [][]string{{"标准地址", "道路名称", "门牌号", "楼栋", "社区代码", "社区名称", "街道名称", "邮政编码", "经度", "纬度"}}
	for _, d := range c.doors {
		k := c.finder.at(d.p)
		com := c.communities[k]
		l := c.lonLat(d.p)
		rows = append(rows, []string{d.address(), d.road.name, d.number + "号", d.building, com.code, com.name, c.streets[com.street].name, "273500", f8(l[0]), f8(l[1])})
	}
	v := append([]string{}, rows[1]...)
	v[0], v[2], v[8], v[9] = v[1]+"9998号", "9998号", "0", "0"
	rows = append(rows, v)
	w.bad(file, len(rows)-1, "coordinates 0/0", true)
	w.m.Counts["door"] = len(c.doors)
	w.csv(file, true, rows)
	w.step("door", []string{file})
}

func (w *writer) pois() {
	c := w.c
	file := placeDir + "/兴趣点.xlsx"
	rows := [][]any{{"名称", "类别", "地址", "别名", "曾用名", "电话", "经度", "纬度"}}
	for _, p := range c.pois {
		l := c.lonLat(p.p)
		rows = append(rows, []any{p.name, p.class, p.addr, p.alias, p.former, p.phone, l[0], l[1]})
	}
	v := append([]any{}, rows[1]...)
	v[0], v[2], v[3], v[4] = "", "", "", ""
	rows = append(rows, v)
	w.bad(file, len(rows)-1, "mandatory name is empty", true)
	w.m.Counts["poi"] = len(c.pois)
	w.xlsx(file, "兴趣点", "城区兴趣点数据表", rows)
	w.step("poi", []string{file})
}

func (w *writer) cases() {
	c := w.c
	file := orgDir + "/案件.csv"
	rows := [][]string{{"案件编号", "案件类型", "上报时间", "问题描述", "位置描述", "处置部门", "状态", "经度", "纬度"}}
	for _, x := range c.cases {
		l := c.lonLat(x.p)
		rows = append(rows, []string{x.number, x.class, x.at, x.text, x.address, x.dept, x.state, f8(l[0]), f8(l[1])})
	}
	w.m.Counts["case"] = len(c.cases)
	w.csv(file, false, rows)
	w.step("case", []string{file})
}

// reports writes what people say, and apart from it the truth.
func (w *writer) reports() {
	c := w.c
	texts := [][]string{{"id", "text"}}
	truth := [][]string{{"id", "kind", "text", "lon", "lat", "community_code", "component_code", "class", "department_code", "matter"}}
	for _, r := range c.reports {
		texts = append(texts, []string{r.id, r.text})
		l, com := c.lonLat(r.p), c.communities[c.finder.at(r.p)]
		ref, class, dept := "", "", c.department(r.matter, c.streets[com.street].code)
		if r.component >= 0 {
			x := &c.components[r.component]
			if ref, class, dept = x.code, x.class, x.dept; ref == "" {
				ref = x.id
			}
		}
		truth = append(truth, []string{r.id, r.kind, r.text, f8(l[0]), f8(l[1]), com.code, ref, class, c.departments[dept].code, r.matter})
	}
	w.m.Counts["report"] = len(c.reports)
	w.csv("reports.csv", false, texts)
	w.csv("truth.csv", false, truth)
}
