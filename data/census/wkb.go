package census

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

var errWKBCut = errors.New("the WKB is cut off")

// wkbDepth is how deep collections may lie inside each other.
const wkbDepth = 16

// parseWKB reads WKB of any dialect: of OGC, of ISO (types above 1000 for Z and M) and of PostGIS (flags, SRID), either byte
// order. Heights and measures are dropped, empty geometries are nil. srid is 0 where the WKB names none.
func parseWKB(b []byte) (g orb.Geometry, srid int, err error) {
	r := wkbReader{b: b}
	g, err = r.geometry(wkbDepth)
	if err == nil && len(r.b) > 0 {
		err = fmt.Errorf("%d bytes follow the geometry", len(r.b))
	}
	return g, r.srid, err
}

// hexWKB returns the bytes of WKB written in hexadecimal digits, nil when the text is none.
func hexWKB(s string) []byte {
	if len(s) >= 2 && (s[:2] == `\x` || s[:2] == "0x" || s[:2] == "0X") {
		s = s[2:]
	}
	if len(s) < 10 || len(s)%2 != 0 || s[0] != '0' || s[1] != '0' && s[1] != '1' {
		return nil
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}

type wkbReader struct {
	b     []byte
	srid  int
	order binary.ByteOrder
	dims  int // numbers of one position
}

func (r *wkbReader) uint32() (uint32, error) {
	if len(r.b) < 4 {
		return 0, errWKBCut
	}
	v := r.order.Uint32(r.b)
	r.b = r.b[4:]
	return v, nil
}

// header reads byte order and type of a geometry.
func (r *wkbReader) header() (kind uint32, err error) {
	if len(r.b) < 5 {
		return 0, errWKBCut
	}
	switch r.b[0] {
	case 0:
		r.order = binary.BigEndian
	case 1:
		r.order = binary.LittleEndian
	default:
		return 0, fmt.Errorf("the WKB has the byte order %d", r.b[0])
	}
	r.b = r.b[1:]
	kind, _ = r.uint32()
	r.dims = 2
	for _, flag := range []uint32{0x80000000, 0x40000000} {
		if kind&flag != 0 {
			r.dims++
		}
	}
	if kind&0x20000000 != 0 {
		id, err := r.uint32()
		if err != nil {
			return 0, err
		}
		r.srid = int(id)
	}
	kind &= 0x1FFFFFFF
	switch kind / 1000 {
	case 1, 2:
		r.dims++
	case 3:
		r.dims += 2
	}
	return kind % 1000, nil
}

func (r *wkbReader) geometry(depth int) (orb.Geometry, error) {
	kind, err := r.header()
	switch {
	case err != nil:
		return nil, err
	case depth == 0:
		return nil, errors.New("the WKB is nested too deep")
	}
	switch kind {
	case 1:
		ps, err := r.points(1)
		if err != nil || math.IsNaN(ps[0][0]) && math.IsNaN(ps[0][1]) { // an empty point
			return nil, err
		}
		return ps[0], nil
	case 2:
		ps, err := r.countedPoints()
		if err != nil || len(ps) == 0 {
			return nil, err
		}
		return orb.LineString(ps), nil
	case 3, 17: // a triangle is a polygon
		return r.polygon()
	case 4, 5, 6, 7, 15, 16:
		return r.collection(depth)
	case 8, 9, 10, 11, 12, 13, 14:
		return nil, errors.New("the geometry has curves; write it with straight lines")
	}
	return nil, fmt.Errorf("the WKB has the geometry type %d", kind)
}

func (r *wkbReader) polygon() (orb.Geometry, error) {
	n, err := r.uint32()
	if err != nil {
		return nil, err
	}
	if int64(n)*4 > int64(len(r.b)) {
		return nil, errWKBCut
	}
	var out orb.Polygon
	for range n {
		ps, err := r.countedPoints()
		if err != nil {
			return nil, err
		}
		if len(ps) > 0 {
			out = append(out, orb.Ring(ps))
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func (r *wkbReader) collection(depth int) (orb.Geometry, error) {
	n, err := r.uint32()
	if err != nil {
		return nil, err
	}
	if int64(n)*5 > int64(len(r.b)) {
		return nil, errWKBCut
	}
	var out orb.Geometry
	for range n {
		g, err := r.geometry(depth - 1)
		if err != nil {
			return nil, err
		}
		if g == nil {
			continue
		}
		if out, err = join(out, g); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *wkbReader) countedPoints() ([]orb.Point, error) {
	n, err := r.uint32()
	if err != nil {
		return nil, err
	}
	return r.points(int64(n))
}

func (r *wkbReader) points(n int64) ([]orb.Point, error) {
	if n*int64(8*r.dims) > int64(len(r.b)) {
		return nil, errWKBCut
	}
	out := make([]orb.Point, n)
	for i := range out {
		out[i] = orb.Point{math.Float64frombits(r.order.Uint64(r.b)), math.Float64frombits(r.order.Uint64(r.b[8:]))}
		r.b = r.b[8*r.dims:]
	}
	return out, nil
}
