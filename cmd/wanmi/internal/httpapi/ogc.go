package httpapi

import (
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"wanmi/gis"
	"wanmi/tiles"
)

// ogcClasses are the conformance classes this surface keeps.
var ogcClasses = []string{
	"http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/features",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
	"http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
	"http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
	"http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
	"http://www.opengis.net/spec/tms/2.0/conf/tilematrixsetlimits",
	"http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixsetlimits",
	"http://www.opengis.net/spec/tms/2.0/conf/tilesetmetadata",
	"http://www.opengis.net/spec/tms/2.0/conf/json-tilesetmetadata",
	"http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
	"http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
	"http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
	"http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
	"http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
	"http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/property-property",
	"http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
}

// Names of the OGC registers.
const (
	crs84       = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
	webMercator = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
	mercatorCRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
)

func ogcRoutes() []route {
	const tag, one = "OGC API", "/ogc/collections/{id}"
	f := param{name: "f", typ: "string", doc: "json"}
	return []route{
		get("ogc", "/ogc", tag, "Landing page of OGC API Features and Tiles.", (*API).ogcLanding, f).gives("Links"),
		get("ogc-slash", "/ogc/", tag, "Landing page of OGC API Features and Tiles.", (*API).ogcLanding, f).gives("Links"),
		get("ogc-api", "/ogc/api", tag, "This document.", (*API).serveOpenAPI, f).as("application/vnd.oai.openapi+json;version=3.0"),
		get("ogc-conformance", "/ogc/conformance", tag, "The conformance classes kept.", (*API).ogcConformance, f),
		get("ogc-collections", "/ogc/collections", tag, "The layers as collections.", (*API).ogcCollections, f).gives("Links"),
		get("ogc-collection", one, tag, "A layer as a collection.", (*API).ogcCollection, f).gives("Links"),
		get("ogc-queryables", one+"/queryables", tag, "What a filter of the layer may name, as a JSON schema.", (*API).ogcQueryables, f).as("application/schema+json"),
		get("ogc-items", one+"/items", tag, "Features of a layer, in pages. Any field of the layer may be a parameter: field=value; the code of a component may be a former one.", (*API).ogcItems, append([]param{
			f,
			{name: "limit", typ: "integer", doc: "most features a page, 1 to 10000; 10"},
			{name: "bbox", typ: "string", doc: "minLon,minLat,maxLon,maxLat"},
			{name: "datetime", typ: "string", doc: "the state at that moment; of an interval, at its end"},
			validAtParam,
			{name: "offset", typ: "integer", doc: "features passed over"},
			{name: "after", typ: "integer", doc: "of a next link"},
		}, filterParams...)...).gives("FeatureCollection").as(geoJSON).lenient(),
		get("ogc-item", one+"/items/{fid}", tag, "A feature by its key; 301 from the former code of a component.", (*API).ogcItem, f).gives("Feature").as(geoJSON),
		get("ogc-dataset-tilesets", "/ogc/tiles", tag, "The tile sets of all layers together, or of some.", (*API).ogcTilesets, f, collectionsParam).gives("Links"),
		get("ogc-dataset-tileset", "/ogc/tiles/{tms}", tag, "The tile set of all layers together, or of some, in a matrix set.", (*API).ogcTileset, f, collectionsParam).gives("Links"),
		get("ogc-dataset-tile", "/ogc/tiles/{tms}/{z}/{y}/{x}", tag,
			"A vector tile of all layers, or of some. 204 when nothing is there, 404 outside the limits of the tile set.", (*API).ogcTile,
			append([]param{f, collectionsParam}, tileParams...)...).as(mvtType),
		get("ogc-tilesets", one+"/tiles", tag, "The tile sets of a layer.", (*API).ogcTilesets, f).gives("Links"),
		get("ogc-tileset", one+"/tiles/{tms}", tag, "The tile set of a layer in a matrix set.", (*API).ogcTileset, f).gives("Links"),
		get("ogc-tile", one+"/tiles/{tms}/{z}/{y}/{x}", tag, "A vector tile. 204 when nothing is there, 404 outside the limits of the tile set.", (*API).ogcTile,
			append([]param{f}, tileParams...)...).as(mvtType),
		get("ogc-matrixsets", "/ogc/tileMatrixSets", tag, "The matrix sets.", (*API).ogcMatrixSets, f).gives("Links"),
		get("ogc-matrixset", "/ogc/tileMatrixSets/{tms}", tag, "A matrix set.", (*API).ogcMatrixSet, f),
	}
}

