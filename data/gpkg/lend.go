package gpkg

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"wanmi/data"
	"wanmi/gis"
)

// lender hands on the rows of a page scan without making features of them.
type lender struct {
	scan *pageScan
	t    *table
	row  data.LentRow
	use  func(*data.LentRow) bool
	key  int    // the place of the key in the table's columns
	cols []span // the columns of the file
	vals []span // parallel to table.columns
}

// span is a value of a record: its kind, and where it stands.
type span struct {
	kind uint64
	b    []byte
}

// Lend hands on all rows of a layer of text fields, in the order of their IDs, until use wants no more: for those who look at a
// whole layer and keep little of it. False: the layer cannot be lent, and nothing was handed on; Features has it.
func (s *Store) Lend(ctx context.Context, layer string, use func(*data.LentRow) bool) (bool, error) {
	t, err := s.table(layer)
	if err != nil {
		return false, err
	}
	for i := range t.layer.Fields {
		switch t.layer.Fields[i].Type {
		case gis.Text, gis.JSON, gis.Date:
		default:
			return false, nil
		}
	}
	l := &lender{scan: &pageScan{ctx: ctx, sc: newScanner(t)}, t: t, use: use, key: t.keyColumn(), vals: make([]span, len(t.columns))}
	l.row.Values = make([][]byte, len(t.layer.Fields))
	l.scan.each = l.lend
	done, err := s.scan(l.scan, t)
	return done, s.wrap(err, "read "+layer)
}

func (l *lender) lend(id int64, record []byte) error {
	if l.scan.ended {
		return nil
	}
	if l.cols == nil {
		l.cols = make([]span, len(l.scan.places))
	}
	if err := parseSpans(record, l.cols); err != nil {
		return err
	}
	for i, at := range l.scan.places {
		if at >= 0 {
			l.vals[at] = l.cols[i]
		}
	}
	r := &l.row
	r.ID, r.Key = id, l.vals[l.key].text()
	for i := range r.Values {
		r.Values[i] = l.vals[l.t.fields+i].text()
	}
	r.Geom, r.IsPoint = nil, false
	if l.t.hasGeom() && l.vals[0].kind >= 12 && l.vals[0].kind%2 == 0 {
		if err := l.shape(l.vals[0].b); err != nil {
			return fmt.Errorf("%s %s: %w", l.t.name, r.Key, err)
		}
	}
	l.scan.ended = !l.use(r)
	return nil
}

func (l *lender) shape(blob []byte) error {
	if p, ok := plainPoint(blob); ok {
		l.row.Point, l.row.IsPoint = p, true
		return nil
	}
	g, err := decodeGeom(blob)
	if p, ok := g.(orb.Point); ok {
		l.row.Point, l.row.IsPoint = p, true
		return err
	}
	l.row.Geom = g
	return err
}

// plainPoint reads a point as this program writes it; false for everything else.
func plainPoint(b []byte) (orb.Point, bool) {
	const size = headerSize + 1 + 4 + 16
	if len(b) != size || string(b[:4]) != "GP\x00\x01" || string(b[headerSize:headerSize+5]) != "\x01\x01\x00\x00\x00" {
		return orb.Point{}, false
	}
	at := func(i int) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b[i:])) }
	return orb.Point{at(size - 16), at(size - 8)}, true
}

// text is the value as a text field has it, nil for NULL. What another program wrote as a number is written out.
func (s span) text() []byte {
	switch {
	case s.kind == 0:
		return nil
	case s.kind >= 12:
		if s.b == nil {
			return []byte{}
		}
		return s.b
	}
	return fmt.Append(nil, recordValue(s.kind, s.b))
}

// parseSpans is parseRecord without making values.
func parseSpans(record []byte, out []span) error {
	size, n := readVarint(record)
	if n == 0 || size > uint64(len(record)) || uint64(n) > size {
		return fault("a record without a head")
	}
	head, body := record[n:size], record[size:]
	for i := range out {
		out[i] = span{}
		if len(head) == 0 {
			continue
		}
		kind, n := uint64(head[0]), 1
		if kind >= 0x80 {
			if kind, n = readVarint(head); n == 0 {
				return fault("a record with half a head")
			}
		}
		head = head[n:]
		width := kindSize(kind)
		if width > len(body) {
			return fault("a record is cut off")
		}
		out[i] = span{kind, body[:width:width]}
		body = body[width:]
	}
	return nil
}
