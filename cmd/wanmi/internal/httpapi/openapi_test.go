package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gorilla/mux"
)

// The document is valid OpenAPI, and says of the router neither too much nor too little.
func TestOpenAPI(t *testing.T) {
	routes := routeTable()
	raw, err := openAPI(routes, "", "test")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := &API{routes: routes}
	routed := map[string]bool{}
	err = a.mount().Walk(func(r *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := r.GetPathTemplate()
		if err != nil {
			return err
		}
		methods, err := r.GetMethods()
		for _, m := range methods {
			if m != http.MethodHead {
				routed[m+" "+pathTemplate(path)] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			documented[method+" "+path] = true
		}
	}
	for r := range routed {
		if !documented[r] {
			t.Errorf("%s is routed and not documented", r)
		}
	}
	for d := range documented {
		if !routed[d] {
			t.Errorf("%s is documented and not routed", d)
		}
	}
}

// The contract of the foundation, as DESIGN section 4 has it.
func TestContract(t *testing.T) {
	have := map[string]bool{}
	for _, rt := range routeTable() {
		have[rt.method+" "+pathTemplate(rt.path)] = true
		if rt.doc == "" || rt.tag == "" || rt.serve == nil {
			t.Errorf("%s %s lacks a description, a tag or a handler", rt.method, rt.path)
		}
	}
	for _, want := range strings.Split(strings.TrimSpace(`
GET /
GET /healthz
GET /readyz
GET /metrics
GET /openapi.json
GET /catalog
GET /tiles/{layers}.json
GET /tiles/{layers}/{z}/{x}/{y}.mvt
GET /styles/{name}.json
GET /sprites/{path}
GET /fonts/{stack}/{range}.pbf
GET /ogc/
GET /ogc/conformance
GET /ogc/collections
GET /ogc/collections/{id}
GET /ogc/collections/{id}/items
GET /ogc/collections/{id}/items/{fid}
GET /api/grids
GET /api/grids/{code}
GET /api/grids/{code}/components
GET /api/grids/{code}/lineage
GET /api/components
GET /api/components/{code}
GET /api/components/{code}/history
PUT /api/components/{code}
PATCH /api/components/{code}
DELETE /api/components/{code}
POST /api/imports
GET /api/imports/{id}
GET /api/imports/{id}/events
GET /api/imports/{id}/report.{format}
POST /api/imports/{id}/commit
POST /api/imports/{id}/rollback
POST /v1/locate
GET /v1/search
GET /v1/search/structured
GET /v1/autocomplete
GET /v1/reverse
POST /v1/batch
GET /photon/api
GET /photon/reverse
GET /nominatim/search
GET /nominatim/reverse
GET /nominatim/status
POST /search/csv/
POST /reverse/csv/`), "\n") {
		if !have[want] {
			t.Errorf("the contract's %s is not served", want)
		}
	}
}

func TestMatchesPath(t *testing.T) {
	for _, tt := range []struct {
		template, path string
		want           bool
	}{
		{"/tiles/{layers}.json", "/tiles/road.json", true},
		{"/tiles/{layers}.json", "/tiles/road", false},
		{"/tiles/{layers}.json", "/tiles/.json", false},
		{"/fonts/{stack}/{range}.pbf", "/fonts/a/b.pbf", true},
		{"/api/grids/{code}", "/api/grids", false},
		{"/", "/", true},
		{"/", "/x", false},
	} {
		if got := matchesPath(tt.template, tt.path); got != tt.want {
			t.Errorf("%s against %s: got %v, want %v", tt.path, tt.template, got, tt.want)
		}
	}
}
