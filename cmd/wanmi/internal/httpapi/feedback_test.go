package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/data"
)

// correctionReply is what the tests read of a correction.
type correctionReply struct {
	ID     int64
	State  string
	By     string
	Unread []string
	Today  *struct {
		DistanceM float64 `json:"distance_m"`
	}
	Learn     struct{ Kind, Name string }
	Conflicts []struct{ Code string }
	Taught    *struct{ Ref, Name string }
	DecidedBy string `json:"decided_by"`
	UndoneBy  string `json:"undone_by"`
	Why       string
}

// located is what the tests read of POST /v1/locate.
type locatedReply struct {
	Place   *struct{ ID, Label string }
	Reasons []struct{ Word, Use, By, Ref string }
}

func (s *server) locate(text string) locatedReply {
	s.t.Helper()
	var l locatedReply
	w := s.do("POST", "/v1/locate", fmt.Sprintf(`{"text":%q}`, text))
	s.decode(w, &l)
	return l
}

// A correction is posted by a dispatcher, accepted by an editor, is in the very next answer with whose it is, survives a restart, was not there
// before, and is taken back.
func TestFeedback(t *testing.T) {
	s := start(t, nil)
	surveyor, editor := []string{"Authorization", "Bearer " + s.keys[data.RoleSurveyor]}, []string{"Authorization", "Bearer " + s.keys[data.RoleEditor]}
	post := func(path, body string, status int, who ...string) correctionReply {
		t.Helper()
		w := s.do("POST", path, body, who...)
		if w.Code != status {
			t.Fatalf("POST %s: status %d, %s; want %d", path, w.Code, w.Body, status)
		}
		var c correctionReply
		decodeBody(t, w, &c)
		return c
	}
	at := citytest.At(-30, -40)
	body := fmt.Sprintf(`{"text":"老供销社门口井盖丢了","point":[%f,%f],"note":"居民常说"}`, at[0], at[1])
	s.problem(s.do("POST", "/v1/feedback", body), 401, "without a key")
	s.problem(s.do("POST", "/v1/feedback", body, "Authorization", "Bearer "+s.keys[data.RoleViewer]), 403, "a viewer")
	for name, bad := range map[string]string{
		"no point": `{"text":"x路"}`, "one number": `{"text":"x路","point":[1]}`, "no text": `{"point":[116.97,35.4]}`, "unknown field": `{"text":"x","points":[1,2]}`,
		"latitude first": `{"text":"x路","point":[35.4,116.97]}`, "elsewhere": `{"text":"x路","point":[35.4,16.97]}`, "control": "{\"text\":\"x\\u0001\",\"point\":[116.97,35.4]}",
	} {
		s.problem(s.do("POST", "/v1/feedback", bad, surveyor...), 400, name)
	}
	if l := s.locate("老供销社门口井盖丢了"); l.Place != nil {
		t.Fatalf("before: got %+v", l)
	}
	c := post("/v1/feedback", body, 201, surveyor...)
	if c.State != "open" || c.By != "the surveyor" || c.Learn.Kind != "rule" || c.Learn.Name != "老供销社" || len(c.Unread) != 1 || c.Today != nil {
		t.Errorf("posted: got %+v", c)
	}
	if again := post("/v1/feedback", body, 200, surveyor...); again.ID != c.ID {
		t.Errorf("posted again: got %d, want %d", again.ID, c.ID)
	}
	one := fmt.Sprintf("/v1/feedback/%d", c.ID)
	s.problem(s.do("POST", one+"/accept", "", surveyor...), 403, "a surveyor accepts")
	s.problem(s.do("GET", one, ""), 401, "read without a key")
	s.problem(s.do("POST", one+"/reject", `{}`, editor...), 400, "reject without a reason")
	s.problem(s.do("POST", one+"/accept", `{"decision":"reject"}`, editor...), 400, "another decision than the address")
	s.problem(s.do("GET", fmt.Sprintf("/api/proposals/%d", c.ID), "", editor...), 404, "a correction is no proposal")
	s.problem(s.do("POST", fmt.Sprintf("/api/proposals/%d/approve", c.ID), "", editor...), 404, "approved as a proposal")
	before := time.Now()
	time.Sleep(5 * time.Millisecond)
	got := post(one+"/accept", "", 200, editor...)
	if got.State != "accepted" || got.DecidedBy != "the editor" || got.Taught == nil || got.Today == nil || got.Today.DistanceM > 1 {
		t.Errorf("accepted: got %+v", got)
	}
	ref := fmt.Sprintf("local_name:F%d", c.ID)
	known := func(name string, l locatedReply) {
		t.Helper()
		if l.Place == nil || l.Place.ID != ref || len(l.Reasons) == 0 || l.Reasons[0].Use != "local_rule" || l.Reasons[0].Ref != ref || l.Reasons[0].By != "the surveyor，审核 the editor" {
			t.Errorf("%s: got %+v, want %s and whose it is", name, l, ref)
		}
	}
	known("the next answer", s.locate("老供销社旁边路灯不亮"))
	asOf := 0
	for _, err := range s.store.AsOf(t.Context(), "local_name", before, orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		asOf++
	}
	if asOf != 0 {
		t.Errorf("as of before it was accepted: got %d rows", asOf)
	}
	live, err := city.Load(t.Context(), s.store, city.Config{Geocode: citytest.Geocode(), NoTiles: true}, nil) // as a restart reads it
	if err != nil {
		t.Fatal(err)
	}
	if l, err := live.View().Locate(t.Context(), city.LocateQuery{Text: "老供销社"}); err != nil || l.Place == nil || l.Place.ID != ref {
		t.Errorf("read anew: got %+v, %v", l.Place, err)
	}
	s.problem(s.do("POST", one+"/accept", "", editor...), 409, "accepted twice")
	var list struct{ Feedback []correctionReply }
	for state, want := range map[string]int{"": 1, "open": 0, "accepted": 1} {
		s.get("/v1/feedback?state="+state, &list, surveyor...)
		if len(list.Feedback) != want {
			t.Errorf("list %q: got %d, want %d", state, len(list.Feedback), want)
		}
	}
	s.problem(s.do("GET", "/v1/feedback?state=lost", "", surveyor...), 400, "an unknown state")
	if back := post(one+"/undo", `{"why":"已拆除"}`, 200, editor...); back.State != "undone" || back.UndoneBy != "the editor" {
		t.Errorf("taken back: got %+v", back)
	}
	if l := s.locate("老供销社门口井盖丢了"); l.Place != nil {
		t.Errorf("after it was taken back: got %+v", l)
	}
	s.problem(s.do("GET", "/v1/feedback/99", "", surveyor...), 404, "no such one")
	s.problem(s.do("GET", "/v1/feedback/x", "", surveyor...), 404, "no number")
}

