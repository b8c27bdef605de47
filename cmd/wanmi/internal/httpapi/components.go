package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/grids"
)

// pageParams are those of every list that comes in pages.
var pageParams = []param{
	{name: "limit", typ: "integer", doc: "most features a page, 1 to 1000; 100"},
	{name: "after", typ: "string", doc: "the code the page before ended with"},
}

func componentRoutes() []route {
	const tag = "components"
	list := append([]param{
		{name: "bbox", typ: "string", doc: "minLon,minLat,maxLon,maxLat"},
		{name: "class", typ: "string", doc: "class code or the beginning of one"},
		{name: "grid", typ: "string", doc: "code of a cell"},
		asOfParam, validAtParam,
	}, pageParams...)
	one := "/api/components/{code}"
	return []route{
		get("components", "/api/components", tag, "Components by code, in pages.", (*API).listComponents, list...).gives("FeatureCollection").as(geoJSON),
		get("component", one, tag, "A component; its ETag is the revision. A code it once had is answered with 301.", (*API).component, asOfParam, validAtParam).gives("Feature").as(geoJSON),
		get("component-history", one+"/history", tag, "The states of a component, oldest first: who, when, from which file and row. Former codes find it too.", (*API).componentHistory).gives("History"),
		get("component-put", one, tag, "Stores a component whole: with If-Match the one read, with If-None-Match: * a new one.", (*API).putComponent).
			by(http.MethodPut).needs(data.RoleEditor).takes("Component", geoJSON, smallBody).gives("Feature").as(geoJSON),
		get("component-patch", one, tag, "Changes properties or geometry of a component (merge patch); needs If-Match.", (*API).patchComponent).
			by(http.MethodPatch).needs(data.RoleEditor).takes("Patch", "application/merge-patch+json", smallBody).gives("Feature").as(geoJSON),
		get("component-delete", one, tag, "Removes a component; its history stays. Needs If-Match.", (*API).deleteComponent).
			by(http.MethodDelete).needs(data.RoleEditor).answers(http.StatusNoContent),
	}
}

// paging is a wish for a page.
type paging struct {
	limit int
	after string
}

func (c *call) page() (paging, error) {
	limit, err := c.integer("limit", 100, 1, 1000)
	return paging{limit: limit, after: c.q.Get("after")}, err
}

// listComponents is GET /api/components.
func (a *API) listComponents(c *call) (*reply, error) {
	pg, err := c.page()
	if err != nil {
		return nil, err
	}
	box, err := c.bbox("bbox")
	if err != nil {
		return nil, err
	}
	at, valid, err := c.moment()
	if err != nil {
		return nil, err
	}
	class, grid := c.q.Get("class"), c.q.Get("grid")
	within := orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
	if box != nil {
		within = *box
	}
	if grid != "" {
		code, err := grids.ParseCode(grid)
		if err != nil {
			return nil, err
		}
		grid = string(code)
	}
	if !at.IsZero() {
		return a.componentsThen(c, at, valid, box, class, grid, pg)
	}
	if box == nil && class == "" && grid == "" { // every page costs the same
		codes, more := c.view.Components.Page(pg.after, pg.limit)
		return a.componentsOf(c, codes, c.view.Components.Len(), more)
	}
	var codes []string
	for o := range c.view.Components.In(within) {
		if strings.HasPrefix(o.Class, class) && (grid == "" || o.GridCode == grid) {
			codes = append(codes, o.Code)
		}
	}
	slices.Sort(codes)
	return a.componentPage(c, codes, pg)
}

// componentPage writes the page of those components.
func (a *API) componentPage(c *call, codes []string, pg paging) (*reply, error) {
	matched := len(codes)
	codes, more := pg.of(codes)
	return a.componentsOf(c, codes, matched, more)
}

// componentsOf writes a page of components, which the View has named; a row that has gone since is left out.
func (a *API) componentsOf(c *call, codes []string, matched int, more bool) (*reply, error) {
	features := make([]object, 0, len(codes))
	for _, code := range codes {
		f, err := a.cfg.Store.Feature(c.r.Context(), "component", code)
		if gis.KindOf(err) == gis.NotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		one := featureObject(f)
		one["id"] = f.Key
		features = append(features, one)
	}
	return a.pageReply(c, features, matched, codes, more)
}

