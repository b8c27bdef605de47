package census

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"strconv"
	"strings"

	"wanmi/data/census/shp"
	"wanmi/gis/crs"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
	"github.com/paulmach/osm"
	"github.com/paulmach/osm/osmxml"
)

// osmColumns are the columns every OSM file gives; tags holds the rest as JSON.
var osmColumns = []string{
	"layer", "class", "osm_id", "name", "alt_name", "old_name", "width", "levels", "height", "tunnel",
	"street", "housenumber", "unit", "address", "postcode", "phone", "tags",
}

// osmReader holds what an OSM file gives. Unlike the other readers it keeps its rows, since
// ways are made of nodes and relations of ways.
type osmReader struct {
	name  string
	layer string // "": all
	rows  []osmRow
}

type osmRow struct {
	layer, class, id string
	tags             osm.Tags
	geom             orb.Geometry
	err              error
}

// osmBuild collects the elements in three passes: relations, ways, nodes. Only nodes of wanted ways are kept.
type osmBuild struct {
	pbf       bool
	src       stream
	relations []*osm.Relation
	members   map[osm.WayID]bool
	ways      map[osm.WayID]*osm.Way
	order     []osm.WayID
	nodes     map[osm.NodeID]orb.Point
	rows      []osmRow
}

func openOSM(s stream, opt ReadOptions, pbf bool) (Reader, error) {
	b := &osmBuild{pbf: pbf, src: s, members: map[osm.WayID]bool{}, ways: map[osm.WayID]*osm.Way{}, nodes: map[osm.NodeID]orb.Point{}}
	for _, pass := range []func() error{b.readRelations, b.readWays, b.readNodes} {
		if err := pass(); err != nil {
			return nil, refuse(s.name, err, "is damaged OSM data")
		}
	}
	b.assemble()
	layer := opt.Layer
	if layer == "osm" {
		layer = ""
	}
	return &osmReader{name: s.name, layer: layer, rows: b.rows}, s.close()
}

// scan runs fn over the elements of one kind.
func (b *osmBuild) scan(kind osm.Type, fn func(osm.Object)) error {
	f, err := b.src.open()
	if err != nil {
		return err
	}
	defer f.Close()
	if b.pbf {
		return scanPBF(f, kind, fn)
	}
	sc := osmxml.New(context.Background(), f)
	defer sc.Close()
	for sc.Scan() {
		o := sc.Object()
		if o.ObjectID().Type() == kind {
			fn(o)
		}
	}
	if err := sc.Err(); err != nil && err != io.EOF {
		return err
	}
	return nil
}

func (b *osmBuild) readRelations() error {
	return b.scan(osm.TypeRelation, func(o osm.Object) {
		r, ok := o.(*osm.Relation)
		if !ok {
			return
		}
		if t := r.Tags.Find("type"); t != "multipolygon" || len(osmUses(r.Tags, 2)) == 0 {
			return
		}
		b.relations = append(b.relations, r)
		for _, m := range r.Members {
			if m.Type == osm.TypeWay {
				b.members[osm.WayID(m.Ref)] = true
			}
		}
	})
}

func (b *osmBuild) readWays() error {
	return b.scan(osm.TypeWay, func(o osm.Object) {
		w, ok := o.(*osm.Way)
		if !ok || len(w.Nodes) < 2 || !b.members[w.ID] && len(osmUses(w.Tags, wayDim(w))) == 0 {
			return
		}
		b.ways[w.ID] = w
		b.order = append(b.order, w.ID)
		for _, n := range w.Nodes {
			b.nodes[n.ID] = orb.Point{}
		}
	})
}

func (b *osmBuild) readNodes() error {
	seen := make(map[osm.NodeID]bool, len(b.nodes))
	err := b.scan(osm.TypeNode, func(o osm.Object) {
		n, ok := o.(*osm.Node)
		if !ok {
			return
		}
		p := orb.Point{n.Lon, n.Lat}
		if _, ok := b.nodes[n.ID]; ok {
			b.nodes[n.ID] = p
			seen[n.ID] = true
		}
		b.emit(n.Tags, 0, "n"+strconv.FormatInt(int64(n.ID), 10), p, nil)
	})
	for id := range b.nodes {
		if !seen[id] {
			delete(b.nodes, id)
		}
	}
	return err
}

func wayDim(w *osm.Way) int {
	if len(w.Nodes) > 3 && w.Nodes[0].ID == w.Nodes[len(w.Nodes)-1].ID && osmArea(w.Tags) {
		return 2
	}
	return 1
}

// line gives the points of a way; nodes outside the extract are left out.
func (b *osmBuild) line(w *osm.Way) orb.LineString {
	out := make(orb.LineString, 0, len(w.Nodes))
	for _, n := range w.Nodes {
		if p, ok := b.nodes[n.ID]; ok {
			out = append(out, p)
		}
	}
	return out
}

func (b *osmBuild) assemble() {
	for _, id := range b.order {
		w := b.ways[id]
		name, dim, l := "w"+strconv.FormatInt(int64(id), 10), wayDim(w), b.line(w)
		switch {
		case dim == 2 && len(l) == len(w.Nodes):
			r := orb.Ring(l)
			if r.Orientation() == orb.CW {
				r.Reverse()
			}
			b.emit(w.Tags, 2, name, orb.Polygon{r}, nil)
		case dim == 1 && len(l) > 1:
			b.emit(w.Tags, 1, name, l, nil)
		}
	}
	for _, r := range b.relations {
		g, err := b.multipolygon(r)
		b.emit(r.Tags, 2, "r"+strconv.FormatInt(int64(r.ID), 10), g, err)
	}
}