// Many decisions at once are carried out or none; a conflict is a 409 that says what is in the way.
func TestFeedbackReview(t *testing.T) {
	s := start(t, nil)
	key := []string{"Authorization", "Bearer " + s.keys[data.RoleEditor]}
	add := func(text string, at orb.Point) int64 {
		t.Helper()
		w := s.do("POST", "/v1/feedback", fmt.Sprintf(`{"text":%q,"point":[%f,%f]}`, text, at[0], at[1]), key...)
		var c correctionReply
		decodeBody(t, w, &c)
		if c.ID == 0 {
			t.Fatalf("%s: %s", text, w.Body)
		}
		return c.ID
	}
	a, b := add("老供销社门口井盖丢了", citytest.At(-30, -40)), add("老供销社后面路灯", citytest.At(80, 80))
	review := func(second string) string {
		return fmt.Sprintf(`{"decisions":[{"id":%d,"decision":"accept"},{"id":%d,%s}]}`, a, b, second)
	}
	w := s.do("POST", "/v1/feedback/review", review(`"decision":"accept"`), key...)
	if d := s.problem(w, http.StatusConflict, "contradicting"); !strings.Contains(d, "wants the same words") {
		t.Errorf("contradicting: got %q", d)
	}
	if l := s.locate("老供销社"); l.Place != nil {
		t.Errorf("after a review that was refused: got %+v", l)
	}
	var list struct{ Feedback []correctionReply }
	w = s.do("POST", "/v1/feedback/review", review(`"decision":"reject","why":"点位有误"`), key...)
	s.decode(w, &list)
	if w.Code != 200 || len(list.Feedback) != 2 || list.Feedback[0].State != "rejected" || list.Feedback[1].State != "accepted" {
		t.Errorf("review: status %d, %s", w.Code, w.Body)
	}
	s.problem(s.do("POST", "/v1/feedback/review", `{"decisions":[]}`, key...), 400, "nothing decided")
}
