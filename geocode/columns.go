package geocode

import (
	"encoding/binary"
	"slices"
	"strings"
)

// texts is a column of texts that seldom repeat. It holds no string it was given: a number of at most 17 digits, as a code is,
// stands in its slot, any other text in the heap behind its length. An empty text is slot 0; a column of them has no slots.
type texts struct {
	slots []uint64
	heap  []byte
}

const (
	slotInHeap  = 1 << 63 // the other bits are the place in the heap
	slotDigits  = 57      // bits of the number; above them stands how many digits it has, for the zeros before it
	mostDigits  = 17      // 10^17 < 2^57
	slotInteger = 1<<slotDigits - 1
)

// add appends the text of a row, which must be the next one.
func (t *texts) add(row int, s string) {
	if s == "" && len(t.slots) == 0 {
		return
	}
	if n := row - len(t.slots); n > 0 {
		t.slots = append(t.slots, make([]uint64, n)...)
	}
	if s == "" {
		t.slots = append(t.slots, 0)
		return
	}
	if v, ok := digits(s); ok {
		t.slots = append(t.slots, uint64(len(s))<<slotDigits|v)
		return
	}
	t.slots = append(t.slots, slotInHeap|uint64(len(t.heap)))
	t.heap = append(binary.AppendUvarint(t.heap, uint64(len(s))), s...)
}

// digits reads a text of digits only that fits into a slot.
func digits(s string) (v uint64, ok bool) {
	if len(s) > mostDigits {
		return 0, false
	}
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		v = v*10 + uint64(c)
	}
	return v, true
}

// at returns a copy of the row's text.
func (t *texts) at(row int) string {
	if row >= len(t.slots) {
		return ""
	}
	v := t.slots[row]
	if v&slotInHeap != 0 {
		b := t.heap[v&^slotInHeap:]
		n, k := binary.Uvarint(b)
		return string(b[k : k+int(n)])
	}
	var b [mostDigits]byte
	from := mostDigits - int(v>>slotDigits)
	v &= slotInteger
	for i := mostDigits - 1; i >= from; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
	return string(b[from:])
}

// without returns the column without the rows gone, with room for so many more.
func (t *texts) without(gone []bool, more int) texts {
	if len(t.slots) == 0 {
		return texts{}
	}
	n := texts{slots: make([]uint64, 0, len(t.slots)+more)}
	for i, v := range t.slots {
		if gone[i] {
			continue
		}
		if v&slotInHeap != 0 {
			b := t.heap[v&^slotInHeap:]
			size, k := binary.Uvarint(b)
			v = slotInHeap | uint64(len(n.heap))
			n.heap = append(n.heap, b[:k+int(size)]...)
		}
		n.slots = append(n.slots, v)
	}
	return n
}

func (t *texts) pack() { t.slots, t.heap = packed(t.slots), packed(t.heap) }

// words is a column of texts that many rows share: each is kept once, a row has its code in as few bytes as all codes fit into.
type words struct {
	values texts // by code; code 0 is the empty text
	codes  []byte
	width  int // bytes of a code, 0 while all rows are empty

	known    map[string]uint32 // codes, until the column is packed
	last     string
	lastCode uint32
}

// add appends the text of a row, which must be the next one.
func (w *words) add(row int, s string) { w.addCode(row, w.code(s)) }

func (w *words) addCode(row int, code uint32) {
	for code>>(8*w.width) != 0 {
		w.widen(row)
	}
	for k := range w.width {
		w.codes = append(w.codes, byte(code>>(8*k)))
	}
}

func (w *words) code(s string) uint32 {
	switch s {
	case "":
		return 0
	case w.last:
		return w.lastCode
	}
	c, ok := w.known[s]
	if !ok {
		if w.known == nil {
			w.known = make(map[string]uint32)
		}
		s = strings.Clone(s)
		c = uint32(len(w.known) + 1)
		w.known[s] = c
		w.values.add(int(c), s)
	}
	w.last, w.lastCode = s, c
	return c
}

// widen gives each code of the n rows one byte more.
func (w *words) widen(n int) {
	wide := make([]byte, 0, (n+1)*(w.width+1)*5/4)
	for i := range n {
		wide = append(append(wide, w.codes[i*w.width:(i+1)*w.width]...), 0)
	}
	w.codes = wide
	w.width++
}

// at returns a copy of the row's text.
func (w *words) at(row int) string { return w.values.at(int(w.codeAt(row))) }

func (w *words) codeAt(row int) (code uint32) {
	for k, b := range w.codes[row*w.width : (row+1)*w.width] {
		code |= uint32(b) << (8 * k)
	}
	return code
}

// fewWords is up to how many words are carried over as they are, though no row may have some of them any more.
const fewWords = 1 << 16

// without returns the column without the rows gone, ready for more.
func (w *words) without(gone []bool) words {
	var n words
	few := len(w.values.slots) <= fewWords
	if few {
		n.values = texts{slices.Clip(w.values.slots), slices.Clip(w.values.heap)}
		n.known = make(map[string]uint32, len(n.values.slots))
		for c := 1; c < len(n.values.slots); c++ {
			n.known[n.values.at(c)] = uint32(c)
		}
	}
	row := 0
	for i, g := range gone {
		switch {
		case g:
			continue
		case few:
			n.addCode(row, w.codeAt(i))
		default:
			n.add(row, w.at(i))
		}
		row++
	}
	return n
}

// pack ends the adding of rows.
func (w *words) pack() {
	w.known, w.last, w.lastCode = nil, "", 0
	w.values.pack()
	w.codes = packed(w.codes)
}

// packed returns v in no more memory than it needs, give or take a few per cent.
func packed[T any](v []T) []T {
	if cap(v)-len(v) <= len(v)/32 {
		return v
	}
	return slices.Clone(v)
}

// sortByUpper sorts v by the upper 32 bits; those alike in them keep their order. A million take a quarter of the time of a comparing sort.
func sortByUpper(v []uint64) []uint64 {
	const bits = 11
	from, to := v, make([]uint64, len(v))
	for shift := 32; shift < 64; shift += bits {
		var start [1<<bits + 1]int
		for _, x := range from {
			start[x>>shift&(1<<bits-1)+1]++
		}
		for i := range 1 << bits {
			start[i+1] += start[i]
		}
		for _, x := range from {
			k := x >> shift & (1<<bits - 1)
			to[start[k]] = x
			start[k]++
		}
		from, to = to, from
	}
	return from
}