// emit adds one row per use; doors and POIs of areas stand at a point inside.
func (b *osmBuild) emit(tags osm.Tags, dim int, id string, g orb.Geometry, err error) {
	for _, u := range osmUses(tags, dim) {
		row := osmRow{layer: u.layer, class: u.class, id: id, tags: tags, geom: g, err: err}
		if (u.layer == "door" || u.layer == "poi") && dim == 2 && err == nil {
			row.geom = geom.LabelPoint(g)
		}
		b.rows = append(b.rows, row)
	}
}

// multipolygon joins the member ways of a relation into rings.
func (b *osmBuild) multipolygon(r *osm.Relation) (orb.Geometry, error) {
	var outer, inner []orb.LineString
	missing := 0
	for _, m := range r.Members {
		if m.Type != osm.TypeWay {
			continue
		}
		w := b.ways[osm.WayID(m.Ref)]
		if w == nil {
			missing++
			continue
		}
		if m.Role == "inner" {
			inner = append(inner, b.line(w))
		} else {
			outer = append(outer, b.line(w))
		}
	}
	shells, open := joinRings(outer)
	holes, _ := joinRings(inner)
	if len(shells) == 0 || open > 0 {
		return nil, &rowError{
			Rule: RuleGeometry, Field: "geometry", Value: strconv.Itoa(missing),
			Text:   "the relation's outer ways do not close; " + strconv.Itoa(missing) + " of its ways are not in the file",
			TextZh: "多边形关系的外环未闭合，文件缺少 " + strconv.Itoa(missing) + " 条成员线",
		}
	}
	polys := make(orb.MultiPolygon, len(shells))
	for i, s := range shells {
		if s.Orientation() == orb.CW {
			s.Reverse()
		}
		polys[i] = orb.Polygon{s}
	}
	return shp.Group(polys, holes), nil
}

// joinRings joins lines end to end into closed rings and counts those that stay open.
func joinRings(lines []orb.LineString) (rings []orb.Ring, open int) {
	used := make([]bool, len(lines))
	for i, l := range lines {
		if used[i] || len(l) < 2 {
			continue
		}
		used[i] = true
		cur := append(orb.LineString(nil), l...)
		for cur[0] != cur[len(cur)-1] {
			found := false
			for j, m := range lines {
				if used[j] || len(m) < 2 {
					continue
				}
				switch cur[len(cur)-1] {
				case m[0]:
					cur = append(cur, m[1:]...)
				case m[len(m)-1]:
					for k := len(m) - 2; k >= 0; k-- {
						cur = append(cur, m[k])
					}
				default:
					continue
				}
				used[j], found = true, true
				break
			}
			if !found {
				break
			}
		}
		if cur[0] != cur[len(cur)-1] || len(cur) < 4 {
			open++
			continue
		}
		rings = append(rings, orb.Ring(cur))
	}
	return rings, open
}

// tagText joins the first of the named tags that is there.
func tagText(t osm.Tags, names ...string) string {
	for _, n := range names {
		if v := strings.TrimSpace(t.Find(n)); v != "" {
			return v
		}
	}
	return ""
}

func (o *osmReader) Name() string           { return o.name }
func (o *osmReader) Format() string         { return "osm" }
func (o *osmReader) Columns() []string      { return osmColumns }
func (o *osmReader) CRS() (crs.CRS, string) { return crs.WGS84, "OSM is WGS-84" }
func (o *osmReader) Close() error           { return nil }

// only returns the rows of one layer, sharing them.
func (o *osmReader) only(layer string) *osmReader {
	return &osmReader{name: o.name, layer: layer, rows: o.rows}
}

func (o *osmReader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		num := int64(0)
		for _, r := range o.rows {
			if o.layer != "" && r.layer != o.layer {
				continue
			}
			num++
			if !yield(Row{File: o.name, Num: num, Values: r.values(), Geom: r.geom, Err: r.err}, nil) {
				return
			}
		}
	}
}

func (r osmRow) values() []string {
	t := r.tags
	tunnel := ""
	if v := t.Find("tunnel"); v != "" && v != "no" || t.Find("covered") == "yes" {
		tunnel = "true"
	}
	rest := make(map[string]string, len(t))
	for _, tag := range t {
		rest[tag.Key] = tag.Value
	}
	js, _ := json.Marshal(rest)
	number := t.Find("addr:housenumber")
	return []string{
		r.layer, r.class, r.id, tagText(t, "name", "name:zh", "name:zh-Hans", "ref"), tagText(t, "alt_name", "short_name", "name:en"), tagText(t, "old_name"),
		strings.TrimSuffix(t.Find("width"), " m"), t.Find("building:levels"), strings.TrimSuffix(t.Find("height"), " m"), tunnel,
		tagText(t, "addr:street", "addr:place"), number, t.Find("addr:unit"),
		tagText(t, "addr:full"), t.Find("addr:postcode"), tagText(t, "phone", "contact:phone"), string(js),
	}
}

// empty reports whether the file has nothing for the reader's layer.
func (o *osmReader) empty() bool {
	for _, r := range o.rows {
		if o.layer == "" || r.layer == o.layer {
			return false
		}
	}
	return true
}
