package tiles

import (
	"cmp"
	"context"
	"slices"

	"wanmi/tiles/mvt"
)

// low writes what stands for the points of a square and returns how many it leaves out.
func (w *writer) low(l *layer, f *frame, as Low, k int) int {
	q := &w.lows.list[k]
	r := l.rows.at(q.best)
	if as == Thin || as == Cluster && q.count == 1 {
		l.rows.tags(&w.enc, q.best)
		w.enc.TagInt(w.key(pointCount), int64(q.count))
		x, y := f.at(r.x, r.y)
		w.enc.Point(uint64(r.id), int32(x), int32(y))
		return int(q.count) - 1
	}
	shift := w.lows.shift
	cx, cy := r.x>>shift<<shift, r.y>>shift<<shift
	if as == Density {
		w.square(f, cx, cy)
	}
	w.enc.NoTags()
	w.enc.TagInt(w.key(pointCount), int64(q.count))
	if as == Density {
		w.enc.TagInt(w.key(perKM2), int64(float64(q.count)/l.grid.squareKM2(cy, shift)+0.5))
	}
	for _, c := range w.counts {
		if by := w.lows.by[k]; c.number < len(by) && by[c.number] > 0 {
			w.enc.TagInt(w.key(c.name), int64(by[c.number]))
		}
	}
	if as == Density {
		w.enc.Feature(uint64(r.id), mvt.Polygon)
		return int(q.count) - 1
	}
	x, y := f.at(cx+uint32(q.x/uint64(q.count)), cy+uint32(q.y/uint64(q.count)))
	w.enc.Point(uint64(r.id), int32(x), int32(y))
	return int(q.count) - 1
}

// square begins the outline of the square of the world that has its north-west corner at x, y.
func (w *writer) square(f *frame, x, y uint32) {
	u := int64(1) << w.lows.shift >> f.down << f.up
	x0, y0 := f.at(x, y)
	w.enc.StartGeometry()
	w.enc.RingPart([]int64{x0, y0, x0 + u, y0, x0 + u, y0 + u, x0, y0 + u})
}

// key gives a property that is no column its place in the layer being written.
func (w *writer) key(name string) uint32 {
	k, ok := w.keys[name]
	if !ok {
		k = w.enc.Key(name)
		w.keys[name] = k
	}
	return k
}

// lowRows counts the points of a tile in their squares, lists the rows that are no points, and returns how many of these it left out for
// being under small tile units.
func (w *writer) lowRows(ctx context.Context, l *layer, f *frame, low LowRule, small int64) (left int, err error) {
	w.lows.begin(l, f, low)
	if w.keep == nil && w.lows.known(w.late) {
		return w.gatherShapes(ctx, l, f, small)
	}
	if err := w.gather(ctx, l, f); err != nil {
		return 0, err
	}
	shapes := w.is[:0]
	for k, i := range w.is {
		if k&0xfff == 0xfff && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if l.rows.shape(i) != nil {
			shapes = append(shapes, i)
		} else {
			w.lows.put(i)
		}
	}
	w.is = shapes
	return 0, nil
}

// countName is a count of clusters as a property.
type countName struct {
	name   string
	number int
}

// sorted returns the counts by name: the order in which values were met is not the same after edits.
func (c *counted) sorted() []countName {
	var out []countName
	for i, n := range c.list() {
		out = append(out, countName{countOf + n, i})
	}
	slices.SortFunc(out, func(a, b countName) int { return cmp.Compare(a.name, b.name) })
	return out
}
