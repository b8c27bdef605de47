package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/data"
	"wanmi/data/catalog"
	"wanmi/data/census"
)

type collection struct {
	Features []struct {
		ID         string
		Properties map[string]any
	}
	NumberMatched int
	Links         []struct{ Rel, Href string }
}

// tick returns a moment after what was written and before what will be.
func tick() string {
	time.Sleep(3 * time.Millisecond)
	at := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	time.Sleep(3 * time.Millisecond)
	return at
}

func TestStateAsOf(t *testing.T) {
	s := start(t, nil)
	key := []string{"X-API-Key", s.keys[data.RoleEditor]}
	before := tick()
	tag := s.get(coverPath, nil).Header().Get("ETag")
	if w := s.patch(`{"note":"移位"}`, tag, key...); w.Code != 200 {
		t.Fatalf("PATCH: %d %s", w.Code, w.Body)
	}
	if w := s.do("DELETE", "/api/components/"+citytest.Lamp, "", append(key, "If-Match", "*")...); w.Code != 204 {
		t.Fatalf("DELETE: %d %s", w.Code, w.Body)
	}
	var p collection
	for _, target := range []string{
		"/api/components?as_of=" + before, "/ogc/collections/component/items?limit=100&datetime=" + before,
		"/ogc/collections/component/items?limit=100&datetime=../" + before,
	} {
		s.get(target, &p)
		notes := 0
		for _, f := range p.Features {
			if f.Properties["note"] != nil {
				notes++
			}
		}
		if len(p.Features) != 3 || notes != 0 {
			t.Errorf("%s: got %d features, %d with the later note; want the 3 of then", target, len(p.Features), notes)
		}
	}
	s.get("/api/components?as_of="+tick(), &p)
	if len(p.Features) != 2 {
		t.Errorf("now: got %d features, want 2", len(p.Features))
	}
	s.get("/api/components?limit=2&as_of="+before, &p)
	if len(p.Features) != 2 || p.NumberMatched != 3 || len(p.Links) != 1 {
		t.Errorf("first page: got %+v", p)
	}
	var rest collection
	s.get(strings.TrimPrefix(p.Links[0].Href, "http://example.com"), &rest)
	if len(rest.Features) != 1 || len(rest.Links) != 0 {
		t.Errorf("second page: got %+v", rest)
	}
	var one struct{ Properties map[string]any }
	s.get(coverPath+"?as_of="+before, &one)
	if one.Properties["note"] != nil {
		t.Errorf("the cover then: got %v", one.Properties)
	}
	s.get("/api/components/"+citytest.Lamp+"?as_of="+before, nil)
	s.problem(s.do("GET", "/api/components/"+citytest.Lamp+"?as_of="+tick(), ""), 404, "what is gone")
	s.problem(s.do("GET", coverPath+"?as_of=2001-01-01", ""), 404, "before it was")
	s.problem(s.do("GET", coverPath+"?as_of=soon", ""), 400, "no moment")
	for _, path := range []string{"/v1/search?text=a&as_of=" + before, "/v1/reverse?point.lat=35.4&point.lon=116.97&valid_at=" + before, "/v1/autocomplete?text=a&as_of=", "/v1/search/structured?address=a&as_of=2026-01-01"} {
		if said := s.problem(s.do("GET", path, ""), 400, path); !strings.Contains(said, "wanmi geocode --as-of") {
			t.Errorf("GET %s: the way out is not told: %s", path, said)
		}
	}
	if said := s.problem(s.do("POST", "/v1/locate", `{"text":"a","as_of":"2026-01-01"}`), 400, "locate in the past"); !strings.Contains(said, "wanmi geocode --as-of") {
		t.Errorf("locate: the way out is not told: %s", said)
	}
	s.problem(s.do("GET", "/ogc/collections/road/items?datetime=soon", ""), 400, "no datetime")
}

