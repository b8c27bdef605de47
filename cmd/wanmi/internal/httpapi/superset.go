package httpapi

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/geocode"
	"wanmi/gis/geom"
)

// kindOfPlace is how the surfaces call one of our layers.
type kindOfPlace struct {
	photon           string // Photon's type
	osmKey, osmValue string
	class, typ       string // Nominatim's
	rank             int
	level            string // geocodejson's type
}

var kindsOfPlace = map[string]kindOfPlace{
	geocode.LayerComponent:     {"house", "man_made", "street_cabinet", "man_made", "street_cabinet", 30, "house"},
	geocode.LayerGrid:          {"other", "boundary", "unit_grid", "boundary", "unit_grid", 25, "district"},
	geocode.LayerAddress:       {"house", "place", "house", "place", "house", 30, "house"},
	geocode.LayerVenue:         {"house", "amenity", "yes", "amenity", "yes", 30, "house"},
	geocode.LayerIntersection:  {"other", "highway", "crossing", "highway", "crossing", 26, "street"},
	geocode.LayerStreet:        {"street", "highway", "residential", "highway", "residential", 26, "street"},
	geocode.LayerNeighbourhood: {"locality", "place", "neighbourhood", "place", "neighbourhood", 20, "locality"},
	geocode.LayerLocaladmin:    {"district", "boundary", "administrative", "boundary", "administrative", 16, "district"},
	geocode.LayerCoordinate:    {"other", "place", "locality", "place", "locality", 30, "house"},
}

// admin names what lies above the streets.
type admin struct{ state, city, county string }

// admin reads the names the geocoder was given, the widest first; two names are city and county, one is the county.
func (a *API) admin() admin {
	n := a.cfg.Live.Admin()
	switch len(n) {
	case 0:
		return admin{}
	case 1:
		return admin{county: n[0]}
	case 2:
		return admin{city: n[0], county: n[1]}
	}
	return admin{n[len(n)-3], n[len(n)-2], n[len(n)-1]}
}

// numericID makes a number that stays the same as long as the place's id does; clients want one.
func numericID(id string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // a hash takes everything
	return int64(h.Sum64() >> 12)
}

// around returns west, south, east, north of a place by its uncertainty, 20 m at least.
func around(p geocode.Place) [4]float64 {
	mx, my := geom.MetresPerDegree(p.Point[1])
	r := max(p.UncertaintyM, 20)
	return [4]float64{
		round7(p.Point[0] - r/mx), round7(p.Point[1] - r/my), round7(p.Point[0] + r/mx), round7(p.Point[1] + r/my),
	}
}

func round7(v float64) float64 { return math.Round(v*1e7) / 1e7 }

// places renders an answer as the superset FeatureCollection: Pelias, Photon, geocodejson and our own names at once.
func (a *API) places(c *call, asked string, ans geocode.Answer) (*reply, error) {
	return a.placesAround(c, asked, ans, nil)
}

// placesAround is places that also says what else is around the point asked about; nil for none.
func (a *API) placesAround(c *call, asked string, ans geocode.Answer, around *city.Around) (*reply, error) {
	features := make([]any, 0, len(ans.Places))
	var box orb.Bound
	for i, p := range ans.Places {
		f := a.placeFeature(c, p)
		if i == 0 && len(ans.Classes) > 0 {
			f["properties"].(object)["components"] = componentCodes(c, asked, p, ans.Classes)
		}
		features = append(features, f)
		if b := (orb.Bound{Min: p.Point, Max: p.Point}); i == 0 {
			box = b
		} else {
			box = box.Union(b)
		}
	}
	head := object{
		"version": "0.1.0", "query": asked, "engine": object{"name": "wanmi", "version": a.cfg.Version}, "warnings": []any{},
		"licence": "", "attribution": "", "timestamp": a.cfg.Now().UnixMilli(),
	}
	if len(ans.Parsed) > 0 {
		head["parsed"] = ans.Parsed
	}
	if len(ans.Classes) > 0 {
		head["classes"] = ans.Classes
	}
	if len(ans.Matters) > 0 {
		head["matters"] = ans.Matters
	}
	if len(ans.Reasons) > 0 {
		head["reasons"] = ans.Reasons
	}
	if ans.Ask != "" {
		head["ask"] = ans.Ask
	}
	if around != nil {
		head["around"] = around
	}
	out := object{"type": "FeatureCollection", "geocoding": head, "features": features}
	if len(features) > 0 {
		out["bbox"] = [4]float64{box.Min[0], box.Min[1], box.Max[0], box.Max[1]}
	}
	return geoJSONReply(out)
}

func componentCodes(c *call, text string, p geocode.Place, hits []geocode.ClassHit) []string {
	codes := []string{}
	for _, one := range c.view.Candidates(text, p, hits) {
		codes = append(codes, one.Code)
	}
	return codes
}

