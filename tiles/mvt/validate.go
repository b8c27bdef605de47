package mvt

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Validate checks a tile by the rules of the specification, version 2.1, with a decoder of its own: fields and
// their types, unique layer names, key and value indexes, ids, the command sequences of the three geometry types, parts
// without length or area, winding, and the square the coordinates may lie in. It is for tests and for looking into
// foreign archives; tiles of this package are not checked as they are served.
func Validate(tile []byte) error {
	_, err := validate(tile, true)
	return err
}

// Conforms is Validate with what the specification leaves to the writer left open, for tiles of other programs: any extent, any
// place of a coordinate, layers without features, fields of extensions, and in layers of version 1 any winding and length. It
// returns the names of the layers in their order.
func Conforms(tile []byte) (layers []string, err error) { return validate(tile, false) }

func validate(tile []byte, ours bool) (layers []string, err error) {
	err = message(tile, func(f field) error {
		if f.num != 3 || f.wire != 2 {
			if !ours && f.num > 15 {
				return nil
			}
			return fmt.Errorf("mvt: tile field %d of wire type %d", f.num, f.wire)
		}
		name, err := validLayer(f.bytes, ours)
		if err != nil {
			return fmt.Errorf("mvt: layer %q: %w", name, err)
		}
		if slices.Contains(layers, name) {
			return fmt.Errorf("mvt: layer %q stands twice", name)
		}
		layers = append(layers, name)
		return nil
	})
	return layers, err
}

// field is one field of a protobuf message.
type field struct {
	num, wire int
	v         uint64
	bytes     []byte
}

// message calls do for each field of a protobuf message.
func message(b []byte, do func(field) error) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return fmt.Errorf("bad tag")
		}
		b = b[n:]
		f := field{num: int(tag >> 3), wire: int(tag & 7)}
		switch f.wire {
		case 0:
			if f.v, n = binary.Uvarint(b); n <= 0 {
				return fmt.Errorf("field %d: bad varint", f.num)
			}
			b = b[n:]
		case 1, 5:
			size := 8
			if f.wire == 5 {
				size = 4
			}
			if len(b) < size {
				return fmt.Errorf("field %d is cut off", f.num)
			}
			f.bytes, b = b[:size], b[size:]
		case 2:
			l, n := binary.Uvarint(b)
			if n <= 0 || l > uint64(len(b)-n) {
				return fmt.Errorf("field %d is cut off", f.num)
			}
			f.bytes, b = b[n:n+int(l)], b[n+int(l):]
		default:
			return fmt.Errorf("field %d has wire type %d", f.num, f.wire)
		}
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

func validLayer(b []byte, ours bool) (name string, err error) {
	var keys, values, features int
	var version, extent uint64
	known := map[string]bool{}
	err = message(b, func(f field) error {
		switch {
		case f.num == 15 && f.wire == 0:
			version = f.v
		case f.num == 1 && f.wire == 2:
			name = string(f.bytes)
		case f.num == 5 && f.wire == 0:
			extent = f.v
		case f.num == 3 && f.wire == 2:
			if k := string(f.bytes); known[k] || !utf8.ValidString(k) {
				return fmt.Errorf("key %q stands twice or is no UTF-8", k)
			}
			known[string(f.bytes)] = true
			keys++
		case f.num == 4 && f.wire == 2:
			values++
			return validValue(f.bytes)
		case f.num == 2 && f.wire == 2:
			features++
		case ours || f.num <= 15:
			return fmt.Errorf("field %d of wire type %d", f.num, f.wire)
		}
		return nil
	})
	if version == 1 && extent == 0 {
		extent = Extent // as version 1 lets it be left out
	}
	switch {
	case err != nil:
		return name, err
	case ours && (version != 2 || extent != Extent || features == 0), name == "", version < 1, version > 2, extent < 1, extent > 1<<32-1:
		return name, fmt.Errorf("version %d, extent %d, %d features", version, extent, features)
	}
	return name, message(b, func(f field) error {
		if f.num != 2 {
			return nil
		}
		return validFeature(f.bytes, layerRules{keys, values, ours, version})
	})
}

// layerRules are what a feature is held against.
type layerRules struct {
	keys, values int
	ours         bool
	version      uint64
}

func validValue(b []byte) error {
	n := 0
	return message(b, func(f field) error {
		if n++; n > 1 {
			return fmt.Errorf("a value of two types")
		}
		wires := [...]int{-1, 2, 5, 1, 0, 0, 0, 0}
		if f.num < 1 || f.num > 7 || wires[f.num] != f.wire {
			return fmt.Errorf("value field %d of wire type %d", f.num, f.wire)
		}
		if f.num == 1 && !utf8.Valid(f.bytes) {
			return fmt.Errorf("value %q is no UTF-8", f.bytes)
		}
		return nil
	})
}

