package census

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"wanmi/data"
	"wanmi/gis"

	"github.com/paulmach/orb"
)

// memStore is a store in memory: enough of one for imports.
type memStore struct {
	layers   map[string]map[string]gis.Feature
	counters map[string]int64
	batches  []data.Batch
	rejected []data.Rejected
	gen      gis.Generation
	nextID   int64
}

func newMem() *memStore {
	return &memStore{layers: map[string]map[string]gis.Feature{}, counters: map[string]int64{}}
}

func (m *memStore) Features(_ context.Context, layer string, _ orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		var all []gis.Feature
		for _, f := range m.layers[layer] {
			all = append(all, f)
		}
		sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
		for _, f := range all {
			if !yield(f, nil) {
				return
			}
		}
	}
}

func (m *memStore) Write(_ context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	t := &memStore{layers: map[string]map[string]gis.Feature{}, counters: map[string]int64{}, nextID: m.nextID}
	for l, rows := range m.layers {
		t.layers[l] = map[string]gis.Feature{}
		for k, f := range rows {
			t.layers[l][k] = f
		}
	}
	for k, v := range m.counters {
		t.counters[k] = v
	}
	if w.Batch != nil {
		w.Batch.ID = int64(len(m.batches) + 1)
	}
	if err := fn(memTx{m: t}); err != nil {
		return 0, err
	}
	m.layers, m.counters, m.nextID = t.layers, t.counters, t.nextID
	m.rejected = append(m.rejected, t.rejected...)
	if w.Batch != nil {
		m.batches = append(m.batches, *w.Batch)
	}
	m.gen++
	return m.gen, nil
}

func (m *memStore) RecordRejected(_ context.Context, b data.Batch, rows []data.Rejected) (int64, error) {
	b.ID = int64(len(m.batches) + 1)
	m.batches = append(m.batches, b)
	m.rejected = append(m.rejected, rows...)
	return b.ID, nil
}

type memTx struct {
	data.Tx // nil: what an import does not ask for
	m       *memStore
}

func (t memTx) Put(f *gis.Feature) (gis.Op, bool, error) {
	if f.Layer.Key != "" && f.Text(f.Layer.Key) != f.Key {
		return "", false, fmt.Errorf("key %q, field %q", f.Key, f.Text(f.Layer.Key))
	}
	if f.Key == "" {
		return "", false, fmt.Errorf("no key")
	}
	rows := t.m.layers[f.Layer.Name]
	if rows == nil {
		rows = map[string]gis.Feature{}
		t.m.layers[f.Layer.Name] = rows
	}
	op := gis.Update
	if old, ok := rows[f.Key]; ok {
		f.ID = old.ID
	} else {
		op = gis.Insert
		t.m.nextID++
		f.ID = t.m.nextID
	}
	rows[f.Key] = *f
	return op, true, nil
}

func (t memTx) Assign(string, []string, iter.Seq[data.Assigned]) (int64, error) {
	return 0, errors.New("an import assigns nothing")
}

func (t memTx) Delete(layer, key string) error {
	if _, ok := t.m.layers[layer][key]; !ok {
		return gis.E(gis.NotFound, nil, "no %s %s", layer, key)
	}
	delete(t.m.layers[layer], key)
	return nil
}

func (t memTx) Clear(layer string) (int64, error) {
	n := len(t.m.layers[layer])
	delete(t.m.layers, layer)
	return int64(n), nil
}

func (t memTx) Feature(layer, key string) (gis.Feature, error) {
	f, ok := t.m.layers[layer][key]
	if !ok {
		return f, gis.E(gis.NotFound, nil, "no %s %s", layer, key)
	}
	return f, nil
}

func (t memTx) Features(layer string, b orb.Bound) iter.Seq2[gis.Feature, error] {
	return t.m.Features(context.Background(), layer, b)
}
func (t memTx) Rev(string, string) (int64, error) { return 0, nil }
func (t memTx) Next(counter string, floor int64) (int64, error) {
	t.m.counters[counter] = max(t.m.counters[counter]+1, floor)
	return t.m.counters[counter], nil
}

func (t memTx) Reserve(counter string, n int64) error {
	t.m.counters[counter] = max(t.m.counters[counter], n)
	return nil
}
func (t memTx) Reject(r data.Rejected) error  { t.m.rejected = append(t.m.rejected, r); return nil }
func (t memTx) From(string, int64)            {}
func (t memTx) AddLineage(data.Lineage) error { return nil }

// shared returns a file of the real data; the test skips without it, in CI it fails.
func shared(t testing.TB, name string) string {
	t.Helper()
	p := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(p); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the real data is not there: %v", err)
		}
		t.Skipf("the real data is not there: %v", err)
	}
	return p
}

// temp writes a file of the test.
func temp(t testing.TB, name string, content []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func mustImport(t testing.TB, m *memStore, layer string, files ...string) Result {
	t.Helper()
	res, err := Import(context.Background(), m, Options{Layer: layer, Files: files, Actor: "test"})
	if err != nil {
		t.Fatalf("import %s %v: %v", layer, files, err)
	}
	return res
}
