package city

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/geocode"
	"wanmi/gis"
	"wanmi/grids"
	"wanmi/tiles"
)

// Store is what a city is read from and written to.
type Store interface {
	Generation(ctx context.Context) (gis.Generation, error)
	Features(ctx context.Context, layer string, bound orb.Bound) iter.Seq2[gis.Feature, error]
	Feature(ctx context.Context, layer, key string) (gis.Feature, error)
	Changes(ctx context.Context, since int64) iter.Seq2[gis.Change, error]
	History(ctx context.Context, layer, key string) ([]data.Version, error)
	KeyNow(ctx context.Context, layer, former string) (string, error)
	Write(ctx context.Context, w data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error)
}

// Config tells the rooms what the store does not. The zero value works: default tile rules, a geocoder without synonyms.
type Config struct {
	Tiles   tiles.Config // no layers: tiles.DefaultConfig
	Geocode geocode.Config
	NoTiles bool // leave View.Tiles nil: for the command line, which draws nothing
	Aside   Aside
}

// Aside makes room for n goroutines that read layers again for seconds while requests are answered: start runs one of them, end is
// called when all have ended. nil: they are as any other.
type Aside func(n int) (start func(fn func()), end func())

// View is a city at one generation. It is immutable.
type View struct {
	Gen         gis.Generation
	Seq         int64 // of the last change applied
	At          time.Time
	Grids       *grids.Book
	Tiles       *tiles.Set // nil with Config.NoTiles
	Geo         *geocode.Geocoder
	Components  *Components
	Departments *Departments
	Streets     *Areas
	Communities *Areas
}

// Waker is a Store that tells at once of what other processes write.
type Waker interface {
	// Woken returns a channel that gets something after a write; it may be late or silent. It ends with ctx.
	Woken(ctx context.Context) <-chan struct{}
}

// Live holds the newest View and leads every write.
type Live struct {
	store Store
	cfg   Config
	view  atomic.Pointer[View]
	mu    sync.Mutex // one catching-up at a time
	long  long

	reloaded chan struct{} // gets something when layers have been read again
}

// maxLoads is how often Load starts anew when the store is written to while it reads.
const maxLoads = 3

// Load reads a city from the store.
func Load(ctx context.Context, store Store, cfg Config, p gis.Progress) (*Live, error) {
	if len(cfg.Tiles.Layers) == 0 {
		cfg.Tiles = tiles.DefaultConfig()
	}
	if cfg.Geocode.FormerKey == nil {
		cfg.Geocode.FormerKey = func(ctx context.Context, former string) (string, bool) {
			now, err := store.KeyNow(ctx, "component", former)
			return now, err == nil // a store that does not answer is told of by whatever else asks it
		}
	}
	l := &Live{store: store, cfg: cfg, reloaded: make(chan struct{}, 1)}
	for range maxLoads {
		last, err := lastChange(ctx, store, 0)
		if err != nil {
			return nil, err
		}
		v, err := l.read(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("city: load: %w", err)
		}
		after, err := lastChange(ctx, store, last.Seq)
		if err != nil {
			return nil, err
		}
		v.Seq = last.Seq
		l.view.Store(v)
		if after.Seq == last.Seq {
			return l, nil
		}
	}
	// The store is busy: read the layers that changed once more through the log, as any later write is.
	if err := l.CatchUp(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// lastChange returns the newest entry of the change log after since; when there is none, an entry with Seq since.
func lastChange(ctx context.Context, store Store, since int64) (gis.Change, error) {
	last := gis.Change{Seq: since}
	for c, err := range store.Changes(ctx, since) {
		if err != nil {
			return last, fmt.Errorf("city: change log: %w", err)
		}
		last = c
	}
	return last, nil
}

// read makes a View of all the store holds.
func (l *Live) read(ctx context.Context, p gis.Progress) (*View, error) {
	gen, err := l.store.Generation(ctx)
	if err != nil {
		return nil, err
	}
	v := &View{Gen: gen, At: time.Now()}
	if v.Streets, err = readAreas(ctx, l.store, "street"); err != nil {
		return nil, err
	}
	if v.Communities, err = readAreas(ctx, l.store, "community"); err != nil {
		return nil, err
	}
	if v.Departments, err = readDepartments(ctx, l.store); err != nil {
		return nil, err
	}
	return v, l.readRooms(ctx, v, p)
}

// readRooms reads what takes long, all of it at once.
func (l *Live) readRooms(ctx context.Context, v *View, p gis.Progress) error {
	var mu sync.Mutex
	told := func(stage string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		p.Tell(stage, done, total)
	}
	rooms := []func(ctx context.Context, src *party) error{
		func(ctx context.Context, src *party) (err error) {
			if v.Grids, err = grids.NewBook(ctx, src); err == nil {
				v.Components, err = readComponents(ctx, src)
			}
			return err
		},
		func(ctx context.Context, src *party) (err error) {
			v.Geo, err = geocode.Build(ctx, src, l.cfg.Geocode, told)
			return err
		},
	}
	if !l.cfg.NoTiles {
		rooms = append(rooms, func(ctx context.Context, src *party) (err error) {
			v.Tiles, err = tiles.Build(ctx, src, l.cfg.Tiles, told)
			return err
		})
	}
	return together(ctx, l.store, nil, rooms) // nobody is answered yet
}

// Admin returns the names above the streets, the widest first, as the geocoder was told.
func (l *Live) Admin() []string { return l.cfg.Geocode.Admin }

// View returns the newest View. Take it once a request.
func (l *Live) View() *View { return l.view.Load() }

// Write runs one transaction of the store. When it returns without error, the View holds what was written; but a write of single
// rows does not wait for a layer that is being read again after a bulk write: that takes seconds, and the View then
// holds both when it is done.
func (l *Live) Write(ctx context.Context, info data.WriteInfo, fn func(data.Tx) error) (gis.Generation, error) {
	gen, err := l.store.Write(ctx, info, fn)
	if err != nil {
		return 0, err
	}
	// The write is committed: whatever becomes of the caller, the View must follow.
	own := context.WithoutCancel(ctx)
	follow := l.catchUp
	if !info.Bulk {
		follow = l.catchUpUnlessLong
	}
	if err := follow(own, gen); err != nil {
		return gen, fmt.Errorf("city: written as generation %d, but the view could not follow: %w", gen, err)
	}
	return gen, nil
}

// Follow applies what other processes write to the store, looking every period (0: a second) and when a store that is a Waker
// says so, until ctx ends. What goes wrong is told to report, which may be nil, and tried again.
func (l *Live) Follow(ctx context.Context, period time.Duration, report func(error)) {
	if period <= 0 {
		period = time.Second
	}
	tick := time.NewTicker(period)
	defer tick.Stop()
	var woken <-chan struct{}
	if w, ok := l.store.(Waker); ok {
		woken = w.Woken(ctx)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-tick.C:
		}
		if err := l.follow(ctx); err != nil && ctx.Err() == nil && report != nil {
			report(err)
		}
	}
}

// follow catches up when the store's generation is ahead: one cheap question a period.
func (l *Live) follow(ctx context.Context) error {
	gen, err := l.store.Generation(ctx)
	if err != nil || gen == l.View().Gen {
		return err
	}
	return l.CatchUp(ctx)
}