// link is a link of an OGC document.
type link struct {
	Href  string `json:"href"`
	Rel   string `json:"rel"`
	Type  string `json:"type,omitempty"`
	Title string `json:"title,omitempty"`
}

// ogcBase returns the address of the landing page, without a slash at the end.
func (a *API) ogcBase(c *call) string { return a.origin(c.r) + "/ogc" }

// format refuses any but JSON.
func (c *call) format() error {
	if f := c.q.Get("f"); f != "" && f != "json" && f != "geojson" && f != "mvt" {
		return gis.E(gis.Invalid, nil, "f must be json, not %q", clip(f))
	}
	return nil
}

// ogcLanding is GET /ogc/.
func (a *API) ogcLanding(c *call) (*reply, error) {
	if err := c.format(); err != nil {
		return nil, err
	}
	b := a.ogcBase(c)
	return jsonReply(object{
		"title": "Wanmi", "description": "Unit grids, components and the base map of a city.",
		"links": []link{
			{b + "/", "self", "application/json", "this document"},
			{b + "/api", "service-desc", "application/vnd.oai.openapi+json;version=3.0", "the API in OpenAPI"},
			{b + "/conformance", "conformance", "application/json", "conformance classes"},
			{b + "/collections", "data", "application/json", "collections"},
			{b + "/tiles", "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", "application/json", "tile sets of all collections together"},
			{b + "/tileMatrixSets", "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes", "application/json", "matrix sets"},
		},
	})
}

// ogcConformance is GET /ogc/conformance.
func (a *API) ogcConformance(c *call) (*reply, error) {
	if err := c.format(); err != nil {
		return nil, err
	}
	return jsonReply(object{"conformsTo": ogcClasses})
}

// ogcCollections is GET /ogc/collections. Tables are left out: GDAL and QGIS ask whatever is listed for its items, and they have none.
func (a *API) ogcCollections(c *call) (*reply, error) {
	if err := c.format(); err != nil {
		return nil, err
	}
	infos := c.layerInfos()
	all := []object{}
	for _, l := range gis.Layers {
		if l.Served {
			all = append(all, a.collection(c, l, infos[l.Name]))
		}
	}
	b := a.ogcBase(c)
	return jsonReply(object{"collections": all, "links": []link{{b + "/collections", "self", "application/json", ""}}})
}

// layerInfos are the catalogue's entries by name; none on a server without tiles.
func (c *call) layerInfos() map[string]tiles.LayerInfo {
	out := map[string]tiles.LayerInfo{}
	if c.view.Tiles != nil {
		for _, l := range c.view.Tiles.Catalog() {
			out[l.Name] = l
		}
	}
	return out
}

// layer returns the collection of the path.
func (c *call) layer() (*gis.Layer, error) {
	l, err := gis.LayerByName(c.vars["id"])
	if err != nil || !l.Served {
		return nil, gis.E(gis.NotFound, err, "no collection %s", clip(c.vars["id"]))
	}
	return l, nil
}

// ogcCollection is GET /ogc/collections/{id}.
func (a *API) ogcCollection(c *call) (*reply, error) {
	if l, ok := a.cfg.Tables.Layer(c.vars["id"]); ok {
		if err := c.format(); err != nil {
			return nil, err
		}
		return jsonReply(a.tableCollection(c, l))
	}
	l, err := c.layer()
	if err != nil {
		return nil, err
	}
	if err := c.format(); err != nil {
		return nil, err
	}
	infos := c.layerInfos()
	return jsonReply(a.collection(c, l, infos[l.Name]))
}

