package deflate

import "encoding/binary"

// bitWriter appends bits to out, the lowest first.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint // bits in acc, under 8 between calls
}

func (b *bitWriter) add(v uint32, n uint) {
	b.acc |= uint64(v) << b.n
	for b.n += n; b.n >= 8; b.n -= 8 {
		b.out = append(b.out, byte(b.acc))
		b.acc >>= 8
	}
}

// align fills up to a whole byte.
func (b *bitWriter) align() {
	if b.n > 0 {
		b.add(0, 8-b.n)
	}
}

// stored writes src as it is.
func (b *bitWriter) stored(src []byte, last bool) {
	b.add(flag(last), 3)
	b.align()
	b.out = binary.LittleEndian.AppendUint16(b.out, uint16(len(src)))
	b.out = binary.LittleEndian.AppendUint16(b.out, ^uint16(len(src)))
	b.out = append(b.out, src...)
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}
