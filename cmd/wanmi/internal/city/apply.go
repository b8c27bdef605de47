package city

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"wanmi/geocode"
	"wanmi/gis"
	"wanmi/grids"
	"wanmi/tiles"
)

// maxUpdates is how many changed rows are applied one by one; past it reading the layers again is cheaper.
const maxUpdates = 5000

// rowID names a row.
type rowID struct{ layer, key string }

// row is what became of a row between two Views.
type row struct {
	rowID
	bounds []orb.Bound // everywhere it has been
	born   bool        // the first that happened was its insertion
	gone   bool        // it was deleted, once at least
	before *gis.Feature
	now    *gis.Feature // nil: gone
}

// changes is what the change log says since a View.
type changes struct {
	last   gis.Change
	reload []string // layers to read again, in the order first met
	rows   []row    // single rows of other layers, in the order first met
}

// CatchUp brings the View up to the store's change log and swaps it in. It returns when the View holds every write
// that was committed before the call.
func (l *Live) CatchUp(ctx context.Context) error { return l.catchUp(ctx, math.MaxInt64) }

// catchUp is CatchUp for a write of generation gen: who has waited while somebody else brought the View that far is done.
func (l *Live) catchUp(ctx context.Context, gen gis.Generation) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.View().Gen >= gen { // hundreds of edits may have waited for a layer to be read again: one of them asks the log for all
		return nil
	}
	end := func() {}
	defer func() { end() }()
	begin := sync.OnceFunc(func() { end = l.long.begin() })
	long, err := l.advance(ctx, begin)
	if !long || err != nil {
		return err
	}
	// What was edited meanwhile is taken in before anybody waits for it; what goes wrong with that, whoever follows tells.
	_, _ = l.advance(ctx, begin)
	select {
	case l.reloaded <- struct{}{}:
	default: // it is known already
	}
	return nil
}

// advance brings the View up to the change log. begin is called, and long true, when layers have to be read again for that.
func (l *Live) advance(ctx context.Context, begin func()) (long bool, err error) {
	v := l.View()
	ch, err := l.changesSince(ctx, v.Seq)
	if err != nil {
		return false, fmt.Errorf("city: change log since %d: %w", v.Seq, err)
	}
	if ch.last.Seq == v.Seq {
		return false, nil
	}
	if v.Components.late.Len() > maxLate {
		ch.readAgain("component") // what so many edits have left is tidied in all rooms, and none of them waits for it
	}
	if len(ch.reload) > 0 {
		begin()
	}
	if err := l.fill(ctx, &ch, v.Seq); err != nil {
		return false, fmt.Errorf("city: rows changed since %d: %w", v.Seq, err)
	}
	if len(ch.reload) > 0 { // a row of which nobody knows what it was
		begin()
	}
	next, err := l.next(ctx, v, ch)
	if err != nil {
		return false, fmt.Errorf("city: generation %d: %w", ch.last.Gen, err)
	}
	l.view.Store(next)
	return len(ch.reload) > 0, nil
}

// catchUpUnlessLong is catchUp that goes on in the background as soon as layers are to be read again.
func (l *Live) catchUpUnlessLong(ctx context.Context, gen gis.Generation) error {
	done := make(chan error, 1)
	long := l.long.on()
	go func() { done <- l.catchUp(ctx, gen) }()
	select {
	case err := <-done:
		return err
	case <-long:
		return nil // whoever follows tells what goes wrong
	}
}

// long tells that layers are being read again.
type long struct {
	mu sync.Mutex
	ch chan struct{} // closed while it is so
}

// on returns a channel that is closed, or will be when it begins.
func (l *long) on() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ch == nil {
		l.ch = make(chan struct{})
	}
	return l.ch
}

// begin notes the beginning and returns what notes the end.
func (l *long) begin() (end func()) {
	l.on()
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.ch)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.ch = nil
	}
}

// changesSince reads the log. The rows it names are read after it (fill): one written again in between is met in its newest state,
// and once more at the next catching up: applying is idempotent.
func (l *Live) changesSince(ctx context.Context, seq int64) (changes, error) {
	ch := changes{last: gis.Change{Seq: seq}}
	index := map[rowID]int{}
	for c, err := range l.store.Changes(ctx, seq) {
		if err != nil {
			return ch, err
		}
		ch.last = c
		if c.Op == gis.Reload {
			if !slices.Contains(ch.reload, c.Layer) {
				ch.reload = append(ch.reload, c.Layer)
			}
			continue
		}
		id := rowID{c.Layer, c.Key}
		i, ok := index[id]
		if !ok {
			i = len(ch.rows)
			index[id] = i
			ch.rows = append(ch.rows, row{rowID: id, born: c.Op == gis.Insert})
		}
		ch.rows[i].gone = ch.rows[i].gone || c.Op == gis.Delete
		for _, b := range []orb.Bound{c.Old, c.New} {
			if b != (orb.Bound{}) {
				ch.rows[i].bounds = append(ch.rows[i].bounds, b)
			}
		}
	}
	if len(ch.rows) > maxUpdates {
		for _, r := range ch.rows {
			ch.readAgain(r.layer)
		}
	}
	return ch, nil
}

// fill reads the rows of layers that need not be read again.
func (l *Live) fill(ctx context.Context, ch *changes, seq int64) error {
	for i := range ch.rows {
		if slices.Contains(ch.reload, ch.rows[i].layer) {
			continue
		}
		known, err := l.fillRow(ctx, &ch.rows[i], seq)
		if err != nil {
			return err
		}
		if !known {
			ch.readAgain(ch.rows[i].layer)
		}
	}
	ch.rows = slices.DeleteFunc(ch.rows, func(r row) bool { return slices.Contains(ch.reload, r.layer) })
	return nil
}

