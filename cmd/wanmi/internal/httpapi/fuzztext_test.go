package httpapi_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"wanmi/cmd/wanmi/internal/httpapi"
	"wanmi/geocode"
	"wanmi/gis/gistest"
)

// textDoors are the addresses a text goes into.
var textDoors = []string{
	"/v1/search?text=", "/v1/autocomplete?text=", "/v1/search/structured?address=", "/v1/search/structured?venue=", "/photon/api?q=", "/search/?q=", "/nominatim/search?q=",
	"/nominatim/search?format=jsonv2&street=", "/nominatim/search?format=geojson&q=", "/nominatim/search?format=geocodejson&q=", "/nominatim/search?json_callback=",
}

// FuzzText puts a text into every surface: none may fail by its own fault, each must answer as it should, and a text that is refused in one is
// refused in all that take it whole.
func FuzzText(f *testing.F) {
	for _, s := range []string{
		"普阳山路5号井盖破损", "普阳山路与太平路路口东50米路北，路灯不亮", "", " ", "\xff", "路\x00", "\"a\",b\n", "\ufeff", "cb", strings.Repeat("7", 600), strings.Repeat("路", 512), "=1+1", "116.97,35.4", "LD-0815", "<b>&",
	} {
		f.Add(s)
	}
	town := start(f, func(c *httpapi.Config) { c.Log = nil })
	f.Fuzz(func(t *testing.T, s string) {
		gistest.Bounded(t)
		if len(s) > 8<<10 {
			return
		}
		ask := func(method, target, body, typ string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(method, target, strings.NewReader(body))
			r.Header.Set("Content-Type", typ)
			w := httptest.NewRecorder()
			town.api.ServeHTTP(w, r)
			if w.Code >= 500 || w.Code != 200 && w.Code != 400 {
				t.Fatalf("%s %s: %d\n%s", method, target, w.Code, w.Body)
			}
			if strings.Contains(w.Header().Get("Content-Type"), "json") && !strings.Contains(w.Header().Get("Content-Type"), "ndjson") && !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%s %s: no JSON\n%s", method, target, w.Body)
			}
			return w
		}
		whole := strings.TrimSpace(s)
		bad := whole == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > geocode.MaxText
		for _, door := range textDoors {
			w := ask(http.MethodGet, door+url.QueryEscape(s), "", "")
			if bad && w.Code == 200 && !strings.Contains(door, "structured") && !strings.Contains(door, "callback") {
				t.Errorf("%s takes %q", door, s)
			}
		}
		body, err := json.Marshal(map[string]string{"text": s})
		if err != nil {
			t.Fatal(err)
		}
		one := ask(http.MethodPost, "/v1/locate", string(body), "application/json")
		batch := ask(http.MethodPost, "/v1/batch", string(body)+"\n"+string(body), "application/x-ndjson")
		lines := strings.Split(strings.TrimSpace(batch.Body.String()), "\n")
		if len(lines) != 2 || lines[0] != lines[1] && one.Code == 200 || one.Code == 200 && lines[0] != strings.TrimSpace(one.Body.String()) || (one.Code == 200) == strings.Contains(lines[0], `"status":400`) {
			t.Errorf("%q by itself: %d %s\nin a batch: %s", s, one.Code, one.Body, batch.Body)
		}
		ask(http.MethodPost, "/v1/locate", `{"text":"`+s+`"}`, "application/json")
		quoted := `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		file, typ := form(t, nil, "data", map[string]string{"in.csv": "地址\n普阳山路5号\n" + quoted + "\n普阳山路\n普阳山路5号\n"})
		w := ask(http.MethodPost, "/search/csv/", file, typ)
		rows, err := csv.NewReader(w.Body).ReadAll()
		if !utf8.ValidString(s) && strings.Count(s, "\n") > 2 {
			return // more lines of the file are no UTF-8 than are: what it is then is a guess
		}
		if w.Code != 200 || err != nil || len(rows) != 5 || rows[1][len(rows[1])-1] != "ok" || rows[4][len(rows[4])-1] != "ok" {
			t.Errorf("%q in a table: %d, %v, %v", s, w.Code, err, rows)
		}
	})
}
