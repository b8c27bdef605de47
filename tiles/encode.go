package tiles

import (
	"context"
	"slices"

	"github.com/paulmach/orb/maptile"

	"wanmi/tiles/mvt"
)

const (
	buffer    = 64 // tile units drawn around a tile
	unitZoom  = 20 // a world unit is a tile unit here
	maxLevel  = 10 // of thinning: one point a tile
	levelUnit = 4  // squares of layers that are not thinned otherwise are levelUnit<<level tile units
)

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
	tmp  []uint32
	xy   []int64
	zip  zipper

	// thinning, by square
	best   []uint32 // 1 + the row that stays
	weight []uint64 // its hash
	count  []uint32
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
	lo, hi := f.box.rect()
	is := w.is[:0]
	l.tree.Search(lo, hi, func(_, _ [2]float32, i uint32) bool {
		if int(l.rows.from(i)) <= f.z && l.rows.at(i).bound().touches(f.box) {
			is = append(is, i)
		}
		return len(is)&0xfff != 0xfff || ctx.Err() == nil
	})
	is, w.tmp = l.rows.inOrder(is, w.tmp)
	w.is = is
	if err := ctx.Err(); err != nil {
		return n, err
	}
	w.enc.Begin(l.rule.Name, w.columns(l, f.z, want), l.rows.shared, l.rows.unique)
	square := l.square(f.z, level)
	var countKey uint32
	if square > 0 {
		w.choose(l, f, is, square)
	}
	keyed := false
	small := l.small(f.z, level)
	for k, i := range is {
		if k&0xfff == 0xfff && ctx.Err() != nil {
			return n, ctx.Err()
		}
		r := l.rows.at(i)
		if r.shape != nil {
			n.Thinned += w.shape(l, f, i, r, small)
			continue
		}
		x, y := f.at(r.x, r.y)
		if square == 0 {
			w.enc.Tags(l.rows.codes(i))
			w.enc.Point(uint64(r.id), int32(x), int32(y))
			continue
		}
		s, ok := squareOf(x, y, square)
		if !ok {
			continue
		}
		if w.best[s] != i+1 {
			n.Thinned++
			continue
		}
		if !keyed {
			countKey, keyed = w.enc.Key(pointCount), true
		}
		w.enc.Tags(l.rows.codes(i))
		w.enc.TagInt(countKey, int64(w.count[s]))
		w.enc.Point(uint64(r.id), int32(x), int32(y))
	}
	n.Features = w.enc.End()
	return n, nil
}

