package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/geocode"
	"wanmi/gis"
)

const geocodingTag = "geocoding"

func geocodeRoutes() []route {
	const tag = geocodingTag
	size := param{name: "size", typ: "integer", doc: "most places wanted, 1 to 40; 10"}
	layers := param{name: "layers", typ: "string", doc: "component, grid, address, venue, intersection, street, neighbourhood, localadmin, coordinate; separated by commas"}
	focus := []param{{name: "focus.point.lat", typ: "number", doc: "prefer places near"}, {name: "focus.point.lon", typ: "number", doc: "prefer places near"}}
	area := []param{
		{name: "boundary.rect.min_lon", typ: "number", doc: "west"},
		{name: "boundary.rect.min_lat", typ: "number", doc: "south"},
		{name: "boundary.rect.max_lon", typ: "number", doc: "east"},
		{name: "boundary.rect.max_lat", typ: "number", doc: "north"},
		{name: "boundary.circle.lat", typ: "number", doc: "nothing outside this circle"},
		{name: "boundary.circle.lon", typ: "number", doc: "its centre"},
		{name: "boundary.circle.radius", typ: "number", doc: "km; 50"},
		{name: "boundary.polygon", typ: "string", doc: "nothing outside it: lon,lat,lon,lat,… of its corners, or a GeoJSON Polygon or MultiPolygon"},
		{name: "categories", typ: "string", doc: "kinds of points of interest as the city files them (class), separated by commas"},
	}
	search := append(append([]param{{name: "text", typ: "string", doc: "the place in words", must: true}, size, layers}, focus...), area...)
	structured := append(append([]param{
		{name: "address", typ: "string", doc: "road and number"},
		{name: "venue", typ: "string", doc: "name of a place"},
		{name: "neighbourhood", typ: "string", doc: "community (社区)"},
		{name: "locality", typ: "string", doc: "street office (街道)"},
		{name: "county", typ: "string", doc: ""},
		{name: "postalcode", typ: "string", doc: ""},
		size, layers,
	}, focus...), area...)
	reverse := []param{
		{name: "point.lat", typ: "number", doc: "latitude", must: true},
		{name: "point.lon", typ: "number", doc: "longitude", must: true},
		{name: "boundary.circle.radius", typ: "number", doc: "km; 1"},
		size, layers,
	}
	return []route{
		get("locate", "/v1/locate", tag, "A report: place, cell, candidate components, department, score and reasons.", (*API).locate).
			by(http.MethodPost).takes("LocateRequest", "", smallBody).gives("Located"),
		get("search", "/v1/search", tag, "Places by words.", (*API).search, search...).gives("Places").as(geoJSON).like(likePelias).at("/v1/search/"),
		get("structured", "/v1/search/structured", tag, "Places by parts of an address.", (*API).structured, structured...).gives("Places").as(geoJSON).like(likePelias).at("/v1/search/structured/"),
		get("autocomplete", "/v1/autocomplete", tag, "Places whose names begin so; pinyin and initials too.", (*API).autocomplete, search...).gives("Places").as(geoJSON).like(likePelias).at("/v1/autocomplete/"),
		get("place", "/v1/place", tag, "Places by the ids (gid) other answers gave; ids that are no more are left out.", (*API).place,
			param{name: "ids", typ: "string", doc: "gid or id, separated by commas; at most 40", must: true}).gives("Places").as(geoJSON).like(likePelias).at("/v1/place/"),
		get("reverse", "/v1/reverse", tag, "Places at and around a point.", (*API).reverse, reverse...).gives("Places").as(geoJSON).like(likePelias).at("/v1/reverse/"),
		get("batch", "/v1/batch", tag, "Many reports: a LocateRequest a line in, a Located or a Problem a line out, in the same order.", (*API).batch).
			by(http.MethodPost).takes("Lines", ndjson, batchBody).gives("Lines").as(ndjson),
	}
}

const (
	geoJSON = "application/geo+json"
	ndjson  = "application/x-ndjson"
)

// locateRequest is the body of POST /v1/locate and a line of POST /v1/batch. id is handed back.
type locateRequest struct {
	ID        json.RawMessage `json:"id,omitempty"`
	Text      string          `json:"text"`
	Point     []float64       `json:"point"` // longitude, latitude
	AccuracyM float64         `json:"accuracy_m"`
}

// query checks a report's parts.
func (l locateRequest) query() (city.LocateQuery, error) {
	q := city.LocateQuery{Text: l.Text, AccuracyM: l.AccuracyM}
	switch len(l.Point) {
	case 0:
	case 2:
		q.Point = &orb.Point{l.Point[0], l.Point[1]}
	default:
		return q, gis.E(gis.Invalid, nil, "point must be [longitude, latitude]")
	}
	return q, nil
}

