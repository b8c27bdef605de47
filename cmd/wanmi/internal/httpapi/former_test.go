package httpapi_test

import (
	"strings"
	"testing"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/data"
)

// A code a component once had finds it wherever a code is taken, and the answer says that it was a former one.
func TestFormerCodeEverywhere(t *testing.T) {
	s := start(t, nil)
	const now = "3708830118999999"
	was := citytest.Lamp
	_, err := s.live.Write(t.Context(), data.WriteInfo{Actor: "test", Source: "recode"}, func(tx data.Tx) error {
		return tx.Rename("component", was, now)
	})
	if err == nil {
		err = s.live.CatchUp(t.Context()) // a new key has the layer read again, which a write does not wait for
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, target string }{
		{"search", "/v1/search?text=" + was},
		{"autocomplete", "/v1/autocomplete?text=" + was},
		{"structured text", "/photon/api?q=" + was},
		{"items", "/ogc/collections/component/items?code=" + was},
	} {
		if got := s.get(tt.target, nil).Body.String(); !strings.Contains(got, now) {
			t.Errorf("%s: got %s, want %s in it", tt.name, got, now)
		}
	}
	for _, path := range []string{"/ogc/collections/component/items/", "/api/components/"} {
		w := s.do("GET", path+was, "")
		if w.Code != 301 || w.Header().Get("Location") != "http://example.com"+path+now {
			t.Errorf("%s: status %d to %q, want 301 to the code of now", path, w.Code, w.Header().Get("Location"))
		}
	}
	s.get("/api/components/"+was+"/history", nil)
	w := s.do("POST", "/v1/locate", `{"text":"路灯`+was+`不亮"}`, "Content-Type", "application/json")
	for _, want := range []string{`"code":"` + now + `"`, `"code":"code.former"`, `{"word":"` + was + `","use":"former_code"}`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("locate: got %d %s, want %s in it", w.Code, w.Body, want)
		}
	}
	// A code nobody ever had finds no component, and the present one is no former one.
	if w := s.do("POST", "/v1/locate", `{"text":"37088301037777777"}`, "Content-Type", "application/json"); strings.Contains(w.Body.String(), now) {
		t.Errorf("a code nobody had: got %s", w.Body)
	}
	if w := s.do("POST", "/v1/locate", `{"text":"`+now+`"}`, "Content-Type", "application/json"); strings.Contains(w.Body.String(), "former") || !strings.Contains(w.Body.String(), now) {
		t.Errorf("the present code: got %s", w.Body)
	}
}
