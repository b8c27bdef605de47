package census

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"wanmi/gis/crs"

	"github.com/paulmach/orb"
)

// gmlReader reads the features of one type of a GML file, versions 2 to 3.2, as ogr2ogr and feature services write it.
type gmlReader struct {
	src    stream
	limits Limits
	name   string // as reported: path, and "!type" when the file has several
	kind   string // element of the features
	cols   columnSet
	srs    string // the first srsName that its geometries or the collection give
	crs    crs.CRS
	crsHow string
}

// openGML opens one table for every type of feature. It reads the file once, since only then columns and types are known.
func openGML(src stream, opt ReadOptions) ([]Reader, error) {
	src, err := utf8Stream(src, opt.Encoding)
	if err != nil {
		return nil, err
	}
	byKind := map[string]*gmlReader{}
	var order []*gmlReader
	common := ""
	err = eachFeature(src, opt.Limits, func(n *xmlNode, srs string) bool {
		t := byKind[n.name]
		if common = srs; t == nil {
			if len(order) == 1000 {
				return false
			}
			t = &gmlReader{src: src, limits: opt.Limits, name: src.name, kind: n.name}
			byKind[n.name], order = t, append(order, t)
		}
		f := readFeature(n, true)
		if t.srs == "" {
			t.srs = f.srs
		}
		for _, c := range f.fields {
			t.cols.add(c.name)
		}
		return true
	})
	switch {
	case err != nil:
		return nil, err
	case len(order) == 0:
		return nil, refuse(src.name, errNoTable, "holds no features")
	case len(order) == 1000:
		return nil, refuse(src.name, nil, "holds over 1,000 types of features")
	}
	out := make([]Reader, len(order))
	for i, t := range order {
		if t.srs == "" {
			t.srs = common
		}
		if t.crs, err = crs.ByName(crsName(t.srs)); err == nil {
			t.crsHow = "srsName"
		} else if t.crs = nil; t.srs != "" {
			t.crsHow = fmt.Sprintf("the srsName %q is not understood", clip(t.srs, 80))
		}
		if len(order) > 1 {
			t.name += "!" + t.kind
		}
		out[i] = t
	}
	return out, nil
}

// eachFeature calls fn for the features of all types, with the srsName of the collection's bounds.
func eachFeature(src stream, lim Limits, fn func(*xmlNode, string) bool) error {
	x, err := openXML(src, lim)
	if err != nil {
		return refuse(src.name, err, "cannot be read")
	}
	defer x.close()
	srs := ""
	inside := 0 // depth of the element that holds features, 0: outside
	num := int64(0)
	for {
		t, err := x.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return brokenXML(src, num, err)
		}
		start, ok := t.(xml.StartElement)
		switch {
		case !ok:
			if x.depth < inside {
				inside = 0
			}
		case inside > 0, start.Name.Local == "boundedBy":
			n, err := x.node(start)
			if err != nil {
				return brokenXML(src, num, err)
			}
			if inside == 0 {
				for _, k := range n.kids {
					srs = k.named("srsName")
				}
				continue
			}
			num++
			if !fn(n, srs) {
				return nil
			}
		case start.Name.Local == "featureMember" || start.Name.Local == "featureMembers" || start.Name.Local == "member":
			inside = x.depth
		}
	}
}

// gmlFeature is one row.
type gmlFeature struct {
	fields []xmlField
	geom   orb.Geometry
	srs    string
	err    error
}

// readFeature takes a feature apart. plain leaves the geometry out, but for its srsName.
func readFeature(n *xmlNode, plain bool) gmlFeature {
	var f gmlFeature
	if id := n.named("id") + n.named("fid"); id != "" {
		f.fields = append(f.fields, xmlField{"@id", id})
	}
	var walk func(n *xmlNode, prefix string, depth int)
	walk = func(n *xmlNode, prefix string, depth int) {
		for _, k := range n.kids {
			switch {
			case k.name == "boundedBy":
			case gmlGeometries[k.name] != 0:
				if f.srs == "" {
					f.srs = k.anySRS(0)
				}
				if !plain && f.geom == nil && f.err == nil {
					r := gmlGeom{dims: 2, swap: northFirst(k.anySRS(0))}
					if f.geom, f.err = r.geometry(k, 0); f.err != nil {
						f.err = geometryError(f.err)
					}
				}
			case len(k.kids) == 0:
				if v := k.value(); v != "" {
					f.fields = append(f.fields, xmlField{prefix + k.name, v})
				}
			case depth < 3:
				walk(k, prefix+k.name+".", depth+1)
			}
		}
	}
	for _, k := range n.kids { // a property's own name, and no prefix for the geometry's
		if len(k.kids) > 0 && k.name != "boundedBy" {
			walk(k, k.name+".", 1)
		} else if v := k.value(); v != "" && len(k.kids) == 0 {
			f.fields = append(f.fields, xmlField{k.name, v})
		}
	}
	return f
}

