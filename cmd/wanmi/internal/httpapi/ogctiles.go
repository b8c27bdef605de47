package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/cmd/wanmi/internal/tables"
	"wanmi/gis"
	"wanmi/tiles"
)

var collectionsParam = param{name: "collections", typ: "string", doc: "collections wanted, separated by commas; all when absent"}

// origin is what a tile set is made of: one collection, or some of all.
type origin struct {
	title string
	path  string // below /ogc
	query string // what picks the collections, with its ?
	composed
}

// originOf reads the collections of the path or of the query. Without a choice they are all those of the city; tables are chosen by name.
func (a *API) originOf(c *call) (o origin, err error) {
	if err := c.format(); err != nil {
		return o, err
	}
	id := c.vars["id"]
	if l, ok := a.cfg.Tables.Layer(id); ok {
		o.title, o.path, o.composed = l.Name(), "/collections/"+l.Name(), composed{live: []*tables.Layer{l}}
		if in, _ := l.Known(); in != nil {
			o.title = titleOf(in)
		}
		return o, nil
	}
	if o.set, err = c.tiles(); err != nil {
		return o, err
	}
	if id != "" {
		l, err := c.layer()
		if err != nil {
			return o, err
		}
		if !o.set.Has(l.Name) {
			return o, gis.E(gis.NotFound, nil, "collection %s has no tiles", l.Name)
		}
		o.title, o.path, o.layers = l.Zh+" · "+l.En, "/collections/"+l.Name, []string{l.Name}
		return o, nil
	}
	o.title = "全部图层 · All collections"
	var all []string
	for _, l := range gis.Layers {
		if l.Served && o.set.Has(l.Name) {
			all = append(all, l.Name)
		}
	}
	if o.layers = all; !c.q.Has("collections") {
		return o, nil
	}
	for _, l := range a.cfg.Tables.Layers() {
		all = append(all, l.Name())
	}
	var names []string
	for name := range strings.SplitSeq(c.q.Get("collections"), ",") {
		name = strings.TrimSpace(name[strings.LastIndexByte(name, '/')+1:]) // a full address will do, too
		if !slices.Contains(all, name) {
			return o, gis.E(gis.Invalid, nil, "no collection %s with tiles; there are %s", clip(name), strings.Join(all, ", "))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	o.composed = a.compose(o.set, names)
	o.title, o.query = strings.Join(names, ", "), "?collections="+url.QueryEscape(strings.Join(names, ","))
	return o, nil
}

// ogcTilesets is GET /ogc/tiles and GET /ogc/collections/{id}/tiles.
func (a *API) ogcTilesets(c *call) (*reply, error) {
	o, err := a.originOf(c)
	if err != nil {
		return nil, err
	}
	all := []object{}
	for i := range matrixSets {
		all = append(all, a.tileset(c, &o, &matrixSets[i]))
	}
	self := a.ogcBase(c) + o.path + "/tiles" + o.query
	return jsonReply(object{"tilesets": all, "links": []link{{self, "self", "application/json", ""}}})
}

// ogcTileset is GET /ogc/tiles/{tms} and GET /ogc/collections/{id}/tiles/{tms}.
func (a *API) ogcTileset(c *call) (*reply, error) {
	o, err := a.originOf(c)
	if err != nil {
		return nil, err
	}
	m, err := c.matrixSet()
	if err != nil {
		return nil, err
	}
	out := a.tileset(c, &o, m)
	infos, err := o.infos(c)
	if err != nil {
		return nil, err
	}
	lo, hi, b, some := span(infos)
	if some {
		all := []limits{}
		for i := max(lo-m.shift, m.first); i <= hi-m.shift; i++ {
			all = append(all, m.limits(i, b))
		}
		out["tileMatrixSetLimits"] = all
		out["boundingBox"] = object{"lowerLeft": b.Min, "upperRight": b.Max, "crs": crs84}
	}
	layers := []object{}
	for _, in := range infos {
		l := object{
			"id": in.Name, "title": titleOf(&in), "dataType": "vector", "propertiesSchema": propertiesOf(in),
			"minTileMatrix": strconv.Itoa(max(in.MinZoom-m.shift, m.first)), "maxTileMatrix": strconv.Itoa(in.MaxZoom - m.shift),
		}
		if d := slices.Index([]string{gis.Point.String(), gis.Line.String(), gis.Polygon.String()}, in.Geometry); d >= 0 {
			l["geometryDimension"] = d
		}
		layers = append(layers, l)
	}
	out["layers"], out["mediaTypes"] = layers, []string{mvtType}
	return jsonReply(out)
}

// tileset is what the list of tile sets has of each.
func (a *API) tileset(c *call, o *origin, m *matrixSet) object {
	self := a.ogcBase(c) + o.path + "/tiles/" + m.id
	out := object{
		"title": o.title, "dataType": "vector", "crs": m.crs, "tileMatrixSetId": m.id,
		"links": []object{
			{"href": self + o.query, "rel": "self", "type": "application/json"},
			{"href": a.ogcBase(c) + "/tileMatrixSets/" + m.id, "rel": "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme", "type": "application/json"},
			{"href": self + "/{tileMatrix}/{tileRow}/{tileCol}" + o.query, "rel": "item", "type": mvtType, "templated": true},
		},
	}
	if m.uri != "" {
		out["tileMatrixSetURI"] = m.uri
	}
	return out
}

// ogcTile is GET /ogc/tiles/{tms}/{z}/{y}/{x} and GET /ogc/collections/{id}/tiles/{tms}/{z}/{y}/{x}. What is outside the limits of the
// tile set is not found.
func (a *API) ogcTile(c *call) (*reply, error) {
	o, err := a.originOf(c)
	if err != nil {
		return nil, err
	}
	m, err := c.matrixSet()
	if err != nil {
		return nil, err
	}
	t, err := m.addr(c.vars["z"], c.vars["y"], strings.TrimSuffix(c.vars["x"], ".mvt"))
	if err != nil {
		return nil, err
	}
	lo, hi, err := o.zooms(c)
	if err != nil {
		return nil, err
	}
	if z := int(t.Z); z < lo || z > hi {
		return nil, gis.E(gis.NotFound, nil, "no tiles in matrix %s; there are some from %d to %d", c.vars["z"], max(lo-m.shift, m.first), hi-m.shift)
	}
	rp, err := a.ogcTileOf(c, &o, t, m)
	if err != nil || rp.status != http.StatusNoContent {
		return rp, err
	}
	if b, some, err := o.bounds(c); err != nil || some && !m.limits(int(t.Z)-m.shift, b).has(t) {
		return nil, gis.E(gis.NotFound, err, "the tile is outside the limits of the tile set")
	}
	return rp, nil
}

func (a *API) ogcTileOf(c *call, o *origin, t maptile.Tile, m *matrixSet) (*reply, error) {
	if len(o.live) > 0 {
		return a.liveTile(c, o.composed, t, m.geographic)
	}
	set := o.set
	if m.geographic {
		set = set.Geographic()
	}
	return a.tileOf(c, set, o.layers, t)
}

// zooms are the first and the last that have tiles.
func (o *origin) zooms(c *call) (lo, hi int, err error) {
	if len(o.live) == 0 {
		return o.set.Zooms(o.layers)
	}
	infos, err := o.infos(c)
	lo, hi, _, _ = span(infos)
	return lo, hi, err
}

// bounds are where something is, in degrees.
func (o *origin) bounds(c *call) (b orb.Bound, some bool, err error) {
	if len(o.live) == 0 {
		return o.set.Bounds(o.layers)
	}
	infos, err := o.infos(c)
	_, _, b, some = span(infos)
	return b, some, err
}

// propertiesOf is the JSON schema of a layer's properties in tiles.
func propertiesOf(in tiles.LayerInfo) object {
	ps := object{}
	for _, f := range in.Fields {
		p := object{"type": "string", "title": f.Zh + " · " + f.En}
		switch f.Type {
		case gis.Int.String():
			p["type"] = "integer"
		case gis.Real.String():
			p["type"] = "number"
		case gis.Bool.String():
			p["type"] = "boolean"
		}
		ps[f.Name] = p
	}
	return object{"type": "object", "properties": ps}
}
