package gpkg

import (
	"context"

	"wanmi/data"
	"wanmi/data/internal/kept"
	"wanmi/gis"
)

const keyColumns = `id, name, role, hash, +created_at, coalesce(+revoked_at, ''), coalesce(+last_used, '')`

// CreateKey makes a key of a role for whom name says. The secret is returned this once and kept nowhere.
func (s *Store) CreateKey(ctx context.Context, role, name string) (secret string, k data.Key, err error) {
	if secret, k, err = kept.NewKey(role, name, s.now()); err != nil {
		return "", data.Key{}, err
	}
	if err := s.lock(ctx); err != nil {
		return "", data.Key{}, err
	}
	defer s.unlock()
	_, err = s.exec(ctx, `INSERT INTO wanmi_key (id, name, role, hash, created_at) VALUES (?, ?, ?, ?, ?)`,
		k.ID, k.Name, k.Role, k.Hash, kept.FormatTime(k.CreatedAt))
	if err != nil {
		return "", data.Key{}, s.wrap(err, "create a key")
	}
	return secret, k, nil
}

// Keys returns all keys, revoked ones too, the oldest first.
func (s *Store) Keys(ctx context.Context) ([]data.Key, error) {
	return s.keys(ctx, `ORDER BY created_at, id`)
}

func (s *Store) keys(ctx context.Context, where string, args ...any) ([]data.Key, error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT `+keyColumns+` FROM wanmi_key `+where, args...)
	if err != nil {
		return nil, s.wrap(err, "read the keys")
	}
	defer rows.Close()
	var out []data.Key
	for rows.Next() {
		var k data.Key
		var created, revoked, used string
		if err := rows.Scan(&k.ID, &k.Name, &k.Role, &k.Hash, &created, &revoked, &used); err != nil {
			return nil, s.wrap(err, "read the keys")
		}
		k.CreatedAt, k.RevokedAt, k.LastUsed = kept.ParseTime(created), kept.ParseTime(revoked), kept.ParseTime(used)
		out = append(out, k)
	}
	return out, s.wrap(rows.Err(), "read the keys")
}

// RevokeKey ends a key for good; gis.NotFound when there is none of that id. Revoking twice is no fault.
func (s *Store) RevokeKey(ctx context.Context, id string) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.unlock()
	res, err := s.exec(ctx, `UPDATE wanmi_key SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?`, kept.FormatTime(s.now()), id)
	if err != nil {
		return s.wrap(err, "revoke a key")
	}
	if n, err := res.RowsAffected(); err == nil && n == 0 {
		return gis.E(gis.NotFound, nil, "no key %s", id)
	}
	return nil
}

// FindKey returns the key of a secret, gis.Denied when there is none or it is revoked. Its use is noted at most once an hour,
// and never waited for.
func (s *Store) FindKey(ctx context.Context, secret string) (data.Key, error) {
	id, ok := kept.SecretID(secret)
	if !ok {
		return data.Key{}, kept.Denied()
	}
	found, err := s.keys(ctx, `WHERE id = ?`, id)
	if err != nil {
		return data.Key{}, err
	}
	if len(found) == 0 || !kept.Admits(found[0], secret) {
		return data.Key{}, kept.Denied()
	}
	k := found[0]
	s.noteUse(k)
	return k, nil
}

// noteUse writes down that k was used, in the background, unless that was done within the hour or a write is under way.
func (s *Store) noteUse(k data.Key) {
	now := s.now()
	if s.writer == nil || now.Sub(k.LastUsed) < kept.UsedEvery {
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
		_, err := s.exec(context.Background(), `UPDATE wanmi_key SET last_used = ? WHERE id = ?`, kept.FormatTime(now.Truncate(kept.UsedEvery)), k.ID)
		if err != nil {
			s.log.Warn("key use not noted", "key_id", k.ID, "error", err)
		}
	})
}
