package httpapi

import (
	"math"
	"strconv"
	"strings"

	"wanmi/gis"
	"wanmi/tiles"
)

// matrixSet refuses any matrix set but the one there is.
func (c *call) matrixSet() error {
	if c.vars["tms"] != "WebMercatorQuad" {
		return gis.E(gis.NotFound, nil, "no matrix set %s; there is WebMercatorQuad", clip(c.vars["tms"]))
	}
	return nil
}

// ogcTilesets is GET /ogc/collections/{id}/tiles.
func (a *API) ogcTilesets(c *call) (*reply, error) {
	l, err := c.layer()
	if err != nil {
		return nil, err
	}
	return jsonReply(object{"tilesets": []object{a.tileset(c, l)}})
}

// ogcTileset is GET /ogc/collections/{id}/tiles/{tms}.
func (a *API) ogcTileset(c *call) (*reply, error) {
	l, err := c.layer()
	if err != nil {
		return nil, err
	}
	if err := c.matrixSet(); err != nil {
		return nil, err
	}
	return jsonReply(a.tileset(c, l))
}

func (a *API) tileset(c *call, l *gis.Layer) object {
	self := a.ogcBase(c) + "/collections/" + l.Name + "/tiles/WebMercatorQuad"
	return object{
		"title": l.Zh + " · " + l.En, "dataType": "vector", "crs": mercatorCRS, "tileMatrixSetURI": webMercator,
		"links": []object{
			{"href": self, "rel": "self", "type": "application/json"},
			{"href": a.ogcBase(c) + "/tileMatrixSets/WebMercatorQuad", "rel": "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme", "type": "application/json"},
			{"href": self + "/{tileMatrix}/{tileRow}/{tileCol}", "rel": "item", "type": mvtType, "templated": true},
		},
	}
}

// ogcTile is GET /ogc/collections/{id}/tiles/{tms}/{z}/{y}/{x}: the tile of /tiles by its other name.
func (a *API) ogcTile(c *call) (*reply, error) {
	l, err := c.layer()
	if err != nil {
		return nil, err
	}
	if err := c.matrixSet(); err != nil {
		return nil, err
	}
	c.vars["layers"] = l.Name
	c.vars["x"] = strings.TrimSuffix(c.vars["x"], ".mvt")
	return a.tile(c)
}

// ogcMatrixSets is GET /ogc/tileMatrixSets.
func (a *API) ogcMatrixSets(c *call) (*reply, error) {
	self := a.ogcBase(c) + "/tileMatrixSets/WebMercatorQuad"
	return jsonReply(object{"tileMatrixSets": []object{{
		"id": "WebMercatorQuad", "title": "Google Maps Compatible for the World", "uri": webMercator,
		"links": []link{{self, "self", "application/json", ""}},
	}}})
}

// ogcMatrixSet is GET /ogc/tileMatrixSets/{tms}: WebMercatorQuad as OGC 17-083r4 writes it, with tiles of 256 nominal pixels.
func (a *API) ogcMatrixSet(c *call) (*reply, error) {
	if err := c.matrixSet(); err != nil {
		return nil, err
	}
	const half, pixel = 20037508.342789244, 0.00028 // metres: half the world's width, a pixel by the standard
	matrices := make([]object, 0, tiles.MaxZoom+1)
	for z := range tiles.MaxZoom + 1 {
		side := math.Exp2(float64(z))
		cell := 2 * half / 256 / side
		matrices = append(matrices, object{
			"id": strconv.Itoa(z), "scaleDenominator": cell / pixel, "cellSize": cell, "cornerOfOrigin": "topLeft",
			"pointOfOrigin": [2]float64{-half, half}, "tileWidth": 256, "tileHeight": 256,
			"matrixWidth": int64(side), "matrixHeight": int64(side),
		})
	}
	return jsonReply(object{
		"id": "WebMercatorQuad", "title": "Google Maps Compatible for the World", "uri": webMercator, "crs": mercatorCRS,
		"orderedAxes": []string{"X", "Y"}, "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
		"tileMatrices": matrices,
	})
}
