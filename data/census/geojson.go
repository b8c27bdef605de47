package census

import (
	"errors"
	"fmt"

	"github.com/paulmach/orb"
)

// parseGeoJSON reads a GeoJSON geometry; null gives nil. Numbers that are none (NaN) come through, for the row check to name.
func parseGeoJSON(raw []byte) (orb.Geometry, error) {
	if i := skipBlank(raw, 0); i >= len(raw) || string(raw[i:]) == "null" {
		return nil, nil
	}
	var kind string
	var coords, members []byte
	err := walkObject(raw, func(k string, v []byte) {
		switch k {
		case "type":
			kind = jsonText(v)
		case "coordinates":
			coords = v
		case "geometries":
			members = v
		}
	})
	if err != nil {
		return nil, err
	}
	if kind == "GeometryCollection" {
		return parseCollection(members)
	}
	if coords == nil {
		return nil, fmt.Errorf("a %s without coordinates", kind)
	}
	depth, ok := map[string]int{"Point": 0, "MultiPoint": 1, "LineString": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}[kind]
	if !ok {
		return nil, fmt.Errorf("geometry type %q is not known", kind)
	}
	switch depth {
	case 0:
		p, err := parsePosition(coords)
		if err != nil {
			return nil, err
		}
		return p, nil
	case 1:
		ps, err := parsePositions(coords)
		switch {
		case err != nil || len(ps) == 0:
			return nil, err
		case kind == "LineString":
			return orb.LineString(ps), nil
		case len(ps) == 1:
			return ps[0], nil
		}
		return orb.MultiPoint(ps), nil
	case 2:
		parts, err := parseParts(coords)
		if err != nil || len(parts) == 0 {
			return nil, err
		}
		if kind == "Polygon" {
			return polygonOf(parts), nil
		}
		return linesOf(parts), nil
	}
	return parseMultiPolygon(coords)
}

func polygonOf(parts [][]orb.Point) orb.Polygon {
	out := make(orb.Polygon, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out
}

func linesOf(parts [][]orb.Point) orb.Geometry {
	if len(parts) == 1 {
		return orb.LineString(parts[0])
	}
	out := make(orb.MultiLineString, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out
}

func parseMultiPolygon(raw []byte) (orb.Geometry, error) {
	var out orb.MultiPolygon
	err := walkArray(raw, func(v []byte) error {
		parts, err := parseParts(v)
		if err == nil && len(parts) > 0 {
			out = append(out, polygonOf(parts))
		}
		return err
	})
	switch {
	case err != nil || len(out) == 0:
		return nil, err
	case len(out) == 1:
		return out[0], nil
	}
	return out, nil
}

// parseCollection takes the members of a collection when all are of one kind, as a multi-geometry.
func parseCollection(raw []byte) (orb.Geometry, error) {
	var out orb.Geometry
	err := walkArray(raw, func(v []byte) error {
		g, err := parseGeoJSON(v)
		if err != nil || g == nil {
			return err
		}
		if out, err = join(out, g); err != nil {
			return err
		}
		return nil
	})
	return out, err
}

// join makes one multi-geometry of two geometries of the same kind.
func join(a, b orb.Geometry) (orb.Geometry, error) {
	if a == nil {
		return b, nil
	}
	if a.Dimensions() != b.Dimensions() {
		return nil, errors.New("a collection of geometries of different kinds")
	}
	switch a.Dimensions() {
	case 0:
		return append(pointsOf(a), pointsOf(b)...), nil
	case 1:
		return append(lineStringsOf(a), lineStringsOf(b)...), nil
	}
	return append(polygonsOf(a), polygonsOf(b)...), nil
}

func pointsOf(g orb.Geometry) orb.MultiPoint {
	switch g := g.(type) {
	case orb.Point:
		return orb.MultiPoint{g}
	case orb.MultiPoint:
		return g
	}
	return nil
}

func lineStringsOf(g orb.Geometry) orb.MultiLineString {
	switch g := g.(type) {
	case orb.LineString:
		return orb.MultiLineString{g}
	case orb.MultiLineString:
		return g
	}
	return nil
}

func polygonsOf(g orb.Geometry) orb.MultiPolygon {
	switch g := g.(type) {
	case orb.Polygon:
		return orb.MultiPolygon{g}
	case orb.MultiPolygon:
		return g
	}
	return nil
}

func parseParts(raw []byte) ([][]orb.Point, error) {
	var out [][]orb.Point
	err := walkArray(raw, func(v []byte) error {
		ps, err := parsePositions(v)
		if err == nil && len(ps) > 0 {
			out = append(out, ps)
		}
		return err
	})
	return out, err
}

func parsePositions(raw []byte) ([]orb.Point, error) {
	var out []orb.Point
	err := walkArray(raw, func(v []byte) error {
		p, err := parsePosition(v)
		out = append(out, p)
		return err
	})
	return out, err
}

func parsePosition(raw []byte) (orb.Point, error) {
	var p orb.Point
	n := 0
	err := walkArray(raw, func(v []byte) error {
		if n < 2 {
			f, err := parseNumber(v)
			if err != nil {
				return fmt.Errorf("coordinate %.40q is no number", v)
			}
			p[n] = f
		}
		n++
		return nil
	})
	if err == nil && n < 2 {
		err = errors.New("a position of fewer than two numbers")
	}
	return p, err
}

// walkArray calls fn for every value of a JSON array.
func walkArray(raw []byte, fn func([]byte) error) error {
	i := skipBlank(raw, 0)
	if i >= len(raw) || raw[i] != '[' {
		return fmt.Errorf("%.40q is not a JSON array", raw)
	}
	i = skipBlank(raw, i+1)
	for i < len(raw) && raw[i] != ']' {
		end := skipValue(raw, i)
		if end < 0 || end == i {
			return errJSONCut
		}
		if err := fn(raw[i:end]); err != nil {
			return err
		}
		if i = skipBlank(raw, end); i < len(raw) && raw[i] == ',' {
			i = skipBlank(raw, i+1)
		} else if i < len(raw) && raw[i] != ']' {
			return fmt.Errorf("after a value stands %q", raw[i])
		}
	}
	if i >= len(raw) {
		return errJSONCut
	}
	return nil
}
