package tiles

import (
	"context"
	"slices"

	"github.com/paulmach/orb/maptile"

	"wanmi/tiles/deflate"
	"wanmi/tiles/mvt"
)

const (
	buffer    = 64 // tile units drawn around a tile
	unitZoom  = 20 // a world unit is a tile unit here
	maxLevel  = 10 // of thinning: one point a tile
	levelUnit = 4  // squares of layers that have no rule for the zoom are levelUnit<<level tile units
)

// Buffer is what is drawn around a tile, as a part of its side.
const Buffer = float64(buffer) / mvt.Extent

var clipBox = mvt.Box{Lo: -buffer, Hi: mvt.Extent + buffer}

// frame is a tile's place in the world.
type frame struct {
	z      int
	ox, oy int64 // world units of the tile's north-west corner
	down   uint  // world units are shifted down by this to tile units,
	up     uint  // or, past unitZoom, up by this
	box    box   // the tile with its buffer
	proper box   // the tile without
}

func frameOf(t maptile.Tile) frame {
	f := frame{z: int(t.Z)}
	side := int64(1) << (32 - t.Z)
	f.ox, f.oy = int64(t.X)*side, int64(t.Y)*side
	if f.z <= unitZoom {
		f.down = uint(unitZoom - f.z)
	} else {
		f.up = uint(f.z - unitZoom)
	}
	around := func(b int64) box {
		const last = 1<<32 - 1
		in := func(v int64) uint32 { return uint32(min(max(v, 0), last)) }
		return box{in(f.ox - b), in(f.oy - b), in(f.ox + side - 1 + b), in(f.oy + side - 1 + b)}
	}
	f.box, f.proper = around(side*buffer/mvt.Extent), around(0)
	return f
}

// at returns the tile units of a place.
func (f *frame) at(x, y uint32) (int64, int64) {
	return (int64(x) - f.ox) >> f.down << f.up, (int64(y) - f.oy) >> f.down << f.up
}

// units returns a length in tile units.
func (f *frame) units(n uint32) int64 { return int64(n) >> f.down << f.up }

// writer holds the memory one goroutine needs to write tiles.
type writer struct {
	enc  mvt.Encoder
	clip mvt.Clipper
	cols []mvt.Column
	is   []uint32
	late []uint32
	at   []uint32
	xy   []int64
	zip  zipper
	geom deflate.Writer
	out  []byte

	plated onPlate // of the layer being written

	archive *zipper // nil: for a client that waits

	keep  func(v *rows, i uint32) bool // nil: every row
	reach *box                         // rows that pass keep touch it; nil: it is not known

	// what stands for points at low zooms
	lows   lows
	order  []uint32
	keys   map[string]uint32
	counts []countName
}

// columns picks the columns a layer shows at a zoom, or those a request names.
func (w *writer) columns(l *layer, z int, want []string) []mvt.Column {
	w.cols = w.cols[:0]
	z = min(z, l.rule.MaxZoom)
	for i, c := range l.cols {
		if want != nil && slices.Contains(want, c.Name) || want == nil && z >= l.rule.Fields[i].MinZoom {
			w.cols = append(w.cols, c)
		}
	}
	return w.cols
}

// layer writes l's part of a tile. level 0 follows the layer's rule; each further level thins more.
func (w *writer) layer(ctx context.Context, l *layer, f *frame, want []string, level int) (LayerCount, error) {
	n := LayerCount{Layer: l.rule.Name}
	if f.z < l.rule.MinZoom {
		return n, nil
	}
	w.plated = onPlate{}
	w.lateRows(l, f)
	low, small := l.rule.lowAt(f.z, level), l.small(f.z, level)
	var err error
	w.order = w.order[:0]
	if low.Units > 0 {
		if n.Thinned, err = w.lowRows(ctx, l, f, low, small); err == nil {
			w.order, w.keys, w.counts = w.lows.ordered(w.order), map[string]uint32{}, l.low.counted.sorted()
		}
	} else {
		err = w.gather(ctx, l, f)
	}
	if err != nil {
		return n, err
	}
	w.enc.Begin(l.rule.Name, w.columns(l, f.z, want), l.rows.shared, l.rows.unique)
	squares := w.order
	for k, i := range w.is {
		if k&0xfff == 0xfff && ctx.Err() != nil {
			return n, ctx.Err()
		}
		for len(squares) > 0 && l.rows.order(w.lows.list[squares[0]].best, i) < 0 {
			n.Thinned += w.low(l, f, low.As, int(squares[0]))
			squares = squares[1:]
		}
		if l.rows.shape(i) != nil {
			n.Thinned += w.shape(l, f, i, small)
			continue
		}
		p, o := l.rows.pages[i/pageRows], i%pageRows
		x, y := f.at(p.xy[o][0], p.xy[o][1])
		l.rows.tags(&w.enc, i)
		w.enc.Point(uint64(p.ids[o]), int32(x), int32(y))
	}
	for _, k := range squares {
		n.Thinned += w.low(l, f, low.As, int(k))
	}
	if len(w.order) > 0 {
		n.As = low.As
	}
	n.Features = w.enc.End()
	return n, nil
}

