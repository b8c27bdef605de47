package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/data"
)

const report = "普阳山路与太平路路口井盖破损"

func TestGrids(t *testing.T) {
	s := start(t, nil)
	at := citytest.At(-50, 50)
	var cell struct {
		Type, Code string
		ID         string
		Properties map[string]any
		Geometry   struct{ Type string }
	}
	s.get(fmt.Sprintf("/api/grids?at=%f,%f", at[0], at[1]), &cell)
	if cell.Code != citytest.NorthWest || cell.ID != cell.Code || cell.Type != "Feature" || cell.Geometry.Type != "Polygon" {
		t.Errorf("cell: got %+v, want %s as a feature", cell, citytest.NorthWest)
	}
	if cell.Properties["community_name"] != "铁西社区" || cell.Properties["street_name"] != "千泉街道" {
		t.Errorf("cell: got %v, want community and street", cell.Properties)
	}
	if n, _ := cell.Properties["neighbours"].([]any); len(n) < 2 {
		t.Errorf("neighbours: got %v, want south and east", cell.Properties["neighbours"])
	}
	s.problem(s.do("GET", "/api/grids?at=0,0", ""), 404, "a cell at sea")
	var list struct{ Features []struct{ ID string } }
	s.get("/api/grids/"+citytest.NorthWest+"/components", &list)
	if len(list.Features) != 1 || list.Features[0].ID != citytest.Cover {
		t.Errorf("components of the cell: got %+v, want %s", list.Features, citytest.Cover)
	}
	var l struct{ Lineage []any }
	s.get("/api/grids/"+citytest.NorthWest+"/lineage", &l)
	if l.Lineage == nil {
		t.Error("lineage must be a list, empty or not")
	}
}

func TestLocate(t *testing.T) {
	s := start(t, nil)
	var l struct {
		Place      *struct{ Layer string }
		Grid       *struct{ Code string }
		Community  *struct{ Name string }
		Street     *struct{ Name string }
		Components []struct{ Code string }
		Department *struct{ Name, By string }
		Score      float64
		Reasons    []any
	}
	w := s.do("POST", "/v1/locate", `{"text":"`+report+`"}`, "Content-Type", "application/json")
	if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil || w.Code != 200 {
		t.Fatalf("locate: %d %s", w.Code, w.Body)
	}
	if l.Place == nil || l.Place.Layer != "intersection" || l.Grid == nil || l.Street == nil || l.Street.Name != "千泉街道" {
		t.Errorf("locate: got %s", w.Body)
	}
	if len(l.Components) == 0 || l.Components[0].Code != citytest.Cover || l.Department == nil || l.Department.Name != "排水管理处" || l.Score < 0.8 || len(l.Reasons) == 0 {
		t.Errorf("locate: got %s, want the cover first and its department", w.Body)
	}
	for body, want := range map[string]int{
		`{}`: 400, `{"text":""}`: 400, `{"text":"a","point":[1]}`: 400, `{"point":[500,0]}`: 400, `{"text":"a","x":1}`: 400, `{"text":"a","accuracy_m":-1}`: 400,
		`{"text":"` + strings.Repeat("长", 600) + `"}`: 400,
	} {
		s.problem(s.do("POST", "/v1/locate", body), want, "locate "+body[:min(40, len(body))])
	}
	s.problem(s.do("POST", "/v1/locate", "text=a", "Content-Type", "application/x-www-form-urlencoded"), 415, "a form")
	// A position alone gives a cell; a text of nothing known gives no place and is no error.
	at := citytest.At(50, 50)
	w = s.do("POST", "/v1/locate", fmt.Sprintf(`{"point":[%f,%f],"accuracy_m":5}`, at[0], at[1]))
	if !strings.Contains(w.Body.String(), citytest.NorthEast) {
		t.Errorf("by position: got %s, want %s", w.Body, citytest.NorthEast)
	}
	if w = s.do("POST", "/v1/locate", `{"text":"qqqq"}`); w.Code != 200 || !strings.Contains(w.Body.String(), `"place":null`) {
		t.Errorf("nothing known: got %d %s, want 200 and no place", w.Code, w.Body)
	}
}

