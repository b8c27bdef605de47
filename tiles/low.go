package tiles

import (
	"cmp"
	"slices"
	"sync"

	"wanmi/tiles/mvt"
)

// Low is what stands for the points of a square at low zooms.
type Low string

// The ways of low zooms. Each feature carries point_count, the number of points it stands for.
const (
	// Thin: the point with the smallest hash of its id, so that no class or district is favoured, with its properties.
	Thin Low = "thin"
	// Cluster: a point in the middle of them, with count_X for each value X of LayerRule.CountBy; one that is alone as it is.
	Cluster Low = "cluster"
	// Density: the square itself, with points_per_km2 and counts as in clusters.
	Density Low = "density"
)

// LowRule says what stands for a layer's points at the zooms below one. The squares lie on the world, not on the tile: neighbouring
// tiles agree.
type LowRule struct {
	Below int
	As    Low
	Units int // side of a square in tile units: a power of two up to 4096
}

// Properties of what stands for points.
const (
	pointCount = "point_count" // how many it stands for, itself included
	perKM2     = "points_per_km2"
	countOf    = "count_" // and a value of CountBy
)

// maxCounted bounds the values counted one by one; further ones are in point_count alone.
const maxCounted = 64

// lowAt returns the rule for points at a zoom, thinned further by level; Units 0: every point is drawn.
func (r *LayerRule) lowAt(z, level int) LowRule {
	for _, low := range r.Low {
		if z < low.Below {
			low.Units = min(low.Units<<level, mvt.Extent)
			return low
		}
	}
	if level > 0 {
		return LowRule{As: Thin, Units: min(levelUnit<<level, mvt.Extent)}
	}
	return LowRule{}
}

// lowest is the first zoom at which all points are drawn.
func (r *LayerRule) lowest() int {
	z := 0
	for _, low := range r.Low {
		z = max(z, low.Below)
	}
	return z
}

// lowPoints are the squares of a layer's sorted rows, by the size of their sides, and what is counted in them.
type lowPoints struct {
	counted *counted
	sizes   map[lowKey]*squares
}

// lowKey names squares: rows that appear from zoom on, by squares of 1<<shift world units a side, with or without counts by value.
type lowKey struct {
	zoom, shift int
	counts      bool
}

// squares are those that hold points, in Morton order, which is that of the rows: the rows of a square follow one another.
type squares struct {
	list []square
	by   []uint32 // of each square, the counts
	nby  int
}

// square is what is known of the points in a square.
type square struct {
	key   uint64 // its Morton number
	first uint32 // its first point among the sorted rows
	best  uint32 // the row with the smallest hash
	count uint32
	x, y  uint64 // sums, from the square's corner
}

// counted numbers the values of the column that clusters count, each cut to its first characters. It grows with the layer's table and is
// shared by all Sets of it.
type counted struct {
	col, prefix int
	mu          sync.Mutex
	names       []string
	of          map[uint32]int // code -> 1 + number, 0: not counted
}

func newLowPoints(l *layer) *lowPoints {
	p := &lowPoints{}
	for i, f := range l.rule.Fields {
		if f.Name == l.rule.CountBy && f.Name != "" {
			p.counted = &counted{col: i, prefix: l.rule.CountPrefix, of: map[uint32]int{}}
		}
	}
	return p
}

// number returns the place of a row's value among the counts, -1: none.
func (c *counted) number(v *rows, i uint32) int {
	if c == nil {
		return -1
	}
	code := v.code(i, c.col)
	if code == 0 {
		return -1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ok := c.of[code]
	if !ok {
		n = c.add(mvt.Text(v.shared.Entry(code)))
		c.of[code] = n
	}
	return n - 1
}

// add returns 1 + the number of a value.
func (c *counted) add(s string) int {
	if s == "" {
		return 0
	}
	if r := []rune(s); c.prefix > 0 && len(r) > c.prefix {
		s = string(r[:c.prefix])
	}
	if k := slices.Index(c.names, s); k >= 0 {
		return k + 1
	}
	if len(c.names) == maxCounted {
		return 0
	}
	c.names = append(c.names, s)
	return len(c.names)
}

// list returns the values counted so far.
func (c *counted) list() []string {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.names)
}