func (a *API) collection(c *call, l *gis.Layer, info tiles.LayerInfo) object {
	self := a.ogcBase(c) + "/collections/" + l.Name
	out := object{
		"id": l.Name, "title": l.Zh + " · " + l.En, "itemType": "feature", "crs": []string{crs84}, "storageCrs": crs84,
		"links": []link{
			{self, "self", "application/json", ""},
			{self + "/items", "items", geoJSON, l.En},
			{self + "/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", "application/schema+json", l.En},
			{self + "/tiles", "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector", "application/json", l.En},
		},
	}
	if info.Bounds != nil {
		out["extent"] = object{"spatial": object{"bbox": [][4]float64{*info.Bounds}, "crs": crs84}}
	}
	return out
}

// itemQuery is a wish for a page of features.
type itemQuery struct {
	limit, offset int
	after         int64
	box           *orb.Bound
	at            time.Time              // the zero time is the present
	valid         bool                   // what was so then, not what was in the database
	where         map[string]string      // field -> text it must have
	key           string                 // the field a code is in
	keep          func(gis.Feature) bool // the filter; nil: all
	none          bool                   // the filter is such that no feature can pass it
}

// itemQuery reads the parameters: those of the table, and the layer's fields.
func (c *call) itemQuery(l *gis.Layer) (q itemQuery, err error) {
	if q.limit, err = c.integer("limit", 10, 1, math.MaxInt32); err != nil {
		return q, err
	}
	q.limit = min(q.limit, 10000) // the standard: more than the most is the most
	if q.offset, err = c.integer("offset", 0, 0, math.MaxInt32); err != nil {
		return q, err
	}
	after, err := c.integer("after", 0, 0, math.MaxInt)
	if err != nil {
		return q, err
	}
	q.after, q.where = int64(after), map[string]string{}
	q.key = l.Key
	for _, name := range slices.Sorted(maps.Keys(c.q)) { // of two that are wrong the same is told each time
		if slices.ContainsFunc(c.route.params, func(p param) bool { return p.name == name }) || name == "key" {
			continue
		}
		if l.Index(name) < 0 {
			return q, gis.E(gis.Invalid, nil, "unknown query parameter %s: %s has no such field", clip(name), l.Name)
		}
		q.where[name] = c.q[name][0]
	}
	return q, nil
}

func (q itemQuery) wants(f gis.Feature) bool {
	if f.ID <= q.after {
		return false
	}
	for name, v := range q.where {
		if f.Text(name) != v {
			return false
		}
	}
	return q.keep == nil || q.keep(f)
}

// filter takes the filter of the request into q. Where no box is asked for, that of the filter narrows the read.
func (q *itemQuery) filter(c *call, l *gis.Layer) error {
	keep, p, err := c.itemFilter(l)
	if err != nil || keep == nil {
		return err
	}
	q.keep = keep
	b, all, none := p.Bound()
	q.none = none
	if !all && !none && q.box == nil {
		q.box = &b
	}
	return nil
}

// ogcItems is GET /ogc/collections/{id}/items: features by id, from one snapshot of the store.
func (a *API) ogcItems(c *call) (*reply, error) {
	l, err := c.layer()
	if err != nil {
		return nil, err
	}
	if err := c.format(); err != nil {
		return nil, err
	}
	q, err := c.itemQuery(l)
	if err != nil {
		return nil, err
	}
	if q.box, err = c.bbox("bbox"); err != nil {
		return nil, err
	}
	if q.at, err = c.datetime(); err != nil {
		return nil, err
	}
	if v := c.q.Get("valid_at"); v != "" {
		if !q.at.IsZero() {
			return nil, gis.E(gis.Invalid, nil, "datetime asks what was in the database, valid_at what was so: send one of the two")
		}
		if q.at, err = gis.Moment(v); err != nil {
			return nil, err
		}
		q.valid = true
	}
	if err := q.filter(c, l); err != nil {
		return nil, err
	}
	if err := a.codeNow(c, l, q); err != nil {
		return nil, err
	}
	features, last, more, err := a.items(c, l, q)
	if err != nil {
		return nil, err
	}
	out := object{
		"type": "FeatureCollection", "features": features, "numberReturned": len(features), "timeStamp": rfc3339(a.cfg.Now()),
	}
	if q.box == nil && q.keep == nil && len(q.where) == 0 && q.at.IsZero() {
		n, err := a.cfg.Store.Count(c.r.Context(), l.Name)
		if err != nil {
			return nil, err
		}
		out["numberMatched"] = n
	}
	links := []link{{a.itemsLink(c, l, c.q), "self", geoJSON, ""}}
	if more {
		next := copied(c.q)
		next.Del("offset")
		next.Set("after", strconv.FormatInt(last, 10))
		links = append(links, link{a.itemsLink(c, l, next), "next", geoJSON, "next page"})
	}
	out["links"] = links
	return geoJSONReply(out)
}

