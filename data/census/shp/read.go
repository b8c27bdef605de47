package shp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/paulmach/orb"
)

// Type is a shape type as the file numbers it.
type Type int32

// The shape types; Z variants are 10 more, M variants 20 more.
const (
	Null       Type = 0
	Point      Type = 1
	PolyLine   Type = 3
	Polygon    Type = 5
	MultiPoint Type = 8
)

// Scanner reads the shapes of a .shp one after another.
type Scanner struct {
	Type  Type
	Bound orb.Bound // as the header says; some programs write nonsense here

	r     *bufio.Reader
	left  int64 // bytes the header promises that are not read yet
	limit int64
	num   int64
	buf   []byte
}

// RecordError tells of one shape that cannot be read; the ones after it can.
type RecordError struct {
	Num int64
	Msg string
}

func (e *RecordError) Error() string { return fmt.Sprintf("shape %d: %s", e.Num, e.Msg) }

// NewScanner reads the header. limit is the most bytes one shape may have.
func NewScanner(r io.Reader, limit int64) (*Scanner, error) {
	var h [100]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, fmt.Errorf("the header is cut off: %w", err)
	}
	if binary.BigEndian.Uint32(h[:]) != 9994 {
		return nil, errors.New("it does not begin as a shapefile does")
	}
	f := func(i int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(h[i:])) }
	return &Scanner{
		Type:  Type(int32(binary.LittleEndian.Uint32(h[32:]))),
		Bound: orb.Bound{Min: orb.Point{f(36), f(44)}, Max: orb.Point{f(52), f(60)}},
		r:     bufio.NewReaderSize(r, 1<<16),
		left:  2*int64(binary.BigEndian.Uint32(h[24:])) - 100,
		limit: limit,
	}, nil
}

// Next returns the next shape and its number from 1; nil is the null shape. io.EOF ends the file;
// a [RecordError] is about that shape only.
func (s *Scanner) Next() (int64, orb.Geometry, error) {
	var h [8]byte
	if _, err := io.ReadFull(s.r, h[:]); err != nil {
		if errors.Is(err, io.EOF) && s.left > 8 {
			return 0, nil, fmt.Errorf("the file is cut off: %d bytes of shapes are missing", s.left)
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, nil, fmt.Errorf("the file is cut off after shape %d", s.num)
		}
		return 0, nil, err
	}
	s.num++
	size := 2 * int64(binary.BigEndian.Uint32(h[4:]))
	s.left -= 8 + size
	if size > s.limit {
		return s.num, nil, fmt.Errorf("shape %d has %d bytes, over the limit of %d", s.num, size, s.limit)
	}
	if int64(cap(s.buf)) < size {
		s.buf = make([]byte, min(size, 1<<16))
	}
	buf, err := s.take(size)
	if err != nil {
		return s.num, nil, fmt.Errorf("the file is cut off in shape %d", s.num)
	}
	g, err := Decode(buf)
	if err != nil {
		return s.num, nil, &RecordError{s.num, err.Error()}
	}
	return s.num, g, nil
}

// take reads size bytes, growing the buffer only as bytes really come: a lying size costs no memory.
func (s *Scanner) take(size int64) ([]byte, error) {
	s.buf = s.buf[:0]
	for int64(len(s.buf)) < size {
		n := min(size-int64(len(s.buf)), 1<<20)
		at := len(s.buf)
		s.buf = append(s.buf, make([]byte, n)...)
		if _, err := io.ReadFull(s.r, s.buf[at:]); err != nil {
			return nil, err
		}
	}
	return s.buf, nil
}

var errShort = errors.New("its content is shorter than its counts say")

// Decode reads the content of one shape record.
func Decode(b []byte) (orb.Geometry, error) {
	if len(b) < 4 {
		return nil, errShort
	}
	t := Type(int32(binary.LittleEndian.Uint32(b)))
	b = b[4:]
	base := t
	switch {
	case t > 20:
		base = t - 20
	case t > 10:
		base = t - 10
	}
	switch {
	case t == Null:
		return nil, nil
	case base == Point && t < 22:
		if len(b) < 16 {
			return nil, errShort
		}
		return pointAt(b, 0), nil
	case base == MultiPoint && t < 29:
		return decodeMultiPoint(b)
	case (base == PolyLine || base == Polygon) && t < 26:
		parts, err := decodeParts(b)
		if err != nil {
			return nil, err
		}
		if base == PolyLine {
			return lines(parts), nil
		}
		return Polygons(parts), nil
	}
	return nil, fmt.Errorf("shape type %d is not known", t)
}

