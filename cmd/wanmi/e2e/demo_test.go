//go:build e2e

package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"
)

// Tests that take long, measure no time and share nothing but the city below run beside one another (t.Parallel), after all others.

// demoDir is the synthetic city that the tests share: `wanmi demo` makes it once.
var demoDir = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "wanmi-e2e-")
	if err != nil {
		panic(err)
	}
	return filepath.Join(dir, "demo")
})

var demoOnce sync.Mutex

// demo starts `wanmi demo` on a free port; the first start builds the city.
func demo(t *testing.T) *server {
	t.Helper()
	demoOnce.Lock()
	defer demoOnce.Unlock()
	return startDemo(t)
}

// startDemo is demo for who holds demoOnce.
func startDemo(t *testing.T) *server {
	t.Helper()
	began := time.Now()
	s := start(t, 180*time.Second, "demo", "--addr", "127.0.0.1:0", "--dir", demoDir())
	t.Logf("demo ready after %.1f s", time.Since(began).Seconds())
	return s
}

// demoDB returns the path of a copy of the demo's database, for a test to change.
func demoDB(t *testing.T) string {
	t.Helper()
	func() {
		demoOnce.Lock()
		defer demoOnce.Unlock()
		if _, err := os.Stat(filepath.Join(demoDir(), "city.gpkg")); err != nil {
			startDemo(t).stop()
		}
	}()
	out := filepath.Join(t.TempDir(), "city.gpkg")
	must(t, "backup", "--db", filepath.Join(demoDir(), "city.gpkg"), "--out", out)
	return out
}

// truth is one synthetic report with its true place.
type truth struct {
	id, kind, text, community, component, class, department, matter string
	lon, lat                                                        float64
}

