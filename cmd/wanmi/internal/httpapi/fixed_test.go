package httpapi

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gorilla/mux"
)

// A path in which nothing varies leads to the route the router takes it to, though another route's pattern may fit it too.
func TestFixedPaths(t *testing.T) {
	a, err := newAPI(Config{}, routeTable())
	if err != nil {
		t.Fatal(err)
	}
	if len(a.hot.fixed) < 40 {
		t.Errorf("only %d paths are fixed", len(a.hot.fixed))
	}
	for q, rt := range a.hot.fixed {
		r := httptest.NewRequest(q.method, q.path, http.NoBody)
		var m mux.RouteMatch
		if !a.router.Match(r, &m) || m.Route == nil || m.Route.GetName() != rt.name {
			t.Errorf("%s %s: %s by hand, another by the router: %+v", q.method, q.path, rt.name, m)
		}
	}
	for _, q := range []asked{{http.MethodPut, "/v1/locate"}, {http.MethodPost, "/v1/locate/"}, {http.MethodGet, "/tiles/{layers}.json"}} {
		if rt, _ := a.hot.find(&http.Request{Method: q.method, URL: httptest.NewRequest(q.method, q.path, http.NoBody).URL}); rt != nil {
			t.Errorf("%s %s: %s is found by hand", q.method, q.path, rt.name)
		}
	}
}
