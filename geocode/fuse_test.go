package geocode

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"wanmi/gis/crs"
)

func TestFuse(t *testing.T) {
	school := Place{ID: "venue:1", Layer: LayerVenue, Label: "普阳小学", Point: at(50, -50), Score: .9, UncertaintyM: 20}
	road := Place{ID: "street:1", Layer: LayerStreet, Point: at(5000, 0), Score: .6, UncertaintyM: 200}
	other := Place{ID: "venue:2", Layer: LayerVenue, Point: at(3000, 0), Score: .9, UncertaintyM: 20}
	code := Place{ID: "component:1", Layer: LayerComponent, Point: at(0, 0), Score: 1, UncertaintyM: 1}
	written := Place{ID: "coordinate:x", Layer: LayerCoordinate, Level: "coordinate", Point: at(60, -50), Score: .99, UncertaintyM: 10}
	far := written
	far.Point = at(2000, 0)
	gcj, err := crs.ByName("gcj02")
	if err != nil {
		t.Fatal(err)
	}
	shifted := at(52, -48)
	shifted[0], shifted[1] = gcj.FromLonLat(shifted[0], shifted[1])
	pos := func(e, n, accuracy float64) *Position { return &Position{Point: at(e, n), AccuracyM: accuracy} }
	for _, tt := range []struct {
		name     string
		places   []Place
		pos      *Position
		want     string // id of the place, its beginning
		believed string // "": no two to compare
		fault    string
		ask      bool
	}{
		{"nothing", nil, nil, "", "", "", false},
		{"words alone", []Place{school, road}, nil, "venue:1", "", "", false},
		{"position alone", nil, pos(0, 0, 10), "coordinate:", "", "", false},
		{"they agree", []Place{school}, pos(60, -50, 10), "venue:1", "both", "", false},
		{"they just agree", []Place{road}, pos(5000, 250, 30), "street:1", "both", "position.apart", false},
		{"clear words win", []Place{school}, pos(2000, 0, 10), "venue:1", "words", "position.conflict", true},
		{"vague words lose", []Place{road}, pos(0, 0, 10), "coordinate:", "position", "position.conflict", true},
		{"the position decides between two", []Place{other, school}, pos(55, -50, 20), "venue:1", "both", "", false},
		{"a vague position decides nothing", []Place{school}, pos(500, 0, 500), "venue:1", "both", "", false},
		{"meant in GCJ-02", []Place{school}, &Position{Point: shifted, AccuracyM: 10}, "venue:1", "both", "position.datum", false},
		{"a coordinate in the text agrees", []Place{written, school}, nil, "venue:1", "both", "", false},
		{"a coordinate in the text contradicts", []Place{far, school}, nil, "coordinate:", "position", "position.conflict", true},
		{"a code is above a coordinate", []Place{code, far}, nil, "component:1", "words", "position.conflict", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := slices.Clone(tt.places)
			got := Fuse(Answer{Places: tt.places}, tt.pos)
			if !slices.EqualFunc(before, tt.places, func(a, b Place) bool { return a.ID == b.ID && a.Point == b.Point && a.Score == b.Score }) {
				t.Error("the answer's places were changed")
			}
			if (got.Place == nil) != (tt.want == "") || got.Place != nil && !strings.HasPrefix(got.Place.ID, tt.want) {
				t.Fatalf("got %+v, want %s", got.Place, tt.want)
			}
			switch {
			case (got.Stand == nil) != (tt.believed == ""), got.Stand != nil && got.Stand.Believed != tt.believed:
				t.Errorf("stand: got %+v, want %q believed", got.Stand, tt.believed)
			case (len(got.Faults) > 0) != (tt.fault != ""), tt.fault != "" && got.Faults[0].Code != tt.fault:
				t.Errorf("faults: got %+v, want %q", got.Faults, tt.fault)
			case (got.Ask != "") != tt.ask:
				t.Errorf("ask: got %q", got.Ask)
			case got.Place != nil && (got.Place.Score <= 0 || got.Place.Score > 1):
				t.Errorf("score %g", got.Place.Score)
			case tt.fault == "position.conflict" && (len(got.Others) == 0 || len(got.Reasons) != 1 || !strings.HasSuffix(got.Reasons[0].Use, "not_believed")):
				t.Errorf("a contradiction must leave the other as an alternative and say who is not believed: %+v", got)
			}
		})
	}
}