// of returns those of the sorted codes that make the page, and whether more come after them.
func (pg paging) of(codes []string) (page []string, more bool) {
	from, found := slices.BinarySearch(codes, pg.after)
	if found {
		from++
	}
	codes = codes[from:]
	return codes[:min(len(codes), pg.limit)], len(codes) > pg.limit
}

// pageReply writes a page with the link to the next.
func (a *API) pageReply(c *call, features []object, matched int, codes []string, more bool) (*reply, error) {
	out := object{"type": "FeatureCollection", "features": features, "numberMatched": matched, "numberReturned": len(features)}
	if more {
		q := copied(c.q)
		q.Set("after", codes[len(codes)-1])
		q.Del("key")
		out["links"] = []object{{"rel": "next", "type": geoJSON, "href": a.origin(c.r) + c.r.URL.Path + "?" + q.Encode()}}
	}
	return geoJSONReply(out)
}

// copied copies query parameters.
func copied(q url.Values) url.Values {
	out := url.Values{}
	for k, v := range q {
		out[k] = slices.Clone(v)
	}
	return out
}

// revTag is the entity tag of a revision. It is strong: If-Match compares strongly.
func revTag(rev int64) string { return `"` + strconv.FormatInt(rev, 10) + `"` }

// read returns a component and its revision, both of one moment.
func (a *API) read(c *call, code string) (gis.Feature, int64, error) {
	ctx := c.r.Context()
	for range 5 {
		before, err := a.cfg.Store.Rev(ctx, "component", code)
		if err != nil {
			return gis.Feature{}, 0, notFound(err, "no component %s", clip(code))
		}
		f, err := a.cfg.Store.Feature(ctx, "component", code)
		if err != nil {
			return gis.Feature{}, 0, notFound(err, "no component %s", clip(code))
		}
		after, err := a.cfg.Store.Rev(ctx, "component", code)
		if err == nil && before == after {
			return f, after, nil
		}
	}
	return gis.Feature{}, 0, gis.E(gis.Unavailable, nil, "component %s is being written to; try again", clip(code))
}

// component is GET /api/components/{code}.
func (a *API) component(c *call) (*reply, error) {
	code := c.vars["code"]
	if c.q.Get("as_of") != "" || c.q.Get("valid_at") != "" {
		return a.componentThen(c, code)
	}
	f, rev, err := a.read(c, code)
	if gis.KindOf(err) == gis.NotFound && err != nil {
		if now, moved := a.cfg.Store.KeyNow(c.r.Context(), "component", code); moved == nil {
			return movedTo(a.origin(c.r)+"/api/components/", now)
		}
	}
	if err != nil {
		return nil, err
	}
	return componentReply(f, rev)
}

func componentReply(f gis.Feature, rev int64) (*reply, error) {
	out := featureObject(f)
	out["id"] = f.Key
	rp, err := geoJSONReply(out)
	if err != nil {
		return nil, err
	}
	rp.etag, rp.plain = revTag(rev), true // a strong tag is of these very bytes
	return rp, nil
}

// componentHistory is GET /api/components/{code}/history.
func (a *API) componentHistory(c *call) (*reply, error) {
	versions, err := a.cfg.Store.History(c.r.Context(), "component", c.vars["code"])
	if err != nil {
		return nil, notFound(err, "no component %s", clip(c.vars["code"]))
	}
	if len(versions) == 0 {
		return nil, gis.E(gis.NotFound, nil, "no component %s", clip(c.vars["code"]))
	}
	list := make([]object, 0, len(versions))
	for _, v := range versions {
		one := featureObject(v.Feature)
		one["id"] = v.Feature.Key
		list = append(list, object{
			"seq": v.Seq, "at": rfc3339(v.At), "valid_from": rfc3339(v.ValidFrom), "undone": v.Undone, "actor": v.Actor, "source": v.Source, "batch": v.Batch, "file": v.File, "row": v.Row, "op": string(v.Op), "feature": one,
		})
	}
	return jsonReply(object{"code": c.vars["code"], "versions": list})
}