// of returns the squares of the rows l has now.
func (p *lowPoints) of(l *layer) *lowPoints {
	n := &lowPoints{counted: p.counted, sizes: map[lowKey]*squares{}}
	for z := l.rule.MinZoom; z < l.rule.lowest() && z <= unitZoom; z++ {
		low := l.rule.lowAt(z, 0)
		k := lowKey{z, unitZoom - z + log2(low.Units), low.As != Thin}
		if l.rule.By == "" {
			k.zoom = 0 // every row appears from MinZoom on
		}
		if n.sizes[k] == nil {
			n.sizes[k] = n.squares(l, z, k.shift, low.As != Thin)
		}
	}
	return n
}

// squares returns nil where there are so many that looking at the rows themselves is as cheap.
func (p *lowPoints) squares(l *layer, z, shift int, count bool) *squares {
	v := &l.rows
	most := int(v.sorted)/4 + 1
	s := &squares{}
	var cur square
	var counts [maxCounted]uint32
	var all [][maxCounted]uint32
	end := func() {
		if cur.count == 0 {
			return
		}
		s.list = append(s.list, cur)
		if count {
			all = append(all, counts)
			clear(counts[:])
		}
	}
	var least uint64
	for i := range v.sorted {
		if v.shape(i) != nil || int(v.from(i)) > z {
			continue
		}
		r := v.at(i)
		k := morton(r.x, r.y) >> (2 * shift)
		if k != cur.key || cur.count == 0 {
			if end(); len(s.list) > most {
				return nil
			}
			cur = square{key: k, first: i}
		}
		if h := scatter(uint64(r.id)); cur.count == 0 || h < least {
			cur.best, least = i, h
		}
		cur.add(&r, shift)
		if !count {
			continue
		}
		if b := p.counted.number(v, i); b >= 0 {
			counts[b]++
		}
	}
	end()
	if count {
		s.nby = len(p.counted.list())
	}
	s.list = slices.Clip(s.list)
	for _, c := range all {
		s.by = append(s.by, c[:s.nby]...)
	}
	return s
}

func (s *square) add(r *row, shift int) {
	mask := uint32(1)<<shift - 1
	s.count++
	s.x += uint64(r.x & mask)
	s.y += uint64(r.y & mask)
}

func log2(n int) int {
	k := 0
	for n>>k > 1 {
		k++
	}
	return k
}

// lows gathers the squares of a tile.
type lows struct {
	layer   *layer
	shift   int
	zoom    int
	list    []square
	by      [][]uint32
	least   []uint64       // of each square, the hash of its best
	at      map[uint64]int // key -> place in list
	last    int            // the square met last: rows of one follow one another
	frame   *frame
	margin  bool     // squares that are not wider than the buffer are drawn in it, too
	counted bool     // by value, too
	counts  *counted // nil: nothing is counted by value
	// the squares the tile draws, in squares of the world
	x0, y0, x1, y1 uint32
}

// begin prepares for a tile. Squares wider than the buffer are those of the tile alone: a part of a square would choose otherwise than
// the neighbour that sees all of it.
func (s *lows) begin(l *layer, f *frame, low LowRule) {
	s.layer, s.frame, s.zoom = l, f, f.z
	s.shift = max(0, unitZoom-f.z+log2(low.Units))
	s.margin = low.Units <= buffer
	s.counted, s.counts = low.As != Thin, nil
	if s.counted {
		s.counts = l.low.counted
	}
	s.list, s.by, s.least, s.last = s.list[:0], s.by[:0], s.least[:0], -1
	if s.at == nil {
		s.at = map[uint64]int{}
	}
	clear(s.at)
	n := int64(1) << max(0, 32-s.zoom-s.shift)
	x0, y0 := f.ox>>s.shift, f.oy>>s.shift
	x1, y1 := x0+n-1, y0+n-1
	if s.margin {
		last := int64(1)<<(32-s.shift) - 1
		x0, y0, x1, y1 = max(x0-1, 0), max(y0-1, 0), min(x1+1, last), min(y1+1, last)
	}
	s.x0, s.y0, s.x1, s.y1 = uint32(x0), uint32(y0), uint32(x1), uint32(y1)
}

