package mvt

import (
	"encoding/binary"
	"slices"
)

// minSpan is the bytes of the shortest geometry Spans tells of.
const minSpan = 8

// Extent is the number of tile units along a tile's side.
const Extent = 4096

// GeomType is a feature's geometry type, as the specification numbers them.
type GeomType uint8

// The geometry types.
const (
	Point   GeomType = 1
	Line    GeomType = 2
	Polygon GeomType = 3
)

// Column is one property of a layer's features.
type Column struct {
	Name   string
	Unique bool // values are written without looking for equals: their codes are of the Unique dictionary
	At     int  // position in a feature's row of codes
}

// Encoder writes the layers of one tile into a buffer it keeps. The zero value is ready; it serves one goroutine.
//
//	e.Reset()
//	e.Begin("road", cols, values, unique)
//	e.Tags(row); e.Point(id, x, y) // or Move, Line, Ring, then Feature
//	e.End()
//	raw := e.Bytes()
type Encoder struct {
	buf   []byte
	spans [][2]uint32

	// the layer being written
	start    int
	features int
	cols     []Column
	keyAt    []uint32 // column -> 1 + key index in the tile
	keys     []byte   // encoded keys
	nkeys    uint32
	vals     []byte // encoded values
	nvals    uint32
	shared   Values
	unique   Values
	seen     []uint64 // code -> epoch<<32 | value index in the tile
	epoch    uint64
	counts   map[int64]uint32 // values given as integers by TagInt

	// the feature being written
	tags   []byte
	geom   []byte
	cx, cy int64
}

// Reset forgets the tile written so far.
func (e *Encoder) Reset() { e.buf, e.spans = e.buf[:0], e.spans[:0] }

// Spans tells where in the tile the longer geometries of lines and polygons stand, in rising order, each from a place up to another; valid
// until the next Reset.
func (e *Encoder) Spans() [][2]uint32 { return e.spans }

// Bytes returns the tile written so far, valid until the next Reset.
func (e *Encoder) Bytes() []byte { return e.buf }

// Len returns the size of the tile so far, the layer that is being written included.
func (e *Encoder) Len() int {
	return len(e.buf) + len(e.keys) + len(e.vals)
}

// Begin starts a layer. The codes of its rows are those of shared, or of unique in the columns that say so.
func (e *Encoder) Begin(name string, cols []Column, shared, unique Values) {
	e.start = len(e.buf)
	e.features = 0
	e.cols, e.shared, e.unique = cols, shared, unique
	e.keyAt = append(e.keyAt[:0], make([]uint32, len(cols))...)
	e.keys, e.nkeys, e.vals, e.nvals = e.keys[:0], 0, e.vals[:0], 0
	if n := shared.Len(); n > len(e.seen) {
		e.seen = append(e.seen, make([]uint64, n-len(e.seen))...)
	}
	e.epoch++
	clear(e.counts)
	// The layer's length is filled in at the end: five bytes are kept for it, a varint may be padded.
	e.buf = append(e.buf, 0x1a, 0x80, 0x80, 0x80, 0x80, 0, 0x78, 2, 0x0a)
	e.buf = appendUvarint(e.buf, uint64(len(name)))
	e.buf = append(e.buf, name...)
	e.tags = e.tags[:0]
}

// End finishes the layer and returns the number of its features; a layer without features leaves no trace.
func (e *Encoder) End() int {
	if e.features == 0 {
		e.buf = e.buf[:e.start]
		e.keys, e.vals = e.keys[:0], e.vals[:0]
		return 0
	}
	e.buf = append(e.buf, e.keys...)
	e.buf = append(e.buf, e.vals...)
	e.keys, e.vals = e.keys[:0], e.vals[:0]
	e.buf = append(e.buf, 0x28, 0x80, 0x20) // extent 4096
	n := len(e.buf) - e.start - 6
	p := e.buf[e.start+1 : e.start+6]
	p[0], p[1], p[2], p[3], p[4] = byte(n)|0x80, byte(n>>7)|0x80, byte(n>>14)|0x80, byte(n>>21)|0x80, byte(n>>28)&0x7f
	return e.features
}

// Tags sets the properties of the next feature from its row of codes.
func (e *Encoder) Tags(row []uint32) {
	e.tags = e.tags[:0]
	for k := range e.cols {
		c := &e.cols[k]
		if code := row[c.At]; code != 0 {
			e.tag(k, code)
		}
	}
}