func pointAt(b []byte, i int) orb.Point {
	return orb.Point{
		math.Float64frombits(binary.LittleEndian.Uint64(b[16*i:])),
		math.Float64frombits(binary.LittleEndian.Uint64(b[16*i+8:])),
	}
}

func decodeMultiPoint(b []byte) (orb.Geometry, error) {
	if len(b) < 36 {
		return nil, errShort
	}
	n := int64(binary.LittleEndian.Uint32(b[32:]))
	if int64(len(b)) < 36+16*n {
		return nil, errShort
	}
	out := make(orb.MultiPoint, n)
	for i := range out {
		out[i] = pointAt(b[36:], i)
	}
	if n == 1 {
		return out[0], nil
	}
	return out, nil
}

func decodeParts(b []byte) ([][]orb.Point, error) {
	if len(b) < 40 {
		return nil, errShort
	}
	nParts, nPoints := int64(binary.LittleEndian.Uint32(b[32:])), int64(binary.LittleEndian.Uint32(b[36:]))
	if int64(len(b)) < 40+4*nParts+16*nPoints {
		return nil, errShort
	}
	points := b[40+4*nParts:]
	out := make([][]orb.Point, 0, nParts)
	for i := range nParts {
		from := int64(binary.LittleEndian.Uint32(b[40+4*i:]))
		to := nPoints
		if i+1 < nParts {
			to = int64(binary.LittleEndian.Uint32(b[44+4*i:]))
		}
		if from > to || to > nPoints {
			return nil, errors.New("its parts are out of order")
		}
		part := make([]orb.Point, 0, to-from)
		for j := from; j < to; j++ {
			part = append(part, pointAt(points, int(j)))
		}
		if len(part) > 0 {
			out = append(out, part)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("it has no points")
	}
	return out, nil
}

func lines(parts [][]orb.Point) orb.Geometry {
	if len(parts) == 1 {
		return orb.LineString(parts[0])
	}
	out := make(orb.MultiLineString, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out
}

// Polygons sorts rings into exteriors (clockwise in the file) and the holes they hold.
// A hole nobody holds becomes an exterior: some programs write every ring the wrong way round.
func Polygons(parts [][]orb.Point) orb.Geometry {
	var out orb.MultiPolygon
	var holes []orb.Ring
	for _, p := range parts {
		r := orb.Ring(p)
		if len(r) > 0 && !r[0].Equal(r[len(r)-1]) {
			r = append(r, r[0])
		}
		if area2(r) <= 0 {
			r.Reverse()
			out = append(out, orb.Polygon{r})
		} else {
			holes = append(holes, r)
		}
	}
	return Group(out, holes)
}

// Group puts each hole into the smallest shell that holds it; a hole nobody holds becomes a polygon.
// Shells must run counter-clockwise; holes come out clockwise.
func Group(out orb.MultiPolygon, holes []orb.Ring) orb.Geometry {
	shells := len(out)
	for _, h := range holes {
		best, bestArea := -1, math.Inf(1)
		for i := range shells {
			shell := out[i][0]
			if a := math.Abs(area2(shell)); a < bestArea && shell.Bound().Contains(h[0]) && holds(shell, h) {
				best, bestArea = i, a
			}
		}
		if best < 0 {
			if area2(h) < 0 {
				h.Reverse()
			}
			out = append(out, orb.Polygon{h})
			continue
		}
		if area2(h) > 0 {
			h.Reverse()
		}
		out[best] = append(out[best], h)
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}

// area2 is twice the signed area, positive counter-clockwise, computed near the ring's first point for precision.
func area2(r orb.Ring) float64 {
	var sum float64
	for i := 1; i+1 < len(r); i++ {
		ax, ay := r[i][0]-r[0][0], r[i][1]-r[0][1]
		bx, by := r[i+1][0]-r[0][0], r[i+1][1]-r[0][1]
		sum += ax*by - ay*bx
	}
	return sum
}

// holds reports whether most of the inner ring's vertices lie inside the shell; vertices may touch it.
func holds(shell, inner orb.Ring) bool {
	in, n := 0, 0
	for _, p := range inner {
		if n++; inside(shell, p) {
			in++
		}
		if n == 16 {
			break
		}
	}
	return in*2 > n
}

func inside(r orb.Ring, p orb.Point) bool {
	odd := false
	for i, j := 0, len(r)-1; i < len(r); j, i = i, i+1 {
		if (r[i][1] > p[1]) != (r[j][1] > p[1]) &&
			p[0] < (r[j][0]-r[i][0])*(p[1]-r[i][1])/(r[j][1]-r[i][1])+r[i][0] {
			odd = !odd
		}
	}
	return odd
}

// Count returns how many shapes were read so far.
func (s *Scanner) Count() int64 { return s.num }
