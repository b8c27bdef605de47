package feedback

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/geocode"
	"wanmi/geocode/text"
	"wanmi/gis/geom"
)

// The kinds of what a correction may teach.
const (
	Alias   = "alias" // the words name a stored place
	Rule    = "rule"  // the words name the point
	Nothing = "none"
)

// Learn is what is proposed to be learned.
type Learn struct {
	Kind      string `json:"kind"` // alias, rule, none
	Name      string `json:"name,omitempty"`
	Place     string `json:"place,omitempty"` // of an alias
	PlaceName string `json:"place_name,omitempty"`
	Why       string `json:"why"`
	WhyZh     string `json:"why_zh"`

	point orb.Point
}

// Near is a stored place at the point of a correction.
type Near struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	DistanceM float64 `json:"distance_m"`
}

// How near stored places are looked for: that a name may stand for, and that are shown.
const (
	nearM      = 100.0
	nearRoadM  = 25.0
	nearPlaces = 5
)

// propose fills in what an open correction may teach, and what speaks against it.
func (r *review) propose(ctx context.Context, it *Item, lesson geocode.Lesson) error {
	var err error
	if it.Near, err = r.near(ctx, it.Point); err != nil {
		return err
	}
	l := r.lesson(it, lesson)
	l.point = it.Point
	it.Learn = &l
	others, err := r.alsoTeach(ctx, it.ID, l.Name)
	if err != nil {
		return err
	}
	for _, o := range others {
		if metres(o.Point, it.Point) <= samePlaceM {
			it.Same = append(it.Same, o.ID)
		}
	}
	if l.Kind != Nothing {
		cs, err := r.conflicts(ctx, it, l)
		it.Conflicts = append(it.Conflicts, cs...)
		return err
	}
	return nil
}

// lesson decides what a correction should teach.
func (r *review) lesson(it *Item, lesson geocode.Lesson) Learn {
	switch {
	case it.Today != nil && it.Today.right:
		return Learn{Kind: Nothing, Name: lesson.Name, Why: "the text is answered right as it is", WhyZh: "按现有资料已能正确定位"}
	case lesson.Name == "":
		return Learn{Kind: Nothing, Why: "no words of the text stand for a place", WhyZh: "文字中没有可学习的地点用语"}
	}
	l := Learn{
		Kind: Rule, Name: lesson.Name,
		Why: "no stored place near the point resembles the words", WhyZh: "点位附近没有名称相近的地点",
	}
	if lesson.Known {
		l.Why, l.WhyZh = "all words are known, and lead elsewhere: they get the point as they stand", "用语均已认识，但定位有误：整体指向该点"
		if it.Place == "" {
			return l
		}
	}
	as := func(id, name, why, zh string) Learn {
		return Learn{Kind: Alias, Name: l.Name, Place: id, PlaceName: name, Why: why, WhyZh: zh}
	}
	if it.Place != "" {
		if b, err := r.view.Geo.Named(it.Place, it.Point); err == nil {
			return as(it.Place, b.Name, "the reporter picked the place", "更正人指定了该地点")
		}
	}
	for _, n := range it.Near {
		if !strings.HasPrefix(n.ID, Layer) && alike(l.Name, n.Name) {
			return as(n.ID, n.Name, fmt.Sprintf("a stored place %.0f m away has much of the same name", n.DistanceM), fmt.Sprintf("%.0f 米处有名称相近的地点", n.DistanceM))
		}
	}
	if id, name, ok := r.roadOrArea(l.Name, it.Point); ok {
		return as(id, name, "the words end like a road or a village, and the point lies at one", "用语像道路或村居名，且点位就在其上")
	}
	return l
}

// roadOrArea finds the road or community at the point for a name that ends like one.
func (r *review) roadOrArea(name string, p orb.Point) (id, stored string, ok bool) {
	has := func(ends ...string) bool {
		return slices.ContainsFunc(ends, func(s string) bool { return strings.HasSuffix(text.Fold(name), s) })
	}
	switch {
	case has("路", "街", "巷", "大道", "胡同"):
		for _, b := range r.view.Geo.RoadsAt(p, nearRoadM) {
			return b.ID, b.Name, true
		}
	case has("村", "庄", "社区"):
		if a, found := r.view.Communities.At(p); found {
			return "community:" + a.Code, a.Name, true
		}
	}
	return "", "", false
}

// near returns the named places at a point, the nearest first.
func (r *review) near(ctx context.Context, p orb.Point) ([]Near, error) {
	ans, err := r.view.Geo.Reverse(ctx, p, geocode.ReverseQuery{Size: nearPlaces, RadiusM: nearM, Layers: []string{geocode.LayerVenue}})
	if err != nil {
		return nil, err
	}
	var out []Near
	for _, pl := range ans.Places {
		out = append(out, Near{ID: pl.ID, Name: pl.Name, DistanceM: pl.DistanceM})
	}
	for _, b := range r.view.Geo.RoadsAt(p, nearRoadM) {
		out = append(out, Near{ID: b.ID, Name: b.Name, DistanceM: b.DistanceM})
	}
	return out, nil
}

// alike reports whether two names share a stretch of half the shorter one, two characters at least.
func alike(a, b string) bool {
	x, y := []rune(text.Fold(a)), []rune(text.Fold(b))
	if len(x) > len(y) {
		x, y = y, x
	}
	want := max(2, (len(x)+1)/2)
	for i := 0; i+want <= len(x); i++ {
		if strings.Contains(string(y), string(x[i:i+want])) {
			return true
		}
	}
	return false
}

// metres is the distance between two points of a city.
func metres(a, b orb.Point) float64 {
	mx, my := geom.MetresPerDegree((a[1] + b[1]) / 2)
	return math.Round(10*math.Hypot((a[0]-b[0])*mx, (a[1]-b[1])*my)) / 10
}

// review is what corrections are judged by: the city as it is, and the others that wait.
type review struct {
	view   *city.View
	open   []keptCorrection
	folded []string         // the texts of the open ones
	names  map[int64]string // of those that were asked for: the folded words each would teach
}

// review prepares to judge. What is about to be closed waits no more.
func (d *Desk) review(ctx context.Context, closing map[int64]bool) (*review, error) {
	open, err := d.open(ctx)
	if err != nil {
		return nil, err
	}
	r := &review{view: d.Live.View(), names: map[int64]string{}}
	for _, k := range open {
		if !closing[k.ID] {
			r.open, r.folded = append(r.open, k), append(r.folded, text.Fold(k.Text))
		}
	}
	return r, nil
}

// alsoTeach returns the other open corrections that would teach these words.
func (r *review) alsoTeach(ctx context.Context, id int64, name string) (out []keptCorrection, err error) {
	if name = text.Fold(name); name == "" {
		return nil, nil
	}
	for i, o := range r.open {
		if o.ID == id || !strings.Contains(r.folded[i], name) { // few say the words at all: only those are read
			continue
		}
		words, ok := r.names[o.ID]
		if !ok {
			l, err := r.view.Geo.Lesson(ctx, o.Text)
			if err != nil {
				return nil, err
			}
			words = text.Fold(l.Name)
			r.names[o.ID] = words
		}
		if words == name {
			out = append(out, o)
		}
	}
	return out, nil
}
