package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

type foundPlaces struct {
	Features []struct {
		Geometry   struct{ Coordinates [2]float64 }
		Properties struct{ GID, Label, Layer string }
	}
}

// The gids of one answer are looked up together, in the order asked; those that are none are left out.
func TestPlace(t *testing.T) {
	town := start(t, nil)
	var asked []string
	var want foundPlaces
	for _, text := range []string{"普阳山路5号", "116.98,35.4005", "普阳山路与太平路路口"} {
		var got foundPlaces
		town.get("/v1/search?text="+url.QueryEscape(text), &got)
		if len(got.Features) == 0 {
			t.Fatalf("%s: nothing found", text)
		}
		asked = append(asked, got.Features[0].Properties.GID)
		want.Features = append(want.Features, got.Features[0])
	}
	for _, ids := range []string{
		strings.Join(asked, ","),
		strings.TrimPrefix(strings.Join(asked, ", "), "wanmi:") + ",wanmi:door:gone,,",
	} {
		var got foundPlaces
		town.get("/v1/place?ids="+url.QueryEscape(ids), &got)
		if len(got.Features) != len(want.Features) {
			t.Fatalf("%s: got %d places, want %d", ids, len(got.Features), len(want.Features))
		}
		for i, f := range got.Features {
			if f != want.Features[i] {
				t.Errorf("%s: got %+v, want %+v", ids, f, want.Features[i])
			}
		}
	}
	for _, query := range []string{"", "ids=", "ids=%20", "ids=%ff", "ids=" + strings.Repeat("door:a,", 41)} {
		if w := town.do(http.MethodGet, "/v1/place?"+query, ""); w.Code != http.StatusBadRequest {
			t.Errorf("/v1/place?%s: status %d, want 400", query, w.Code)
		}
	}
}

// What narrows a search is read as written, and refused with the reason where it is none.
func TestNarrowedSearch(t *testing.T) {
	town := start(t, nil)
	var all foundPlaces
	const text = "/v1/search?text=%E6%99%AE%E9%98%B3%E5%B1%B1%E8%B7%AF5%E5%8F%B7" // 普阳山路5号
	town.get(text, &all)
	if len(all.Features) == 0 {
		t.Fatal("nothing found")
	}
	for query, want := range map[string]int{
		"boundary.polygon=116,35,118,35,118,36,116,36":                                                       1,
		"boundary.polygon=116+35+118+35+118+36":                                                              1,
		"boundary.polygon=10,35,11,35,11,36":                                                                 0,
		`boundary.polygon={"type":"Polygon","coordinates":[[[116,35],[118,35],[118,36],[116,36],[116,35]]]}`: 1,
		`boundary.polygon={"type":"MultiPolygon","coordinates":[[[[1,3],[2,3],[2,4],[1,3]]]]}`:               0,
		"boundary.circle.lat=35.4&boundary.circle.lon=116.98&boundary.circle.radius=20":                      1,
		"boundary.circle.lat=35.4&boundary.circle.lon=116.98":                                                1,
		"boundary.circle.lat=36.4&boundary.circle.lon=116.98":                                                0,
		"categories=pharmacy,bank":                                                                           0,
		"layers=address":                                                                                     1,
	} {
		var got foundPlaces
		town.get(text+"&"+strings.NewReplacer(`"`, "%22", "{", "%7B", "}", "%7D").Replace(query), &got)
		if min(len(got.Features), 1) != want {
			t.Errorf("%s: got %d places, want %d", query, len(got.Features), want)
		}
	}
	for _, query := range []string{
		"boundary.polygon=1,2,3", "boundary.polygon=1,2,3,4", "boundary.polygon=1,2,3,4,5,96", "boundary.polygon=a,b,c,d,e,f", "boundary.polygon=%7B",
		"boundary.polygon=%7B%22type%22:%22Point%22,%22coordinates%22:[1,2]%7D", "boundary.polygon=%7B%22type%22:%22Polygon%22,%22coordinates%22:[[[1,2]]]%7D",
		"boundary.polygon=%7B%22type%22:%22Polygon%22%7D%7D", "boundary.circle.lat=35", "boundary.circle.lat=35&boundary.circle.lon=116&boundary.circle.radius=0",
		"boundary.circle.lat=35&boundary.circle.lon=116&boundary.circle.radius=x",
	} {
		if w := town.do(http.MethodGet, text+"&"+query, ""); w.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400: %s", query, w.Code, w.Body)
		}
	}
}
