package together

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Group runs one computation of a key at a time. The zero value is ready; a Group must not be copied.
type Group[K comparable, V any] struct {
	begun, joined atomic.Int64

	mu      sync.Mutex
	running map[K]*work[V]
}

// work is a computation that is running.
type work[V any] struct {
	done    chan struct{}
	waiting int // under Group.mu; at 0 the work is cancelled
	cancel  context.CancelFunc
	v       V
	err     error
}

// Do returns what compute makes of k, or what another caller's is making, which is joined: no two run at once, unless all who waited for the
// first have left. compute is called in this goroutine: another would be woken on another core. The context it gets ends when all who wait have left, or
// when it has returned; who has begun to compute goes on for those who are left. Who leaves, because ctx ends, gets the error of ctx. A panic
// becomes an error, for all who wait.
func (g *Group[K, V]) Do(ctx context.Context, k K, compute func(context.Context) (V, error)) (v V, joined bool, err error) {
	g.mu.Lock()
	if w := g.running[k]; w != nil {
		w.waiting++
		g.joined.Add(1)
		g.mu.Unlock()
		select {
		case <-w.done:
			return w.v, true, w.err
		case <-ctx.Done():
			g.leave(k, w)
			return v, true, ctx.Err()
		}
	}
	doing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := g.begin(k, cancel)
	g.mu.Unlock()
	stays := context.AfterFunc(ctx, func() { g.leave(k, w) })
	g.run(doing, k, w, compute)
	if !stays() {
		return v, false, ctx.Err()
	}
	return w.v, false, w.err
}

// Try is Do for who does not wait: ok is false, and compute not called, when another's computation of k is running. Others may join this one.
func (g *Group[K, V]) Try(k K, compute func(context.Context) (V, error)) (v V, ok bool, err error) {
	g.mu.Lock()
	if g.running[k] != nil {
		g.mu.Unlock()
		return v, false, nil
	}
	w := g.begin(k, func() {}) // who computes does not leave: nothing ends the context
	g.mu.Unlock()
	g.run(context.Background(), k, w, compute)
	return w.v, true, w.err
}

// begin enters a computation of k that one waits for. The lock is held.
func (g *Group[K, V]) begin(k K, cancel context.CancelFunc) *work[V] {
	w := &work[V]{done: make(chan struct{}), cancel: cancel, waiting: 1}
	if g.running == nil {
		g.running = map[K]*work[V]{}
	}
	g.running[k] = w
	g.begun.Add(1)
	return w
}

// leave is called when one who waits for w does so no more.
func (g *Group[K, V]) leave(k K, w *work[V]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.waiting--; w.waiting == 0 {
		w.cancel()
		g.drop(k, w) // who comes now starts anew
	}
}

// drop forgets w, unless another has its place already. The lock is held.
func (g *Group[K, V]) drop(k K, w *work[V]) {
	if g.running[k] == w {
		delete(g.running, k)
	}
}

func (g *Group[K, V]) run(ctx context.Context, k K, w *work[V], compute func(context.Context) (V, error)) {
	defer func() {
		if r := recover(); r != nil { // all who wait are told
			var none V
			w.v, w.err = none, fmt.Errorf("%v: panic: %v\n%s", k, r, debug.Stack())
		}
		g.mu.Lock()
		g.drop(k, w)
		g.mu.Unlock()
		close(w.done)
		w.cancel()
	}()
	w.v, w.err = compute(ctx)
}

// Begun is how many computations there have been.
func (g *Group[K, V]) Begun() int64 { return g.begun.Load() }

// Joined is how many callers have waited for another's.
func (g *Group[K, V]) Joined() int64 { return g.joined.Load() }

// Running is how many computations are waited for now.
func (g *Group[K, V]) Running() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.running)
}