// SmallTags is Tags of a row whose codes are held in less: that of a unique column is first of the column plus i, none where first is 0.
func (e *Encoder) SmallTags(row []uint16, first []uint32, i uint32) {
	e.tags = e.tags[:0]
	for k := range e.cols {
		c := &e.cols[k]
		code := uint32(row[c.At])
		if c.Unique {
			if code = first[c.At]; code != 0 {
				code += i
			}
		} else if s, key := e.seen[code], e.keyAt[k]; s>>32 == e.epoch && uint32(s) < 0x4000 && key-1 < 0x80 { // nearly all: a value and a key the tile has
			if v := uint32(s); v < 0x80 {
				e.tags = append(e.tags, byte(key-1), byte(v))
			} else {
				e.tags = append(e.tags, byte(key-1), byte(v)|0x80, byte(v>>7))
			}
			continue
		}
		if code != 0 {
			e.tag(k, code)
		}
	}
}

// NoTags begins the properties of a feature that has none of the columns.
func (e *Encoder) NoTags() { e.tags = e.tags[:0] }

// tag adds one property to the next feature.
func (e *Encoder) tag(k int, code uint32) {
	c := &e.cols[k]
	var v uint32
	if c.Unique {
		v = e.nvals
		e.nvals++
		e.vals = append(e.vals, e.unique.Entry(code)...)
	} else if s := e.seen[code]; s>>32 == e.epoch {
		v = uint32(s)
	} else {
		v = e.nvals
		e.nvals++
		e.vals = append(e.vals, e.shared.Entry(code)...)
		e.seen[code] = e.epoch<<32 | uint64(v)
	}
	key := e.keyAt[k]
	if key == 0 {
		key = e.addKey(c.Name)
		e.keyAt[k] = key
	}
	t := e.tags
	if key -= 1; key < 0x80 {
		t = append(t, byte(key))
	} else {
		t = appendUvarint(t, uint64(key))
	}
	for v >= 0x80 {
		t = append(t, byte(v)|0x80)
		v >>= 7
	}
	e.tags = append(t, byte(v))
}

// Key gives a property that is no column (a count) a place among the layer's keys, to be used with TagInt.
func (e *Encoder) Key(name string) uint32 { return e.addKey(name) - 1 }

func (e *Encoder) addKey(name string) uint32 {
	e.keys = append(e.keys, 0x1a)
	e.keys = appendUvarint(e.keys, uint64(len(name)))
	e.keys = append(e.keys, name...)
	e.nkeys++
	return e.nkeys
}

// TagInt adds an integer property to the next feature, after Tags.
func (e *Encoder) TagInt(key uint32, n int64) {
	v, ok := e.counts[n]
	if !ok {
		if e.counts == nil {
			e.counts = make(map[int64]uint32)
		}
		v = e.nvals
		e.nvals++
		e.vals = AppendValue(e.vals, n)
		e.counts[n] = v
	}
	e.tags = appendUvarint(e.tags, uint64(key))
	e.tags = appendUvarint(e.tags, uint64(v))
}

// Point writes a feature of one point with the tags set before.
func (e *Encoder) Point(id uint64, x, y int32) {
	zx, zy := uint64(zigzag(x)), uint64(zigzag(y))
	gl := 1 + uvarintLen(zx) + uvarintLen(zy)
	n := 1 + uvarintLen(id) + 4 + gl
	if len(e.tags) > 0 {
		n += 1 + uvarintLen(uint64(len(e.tags))) + len(e.tags)
	}
	b := append(e.buf, 0x12)
	b = appendUvarint(b, uint64(n))
	b = append(b, 0x08)
	b = appendUvarint(b, id)
	if len(e.tags) > 0 {
		b = append(b, 0x12)
		b = appendUvarint(b, uint64(len(e.tags)))
		b = append(b, e.tags...)
	}
	b = append(b, 0x18, byte(Point), 0x22, byte(gl), 9)
	b = appendUvarint(b, zx)
	e.buf = appendUvarint(b, zy)
	e.features++
}

// StartGeometry begins the geometry of a feature; parts are appended by Points, LinePart and RingPart.
func (e *Encoder) StartGeometry() {
	e.geom = e.geom[:0]
	e.cx, e.cy = 0, 0
}

// Points appends a MoveTo of all points (x, y pairs): a MultiPoint. Call it once per feature.
func (e *Encoder) Points(xy []int64) {
	e.geom = appendUvarint(e.geom, uint64(len(xy)/2)<<3|1)
	e.deltas(xy)
}

// LinePart appends one line of at least two points, no two in a row equal.
func (e *Encoder) LinePart(xy []int64) {
	e.geom = append(e.geom, 9)
	e.deltas(xy[:2])
	e.geom = appendUvarint(e.geom, uint64(len(xy)/2-1)<<3|2)
	e.deltas(xy[2:])
}

// RingPart appends one ring of at least three points, the first not repeated. The caller winds it: exterior
// rings with positive area by the surveyor's formula in tile units (clockwise on the screen), holes negative.
func (e *Encoder) RingPart(xy []int64) {
	e.LinePart(xy)
	e.geom = append(e.geom, 15)
}

