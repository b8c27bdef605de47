package deflate

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"
)

const (
	window   = 32 << 10
	minMatch = 5 // four literals take as few bits as most matches
	maxMatch = 258
	block    = 60_000 // bytes after which a block ends: with the longest match fewer than 65,536, so that counts and stored blocks fit
	prime    = 0x9e3779b185ebca87
	margin   = 8 // bytes at the end in which no match begins, to be read eight at a time
)

// Writer compresses with memory it keeps. The zero value is ready and serves one goroutine.
type Writer struct {
	table [1 << maxTableBits]uint16 // hash of five bytes -> where they stood last, the lower 16 bits
	seqs  []sequence
	lits  [4][256]uint32 // how often literals are, in four parts: counting one value again and again waits for itself
	code  coder
}

// Small inputs have small tables: they stay in the nearest cache, and are soon cleared.
const (
	minTableBits = 12
	maxTableBits = 15
)

// sequence is so many literals, then a match; length 0: none, at the end of a block.
type sequence struct {
	literals     uint32
	length, back uint16
}

// Gzip appends the compressed form of src to dst. In spans, which rise and go each from a place up to another, no matches are looked for, to save
// time: geometry has few that are worth it.
func (w *Writer) Gzip(dst, src []byte, spans [][2]uint32) []byte {
	b := bitWriter{out: append(dst, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)}
	w.deflate(&b, src, spans)
	b.out = binary.LittleEndian.AppendUint32(b.out, crc32.ChecksumIEEE(src))
	b.out = binary.LittleEndian.AppendUint32(b.out, uint32(len(src)))
	return b.out
}

func (w *Writer) deflate(b *bitWriter, src []byte, spans [][2]uint32) {
	size := min(max(bits.Len(uint(len(src)))-1, minTableBits), maxTableBits)
	table, shift := &w.table, uint(64-size)
	clear(table[:1<<size])
	w.seqs = w.seqs[:0]
	start, done, s := 0, 0, 0 // of the block; up to where sequences reach; where a match is looked for
	for end := len(src) - margin; s < end; {
		for s-start >= block { // again where a span is longer
			cut := max(done, start+block)
			w.block(b, src[start:cut], cut-done, false)
			start, done = cut, cut
		}
		if len(spans) > 0 && s+3 >= int(spans[0][0]) {
			s = max(s, int(spans[0][1]))
			spans = spans[1:]
			continue
		}
		five := binary.LittleEndian.Uint64(src[s:]) << 24
		h := five * prime >> shift & (1<<maxTableBits - 1)
		back := int(uint16(s) - table[h])
		table[h] = uint16(s)
		if at := s - back; back == 0 || back > window || at < 0 || binary.LittleEndian.Uint64(src[at:])<<24 != five {
			s += 1 + (s-done)>>5 // ever faster through what does not repeat
			continue
		}
		for s > done && s > back && src[s-1] == src[s-1-back] {
			s--
		}
		n := minMatch + same(src[s+minMatch:], src[s-back+minMatch:], maxMatch-minMatch)
		w.seqs = append(w.seqs, sequence{uint32(s - done), uint16(n), uint16(back)})
		s += n
		done = s
		if s < end {
			five := binary.LittleEndian.Uint64(src[s-2:]) << 24
			table[five*prime>>shift&(1<<maxTableBits-1)] = uint16(s - 2)
		}
	}
	for len(src)-start > block+margin+maxMatch {
		cut := max(done, start+block)
		w.block(b, src[start:cut], cut-done, false)
		start, done = cut, cut
	}
	w.block(b, src[start:], len(src)-done, true)
}

// same counts the bytes at the beginning that are equal, at most limit; b is the longer one.
func same(a, b []byte, limit int) int {
	limit = min(limit, len(a))
	n := 0
	for ; n+8 <= limit; n += 8 {
		if x := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); x != 0 {
			return n + bits.TrailingZeros64(x)>>3
		}
	}
	for n < limit && a[n] == b[n] {
		n++
	}
	return n
}

