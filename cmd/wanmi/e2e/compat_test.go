//go:build e2e

package e2e

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// found is a place as a surface tells it.
type found struct {
	lon, lat float64
	label    string
}

type nominatimPlace struct {
	Lat, Lon    string
	DisplayName string `json:"display_name"`
	Name        string
	Class       string
	Category    string
	Licence     *string
	BoundingBox []string
	Address     map[string]string
}

func (p nominatimPlace) found() (found, error) {
	lat, err1 := strconv.ParseFloat(p.Lat, 64)
	lon, err2 := strconv.ParseFloat(p.Lon, 64)
	box := make([]float64, 0, 4)
	for _, s := range p.BoundingBox {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return found{}, err
		}
		box = append(box, v)
	}
	switch {
	case err1 != nil || err2 != nil:
		return found{}, fmt.Errorf("lat %q, lon %q", p.Lat, p.Lon)
	case len(box) != 4 || box[0] > lat || box[1] < lat || box[2] > lon || box[3] < lon:
		return found{}, fmt.Errorf("bounding box %v is not S, N, W, E of %v, %v", p.BoundingBox, lat, lon)
	case p.Licence == nil || p.DisplayName == "" || p.Address["country_code"] != "cn":
		return found{}, fmt.Errorf("licence, display_name or address: %+v", p)
	}
	return found{lon, lat, p.DisplayName}, nil
}

// The ways the surfaces answer; what the clients dereference must be there.
var readers = map[string]func(body []byte) ([]found, error){
	"json": nominatimJSON,
	"jsonv2": func(body []byte) (out []found, err error) {
		var all []nominatimPlace
		err = json.Unmarshal(body, &all)
		for _, p := range all {
			f, ferr := p.found()
			if ferr != nil || p.Category == "" || p.Class != "" {
				return nil, fmt.Errorf("category %q, class %q: %w", p.Category, p.Class, ferr)
			}
			out = append(out, f)
		}
		return out, err
	},
	"one": func(body []byte) ([]found, error) {
		var p nominatimPlace
		if err := json.Unmarshal(body, &p); err != nil {
			return nil, err
		}
		f, err := p.found()
		return []found{f}, err
	},
	"callback": func(body []byte) ([]found, error) {
		m := regexp.MustCompile(`(?s)^cb\((.*)\)\s*$`).FindSubmatch(body)
		if m == nil {
			return nil, fmt.Errorf("no call of cb")
		}
		return nominatimJSON(m[1])
	},
	"geojson": func(body []byte) ([]found, error) {
		return features(body, func(p map[string]any) error {
			return have(p, "display_name", "category", "type", "address", "place_id")
		}, "display_name")
	},
	"places": func(body []byte) ([]found, error) { // the superset
		return features(body, func(p map[string]any) error {
			box, ok := p["extent"].([]any)
			if !ok || len(box) != 4 || box[1].(float64) < box[3].(float64) {
				return fmt.Errorf("extent %v is not west, north, east, south", p["extent"])
			}
			return have(p, "osm_type", "osm_id", "osm_key", "osm_value", "type", "name", "countrycode", "gid", "layer", "label", "confidence", "accuracy", "geocoding")
		}, "label")
	},
}

func nominatimJSON(body []byte) (out []found, err error) {
	var all []nominatimPlace
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, err
	}
	for _, p := range all {
		f, err := p.found()
		if err != nil || p.Class == "" {
			return nil, fmt.Errorf("class %q: %w", p.Class, err)
		}
		out = append(out, f)
	}
	return out, nil
}

func have(p map[string]any, names ...string) error {
	for _, n := range names {
		if p[n] == nil {
			return fmt.Errorf("%s is missing", n)
		}
	}
	return nil
}

