package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/data"
	"wanmi/data/gpkg"
)

var update = flag.Bool("update", false, "write the golden files")

// server is a town behind the handler.
type server struct {
	t     testing.TB
	api   *httpapi.API
	store *gpkg.Store
	live  *city.Live
	log   *lockedBuffer
	keys  map[string]string // role -> secret
}

// lockedBuffer is a log several requests may write to.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// page is a small built page.
var page = fstest.MapFS{
	"index.html":              {Data: []byte("<!doctype html><title>Wanmi</title>")},
	"assets/main-5f3a9c1e.js": {Data: []byte("export default 1\n")},
	"worker.mjs":              {Data: []byte("export default 2\n")},
	"styles/light.json":       {Data: []byte(`{"version":8,"glyphs":"{base}/fonts/{fontstack}/{range}.pbf","sources":{},"layers":[]}`)},
	"sprites/light.png":       {Data: []byte("\x89PNG")},
	".gitkeep":                {},
}

var glyphs = fstest.MapFS{"Noto Sans/0-255.pbf": {Data: []byte{10, 0}}, "Noto Sans/256-511.pbf": {Data: []byte{0x1f, 0x8b, 8}}}

func start(t testing.TB, change func(*httpapi.Config)) *server {
	t.Helper()
	s := &server{t: t, store: citytest.Store(t), log: &lockedBuffer{}, keys: map[string]string{}}
	for _, role := range data.Roles() {
		secret, _, err := s.store.CreateKey(t.Context(), role, "the "+role)
		if err != nil {
			t.Fatal(err)
		}
		s.keys[role] = secret
	}
	live, err := city.Load(t.Context(), s.store, city.Config{Geocode: citytest.Geocode()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.live = live
	cfg := httpapi.Config{
		Live: live, Store: s.store, UI: page, Fonts: glyphs, Public: true, Version: "test", Staging: filepath.Join(t.TempDir(), "imports"),
		Log: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&cfg)
	}
	if s.api, err = httpapi.New(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.api.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// do sends a request; headers come in pairs.
func (s *server) do(method, target, body string, header ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	return w
}

// get wants 200 and decodes the body into v when it is not nil.
func (s *server) get(target string, v any, header ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	w := s.do(http.MethodGet, target, "", header...)
	if w.Code != http.StatusOK {
		s.t.Fatalf("GET %s: status %d, %s", target, w.Code, w.Body)
	}
	if v != nil {
		if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
			s.t.Fatalf("GET %s: %v in %s", target, err, w.Body)
		}
	}
	return w
}

// problem wants an error of the status and returns its detail.
func (s *server) problem(w *httptest.ResponseRecorder, status int, name string) string {
	s.t.Helper()
	var p struct {
		Type, Title, Detail, Instance string
		Status                        int
		RequestID                     string `json:"request_id"`
	}
	if w.Code != status {
		s.t.Errorf("%s: status %d, want %d: %s", name, w.Code, status, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		s.t.Errorf("%s: content type %q, want application/problem+json", name, got)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		s.t.Fatalf("%s: %v in %q", name, err, w.Body)
	}
	if p.Status != status || p.Title == "" || p.Detail == "" || !strings.HasPrefix(p.Type, "urn:wanmi:problem:") || p.RequestID == "" {
		s.t.Errorf("%s: the problem lacks something: %+v", name, p)
	}
	for _, inside := range []string{"sql", ".go:", "goroutine", "/tmp", "gpkg"} {
		if strings.Contains(strings.ToLower(w.Body.String()), inside) {
			s.t.Errorf("%s shows %q: %s", name, inside, w.Body)
		}
	}
	return p.Detail
}

func tilePath(layers string, p orb.Point, z int) string {
	t := maptile.At(p, maptile.Zoom(z))
	return fmt.Sprintf("/tiles/%s/%d/%d/%d.mvt", layers, z, t.X, t.Y)
}

func TestProblems(t *testing.T) {
	s := start(t, nil)
	for target, want := range map[string]int{
		"/nowhere": 404, "/api/grid": 404, "/assets/none.js": 404, "/../etc/passwd": 404, "/.gitkeep": 404, "/styles/none.json": 404,
		"/api/grids": 400, "/api/grids?at=1": 400, "/api/grids?at=x,y": 400, "/api/grids?at=NaN,1": 400, "/api/grids?at=181,1": 400,
		"/api/grids?at=116.97,35.4&wrong=1": 400, "/api/grids/12": 400, "/api/grids/370883009009009": 404,
		"/api/grids/370883009009009/components": 404, "/api/grids/370883009009009/lineage": 404,
		"/api/components/none": 404, "/api/components/none/history": 404, "/api/components?limit=0": 400, "/api/components?bbox=1,2,3": 400,
		"/api/components?bbox=3,2,1,4": 400, "/tiles/none/1/0/0.mvt": 404, "/tiles/none.json": 404, "/tiles/road/1/2/0.mvt": 400,
		"/tiles/road/x/0/0.mvt": 400, "/tiles/road/14/0/0.mvt?filter=class%3D1": 400, "/tiles/road/14/0/0.mvt?wrong=1": 400,
		"/tiles/road/14/0/0.mvt?properties=none": 400, "/v1/search": 400, "/v1/search?text=": 400, "/v1/search?text=%FF": 400,
		"/v1/search?text=" + strings.Repeat("a", 600): 400, "/v1/reverse": 400, "/v1/reverse?point.lat=91&point.lon=1": 400,
		"/photon/api": 400, "/photon/reverse?lat=1": 400, "/nominatim/search": 400, "/nominatim/reverse?lat=a&lon=b": 400,
		"/ogc/collections/none": 404, "/ogc/collections/wall/items": 404, "/ogc/collections/road/items?none=1": 400,
		"/ogc/collections/road/items?limit=0": 400, "/ogc/collections/road/items/none": 404, "/ogc/?f=html": 400,
		"/ogc/collections/road/tiles/none": 404, "/%zz": 400, "/catalog?%zz": 400,
	} {
		if strings.Contains(target, "/%zz") {
			continue // not a URL a client library sends
		}
		s.problem(s.do(http.MethodGet, target, ""), want, "GET "+target)
	}
	detail := s.problem(s.do(http.MethodGet, "/api/grids?at=1,1&wrong=1&worse=2", ""), 400, "unknown parameters")
	if !strings.Contains(detail, "worse, wrong") || !strings.Contains(detail, "at") {
		t.Errorf("the problem must name the unknown parameters and the known: %q", detail)
	}
}

func TestUnknownRouteNamesItsNeighbours(t *testing.T) {
	s := start(t, nil)
	w := s.do(http.MethodGet, "/api/grid/370883001001001", "")
	var p struct{ See []string }
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || len(p.See) == 0 || p.See[0] != "/api/grids/{code}" {
		t.Errorf("see: got %v %v, want /api/grids/{code} first", p.See, err)
	}
	w = s.do(http.MethodDelete, "/catalog", "")
	s.problem(w, 405, "DELETE /catalog")
	if got := w.Header().Get("Allow"); got != "GET, HEAD, OPTIONS" {
		t.Errorf("Allow: got %q, want GET, HEAD, OPTIONS", got)
	}
	w = s.do(http.MethodOptions, "/api/components/x", "")
	if w.Code != 204 || w.Header().Get("Allow") != "GET, HEAD, PUT, PATCH, DELETE, OPTIONS" || w.Header().Get("Access-Control-Allow-Methods") != "GET, HEAD" {
		t.Errorf("OPTIONS: got %d %v, want 204, all methods allowed, reading alone across origins", w.Code, w.Header())
	}
}

func TestCompatibilityIgnoresUnknownParameters(t *testing.T) {
	s := start(t, nil)
	for _, target := range []string{
		"/v1/search?text=a&api_key=undefined&lang=zh", "/v1/autocomplete?text=a&x=1", "/v1/reverse?point.lat=35.4&point.lon=116.97&api_key=undefined",
		"/photon/api/?q=a&zoom=14&lang=xx&key=nobody", "/photon/reverse/?lat=35.4&lon=116.97&limit=zwei", "/nominatim/search?osmServer=x&q=a&format=json&polygon_geojson=1",
		"/nominatim/reverse?lat=35.4&lon=116.97&zoom=16&format=json&email=x", "/nominatim/status",
	} {
		s.get(target, nil)
	}
}

func TestConditionalAndEncodings(t *testing.T) {
	s := start(t, nil)
	for _, target := range []string{
		tilePath("component,unit_grid,road", citytest.Centre, 16), "/catalog", "/tiles/road.json", "/openapi.json", "/", "/styles/light.json",
		"/api/components/" + citytest.Cover,
	} {
		full := s.get(target, nil)
		tag := full.Header().Get("ETag")
		if tag == "" {
			t.Errorf("%s: no ETag", target)
		}
		again := s.do(http.MethodGet, target, "", "If-None-Match", `"x", `+tag)
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
			t.Errorf("%s with its ETag: status %d, %d bytes; want 304 and none", target, again.Code, again.Body.Len())
		}
		head := s.do(http.MethodHead, target, "")
		if head.Code != 200 || head.Body.Len() != 0 || head.Header().Get("Content-Length") != fmt.Sprint(full.Body.Len()) {
			t.Errorf("HEAD %s: status %d, %d bytes, length %s; want 200, none, %d", target, head.Code, head.Body.Len(), head.Header().Get("Content-Length"), full.Body.Len())
		}
		zipped := s.get(target, nil, "Accept-Encoding", "br;q=1, gzip;q=0.8")
		if zipped.Header().Get("Content-Encoding") != "gzip" {
			continue // small or strongly tagged
		}
		if !strings.Contains(zipped.Header().Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s: compressed without Vary", target)
		}
		zr, err := gzip.NewReader(zipped.Body)
		if err != nil {
			t.Fatal(err)
		}
		if raw, err := io.ReadAll(zr); err != nil || !bytes.Equal(raw, full.Body.Bytes()) {
			t.Errorf("%s: the compressed body differs: %v", target, err)
		}
	}
	if got := s.get(tilePath("component,unit_grid,road", citytest.Centre, 16), nil, "Accept-Encoding", "gzip").Header().Get("Content-Encoding"); got != "gzip" {
		t.Errorf("tile: encoding %q, want gzip", got)
	}
	if got := s.get("/openapi.json", nil, "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding"); got != "" {
		t.Errorf("gzip refused: encoding %q, want none", got)
	}
	if w := s.do(http.MethodGet, "/tiles/road/14/0/0.mvt", ""); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Errorf("an empty tile: status %d, %d bytes; want 204 and none", w.Code, w.Body.Len())
	}
}

func TestHeaders(t *testing.T) {
	s := start(t, nil)
	w := s.get("/catalog", nil, "X-Request-Id", "abc-1")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "X-Request-Id": "abc-1", "X-Wanmi-Generation": "1", "X-Content-Type-Options": "nosniff",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if got := s.get("/catalog", nil, "X-Request-Id", "a\" b").Header().Get("X-Request-Id"); len(got) != 16 {
		t.Errorf("a harmful request id: got %q, want one of our own", got)
	}
	var line struct {
		Route, ID  string
		Status     int
		Bytes      int64
		MS         *float64
		Generation int64
	}
	first, _, _ := strings.Cut(s.log.String(), "\n")
	if err := json.Unmarshal([]byte(first), &line); err != nil || line.Route != "/catalog" || line.ID != "abc-1" || line.Status != 200 || line.Bytes == 0 || line.MS == nil || line.Generation != 1 {
		t.Errorf("access line: got %s %v", first, err)
	}
	s.do(http.MethodGet, "/tiles/"+strings.Repeat("x", 20)+"/1/0/0.mvt", "")
	if text := s.get("/metrics", nil).Body.String(); !strings.Contains(text, `route="/catalog",status="200"`) || strings.Contains(text, "xxxx") {
		t.Errorf("metrics must be labelled by template:\n%s", text)
	}
}

func TestPage(t *testing.T) {
	s := start(t, nil)
	for target, want := range map[string][2]string{
		"/": {"text/html; charset=utf-8", "no-cache"}, "/worker.mjs": {"text/javascript; charset=utf-8", "no-cache"},
		"/assets/main-5f3a9c1e.js":     {"text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		"/fonts/Noto%20Sans/0-255.pbf": {"application/x-protobuf", "max-age=86400"}, "/fonts/Wanmi,%20Noto%20Sans/0-255.pbf": {"application/x-protobuf", "max-age=86400"}, "/sprites/light.png": {"image/png", "no-cache"},
	} {
		w := s.get(target, nil)
		if got := w.Header().Get("Content-Type"); got != want[0] {
			t.Errorf("%s: content type %q, want %q", target, got, want[0])
		}
		if got := w.Header().Get("Cache-Control"); got != want[1] {
			t.Errorf("%s: cache %q, want %q", target, got, want[1])
		}
	}
	if got := s.get("/styles/light.json", nil).Body.String(); !strings.Contains(got, `"http://example.com/fonts/{fontstack}/`) {
		t.Errorf("style: got %s, want its addresses absolute", got)
	}
}

func TestBasePathAndProxy(t *testing.T) {
	s := start(t, func(c *httpapi.Config) { c.BasePath, c.TrustProxy = "/wanmi", true })
	var tj struct{ Tiles []string }
	s.get("/wanmi/tiles/road.json", &tj, "X-Forwarded-Proto", "https", "X-Forwarded-Host", "map.city.example")
	if len(tj.Tiles) != 1 || !strings.HasPrefix(tj.Tiles[0], "https://map.city.example/wanmi/tiles/road/") {
		t.Errorf("tiles: got %v, want the proxy's address and the base path", tj.Tiles)
	}
	if w := s.do(http.MethodGet, "/wanmi", ""); w.Code != http.StatusPermanentRedirect || w.Header().Get("Location") != "/wanmi/" {
		t.Errorf("/wanmi: got %d to %q, want a redirect to /wanmi/", w.Code, w.Header().Get("Location"))
	}
	plain := start(t, nil)
	plain.get("/tiles/road.json", &tj, "X-Forwarded-Host", "evil.example")
	if strings.Contains(tj.Tiles[0], "evil") {
		t.Errorf("an untrusted header was believed: %v", tj.Tiles)
	}
}

func TestOpenAPIGolden(t *testing.T) {
	s := start(t, func(c *httpapi.Config) { c.Version = "" })
	got := s.get("/openapi.json", nil).Body.Bytes()
	file := filepath.Join("..", "..", "..", "..", "openapi.json")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("openapi.json is not what the routes say; go test ./cmd/wanmi/internal/httpapi -run OpenAPI -update")
	}
}
