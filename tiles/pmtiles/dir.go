package pmtiles

import (
	"encoding/binary"
	"fmt"
	"math"

	"wanmi/gis"
)

// entry is one line of a directory: run tiles from id on have the same content; run 0 points to a leaf directory.
type entry struct {
	id     uint64
	offset uint64
	length uint32
	run    uint32
}

func marshalDir(es []entry) ([]byte, error) {
	var b []byte
	b = binary.AppendUvarint(b, uint64(len(es)))
	last := uint64(0)
	for _, e := range es {
		b = binary.AppendUvarint(b, e.id-last)
		last = e.id
	}
	for _, e := range es {
		b = binary.AppendUvarint(b, uint64(e.run))
	}
	for _, e := range es {
		b = binary.AppendUvarint(b, uint64(e.length))
	}
	for i, e := range es {
		if i > 0 && e.offset == es[i-1].offset+uint64(es[i-1].length) {
			b = append(b, 0)
		} else {
			b = binary.AppendUvarint(b, e.offset+1)
		}
	}
	return pack(b)
}

// varints reads numbers one after the other; after a bad one all are 0 and ok is false.
type varints struct {
	b  []byte
	ok bool
}

func (v *varints) next() uint64 {
	u, n := binary.Uvarint(v.b)
	if n <= 0 {
		v.b, v.ok = nil, false
		return 0
	}
	v.b = v.b[n:]
	return u
}

// parseDir reads a directory. It refuses what no writer makes: none or too many entries, entries out of order or over one
// another, lengths of 0, bytes left over.
func parseDir(raw []byte, c Compression) ([]entry, error) {
	b, err := c.Unpack(raw, maxUnpacked)
	if err != nil {
		return nil, badDir(err)
	}
	v := varints{b, true}
	n := v.next()
	if !v.ok || n == 0 || n > maxEntries || n > uint64(len(v.b))/4 { // an entry takes four bytes or more
		return nil, badDir(fmt.Errorf("%d entries in %d bytes", n, len(b)))
	}
	es := make([]entry, n)
	id := uint64(0)
	for i := range es {
		d := v.next()
		if i > 0 && d == 0 || id+d < id {
			return nil, badDir(fmt.Errorf("entry %d is out of order", i))
		}
		id += d
		es[i].id = id
	}
	for i := range es {
		r := v.next()
		if r > math.MaxUint32 || i > 0 && uint64(es[i-1].run) > es[i].id-es[i-1].id {
			return nil, badDir(fmt.Errorf("the run of entry %d or %d is too long", i-1, i))
		}
		es[i].run = uint32(r)
	}
	for i := range es {
		l := v.next()
		if l > math.MaxUint32 || l == 0 && v.ok {
			return nil, badDir(fmt.Errorf("entry %d has the length %d", i, l))
		}
		es[i].length = uint32(l)
	}
	for i := range es {
		switch o := v.next(); {
		case o > 0:
			es[i].offset = o - 1
		case i > 0:
			es[i].offset = es[i-1].offset + uint64(es[i-1].length)
		case v.ok:
			return nil, badDir(fmt.Errorf("the first entry has no offset"))
		}
	}
	if !v.ok {
		return nil, badDir(fmt.Errorf("it is cut off"))
	}
	if len(v.b) > 0 {
		return nil, badDir(fmt.Errorf("%d bytes are left over", len(v.b)))
	}
	return es, nil
}

func badDir(err error) error {
	return gis.E(gis.Rejected, err, "a directory of the archive is damaged")
}

// directories returns the root and the leaves. When all entries do not fit into the root, leaves of 4,096 entries, and of more
// and more, are tried until their list fits.
func directories(es []entry) (root, leaves []byte, err error) {
	if len(es) <= firstBytes { // more do not fit: an entry takes over a byte even when packed
		if root, err = marshalDir(es); err != nil || len(root) <= rootBytes {
			return root, nil, err
		}
	}
	for size := 4096; ; size += size / 5 {
		var top []entry
		leaves = leaves[:0]
		for i := 0; i < len(es); i += size {
			leaf, err := marshalDir(es[i:min(i+size, len(es))])
			if err != nil {
				return nil, nil, err
			}
			top = append(top, entry{id: es[i].id, offset: uint64(len(leaves)), length: uint32(len(leaf))})
			leaves = append(leaves, leaf...)
		}
		if root, err = marshalDir(top); err != nil || len(root) <= rootBytes {
			return root, leaves, err
		}
	}
}
