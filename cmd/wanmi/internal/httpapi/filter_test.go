package httpapi_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wanmi/cmd/wanmi/internal/city/citytest"
)

// items are the ids of a reply's features and its next link.
type items struct {
	Features       []struct{ ID string }
	Links          []struct{ Rel, Href string }
	NumberMatched  *int
	NumberReturned int
}

func (i items) ids() []string {
	ids := []string{}
	for _, f := range i.Features {
		ids = append(ids, f.ID)
	}
	return ids
}

func itemsPath(layer, filter string, more ...string) string {
	q := url.Values{"filter": {filter}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return "/ogc/collections/" + layer + "/items?" + q.Encode()
}

func TestItemsFilter(t *testing.T) {
	s := start(t, nil)
	at := citytest.At(-15, 13) // where Cover is
	box := fmt.Sprintf("%.6f, %.6f, %.6f, %.6f", at[0]-1e-4, at[1]-1e-4, at[0]+1e-4, at[1]+1e-4)
	latBox := fmt.Sprintf("%.6f, %.6f, %.6f, %.6f", at[1]-1e-4, at[0]-1e-4, at[1]+1e-4, at[0]+1e-4)
	mx, my := at[0]*math.Pi/180*6378137, math.Asinh(math.Tan(at[1]*math.Pi/180))*6378137
	mercator := fmt.Sprintf("%.2f, %.2f, %.2f, %.2f", mx-5, my-5, mx+5, my+5)
	const epsg = "http://www.opengis.net/def/crs/EPSG/0/"
	for _, c := range []struct {
		path string
		want []string
	}{
		{itemsPath("component", "class = '01002'"), []string{citytest.Cover, citytest.FarCover}},
		{itemsPath("component", "class = '01002' AND grid_code = '"+citytest.NorthWest+"'"), []string{citytest.Cover}},
		{itemsPath("component", `{"op":"like","args":[{"property":"class_name"},"污水%"]}`), []string{citytest.Cover, citytest.FarCover}},
		{itemsPath("component", `{"op":"=","args":[{"property":"code"},"`+citytest.FarCover+`"]}`, "filter-lang", "cql2-json"), []string{citytest.FarCover}},
		{itemsPath("component", "S_INTERSECTS(geometry, BBOX("+box+"))"), []string{citytest.Cover}},
		{itemsPath("component", "S_WITHIN(geometry, BBOX("+box+"))", "filter-crs", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"), []string{citytest.Cover}},
		{itemsPath("component", "S_INTERSECTS(geometry, BBOX("+latBox+"))", "filter-crs", epsg+"4490"), []string{citytest.Cover}},
		{itemsPath("component", "S_INTERSECTS(geometry, BBOX("+latBox+"))", "filter-crs", epsg+"4326"), []string{citytest.Cover}},
		{itemsPath("component", "S_INTERSECTS(geometry, BBOX("+mercator+"))", "filter-crs", epsg+"3857"), []string{citytest.Cover}},
		{itemsPath("component", "S_INTERSECTS(geometry, BBOX("+mercator+"))", "filter-crs", "EPSG:3857"), []string{citytest.Cover}},
		{itemsPath("component", "class = '01002'", "bbox", strings.ReplaceAll(box, " ", "")), []string{citytest.Cover}},
		{itemsPath("component", "class = '01002'", "grid_code", citytest.SouthEast), []string{citytest.FarCover}},
		{itemsPath("component", "FALSE"), []string{}},
		{itemsPath("component", "S_INTERSECTS(geometry, POINT(0 0))"), []string{}},
		{itemsPath("component", "note = 'x' OR NOT (note = 'x')"), []string{}},
		{itemsPath("unit_grid", fmt.Sprintf("S_CONTAINS(geometry, POINT(%.6f %.6f))", at[0], at[1])), []string{citytest.NorthWest}},
	} {
		var got items
		s.get(c.path, &got)
		if ids := got.ids(); !slices.Equal(ids, c.want) || got.NumberReturned != len(c.want) || got.NumberMatched != nil {
			t.Errorf("%s: got %v, %d returned, matched %v; want %v", c.path, ids, got.NumberReturned, got.NumberMatched, c.want)
		}
	}
}

// TestItemsFilterPages: pages go on behind the last feature that passed, with the same filter.
func TestItemsFilterPages(t *testing.T) {
	s := start(t, nil)
	next, seen := itemsPath("component", "class LIKE '01%'", "limit", "1"), []string{}
	for next != "" {
		var page items
		s.get(next, &page)
		seen = append(seen, page.ids()...)
		next = ""
		for _, l := range page.Links {
			if l.Rel == "next" {
				u, err := url.Parse(l.Href)
				if err != nil {
					t.Fatal(err)
				}
				next = u.RequestURI()
			}
		}
	}
	var all items
	s.get(itemsPath("component", "class LIKE '01%'"), &all)
	if len(seen) < 2 || !slices.Equal(seen, all.ids()) {
		t.Errorf("by pages %v, at once %v", seen, all.ids())
	}
}

func TestFilterProblems(t *testing.T) {
	s := start(t, nil)
	tile := tilePath("component", citytest.At(0, 0), 15)
	for _, c := range []struct {
		path         string
		offset, line int
		pointer      string
		says         string
	}{
		{itemsPath("component", "stat = 'x'"), 0, 1, "", "component has no property stat; there are code, name"},
		{itemsPath("component", "state = 'x'\n AND class = 5"), 25, 2, "", "as '5'"},
		{itemsPath("component", `{"op":"=","args":[{"property":"state"},5]}`), 39, 1, "/args/1", "as '5'"},
		{itemsPath("component", ""), 0, 1, "", "the filter is empty"},
		{itemsPath("component", "extra IS NULL"), 0, 1, "", "no property extra"},
		{tile + "?filter=" + url.QueryEscape("状态 = 1"), 0, 1, "", "component has no property 状态; there are class, state, code"},
		{tile + "?filter=" + url.QueryEscape("state = '破损' AND"), 20, 1, "", "the end of the filter stands where"},
		{tilePath("unit_grid,component", citytest.At(0, 0), 15) + "?filter=" + url.QueryEscape("width_m > 3"), 0, 1, "", "unit_grid lacks width_m, component lacks width_m"},
		{strings.Replace(tile, "/tiles/component/15/", "/ogc/collections/component/tiles/WebMercatorQuad/15/", 1) + "?filter=x", 0, 1, "", "as x = TRUE"},
	} {
		w := s.do(http.MethodGet, c.path, "")
		detail := s.problem(w, 400, c.path)
		var p struct {
			Position *struct {
				Offset, Line int
				Pointer      string
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Position == nil {
			t.Errorf("%s: no position (%v) in %s", c.path, err, w.Body)
			continue
		}
		if p.Position.Offset != c.offset || p.Position.Line != c.line || p.Position.Pointer != c.pointer || !strings.Contains(detail, c.says) {
			t.Errorf("%s: got %+v %q, want %d, %d, %q, %q", c.path, *p.Position, detail, c.offset, c.line, c.pointer, c.says)
		}
	}
	for _, more := range [][2]string{{"filter-lang", "ecql"}, {"filter-crs", "EPSG:9999"}} {
		s.problem(s.do(http.MethodGet, itemsPath("component", "TRUE", more[0], more[1]), ""), 400, more[0])
		s.problem(s.do(http.MethodGet, tile+"?filter=TRUE&"+more[0]+"="+more[1], ""), 400, more[0])
	}
	s.problem(s.do(http.MethodGet, itemsPath("component", "TRUE")+"&filter=FALSE", ""), 400, "two filters")
}

func TestTileFilter(t *testing.T) {
	s := start(t, nil)
	tile := tilePath("component", citytest.At(0, 0), 15)
	all, some := s.get(tile, nil), s.get(tile+"?filter="+url.QueryEscape("grid_code = '"+citytest.NorthWest+"'"), nil)
	if some.Body.Len() == 0 || some.Body.Len() >= all.Body.Len() || some.Header().Get("ETag") == all.Header().Get("ETag") {
		t.Errorf("filtered: %d bytes, %s; all: %d bytes, %s", some.Body.Len(), some.Header().Get("ETag"), all.Body.Len(), all.Header().Get("ETag"))
	}
	if w := s.do(http.MethodGet, tile+"?filter=FALSE", ""); w.Code != http.StatusNoContent {
		t.Errorf("nothing passes: status %d, want 204", w.Code)
	}
	same := s.get(tile+"?filter="+url.QueryEscape(`{"op":"=","args":[{"property":"grid_code"},"`+citytest.NorthWest+`"]}`), nil)
	if same.Body.String() != some.Body.String() {
		t.Error("the same filter in JSON gives another tile")
	}
}

func TestQueryables(t *testing.T) {
	s := start(t, nil)
	var q struct {
		ID                   string `json:"$id"`
		Schema               string `json:"$schema"`
		Type                 string
		AdditionalProperties *bool
		Properties           map[string]struct{ Type, Format, Title string }
	}
	w := s.get("/ogc/collections/component/queryables", &q)
	if got := w.Header().Get("Content-Type"); got != "application/schema+json" {
		t.Errorf("content type: got %s", got)
	}
	if q.Schema != "https://json-schema.org/draft/2020-12/schema" || !strings.HasSuffix(q.ID, "/ogc/collections/component/queryables") ||
		q.Type != "object" || q.AdditionalProperties == nil || *q.AdditionalProperties {
		t.Errorf("got %+v", q)
	}
	for name, want := range map[string][2]string{"state": {"string", ""}, "init_date": {"string", "date"}, "geometry": {"", "geometry-any"}} {
		if p := q.Properties[name]; p.Type != want[0] || p.Format != want[1] || p.Title == "" {
			t.Errorf("%s: got %+v, want %v", name, p, want)
		}
	}
	if _, has := q.Properties["extra"]; has {
		t.Error("extra holds JSON and may not be named")
	}
	for name := range q.Properties { // every one of them may stand in a filter
		s.get(itemsPath("component", name+" IS NULL"), nil)
	}
	s.problem(s.do(http.MethodGet, "/ogc/collections/none/queryables", ""), 404, "no such layer")
	var col struct{ Links []struct{ Rel, Href string } }
	s.get("/ogc/collections/component", &col)
	if !slices.ContainsFunc(col.Links, func(l struct{ Rel, Href string }) bool {
		return l.Rel == "http://www.opengis.net/def/rel/ogc/1.0/queryables" && strings.HasSuffix(l.Href, "/queryables")
	}) {
		t.Errorf("the collection has no link to its queryables: %+v", col.Links)
	}
}