// anySRS returns the first srsName in a geometry.
func (n *xmlNode) anySRS(depth int) string {
	if s := n.named("srsName"); s != "" || depth > 6 {
		return s
	}
	for _, k := range n.kids {
		if s := k.anySRS(depth + 1); s != "" {
			return s
		}
	}
	return ""
}

// northFirst reports whether a srsName asks for the axis order of the EPSG register, and that begins with latitude or northing,
// as it does for geographic systems and the Gauss-Kruger systems of China. EPSG:4548 alone means x = easting.
func northFirst(srs string) bool {
	low := strings.ToLower(srs)
	if !strings.HasPrefix(low, "urn:") && !strings.Contains(low, "/def/crs/epsg") || strings.Contains(low, "crs84") {
		return false
	}
	c, err := crs.ByName(crsName(srs))
	if err != nil {
		code, err := strconv.Atoi(strings.TrimPrefix(crsName(srs), "EPSG:"))
		return err == nil && (code >= 2327 && code <= 2442 || code >= 21413 && code <= 21463)
	}
	return c.Geographic() || c.EPSG() >= 4491 && c.EPSG() <= 4554
}

// gmlGeometries are the elements that are geometry: 1 single, 2 of members.
var gmlGeometries = map[string]int{
	"Point": 1, "LineString": 1, "LinearRing": 1, "Polygon": 1, "PolygonPatch": 1, "LineStringSegment": 1, "Triangle": 1, "Rectangle": 1,
	"MultiPoint": 2, "MultiLineString": 2, "MultiPolygon": 2, "MultiCurve": 2, "MultiSurface": 2, "MultiGeometry": 2, "Curve": 2, "Surface": 2,
	"PolyhedralSurface": 2, "CompositeSurface": 2, "CompositeCurve": 2, "OrientableCurve": 2, "OrientableSurface": 2, "Ring": 2,
}

// gmlHolders stand between a geometry and its members.
var gmlHolders = map[string]bool{
	"pointMember": true, "pointMembers": true, "lineStringMember": true, "polygonMember": true, "curveMember": true, "curveMembers": true, "surfaceMember": true,
	"surfaceMembers": true, "geometryMember": true, "geometryMembers": true, "segments": true, "patches": true, "polygonPatches": true, "baseCurve": true, "baseSurface": true,
}

// gmlGeom reads geometry; what an outer element says of dimensions holds for the inner ones.
type gmlGeom struct {
	dims int
	swap bool
}

func (r gmlGeom) geometry(n *xmlNode, depth int) (orb.Geometry, error) {
	if d, err := strconv.Atoi(n.named("srsDimension")); err == nil && d >= 2 && d <= 4 {
		r.dims = d
	}
	switch n.name {
	case "Point", "LineString", "LineStringSegment", "LinearRing":
		ps, err := r.points(n)
		switch {
		case err != nil || len(ps) == 0:
			return nil, err
		case n.name == "Point":
			return ps[0], nil
		case n.name == "LinearRing":
			return orb.Polygon{ps}, nil
		}
		return orb.LineString(ps), nil
	case "Polygon", "PolygonPatch", "Triangle", "Rectangle":
		return r.polygon(n, depth)
	}
	if gmlGeometries[n.name] == 0 {
		return nil, fmt.Errorf("%s is not read; write it with straight lines", clip(n.name, 40))
	}
	if depth > wkbDepth {
		return nil, errXMLDepth
	}
	return r.members(n, depth)
}

