package httpapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/tiles"
	"wanmi/tiles/pmtiles"
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
			"A vector tile of one layer or of several, in WebMercatorQuad. 204 when nothing is there. The header Wanmi-Tile tells what was thinned (docs/tiles.md).", (*API).tile,
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
	if list := a.archiveList(); len(list) > 0 {
		out["archives"] = list
	}
	if list := a.tableList(); len(list) > 0 {
		out["tables"] = list
	}
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
	if it, ok := a.cfg.Archives.Item(c.vars["layers"]); ok {
		return a.archiveJSON(c, it)
	}
	layers, err := tiles.ParseLayers(c.vars["layers"])
	if err != nil {
		return nil, err
	}
	p := a.compose(c.view.Tiles, layers)
	infos, err := p.infos(c)
	if err != nil {
		return nil, err
	}
	rp, err := jsonReply(tiles.NewTileJSON(infos, a.origin(c.r)))
	if err == nil {
		rp.etag = bodyTag(rp.body)
	}
	return rp, err
}

// tile is GET /tiles/{layers}/{z}/{x}/{y}.mvt.
func (a *API) tile(c *call) (*reply, error) {
	if it, ok := a.cfg.Archives.Item(c.vars["layers"]); ok {
		return a.archiveTile(c, it, pmtiles.MVT)
	}
	layers, err := tiles.ParseLayers(c.vars["layers"])
	if err != nil {
		return nil, err
	}
	addr, err := tiles.ParseAddr(c.vars["z"], c.vars["x"], c.vars["y"])
	if err != nil {
		return nil, err
	}
	if p := a.compose(c.view.Tiles, layers); len(p.live) > 0 {
		return a.liveTile(c, p, addr, false)
	}
	set, err := c.tiles()
	if err != nil {
		return nil, err
	}
	return a.tileOf(c, set, layers, addr)
}

// tileOf answers with a tile of set by the request's properties and filter.
func (a *API) tileOf(c *call, set *tiles.Set, layers []string, addr maptile.Tile) (*reply, error) {
	filter, filtered, err := c.filterQuery()
	if err != nil {
		return nil, err
	}
	opt := tiles.TileOptions{}
	if c.q.Has("properties") {
		opt.Properties = fields(c.q.Get("properties"))
	}
	if filtered {
		if opt.Filter, err = set.Filter(filter); err != nil {
			return nil, err
		}
	}
	start := time.Now()
	t, how, err := set.Lookup(c.r.Context(), layers, addr, opt)
	if err != nil {
		return nil, err
	}
	rp := tileReply(t)
	a.metrics.tiles.count(c.route, a.metrics.tiles.label(layers), t, how, rp, noneMatch(c.r), time.Since(start))
	return rp, nil
}

// tileReply sends a tile, or 204 for one where nothing is.
func tileReply(t *tiles.Tile) *reply {
	rp := new(reply)
	rp.ofTile(t)
	return rp
}

func (rp *reply) ofTile(t *tiles.Tile) {
	*rp = reply{typ: mvtType, tile: t, gz: t.Gzip, hash: t.ETag}
	if t.Size == 0 {
		rp.status, rp.typ = http.StatusNoContent, ""
	}
	if h := thinnedHeader(t); h != "" {
		rp.set(tileHeader, h)
	}
}

// tileHeader tells what a tile leaves out.
const tileHeader = "Wanmi-Tile"

// thinnedHeader is a list of structured fields (RFC 9651), one for each layer that was thinned: what stands for points and for how many
// features of the layer those drawn stand, or how many lines and polygons were left out for their size; "" when nothing was.
//
//	Wanmi-Tile: component;as=cluster;features=96;stands-for=12034, land;features=40;left-out=7
func thinnedHeader(t *tiles.Tile) string {
	var b strings.Builder
	for _, n := range t.Counts {
		if n.Thinned == 0 {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		if c := n.Layer[0]; c >= 'a' && c <= 'z' {
			b.WriteString(n.Layer)
		} else {
			b.WriteString(`"` + n.Layer + `"`) // a token begins with a letter
		}
		if n.As != "" {
			fmt.Fprintf(&b, ";as=%s;features=%d;stands-for=%d", n.As, n.Features, n.Features+n.Thinned)
		} else {
			fmt.Fprintf(&b, ";features=%d;left-out=%d", n.Features, n.Thinned)
		}
		if n.Level > 0 {
			fmt.Fprintf(&b, ";level=%d", n.Level)
		}
	}
	return b.String()
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
