package mvt

import "encoding/binary"

// Pick returns the tile with only the layers keep wants, whose bytes stay as they are; other fields of the tile stay too. It is empty
// when no layer is left.
func Pick(tile []byte, keep func(layer string) bool) ([]byte, error) {
	var out []byte
	some := false
	err := message(tile, func(f field) error {
		if f.num == 3 && f.wire == 2 {
			name := ""
			err := message(f.bytes, func(l field) error {
				if l.num == 1 && l.wire == 2 {
					name = string(l.bytes)
				}
				return nil
			})
			if err != nil || !keep(name) {
				return err
			}
			some = true
		}
		out = f.append(out)
		return nil
	})
	if !some {
		return nil, err
	}
	return out, err
}

// append writes the field as message read it.
func (f field) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(f.num)<<3|uint64(f.wire))
	switch f.wire {
	case 0:
		return binary.AppendUvarint(b, f.v)
	case 2:
		b = binary.AppendUvarint(b, uint64(len(f.bytes)))
	}
	return append(b, f.bytes...)
}