// TestFuseSettles has a telephone say which of two doors of one name is meant.
func TestFuseSettles(t *testing.T) {
	m := town()
	m.put("door", at(3000, 3000), "road", "普阳路", "number", "12")
	g, err := Build(context.Background(), m, Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	ans, err := g.Search(context.Background(), Query{Text: "普阳路12号", Size: 20})
	if err != nil || len(ans.Places) < 2 || ans.Ask == "" || ans.Places[0].Score > .7 {
		t.Fatalf("%v, %+v; want two doors and a question", err, ans)
	}
	for _, p := range ans.Places[:2] {
		got := Fuse(ans, &Position{Point: p.Point, AccuracyM: 20})
		if !got.Settled || got.Place.ID != p.ID || got.Place.Score < .9 || len(got.Place.Faults) > 0 {
			t.Errorf("by %s: %+v", p.ID, got.Place)
		}
	}
	if got := Fuse(ans, &Position{Point: at(-8000, 0), AccuracyM: 20}); got.Settled || got.Stand.Agrees || got.Ask == "" {
		t.Errorf("from elsewhere: %+v", got)
	}
}

func TestFuseWeighs(t *testing.T) {
	place := Place{Layer: LayerVenue, Point: at(0, 0), Score: .9, UncertaintyM: 40}
	moved := func(e, accuracy float64) (metres, uncertainty float64) {
		p := Position{Point: at(e, 0), AccuracyM: accuracy}
		got := Fuse(Answer{Places: []Place{place}}, &p).Place
		return metresBetween(place.Point, got.Point), got.UncertaintyM
	}
	vague, _ := moved(30, 200)
	middling, _ := moved(30, 30)
	exact, u := moved(30, 5)
	if !(0 < vague && vague < 2 && vague < middling && middling < exact && exact < 30) {
		t.Errorf("by positions of 200, 30 and 5 m it is moved %g, %g and %g m of 30", vague, middling, exact)
	}
	if u >= 40 || u < 10 {
		t.Errorf("words good to 40 m with a telephone good to 5 are good to %g m", u)
	}
	if _, far := moved(60, 5); far <= u {
		t.Errorf("60 m apart they are as certain (%g m) as 30 m apart (%g m)", far, u)
	}
	place.Layer = LayerComponent
	if d, _ := moved(30, 5); d != 0 {
		t.Error("a surveyed component was moved")
	}
}

// fusion counts how words, position and both together hold against the truth.
type fusion struct {
	n, silent, told  int
	words, pos, both []float64
	inside           int
}

func (f *fusion) add(g *Geocoder, truth orb.Point, ans Answer, pos Position) {
	got := Fuse(ans, &pos)
	d := metresBetween(truth, got.Place.Point)
	f.n++
	f.words = append(f.words, min(1000, metresBetween(truth, ans.Places[0].Point)))
	f.pos = append(f.pos, min(1000, metresBetween(truth, pos.Point)))
	f.both = append(f.both, min(1000, d))
	if d <= got.Place.UncertaintyM {
		f.inside++
	}
	if len(got.Faults) > 0 {
		f.told++
	} else if d > max(50, got.Place.UncertaintyM) {
		f.silent++
	}
}

func rms(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum / float64(len(v)))
}

// reporting draws where a telephone says somebody is who stands by truth.
func reporting(r *rand.Rand, truth orb.Point, accuracy float64) Position {
	s := math.Hypot(accuracy/perTwoThirds, besideM)
	return Position{Point: newFrame(truth).from(pt{r.NormFloat64() * s, r.NormFloat64() * s}), AccuracyM: accuracy}
}

