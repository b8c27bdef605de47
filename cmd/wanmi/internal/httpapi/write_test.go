package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/orb/encoding/mvt"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/data"
)

const coverPath = "/api/components/" + citytest.Cover

func (s *server) patch(body, tag string, header ...string) *httptest.ResponseRecorder {
	return s.do(http.MethodPatch, coverPath, body, append([]string{"Content-Type", "application/merge-patch+json", "If-Match", tag}, header...)...)
}

func TestWhoMayDoWhat(t *testing.T) {
	for _, public := range []bool{true, false} {
		s := start(t, func(c *httpapi.Config) { c.Public = public })
		for _, tt := range []struct {
			method, target string
			public         int // what anybody gets on a public server
			least          string
		}{
			{"GET", "/healthz", 200, ""},
			{"GET", "/readyz", 200, ""},
			{"GET", "/", 200, ""},
			{"GET", "/styles/light.json", 200, ""},
			{"GET", "/openapi.json", 200, ""},
			{"GET", "/api/session", 200, ""},
			{"GET", "/catalog", 200, data.RoleViewer},
			{"GET", "/metrics", 200, data.RoleViewer},
			{"GET", "/tiles/road.json", 200, data.RoleViewer},
			{"GET", coverPath, 200, data.RoleViewer},
			{"GET", "/v1/search?text=a", 200, data.RoleViewer},
			{"GET", "/photon/api?q=a", 200, data.RoleViewer},
			{"GET", "/ogc/collections/road/items", 200, data.RoleViewer},
			{"GET", "/api/imports", 401, data.RoleSurveyor},
			{"POST", "/api/imports/x/commit", 401, data.RoleEditor},
			{"PUT", coverPath, 401, data.RoleEditor},
			{"PATCH", coverPath, 401, data.RoleEditor},
			{"DELETE", coverPath, 401, data.RoleEditor},
		} {
			name := fmt.Sprintf("%s %s, public %v", tt.method, tt.target, public)
			anybody := tt.public
			if !public && tt.least != "" {
				anybody = 401
			}
			if w := s.do(tt.method, tt.target, "{}"); w.Code != anybody {
				t.Errorf("%s, nobody: status %d, want %d", name, w.Code, anybody)
			}
			for _, role := range data.Roles() {
				w := s.do(tt.method, tt.target, "{}", "Authorization", "Bearer "+s.keys[role])
				denied := tt.least != "" && !data.RoleAllows(role, tt.least)
				if (w.Code == 403) != denied || w.Code == 401 {
					t.Errorf("%s, %s: status %d, want denied %v", name, role, w.Code, denied)
				}
			}
		}
		for _, header := range [][]string{{"X-API-Key", s.keys[data.RoleViewer]}, {"Authorization", "bearer " + s.keys[data.RoleViewer]}} {
			s.get("/catalog", nil, header...)
		}
		s.get("/catalog?key="+s.keys[data.RoleViewer], nil)
		s.problem(s.do("GET", "/catalog", "", "X-API-Key", "wanmi_no_such"), 401, "an unknown key")
		if strings.Contains(s.log.String(), s.keys[data.RoleViewer]) {
			t.Error("a key stands in the log")
		}
	}
}

func TestRevokedKey(t *testing.T) {
	s := start(t, nil)
	cookie := s.login(data.RoleEditor)
	keys, err := s.store.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if err := s.store.RevokeKey(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
	}
	tag := s.get(coverPath, nil).Header().Get("ETag")
	s.problem(s.patch(`{"note":"x"}`, tag, "X-API-Key", s.keys[data.RoleEditor]), 401, "a revoked key")
	s.problem(s.patch(`{"note":"x"}`, tag, "Cookie", cookie, "Sec-Fetch-Site", "same-origin"), 401, "the session of a revoked key")
	if w := s.do("GET", "/login?key="+s.keys[data.RoleAdmin], ""); w.Code != 401 {
		t.Errorf("login with a revoked key: status %d, want 401", w.Code)
	}
}

// login signs in and returns the cookie to send.
func (s *server) login(role string) string {
	s.t.Helper()
	w := s.do("GET", "/login?key="+s.keys[role], "")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" || w.Header().Get("Referrer-Policy") != "no-referrer" {
		s.t.Fatalf("login: status %d to %q", w.Code, w.Header().Get("Location"))
	}
	set := w.Header().Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(set, want) {
			s.t.Errorf("cookie %q lacks %s", set, want)
		}
	}
	if strings.Contains(set, s.keys[role]) {
		s.t.Error("the cookie holds the key")
	}
	cookie, _, _ := strings.Cut(set, ";")
	return cookie
}

