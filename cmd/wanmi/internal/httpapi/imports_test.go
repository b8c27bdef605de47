package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wanmi/data"
)

// upload posts a delivery and returns its id.
func (s *server) upload(role string, fields [][2]string, files map[string]string) *httptest.ResponseRecorder {
	body, typ := form(s.t, fields, "file", files)
	return s.do("POST", "/api/imports", body, "Content-Type", typ, "X-API-Key", s.keys[role])
}

// settled waits until an import no longer runs.
func (s *server) settled(path string) map[string]any {
	s.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		var j map[string]any
		s.get(path, &j, "X-API-Key", s.keys[data.RoleSurveyor])
		if j["state"] != "waiting" && j["state"] != "running" {
			return j
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the import does not end: %v", j)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

const delivery = "名称,类别代码,经度,纬度\n路灯,01037,116.9702,35.4003\n路灯,01037,116.9704,35.4003\n路灯,01037,0,0\n"

func TestImportCheckAndCommit(t *testing.T) {
	s := start(t, nil)
	key := []string{"X-API-Key", s.keys[data.RoleEditor]}
	// A lamp somebody stored by hand keeps its code: the import gives others.
	own := "/api/components/37088301037000002"
	body := `{"geometry":{"type":"Point","coordinates":[116.9695,35.3995]},"properties":{"class":"01037","class_name":"路灯"}}`
	if w := s.do("PUT", own, body, append(key, "If-None-Match", "*")...); w.Code != http.StatusCreated {
		t.Fatalf("PUT: %d %s", w.Code, w.Body)
	}
	w := s.upload(data.RoleSurveyor, [][2]string{{"layer", "component"}}, map[string]string{"路灯_20261101.csv": delivery})
	if w.Code != http.StatusAccepted {
		t.Fatalf("POST: %d %s", w.Code, w.Body)
	}
	path := strings.TrimPrefix(w.Header().Get("Location"), "http://example.com")
	j := s.settled(path)
	sum, _ := j["summary"].(map[string]any)
	if j["state"] != "checked" || sum["added"] != 2.0 || sum["rejected"] != 1.0 {
		t.Fatalf("checked: got %v, want 2 added and 1 rejected", j)
	}
	if got := s.get("/ogc/collections/component/items?limit=100", nil).Body.String(); strings.Count(got, `"class":"01037"`) != 2 {
		t.Error("the check has written")
	}
	if text := s.get(path+"/report.html", nil, key...).Body.String(); !strings.Contains(text, "<") {
		t.Error("the report is no page")
	}
	s.get(path+"/report.json", nil, key...)
	s.problem(s.do("GET", path+"/report.pdf", "", key...), 404, "report.pdf")
	s.problem(s.do("POST", path+"/commit", "", "X-API-Key", s.keys[data.RoleSurveyor]), 403, "a surveyor's commit")
	if w := s.do("POST", path+"/commit", "", key...); w.Code != http.StatusAccepted {
		t.Fatalf("commit: %d %s", w.Code, w.Body)
	}
	if j = s.settled(path); j["state"] != "committed" {
		t.Fatalf("after the commit: got %v", j)
	}
	var list struct{ Features []any }
	s.get("/api/components?class=01037", &list)
	if len(list.Features) != 4 {
		t.Errorf("lamps in the view: got %d, want the town's, the one stored by hand and two new", len(list.Features))
	}
	for _, target := range []string{path, path + "/report.json", path + "/report.html"} {
		if text := s.get(target, nil, key...).Body.String(); strings.Contains(text, "imports/") || !strings.Contains(text, "路灯_20261101.csv") {
			t.Errorf("%s must name the file as it was sent, without the folder it lay in: %s", target, text[:min(400, len(text))])
		}
	}
	s.problem(s.do("POST", path+"/commit", "", key...), 409, "a second commit")
	s.problem(s.do("POST", path+"/rollback", "", "X-API-Key", s.keys[data.RoleSurveyor]), 403, "a surveyor undoes a commit")
	events := s.get(path+"/events", nil, key...)
	if got := events.Body.String(); !strings.Contains(got, "\nevent: committed\ndata: {") || events.Header().Get("Content-Type") != "text/event-stream" {
		t.Errorf("events: got %q", got)
	}
}

func TestImportRefused(t *testing.T) {
	s := start(t, nil)
	for name, tt := range map[string]struct {
		fields [][2]string
		files  map[string]string
		want   int
	}{
		"no layer":        {nil, map[string]string{"a.csv": delivery}, 400},
		"unknown layer":   {[][2]string{{"layer", "moon"}}, map[string]string{"a.csv": delivery}, 400},
		"no file":         {[][2]string{{"layer", "component"}}, nil, 400},
		"unknown field":   {[][2]string{{"layer", "component"}, {"wrong", "1"}}, map[string]string{"a.csv": delivery}, 400},
		"bad dry_run":     {[][2]string{{"layer", "component"}, {"dry_run", "maybe"}}, map[string]string{"a.csv": delivery}, 400},
		"surveyor writes": {[][2]string{{"layer", "component"}, {"dry_run", "false"}}, map[string]string{"a.csv": delivery}, 403},
		"hidden file":     {[][2]string{{"layer", "component"}}, map[string]string{".htaccess": "x"}, 400},
	} {
		s.problem(s.upload(data.RoleSurveyor, tt.fields, tt.files), tt.want, name)
	}
	w := s.upload(data.RoleSurveyor, [][2]string{{"layer", "component"}}, map[string]string{"../../a.csv": "nothing,here\n1,2\n"})
	path := strings.TrimPrefix(w.Header().Get("Location"), "http://example.com")
	if j := s.settled(path); j["state"] != "rejected" || j["error"] == "" {
		t.Errorf("a file without positions: got %v, want rejected with a reason", j)
	}
	w = s.upload(data.RoleSurveyor, [][2]string{{"layer", "component"}}, map[string]string{"b.csv": delivery})
	path = strings.TrimPrefix(w.Header().Get("Location"), "http://example.com")
	s.settled(path)
	if w := s.do("POST", path+"/rollback", "", "X-API-Key", s.keys[data.RoleSurveyor]); w.Code != 200 || !strings.Contains(w.Body.String(), "discarded") {
		t.Errorf("rollback: got %d %s", w.Code, w.Body)
	}
}
