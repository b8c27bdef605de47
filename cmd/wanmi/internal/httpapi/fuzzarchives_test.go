package httpapi_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/cmd/wanmi/internal/shelf"
	"wanmi/gis"
	"wanmi/gis/gistest"
	"wanmi/tiles/archive"
	"wanmi/tiles/mbtiles"
	"wanmi/tiles/pmtiles"
)

// rawJSON is metadata as it stands.
type rawJSON string

func (r rawJSON) MarshalJSON() ([]byte, error) { return []byte(r), nil }

// fuzzedArchive writes an archive: the bytes given, PMTiles, or MBTiles whose metadata are the lines NAME=VALUE. false: it cannot be written.
func fuzzedArchive(t testing.TB, file string, kind uint8, whole []byte, meta string, tile []byte) bool {
	t.Helper()
	switch kind & 3 {
	case 0, 3:
		if err := os.WriteFile(file, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		return true
	case 1:
		w, err := pmtiles.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		for z := range uint8(2) {
			if err := w.Add(z, 0, 0, tile); err != nil {
				w.Abort()
				return false // no bytes
			}
		}
		info := pmtiles.Info{TileType: pmtiles.TileType(kind >> 2 & 7), Compression: pmtiles.Compression(kind >> 5), MaxZoom: 1, Metadata: rawJSON(meta)}
		if err := w.Close(info); err != nil {
			w.Abort()
			return false // no JSON
		}
		return true
	}
	w, err := mbtiles.Create(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := w.CreateMetadata(t.Context()); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(meta, "\n") {
		if name, value, ok := strings.Cut(line, "="); ok {
			if err := w.InsertMetadata(t.Context(), name, value); err != nil {
				return false
			}
		}
	}
	return w.InsertTile(t.Context(), 0, 0, 0, tile) == nil && w.InsertTile(t.Context(), 1, 0, 0, tile) == nil
}

// FuzzServedArchive serves any bytes, and archives of any metadata and tile, as `tiles serve-archive` does: no answer is a fault of the server but where
// the archive itself is damaged, which it says; TileJSON is JSON; a tile is the archive's.
func FuzzServedArchive(f *testing.F) {
	layers := `{"vector_layers":[{"id":"a","fields":{"b":"String"}}],"name":"x","attribution":"<b>&</b>"}`
	for _, kind := range []uint8{1, 1 | 1<<2, 1 | 1<<2 | 1<<5, 1 | 1<<2 | 2<<5, 1 | 2<<2 | 1<<5, 2} {
		f.Add(kind, []byte(nil), layers, []byte{0x1a, 0})
		f.Add(kind, []byte(nil), "name=x\nformat=pbf\nbounds=1,2,3,NaN\ncenter=1e999,2,3\nminzoom=-1\nmaxzoom=1e3\njson="+layers, []byte{0x1f, 0x8b, 8, 0})
		f.Add(kind, []byte(nil), `{"name":5,"vector_layers":{"a":[]},"description":null,"minzoom":"\u0000"}`, []byte("\x89PNG"))
	}
	file := filepath.Join(gistest.MemoryDir(f), "a.tiles")
	for _, kind := range []uint8{1 | 1<<2 | 1<<5, 1 | 1<<2} {
		if !fuzzedArchive(f, file, kind, nil, "{}", []byte{0x1a, 0}) {
			f.Fatal("no archive")
		}
		whole, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(0), whole, "", []byte(nil))
	}
	held := new(shelf.Shelf) // a server made once takes half of the time
	api, err := httpapi.NewArchives(httpapi.Config{Archives: held, Public: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { api.Close() })
	f.Fuzz(func(t *testing.T, kind uint8, whole []byte, meta string, tile []byte) {
		gistest.Bounded(t)
		os.Remove(file)
		if len(whole) > 1<<16 || !fuzzedArchive(t, file, kind, whole, meta, tile) {
			return
		}
		s, err := shelf.New(t.Context(), map[string]string{"a": file}, func(string) string { return "" }, func(string, error) {})
		if err != nil { // the command says so and ends
			if gis.KindOf(err) == gis.Internal {
				t.Fatal(err)
			}
			return
		}
		defer s.Close()
		*held = *s
		a, err := archive.Open(t.Context(), file)
		if err != nil {
			t.Fatalf("it is served, and cannot be opened: %v", err)
		}
		defer a.Close()
		for _, target := range []string{"/catalog", "/tiles/a.json"} {
			if got := answerOf(api, target, "gzip"); got.status != http.StatusOK {
				t.Errorf("%s: %d %s", target, got.status, got.body)
			} else if fault := new(asker).fault(http.MethodGet, target, got); fault != "" {
				t.Errorf("%s: %s: %s", target, fault, got.body)
			}
		}
		for _, z := range []uint8{0, 2} {
			for _, coding := range []string{"gzip", ""} {
				servedTile(t, api, a, z, coding)
			}
		}
	})
}

func answerOf(h http.Handler, target, coding string) answered {
	r := httptest.NewRequest(http.MethodGet, target, http.NoBody)
	r.Header.Set("Accept-Encoding", coding)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return answered{w.Code, w.Header(), w.Body.Bytes()}
}

// servedTile holds the first tile of a zoom as it is served against what the archive has.
func servedTile(t *testing.T, h http.Handler, a archive.Archive, z uint8, coding string) {
	t.Helper()
	m := a.Meta()
	stored, err := a.Tile(t.Context(), z, 0, 0)
	absent := gis.KindOf(err) == gis.NotFound && err != nil
	content, broken := stored, err
	if err == nil {
		content, broken = m.Unpack(stored)
	}
	for _, suffix := range []string{"mvt", "png", "webp"} {
		got := answerOf(h, fmt.Sprintf("/tiles/a/%d/0/0.%s", z, suffix), coding)
		picture := suffix != "mvt"
		var want int
		switch {
		case err != nil && !absent:
			want = http.StatusInternalServerError
		case m.Type.String() != suffix:
			want = http.StatusNotFound
		case absent || len(stored) == 0:
			want = http.StatusNoContent
		case picture || m.Packed(stored) == pmtiles.Gzip && coding == "gzip":
			want = http.StatusOK
		case broken != nil:
			want = http.StatusInternalServerError
		default:
			want = http.StatusOK
		}
		if got.status != want {
			t.Errorf("zoom %d, %s, coding %q: %d %s; want %d: the archive's is %x, %v", z, suffix, coding, got.status, got.body, want, stored, broken)
			continue
		}
		switch {
		case want == http.StatusInternalServerError && !strings.Contains(string(got.body), "archive a: "):
			t.Errorf("zoom %d, %s: the archive is damaged, and that is not what it says: %s", z, suffix, got.body)
		case want == http.StatusOK && picture && !bytes.Equal(got.body, stored):
			t.Errorf("zoom %d, %s: another picture than the archive's", z, suffix)
		case want == http.StatusOK && !picture && broken == nil:
			if raw, err := uncoded(got); err != nil || !bytes.Equal(raw, content) {
				t.Errorf("zoom %d, %s, coding %q: %x, %v; the archive's is %x", z, suffix, coding, raw, err, content)
			}
		}
	}
}