// locate is POST /v1/locate.
func (a *API) locate(c *call) (*reply, error) {
	var in locateRequest
	body, err := c.body(&in)
	if err != nil {
		return nil, err
	}
	if !in.plain(body) {
		if err := unmarshal(body, &in); err != nil {
			return nil, err
		}
	}
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	out, err := c.view.Locate(c.r.Context(), q)
	if err != nil {
		return nil, err
	}
	buf := bodies.Get().(*[]byte)
	*buf = append(appendAnswer((*buf)[:0], in.ID, &out), '\n')
	return &reply{typ: "application/json", body: *buf, buf: buf}, nil
}

// pelias reads the parameters the Pelias endpoints share. Sizes out of range are brought into it, as Pelias does.
func (c *call) pelias() (q geocode.Query, err error) {
	q.Size = c.size("size")
	q.Layers, q.Categories = layersOf(c.q.Get("layers")), fields(c.q.Get("categories"))
	if q.Focus, err = c.point("focus.point.lon", "focus.point.lat"); err != nil {
		return q, err
	}
	lo, err := c.point("boundary.rect.min_lon", "boundary.rect.min_lat")
	if err != nil {
		return q, err
	}
	hi, err := c.point("boundary.rect.max_lon", "boundary.rect.max_lat")
	if err != nil {
		return q, err
	}
	if lo != nil && hi != nil {
		q.Bound = &orb.Bound{Min: *lo, Max: *hi}
	}
	center, err := c.point("boundary.circle.lon", "boundary.circle.lat")
	if err != nil {
		return q, err
	}
	if center != nil {
		km := 50.0 // Pelias' own
		if s := c.q.Get("boundary.circle.radius"); s != "" {
			if km, err = finite("boundary.circle.radius", s, 0, 500); err != nil {
				return q, err
			}
		}
		q.Circle = &geocode.Circle{Center: *center, RadiusM: km * 1000}
	}
	q.Polygon, err = polygonOf(c.q.Get("boundary.polygon"))
	return q, err
}

// polygonOf reads boundary.polygon: GeoJSON, or the corners one after another; nil when empty.
func polygonOf(s string) (orb.MultiPolygon, error) {
	if s = strings.TrimSpace(s); s == "" {
		return nil, nil
	}
	if strings.HasPrefix(s, "{") {
		g, err := geojson.UnmarshalGeometry([]byte(s))
		if err != nil {
			return nil, gis.E(gis.Invalid, nil, "boundary.polygon is no GeoJSON geometry: %v", err)
		}
		switch g := g.Geometry().(type) {
		case orb.Polygon:
			return orb.MultiPolygon{g}, nil
		case orb.MultiPolygon:
			return g, nil
		default:
			return nil, gis.E(gis.Invalid, nil, "boundary.polygon is a %s; a Polygon or a MultiPolygon is wanted", g.GeoJSONType())
		}
	}
	numbers := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
	if len(numbers)%2 != 0 || len(numbers) < 6 {
		return nil, gis.E(gis.Invalid, nil, "boundary.polygon has %d numbers; lon,lat of three corners or more are wanted", len(numbers))
	}
	var ring orb.Ring
	for k := 0; k < len(numbers); k += 2 {
		x, err := finite("boundary.polygon", numbers[k], -180, 180)
		if err != nil {
			return nil, err
		}
		y, err := finite("boundary.polygon", numbers[k+1], -90, 90)
		if err != nil {
			return nil, err
		}
		ring = append(ring, orb.Point{x, y})
	}
	if ring[0] != ring[len(ring)-1] {
		ring = append(ring, ring[0])
	}
	return orb.MultiPolygon{{ring}}, nil
}

// size reads a wished number of places: 10 when absent or no number, 1 to 40 otherwise.
func (c *call) size(name string) int {
	n, err := c.integer(name, 10, -1<<30, 1<<30)
	if err != nil {
		return 10
	}
	return min(max(n, 1), 40)
}

// layersOf maps the layer names clients use to ours; "coarse" and the like are Pelias' own.
func layersOf(s string) []string {
	var out []string
	for _, name := range fields(s) {
		switch name {
		case "coarse":
			out = append(out, geocode.LayerNeighbourhood, geocode.LayerLocaladmin)
		case "house":
			out = append(out, geocode.LayerAddress)
		case "locality", "borough":
			out = append(out, geocode.LayerNeighbourhood)
		case "district", "county":
			out = append(out, geocode.LayerLocaladmin)
		default:
			out = append(out, name)
		}
	}
	return out
}

// point reads a point from two parameters; nil when both are absent.
func (c *call) point(lon, lat string) (*orb.Point, error) {
	if c.q.Get(lon) == "" && c.q.Get(lat) == "" {
		return nil, nil
	}
	x, err := finite(lon, c.q.Get(lon), -180, 180)
	if err != nil {
		return nil, err
	}
	y, err := finite(lat, c.q.Get(lat), -90, 90)
	if err != nil {
		return nil, err
	}
	return &orb.Point{x, y}, nil
}

// need returns a text parameter that must be there.
func (c *call) need(name string) (string, error) {
	s, err := c.text(name)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(s) == "" {
		return "", gis.E(gis.Invalid, nil, "the parameter %s is missing or empty", name)
	}
	return s, nil
}

