package census

import (
	"errors"
	"math"

	"wanmi/gis"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
)

// locate reads the geometry, brings it to longitude and latitude and checks it.
func (c *converter) locate(row Row, rec *record) error {
	if c.layer.Geom == gis.NoGeom {
		return nil
	}
	g := row.Geom
	name := "geometry"
	var err error
	switch {
	case c.x >= 0 && c.placed != nil:
		name, g = c.placeName, c.placed.raw
	case c.x >= 0:
		name = c.placeName
		if g, err = c.pointOf(row.Values); err != nil {
			return err
		}
	case c.w >= 0:
		name = c.columns[c.w]
		if t := row.Values[c.w]; t != "" {
			if g, _, err = parseGeometryText(t); err != nil {
				return &rowError{RuleGeometry, name, clip(t, 80), err.Error(), "图形文本无法读取"}
			}
		}
	}
	p, ok := orb.Point{}, false
	if g != nil {
		p, ok = firstPoint(g)
	}
	if !ok {
		return &rowError{RuleGeomNone, name, "", "the row has no coordinates", "缺少坐标"}
	}
	err = c.settle(rec, single(g), name, p)
	if e, ok := err.(*rowError); ok && (e.Rule == RuleRange || e.Rule == RuleFar) {
		return c.relocate(rec, single(g), name, e)
	}
	return err
}

// settle brings the geometry to longitude and latitude, puts it into the record and checks where it lies.
func (c *converter) settle(rec *record, raw orb.Geometry, name string, p orb.Point) error {
	g, err := c.project(raw, name, p)
	if err != nil {
		return err
	}
	if !fitsLayer(c.layer.Geom, g) {
		return &rowError{RuleGeomType, name, g.GeoJSONType(), "layer " + c.layer.Name + " holds " + c.layer.Geom.String() + "s, the row has a " + g.GeoJSONType(), "图形类型与图层不符"}
	}
	if rec.at = geom.LabelPoint(g); !finite(rec.at) {
		rec.at, _ = firstPoint(g)
	}
	rec.f.Geom = g
	return c.checkPlace(rec, name)
}

// pointOf reads the two coordinate columns.
func (c *converter) pointOf(values []string) (orb.Geometry, error) {
	var p orb.Point
	for k, i := range []int{c.x, c.y} {
		if values[i] == "" {
			return nil, &rowError{RuleGeomNone, c.columns[i], "", "the coordinate is empty", "坐标为空"}
		}
		v, err := parseCoordinate(values[i])
		if err != nil {
			return nil, &rowError{RuleNumber, c.columns[i], values[i], err.Error(), "坐标不是数字"}
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, &rowError{RuleFinite, c.columns[i], values[i], "the coordinate is not finite", "坐标不是有限数"}
		}
		p[k] = v
	}
	return p, nil
}

// project checks every vertex and brings it to longitude and latitude.
func (c *converter) project(g orb.Geometry, name string, at orb.Point) (orb.Geometry, error) {
	first := true
	var bad *rowError
	out := mapPoints(g, func(p orb.Point) orb.Point {
		if c.swap {
			p[0], p[1] = p[1], p[0]
		}
		if first {
			c.raw, first = p, false
		}
		if bad == nil {
			p, bad = c.projectPoint(p, name)
		}
		return p
	})
	if bad != nil {
		return nil, bad
	}
	if p, _ := firstPoint(out); !finite(p) || math.Abs(p[0]) > 180 || math.Abs(p[1]) > 90 {
		return nil, &rowError{RuleRange, name, coordText(at), "the coordinates lie nowhere in " + c.sys.Name(), "坐标超出坐标系范围"}
	}
	return out, nil
}

// projectPoint checks a vertex, easting first, and brings it to longitude and latitude.
func (c *converter) projectPoint(p orb.Point, name string) (orb.Point, *rowError) {
	switch {
	case !finite(p):
		return p, &rowError{RuleFinite, name, coordText(p), "a coordinate is NaN or infinite", "坐标含 NaN 或无穷大"}
	case p[0] == 0 && p[1] == 0:
		return p, &rowError{RuleZero, name, coordText(p), "the coordinates are 0/0", "坐标为 0/0"}
	case !inRange(c.sys, p):
		return p, &rowError{RuleRange, name, coordText(p), "the coordinates are out of the range of " + c.sys.Name(), "坐标超出坐标系范围"}
	}
	lon, lat := c.sys.ToLonLat(p[0], p[1])
	return orb.Point{lon, lat}, nil
}

// checkPlace rejects what lies far outside the city and remarks on what lies beside its communities.
func (c *converter) checkPlace(rec *record, name string) error {
	if !c.city.known || c.layer.Name == "street" || c.layer.Name == "community" {
		return c.checkRings(rec)
	}
	if !c.nearCity(rec) {
		return &rowError{RuleFar, name, coordText(rec.at), "the position lies more than 5 km outside the city", "位置在城市范围 5 公里以外"}
	}
	return c.checkRings(rec)
}

// nearCity reports whether any part of the row's geometry comes near the city.
func (c *converter) nearCity(rec *record) bool {
	if c.city.near(rec.at, farMetres) {
		return true
	}
	if p, ok := rec.f.Geom.(orb.Point); ok {
		return c.city.near(p, farMetres)
	}
	near := false
	mapPoints(rec.f.Geom, func(p orb.Point) orb.Point {
		near = near || c.city.near(p, farMetres)
		return p
	})
	return near
}

func coordText(p orb.Point) string {
	return formatFloat(p[0]) + ", " + formatFloat(p[1])
}

func fitsLayer(t gis.GeomType, g orb.Geometry) bool {
	switch t {
	case gis.Point:
		return g.Dimensions() == 0
	case gis.Line:
		return g.Dimensions() == 1
	case gis.Polygon:
		return g.Dimensions() == 2
	}
	return true
}

// reject turns the error of a row into what is recorded.
func asRowError(err error) *rowError {
	var r *rowError
	if errors.As(err, &r) {
		return r
	}
	return &rowError{Rule: RuleSyntax, Text: err.Error(), TextZh: "该行无法读取"}
}
