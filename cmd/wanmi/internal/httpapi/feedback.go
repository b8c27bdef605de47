package httpapi

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"github.com/paulmach/orb"

	"wanmi/cmd/wanmi/internal/feedback"
	"wanmi/data"
	"wanmi/gis"
)

func feedbackRoutes() []route {
	const tag, one = "feedback", "/v1/feedback/{id}"
	decides := func(name, verb, doc string, serve func(*API, *call) (*reply, error)) route {
		return get(name, one+"/"+verb, tag, doc, serve).by(http.MethodPost).needs(data.RoleEditor).takes("FeedbackDecision", "application/json", smallBody).gives("Feedback")
	}
	return []route{
		get("feedback-list", "/v1/feedback", tag, "Corrections with what the geocoder answers today, what they could teach and what speaks against it, the latest first.", (*API).listFeedback,
			param{name: "state", typ: "string", doc: "all when absent", enum: feedback.States}).needs(data.RoleSurveyor).gives("Feedbacks"),
		get("feedback-add", "/v1/feedback", tag, "Says where a report really is; an editor decides what is learned from it.", (*API).addFeedback).
			by(http.MethodPost).needs(data.RoleSurveyor).takes("Correction", "application/json", smallBody).gives("Feedback").answers(http.StatusCreated),
		get("feedback-review", "/v1/feedback/review", tag, "Many decisions at once: all are carried out, or none.", (*API).reviewFeedback).
			by(http.MethodPost).needs(data.RoleEditor).takes("FeedbackReview", "application/json", smallBody).gives("Feedbacks"),
		get("feedback", one, tag, "A correction.", (*API).getFeedback).needs(data.RoleSurveyor).gives("Feedback"),
		decides("feedback-accept", "accept", "Learns from a correction; the next answer knows it. 409 says what speaks against it.", (*API).acceptFeedback),
		decides("feedback-reject", "reject", "Closes a correction; nothing is learned.", (*API).rejectFeedback),
		decides("feedback-undo", "undo", "Takes back what was learned.", (*API).undoFeedback),
	}
}

// correction is the body of POST /v1/feedback.
type correction struct {
	Text  string    `json:"text"`
	Point []float64 `json:"point"` // longitude, latitude
	Place string    `json:"place"`
	Note  string    `json:"note"`
}

// verdict is the body of accept, reject and undo, and, with id and decision, an entry of a review.
type verdict struct {
	ID       int64     `json:"id"`
	Decision string    `json:"decision"`
	Name     string    `json:"name"`
	Place    string    `json:"place"`
	Rule     bool      `json:"rule"`
	Point    []float64 `json:"point"`
	Force    bool      `json:"force"`
	Why      string    `json:"why"`
}

func (v verdict) decision() (feedback.Decision, error) {
	d := feedback.Decision{ID: v.ID, Verb: v.Decision, Name: v.Name, Place: v.Place, Rule: v.Rule, Force: v.Force, Why: v.Why}
	if len(v.Point) > 0 {
		p, err := pointOf(v.Point)
		if err != nil {
			return d, err
		}
		d.Point = &p
	}
	return d, nil
}

// pointOf reads a point of a body.
func pointOf(v []float64) (orb.Point, error) {
	if len(v) != 2 {
		return orb.Point{}, gis.E(gis.Invalid, nil, "point must be [longitude, latitude]")
	}
	return orb.Point{v[0], v[1]}, nil
}

func (a *API) desk() *feedback.Desk { return &feedback.Desk{Live: a.cfg.Live, Store: a.cfg.Store} }

// signer is in whose name a correction is handed in or decided: that of the key, or the key's number where it has none.
func (c *call) signer() string { return cmp.Or(c.who.name, "key "+c.who.keyID) }

// listFeedback is GET /v1/feedback.
func (a *API) listFeedback(c *call) (*reply, error) {
	items, err := a.desk().List(c.r.Context(), c.q.Get("state"))
	if err != nil {
		return nil, err
	}
	return feedbackReply(object{"feedback": items})
}

