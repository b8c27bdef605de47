package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wanmi/gis"
	"wanmi/tiles"
)

var collectionsParam = param{name: "collections", typ: "string", doc: "collections wanted, separated by commas; all when absent"}

// origin is what a tile set is made of: one collection, or some of all.
type origin struct {
	title  string
	path   string // below /ogc
	query  string // what picks the collections, with its ?
	layers []string
	set    *tiles.Set
}

// origin reads the collections of the path or of the query.
func (c *call) origin() (o origin, err error) {
	if err := c.format(); err != nil {
		return o, err
	}
	if o.set, err = c.tiles(); err != nil {
		return o, err
	}
	if c.vars["id"] != "" {
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
	o.layers = nil
	for name := range strings.SplitSeq(c.q.Get("collections"), ",") {
		name = strings.TrimSpace(name[strings.LastIndexByte(name, '/')+1:]) // a full address will do, too
		if !slices.Contains(all, name) {
			return o, gis.E(gis.Invalid, nil, "no collection %s with tiles; there are %s", clip(name), strings.Join(all, ", "))
		}
		if !slices.Contains(o.layers, name) {
			o.layers = append(o.layers, name)
		}
	}
	o.title, o.query = strings.Join(o.layers, ", "), "?collections="+url.QueryEscape(strings.Join(o.layers, ","))
	return o, nil
}

// ogcTilesets is GET /ogc/tiles and GET /ogc/collections/{id}/tiles.
func (a *API) ogcTilesets(c *call) (*reply, error) {
	o, err := c.origin()
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
	o, err := c.origin()
	if err != nil {
		return nil, err
	}
	m, err := c.matrixSet()
	if err != nil {
		return nil, err
	}
	out := a.tileset(c, &o, m)
	lo, hi, err := o.set.Zooms(o.layers)
	if err != nil {
		return nil, err
	}
	b, some, err := o.set.Bounds(o.layers)
	if err != nil {
		return nil, err
	}
	if some {
		all := []limits{}
		for i := max(lo-m.shift, m.first); i <= hi-m.shift; i++ {
			all = append(all, m.limits(i, b))
		}
		out["tileMatrixSetLimits"] = all
		out["boundingBox"] = object{"lowerLeft": b.Min, "upperRight": b.Max, "crs": crs84}
	}
	layers, infos := []object{}, c.layerInfos()
	for _, name := range o.layers {
		in := infos[name]
		l := object{
			"id": name, "title": in.Zh + " · " + in.En, "dataType": "vector", "propertiesSchema": propertiesOf(in),
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
	o, err := c.origin()
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
	lo, hi, err := o.set.Zooms(o.layers)
	if err != nil {
		return nil, err
	}
	if z := int(t.Z); z < lo || z > hi {
		return nil, gis.E(gis.NotFound, nil, "no tiles in matrix %s; there are some from %d to %d", c.vars["z"], max(lo-m.shift, m.first), hi-m.shift)
	}
	set := o.set
	if m.geographic {
		set = set.Geographic()
	}
	rp, err := a.tileOf(c, set, o.layers, t)
	if err != nil || rp.status != http.StatusNoContent {
		return rp, err
	}
	if b, some, err := o.set.Bounds(o.layers); err != nil || some && !m.limits(int(t.Z)-m.shift, b).has(t) {
		return nil, gis.E(gis.NotFound, err, "the tile is outside the limits of the tile set")
	}
	return rp, nil
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
