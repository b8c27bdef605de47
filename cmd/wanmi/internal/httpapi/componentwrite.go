package httpapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wanmi/data"
	"wanmi/gis"
	"wanmi/gis/geom"
)

// precondition is what a write demands of the row.
type precondition struct {
	match string // If-Match, "" when absent
	fresh bool   // If-None-Match: *
}

func (c *call) precondition() (precondition, error) {
	p := precondition{match: c.r.Header.Get("If-Match"), fresh: strings.TrimSpace(c.r.Header.Get("If-None-Match")) == "*"}
	if p.match == "" && !p.fresh {
		return p, unconditional()
	}
	return p, nil
}

// hold checks the precondition inside the write, where nobody can come in between. exists tells whether the row is there.
func (p precondition) hold(tx data.Tx, code string) (exists bool, err error) {
	rev, err := tx.Rev("component", code)
	switch {
	case err != nil && gis.KindOf(err) != gis.NotFound:
		return false, err
	case err != nil && p.match != "":
		return false, gis.E(gis.NotFound, err, "no component %s", clip(code))
	case err != nil:
		return false, nil
	case p.fresh:
		return true, gis.E(gis.Stale, nil, "component %s is there already", clip(code))
	case strings.TrimSpace(p.match) != "*" && !strongly(p.match, revTag(rev)):
		return true, gis.E(gis.Stale, nil, "component %s has changed since it was read; read it again", clip(code))
	}
	return true, nil
}

// strongly reports whether a list of entity tags names etag by strong comparison: a weak one never matches.
func strongly(list, etag string) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(s string) bool { return strings.TrimSpace(s) == etag })
}

// componentBody is what PUT and PATCH read: a GeoJSON feature, or the properties alone as one flat object.
type componentBody struct {
	Geometry   json.RawMessage
	Properties map[string]json.RawMessage
}

// UnmarshalJSON takes the members of a feature, and every other member as a property.
func (b *componentBody) UnmarshalJSON(raw []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return err
	}
	b.Geometry, b.Properties = members["geometry"], map[string]json.RawMessage{}
	if nested, ok := members["properties"]; ok {
		if err := json.Unmarshal(nested, &b.Properties); err != nil {
			return err
		}
	}
	for _, name := range []string{"type", "id", "geometry", "properties", "bbox", "links"} {
		delete(members, name)
	}
	for name, v := range members {
		if b.Properties == nil {
			b.Properties = map[string]json.RawMessage{}
		}
		b.Properties[name] = v
	}
	return nil
}

// putComponent is PUT /api/components/{code}.
func (a *API) putComponent(c *call) (*reply, error) {
	var body componentBody
	return a.writeComponent(c, &body, func(tx data.Tx, code string, exists bool) (gis.Feature, error) {
		f := gis.NewFeature(gis.MustLayer("component"))
		f.Key = code
		f.Set("code", code)
		if exists {
			old, err := tx.Feature("component", code)
			if err != nil {
				return f, err
			}
			f.ID = old.ID
		}
		if len(body.Geometry) == 0 || string(body.Geometry) == "null" {
			return f, gis.E(gis.Invalid, nil, "a component needs a geometry")
		}
		return f, a.fill(c, &f, body)
	})
}

// patchComponent is PATCH /api/components/{code}.
func (a *API) patchComponent(c *call) (*reply, error) {
	if c.r.Header.Get("If-Match") == "" {
		return nil, unconditional()
	}
	var body componentBody
	return a.writeComponent(c, &body, func(tx data.Tx, code string, _ bool) (gis.Feature, error) {
		f, err := tx.Feature("component", code)
		if err != nil {
			return f, notFound(err, "no component %s", clip(code))
		}
		f = f.Clone()
		return f, a.fill(c, &f, body)
	})
}

