package census

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"wanmi/gis"
	"wanmi/gis/geom"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
)

// Extent is the area a partial delivery covers: polygons, or streets, communities and unit grids by their codes. A thing lies
// in it when its point (of a line or area: its label point) does; of codes, when it is placed in one of them.
type Extent struct {
	text  string
	area  orb.MultiPolygon
	codes map[string]string // code -> kind: street, community, cell
}

// extentKinds are the words codes may be given with, and how many characters such a code has.
var extentKinds = []struct {
	kind   string
	words  []string
	length int
}{
	{"street", []string{"street", "streets", "街道"}, 9},
	{"community", []string{"community", "communities", "社区"}, 12},
	{"cell", []string{"cell", "cells", "unit_grid", "grid", "网格", "单元网格"}, 15},
}

// ParseExtent reads an extent: minlon,minlat,maxlon,maxlat; codes, as community:370883001001,370883001002 or without the word;
// a polygon as WKT or GeoJSON (a geometry, a feature or a collection of features). Coordinates are longitude, latitude.
// gis.Invalid for anything else.
func ParseExtent(s string) (*Extent, error) {
	s = strings.TrimSpace(strings.TrimPrefix(s, "\uFEFF"))
	switch {
	case s == "":
		return nil, gis.E(gis.Invalid, nil, "the extent is empty")
	case s[0] == '{':
		return extentOfGeoJSON([]byte(s))
	case geometryShaped(s):
		g, srid, err := parseGeometryText(s)
		if err == nil && srid != 0 && srid != 4326 && srid != 4490 {
			err = fmt.Errorf("its coordinates are of EPSG:%d", srid)
		}
		if err != nil {
			return nil, gis.E(gis.Invalid, err, "the extent cannot be read as WKT in longitude and latitude: %v", err)
		}
		return extentOfShape(g)
	}
	if e, ok, err := extentOfBox(s); ok {
		return e, err
	}
	return extentOfCodes(s)
}

// Text is the extent as a batch keeps it; ParseExtent reads it again.
func (e *Extent) Text() string {
	if e == nil {
		return ""
	}
	return e.text
}

func extentOfBox(s string) (e *Extent, isBox bool, err error) {
	parts := strings.Split(s, ",")
	if len(parts) != 4 {
		return nil, false, nil
	}
	var v [4]float64
	for i, p := range parts {
		n, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || len(strings.TrimSpace(p)) >= 9 && !strings.Contains(p, ".") {
			return nil, false, nil // four codes
		}
		v[i] = n
	}
	b := orb.Bound{Min: orb.Point{v[0], v[1]}, Max: orb.Point{v[2], v[3]}}
	if !(b.Min[0] < b.Max[0] && b.Min[1] < b.Max[1]) {
		return nil, true, gis.E(gis.Invalid, nil, "the extent %s has its corners the wrong way round: minlon,minlat,maxlon,maxlat", clip(s, 80))
	}
	e, err = extentOfShape(b.ToPolygon())
	if err == nil {
		e.text = fmt.Sprintf("%s,%s,%s,%s", formatFloat(v[0]), formatFloat(v[1]), formatFloat(v[2]), formatFloat(v[3]))
	}
	return e, true, err
}

// extentOfShape takes polygons whose coordinates can be longitude and latitude.
func extentOfShape(g orb.Geometry) (*Extent, error) {
	area := orb.MultiPolygon{}
	if g != nil {
		area = polygonsOf(g)
	}
	if len(area) == 0 {
		return nil, gis.E(gis.Invalid, nil, "the extent has no polygon")
	}
	for _, poly := range area {
		for _, ring := range poly {
			if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
				return nil, gis.E(gis.Invalid, nil, "the extent has an outline that is open or has fewer than three corners")
			}
			for _, p := range ring {
				if !(math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90) {
					return nil, gis.E(gis.Invalid, nil, "the extent has the position %s: it must be longitude, latitude in degrees", coordText(p))
				}
			}
		}
	}
	return &Extent{text: wkt.MarshalString(single(area)), area: area}, nil
}

// extentOfGeoJSON takes a geometry, a feature or a collection of features.
func extentOfGeoJSON(raw []byte) (*Extent, error) {
	area, err := areaOfGeoJSON(raw)
	if err != nil {
		return nil, gis.E(gis.Invalid, err, "the extent cannot be read as GeoJSON: %v", err)
	}
	return extentOfShape(area)
}

func areaOfGeoJSON(raw []byte) (orb.MultiPolygon, error) {
	var kind string
	var shape, features []byte
	err := walkObject(raw, func(k string, v []byte) {
		switch k {
		case "type":
			kind = jsonText(v)
		case "geometry":
			shape = v
		case "features":
			features = v
		}
	})
	if err != nil {
		return nil, err
	}
	var area orb.MultiPolygon
	switch kind {
	case "FeatureCollection":
		err = walkArray(features, func(v []byte) error {
			part, err := areaOfGeoJSON(v)
			area = append(area, part...)
			return err
		})
		return area, err
	case "Feature":
		raw = shape
	}
	g, err := parseGeoJSON(raw)
	if g == nil || err != nil {
		return nil, err
	}
	return polygonsOf(g), nil
}

