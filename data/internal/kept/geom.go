package kept

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// The WKB types a store writes and reads: two dimensions only.
const (
	wkbPoint           = 1
	wkbLineString      = 2
	wkbPolygon         = 3
	wkbMultiPoint      = 4
	wkbMultiLineString = 5
	wkbMultiPolygon    = 6
)

// Canonical returns g as the store keeps it: rings and bounds become polygons, a multi-geometry of one part that part.
// The error, without kind, says in words what is wrong with g for a layer of type want.
func Canonical(g orb.Geometry, want gis.GeomType) (orb.Geometry, error) {
	switch v := g.(type) {
	case orb.Ring:
		g = orb.Polygon{v}
	case orb.Bound:
		g = v.ToPolygon()
	case orb.MultiPoint:
		if len(v) == 1 {
			g = v[0]
		}
	case orb.MultiLineString:
		if len(v) == 1 {
			g = v[0]
		}
	case orb.MultiPolygon:
		if len(v) == 1 {
			g = v[0]
		}
	}
	if err := checkGeometry(g); err != nil {
		return nil, err
	}
	have := typeOf(g)
	if want != gis.Any && have != want {
		return nil, fmt.Errorf("a %s where a %s belongs", have, want)
	}
	if _, multi := g.(orb.MultiPoint); multi && want == gis.Point {
		return nil, errors.New("several points where one belongs")
	}
	return g, nil
}

// typeOf returns the geometry type of g, NoGeom for what the store does not keep.
func typeOf(g orb.Geometry) gis.GeomType {
	switch g.(type) {
	case orb.Point, orb.MultiPoint:
		return gis.Point
	case orb.LineString, orb.MultiLineString:
		return gis.Line
	case orb.Polygon, orb.MultiPolygon:
		return gis.Polygon
	}
	return gis.NoGeom
}

func checkGeometry(g orb.Geometry) error {
	switch v := g.(type) {
	case orb.Point:
		return checkPoints(1, v)
	case orb.MultiPoint:
		return checkPoints(1, v...)
	case orb.LineString:
		return checkPoints(2, v...)
	case orb.MultiLineString:
		for _, ls := range v {
			if err := checkPoints(2, ls...); err != nil {
				return err
			}
		}
		return notEmpty(len(v))
	case orb.Polygon:
		return checkPolygon(v)
	case orb.MultiPolygon:
		for _, p := range v {
			if err := checkPolygon(p); err != nil {
				return err
			}
		}
		return notEmpty(len(v))
	}
	return fmt.Errorf("a %s is not stored", g.GeoJSONType())
}

func checkPolygon(p orb.Polygon) error {
	for _, r := range p {
		if err := checkPoints(4, r...); err != nil {
			return err
		}
		if r[0] != r[len(r)-1] {
			return errors.New("a ring that does not end where it begins")
		}
	}
	return notEmpty(len(p))
}

func notEmpty(parts int) error {
	if parts == 0 {
		return errors.New("an empty geometry")
	}
	return nil
}

// checkPoints refuses fewer than least points, and coordinates that are no longitude and latitude.
func checkPoints(least int, pts ...orb.Point) error {
	if len(pts) < least {
		return fmt.Errorf("%d points where %d are the least", len(pts), least)
	}
	for _, p := range pts {
		// The comparison is false for NaN too.
		if !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) {
			return fmt.Errorf("%v, %v is no longitude and latitude", p[0], p[1])
		}
	}
	return nil
}

// AppendWKB appends the little-endian WKB of g, which is canonical, to buf. In line and polygon layers a single part is
// written as a multi-geometry of one, so that the column has one type.
func AppendWKB(buf []byte, g orb.Geometry, layer gis.GeomType) []byte {
	switch v := g.(type) {
	case orb.Point:
		return appendPoint(appendWKB(buf, wkbPoint), v)
	case orb.LineString:
		if layer == gis.Line {
			return encodeLines(buf, orb.MultiLineString{v})
		}
		return encodeLine(buf, v)
	case orb.Polygon:
		if layer == gis.Polygon {
			return encodePolygons(buf, orb.MultiPolygon{v})
		}
		return encodePolygon(buf, v)
	case orb.MultiPoint:
		buf = binary.LittleEndian.AppendUint32(appendWKB(buf, wkbMultiPoint), uint32(len(v)))
		for _, p := range v {
			buf = appendPoint(appendWKB(buf, wkbPoint), p)
		}
		return buf
	case orb.MultiLineString:
		return encodeLines(buf, v)
	case orb.MultiPolygon:
		return encodePolygons(buf, v)
	}
	panic(fmt.Sprintf("kept: geometry %T is not canonical", g))
}

func encodeLine(buf []byte, ls orb.LineString) []byte {
	return appendPoints(appendWKB(buf, wkbLineString), ls)
}

func encodeLines(buf []byte, ml orb.MultiLineString) []byte {
	buf = binary.LittleEndian.AppendUint32(appendWKB(buf, wkbMultiLineString), uint32(len(ml)))
	for _, ls := range ml {
		buf = encodeLine(buf, ls)
	}
	return buf
}

func encodePolygon(buf []byte, p orb.Polygon) []byte {
	buf = binary.LittleEndian.AppendUint32(appendWKB(buf, wkbPolygon), uint32(len(p)))
	for _, r := range p {
		buf = appendPoints(buf, r)
	}
	return buf
}

func encodePolygons(buf []byte, mp orb.MultiPolygon) []byte {
	buf = binary.LittleEndian.AppendUint32(appendWKB(buf, wkbMultiPolygon), uint32(len(mp)))
	for _, p := range mp {
		buf = encodePolygon(buf, p)
	}
	return buf
}

// appendWKB appends the byte order and the type every WKB geometry starts with.
func appendWKB(buf []byte, typ uint32) []byte {
	return binary.LittleEndian.AppendUint32(append(buf, 1), typ)
}

func appendPoints(buf []byte, pts []orb.Point) []byte {
	buf = binary.LittleEndian.AppendUint32(buf, uint32(len(pts)))
	for _, p := range pts {
		buf = appendPoint(buf, p)
	}
	return buf
}

func appendPoint(buf []byte, p orb.Point) []byte { return appendFloat(appendFloat(buf, p[0]), p[1]) }

func appendFloat(buf []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(buf, math.Float64bits(v))
}
