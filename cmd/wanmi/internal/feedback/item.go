package feedback

import (
	"context"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/data"
	"wanmi/gis"
)

// The states of a correction.
const (
	Open     = "open"
	Accepted = "accepted"
	Rejected = "rejected"
	Undone   = "undone" // accepted, and taken back since
)

// States lists them.
var States = []string{Open, Accepted, Rejected, Undone}

// Item is a correction with all that is to be known to decide it, and what was decided.
type Item struct {
	ID int64 `json:"id"`
	Correction
	By    string    `json:"by"`
	At    time.Time `json:"at"`
	State string    `json:"state"`

	Today     *Answer    `json:"today"`            // what the geocoder answers now; null: nothing
	Unread    []string   `json:"unread"`           // words of the text it does not know
	Learn     *Learn     `json:"learn,omitempty"`  // of an open one: what is proposed
	Conflicts []Conflict `json:"conflicts"`        // of an open one: what speaks against that
	Same      []int64    `json:"same,omitempty"`   // open ones that say the same
	Near      []Near     `json:"near,omitempty"`   // of an open one: stored places at the point
	Taught    *Taught    `json:"taught,omitempty"` // of an accepted one: the row it became

	DecidedBy string     `json:"decided_by,omitempty"`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
	Why       string     `json:"why,omitempty"`
	UndoneBy  string     `json:"undone_by,omitempty"`
	UndoneAt  *time.Time `json:"undone_at,omitempty"`
	UndoneWhy string     `json:"undone_why,omitempty"`
}

// Answer is the place a text is given.
type Answer struct {
	ID        string    `json:"id"`
	Label     string    `json:"label"`
	Level     string    `json:"level"`
	Point     orb.Point `json:"point"`
	Score     float64   `json:"score"`
	DistanceM float64   `json:"distance_m"` // from the point of the correction
	Ask       string    `json:"ask,omitempty"`

	right bool // near enough, and no other place is as good
}

// Right reports whether the text is answered at the point of the correction now, or at the row it became.
func (it *Item) Right() bool {
	return it.Today != nil && (it.Today.right || it.Taught != nil && metres(it.Today.Point, it.Taught.Point) <= samePlaceM)
}

// Taught is what was learned.
type Taught struct {
	Ref       string    `json:"ref"` // its row, as local_name:F12
	Name      string    `json:"name"`
	Place     string    `json:"place,omitempty"`
	PlaceName string    `json:"place_name,omitempty"`
	Point     orb.Point `json:"point"`
}

// List returns the corrections in a state, all for "", the latest first.
func (d *Desk) List(ctx context.Context, state string) ([]Item, error) {
	stored, ok := map[string]string{"": "", Open: data.ProposalOpen, Accepted: data.ProposalApproved, Undone: data.ProposalApproved, Rejected: data.ProposalRejected}[state]
	if !ok {
		return nil, gis.E(gis.Invalid, nil, "state must be open, accepted, rejected or undone, not %q", state)
	}
	all, err := d.all(ctx, stored)
	if err != nil {
		return nil, err
	}
	r, err := d.review(ctx, nil)
	if err != nil {
		return nil, err
	}
	out := make([]Item, 0, len(all))
	for _, k := range all {
		it, err := d.item(ctx, r, k)
		if err != nil {
			return nil, err
		}
		if state == "" || it.State == state {
			out = append(out, it)
		}
	}
	return out, nil
}

// Item returns one correction, gis.NotFound when there is none of that number.
func (d *Desk) Item(ctx context.Context, id int64) (Item, error) {
	k, err := d.one(ctx, id)
	if err != nil {
		return Item{}, err
	}
	r, err := d.review(ctx, nil)
	if err != nil {
		return Item{}, err
	}
	return d.item(ctx, r, k)
}

func (d *Desk) item(ctx context.Context, r *review, k keptCorrection) (Item, error) {
	it := Item{ID: k.ID, Correction: k.Correction, By: k.Actor, At: k.At, Unread: []string{}, Conflicts: []Conflict{}}
	lesson, err := r.view.Geo.Lesson(ctx, k.Text)
	if err != nil {
		return it, err
	}
	it.Unread = append(it.Unread, lesson.Unread...)
	if it.Today, err = answerOf(ctx, r.view, k.Correction); err != nil {
		return it, err
	}
	if k.State == data.ProposalOpen {
		it.State = Open
		return it, r.propose(ctx, &it, lesson)
	}
	it.DecidedBy, it.DecidedAt, it.Why = k.DecidedBy, &k.DecidedAt, k.Why
	if k.State == data.ProposalRejected {
		it.State = Rejected
		return it, nil
	}
	return it, d.taught(ctx, &it)
}

// taught tells of an accepted correction what it became, or who took that back.
func (d *Desk) taught(ctx context.Context, it *Item) error {
	f, err := d.Store.Feature(ctx, Layer, keyOf(it.ID))
	switch {
	case err == nil:
		it.State, it.Taught = Accepted, taughtOf(f)
		return nil
	case gis.KindOf(err) != gis.NotFound:
		return err
	}
	it.State = Undone
	versions, err := d.Store.History(ctx, Layer, keyOf(it.ID))
	if err != nil {
		return err
	}
	for _, v := range slices.Backward(versions) {
		if v.Op == gis.Delete {
			it.UndoneBy, it.UndoneAt, it.UndoneWhy = v.Actor, &v.At, whyOf(v.Source)
			it.Taught = taughtOf(v.Feature)
			return nil
		}
	}
	return nil
}

func taughtOf(f gis.Feature) *Taught {
	t := &Taught{Ref: Layer + ":" + f.Key, Name: f.Text("name"), Place: f.Text("place"), PlaceName: f.Text("place_name")}
	if p, ok := f.Geom.(orb.Point); ok {
		t.Point = p
	}
	return t
}

// answerOf asks what a correction's text is answered now.
func answerOf(ctx context.Context, v *city.View, c Correction) (*Answer, error) {
	loc, err := v.Locate(ctx, city.LocateQuery{Text: c.Text})
	if err != nil || loc.Place == nil {
		return nil, err
	}
	p := loc.Place
	a := &Answer{ID: p.ID, Label: p.Label, Level: p.Level, Point: p.Point, Score: p.Score, DistanceM: metres(p.Point, c.Point), Ask: loc.Ask}
	a.right = a.DistanceM <= rightWithin(loc.UncertaintyM)
	for _, o := range loc.Alternatives {
		if o.Place.Score >= p.Score-.005 && metres(o.Place.Point, p.Point) > 100 {
			a.right = false // a coin toss
		}
	}
	return a, nil
}

// rightWithin is how near an answer must lie to be right: within what it says of itself, but not nearer than a click can be trusted, and
// not farther than a few houses.
func rightWithin(uncertainty float64) float64 { return max(20, min(uncertainty, 50)) }