// A batch answers in order, by the code of the single endpoint, and goes on after a bad line.
func TestBatch(t *testing.T) {
	s := start(t, nil)
	lines := []string{
		`{"id":1,"text":"` + report + `"}`, `{"id":2,"text":""}`, `{"id":3,`, ``, `{"id":"四","text":"邹城市第一中学"}`, `{"id":5,"wrong":1}`,
	}
	srv := httptest.NewServer(s.api)
	defer srv.Close()
	res, err := http.Post(srv.URL+"/v1/batch", "application/x-ndjson", strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got []map[string]json.RawMessage
	sc := bufio.NewScanner(res.Body)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var m map[string]json.RawMessage
		if err := json.Unmarshal(sc.Bytes(), &m); err != nil {
			t.Fatalf("line %q: %v", sc.Text(), err)
		}
		got = append(got, m)
	}
	if len(got) != 5 {
		t.Fatalf("%d answers, want 5: an empty line has none", len(got))
	}
	for i, want := range []struct {
		id    string
		fails bool
	}{{"1", false}, {"2", true}, {"", true}, {`"四"`, false}, {"5", true}} {
		if string(got[i]["id"]) != want.id || (got[i]["error"] != nil) != want.fails {
			t.Errorf("answer %d: got id %s, error %s; want id %s, failing %v", i, got[i]["id"], got[i]["error"], want.id, want.fails)
		}
	}
	single := s.do("POST", "/v1/locate", lines[0]).Body.Bytes()
	var one map[string]json.RawMessage
	if err := json.Unmarshal(single, &one); err != nil || !bytes.Equal(one["place"], got[0]["place"]) || !bytes.Equal(one["components"], got[0]["components"]) {
		t.Error("the batch and the single endpoint answer differently")
	}
}

// A client that asks one line and waits gets its answer before it sends the next.
func TestBatchAnswersAsItGoes(t *testing.T) {
	s := start(t, nil)
	srv := httptest.NewServer(s.api)
	defer srv.Close()
	pr, pw := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/v1/batch", pr)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(pw, `{"id":0,"text":"a"}`+"\n") }()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answers := bufio.NewReader(res.Body)
	for i := range 3 {
		line, err := answers.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, fmt.Sprintf(`{"id":%d,`, i)) {
			t.Fatalf("answer %d: got %q %v", i, line, err)
		}
		go func() { _, _ = fmt.Fprintf(pw, `{"id":%d,"text":"a"}`+"\n", i+1) }()
	}
	_ = pw.Close()
	long := s.do("POST", "/v1/batch", `{"text":"`+strings.Repeat("x", 100_000)+`"}`+"\n")
	if !strings.Contains(long.Body.String(), "urn:wanmi:problem:too-large") {
		t.Errorf("a line too long: got %s", long.Body)
	}
}

// The fields clients of each surface dereference, from compat.md.
func TestCompatShapes(t *testing.T) {
	s := start(t, nil)
	q := url.QueryEscape("普阳山路5号")
	for _, target := range []string{
		"/v1/search?text=" + q, "/v1/autocomplete?text=" + url.QueryEscape("邹城"), "/photon/api?q=" + q, "/photon/api/?q=" + q, "/v1/search/structured?address=" + q,
		"/v1/reverse?point.lat=35.4001&point.lon=116.9696", "/photon/reverse?lat=35.4001&lon=116.9696",
	} {
		var fc struct {
			Type      string
			BBox      []float64
			Geocoding map[string]any
			Features  []struct {
				Type       string
				BBox       []float64
				Geometry   struct{ Coordinates [2]float64 }
				Properties map[string]any
				PlaceName  string `json:"place_name"`
				Center     [2]float64
				PlaceType  []string `json:"place_type"`
			}
		}
		s.get(target, &fc)
		if fc.Type != "FeatureCollection" || len(fc.Features) == 0 || len(fc.BBox) != 4 || fc.Geocoding["version"] != "0.1.0" {
			t.Errorf("%s: got %+v", target, fc)
			continue
		}
		if around, _ := fc.Geocoding["around"].(map[string]any); strings.HasPrefix(target, "/v1/reverse") &&
			(around["address"] != "千泉街道普阳山路5号" || around["grid"] == nil || around["components"] == nil) {
			t.Errorf("%s: around: got %v, want 千泉街道普阳山路5号 with a cell and components", target, around)
		}
		f := fc.Features[0]
		if len(f.BBox) != 4 || f.PlaceName == "" || f.Center != f.Geometry.Coordinates || len(f.PlaceType) != 1 {
			t.Errorf("%s: Carmen's fields: got %+v", target, f)
		}
		for _, name := range []string{
			"osm_type", "osm_id", "osm_key", "osm_value", "type", "name", "extent", "countrycode", "id", "gid", "layer", "source", "source_id", "label",
			"confidence", "match_type", "accuracy", "country_a", "geocoding", "uncertainty_m", "faults",
		} {
			if v, ok := f.Properties[name]; !ok || v == "" {
				t.Errorf("%s: property %s is missing", target, name)
			}
		}
		if g, ok := f.Properties["geocoding"].(map[string]any); !ok || g["admin"] == nil || g["type"] == nil {
			t.Errorf("%s: the geocodejson block: got %v", target, f.Properties["geocoding"])
		}
	}
}

