package gpkg

import (
	"encoding/binary"
	"math"
)

// pageReader reads the rows of a table from its pages, at a tenth of what SQL costs.
type pageReader struct {
	usable int
	get    func(no uint32) ([]byte, error) // the page may be used again by the next call when it returns
	buf    []byte
}

// rows hands on the rows of a leaf, in order; head is where the page's own head begins. The record lives until the next.
func (r *pageReader) rows(page []byte, head int, use func(id int64, record []byte) error) error {
	if len(page) < head+leafHeader || page[head] != pageTableLeaf {
		return fault("a page is no leaf of a table")
	}
	n := int(binary.BigEndian.Uint16(page[head+3:]))
	if head+leafHeader+2*n > len(page) {
		return fault("a leaf of %d rows", n)
	}
	for i := range n {
		cell := page[min(int(binary.BigEndian.Uint16(page[head+leafHeader+2*i:])), len(page)):]
		size, k := readVarint(cell)
		id, m := readVarint(cell[k:])
		if k == 0 || m == 0 {
			return fault("a row without a head")
		}
		record, err := r.payload(cell[k+m:], int(size))
		if err != nil {
			return err
		}
		if err := use(int64(id), record); err != nil {
			return err
		}
	}
	return nil
}

// payload returns the record of that size that begins in b.
func (r *pageReader) payload(b []byte, size int) ([]byte, error) {
	t := tree{usable: r.usable}
	local := t.localSize(size)
	if size < 0 || size > 1<<30 || local > len(b) {
		return nil, fault("a row of %d bytes", size)
	}
	if local == size {
		return b[:size], nil
	}
	if local+4 > len(b) {
		return nil, fault("a row without its rest")
	}
	r.buf = append(r.buf[:0], b[:local]...)
	for next := binary.BigEndian.Uint32(b[local:]); len(r.buf) < size; {
		page, err := r.get(next)
		if err != nil {
			return nil, err
		}
		if len(page) < r.usable {
			return nil, fault("page %d is short", next)
		}
		r.buf = append(r.buf, page[4:min(r.usable, 4+size-len(r.buf))]...)
		next = binary.BigEndian.Uint32(page)
	}
	return r.buf, nil
}

// readVarint returns an integer and how many bytes it takes, 0 when b ends within it.
func readVarint(b []byte) (uint64, int) {
	var v uint64
	for i := range min(len(b), 9) {
		if i == 8 {
			return v<<8 | uint64(b[8]), 9
		}
		v = v<<7 | uint64(b[i]&0x7f)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

// parseRecord fills values with those of the record: nil, int64, float64, string or []byte, which is the record's own. Columns
// a record is too short for, added after it was written, are nil.
func parseRecord(record []byte, values []any) error { return parseRecordWords(record, values, nil) }

// parseRecordWords is parseRecord that takes texts from words, one for each value, where they came lately.
func parseRecordWords(record []byte, values []any, words []lastWords) error {
	size, n := readVarint(record)
	if n == 0 || size > uint64(len(record)) {
		return fault("a record without a head")
	}
	head, body := record[n:size], record[size:]
	for i := range values {
		values[i] = nil
		if len(head) == 0 {
			continue
		}
		kind, n := readVarint(head)
		if n == 0 {
			return fault("a record with half a head")
		}
		head = head[n:]
		width := kindSize(kind)
		if width > len(body) {
			return fault("a record is cut off")
		}
		if words != nil && kind >= 13 && kind%2 == 1 {
			values[i] = words[i].word(body[:width])
		} else {
			values[i] = recordValue(kind, body[:width])
		}
		body = body[width:]
	}
	return nil
}

func kindSize(kind uint64) int {
	switch {
	case kind < 5:
		return int(kind)
	case kind == 5:
		return 6
	case kind == 6 || kind == 7:
		return 8
	case kind < 12:
		return 0
	}
	return int(min(kind-12, 1<<40) / 2)
}

func recordValue(kind uint64, b []byte) any {
	switch {
	case kind == 0:
		return nil
	case kind <= 6:
		v := int64(int8(b[0]))
		for _, c := range b[1:] {
			v = v<<8 | int64(c)
		}
		return v
	case kind == 7:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	case kind == 8 || kind == 9:
		return int64(kind - 8)
	case kind >= 12 && kind%2 == 0:
		return b
	}
	return string(b)
}
