package httpapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/data"
)

// restart ends the server, lets change edit its staging folder, and starts another on the same store and folder.
func (s *server) restart(staging string, now func() time.Time, change func()) {
	s.t.Helper()
	if err := s.api.Close(); err != nil {
		s.t.Fatal(err)
	}
	if change != nil {
		change()
	}
	live, err := city.Load(s.t.Context(), s.store, city.Config{Geocode: citytest.Geocode()}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if s.api, err = httpapi.New(httpapi.Config{Live: live, Store: s.store, Public: true, Staging: staging, Now: now}); err != nil {
		s.t.Fatal(err)
	}
}

// sent uploads the delivery for a check and waits for its end.
func (s *server) sent(name string) (path string) {
	s.t.Helper()
	w := s.upload(data.RoleSurveyor, [][2]string{{"layer", "component"}}, map[string]string{name: delivery})
	if w.Code != http.StatusAccepted {
		s.t.Fatalf("POST: %d %s", w.Code, w.Body)
	}
	path = strings.TrimPrefix(w.Header().Get("Location"), "http://example.com")
	if j := s.settled(path); j["state"] != "checked" {
		s.t.Fatalf("the upload: got %v, want it checked", j)
	}
	return path
}

// rewriteRecord changes the record of an import on disk, as a server leaves it that is killed.
func rewriteRecord(t *testing.T, dir string, change map[string]any) {
	t.Helper()
	file := filepath.Join(dir, "job.json")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var rec map[string]any
	if err := json.Unmarshal(raw, &rec); err != nil {
		t.Fatal(err)
	}
	for k, v := range change {
		rec[k] = v
	}
	if raw, err = json.Marshal(rec); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestImportsOverRestart(t *testing.T) {
	staging := filepath.Join(t.TempDir(), "imports")
	s := start(t, func(c *httpapi.Config) { c.Staging = staging })
	key := []string{"X-API-Key", s.keys[data.RoleEditor]}
	checked, cut, written := s.sent("路灯_一.csv"), s.sent("路灯_二.csv"), s.sent("路灯_三.csv")
	report := s.get(checked+"/report.html", nil, key...).Body.String()
	folder := func(path string) string { return filepath.Join(staging, filepath.Base(path)) }
	half := filepath.Join(staging, "0123456789abcdef.part")
	b := &data.Batch{Layer: "component", Added: 2, Token: "http import " + filepath.Base(written)}
	if _, err := s.store.Write(t.Context(), data.WriteInfo{Batch: b}, func(data.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	s.restart(staging, nil, func() {
		rewriteRecord(t, folder(cut), map[string]any{"state": "running", "writing": true})
		rewriteRecord(t, folder(written), map[string]any{"state": "running", "writing": true})
		if err := os.MkdirAll(filepath.Join(half, "files"), 0o700); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half an upload is still there: %v", err)
	}
	if got := s.get(checked+"/report.html", nil, key...).Body.String(); got != report {
		t.Error("the report is another after the restart")
	}
	if j := s.settled(written); j["state"] != "committed" || j["batch"] != float64(b.ID) {
		t.Errorf("one whose batch is in the store: got %v, want it committed as batch %d", j, b.ID)
	}
	// The interrupted one says so, is checked again and then written.
	if j := s.settled(cut); j["state"] != "interrupted" || !strings.Contains(fmt.Sprint(j["error"]), "nothing was written") {
		t.Errorf("one cut off: got %v, want it interrupted", j)
	}
	if detail := s.problem(s.do("POST", cut+"/commit", "", key...), 409, "commit of an interrupted one"); !strings.Contains(detail, "start") {
		t.Errorf("the refusal does not tell the way on: %s", detail)
	}
	s.problem(s.do("POST", written+"/start", "", key...), 409, "start of a committed one")
	if w := s.do("POST", cut+"/start", "", "X-API-Key", s.keys[data.RoleSurveyor]); w.Code != http.StatusAccepted {
		t.Fatalf("start: %d %s", w.Code, w.Body)
	}
	if j := s.settled(cut); j["state"] != "checked" || j["dry_run"] != true || j["error"] != nil {
		t.Errorf("started again: got %v, want it checked", j)
	}
	for i, path := range []string{checked, cut} {
		if w := s.do("POST", path+"/commit", "", key...); w.Code != http.StatusAccepted {
			t.Fatalf("commit: %d %s", w.Code, w.Body)
		}
		j := s.settled(path)
		if n, _ := j["summary"].(map[string]any)["added"].(float64); j["state"] != "committed" || (i == 0) != (n == 2) {
			t.Errorf("commit after the restart: got %v", j)
		}
		gone := func() bool {
			_, err := os.Stat(filepath.Join(folder(path), "files"))
			return errors.Is(err, os.ErrNotExist)
		}
		for end := time.Now().Add(10 * time.Second); !gone(); time.Sleep(10 * time.Millisecond) { // they go after the state is told
			if time.Now().After(end) {
				t.Fatal("the files of a committed import are still there")
			}
		}
	}
	// A week and a day later nothing is left of any.
	s.restart(staging, func() time.Time { return time.Now().Add(8 * 24 * time.Hour) }, nil)
	var list struct{ Imports []any }
	s.get("/api/imports", &list, key...)
	left, err := filepath.Glob(staging + "/[0-9a-f]*")
	if len(list.Imports) != 0 || len(left) != 0 || err != nil {
		t.Errorf("after eight days: %d imports, %v on disk, %v; want none", len(list.Imports), left, err)
	}
	if detail := s.problem(s.do("GET", checked, "", key...), 404, "a forgotten import"); !strings.Contains(detail, "7 days") {
		t.Errorf("a forgotten import: %s", detail)
	}
}

// Two servers on one database have each a folder of their own.
func TestTwoStagingFolders(t *testing.T) {
	staging := filepath.Join(t.TempDir(), "imports")
	a := start(t, func(c *httpapi.Config) { c.Staging = staging })
	b := start(t, func(c *httpapi.Config) { c.Staging = staging })
	one, two := a.sent("a.csv"), b.sent("b.csv")
	for _, dir := range []string{filepath.Join(staging, filepath.Base(one)), filepath.Join(staging+"-2", filepath.Base(two))} {
		if _, err := os.Stat(filepath.Join(dir, "job.json")); err != nil {
			t.Errorf("want the import in %s: %v", dir, err)
		}
	}
}

// A stream resumed tells what was missed, once, and ends where nothing more will come.
func TestEventsResume(t *testing.T) {
	s := start(t, nil)
	key := []string{"X-API-Key", s.keys[data.RoleEditor]}
	path := s.sent("路灯.csv")
	whole := s.get(path+"/events", nil, key...).Body.String()
	id := regexp.MustCompile(`(?m)^id: (\d+)$`).FindStringSubmatch(whole)
	if id == nil || strings.Count(whole, "event: ") != 1 {
		t.Fatalf("events: got %q, want one with an id", whole)
	}
	if w := s.do("GET", path+"/events", "", append(key, "Last-Event-ID", id[1])...); w.Code != http.StatusNoContent {
		t.Errorf("after the last event: status %d, want 204", w.Code)
	}
	if w := s.do("POST", path+"/commit", "", key...); w.Code != http.StatusAccepted {
		t.Fatalf("commit: %d %s", w.Code, w.Body)
	}
	s.settled(path)
	w := s.do("GET", path+"/events", "", append(key, "Last-Event-ID", id[1])...)
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^event: (\w+)$`).FindAllStringSubmatch(w.Body.String(), -1) {
		names = append(names, m[1])
	}
	if got := strings.Join(names, " "); got != "waiting running committed" {
		t.Errorf("missed events: got %q, want waiting running committed", got)
	}
	s.problem(s.do("GET", path+"/events", "", append(key, "Last-Event-ID", "yesterday")...), 400, "an id that is none")
}

// cutOff is a body whose sender leaves in the middle.
type cutOff struct{ r io.Reader }

func (c cutOff) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// What is too large or cannot be kept is refused in words, at once where it can be known, and leaves nothing behind.
func TestUploadRefused(t *testing.T) {
	staging := filepath.Join(t.TempDir(), "imports")
	s := start(t, func(c *httpapi.Config) { c.Staging, c.MaxUpload = staging, 1<<20 })
	big, typ := form(t, [][2]string{{"layer", "component"}}, "file", map[string]string{"a.csv": strings.Repeat("x", 2<<20)})
	small, _ := form(t, [][2]string{{"layer", "component"}}, "file", map[string]string{"a.csv": delivery})
	for _, tt := range []struct {
		name   string
		body   io.Reader
		length int64
		status int
		want   string
	}{
		{"too long by its header", cutOff{strings.NewReader(big)}, int64(len(big)), 413, "wanmi import"},
		{"too long as it comes", strings.NewReader(big), -1, 413, "wanmi import"},
		{"cut off", cutOff{strings.NewReader(small[:len(small)/2])}, int64(len(small)), 400, "ends too early"},
	} {
		r := httptest.NewRequest("POST", "/api/imports", tt.body)
		r.ContentLength = tt.length
		r.Header.Set("Content-Type", typ)
		r.Header.Set("X-API-Key", s.keys[data.RoleSurveyor])
		w := httptest.NewRecorder()
		s.api.ServeHTTP(w, r)
		if detail := s.problem(w, tt.status, tt.name); !strings.Contains(detail, tt.want) {
			t.Errorf("%s: got %q, want %q in it", tt.name, detail, tt.want)
		}
		if left, _ := filepath.Glob(staging + "/[0-9a-f]*"); len(left) != 0 {
			t.Errorf("%s: %v is left behind", tt.name, left)
		}
	}
	roomy := start(t, func(c *httpapi.Config) { c.MaxUpload = 1 << 62 })
	r := httptest.NewRequest("POST", "/api/imports", strings.NewReader(small))
	r.ContentLength = 1 << 61
	r.Header.Set("Content-Type", typ)
	r.Header.Set("X-API-Key", roomy.keys[data.RoleSurveyor])
	w := httptest.NewRecorder()
	roomy.api.ServeHTTP(w, r)
	if detail := roomy.problem(w, 507, "more than the disk has"); !strings.Contains(detail, "--staging") {
		t.Errorf("more than the disk has: got %q", detail)
	}
}

// The form field extent keeps what is stored outside it.
func TestImportExtent(t *testing.T) {
	s := start(t, nil)
	community := ""
	for f, err := range s.store.Features(t.Context(), "community", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		community = f.Key
	}
	w := s.upload(data.RoleEditor, [][2]string{{"layer", "component"}, {"extent", "社区:" + community}}, map[string]string{"a.csv": delivery})
	path := strings.TrimPrefix(w.Header().Get("Location"), "http://example.com")
	if j := s.settled(path); j["state"] != "checked" || j["extent"] != "community:"+community {
		t.Errorf("got %v, want it checked with its extent", j)
	}
	s.problem(s.upload(data.RoleEditor, [][2]string{{"layer", "component"}, {"extent", "somewhere"}}, map[string]string{"a.csv": delivery}), 400, "an extent that is none")
}

// What a delivery with a date says was so from that day on; as_of still asks what was in the database.
func TestValidAt(t *testing.T) {
	s := start(t, nil)
	key := []string{"X-API-Key", s.keys[data.RoleEditor]}
	w := s.upload(data.RoleEditor, [][2]string{{"layer", "component"}, {"date", "2026-03-05"}, {"dry_run", "false"}}, map[string]string{"路灯.csv": delivery})
	if j := s.settled(strings.TrimPrefix(w.Header().Get("Location"), "http://example.com")); j["state"] != "committed" {
		t.Fatalf("got %v, want it committed", j)
	}
	var all struct{ Features []struct{ ID string } }
	s.get("/api/components?class=01037", &all)
	if len(all.Features) != 3 {
		t.Fatalf("lamps: got %d, want the town's and two delivered", len(all.Features))
	}
	for target, want := range map[string]int{
		"/api/components?class=01037&valid_at=2026-03-04": 0, "/api/components?class=01037&valid_at=2026-03-05": 2, "/api/components?class=01037&as_of=2026-03-05": 0,
		"/ogc/collections/component/items?class=01037&valid_at=2026-03-05": 2, "/ogc/collections/component/items?class=01037&datetime=2026-03-05": 0,
	} {
		var got struct{ Features []any }
		if s.get(target, &got); len(got.Features) != want {
			t.Errorf("%s: got %d lamps, want %d", target, len(got.Features), want)
		}
	}
	one := "/api/components/" + all.Features[2].ID
	var f struct {
		ValidFrom string `json:"valid_from"`
	}
	s.get(one+"?valid_at=2026-03-06", &f)
	if at, err := time.Parse(time.RFC3339, f.ValidFrom); err != nil || at.Local().Format(time.DateOnly) != "2026-03-05" {
		t.Errorf("valid from: got %q, %v, want 2026-03-05", f.ValidFrom, err)
	}
	s.problem(s.do("GET", one+"?valid_at=2026-03-04", ""), 404, "before its day")
	s.problem(s.do("GET", one+"?valid_at=2026-03-04&as_of=2026-03-04", "", key...), 400, "both")
	s.problem(s.do("GET", "/ogc/collections/component/items?valid_at=soon", ""), 400, "no day")
}
