package httpapi_test

import (
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