// codeNow puts the code a component has now in the place of a former one that is asked for.
func (a *API) codeNow(c *call, l *gis.Layer, q itemQuery) error {
	code, asked := q.where[q.key]
	if !asked || l.Name != "component" || !q.at.IsZero() { // at a moment it had the code of then
		return nil
	}
	if _, err := a.cfg.Store.Rev(c.r.Context(), l.Name, code); err == nil || gis.KindOf(err) != gis.NotFound {
		return err
	}
	if now, err := a.cfg.Store.KeyNow(c.r.Context(), l.Name, code); err == nil {
		q.where[q.key] = now
	}
	return nil
}

func (a *API) itemsLink(c *call, l *gis.Layer, q url.Values) string {
	q = copied(q)
	q.Del("key") // a link may be handed on; a key may not
	s := a.ogcBase(c) + "/collections/" + l.Name + "/items"
	if len(q) > 0 {
		s += "?" + q.Encode()
	}
	return s
}

// items collects a page; last is the id it ends with, more whether features follow.
func (a *API) items(c *call, l *gis.Layer, q itemQuery) (features []object, last int64, more bool, err error) {
	features = []object{}
	if q.none {
		return features, 0, false, nil
	}
	var within orb.Bound
	if q.box != nil {
		if within = *q.box; within == (orb.Bound{}) {
			within.Max[0] = 1e-12 // the zero bound would be everything
		}
	}
	skip := q.offset
	rows := a.cfg.Store.After(c.r.Context(), l.Name, within, q.after)
	if !q.at.IsZero() {
		rows = a.rowsThen(c, l.Name, q.at, q.valid, within)
	}
	for f, err := range rows {
		if err != nil {
			return nil, 0, false, err
		}
		if !q.wants(f) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if len(features) == q.limit {
			return features, last, true, nil
		}
		one := featureObject(f)
		one["id"] = f.Key
		features, last = append(features, one), f.ID
	}
	return features, last, false, nil
}

// ogcItem is GET /ogc/collections/{id}/items/{fid}.
func (a *API) ogcItem(c *call) (*reply, error) {
	l, err := c.layer()
	if err != nil {
		return nil, err
	}
	if err := c.format(); err != nil {
		return nil, err
	}
	var f gis.Feature
	var rev int64
	if l.Name == "component" {
		f, rev, err = a.read(c, c.vars["fid"])
	} else {
		f, err = a.cfg.Store.Feature(c.r.Context(), l.Name, c.vars["fid"])
	}
	if err != nil && l.Name == "component" {
		if now, moved := a.cfg.Store.KeyNow(c.r.Context(), l.Name, c.vars["fid"]); moved == nil {
			return movedTo(a.ogcBase(c)+"/collections/"+l.Name+"/items/", now)
		}
	}
	if err != nil {
		return nil, notFound(err, "no feature %s in %s", clip(c.vars["fid"]), l.Name)
	}
	out := featureObject(f)
	out["id"] = f.Key
	self := a.ogcBase(c) + "/collections/" + l.Name
	out["links"] = []link{{self + "/items/" + url.PathEscape(f.Key), "self", geoJSON, ""}, {self, "collection", "application/json", ""}}
	rp, err := geoJSONReply(out)
	if err == nil && l.Name == "component" { // the tag its writes are asked for in If-Match
		rp.etag, rp.plain = revTag(rev), true
	}
	return rp, err
}
