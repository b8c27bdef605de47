//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/maptile/tilecover"
)

// TestFilter: the tiles of the whole city by a filter hold the features that the pages of OGC items by the same filter list.
func TestFilter(t *testing.T) {
	s := demo(t)
	defer s.stop()
	const triangle = "POLYGON((116.962 35.396, 116.975 35.395, 116.971 35.405, 116.962 35.396))"
	for _, c := range []struct{ layer, filter string }{
		{"component", "state = '破损'"},
		{"component", "state <> '完好' AND class LIKE '01%' AND keeper_name IS NOT NULL"},
		{"component", "S_INTERSECTS(geometry, " + triangle + ") AND init_date < DATE('2024-01-01')"},
		{"component", `{"op":"in","args":[{"property":"class_name"},["污水井盖","雨水井盖"]]}`},
		{"unit_grid", "S_OVERLAPS(geometry, " + triangle + ")"},
		{"unit_grid", "area_m2 / 2 > 6000 AND NOT S_DISJOINT(geometry, " + triangle + ")"},
	} {
		got, want := tileCodes(t, s, c.layer, c.filter), itemCodes(t, s, c.layer, c.filter)
		if !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%s by %s: %d in tiles, %d items", c.layer, c.filter, len(got), len(want))
		}
	}
	for _, path := range []string{"/ogc/collections/component/items?filter=", "/tiles/component/15/27030/12934.mvt?filter="} {
		r := s.do(http.MethodGet, path+url.QueryEscape("state = '破损' AND clas = '01001'"), nil)
		var p struct {
			Detail   string
			Position struct{ Offset, Column int }
		}
		if err := json.Unmarshal(r.body, &p); err != nil || r.status != http.StatusBadRequest || p.Position.Offset != 21 || p.Position.Column != 18 ||
			!strings.Contains(p.Detail, "no property clas; there are ") {
			t.Errorf("%s: %d %s (%v), want the place of clas", path, r.status, r.body, err)
		}
	}
}

// tileCodes are the codes of the features in all tiles of a layer at zoom 17, where nothing is thinned.
func tileCodes(t *testing.T, s *server, layer, filter string) []string {
	t.Helper()
	var tj struct{ Bounds [4]float64 }
	s.get("/tiles/"+layer+".json").json(t, &tj)
	b := orb.Bound{Min: orb.Point{tj.Bounds[0], tj.Bounds[1]}, Max: orb.Point{tj.Bounds[2], tj.Bounds[3]}}
	var codes []string
	for tile := range tilecover.Bound(b, maptile.Zoom(17)) {
		r := s.do(http.MethodGet, fmt.Sprintf("/tiles/%s/17/%d/%d.mvt?filter=%s", layer, tile.X, tile.Y, url.QueryEscape(filter)), nil)
		if r.status == http.StatusNoContent {
			continue
		}
		if r.status != http.StatusOK {
			t.Fatalf("tile by %s: %d %s", filter, r.status, r.body)
		}
		for _, l := range decode(t, r) {
			for _, f := range l.Features {
				codes = append(codes, f.Properties["code"].(string))
			}
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes) // what lies in a tile's buffer stands in its neighbour, too
}

// itemCodes are the codes of the items by a filter, page by page.
func itemCodes(t *testing.T, s *server, layer, filter string) []string {
	t.Helper()
	var codes []string
	for path := "/ogc/collections/" + layer + "/items?limit=500&filter=" + url.QueryEscape(filter); path != ""; {
		var page struct {
			Features []struct{ ID string }
			Links    []struct{ Rel, Href string }
		}
		s.get(path).json(t, &page)
		for _, f := range page.Features {
			codes = append(codes, f.ID)
		}
		path = ""
		for _, l := range page.Links {
			if l.Rel == "next" {
				path = strings.TrimPrefix(l.Href, s.url)
			}
		}
	}
	slices.Sort(codes)
	return codes
}
