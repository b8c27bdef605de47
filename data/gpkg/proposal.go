package gpkg

import (
	"context"
	"database/sql"
	"errors"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

// Propose keeps a proposal and returns its number.
func (s *Store) Propose(ctx context.Context, p data.Proposal) (int64, error) {
	ids, err := s.ProposeAll(ctx, []data.Proposal{p})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// ProposeAll keeps proposals, all or none, and returns their numbers.
func (s *Store) ProposeAll(ctx context.Context, ps []data.Proposal) ([]int64, error) {
	const doing = "keep a proposal"
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	q, err := s.beginOn(ctx, s.writer)
	if err != nil {
		return nil, s.wrap(err, doing)
	}
	defer q.Rollback()
	ids := make([]int64, len(ps))
	for i, p := range ps {
		if err := kept.CheckProposal(p); err != nil {
			return nil, err
		}
		res, err := q.ExecContext(ctx, `INSERT INTO proposal (layer, key, op, rev, body, actor, at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			p.Layer, p.Key, string(p.Op), p.Rev, p.Body, p.Actor, kept.FormatTime(s.now()), data.ProposalOpen)
		if err != nil {
			return nil, s.wrap(err, doing)
		}
		if ids[i], err = res.LastInsertId(); err != nil {
			return nil, s.wrap(err, doing)
		}
	}
	if err := q.Commit(); err != nil {
		return nil, s.wrap(err, doing)
	}
	return ids, s.wrap(s.durable(), doing)
}

// Proposals returns the proposals of a state, all for "", the latest first.
func (s *Store) Proposals(ctx context.Context, state string) ([]data.Proposal, error) {
	return s.proposals(ctx, `WHERE ?1 = '' OR state = ?1`, state)
}

// Proposal returns one, gis.NotFound when there is none of that number.
func (s *Store) Proposal(ctx context.Context, id int64) (data.Proposal, error) {
	found, err := s.proposals(ctx, `WHERE id = ?`, id)
	if err == nil && len(found) == 0 {
		err = gis.E(gis.NotFound, nil, "no proposal %d", id)
	}
	if err != nil {
		return data.Proposal{}, err
	}
	return found[0], nil
}

func (s *Store) proposals(ctx context.Context, where string, arg any) ([]data.Proposal, error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT id, layer, key, op, rev, body, actor, +at, state, decided_by, coalesce(+decided_at, ''), why
		FROM proposal `+where+` ORDER BY id DESC`, arg)
	if err != nil {
		return nil, s.wrap(err, "read the proposals")
	}
	defer rows.Close()
	var out []data.Proposal
	for rows.Next() {
		var p data.Proposal
		var at, decided string
		err := rows.Scan(&p.ID, &p.Layer, &p.Key, &p.Op, &p.Rev, &p.Body, &p.Actor, &at, &p.State, &p.DecidedBy, &decided, &p.Why)
		if err != nil {
			return nil, s.wrap(err, "read the proposals")
		}
		p.At, p.DecidedAt = kept.ParseTime(at), kept.ParseTime(decided)
		out = append(out, p)
	}
	return out, s.wrap(rows.Err(), "read the proposals")
}

// Settle implements data.Tx.
func (t *tx) Settle(proposal int64, state, by, why string) error {
	if err := t.check(); err != nil {
		return err
	}
	var now string
	err := t.sql.QueryRowContext(t.own, `SELECT state FROM proposal WHERE id = ?`, proposal).Scan(&now)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return gis.E(gis.NotFound, nil, "no proposal %d", proposal)
	case err == nil && now != data.ProposalOpen:
		return gis.E(gis.Conflict, nil, "proposal %d is %s already", proposal, now)
	case err == nil:
		_, err = t.sql.ExecContext(t.own, `UPDATE proposal SET state = ?, decided_by = ?, decided_at = ?, why = ? WHERE id = ?`,
			state, by, kept.FormatTime(t.at), why, proposal)
	}
	return t.fail(err, "settle a proposal")
}