func (a *API) placeFeature(c *call, p geocode.Place) object {
	p, grid := c.view.InCell(p)
	box := around(p)
	return object{
		"type": "Feature", "bbox": box, "geometry": object{"type": "Point", "coordinates": []float64{round7(p.Point[0]), round7(p.Point[1])}},
		"properties": a.placeProperties(c, p, grid, box),
		// Carmen's names, which maplibre-gl-geocoder reads
		"id": p.ID, "place_name": p.Label, "text": nameOf(p), "center": []float64{round7(p.Point[0]), round7(p.Point[1])}, "place_type": []string{p.Layer},
	}
}

// nameOf returns a name that can stand alone: some clients show nothing else.
func nameOf(p geocode.Place) string {
	if p.Name != "" {
		return p.Name
	}
	return p.Label
}

// placeProperties writes the flat names of all surfaces. Empty ones are left out but for those clients dereference.
func (a *API) placeProperties(c *call, p geocode.Place, grid *city.GridRef, box [4]float64) object {
	k, up := kindsOfPlace[p.Layer], a.admin()
	osm := numericID(p.ID)
	props := object{
		"osm_type": "N", "osm_id": osm, "osm_key": k.osmKey, "osm_value": k.osmValue, "type": k.photon, "name": nameOf(p),
		"countrycode": "CN", "country": "中国", "extent": []float64{box[0], box[3], box[2], box[1]},

		"id": p.Key, "gid": "wanmi:" + p.ID, "layer": p.Layer, "source": "wanmi", "source_id": p.Key, "label": p.Label,
		"confidence": round3(p.Score), "score": round3(p.Score), "match_type": p.Match, "accuracy": accuracy(p), "country_a": "CHN", "country_code": "CN",

		"geocoding":     a.geocodeJSON(p, k, up),
		"uncertainty_m": math.Round(p.UncertaintyM*10) / 10, "level": p.Level, "faults": faults(p),
	}
	if p.Key == "" {
		props["id"], props["source_id"] = p.ID, p.ID
	}
	street := p.Road
	if street == nameOf(p) { // Photon's clients join name and street
		street = ""
	}
	optional := [][2]string{
		{"housenumber", p.HouseNumber},
		{"street", street},
		{"locality", p.Community},
		{"district", p.Street},
		{"suburb", p.Street}, // Leaflet shows this one of Photon's, not district
		{"city", up.city},
		{"county", up.county},
		{"state", up.state},
		{"region", up.state},
		{"localadmin", p.Street},
		{"neighbourhood", p.Community},
		{"community_code", p.CommunityCode},
		{"street_code", p.StreetCode},
	}
	if p.Category != "" {
		props["category"] = []string{p.Category}
	}
	for _, o := range optional {
		if o[1] != "" {
			props[o[0]] = o[1]
		}
	}
	if p.DistanceM > 0 || strings.Contains(c.route.name, "reverse") {
		props["distance"] = math.Round(p.DistanceM) / 1000
		props["distance_m"] = math.Round(p.DistanceM*10) / 10
	}
	if grid != nil {
		props["grid"] = grid.Code
	}
	if len(p.Reasons) > 0 {
		props["reasons"] = p.Reasons
	}
	return props
}

func faults(p geocode.Place) []geocode.Fault {
	if p.Faults == nil {
		return []geocode.Fault{}
	}
	return p.Faults
}

func round3(v float64) float64 { return math.Round(v*1000) / 1000 }

// accuracy is Pelias' word for how a point was come by.
func accuracy(p geocode.Place) string {
	switch {
	case p.Match == geocode.MatchInterpolated:
		return "interpolated"
	case p.Match == geocode.MatchFallback, p.Layer == geocode.LayerStreet, p.Layer == geocode.LayerNeighbourhood, p.Layer == geocode.LayerLocaladmin:
		return "centroid"
	}
	return "point"
}

// geocodeJSON is the geocodejson 0.1.0 block of a place.
func (a *API) geocodeJSON(p geocode.Place, k kindOfPlace, up admin) object {
	g := object{"type": k.level, "accuracy": math.Round(p.UncertaintyM), "label": p.Label, "name": nameOf(p), "country": "中国"}
	levels := object{}
	for _, o := range [][3]string{
		{"housenumber", p.HouseNumber},
		{"street", p.Road},
		{"locality", p.Community, "level10"},
		{"district", p.Street, "level8"},
		{"city", up.city, "level5"},
		{"county", up.county, "level6"},
		{"state", up.state, "level4"},
	} {
		if o[1] == "" {
			continue
		}
		g[o[0]] = o[1]
		if o[2] != "" {
			levels[o[2]] = o[1]
		}
	}
	g["admin"] = levels
	return g
}

// displayName writes a place from the small to the large, as Nominatim does.
func (a *API) displayName(p geocode.Place) string {
	up := a.admin()
	var parts []string
	for _, s := range []string{nameOf(p), houseOf(p), p.Road, p.Community, p.Street, up.county, up.city, up.state, "中国"} {
		if s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

func houseOf(p geocode.Place) string {
	if p.HouseNumber == "" || strings.Contains(nameOf(p), p.HouseNumber) {
		return ""
	}
	return strings.TrimSuffix(p.HouseNumber, "号") + "号"
}

// fixed7 writes degrees as Nominatim does: text with seven decimals.
func fixed7(v float64) string { return fmt.Sprintf("%.7f", v) }
