package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"wanmi/gis"
	"wanmi/tiles"
)

// mvtType is the media type of a Mapbox vector tile.
const mvtType = "application/vnd.mapbox-vector-tile"

var tileParams = append([]param{
	{name: "properties", typ: "string", doc: "fields wanted, separated by commas; all when absent"},
}, filterParams...)

func tileRoutes() []route {
	const tag = "tiles"
	return []route{
		get("catalog", "/catalog", tag, "The layers served, with counts, zooms and fields.", (*API).catalog).gives("Catalog"),
		get("tilejson", "/tiles/{layers}.json", tag, "TileJSON 3.0.0 of one layer or of several, separated by commas.", (*API).tileJSON).gives("TileJSON"),
		get("tile", "/tiles/{layers}/{z}/{x}/{y}.mvt", tag,
			"A vector tile of one layer or of several, in WebMercatorQuad. 204 when nothing is there.", (*API).tile,
			tileParams...).as(mvtType),
	}
}

// catalog is GET /catalog.
func (a *API) catalog(c *call) (*reply, error) {
	set, err := c.tiles()
	if err != nil {
		return nil, err
	}
	out := object{}
	for k, v := range a.cfg.About {
		out[k] = v
	}
	out["generation"], out["layers"] = c.view.Gen, set.Catalog()
	rp, err := jsonReply(out)
	if err == nil {
		rp.etag = bodyTag(rp.body)
	}
	return rp, err
}

// tiles returns the View's tiles, which only a server without a map lacks.
func (c *call) tiles() (*tiles.Set, error) {
	if c.view.Tiles == nil {
		return nil, gis.E(gis.Unavailable, nil, "this server serves no tiles")
	}
	return c.view.Tiles, nil
}

// tileJSON is GET /tiles/{layers}.json.
func (a *API) tileJSON(c *call) (*reply, error) {
	layers, err := tiles.ParseLayers(c.vars["layers"])
	if err != nil {
		return nil, err
	}
	set, err := c.tiles()
	if err != nil {
		return nil, err
	}
	doc, err := set.TileJSON(layers, a.origin(c.r))
	if err != nil {
		return nil, err
	}
	rp, err := jsonReply(doc)
	if err == nil {
		rp.etag = bodyTag(rp.body)
	}
	return rp, err
}

// tile is GET /tiles/{layers}/{z}/{x}/{y}.mvt.
func (a *API) tile(c *call) (*reply, error) {
	layers, err := tiles.ParseLayers(c.vars["layers"])
	if err != nil {
		return nil, err
	}
	addr, err := tiles.ParseAddr(c.vars["z"], c.vars["x"], c.vars["y"])
	if err != nil {
		return nil, err
	}
	filter, filtered, err := c.filterQuery()
	if err != nil {
		return nil, err
	}
	opt := tiles.TileOptions{}
	if c.q.Has("properties") {
		opt.Properties = fields(c.q.Get("properties"))
	}
	set, err := c.tiles()
	if err != nil {
		return nil, err
	}
	if filtered {
		if opt.Filter, err = set.Filter(filter); err != nil {
			return nil, err
		}
	}
	t, err := set.Tile(c.r.Context(), layers, addr, opt)
	if err != nil {
		return nil, err
	}
	rp := &reply{typ: mvtType, body: t.Data, gz: t.Gzip, etag: `W/"` + t.ETag + `"`}
	if t.ETag == "" {
		rp.etag = bodyTag(t.Data)
	}
	if len(t.Data) == 0 {
		rp.status, rp.typ = http.StatusNoContent, ""
	}
	return rp, nil
}

// fields splits a list at commas, drops empty and repeated names and sorts it, so that equal wishes are equal requests.
// Never nil: an empty list asks for no fields at all.
func fields(s string) []string {
	out := []string{}
	for f := range strings.SplitSeq(s, ",") {
		if f = strings.TrimSpace(f); f != "" {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
