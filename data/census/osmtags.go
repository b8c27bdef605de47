package census

import (
	"strings"

	"github.com/paulmach/osm"
)

// osmLayers are the layers an OSM file splits into, in the order they are imported.
var osmLayers = []string{"land", "water", "building", "wall", "rail", "road", "door", "poi"}

// roadClass turns OSM's highway values into ours; "" is no road.
func roadClass(highway string) string {
	switch highway {
	case "motorway", "trunk", "primary":
		return "arterial"
	case "secondary", "tertiary":
		return "collector"
	case "residential", "unclassified", "living_street", "road":
		return "local"
	case "service", "busway", "bus_guideway", "escape":
		return "service"
	case "footway", "path", "steps", "cycleway", "pedestrian", "track", "bridleway", "corridor":
		return "path"
	}
	if strings.HasSuffix(highway, "_link") {
		return "link"
	}
	return ""
}

var landClasses = map[string]string{
	"leisure=park": "park", "leisure=garden": "green", "leisure=nature_reserve": "green", "leisure=golf_course": "sport",
	"leisure=pitch": "sport", "leisure=stadium": "sport", "leisure=sports_centre": "sport", "leisure=track": "sport", "leisure=playground": "green",
	"landuse=grass": "green", "landuse=village_green": "green", "landuse=recreation_ground": "green", "landuse=flowerbed": "green", "landuse=meadow": "green",
	"landuse=forest": "forest", "natural=wood": "forest", "natural=scrub": "forest", "landuse=orchard": "farm", "landuse=vineyard": "farm",
	"landuse=farmland": "farm", "landuse=farmyard": "farm", "landuse=greenhouse_horticulture": "farm", "landuse=allotments": "farm",
	"landuse=cemetery": "cemetery", "amenity=grave_yard": "cemetery", "landuse=industrial": "factory", "landuse=railway": "rail_yard",
	"landuse=residential": "compound", "landuse=commercial": "compound", "landuse=retail": "compound", "landuse=military": "compound", "landuse=education": "campus",
	"amenity=school": "campus", "amenity=university": "campus", "amenity=college": "campus", "amenity=kindergarten": "campus", "amenity=hospital": "campus",
	"place=square": "square", "amenity=parking": "other", "landuse=construction": "other", "landuse=brownfield": "other", "natural=beach": "other",
	"landuse=religious": "compound", "tourism=zoo": "park", "tourism=theme_park": "park",
}

var buildingClasses = map[string]string{
	"apartments": "residential", "residential": "residential", "house": "residential", "detached": "residential", "terrace": "residential", "dormitory": "residential",
	"semidetached_house": "residential", "bungalow": "residential", "villa": "residential", "retail": "commercial", "commercial": "commercial", "supermarket": "commercial",
	"hotel": "commercial", "kiosk": "commercial", "office": "office", "industrial": "industrial", "warehouse": "industrial", "factory": "industrial",
	"school": "school", "university": "school", "college": "school", "kindergarten": "school", "hospital": "hospital", "public": "public", "civic": "public",
	"government": "public", "church": "public", "temple": "public", "train_station": "public", "museum": "public", "shed": "shed", "garage": "shed", "garages": "shed",
	"carport": "shed", "roof": "shed", "hut": "shed", "service": "shed",
}

// osmArea reports whether a closed way is an area.
func osmArea(t osm.Tags) bool {
	switch t.Find("area") {
	case "yes":
		return true
	case "no":
		return false
	}
	if t.Find("highway") != "" || t.Find("barrier") != "" || t.Find("railway") != "" {
		return t.Find("building") != ""
	}
	switch t.Find("waterway") {
	case "", "riverbank", "dock":
		return true
	}
	return t.Find("natural") == "water"
}

// use is one row an element gives: an element may be a building, a door and a POI at once.
type use struct{ layer, class string }

// osmUses says what an element is by its tags. dim is 0 for nodes, 1 for lines, 2 for areas.
func osmUses(t osm.Tags, dim int) []use {
	if len(t) == 0 {
		return nil
	}
	var out []use
	add := func(layer, class string) { out = append(out, use{layer, class}) }
	switch dim {
	case 1:
		if c := roadClass(t.Find("highway")); c != "" {
			add("road", c)
		}
		switch r := t.Find("railway"); r {
		case "rail", "subway", "light_rail", "tram":
			add("rail", r)
		case "narrow_gauge", "monorail", "funicular":
			add("rail", "rail")
		}
		switch w := t.Find("waterway"); w {
		case "river", "canal", "stream":
			add("water", w)
		case "drain", "ditch":
			add("water", "stream")
		}
		switch b := t.Find("barrier"); b {
		case "wall", "fence", "hedge":
			add("wall", b)
		case "city_wall", "retaining_wall":
			add("wall", "wall")
		}
		if m := t.Find("man_made"); m == "dyke" || m == "embankment" {
			add("wall", "levee")
		}
	case 2:
		out = areaUses(t, out)
	}
	if dim != 1 && t.Find("addr:housenumber") != "" {
		add("door", "")
	}
	if c := poiClass(t); dim != 1 && t.Find("name") != "" && c != "" {
		add("poi", c)
	}
	return out
}

func areaUses(t osm.Tags, out []use) []use {
	if b := t.Find("building"); b != "" && b != "no" {
		out = append(out, use{"building", buildingClasses[b]})
	}
	switch {
	case t.Find("natural") == "water" || t.Find("waterway") == "riverbank" || t.Find("landuse") == "reservoir" || t.Find("landuse") == "basin":
		class := t.Find("water")
		switch class {
		case "river", "canal", "lake", "pond", "stream":
		case "":
			class = "lake"
			if t.Find("waterway") == "riverbank" {
				class = "river"
			}
		default:
			class = "pond"
		}
		out = append(out, use{"water", class})
	case t.Find("building") == "":
		for _, k := range []string{"leisure", "amenity", "place", "tourism", "landuse", "natural"} {
			if c := landClasses[k+"="+t.Find(k)]; c != "" {
				out = append(out, use{"land", c})
				break
			}
		}
	}
	return out
}

// poiClass is the value of the tag that makes an element a point of interest.
func poiClass(t osm.Tags) string {
	for _, k := range []string{"amenity", "shop", "tourism", "office", "leisure", "historic", "healthcare", "craft", "public_transport", "railway", "man_made", "building"} {
		switch v := t.Find(k); v {
		case "", "no", "yes", "rail", "subway", "tram", "light_rail", "switch", "signal", "buffer_stop", "level_crossing", "crossing", "track", "stop_position", "bench":
			if k == "shop" && v == "yes" || k == "building" && v != "" && v != "no" {
				return k
			}
		default:
			if k == "building" {
				return k
			}
			return v
		}
	}
	return ""
}
