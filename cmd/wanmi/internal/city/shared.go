package city

import (
	"context"
	"iter"
	"slices"
	"sync"

	"github.com/paulmach/orb"
	"golang.org/x/sync/errgroup"

	"wanmi/gis"
)

// shared is a store whose largest layer several read at once, each in its own goroutine: it is read and decoded one time for all.
// A million components take seconds of processor time to decode, and three rooms want them.
type shared struct {
	Store
	layer string
	start func(fn func()) // runs fn beside its caller

	mu      sync.Mutex
	parties int // who have neither asked for the layer yet nor left
	subs    []*sub
}

// party is what one of the readers reads from.
type party struct {
	*shared
	asked bool
}

// sub is a reader of the shared layer that has asked for it.
type sub struct {
	ctx   context.Context
	rows  chan []gis.Feature
	err   error         // set before rows is closed
	ended chan struct{} // closed when the reader has left
}

// sharedRows is how many rows are handed on at a time, sharedAhead how many such parcels a reader may be behind the fastest.
const (
	sharedRows  = 512
	sharedAhead = 8
)

// share lets n parties read the layer of a store together, in a goroutine that start makes.
func share(store Store, layer string, n int, start func(fn func())) []*party {
	s := &shared{Store: store, layer: layer, parties: n, start: start}
	out := make([]*party, n)
	for i := range out {
		out[i] = &party{shared: s}
	}
	return out
}

// together runs the rooms at once, each with its party to the components of the store.
func together(ctx context.Context, store Store, aside Aside, rooms []func(ctx context.Context, src *party) error) error {
	start := func(fn func()) { go fn() }
	if aside != nil {
		var end func()
		start, end = aside(len(rooms) + 1) // and who reads for them
		defer end()
	}
	g, ctx := errgroup.WithContext(ctx)
	for i, src := range share(store, "component", len(rooms), start) {
		g.Go(func() error {
			done := make(chan error)
			start(func() {
				err := rooms[i](ctx, src)
				src.leave()
				done <- err
			})
			return <-done
		})
	}
	return g.Wait()
}

// leave says that the party asks for nothing more: the others need not wait for it.
func (p *party) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.asked {
		p.asked = true
		p.parties--
		p.begin()
	}
}

// Features is that of the store. The first call for the whole of the shared layer begins when all parties have made it.
func (p *party) Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error] {
	return func(yield func(gis.Feature, error) bool) {
		s := p.join(ctx, layer, bound)
		if s == nil {
			for f, err := range p.Store.Features(ctx, layer, bound) {
				if !yield(f, err) {
					return
				}
			}
			return
		}
		defer close(s.ended)
		for rows := range s.rows {
			for _, f := range rows {
				if !yield(f, nil) {
					return
				}
			}
		}
		if s.err != nil {
			yield(gis.Feature{}, s.err)
		}
	}
}

// join returns nil to who reads by himself.
func (p *party) join(ctx context.Context, layer string, bound orb.Bound) *sub {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked || layer != p.layer || bound != (orb.Bound{}) {
		return nil
	}
	p.asked = true
	p.parties--
	s := &sub{ctx: ctx, rows: make(chan []gis.Feature, sharedAhead), ended: make(chan struct{})}
	p.subs = append(p.subs, s)
	p.begin()
	return s
}

// begin begins to read when nobody is waited for. The caller holds mu.
func (s *shared) begin() {
	if s.parties == 0 && len(s.subs) > 0 {
		subs := s.subs
		s.subs = nil
		s.start(func() { s.pump(subs) })
	}
}

func (s *shared) pump(subs []*sub) {
	var err error
	rows := make([]gis.Feature, 0, sharedRows)
	give := func() bool {
		for _, b := range subs {
			select {
			case b.rows <- rows:
			case <-b.ended:
			}
		}
		rows = make([]gis.Feature, 0, sharedRows)
		return slices.ContainsFunc(subs, func(b *sub) bool {
			select {
			case <-b.ended:
				return false
			default:
				return true
			}
		})
	}
	for f, e := range s.Store.Features(subs[0].ctx, s.layer, orb.Bound{}) {
		if e != nil {
			err = e
			break
		}
		if rows = append(rows, f); len(rows) == sharedRows && !give() {
			break
		}
	}
	if len(rows) > 0 {
		give()
	}
	for _, b := range subs {
		b.err = err
		close(b.rows)
	}
}
