package postgis

import (
	"context"
	"database/sql"
	"errors"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// writing returns the connection that writes, alive: one that lay idle may have been lost with the server it led to.
func (s *Store) writing(ctx context.Context) (*sql.Conn, error) {
	for again := false; ; again = true {
		c, err := s.writer.Conn(ctx)
		if err != nil {
			return nil, err
		}
		if err = c.PingContext(ctx); err == nil {
			return c, nil
		}
		c.Close()
		if again || !lost(err) {
			return nil, err
		}
	}
}

// Propose keeps a proposal and returns its number.
func (s *Store) Propose(ctx context.Context, p data.Proposal) (int64, error) {
	ids, err := s.ProposeAll(ctx, []data.Proposal{p})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// ProposeAll keeps proposals, all or none, and returns their numbers. Those who write features do not wait for it.
func (s *Store) ProposeAll(ctx context.Context, ps []data.Proposal) ([]int64, error) {
	const doing = "keep a proposal"
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	c, err := s.writing(ctx)
	if err != nil {
		return nil, s.wrap(err, doing)
	}
	defer c.Close()
	q, err := c.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, s.wrap(err, doing)
	}
	defer q.Rollback()
	text := kept.Text
	ids := make([]int64, len(ps))
	for i, p := range ps {
		if err := kept.CheckProposal(p); err != nil {
			return nil, err
		}
		err := q.QueryRowContext(ctx, `INSERT INTO wanmi.proposal (layer, key, op, rev, body, actor, at, state)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
			text(p.Layer), text(p.Key), string(p.Op), p.Rev, text(p.Body), text(p.Actor), kept.FormatTime(s.now()), data.ProposalOpen).Scan(&ids[i])
		if err != nil {
			return nil, s.wrap(err, doing)
		}
	}
	return ids, s.wrap(q.Commit(), doing)
}

// Proposals returns the proposals of a state, all for "", the latest first.
func (s *Store) Proposals(ctx context.Context, state string) ([]data.Proposal, error) {
	return s.proposals(ctx, `WHERE $1 = '' OR state = $1`, state)
}

// Proposal returns one, gis.NotFound when there is none of that number.
func (s *Store) Proposal(ctx context.Context, id int64) (data.Proposal, error) {
	found, err := s.proposals(ctx, `WHERE id = $1`, id)
	if err == nil && len(found) == 0 {
		err = gis.E(gis.NotFound, nil, "no proposal %d", id)
	}
	if err != nil {
		return data.Proposal{}, err
	}
	return found[0], nil
}

func (s *Store) proposals(ctx context.Context, where string, arg any) (out []data.Proposal, err error) {
	var p data.Proposal
	var at, decided string
	dest := []any{&p.ID, &p.Layer, &p.Key, &p.Op, &p.Rev, &p.Body, &p.Actor, &at, &p.State, &p.DecidedBy, &decided, &p.Why}
	err = each(ctx, s.reader, dest, `SELECT id, layer, key, op, rev, body, actor, `+timeExpr("at")+`, state, decided_by,
		coalesce(`+timeExpr("decided_at")+`, ''), why FROM wanmi.proposal `+where+` ORDER BY id DESC`, []any{arg}, func() bool {
		p.At, p.DecidedAt = kept.ParseTime(at), kept.ParseTime(decided)
		out = append(out, p)
		return true
	})
	return out, s.wrap(err, "read the proposals")
}

// Settle implements data.Tx.
func (t *tx) Settle(proposal int64, state, by, why string) error {
	if err := t.check(); err != nil {
		return err
	}
	var now string
	err := t.value([]any{&now}, `SELECT state FROM wanmi.proposal WHERE id = $1`, proposal)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return gis.E(gis.NotFound, nil, "no proposal %d", proposal)
	case err == nil && now != data.ProposalOpen:
		return gis.E(gis.Conflict, nil, "proposal %d is %s already", proposal, now)
	case err == nil:
		_, err = t.exec(`UPDATE wanmi.proposal SET state = $1, decided_by = $2, decided_at = $3, why = $4 WHERE id = $5`,
			state, kept.Text(by), kept.FormatTime(t.at), kept.Text(why), proposal)
	}
	return t.fail(err, "settle a proposal")
}