func extentOfCodes(s string) (*Extent, error) {
	e := &Extent{codes: map[string]string{}}
	kind := ""
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;，；、 \t\r\n", r) }) {
		if word, rest, ok := strings.Cut(strings.Replace(part, "：", ":", 1), ":"); ok {
			if kind = kindOfWord(word); kind == "" {
				return nil, gis.E(gis.Invalid, nil, "the extent names %q; there are street, community and cell", clip(word, 40))
			}
			if part = rest; part == "" {
				continue
			}
		}
		of := kindOfCode(part)
		if of == "" || kind != "" && kind != of {
			return nil, gis.E(gis.Invalid, nil, "the extent %q is no bounding box, no WKT, no GeoJSON and no code of a street (9 characters), community (12) or cell (15)", clip(part, 60))
		}
		e.codes[part] = of
	}
	if len(e.codes) == 0 {
		return nil, gis.E(gis.Invalid, nil, "the extent names no code")
	}
	var groups []string
	for _, k := range extentKinds {
		var of []string
		for _, code := range slices.Sorted(maps.Keys(e.codes)) {
			if e.codes[code] == k.kind {
				of = append(of, code)
			}
		}
		if len(of) > 0 {
			groups = append(groups, k.kind+":"+strings.Join(of, ","))
		}
	}
	e.text = strings.Join(groups, ";")
	return e, nil
}

func kindOfWord(word string) string {
	for _, k := range extentKinds {
		if slices.Contains(k.words, strings.ToLower(word)) {
			return k.kind
		}
	}
	return ""
}

func kindOfCode(code string) string {
	for _, k := range extentKinds {
		if len(code) == k.length && strings.Trim(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
			return k.kind
		}
	}
	return ""
}

// holds reports whether the extent holds a point, which placer puts into a street, a community and a unit grid.
func (e *Extent) holds(p orb.Point, placer Placer) bool {
	if e.codes == nil {
		return slices.ContainsFunc(e.area, func(poly orb.Polygon) bool { return geom.PointInPolygon(p, poly) })
	}
	if placer == nil {
		return false
	}
	grid, community, _, street, _, _ := placer.Place(p)
	return e.codes[grid] != "" || e.codes[community] != "" || e.codes[street] != ""
}

// settleExtent takes the extent from the profile where the call states none, and refuses one that cannot be meant.
func (r *run) settleExtent() (err error) {
	if r.Extent == nil && r.Profile != nil && r.Profile.Extent != "" && !r.Partial {
		if r.Extent, err = ParseExtent(r.Profile.Extent); err != nil {
			return err
		}
	}
	if r.Extent == nil {
		return nil
	}
	switch {
	case r.Partial:
		return gis.E(gis.Invalid, nil, "partial removes nothing, an extent says where rows are removed: give one of the two")
	case r.Layer == "unit_grid":
		return gis.E(gis.Invalid, nil, "unit grids are replaced by whole communities, those the delivery has cells in: leave the extent out")
	case r.Layer != "osm" && gis.MustLayer(r.Layer).Geom == gis.NoGeom:
		return gis.E(gis.Invalid, nil, "the layer %s has no positions: an extent says nothing about it", r.Layer)
	}
	own, ours := r.place.placer.(*storedPlacer)
	if !ours {
		return nil
	}
	for _, code := range slices.Sorted(maps.Keys(r.Extent.codes)) {
		if kind := r.Extent.codes[code]; !own.has(kind, code) {
			return gis.E(gis.Invalid, nil, "the extent names the %s %s, which is not stored", kind, code)
		}
	}
	return nil
}

// has reports whether an area of that kind and code is stored.
func (s *storedPlacer) has(kind, code string) bool {
	tree := map[string]*areas{"street": &s.streets, "community": &s.communities, "cell": &s.grids}[kind]
	found := false
	tree.tree.Scan(func(_, _ [2]float64, a *area) bool {
		found = a.code == code
		return !found
	})
	if !found && kind == "street" { // where only the communities are stored
		for _, c := range s.byCode {
			found = found || c.street == code
		}
	}
	return found
}

// checkExtent tells the rows of a layer that lie outside what the delivery says it covers. They are taken.
func (r *run) checkExtent(layer string) {
	if r.Extent == nil {
		return
	}
	tell := func(rec *record) {
		if rec.f.Geom == nil || r.Extent.holds(rec.at, r.place.placer) || rec.conv.checks != nil && !rec.conv.checks.on(RuleExtent) {
			return
		}
		r.mark(rec, severityOf(RuleExtent), defect{
			rule: RuleExtent, field: "geometry", value: coordText(rec.at),
			en: "outside the extent the delivery states", zh: "位置在成果声明的范围之外",
		})
	}
	if layer == "component" {
		for i := range r.comps.len() {
			if !r.Extent.holds(r.comps.points[i], r.place.placer) {
				rec := r.comps.record(i)
				tell(&rec)
			}
		}
		return
	}
	for i := range r.records[layer] {
		tell(&r.records[layer][i])
	}
}
