package httpapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb/maptile"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/gis/gistest"
)

// fuzzedTown is a town of 500 components, cells and roads, with archives beside its layers, one of them on a server that is away.
func fuzzedTown(f *testing.F) *asker {
	now := time.Now()
	s := start(f, func(c *httpapi.Config) {
		c.Archives, c.TrustProxy, c.BasePath, c.Log = baseMaps(f), true, "/wanmi", nil
		c.Now = func() time.Time { return now }
	})
	s.populate(1, 500)
	a := newAsker(f, s.api)
	a.excused = func(target string, status int) bool {
		return status == http.StatusBadGateway && strings.Contains(target, "away")
	}
	return a
}

// Requests as the clients send them, as the tests have them, and some that are odd. The two %s are a place's x/y and y/x at zoom 15.
var requestSeeds = []string{
	// MapLibre and OpenLayers
	"/", "/styles/light.json", "/sprites/light.png", "/sprites/light@2x.json", "/fonts/Wanmi%20Medium,Noto%20Sans/0-255.pbf", "/catalog", "/tiles/unit_grid,component.json",
	"/tiles/unit_grid,component/15/{x}/{y}.mvt", "/tiles/road/15/{x}/{y}.mvt?properties=name,class", "/tiles/component/13/0/0.mvt", "/wanmi/tiles/component,road/15/{x}/{y}.mvt",
	"/ogc/tiles/WebMercatorQuad/15/{y}/{x}", "/ogc/tiles/CGCS2000Quad/14/{y}/{x}?collections=road,unit_grid", "/ogc/collections/unit_grid/tiles/WorldCRS84Quad/14/{y}/{x}",
	// GDAL and QGIS
	"/tiles/road.json", "/tiles/town/15/{x}/{y}.mvt", "/tiles/town.json", "/tiles/plain/15/{x}/{y}.mvt", "/tiles/pictures/1/1/0.png", "/tiles/away/1/0/0.mvt", "/ogc/?f=json",
	"/ogc/conformance", "/ogc/api", "/ogc/collections?f=json", "/ogc/collections/road/items?limit=10&bbox=116.9,35.3,117,35.5&f=json",
	"/ogc/collections/component/items?offset=2&limit=2&filter-lang=cql2-text&filter=state%20%3D%20%27%E5%AE%8C%E5%A5%BD%27", "/ogc/collections/component/queryables",
	"/ogc/collections/component/items?datetime=2026-01-01/..&class=01037", "/ogc/tiles", "/ogc/tiles/CGCS2000Quad?f=json", "/ogc/tileMatrixSets/CGCS2000Quad",
	// filters
	"/tiles/component/15/{x}/{y}.mvt?filter=class+LIKE+%270%25%27+AND+S_INTERSECTS(geometry,BBOX(116.9,35.3,117,35.5))",
	"/tiles/component/15/{x}/{y}.mvt?filter=%7B%22op%22:%22%3D%22,%22args%22:%5B%7B%22property%22:%22state%22%7D,%22x%22%5D%7D&filter-crs=EPSG:4490",
	"/tiles/road/15/{x}/{y}.mvt?filter=S_DWITHIN(geometry,POINT(1e308%20NaN),1)&filter-lang=cql2-text", "/tiles/road/15/{x}/{y}.mvt?filter=&properties=",
	// others, and odd ones
	"/healthz", "/readyz", "/openapi.json", "/metrics", "/api/session", "/api/grids?at=116.97,35.40", "/api/grids/" + citytest.NorthWest + "/lineage", "/api/components/" + citytest.Cover + "/history",
	"/api/components?bbox=116.9,35.3,117,35.5&limit=5&as_of=2026-06-01", "/v1/search?text=%E6%99%AE%E9%98%B3%E5%B1%B1%E8%B7%AF5%E5%8F%B7", "/v1/reverse?point.lat=35.4&point.lon=116.97",
	"/v1/locate?text=%E8%B7%AF%E7%81%AF", "/photon/api?q=a", "/nominatim/reverse?lat=35.4&lon=116.97&format=json", "/reverse/csv/", "/login?key=none", "/tiles/road/15/{x}/{y}.mvt?key=none",
	"/tiles/road/99999999999999999999/1e9/-1.mvt", "/tiles/road/NaN/0x1/+1.mvt", "/tiles/road/31/2147483647/2147483647.mvt", "/tiles/ro%61d%2f1/1/1/1%2emvt", "/tiles/%E8%B7%AF,,road/1/1/%FF.mvt",
	"/tiles/../../etc/passwd", "//tiles/road.json", "/tiles/road.json/", "/tiles/.json", "/%00", "/tiles/road/15/{x}/{y}.mvt?a=%zz&;", "*", "http://other.example/tiles/road.json", "/wanmi", "?",
	"/ogc/collections/component/items?bbox=NaN,Inf,-Inf,1e400&limit=99999999999999999999", "/ogc/collections/unit_grid/tiles/CGCS2000Quad/-1/1/1.mvt",
}

