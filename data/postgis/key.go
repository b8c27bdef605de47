package postgis

import (
	"context"
	"database/sql"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

var keyColumns = `id, name, role, hash, ` + timeExpr("created_at") + `, coalesce(` + timeExpr("revoked_at") + `, ''), coalesce(` + timeExpr("last_used") + `, '')`

// CreateKey makes a key of a role for whom name says. The secret is returned this once and kept nowhere.
func (s *Store) CreateKey(ctx context.Context, role, name string) (secret string, k data.Key, err error) {
	if secret, k, err = kept.NewKey(role, name, s.now()); err != nil {
		return "", data.Key{}, err
	}
	err = s.inWrite(ctx, "create a key", func(q *sql.Tx) error {
		_, err := q.ExecContext(ctx, `INSERT INTO wanmi.access_key (id, name, role, hash, created_at) VALUES ($1, $2, $3, $4, $5)`,
			k.ID, kept.Text(k.Name), k.Role, k.Hash, kept.FormatTime(k.CreatedAt))
		return err
	})
	if err != nil {
		return "", data.Key{}, err
	}
	return secret, k, nil
}

// Keys returns all keys, revoked ones too, the oldest first.
func (s *Store) Keys(ctx context.Context) ([]data.Key, error) {
	return s.keys(ctx, `ORDER BY created_at, id`)
}

func (s *Store) keys(ctx context.Context, where string, args ...any) ([]data.Key, error) {
	var k data.Key
	var created, revoked, used string
	var out []data.Key
	err := each(ctx, s.lookup, []any{&k.ID, &k.Name, &k.Role, &k.Hash, &created, &revoked, &used}, `SELECT `+keyColumns+` FROM wanmi.access_key `+where, args, func() bool {
		k.CreatedAt, k.RevokedAt, k.LastUsed = kept.ParseTime(created), kept.ParseTime(revoked), kept.ParseTime(used)
		out = append(out, k)
		return true
	})
	return out, s.wrap(err, "read the keys")
}

// RevokeKey ends a key for good; gis.NotFound when there is none of that id. Revoking twice is no fault.
func (s *Store) RevokeKey(ctx context.Context, id string) error {
	return s.inWrite(ctx, "revoke a key", func(q *sql.Tx) error {
		if !kept.Storable(id) {
			return gis.E(gis.NotFound, nil, "no such key")
		}
		res, err := q.ExecContext(ctx, `UPDATE wanmi.access_key SET revoked_at = coalesce(revoked_at, $1) WHERE id = $2`, kept.FormatTime(s.now()), id)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err == nil && n == 0 {
			return gis.E(gis.NotFound, nil, "no key %s", id)
		}
		return nil
	})
}

// FindKey returns the key of a secret, gis.Denied when there is none or it is revoked. Its use is noted at most once an hour,
// and never waited for.
func (s *Store) FindKey(ctx context.Context, secret string) (data.Key, error) {
	id, ok := kept.SecretID(secret)
	if !ok || !kept.Storable(id) {
		return data.Key{}, kept.Denied()
	}
	found, err := s.keys(ctx, `WHERE id = $1`, id)
	if err != nil {
		return data.Key{}, err
	}
	if len(found) == 0 || !kept.Admits(found[0], secret) {
		return data.Key{}, kept.Denied()
	}
	s.noteUse(found[0])
	return found[0], nil
}

// noteUse writes down that k was used, in the background, unless that was done within the hour or a write is under way.
func (s *Store) noteUse(k data.Key) {
	now := s.now()
	if now.Sub(k.LastUsed) < kept.UsedEvery {
		return
	}
	s.usage.Lock()
	defer s.usage.Unlock()
	if now.Sub(s.used[k.ID]) < kept.UsedEvery || s.closing {
		return
	}
	select {
	case s.turn <- struct{}{}:
	default: // a write is under way; the next use will do
		return
	}
	s.used[k.ID] = now
	s.background.Go(func() {
		defer s.unlock()
		ctx, cancel := context.WithTimeout(context.Background(), s.opt.Busy)
		defer cancel()
		// One row, and no feature: the lock of the writers is not needed.
		_, err := s.writer.ExecContext(ctx, `UPDATE wanmi.access_key SET last_used = $1 WHERE id = $2`, kept.FormatTime(now.Truncate(kept.UsedEvery)), k.ID)
		if err != nil {
			s.log.WarnContext(ctx, "key use not noted", "key_id", k.ID, "error", err)
		}
	})
}