func (ch *changes) readAgain(layer string) {
	if !slices.Contains(ch.reload, layer) {
		ch.reload = append(ch.reload, layer)
	}
}

// fillRow reads the row as it is and as it was at seq, of a component that only its id. known is false when the store keeps no history
// of the layer: what the row was cannot be told, and the layer must be read again.
func (l *Live) fillRow(ctx context.Context, r *row, seq int64) (known bool, err error) {
	f, err := l.store.Feature(ctx, r.layer, r.key)
	switch {
	case err == nil:
		r.now = &f
	case gis.KindOf(err) != gis.NotFound:
		return false, err
	}
	if r.born {
		return true, nil
	}
	if r.layer == "component" && r.now != nil && !r.gone {
		// Of what a component was, the rooms need its id alone, which it keeps. A bulk import that others edited beside leaves
		// hundreds of rows here, for each of which the history would be read while edits wait.
		r.before = r.now
		return true, nil
	}
	versions, err := l.store.History(ctx, r.layer, r.key)
	if err != nil && gis.KindOf(err) != gis.NotFound {
		return false, err
	}
	for _, v := range versions {
		if v.Seq <= seq && v.Op != gis.Delete {
			r.before = &v.Feature
		}
	}
	return r.before != nil, nil
}

// layers returns every layer touched.
func (ch changes) layers() map[string]bool {
	m := map[string]bool{}
	for _, name := range ch.reload {
		m[name] = true
	}
	for _, r := range ch.rows {
		m[r.layer] = true
	}
	return m
}

// geocoded are the layers the geocoder reads.
var geocoded = map[string]bool{
	"street": true, "community": true, "road": true, "door": true, "poi": true, "land": true, "water": true,
	"building": true, "unit_grid": true, "rail": true, "component": true, "local_name": true,
}

// next makes the View after the changes; everything untouched is shared with v.
func (l *Live) next(ctx context.Context, v *View, ch changes) (*View, error) {
	n := *v
	n.Seq, n.Gen, n.At = ch.last.Seq, ch.last.Gen, time.Now()
	touched := ch.layers()
	var err error
	if touched["street"] {
		if n.Streets, err = readAreas(ctx, l.store, "street"); err != nil {
			return nil, err
		}
	}
	if touched["community"] {
		if n.Communities, err = readAreas(ctx, l.store, "community"); err != nil {
			return nil, err
		}
	}
	if touched["department"] {
		if n.Departments, err = readDepartments(ctx, l.store); err != nil {
			return nil, err
		}
	}
	if touched["unit_grid"] {
		if n.Grids, err = grids.NewBook(ctx, l.store); err != nil {
			return nil, err
		}
	}
	return &n, l.nextRooms(ctx, v, &n, ch)
}

// nextRooms makes what takes long when layers are read again, all of it at once.
func (l *Live) nextRooms(ctx context.Context, v, n *View, ch changes) error {
	rooms := []func(ctx context.Context, src *party) error{
		func(ctx context.Context, src *party) (err error) {
			if slices.Contains(ch.reload, "component") {
				n.Components, err = readComponents(ctx, src)
			} else if ch.layers()["component"] {
				n.Components = v.Components.apply(ch.rows)
			}
			return err
		},
		func(ctx context.Context, src *party) (err error) {
			n.Geo, err = l.nextGeocoder(ctx, src, v, ch)
			return err
		},
		func(ctx context.Context, src *party) (err error) {
			if v.Tiles != nil {
				n.Tiles, err = nextTiles(ctx, src, v, ch)
			}
			return err
		},
	}
	if len(ch.reload) > 0 {
		return together(ctx, l.store, l.cfg.Aside, rooms)
	}
	return together(ctx, l.store, nil, rooms)
}

func (l *Live) nextGeocoder(ctx context.Context, src *party, v *View, ch changes) (*geocode.Geocoder, error) {
	for _, name := range ch.reload {
		if geocoded[name] {
			cfg := l.cfg.Geocode
			cfg.Alone = true // on the thread it was given: requests are answered meanwhile
			return geocode.Build(ctx, src, cfg, nil)
		}
	}
	var ups []geocode.Update
	for _, r := range ch.rows {
		if geocoded[r.layer] {
			ups = append(ups, geocode.Update{Layer: r.layer, Key: r.key, Old: r.before, New: r.now})
		}
	}
	if len(ups) == 0 {
		return v.Geo, nil
	}
	return v.Geo.Apply(ctx, ups)
}

func nextTiles(ctx context.Context, src *party, v *View, ch changes) (*tiles.Set, error) {
	set := v.Tiles
	var reload []string
	for _, name := range ch.reload {
		if served(name) {
			reload = append(reload, name)
		}
	}
	var err error
	if len(reload) > 0 {
		if set, err = set.Reload(ctx, src, reload, nil); err != nil {
			return nil, err
		}
	}
	var ups []tiles.Update
	for _, r := range ch.rows {
		if served(r.layer) {
			ups = append(ups, tiles.Update{Layer: r.layer, Key: r.key, Old: r.before, New: r.now})
		}
	}
	if len(ups) == 0 {
		return set, nil
	}
	return set.Apply(ctx, ups)
}

func served(layer string) bool {
	l, err := gis.LayerByName(layer)
	return err == nil && l.Served
}
