package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/data"
)

// linking are documents that name addresses of ours.
var linking = []string{
	"/tiles/road,unit_grid.json", "/styles/light.json", "/ogc", "/ogc/collections", "/ogc/collections/road", "/ogc/collections/road/items?limit=1",
	"/ogc/tiles", "/ogc/tiles/CGCS2000Quad", "/ogc/collections/road/tiles", "/ogc/tileMatrixSets", "/api/components?bbox=116,35,118,36&limit=1",
}

// TestBehindProxy asks as proxies do that keep the prefix, take it off, or put another before it; every address in the answers is the client's.
func TestBehindProxy(t *testing.T) {
	trusting := start(t, func(c *httpapi.Config) { c.BasePath, c.TrustProxy = "/wanmi", true })
	plain := start(t, func(c *httpapi.Config) { c.BasePath = "/wanmi" })
	forwarded := []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "map.city.example, inner", "X-Forwarded-Prefix", "/gis/wanmi/"}
	for _, tc := range []struct {
		name, prefix, want string
		s                  *server
		header             []string
	}{
		{"prefix kept", "/wanmi", "http://example.com/wanmi/", trusting, nil},
		{"prefix taken off", "", "https://map.city.example/wanmi/", trusting, forwarded[:4]},
		{"a prefix of the proxy's", "", "https://map.city.example/gis/wanmi/", trusting, forwarded},
		{"nonsense", "/wanmi", "http://example.com/wanmi/", trusting, []string{"X-Forwarded-Proto", "gopher", "X-Forwarded-Host", `a"/<b`, "X-Forwarded-Prefix", "//evil.example"}},
		{"not trusted", "/wanmi", "http://example.com/wanmi/", plain, forwarded},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.s.t = t
			for _, doc := range linking {
				body := tc.s.get(tc.prefix+doc, nil, tc.header...).Body.String()
				found := 0
				for part := range strings.SplitSeq(body, `"`) {
					if !strings.Contains(part, "://") || strings.HasPrefix(part, "http://www.opengis.net/") {
						continue
					}
					if found++; !strings.HasPrefix(part+"/", tc.want) {
						t.Errorf("%s: names %s, want %s...", doc, part, tc.want)
					}
				}
				if found == 0 {
					t.Errorf("%s: names no address", doc)
				}
			}
			// Conditional and preflight requests pass through as they are.
			target := tc.prefix + tilePath("unit_grid", citytest.Centre, 15)
			tag := tc.s.get(target, nil, tc.header...).Header().Get("ETag")
			if w := tc.s.do(http.MethodGet, target, "", slices.Concat(tc.header, []string{"If-None-Match", tag})...); w.Code != http.StatusNotModified {
				t.Errorf("the tile with its tag: status %d, want 304", w.Code)
			}
			w := tc.s.do(http.MethodOptions, target, "", slices.Concat(tc.header, []string{"Origin", "https://other.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "if-none-match"})...)
			if h := w.Header(); w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Methods") != "GET, HEAD" ||
				!strings.Contains(h.Get("Access-Control-Allow-Headers"), "If-None-Match") {
				t.Errorf("preflight: status %d, %v", w.Code, h)
			}
			// A browser signs in to where it came from.
			w = tc.s.do(http.MethodGet, tc.prefix+"/login?key="+tc.s.keys[data.RoleEditor], "", tc.header...)
			path := tc.want[strings.Index(tc.want[8:], "/")+8:]
			if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || to != path && to != tc.want {
				t.Errorf("login: status %d to %s, want 303 to %s", w.Code, to, path)
			}
			if cookie := w.Header().Get("Set-Cookie"); !strings.Contains(cookie, "Path="+path) || strings.Contains(cookie, "Secure") != strings.HasPrefix(tc.want, "https") {
				t.Errorf("login: cookie %s; want Path=%s, Secure on https alone", cookie, path)
			}
		})
	}
	// A write is not for pages of other origins.
	w := plain.do(http.MethodOptions, "/wanmi/api/components/"+citytest.Cover, "", "Origin", "https://other.example", "Access-Control-Request-Method", "PATCH")
	if got := w.Header().Get("Access-Control-Allow-Methods"); strings.Contains(got, "PATCH") {
		t.Errorf("preflight of a write: allowed are %s", got)
	}
}
