package httpapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"wanmi/cmd/wanmi/internal/feedback"
	"wanmi/data"
	"wanmi/gis"
)

func proposalRoutes() []route {
	const tag, one = "proposals", "/api/proposals/{id}"
	return []route{
		get("proposals", "/api/proposals", tag, "Changes surveyors propose, the latest first.", (*API).listProposals,
			param{name: "state", typ: "string", doc: "open, approved or rejected; all when absent"}).needs(data.RoleSurveyor),
		get("propose", "/api/proposals", tag, "Proposes a change of a component; an editor decides.", (*API).propose).
			by(http.MethodPost).needs(data.RoleSurveyor).takes("Proposed", "application/json", smallBody).gives("Proposal").answers(http.StatusCreated),
		get("proposal", one, tag, "A proposal.", (*API).getProposal).needs(data.RoleSurveyor).gives("Proposal"),
		get("proposal-approve", one+"/approve", tag, "Does what is proposed. 412 when the component has changed since.", (*API).approve).
			by(http.MethodPost).needs(data.RoleEditor).takes("Decision", "application/json", smallBody).gives("Proposal"),
		get("proposal-reject", one+"/reject", tag, "Closes a proposal; nothing is done.", (*API).reject).
			by(http.MethodPost).needs(data.RoleEditor).takes("Decision", "application/json", smallBody).gives("Proposal"),
	}
}

// proposed is what POST /api/proposals reads.
type proposed struct {
	Op     string          `json:"op"`
	Code   string          `json:"code"`
	Change json.RawMessage `json:"change"`
}

func proposalObject(p data.Proposal) object {
	out := object{
		"id": p.ID, "op": string(p.Op), "code": p.Key, "rev": p.Rev, "actor": p.Actor, "at": rfc3339(p.At), "state": p.State,
		"decided_by": p.DecidedBy, "decided_at": rfc3339(p.DecidedAt), "why": p.Why,
	}
	if p.Body != "" {
		out["change"] = json.RawMessage(p.Body)
	}
	return out
}

// propose is POST /api/proposals. What could not be done as things stand is refused at once.
func (a *API) propose(c *call) (*reply, error) {
	var in proposed
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	p := data.Proposal{Layer: "component", Key: in.Code, Op: gis.Op(in.Op), Body: string(in.Change), Actor: c.who.name}
	var body componentBody
	if p.Op != gis.Delete {
		if err := json.Unmarshal(in.Change, &body); err != nil {
			return nil, gis.E(gis.Invalid, err, "the field change must be a GeoJSON feature or properties")
		}
	}
	switch p.Op {
	case gis.Insert:
		f := gis.NewFeature(gis.MustLayer("component"))
		if in.Code != "" {
			return nil, gis.E(gis.Invalid, nil, "a new component gets its code when it is approved; leave code out")
		}
		if err := a.fillNew(c, &f, body); err != nil {
			return nil, err
		}
	case gis.Update, gis.Delete:
		f, rev, err := a.read(c, in.Code)
		if err != nil {
			return nil, err
		}
		p.Rev = rev
		if f = f.Clone(); p.Op == gis.Update {
			if err := a.fill(c, &f, body); err != nil {
				return nil, err
			}
		}
	default:
		return nil, gis.E(gis.Invalid, nil, "op must be insert, update or delete, not %q", clip(in.Op))
	}
	id, err := a.cfg.Store.Propose(c.r.Context(), p)
	if err != nil {
		return nil, err
	}
	rp, err := a.proposalReply(c, id)
	if err == nil {
		rp.status = http.StatusCreated
		rp.set("Location", a.origin(c.r)+"/api/proposals/"+strconv.FormatInt(id, 10))
	}
	return rp, err
}

func (a *API) proposalReply(c *call, id int64) (*reply, error) {
	p, err := a.proposal(c, id)
	if err != nil {
		return nil, err
	}
	rp, err := jsonReply(proposalObject(p))
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}

// proposal returns a proposal; a correction of a report is none here.
func (a *API) proposal(c *call, id int64) (data.Proposal, error) {
	p, err := a.cfg.Store.Proposal(c.r.Context(), id)
	if err == nil && p.Layer == feedback.Layer {
		err = gis.E(gis.NotFound, nil, "%d is a correction: see /v1/feedback/%[1]d", id)
	}
	return p, err
}