func TestBrowserSession(t *testing.T) {
	s := start(t, func(c *httpapi.Config) { c.Public = false })
	s.problem(s.do("GET", "/login?key=wrong", ""), 401, "login with a wrong key")
	cookie := s.login(data.RoleEditor)
	var who struct {
		Role    string
		MayEdit bool `json:"may_edit"`
	}
	s.get("/api/session", &who, "Cookie", cookie)
	if who.Role != data.RoleEditor || !who.MayEdit {
		t.Errorf("session: got %+v, want an editor", who)
	}
	tag := s.get(coverPath, nil, "Cookie", cookie).Header().Get("ETag")
	for _, tt := range []struct {
		name   string
		header []string
		want   int
	}{
		{"another page", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a sister host", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"another origin", []string{"Origin", "http://evil.example"}, 403},
		{"nothing said", nil, 403},
		{"our own page", []string{"Sec-Fetch-Site", "same-origin"}, 200},
	} {
		w := s.patch(`{"note":"`+tt.name+`"}`, tag, append(tt.header, "Cookie", cookie)...)
		if w.Code != tt.want {
			t.Errorf("PATCH from %s: status %d, want %d: %s", tt.name, w.Code, tt.want, w.Body)
		}
	}
	tag = s.get(coverPath, nil, "Cookie", cookie).Header().Get("ETag")
	if w := s.patch(`{"note":"by origin"}`, tag, "Cookie", cookie, "Origin", "http://example.com"); w.Code != 200 {
		t.Errorf("PATCH with our own Origin: status %d, want 200", w.Code)
	}
	if w := s.do("POST", "/logout", "", "Cookie", cookie, "Sec-Fetch-Site", "same-origin"); w.Code != 204 {
		t.Errorf("logout: status %d, want 204", w.Code)
	}
	s.problem(s.do("GET", "/catalog", "", "Cookie", cookie), 401, "after the logout")
}

func TestComponentPreconditions(t *testing.T) {
	s := start(t, nil)
	key := []string{"X-API-Key", s.keys[data.RoleEditor]}
	tag := s.get(coverPath, nil).Header().Get("ETag")
	s.problem(s.do("PATCH", coverPath, `{"note":"x"}`, key...), 428, "PATCH without If-Match")
	s.problem(s.do("DELETE", coverPath, "", key...), 428, "DELETE without If-Match")
	s.problem(s.patch(`{"note":"x"}`, `"999999"`, key...), 412, "a stale tag")
	s.problem(s.patch(`{"note":"x"}`, "W/"+tag, key...), 412, "a weak tag")
	s.problem(s.do("PATCH", "/api/components/none", `{"note":"x"}`, append(key, "If-Match", "*")...), 404, "PATCH of nothing")
	w := s.patch(`{"note":"x"}`, tag, key...)
	if w.Code != 200 || w.Header().Get("ETag") == tag || w.Header().Get("X-Wanmi-Generation") != "2" {
		t.Errorf("PATCH: status %d, tag %s, generation %s; want 200, a new tag, 2", w.Code, w.Header().Get("ETag"), w.Header().Get("X-Wanmi-Generation"))
	}
	s.problem(s.patch(`{"note":"y"}`, tag, key...), 412, "the old tag")
}

func TestTwoPatchesAtOnce(t *testing.T) {
	s := start(t, nil)
	tag := s.get(coverPath, nil).Header().Get("ETag")
	codes := make([]int, 8)
	var wg sync.WaitGroup
	for i := range codes {
		wg.Go(func() {
			codes[i] = s.patch(fmt.Sprintf(`{"note":"%d"}`, i), tag, "X-API-Key", s.keys[data.RoleEditor]).Code
		})
	}
	wg.Wait()
	count := map[int]int{}
	for _, c := range codes {
		count[c]++
	}
	if count[200] != 1 || count[412] != len(codes)-1 {
		t.Errorf("statuses: got %v, want one 200 and the rest 412", codes)
	}
}

func TestBadBodies(t *testing.T) {
	s := start(t, nil)
	tag := s.get(coverPath, nil).Header().Get("ETag")
	for body, want := range map[string]int{
		"": 400, "{": 400, "[]": 400, `"x"`: 400, `{"note":1}`: 400, `{"none":"x"}`: 400, `{"properties":{"none":1}}`: 400, `{"class":null}`: 400,
		`{"code":"other"}`: 400, `{"init_date":"yesterday"}`: 400, `{"geometry":{"type":"Point"}}`: 400, `{"geometry":{"type":"Point","coordinates":[200,0]}}`: 400,
		`{"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,1]]]}}`: 400, `{"note":"x"}{}`: 400, `{"note":"` + strings.Repeat("x", 2<<20) + `"}`: 413,
	} {
		s.problem(s.patch(body, tag, "X-API-Key", s.keys[data.RoleEditor]), want, "PATCH "+body[:min(len(body), 60)])
	}
	if got := s.get(coverPath, nil).Header().Get("ETag"); got != tag {
		t.Errorf("a refused write has changed the component: tag %s, was %s", got, tag)
	}
}

// An edit by PATCH is in the next tile, and only what was edited has changed.
func TestEditIsInTheNextTile(t *testing.T) {
	s := start(t, nil)
	path := tilePath("component", citytest.At(-15, 13), 18)
	state := func() (string, string) {
		w := s.get(path, nil)
		layers, err := mvt.Unmarshal(w.Body.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range layers[0].Features {
			if f.Properties["code"] == citytest.Cover {
				return fmt.Sprint(f.Properties["state"]), w.Header().Get("ETag")
			}
		}
		return "", w.Header().Get("ETag")
	}
	before, tag := state()
	if before != "完好" {
		t.Fatalf("state in the tile: %q, want 完好", before)
	}
	rev := s.get(coverPath, nil).Header().Get("ETag")
	if w := s.patch(`{"properties":{"state":"破损"}}`, rev, "X-API-Key", s.keys[data.RoleEditor]); w.Code != 200 {
		t.Fatalf("PATCH: %d %s", w.Code, w.Body)
	}
	after, next := state()
	if after != "破损" || next == tag {
		t.Errorf("the next tile: state %q with tag %s, want 破损 with another than %s", after, next, tag)
	}
	var h struct {
		Versions []struct {
			Actor, Op string
			Feature   struct{ Properties struct{ State string } }
		}
	}
	s.get(coverPath+"/history", &h)
	if len(h.Versions) != 2 || h.Versions[0].Feature.Properties.State != "完好" || h.Versions[1].Feature.Properties.State != "破损" || h.Versions[1].Actor != "the editor" {
		t.Errorf("history: got %+v, want 完好 and then 破损 by the editor", h.Versions)
	}
}

func TestPutAndDelete(t *testing.T) {
	s := start(t, nil)
	key := []string{"X-API-Key", s.keys[data.RoleEditor]}
	at := citytest.At(70, 70)
	const path = "/api/components/37088301037000002"
	body := fmt.Sprintf(`{"type":"Feature","geometry":{"type":"Point","coordinates":[%f,%f]},"properties":{"class":"01037","class_name":"路灯","name":"路灯"}}`, at[0], at[1])
	s.problem(s.do("PUT", path, body, key...), 428, "PUT without a precondition")
	s.problem(s.do("PUT", path, body, append(key, "If-Match", `"1"`)...), 404, "PUT over nothing")
	s.problem(s.do("PUT", "/api/components/a%20b", body, append(key, "If-None-Match", "*")...), 400, "PUT under no code")
	s.problem(s.do("PUT", path, `{"geometry":null,"properties":{"class":"01037"}}`, append(key, "If-None-Match", "*")...), 400, "PUT without geometry")
	w := s.do("PUT", path, body, append(key, "If-None-Match", "*")...)
	if w.Code != http.StatusCreated || !strings.HasSuffix(w.Header().Get("Location"), path) {
		t.Fatalf("PUT: %d %s", w.Code, w.Body)
	}
	s.problem(s.do("PUT", path, body, append(key, "If-None-Match", "*")...), 412, "PUT of one that is there")
	var f struct {
		ID         string
		Properties map[string]any
	}
	tag := s.get(path, &f).Header().Get("ETag")
	if f.ID != "37088301037000002" || f.Properties["community_name"] != "铁东社区" || f.Properties["street_code"] != citytest.Street {
		t.Errorf("stored: got %v, want its community and street filled in", f)
	}
	if w := s.do("DELETE", path, "", append(key, "If-Match", tag)...); w.Code != 204 {
		t.Fatalf("DELETE: %d %s", w.Code, w.Body)
	}
	s.problem(s.do("GET", path, ""), 404, "after the deletion")
	var h struct{ Versions []struct{ Op string } }
	s.get(path+"/history", &h)
	if n := len(h.Versions); n == 0 || h.Versions[n-1].Op != "delete" {
		t.Errorf("history after the deletion: got %v, want it to end with delete", h.Versions)
	}
}

func TestListComponents(t *testing.T) {
	s := start(t, nil)
	type page struct {
		Features []struct{ ID string }
		Links    []struct{ Rel, Href string }
		Matched  int `json:"numberMatched"`
	}
	var p page
	s.get("/api/components?limit=2", &p)
	if len(p.Features) != 2 || p.Matched != 3 || len(p.Links) != 1 {
		t.Fatalf("first page: got %+v, want 2 of 3 and a link", p)
	}
	next := strings.TrimPrefix(p.Links[0].Href, "http://example.com")
	var q page
	s.get(next, &q)
	if len(q.Features) != 1 || len(q.Links) != 0 || q.Features[0].ID == p.Features[1].ID {
		t.Errorf("second page: got %+v, want the last and no link", q)
	}
	var r page
	s.get("/api/components?class=01037", &r)
	if len(r.Features) != 1 || r.Features[0].ID != citytest.Lamp {
		t.Errorf("of class 01037: got %+v, want %s", r, citytest.Lamp)
	}
	at := citytest.At(-15, 13)
	var b page
	s.get(fmt.Sprintf("/api/components?bbox=%f,%f,%f,%f", at[0]-1e-4, at[1]-1e-4, at[0]+1e-4, at[1]+1e-4), &b)
	if len(b.Features) != 1 || b.Features[0].ID != citytest.Cover {
		t.Errorf("in the box: got %+v, want %s", b, citytest.Cover)
	}
	raw, _ := json.Marshal(p)
	if strings.Contains(string(raw), "key=") {
		t.Error("a link hands a key on")
	}
}
