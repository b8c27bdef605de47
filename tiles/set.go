package tiles

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"wanmi/gis"
	"wanmi/gis/cql2"
)

// Set is an immutable snapshot of all served layers, safe for any number of goroutines. Apply and Reload make
// the next one, which shares with it what has not changed: rows, trees, cached tiles.
type Set struct {
	cfg    Config
	core   *core
	layers []*layer
	byName map[string]int
	grid   grid
	geo    *atomic.Pointer[Set] // the same in plate carrée, once it has been asked for
}

// Update is the change of one feature. Old is nil for an insert, New for a delete. Only the id counts of Old: whatever the Set has under it
// is replaced.
type Update struct {
	Layer, Key string
	Old, New   *gis.Feature
}

// TileOptions are the choices of one request.
type TileOptions struct {
	Properties []string // the fields wanted, at any zoom; nil: those the layer's rule gives at the zoom
	Filter     *Filter  // which features stand in the tile; nil: all
}

// LayerCount is how many features of a layer stand in a tile, and how many were left out of it.
type LayerCount struct {
	Layer    string
	Features int
	Thinned  int
	As       Low // what stands for points, "" when all are drawn
	Level    int // how often the layer was thinned further for the tile's size
}

// Tile is an encoded tile. It is shared: nobody may change its bytes.
type Tile struct {
	Gzip   []byte // the tile, compressed, the form it is kept in; empty when nothing is there
	Size   int    // of the tile in bytes, not compressed
	ETag   string // hash of the tile, without quotes; the same whatever the content encoding
	Counts []LayerCount
	// Thinned is how many features the rules of low zooms or of the tile's size left out: points that another stands for,
	// lines and polygons too small to be seen.
	Thinned int
	Level   int // 0: the layers' rules sufficed; else how often a layer was thinned further for the tile's size

	zstdOnce sync.Once
	zstd     []byte
}

// Build reads all layers of cfg from src.
func Build(ctx context.Context, src Source, cfg Config, p gis.Progress) (*Set, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	cfg.Layers = slices.Clone(cfg.Layers)
	c, err := newCore(cfg.CacheBytes)
	if err != nil {
		return nil, fmt.Errorf("tiles: cache of %d bytes: %w", cfg.CacheBytes, err)
	}
	s := &Set{cfg: cfg, core: c, byName: make(map[string]int, len(cfg.Layers)), layers: make([]*layer, len(cfg.Layers)), geo: new(atomic.Pointer[Set])}
	for i := range cfg.Layers {
		s.byName[cfg.Layers[i].Name] = i
	}
	if err := s.read(ctx, src, s.bases(), p); err != nil {
		return nil, err
	}
	return s, nil
}

