package mvt

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	chunkBits = 16 // a chunk of the arena: 64 KiB, unless one value is larger
	pageBits  = 12 // positions per page
)

// Dict keeps property values in the form they have in a tile (a layer's "values" entry with its tag and
// length), each under a code. It only grows: a code once given means the same value for ever, so any
// number of [Values] snapshots may be read while it grows. Code 0 is "absent".
type Dict struct {
	mu    sync.Mutex
	seed  maphash.Seed
	table []uint32 // open addressing, code or 0; empty in a dictionary that does not look for equals
	known uint32   // codes in table
	v     Values
	used  int // bytes used of the last chunk
	n     uint32
	buf   []byte
}

// Values is a snapshot of a dictionary, safe to read from any goroutine.
type Values struct {
	chunks [][]byte
	pages  [][]uint32
	n      uint32
}

// NewDict returns an empty dictionary.
func NewDict() *Dict {
	d := &Dict{seed: maphash.MakeSeed(), table: make([]uint32, 64)}
	d.n = 1
	d.v.pages = [][]uint32{make([]uint32, 1<<pageBits)}
	return d
}

// Values returns the snapshot of what is in it now.
func (d *Dict) Values() Values {
	d.mu.Lock()
	defer d.mu.Unlock()
	v := d.v
	v.n = d.n
	return v
}

// Len returns the number of codes given, the absent one included.
func (v Values) Len() int { return int(v.n) }

// Entry returns the encoded "values" entry of a code that is not 0.
func (v *Values) Entry(code uint32) []byte {
	at := v.pages[code>>pageBits][code&(1<<pageBits-1)]
	c := v.chunks[at>>chunkBits][at&(1<<chunkBits-1):]
	n, l := uint64(0), 1
	for shift := 0; ; shift += 7 { // c[0] is the tag
		b := c[l]
		l++
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			break
		}
	}
	return c[:l+int(n)]
}

// Text returns the text of an entry, "" when it is none.
func Text(entry []byte) string {
	_, n := binary.Uvarint(entry[1:])
	if v := entry[1+n:]; v[0] == 0x0a {
		_, n := binary.Uvarint(v[1:])
		return string(v[1+n:])
	}
	return ""
}

// Intern returns the code of v, the same for equal values of the same type. v is string, int64, float64 or
// bool; nil, NaN, infinities and any other type are absent (0).
func (d *Dict) Intern(v any) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.buf = AppendValue(d.buf[:0], v); len(d.buf) == 0 {
		return 0
	}
	mask := uint32(len(d.table) - 1)
	h := uint32(maphash.Bytes(d.seed, d.buf))
	for i := h & mask; ; i = (i + 1) & mask {
		c := d.table[i]
		if c == 0 {
			c = d.add()
			d.table[i] = c
			if d.known++; int(d.known)*2 > len(d.table) {
				d.grow()
			}
			return c
		}
		if string(d.v.Entry(c)) == string(d.buf) {
			return c
		}
	}
}

// Add gives v a code of its own without looking for an equal one: for fields whose values are all different.
func (d *Dict) Add(v any) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.buf = AppendValue(d.buf[:0], v); len(d.buf) == 0 {
		return 0
	}
	return d.add()
}

// AddEntry is Add of a value that is encoded already, as Entry returns it.
func (d *Dict) AddEntry(entry []byte) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.buf = append(d.buf[:0], entry...)
	return d.add()
}

// add stores d.buf under the next code.
func (d *Dict) add() uint32 {
	last := len(d.v.chunks) - 1
	if last < 0 || d.used+len(d.buf) > len(d.v.chunks[last]) {
		d.v.chunks = append(d.v.chunks, make([]byte, max(1<<chunkBits, len(d.buf))))
		d.used = 0
		last++
	}
	code := d.n
	if int(code>>pageBits) == len(d.v.pages) {
		d.v.pages = append(d.v.pages, make([]uint32, 1<<pageBits))
	}
	d.v.pages[code>>pageBits][code&(1<<pageBits-1)] = uint32(last)<<chunkBits | uint32(d.used)
	copy(d.v.chunks[last][d.used:], d.buf)
	d.used += len(d.buf)
	if d.used >= 1<<chunkBits { // a position inside a chunk has 16 bits
		d.used = len(d.v.chunks[last])
	}
	d.n++
	return code
}

func (d *Dict) grow() {
	old := d.table
	d.table = make([]uint32, 2*len(old))
	mask := uint32(len(d.table) - 1)
	for _, c := range old {
		if c == 0 {
			continue
		}
		i := uint32(maphash.Bytes(d.seed, d.v.Entry(c))) & mask
		for d.table[i] != 0 {
			i = (i + 1) & mask
		}
		d.table[i] = c
	}
}

// AppendValue appends the "values" entry of v to b: string as string_value, int64 as uint_value or, below 0,
// sint_value, float64 as double_value, bool as bool_value. Anything else, NaN and
// infinities add nothing; bytes that are no UTF-8 become U+FFFD.
func AppendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		if !utf8.ValidString(v) { // a protobuf string must be
			v = strings.ToValidUTF8(v, "\uFFFD")
		}
		n := uint64(len(v))
		b = append(b, 0x22)
		b = appendUvarint(b, 1+uint64(uvarintLen(n))+n)
		b = append(b, 0x0a)
		b = appendUvarint(b, n)
		return append(b, v...)
	case int64:
		tag, u := byte(0x28), uint64(v)
		if v < 0 {
			tag, u = 0x30, uint64(v)<<1^uint64(v>>63)
		}
		b = append(b, 0x22, byte(1+uvarintLen(u)), tag)
		return appendUvarint(b, u)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return b
		}
		b = append(b, 0x22, 9, 0x19)
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	case bool:
		if v {
			return append(b, 0x22, 2, 0x38, 1)
		}
		return append(b, 0x22, 2, 0x38, 0)
	}
	return b
}

func appendUvarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

func uvarintLen(v uint64) int {
	n := 1
	for v >= 0x80 {
		v >>= 7
		n++
	}
	return n
}