// known takes over the squares that are counted already, ok false where there are none. What edits have touched is counted anew.
func (s *lows) known(late []uint32) (ok bool) {
	l := s.layer
	k := lowKey{s.zoom, s.shift, s.counted}
	if l.rule.By == "" {
		k.zoom = 0
	}
	all := l.low.sizes[k]
	if all == nil {
		return false
	}
	edited := map[uint64][]uint32{}
	for _, i := range late {
		if l.rows.shape(i) == nil {
			r := l.rows.at(i)
			key := morton(r.x, r.y) >> (2 * s.shift)
			edited[key] = append(edited[key], i)
		}
	}
	take := func(lo, hi uint64) { // the squares with keys from lo to before hi
		i, _ := slices.BinarySearchFunc(all.list, lo, func(q square, key uint64) int { return cmp.Compare(q.key, key) })
		for ; i < len(all.list) && all.list[i].key < hi; i++ {
			q := all.list[i]
			end := l.rows.sorted
			if i+1 < len(all.list) {
				end = all.list[i+1].first
			}
			if _, ok := edited[q.key]; ok || l.dead.Near(int(q.first), int(end)) {
				s.recount(q.key, q.first, end)
				continue
			}
			s.at[q.key] = len(s.list)
			s.list = append(s.list, q)
			s.by = append(s.by, all.by[i*all.nby:(i+1)*all.nby:(i+1)*all.nby])
			s.least = append(s.least, scatter(uint64(l.rows.id(q.best))))
		}
	}
	side := uint64(1) << (2 * max(0, 32-s.zoom-s.shift))
	own := morton(uint32(s.frame.ox), uint32(s.frame.oy)) >> (2 * s.shift)
	take(own, own+side) // a tile's own squares follow one another
	if s.margin {       // and the ring around them
		for x := s.x0; x <= s.x1; x++ {
			for y := s.y0; y <= s.y1; y++ {
				if key := morton(x, y); key < own || key >= own+side {
					take(key, key+1)
				} else {
					y = max(y, s.y1-1) // past the tile's own, on to the far side
				}
			}
		}
	}
	for _, is := range edited {
		for _, i := range is {
			s.put(i)
		}
	}
	return true
}

// recount adds the rows of one square among the sorted ones from lo to before hi that are alive.
func (s *lows) recount(key uint64, lo, hi uint32) {
	v := &s.layer.rows
	for i := lo; i < hi; i++ {
		xy := v.pages[i/pageRows].xy[i%pageRows]
		if v.shape(i) == nil && int(v.from(i)) <= s.zoom && !s.layer.dead.Has(int(i)) && morton(xy[0], xy[1])>>(2*s.shift) == key {
			s.put(i)
		}
	}
}

// put counts a point in its square, if the tile draws that.
func (s *lows) put(i uint32) {
	v := &s.layer.rows
	p, o := v.pages[i/pageRows], i%pageRows
	r := row{id: p.ids[o], x: p.xy[o][0], y: p.xy[o][1]}
	if x, y := r.x>>s.shift, r.y>>s.shift; x < s.x0 || x > s.x1 || y < s.y0 || y > s.y1 {
		return
	}
	key := morton(r.x, r.y) >> (2 * s.shift)
	h := scatter(uint64(r.id))
	k := s.last
	if k < 0 || s.list[k].key != key {
		var ok bool
		if k, ok = s.at[key]; !ok {
			k = len(s.list)
			s.at[key] = k
			s.list = append(s.list, square{key: key, best: i})
			s.by = append(s.by, nil)
			s.least = append(s.least, h)
		}
		s.last = k
	}
	q := &s.list[k]
	if h < s.least[k] {
		q.best, s.least[k] = i, h
	}
	q.add(&r, s.shift)
	if b := s.counts.number(v, i); b >= 0 {
		for len(s.by[k]) <= b {
			s.by[k] = append(s.by[k], 0)
		}
		s.by[k][b]++
	}
}

// ordered returns the places of the squares in the order of what stands for them.
func (s *lows) ordered(is []uint32) []uint32 {
	is = is[:0]
	for i := range s.list {
		is = append(is, uint32(i))
	}
	slices.SortFunc(is, func(a, b uint32) int { return s.layer.rows.order(s.list[a].best, s.list[b].best) })
	return is
}

// order compares two rows by their place in tiles.
func (v *rows) order(a, b uint32) int {
	if a < v.sorted && b < v.sorted || a == b {
		return cmp.Compare(a, b)
	}
	p, q := v.at(a), v.at(b)
	return drawn(&p, &q)
}