// block writes src, which is what the sequences stand for and rest literals after them.
func (w *Writer) block(b *bitWriter, src []byte, rest int, last bool) {
	w.seqs = append(w.seqs, sequence{literals: uint32(rest)})
	if last && len(src) <= presetMost && w.byPreset(b, src) {
		w.seqs = w.seqs[:0]
		b.align()
		return
	}
	w.count(src)
	w.code.prepare()
	if size := w.code.size(); size >= 8*len(src)+64 {
		b.stored(src, last)
	} else {
		w.code.header(b, last)
		w.encode(b, src, &w.code)
	}
	w.seqs = w.seqs[:0]
	if last {
		b.align()
	}
}

// count tells the coder how often each symbol is.
func (w *Writer) count(src []byte) {
	c := &w.code
	clear(c.literal[:])
	clear(c.distance[:])
	w.lits = [4][256]uint32{}
	for _, q := range w.seqs {
		lit := src[:q.literals]
		src = src[int(q.literals)+int(q.length):]
		for ; len(lit) >= 4; lit = lit[4:] {
			w.lits[0][lit[0]]++
			w.lits[1][lit[1]]++
			w.lits[2][lit[2]]++
			w.lits[3][lit[3]]++
		}
		for _, v := range lit {
			w.lits[0][v]++
		}
		if q.length > 0 {
			c.literal[lengthSymbol[q.length-3]]++
			c.distance[distanceOf(q.back)]++
		}
	}
	for v := range 256 {
		c.literal[v] = w.lits[0][v] + w.lits[1][v] + w.lits[2][v] + w.lits[3][v]
	}
	c.literal[endOfBlock] = 1
}

// encode writes the sequences by a code.
func (w *Writer) encode(b *bitWriter, src []byte, c *coder) {
	codes := &c.codes
	acc, n := b.acc, b.n
	out, o := b.out[:cap(b.out)], len(b.out)
	for _, q := range w.seqs {
		// A literal takes 14 bits at most, a match 48; eight bytes are written at a time.
		if need := o + 2*int(q.literals) + 24; need > len(out) {
			grown := make([]byte, need+need/2)
			copy(grown, out[:o])
			out = grown
		}
		lit := src[:q.literals]
		src = src[int(q.literals)+int(q.length):]
		for ; len(lit) >= 4; lit = lit[4:] {
			x, y, z, u := codes[lit[0]], codes[lit[1]], codes[lit[2]], codes[lit[3]]
			acc |= uint64(x&0xffffff) << (n & 63)
			n += uint(x >> 24)
			acc |= uint64(y&0xffffff) << (n & 63)
			n += uint(y >> 24)
			acc |= uint64(z&0xffffff) << (n & 63)
			n += uint(z >> 24)
			acc |= uint64(u&0xffffff) << (n & 63)
			n += uint(u >> 24)
			binary.LittleEndian.PutUint64(out[o:], acc)
			o += int(n >> 3)
			acc >>= n &^ 7 & 63
			n &= 7
		}
		for _, v := range lit { // 42 bits more at most
			x := codes[v]
			acc |= uint64(x&0xffffff) << (n & 63)
			n += uint(x >> 24)
		}
		binary.LittleEndian.PutUint64(out[o:], acc)
		o += int(n >> 3)
		acc >>= n &^ 7 & 63
		n &= 7
		if q.length > 0 {
			x := c.lengths[q.length-3]
			acc |= uint64(x&0xffffff) << (n & 63)
			n += uint(x >> 24)
			d := distanceOf(q.back)
			x = c.distances[d]
			acc |= uint64(x&0xffff) << (n & 63)
			n += uint(x >> 24)
			acc |= uint64(q.back-distanceBase[d]) << (n & 63)
			n += uint(distanceExtra[d])
			binary.LittleEndian.PutUint64(out[o:], acc)
			o += int(n >> 3)
			acc >>= n &^ 7 & 63
			n &= 7
		}
	}
	b.out, b.acc, b.n = out[:o], acc, n
	b.add(codes[endOfBlock]&0xffffff, uint(codes[endOfBlock]>>24))
}
