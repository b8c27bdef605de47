package gpkg

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// Options says how a store is opened; the zero value is right for most.
type Options struct {
	ReadOnly bool
	Log      *slog.Logger     // nil: nothing is logged
	Now      func() time.Time // nil: time.Now
	Busy     time.Duration    // how long to wait for another process' write; 0: 5 s
}

// Store is one open file.
type Store struct{ path string }

var errThin = gis.E(gis.Unavailable, nil, "not built yet")

func Open(ctx context.Context, path string, opt Options) (*Store, error) { return nil, errThin }
func (s *Store) Close() error                                            { return errThin }
func (s *Store) Generation(ctx context.Context) (gis.Generation, error)  { return 0, errThin }
func (s *Store) Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) { yield(gis.Feature{}, errThin) }
}
func (s *Store) Feature(ctx context.Context, layer, key string) (gis.Feature, error) {
	return gis.Feature{}, errThin
}
func (s *Store) Rev(ctx context.Context, layer, key string) (int64, error) { return 0, errThin }
func (s *Store) Count(ctx context.Context, layer string) (int64, error)    { return 0, errThin }
func (s *Store) Extent(ctx context.Context, layer string) (orb.Bound, error) {
	return orb.Bound{}, errThin
}
func (s *Store) Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	return 0, errThin
}
func (s *Store) Changes(ctx context.Context, since int64) iter.Seq2[gis.Change, error] {
	return func(yield func(gis.Change, error) bool) { yield(gis.Change{}, errThin) }
}
func (s *Store) History(ctx context.Context, layer, key string) ([]data.Version, error) {
	return nil, errThin
}
func (s *Store) Batches(ctx context.Context) ([]data.Batch, error) { return nil, errThin }
func (s *Store) Batch(ctx context.Context, id int64) (data.Batch, error) {
	return data.Batch{}, errThin
}
func (s *Store) Rejected(ctx context.Context, batch int64) iter.Seq2[data.Rejected, error] {
	return func(yield func(data.Rejected, error) bool) { yield(data.Rejected{}, errThin) }
}
func (s *Store) RecordRejected(ctx context.Context, b data.Batch, rows []data.Rejected) (int64, error) {
	return 0, errThin
}
func (s *Store) Lineage(ctx context.Context, code string) ([]data.Lineage, error) {
	return nil, errThin
}
func (s *Store) Check(ctx context.Context, p gis.Progress) iter.Seq2[gis.Finding, error] {
	return func(yield func(gis.Finding, error) bool) { yield(gis.Finding{}, errThin) }
}
func (s *Store) Backup(ctx context.Context, file string) error { return errThin }
func Restore(ctx context.Context, from, to string) error       { return errThin }
func (s *Store) CreateKey(ctx context.Context, role, name string) (secret string, k data.Key, err error) {
	return "", data.Key{}, errThin
}
func (s *Store) Keys(ctx context.Context) ([]data.Key, error)   { return nil, errThin }
func (s *Store) RevokeKey(ctx context.Context, id string) error { return errThin }
func (s *Store) FindKey(ctx context.Context, secret string) (data.Key, error) {
	return data.Key{}, errThin
}
