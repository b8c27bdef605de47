package geocode

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unique"

	"github.com/paulmach/orb"

	"wanmi/gis"
)

// word is a text that many rows share, kept once.
type word = unique.Handle[string]

func intern(s string) word { return unique.Make(s) }

func value(w word) string {
	if w == (word{}) {
		return ""
	}
	return w.Value()
}

// areaRec is a street or a community.
type areaRec struct {
	key, name, alias, former string
	code                     string
	street                   string // of a community: its street's code
	streetName               string
	isStreet                 bool
	shape                    area
	at                       pt
	hasAt                    bool
}

type roadRec struct {
	key, name, alias, former string
	class                    string
	width                    float64
	geom                     lines
}

type doorRec struct {
	key, address                     string
	at                               pt
	road, number, building           word
	commCode, commName, street, post word
}

// poiRec is a point of interest or anything else with a name: land, water, a building.
type poiRec struct {
	layer, key, name, alias, former string
	class, address                  word
	at                              pt
	radius                          float64 // 0 for a point
	halfX, halfY                    float32 // half its extent east and north
	ground                          *area   // of a plot of land
}

type gridRec struct {
	code string
	at   pt
}

// source is what the corpus said, in compact records; the indexes are made from it. A slice in it is never edited
// in place once a Geocoder holds it.
type source struct {
	frame frame
	areas []areaRec
	roads []roadRec
	doors []doorRec
	pois  []poiRec
	grids []gridRec
	bars  []barRec

	locals []localRec
}

// sourceLayers are read in this order, doors and components apart.
var sourceLayers = []string{"street", "community", "road", "poi", "land", "water", "building", "unit_grid", "rail", layerLocal}

// poiLayer reports whether rows of the layer are filed as points of interest.
func poiLayer(layer string) bool {
	return layer == "poi" || layer == "land" || layer == "water" || layer == "building"
}