// search is GET /v1/search.
func (a *API) search(c *call) (*reply, error) {
	q, err := c.pelias()
	if err != nil {
		return nil, err
	}
	if q.Text, err = c.need("text"); err != nil {
		return nil, err
	}
	return a.searchReply(c, q)
}

func (a *API) searchReply(c *call, q geocode.Query) (*reply, error) {
	ans, err := c.view.Geo.Search(c.r.Context(), q)
	if err != nil {
		return nil, err
	}
	return a.places(c, q.Text, ans)
}

// autocomplete is GET /v1/autocomplete.
func (a *API) autocomplete(c *call) (*reply, error) {
	q, err := c.pelias()
	if err != nil {
		return nil, err
	}
	if q.Text, err = c.need("text"); err != nil {
		return nil, err
	}
	return a.autocompleteReply(c, q)
}

func (a *API) autocompleteReply(c *call, q geocode.Query) (*reply, error) {
	ans, err := c.view.Geo.Autocomplete(c.r.Context(), q)
	if err != nil {
		return nil, err
	}
	return a.places(c, q.Text, ans)
}

// structured is GET /v1/search/structured.
func (a *API) structured(c *call) (*reply, error) {
	q, err := c.pelias()
	if err != nil {
		return nil, err
	}
	s := geocode.StructuredQuery{
		Address: c.q.Get("address"), Venue: c.q.Get("venue"), Neighbourhood: c.q.Get("neighbourhood"), Locality: c.q.Get("locality"),
		County: c.q.Get("county"), Postcode: c.q.Get("postalcode"), Size: q.Size, Focus: q.Focus, Bound: q.Bound, Circle: q.Circle, Polygon: q.Polygon,
		Layers: q.Layers, Categories: q.Categories,
	}
	if s.Neighbourhood == "" {
		s.Neighbourhood = c.q.Get("borough")
	}
	asked := strings.TrimSpace(strings.Join([]string{s.County, s.Locality, s.Neighbourhood, s.Address, s.Venue, s.Postcode}, ""))
	if asked == "" {
		return nil, gis.E(gis.Invalid, nil, "give at least one of address, venue, neighbourhood, locality, county, postalcode")
	}
	ans, err := c.view.Geo.Structured(c.r.Context(), s)
	if err != nil {
		return nil, err
	}
	return a.places(c, asked, ans)
}

// place is GET /v1/place.
func (a *API) place(c *call) (*reply, error) {
	text, err := c.need("ids")
	if err != nil {
		return nil, err
	}
	var ids []string
	for id := range strings.SplitSeq(text, ",") {
		if id = strings.TrimPrefix(strings.TrimSpace(id), "wanmi:"); id == "" {
			continue
		}
		if n := len(ids); n > 0 && strings.HasPrefix(ids[n-1], geocode.LayerCoordinate+":") && !strings.Contains(id, ":") {
			ids[n-1] += "," + id // the comma of a coordinate
			continue
		}
		ids = append(ids, id)
	}
	if len(ids) > 40 {
		return nil, gis.E(gis.Invalid, nil, "ids: %d are asked for; at most 40 at once", len(ids))
	}
	var ans geocode.Answer
	for _, id := range ids {
		p, ok, err := c.view.Geo.Lookup(c.r.Context(), id)
		if err != nil {
			return nil, err
		}
		if ok {
			ans.Places = append(ans.Places, p)
		}
	}
	return a.places(c, text, ans)
}

// reverse is GET /v1/reverse.
func (a *API) reverse(c *call) (*reply, error) {
	p, err := c.point("point.lon", "point.lat")
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, gis.E(gis.Invalid, nil, "point.lat and point.lon are missing")
	}
	q, err := reverseQuery(c.size("size"), c.q.Get("boundary.circle.radius"), layersOf(c.q.Get("layers")))
	if err != nil {
		return nil, err
	}
	around, err := c.view.Around(c.r.Context(), *p, q)
	if err != nil {
		return nil, err
	}
	places := around.Places
	around.Places = nil
	return a.placesAround(c, "", geocode.Answer{Places: places}, &around)
}

// reverseReply answers with the places around p; radius in km as the client wrote it, "" for the usual.
func (a *API) reverseReply(c *call, p orb.Point, size int, radius string, layers []string) (*reply, error) {
	q, err := reverseQuery(size, radius, layers)
	if err != nil {
		return nil, err
	}
	ans, err := c.view.Geo.Reverse(c.r.Context(), p, q)
	if err != nil {
		return nil, err
	}
	return a.places(c, "", ans)
}

// reverseQuery reads how far to look; radius in km as the client wrote it, "" for the usual.
func reverseQuery(size int, radius string, layers []string) (geocode.ReverseQuery, error) {
	q := geocode.ReverseQuery{Size: size, Layers: layers}
	if radius != "" {
		km, err := finite("radius", radius, 0, 20000)
		if err != nil {
			return q, err
		}
		q.RadiusM = min(km*1000, 5000)
	}
	return q, nil
}
