package census

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"wanmi/gis/crs"

	"github.com/paulmach/orb"
)

// kmlReader reads the placemarks of a KML file. Opening it reads the file once: only then are all columns known.
// Columns are the members of a placemark that have text (name, description, address ...), the folder it lies in, its
// ExtendedData, and the rows of a table in its description, as ArcGIS writes them.
type kmlReader struct {
	src     stream
	limits  Limits
	cols    columnSet
	remarks []string
}

func openKML(src stream, opt ReadOptions) (Reader, error) {
	src, err := utf8Stream(src, opt.Encoding)
	if err != nil {
		return nil, err
	}
	k := &kmlReader{src: src, limits: opt.Limits}
	n := 0
	links, err := k.each(func(p placemark) bool {
		n++
		for _, f := range p.fields {
			k.cols.add(f.name)
		}
		return true
	})
	switch {
	case err != nil:
		return nil, err
	case n == 0 && links > 0:
		return nil, refuse(src.name, errNoTable, "holds no placemarks, only links to other files; give those")
	case n == 0:
		return nil, refuse(src.name, errNoTable, "holds no placemarks")
	case links > 0:
		k.remarks = append(k.remarks, fmt.Sprintf("%d links to other files are not followed / 未读取 %d 个外部链接", links, links))
	}
	return k, nil
}

// placemark is one row.
type placemark struct {
	num    int64
	fields []xmlField
	geom   orb.Geometry
	err    error
}

// each calls fn for every placemark and counts the links to other files.
func (k *kmlReader) each(fn func(placemark) bool) (links int, err error) {
	x, err := openXML(k.src, k.limits)
	if err != nil {
		return 0, refuse(k.src.name, err, "cannot be read")
	}
	defer x.close()
	var folders []kmlFolder
	num := int64(0)
	for {
		t, err := x.next()
		switch {
		case errors.Is(err, io.EOF):
			return links, nil
		case err != nil:
			return links, brokenXML(k.src, num, err)
		}
		end, isEnd := t.(xml.EndElement)
		if isEnd {
			if n := len(folders); n > 0 && x.depth < folders[n-1].depth && (end.Name.Local == "Folder" || end.Name.Local == "Document") {
				folders = folders[:n-1]
			}
			continue
		}
		start, _ := t.(xml.StartElement)
		switch start.Name.Local {
		case "Folder", "Document":
			folders = append(folders, kmlFolder{depth: x.depth, root: start.Name.Local == "Document"})
		case "NetworkLink":
			links++
		case "name":
			n, err := x.node(start)
			if err != nil {
				return links, brokenXML(k.src, num, err)
			}
			if i := len(folders) - 1; i >= 0 && x.depth == folders[i].depth && folders[i].name == "" {
				folders[i].name = n.value()
			}
		case "Placemark":
			n, err := x.node(start)
			if err != nil {
				return links, brokenXML(k.src, num, err)
			}
			num++
			if !fn(readPlacemark(num, n, folders)) {
				return links, nil
			}
		}
	}
}

// kmlFolder is a folder around the placemark, or a document, which counts as one only by the side of others.
type kmlFolder struct {
	name  string
	depth int
	root  bool
}

// kmlSkip are members of a placemark that are no columns.
var kmlSkip = map[string]bool{
	"ExtendedData": true, "Style": true, "StyleMap": true, "styleUrl": true, "visibility": true, "open": true, "LookAt": true, "Camera": true, "Region": true,
	"Snippet": true, "snippet": true, "Metadata": true, "balloonVisibility": true,
}

func readPlacemark(num int64, n *xmlNode, folders []kmlFolder) placemark {
	p := placemark{num: num}
	add := func(name, value string) {
		if name != "" && value != "" {
			p.fields = append(p.fields, xmlField{name, value})
		}
	}
	add("@id", n.named("id"))
	for _, k := range n.kids {
		switch {
		case kmlGeometries[k.name]:
			if p.geom == nil && p.err == nil {
				if p.geom, p.err = kmlGeometry(k, 0); p.err != nil {
					p.err = geometryError(p.err)
				}
			}
		case k.name == "description":
			if rows := htmlTable(k.value()); len(rows) > 0 {
				p.fields = append(p.fields, rows...)
			} else {
				add("description", k.value())
			}
		case k.name == "ExtendedData":
			k.extended(add)
		case k.name == "TimeStamp", k.name == "TimeSpan":
			for _, t := range k.kids {
				add(t.name, t.value())
			}
		case len(k.kids) == 0 && !kmlSkip[k.name]:
			add(k.name, k.value())
		}
	}
	var path []string
	for _, f := range folders {
		if !f.root && f.name != "" {
			path = append(path, f.name)
		}
	}
	if len(path) == 0 && len(folders) > 0 {
		path = []string{folders[len(folders)-1].name}
	}
	if len(path) > 0 {
		add("folder", path[len(path)-1])
	}
	if len(path) > 1 {
		add("folder_path", strings.Join(path, "/"))
	}
	return p
}

// extended reads ExtendedData: Data with a value, SchemaData with SimpleData, and plain elements of another name space.
func (n *xmlNode) extended(add func(name, value string)) {
	for _, d := range n.kids {
		switch {
		case d.name == "Data":
			add(d.named("name"), d.kid("value").value())
		case d.name == "SchemaData":
			for _, s := range d.kids {
				if s.name == "SimpleData" {
					add(s.named("name"), s.value())
				}
			}
		case len(d.kids) == 0:
			add(d.name, d.value())
		}
	}
}