func TestFormerCode(t *testing.T) {
	s := start(t, nil)
	if _, err := census.Recode(t.Context(), s.store, census.RecodeOptions{Edition: catalog.CJT214, Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	w := s.do("GET", coverPath, "")
	to := strings.TrimPrefix(w.Header().Get("Location"), "http://example.com")
	if w.Code != http.StatusMovedPermanently || len(to) != len("/api/components/")+16 {
		t.Fatalf("a former code: got %d to %q", w.Code, to)
	}
	s.get(to, nil)
	var h struct{ Versions []map[string]any }
	s.get(coverPath+"/history", &h)
	if len(h.Versions) != 2 || h.Versions[1]["source"] != "recode "+catalog.CJT214 {
		t.Errorf("history by the former code: got %v", h.Versions)
	}
	s.problem(s.do("GET", "/api/components/37088301002999999", ""), 404, "a code of nothing")
}

func TestUndoImport(t *testing.T) {
	s := start(t, nil)
	key := []string{"X-API-Key", s.keys[data.RoleEditor]}
	bring := func() (path string, batch int) {
		w := s.upload(data.RoleEditor, [][2]string{{"layer", "component"}, {"dry_run", "false"}}, map[string]string{"路灯_20261101.csv": delivery})
		path = strings.TrimPrefix(w.Header().Get("Location"), "http://example.com")
		j := s.settled(path)
		n, _ := j["batch"].(float64)
		if j["state"] != "committed" || n == 0 {
			t.Fatalf("import: got %v", j)
		}
		return path, int(n)
	}
	lamps := func() (codes []string) {
		var p collection
		s.get("/api/components?class=01037", &p)
		for _, f := range p.Features {
			codes = append(codes, f.ID)
		}
		return codes
	}
	before := lamps()
	path, _ := bring()
	given := lamps()
	var h struct{ Versions []map[string]any }
	s.get("/api/components/"+given[len(given)-1]+"/history", &h)
	if v := h.Versions[0]; v["file"] != "路灯_20261101.csv" || v["row"] == 0.0 || v["batch"] == 0.0 {
		t.Errorf("history: got %v, want file, row and batch", v)
	}
	if w := s.do("POST", path+"/rollback?dry_run=true", "", key...); w.Code != 200 || len(lamps()) != len(given) {
		t.Errorf("dry run: got %d %s, %d lamps", w.Code, w.Body, len(lamps()))
	}
	if w := s.do("POST", path+"/rollback", "", key...); w.Code != 200 || !strings.Contains(w.Body.String(), `"removed":2`) {
		t.Fatalf("rollback: got %d %s", w.Code, w.Body)
	}
	if got := lamps(); fmt.Sprint(got) != fmt.Sprint(before) {
		t.Errorf("lamps after it: got %v, want %v", got, before)
	}
	s.problem(s.do("POST", path+"/rollback", "", key...), 409, "a second rollback")
	_, batch := bring()
	again := lamps()
	for _, code := range again {
		for _, old := range given[len(before):] {
			if code == old {
				t.Errorf("the code %s was given twice", code)
			}
		}
	}
	last := "/api/components/" + again[len(again)-1]
	if w := s.do("PATCH", last, `{"note":"手改"}`, append(key, "Content-Type", "application/merge-patch+json", "If-Match", "*")...); w.Code != 200 {
		t.Fatalf("PATCH: %d %s", w.Code, w.Body)
	}
	undo := fmt.Sprintf("/api/imports/%d/rollback", batch)
	w := s.do("POST", undo, "", key...)
	if s.problem(w, 409, "edited since"); !strings.Contains(w.Body.String(), again[len(again)-1]) {
		t.Errorf("the 409 does not name the row: %s", w.Body)
	}
	if w := s.do("POST", undo+"?force=true", "", key...); w.Code != 200 || !strings.Contains(w.Body.String(), `"skipped":1`) {
		t.Errorf("forced: got %d %s", w.Code, w.Body)
	}
	s.get(last, nil)
	s.problem(s.do("POST", "/api/imports/99999/rollback", "", key...), 404, "no such batch")
	for range 20 { // of two faults it is always the same that is told
		if w := s.do("POST", undo+"?dry_run=2&force=3", "", key...); w.Code != 400 || !strings.Contains(w.Body.String(), "force") {
			t.Fatalf("two faults: got %d %s, want that of force", w.Code, w.Body)
		}
	}
}

func TestProposals(t *testing.T) {
	s := start(t, nil)
	surveyor, editor := []string{"X-API-Key", s.keys[data.RoleSurveyor]}, []string{"X-API-Key", s.keys[data.RoleEditor]}
	at := citytest.At(-50, 50)
	propose := func(body string) string {
		t.Helper()
		w := s.do("POST", "/api/proposals", body, surveyor...)
		if w.Code != http.StatusCreated {
			t.Fatalf("propose: %d %s", w.Code, w.Body)
		}
		return strings.TrimPrefix(w.Header().Get("Location"), "http://example.com")
	}
	change := propose(`{"op":"update","code":"` + citytest.Cover + `","change":{"state":"破损"}}`)
	stale := propose(`{"op":"update","code":"` + citytest.Cover + `","change":{"note":"旧"}}`)
	fresh := propose(fmt.Sprintf(`{"op":"insert","change":{"type":"Feature","geometry":{"type":"Point","coordinates":[%f,%f]},"properties":{"class":"01037","name":"路灯"}}}`, at[0], at[1]))
	gone := propose(`{"op":"delete","code":"` + citytest.Lamp + `"}`)
	var one struct{ Properties map[string]any }
	if s.get(coverPath, &one); one.Properties["state"] != "完好" {
		t.Errorf("a proposal has written: %v", one.Properties)
	}
	s.problem(s.do("POST", change+"/approve", "", surveyor...), 403, "a surveyor approves")
	s.problem(s.do("POST", "/api/proposals", `{"op":"update","code":"`+citytest.Cover+`","change":{"colour":"red"}}`, surveyor...), 400, "an unknown property")
	s.problem(s.do("POST", "/api/proposals", `{"op":"paint"}`, surveyor...), 400, "an unknown op")
	s.problem(s.do("POST", "/api/proposals", `{"op":"delete","code":"nothing"}`, surveyor...), 404, "of nothing")
	for path, want := range map[string]int{change + "/approve": 200, fresh + "/approve": 200, gone + "/reject": 200} {
		if w := s.do("POST", path, `{"why":"核实"}`, editor...); w.Code != want {
			t.Errorf("%s: got %d %s", path, w.Code, w.Body)
		}
	}
	s.problem(s.do("POST", stale+"/approve", "", editor...), 412, "the component has changed since")
	s.problem(s.do("POST", change+"/reject", "", editor...), 409, "decided already")
	if s.get(coverPath, &one); one.Properties["state"] != "破损" {
		t.Errorf("approved: got %v", one.Properties)
	}
	var p collection
	if s.get("/api/components?class=01037", &p); len(p.Features) != 2 || p.Features[1].ID != "37088301037000002" || p.Features[1].Properties["grid_code"] != citytest.NorthWest {
		t.Errorf("the new lamp: got %+v", p.Features)
	}
	var h struct{ Versions []map[string]any }
	s.get(coverPath+"/history", &h)
	if v := h.Versions[len(h.Versions)-1]; !strings.Contains(fmt.Sprint(v["source"]), "of the surveyor") || v["actor"] != "the editor" {
		t.Errorf("history: got %v", v)
	}
	var list struct{ Proposals []struct{ State string } }
	if s.get("/api/proposals?state=open", &list, surveyor...); len(list.Proposals) != 1 {
		t.Errorf("open: got %+v, want the stale one", list)
	}
}

func TestOGCEdit(t *testing.T) {
	s := start(t, nil)
	key := []string{"X-API-Key", s.keys[data.RoleEditor], "Content-Type", "application/geo+json"}
	const items = "/ogc/collections/component/items"
	at := citytest.At(50, 50)
	feature := func(note string) string {
		return fmt.Sprintf(`{"type":"Feature","geometry":{"type":"Point","coordinates":[%f,%f]},"properties":{"class":"01037","name":"路灯","note":%q,"code":null}}`, at[0], at[1], note)
	}
	s.problem(s.do("POST", items, feature("")), 401, "without a key")
	w := s.do("POST", items, feature("新"), key...)
	path := strings.TrimPrefix(w.Header().Get("Location"), "http://example.com")
	if w.Code != 201 || path != items+"/37088301037000002" {
		t.Fatalf("POST: %d to %q, %s", w.Code, path, w.Body)
	}
	var f struct{ Properties map[string]any }
	s.get(path, &f)
	if tag := s.get(path, nil).Header().Get("ETag"); tag == "" || tag != s.get("/api/components/37088301037000002", nil).Header().Get("ETag") {
		t.Errorf("the item's tag: got %q, want that of the component", tag)
	}
	if f.Properties["grid_code"] != citytest.NorthEast || f.Properties["note"] != "新" {
		t.Errorf("created: got %v", f.Properties)
	}
	for _, tt := range []struct {
		method, body, match string
		want                int
	}{
		{"PUT", feature("换"), "", 204},
		{"PATCH", `{"properties":{"state":"破损"}}`, "", 204},
		{"PATCH", `{"properties":{"state":"丢失"}}`, `"1"`, 412},
		{"PUT", feature("迟"), `"1"`, 412},
		{"DELETE", "", `"1"`, 412},
	} {
		header := key
		if tt.match != "" {
			header = append(key[:len(key):len(key)], "If-Match", tt.match)
		}
		if w := s.do(tt.method, path, tt.body, header...); w.Code != tt.want {
			t.Errorf("%s with If-Match %q: got %d %s, want %d", tt.method, tt.match, w.Code, w.Body, tt.want)
		}
	}
	s.get(path, &f)
	if f.Properties["note"] != "换" || f.Properties["state"] != "破损" {
		t.Errorf("edited: got %v", f.Properties)
	}
	if w := s.do("DELETE", path, "", key...); w.Code != 204 {
		t.Errorf("DELETE: %d %s", w.Code, w.Body)
	}
	s.problem(s.do("GET", path, ""), 404, "what is deleted")
	s.problem(s.do("POST", "/ogc/collections/road/items", feature(""), key...), 405, "another collection")
	if w := s.do("OPTIONS", path, ""); !strings.Contains(w.Header().Get("Allow"), "PATCH") {
		t.Errorf("OPTIONS: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}