// bases lists the layers features are read from.
func (s *Set) bases() []string {
	var names []string
	for i := range s.cfg.Layers {
		if n := s.cfg.Layers[i].base(); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// read fills all layers made from the named ones.
func (s *Set) read(ctx context.Context, src Source, bases []string, p gis.Progress) error {
	for _, name := range bases {
		var ls []*layer
		width := 0
		for i := range s.cfg.Layers {
			if s.cfg.Layers[i].base() == name {
				l := newLayer(&s.cfg.Layers[i])
				s.layers[i] = l
				ls = append(ls, l)
				width = max(width, len(l.cols))
			}
		}
		codes := make([]uint32, width)
		stage := "tiles: " + name
		done := int64(0)
		for f, err := range src.Features(ctx, name, orb.Bound{}) {
			if err != nil {
				return fmt.Errorf("tiles: layer %s: %w", name, err)
			}
			if done++; done&0x3fff == 0 {
				p.Tell(stage, done, 0)
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			if f.ID <= 0 {
				return fmt.Errorf("tiles: layer %s: feature %q has no id", name, f.Key)
			}
			for _, l := range ls {
				l.put(&f, codes)
			}
		}
		for _, l := range ls {
			l.finish()
		}
		p.Tell(stage, done, done)
	}
	return nil
}

// Reload returns the set with the named layers, and those derived from them, read anew from src: for changes too many to be applied one by
// one. Layers that are not served are passed over. The tiles of other layers stay cached.
func (s *Set) Reload(ctx context.Context, src Source, layers []string, p gis.Progress) (*Set, error) {
	s.core.edit.Lock()
	defer s.core.edit.Unlock()
	n := s.clone()
	var wanted []string
	for _, b := range s.bases() {
		if slices.Contains(layers, b) {
			wanted = append(wanted, b)
		}
	}
	if err := n.read(ctx, src, wanted, p); err != nil {
		return nil, err
	}
	version := s.core.versions.Add(1)
	for i, l := range n.layers {
		if l != s.layers[i] {
			l.since = version
		}
	}
	if g := s.geo.Load(); g != nil {
		n.geo.Store(n.relaid(s, g))
	}
	return n, nil
}

// Apply returns the set after the updates, in their order. Layers that are not served are passed over. It costs what the
// updates cost, not what the set holds, but for a rare tidying of a layer that has seen very many.
func (s *Set) Apply(ctx context.Context, ups []Update) (*Set, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.core.edit.Lock()
	defer s.core.edit.Unlock()
	version := s.core.versions.Add(1)
	n, err := s.applied(ups, version)
	if err != nil {
		return nil, err
	}
	if g := s.geo.Load(); g != nil {
		if g, err = g.applied(ups, version); err != nil {
			return nil, err
		}
		n.geo.Store(g)
	}
	return n, nil
}

func (s *Set) applied(ups []Update, version uint64) (*Set, error) {
	n := s.clone()
	for _, u := range ups {
		for i := range n.layers {
			if n.cfg.Layers[i].base() != u.Layer {
				continue
			}
			if n.layers[i] == s.layers[i] {
				n.layers[i] = s.layers[i].edit()
			}
			if err := n.layers[i].apply(u, version); err != nil {
				return nil, err
			}
		}
	}
	for i, l := range n.layers {
		if l != s.layers[i] && l.crowded() {
			l.compact()
		}
	}
	return n, nil
}

func (l *layer) apply(u Update, version uint64) error {
	touch := func(b box) { l.touched(b, version) }
	for _, f := range []*gis.Feature{u.Old, u.New} {
		if f == nil {
			continue
		}
		if f.ID <= 0 {
			return fmt.Errorf("tiles: update of %s %q: a feature without id", u.Layer, u.Key)
		}
		l.remove(f.ID, touch)
	}
	if u.New != nil {
		l.insert(u.New, touch)
	}
	return nil
}

func (s *Set) clone() *Set {
	n := *s
	n.layers, n.geo = slices.Clone(s.layers), new(atomic.Pointer[Set])
	return &n
}

// request is a tile request that has been understood.
type request struct {
	spec   string
	layers []*layer // in drawing order
	want   []string // sorted; nil: by zoom

	filters []*cql2.Predicate // by layer, nil for one without; empty when there is no filter
}

func (s *Set) request(layers []string, opt TileOptions) (request, error) {
	var r request
	if len(layers) == 1 && opt.Properties == nil && opt.Filter == nil { // what maps ask for: nothing to be put together
		if i, ok := s.byName[layers[0]]; ok {
			return request{spec: s.layers[i].spec, layers: s.layers[i : i+1 : i+1]}, nil
		}
	}
	at, err := s.find(layers)
	if err != nil {
		return r, err
	}
	var b strings.Builder
	for _, i := range at {
		b.WriteString(s.layers[i].spec)
		r.layers = append(r.layers, s.layers[i])
	}
	if opt.Properties != nil {
		r.want = slices.Compact(slices.Sorted(slices.Values(opt.Properties)))
		for _, p := range r.want {
			if !slices.ContainsFunc(r.layers, func(l *layer) bool { return l.has(p) }) {
				return r, gis.E(gis.Invalid, nil, "no property %s in %s", shown(p), strings.Join(layers, ","))
			}
			b.WriteByte('|')
			b.WriteString(p)
		}
		if len(r.want) == 0 {
			r.want = []string{}
			b.WriteByte('|')
		}
	}
	if opt.Filter != nil {
		if r.filters, err = opt.Filter.predicates(r.layers); err != nil {
			return r, err
		}
		b.WriteByte('?')
		b.WriteString(opt.Filter.name)
	}
	r.spec = b.String()
	return r, nil
}

// find returns the places of the named layers, in drawing order.
func (s *Set) find(layers []string) ([]int, error) {
	if len(layers) == 0 {
		return nil, gis.E(gis.Invalid, nil, "no layer is named")
	}
	at := make([]int, 0, len(layers))
	for _, n := range layers {
		i, ok := s.byName[n]
		if !ok {
			return nil, gis.E(gis.NotFound, nil, "no layer %s", shown(n))
		}
		at = append(at, i)
	}
	slices.Sort(at)
	return slices.Compact(at), nil
}

func (l *layer) has(property string) bool {
	for _, c := range l.cols {
		if c.Name == property {
			return true
		}
	}
	return false
}

// Tile returns a tile of the named layers, which stand in it in drawing order. A tile where nothing is is no error. The
// tile may be shared with other callers.
func (s *Set) Tile(ctx context.Context, layers []string, t maptile.Tile, opt TileOptions) (*Tile, error) {
	tile, _, err := s.Lookup(ctx, layers, t, opt)
	return tile, err
}

// Lookup is Tile that also tells how the tile was come by.
func (s *Set) Lookup(ctx context.Context, layers []string, t maptile.Tile, opt TileOptions) (*Tile, Outcome, error) {
	r, err := s.request(layers, opt)
	if err != nil {
		return nil, "", err
	}
	if !s.has(t) {
		return nil, "", gis.E(gis.Invalid, nil, "no tile %d/%d/%d", t.Z, t.X, t.Y)
	}
	f := frameOf(t)
	k := s.key(&r, t, f)
	if err := ctx.Err(); err != nil {
		return nil, Hit, err
	}
	if t := s.core.cached(k); t != nil {
		return t, Hit, nil
	}
	return s.made(ctx, k, r, f)
}

// made returns a tile that is not in the cache.
func (s *Set) made(ctx context.Context, k key, r request, f frame) (*Tile, Outcome, error) {
	return s.core.tile(ctx, k, s.making(r, f))
}

// making returns what writes a tile.
func (s *Set) making(r request, f frame) func(context.Context) (*Tile, error) {
	return func(ctx context.Context) (*Tile, error) {
		w := s.core.writers.Get().(*writer)
		defer s.core.writers.Put(w)
		return s.write(ctx, w, r, f)
	}
}

// write makes a tile. When it is over the limit after compression, the layer that takes most of it is thinned by one
// more level, and again, until it fits or no layer is left to thin.
func (s *Set) write(ctx context.Context, w *writer, r request, f frame) (*Tile, error) {
	levels := make([]int, len(r.layers))
	sizes := make([]int, len(r.layers))
	keep := r.keepers(ctx)
	t := &Tile{}
	packed := 0.0 // of a raw byte, at the last compression
	for {
		w.enc.Reset()
		t.Counts, t.Thinned = t.Counts[:0], 0
		for i, l := range r.layers {
			before := len(w.enc.Bytes())
			w.keep, w.reach = nil, nil
			if k := keep[i]; k != nil {
				w.keep, w.reach = k.keeps, k.reach
			}
			n, err := w.layer(ctx, l, &f, r.want, levels[i])
			if err != nil {
				return nil, err
			}
			sizes[i] = len(w.enc.Bytes()) - before
			n.Level = levels[i]
			if n.Features+n.Thinned > 0 {
				t.Counts = append(t.Counts, n)
				t.Thinned += n.Thinned
			}
		}
		raw := w.enc.Bytes()
		if len(raw) == 0 {
			t.ETag = etag(nil)
			return t, nil
		}
		// Far over the limit by the last ratio: another compression would only say so again.
		if packed*float64(len(raw)) > 1.2*float64(s.cfg.MaxBytes) && raise(levels, sizes) {
			t.Level++
			continue
		}
		var zipped []byte
		var err error
		if w.archive == nil || len(raw) > s.cfg.MaxBytes/2 { // what is half as long does not become too long
			if zipped, err = w.zipped(raw); err != nil {
				return nil, fmt.Errorf("tiles: compress: %w", err)
			}
			packed = float64(len(zipped)) / float64(len(raw))
			if len(zipped) > s.cfg.MaxBytes && raise(levels, sizes) {
				t.Level++
				continue
			}
		}
		if w.archive != nil { // what is thinned is the same as in live tiles
			if zipped, err = w.archive.pack(raw, archiveLevel); err != nil {
				return nil, fmt.Errorf("tiles: compress: %w", err)
			}
		}
		t.Gzip, t.Size, t.ETag = slices.Clone(zipped), len(raw), etag(raw)
		return t, nil
	}
}

// raise adds a level to the largest layer that has one left; false when none has.
func raise(levels, sizes []int) bool {
	at := -1
	for i := range levels {
		if levels[i] < maxLevel && sizes[i] > 0 && (at < 0 || sizes[i] > sizes[at]) {
			at = i
		}
	}
	if at >= 0 {
		levels[at]++
	}
	return at >= 0
}

// Stats counts what the cache has done since Build, for metrics.
type Stats struct {
	Hits, Misses, Joined int64 // Joined: waited for a tile that was being written
	Warmed               int64 // written into the cache before anybody asked
	Tiles                int   // in the cache
	Bytes                uint64
}

// Stats returns the counts of the whole line of Sets.
func (s *Set) Stats() Stats {
	c := s.core
	st := Stats{Hits: c.hits.Load(), Misses: c.made.Begun(), Joined: c.made.Joined(), Warmed: c.warmed.Load()}
	if c.cache != nil {
		st.Tiles, st.Bytes = c.cache.EstimatedSize(), c.cache.WeightedSize()
	}
	return st
}