// lateRows finds the rows edits have added that touch a tile, in drawing order, and their places among the sorted ones.
func (w *writer) lateRows(l *layer, f *frame) {
	w.late, w.at = w.late[:0], w.at[:0]
	if l.tree.Len() == 0 {
		return
	}
	lo, hi := f.box.rect()
	l.tree.Search(lo, hi, func(_, _ [2]float32, i uint32) bool {
		if int(l.rows.from(i)) <= f.z && l.rows.bound(i).touches(f.box) && (w.keep == nil || w.keep(&l.rows, i)) {
			w.late = append(w.late, i)
		}
		return true
	})
	slices.SortFunc(w.late, l.rows.order)
	for _, i := range w.late {
		r := l.rows.at(i)
		w.at = append(w.at, l.rows.place(&r))
	}
}

// gather lists the rows of a tile in drawing order.
func (w *writer) gather(ctx context.Context, l *layer, f *frame) error {
	g := gathering{w: w, l: l, f: f, is: w.is[:0], late: w.late, at: w.at}
	b := f.box
	if w.reach != nil && b.touches(*w.reach) { // two boxes and a row's, each touching each, have a place in common
		b = box{max(b.x0, w.reach.x0), max(b.y0, w.reach.y0), min(b.x1, w.reach.x1), min(b.y1, w.reach.y1)}
	}
	l.base.search(b, func(lo, hi uint32, inside bool) bool { return g.run(lo, hi, inside) && g.more(ctx) })
	w.is = append(g.is, g.late...)
	return ctx.Err()
}

// gatherShapes lists the rows of a tile that are no points, and returns the number of those it left out for being under small tile units:
// whole nodes of the index when edits have not touched them.
func (w *writer) gatherShapes(ctx context.Context, l *layer, f *frame, small int64) (left int, err error) {
	late, at := w.late[:0], w.at[:0]
	for k, i := range w.late {
		if l.rows.shape(i) != nil {
			late, at = append(late, i), append(at, w.at[k])
		}
	}
	w.late, w.at = late, at
	g := gathering{w: w, l: l, f: f, is: w.is[:0], late: late, at: at, shapes: true}
	l.base.searchShapes(f.box, func(s shapes, lo, hi uint32) bool {
		if f.units(s.side) >= small || l.rule.By != "" || l.dead.Near(int(lo), int(hi)) || w.keep != nil {
			return false
		}
		left += int(s.n)
		return true
	}, func(lo, hi uint32, inside bool) bool { return g.run(lo, hi, inside) && g.more(ctx) })
	w.is = append(g.is, g.late...)
	return left, ctx.Err()
}

// gathering lists rows run by run; late rows are put in where they belong.
type gathering struct {
	w        *writer
	l        *layer
	f        *frame
	is       []uint32
	late, at []uint32 // rows edits have added, and before which sorted row they stand
	shapes   bool     // no points
	runs     int
}

func (g *gathering) run(lo, hi uint32, inside bool) bool {
	v := &g.l.rows
	for i := lo; i < hi; i++ {
		for len(g.at) > 0 && g.at[0] <= i {
			g.is = append(g.is, g.late[0])
			g.late, g.at = g.late[1:], g.at[1:]
		}
		if int(v.from(i)) > g.f.z || g.l.dead.Has(int(i)) || !inside && !v.bound(i).touches(g.f.box) ||
			g.shapes && v.shape(i) == nil || g.w.keep != nil && !g.w.keep(v, i) {
			continue
		}
		g.is = append(g.is, i)
	}
	return true
}

func (g *gathering) more(ctx context.Context) bool {
	g.runs++
	return g.runs&0xff != 0 || ctx.Err() == nil
}

// small returns the size in tile units under which lines and polygons are left out.
func (l *layer) small(z, level int) int64 {
	n := int64(0)
	if z < l.rule.SmallBelow {
		n = int64(l.rule.SmallUnits)
	}
	if level > 0 {
		n = max(n, int64(levelUnit)<<level)
	}
	return n
}

// scatter is the finaliser of splitmix64: a bijection, so equal only for equal ids.
func scatter(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}
