package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"wanmi/cmd/wanmi/internal/city/citytest"
)

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

const report = "普阳山路与太平路路口井盖破损"

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