func readTruth(t *testing.T) []truth {
	t.Helper()
	f, err := os.Open(filepath.Join(demoDir(), "files", "truth.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("truth.csv: %d rows, %v", len(rows), err)
	}
	col := map[string]int{}
	for i, c := range rows[0] {
		col[strings.TrimPrefix(c, "\ufeff")] = i
	}
	var out []truth
	for _, r := range rows[1:] {
		tr := truth{
			id: r[col["id"]], kind: r[col["kind"]], text: r[col["text"]], community: r[col["community_code"]],
			component: r[col["component_code"]], class: r[col["class"]], department: r[col["department_code"]],
			matter: r[col["matter"]],
		}
		if _, err := fmt.Sscan(r[col["lon"]]+" "+r[col["lat"]], &tr.lon, &tr.lat); err != nil {
			t.Fatalf("truth.csv %s: %v", tr.id, err)
		}
		out = append(out, tr)
	}
	return out
}

// tileAt returns the path of the tile that holds the point.
func tileAt(layers string, lon, lat float64, z int) string {
	tile := maptile.At([2]float64{lon, lat}, maptile.Zoom(z))
	return fmt.Sprintf("/tiles/%s/%d/%d/%d.mvt", layers, z, tile.X, tile.Y)
}

func decode(t *testing.T, r reply) mvt.Layers {
	t.Helper()
	layers, err := mvt.Unmarshal(r.body)
	if err != nil {
		t.Fatalf("the tile does not decode: %v", err)
	}
	return layers
}

func TestDemo(t *testing.T) {
	t.Parallel()
	s := demo(t)
	all := readTruth(t)
	at := all[0]

	t.Run("page", func(t *testing.T) {
		page := s.get("/")
		if ct := page.header.Get("Content-Type"); !strings.HasPrefix(ct, "text/html") {
			t.Errorf("content type of the page = %q, want text/html", ct)
		}
		for _, path := range []string{"/healthz", "/readyz", "/metrics", "/openapi.json", "/catalog", "/styles/light.json", "/styles/dark.json"} {
			s.get(path)
		}
	})
	t.Run("tile", func(t *testing.T) {
		path := tileAt("unit_grid,component,road,building", at.lon, at.lat, 15)
		r := s.get(path)
		count := map[string]int{}
		for _, l := range decode(t, r) {
			count[l.Name] = len(l.Features)
		}
		for _, name := range []string{"unit_grid", "component", "road", "building"} {
			if count[name] == 0 {
				t.Errorf("%s: layer %s is empty; got %v", path, name, count)
			}
		}
		again := s.do(http.MethodGet, path, nil, "If-None-Match", r.header.Get("ETag"))
		if again.status != http.StatusNotModified || len(again.body) != 0 {
			t.Errorf("with the tile's own ETag: status %d and %d bytes, want 304 and none", again.status, len(again.body))
		}
		var tj struct {
			TileJSON     string           `json:"tilejson"`
			Tiles        []string         `json:"tiles"`
			VectorLayers []map[string]any `json:"vector_layers"`
		}
		s.get("/tiles/unit_grid,component.json").json(t, &tj)
		if tj.TileJSON != "3.0.0" || len(tj.Tiles) != 1 || !strings.HasPrefix(tj.Tiles[0], s.url) || len(tj.VectorLayers) != 2 {
			t.Errorf("TileJSON = %+v", tj)
		}
	})
	t.Run("cell by point", func(t *testing.T) {
		var cell struct {
			Code string `json:"code"`
		}
		s.get(fmt.Sprintf("/api/grids?at=%f,%f", at.lon, at.lat)).json(t, &cell)
		if len(cell.Code) != 15 || cell.Code[:12] != at.community {
			t.Errorf("cell of %f,%f = %q, want one of community %s", at.lon, at.lat, cell.Code, at.community)
		}
		s.get("/api/grids/" + cell.Code)
		s.get("/api/grids/" + cell.Code + "/components")
		s.get("/api/grids/" + cell.Code + "/lineage")
	})
	t.Run("located report", func(t *testing.T) {
		body, _ := json.Marshal(map[string]string{"text": at.text})
		r := s.do(http.MethodPost, "/v1/locate", strings.NewReader(string(body)), "Content-Type", "application/json")
		var loc struct {
			Place *struct {
				Point [2]float64 `json:"point"`
			} `json:"place"`
			Grid    *struct{ Code string } `json:"grid"`
			Score   float64                `json:"score"`
			Reasons []any                  `json:"reasons"`
		}
		r.json(t, &loc)
		if r.status != http.StatusOK || loc.Place == nil || loc.Grid == nil || loc.Score <= 0 || len(loc.Reasons) == 0 {
			t.Errorf("locate %q: status %d, %s", at.text, r.status, tail(string(r.body)))
		}
		for _, path := range []string{"/v1/search?text=", "/v1/autocomplete?text=", "/photon/api?q=", "/nominatim/search?format=json&q="} {
			s.get(path + url.QueryEscape(at.text))
		}
		s.get(fmt.Sprintf("/v1/reverse?point.lat=%f&point.lon=%f", at.lat, at.lon))
	})
	t.Run("errors", func(t *testing.T) {
		for path, want := range map[string]int{
			"/api/grids/12": 400, "/api/grids/370883001001999": 404, "/tiles/nolayer/10/1/1.mvt": 404, "/tiles/road/10/x/1.mvt": 400,
			"/nowhere": 404, "/api/grids?at=1": 400, "/api/grids?at=116.97,35.4&wrong=1": 400, "/v1/search?text=": 400,
		} {
			r := s.do(http.MethodGet, path, nil)
			if r.status != want || !strings.HasPrefix(r.header.Get("Content-Type"), "application/problem+json") {
				t.Errorf("GET %s: %d %s, want %d application/problem+json", path, r.status, r.header.Get("Content-Type"), want)
			}
			for _, inside := range []string{"SQL", "sqlite", ".go:", "goroutine", "panic"} {
				if strings.Contains(string(r.body), inside) {
					t.Errorf("GET %s shows %q: %s", path, inside, r.body)
				}
			}
		}
	})
	t.Run("export and archives", func(t *testing.T) { exports(t, filepath.Join(demoDir(), "city.gpkg")) })
	t.Run("browser", func(t *testing.T) { browser(t, s, "--report", at.text) })
	t.Run("access log", func(t *testing.T) {
		if !strings.Contains(s.log.String(), `"route":"/api/grids/{code}"`) {
			t.Errorf("no structured access line names the route /api/grids/{code}:\n%s", tail(s.log.String()))
		}
	})
	if code := s.stop(); code != 0 {
		t.Errorf("exit code after SIGTERM = %d, want 0\n%s", code, tail(s.log.String()))
	}
}

// exports writes every format and lets GDAL and sqlite3 read them back.
func exports(t *testing.T, db string) {
	dir := t.TempDir()
	for _, tool := range []string{"ogrinfo", "sqlite3"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, "%v", err)
		}
	}
	for _, name := range []string{"cells.geojson", "cells.gpkg", "cells.shp", "cells.csv", "cells.xlsx", "cells.geojsonl"} {
		file := filepath.Join(dir, name)
		must(t, "export", "--db", db, "unit_grid", "--out", file)
		if strings.HasSuffix(name, ".xlsx") {
			continue
		}
		if r := run(t, "ogrinfo", "-ro", "-al", "-so", file); r.code != 0 || !strings.Contains(r.out, "Feature Count: ") || strings.Contains(r.out, "Feature Count: 0\n") {
			t.Errorf("ogrinfo %s: code %d\n%s%s", name, r.code, r.out, r.errOut)
		}
	}
	if r := run(t, "ogrinfo", "-ro", db); r.code != 0 || strings.Contains(r.errOut, "Warning") || !strings.Contains(r.out, "unit_grid") {
		t.Errorf("ogrinfo of the database: code %d\n%s%s", r.code, r.out, r.errOut)
	}
	for _, name := range []string{"city.mbtiles", "city.pmtiles"} {
		must(t, "tiles", "export", "--db", db, "--out", filepath.Join(dir, name), "--layers", "unit_grid,road", "--minzoom", "12", "--maxzoom", "15")
	}
	r := run(t, "sqlite3", filepath.Join(dir, "city.mbtiles"), "select count(*) > 10 from tiles; select value from metadata where name = 'format'")
	if r.out != "1\npbf\n" {
		t.Errorf("sqlite3 city.mbtiles: %q %s", r.out, r.errOut)
	}
}

