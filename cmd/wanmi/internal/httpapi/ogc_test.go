package httpapi_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"wanmi/cmd/wanmi/internal/city/citytest"
)

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
