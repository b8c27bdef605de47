package httpapi

import (
	"encoding/json"
	"net/http"
	"net/url"

	"wanmi/data"
	"wanmi/data/census"
	"wanmi/gis"
)

// ogcWriteRoutes are those of OGC API Features part 4: create, replace, update, delete. QGIS edits a census with them.
func ogcWriteRoutes() []route {
	const tag, items, item = "OGC API", "/ogc/collections/{id}/items", "/ogc/collections/{id}/items/{fid}"
	return []route{
		get("ogc-create", items, tag, "Adds a component; without a code it gets the next of its class.", (*API).ogcCreate).
			by(http.MethodPost).needs(data.RoleEditor).takes("Component", geoJSON, smallBody).answers(http.StatusCreated).as("-"),
		get("ogc-replace", item, tag, "Replaces a component; If-Match is heeded when sent.", (*API).ogcReplace).
			by(http.MethodPut).needs(data.RoleEditor).takes("Component", geoJSON, smallBody).answers(http.StatusNoContent),
		get("ogc-update", item, tag, "Changes a component (merge patch); If-Match is heeded when sent.", (*API).ogcUpdate).
			by(http.MethodPatch).needs(data.RoleEditor).takes("Patch", "application/merge-patch+json", smallBody).answers(http.StatusNoContent),
		get("ogc-delete", item, tag, "Removes a component; If-Match is heeded when sent.", (*API).ogcDelete).
			by(http.MethodDelete).needs(data.RoleEditor).answers(http.StatusNoContent),
	}
}

// editable refuses collections other than component.
func (c *call) editable() error {
	l, err := c.layer()
	if err != nil {
		return err
	}
	if l.Name != "component" {
		return &statusError{
			status: http.StatusMethodNotAllowed, name: "method", title: "Not by this method", header: map[string]string{"Allow": "GET, HEAD, OPTIONS"},
			err: gis.E(gis.Invalid, nil, "the collection %s cannot be edited here; component can", l.Name),
		}
	}
	return nil
}

// fillNew fills a component that is not there yet: it needs a class and a geometry.
func (a *API) fillNew(c *call, f *gis.Feature, body componentBody) error {
	if len(body.Geometry) == 0 || string(body.Geometry) == "null" {
		return gis.E(gis.Invalid, nil, "a component needs a geometry")
	}
	return a.fill(c, f, body)
}

// giveCode gives a placed component the next code of its county and class.
func giveCode(tx data.Tx, f *gis.Feature) error {
	county := f.Text("community_code")
	if county == "" {
		county = f.Text("street_code")
	}
	if len(county) < 6 {
		return gis.E(gis.Invalid, nil, "no community holds the place, so the county of the code is not known; give the property code")
	}
	code, err := census.NextCode(tx, county[:6], f.Text("class"))
	if err == nil {
		f.Key = code
		f.Set("code", code)
	}
	return err
}

// ogcCreate is POST /ogc/collections/component/items.
func (a *API) ogcCreate(c *call) (*reply, error) {
	if err := c.editable(); err != nil {
		return nil, err
	}
	var body componentBody
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	var code string
	if raw, ok := body.Properties["code"]; ok {
		delete(body.Properties, "code")
		if err := json.Unmarshal(raw, &code); err != nil && string(raw) != "null" {
			return nil, gis.E(gis.Invalid, err, "the property code must be a JSON text")
		}
		if code != "" {
			if err := componentCode(code); err != nil {
				return nil, err
			}
		}
	}
	_, err := a.cfg.Live.Write(c.r.Context(), a.info(c), func(tx data.Tx) error {
		f := gis.NewFeature(gis.MustLayer("component"))
		f.Key = code
		if err := a.fillNew(c, &f, body); err != nil {
			return err
		}
		if code == "" {
			if err := giveCode(tx, &f); err != nil {
				return err
			}
		} else if _, err := tx.Rev("component", code); err == nil {
			return gis.E(gis.Conflict, nil, "component %s is there already", clip(code))
		}
		f.Set("code", f.Key)
		if _, _, err := tx.Put(&f); err != nil {
			return err
		}
		code = f.Key
		return reserve(tx, code, true)
	})
	if err != nil {
		return nil, err
	}
	a.after(c)
	rp := &reply{status: http.StatusCreated, cache: "no-store"}
	rp.set("Location", a.ogcBase(c)+"/collections/component/items/"+url.PathEscape(code))
	return rp, nil
}

// one takes the write of an item to that of the component: part 4 does not ask for If-Match, so none means any.
func (c *call) one() error {
	if err := c.editable(); err != nil {
		return err
	}
	c.vars["code"] = c.vars["fid"]
	if c.r.Header.Get("If-Match") == "" {
		c.r.Header.Set("If-Match", "*")
	}
	return nil
}

// done is the answer to a write of an item: part 4 wants no body.
func done(rp *reply, err error) (*reply, error) {
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusNoContent, cache: "no-store", etag: rp.etag}, nil
}

// ogcReplace is PUT /ogc/collections/component/items/{fid}.
func (a *API) ogcReplace(c *call) (*reply, error) {
	if err := c.one(); err != nil {
		return nil, err
	}
	return done(a.putComponent(c))
}

// ogcUpdate is PATCH /ogc/collections/component/items/{fid}.
func (a *API) ogcUpdate(c *call) (*reply, error) {
	if err := c.one(); err != nil {
		return nil, err
	}
	return done(a.patchComponent(c))
}

// ogcDelete is DELETE /ogc/collections/component/items/{fid}.
func (a *API) ogcDelete(c *call) (*reply, error) {
	if err := c.one(); err != nil {
		return nil, err
	}
	return a.deleteComponent(c)
}
