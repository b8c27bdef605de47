package kept

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/paulmach/orb"
)

var errWKB = errors.New("kept: malformed geometry")

// DecodeWKB reads WKB of two dimensions, in either byte order. A multi-geometry of one part comes back as that part.
func DecodeWKB(b []byte) (orb.Geometry, error) {
	r := wkbReader{b: b}
	g, ok := r.geometry(0)
	if !ok || len(r.b) != 0 {
		return nil, errWKB
	}
	return g, nil
}

// wkbReader takes WKB from the front of b.
type wkbReader struct {
	b     []byte
	order binary.ByteOrder
}

// geometry reads one geometry; want is 0 or the type it must have. ok is false for what is malformed or not kept.
func (r *wkbReader) geometry(want uint32) (orb.Geometry, bool) {
	if len(r.b) < 5 || r.b[0] > 1 {
		return nil, false
	}
	r.order = binary.BigEndian
	if r.b[0] == 1 {
		r.order = binary.LittleEndian
	}
	typ := r.order.Uint32(r.b[1:])
	r.b = r.b[5:]
	if want != 0 && typ != want {
		return nil, false
	}
	switch typ {
	case wkbPoint:
		return r.point()
	case wkbLineString:
		pts, ok := r.points()
		return orb.LineString(pts), ok
	case wkbPolygon:
		return r.polygon()
	case wkbMultiPoint:
		return r.multi(wkbPoint, func(parts []orb.Geometry) orb.Geometry { return collect[orb.Point, orb.MultiPoint](parts) })
	case wkbMultiLineString:
		return r.multi(wkbLineString, func(parts []orb.Geometry) orb.Geometry {
			return collect[orb.LineString, orb.MultiLineString](parts)
		})
	case wkbMultiPolygon:
		return r.multi(wkbPolygon, func(parts []orb.Geometry) orb.Geometry { return collect[orb.Polygon, orb.MultiPolygon](parts) })
	}
	return nil, false
}

// count reads a count of things that take at least size bytes each, so that a lie cannot make the reader allocate.
func (r *wkbReader) count(size int) (int, bool) {
	if len(r.b) < 4 {
		return 0, false
	}
	n := r.order.Uint32(r.b)
	r.b = r.b[4:]
	if uint64(n)*uint64(size) > uint64(len(r.b)) {
		return 0, false
	}
	return int(n), true
}

func (r *wkbReader) point() (orb.Geometry, bool) {
	if len(r.b) < 16 {
		return nil, false
	}
	p := orb.Point{math.Float64frombits(r.order.Uint64(r.b)), math.Float64frombits(r.order.Uint64(r.b[8:]))}
	r.b = r.b[16:]
	return p, true
}

func (r *wkbReader) points() ([]orb.Point, bool) {
	n, ok := r.count(16)
	if !ok {
		return nil, false
	}
	pts := make([]orb.Point, n)
	for i := range pts {
		pts[i] = orb.Point{
			math.Float64frombits(r.order.Uint64(r.b[16*i:])),
			math.Float64frombits(r.order.Uint64(r.b[16*i+8:])),
		}
	}
	r.b = r.b[16*n:]
	return pts, true
}

func (r *wkbReader) polygon() (orb.Geometry, bool) {
	n, ok := r.count(4)
	if !ok {
		return nil, false
	}
	p := make(orb.Polygon, n)
	for i := range p {
		pts, ok := r.points()
		if !ok {
			return nil, false
		}
		p[i] = pts
	}
	return p, true
}

func (r *wkbReader) multi(part uint32, join func([]orb.Geometry) orb.Geometry) (orb.Geometry, bool) {
	n, ok := r.count(9)
	if !ok {
		return nil, false
	}
	order := r.order
	parts := make([]orb.Geometry, n)
	for i := range parts {
		if parts[i], ok = r.geometry(part); !ok {
			return nil, false
		}
	}
	r.order = order
	if n == 1 {
		return parts[0], true
	}
	return join(parts), true
}

func collect[P orb.Geometry, M ~[]P](parts []orb.Geometry) M {
	m := make(M, len(parts))
	for i, p := range parts {
		m[i] = p.(P)
	}
	return m
}
