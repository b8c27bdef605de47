package census

import (
	"fmt"

	"wanmi/data/census/shp"
	"wanmi/gis/crs"

	"github.com/paulmach/orb"
)

// parseArcGIS reads a geometry of ArcGIS: x and y, points, paths, or rings, of which the outer run clockwise. null gives nil.
func parseArcGIS(raw []byte) (orb.Geometry, error) {
	if i := skipBlank(raw, 0); i >= len(raw) || string(raw[i:]) == "null" {
		return nil, nil
	}
	var p orb.Point
	var out orb.Geometry
	numbers := 0
	var fault error
	err := walkObject(raw, func(k string, v []byte) {
		var err error
		switch k {
		case "x", "y":
			if len(v) == 0 || string(v) == "null" || string(v) == `"NaN"` { // an empty point
				return
			}
			numbers++
			p[map[string]int{"x": 0, "y": 1}[k]], err = parseNumber(v)
		case "points":
			var ps []orb.Point
			if ps, err = parsePositions(v); len(ps) > 0 {
				out = single(orb.MultiPoint(ps))
			}
		case "paths":
			var parts [][]orb.Point
			if parts, err = parseParts(v); len(parts) > 0 {
				out = linesOf(parts)
			}
		case "rings":
			var parts [][]orb.Point
			if parts, err = parseParts(v); len(parts) > 0 {
				out = shp.Polygons(parts)
			}
		case "curvePaths", "curveRings":
			err = fmt.Errorf("the geometry has curves; write it with straight lines")
		}
		if err != nil && fault == nil {
			fault = err
		}
	})
	if err == nil {
		err = fault
	}
	switch {
	case err != nil:
		return nil, err
	case numbers == 2:
		return p, nil
	}
	return out, nil
}

// readReference understands the spatialReference of ArcGIS: a code of EPSG or of its own, or WKT.
func (j *jsonReader) readReference(raw []byte) {
	codes := map[string]string{}
	_ = walkObject(raw, func(k string, v []byte) { codes[k] = jsonText(v) })
	for _, k := range []string{"latestWkid", "wkid"} {
		code := codes[k]
		if code == "102100" || code == "102113" {
			code = "3857"
		}
		if c, err := crs.ByName("EPSG:" + code); err == nil {
			j.crs, j.crsHow = c, "spatialReference"
			return
		}
	}
	if c, err := crsOfWKT(codes["wkt"]); err == nil {
		j.crs, j.crsHow = c, "spatialReference"
		return
	}
	j.crsHow = fmt.Sprintf("the spatialReference %s is not understood", clip(string(raw), 80))
}