// square returns the side in tile units of the squares of which one point stays, 0 for all points.
func (l *layer) square(z, level int) int64 {
	if z < l.rule.ThinBelow {
		return min(int64(l.rule.ThinUnits)<<level, mvt.Extent)
	}
	if level > 0 {
		return min(int64(levelUnit)<<level, mvt.Extent)
	}
	return 0
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

// choose finds the point that stays in each square, and how many it stands for.
func (w *writer) choose(l *layer, f *frame, is []uint32, square int64) {
	n := squares(square)
	n *= n
	w.best = append(w.best[:0], make([]uint32, n)...)
	w.count = append(w.count[:0], make([]uint32, n)...)
	w.weight = append(w.weight[:0], make([]uint64, n)...)
	for _, i := range is {
		r := l.rows.at(i)
		if r.shape != nil {
			continue
		}
		x, y := f.at(r.x, r.y)
		s, ok := squareOf(x, y, square)
		if !ok {
			continue
		}
		w.count[s]++
		h := scatter(uint64(r.id))
		if w.best[s] == 0 || h < w.weight[s] {
			w.best[s], w.weight[s] = i+1, h
		}
	}
}

// squares is the number of squares along a side: those of the tile and, when they fit into it whole, of the buffer.
func squares(square int64) int64 {
	if square > buffer {
		return mvt.Extent / square
	}
	return (mvt.Extent + 2*buffer) / square
}

// squareOf returns the square of a place in tile units. Squares wider than the buffer are those of the tile alone:
// a part of a square would choose otherwise than the neighbour that sees all of it.
func squareOf(x, y, square int64) (int, bool) {
	n := squares(square)
	if square <= buffer {
		x, y = x+buffer, y+buffer
	}
	if x < 0 || y < 0 || x >= n*square || y >= n*square {
		return 0, false
	}
	return int(y/square*n + x/square), true
}

// scatter is the finaliser of splitmix64: a bijection, so equal only for equal ids.
func scatter(v uint64) uint64 {
	v += 0x9e3779b97f4a7c15
	v = (v ^ v>>30) * 0xbf58476d1ce4e5b9
	v = (v ^ v>>27) * 0x94d049bb133111eb
	return v ^ v>>31
}

// shape writes a line, a polygon or several points. It returns 1 when the feature was left out for its size.
func (w *writer) shape(l *layer, f *frame, i uint32, r *row, small int64) int {
	s := r.shape
	b := s.bound
	if s.kind != mvt.Point && f.units(b.x1-b.x0) < small && f.units(b.y1-b.y0) < small {
		return 1
	}
	inside := b.x0 >= f.box.x0 && b.y0 >= f.box.y0 && b.x1 <= f.box.x1 && b.y1 <= f.box.y1
	w.enc.StartGeometry()
	switch s.kind {
	case mvt.Point:
		w.points(f, s)
	case mvt.Line:
		w.lines(l, f, s, inside)
	default:
		w.polygons(l, f, s, inside)
	}
	if !w.enc.HasGeometry() {
		if inside {
			return 1 // it has shrunk to nothing
		}
		return 0
	}
	w.enc.Tags(l.rows.codes(i))
	w.enc.Feature(uint64(r.id), s.kind)
	return 0
}

func (w *writer) points(f *frame, s *shape) {
	xy := w.xy[:0]
	p := s.parts[0]
	for k := 0; k < len(p); k += 2 {
		if b := (box{p[k], p[k+1], p[k], p[k+1]}); b.touches(f.box) {
			x, y := f.at(p[k], p[k+1])
			xy = append(xy, x, y)
		}
	}
	if w.xy = xy; len(xy) > 0 {
		w.enc.Points(xy)
	}
}

// project turns a part into tile units, without points that fall on the one before.
func (w *writer) project(f *frame, part []uint32) []int64 {
	xy := w.xy[:0]
	for k := 0; k+1 < len(part); k += 2 {
		x, y := f.at(part[k], part[k+1])
		if n := len(xy); n > 0 && xy[n-2] == x && xy[n-1] == y {
			continue
		}
		xy = append(xy, x, y)
	}
	w.xy = xy
	return xy
}

func (w *writer) lines(l *layer, f *frame, s *shape, inside bool) {
	for _, part := range s.parts {
		xy := w.project(f, part)
		if len(xy) < 4 {
			continue
		}
		if f.z < l.rule.MaxZoom {
			if xy = w.clip.Simplify(xy, l.rule.Simplify); len(xy) < 4 {
				continue
			}
		}
		if inside {
			w.enc.LinePart(xy)
		} else {
			w.clip.Line(xy, clipBox, w.enc.LinePart)
		}
	}
}

func (w *writer) polygons(l *layer, f *frame, s *shape, inside bool) {
	rings := s.parts
	for _, n := range s.polys {
		for k, part := range rings[:n] {
			xy := mvt.CleanRing(w.project(f, part), !l.rule.Shared)
			if !inside {
				xy = w.clip.Ring(xy, clipBox)
			}
			a := mvt.Area2(xy)
			if a == 0 {
				if k == 0 {
					break // nothing left of this polygon: its holes go too
				}
				continue
			}
			if (a > 0) != (k == 0) {
				mvt.Reverse(xy)
			}
			w.enc.RingPart(xy)
		}
		rings = rings[n:]
	}
}