// read files the rows of layers. Doors may be read while others are: they have a slice of their own.
func (s *source) read(ctx context.Context, c Corpus, layers []string, p gis.Progress) error {
	for i, layer := range layers {
		p.Tell("geocode: "+layer, int64(i), int64(len(layers)))
		for f, err := range c.Features(ctx, layer, orb.Bound{}) {
			if err != nil {
				return fmt.Errorf("geocode: layer %s: %w", layer, err)
			}
			s.add(layer, f)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// sortGrids orders the cells by code; the slice may be shared, so it is copied when it is out of order.
func (s *source) sortGrids() {
	byCode := func(a, b gridRec) int { return strings.Compare(a.code, b.code) }
	if !slices.IsSortedFunc(s.grids, byCode) {
		s.grids = slices.Clone(s.grids)
		slices.SortFunc(s.grids, byCode)
	}
}

// corpusFrame puts the origin of the metric frame at the first usable feature's middle: any point of the city serves.
func corpusFrame(ctx context.Context, c Corpus) (frame, error) {
	for _, layer := range []string{"street", "community", "road", "door", "poi", "component"} {
		for f, err := range c.Features(ctx, layer, orb.Bound{}) {
			if err != nil {
				return frame{}, fmt.Errorf("geocode: layer %s: %w", layer, err)
			}
			if b, ok := f.Bound(); ok && usable(b.Center()) {
				return newFrame(b.Center()), nil
			}
		}
	}
	return newFrame(orb.Point{116.4, 35.4}), nil
}

// add files one row; a row that cannot be a place is left out.
func (s *source) add(layer string, f gis.Feature) {
	switch layer {
	case "street", "community":
		if f.Text("name") != "" {
			s.areas = append(s.areas, newAreaRec(layer, f, s.frame))
		}
	case "road":
		if f.Text("name") != "" {
			s.roads = append(s.roads, roadRec{
				key: f.Key, name: f.Text("name"), alias: f.Text("alias"), former: f.Text("former_name"),
				class: f.Text("class"), width: f.Real("width_m"), geom: linesOf(f.Geom, s.frame),
			})
		}
	case "door":
		if p, ok := f.Geom.(orb.Point); ok && usable(p) {
			s.doors = append(s.doors, newDoorRec(f, s.frame.to(p)))
		}
	case "unit_grid":
		st := f.Text("status")
		if at, ok := pointOf(f.Geom, s.frame); ok && st != "void" && st != "作废" {
			s.grids = append(s.grids, gridRec{code: f.Key, at: at})
		}
	case "rail":
		s.bars = append(s.bars, barRec{layer, f.Key, linesOf(f.Geom, s.frame)})
	case layerLocal:
		if p, ok := f.Geom.(orb.Point); ok && usable(p) && f.Text("name") != "" {
			s.locals = append(s.locals, newLocalRec(f, s.frame.to(p)))
		}
	default:
		if layer == "water" {
			s.bars = append(s.bars, barRec{layer, f.Key, linesOf(f.Geom, s.frame)})
		}
		if f.Text("name") == "" {
			return
		}
		if at, ok := pointOf(f.Geom, s.frame); ok {
			s.pois = append(s.pois, newPOIRec(layer, f, at, s.frame))
		}
	}
}

func newAreaRec(layer string, f gis.Feature, fr frame) areaRec {
	a := areaRec{
		key: f.Key, code: f.Text("code"), name: f.Text("name"), alias: f.Text("alias"), former: f.Text("former_name"),
		isStreet: layer == "street", shape: areaOf(f.Geom, fr),
	}
	if !a.isStreet {
		a.street, a.streetName = f.Text("street_code"), f.Text("street_name")
	}
	if a.at, a.hasAt = a.shape.centre(); !a.hasAt {
		a.at, a.hasAt = pointOf(f.Geom, fr)
	}
	return a
}

func newDoorRec(f gis.Feature, at pt) doorRec {
	return doorRec{
		key: f.Key, address: f.Text("address"), at: at,
		road: intern(f.Text("road")), number: intern(f.Text("number")), building: intern(f.Text("building")),
		commCode: intern(f.Text("community_code")), commName: intern(f.Text("community_name")),
		street: intern(f.Text("street_name")), post: intern(f.Text("postcode")),
	}
}

func newPOIRec(layer string, f gis.Feature, at pt, fr frame) poiRec {
	r := poiRec{
		layer: layer, key: f.Key, name: f.Text("name"), alias: f.Text("alias"), former: f.Text("former_name"),
		class: intern(f.Text("class")), address: intern(f.Text("address")), at: at,
	}
	if b, ok := f.Bound(); ok && layer != "poi" {
		size := fr.to(b.Max).sub(fr.to(b.Min))
		r.radius, r.halfX, r.halfY = size.norm()/2, float32(size.x/2), float32(size.y/2)
	}
	if layer == "land" {
		if a := areaOf(f.Geom, fr); len(a.rings) > 0 {
			r.ground = &a
		}
	}
	return r
}

// remove returns the source without the row; its other slices stay shared.
func (s *source) remove(layer, key string) {
	switch layer {
	case "street", "community":
		s.areas = without(s.areas, func(a areaRec) bool { return a.key == key && a.isStreet == (layer == "street") })
	case "road":
		s.roads = without(s.roads, func(r roadRec) bool { return r.key == key })
	case "door":
		s.doors = without(s.doors, func(d doorRec) bool { return d.key == key })
	case "unit_grid":
		s.grids = without(s.grids, func(g gridRec) bool { return g.code == key })
	case "rail":
		s.bars = without(s.bars, func(b barRec) bool { return b.key == key && b.layer == layer })
	case layerLocal:
		s.locals = without(s.locals, func(l localRec) bool { return l.key == key })
	default:
		if layer == "water" {
			s.bars = without(s.bars, func(b barRec) bool { return b.key == key && b.layer == layer })
		}
		s.pois = without(s.pois, func(p poiRec) bool { return p.key == key && p.layer == layer })
	}
}

func without[T any](v []T, gone func(T) bool) []T {
	out := make([]T, 0, len(v)+1)
	for _, x := range v {
		if !gone(x) {
			out = append(out, x)
		}
	}
	return out
}

// names splits a list of names separated by # (as registers write it) or the like; the years a name was borne are left out.
func names(s string) []string {
	if s == "" {
		return nil
	}
	out := strings.FieldsFunc(s, separates)
	n := 0
	for _, one := range out {
		if one, _ = cutYears(one); one != "" {
			out[n] = one
			n++
		}
	}
	return out[:n]
}

// separates reports whether r stands between the names of a list.
func separates(r rune) bool { return strings.ContainsRune("#；;、|，,", r) }

// cutYears parts a name from the years in brackets behind it, as registers write when it was borne: 前进路（1958—1998）.
func cutYears(s string) (name, years string) {
	s = strings.TrimSpace(s)
	body, closed := strings.CutSuffix(s, "）")
	if !closed {
		body, closed = strings.CutSuffix(s, ")")
	}
	open := max(strings.LastIndex(body, "（"), strings.LastIndex(body, "("))
	if !closed || open <= 0 {
		return s, ""
	}
	years = strings.Trim(body[open:], "（( ")
	digits := 0
	for _, r := range years {
		if r >= '0' && r <= '9' {
			digits++
		} else if !strings.ContainsRune("年月日前后至到起止今-—–~～. ", r) {
			return s, "" // 人民医院（南院）
		}
	}
	if digits < 4 {
		return s, ""
	}
	return strings.TrimSpace(body[:open]), years
}
