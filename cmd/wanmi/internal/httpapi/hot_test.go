package httpapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/httpapi"
)

// seen is what a request leaves behind.
type seen struct {
	Status int
	Header http.Header
	Body   string
	Log    string
}

// counted reads the counters, with those of histograms but not the times in them.
func counted(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	all, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range all {
		if !strings.HasPrefix(f.GetName(), "wanmi_http_") && !strings.HasPrefix(f.GetName(), "wanmi_tiles_") {
			continue
		}
		for _, m := range f.GetMetric() {
			name := fmt.Sprint(f.GetName(), m.GetLabel())
			out[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return out
}

// Whatever is asked for, the route found by hand answers, logs and counts as the one the router finds.
func TestHotRoutes(t *testing.T) {
	xyz := tilePath("component,unit_grid,road", citytest.Centre, 16)
	one := tilePath("road", citytest.Centre, 16)
	var z, x, y int
	if _, err := fmt.Sscanf(one, "/tiles/road/%d/%d/%d.mvt", &z, &x, &y); err != nil {
		t.Fatal(err)
	}
	ogc := fmt.Sprintf("/%d/%d/%d", z, y, x)
	targets := []string{
		xyz, one, one + "?properties=name", one + "?properties=", one + "?nothing=1", one + "?key=x", one + "?filter=name%20IS%20NULL", one + "?filter=(", one + "?%zz",
		"/ogc/tiles/WebMercatorQuad" + ogc, "/ogc/tiles/WebMercatorQuad" + ogc + ".mvt", "/ogc/tiles/WebMercatorQuad" + ogc + "?collections=road,unit_grid",
		"/ogc/tiles/WebMercatorQuad" + ogc + "?f=html", "/ogc/collections/road/tiles/WebMercatorQuad" + ogc, "/ogc/collections/road/tiles/CGCS2000Quad" + ogc,
		"/ogc/collections/nothing/tiles/WebMercatorQuad" + ogc, "/ogc/collections/road/tiles/None" + ogc, "/ogc/tiles/WebMercatorQuad/99/1/1",
		"/ogc/tiles/WebMercatorQuad/1/1", "/ogc/tiles/WebMercatorQuad" + ogc + "/1", "/ogc/tiles/WebMercatorQuad//1/1", "/ogc/collections/road/tiles", "/ogc/collections/road/queryables",
		"/tiles/road/1/1/1.mvt", "/tiles/road/16/0/0.mvt", "/tiles/road/99/1/1.mvt", "/tiles/road/1/5/1.mvt", "/tiles/road/01/1/1.mvt", "/tiles/road/1/1/-1.mvt", "/tiles/road/1/1/1.5.mvt",
		"/tiles/none/1/1/1.mvt", "/tiles/road,none/1/1/1.mvt", "/tiles/Road/1/1/1.mvt", "/tiles/,/1/1/1.mvt", "/tiles/road,road/1/1/1.mvt", "/tiles/" + strings.Repeat("road,", 70) + "road/1/1/1.mvt",
		"/tiles/road/1/1/1.mvt.mvt", "/tiles/road/1/1/.mvt", "/tiles/road/1/1/1.png", "/tiles/road/1/1/1", "/tiles/road/1/1/1.mvt/", "/tiles//road/1/1/1.mvt", "/tiles/road/1//1.mvt",
		"/tiles/road/1/1.mvt", "/tiles/road/1/1/1/1.mvt", "/tiles/../tiles/road/1/1/1.mvt", "/tiles/./1/1/1.mvt", "/tiles/ro%61d/1/1/1.mvt", "/tiles/road%2f1/1/1/1.mvt", "/tiles/road/1/1/1%2emvt",
		"/tiles/%E8%B7%AF/1/1/1.mvt", "/tiles/road%0A/1/1/1.mvt", "/tiles/road/1/1/%FF.mvt", "/tiles/road.json", "/tiles/", "/tiles", "/catalog", "/healthz", "/",
		"/v1/locate", "/v1/locate/", "/v1//locate", "/v1/%6Cocate", "/v1/search", "/v1/search/", "/v1/search//", "/openapi.json?x=1",
	}
	headers := [][]string{
		{"Authorization", "Bearer VIEWER"},
		nil,
		{"Accept-Encoding", "gzip"},
		{"Accept-Encoding", "gzip, deflate, br, zstd"},
		{"Accept-Encoding", "zstd"},
		{"Accept-Encoding", "gzip;q=0, *"},
		{"If-None-Match", "*"},
		{"If-None-Match", `"x"`},
		{"X-API-Key", "wrong"},
		{"Cookie", "wanmi_session=none"},
		{"Origin", "https://elsewhere.example"},
		{"Range", "bytes=0-9"},
	}
	for name, cfg := range map[string]func(*httpapi.Config){
		"public": nil, "keys": func(c *httpapi.Config) { c.Public = false }, "base": func(c *httpapi.Config) { c.BasePath = "/wanmi" },
	} {
		t.Run(name, func(t *testing.T) {
			reg, log := prometheus.NewRegistry(), &bytes.Buffer{}
			s := start(t, func(c *httpapi.Config) {
				c.Metrics, c.Log = reg, slog.New(slog.NewJSONHandler(log, nil))
				if cfg != nil {
					cfg(c)
				}
			})
			bases := []string{""}
			if name == "base" {
				bases = []string{"/wanmi", ""}
			}
			ask := func(h http.Handler, method, target string, header []string) seen {
				log.Reset()
				r := httptest.NewRequest(method, "/", http.NoBody)
				var err error
				if r.URL, err = url.ParseRequestURI(target); err != nil {
					t.Fatal(err)
				}
				r.Header.Set("X-Request-Id", "the-same")
				for i := 0; i+1 < len(header); i += 2 {
					r.Header.Set(header[i], strings.Replace(header[i+1], "VIEWER", s.keys["viewer"], 1))
				}
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				return seen{w.Code, w.Header(), w.Body.String(), untimed(t, log.Bytes())}
			}
			before := counted(t, reg)
			more := func() map[string]float64 {
				after, more := counted(t, reg), map[string]float64{}
				for k, v := range after {
					if v != before[k] {
						more[k] = v - before[k]
					}
				}
				before = after
				return more
			}
			all := func(h http.Handler, target string) (answers []seen) {
				for _, header := range headers {
					answers = append(answers, ask(h, http.MethodGet, target, header))
				}
				for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodPost} {
					answers = append(answers, ask(h, method, target, nil))
				}
				return answers
			}
			hot := 0
			for _, base := range bases {
				for _, target := range targets {
					target = base + target
					ask(s.api, http.MethodGet, target, headers[0]) // into the cache
					more()
					got, gotCounts := all(s.api, target), more()
					want, wantCounts := all(s.api.ByRouter(), target), more()
					for i := range want {
						if !reflect.DeepEqual(got[i], want[i]) {
							t.Errorf("%s, %d:\ngot  %+v\nwant %+v", target, i, got[i], want[i])
						}
						if got[i].Status == http.StatusOK && got[i].Header.Get("Content-Type") == "application/vnd.mapbox-vector-tile" {
							hot++
						}
					}
					if !reflect.DeepEqual(gotCounts, wantCounts) {
						t.Errorf("%s counts %v, want %v", target, gotCounts, wantCounts)
					}
				}
			}
			if hot < 9 {
				t.Errorf("%d tiles among the answers; too few to show anything", hot)
			}
		})
	}
}

// untimed is an access line without its times.
func untimed(t *testing.T, text []byte) string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	delete(m, "time")
	delete(m, "ms")
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