func feedbackReply(v any) (*reply, error) {
	rp, err := jsonReply(v)
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}

// addFeedback is POST /v1/feedback.
func (a *API) addFeedback(c *call) (*reply, error) {
	var in correction
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	p, err := pointOf(in.Point)
	if err != nil {
		return nil, err
	}
	added, err := a.desk().Add(c.r.Context(), []feedback.Correction{{Text: in.Text, Point: p, Place: in.Place, Note: in.Note, By: c.signer()}})
	if err != nil {
		return nil, err
	}
	rp, err := a.feedbackItem(c, added.IDs[0])
	if err != nil {
		return nil, err
	}
	if added.Fresh > 0 { // else it waits already: 200
		rp.status = http.StatusCreated
	}
	rp.set("Location", a.origin(c.r)+"/v1/feedback/"+strconv.FormatInt(added.IDs[0], 10))
	return rp, nil
}

func (a *API) feedbackItem(c *call, id int64) (*reply, error) {
	it, err := a.desk().Item(c.r.Context(), id)
	if err != nil {
		return nil, err
	}
	return feedbackReply(it)
}

// feedbackID reads the number in the path.
func (c *call) feedbackID() (int64, error) {
	id, err := strconv.ParseInt(c.vars["id"], 10, 64)
	if err != nil {
		return 0, gis.E(gis.NotFound, err, "no correction %s", clip(c.vars["id"]))
	}
	return id, nil
}

// getFeedback is GET /v1/feedback/{id}.
func (a *API) getFeedback(c *call) (*reply, error) {
	id, err := c.feedbackID()
	if err != nil {
		return nil, err
	}
	return a.feedbackItem(c, id)
}

func (a *API) acceptFeedback(c *call) (*reply, error) { return a.decideFeedback(c, feedback.Accept) }

func (a *API) rejectFeedback(c *call) (*reply, error) { return a.decideFeedback(c, feedback.Reject) }
func (a *API) undoFeedback(c *call) (*reply, error)   { return a.decideFeedback(c, feedback.Undo) }

// decideFeedback is POST /v1/feedback/{id}/accept, reject and undo.
func (a *API) decideFeedback(c *call, verb string) (*reply, error) {
	id, err := c.feedbackID()
	if err != nil {
		return nil, err
	}
	var in verdict
	if c.r.ContentLength != 0 {
		if err := c.decode(&in); err != nil {
			return nil, err
		}
	}
	if in.ID != 0 && in.ID != id || in.Decision != "" && in.Decision != verb {
		return nil, gis.E(gis.Invalid, nil, "the body says another correction or decision than the address")
	}
	in.ID, in.Decision = id, verb
	if err := a.carryOutFeedback(c, []verdict{in}); err != nil {
		return nil, err
	}
	return a.feedbackItem(c, id)
}

func (a *API) carryOutFeedback(c *call, vs []verdict) error {
	ds := make([]feedback.Decision, len(vs))
	for i, v := range vs {
		var err error
		if ds[i], err = v.decision(); err != nil {
			return err
		}
	}
	if err := a.desk().Decide(c.r.Context(), c.signer(), ds); err != nil {
		return err
	}
	a.after(c)
	return nil
}

// reviewFeedback is POST /v1/feedback/review.
func (a *API) reviewFeedback(c *call) (*reply, error) {
	var in struct {
		Decisions []verdict `json:"decisions"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := a.carryOutFeedback(c, in.Decisions); err != nil {
		return nil, err
	}
	items, err := a.desk().List(c.r.Context(), "")
	if err != nil {
		return nil, err
	}
	items = slices.DeleteFunc(items, func(it feedback.Item) bool {
		return !slices.ContainsFunc(in.Decisions, func(v verdict) bool { return v.ID == it.ID })
	})
	return feedbackReply(object{"feedback": items})
}