func TestNominatimShapes(t *testing.T) {
	s := start(t, nil)
	q := url.QueryEscape("普阳山路5号")
	check := func(name string, p map[string]any, class string) {
		t.Helper()
		for _, field := range []string{"place_id", "osm_type", "osm_id", "licence", "lat", "lon", "boundingbox", class, "type", "display_name", "address", "importance"} {
			if _, ok := p[field]; !ok {
				t.Errorf("%s: %s is missing", name, field)
			}
		}
		if _, ok := p["lat"].(string); !ok {
			t.Errorf("%s: lat must be text, got %T", name, p["lat"])
		}
		if box, ok := p["boundingbox"].([]any); !ok || len(box) != 4 || fmt.Sprint(box[0]) >= fmt.Sprint(box[1]) || fmt.Sprint(box[2]) >= fmt.Sprint(box[3]) {
			t.Errorf("%s: boundingbox must be S,N,W,E as text, got %v", name, p["boundingbox"])
		}
		if a, ok := p["address"].(map[string]any); !ok || a["country_code"] != "cn" || a["county"] != "邹城市" {
			t.Errorf("%s: address: got %v", name, p["address"])
		}
	}
	var list []map[string]any
	s.get("/nominatim/search?q="+q+"&format=json&addressdetails=1&limit=1", &list)
	if len(list) != 1 {
		t.Fatalf("search: got %d places, want 1", len(list))
	}
	check("search", list[0], "class")
	s.get("/nominatim/search?q="+q+"&format=jsonv2", &list)
	check("search jsonv2", list[0], "category")
	var one map[string]any
	s.get("/nominatim/reverse?lat=35.4001&lon=116.9696&format=json", &one)
	check("reverse", one, "class")
	one = nil
	s.get("/nominatim/reverse?lat=1&lon=1&format=json", &one)
	if one["error"] != "Unable to geocode" {
		t.Errorf("reverse at sea: got %v, want Nominatim's own words", one)
	}
	s.get("/nominatim/search?q=qqqq&format=json", &list)
	if len(list) != 0 {
		t.Errorf("nothing found: got %v, want an empty list", list)
	}
	var fc struct {
		Features []struct {
			BBox       []float64
			Properties map[string]any
		}
	}
	s.get("/nominatim/search?q="+q+"&format=geojson&polygon_geojson=1", &fc)
	if len(fc.Features) == 0 || len(fc.Features[0].BBox) != 4 || fc.Features[0].Properties["display_name"] == "" {
		t.Errorf("geojson: got %+v", fc)
	}
}