var (
	htmlRow  = regexp.MustCompile(`(?is)<tr[^>]*>(.*?)</tr>`)
	htmlCell = regexp.MustCompile(`(?is)<t[dh][^>]*>(.*?)</t[dh]>`)
	htmlTag  = regexp.MustCompile(`(?s)<[^>]*>`)
)

// htmlTable reads a table of names and values out of a description, nil when it is none.
func htmlTable(s string) (out []xmlField) {
	if len(s) > 1<<20 || !strings.Contains(s, "<") {
		return nil
	}
	for _, row := range htmlRow.FindAllStringSubmatch(s, maxColumns) {
		cells := htmlCell.FindAllStringSubmatch(row[1], 3)
		if len(cells) != 2 {
			continue
		}
		text := func(i int) string {
			return strings.TrimSpace(html.UnescapeString(htmlTag.ReplaceAllString(cells[i][1], "")))
		}
		if name, value := text(0), text(1); name != "" && value != "" && !strings.EqualFold(value, "<null>") {
			out = append(out, xmlField{name, value})
		}
	}
	return out
}

var kmlGeometries = map[string]bool{
	"Point": true, "LineString": true, "LinearRing": true, "Polygon": true, "MultiGeometry": true, "Model": true, "Track": true, "MultiTrack": true,
}

func kmlGeometry(n *xmlNode, depth int) (orb.Geometry, error) {
	switch n.name {
	case "Point", "LineString":
		ps, err := kmlPoints(n.kid("coordinates").value())
		switch {
		case err != nil || len(ps) == 0:
			return nil, err
		case n.name == "Point":
			return ps[0], nil
		}
		return orb.LineString(ps), nil
	case "LinearRing":
		ps, err := kmlPoints(n.kid("coordinates").value())
		if err != nil || len(ps) == 0 {
			return nil, err
		}
		return orb.Polygon{ps}, nil
	case "Polygon":
		return kmlPolygon(n)
	case "Model":
		loc := n.kid("Location")
		if loc == nil {
			return nil, nil
		}
		ps, err := kmlPoints(loc.kid("longitude").value() + "," + loc.kid("latitude").value())
		if err != nil || len(ps) == 0 {
			return nil, err
		}
		return ps[0], nil
	case "Track":
		var l orb.LineString
		for _, k := range n.kids {
			if k.name == "coord" {
				ps, err := kmlPoints(strings.Join(strings.Fields(k.value()), ","))
				if err != nil {
					return nil, err
				}
				l = append(l, ps...)
			}
		}
		if len(l) == 0 {
			return nil, nil
		}
		return l, nil
	}
	if depth > wkbDepth {
		return nil, errXMLDepth
	}
	var out orb.Geometry
	for _, k := range n.kids {
		if !kmlGeometries[k.name] {
			continue
		}
		g, err := kmlGeometry(k, depth+1)
		if err != nil {
			return nil, err
		}
		if g == nil {
			continue
		}
		if out, err = join(out, g); err != nil {
			return nil, err
		}
	}
	if out == nil {
		return nil, nil
	}
	return single(out), nil
}

func kmlPolygon(n *xmlNode) (orb.Geometry, error) {
	var out orb.Polygon
	for _, side := range []string{"outerBoundaryIs", "innerBoundaryIs"} {
		for _, b := range n.kids {
			if b.name != side {
				continue
			}
			for _, ring := range b.kids {
				ps, err := kmlPoints(ring.kid("coordinates").value())
				if err != nil {
					return nil, err
				}
				if len(ps) > 0 {
					out = append(out, ps)
				}
			}
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

var commaBlanks = regexp.MustCompile(`\s*,\s*`)

// kmlPoints reads longitude,latitude[,height] tuples set apart by blanks.
func kmlPoints(s string) ([]orb.Point, error) {
	if strings.Contains(s, ", ") || strings.Contains(s, " ,") || strings.Contains(s, ",\n") {
		s = commaBlanks.ReplaceAllString(s, ",")
	}
	var out []orb.Point
	for t := range strings.FieldsSeq(s) {
		x, rest, ok := strings.Cut(t, ",")
		y, _, _ := strings.Cut(rest, ",")
		lon, errX := strconv.ParseFloat(x, 64)
		lat, errY := strconv.ParseFloat(y, 64)
		if !ok || errX != nil || errY != nil {
			return nil, fmt.Errorf("%q is no longitude,latitude", clip(t, 40))
		}
		out = append(out, orb.Point{lon, lat})
	}
	return out, nil
}

func (k *kmlReader) Name() string           { return k.src.name }
func (k *kmlReader) Format() string         { return "kml" }
func (k *kmlReader) Columns() []string      { return k.cols.names }
func (k *kmlReader) CRS() (crs.CRS, string) { return crs.WGS84, "KML is WGS-84" }
func (k *kmlReader) Remarks() []string      { return k.remarks }
func (k *kmlReader) Close() error           { return k.src.close() }

func (k *kmlReader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		values := make([]string, len(k.cols.names))
		if _, err := k.each(func(p placemark) bool {
			k.cols.fill(values, p.fields)
			return yield(Row{File: k.src.name, Num: p.num, Values: values, Geom: p.geom, Err: p.err}, nil)
		}); err != nil {
			yield(Row{}, err)
		}
	}
}
