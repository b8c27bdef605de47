package sample

import (
	"fmt"
	"strconv"

	"wanmi/data/sample/internal/shpw"
)

func text(name string, size int) shpw.Field { return shpw.Field{Name: name, Type: 'C', Size: size} }

func num(name string, size, dec int) shpw.Field {
	return shpw.Field{Name: name, Type: 'N', Size: size, Dec: dec}
}

// grids brings rings or lines into EPSG:4548.
func (c *City) grids(parts ...[]pt) [][]pt {
	out := make([][]pt, len(parts))
	for i, p := range parts {
		out[i] = make([]pt, len(p))
		for k, q := range p {
			out[i][k] = c.grid(q)
		}
	}
	return out
}

func (w *writer) layer(layer, zh string, kind int, fields []shpw.Field, recs []shpw.Record) {
	file := baseDir + "/" + zh + ".zip"
	w.zip(file, w.shape("基础地理数据/"+zh+"/"+layer, kind, fields, recs))
	w.m.Counts[layer] = len(recs)
	w.step(layer, []string{file})
}

// base writes the base layers as zipped shapefiles, in the order of import.
func (w *writer) base() {
	c := w.c
	var recs []shpw.Record
	for _, d := range c.streets {
		recs = append(recs, shpw.Record{Parts: c.grids(d.rings...), Values: []string{d.code, d.name, "示范区"}})
	}
	w.layer("street", "街道", shpw.Polygon, []shpw.Field{text("街道代码", 9), text("街道名称", 50), text("区县名称", 30)}, recs)
	recs = nil
	for _, d := range c.communities {
		s := c.streets[d.street]
		recs = append(recs, shpw.Record{Parts: c.grids(d.rings...), Values: []string{d.code, d.name, s.code, s.name, d.former}})
	}
	w.layer("community", "社区", shpw.Polygon, []shpw.Field{text("社区代码", 12), text("社区名称", 50), text("街道代码", 9), text("街道名称", 50), text("曾用名", 50)}, recs)
	w.roads()
	recs = []shpw.Record{{Parts: c.grids(c.rail.p), Values: []string{"城南铁路", "rail"}}}
	w.layer("rail", "铁路", shpw.Line, []shpw.Field{text("名称", 50), text("类别", 20)}, recs)
	recs = nil
	for i, r := range c.river {
		recs = append(recs, shpw.Record{Parts: c.grids(r), Values: []string{[]string{"清源河", "柳河", "沙河", "白水河"}[i%4], "river"}})
	}
	for _, p := range c.parcels {
		if p != nil {
			for _, r := range p.ponds {
				recs = append(recs, shpw.Record{Parts: c.grids(r), Values: []string{p.name + "湖", "pond"}})
			}
		}
	}
	w.layer("water", "水域", shpw.Polygon, []shpw.Field{text("名称", 50), text("类别", 20)}, recs)
	recs = nil
	for _, x := range c.walls {
		recs = append(recs, shpw.Record{Parts: c.grids(x.p), Values: []string{x.name, x.class}})
	}
	w.layer("wall", "围墙", shpw.Line, []shpw.Field{text("名称", 50), text("类别", 20)}, recs)
	w.buildings()
	w.land()
}

func (w *writer) roads() {
	c := w.c
	var recs []shpw.Record
	for _, r := range append(append([]*road{}, c.roads.list...), c.inner...) {
		recs = append(recs, shpw.Record{Parts: c.grids(r.p), Values: []string{
			r.name, r.class, strconv.FormatFloat(r.section().carriage, 'f', 1, 64), r.alias, r.former,
		}})
	}
	w.layer("road", "道路", shpw.Line, []shpw.Field{text("道路名称", 50), text("道路等级", 20), num("宽度", 8, 1), text("别名", 50), text("曾用名", 50)}, recs)
}

func (w *writer) buildings() {
	c := w.c
	var recs []shpw.Record
	for _, b := range c.buildings {
		recs = append(recs, shpw.Record{Parts: c.grids(b.ring), Values: []string{
			b.name, b.class, fmt.Sprint(b.floors), strconv.FormatFloat(b.height, 'f', 1, 64), b.addr,
		}})
	}
	w.layer("building", "建筑物", shpw.Polygon, []shpw.Field{text("名称", 50), text("类别", 20), num("层数", 4, 0), num("高度", 8, 1), text("地址", 120)}, recs)
}

var landClass = map[string]string{
	"slabs": "compound", "towers": "compound", "office": "compound", "government": "compound", "hospital": "compound", "campus": "campus",
	"kindergarten": "campus", "factory": "factory", "park": "park", "green": "green", "bank": "green", "square": "square", "building_site": "other",
}

func (w *writer) land() {
	c := w.c
	var recs []shpw.Record
	for _, p := range c.parcels {
		if p == nil {
			continue
		}
		if class := landClass[p.use]; class != "" {
			ring := make([]pt, len(p.rim))
			for i, q := range p.rim {
				ring[i] = mm(q)
			}
			recs = append(recs, shpw.Record{Parts: c.grids(ring), Values: []string{p.name, class, p.alias}})
		}
		for _, s := range p.sports {
			recs = append(recs, shpw.Record{Parts: c.grids(s), Values: []string{p.name + "操场", "sport", ""}})
		}
	}
	w.layer("land", "用地", shpw.Polygon, []shpw.Field{text("名称", 50), text("类别", 20), text("别名", 50)}, recs)
}
