package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"wanmi/cmd/wanmi/internal/shelf"
	"wanmi/gis"
	"wanmi/tiles"
	"wanmi/tiles/pmtiles"
)

// rasterTypes are the media types of tiles that are pictures.
var rasterTypes = map[pmtiles.TileType]string{
	pmtiles.PNG: "image/png", pmtiles.JPEG: "image/jpeg", pmtiles.WEBP: "image/webp", pmtiles.AVIF: "image/avif",
}

// rasterRoutes are the tiles only archives have.
func rasterRoutes() []route {
	var out []route
	for _, t := range []pmtiles.TileType{pmtiles.PNG, pmtiles.JPEG, pmtiles.WEBP, pmtiles.AVIF} {
		out = append(out, get("tile-"+t.String(), "/tiles/{layers}/{z}/{x}/{y}."+t.String(), "tiles",
			"A picture tile of an archive. 204 when nothing is there.",
			func(a *API, c *call) (*reply, error) {
				it, ok := a.cfg.Archives.Item(c.vars["layers"])
				if !ok {
					return nil, gis.E(gis.NotFound, nil, "no archive %s; layers are served as .mvt", clip(c.vars["layers"]))
				}
				return a.archiveTile(c, it, t)
			}).as(rasterTypes[t]))
	}
	return out
}

// archiveRoutes are those of a server without a city. None needs a key.
func archiveRoutes() []route {
	const tag = "tiles"
	out := append(rasterRoutes(),
		get("healthz", "/healthz", "service", "The process is up.", (*API).healthz).gives("Status"),
		get("metrics", "/metrics", "service", "Figures in Prometheus' text format.", (*API).serveMetrics).as("text/plain"),
		get("openapi", "/openapi.json", "service", "This document.", (*API).serveOpenAPI),
		get("catalog", "/catalog", tag, "The archives served.", (*API).archiveCatalog).gives("Catalog"),
		get("tilejson", "/tiles/{layers}.json", tag, "TileJSON 3.0.0 of an archive.", onlyArchive((*API).archiveJSON)).gives("TileJSON"),
		get("tile", "/tiles/{layers}/{z}/{x}/{y}.mvt", tag, "A vector tile of an archive. 204 when nothing is there.",
			onlyArchive(func(a *API, c *call, it *shelf.Item) (*reply, error) { return a.archiveTile(c, it, pmtiles.MVT) })).as(mvtType),
	)
	for i := range out {
		out[i].open = true
	}
	return out
}

// onlyArchive finds the archive a path names.
func onlyArchive(serve func(*API, *call, *shelf.Item) (*reply, error)) func(*API, *call) (*reply, error) {
	return func(a *API, c *call) (*reply, error) {
		it, ok := a.cfg.Archives.Item(c.vars["layers"])
		if !ok {
			return nil, gis.E(gis.NotFound, nil, "no archive %s; /catalog lists what is served", clip(c.vars["layers"]))
		}
		return serve(a, c, it)
	}
}

// archiveCatalog is GET /catalog of a server without a city.
func (a *API) archiveCatalog(*call) (*reply, error) {
	rp, err := jsonReply(object{"layers": []object{}, "archives": a.archiveList()})
	if err == nil {
		rp.etag = bodyTag(rp.body)
	}
	return rp, err
}

// archiveList describes the archives, as far as they are known: no server is asked for it.
func (a *API) archiveList() []object {
	out := []object{}
	for _, it := range a.cfg.Archives.Items() {
		o := object{"name": it.Name, "remote": it.Remote()}
		m, err := it.Known()
		switch {
		case err != nil:
			o["error"] = gis.Public(err)
		case m != nil:
			o["format"], o["type"], o["minzoom"], o["maxzoom"], o["bounds"] = m.Format, m.Type.String(), m.MinZoom, m.MaxZoom, m.Bounds
			if m.Attribution != "" {
				o["attribution"] = m.Attribution
			}
		}
		out = append(out, o)
	}
	return out
}

// archiveJSON is GET /tiles/{name}.json of an archive.
func (a *API) archiveJSON(c *call, it *shelf.Item) (*reply, error) {
	m, err := it.Meta(c.r.Context())
	if err != nil {
		return nil, archiveFault(err)
	}
	doc := object{
		"tilejson": "3.0.0", "name": it.Name, "scheme": "xyz", "minzoom": m.MinZoom, "maxzoom": m.MaxZoom, "bounds": m.Bounds, "center": m.Center,
		"tiles": []string{a.origin(c.r) + "/tiles/" + it.Name + "/{z}/{x}/{y}." + m.Type.String()},
	}
	if m.Name != "" {
		doc["name"] = m.Name
	}
	for k, v := range map[string]string{"description": m.Description, "attribution": m.Attribution} {
		if v != "" {
			doc[k] = v
		}
	}
	if m.Layers != nil {
		doc["vector_layers"] = m.Layers
	}
	rp, err := jsonReply(doc)
	if err == nil {
		rp.etag = bodyTag(rp.body)
	}
	return rp, err
}

// archiveTile is GET /tiles/{name}/{z}/{x}/{y} of an archive whose tiles are of type t.
func (a *API) archiveTile(c *call, it *shelf.Item, t pmtiles.TileType) (*reply, error) {
	addr, err := tiles.ParseAddr(c.vars["z"], c.vars["x"], c.vars["y"])
	if err != nil {
		return nil, err
	}
	for _, p := range []string{"properties", "filter"} {
		if c.q.Has(p) {
			return nil, gis.E(gis.Invalid, nil, "%s is for layers; %s is an archive, whose tiles are made", p, it.Name)
		}
	}
	tile, err := it.Tile(c.r.Context(), addr)
	if err != nil {
		return nil, archiveFault(err)
	}
	if have := tile.Meta.Type; have != t {
		return nil, gis.E(gis.NotFound, nil, "the tiles of %s are %s: ask for .%s", it.Name, have, have)
	}
	return archiveReply(c, it, tile)
}

// archiveReply sends a tile as it is stored where the client takes that, unpacked otherwise.
func archiveReply(c *call, it *shelf.Item, tile shelf.Tile) (*reply, error) {
	h := sha256.Sum256(tile.Data)
	rp := &reply{typ: mvtType, hash: hex.EncodeToString(h[:16])}
	if len(tile.Data) == 0 {
		rp.status, rp.typ = http.StatusNoContent, ""
		return rp, nil
	}
	if typ, ok := rasterTypes[tile.Meta.Type]; ok {
		rp.typ, rp.body, rp.plain = typ, tile.Data, true
		return rp, nil
	}
	if tile.Meta.Packed(tile.Data) == pmtiles.Gzip {
		rp.gz = tile.Data
		if chosenCoding(c.r.Header.Get("Accept-Encoding"), rp.codings()) == gzipName {
			return rp, nil
		}
	}
	var err error
	if rp.body, err = tile.Meta.Unpack(tile.Data); err != nil {
		return nil, brokenTile(it, err)
	}
	return rp, nil
}

// brokenTile says that a stored tile cannot be unpacked.
func brokenTile(it *shelf.Item, err error) error {
	if it.Remote() {
		return archiveFault(gis.E(gis.Unavailable, errors.Join(shelf.ErrGateway, err), "archive %s: the tile is damaged", it.Name))
	}
	return gis.E(gis.Internal, err, "archive %s: the tile is damaged", it.Name)
}

// archiveFault makes what another server is to blame for a 502.
func archiveFault(err error) error {
	if !errors.Is(err, shelf.ErrGateway) {
		return err
	}
	return &statusError{status: http.StatusBadGateway, name: "bad-gateway", title: "The archive's server is at fault", err: err}
}
