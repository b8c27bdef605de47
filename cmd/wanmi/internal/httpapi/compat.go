package httpapi

import (
	"bytes"
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/geocode"
	"wanmi/gis"
)

func compatRoutes() []route {
	const tag = "compatibility"
	q := param{name: "q", typ: "string", doc: "the place in words", must: true}
	limit := param{name: "limit", typ: "integer", doc: "most places wanted"}
	lat := param{name: "lat", typ: "number", doc: "latitude"}
	lon := param{name: "lon", typ: "number", doc: "longitude"}
	must := func(p param) param { p.must = true; return p }
	radius := param{name: "radius", typ: "number", doc: "km"}
	bbox := param{name: "bbox", typ: "string", doc: "minLon,minLat,maxLon,maxLat"}
	format := param{name: "format", typ: "string", doc: strings.Join(nominatimFormats, ", ") + "; the first when absent"}
	callback := param{name: "json_callback", typ: "string", doc: "a function of the page that is called with the answer"}
	details := param{name: "addressdetails", typ: "integer", doc: "1: with the parts of the address"}
	photon := []param{q, limit, lat, lon, bbox}
	photonReverse := []param{must(lat), must(lon), limit, radius}
	return []route{
		get("photon", "/photon/api", tag, "Places by words, as Photon; at /search/ for addok's clients, too.", (*API).photon, photon...).
			gives("Places").as(geoJSON).like(likePhoton).at("/photon/api/", "/api", "/api/", "/search/"),
		get("photon-reverse", "/photon/reverse", tag, "Places around a point, as Photon; at /reverse/ for addok's clients, too.", (*API).photonReverse, photonReverse...).
			gives("Places").as(geoJSON).like(likePhoton).at("/photon/reverse/", "/reverse/"),
		get("reverse-at-root", "/reverse", tag, "The place at a point, as Nominatim where format is given, else as Photon.", (*API).rootReverse, append(photonReverse, format)...).
			as(geoJSON).like(likeNominatim),
		get("nominatim-search", "/nominatim/search", tag, "Places by words, as Nominatim.", withCallback((*API).nominatimSearch),
			param{name: "q", typ: "string", doc: "the place in words; or street, city, county, amenity"}, limit, format, details, callback,
			param{name: "viewbox", typ: "string", doc: "lon,lat,lon,lat of two corners"}, param{name: "bounded", typ: "integer", doc: "1: nothing outside the viewbox"}).
			gives("NominatimPlaces").like(likeNominatim).at("/nominatim/search/", "/search"),
		get("nominatim-reverse", "/nominatim/reverse", tag, "The place at a point, as Nominatim.", withCallback((*API).nominatimReverse),
			must(lat), must(lon), format, details, callback, param{name: "zoom", typ: "integer", doc: "3 to 18: how fine"}).
			gives("NominatimPlace").like(likeNominatim).at("/nominatim/reverse/"),
		get("nominatim-status", "/nominatim/status", tag, "Whether the geocoder is up, as Nominatim.", (*API).nominatimStatus,
			param{name: "format", typ: "string", doc: "text or json"}).as("text/plain").like(likeNominatim).at("/nominatim/status/"),
		get("addok-search", "/search/csv/", tag, "A CSV file with columns added: places by words, as addok.", (*API).addokSearch).
			by(http.MethodPost).takes("Upload", "multipart/form-data", 0).as("text/csv").like(likeAddok).at("/search/csv"),
		get("addok-reverse", "/reverse/csv/", tag, "A CSV file with columns added: places at points, as addok.", (*API).addokReverse).
			by(http.MethodPost).takes("Upload", "multipart/form-data", 0).as("text/csv").like(likeAddok).at("/reverse/csv"),
	}
}