// browser runs the page's own test in headless Chromium.
func browser(t *testing.T, s *server, args ...string) {
	if _, err := exec.LookPath("chromium"); err != nil {
		missing(t, "%v", err)
	}
	shots := os.Getenv("WANMI_SHOTS")
	if shots == "" {
		shots = t.TempDir()
	}
	cmd := exec.Command("node", append([]string{filepath.Join(root, "scripts", "webtest", "run.mjs"), s.url, "--shots", shots}, args...)...)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", tail(string(out)))
	if err != nil {
		t.Errorf("the page's test failed: %v", err)
	}
}

// An edit by PATCH is in the next tile, and a request under way at SIGTERM still gets its answer.
func TestEditAndShutdown(t *testing.T) {
	db := demoDB(t)
	key := strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", "editor", "--name", "e2e").out)
	s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0")
	var list struct {
		Features []struct {
			Geometry   struct{ Coordinates [2]float64 }
			Properties struct{ Code, State string }
		}
	}
	s.get("/ogc/collections/component/items?limit=50&class=01001").json(t, &list)
	if len(list.Features) == 0 {
		t.Fatal("no manhole cover in the city")
	}
	f := list.Features[0]
	lon, lat, code := f.Geometry.Coordinates[0], f.Geometry.Coordinates[1], f.Properties.Code
	state := "破损"
	if f.Properties.State == state {
		state = "丢失"
	}
	path := tileAt("component", lon, lat, 18)
	before := s.get(path)
	one := s.get("/api/components/" + code)

	patch := func(header ...string) reply {
		return s.do(http.MethodPatch, "/api/components/"+code, strings.NewReader(`{"state":"`+state+`","note":"井盖破裂"}`),
			append([]string{"Content-Type", "application/merge-patch+json"}, header...)...)
	}
	if r := patch("If-Match", one.header.Get("ETag")); r.status != http.StatusUnauthorized {
		t.Errorf("PATCH without a key: status %d, want 401", r.status)
	}
	if r := patch("X-API-Key", key); r.status != http.StatusPreconditionRequired {
		t.Errorf("PATCH without If-Match: status %d, want 428", r.status)
	}
	if r := patch("X-API-Key", key, "If-Match", one.header.Get("ETag")); r.status != http.StatusOK {
		t.Fatalf("PATCH: status %d\n%s", r.status, r.body)
	}
	if r := patch("X-API-Key", key, "If-Match", one.header.Get("ETag")); r.status != http.StatusPreconditionFailed {
		t.Errorf("PATCH with the old ETag: status %d, want 412", r.status)
	}
	after := s.get(path)
	if after.header.Get("ETag") == before.header.Get("ETag") {
		t.Error("the tile has its old ETag after the edit")
	}
	found := false
	for _, l := range decode(t, after) {
		for _, f := range l.Features {
			found = found || f.Properties["code"] == code && f.Properties["state"] == state
		}
	}
	if !found {
		t.Errorf("the next tile does not show component %s as %s", code, state)
	}
	var history []any
	h := s.get("/api/components/" + code + "/history")
	if err := json.Unmarshal(h.body, &history); err != nil {
		var wrapped struct{ Versions []any }
		h.json(t, &wrapped)
		history = wrapped.Versions
	}
	if len(history) < 2 {
		t.Errorf("history has %d versions after an edit, want 2", len(history))
	}

	// A batch whose body comes slowly is under way when the signal comes.
	pr, pw := io.Pipe()
	answer := make(chan string, 1)
	go func() {
		res, err := http.Post(s.url+"/v1/batch", "application/x-ndjson", pr)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		answer <- fmt.Sprint(res.StatusCode, strings.Count(string(b), "\n"))
	}()
	line := `{"text":"` + code + `"}` + "\n"
	_, _ = io.WriteString(pw, line)
	time.Sleep(300 * time.Millisecond)
	go func() {
		time.Sleep(700 * time.Millisecond)
		_, _ = io.WriteString(pw, line)
		_ = pw.Close()
	}()
	if code := s.stop(); code != 0 {
		t.Errorf("exit code after SIGTERM = %d, want 0\n%s", code, tail(s.log.String()))
	}
	if got := <-answer; got != "200 2" {
		t.Errorf("the request under way got %q, want status 200 with 2 lines", got)
	}
	must(t, "check", "--db", db)
}

// A closed server answers nobody without a key.
func TestClosedServer(t *testing.T) {
	db := demoDB(t)
	key := strings.TrimSpace(must(t, "key", "create", "--db", db, "--role", "viewer", "--name", "reader").out)
	s := start(t, 60*time.Second, "serve", "--db", db, "--addr", "127.0.0.1:0", "--public=false")
	defer s.stop()
	for _, path := range []string{"/catalog", "/tiles/road.json", "/v1/search?text=a", "/api/grids?at=116.97,35.4"} {
		if r := s.do(http.MethodGet, path, nil); r.status != http.StatusUnauthorized {
			t.Errorf("GET %s without a key: status %d, want 401", path, r.status)
		}
	}
	s.get("/catalog", "X-API-Key", key)
	s.get("/healthz")
	b, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), key) {
		t.Error("the key stands in the database in the clear")
	}
}
