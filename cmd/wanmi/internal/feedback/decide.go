package feedback

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/geocode/text"
	"wanmi/gis"
)

// The verbs of a decision.
const (
	Accept = "accept"
	Reject = "reject"
	Undo   = "undo"
)

// Decision is what the keeper says of one correction. What is empty is as proposed.
type Decision struct {
	ID    int64      `json:"id"`
	Verb  string     `json:"decision"`        // accept, reject, undo
	Name  string     `json:"name,omitempty"`  // the words to learn
	Place string     `json:"place,omitempty"` // the stored place they name, as poi:p12
	Rule  bool       `json:"rule,omitempty"`  // they name the point, whatever stands there
	Point *orb.Point `json:"point,omitempty"` // a better point than the dispatcher's
	Force bool       `json:"force,omitempty"` // in spite of what speaks against it; wants Why
	Why   string     `json:"why,omitempty"`
}

// plan is a decision that can be carried out.
type plan struct {
	Decision
	at   keptCorrection
	row  gis.Feature // of an acceptance
	note string
}

// Decide carries out decisions in the name of by, all or none.
func (d *Desk) Decide(ctx context.Context, by string, ds []Decision) error {
	if by = strings.TrimSpace(by); by == "" {
		return gis.E(gis.Invalid, nil, "a decision needs the name of who decides")
	}
	if err := checkWords("the name of who decides", by); err != nil {
		return err
	}
	if len(ds) == 0 || len(ds) > MaxBatch {
		return gis.E(gis.Invalid, nil, "1 to %d decisions are taken at once, not %d", MaxBatch, len(ds))
	}
	plans, err := d.plan(ctx, by, ds)
	if err != nil {
		return err
	}
	_, err = d.Live.Write(ctx, data.WriteInfo{Actor: by, Source: sourceOf(plans)}, func(tx data.Tx) error {
		for i := range plans {
			if err := plans[i].carryOut(tx, by); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// Ready returns the acceptance of every open correction that teaches something and that nothing speaks against; of those that say
// the same, the first. The rest are left: their numbers.
func (d *Desk) Ready(ctx context.Context) (ds []Decision, left []int64, err error) {
	items, err := d.List(ctx, Open)
	if err != nil {
		return nil, nil, err
	}
	slices.Reverse(items)
	for _, it := range items {
		said := slices.ContainsFunc(ds, func(o Decision) bool { return slices.Contains(it.Same, o.ID) })
		if said || it.Learn.Kind == Nothing || len(it.Conflicts) > 0 {
			left = append(left, it.ID)
			continue
		}
		ds = append(ds, Decision{ID: it.ID, Verb: Accept})
	}
	return ds, left, nil
}

// plan makes decisions ready and refuses what cannot be done.
func (d *Desk) plan(ctx context.Context, by string, ds []Decision) ([]plan, error) {
	closing := map[int64]bool{}
	for _, x := range ds {
		if x.Verb == Reject {
			closing[x.ID] = true
		}
	}
	r, err := d.review(ctx, closing)
	if err != nil {
		return nil, err
	}
	plans := make([]plan, 0, len(ds))
	seen := map[int64]bool{}
	for _, x := range ds {
		if seen[x.ID] {
			return nil, gis.E(gis.Invalid, nil, "correction %d is decided twice", x.ID)
		}
		seen[x.ID] = true
		p, err := d.planOne(ctx, r, by, x)
		if err != nil {
			if len(ds) > 1 {
				err = gis.E(gis.KindOf(err), err, "correction %d: %s; nothing was decided", x.ID, gis.Public(err))
			}
			return nil, err
		}
		plans = append(plans, p)
	}
	return plans, nil
}

func (d *Desk) planOne(ctx context.Context, r *review, by string, x Decision) (plan, error) {
	x.Name, x.Why, x.Place = strings.TrimSpace(x.Name), strings.TrimSpace(x.Why), strings.TrimSpace(x.Place)
	if err := cmp.Or(checkWords("the reason", x.Why), checkWords("the name", x.Name)); err != nil {
		return plan{}, err
	}
	k, err := d.one(ctx, x.ID)
	if err != nil {
		return plan{}, err
	}
	p := plan{Decision: x, at: k}
	wants := map[string]string{Accept: data.ProposalOpen, Reject: data.ProposalOpen, Undo: data.ProposalApproved}
	want, ok := wants[x.Verb]
	switch {
	case !ok:
		return p, gis.E(gis.Invalid, nil, "the decision must be accept, reject or undo, not %q", x.Verb)
	case k.State != want && x.Verb == Undo:
		return p, gis.E(gis.Conflict, nil, "correction %d was not accepted", x.ID)
	case k.State != want:
		return p, gis.E(gis.Conflict, nil, "correction %d is decided already; hand it in again to have it decided anew", x.ID)
	case x.Why == "" && (x.Verb != Accept || x.Force):
		return p, gis.E(gis.Invalid, nil, "say why: a correction is rejected, taken back or forced with a reason")
	case x.Verb != Accept:
		return p, nil
	}
	return p, d.planRow(ctx, r, by, &p)
}

// planRow makes the row of an acceptance.
func (d *Desk) planRow(ctx context.Context, r *review, by string, p *plan) error {
	it, err := d.item(ctx, r, p.at)
	if err != nil {
		return err
	}
	another := p.Point != nil && metres(*p.Point, it.Point) > 1
	if another {
		moved := p.at.Correction
		moved.Point = *p.Point
		if err := moved.check(ctx, r.view); err != nil {
			return err
		}
		it.Point = moved.Point
	}
	l, err := r.asDecided(&it, p.Decision)
	if err != nil {
		return err
	}
	against, err := r.conflicts(ctx, &it, l)
	if err != nil {
		return err
	}
	if it.Learn.Kind == Nothing && it.Today != nil && it.Today.right && !another {
		against = append(against, Conflict{Code: "answer.right", Text: it.Learn.Why, TextZh: it.Learn.WhyZh})
	}
	if len(against) > 0 && !p.Force {
		var why []string
		for _, c := range against {
			why = append(why, c.Text+" ("+c.TextZh+")")
		}
		return gis.E(gis.Conflict, nil, "%s; change it, reject it, or force it with a reason", strings.Join(why, "; "))
	}
	for _, c := range against {
		p.note += "[" + c.Code + "] "
	}
	p.note += p.Why
	p.row = rowOf(p.at, l, by, p.note)
	return nil
}

// asDecided is what is to be learned when the keeper has changed what was proposed.
func (r *review) asDecided(it *Item, x Decision) (Learn, error) {
	l := *it.Learn
	l.point = it.Point
	l.Name = cmp.Or(x.Name, l.Name)
	switch {
	case x.Rule && x.Place != "":
		return l, gis.E(gis.Invalid, nil, "give a place for an alias, or rule for the point: not both")
	case x.Place != "":
		b, err := r.view.Geo.Named(x.Place, l.point)
		if err != nil {
			return l, gis.E(gis.Invalid, err, "%s", gis.Public(err))
		}
		l.Kind, l.Place, l.PlaceName = Alias, x.Place, b.Name
	case x.Rule || l.Kind == Nothing:
		l.Kind, l.Place, l.PlaceName = Rule, "", ""
	}
	if len([]rune(text.Fold(l.Name))) < 2 {
		return l, gis.E(gis.Invalid, nil, "no words of the text stand for the place; say which to learn (name), two characters at least")
	}
	return l, nil
}

func rowOf(k keptCorrection, l Learn, by, note string) gis.Feature {
	f := gis.NewFeature(gis.MustLayer(Layer))
	f.Geom, f.Key = l.point, keyOf(k.ID)
	for name, v := range map[string]string{
		"code": f.Key, "name": l.Name, "place": l.Place, "place_name": l.PlaceName, "text": k.Text,
		"reported_by": k.By, "accepted_by": by, "note": note, "source": fmt.Sprintf("feedback %d", k.ID),
	} {
		f.SetText(name, v)
	}
	return f
}

// carryOut does what was planned, if things are as they were then.
func (p *plan) carryOut(tx data.Tx, by string) error {
	switch p.Verb {
	case Reject:
		return tx.Settle(p.ID, data.ProposalRejected, by, p.Why)
	case Undo:
		err := tx.Delete(Layer, keyOf(p.ID))
		if gis.KindOf(err) == gis.NotFound {
			return gis.E(gis.Conflict, err, "correction %d has been taken back already", p.ID)
		}
		return err
	}
	if err := p.stillFree(tx); err != nil {
		return err
	}
	if err := tx.Settle(p.ID, data.ProposalApproved, by, p.note); err != nil {
		return err
	}
	_, _, err := tx.Put(&p.row)
	return err
}

// stillFree refuses a name that somebody else has taught for another place since the View was made, or this very batch.
func (p *plan) stillFree(tx data.Tx) error {
	if p.Force {
		return nil
	}
	name, at := text.Fold(p.row.Text("name")), p.row.Geom.(orb.Point)
	for f, err := range tx.Features(Layer, orb.Bound{}) {
		if err != nil {
			return err
		}
		if q, ok := f.Geom.(orb.Point); ok && text.Fold(f.Text("name")) == name && metres(q, at) > samePlaceM {
			return gis.E(gis.Conflict, nil, "“%s” is taught for a place %.0f m away (%s)", p.row.Text("name"), metres(q, at), f.Key)
		}
	}
	return nil
}

// sourceOf names a write in the history, with what was said of an undo, of which the row keeps nothing.
func sourceOf(plans []plan) string {
	var verbs, whys []string
	for _, p := range plans {
		if len(verbs) < 5 {
			verbs = append(verbs, fmt.Sprintf("%s %d", p.Verb, p.ID))
		}
		if p.Verb == Undo && !slices.Contains(whys, p.Why) && len(whys) < 5 {
			whys = append(whys, p.Why)
		}
	}
	s := "feedback " + strings.Join(verbs, ", ")
	if len(plans) > len(verbs) {
		s += " …"
	}
	if len(whys) > 0 {
		s += ": " + strings.Join(whys, "; ")
	}
	return s
}

// whyOf reads the reason of an undo from the source of its write.
func whyOf(source string) string {
	_, why, _ := strings.Cut(source, ": ")
	return why
}