// callbackName is what a page may have its answer called by.
var callbackName = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$.]{0,99}$`)

// withCallback wraps answers in a call where json_callback names one: pages from before CORS load them as scripts. Cookies do not come along from
// there (SameSite).
func withCallback(serve func(*API, *call) (*reply, error)) func(*API, *call) (*reply, error) {
	return func(a *API, c *call) (*reply, error) {
		name := c.q.Get("json_callback")
		if name != "" && !callbackName.MatchString(name) {
			return nil, gis.E(gis.Invalid, nil, "json_callback %q is no name of a function", clip(name))
		}
		rp, err := serve(a, c)
		if err == nil && name != "" {
			rp.body, rp.typ = slices.Concat([]byte(name+"("), bytes.TrimSpace(rp.body), []byte(")\n")), "text/javascript; charset=utf-8"
		}
		return rp, err
	}
}

// photon is GET /photon/api: search that also completes, as Photon's does.
func (a *API) photon(c *call) (*reply, error) {
	text, err := c.need("q")
	if err != nil {
		return nil, err
	}
	q := geocode.Query{Text: text, Size: c.size("limit"), Layers: layersOf(strings.Join(c.q["layer"], ","))}
	if q.Focus, err = c.point("lon", "lat"); err != nil {
		return nil, err
	}
	if q.Bound, err = c.bbox("bbox"); err != nil {
		return nil, err
	}
	ans, err := c.view.Geo.Search(c.r.Context(), q)
	if err != nil {
		return nil, err
	}
	if len(ans.Places) == 0 || ans.Places[0].Match == geocode.MatchFallback {
		more, err := c.view.Geo.Autocomplete(c.r.Context(), q)
		if err != nil {
			return nil, err
		}
		if len(more.Places) > 0 {
			ans = more
		}
	}
	return a.places(c, text, ans)
}

// rootReverse is GET /reverse, where no prefix says whose client asks: all of Nominatim's send format.
func (a *API) rootReverse(c *call) (*reply, error) {
	if c.q.Has("format") {
		return withCallback((*API).nominatimReverse)(a, c)
	}
	return a.photonReverse(c)
}

// photonReverse is GET /photon/reverse.
func (a *API) photonReverse(c *call) (*reply, error) {
	p, err := c.point("lon", "lat")
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, gis.E(gis.Invalid, nil, "lat and lon are missing")
	}
	return a.reverseReply(c, *p, c.size("limit"), c.q.Get("radius"), nil)
}

// nominatimFormats are the forms Nominatim answers in, but for XML.
var nominatimFormats = []string{"json", "jsonv2", "geojson", "geocodejson"}

// nominatimFormat reads the form an answer is wanted in. Another one is refused, as Nominatim does: who reads XML could make nothing of JSON.
func (c *call) nominatimFormat() (string, error) {
	format := cmp.Or(c.q.Get("format"), nominatimFormats[0])
	if !slices.Contains(nominatimFormats, format) {
		return "", gis.E(gis.Invalid, nil, "format %q is not served; there are %s", clip(format), strings.Join(nominatimFormats, ", "))
	}
	return format, nil
}

// nominatimSearch is GET /nominatim/search.
func (a *API) nominatimSearch(c *call) (*reply, error) {
	format, err := c.nominatimFormat()
	if err != nil {
		return nil, err
	}
	text, err := c.text("q")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"state", "city", "county", "street", "amenity"} { // a structured query, as one text
		if !c.q.Has("q") {
			text += c.q.Get(name)
		}
	}
	if strings.TrimSpace(text) == "" {
		return nil, gis.E(gis.Invalid, nil, "the parameter q is missing or empty")
	}
	q := geocode.Query{Text: text, Size: c.size("limit")}
	box := viewbox(c.q.Get("viewbox"))
	switch {
	case box != nil && c.q.Get("bounded") == "1":
		q.Bound = box
	case box != nil:
		mid := box.Center()
		q.Focus = &mid
	}
	ans, err := c.view.Geo.Search(c.r.Context(), q)
	if err != nil {
		return nil, err
	}
	switch format {
	case "geojson":
		return a.nominatimGeoJSON(c, ans.Places)
	case "geocodejson":
		return a.places(c, text, ans)
	default:
		out := make([]any, 0, len(ans.Places))
		for _, p := range ans.Places {
			out = append(out, a.nominatimPlace(c, p, format))
		}
		return jsonReply(out)
	}
}

// viewbox reads two corners in any order; one that cannot be read is no wish.
func viewbox(s string) *orb.Bound {
	parts := strings.Split(s, ",")
	if len(parts) != 4 {
		return nil
	}
	var v [4]float64
	for i, p := range parts {
		var err error
		if v[i], err = finite("viewbox", p, -180, 180); err != nil {
			return nil
		}
	}
	b := orb.Point{v[0], v[1]}.Bound().Union(orb.Point{v[2], v[3]}.Bound())
	return &b
}

// nominatimReverse is GET /nominatim/reverse: one object, or Nominatim's own words for none.
func (a *API) nominatimReverse(c *call) (*reply, error) {
	format, err := c.nominatimFormat()
	if err != nil {
		return nil, err
	}
	p, err := c.point("lon", "lat")
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, gis.E(gis.Invalid, nil, "lat and lon are missing")
	}
	q := geocode.ReverseQuery{Size: 1}
	if zoom, err := c.integer("zoom", 18, 0, 30); err == nil {
		q.Layers = layersAtZoom(zoom)
	}
	ans, err := c.view.Geo.Reverse(c.r.Context(), *p, q)
	if err != nil {
		return nil, err
	}
	switch {
	case format == "geojson":
		return a.nominatimGeoJSON(c, ans.Places)
	case format == "geocodejson":
		return a.places(c, "", ans)
	case len(ans.Places) == 0:
		return jsonReply(object{"error": "Unable to geocode"})
	}
	return jsonReply(a.nominatimPlace(c, ans.Places[0], format))
}

// layersAtZoom is how fine an answer Nominatim gives at a zoom; nil: the finest.
func layersAtZoom(zoom int) []string {
	switch {
	case zoom <= 13:
		return []string{geocode.LayerLocaladmin}
	case zoom <= 15:
		return []string{geocode.LayerNeighbourhood}
	case zoom <= 17:
		return []string{geocode.LayerStreet}
	}
	return nil
}

func (a *API) nominatimPlace(c *call, p geocode.Place, format string) object {
	p, _ = c.view.InCell(p)
	k, box := kindsOfPlace[p.Layer], around(p)
	out := object{
		"place_id": numericID(p.ID), "licence": "", "osm_type": "node", "osm_id": numericID(p.ID),
		"lat": fixed7(p.Point[1]), "lon": fixed7(p.Point[0]),
		"boundingbox": [4]string{fixed7(box[1]), fixed7(box[3]), fixed7(box[0]), fixed7(box[2])},
		"type":        k.typ, "place_rank": k.rank, "importance": round3(p.Score), "addresstype": k.class,
		"name": nameOf(p), "display_name": a.displayName(p),
	}
	if format == "jsonv2" {
		out["category"] = k.class
	} else {
		out["class"] = k.class
	}
	if c.q.Get("addressdetails") != "0" { // sent unless refused: clients dereference it
		out["address"] = a.nominatimAddress(p)
	}
	return out
}

func (a *API) nominatimAddress(p geocode.Place) object {
	up := a.admin()
	out := object{"country": "中国", "country_code": "cn"}
	for _, o := range [][2]string{
		{"house_number", p.HouseNumber},
		{"road", p.Road},
		{"neighbourhood", p.Community},
		{"suburb", p.Street},
		{"county", up.county},
		{"city", up.city},
		{"state", up.state},
	} {
		if o[1] != "" {
			out[o[0]] = o[1]
		}
	}
	switch p.Layer { // Leaflet's list shows nothing but building, road and house_number
	case geocode.LayerVenue:
		out["amenity"], out["building"] = nameOf(p), nameOf(p)
	case geocode.LayerIntersection:
		out["road"] = nameOf(p)
	}
	return out
}

func (a *API) nominatimGeoJSON(c *call, places []geocode.Place) (*reply, error) {
	features := make([]any, 0, len(places))
	for _, p := range places {
		props := a.nominatimPlace(c, p, "jsonv2")
		for _, name := range []string{"lat", "lon", "boundingbox"} {
			delete(props, name)
		}
		features = append(features, object{
			"type": "Feature", "bbox": around(p), "properties": props,
			"geometry": object{"type": "Point", "coordinates": []float64{round7(p.Point[0]), round7(p.Point[1])}},
		})
	}
	return geoJSONReply(object{"type": "FeatureCollection", "licence": "", "features": features})
}

// nominatimStatus is GET /nominatim/status.
func (a *API) nominatimStatus(c *call) (*reply, error) {
	if c.q.Get("format") == "json" {
		return jsonReply(object{"status": 0, "message": "OK", "data_updated": c.view.At.UTC().Format("2006-01-02T15:04:05+00:00"), "software_version": a.cfg.Version})
	}
	return &reply{typ: "text/plain; charset=utf-8", body: []byte("OK"), cache: "no-store"}, nil
}