func validFeature(b []byte, r layerRules) error {
	var kind uint64
	var geom, tags []uint32
	err := message(b, func(f field) (err error) {
		switch {
		case f.num == 1 && f.wire == 0:
		case f.num == 2 && f.wire == 2:
			tags, err = packed(f.bytes)
		case f.num == 3 && f.wire == 0:
			kind = f.v
		case f.num == 4 && f.wire == 2:
			geom, err = packed(f.bytes)
		case r.ours || f.num <= 15:
			err = fmt.Errorf("feature field %d of wire type %d", f.num, f.wire)
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(tags)%2 != 0 {
		return fmt.Errorf("%d tags", len(tags))
	}
	seen := map[uint32]bool{}
	for i := 0; i < len(tags); i += 2 {
		if int(tags[i]) >= r.keys || int(tags[i+1]) >= r.values || seen[tags[i]] {
			return fmt.Errorf("tag %d=%d of %d keys and %d values", tags[i], tags[i+1], r.keys, r.values)
		}
		seen[tags[i]] = true
	}
	if r.version == 1 {
		return nil
	}
	return validGeometry(GeomType(kind), geom, r.ours)
}

func packed(b []byte) ([]uint32, error) {
	var v []uint32
	for len(b) > 0 {
		u, n := binary.Uvarint(b)
		if n <= 0 || u > 1<<32-1 {
			return nil, fmt.Errorf("bad packed varint")
		}
		v, b = append(v, uint32(u)), b[n:]
	}
	return v, nil
}

// parts of a geometry: the commands of each, from its MoveTo.
type part struct {
	xy     []int64
	closed bool
}

func decodeParts(kind GeomType, g []uint32) ([]part, error) {
	var ps []part
	var x, y int64
	for len(g) > 0 {
		cmd, n := g[0]&7, int(g[0]>>3)
		g = g[1:]
		if cmd == 7 {
			if n != 1 || kind != Polygon || len(ps) == 0 || ps[len(ps)-1].closed {
				return nil, fmt.Errorf("ClosePath(%d) out of place", n)
			}
			ps[len(ps)-1].closed = true
			continue
		}
		if cmd != 1 && cmd != 2 || n == 0 || len(g) < 2*n {
			return nil, fmt.Errorf("command %d with count %d", cmd, n)
		}
		if cmd == 1 {
			if n != 1 && kind != Point || kind == Point && len(ps) > 0 {
				return nil, fmt.Errorf("MoveTo(%d) out of place", n)
			}
			ps = append(ps, part{})
		} else if kind == Point || len(ps) == 0 || len(ps[len(ps)-1].xy) != 2 || ps[len(ps)-1].closed {
			return nil, fmt.Errorf("LineTo(%d) out of place", n)
		}
		p := &ps[len(ps)-1]
		for i := range n {
			dx, dy := unzigzag(g[2*i]), unzigzag(g[2*i+1])
			if cmd == 2 && dx == 0 && dy == 0 {
				return nil, fmt.Errorf("a line of no length")
			}
			x, y = x+dx, y+dy
			p.xy = append(p.xy, x, y)
		}
		g = g[2*n:]
	}
	return ps, nil
}

func unzigzag(v uint32) int64 { return int64(int32(v>>1) ^ -int32(v&1)) }

func validGeometry(kind GeomType, g []uint32, ours bool) error {
	if kind < Point || kind > Polygon {
		return fmt.Errorf("geometry type %d", kind)
	}
	ps, err := decodeParts(kind, g)
	if err != nil {
		return err
	}
	if len(ps) == 0 {
		return fmt.Errorf("a feature without geometry")
	}
	for i, p := range ps {
		for _, v := range p.xy {
			if ours && (v < -Extent || v > 2*Extent) {
				return fmt.Errorf("coordinate %d is far from the tile", v)
			}
		}
		switch kind {
		case Line:
			if len(p.xy) < 4 {
				return fmt.Errorf("a line of one point")
			}
		case Polygon:
			a := Area2(p.xy)
			if !p.closed || len(p.xy) < 6 || a == 0 {
				return fmt.Errorf("ring %d: closed %t, %d points, twice the area %d", i, p.closed, len(p.xy)/2, a)
			}
			if i == 0 && a < 0 {
				return fmt.Errorf("the first ring is a hole")
			}
			if n := len(p.xy); p.xy[0] == p.xy[n-2] && p.xy[1] == p.xy[n-1] {
				return fmt.Errorf("ring %d repeats its first point", i)
			}
		}
	}
	return nil
}
