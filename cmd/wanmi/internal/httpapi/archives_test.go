package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb/maptile"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/cmd/wanmi/internal/shelf"
	"wanmi/tiles"
	"wanmi/tiles/archive"
	"wanmi/tiles/pmtiles"
)

const png = "\x89PNG\r\n\x1a\n and the rest"

// baseMaps are an export of the town, the same without compression, and pictures.
func baseMaps(t testing.TB) *shelf.Shelf {
	t.Helper()
	dir := t.TempDir()
	st := citytest.Store(t)
	set, err := tiles.Build(t.Context(), st, tiles.DefaultConfig(), nil)
	if err != nil {
		t.Fatal(err)
	}
	town := filepath.Join(dir, "town.mbtiles")
	if _, err := tiles.Export(t.Context(), set, town, tiles.ExportOptions{MinZoom: 14, MaxZoom: 16, Attribution: "© 某市"}); err != nil {
		t.Fatal(err)
	}
	in, err := archive.Open(t.Context(), town)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	plain := filepath.Join(dir, "plain.pmtiles")
	w, err := archive.Create(plain)
	if err != nil {
		t.Fatal(err)
	}
	m := in.Meta()
	for tile, err := range in.Within(t.Context(), pmtiles.Whole()) {
		if err != nil {
			t.Fatal(err)
		}
		raw, err := m.Unpack(tile.Data)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Add(tile.Z, tile.X, tile.Y, raw); err != nil {
			t.Fatal(err)
		}
	}
	m.Compression = pmtiles.None
	if err := w.Finish(t.Context(), m, nil); err != nil {
		t.Fatal(err)
	}
	pictures := filepath.Join(dir, "pictures.mbtiles")
	if w, err = archive.Create(pictures); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(1, 1, 0, []byte(png)); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(t.Context(), archive.Meta{Name: "影像", Type: pmtiles.PNG, MinZoom: 1, MaxZoom: 1, Bounds: [4]float64{0, 0, 180, 85}}, nil); err != nil {
		t.Fatal(err)
	}
	s, err := shelf.New(t.Context(), map[string]string{"town": town, "plain": plain, "pictures": pictures, "away": "http://127.0.0.1:1/x.pmtiles"},
		func(string) string { return "" }, func(string, error) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestArchivesBesideLayers(t *testing.T) {
	s := start(t, func(c *httpapi.Config) { c.Archives = baseMaps(t) })
	testArchives(t, s.do)
	at := maptile.At(citytest.Centre, 15)
	live := "/tiles/unit_grid/15/" + itoa(at.X) + "/" + itoa(at.Y) + ".mvt"
	if r := s.do("GET", live, ""); r.Code != 200 {
		t.Errorf("a live tile beside archives: %d", r.Code)
	}
	var doc map[string]any
	if err := json.Unmarshal(s.do("GET", "/catalog", "").Body.Bytes(), &doc); err != nil || len(doc["archives"].([]any)) != 4 || len(doc["layers"].([]any)) < 5 {
		t.Errorf("catalogue %v, %v", doc["archives"], err)
	}
	if r := s.do("GET", "/tiles/unit_grid/15/1/1.png", ""); r.Code != 404 || !strings.Contains(r.Body.String(), "served as .mvt") {
		t.Errorf("a layer as a picture: %d %s", r.Code, r.Body)
	}
}

func TestServerOfArchives(t *testing.T) {
	api, err := httpapi.NewArchives(httpapi.Config{Archives: baseMaps(t), Public: true, BasePath: "/maps"})
	if err != nil {
		t.Fatal(err)
	}
	defer api.Close()
	do := func(method, target, body string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, target, strings.NewReader(body))
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		return w
	}
	testArchives(t, do)
	for path, want := range map[string]int{
		"/healthz": 200, "/openapi.json": 200, "/metrics": 200, "/maps/catalog": 200, "/maps/tiles/town.json": 200, "/": 404, "/tiles/nope.json": 404,
		"/tiles/nope/1/1/1.mvt": 404, "/tiles/nope/1/1/1.webp": 404, "/api/components": 404,
	} {
		if r := do("GET", path, "", "Authorization", "Bearer nobody"); r.Code != want {
			t.Errorf("%s: got %d, want %d: %s", path, r.Code, want, r.Body)
		}
	}
	if r := do("GET", "/maps/tiles/town.json", ""); !strings.Contains(r.Body.String(), "/maps/tiles/town/{z}/{x}/{y}.mvt") {
		t.Errorf("under a base path: %s", r.Body)
	}
}

func itoa(v uint32) string { b, _ := json.Marshal(v); return string(b) }

func testArchives(t *testing.T, do func(method, target, body string, header ...string) *httptest.ResponseRecorder) {
	t.Helper()
	at := maptile.At(citytest.Centre, 15)
	path := "/15/" + itoa(at.X) + "/" + itoa(at.Y) + ".mvt"
	tags := map[string]string{}
	var raw []byte
	for _, name := range []string{"town", "plain"} {
		for _, encoding := range []string{"gzip", "identity"} {
			r := do("GET", "/tiles/"+name+path, "", "Accept-Encoding", encoding)
			tag := r.Header().Get("ETag")
			if r.Code != 200 || r.Header().Get("Content-Type") != "application/vnd.mapbox-vector-tile" || !strings.HasPrefix(tag, `"`) || tags[tag] != "" {
				t.Fatalf("%s %s: %d, %v (%s)", name, encoding, r.Code, r.Header(), tags[tag])
			}
			tags[tag] = name + encoding
			body := r.Body.Bytes()
			if packed := r.Header().Get("Content-Encoding") == "gzip"; packed {
				zr, err := gzip.NewReader(bytes.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if _, err := out.ReadFrom(zr); err != nil {
					t.Fatal(err)
				}
				body = out.Bytes()
			} else if encoding == "gzip" && len(body) > 2000 {
				t.Errorf("%s: %d bytes are sent as they are", name, len(body))
			}
			if raw == nil {
				raw = body
			}
			if !bytes.Equal(body, raw) {
				t.Errorf("%s %s: another content", name, encoding)
			}
			if r := do("GET", "/tiles/"+name+path, "", "Accept-Encoding", encoding, "If-None-Match", tag); r.Code != http.StatusNotModified || r.Body.Len() > 0 {
				t.Errorf("%s %s: asked again: %d", name, encoding, r.Code)
			}
			if r := do("HEAD", "/tiles/"+name+path, "", "Accept-Encoding", encoding); r.Code != 200 || r.Body.Len() > 0 || r.Header().Get("ETag") != tag {
				t.Errorf("%s %s: HEAD: %d, %v", name, encoding, r.Code, r.Header())
			}
		}
	}
	if r := do("GET", "/tiles/pictures/1/1/0.png", "", "Accept-Encoding", "gzip"); r.Code != 200 || r.Header().Get("Content-Type") != "image/png" || r.Body.String() != png || r.Header().Get("Content-Encoding") != "" {
		t.Errorf("a picture: %d %v %q", r.Code, r.Header(), r.Body)
	}
	for target, want := range map[string]int{
		"/tiles/town/15/0/0.mvt": 204, "/tiles/pictures/1/0/0.png": 204, "/tiles/pictures/1/1/0.mvt": 404, "/tiles/pictures/1/1/0.jpg": 404,
		"/tiles/town/15/99999/0.mvt": 400, "/tiles/town/15/-1/0.mvt": 400, "/tiles/town" + path + "?filter=a": 400, "/tiles/town" + path + "?properties=a": 400,
		"/tiles/away/1/1/1.mvt": 502, "/tiles/away.json": 502,
	} {
		if r := do("GET", target, ""); r.Code != want {
			t.Errorf("%s: got %d, want %d: %s", target, r.Code, want, r.Body)
		}
	}
	var doc struct {
		TileJSON     string              `json:"tilejson"`
		Tiles        []string            `json:"tiles"`
		Attribution  string              `json:"attribution"`
		MinZoom      int                 `json:"minzoom"`
		MaxZoom      int                 `json:"maxzoom"`
		VectorLayers []tiles.VectorLayer `json:"vector_layers"`
	}
	r := do("GET", "/tiles/town.json", "")
	if err := json.Unmarshal(r.Body.Bytes(), &doc); err != nil || doc.TileJSON != "3.0.0" || doc.Attribution != "© 某市" || doc.MinZoom != 14 || doc.MaxZoom != 16 || len(doc.VectorLayers) < 5 ||
		!strings.HasSuffix(doc.Tiles[0], "/tiles/town/{z}/{x}/{y}.mvt") {
		t.Errorf("TileJSON %s, %v", r.Body, err)
	}
	if r := do("GET", "/tiles/pictures.json", ""); !strings.Contains(r.Body.String(), "{y}.png") || strings.Contains(r.Body.String(), "vector_layers") {
		t.Errorf("TileJSON of pictures %s", r.Body)
	}
}
