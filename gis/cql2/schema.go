package cql2

import (
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// GeometryName is the property that stands for a feature's geometry.
const GeometryName = "geometry"

// Schema says which properties the filters of a layer may name.
type Schema struct {
	Layer    string         // for sentences
	Fields   []Field        // a Row gives their values by their place here
	Geometry bool           // GeometryName may be named
	Zone     *time.Location // of the day of a timestamp that meets a date; nil: time.Local
}

// Field is a property that may be named. JSON fields may not.
type Field struct {
	Name string
	Type gis.FieldType
}

// SchemaOf returns the schema of a layer's stored fields, in their order without those that hold JSON, with their places in
// gis.Layer.Fields.
func SchemaOf(l *gis.Layer) (s Schema, at []int) {
	s = Schema{Layer: l.Name, Geometry: l.Geom != gis.NoGeom}
	for i, f := range l.Fields {
		if f.Type != gis.JSON {
			s.Fields = append(s.Fields, Field{f.Name, f.Type})
			at = append(at, i)
		}
	}
	return s, at
}

// Has reports whether a property of that name may be named.
func (s *Schema) Has(name string) bool {
	return s.find(name) >= 0 || s.Geometry && name == GeometryName
}

func (s *Schema) find(name string) int {
	return slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == name })
}

// names lists what may be named, for a sentence.
func (s *Schema) names() string {
	var all []string
	for _, f := range s.Fields {
		all = append(all, f.Name)
	}
	if s.Geometry {
		all = append(all, GeometryName)
	}
	return strings.Join(all, ", ")
}

// unfit is the error of a filter that fits no layer, with the place where it first names the property.
func (f *Filter) unfit(property, sentence string) error {
	var first *node
	f.root.each(func(n *node) {
		if first == nil && n.op == opProperty && n.text == property {
			first = n
		}
	})
	if first == nil {
		first = f.root
	}
	return f.src.fault(first.at, phrase(first), "", "%s", sentence)
}

// Fits reports whether a schema has all properties the filter names.
func (f *Filter) Fits(s Schema) bool {
	return !slices.ContainsFunc(f.Properties(), func(p string) bool { return !s.Has(p) })
}

// Nowhere is the error of a filter that fits none of the schemas.
func (f *Filter) Nowhere(schemas []Schema) error {
	var has, lacks []string
	fault := ""
	for _, s := range schemas {
		var names, missing []string
		for _, c := range s.Fields {
			names = append(names, c.Name)
		}
		for _, p := range f.Properties() {
			if !s.Has(p) {
				missing = append(missing, p)
			}
		}
		if fault == "" {
			fault = missing[0]
		}
		has = append(has, "in "+s.Layer+" "+strings.Join(names, " "))
		lacks = append(lacks, s.Layer+" lacks "+strings.Join(missing, " "))
	}
	return f.unfit(fault, "no layer of the tile has all the properties the filter names: "+strings.Join(lacks, ", ")+
		"; there are "+strings.Join(has, "; ")+"; geometry in all")
}

// CRS turns the coordinates of a filter's geometries, in the order they are written, into longitude and latitude. Geographic says
// that a box may go round by the antimeridian.
type CRS interface {
	ToLonLat(x, y float64) (lon, lat float64)
	Geographic() bool
}

// CRS84 is longitude, latitude in degrees.
var CRS84 CRS = lonLat{}

type lonLat struct{}

func (lonLat) ToLonLat(x, y float64) (lon, lat float64) { return x, y }
func (lonLat) Geographic() bool                         { return true }

// located returns the geometry of a literal in longitude and latitude.
func (c *compiler) located(n *node) (orb.Geometry, error) {
	if b, ok := n.geom.(orb.Bound); ok {
		return c.boxed(n, b)
	}
	if p, ok := n.geom.(orb.Point); ok {
		ps := orb.MultiPoint{p}
		return ps, c.transform(n, ps)
	}
	g := orb.Clone(n.geom)
	return g, c.transform(n, g)
}

// boxed turns a box round: its edges stay on the axes of its system, so one of a projected system is a polygon.
func (c *compiler) boxed(n *node, b orb.Bound) (orb.Geometry, error) {
	if c.crs.Geographic() {
		corners := orb.MultiPoint{b.Min, b.Max}
		if err := c.transform(n, corners); err != nil {
			return nil, err
		}
		b = orb.Bound{Min: corners[0], Max: corners[1]}
		if b.Min[1] > b.Max[1] {
			return nil, c.src.fault(n.at, "", "", "the box's south is larger than its north")
		}
		if b.Min[0] > b.Max[0] { // by the antimeridian
			return orb.MultiPolygon{
				orb.Bound{Min: b.Min, Max: orb.Point{180, b.Max[1]}}.ToPolygon(),
				orb.Bound{Min: orb.Point{-180, b.Min[1]}, Max: b.Max}.ToPolygon(),
			}, nil
		}
		return b, nil
	}
	if b.Min[0] > b.Max[0] || b.Min[1] > b.Max[1] {
		return nil, c.src.fault(n.at, "", "", "the box's corners stand the wrong way round: the smaller coordinates come first")
	}
	p := b.ToPolygon()
	return p, c.transform(n, p)
}

// transform turns the points of g round in place.
func (c *compiler) transform(n *node, g orb.Geometry) (err error) {
	turn := func(ps []orb.Point) {
		for i, p := range ps {
			x, y := c.crs.ToLonLat(p[0], p[1])
			if !(x >= -180 && x <= 180 && y >= -90 && y <= 90) && err == nil {
				err = c.src.fault(n.at, "", "", "the coordinates %s lie outside the world: longitude, latitude in degrees are expected, or what filter-crs says", pointText(p))
			}
			ps[i] = orb.Point{x, y}
		}
	}
	switch g := g.(type) {
	case orb.MultiPoint:
		turn(g)
	case orb.LineString:
		turn(g)
	case orb.MultiLineString:
		for _, l := range g {
			turn(l)
		}
	case orb.Polygon:
		for _, r := range g {
			turn(r)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			for _, r := range p {
				turn(r)
			}
		}
	case orb.Collection:
		for i, one := range g {
			if p, ok := one.(orb.Point); ok {
				ps := []orb.Point{p}
				turn(ps)
				g[i] = ps[0]
			} else if e := c.transform(n, one); e != nil {
				return e
			}
		}
	}
	return err
}
