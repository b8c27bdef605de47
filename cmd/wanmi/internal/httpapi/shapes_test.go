package httpapi_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"
)

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
