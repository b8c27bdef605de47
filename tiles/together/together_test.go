package together_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wanmi/tiles/together"
)

// until waits for something that is about to be so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after 20 s still not: %s", what)
		}
	}
}

// As many callers as there are get the value of one computation.
func TestOnce(t *testing.T) {
	var g together.Group[string, int]
	release := make(chan struct{})
	var begun, joins atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			v, joined, err := g.Do(t.Context(), "k", func(context.Context) (int, error) {
				<-release
				return int(begun.Add(1)), nil
			})
			if v != 1 || err != nil {
				t.Errorf("got %d, %v, want 1", v, err)
			}
			if joined {
				joins.Add(1)
			}
		})
	}
	until(t, "19 have joined", func() bool { return g.Joined() == 19 })
	close(release)
	wg.Wait()
	if g.Begun() != 1 || joins.Load() != 19 || g.Running() != 0 {
		t.Errorf("%d begun, %d joined, %d running, want 1, 19, 0", g.Begun(), joins.Load(), g.Running())
	}
	if v, joined, err := g.Do(t.Context(), "k", func(context.Context) (int, error) { return 7, nil }); v != 7 || joined || err != nil {
		t.Errorf("the next got %d, %t, %v, want a value of its own", v, joined, err)
	}
}

// Who leaves gets the error of its context; the others get the value; when all have left the work is told, and who comes then starts anew.
func TestLeaving(t *testing.T) {
	for _, first := range []bool{true, false} { // who leaves: the one that computes, or one that joined
		var g together.Group[string, string]
		started, release := make(chan struct{}), make(chan struct{})
		compute := func(ctx context.Context) (string, error) {
			close(started)
			select {
			case <-release:
				return "made", nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}
		leaver, leave := context.WithCancel(t.Context())
		ctx := map[bool]context.Context{true: leaver, false: t.Context()}
		left, stayed := make(chan string, 1), make(chan string, 1)
		said := map[bool]chan string{true: left, false: stayed}
		do := func(ctx context.Context, to chan string) {
			v, _, err := g.Do(ctx, "k", compute)
			to <- fmt.Sprint(v, err)
		}
		go do(ctx[first], said[first])
		<-started
		go do(ctx[!first], said[!first])
		until(t, "one has joined", func() bool { return g.Joined() == 1 })
		leave()
		if !first { // who only waits is let go at once
			if got := <-left; got != "context canceled" {
				t.Errorf("who left got %q", got)
			}
		}
		close(release)
		if got := <-stayed; got != "made<nil>" {
			t.Errorf("who stayed got %q", got)
		}
		if first {
			if got := <-left; got != "context canceled" {
				t.Errorf("who left got %q", got)
			}
		}
	}
	var g together.Group[string, int]
	ctx, leave := context.WithCancel(t.Context())
	slow := make(chan struct{})
	go func() {
		_, _, _ = g.Do(ctx, "k", func(ctx context.Context) (int, error) {
			<-ctx.Done()
			<-slow // it takes its time to end
			return 0, ctx.Err()
		})
		close(slow)
	}()
	until(t, "it runs", func() bool { return g.Running() == 1 })
	leave()
	until(t, "it is forgotten", func() bool { return g.Running() == 0 })
	if v, joined, err := g.Do(t.Context(), "k", func(context.Context) (int, error) { return 2, nil }); v != 2 || joined || err != nil {
		t.Errorf("who came after all had left got %d, %t, %v", v, joined, err)
	}
	slow <- struct{}{}
	<-slow
}

// A panic is an error for all, with the key and the place, and the next call is as any other.
func TestPanic(t *testing.T) {
	var g together.Group[string, int]
	release := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			v, _, err := g.Do(t.Context(), "the key", func(context.Context) (int, error) {
				<-release
				panic("no")
			})
			if v != 0 || err == nil || !strings.HasPrefix(err.Error(), "the key: panic: no\n") || !strings.Contains(err.Error(), "together_test.go") {
				t.Errorf("got %d, %v", v, err)
			}
		})
	}
	until(t, "two have joined", func() bool { return g.Joined() == 2 })
	close(release)
	wg.Wait()
	want := errors.New("an error")
	if _, _, err := g.Do(t.Context(), "the key", func(context.Context) (int, error) { return 0, want }); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

// Who does not wait computes what nobody does, for those who join too, and does nothing where another does.
func TestTry(t *testing.T) {
	var g together.Group[string, int]
	release := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		v, ok, err := g.Try("k", func(ctx context.Context) (int, error) {
			<-release
			return 5, ctx.Err()
		})
		if v != 5 || !ok || err != nil {
			t.Errorf("got %d, %t, %v, want 5", v, ok, err)
		}
	})
	until(t, "it runs", func() bool { return g.Running() == 1 })
	if v, ok, err := g.Try("k", func(context.Context) (int, error) { return 6, nil }); v != 0 || ok || err != nil {
		t.Errorf("beside another: %d, %t, %v, want nothing", v, ok, err)
	}
	leaver, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, _, err := g.Do(leaver, "k", nil)
		left <- err
	}()
	wg.Go(func() {
		if v, joined, err := g.Do(t.Context(), "k", nil); v != 5 || !joined || err != nil {
			t.Errorf("who joined got %d, %t, %v", v, joined, err)
		}
	})
	until(t, "two have joined", func() bool { return g.Joined() == 2 })
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	close(release)
	wg.Wait()
	if _, ok, err := g.Try("k", func(context.Context) (int, error) { panic("no") }); !ok || err == nil || !strings.HasPrefix(err.Error(), "k: panic: no\n") {
		t.Errorf("a panic: %t, %v", ok, err)
	}
	if g.Begun() != 2 || g.Running() != 0 {
		t.Errorf("%d begun, %d running, want 2, 0", g.Begun(), g.Running())
	}
}

// Callers that come and go as they like: each gets a value of its key or its own context's error.
func TestComingAndGoing(t *testing.T) {
	var g together.Group[int, int]
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 500 {
				ctx, cancel := context.WithCancel(t.Context())
				if (n+i)%3 == 0 {
					time.AfterFunc(time.Duration(n%7)*20*time.Microsecond, cancel)
				}
				k := n % 5
				v, _, err := g.Do(ctx, k, func(ctx context.Context) (int, error) {
					select {
					case <-time.After(50 * time.Microsecond):
						return k, nil
					case <-ctx.Done():
						return -1, ctx.Err()
					}
				})
				if err == nil && v != k || err != nil && ctx.Err() == nil {
					t.Errorf("key %d: %d, %v, own context %v", k, v, err, ctx.Err())
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if g.Running() != 0 {
		t.Errorf("%d still run", g.Running())
	}
}