// writeComponent reads the body, makes the row inside the write, and answers with it as it is stored.
func (a *API) writeComponent(c *call, body *componentBody, build func(tx data.Tx, code string, exists bool) (gis.Feature, error)) (*reply, error) {
	pre, err := c.precondition()
	if err != nil {
		return nil, err
	}
	code := c.vars["code"]
	if err := componentCode(code); err != nil {
		return nil, err
	}
	if err := c.decode(body); err != nil {
		return nil, err
	}
	var f gis.Feature
	var rev int64
	created := false
	_, err = a.cfg.Live.Write(c.r.Context(), a.info(c), func(tx data.Tx) error {
		exists, err := pre.hold(tx, code)
		if err != nil {
			return err
		}
		created = !exists
		if f, err = build(tx, code, exists); err != nil {
			return err
		}
		if _, _, err := tx.Put(&f); err != nil {
			return err
		}
		if err := reserve(tx, code, created); err != nil {
			return err
		}
		rev, err = tx.Rev("component", code)
		return err
	})
	if err != nil {
		return nil, err
	}
	a.after(c)
	rp, err := componentReply(f, rev)
	if err == nil && created {
		rp.status = http.StatusCreated
		rp.set("Location", a.origin(c.r)+"/api/components/"+url.PathEscape(code))
	}
	return rp, err
}

// reserve keeps the number of a code that came from outside from being given again: county 6, class 5 or 4, number 6.
func reserve(tx data.Tx, code string, created bool) error {
	if !created || len(code) != 17 && len(code) != 16 {
		return nil
	}
	n, err := strconv.ParseUint(code[len(code)-6:], 10, 63)
	if err != nil {
		return nil //nolint:nilerr // not of the standard's form: the counters never make such a one
	}
	return tx.Reserve("component/"+code[:6]+"/"+code[6:len(code)-6], int64(n))
}

// info says who writes.
func (a *API) info(c *call) data.WriteInfo {
	return data.WriteInfo{Actor: c.who.name, Source: "api"}
}

// after shows the generation the write has made.
func (a *API) after(c *call) {
	c.view = a.cfg.Live.View()
	c.w.Header().Set("X-Wanmi-Generation", strconv.FormatUint(uint64(c.view.Gen), 10))
}

// componentCode refuses keys that are no code: digits and capitals, 1 to 32.
func componentCode(code string) error {
	if code == "" || len(code) > 32 || strings.ContainsFunc(code, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_'
	}) {
		return gis.E(gis.Invalid, nil, "%q is no component code: letters and digits, 32 at most", clip(code))
	}
	return nil
}

// fill puts the body's values into the row; where a thing is moved, its cell, community and street follow unless given.
func (a *API) fill(c *call, f *gis.Feature, body componentBody) error {
	for name, raw := range body.Properties {
		field, ok := f.Layer.Field(name)
		if !ok {
			return gis.E(gis.Invalid, nil, "components have no property %q", clip(name))
		}
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			return jsonFault(err, nil)
		}
		v, err := valueFrom(field, v)
		if err != nil {
			return err
		}
		if name == "code" && v != nil && v != f.Key {
			return gis.E(gis.Invalid, nil, "the code of a component does not change; delete it and store another")
		}
		if name != "code" {
			f.Set(name, v)
		}
	}
	for _, field := range f.Layer.Fields {
		if field.Must && f.Text(field.Name) == "" {
			return gis.E(gis.Invalid, nil, "the property %s is missing", field.Name)
		}
	}
	if len(body.Geometry) == 0 || string(body.Geometry) == "null" {
		return nil
	}
	g, err := geometryFrom(body.Geometry, f.Layer.Geom)
	if err != nil {
		return err
	}
	f.Geom = g
	a.replace(c, f, body)
	return nil
}

// replace sets cell, community and street of a moved row.
func (a *API) replace(c *call, f *gis.Feature, body componentBody) {
	grid, community, communityName, street, streetName, ok := c.view.Place(geom.LabelPoint(f.Geom))
	if !ok {
		return
	}
	for _, o := range [][2]string{
		{"grid_code", grid}, {"community_code", community}, {"community_name", communityName}, {"street_code", street}, {"street_name", streetName},
	} {
		if _, given := body.Properties[o[0]]; !given {
			f.SetText(o[0], o[1])
		}
	}
}

// deleteComponent is DELETE /api/components/{code}.
func (a *API) deleteComponent(c *call) (*reply, error) {
	pre, err := c.precondition()
	if err != nil {
		return nil, err
	}
	if pre.match == "" {
		return nil, unconditional()
	}
	code := c.vars["code"]
	_, err = a.cfg.Live.Write(c.r.Context(), a.info(c), func(tx data.Tx) error {
		if _, err := pre.hold(tx, code); err != nil {
			return err
		}
		return tx.Delete("component", code)
	})
	if err != nil {
		return nil, err
	}
	a.after(c)
	return &reply{status: http.StatusNoContent, cache: "no-store"}, nil
}
