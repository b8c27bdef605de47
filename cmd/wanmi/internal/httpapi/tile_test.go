package httpapi_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/paulmach/orb/maptile"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/tiles"
)

// A tile in each coding has a strong tag of its own, any of which spares the body.
func TestTileCodings(t *testing.T) {
	s := start(t, nil)
	target := tilePath("component,unit_grid,road", citytest.Centre, 16)
	plain := s.get(target, nil)
	hash := strings.Trim(plain.Header().Get("ETag"), `"`)
	if len(hash) != 32 {
		t.Fatalf("ETag %s; want a strong one", plain.Header().Get("ETag"))
	}
	for _, tc := range []struct{ accept, coding, tag string }{
		{"", "", hash},
		{"identity", "", hash},
		{"gzip, deflate, br, zstd", "gzip", hash + "-gzip"},
		{"gzip;q=0.8, zstd", "zstd", hash + "-zstd"},
		{"gzip;q=0, *", "zstd", hash + "-zstd"},
		{"*", "gzip", hash + "-gzip"},
		{"x-gzip", "gzip", hash + "-gzip"},
		{"zstd;q=0.2;x=1, identity;q=0.5", "", hash},
		{"zstd; Q=0.3, gzip;q=nonsense", "zstd", hash + "-zstd"},
		{"br", "", hash},
		{"*;q=0", "", hash},
	} {
		w := s.get(target, nil, "Accept-Encoding", tc.accept)
		if got := w.Header(); got.Get("Content-Encoding") != tc.coding || got.Get("ETag") != `"`+tc.tag+`"` || got.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: coding %q, tag %s, Vary %q; want %q, %q, Accept-Encoding", tc.accept, got.Get("Content-Encoding"), got.Get("ETag"), got.Get("Vary"), tc.coding, tc.tag)
		}
		if raw := unpacked(t, tc.coding, w.Body); !bytes.Equal(raw, plain.Body.Bytes()) {
			t.Errorf("%q: another content", tc.accept)
		}
		for _, have := range []string{`"` + hash + `"`, `W/"` + hash + `"`, `"x", "` + hash + `-gzip"`, `"` + hash + `-zstd"`} {
			w := s.do(http.MethodGet, target, "", "Accept-Encoding", tc.accept, "If-None-Match", have)
			if tag := w.Header().Get("ETag"); w.Code != http.StatusNotModified || w.Body.Len() > 0 || !strings.Contains(have, tag) {
				t.Errorf("%q with %s: status %d, tag %s; want 304 and a tag the client has", tc.accept, have, w.Code, tag)
			}
		}
	}
	if w := s.do(http.MethodGet, target, "", "If-None-Match", `"`+hash+`-br"`); w.Code != http.StatusOK {
		t.Errorf("a foreign tag: status %d, want 200", w.Code)
	}
	if w := s.do(http.MethodHead, target, "", "Accept-Encoding", "zstd", "If-None-Match", "*"); w.Code != http.StatusNotModified {
		t.Errorf("HEAD with any tag: status %d, want 304", w.Code)
	}
}

func unpacked(t *testing.T, coding string, r io.Reader) []byte {
	t.Helper()
	var err error
	switch coding {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "zstd":
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// What a tile leaves out stands in its header, and tiles are counted by how they were come by.
func TestTileTold(t *testing.T) {
	s := start(t, nil)
	target := tilePath("road,component", citytest.Centre, 12)
	w := s.get(target, nil)
	tile, err := s.live.View().Tiles.Tile(t.Context(), []string{"component"}, maptile.At(citytest.Centre, 12), tiles.TileOptions{})
	if err != nil || tile.Thinned == 0 || len(tile.Counts) != 1 {
		t.Fatalf("a tile of which nothing is left out: %v", err)
	}
	n := tile.Counts[0]
	if got, want := w.Header().Get("Wanmi-Tile"), fmt.Sprintf("component;as=cluster;features=%d;stands-for=%d", n.Features, n.Features+n.Thinned); got != want {
		t.Errorf("Wanmi-Tile: got %q, want %q", got, want)
	}
	if got := w.Header().Get("Access-Control-Expose-Headers"); !strings.Contains(got, "Wanmi-Tile") {
		t.Errorf("exposed are %s; want Wanmi-Tile among them", got)
	}
	if got := s.get(tilePath("component", citytest.Centre, 18), nil).Header().Get("Wanmi-Tile"); got != "" {
		t.Errorf("nothing is left out at zoom 18: got %q", got)
	}
	s.get(tilePath("component,road", citytest.Centre, 12), nil)
	s.do(http.MethodGet, target, "", "If-None-Match", w.Header().Get("ETag"))
	s.do(http.MethodGet, "/tiles/nothing_such/1/0/0.mvt", "")
	text := s.get("/metrics", nil).Body.String()
	labels := `layers="component,road",%sroute="/tiles/{layers}/{z}/{x}/{y}.mvt"`
	for _, line := range []string{
		`wanmi_tiles_total{` + fmt.Sprintf(labels, `outcome="miss",`) + `} 1`,
		`wanmi_tiles_total{` + fmt.Sprintf(labels, `outcome="hit",`) + `} 1`,
		`wanmi_tiles_total{` + fmt.Sprintf(labels, `outcome="not_modified",`) + `} 1`,
		`wanmi_tiles_thinned_total{layers="component,road",reason="rule",route="/tiles/{layers}/{z}/{x}/{y}.mvt"} 3`,
		`wanmi_tile_encode_seconds_count{` + fmt.Sprintf(labels, "") + `} 1`,
		`wanmi_tile_cache_tiles 3`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("metrics have no line %s", line)
		}
	}
	if strings.Contains(text, "nothing_such") {
		t.Error("a layer that is not served became a label")
	}
}