var headerSeeds = []string{
	"", "Accept-Encoding: gzip, deflate, br, zstd\nAccept: */*", "Accept-Encoding: zstd", "Accept-Encoding: gzip;q=0, *;q=1e9", "If-None-Match: *", "If-None-Match: W/\"x\", \"",
	"X-Forwarded-Proto: https\nX-Forwarded-Host: map.example:8443, b\nX-Forwarded-Prefix: /city/", "X-Forwarded-Host: [::1]\nX-Forwarded-Prefix: //evil", "Range: bytes=0-9\nOrigin: null",
	"Authorization: Bearer x\nX-API-Key: y\nCookie: wanmi_session=z",
}

// filled puts a place of the town at the zoom for {x} and {y}.
func filled(target string, zoom maptile.Zoom) string {
	at := maptile.At(citytest.Centre, zoom)
	return strings.NewReplacer("{x}", fmt.Sprint(at.X), "{y}", fmt.Sprint(at.Y)).Replace(target)
}

// FuzzRequest sends any request over a real connection to the whole of a server: see asker.ask for what must hold.
func FuzzRequest(f *testing.F) {
	for i, target := range requestSeeds {
		f.Add(uint8(0), filled(target, 15), headerSeeds[i%len(headerSeeds)])
		f.Add(uint8(i), filled(target, 15), headerSeeds[i/2%len(headerSeeds)])
		f.Add(uint8(2), filled(target, 15), "")
	}
	a := fuzzedTown(f)
	f.Fuzz(func(t *testing.T, method uint8, target, header string) {
		gistest.Bounded(t)
		a.ask(t, methods[int(method)%len(methods)], target, header)
	})
}

// tileRoutes are the addresses of tiles; the places of layers, zoom, x and y are filled in.
var tileRoutes = []string{
	"/tiles/%[1]s/%[2]v/%[3]v/%[4]v.mvt", "/ogc/tiles/WebMercatorQuad/%[2]v/%[4]v/%[3]v?collections=%[1]s", "/ogc/tiles/CGCS2000Quad/%[2]v/%[4]v/%[3]v?collections=%[1]s",
	"/ogc/collections/%[1]s/tiles/WebMercatorQuad/%[2]v/%[4]v/%[3]v", "/ogc/collections/%[1]s/tiles/WorldCRS84Quad/%[2]v/%[4]v/%[3]v", "/wanmi/tiles/%[1]s/%[2]v/%[3]v/%[4]v.mvt",
	"/tiles/%[1]s.json?z=%[2]v&x=%[3]v&y=%[4]v", "/tiles/%[1]s/%[2]v/%[3]v/%[4]v.png",
}

// FuzzTileRequest asks for tiles near the town, of any layers, fields, filters and codings: what FuzzRequest reaches more rarely.
func FuzzTileRequest(f *testing.F) {
	layers := []string{"component", "unit_grid,component", "road", "building,door,poi", "unit_grid_label,street", "town", "plain", "pictures", "component,road,unit_grid,community"}
	filters := []string{
		"", "class = '01037'", "S_INTERSECTS(geometry, BBOX(116.96, 35.39, 116.98, 35.41))", `{"op":"like","args":[{"property":"code"},"37%"]}`, "area_m2 > 1 OR seq IS NULL",
		"NOT (state IN ('完好', '破损') AND init_date >= DATE('2020-01-01'))", "S_DWITHIN(geometry, POINT(116.97 35.40), 50, meters)", "width_m BETWEEN -1e308 AND 1e308", "CASEI(name) LIKE casei('%路')",
	}
	for i, l := range layers {
		for route := range uint8(len(tileRoutes)) {
			f.Add(route, l, uint8(10+i), int16(0), int16(0), "name,class", filters[i], "", headerSeeds[i], uint8(i)<<2|route&3)
		}
	}
	for i, filter := range filters {
		f.Add(uint8(i), "component", uint8(16), int16(1), int16(-1), "code", filter, "cql2-text", "Accept-Encoding: gzip", uint8(7))
	}
	a := fuzzedTown(f)
	f.Fuzz(func(t *testing.T, route uint8, layers string, z uint8, dx, dy int16, properties, filter, lang, header string, with uint8) {
		gistest.Bounded(t)
		tms := strings.Contains(tileRoutes[int(route)%len(tileRoutes)], "CGCS") || strings.Contains(tileRoutes[int(route)%len(tileRoutes)], "CRS84")
		at := maptile.At(citytest.Centre, maptile.Zoom(z%32))
		x, y := int64(at.X)+int64(dx), int64(at.Y)+int64(dy)
		if side := 360 / float64(int64(1)<<(z%32)); tms { // rows and columns by degrees
			x, y = int64((citytest.Centre[0]+180)/side)+int64(dx), int64((90-citytest.Centre[1])/side)+int64(dy)
		}
		target := fmt.Sprintf(tileRoutes[int(route)%len(tileRoutes)], url.PathEscape(layers), z, x, y)
		q := url.Values{}
		for i, p := range []struct{ name, value string }{{"properties", properties}, {"filter", filter}, {"filter-lang", lang}} {
			if with>>i&1 != 0 {
				q.Set(p.name, p.value)
			}
		}
		if len(q) > 0 {
			sep := "?"
			if strings.Contains(target, "?") {
				sep = "&"
			}
			target += sep + q.Encode()
		}
		a.ask(t, methods[with>>3%2], target, header)
	})
}
