package httpapi_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	orbmvt "github.com/paulmach/orb/encoding/mvt"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/cmd/wanmi/internal/tables"
	"wanmi/data/postgis/pgtest"
	"wanmi/tiles"
)

// TestTablesBesideLayers serves a table of a PostgreSQL server as a layer by every address layers have.
func TestTablesBesideLayers(t *testing.T) {
	dsn := pgtest.DSN(t)
	c := citytest.Centre
	pgtest.Exec(t, dsn, `CREATE TABLE lamp (gid int PRIMARY KEY, geom geometry(Point, 4490), kind text, height int)`,
		fmt.Sprintf(`INSERT INTO lamp SELECT i, ST_SetSRID(ST_MakePoint(%f + i * 1e-5, %f), 4490), '路灯', i FROM generate_series(1, 40) i`, c[0], c[1]))
	live, kept := tables.NewSpec("lamp"), tables.NewSpec("lamp_kept")
	for _, s := range []*tables.Spec{&live, &kept} {
		s.DSN, s.Table, s.MinZoom, s.Limit = dsn, "lamp", 10, 25
	}
	kept.Cache = 5 * time.Minute
	opened, err := tables.Open(t.Context(), []tables.Spec{live, kept}, tables.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	s := start(t, func(cfg *httpapi.Config) { cfg.Tables = opened })

	layersOf := func(w []byte) map[string]*orbmvt.Layer {
		t.Helper()
		ls, err := orbmvt.Unmarshal(w)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]*orbmvt.Layer{}
		for _, l := range ls {
			out[l.Name] = l
		}
		return out
	}
	path := tilePath("lamp", c, 15)
	w := s.get(path, nil)
	l := layersOf(w.Body.Bytes())["lamp"]
	if l == nil || len(l.Features) != 25 || l.Features[4].ID != 5.0 || l.Features[4].Properties["kind"] != "路灯" || l.Features[4].Properties["height"] != 5.0 {
		t.Fatalf("the table's tile: %+v", l)
	}
	h := w.Header()
	if got := h.Get("Wanmi-Tile"); got != "lamp;features=25;left-out=15" {
		t.Errorf("Wanmi-Tile: %q", got)
	}
	if h.Get("Cache-Control") != "no-cache" || h.Get("Content-Type") != "application/vnd.mapbox-vector-tile" || h.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("headers: %v", h)
	}
	tag := h.Get("ETag")
	if w := s.do(http.MethodGet, path, "", "If-None-Match", tag); w.Code != http.StatusNotModified {
		t.Errorf("with its tag: status %d, want 304", w.Code)
	}
	for _, coding := range []string{"gzip", "zstd"} {
		if w := s.do(http.MethodGet, path, "", "Accept-Encoding", coding); w.Header().Get("Content-Encoding") != coding || w.Header().Get("ETag") != strings.TrimSuffix(tag, `"`)+"-"+coding+`"` {
			t.Errorf("%s: %v", coding, w.Header())
		}
	}
	if w := s.do(http.MethodHead, path, ""); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d with %d bytes", w.Code, w.Body.Len())
	}
	pgtest.Exec(t, dsn, `UPDATE lamp SET kind = '换了' WHERE gid = 5`)
	if w := s.do(http.MethodGet, path, "", "If-None-Match", tag); w.Code != http.StatusOK || layersOf(w.Body.Bytes())["lamp"].Features[4].Properties["kind"] != "换了" {
		t.Errorf("after an update: status %d", w.Code)
	}

	// Beside layers of the city, in the order tables last; the fields of each.
	both := tilePath("lamp,unit_grid", c, 15)
	ls := layersOf(s.get(both+"?properties=height,code", nil).Body.Bytes())
	if g := ls["unit_grid"]; g == nil || len(g.Features) == 0 || len(g.Features[0].Properties) != 1 || g.Features[0].Properties["code"] == nil {
		t.Errorf("unit_grid beside the table: %+v", g)
	}
	if l := ls["lamp"]; l == nil || len(l.Features[0].Properties) != 1 || l.Features[0].Properties["height"] == nil {
		t.Errorf("the table beside unit_grid: %+v", l)
	}
	alone := layersOf(s.get(tilePath("unit_grid", c, 15), nil).Body.Bytes())["unit_grid"]
	if g := layersOf(s.get(both, nil).Body.Bytes())["unit_grid"]; len(g.Features) != len(alone.Features) {
		t.Errorf("unit_grid has %d features beside the table, %d alone", len(g.Features), len(alone.Features))
	}

	// filter= by text and by JSON; of several layers it holds for those that have all its names.
	filtered := func(path, filter string) map[string]*orbmvt.Layer {
		t.Helper()
		return layersOf(s.get(path+"?filter="+url.QueryEscape(filter), nil).Body.Bytes())
	}
	for filter, want := range map[string]int{
		"height > 30 AND kind = '路灯'": 10, "kind = '换了'": 1, "kind LIKE '路%' AND height IN (4, 5, 6)": 2, `{"op":"<=","args":[{"property":"height"},7]}`: 7, "height > 5": 25,
		fmt.Sprintf("S_INTERSECTS(geometry, BBOX(%f, %f, %f, %f))", c[0]+35e-6, c[1]-1e-5, c[0]+65e-6, c[1]+1e-5): 3,
	} {
		if l := filtered(path, filter)["lamp"]; l == nil || len(l.Features) != want {
			t.Errorf("%s: %+v, want %d features", filter, l, want)
		}
	}
	if got := s.do(http.MethodGet, path+"?filter=height%3E5", "").Header().Get("Wanmi-Tile"); got != "lamp;features=25;left-out=10" {
		t.Errorf("Wanmi-Tile of a filtered tile: %q", got)
	}
	if w := s.do(http.MethodGet, path+"?filter=height%3E100", ""); w.Code != http.StatusNoContent {
		t.Errorf("a filter nothing passes: %d, want 204", w.Code)
	}
	if ls := filtered(both, "height <= 3"); len(ls["lamp"].Features) != 3 || len(ls["unit_grid"].Features) != len(alone.Features) {
		t.Errorf("a filter for the table: %d lamps, %d cells", len(ls["lamp"].Features), len(ls["unit_grid"].Features))
	}
	if ls := filtered(both, "code = 'none'"); len(ls["lamp"].Features) != 25 || ls["unit_grid"] != nil {
		t.Errorf("a filter for the city: %d lamps, cells %+v", len(ls["lamp"].Features), ls["unit_grid"])
	}
	if kept := filtered(tilePath("lamp_kept", c, 15), "height < 3"); len(kept["lamp_kept"].Features) != 2 {
		t.Errorf("kept and filtered: %d features, want 2", len(kept["lamp_kept"].Features))
	}

	// With cache time: how long it is good is told, and it stays so.
	w = s.get(tilePath("lamp_kept", c, 15), nil)
	if cc := w.Header().Get("Cache-Control"); cc != "max-age=299" && cc != "max-age=300" {
		t.Errorf("Cache-Control %q, want max-age=299 or 300", cc)
	}
	pgtest.Exec(t, dsn, `DELETE FROM lamp WHERE gid < 20`)
	if again := s.get(tilePath("lamp_kept", c, 15), nil); again.Header().Get("ETag") != w.Header().Get("ETag") {
		t.Error("the kept tile changed")
	}
	if cc := s.get(tilePath("lamp_kept,lamp", c, 15), nil).Header().Get("Cache-Control"); cc != "no-cache" {
		t.Errorf("a kept and a live table in one tile: Cache-Control %q, want no-cache", cc)
	}

	var doc tiles.TileJSON
	s.get("/tiles/lamp,unit_grid.json", &doc)
	if doc.Name != "unit_grid,lamp" || doc.MinZoom != 10 || doc.MaxZoom != 18 || len(doc.VectorLayers) != 2 || doc.VectorLayers[1].Fields["height"] != "Number" || doc.VectorLayers[1].Fields["kind"] != "String" ||
		doc.Tiles[0] != "http://example.com/tiles/unit_grid,lamp/{z}/{x}/{y}.mvt" || doc.Bounds[2] < c[0]+4e-4 {
		t.Errorf("TileJSON: %+v", doc)
	}
	var cat struct {
		Tables []struct {
			Name, Geometry string
			Cache          int `json:"cache_s"`
			Fields         []tiles.FieldInfo
		}
	}
	s.get("/catalog", &cat)
	if len(cat.Tables) != 2 || cat.Tables[0].Name != "lamp" || cat.Tables[0].Geometry != "point" || cat.Tables[0].Cache != 0 || len(cat.Tables[0].Fields) != 3 || cat.Tables[1].Cache != 300 {
		t.Errorf("catalog: %+v", cat.Tables)
	}

	for target, want := range map[string]string{
		path + "?filter=high%3D1":                           `"position":{"offset":0,"line":1,"column":1,"met":"the property high","expected":"one of gid, kind, height, geometry"}`,
		path + "?filter=height%3D'1'":                       "the text '1' stands where a number is expected, as 1 without quotes (at character 8)",
		path + "?filter=height%3D":                          `"offset":7`,
		path + "?filter=height%3D1&filter-lang=sql":         "filter-lang must be cql2-text or cql2-json",
		tilePath("lamp", c, 9) + "?filter=high%3D1":         "lamp has no property high",
		both + "?filter=high%3D1":                           "no layer of the tile has all the properties the filter names: unit_grid lacks high, lamp lacks high;",
		path + "?properties=colour":                         `no property \"colour\" in lamp`,
		path + "?colour=1":                                  "unknown query parameter colour",
		"/tiles/lamp/15/1/1.png":                            "no archive lamp",
		"/ogc/collections/lamp/items":                       "no collection lamp",
		"/ogc/tiles/WebMercatorQuad/3/1/1?collections=lamp": "no tiles in matrix 3; there are some from 10 to 18",
		"/ogc/tiles?collections=lamps":                      "no collection lamps with tiles; there are street, ",
	} {
		if w := s.do(http.MethodGet, target, ""); w.Code < 400 || w.Code >= 500 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s, want a 4xx with %s", target, w.Code, w.Body, want)
		}
	}
	if w := s.do(http.MethodGet, tilePath("lamp", c, 9), ""); w.Code != http.StatusNoContent {
		t.Errorf("below minzoom: %d, want 204", w.Code)
	}
	s.tableTilesets(layersOf)
	metrics := s.get("/metrics", nil).Body.String()
	if want := `wanmi_tiles_total{layers="lamp",outcome="not_modified",route="/tiles/{layers}/{z}/{x}/{y}.mvt"} 1`; !strings.Contains(metrics, want) {
		t.Errorf("metrics lack %s", want)
	}
}

