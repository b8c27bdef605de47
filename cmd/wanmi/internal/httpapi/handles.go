package httpapi

import (
	"maps"
	"sync"
	"sync/atomic"
)

// handles remembers what labels stand for: looking a metric up by its labels takes longer than counting. There are few: each is copied
// when one is added.
type handles[K comparable, V any] struct {
	mu    sync.Mutex
	known atomic.Pointer[map[K]V]
	make  func(K) V
}

func newHandles[K comparable, V any](find func(K) V) *handles[K, V] {
	h := &handles[K, V]{make: find}
	h.known.Store(&map[K]V{})
	return h
}

func (h *handles[K, V]) get(k K) V {
	if v, ok := (*h.known.Load())[k]; ok {
		return v
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	all := maps.Clone(*h.known.Load())
	v, ok := all[k]
	if !ok {
		v = h.make(k)
		all[k] = v
		h.known.Store(&all)
	}
	return v
}
