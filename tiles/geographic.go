package tiles

import (
	"math"

	"github.com/paulmach/orb"
)

// grid is how the world is laid into world units. Longitude is the same in both.
type grid uint8

const (
	mercator    grid = iota
	plateCarree      // latitude as it is, 90° at y 0 and -90° at 2^31: the frame of geographic tiles
)

// lonLat is the north-west corner of a world unit.
func (g grid) lonLat(x, y float64) orb.Point {
	if g == mercator {
		return toLonLat(x, y)
	}
	const side = 1 << 32
	return orb.Point{x/side*360 - 180, 90 - y/side*360}
}

func (g grid) bounds(b box) orb.Bound {
	return g.lonLat(float64(b.x0), float64(b.y1)).Bound().Extend(g.lonLat(float64(b.x1), float64(b.y0)))
}

// box returns b in world units, a little larger: to degrees and back is not exact.
func (g grid) box(b orb.Bound) box {
	const slack, last = 2, 1<<32 - 1
	x0, y0, _ := toWorld(orb.Point{b.Min[0], b.Max[1]})
	x1, y1, _ := toWorld(orb.Point{b.Max[0], b.Min[1]})
	y0, y1 = g.place(y0), g.place(y1)
	return box{max(x0, slack) - slack, max(y0, slack) - slack, min(x1, last-slack) + slack, min(y1, last-slack) + slack}
}

// place turns a world unit of mercator into one of g: that of the middle of its north-south side. Rows are always placed by way of mercator, so
// that a layer made from another and one that edits have gone through hold the same.
func (g grid) place(y uint32) uint32 {
	if g == mercator {
		return y
	}
	const side = 1 << 32
	lat := math.Atan(math.Sinh(math.Pi * (1 - (2*float64(y)+1)/side)))
	return uint32((0.25 - lat/(2*math.Pi)) * side)
}

// lay moves rows placed in mercator to g, in place.
func (g grid) lay(rows []placed) []placed {
	if g == mercator {
		return rows
	}
	for i, r := range rows {
		if r.shape != nil {
			rows[i] = ofShape(g.shape(r.shape))
		} else {
			rows[i].y = g.place(r.y)
		}
	}
	return rows
}

func (g grid) shape(s *shape) *shape {
	n := &shape{kind: s.kind, polys: s.polys, parts: make([][]uint32, len(s.parts))}
	for i, p := range s.parts {
		xy := make([]uint32, len(p))
		for k := 0; k < len(p); k += 2 {
			xy[k], xy[k+1] = p[k], g.place(p[k+1])
		}
		n.parts[i] = xy
	}
	return n
}

// squareKM2 is the area on the ground of a square of the world with its north edge at y, by the scale in its middle.
func (g grid) squareKM2(y uint32, shift int) float64 {
	const equator = 40075.016685578488 // km
	side := float64(uint64(1)<<shift) / (1 << 32) * equator
	east := side * math.Cos(g.lonLat(0, float64(y)+float64(uint64(1)<<shift)/2)[1]*math.Pi/180)
	if g == mercator {
		return east * east
	}
	return east * side
}

// Geographic returns the same layers laid out by latitude as it is, for the tiles of geographic matrix sets: tile z/x/y is 360°/2^z wide and
// high, from longitude -180 and latitude 90; rows go to 2^(z-1). As wide as a tile of the same zoom in web mercator, it follows the layers' rules
// of that zoom. Places are right to half a world unit more than in mercator, 5 mm; nothing lies beyond 85.05° of latitude.
//
// The first call makes the rows anew, which takes about as long as the layers' own and as much memory; edits then go into both. While
// nobody asks for it there is none.
func (s *Set) Geographic() *Set {
	if s.grid == plateCarree {
		return s
	}
	if g := s.geo.Load(); g != nil {
		return g
	}
	s.core.edit.Lock() // edits write the values that both share
	defer s.core.edit.Unlock()
	if g := s.geo.Load(); g != nil {
		return g
	}
	g := s.relaid(nil, nil)
	s.geo.Store(g)
	return g
}

// relaid returns s laid out by latitude, with the layers of old's geographic Set that s and old have in common.
func (s *Set) relaid(old, oldGeo *Set) *Set {
	g := s.clone()
	g.grid = plateCarree
	for i, l := range s.layers {
		if old != nil && old.layers[i] == l {
			g.layers[i] = oldGeo.layers[i]
		} else {
			g.layers[i] = l.laid(plateCarree)
		}
	}
	return g
}

// laid returns a layer of l's rows, which are in mercator, in another grid. All its tiles are as new as l's newest edit.
func (l *layer) laid(g grid) *layer {
	n := newLayer(l.rule)
	n.grid, n.lost, n.since = g, l.lost, l.since
	n.table.shared = l.table.shared
	l.edits.Scan(func(_, _ [2]float32, v uint64) bool {
		n.since = max(n.since, v)
		return true
	})
	codes := make([]uint32, len(l.cols))
	one := make([]placed, 1)
	for i := range l.alive(box{0, 0, math.MaxUint32, math.MaxUint32}) {
		r := l.rows.at(i)
		l.rows.codes(i, codes)
		for c := range l.cols {
			if code := codes[c]; l.cols[c].Unique && code != 0 {
				codes[c] = n.table.unique.AddEntry(l.rows.unique.Entry(code))
			}
		}
		one[0] = placed{x: r.x, y: r.y, shape: r.shape}
		p := g.lay(one)[0]
		n.table.add(row{id: r.id, x: p.x, y: p.y, shape: p.shape}, l.rows.from(i), codes)
	}
	n.finish()
	return n
}