// Geometry returns the geometry written since StartGeometry, which has a part: its first point, and the bytes after that, which are the same
// wherever the first point lies.
func (e *Encoder) Geometry() (x, y int64, rest []byte) {
	_, n := binary.Uvarint(e.geom) // MoveTo
	zx, nx := binary.Uvarint(e.geom[n:])
	zy, ny := binary.Uvarint(e.geom[n+nx:])
	return int64(unzigzag(uint32(zx))), int64(unzigzag(uint32(zy))), e.geom[n+nx+ny:]
}

// Laid writes the feature of the tags given before and a geometry as Geometry returns it of a line or a polygon, with another first point.
func (e *Encoder) Laid(id uint64, t GeomType, x, y int64, rest []byte) {
	zx, zy := uint64(zigzag(int32(x))), uint64(zigzag(int32(y)))
	g := 1 + uvarintLen(zx) + uvarintLen(zy) + len(rest)
	b := e.head(id, t, g)
	e.span(len(b), g)
	b = append(b, 9)
	b = appendUvarint(b, zx)
	b = appendUvarint(b, zy)
	e.buf = append(b, rest...)
}

// head appends a feature to the tile up to its geometry of g bytes, for which there is room behind.
func (e *Encoder) head(id uint64, t GeomType, g int) []byte {
	n := 1 + uvarintLen(id) + 2 + 1 + uvarintLen(uint64(g)) + g
	if len(e.tags) > 0 {
		n += 1 + uvarintLen(uint64(len(e.tags))) + len(e.tags)
	}
	b := slices.Grow(e.buf, n+8)
	b = append(b, 0x12)
	b = appendUvarint(b, uint64(n))
	b = append(b, 0x08)
	b = appendUvarint(b, id)
	if len(e.tags) > 0 {
		b = append(b, 0x12)
		b = appendUvarint(b, uint64(len(e.tags)))
		b = append(b, e.tags...)
	}
	b = append(b, 0x18, byte(t), 0x22)
	e.features++
	return appendUvarint(b, uint64(g))
}

// span remembers a longer geometry of g bytes that begins at a place.
func (e *Encoder) span(at, g int) {
	if g >= minSpan {
		e.spans = append(e.spans, [2]uint32{uint32(at), uint32(at + g)})
	}
}

// DecodePart appends to xy the next line, or ring, of a geometry as Geometry returns it: x and y are its first point, or, for parts after the first,
// what DecodePart returned last; then bytes is its rest.
func DecodePart(xy []int64, bytes []byte, x, y int64, ring bool) (part []int64, rest []byte, lastX, lastY int64) {
	if bytes[0] == 9 { // a part after the first begins with a MoveTo of its own
		x, bytes = delta(x, bytes[1:])
		y, bytes = delta(y, bytes)
	}
	xy = append(xy, x, y)
	n, k := binary.Uvarint(bytes)
	bytes = bytes[k:]
	for range n >> 3 {
		x, bytes = delta(x, bytes)
		y, bytes = delta(y, bytes)
		xy = append(xy, x, y)
	}
	if ring {
		bytes = bytes[1:] // ClosePath
	}
	return xy, bytes, x, y
}

func delta(v int64, bytes []byte) (int64, []byte) {
	if u := bytes[0]; u < 0x80 {
		return v + int64(unzigzag(uint32(u))), bytes[1:]
	}
	u, k := binary.Uvarint(bytes)
	return v + int64(unzigzag(uint32(u))), bytes[k:]
}

func (e *Encoder) deltas(xy []int64) {
	g, cx, cy := e.geom, e.cx, e.cy
	for i := 0; i+1 < len(xy); i += 2 {
		g = appendUvarint(g, uint64(zigzag(int32(xy[i]-cx))))
		g = appendUvarint(g, uint64(zigzag(int32(xy[i+1]-cy))))
		cx, cy = xy[i], xy[i+1]
	}
	e.geom, e.cx, e.cy = g, cx, cy
}

// Feature writes the feature of the geometry and the tags given before; a feature without parts is dropped.
func (e *Encoder) Feature(id uint64, t GeomType) bool {
	if len(e.geom) == 0 {
		return false
	}
	b := e.head(id, t, len(e.geom))
	e.span(len(b), len(e.geom))
	e.buf = append(b, e.geom...)
	return true
}

// HasGeometry reports whether a part has been appended since StartGeometry. Tags are best set only then: the
// values of a feature that is not written would stay in the layer.
func (e *Encoder) HasGeometry() bool { return len(e.geom) > 0 }

func zigzag(v int32) uint32 { return uint32(v<<1) ^ uint32(v>>31) }
