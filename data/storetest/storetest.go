package storetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// Store is what a store must offer. It lives here because nobody else needs all of it: each room asks for its own few methods.
type Store interface {
	Generation(ctx context.Context) (gis.Generation, error)
	Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error]
	Feature(ctx context.Context, layer, key string) (gis.Feature, error)
	Rev(ctx context.Context, layer, key string) (int64, error)
	Count(ctx context.Context, layer string) (int64, error)
	Extent(ctx context.Context, layer string) (orb.Bound, error)
	Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error)
	Changes(ctx context.Context, since int64) iter.Seq2[gis.Change, error]
	LastBy(ctx context.Context, source string) (gis.Change, error)
	History(ctx context.Context, layer, key string) ([]data.Version, error)
	ValidAt(ctx context.Context, layer string, at time.Time, bound orb.Bound) iter.Seq2[gis.Feature, error]
	AsOf(ctx context.Context, layer string, at time.Time, bound orb.Bound) iter.Seq2[gis.Feature, error]
	After(ctx context.Context, layer string, bound orb.Bound, id int64) iter.Seq2[gis.Feature, error]
	Renames(ctx context.Context, layer string) iter.Seq2[data.Renamed, error]
	KeyNow(ctx context.Context, layer, former string) (string, error)
	Propose(ctx context.Context, p data.Proposal) (int64, error)
	ProposeAll(ctx context.Context, ps []data.Proposal) ([]int64, error)
	Proposals(ctx context.Context, state string) ([]data.Proposal, error)
	Proposal(ctx context.Context, id int64) (data.Proposal, error)
	Batches(ctx context.Context) ([]data.Batch, error)
	Batch(ctx context.Context, id int64) (data.Batch, error)
	Rejected(ctx context.Context, batch int64) iter.Seq2[data.Rejected, error]
	RecordRejected(ctx context.Context, b data.Batch, rows []data.Rejected) (int64, error)
	Lineage(ctx context.Context, code string) ([]data.Lineage, error)
	Check(ctx context.Context, p gis.Progress) iter.Seq2[gis.Finding, error]
	CreateKey(ctx context.Context, role, name string) (secret string, k data.Key, err error)
	Keys(ctx context.Context) ([]data.Key, error)
	RevokeKey(ctx context.Context, id string) error
	FindKey(ctx context.Context, secret string) (data.Key, error)
}

// Run runs the contract. open returns an empty store and closes it with the test.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s Store)
	}{
		{"empty", testEmpty},
		{"put, read, unchanged", testPut},
		{"every layer and type comes back", testRoundTrip},
		{"geometry comes back", testGeometry},
		{"refused rows leave the write whole", testRefused},
		{"ids never come back", testIDs},
		{"made keys", testMadeKeys},
		{"bounds and order", testBounds},
		{"extent shrinks and grows", testExtent},
		{"reads are snapshots", testSnapshot},
		{"fault, panic and cancel roll back", testRollback},
		{"change log", testChanges},
		{"bulk logs a reload", testBulk},
		{"history", testHistory},
		{"assign", testAssign},
		{"assign and put in one bulk write", testAssignThenPut},
		{"clear", testClear},
		{"writing inside a loop", testLoopWrite},
		{"counters", testCounters},
		{"batches and rejected rows", testBatches},
		{"valid time", testValidAt},
		{"lineage", testLineage},
		{"keys", testKeys},
		{"as of a moment", testAsOf},
		{"after an ID", testAfter},
		{"file and row of a version", testOrigin},
		{"new keys", testRename},
		{"what a batch did", testTouched},
		{"proposals", testProposals},
		{"many proposals at once", testProposeAll},
		{"a correction accepted and taken back", testLocalName},
		{"concurrent writers and readers", testConcurrent},
		{"edits beside a long write", testAhead},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			c.test(t, s)
			NoFindings(t, s)
		})
	}
}

// NoFindings fails the test when the store's own check finds anything.
func NoFindings(t *testing.T, s interface {
	Check(ctx context.Context, p gis.Progress) iter.Seq2[gis.Finding, error]
},
) {
	t.Helper()
	for f, err := range s.Check(context.Background(), nil) {
		if err != nil {
			t.Fatalf("check: %v", err)
		}
		t.Errorf("check found %s %s %s: %s", f.Rule, f.Layer, f.Key, f.Text)
	}
}

// write runs fn in a write of actor tester and fails the test on an error.
func write(t *testing.T, s Store, fn func(tx data.Tx) error) gis.Generation {
	t.Helper()
	return writeAs(t, s, data.WriteInfo{Actor: "tester", Source: "test"}, fn)
}

func writeAs(t *testing.T, s Store, w data.WriteInfo, fn func(tx data.Tx) error) gis.Generation {
	t.Helper()
	gen, err := s.Write(t.Context(), w, fn)
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	return gen
}

// put writes features in one write.
func put(t *testing.T, s Store, feats ...*gis.Feature) gis.Generation {
	t.Helper()
	return write(t, s, func(tx data.Tx) error { return putAll(tx, feats...) })
}

func putAll(tx data.Tx, feats ...*gis.Feature) error {
	for _, f := range feats {
		if _, _, err := tx.Put(f); err != nil {
			return err
		}
	}
	return nil
}

// component returns a component at a place, its code made of a number.
func component(code string, lon, lat float64) *gis.Feature {
	f := gis.NewFeature(gis.MustLayer("component"))
	f.Key = code
	f.Geom = orb.Point{lon, lat}
	f.Set("code", code)
	f.Set("class", "01001")
	f.Set("name", "上水井盖")
	return &f
}

func department(code, name string) *gis.Feature {
	f := gis.NewFeature(gis.MustLayer("department"))
	f.Key = code
	f.Set("code", code)
	f.Set("name", name)
	return &f
}

func wantKind(t *testing.T, what string, err error, want gis.Kind) {
	t.Helper()
	if err == nil || gis.KindOf(err) != want {
		t.Errorf("%s: got error %v of kind %d, want kind %d", what, err, gis.KindOf(err), want)
	}
}

// keysOf reads a layer and returns its keys in the order they came.
func keysOf(t *testing.T, seq iter.Seq2[gis.Feature, error]) []string {
	t.Helper()
	keys := []string{}
	for f, err := range seq {
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		keys = append(keys, f.Key)
	}
	return keys
}

func wantKeys(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) && len(got)+len(want) > 0 {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func wantGeneration(t *testing.T, s Store, want gis.Generation) {
	t.Helper()
	got, err := s.Generation(t.Context())
	if err != nil || got != want {
		t.Errorf("generation: got %d, %v, want %d", got, err, want)
	}
}

var errStop = errors.New("the writer gave up")