func features(body []byte, check func(map[string]any) error, label string) (out []found, err error) {
	var fc struct {
		Type     string
		Features []struct {
			Type       string
			BBox       []float64
			Geometry   struct{ Coordinates [2]float64 }
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(body, &fc); err != nil || fc.Type != "FeatureCollection" {
		return nil, fmt.Errorf("type %q: %w", fc.Type, err)
	}
	for _, f := range fc.Features {
		c := f.Geometry.Coordinates
		if len(f.BBox) != 4 || f.BBox[0] > c[0] || f.BBox[1] > c[1] || f.BBox[2] < c[0] || f.BBox[3] < c[1] {
			return nil, fmt.Errorf("bbox %v is not W, S, E, N of %v", f.BBox, c)
		}
		if err := check(f.Properties); err != nil {
			return nil, err
		}
		l, _ := f.Properties[label].(string)
		out = append(out, found{c[0], c[1], l})
	}
	return out, nil
}

// The requests clients were seen to send, as ../shared/geocode/compat.md has them; {q} is a door's address, {lat} and {lon} its place.
var clientRequests = []struct{ who, path, reader string }{
	{"leaflet Nominatim", "/nominatim/search?q={q}&limit=5&format=json&addressdetails=1", "json"},
	{"leaflet Nominatim reverse", "/nominatim/reverse?lat={lat}&lon={lon}&zoom=18&addressdetails=1&format=json", "one"},
	{"geopy Nominatim", "/nominatim/search?q={q}&format=json&limit=1", "json"},
	{"geopy Nominatim reverse", "/nominatim/reverse?lat={lat}&lon={lon}&format=json&addressdetails=1", "one"},
	{"node-geocoder", "/nominatim/search?osmServer=http%3A%2F%2Fh%2Fnominatim&addressdetails=1&q={q}&format=json", "json"},
	{"MapLibre's example", "/nominatim/search?q={q}&format=geojson&polygon_geojson=1&addressdetails=1", "geojson"},
	{"QGIS", "/nominatim/search?format=json&addressdetails=1&q={q}", "json"},
	{"QGIS near its map", "/nominatim/search?format=json&addressdetails=1&viewbox=116.9,35.3,117.1,35.5&q={q}", "json"},
	{"QGIS in a country", "/nominatim/search?format=json&addressdetails=1&viewbox=116.9,35.3,117.1,35.5&countrycodes=cn&q={q}", "json"},
	{"leaflet Photon", "/photon/api/?q={q}&lat=35.4&lon=116.98&zoom=14", "places"},
	{"leaflet Photon suggest", "/photon/api/?q={q}", "places"},
	{"leaflet Photon reverse", "/photon/reverse/?lat={lat}&lon={lon}", "places"},
	{"geopy Photon", "/photon/api?q={q}&limit=1", "places"},
	{"geopy Photon reverse", "/photon/reverse?lat={lat}&lon={lon}&limit=1", "places"},
	{"uMap", "/api/?q={q}&limit=10&lat=35.4&lon=116.98&location_bias_scale=0.5&bbox=116.9,35.3,117.1,35.5", "places"},
	{"leaflet Pelias", "/v1/search?api_key=undefined&text={q}", "places"},
	{"leaflet Pelias suggest", "/v1/autocomplete?api_key=undefined&text={q}", "places"},
	{"leaflet Pelias reverse", "/v1/reverse?api_key=undefined&point.lat={lat}&point.lon={lon}", "places"},
	// what compat.md says beside: at the root, slashes, unknown languages and parameters, formats, limits
	{"Nominatim at the root", "/search?q={q}&format=json&limit=5", "json"},
	{"Nominatim reverse at the root", "/reverse?format=json&lat={lat}&lon={lon}", "one"},
	{"Photon at the root", "/api?q={q}&limit=5", "places"},
	{"Photon reverse at the root", "/reverse?lat={lat}&lon={lon}", "places"},
	{"addok", "/search/?q={q}&limit=5&autocomplete=0", "places"},
	{"addok reverse", "/reverse/?lat={lat}&lon={lon}", "places"},
	{"a slash more", "/nominatim/search/?q={q}&format=json", "json"},
	{"a slash more", "/nominatim/reverse/?lat={lat}&lon={lon}&format=json", "one"},
	{"a slash more", "/v1/search/?text={q}", "places"},
	{"a slash more", "/v1/autocomplete/?text={q}", "places"},
	{"a slash more", "/v1/reverse/?point.lat={lat}&point.lon={lon}", "places"},
	{"ol-geocoder's languages and empty wishes", "/nominatim/search?q={q}&format=json&addressdetails=1&limit=5&countrycodes=&viewbox=&accept-language=en-US", "json"},
	{"a language nobody has", "/photon/api?q={q}&lang=tlh&location_bias_scale=x", "places"},
	{"a language nobody has", "/v1/search?text={q}&lang=tlh&sources=osm,oa&boundary.country=CHN", "places"},
	{"jsonv2", "/nominatim/search?q={q}&format=jsonv2", "jsonv2"},
	{"no format", "/nominatim/search?q={q}", "json"},
	{"geojson", "/nominatim/reverse?lat={lat}&lon={lon}&format=geojson", "geojson"},
	{"geocodejson", "/nominatim/search?q={q}&format=geocodejson", "places"},
	{"geocodejson", "/nominatim/reverse?lat={lat}&lon={lon}&format=geocodejson", "places"},
	{"a callback", "/nominatim/search?q={q}&format=json&json_callback=cb", "callback"},
	{"limits that are none", "/nominatim/search?q={q}&format=json&limit=1000000", "json"},
	{"limits that are none", "/nominatim/search?q={q}&format=json&limit=0", "json"},
	{"limits that are none", "/photon/api?q={q}&limit=-1", "places"},
	{"limits that are none", "/v1/search?text={q}&size=many", "places"},
}

// TestClientRequests sends each request and wants the door first, by name and place, readable by a page of another origin, and the same by HEAD.
func TestClientRequests(t *testing.T) {
	s, qs, _ := asking(t)
	door := qs.named("door")
	fill := strings.NewReplacer("{q}", url.QueryEscape(door.Text), "{lat}", fmt.Sprint(door.Lat), "{lon}", fmt.Sprint(door.Lon))
	for _, tt := range clientRequests {
		t.Run(tt.who+" "+tt.path, func(t *testing.T) {
			path := fill.Replace(tt.path)
			r := s.get(path, "Origin", "https://map.example", "Accept-Language", "tlh, en-US;q=0.7")
			all, err := readers[tt.reader](r.body)
			if err != nil || len(all) == 0 {
				t.Fatalf("%d places, %v\n%s", len(all), err, tail(string(r.body)))
			}
			if d := metres(all[0].lon, all[0].lat, door.Lon, door.Lat); d > 2 || !strings.Contains(all[0].label, door.words[0]) || !strings.Contains(all[0].label, door.words[1]) {
				t.Errorf("got %+v, %.1f m from %s", all[0], d, door.Text)
			}
			if strings.Contains(tt.path, "limit=1&") || strings.HasSuffix(tt.path, "limit=1") {
				if len(all) > 1 {
					t.Errorf("%d places, want 1", len(all))
				}
			}
			if got := r.header.Get("Access-Control-Allow-Origin"); got != "*" {
				t.Errorf("Access-Control-Allow-Origin %q", got)
			}
			head := s.do(http.MethodHead, path, nil)
			if head.status != 200 || len(head.body) != 0 || head.header.Get("Content-Type") != r.header.Get("Content-Type") {
				t.Errorf("HEAD: %d, %d bytes, %v", head.status, len(head.body), head.header)
			}
			if opt := s.do(http.MethodOptions, path, nil, "Origin", "https://map.example", "Access-Control-Request-Method", "GET"); opt.status != 204 ||
				!strings.Contains(opt.header.Get("Access-Control-Allow-Methods"), "GET") {
				t.Errorf("OPTIONS: %d %v", opt.status, opt.header)
			}
		})
	}
	for _, path := range []string{"/nominatim/search?q=a&format=xml", "/nominatim/reverse?lat=35.4&lon=116.97&format=xml", "/search?q=a&format=xml", "/reverse?lat=35.4&lon=116.97&format=html", "/nominatim/search?q=a&format=yaml"} {
		if r := s.do(http.MethodGet, path, nil); r.status != 400 || !strings.Contains(string(r.body), "json, jsonv2, geojson, geocodejson") {
			t.Errorf("%s: %d %s, want 400 and the formats there are", path, r.status, r.body)
		}
	}
	if r := s.do(http.MethodGet, "/nominatim/search?format=json&q=a&json_callback="+url.QueryEscape("alert(1)//"), nil); r.status != 400 {
		t.Errorf("a callback that is no name: %d\n%s", r.status, r.body)
	}
	for _, path := range []string{"/nominatim/search?format=json&q=qqqqqqq", "/photon/api?q=qqqqqqq", "/v1/search?text=qqqqqqq", "/v1/autocomplete?text=qqqqqqq"} {
		r := s.get(path)
		var fc struct{ Features []any }
		if err := json.Unmarshal(r.body, &fc); string(r.body) != "[]\n" && (err != nil || fc.Features == nil || len(fc.Features) > 0) {
			t.Errorf("%s: nothing found must be an empty list: %s", path, r.body)
		}
	}
}

// TestAddokFile sends files as addok's clients do (curl -F data=@file -F columns=… -F result_columns=…).
func TestAddokFile(t *testing.T) {
	s, qs, _ := asking(t)
	door := qs.named("door")
	rows := func(r reply) [][]string {
		t.Helper()
		if r.status != 200 {
			t.Fatalf("status %d\n%s", r.status, r.body)
		}
		rows, err := csv.NewReader(strings.NewReader(string(r.body))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	at := func(rows [][]string, row int, column string) string { return rows[row][slices.Index(rows[0], column)] }
	body, typ := multipartForm(t, [][2]string{{"columns", "路"}, {"columns", "号"}}, "编号,路,号\n1,"+door.words[0]+","+door.words[1]+"号\n2,,\n3,qqqq,\n")
	got := rows(s.do("POST", "/search/csv/", strings.NewReader(body), "Content-Type", typ))
	lon, _ := strconv.ParseFloat(at(got, 1, "longitude"), 64)
	lat, _ := strconv.ParseFloat(at(got, 1, "latitude"), 64)
	if d := metres(lon, lat, door.Lon, door.Lat); d > 2 || !strings.Contains(at(got, 1, "result_label"), door.words[0]) || at(got, 1, "result_type") != "housenumber" {
		t.Errorf("%.0f m away: %v", d, got[1])
	}
	if a, b, c := at(got, 1, "result_status"), at(got, 2, "result_status"), at(got, 3, "result_status"); a != "ok" || b != "skipped" || c != "not-found" {
		t.Errorf("result_status %s, %s, %s; want ok, skipped, not-found", a, b, c)
	}
	body, typ = multipartForm(t, [][2]string{{"columns", "地址"}, {"result_columns", "latitude"}, {"result_columns", "result_score"}}, "地址\n"+door.Text+"\n")
	if got = rows(s.do("POST", "/search/csv", strings.NewReader(body), "Content-Type", typ)); !slices.Equal(got[0], []string{"地址", "latitude", "result_score"}) || got[1][1] != fmt.Sprintf("%.7f", door.Lat) {
		t.Errorf("chosen columns: %v", got)
	}
	body, typ = multipartForm(t, nil, fmt.Sprintf("nom,lon,lat\na,%v,%v\nb,200,1\n", door.Lon, door.Lat))
	if got = rows(s.do("POST", "/reverse/csv/", strings.NewReader(body), "Content-Type", typ)); !strings.Contains(at(got, 1, "result_label"), door.Text) || at(got, 2, "result_status") != "error" ||
		!strings.Contains(at(got, 2, "result_error"), "200") {
		t.Errorf("reverse: %v", got)
	}
}

func multipartForm(t *testing.T, fields [][2]string, data string) (body, contentType string) {
	t.Helper()
	const boundary = "----------------------------wanmi"
	var b strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", boundary, f[0], f[1])
	}
	fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"data\"; filename=\"in.csv\"\r\nContent-Type: text/csv\r\n\r\n%s\r\n--%s--\r\n", boundary, data, boundary)
	return b.String(), "multipart/form-data; boundary=" + boundary
}

// badTexts are refused with 400 wherever a text goes in, and said words tell what is wrong and where or how much is allowed.
var badTexts = []struct{ name, text, says string }{
	{"too long", strings.Repeat("路", 513), "512"},
	{"10,000 digits", strings.Repeat("7", 10_000), "512"},
	{"a control character", "光明西路\x07号", "U+0007, character 5"},
	{"NUL", "光明\x00西路", "U+0000, character 3"},
	{"not UTF-8", "光明\xff西路", "byte 6"},
	{"cut in a character", "光明西\xe8\xb7", "byte 9"},
}

// TestBadText puts each bad text into every surface.
func TestBadText(t *testing.T) {
	s := start(t, 60*time.Second, "serve", "--db", demoDB(t), "--addr", "127.0.0.1:0")
	shapes := map[string]func(map[string]any) any{
		"nominatim": func(p map[string]any) any { return p["error"] },
		"photon":    func(p map[string]any) any { return p["message"] },
		"pelias": func(p map[string]any) any {
			g, _ := p["geocoding"].(map[string]any)
			errs, _ := g["errors"].([]any)
			if len(errs) != 1 || p["features"] == nil {
				return nil
			}
			return errs[0]
		},
		"own": func(p map[string]any) any { return p["detail"] },
	}
	for _, bad := range badTexts {
		q := url.QueryEscape(bad.text)
		for _, tt := range [][2]string{
			{"pelias", "/v1/search?text="},
			{"pelias", "/v1/autocomplete?text="},
			{"pelias", "/v1/search/structured?address="},
			{"pelias", "/v1/search/structured?venue="},
			{"pelias", "/v1/search/structured?locality="},
			{"photon", "/photon/api/?q="},
			{"photon", "/api/?q="},
			{"nominatim", "/nominatim/search?format=json&q="},
			{"nominatim", "/nominatim/search?format=jsonv2&street="},
			{"nominatim", "/search?format=geojson&q="},
			{"photon", "/search/?q="},
		} {
			r := s.do("GET", tt[1]+q, nil)
			var p map[string]any
			err := json.Unmarshal(r.body, &p)
			said, _ := shapes[tt[0]](p).(string)
			if r.status != 400 || err != nil || !strings.Contains(said, bad.says) {
				t.Errorf("%s at %s: %d, said %q, want 400 and %q in it\n%.300s", bad.name, tt[1], r.status, said, bad.says, r.body)
			}
		}
		body := `{"text":"` + jsonText(bad.text) + `"}`
		r := s.do("POST", "/v1/locate", strings.NewReader(body), "Content-Type", "application/json")
		says := bad.says
		if strings.HasPrefix(says, "byte") {
			says = "not UTF-8: fault at byte" // of the body
		}
		if r.status != 400 || !strings.Contains(string(r.body), says) {
			t.Errorf("%s at /v1/locate: %d %.300s", bad.name, r.status, r.body)
		}
		lines := `{"id":1,"text":"光明西路"}` + "\n" + body + "\n" + `{"id":3,"text":"光明西路"}` + "\n"
		r = s.do("POST", "/v1/batch", strings.NewReader(lines))
		out := strings.Split(strings.TrimSpace(string(r.body)), "\n")
		if r.status != 200 || len(out) != 3 || !strings.Contains(out[1], `"status":400`) || !strings.Contains(out[1], says) || out[0][8:] != out[2][8:] || strings.Contains(out[0], `"error"`) {
			t.Errorf("%s in a batch: %d, %d lines, %.300s", bad.name, r.status, len(out), out[min(1, len(out)-1)])
		}
		form, typ := multipartForm(t, nil, "地址\n光明西路\n"+bad.text+"\n光明西路\n")
		r = s.do("POST", "/search/csv/", strings.NewReader(form), "Content-Type", typ)
		rows, err := csv.NewReader(strings.NewReader(string(r.body))).ReadAll()
		if err != nil || r.status != 200 || len(rows) != 4 || rows[2][len(rows[2])-1] != "error" || !strings.Contains(rows[2][len(rows[2])-2], bad.says) || rows[1][len(rows[1])-1] != "ok" {
			t.Errorf("%s in a table: %d, %v, %.500s", bad.name, r.status, err, r.body)
		}
	}
	long := `{"id":1,"text":"` + strings.Repeat("路", 40_000) + `"}`
	r := s.do("POST", "/v1/batch", strings.NewReader(long+"\n"+`{"id":2,"text":"光明西路"}`))
	out := strings.Split(strings.TrimSpace(string(r.body)), "\n")
	if len(out) != 2 || !strings.Contains(out[0], `"status":413`) || !strings.Contains(out[0], fmt.Sprint(64<<10)) || !strings.Contains(out[1], `"id":2`) || strings.Contains(out[1], `"error"`) {
		t.Errorf("a line of %d bytes: %.500s", len(long), r.body)
	}
}

// jsonText writes a text into JSON as its bytes are, but for control characters, which JSON allows only escaped.
func jsonText(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] < ' ' {
			fmt.Fprintf(&b, `\u%04x`, s[i])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