// form makes a multipart body; files are name=content, fields likewise.
func form(t testing.TB, fields [][2]string, field string, files map[string]string) (body, typ string) {
	t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range files {
		p, err := w.CreateFormFile(field, name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = p.Write([]byte(content))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String(), w.FormDataContentType()
}

func TestAddok(t *testing.T) {
	s := start(t, nil)
	body, typ := form(t, [][2]string{{"columns", "地址"}}, "data", map[string]string{"in.csv": "编号;地址\n1;普阳山路5号\n2;qqqq\n3;\n"})
	w := s.do("POST", "/search/csv/", body, "Content-Type", typ)
	r := csv.NewReader(w.Body)
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 4 || rows[0][0] != "编号" || rows[0][2] != "latitude" {
		t.Fatalf("got %d %v %v", w.Code, rows, err)
	}
	if last := len(rows[0]) - 1; rows[1][last] != "ok" || rows[2][last] != "not-found" || rows[1][2] == "" {
		t.Errorf("got %v", rows)
	}
	body, typ = form(t, nil, "data", map[string]string{"in.csv": "lat,lon\n35.4001,116.9696\nx,1\n"})
	if w = s.do("POST", "/reverse/csv/", body, "Content-Type", typ); w.Code != 200 || !strings.Contains(w.Body.String(), "ok") || !strings.Contains(w.Body.String(), `"lat must be a number from -90 to 90, not ""x""",error`) {
		t.Errorf("reverse: got %d %s", w.Code, w.Body)
	}
	body, typ = form(t, [][2]string{{"columns", "none"}}, "data", map[string]string{"in.csv": "a,b\n1,2\n"})
	s.problem(s.do("POST", "/search/csv/", body, "Content-Type", typ), 400, "a column that is not there")
	s.problem(s.do("POST", "/search/csv/", "x", "Content-Type", "text/csv"), 400, "no form")
}

func TestOGC(t *testing.T) {
	s := start(t, nil)
	type linked struct{ Links []struct{ Href, Rel string } }
	var landing linked
	s.get("/ogc/", &landing)
	rels := map[string]string{}
	for _, l := range landing.Links {
		rels[l.Rel] = strings.TrimPrefix(l.Href, "http://example.com")
	}
	for _, rel := range []string{"self", "service-desc", "conformance", "data"} {
		if rels[rel] == "" {
			t.Errorf("landing page: no link %s", rel)
			continue
		}
		s.get(rels[rel], nil)
	}
	var all struct {
		Collections []struct {
			ID     string
			Extent *struct{ Spatial struct{ BBox [][]float64 } }
		}
	}
	s.get("/ogc/collections", &all)
	if len(all.Collections) < 10 {
		t.Errorf("%d collections, want every served layer", len(all.Collections))
	}
	type items struct {
		linked
		Features []struct {
			ID         string
			Properties map[string]any
		}
		Matched  *int `json:"numberMatched"`
		Returned int  `json:"numberReturned"`
	}
	seen := map[string]bool{}
	next := "/ogc/collections/component/items?limit=2"
	for next != "" {
		var p items
		s.get(next, &p)
		if p.Matched == nil || *p.Matched != 3 || p.Returned != len(p.Features) {
			t.Errorf("%s: matched %v of 3, returned %d of %d", next, p.Matched, p.Returned, len(p.Features))
		}
		next = ""
		for _, f := range p.Features {
			seen[f.ID] = true
		}
		for _, l := range p.Links {
			if l.Rel == "next" {
				next = strings.TrimPrefix(l.Href, "http://example.com")
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("pages: got %v, want the 3 components once each", seen)
	}
	var p items
	s.get("/ogc/collections/component/items?class=01037&datetime=2999-01-01", &p)
	if len(p.Features) != 1 || p.Features[0].ID != citytest.Lamp {
		t.Errorf("class=01037: got %+v, want the lamp", p.Features)
	}
	s.get("/ogc/collections/component/items?offset=2", &p)
	if len(p.Features) != 1 {
		t.Errorf("offset=2: got %d, want 1", len(p.Features))
	}
	s.get("/ogc/collections/component/items?bbox=0,0,0,0", &p)
	if len(p.Features) != 0 {
		t.Errorf("a box at sea: got %d features, want none", len(p.Features))
	}
	s.get("/ogc/collections/component/items/"+citytest.Lamp, nil)
	s.get("/ogc/collections/road/tiles/WebMercatorQuad", nil)
	s.get("/ogc/tileMatrixSets/WebMercatorQuad", nil)
	ours := tilePath("road", citytest.Centre, 14)
	var z, x, y int
	if _, err := fmt.Sscanf(strings.TrimSuffix(ours, ".mvt"), "/tiles/road/%d/%d/%d", &z, &x, &y); err != nil {
		t.Fatal(err)
	}
	theirs := s.get(fmt.Sprintf("/ogc/collections/road/tiles/WebMercatorQuad/%d/%d/%d", z, y, x), nil)
	if !bytes.Equal(theirs.Body.Bytes(), s.get(ours, nil).Body.Bytes()) {
		t.Error("the tile by its OGC name is another")
	}
}

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