// proposalID reads the number in the path.
func (c *call) proposalID() (int64, error) {
	id, err := strconv.ParseInt(c.vars["id"], 10, 64)
	if err != nil {
		return 0, gis.E(gis.NotFound, err, "no proposal %s", clip(c.vars["id"]))
	}
	return id, nil
}

// listProposals is GET /api/proposals.
func (a *API) listProposals(c *call) (*reply, error) {
	state := c.q.Get("state")
	if !slices.Contains([]string{"", data.ProposalOpen, data.ProposalApproved, data.ProposalRejected}, state) {
		return nil, gis.E(gis.Invalid, nil, "state must be open, approved or rejected, not %q", clip(state))
	}
	all, err := a.cfg.Store.Proposals(c.r.Context(), state)
	if err != nil {
		return nil, err
	}
	list := make([]object, 0, len(all))
	for _, p := range all {
		if p.Layer != feedback.Layer { // corrections of reports are decided at /v1/feedback
			list = append(list, proposalObject(p))
		}
	}
	rp, err := jsonReply(object{"proposals": list})
	if err == nil {
		rp.cache = "no-store"
	}
	return rp, err
}

// getProposal is GET /api/proposals/{id}.
func (a *API) getProposal(c *call) (*reply, error) {
	id, err := c.proposalID()
	if err != nil {
		return nil, err
	}
	return a.proposalReply(c, id)
}

// decision is the body of approve and reject.
type decision struct {
	Why string `json:"why"`
}

// reject is POST /api/proposals/{id}/reject.
func (a *API) reject(c *call) (*reply, error) {
	return a.decide(c, func(tx data.Tx, p data.Proposal, why string) error {
		return tx.Settle(p.ID, data.ProposalRejected, c.who.name, why)
	})
}

// approve is POST /api/proposals/{id}/approve.
func (a *API) approve(c *call) (*reply, error) {
	return a.decide(c, func(tx data.Tx, p data.Proposal, why string) error {
		if err := a.carryOut(c, tx, p); err != nil {
			return err
		}
		return tx.Settle(p.ID, data.ProposalApproved, c.who.name, why)
	})
}

// decide settles a proposal and does what follows in one write.
func (a *API) decide(c *call, settle func(tx data.Tx, p data.Proposal, why string) error) (*reply, error) {
	id, err := c.proposalID()
	if err != nil {
		return nil, err
	}
	var d decision
	if c.r.ContentLength != 0 {
		if err := c.decode(&d); err != nil {
			return nil, err
		}
	}
	p, err := a.proposal(c, id)
	if err != nil {
		return nil, err
	}
	info := a.info(c)
	info.Source = "proposal " + strconv.FormatInt(id, 10) + " of " + p.Actor
	if _, err := a.cfg.Live.Write(c.r.Context(), info, func(tx data.Tx) error { return settle(tx, p, d.Why) }); err != nil {
		return nil, err
	}
	a.after(c)
	return a.proposalReply(c, id)
}

// carryOut does what a proposal says, if the component is still what it was made for.
func (a *API) carryOut(c *call, tx data.Tx, p data.Proposal) error {
	if p.State != data.ProposalOpen {
		return gis.E(gis.Conflict, nil, "proposal %d is %s already", p.ID, p.State)
	}
	if p.Op != gis.Insert {
		rev, err := tx.Rev("component", p.Key)
		if err != nil {
			return err
		}
		if rev != p.Rev {
			return gis.E(gis.Stale, nil, "component %s has changed since this was proposed", clip(p.Key))
		}
	}
	if p.Op == gis.Delete {
		return tx.Delete("component", p.Key)
	}
	var body componentBody
	if err := json.Unmarshal([]byte(p.Body), &body); err != nil {
		return err
	}
	f := gis.NewFeature(gis.MustLayer("component"))
	if p.Op == gis.Insert {
		if err := a.fillNew(c, &f, body); err != nil {
			return err
		}
		if err := giveCode(tx, &f); err != nil {
			return err
		}
	} else {
		old, err := tx.Feature("component", p.Key)
		if err != nil {
			return err
		}
		f = old.Clone()
		if err := a.fill(c, &f, body); err != nil {
			return err
		}
	}
	_, _, err := tx.Put(&f)
	return err
}
