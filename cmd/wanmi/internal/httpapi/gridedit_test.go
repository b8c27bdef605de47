package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"

	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/data"
)

// rev returns the revision of a cell as an entity tag.
func (s *server) rev(code string) string {
	var f struct {
		Properties struct{ Rev string }
	}
	s.get("/api/grids/"+code, &f)
	if f.Properties.Rev == "" {
		s.t.Fatalf("grid %s has no rev", code)
	}
	return `"` + f.Properties.Rev + `"`
}

func (s *server) edit(verb, body, match string, role string) *httptest.ResponseRecorder {
	header := []string{"X-API-Key", s.keys[role], "Content-Type", "application/json"}
	if match != "" {
		header = append(header, "If-Match", match)
	}
	return s.do("POST", "/api/grids/"+verb, body, header...)
}

// drawn returns the codes of the cells in the tile at a point.
func (s *server) drawn(at orb.Point) []string {
	layers, err := mvt.Unmarshal(s.get(tilePath("unit_grid", at, 16), nil).Body.Bytes())
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, l := range layers {
		for _, f := range l.Features {
			if c, ok := f.Properties["code"].(string); ok && l.Name == "unit_grid" {
				out = append(out, c)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func line(p ...[2]float64) string {
	var out []string
	for _, q := range p {
		at := citytest.At(q[0], q[1])
		out = append(out, fmt.Sprintf("[%.9f,%.9f]", at[0], at[1]))
	}
	return "[" + strings.Join(out, ",") + "]"
}

func TestGridEdits(t *testing.T) {
	s := start(t, nil)
	const fresh, second, third = citytest.West + "003", citytest.West + "004", citytest.West + "005"
	merge := fmt.Sprintf(`{"cells":[%q,%q]}`, citytest.NorthWest, citytest.SouthWest)
	revs := s.rev(citytest.NorthWest) + ", " + s.rev(citytest.SouthWest)
	s.problem(s.edit("merge", merge, revs, data.RoleSurveyor), 403, "a surveyor")
	s.problem(s.edit("merge", merge, "", data.RoleEditor), 428, "no If-Match")
	s.problem(s.edit("merge", merge, s.rev(citytest.NorthWest), data.RoleEditor), 412, "one revision missing")
	s.problem(s.edit("merge", `{"cells":["1"]}`, "*", data.RoleEditor), 400, "no code")
	s.problem(s.edit("merge", fmt.Sprintf(`{"cells":[%q,%q]}`, citytest.NorthWest, citytest.NorthEast), "*", data.RoleEditor), 422, "two communities")
	s.problem(s.edit("split", fmt.Sprintf(`{"cell":%q,"line":%s}`, citytest.NorthWest, line([2]float64{-50, -10}, [2]float64{-50, 110})), "*", data.RoleEditor), 422, "through a building")
	s.problem(s.edit("split", fmt.Sprintf(`{"cell":%q,"line":[[1]]}`, citytest.NorthWest), "*", data.RoleEditor), 400, "no line")
	s.problem(s.edit("undo", "", "*", data.RoleEditor), 404, "nothing to undo")

	var res struct {
		Edit, Undone       int64
		New, Void, Changed []string
		Placed             int
	}
	s.decode(s.edit("merge", merge, revs, data.RoleEditor), &res)
	if !slices.Equal(res.New, []string{fresh}) || !slices.Equal(res.Void, []string{citytest.NorthWest, citytest.SouthWest}) || res.Placed != 1 {
		t.Fatalf("merge: %+v", res)
	}
	if got := s.drawn(citytest.At(-50, 0)); !slices.Contains(got, fresh) || slices.Contains(got, citytest.NorthWest) {
		t.Errorf("the next tile shows %v", got)
	}
	var comp struct{ Properties map[string]any }
	if s.get(coverPath, &comp); comp.Properties["grid_code"] != fresh {
		t.Errorf("the cover is in %v, want %s", comp.Properties["grid_code"], fresh)
	}
	s.problem(s.edit("merge", merge, revs, data.RoleEditor), 412, "old revisions")

	split := fmt.Sprintf(`{"cell":%q,"line":{"type":"LineString","coordinates":%s}}`, fresh, line([2]float64{-110, -20}, [2]float64{-50, -25}, [2]float64{10, -20}))
	s.decode(s.edit("split", split, s.rev(fresh), data.RoleEditor), &res)
	if !slices.Equal(res.New, []string{second, third}) || !slices.Equal(res.Changed, []string{citytest.SouthEast}) {
		t.Fatalf("split: %+v", res)
	}
	last := res.Edit
	s.problem(s.edit("undo", "", `"1"`, data.RoleEditor), 412, "another edit is the last")
	s.decode(s.edit(second+"/lock", "", s.rev(second), data.RoleEditor), &res)
	s.problem(s.edit("move-edge", fmt.Sprintf(`{"cells":[%q,%q],"line":%s}`, second, third, line([2]float64{-110, -30}, [2]float64{10, -30})), "*", data.RoleEditor), 409, "a locked cell")
	s.decode(s.edit(second+"/unlock", "", s.rev(second), data.RoleEditor), &res)
	for range 2 { // unlock, lock
		s.decode(s.edit("undo", "", "*", data.RoleEditor), &res)
	}
	s.decode(s.edit("undo", "", fmt.Sprintf("%q", fmt.Sprint(last)), data.RoleEditor), &res)
	if res.Undone != last || !slices.Equal(res.New, []string{fresh}) {
		t.Fatalf("undo of the split: %+v", res)
	}
	s.decode(s.edit("undo", "", "*", data.RoleEditor), &res)
	if got := s.drawn(citytest.At(-50, 0)); !slices.Contains(got, citytest.NorthWest) || slices.Contains(got, fresh) {
		t.Errorf("after the undo the tile shows %v", got)
	}
	if s.get(coverPath, &comp); comp.Properties["grid_code"] != citytest.NorthWest {
		t.Errorf("after the undo the cover is in %v", comp.Properties["grid_code"])
	}
	s.decode(s.edit("merge", merge, "*", data.RoleEditor), &res)
	if !slices.Equal(res.New, []string{citytest.West + "006"}) {
		t.Errorf("after undoing, the next code is %v: a dropped one must not come back", res.New)
	}
}

// decode wants 200.
func (s *server) decode(w *httptest.ResponseRecorder, v any) {
	s.t.Helper()
	if w.Code != 200 {
		s.t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	decodeBody(s.t, w, v)
}

func decodeBody(t testing.TB, w *httptest.ResponseRecorder, v any) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
		t.Fatalf("%v in %q", err, w.Body)
	}
}

// Refusals say the way out.
func TestGridEditFaults(t *testing.T) {
	s := start(t, nil)
	one := fmt.Sprintf(`{"cells":[%q]}`, citytest.NorthWest)
	for _, tc := range []struct{ verb, body, match, say string }{
		{"merge", `{"grids":[]}`, "*", `unknown field "grids"; it has cells`},
		{"merge", `{"cells":"x"}`, "*", "must be a JSON array"},
		{"merge", one, "*", "two unit grids or more"},
		{"merge", one, `"` + citytest.NorthWest + `-0"`, "GET /api/grids/" + citytest.NorthWest},
		{"merge", one, "", "property rev"},
		{"split", `{"line":[]}`, "*", "lacks cell"},
		{"move-edge", one, "*", "2 unit grid"},
		{"build", `{"modus":"repair"}`, "", "mode, preset, communities"},
	} {
		if got := s.edit(tc.verb, tc.body, tc.match, data.RoleEditor); got.Code < 400 || got.Code > 499 || !strings.Contains(strings.ReplaceAll(got.Body.String(), `\"`, `"`), tc.say) {
			t.Errorf("%s %s: %d %s, want %q", tc.verb, tc.body, got.Code, got.Body, tc.say)
		}
	}
	if got := s.do("POST", "/api/grids/merge", one, "Content-Type", "application/json", "If-Match", "*"); got.Code != 401 {
		t.Errorf("without a key: %d, want 401", got.Code)
	}
	if got := s.edit(citytest.West+"998/lock", "", "*", data.RoleEditor); got.Code != 404 {
		t.Errorf("a code nobody has: %d, want 404", got.Code)
	}
}

func TestGridBuild(t *testing.T) {
	s := start(t, nil)
	s.problem(s.edit("build", `{}`, "", data.RoleSurveyor), 403, "a surveyor")
	s.problem(s.edit("build", `{"mode":"mend"}`, "", data.RoleEditor), 400, "no such mode")
	s.problem(s.edit("build", `{"preset":"pretty"}`, "", data.RoleEditor), 400, "no such preset")
	s.problem(s.edit("build", `{"communities":["370883009009"]}`, "", data.RoleEditor), 404, "no such community")
	s.problem(s.edit("build", `{"depth":3}`, "", data.RoleEditor), 400, "an unknown field")
	var res struct {
		Kept               int
		New, Void, Changed []string
		Edit               int64
	}
	s.decode(s.edit("build", `{"mode":"rebuild","force":true}`, "", data.RoleEditor), &res)
	if len(res.Void)+len(res.New)+len(res.Changed)+res.Kept == 0 {
		t.Errorf("a rebuild told nothing: %+v", res)
	}
	s.decode(s.edit("build", `{}`, "", data.RoleEditor), &res)
	if len(res.Void)+len(res.New)+len(res.Changed) > 0 {
		t.Errorf("a repair of nothing: %+v", res)
	}
}
