package deflate

import "math/bits"

const (
	endOfBlock = 256
	literals   = 286 // symbols for literals, the end and lengths
	distances  = 30
	maxBits    = 15
)

// The tables of RFC 1951, 3.2.5.
var (
	lengthSymbol, lengthBase, lengthExtra = lengthTables()
	distanceBase, distanceExtra           = distanceTables()
)

// lengthTables returns the symbol of each length less 3, and of each symbol from 257 on the first length and the number of extra bits.
func lengthTables() (symbol [maxMatch - 2]uint16, base [29]uint16, extra [29]uint8) {
	next := uint16(3)
	for i := range extra {
		if i >= 8 && i < 28 {
			extra[i] = uint8(i/4 - 1)
		}
		if i == 28 {
			next = maxMatch // 258 has a symbol of its own, though that before would reach so far
		}
		base[i] = next
		for n := range uint16(1) << extra[i] {
			symbol[next+n-3] = uint16(257 + i)
		}
		next += 1 << extra[i]
	}
	return symbol, base, extra
}

// distanceTables returns of each symbol the first distance and the number of extra bits.
func distanceTables() (base [distances]uint16, extra [distances]uint8) {
	next := uint16(1)
	for i := range extra {
		if i >= 4 {
			extra[i] = uint8(i/2 - 1)
		}
		base[i] = next
		next += 1 << extra[i]
	}
	return base, extra
}

// distanceOf returns the symbol of a distance: two for each power of two.
func distanceOf(back uint16) uint8 {
	v := uint(back - 1)
	if v < 2 {
		return uint8(v)
	}
	n := uint(bits.Len(v)) - 1
	return uint8(2*n + v>>(n-1)&1)
}

// coder is the Huffman codes of a block. A code is its bits, the first lowest, and from bit 24 on how many.
type coder struct {
	literal  [literals]uint32 // how often each symbol is
	distance [distances]uint32

	codes     [literals]uint32
	lengths   [maxMatch - 2]uint32 // of a length less 3, with its extra bits
	distances [distances]uint32

	lens  [literals + distances]uint8 // of both codes, as the header has them
	nlit  int
	ndist int
	runs  []run
	kinds [19]uint32
	meta  [19]uint32 // the code of code lengths
	mlens [19]uint8
	tree  tree
}

// run is a symbol of the header: 0 to 15 a length, 16 to 18 repeats.
type run struct{ symbol, extra uint8 }

var (
	runExtra = [19]uint8{16: 2, 17: 3, 18: 7}
	order    = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
)

// prepare makes the codes from the counts.
func (c *coder) prepare() {
	lit, dist := c.lens[:literals], c.lens[literals:]
	c.tree.lengths(c.literal[:], lit, maxBits-1) // so that four fit into 64 bits, with 7 that wait
	c.tree.lengths(c.distance[:], dist, maxBits)
	c.assign()
}

// assign makes the codes of their lengths.
func (c *coder) assign() {
	lit, dist := c.lens[:literals], c.lens[literals:]
	canonical(lit, c.codes[:])
	canonical(dist, c.distances[:])
	for c.nlit = literals; c.nlit > 257 && lit[c.nlit-1] == 0; {
		c.nlit--
	}
	for c.ndist = distances; c.ndist > 1 && dist[c.ndist-1] == 0; {
		c.ndist--
	}
	for i := range c.lengths {
		s := lengthSymbol[i]
		v, n := c.codes[s]&0xffffff, c.codes[s]>>24
		v |= uint32(uint16(i+3)-lengthBase[s-257]) << n
		c.lengths[i] = v | (n+uint32(lengthExtra[s-257]))<<24
	}
	c.runs = c.runs[:0]
	c.kinds = [19]uint32{}
	c.repeat(lit[:c.nlit])
	c.repeat(dist[:c.ndist])
	c.tree.lengths(c.kinds[:], c.mlens[:], 7)
	canonical(c.mlens[:], c.meta[:])
}

// repeat adds the runs of a row of lengths.
func (c *coder) repeat(lens []uint8) {
	put := func(symbol, extra uint8) {
		c.runs = append(c.runs, run{symbol, extra})
		c.kinds[symbol]++
	}
	for len(lens) > 0 {
		v, n := lens[0], 1
		for n < len(lens) && lens[n] == v {
			n++
		}
		lens = lens[n:]
		if v != 0 {
			put(v, 0)
			n--
		}
		for n >= 3 {
			k := min(n, 6)
			switch {
			case v != 0:
				put(16, uint8(k-3))
			case n <= 10:
				k = n
				put(17, uint8(k-3))
			default:
				k = min(n, 138)
				put(18, uint8(k-11))
			}
			n -= k
		}
		for ; n > 0; n-- {
			put(v, 0)
		}
	}
}

// size is the bits the block takes.
func (c *coder) size() int {
	n := 3 + 14 + 3*19
	for i, k := range c.kinds {
		n += int(k) * int(c.mlens[i]+runExtra[i])
	}
	for i, k := range c.literal {
		n += int(k) * int(c.lens[i])
		if i > endOfBlock {
			n += int(k) * int(lengthExtra[i-257])
		}
	}
	for i, k := range c.distance {
		n += int(k) * int(c.lens[literals+i]+distanceExtra[i])
	}
	return n
}

// header writes the beginning of the block: its codes.
func (c *coder) header(b *bitWriter, last bool) {
	n := len(order)
	for n > 4 && c.mlens[order[n-1]] == 0 {
		n--
	}
	b.add(flag(last)|2<<1, 3)
	b.add(uint32(c.nlit-257), 5)
	b.add(uint32(c.ndist-1), 5)
	b.add(uint32(n-4), 4)
	for _, s := range order[:n] {
		b.add(uint32(c.mlens[s]), 3)
	}
	for _, r := range c.runs {
		b.add(c.meta[r.symbol]&0xffffff, uint(c.meta[r.symbol]>>24))
		if x := runExtra[r.symbol]; x > 0 {
			b.add(uint32(r.extra), uint(x))
		}
	}
}

// canonical gives symbols the codes their lengths mean (RFC 1951, 3.2.2).
func canonical(lens []uint8, codes []uint32) {
	var count, next [maxBits + 1]uint32
	for _, n := range lens {
		count[n]++
	}
	count[0] = 0
	for n := 1; n <= maxBits; n++ {
		next[n] = (next[n-1] + count[n-1]) << 1
	}
	for i, n := range lens {
		if n == 0 {
			codes[i] = 0
			continue
		}
		codes[i] = uint32(bits.Reverse16(uint16(next[n]))>>(16-n)) | uint32(n)<<24
		next[n]++
	}
}