// TestFuseReports writes reports about things near the doors of a synthetic city, spread as the doors' uncertainty says, with telephones of several
// accuracies: both together must be better than either, right as often as they say, and never silently wrong when the telephone is far off.
func TestFuseReports(t *testing.T) {
	c, g := buildSynthetic(t, 20_000)
	texts := c.Texts("door", 600)
	r := rand.New(rand.NewPCG(5, 5))
	ctx := context.Background()
	for _, accuracy := range []float64{5, 15, 30, 60} {
		var near, far fusion
		for _, x := range texts {
			ans, err := g.Search(ctx, Query{Text: x.Text, Size: 20})
			if err != nil || len(ans.Places) == 0 {
				t.Fatalf("%s: %v, %d places", x.Text, err, len(ans.Places))
			}
			p := ans.Places[0]
			k, at := 0, r.Float64()
			for at > spreadOfWords[k].share && k < len(spreadOfWords)-1 {
				at -= spreadOfWords[k].share
				k++
			}
			s := p.UncertaintyM * spreadOfWords[k].deviation
			truth := newFrame(p.Point).from(pt{r.NormFloat64() * s, r.NormFloat64() * s})
			near.add(g, truth, ans, reporting(r, truth, accuracy))
			angle := r.Float64() * 2 * math.Pi
			off := 100 * math.Pow(60, r.Float64()) // 100 m to 6 km
			away := newFrame(truth).from(pt{off * math.Cos(angle), off * math.Sin(angle)})
			far.add(g, truth, ans, reporting(r, away, accuracy))
		}
		inside := float64(near.inside) / float64(near.n)
		w, p, b := rms(near.words), rms(near.pos), rms(near.both)
		t.Logf("±%.0f m: words %.1f m, position %.1f m, both %.1f m (root mean square), inside %.1f %%; far off: told %.1f %%, silent %d", accuracy, w, p, b, 100*inside, 100*float64(far.told)/float64(far.n), far.silent)
		if b >= min(w, p) {
			t.Errorf("±%.0f m: both together miss by %.1f m, words by %.1f, the position by %.1f", accuracy, b, w, p)
		}
		if inside < .88 || inside > .97 {
			t.Errorf("±%.0f m: %.1f %% inside", accuracy, 100*inside)
		}
		if told := float64(near.told) / float64(near.n); told > .15 {
			t.Errorf("±%.0f m: a contradiction is seen in %.0f %% of reports without one", accuracy, 100*told)
		}
		if share := float64(far.silent) / float64(far.n); share > .02 { // a telephone 100 m off may stand right by the uncertainty of the words
			t.Errorf("±%.0f m: far off, and %d of %d are silently wrong", accuracy, far.silent, far.n)
		}
	}
}

func quantile(v []float64, q float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[int(q*float64(len(v)))]
}

// TestFuseTaipei stands a telephone by the known place of each real text. Nine in ten answers must be far nearer than by either alone, also on
// the rows nobody looked at; half of them are by the words alone as near, for these labels often are the doors themselves.
func TestFuseTaipei(t *testing.T) {
	g, texts := taipei(t)
	r := rand.New(rand.NewPCG(6, 6))
	var halves [2]fusion
	for _, x := range texts {
		ans, err := g.Search(context.Background(), Query{Text: x.text, Size: 20})
		if err != nil {
			t.Fatal(err)
		}
		if len(ans.Places) > 0 {
			halves[x.row%2].add(g, x.at, ans, reporting(r, x.at, 20))
		}
	}
	for k, name := range [2]string{"even", "odd"} {
		f := &halves[k]
		at := func(q float64) (w, p, b float64) {
			return quantile(f.words, q), quantile(f.pos, q), quantile(f.both, q)
		}
		w, p, b := at(.5)
		w9, p9, b9 := at(.9)
		share := func(n int) float64 { return 100 * float64(n) / float64(f.n) }
		t.Logf("%s rows, ±20 m: median words %.1f m, position %.1f m, both %.1f m; 90 %% within %.1f, %.1f, %.1f m; inside %.1f %%, told %.1f %%, silently wrong %d of %d",
			name, w, p, b, w9, p9, b9, share(f.inside), share(f.told), f.silent, f.n)
		if b > w+2 || b9 > .8*min(w9, p9) {
			t.Errorf("%s rows: median %.1f m together, %.1f and %.1f alone; nine in ten within %.1f, by words %.1f", name, b, w, p, b9, w9)
		}
		if share(f.silent) > 1 {
			t.Errorf("%s rows: %d of %d silently wrong", name, f.silent, f.n)
		}
	}
}
