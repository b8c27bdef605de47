package httpapi_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/tiles"
)

// A style asks for no layer the configuration has taken out: its source would not be found, and nothing of it drawn.
func TestStyleOfServedLayers(t *testing.T) {
	const text = `{"version":8,"sources":{"base":{"type":"vector","url":"{base}/tiles/road,poi.json"},"poi":{"type":"vector","url":"{base}/tiles/poi.json"}},
		"layers":[{"id":"paper","type":"background"},{"id":"r","source":"base","source-layer":"road","filter":["<","a","b"]},{"id":"p","source":"base","source-layer":"poi"}]}`
	ui := fstest.MapFS{"styles/light.json": {Data: []byte(text)}}
	whole := start(t, func(c *httpapi.Config) { c.UI = ui })
	if got, want := whole.get("/styles/light.json", nil).Body.String(), strings.ReplaceAll(text, "{base}", "http://example.com"); got != want {
		t.Errorf("with all layers: got %s, want it as it is", got)
	}
	s := start(t, func(c *httpapi.Config) {
		cfg := tiles.DefaultConfig()
		cfg.Layers = slices.DeleteFunc(cfg.Layers, func(r tiles.LayerRule) bool { return r.Name == "poi" })
		live, err := city.Load(t.Context(), c.Store, city.Config{Geocode: citytest.Geocode(), Tiles: cfg}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.UI, c.Live = ui, live
	})
	var style struct {
		Sources map[string]struct{ URL string }
		Layers  []struct{ ID string }
	}
	s.get("/styles/light.json", &style)
	if len(style.Sources) != 1 || len(style.Layers) != 2 || style.Layers[1].ID != "r" {
		t.Fatalf("without poi: %+v", style)
	}
	s.get(strings.TrimPrefix(style.Sources["base"].URL, "http://example.com"), nil)
}

func TestGlyphs(t *testing.T) {
	s := start(t, nil)
	w := s.get("/fonts/Wanmi%20Medium,Noto%20Sans/256-511.pbf", nil)
	if h := w.Header(); h.Get("Content-Encoding") != "gzip" || h.Get("Content-Type") != "application/x-protobuf" || w.Body.Len() != 3 || h.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("a compressed range: %v, %d bytes", h, w.Body.Len())
	}
	for _, path := range []string{
		"/fonts/Noto%20Sans/512-767.pbf", "/fonts/Other/0-255.pbf", "/fonts/../0-255.pbf", "/fonts/Noto%20Sans/..%2f0-255.pbf", "/fonts/%2e%2e/0-255.pbf",
		"/fonts/Noto%20Sans,/%2e.pbf", "/fonts/Noto%20Sans/0-255.txt",
	} {
		if w := s.do(http.MethodGet, path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, w.Code)
		}
	}
	none := start(t, func(c *httpapi.Config) { c.Fonts = nil })
	if w := none.do(http.MethodGet, "/fonts/Noto%20Sans/0-255.pbf", ""); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "fonts: in the configuration") {
		t.Errorf("without fonts: %d %s", w.Code, w.Body)
	}
}