// tableTilesets follows the links of the OGC collection of a table down to tiles.
func (s *server) tableTilesets(layersOf func([]byte) map[string]*orbmvt.Layer) {
	t := s.t
	var all struct {
		Collections []struct{ ID string }
	}
	s.get("/ogc/collections", &all)
	for _, c := range all.Collections {
		if c.ID == "lamp" { // clients of features would ask for its items
			t.Error("the table is listed among the collections")
		}
	}
	var one struct {
		Links []struct{ Href, Rel string }
	}
	s.get("/ogc/collections/lamp", &one)
	found := map[string]string{}
	for _, l := range one.Links {
		found[l.Rel] = strings.TrimPrefix(l.Href, "http://example.com")
	}
	if len(found) != 2 || found["http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"] != "/ogc/collections/lamp/tiles" {
		t.Fatalf("links of the collection: %v", found)
	}
	var sets struct{ Tilesets []tileset }
	for _, list := range []string{"/ogc/collections/lamp/tiles", "/ogc/tiles?collections=unit_grid,lamp"} {
		s.get(list, &sets)
		if len(sets.Tilesets) != 3 {
			t.Fatalf("%s: %d tile sets, want 3", list, len(sets.Tilesets))
		}
		for _, one := range sets.Tilesets {
			var ts tileset
			s.get(one.link(t, "self"), &ts)
			lim := ts.Limits[len(ts.Limits)-1]
			item := strings.NewReplacer("{tileMatrix}", lim.TileMatrix, "{tileRow}", fmt.Sprint((lim.MinTileRow+lim.MaxTileRow)/2), "{tileCol}", fmt.Sprint((lim.MinTileCol+lim.MaxTileCol)/2)).
				Replace(ts.link(t, "item"))
			w := s.do(http.MethodGet, item, "")
			if w.Code != http.StatusOK {
				t.Errorf("%s: status %d, want 200", item, w.Code)
				continue
			}
			if names := slices.Collect(maps.Keys(layersOf(w.Body.Bytes()))); !slices.Contains(names, "lamp") && !strings.Contains(list, "unit_grid") {
				t.Errorf("%s: layers %v", item, names)
			}
		}
	}
}
