package shpw

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/paulmach/orb"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// The shape types.
const (
	Point   = 1
	Line    = 3
	Polygon = 5
)

// Field is a column of the attribute table; Name is 10 bytes of GBK at most.
type Field struct {
	Name string
	Type byte // 'C' text, 'N' number, 'D' date YYYYMMDD
	Size int
	Dec  int
}

// Record is one shape. Parts are the lines, the open rings (outer ones
// counter-clockwise, holes clockwise), or one part of one point.
type Record struct {
	Parts  [][]orb.Point
	Values []string
}

// Encode returns the three files of a shapefile.
func Encode(shape int, fields []Field, records []Record) (shp, shx, dbf []byte, err error) {
	var body, index bytes.Buffer
	box := newBox()
	for i, r := range records {
		content := encodeShape(shape, r, &box)
		offset := 50 + body.Len()/2
		be := func(b *bytes.Buffer, v int) { binary.Write(b, binary.BigEndian, int32(v)) }
		be(&body, i+1)
		be(&body, len(content)/2)
		body.Write(content)
		be(&index, offset)
		be(&index, len(content)/2)
	}
	dbf, err = encodeTable(fields, records)
	return append(header(shape, 100+body.Len(), box), body.Bytes()...),
		append(header(shape, 100+index.Len(), box), index.Bytes()...), dbf, err
}

type box struct{ x0, y0, x1, y1 float64 }

func newBox() box {
	return box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
}

func (b *box) add(p orb.Point) {
	b.x0, b.y0 = math.Min(b.x0, p[0]), math.Min(b.y0, p[1])
	b.x1, b.y1 = math.Max(b.x1, p[0]), math.Max(b.y1, p[1])
}

func header(shape, size int, b box) []byte {
	if b.x0 > b.x1 {
		b = box{}
	}
	h := make([]byte, 100)
	binary.BigEndian.PutUint32(h, 9994)
	binary.BigEndian.PutUint32(h[24:], uint32(size/2))
	binary.LittleEndian.PutUint32(h[28:], 1000)
	binary.LittleEndian.PutUint32(h[32:], uint32(shape))
	for i, v := range []float64{b.x0, b.y0, b.x1, b.y1} {
		binary.LittleEndian.PutUint64(h[36+8*i:], math.Float64bits(v))
	}
	return h
}

func encodeShape(shape int, r Record, all *box) []byte {
	var b bytes.Buffer
	put := func(v any) { binary.Write(&b, binary.LittleEndian, v) }
	put(int32(shape))
	if shape == Point {
		p := r.Parts[0][0]
		all.add(p)
		put([2]float64(p))
		return b.Bytes()
	}
	own := newBox()
	parts := make([][]orb.Point, len(r.Parts))
	total := 0
	for i, part := range r.Parts {
		parts[i] = part
		if shape == Polygon { // rings are closed, and outer ones run clockwise in this format
			ring := append([]orb.Point{}, part...)
			ring = append(ring, part[0])
			for a, z := 0, len(ring)-1; a < z; a, z = a+1, z-1 {
				ring[a], ring[z] = ring[z], ring[a]
			}
			parts[i] = ring
		}
		total += len(parts[i])
		for _, p := range parts[i] {
			own.add(p)
			all.add(p)
		}
	}
	put([4]float64{own.x0, own.y0, own.x1, own.y1})
	put(int32(len(parts)))
	put(int32(total))
	start := 0
	for _, part := range parts {
		put(int32(start))
		start += len(part)
	}
	for _, part := range parts {
		for _, p := range part {
			put([2]float64(p))
		}
	}
	return b.Bytes()
}

func encodeTable(fields []Field, records []Record) ([]byte, error) {
	var b bytes.Buffer
	width := 1
	for _, f := range fields {
		width += f.Size
	}
	h := make([]byte, 32)
	copy(h, []byte{3, 126, 11, 22})
	binary.LittleEndian.PutUint32(h[4:], uint32(len(records)))
	binary.LittleEndian.PutUint16(h[8:], uint16(33+32*len(fields)))
	binary.LittleEndian.PutUint16(h[10:], uint16(width))
	h[29] = 0x4D // GBK
	b.Write(h)
	for _, f := range fields {
		name, err := gbk(f.Name)
		if err != nil || len(name) > 10 {
			return nil, fmt.Errorf("shpw: %q is no column name: 10 bytes of GBK at most", f.Name)
		}
		d := make([]byte, 32)
		copy(d, name)
		d[11], d[16], d[17] = f.Type, byte(f.Size), byte(f.Dec)
		b.Write(d)
	}
	b.WriteByte(0x0D)
	for _, r := range records {
		b.WriteByte(' ')
		for i, f := range fields {
			v, err := fit(r.Values[i], f)
			if err != nil {
				return nil, fmt.Errorf("shpw: column %s: %w", f.Name, err)
			}
			b.WriteString(v)
		}
	}
	b.WriteByte(0x1A)
	return b.Bytes(), nil
}

// fit returns s in GBK, padded to the column.
func fit(s string, f Field) (string, error) {
	v, err := gbk(s)
	if err != nil {
		return "", err
	}
	for len(v) > f.Size {
		if f.Type != 'C' {
			return "", fmt.Errorf("%q does not fit %d places", s, f.Size)
		}
		r := []rune(s)
		s = string(r[:len(r)-1])
		if v, err = gbk(s); err != nil {
			return "", err
		}
	}
	pad := strings.Repeat(" ", f.Size-len(v))
	if f.Type == 'N' {
		return pad + v, nil
	}
	return v + pad, nil
}

func gbk(s string) (string, error) {
	return simplifiedchinese.GBK.NewEncoder().String(s)
}