func (r gmlGeom) members(n *xmlNode, depth int) (orb.Geometry, error) {
	var out orb.Geometry
	take := func(k *xmlNode) error {
		g, err := r.geometry(k, depth+1)
		if err == nil && g != nil {
			out, err = join(out, g)
		}
		return err
	}
	for _, k := range n.kids {
		inner := []*xmlNode{k}
		if gmlHolders[k.name] {
			inner = k.kids
		} else if gmlGeometries[k.name] == 0 {
			continue
		}
		for _, m := range inner {
			if err := take(m); err != nil {
				return nil, err
			}
		}
	}
	if lines := lineStringsOf(out); len(lines) > 1 && (n.name == "Curve" || n.name == "CompositeCurve" || n.name == "Ring") {
		return chained(lines), nil
	}
	if out == nil {
		return nil, nil
	}
	return single(out), nil
}

// chained joins the segments of a curve, each of which begins where the one before ends.
func chained(lines orb.MultiLineString) orb.LineString {
	out := append(orb.LineString(nil), lines[0]...)
	for _, l := range lines[1:] {
		if len(l) > 0 && out[len(out)-1] == l[0] {
			l = l[1:]
		}
		out = append(out, l...)
	}
	return out
}

func (r gmlGeom) polygon(n *xmlNode, depth int) (orb.Geometry, error) {
	var out orb.Polygon
	for _, side := range [][2]string{{"exterior", "outerBoundaryIs"}, {"interior", "innerBoundaryIs"}} {
		for _, b := range n.kids {
			if b.name != side[0] && b.name != side[1] {
				continue
			}
			for _, ring := range b.kids {
				g, err := r.geometry(ring, depth+1)
				if err != nil {
					return nil, err
				}
				switch g := g.(type) {
				case orb.Polygon:
					out = append(out, g[0])
				case orb.LineString:
					out = append(out, orb.Ring(g))
				}
			}
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// points reads posList, pos, coordinates or coord.
func (r gmlGeom) points(n *xmlNode) (out []orb.Point, err error) {
	add := func(x, y string) {
		a, errA := strconv.ParseFloat(x, 64)
		b, errB := strconv.ParseFloat(y, 64)
		if errA != nil || errB != nil {
			err = fmt.Errorf("%q %q are no coordinates", clip(x, 30), clip(y, 30))
		}
		if r.swap {
			a, b = b, a
		}
		out = append(out, orb.Point{a, b})
	}
	for _, k := range n.kids {
		switch k.name {
		case "pos", "posList":
			f := strings.Fields(k.value())
			dims := r.dims
			if d, e := strconv.Atoi(k.named("srsDimension") + k.named("dimension")); e == nil && d >= 2 && d <= 4 {
				dims = d
			} else if k.name == "pos" {
				dims = max(len(f), 2)
			}
			if len(f)%dims != 0 {
				return nil, fmt.Errorf("%d numbers are no positions of %d", len(f), dims)
			}
			for ; len(f) > 0 && err == nil; f = f[dims:] {
				add(f[0], f[1])
			}
		case "coordinates":
			for t := range strings.FieldsSeq(commaBlanks.ReplaceAllString(k.value(), ",")) {
				c := strings.Split(t, ",")
				if len(c) < 2 {
					return nil, fmt.Errorf("%q is no position", clip(t, 40))
				}
				add(c[0], c[1])
			}
		case "coord":
			add(k.kid("X").value(), k.kid("Y").value())
		case "pointProperty", "pointRep":
			for _, p := range k.kids {
				ps, e := r.points(p)
				if e != nil {
					return nil, e
				}
				out = append(out, ps...)
			}
		}
	}
	return out, err
}

func (g *gmlReader) Name() string           { return g.name }
func (g *gmlReader) Format() string         { return "gml" }
func (g *gmlReader) Columns() []string      { return g.cols.names }
func (g *gmlReader) CRS() (crs.CRS, string) { return g.crs, g.crsHow }
func (g *gmlReader) Close() error           { return g.src.close() }

func (g *gmlReader) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		values := make([]string, len(g.cols.names))
		num := int64(0)
		if err := eachFeature(g.src, g.limits, func(n *xmlNode, srs string) bool {
			if n.name != g.kind {
				return true
			}
			num++
			f := readFeature(n, false)
			if f.srs == "" && northFirst(srs) { // only the collection says how the axes stand
				f.geom = mapPoints(f.geom, func(p orb.Point) orb.Point { return orb.Point{p[1], p[0]} })
			}
			g.cols.fill(values, f.fields)
			return yield(Row{File: g.name, Num: num, Values: values, Geom: f.geom, Err: f.err}, nil)
		}); err != nil {
			yield(Row{}, err)
		}
	}
}
