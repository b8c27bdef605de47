package mvt

import (
	"encoding/binary"
	"math"
)

// Value returns what AppendValue made entry from: string, int64, float64 or bool; nil for an entry that is none of its own.
func Value(entry []byte) any {
	if len(entry) < 3 || entry[0] != 0x22 {
		return nil
	}
	_, n := binary.Uvarint(entry[1:])
	if n <= 0 || len(entry) < n+2 {
		return nil
	}
	tag, b := entry[n+1], entry[n+2:]
	if tag == 0x19 {
		if len(b) < 8 {
			return nil
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
	u, k := binary.Uvarint(b)
	if k <= 0 {
		return nil
	}
	switch tag {
	case 0x0a:
		if uint64(len(b)-k) < u {
			return nil
		}
		return string(b[k : k+int(u)])
	case 0x28:
		return int64(u)
	case 0x30:
		return int64(u>>1) ^ -int64(u&1)
	case 0x38:
		return u != 0
	}
	return nil
}
