package httpapi

import (
	"slices"

	"wanmi/gis"
	"wanmi/grids"
)

func gridRoutes() []route {
	const tag = "grids"
	return []route{
		get("grid-at", "/api/grids", tag, "The cell at a point.", (*API).gridAt,
			param{name: "at", typ: "string", doc: "LON,LAT", must: true}).gives("Feature").as(geoJSON),
		get("grid", "/api/grids/{code}", tag, "A cell by its code, a void one too.", (*API).grid).gives("Feature").as(geoJSON),
		get("grid-components", "/api/grids/{code}/components", tag, "The components in a cell, by code.", (*API).gridComponents, pageParams...).
			gives("FeatureCollection").as(geoJSON),
		get("grid-lineage", "/api/grids/{code}/lineage", tag, "Where a cell came from and what became of it.", (*API).gridLineage).gives("Lineage"),
	}
}

// gridCode parses the code of the path.
func (c *call) gridCode() (grids.Code, error) { return grids.ParseCode(c.vars["code"]) }

// gridAt is GET /api/grids?at=LON,LAT.
func (a *API) gridAt(c *call) (*reply, error) {
	p, err := lonLat("at", c.q.Get("at"))
	if err != nil {
		return nil, err
	}
	cell, ok := c.view.Grids.At(p)
	if !ok {
		return nil, gis.E(gis.NotFound, nil, "no cell at %g,%g", p[0], p[1])
	}
	return a.cellReply(c, cell)
}

// grid is GET /api/grids/{code}. The View holds the valid cells; a void one is the store's to tell.
func (a *API) grid(c *call) (*reply, error) {
	code, err := c.gridCode()
	if err != nil {
		return nil, err
	}
	cell, ok := c.view.Grids.Cell(code)
	if !ok {
		f, err := a.cfg.Store.Feature(c.r.Context(), "unit_grid", string(code))
		if err != nil {
			return nil, notFound(err, "no grid %s", code)
		}
		if cell, err = grids.CellOf(f); err != nil {
			return nil, err
		}
	}
	return a.cellReply(c, cell)
}

// notFound gives a missing row the sentence of this surface.
func notFound(err error, format string, args ...any) error {
	if gis.KindOf(err) == gis.NotFound {
		return gis.E(gis.NotFound, err, format, args...)
	}
	return err
}

// cellReply writes a cell as a GeoJSON feature with its community, street and neighbours.
func (a *API) cellReply(c *call, cell grids.Cell) (*reply, error) {
	f := cell.Feature()
	out := featureObject(f)
	out["id"] = string(cell.Code)
	props := out["properties"].(object)
	if area, ok := c.view.Communities.Get(cell.Community); ok {
		props["community_name"] = area.Name
		props["street_code"], props["street_name"] = area.StreetCode, area.StreetName
		if s, ok := c.view.Streets.Get(area.StreetCode); ok {
			props["street_name"] = s.Name
		}
	}
	neighbours := []string{}
	for _, n := range c.view.Grids.Neighbours(cell.Code) {
		neighbours = append(neighbours, string(n))
	}
	props["neighbours"] = neighbours
	if rev, err := a.cfg.Store.Rev(c.r.Context(), "unit_grid", string(cell.Code)); err == nil {
		props["rev"] = gridRev(cell.Code, rev) // what If-Match of an edit names
	}
	// What most callers want of a cell stands at the top too: RFC 7946 allows foreign members.
	out["code"], out["area_m2"], out["community_code"] = string(cell.Code), cell.AreaM2, cell.Community
	rp, err := geoJSONReply(out)
	if err == nil {
		rp.etag = bodyTag(rp.body)
	}
	return rp, err
}

// gridComponents is GET /api/grids/{code}/components: what the register says is in the cell and what stands in it.
func (a *API) gridComponents(c *call) (*reply, error) {
	code, err := c.gridCode()
	if err != nil {
		return nil, err
	}
	cell, ok := c.view.Grids.Cell(code)
	if !ok {
		return nil, gis.E(gis.NotFound, nil, "no valid grid %s", code)
	}
	pg, err := c.page()
	if err != nil {
		return nil, err
	}
	var codes []string
	for o := range c.view.Components.In(cell.Polygon.Bound()) {
		at, ok := c.view.Grids.At(o.Point)
		if ok && at.Code == code || !ok && o.GridCode == string(code) {
			codes = append(codes, o.Code)
		}
	}
	slices.Sort(codes)
	return a.componentPage(c, codes, pg)
}

// gridLineage is GET /api/grids/{code}/lineage.
func (a *API) gridLineage(c *call) (*reply, error) {
	code, err := c.gridCode()
	if err != nil {
		return nil, err
	}
	rows, err := a.cfg.Store.Lineage(c.r.Context(), string(code))
	if err != nil {
		return nil, err
	}
	if _, ok := c.view.Grids.Cell(code); !ok && len(rows) == 0 {
		if _, err := a.cfg.Store.Feature(c.r.Context(), "unit_grid", string(code)); err != nil {
			return nil, notFound(err, "no grid %s", code)
		}
	}
	list := make([]object, 0, len(rows))
	for _, l := range rows {
		list = append(list, object{"from": l.From, "to": l.To, "why": l.Why, "at": rfc3339(l.At)})
	}
	return jsonReply(object{"code": string(code), "lineage": list})
}
