package feedback_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/cmd/wanmi/internal/city/citytest"
	"wanmi/cmd/wanmi/internal/feedback"
	"wanmi/data"
	"wanmi/data/gpkg"
	"wanmi/geocode"
	"wanmi/gis"
)

type town struct {
	t     *testing.T
	store *gpkg.Store
	desk  *feedback.Desk
}

func open(t *testing.T) *town {
	t.Helper()
	w := &town{t: t, store: citytest.Store(t)}
	live, err := city.Load(t.Context(), w.store, city.Config{Geocode: citytest.Geocode(), NoTiles: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.desk = &feedback.Desk{Live: live, Store: w.store}
	return w
}

func (w *town) add(text string, at orb.Point) int64 {
	w.t.Helper()
	a, err := w.desk.Add(w.t.Context(), []feedback.Correction{{Text: text, Point: at, By: "坐席7"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return a.IDs[0]
}

func (w *town) item(id int64) feedback.Item {
	w.t.Helper()
	it, err := w.desk.Item(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return it
}

func (w *town) decide(ds ...feedback.Decision) error {
	return w.desk.Decide(w.t.Context(), "张管理员", ds)
}

func (w *town) must(ds ...feedback.Decision) {
	w.t.Helper()
	if err := w.decide(ds...); err != nil {
		w.t.Fatal(err)
	}
}

// refused wants a decision refused for a reason that names the words.
func (w *town) refused(name string, kind gis.Kind, words string, ds ...feedback.Decision) {
	w.t.Helper()
	if err := w.decide(ds...); gis.KindOf(err) != kind || !strings.Contains(gis.Public(err), words) {
		w.t.Errorf("%s: got %v, want %v that says %q", name, err, kind, words)
	}
}

// where is the place a text is answered, and the reason that names what was taught.
func (w *town) where(text string) (id, ref string, at orb.Point) {
	w.t.Helper()
	loc, err := w.desk.Live.View().Locate(w.t.Context(), city.LocateQuery{Text: text})
	if err != nil {
		w.t.Fatal(err)
	}
	if loc.Place == nil {
		return "", "", at
	}
	for _, r := range loc.Reasons {
		ref = r.Ref + ref
	}
	return loc.Place.ID, ref, loc.Place.Point
}

func (w *town) answers(text, id, ref string) {
	w.t.Helper()
	if gotID, gotRef, _ := w.where(text); gotID != id || gotRef != ref {
		w.t.Errorf("%s: answered %s by %s, want %s by %s", text, gotID, gotRef, id, ref)
	}
}

// A correction becomes a rule, is in the next answer of whatever report says the words, and is taken back; each step stays in the record.
func TestRule(t *testing.T) {
	w := open(t)
	id := w.add("老供销社门口垃圾满了", citytest.At(-30, -40))
	it := w.item(id)
	if it.State != feedback.Open || it.By != "坐席7" || it.Today != nil || !slices.Equal(it.Unread, []string{"老供销社"}) ||
		it.Learn.Kind != feedback.Rule || it.Learn.Name != "老供销社" || len(it.Conflicts) > 0 {
		t.Fatalf("waiting: got %+v, %+v", it, it.Learn)
	}
	w.answers("老供销社旁边路灯不亮", "", "")
	w.must(feedback.Decision{ID: id, Verb: feedback.Accept})
	row := fmt.Sprintf("local_name:F%d", id)
	w.answers("老供销社门口垃圾满了", row, row)
	w.answers("老供销社旁边路灯不亮", row, row)
	it = w.item(id)
	if it.State != feedback.Accepted || it.DecidedBy != "张管理员" || it.Taught == nil || it.Taught.Ref != row || it.Today.DistanceM > 1 || !it.Right() {
		t.Errorf("accepted: got %+v", it)
	}
	w.refused("decided twice", gis.Conflict, "decided already", feedback.Decision{ID: id, Verb: feedback.Accept})
	w.refused("undo without a reason", gis.Invalid, "say why", feedback.Decision{ID: id, Verb: feedback.Undo})
	w.must(feedback.Decision{ID: id, Verb: feedback.Undo, Why: "已拆除"})
	w.answers("老供销社门口垃圾满了", "", "")
	it = w.item(id)
	if it.State != feedback.Undone || it.UndoneBy != "张管理员" || it.UndoneWhy != "已拆除" || it.DecidedBy != "张管理员" || it.Taught.Name != "老供销社" {
		t.Errorf("taken back: got %+v", it)
	}
	w.refused("undo twice", gis.Conflict, "taken back already", feedback.Decision{ID: id, Verb: feedback.Undo, Why: "又"})
	w.refused("no such correction", gis.NotFound, "no correction 99", feedback.Decision{ID: 99, Verb: feedback.Accept})
	again := w.add("老供销社门口垃圾满了", citytest.At(-30, -40)) // decided ones do not wait: it may be handed in again
	if again == id {
		t.Error("handed in again after it was taken back: got the old number")
	}
}

// An alias is proposed for the place the reporter picked and for the road or village at the point, and made of any place the keeper names.
func TestAlias(t *testing.T) {
	w := open(t)
	key := ""
	for f, err := range w.store.Features(t.Context(), "poi", orb.Bound{}) {
		if err != nil {
			t.Fatal(err)
		}
		key = "poi:" + f.Key
	}
	other := w.add("孔庙旧址井盖丢了", citytest.At(48, -50))
	it := w.item(other)
	if it.Learn.Kind != feedback.Rule || len(it.Near) == 0 || it.Near[0].ID != key {
		t.Fatalf("no name resembles it: got %+v near %+v", it.Learn, it.Near)
	}
	w.refused("a place there is not", gis.Invalid, "no named place poi:x", feedback.Decision{ID: other, Verb: feedback.Accept, Place: "poi:x"})
	w.refused("both kinds", gis.Invalid, "not both", feedback.Decision{ID: other, Verb: feedback.Accept, Place: key, Rule: true})
	w.must(feedback.Decision{ID: other, Verb: feedback.Accept, Place: key, Name: "孔庙旧址"})
	w.answers("孔庙旧址路灯不亮", key, fmt.Sprintf("local_name:F%d", other))
	picked, err := w.desk.Add(t.Context(), []feedback.Correction{{Text: "书院街口路灯不亮", Point: citytest.At(50, -50), Place: key, By: "坐席7"}})
	if err != nil {
		t.Fatal(err)
	}
	if l := w.item(picked.IDs[0]).Learn; l.Kind != feedback.Alias || l.Place != key {
		t.Errorf("a place the reporter picked: got %+v", l)
	}
	for text, want := range map[string]string{"老衙门街井盖丢了": "太平路", "后八里庄路灯不亮": "铁东社区"} {
		if l := w.item(w.add(text, citytest.At(3, 60))).Learn; l.Kind != feedback.Alias || l.PlaceName != want {
			t.Errorf("%s: got %+v, want an alias of %s", text, l, want)
		}
	}
}

// What speaks against a correction is said, refuses it, and gives way to force with a reason.
func TestConflicts(t *testing.T) {
	w := open(t)
	sit := citytest.At(-30, -40)
	first := w.add("老供销社门口垃圾满了", sit)
	second := w.add("老供销社后面井盖", citytest.At(80, 80))
	same := w.add("老供销社路灯", citytest.At(-32, -41))
	vague := w.add("门口小卖部垃圾", sit)
	official := w.add("邹城一中路灯不亮", citytest.At(-80, 80))
	door := w.add("普阳山路3号井盖", citytest.At(90, -95))
	right := w.add("普阳山路5号井盖", citytest.At(-41, 13))
	none := w.add("路灯不亮", sit)
	for _, c := range []struct {
		id   int64
		want []string
	}{
		{first, []string{"name.disputed"}},
		{second, []string{"name.disputed", "name.disputed"}},
		{vague, []string{"name.vague"}},
		{official, []string{"name.official"}},
		{door, []string{"name.address"}},
		{right, nil},
		{none, nil},
	} {
		it := w.item(c.id)
		var got []string
		for _, x := range it.Conflicts {
			got = append(got, x.Code)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v (%+v), want %v", it.Text, got, it.Learn, c.want)
		}
	}
	if it := w.item(first); !slices.Equal(it.Same, []int64{same}) {
		t.Errorf("the same say: got %v, want %d", it.Same, same)
	}
	accept := func(id int64) feedback.Decision { return feedback.Decision{ID: id, Verb: feedback.Accept} }
	w.refused("disputed", gis.Conflict, fmt.Sprintf("correction %d wants the same words", second), accept(first))
	w.refused("vague", gis.Conflict, "too general", accept(vague))
	w.refused("official", gis.Conflict, "邹城市第一中学", accept(official))
	w.refused("an address", gis.Conflict, "普阳山路3号", accept(door))
	w.refused("right already", gis.Conflict, "answered right", accept(right))
	w.refused("no words", gis.Invalid, "no words", accept(none))
	forced := accept(official)
	forced.Force = true
	w.refused("force without a reason", gis.Invalid, "say why", forced)
	forced.Why = "学校已搬迁"
	w.must(forced)
	w.answers("邹城一中路灯不亮", fmt.Sprintf("local_name:F%d", official), fmt.Sprintf("local_name:F%d", official))
	if it := w.item(official); !strings.Contains(it.Why, "name.official") || !strings.Contains(it.Why, "学校已搬迁") {
		t.Errorf("the record of a forced one: got %q", it.Why)
	}
	// The one that is in the way is rejected in the same breath.
	w.must(feedback.Decision{ID: second, Verb: feedback.Reject, Why: "点位有误"}, accept(first))
	late := w.add("老供销社井盖", citytest.At(90, 90))
	if cs := w.item(late).Conflicts; len(cs) != 2 || cs[0].Code != "name.taught" || cs[1].With != fmt.Sprintf("feedback:%d", same) {
		t.Errorf("taught already: got %+v", cs)
	}
	w.refused("taught already", gis.Conflict, "taught for a place", accept(late))
	w.refused("not in the text", gis.Conflict, "does not stand in the text", feedback.Decision{ID: late, Verb: feedback.Accept, Name: "新供销社"})
}

// The same words taught for a second place by force are two answers: both are given, neither is believed, and the reporter is asked.
func TestSecondPlaceByForce(t *testing.T) {
	w := open(t)
	sit, other := citytest.At(-30, -40), citytest.At(80, 80)
	first := w.add("老供销社门口垃圾满了", sit)
	w.must(feedback.Decision{ID: first, Verb: feedback.Accept})
	one, err := w.desk.Live.View().Locate(t.Context(), city.LocateQuery{Text: "老供销社路灯不亮"})
	if err != nil || one.Place == nil || one.Ask != "" || len(one.Alternatives) != 0 {
		t.Fatalf("one place: got %+v, ask %q, %d more, %v", one.Place, one.Ask, len(one.Alternatives), err)
	}
	second := w.add("老供销社井盖", other)
	w.refused("unforced", gis.Conflict, "taught for a place", feedback.Decision{ID: second, Verb: feedback.Accept})
	w.must(feedback.Decision{ID: second, Verb: feedback.Accept, Force: true, Why: "两处都叫老供销社"})
	got, err := w.desk.Live.View().Locate(t.Context(), city.LocateQuery{Text: "老供销社路灯不亮"})
	if err != nil || got.Place == nil || len(got.Alternatives) != 1 {
		t.Fatalf("two places: got %+v and %d more, %v; want one more", got.Place, len(got.Alternatives), err)
	}
	ids := []string{got.Place.ID, got.Alternatives[0].Place.ID}
	slices.Sort(ids)
	if want := []string{fmt.Sprintf("local_name:F%d", first), fmt.Sprintf("local_name:F%d", second)}; !slices.Equal(ids, want) {
		t.Errorf("places: got %v, want %v", ids, want)
	}
	if a := got.Alternatives[0].Place; a.Score != got.Place.Score || got.Score > .5 || got.Score >= one.Score {
		t.Errorf("scores: got %.2f and %.2f, want the same, at most half; alone it had %.2f", got.Score, a.Score, one.Score)
	}
	if !strings.Contains(got.Ask, "老供销社") {
		t.Errorf("got the question %q, want which 老供销社", got.Ask)
	}
	if !slices.ContainsFunc(got.Faults, func(f geocode.Fault) bool { return f.Code == "name.ambiguous" }) {
		t.Errorf("faults: got %+v, want name.ambiguous", got.Faults)
	}
	// Where the reporter stands decides.
	for _, at := range []orb.Point{sit, other} {
		near, err := w.desk.Live.View().Locate(t.Context(), city.LocateQuery{Text: "老供销社路灯不亮", Point: &at, AccuracyM: 15})
		if err != nil || near.Place == nil || geo.Distance(near.Place.Point, at) > 20 || near.Score <= got.Score {
			t.Errorf("reported from %v: got %+v, score %.2f, %v", at, near.Place, near.Score, err)
		}
	}
	w.must(feedback.Decision{ID: first, Verb: feedback.Undo, Why: "已拆除"})
	w.answers("老供销社路灯不亮", fmt.Sprintf("local_name:F%d", second), fmt.Sprintf("local_name:F%d", second))
}

// A batch goes in whole or not at all; Ready takes what nothing speaks against.
func TestBatch(t *testing.T) {
	w := open(t)
	good := w.add("老供销社门口垃圾满了", citytest.At(-30, -40))
	twin := w.add("老供销社路灯", citytest.At(-32, -41))
	other := w.add("大槐树底下路灯不亮", citytest.At(70, 70))
	bad := w.add("普阳山路3号井盖", citytest.At(90, -95))
	w.refused("one of three", gis.Conflict, fmt.Sprintf("correction %d", bad), feedback.Decision{ID: good, Verb: feedback.Accept}, feedback.Decision{ID: bad, Verb: feedback.Accept})
	if it := w.item(good); it.State != feedback.Open {
		t.Errorf("after a batch that was refused: got %s", it.State)
	}
	w.refused("twice in one", gis.Invalid, "twice", feedback.Decision{ID: good, Verb: feedback.Accept}, feedback.Decision{ID: good, Verb: feedback.Reject, Why: "x"})
	w.refused("no verb", gis.Invalid, "accept, reject or undo", feedback.Decision{ID: good, Verb: "burn"})
	if err := w.desk.Decide(t.Context(), " ", []feedback.Decision{{ID: good, Verb: feedback.Accept}}); gis.KindOf(err) != gis.Invalid {
		t.Errorf("nobody decides: got %v", err)
	}
	ds, left, err := w.desk.Ready(t.Context())
	if err != nil || len(ds) != 2 || ds[0].ID != good || ds[1].ID != other || !slices.Equal(left, []int64{twin, bad}) {
		t.Fatalf("ready: got %+v, left %v, %v", ds, left, err)
	}
	w.must(ds...)
	for state, want := range map[string]int{feedback.Open: 2, feedback.Accepted: 2, feedback.Rejected: 0, feedback.Undone: 0, "": 4} {
		if items, err := w.desk.List(t.Context(), state); err != nil || len(items) != want {
			t.Errorf("list %q: got %d, %v; want %d", state, len(items), err, want)
		}
	}
	if _, err := w.desk.List(t.Context(), "lost"); gis.KindOf(err) != gis.Invalid {
		t.Errorf("an unknown state: got %v", err)
	}
}

// Corrections of a file are kept whole or not at all, and once.
func TestAdd(t *testing.T) {
	w := open(t)
	ok := feedback.Correction{Text: "老供销社门口垃圾满了", Point: citytest.At(-30, -40), By: "坐席7"}
	for name, c := range map[string]struct {
		c     feedback.Correction
		words string
	}{
		"no text":        {feedback.Correction{Point: ok.Point}, "text"},
		"latitude first": {feedback.Correction{Text: "x路", Point: orb.Point{ok.Point[1], ok.Point[0] - 90}}, "longitude comes first"},
		"not on earth":   {feedback.Correction{Text: "x路", Point: orb.Point{200, 0}}, "longitude"},
		"no such place":  {feedback.Correction{Text: "x路", Point: ok.Point, Place: "poi:x"}, "no named place"},
		"control":        {feedback.Correction{Text: "a\x00", Point: ok.Point}, "control"},
		"long":           {feedback.Correction{Text: strings.Repeat("路", 600), Point: ok.Point}, "512"},
		"long note":      {feedback.Correction{Text: "x路", Point: ok.Point, Note: strings.Repeat("注", 501)}, "500"},
	} {
		_, err := w.desk.Add(t.Context(), []feedback.Correction{ok, c.c})
		if k := gis.KindOf(err); k != gis.Invalid && k != gis.NotFound || !strings.Contains(gis.Public(err), c.words) || !strings.Contains(gis.Public(err), "correction 2") {
			t.Errorf("%s: got %v, want the second refused with %q", name, err, c.words)
		}
	}
	if all, err := w.desk.List(t.Context(), ""); err != nil || len(all) != 0 {
		t.Fatalf("after refusals: got %d, %v", len(all), err)
	}
	a, err := w.desk.Add(t.Context(), []feedback.Correction{ok, ok, {Text: "老粮站", Point: ok.Point}})
	if err != nil || a.Fresh != 2 || a.IDs[0] != a.IDs[1] || a.IDs[2] == a.IDs[0] {
		t.Errorf("a file with a row twice: got %+v, %v", a, err)
	}
	b, err := w.desk.Add(t.Context(), []feedback.Correction{ok, {Text: "老粮站", Point: ok.Point}})
	if err != nil || b.Fresh != 0 || !slices.Equal(b.IDs, []int64{a.IDs[0], a.IDs[2]}) {
		t.Errorf("the file again: got %+v, %v", b, err)
	}
}

// Two keepers accept contradicting corrections at once: one of them is told.
func TestAtOnce(t *testing.T) {
	w := open(t)
	ids := []int64{w.add("老供销社门口垃圾满了", citytest.At(-30, -40)), w.add("老供销社后面井盖", citytest.At(80, 80))}
	var wg sync.WaitGroup
	errs := make([]error, len(ids))
	for i, id := range ids {
		wg.Go(func() {
			errs[i] = w.desk.Decide(context.Background(), fmt.Sprintf("管理员%d", i), []feedback.Decision{
				{ID: id, Verb: feedback.Accept, Name: "老供销社"}, {ID: ids[1-i], Verb: feedback.Reject, Why: "另一处"},
			})
		})
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || gis.KindOf(errors.Join(errs...)) == gis.Internal {
		t.Errorf("got %v and %v, want one of them refused", errs[0], errs[1])
	}
	if n, err := w.store.Count(t.Context(), feedback.Layer); err != nil || n != 1 {
		t.Errorf("rows: got %d, %v; want 1", n, err)
	}
	if open, err := w.store.Proposals(t.Context(), data.ProposalOpen); err != nil || len(open) != 0 {
		t.Errorf("open: got %d, %v; want none", len(open), err)
	}
}
